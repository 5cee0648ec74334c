"""Tasks as processes: for a worker of another executor, and none is left where the fleet fails."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from repositories import MakeRepository

from migrate.fleet import processes
from migrate.fleet.outcomes import Outcome
from migrate.fleet.processes import Running, run_repository, run_tasks
from migrate.fleet.tasks import Task

PLAN = '[plan]\nname = "basket"\n[phase3]\n[[phase3.move]]\nold = "shop.cart:Cart"\nnew = "shop.basket:Basket"\n'


class Process:
    """Ends when it is told to; its number is one that no process has."""

    def __init__(self, code: int | None = None) -> None:
        self.pid = 2**22 + 1  # above the highest that Linux gives
        self.code = code

    def poll(self) -> int | None:
        return self.code


def task(name: str, tree: str = "") -> Task:
    return Task(name, f"/{name}", tree or f"/{name}", ("status",), looks_only=True)


def test_run_by_a_worker(make_repository: MakeRepository, tmp_path: Path) -> None:
    """As a cluster would have it: pickled there and back, in a thread that is not the main one."""
    repository = make_repository({"app.py": "from shop.cart import Cart\n"})
    (tmp_path / "plan.toml").write_text(PLAN)
    plan = str(tmp_path / "plan.toml")
    sent = pickle.dumps((run_repository, Task("app", str(repository.root), "", ("phase3", "--yes"), plan)))
    outcomes: list[Outcome] = []

    def work() -> None:
        function, one = pickle.loads(sent)
        outcomes.append(pickle.loads(pickle.dumps(function(one))))

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert [(o.name, o.state, o.edits, o.files, o.message) for o in outcomes] == [("app", "done", 1, 1, "")]
    assert (repository.root / "app.py").read_text() == "from shop.basket import Basket as Cart\n"


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_so_many_at_once_and_one_in_each_tree(at_once: int) -> None:
    running: dict[str, Process] = {}
    most = 0
    order: list[str] = []

    def start(one: Task, _out: int, _err: int) -> Running:
        nonlocal most
        assert one.tree not in {other.tree for other in tasks if other.name in running}
        running[one.name] = Process()
        order.append(one.name)
        most = max(most, len(running))
        if len(running) == min(at_once, len({other.tree for other in tasks if other.name not in done})):
            running[next(iter(running))].code = 0
        return running[one.name]

    def tell(outcome: Outcome) -> None:
        del running[outcome.name]
        done.add(outcome.name)
        for process in list(running.values())[:1]:
            process.code = 0

    done: set[str] = set()
    tasks = [task("a", "/x"), task("b", "/x"), task("c"), task("d", "/x"), task("e")]
    run_tasks(tasks, start, at_once, tell)
    assert done == set("abcde")
    assert most == min(at_once, 3)
    assert [name for name in order if name in "abd"] == ["a", "b", "d"]


def test_what_is_at_work_is_ended_where_an_outcome_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    started = {"a": Process(0), "b": Process()}
    told: list[str] = []

    def kill(pid: int, _number: int) -> None:
        started["b"].code = -15
        raise ProcessLookupError

    def tell(outcome: Outcome) -> None:
        told.append(f"{outcome.name}: {outcome.state}")
        if len(told) == 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(processes.os, "kill", kill)
    with pytest.raises(OSError, match="No space left"):
        run_tasks([task("a"), task("b"), task("c")], lambda one, _out, _err: started[one.name], 2, tell)
    assert told == ["a: done", "b: interrupted"]


@pytest.mark.parametrize("error", [OSError(11, os.strerror(11)), MemoryError()])
def test_no_process(error: Exception) -> None:
    def start(*_: object) -> Running:
        raise error

    told: list[Outcome] = []
    run: Callable[[], None] = lambda: run_tasks([task("a")], start, 1, told.append)  # noqa: E731
    if isinstance(error, OSError):
        run()
        assert [(o.state, o.message) for o in told] == [
            ("failed", "no process for it: Resource temporarily unavailable"),
        ]
    else:
        with pytest.raises(MemoryError):
            run()
