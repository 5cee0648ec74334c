"""The command `rollback`: which runs it takes back, and what stops it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from sample import REDIRECT, MakeSample, Sample, applied_through_4

from migrate.way_back import roll_back_runs, runs_to_roll_back
from rollback.errors import MovedOn
from rollback.git import Git
from rollback.restore import RollbackResult


@pytest.fixture
def applied(make_sample: MakeSample) -> Sample:
    """A sample with its first four phases applied."""
    return make_sample(prepare=applied_through_4)


def states(sample: Sample) -> list[str]:
    return [phase["state"] for phase in sample.call("timeline", "--json").document["phases"]]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        pytest.param([], 3, id="the last"),
        pytest.param(["phase4"], 3, id="the last by name"),
        pytest.param(["3"], 2, id="back to before phase 3"),
        pytest.param(["phase1"], 0, id="back to before the first"),
        pytest.param(["--all"], 0, id="all"),
    ],
)
def test_which_runs(arguments: list[str], left: int, applied: Sample) -> None:
    done = applied.migrate("rollback", "--yes", *arguments)
    told = [line.partition(":")[0] for line in done.out.splitlines() if "rolled back" in line]
    assert told == [f"phase{phase}" for phase in (4, 3, 2, 1)[: 4 - left]]
    assert done.out.endswith("next: migrate status\n")
    assert states(applied) == ["applied"] * left + ["rolled-back"] * (4 - left) + ["pending"]
    changed = applied.git("diff", "--name-only").splitlines()
    assert len(changed) == {0: 0, 2: 2, 3: 5}[left]
    applied.call("rollback", "--all", "--yes")
    assert applied.git("status", "--porcelain") == ""
    with applied.nothing_written():
        assert applied.call("rollback", "--yes").out == "nothing to roll back\nnext: migrate status\n"


def test_a_phase_that_is_not_applied(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    with sample.nothing_written():
        assert sample.call("rollback", "phase3", "--yes").out.startswith("nothing to roll back\n")


def test_files_edited_since(applied: Sample) -> None:
    """Never overwritten in silence; with --force the newer version is kept, and the way to see it is printed."""
    applied.write("app/main.py", applied.read("app/main.py") + b"# newer\n")
    applied.write("app/second.py", "newer = 1\n")
    with applied.untouched():
        done = applied.migrate("rollback", "--yes", code=3)
        assert done.err == (
            "2 of 2 files edited since run 4: app/main.py, app/second.py; nothing restored; "
            "--force keeps the newer versions under a private ref\n"
        )
        applied.call("rollback", "--all", "--yes", code=3)
    done = applied.call("rollback", "--all", "--yes", "--force")
    assert applied.git("status", "--porcelain") == ""
    (command,) = [line.strip() for line in done.out.splitlines() if line.endswith("app/second.py'")]
    assert command.startswith("git show 'refs/migrate/basket/kept-run-4:")
    assert applied.git(*command.replace("'", "").split()[1:]) == "newer = 1\n"
    assert "# newer\n" in applied.git("show", "refs/migrate/basket/kept-run-4:app/main.py")


def test_a_file_that_is_gone(applied: Sample) -> None:
    (applied.root / "app/second.py").unlink()
    assert "app/second.py" in applied.call("rollback", "--yes", code=3).err
    applied.call("rollback", "--yes", "--force")
    assert applied.read("app/second.py").endswith(b"from shop.basket import Basket\r\nBasket(metadata=1)")


@pytest.mark.parametrize("content", [b"", b"[plan", b'[plan]\nname = "basket"\n', b"\xff", None])
def test_a_broken_plan_is_no_obstacle(content: bytes | None, sample: Sample) -> None:
    sample.call("phase1", "--yes")
    if content is None:
        (sample.root / "migrate.toml").unlink()
    else:
        sample.write("migrate.toml", content)
    done = sample.call("rollback", "--yes")
    assert "; rolling back without the plan\n" in done.err
    assert "phase1: run 1 rolled back; 1 file as before, to the byte\n" in done.out
    assert sample.git("diff", "--name-only").splitlines() == ["migrate.toml"]


def test_a_plan_given_by_name_must_be_right(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    sample.write("broken.toml", "[plan")
    with sample.untouched():
        assert "broken.toml:1:6: " in sample.call("rollback", "--yes", "--plan", "broken.toml", code=2).complaint
    assert sample.read("shop/cart.py") == REDIRECT


def test_only_the_runs_of_the_plan(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    sample.edit_plan('name = "basket"', 'name = "other"')
    assert sample.call("rollback", "--yes").out.startswith("nothing to roll back\n")
    sample.call("phase2", "--yes")
    assert "run 2 rolled back" in sample.call("rollback", "--all", "--yes").out
    assert sample.read("shop/cart.py") == REDIRECT


def test_modes_line_ends_and_uncommitted_bytes_come_back(make_sample: MakeSample) -> None:
    sample = make_sample({".gitattributes": "*.py text eol=lf\n"})
    sample.write("app/main.py", sample.read("app/main.py").replace(b"\n", b"\r\n") + b"# uncommitted")
    (sample.root / "app/main.py").chmod(0o750)
    before = sample.files()
    sample.call("run", "--yes", "--allow-dirty")
    assert sample.files() != before
    sample.call("rollback", "--all", "--yes")
    assert sample.files() == before


def test_hooks_do_not_run_and_staged_work_stays(applied: Sample) -> None:
    hook = applied.root / ".git/hooks/post-checkout"
    hook.write_text("#!/bin/sh\ntouch hook-was-here\n")
    hook.chmod(0o755)
    applied.write("README.md", "Staged.\n")
    applied.git("add", "README.md", "app/main.py")
    staged = applied.git("ls-files", "--stage")
    applied.call("rollback", "--all", "--yes")
    assert applied.git("ls-files", "--stage") == staged
    assert not (applied.root / "hook-was-here").exists()


def test_from_a_linked_worktree(sample: Sample, tmp_path: Path) -> None:
    """Each worktree has its own journal."""
    sample.call("phase1", "--yes")
    linked = tmp_path / "linked"
    sample.git("worktree", "add", "--quiet", str(linked))
    assert "nothing to roll back" in sample.call("rollback", "--yes", cwd=linked).out
    sample.call("phase1", "--yes", cwd=linked)
    sample.call("rollback", "--yes", cwd=linked)
    assert sample.read("shop/cart.py") == REDIRECT
    sample.call("rollback", "--yes")
    assert sample.git("status", "--porcelain") == ""


def test_all_or_none_go_back(sample: Sample) -> None:
    """An edit in a file of the oldest run stops the newest one, too, before anything is restored."""
    for phase in ("phase1", "phase2", "phase3"):
        sample.call(phase, "--yes")
    sample.write("shop/cart.py", REDIRECT + b"# mine\n")
    with sample.untouched():
        done = sample.call("rollback", "--all", "--yes", code=3)
    assert "1 of 1 file edited since run 1: shop/cart.py; nothing restored" in done.err
    sample.call("rollback", "--yes")  # the last phase alone is not in question


@pytest.mark.parametrize("phase", ["phase2", "2"])
def test_only_one_phase(phase: str, sample: Sample) -> None:
    for number in (1, 2):
        sample.call(f"phase{number}", "--yes")
    done = sample.call("rollback", "--only", "phase1", "--yes")
    assert "phase1: run 1 rolled back" in done.out
    assert "phase2" not in done.out
    assert states(sample)[:2] == ["rolled-back", "applied"]
    assert sample.git("status", "--porcelain") == " M shop/till.py\n"
    sample.call("rollback", "--only", phase, "--yes")
    assert sample.git("status", "--porcelain") == ""


def test_only_one_phase_is_refused_where_a_later_one_touched_its_files(applied: Sample) -> None:
    with applied.nothing_written():
        complaint = applied.call("rollback", "--only", "phase3", "--yes", code=3).err
    assert complaint == (
        "run 3 (phase 3) cannot be rolled back before run 4 (phase 4), which touched the same 2 files: app/main.py, app/second.py; "
        "nothing restored; `migrate rollback phase3` takes them back newest first\n"
    )


def test_only_a_phase_that_is_not_applied(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    with sample.nothing_written():
        assert sample.call("rollback", "--only", "phase3", "--yes").out.startswith("nothing to roll back\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["phase3", "--only", "phase3"], "rollback: --only phase3 takes one phase back; leave out 'phase3' or --only"),
        (["--all", "--only", "phase3"], "rollback: --all takes every phase back; leave out 'phase3' or --all"),
        (["--only", "phase9"], "rollback: 'phase9' is no phase; write phase1 to phase5, or --all"),
    ],
)
def test_contradictions(sample: Sample, arguments: list[str], expected: str) -> None:
    assert sample.call("rollback", *arguments, "--yes", code=2).complaint == expected


@pytest.mark.parametrize("arguments", [["--all"], ["phase3"]])
def test_an_edit_between_two_phases_stops_both(arguments: list[str], applied: Sample) -> None:
    """It is in the pre-image of the newer one, so that one could go back, and the older one not."""
    applied.call("rollback", "--yes")
    applied.write("app/main.py", applied.read("app/main.py") + b"# mine\n")
    applied.call("phase4", "--yes", "--allow-dirty")
    with applied.untouched():
        done = applied.call("rollback", *arguments, "--yes", code=3)
    assert "1 of 3 files edited since run 3: app/main.py; nothing restored; " in done.err
    assert states(applied)[2:4] == ["applied", "applied"]
    done = applied.call("rollback", *arguments, "--yes", "--force")
    assert applied.git("show", "refs/migrate/basket/kept-run-3:app/main.py").endswith("# mine\n")
    assert "app/main.py" not in applied.git("status", "--porcelain")


def test_all_or_none_where_an_older_snapshot_is_gone(applied: Sample) -> None:
    applied.git("update-ref", "-d", "refs/migrate/basket/run-1")
    applied.git("gc", "--quiet", "--prune=now")
    with applied.untouched():
        done = applied.call("rollback", "--all", "--yes", code=3)
    assert "run 1: its snapshot refs/migrate/basket/run-1 is damaged: " in done.err


def test_all_or_none_where_a_folder_stands_in_the_place_of_an_older_file(applied: Sample) -> None:
    (applied.root / "shop/cart.py").unlink()
    (applied.root / "shop/cart.py").mkdir()
    with applied.untouched():
        applied.call("rollback", "--all", "--yes", "--force", code=3)


def test_a_plan_that_is_gone_is_no_obstacle_from_a_subfolder(applied: Sample) -> None:
    (applied.root / "migrate.toml").unlink()
    done = applied.call("rollback", "--all", "--yes", cwd=applied.root / "shop")
    assert done.out.count("rolled back; ") == 4
    assert applied.git("status", "--porcelain") == " D migrate.toml\n"


def test_the_way_to_see_a_kept_version_can_be_pasted(sample: Sample) -> None:
    names = ["a';touch PWNED;'.py", "b\n.py", "c d$(touch PWNED).py", os.fsdecode(b"d\xff\\.py")]
    for name in names:
        (sample.root / name).write_bytes(b"from shop.till import Till\n")
    sample.commit()
    sample.call("phase1", "--yes", "--force")
    sample.call("phase3", "--yes", "--force", "-q")
    for name in names:
        with (sample.root / name).open("ab") as file:
            file.write(b"# newer\n")
    done = sample.call("rollback", "--yes", "--force")
    commands = [line for line in done.out.splitlines() if line.startswith("  git show ")]
    assert len(commands) == 4
    for command in commands:
        shown = subprocess.run(["bash", "-c", command], cwd=sample.root, capture_output=True, check=True)
        assert shown.stdout.endswith(b"# newer\n")
    assert not (sample.root / "PWNED").exists()


def test_permissions_that_had_to_give_way_are_told(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    (sample.root / "shop/cart.py").chmod(0o600)
    done = sample.call("rollback", "--yes")
    assert done.err == "shop/cart.py: permissions 0600 of after the run are 0644 again, as before it\n"


def test_a_list_that_has_changed_while_it_was_asked_about(applied: Sample) -> None:
    git = Git.open(applied.root)
    runs = runs_to_roll_back(git, "basket", None, everything=False)
    applied.call("rollback", "--yes")
    with pytest.raises(MovedOn, match=r"run 4 \(phase 4\) was applied when it was shown and is rolled-back now"):
        roll_back_runs(git, runs, force=True)


def test_a_stdout_that_is_closed_stops_nothing(applied: Sample) -> None:
    git = Git.open(applied.root)

    def unheard(_result: RollbackResult) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        roll_back_runs(git, runs_to_roll_back(git, "basket", None, everything=True), force=False, done=unheard)
    assert applied.git("status", "--porcelain") == ""
    assert states(applied)[:4] == ["rolled-back"] * 4
