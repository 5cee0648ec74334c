from __future__ import annotations

import ast
import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from checks import PLAN
from hypothesis import given
from hypothesis import strategies as st

import migrate
from migrate.executors.crew import PARSING_PAYS, Crew
from migrate.executors.tasks import Job, Step, Task, in_batches
from migrate.executors.workers import Workers, usable_processors
from migrate.locating import PhaseSpec
from migrate.transform import FileResult, transform_file
from rollback.errors import OutsideRoot, Unreadable

SPEC = PhaseSpec(PLAN, 3)
PADDING = b"# " + b"x" * 40_000 + b"\n"
CONTENT = b"from shop.cart import Cart, coupon\n" + PADDING
MANY = [Task(f"{i}.py") for i in range(30)]
PARENT = os.getpid()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for task in MANY:
        (tmp_path / task.path).write_bytes(CONTENT)
    return tmp_path


def run(
    root: Path, jobs: int | None, tasks: Sequence[Task] = MANY, step: Step[Any] = transform_file, **options: Any
) -> list[Any]:
    with Crew(root, Workers(jobs)) as crew:
        return list(crew.run(tasks, SPEC, step, **options))


EXPECTED = [transform_file(task.path, CONTENT, SPEC) for task in MANY]


def die_in_a_worker(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    if path == "17.py" and os.getpid() != PARENT:
        os._exit(9)
    return transform_file(path, content, spec)


def fail(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    raise ValueError(path)


def who_ran(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    return FileResult(path, str(os.getpid()))


def about(path: str, content: bytes, number: int, word: str, spec: PhaseSpec) -> tuple[str, int, str]:
    return path, number, word


def is_collector_on(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    return FileResult(path, str(gc.isenabled()))


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_collector_waits_for_each_file(root: Path, jobs: int) -> None:
    assert {r.before_sha256 for r in run(root, jobs, step=is_collector_on)} == {"False"}
    assert gc.isenabled()


def test_no_tree_waits_for_the_collector() -> None:
    """A circle would keep each tree alive, and the collector would have to go through all of it."""
    source = b"from shop.basket import Basket\nfrom shop.cart import Cart\nBasket(metadata=Cart)\nx = lambda: Cart\n"
    for phase in (3, 4, 5):
        transform_file("app.py", source, PhaseSpec(PLAN, phase))
        gc.collect()
        gc.disable()
        try:
            before = sum(isinstance(each, ast.Module) for each in gc.get_objects())
            transform_file("app.py", source, PhaseSpec(PLAN, phase))
            assert sum(isinstance(each, ast.Module) for each in gc.get_objects()) == before
        finally:
            gc.enable()


def test_no_files(root: Path) -> None:
    assert run(root, None, []) == []
    assert run(root, 2, []) == []


@pytest.mark.parametrize("jobs", [1, 2, None])
def test_same_results_in_the_same_order(root: Path, jobs: int | None) -> None:
    assert len(CONTENT) * len(MANY) > PARSING_PAYS
    results = run(root, jobs)
    assert results == EXPECTED
    assert all(result.edits for result in results)


@pytest.mark.parametrize(
    ("tasks", "jobs", "pays", "here"),
    [
        pytest.param(MANY, 2, PARSING_PAYS, False, id="much source"),
        pytest.param(MANY, 1, PARSING_PAYS, True, id="one job"),
        pytest.param(MANY[:3], 2, PARSING_PAYS, True, id="little source"),
        pytest.param(MANY[:3], 2, 1_000, False, id="a step for which little source is much"),
        pytest.param(MANY[:1], 2, 1_000, True, id="one file"),
    ],
)
def test_who_runs(root: Path, tasks: list[Task], jobs: int, pays: int, here: bool) -> None:
    ran = {result.before_sha256 for result in run(root, jobs, tasks, who_ran, pays=pays)}
    assert (ran == {str(os.getpid())}) is here


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_done_meanwhile(root: Path, jobs: int) -> None:
    """Only where this process would wait, and before it does."""
    begun: list[int] = []
    assert run(root, jobs, meanwhile=lambda: begun.append(os.getpid())) == EXPECTED
    assert begun == [os.getpid()] * (jobs - 1)


def test_processes_stay_for_the_next_round(root: Path) -> None:
    with Crew(root, Workers(2)) as crew:
        ran = [{r.before_sha256 for r in crew.run(tasks, SPEC, who_ran)} for tasks in (MANY, MANY[:2], MANY)]
    assert ran[1] <= ran[0] | ran[2]
    assert len(ran[0] | ran[1] | ran[2]) <= 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress(root: Path, jobs: int) -> None:
    told: list[int] = []
    run(root, jobs, tick=told.append)
    assert told == [*range(1, len(MANY) + 1)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_contents_that_are_given(root: Path, jobs: int) -> None:
    tasks = [Task("elsewhere.py", content=CONTENT), *MANY]
    assert run(root, jobs, tasks) == [transform_file("elsewhere.py", CONTENT, SPEC), *EXPECTED]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_step_is_told_besides(root: Path, jobs: int) -> None:
    assert run(root, jobs, [Task(t.path, (n, "x")) for n, t in enumerate(MANY)], about) == [
        (t.path, n, "x") for n, t in enumerate(MANY)
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_cannot_be_read(root: Path, jobs: int) -> None:
    (root / "7.py").unlink()
    with pytest.raises(Unreadable, match=r"7\.py"):
        run(root, jobs)
    (root / "7.py").symlink_to("8.py")
    with pytest.raises(OutsideRoot, match=r"7\.py"):
        run(root, jobs)


def test_a_worker_that_dies_is_survived(root: Path) -> None:
    told: list[int] = []
    assert run(root, 2, step=die_in_a_worker, tick=told.append) == EXPECTED
    assert told == [*range(1, len(MANY) + 1)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_in_a_step_is_not_hidden(root: Path, jobs: int) -> None:
    with pytest.raises(ValueError, match=r"^0\.py$"):
        run(root, jobs, step=fail)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_comes_through(root: Path, jobs: int) -> None:
    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(root, jobs, tick=interrupt)


def between(crew: Crew, went_on: list[str]) -> None:
    """A Ctrl-C while no round is under way."""
    signal.raise_signal(signal.SIGINT)
    went_on += list(crew.run([], SPEC, transform_file)) or ["not heard"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_between_two_rounds_is_heard_at_once(root: Path, jobs: int) -> None:
    went_on: list[str] = []
    with Crew(root, Workers(jobs)) as crew:
        assert list(crew.run(MANY, SPEC, transform_file)) == EXPECTED
        with pytest.raises(KeyboardInterrupt):
            between(crew, went_on)
        assert list(crew.run(MANY, SPEC, transform_file)) == EXPECTED
    assert went_on == []


def test_an_interrupt_is_heard_at_once_in_what_is_done_meanwhile(root: Path) -> None:
    """It may take longer than what the others do."""
    went_on: list[str] = []

    def meanwhile() -> None:
        signal.raise_signal(signal.SIGINT)
        went_on.append("not heard")

    with Crew(root, Workers(2)) as crew:
        with pytest.raises(KeyboardInterrupt):
            list(crew.run(MANY, SPEC, transform_file, meanwhile=meanwhile))
        assert list(crew.run(MANY, SPEC, transform_file)) == EXPECTED
    assert went_on == []


def test_an_interrupt_is_heard_after_a_round_that_was_given_up(root: Path) -> None:
    def stop(done: int) -> None:
        raise OSError(done)

    went_on: list[str] = []
    with Crew(root, Workers(2)) as crew:
        with pytest.raises(OSError, match="1") as error:
            list(crew.run(MANY, SPEC, transform_file, stop))
        with pytest.raises(KeyboardInterrupt):
            between(crew, went_on)
        assert list(crew.run(MANY, SPEC, transform_file)) == EXPECTED
    assert went_on == []
    del error  # its trace has had the round's frames alive until here


def test_a_job_is_packed_with_what_it_needs() -> None:
    assert pickle.loads(Job(Path("/x"), about, SPEC).pack()) == Job(Path("/x"), about, SPEC)


def test_usable_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert usable_processors() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert usable_processors() == os.cpu_count()
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_processors() == 1


@given(st.lists(st.integers(0, 300_000), max_size=60), st.integers(1, 8))
def test_batches_hold_every_task_once_in_order(sizes: list[int], workers: int) -> None:
    tasks = [Task(str(number)) for number in range(len(sizes))]
    batches = list(in_batches(tasks, sizes, workers))
    assert [task for batch in batches for task in batch] == tasks
    assert all(batches)


def test_batches_get_smaller() -> None:
    """The last ones are so small that no worker waits long for another one."""
    lengths = [len(batch) for batch in in_batches(MANY * 10, [50_000] * 300, 2)]
    assert lengths == sorted(lengths, reverse=True)
    assert (lengths[0], lengths[-1]) == (20, 1)
    assert len(lengths) < 40


SLOW = """
import sys, time
sys.path[:0] = {path!r}
from pathlib import Path
from migrate.executors.crew import Crew
from migrate.executors.tasks import Task
from migrate.executors.workers import Workers
from migrate.transform import FileResult

def slow(path, content, spec):
    print("started", flush=True)
    time.sleep(0.2)
    return FileResult(path, "")

try:
    with Crew(Path(), Workers(2)) as crew:
        list(crew.run([Task(str(i), content=b"x" * 200_000) for i in range(200)], None, slow))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups")
def test_ctrl_c_reaches_the_parent_alone(tmp_path: Path) -> None:
    """A terminal sends the signal to every process of the group; no worker prints a trace."""
    script = tmp_path / "slow.py"
    script.write_text(SLOW.format(path=[path for path in sys.path if path]))
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"started\n"
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, b"")
    assert output.count(b"started") < 100


_KILLED = """
import sys, time
from migrate.executors.processes import pool
with pool(2) as workers:
    print(*{worker.pid for worker in (workers.submit(abs, 1), workers)[1]._processes.values()}, flush=True)
    time.sleep(60)
"""


def test_workers_do_not_outlive_a_parent_that_is_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(migrate.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _KILLED], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert len(process.stdout.readline().split()) == 2
        process.kill()
        assert process.communicate(timeout=30)[0] == ""  # its end comes when nobody has it open any more


class _Memory:
    """Knows what has come of some files."""

    def __init__(self, known: Sequence[str]) -> None:
        self.known = known
        self.noted: list[str] = []

    def recall(self, step: Step[Any], spec: object, tasks: Sequence[Task]) -> dict[int, Any]:
        return {number: "known" for number, task in enumerate(tasks) if task.path in self.known}

    def note(self, step: Step[Any], spec: object, task: Task, result: Any) -> None:
        assert result.path == task.path
        self.noted.append(task.path)


REMEMBERED = [
    pytest.param([], id="nothing"),
    pytest.param(["3.py", "4.py", "29.py"], id="some"),
    pytest.param([task.path for task in MANY], id="everything"),
]


@pytest.mark.parametrize("known", REMEMBERED)
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_known_is_not_asked_for(root: Path, known: list[str], jobs: int) -> None:
    memory, ticks = _Memory(known), list[int]()
    with Crew(root, Workers(jobs, memory=memory)) as crew:
        found = list(crew.run(MANY, SPEC, transform_file, ticks.append))
    assert found == ["known" if result.path in known else result for result in EXPECTED]
    assert memory.noted == [task.path for task in MANY if task.path not in known]
    assert ticks == list(range(1, 31))


def test_what_cannot_be_read_is_not_noted(root: Path) -> None:
    (root / "3.py").unlink()
    memory = _Memory(["1.py"])
    with Crew(root, Workers(1, memory=memory)) as crew, pytest.raises(Unreadable):
        list(crew.run(MANY[:5], SPEC, transform_file))
    assert memory.noted == ["0.py", "2.py"]
