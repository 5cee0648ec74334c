"""Steps on the workers of a real cluster: the same results as here, whoever dies meanwhile."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import cluster_steps
import pytest
from checks import PLAN
from clusters import TESTS, Loopback, end, wait_until

from migrate.errors import Exit
from migrate.executors import cluster as module
from migrate.executors import introduction
from migrate.executors.cluster import NoScheduler, NoWorkers, OtherCode, OtherWorker, SchedulerLost, run_sent, steps
from migrate.executors.crew import Crew
from migrate.executors.introduction import difference, introduce
from migrate.executors.tasks import Job, Step, Task, Unread, each_of, stamp_of
from migrate.executors.workers import Kind, Workers
from migrate.locating import PhaseSpec
from migrate.transform import transform_file
from rollback.errors import OutsideRoot, Unreadable

SPEC = PhaseSpec(PLAN, 3)
CONTENT = b"from shop.cart import Cart, coupon\n# " + b"x" * 40_000 + b"\n"
MANY = [Task(f"{i}.py") for i in range(30)]
EXPECTED = [transform_file(task.path, CONTENT, SPEC) for task in MANY]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for task in MANY:
        (tmp_path / task.path).write_bytes(CONTENT)
    return tmp_path


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    """A scheduler for one test, without workers."""
    made = Loopback(tmp_path_factory.mktemp("own"))
    yield made
    made.close()


def on(cluster: Loopback, *, shared: bool = False) -> Workers:
    return Workers(None, Kind.DASK, cluster.address, shared)


def run(
    root: Path, workers: Workers, tasks: Sequence[Task] = MANY, step: Step[Any] = transform_file, **options: Any
) -> list[Any]:
    with Crew(root, workers) as crew:
        return list(crew.run(tasks, SPEC, step, **options))


def telling(*about: object) -> list[Task]:
    return [Task(task.path, about) for task in MANY]


@pytest.mark.parametrize("shared", [False, True], ids=["contents sent", "shared folder"])
def test_same_results_in_the_same_order(root: Path, cluster: Loopback, shared: bool) -> None:
    told: list[int] = []
    tasks = [*MANY, Task("elsewhere.py", content=CONTENT)]
    with Crew(root, on(cluster, shared=shared)) as crew:
        assert list(crew.run(tasks, SPEC, transform_file, told.append)) == [
            *EXPECTED, transform_file("elsewhere.py", CONTENT, SPEC),
        ]  # fmt: skip
        ran = set(crew.run(tasks, SPEC, cluster_steps.who_ran))
        given = list(crew.run([Task("7.py", (7, "x"))], SPEC, cluster_steps.about))
        assert list(crew.run([], SPEC, transform_file)) == []
    assert told == [*range(1, len(tasks) + 1)]
    assert ran == {worker.pid for worker in cluster.workers}
    assert given == [("7.py", CONTENT[:4], 7, "x")]


@pytest.mark.parametrize("shared", [False, True], ids=["contents sent", "shared folder"])
def test_a_file_that_cannot_be_read(root: Path, cluster: Loopback, shared: bool) -> None:
    (root / "7.py").unlink()
    with pytest.raises(Unreadable, match=r"7\.py"):
        run(root, on(cluster, shared=shared))
    (root / "7.py").symlink_to("8.py")
    with pytest.raises(OutsideRoot, match=r"7\.py"):
        run(root, on(cluster, shared=shared))


def test_an_error_in_a_step_is_that_of_the_step(root: Path, cluster: Loopback) -> None:
    with pytest.raises(ValueError, match=r"^0\.py$"):
        run(root, on(cluster), step=cluster_steps.fail)


def test_a_worker_that_dies_is_survived(root: Path, cluster: Loopback) -> None:
    marker = root / "died"
    assert run(root, on(cluster), telling(str(marker)), cluster_steps.die_once) == EXPECTED
    assert marker.exists()
    wait_until(lambda: [worker.poll() for worker in cluster.workers].count(-signal.SIGKILL) == 1)


def test_a_worker_that_is_killed_is_survived(root: Path, cluster: Loopback) -> None:
    assert run(root, on(cluster), tick=lambda done: end(cluster.workers[0]) if done == 1 else None) == EXPECTED


def test_what_ends_every_worker_is_done_here(root: Path, cluster: Loopback) -> None:
    cluster.have(3)
    assert run(root, on(cluster), telling(os.getpid()), cluster_steps.die_elsewhere) == EXPECTED
    wait_until(lambda: [worker.poll() for worker in cluster.workers].count(-signal.SIGKILL) == 2)


def test_no_workers_any_more(root: Path, own: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    own.have(1)
    monkeypatch.setattr(module, "WORKERS_S", 0.5)
    with pytest.raises(NoWorkers, match=r"no worker for 0.5 s; nothing written; start some with `dask worker tcp://"):
        run(root, on(own), tick=lambda _: end(own.workers[0]))


def test_no_workers_at_all(root: Path, own: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORKERS_S", 0.5)
    with pytest.raises(NoWorkers) as error:
        run(root, on(own))
    assert error.value.exit_code == Exit.REPOSITORY


def test_the_scheduler_is_lost(root: Path, own: Loopback) -> None:
    own.have(2)
    began = 0.0

    def lose(_: int) -> None:
        nonlocal began
        end(own.scheduler)
        began = time.monotonic()

    with pytest.raises(SchedulerLost, match="was lost meanwhile; nothing written") as error:
        run(root, on(own), tick=lose)
    assert error.value.exit_code == Exit.REPOSITORY
    assert time.monotonic() - began < 10


def test_nobody_there(root: Path) -> None:
    with pytest.raises(NoScheduler, match=r"^tcp://127\.0\.0\.1:1: no Dask scheduler answers \(Connection refused\)"):
        run(root, Workers(None, Kind.DASK, "tcp://127.0.0.1:1"))


def test_somebody_else_there(root: Path, own: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_S", 0.5)
    os.kill(own.scheduler.pid, signal.SIGSTOP)  # whose backlog still takes connections
    with pytest.raises(NoScheduler, match=r"no answer in time|Timed out"):
        run(root, on(own))


def test_tls_without_certificates(root: Path, cluster: Loopback) -> None:
    with pytest.raises(NoScheduler, match="TLS"):
        run(root, Workers(None, Kind.DASK, cluster.address.replace("tcp:", "tls:")))


def test_a_worker_with_other_source_files(
    root: Path, cluster: Loopback, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("other")
    for name in ("migrate", "phases", "rollback"):
        shutil.copytree(TESTS.parent / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    with (home / "migrate" / "transform.py").open("a") as file:
        file.write("\n# edited\n")
    other = cluster.add_worker(home)
    cluster.have(3)
    try:
        with pytest.raises(OtherWorker, match="has other source files of the same version of ssot-migrate") as error:
            run(root, on(cluster))
        assert error.value.worker.startswith("tcp://127.0.0.1:")
    finally:
        end(other)


def test_a_worker_that_came_later_with_other_code(
    root: Path, cluster: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Crew(root, on(cluster)) as crew:
        assert set(crew.run(MANY, SPEC, cluster_steps.who_ran)) == {worker.pid for worker in cluster.workers}
        monkeypatch.setattr(module, "code_here", lambda: "other")
        assert set(crew.run(MANY, SPEC, cluster_steps.who_ran)) == {os.getpid()}
    with pytest.raises(OtherCode):
        run_sent(b"", b"", "neither")


@pytest.mark.parametrize("what", ["_python", "_version"])
def test_other_code_is_also_another_python_or_rewriter(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = introduction.code_here.__wrapped__()
    monkeypatch.setattr(introduction, what, lambda *_: "0.0")
    assert introduction.code_here.__wrapped__() != before


def test_workers_that_see_other_files(root: Path, cluster: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with pytest.raises(OtherWorker, match=r"does not see /proc/self/cwd/0\.py"):
        run(Path("/proc/self/cwd"), on(cluster, shared=True))


def test_a_file_that_a_worker_sees_as_it_was(root: Path) -> None:
    tasks = [Task("0.py", stamp=stamp_of(root, "0.py")), Task("1.py", stamp=(1, 1)), Task("2.py")]
    job = Job(root, cluster_steps.about, None)
    found = list(each_of(job, [Task(task.path, (1, "x"), stamp=task.stamp) for task in tasks]))
    assert [isinstance(each, Unread) for each in found] == [False, True, False]
    assert list(each_of(Job(None, cluster_steps.about, None), tasks[:1])) == [Unread("0.py")]


def test_an_interrupt_while_workers_are_at_work(root: Path, cluster: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 1e9)  # at which signals are heard as well
    marker = root / "wait"
    marker.touch()
    struck = 0.0

    def interrupt() -> None:
        nonlocal struck
        wait_until(lambda: any(root.glob("wait.*")))
        struck = time.monotonic()
        os.kill(os.getpid(), signal.SIGINT)

    other = threading.Thread(target=interrupt)
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run(root, on(cluster), telling(str(marker)), cluster_steps.wait_while_there)
        assert time.monotonic() - struck < 15  # before any worker is done
        wait_until(lambda: cluster.counts() == (0, 0))  # what had not begun is given up
    finally:
        marker.unlink()
        other.join()


def test_so_many_bytes_are_under_way(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read when their batch is sent, and no more are sent than may wait for their turn."""
    monkeypatch.setattr(module, "_BYTES", 300_000)
    under_way: list[int] = []
    most = 0

    class Here:
        """Does at once what is submitted."""

        def threads(self) -> int:
            return 2

        def submit(self, function: Any, packed: bytes, batch: bytes, code: str, retries: int) -> Any:
            nonlocal most
            under_way.append(len(batch))
            most = max(most, sum(under_way))
            return module.Sent(None, _done(function(packed, batch, code)))

        def receive(self, sent: Any, _held: object) -> Any:
            del under_way[0]
            return sent.outcome.result()

    def _done(value: object) -> Future[Any]:
        found: Future[Any] = Future()
        found.set_result(value)
        return found

    job = Job(root, transform_file, SPEC)
    here: Any = Here()
    assert list(steps(here, job, MANY, [len(CONTENT)] * len(MANY), shared=False)) == EXPECTED
    assert 200_000 < most <= 300_000
    large = [Task("large.py", content=CONTENT * 10), *MANY]
    found = list(steps(here, job, large, [len(CONTENT) * 10, *[len(CONTENT)] * len(MANY)], shared=True))
    assert found[1:] == EXPECTED


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"Python": "3.99"}, "has Python 3.99, and this is 3.", id="another Python"),
        pytest.param({"ssot-migrate": "9.9"}, "has ssot-migrate 9.9, and this is ", id="another version"),
        pytest.param({"fissix": "none"}, "has fissix none, and this is ", id="another parser"),
        pytest.param({"code": ""}, "has other source files", id="other files"),
        pytest.param({"cannot": "does not see /x\n"}, "does not see /x\\n", id="another folder"),
    ],
)
def test_differences(change: dict[str, str], expected: str) -> None:
    here = introduce([], [])
    assert difference(here, pickle.loads(pickle.dumps({**here, **change}))).startswith(expected)
    assert bool(expected) == bool(difference(here, {**here, **change}))


def test_a_worker_without_the_package() -> None:
    assert difference(introduce([], []), ModuleNotFoundError("No module named 'migrate'")) == (
        "cannot load ssot-migrate (No module named 'migrate'); install the same there, and start it again"
    )
    assert "cannot import no.such (ModuleNotFoundError: " in difference(introduce([], []), introduce(["no.such"], []))
