from __future__ import annotations

import ast
import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from checks import PLAN

from migrate import executors
from migrate.executors import POOL_PAYS_BYTES, transform_files, usable_processors
from migrate.locating import PhaseSpec
from migrate.transform import FileResult, transform_file

SPEC = PhaseSpec(PLAN, 3)
PADDING = b"# " + b"x" * 40_000 + b"\n"
MANY = [(f"{i}.py", b"from shop.cart import Cart, coupon\n" + PADDING) for i in range(30)]
PARENT = os.getpid()


def die_in_a_worker(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    if path == "17.py" and os.getpid() != PARENT:
        os._exit(9)
    return transform_file(path, content, spec)


def fail(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    raise ValueError(path)


def who_ran(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    return FileResult(path, str(os.getpid()))


def is_collector_on(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    return FileResult(path, str(gc.isenabled()))


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_collector_waits_for_each_file(jobs: int) -> None:
    assert {r.before_sha256 for r in transform_files(MANY, SPEC, jobs, step=is_collector_on)} == {"False"}
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


def test_no_files() -> None:
    assert transform_files([], SPEC) == ()
    assert transform_files([], SPEC, jobs=2) == ()


@pytest.mark.parametrize("jobs", [1, 2, None])
def test_same_results_in_the_same_order(jobs: int | None) -> None:
    assert sum(len(content) for _, content in MANY) > POOL_PAYS_BYTES
    results = transform_files(MANY, SPEC, jobs)
    assert results == tuple(transform_file(path, content, SPEC) for path, content in MANY)
    assert all(result.edits for result in results)


@pytest.mark.parametrize(
    ("files", "jobs", "here"),
    [
        pytest.param(MANY, 2, False, id="much source"),
        pytest.param(MANY, 1, True, id="one job"),
        pytest.param(MANY[:3], 2, True, id="little source"),
    ],
)
def test_who_runs(files: list[tuple[str, bytes]], jobs: int, here: bool) -> None:
    ran = {result.before_sha256 for result in transform_files(files, SPEC, jobs, step=who_ran)}
    assert (ran == {str(os.getpid())}) is here


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress(jobs: int) -> None:
    told: list[int] = []
    transform_files(MANY, SPEC, jobs, told.append)
    assert told == sorted(told)
    assert told[-1] == len(MANY)


def test_a_worker_that_dies_is_survived() -> None:
    told: list[int] = []
    results = transform_files(MANY, SPEC, 2, told.append, step=die_in_a_worker)
    assert results == tuple(transform_file(path, content, SPEC) for path, content in MANY)
    assert told[-1] == len(MANY)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_in_a_step_is_not_hidden(jobs: int) -> None:
    with pytest.raises(ValueError, match=r"^0\.py$"):
        transform_files(MANY, SPEC, jobs, step=fail)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_comes_through(jobs: int) -> None:
    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transform_files(MANY, SPEC, jobs, interrupt)


def test_usable_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert usable_processors() >= 1
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert usable_processors() == os.cpu_count()
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_processors() == 1


def test_batches_hold_every_file_once() -> None:
    batches = list(executors._batches(MANY))
    assert [file for batch in batches for file in batch] == MANY
    assert len(batches) > 2


SLOW = """
import sys, time
sys.path[:0] = {path!r}
from migrate.executors import transform_files
from migrate.transform import FileResult, PhaseSpec

def slow(path, content, spec):
    print("started", flush=True)
    time.sleep(0.2)
    return FileResult(path, "")

try:
    transform_files([(str(i), b"x" * 200_000) for i in range(200)], None, 2, step=slow)
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
from migrate.executors import pool
with pool(2) as workers:
    print(*{worker.pid for worker in (workers.submit(abs, 1), workers)[1]._processes.values()}, flush=True)
    time.sleep(60)
"""


def test_workers_do_not_outlive_a_parent_that_is_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(executors.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _KILLED], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert len(process.stdout.readline().split()) == 2
        process.kill()
        assert process.communicate(timeout=30)[0] == ""  # its end comes when nobody has it open any more
