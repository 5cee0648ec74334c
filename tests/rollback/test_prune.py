"""Which snapshots may go, and that their refs do."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from trees import Tree

from rollback.errors import SnapshotPruned
from rollback.journal import RunRecord
from rollback.prune import prune, select_to_prune

RUN = RunRecord(1, "demo", 3, "applied", 0.0, 10.0, None, 1, 1, 0, "f" * 40, "refs/migrate/demo/run-1", None, "", "")
OVER = replace(RUN, state="rolled-back", ended_at=20.0)
FAILED = replace(RUN, state="failed", applied_at=None, ended_at=20.0)


@pytest.mark.parametrize(
    ("run", "before", "applied", "chosen"),
    [
        pytest.param(RUN, 11.0, False, False, id="applied"),
        pytest.param(RUN, 11.0, True, True, id="applied, asked for"),
        pytest.param(RUN, 10.0, True, False, id="applied, too young"),
        pytest.param(OVER, 20.1, False, True, id="rolled back"),
        pytest.param(OVER, 20.0, False, False, id="rolled back, too young"),
        pytest.param(OVER, 15.0, False, False, id="rolled back later than applied"),
        pytest.param(FAILED, 21.0, False, True, id="failed"),
        pytest.param(replace(RUN, applied_at=0.5), 0.7, True, True, id="applied long ago"),
        pytest.param(replace(FAILED, ended_at=0.5), 0.7, False, True, id="failed long ago"),
        pytest.param(replace(RUN, state="applying", applied_at=None), 99.0, True, False, id="interrupted"),
        pytest.param(replace(RUN, state="rolling-back"), 99.0, True, False, id="interrupted rollback"),
        pytest.param(replace(RUN, state="passed", ref=None), 99.0, True, False, id="only checks"),
        pytest.param(replace(OVER, ref=None), 99.0, True, False, id="pruned already"),
    ],
)
def test_select(run: RunRecord, before: float, applied: bool, chosen: bool) -> None:
    assert select_to_prune([run], before, applied=applied) == ((run,) if chosen else ())


def test_refs_go_and_runs_stay(committed: Tree) -> None:
    first = committed.apply({"a.py": b"new\n"})
    committed.write("a.py", b"newer\n")
    committed.roll_back(first, force=True)
    second = committed.apply({"b.py": b"new\n"})
    with committed.journal() as journal:
        (done,) = prune(committed.open(), journal, [journal.run(1)])
        assert done.run.id == 1
        assert done.refs == ("refs/migrate/demo/run-1", "refs/migrate/demo/kept-run-1")
        assert (journal.run(1).ref, journal.run(1).snapshot, journal.kept(1)) == (None, None, ())
        assert (journal.is_pruned(1), journal.is_pruned(2), journal.announced()) == (True, False, ())
        (again,) = prune(committed.open(), journal, [journal.run(1)])
        assert again.refs == ()
    assert committed.refs() == [second.ref]


def test_no_way_back_after_it(committed: Tree) -> None:
    (committed.root / "twin.py").hardlink_to(committed.root / "a.py")
    run = committed.apply({"a.py": b"new\n"})
    assert committed.private_files() == {"journal.sqlite3", "originals"}
    with committed.journal() as journal:
        prune(committed.open(), journal, [run])
    with pytest.raises(SnapshotPruned, match=r"run 1 \(phase 3 of 'demo'\): its snapshot was given up by `migrate"):
        committed.roll_back(run, force=True)
    assert committed.read("a.py") == b"new\n"
    assert committed.private_files() == {"journal.sqlite3"}
