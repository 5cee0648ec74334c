"""What stops a command, as the real process says it: one exit code, one clear line, and an untouched tree."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
import typer
from sample import CONFLICT, MIGRATE, PLAN, REDIRECT, Done, MakeSample, Sample, finish

from migrate import cli

WRONG_PLAN = (
    PLAN.replace('name = "basket"', 'name = "Bas ket"')
    .replace("rename =", "renames =")
    .replace("minutes = 2\n[[phase1", 'minutes = "2"\n[[phase1')
)


def lines(done: Done) -> list[str]:
    """The lines on stderr of a command that said nothing on stdout."""
    assert done.out == ""
    return done.err.splitlines()


def test_a_wrong_plan_gets_a_line_for_each_mistake(sample: Sample) -> None:
    sample.write("migrate.toml", WRONG_PLAN)
    with sample.nothing_written():
        for command in (("phase1", "--yes"), ("status",), ("timeline",), ("run", "--yes")):
            call = sample.migrate if command[0] == "phase1" else sample.call
            found = lines(call(*command, code=2))
            keys = [line.removeprefix(f"{sample.root}/migrate.toml: ").partition(":")[0] for line in found]
            assert keys == ["plan.name", "phase1.minutes", "phase4.call[0].renames", "phase4.call[0]"]
            assert "did you mean 'rename'?" in found[2]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["phase1", "--dry-run", "--plan", "gone.toml"], "gone.toml: no such file; ", id="plan not there"),
        pytest.param(["phase1", "--dry-run", "--plan", "shop"], "shop: a folder; ", id="plan is a folder"),
        pytest.param(["phase1", "--dry-run", "--root", "gone"], "--root: gone is not a folder; ", id="root not there"),
        pytest.param(["phase1", "--dry-run", "--root", "README.md"], "--root: README.md is not a folder; ", id="root a file"),
        pytest.param(["status", "--root", "shop"], "shop/migrate.toml: no such file; ", id="no plan in the root"),
        pytest.param(["phase1"], "phase1: no terminal to ask on; pass --yes to apply, or --dry-run", id="phase asks"),
        pytest.param(["run"], "run: no terminal to ask on; pass --yes", id="run asks"),
        pytest.param(["phase3", "--interactive"], "phase3: no terminal to ask on; ", id="interactive asks"),
        pytest.param(["rollback"], "rollback: no terminal to ask on; pass --yes", id="rollback asks"),
        pytest.param(["phase1", "--yse"], "migrate phase1: No such option: --yse", id="unknown option"),
        pytest.param(["phase6"], "migrate: No such command 'phase6'", id="unknown command"),
        pytest.param(["phase1", "--jobs", "0"], "migrate phase1: Invalid value for '--jobs'", id="no jobs"),
        pytest.param(["phase1", "--jobs"], "migrate: Option '--jobs' requires an argument; see ", id="no argument"),
        pytest.param(["rollback", "phase6", "--yes"], "rollback: 'phase6' is no phase; write phase1", id="no such phase"),
        pytest.param(["rollback", "phase3", "--all", "--yes"], "rollback: --all takes every phase back; ", id="phase and all"),
        pytest.param(["phase1", "--interactive", "--yes"], "phase1: --interactive asks about each hunk; ", id="ask or not"),
        pytest.param(["phase1", "--interactive", "--check"], "phase1: --interactive asks about each hunk; ", id="ask on check"),
        pytest.param(["run", "--dry-run", "--commit"], "run: nothing is written, so there is nothing to ", id="commit nothing"),
        pytest.param(["phase1", "--check", "--verify", "x"], "phase1: nothing is written, so there is ", id="verify nothing"),
        pytest.param(["phase1", "--yes", "--verify", "'x"], "--verify: no closing quotation in \"'x\"; ", id="open quote"),
        pytest.param(["phase1", "--yes", "--verify", " "], "--verify: the command is empty; ", id="empty command"),
    ],
)  # fmt: skip
def test_usage_and_plan_errors(arguments: list[str], expected: str, sample: Sample) -> None:
    with sample.nothing_written():
        complaint = sample.call(*arguments, code=2).complaint
    assert complaint.startswith(expected)


def test_exit_codes_of_the_real_process(sample: Sample) -> None:
    """The table above runs within the test's process; here is one of each kind for real."""
    with sample.nothing_written():
        assert "No such option: --yse" in sample.migrate_anew("phase1", "--yse", code=2).complaint
        assert "no terminal to ask on" in sample.migrate_anew("phase1", code=2).complaint
        assert "gone.toml: no such file" in sample.migrate_anew("status", "--plan", "gone.toml", code=2).complaint


def test_a_phase_that_the_plan_leaves_out(sample: Sample) -> None:
    sample.edit_plan(PLAN[PLAN.index("[phase2]") : PLAN.index("[phase3]")], "")
    with sample.nothing_written():
        complaint = sample.call("phase2", "--yes", code=2).complaint
    assert complaint.endswith("migrate.toml has no [phase2]; it has phase1, phase3, phase4, phase5")
    assert sample.call("rollback", "phase2", "--yes").out.startswith("nothing to roll back\n")


