"""`--commit`: one commit per phase, of its files and nothing else."""

from __future__ import annotations

import shutil
import signal
from typing import Any

import pytest
from sample import REDIRECT, MakeSample, Sample

import migrate.run
import rollback.signals
from migrate.validation.results import CheckResult


def hook(sample: Sample, name: str) -> None:
    path = sample.root / ".git/hooks" / name
    path.write_text("#!/bin/sh\ntouch hook-was-here\nexit 1\n")
    path.chmod(0o755)


def test_only_the_files_of_the_phase(sample: Sample) -> None:
    """What the user has staged stays staged and stays out; hooks do not run."""
    for name in (
        "pre-commit",
        "commit-msg",
        "prepare-commit-msg",
        "post-commit",
        "post-checkout",
        "reference-transaction",
    ):
        hook(sample, name)
    sample.write("README.md", "Staged.\n")
    sample.write("app/staged.py", "staged = 1\n")
    sample.git("-c", "core.hooksPath=/dev/null", "add", "README.md", "app/staged.py")
    sample.write("README.md", "Staged, and edited.\n")
    status = sample.git("status", "--porcelain")
    parent = sample.git("rev-parse", "HEAD").strip()

    done = sample.call("phase1", "--yes", "--commit")

    head = sample.git("rev-parse", "HEAD").strip()
    assert sample.git("show", "--format=%P%n%s%n%b", "--name-status", "HEAD") == (
        f"{parent}\nbasket phase 1: Redirect the cart\n1 edit in 1 file, made by ssot-migrate.\n\n\nM\tshop/cart.py\n"
    )
    assert sample.git("status", "--porcelain") == status
    assert sample.git("show", ":README.md") == "Staged.\n"
    assert not (sample.root / "hook-was-here").exists()
    assert f"commit {head}; for .git-blame-ignore-revs:\n{head}  # basket phase 1\n" in done.out
    assert done.out.endswith("next: migrate phase2\n")


def test_one_commit_for_each_phase(sample: Sample) -> None:
    sample.call("run", "--yes", "--commit")
    subjects = sample.git("log", "--format=%s").splitlines()
    assert subjects[:-1] == [
        "basket phase 4: Rename the keyword",
        "basket phase 3: Import from the new homes",
        "basket phase 2: Redirect the till",
        "basket phase 1: Redirect the cart",
    ]
    assert sample.git("status", "--porcelain") == ""
    before = sample.git("rev-parse", "HEAD")
    sample.call("phase1", "--yes", "--commit")
    assert sample.git("rev-parse", "HEAD") == before


def test_a_phase_without_a_title(sample: Sample) -> None:
    sample.edit_plan('title = "Redirect the cart"\n', "")
    sample.call("phase1", "--yes", "--commit")
    assert sample.git("log", "-1", "--format=%s") == "basket phase 1: phase 1\n"


def test_no_identity(sample: Sample) -> None:
    """Found out before anything is written."""
    sample.git("config", "--unset", "user.name")
    sample.git("config", "--unset", "user.email")
    sample.git("config", "user.useConfigOnly", "true")
    with sample.nothing_written():
        done = sample.migrate("phase1", "--yes", "--commit", code=3)
    assert done.err.startswith("--commit: git does not know who commits (")
    assert done.err.endswith("; set user.name and user.email with `git config`; nothing written\n")


def test_rollback_leaves_the_history(sample: Sample) -> None:
    sample.call("phase1", "--yes", "--commit")
    head = sample.git("rev-parse", "HEAD")
    done = sample.call("rollback", "--yes")
    assert done.err == (
        f"commit {head.strip()} of phase1's files stays in the history, which is untouched; "
        "`git status` shows what is different from it now\n"
    )
    assert sample.git("rev-parse", "HEAD") == head
    assert sample.git("status", "--porcelain") == " M shop/cart.py\n"
    assert sample.git("diff", "HEAD~1") == ""


def test_a_failed_verification_commits_nothing(sample: Sample) -> None:
    with sample.untouched():
        sample.call("phase1", "--yes", "--commit", "--verify", "false", code=1)


