"""The commands journal and journal prune."""

from __future__ import annotations

import shutil
import sqlite3
import time

import pytest
from sample import MakeSample, Sample


@pytest.fixture
def busy(make_sample: MakeSample) -> Sample:
    """Run 1 applied, run 2 rolled back by force, run 3 failed, run 4 applied again; run 5 checked."""
    return make_sample(prepare=be_busy)


def be_busy(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    sample.call("phase2", "--yes")
    sample.write("shop/till.py", "newer = 1\n")
    sample.call("rollback", "--yes", "--force")
    sample.call("phase2", "--yes", "--verify", "false", code=1)
    sample.call("phase2", "--yes")
    sample.call("phase5", "--yes", "--force")


def age(sample: Sample, days: float) -> None:
    """Make every run older."""
    connection = sqlite3.connect(sample.root / ".git/migrate/journal.sqlite3")
    connection.execute("UPDATE runs SET applied_at = applied_at - ?1, ended_at = ended_at - ?1", (days * 86400,))
    connection.commit()
    connection.close()


def refs(sample: Sample) -> list[str]:
    return sample.git("for-each-ref", "--format=%(refname)", "refs/migrate").split()


def test_without_a_run(sample: Sample) -> None:
    with sample.nothing_written():
        assert sample.call("journal").out == "no run is on record in this working tree\nnext: migrate status\n"
        assert "no snapshot is old enough" in sample.call("journal", "prune", "--yes").out
        assert sample.call("journal", "--json").document["runs"] == []


def test_all_runs_are_listed(busy: Sample) -> None:
    with busy.nothing_written():
        done = busy.call("journal", "-v")
    rows = [line.split() for line in done.out.splitlines() if line.strip()[:1].isdigit()]
    assert [(row[0], row[2], row[6]) for row in rows] == [
        ("1", "phase1", "applied"),
        ("2", "phase2", "rolled-back"),
        ("3", "phase2", "failed"),
        ("4", "phase2", "applied"),
        ("5", "phase5", "passed"),
    ]
    assert "refs/migrate/basket/run-1" in done.out
    assert "run 2: newer versions of files are kept; see `git show refs/migrate/basket/kept-run-2`" in done.out
    assert " kept: refs/migrate/basket/kept-run-2\n" in done.out
    document = busy.call("journal", "--json").document
    assert [run["ref"] for run in document["runs"]] == [*(f"refs/migrate/basket/run-{n}" for n in (1, 2, 3, 4)), None]
    assert [event["event"] for event in document["runs"][1]["events"]] == [
        "applying", "applied", "kept", "rolling-back", "rolled-back",
    ]  # fmt: skip


def test_it_needs_no_plan(busy: Sample) -> None:
    (busy.root / "migrate.toml").unlink()
    done = busy.call("journal")
    assert "the journal does not need it" in done.err
    assert "run-1" in done.out
    assert busy.call("journal", "--plan", "gone.toml", code=2).out == ""


def test_refs_of_others_are_counted(busy: Sample) -> None:
    (busy.root / ".git/migrate/journal.sqlite3").unlink()
    assert (
        "5 refs under refs/migrate/ of other worktrees or a lost journal; see `git for-each-ref"
        in busy.call("journal").err
    )


def test_an_interrupted_run_is_named_by_every_command(busy: Sample) -> None:
    connection = sqlite3.connect(busy.root / ".git/migrate/journal.sqlite3")
    connection.execute("UPDATE runs SET state = 'applying' WHERE id = 4")
    connection.commit()
    connection.close()
    for command in ("journal", "timeline", "status"):
        done = busy.call(command)
        assert "run 4 (phase 2 of 'basket') was interrupted; run `migrate rollback` to restore it" in done.err
        assert done.out.endswith("next: migrate rollback\n")


def test_only_old_runs_that_are_over_are_pruned(busy: Sample) -> None:
    before = refs(busy)
    assert "no snapshot is old enough" in busy.call("journal", "prune", "--yes").out
    with busy.nothing_written():
        dry = busy.call("journal", "prune", "--older-than", "0", "--dry-run")
    assert "2 snapshots would be given up; nothing deleted\n" in dry.out
    assert dry.err == (
        "refs/migrate/basket/kept-run-2 goes, too: the newer versions that a forced rollback kept are nowhere else\n"
    )
    age(busy, 31)
    document = busy.call("journal", "prune", "--yes", "--json").document
    assert [(each["run"], each["refs"]) for each in document["pruned"]] == [
        (2, ["refs/migrate/basket/run-2", "refs/migrate/basket/kept-run-2"]),
        (3, ["refs/migrate/basket/run-3"]),
    ]
    assert set(before) - set(refs(busy)) == {ref for each in document["pruned"] for ref in each["refs"]}
    listed = busy.call("journal", "--json").document["runs"]
    assert [run["pruned"] for run in listed] == [False, True, True, False, False]
    assert listed[1]["kept"] == []
    assert "given up" in busy.call("journal").out
    busy.call("rollback", "--all", "--yes")
    assert busy.git("status", "--porcelain") == ""


def test_applied_runs_are_pruned_only_when_asked_for(busy: Sample) -> None:
    done = busy.call("journal", "prune", "--older-than", "0", "--applied", "--yes")
    assert "those that are applied cannot be rolled back afterwards\n" in done.err
    assert "4 snapshots given up; `git gc` frees their room in its own time\n" in done.out
    assert refs(busy) == []
    with busy.untouched():
        complaint = busy.call("rollback", "--all", "--yes", code=3).err
    assert (
        "run 4 (phase 2 of 'basket'): its snapshot was given up by `migrate journal prune`; nothing restored"
        in complaint
    )


def test_pruning_frees_the_room(busy: Sample) -> None:
    snapshot = busy.git("rev-parse", "refs/migrate/basket/run-2").strip()
    busy.call("journal", "prune", "--older-than", "0", "--yes")
    busy.git("gc", "--quiet", "--prune=now")
    assert snapshot not in busy.git("cat-file", "--batch-all-objects", "--batch-check")
    busy.call("rollback", "--all", "--yes")
    assert busy.git("status", "--porcelain") == ""


def test_without_a_terminal_it_asks_nobody(busy: Sample) -> None:
    with busy.nothing_written():
        complaint = busy.call("journal", "prune", code=2).complaint
    assert complaint == "journal prune: no terminal to ask on; pass --yes to prune, or --dry-run to look"


def test_a_repository_that_moved(busy: Sample) -> None:
    there = busy.root.parent / "moved"
    shutil.move(busy.root, there)
    moved = Sample(there)
    moved.call("rollback", "--all", "--yes")
    assert moved.git("status", "--porcelain") == ""


def test_times_are_of_the_day(busy: Sample) -> None:
    (first, *_) = busy.call("journal", "--json").document["runs"]
    assert first["started_at"].startswith(time.strftime("%Y-", time.gmtime()))


def test_a_run_is_shown(busy: Sample) -> None:
    with busy.nothing_written():
        edited, checked = busy.call("journal", "show", "1"), busy.call("journal", "show", "5")
        verified = busy.call("journal", "show", "3", "--json").document
    assert edited.out.startswith("run 1: phase1 of basket, 1 file, ")
    assert "\n  shop/cart.py\n" in edited.out
    assert (
        "- [x] old names import\n== old names import, attempt 1\nall imported\nnext: migrate journal\n" in checked.out
    )
    assert [output["name"] for output in verified["outputs"]] == ["verify"]
    assert [file["path"] for file in verified["files"]] == ["shop/till.py"]
    document = busy.call("journal", "show", "5", "--output", "old names import", "--json").document
    assert [(each["attempt"], each["text"]) for each in document["outputs"]] == [(1, "all imported\n")]
    only = busy.call("journal", "show", "5", "--output", "old names import").out
    assert only.startswith("== old names import, attempt 1\n")


def test_a_run_that_there_is_not(busy: Sample) -> None:
    done = busy.call("journal", "show", "9", code=2)
    assert done.complaint == "journal show: there is no run 9; there are runs 1 to 5, see `migrate journal`"
    done = busy.call("journal", "show", "5", "--output", "suite", code=2)
    assert done.complaint == "journal show: run 5 has no output of 'suite'; it has 'old names import'"
    assert busy.call("journal", "show", "1", "--output", "x", code=2).complaint.endswith("it has none")


def test_a_run_where_there_is_none(sample: Sample) -> None:
    done = sample.call("journal", "show", "1", code=2)
    assert done.complaint == "journal show: there is no run 1; there is none at all, see `migrate journal`"
