"""A Dask cluster: workers that are known to run the same code, and batches of files for them."""

from __future__ import annotations

import asyncio
import logging
import pickle
import socket
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from migrate.executors.cluster_errors import ClusterError, NoScheduler, NoWorkers, OtherWorker, SchedulerLost
from migrate.executors.introduction import Sight, code_here, difference, introduce, sight_of
from migrate.executors.tasks import Job, Task, each_of, in_batches, run_batch, stamp_of
from rollback.changes import read_file
from rollback.errors import RepositoryError
from rollback.signals import Held, deferred_signals

if TYPE_CHECKING:
    import distributed

CONNECT_S = 5.0
"""How long whoever is at the address may take to answer."""
ANSWER_S = 15.0
"""How long the scheduler, and the workers by way of it, may take to answer a question; not to do work."""
WORKERS_S = 10.0
"""How long there may be no worker at all: at the start, and where all have died, until somebody starts others."""
_CLOSE_S = 3.0
_POLL_S = 0.05
_LOOK_S = 1.0

_BATCHES = 4
"""For each thread of the cluster, at work or waiting there: so that none waits for the answer to the first one."""
_BYTES = 64_000_000
"""Of batches that are sent and not received: what they take in this process and the scheduler, whatever the tree."""
_SIGHTS = 20
"""Files by which a shared folder is known, spread over all that are to be read."""

_SETTINGS = {
    "distributed.comm.timeouts.tcp": "15s",  # silence on a connection: a host that has lost its power says nothing
    "distributed.admin.large-graph-warning-threshold": "1 TiB",  # a file may be large, and is sent on purpose
}


class OtherCode(Exception):
    """This worker has come later than the others, and would run other code, or another Python."""


_ONE_AT_A_TIME = threading.Lock()