@pytest.mark.parametrize("state", ["MERGE_HEAD"])
def test_a_commit_that_git_refuses(state: str, make_sample: MakeSample) -> None:
    """In the middle of a merge git commits no single files: the phase is rolled back."""
    sample = make_sample()
    sample.write(f".git/{state}", sample.git("rev-parse", "HEAD"))
    with sample.untouched():
        done = sample.call("phase1", "--yes", "--commit", code=3)
    assert "--commit: git commit failed with exit code 128: " in done.err
    assert done.err.endswith("; the phase was rolled back\n")
    (run,) = sample.call("timeline", "--json").document["phases"][0]["runs"]
    assert (run["state"], run["detail"]) == ("failed", "the commit was not made")
    assert sample.read("shop/cart.py") != REDIRECT


def test_the_first_commit_of_a_repository(make_sample: MakeSample) -> None:
    sample = make_sample()
    sample.git("update-ref", "-d", "HEAD")
    sample.git("rm", "--quiet", "--cached", "shop/cart.py")
    with_everything_staged = sample.git("status", "--porcelain")
    done = sample.call("phase1", "--yes", "--commit", code=3)
    assert "shop/cart.py (untracked)" in done.err
    assert sample.git("status", "--porcelain") == with_everything_staged


def test_commits_that_the_user_made_since_are_named(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    sample.commit()
    sample.call("phase2", "--yes")
    done = sample.call("rollback", "--all", "--yes")
    head = sample.git("rev-parse", "HEAD").strip()
    assert done.err == (
        f"commit {head} of phase1's files stays in the history, which is untouched; "
        "`git status` shows what is different from it now\n"
    )


def test_many_commits_are_counted(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    text = sample.read("shop/cart.py")
    for number in range(5):
        sample.write("shop/cart.py", text if number % 2 == 0 else b"")
        sample.commit()
    done = sample.call("rollback", "--yes")
    assert " and 2 more of phase1's files stay in the history, which is untouched; " in done.err


def test_a_history_that_was_rewritten_names_only_what_is_known(sample: Sample) -> None:
    sample.call("phase1", "--yes", "--commit")
    commit = sample.git("rev-parse", "HEAD").strip()
    sample.git("checkout", "--quiet", "--orphan", "fresh")
    sample.commit()
    sample.git("branch", "-D", "main")
    sample.git("reflog", "expire", "--expire=now", "--all")
    sample.git("gc", "--quiet", "--prune=now")
    assert f"commit {commit} of phase1's files stays" in sample.call("rollback", "--yes").err


def test_commits_since_before_the_first_one_are_named(make_sample: MakeSample) -> None:
    sample = make_sample()
    shutil.rmtree(sample.root / ".git")
    sample.git("init", "--quiet")
    sample.git("config", "user.name", "Dev")
    sample.git("config", "user.email", "dev@example.org")
    sample.call("phase1", "--yes", "--allow-dirty")
    sample.commit()
    done = sample.call("rollback", "--yes")
    assert f"commit {sample.git('rev-parse', 'HEAD').strip()} of phase1's files stays in the history" in done.err


@pytest.mark.parametrize("flag", ["assume-unchanged", "skip-worktree"])
def test_edits_that_git_hides_are_not_committed(sample: Sample, flag: str) -> None:
    sample.git("update-index", f"--{flag}", "shop/cart.py")
    with sample.untouched():
        complaint = sample.call("phase1", "--yes", "-q", "--commit", "--allow-dirty", code=3).err
    assert f"uncommitted changes in 1 of 1 file to touch: shop/cart.py ({flag}); nothing written; " in complaint


def test_a_signal_before_the_commit_is_not_passed_over(sample: Sample) -> None:
    """It may come while the verification's result is being read."""
    with sample.untouched(), pytest.MonkeyPatch.context() as patch:
        verify = migrate.run.verify

        def interrupted(*args: Any) -> tuple[CheckResult, bytes]:
            result = verify(*args)
            rollback.signals._HELD._received.append(signal.SIGINT)
            return result

        patch.setattr(migrate.run, "verify", interrupted)
        sample.call("phase1", "--yes", "--commit", "--verify", "true", code=130)