def test_no_plan_up_to_the_top(sample: Sample) -> None:
    (sample.root / "migrate.toml").unlink()
    complaint = sample.call("status", cwd=sample.root / "shop", code=2).complaint
    assert complaint == (
        f"migrate.toml: not found from {sample.root / 'shop'} up to {sample.root}; write one, or name it with --plan FILE"
    )


def test_not_a_git_repository(sample: Sample, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "migrate.toml").write_text(PLAN)
    complaint = sample.migrate("phase1", "--dry-run", cwd=plain, code=3).complaint
    assert complaint == f"{plain}: not a git repository; run inside one, or name it with --root"
    assert sample.call("rollback", "--yes", cwd=plain, code=3).complaint == complaint
    assert sample.call("status", "--root", str(plain), code=3).complaint == complaint


def test_a_bare_repository_and_the_git_folder_are_no_place_to_work(sample: Sample, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    sample.git("init", "--quiet", "--bare", str(bare))
    for folder in (bare, sample.root / ".git"):
        assert "not a git repository" in sample.call("status", cwd=folder, code=3).complaint


def test_git_is_missing(sample: Sample, tmp_path: Path) -> None:
    with sample.nothing_written():
        done = sample.migrate("phase1", "--yes", code=3, PATH=str(tmp_path))
    assert done.complaint == "git was not found on PATH; install git 2.25 or newer"


@pytest.mark.parametrize(
    ("printed", "found"), [("git version 2.10.1", "2.10.1"), ("git version 1.9", "1.9"), ("strange", "strange")]
)
def test_git_is_too_old(printed: str, found: str, sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "git"
    fake.write_text(f"#!{sys.executable} -S\nprint({printed!r})\n")
    fake.chmod(0o755)
    sample.env["PATH"] = f"{fake.parent}{os.pathsep}{sample.env['PATH']}"
    complaint = sample.call("phase1", "--yes", code=3).complaint
    assert complaint == f"git {found} is too old; git 2.25 or newer is needed"


def test_errors_block_and_force_applies(make_sample: MakeSample) -> None:
    sample = make_sample({"app/conflict.py": CONFLICT, "shop/cart.py": REDIRECT})
    sample.call("phase2", "--yes")
    sample.call("phase3", "--yes")
    with sample.untouched():
        done = sample.migrate("phase4", "--yes", code=1)
    assert "app/conflict.py:3:0: error: keyword-conflict: " in done.out
    assert "next: migrate phase4 --force\n" in done.out
    hint = "explain a code: migrate explain keyword-conflict\n"
    assert done.err.startswith(f"{hint}phase4: nothing written; blocked by 1 error; mend ")
    forced = sample.call("phase4", "--yes", "--force")
    assert "phase4: applied as run 3: 2 edits in 2 files, 2 findings left to a person\n" in forced.out
    assert sample.read("app/conflict.py") == CONFLICT.encode()


def test_errors_block_where_nothing_is_left_to_edit(make_sample: MakeSample) -> None:
    """A phase with errors is never a success, whatever it could do otherwise."""
    sample = make_sample({"shop/cart.py": None, "app/main.py": "", "app/second.py": "", "app/star.py": ""})
    with sample.untouched():
        done = sample.call("phase1", "--yes", code=1)
        assert "shop/cart.py:1:0: error: missing-target: " in done.out
        assert sample.call("phase1", "--yes", "--json", code=1).document["mode"] == "nothing-to-do"
        assert "blocked by 1 error" in sample.call("phase1", "--dry-run").out
        assert "no redirect can be written" in sample.call("phase1", "--yes", "--force").out


def test_strict_makes_warnings_block(sample: Sample) -> None:
    for phase in ("phase1", "phase2"):
        sample.call(phase, "--yes", "--strict")
    with sample.untouched():
        done = sample.call("phase3", "--yes", "--strict", code=1)
        assert "phase3: nothing written; blocked by 1 finding; " in done.err
        sample.call("phase3", "--check", "--strict", code=1)
    sample.call("phase3", "--yes", "--strict", "--force")
    assert "nothing to do" in sample.call("phase3", "--dry-run").out
    sample.call("phase3", "--check")
    sample.call("phase3", "--check", "--strict", code=1)


def test_out_of_order_names_the_command(sample: Sample) -> None:
    with sample.nothing_written():
        done = sample.migrate("phase3", "--yes", code=1)
        assert done.complaint == (
            "phase3: phase1 comes first and still has 1 edit to make; run `migrate phase1`, or pass --force"
        )
        assert "phase1 comes first" in sample.call("phase5", "--yes", code=1).complaint
        sample.call("phase3", "--dry-run")
    sample.call("phase3", "--yes", "--force")
    assert b"shop.basket" in sample.read("app/main.py")


def test_dirty_files(sample: Sample) -> None:
    """Only those the phase would touch are in the way; --allow-dirty applies, and rollback brings the bytes back."""
    sample.write("README.md", "Uncommitted.\n")
    sample.write("app/untracked.py", "x = 1\n")
    sample.write("shop/cart.py", "class Cart:\n    def uncommitted(:\n")
    sample.git("add", "shop/cart.py")
    sample.write("shop/cart.py", "class Cart:\n    def uncommitted(self:\n")
    with sample.untouched():
        done = sample.migrate("phase1", "--yes", code=3)
        assert done.err == (
            "uncommitted changes in 1 of 1 file to touch: shop/cart.py (modified); nothing written; "
            "commit them, or pass --allow-dirty; rollback brings them back as they are\n"
        )
        assert not (sample.root / ".git/migrate").exists()
    before = sample.state()
    sample.call("phase1", "--yes", "--allow-dirty")
    assert sample.read("shop/cart.py") == REDIRECT
    sample.call("rollback", "--yes")
    assert {**sample.state(), "index-time": 0} == {**before, "index-time": 0}


def test_a_commit_needs_clean_files(sample: Sample) -> None:
    sample.write("shop/cart.py", "dirty = 1\n")
    with sample.untouched():
        done = sample.call("phase1", "--yes", "--commit", "--allow-dirty", code=3)
        assert "commit them first" in done.err
        assert "--allow-dirty" not in done.err


def test_ignored_and_untracked_files_count_as_dirty(sample: Sample) -> None:
    sample.write(".gitignore", "ignored.py\n")
    sample.write("app/new.py", "from shop.till import Till\n")
    sample.write("shop/till.py", "")
    sample.commit()
    sample.git("rm", "--quiet", "--cached", "app/new.py")
    sample.call("phase1", "--yes")
    sample.call("phase2", "--yes")
    with sample.untouched():
        assert "app/new.py (untracked)" in sample.call("phase3", "--yes", code=3).err


def test_stepping_without_commits_is_no_obstacle(sample: Sample) -> None:
    for phase in (1, 2, 3, 4, 5):
        sample.call(f"phase{phase}", "--yes")
    assert "app/main.py" in sample.git("status", "--porcelain")
    assert "migrate timeline" in sample.call("status").out
    # what a person edits after a phase is an obstacle again
    sample.write("app/main.py", sample.read("app/main.py") + b"\nfrom shop.till import Till\n")
    with sample.untouched():
        assert "app/main.py (modified)" in sample.call("phase3", "--yes", code=3).err


def test_a_closed_stdout(sample: Sample) -> None:
    """As in `migrate phase1 --dry-run | head -1`, with the reader gone before the first word."""
    for arguments in (["phase1", "--dry-run"], ["status"], ["timeline", "--json"], ["phase3", "--dry-run", "--json"]):
        process = sample.start(*arguments)
        assert process.stdout is not None
        process.stdout.close()
        with sample.untouched(), Path(os.devnull).open("rb") as process.stdout:  # for communicate(), which shuts it
            done = finish(process, 1)
        assert done.err.endswith(
            "stdout was closed before everything was printed; `migrate status` shows where it stands\n"
        )
        assert "Exception ignored" not in done.err


def test_help_needs_no_repository(sample: Sample, tmp_path: Path) -> None:
    for arguments in ([], ["-h"], ["--help"]):
        done = sample.call(*arguments, cwd=tmp_path)
        for command in ("phase1", "phase5", "run", "status", "timeline", "rollback"):
            assert f" {command} " in done.out
    assert "--install-completion" in done.out
    assert done.err == ""
    options = sample.call("phase3", "-h", cwd=tmp_path).out
    for option in ("--dry-run", "--check", "--yes", "--interactive", "--allow-dirty", "--force", "--strict", "--verify",
                   "--commit", "--plan", "--root", "--json", "--jobs", "--quiet", "--verbose"):  # fmt: skip
        assert f"{option} " in options
    assert "Point imports of moved objects, and the uses and strings that go with them" in options


def test_an_error_that_nobody_foresaw_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for error in (ValueError("why\x1b"), OSError(28, "No space left on device")):
        assert cli._bug(error, ["status"]) == 1
    assert capsys.readouterr().err == (
        "internal error: ValueError: why\\x1b; please report it with the output of the same command and -v\n"
        "cannot go on: [Errno 28] No space left on device\n"
    )
    with pytest.raises(ZeroDivisionError) as caught:
        1 / 0  # noqa: B018 - for its traceback
    cli._bug(caught.value, ["status", "-v"])
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):\n")


@pytest.mark.parametrize("error", [typer.Abort, KeyboardInterrupt])
def test_older_versions_of_typer_pass_a_ctrl_c_on(error: type[BaseException], sample: Sample) -> None:
    with patch.object(cli, "app", side_effect=error):
        assert sample.call("status", code=130).complaint.startswith("interrupted; no file is left half done; ")


def test_version(sample: Sample, tmp_path: Path) -> None:
    from migrate import __version__

    assert sample.migrate_anew("--version", cwd=tmp_path).out == f"ssot-migrate {__version__}\n"


def test_the_module_is_the_console_script() -> None:
    from importlib.metadata import EntryPoint

    from migrate import __main__

    assert MIGRATE[1:] == ("-m", "migrate")
    assert __main__.main is cli.main
    assert EntryPoint("migrate", "migrate.cli:main", "console_scripts").load() is cli.main