def run_sent(packed: bytes, batch: bytes, code: str) -> bytes:
    """On a worker: the results of a packed batch, packed; for workers of the same code only.

    One batch at a time in a process, however many threads a worker has: no step was written for threads, and Python
    would not run two of them at once.
    """
    if code_here() != code:
        raise OtherCode
    with _ONE_AT_A_TIME:
        return pickle.dumps(run_batch(packed, pickle.loads(batch)), pickle.HIGHEST_PROTOCOL)  # noqa: S301 - as above


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A cluster, as long as the block lasts; whatever has not been received by then is given up.

    Raises:
        NoScheduler: within seconds, where none answers.
        NoWorkers: it has no workers, and none comes.
        SchedulerLost: it has gone meanwhile.
    """
    _knock(address)
    import dask
    import distributed

    _silence()
    with dask.config.set(_SETTINGS):
        try:
            with warnings.catch_warnings():
                # about versions of Python and of libraries: those that matter are compared below
                warnings.simplefilter("ignore", distributed.versions.VersionMismatchWarning)
                client = _in_time(_client_class(), address, timeout=CONNECT_S, set_as_default=False)
        except Exception as error:  # of the network, of TLS, or of somebody who speaks another language
            raise NoScheduler(address, _why(error)) from error
        try:
            cluster = Cluster(client, address)
            cluster.wait_for_workers()
            yield cluster
        finally:
            with deferred_signals(), suppress(Exception):  # nobody may be there to be told
                client.close(timeout=_CLOSE_S)


class Cluster:
    """The workers of one scheduler."""

    def __init__(self, client: distributed.Client, address: str) -> None:
        self._client = client
        self._address = address
        self._looked = time.monotonic()
        self._none_since: float | None = None

    def wait_for_workers(self) -> None:
        """Wait until there is one.

        Raises:
            NoWorkers, SchedulerLost: as `connected`.
        """
        while not self.threads():
            time.sleep(_POLL_S)

    def threads(self) -> int:
        """Batches that can be at work at once; as of now, since workers come and go.

        Raises:
            SchedulerLost: it does not answer.
            NoWorkers: there have been none for a while.
        """
        found: dict[str, int] = self.ask(self._client.nthreads)
        now = time.monotonic()
        self._none_since = None if found else self._none_since or now
        if self._none_since is not None and now - self._none_since > WORKERS_S:
            raise NoWorkers(self._address, WORKERS_S)
        return sum(found.values())

    def ask(self, question: Callable[..., Any], *about: Any, **options: Any) -> Any:
        """The answer of the scheduler, or of workers, to a method of Dask's client; signals take effect meanwhile.

        Raises:
            SchedulerLost: there is none in time.
        """
        try:
            with deferred_signals() as held, held.listening():
                return question(*about, callback_timeout=ANSWER_S, **options)
        except (OSError, RuntimeError, AttributeError) as error:  # the client takes itself apart where it is closed
            raise SchedulerLost(self._address) from error

    def get_to_know(self, modules: Collection[str], files: Sequence[str]) -> None:
        """Compare every worker with this process.

        Args:
            modules: that workers have to import. files: absolute paths that they have to see as they are seen here.
        Raises:
            OtherWorker: one is different.
            SchedulerLost: as `connected`.
        """
        sights = [tuple(sight_of(path)) for path in _spread(files)]
        here = introduce(modules, map(Sight._make, sights))
        answers = self.ask(self._client.run, introduce, tuple(modules), tuple(sights), on_error="return")
        others = {}
        for worker, there in sorted(answers.items()):
            if isinstance(there, OSError) and worker not in self.ask(self._client.nthreads):
                continue  # it has ended since
            if how := difference(here, there):
                others[worker] = how
        if others:
            worker, how = next(iter(others.items()))
            raise OtherWorker(self._address, worker, how, len(others) - 1)

    def submit(self, function: Callable[..., Any], *about: Any, retries: int = 0) -> Sent:
        """Have a function run on a worker; it, and what it is given, have to be pickled.

        Args:
            retries: of an error; what was lost with its worker is done again anyway, up to the scheduler's own limit.
        """
        try:
            future = self._client.submit(function, *about, pure=False, retries=retries)
            loop = self._client.loop.asyncio_loop
        except (OSError, RuntimeError, AttributeError) as error:
            raise SchedulerLost(self._address) from error
        return Sent(future, asyncio.run_coroutine_threadsafe(_outcome(future), loop))

    def receive(self, sent: Sent, held: Held) -> Any:
        """Wait for what was submitted; signals that are held back take effect meanwhile.

        Raises:
            NotDone: workers could not do it.
            SchedulerLost, NoWorkers: as `connected`.
        """
        while wait([sent.outcome], _POLL_S).not_done:
            self.watch()
            held.deliver()
        return self.outcome_of(sent)

    def outcome_of(self, sent: Sent) -> Any:
        """As `receive`, of what is not waited for any more."""
        try:
            return sent.outcome.result()
        except (CancelledError, Exception) as error:
            if sent.future.status == "error":
                raise NotDone from error
            raise SchedulerLost(self._address) from error

    def watch(self) -> None:
        """Are they all still there? To be asked often, while waiting.

        Raises:
            SchedulerLost, NoWorkers: as `connected`.
        """
        if self._client.status != "running":
            raise SchedulerLost(self._address)
        if time.monotonic() - self._looked > _LOOK_S:
            self.threads()
            self._looked = time.monotonic()

    def run_everywhere(self, function: Callable[..., Any], *about: Any) -> None:
        """Have every worker run a function at once, whatever it is doing; nobody hears of errors."""
        with suppress(ClusterError):
            self.ask(self._client.run, function, *about, on_error="ignore")


class NotDone(Exception):
    """What was submitted has failed on a worker, or has ended as many of them as the scheduler lets it."""


class Sent(Struct, frozen=True):
    """What was submitted.

    Attributes:
        future: Dask's own. outcome: done as soon as the result is here, or the reason why there will be none.
    """

    future: distributed.Future
    outcome: Future[Any]


async def _outcome(future: distributed.Future) -> Any:
    return await future


def steps(
    cluster: Cluster, job: Job, tasks: Sequence[Task], sizes: Sequence[int], *, shared: bool
) -> Generator[Any, None, None]:
    """The result, or `Unread`, of each task in turn, from workers.

    Contents are read when their batch is submitted, so that only those of some batches are in memory. What workers
    cannot do is done here: a batch that has ended too many of them, and an error of the step, which comes up here as
    it would without a cluster.

    Args:
        sizes: bytes of each task. shared: workers read the files themselves.
    Raises:
        SchedulerLost, NoWorkers: as `connected`.
    """
    assert job.root is not None, "files are read here at least"
    packed = (job if shared else replace(job, root=None)).pack()
    threads = max(cluster.threads(), 1)
    waiting: deque[tuple[list[Task], Sent, int]] = deque()
    with deferred_signals() as held:
        for batch in in_batches(tasks, sizes, threads):
            content = pickle.dumps(list(_filled(job, batch, shared=shared)), pickle.HIGHEST_PROTOCOL)
            while len(waiting) >= _BATCHES * threads or len(content) + sum(size for *_, size in waiting) > _BYTES:
                if not waiting:
                    break  # one file alone
                yield from _received(cluster, job, *waiting.popleft()[:2], held)
            waiting.append((batch, cluster.submit(run_sent, packed, content, code_here(), retries=1), len(content)))
            held.deliver()
        while waiting:
            yield from _received(cluster, job, *waiting.popleft()[:2], held)


def _received(cluster: Cluster, job: Job, batch: list[Task], sent: Sent, held: Held) -> Iterator[Any]:
    try:
        results: Iterable[Any] = pickle.loads(cluster.receive(sent, held))  # noqa: S301 - of a worker that we trust
    except NotDone:
        results = each_of(job, batch)
    for result in results:
        yield result
        held.deliver()


def _filled(job: Job, batch: Iterable[Task], *, shared: bool) -> Iterator[Task]:
    """The tasks with what a worker needs: how their files are seen here, or their contents, where there are any."""
    assert job.root is not None, "files are read here at least"
    checked: set[str] = set()
    for task in batch:
        if task.content is not None:
            yield task
        elif shared:
            yield replace(task, stamp=stamp_of(job.root, task.path))
        else:
            content = None
            with suppress(RepositoryError):  # whoever asks for the result reads it again, to say why
                content, _ = read_file(job.root, task.path, checked)
            yield replace(task, content=content)


def _spread(files: Sequence[str]) -> Sequence[str]:
    return files[:: max(1, len(files) // _SIGHTS)][:_SIGHTS]


def _client_class() -> type[distributed.Client]:
    """Dask's client without its last words: one that could not be made waits for itself, in vain, and says so."""
    import distributed

    class Client(distributed.Client):  # type: ignore[misc] # of a package that may not be installed
        def __del__(self) -> None: ...

    return Client


def _in_time(make: Callable[..., distributed.Client], *about: Any, **options: Any) -> distributed.Client:
    """What `make` makes; where somebody speaks another language at the address, Dask would wait for ever.

    Raises:
        TimeoutError: it takes too long, and goes on in a thread that ends with this process.
    """
    made: Future[distributed.Client] = Future()

    def work() -> None:
        try:
            made.set_result(make(*about, **options))
        except BaseException as error:  # whatever it is, it is raised where it is waited for
            made.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return made.result(2 * CONNECT_S)


def _knock(address: str) -> None:
    """Dask would try for all of its time where the answer is no."""
    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
    except OSError as error:
        raise NoScheduler(address, _why(error)) from error


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError) or not str(error):
        return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).split("\n")[0]


def _silence() -> None:
    """What Dask has to say on stderr is said by our own errors, in one line; for the rest of this process."""
    for name in ("distributed", "tornado", "asyncio"):
        for logger in [name, *(each for each in logging.root.manager.loggerDict if each.startswith(f"{name}."))]:
            logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
