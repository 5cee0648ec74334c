"""`--commit`: one commit per phase, of its files and nothing else."""

from __future__ import annotations

import shutil
import signal
import time
from typing import Any

import pytest
from sample import FILES, REDIRECT, MakeSample, Sample
from terminal import CTRL_C, CTRL_D, terminal

import migrate.committing
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


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ("MERGE_HEAD", "a merge is under way"),
        ("CHERRY_PICK_HEAD", "a cherry-pick is under way"),
        ("REVERT_HEAD", "a revert is under way"),
        ("rebase-merge/head-name", "a rebase is under way"),
        ("sequencer/todo", "a cherry-pick or a revert is under way"),
        ("index.lock", "another git is at work in the index, or was killed there: "),
    ],
)
@pytest.mark.parametrize("command", ["phase1", "run"])
def test_what_is_under_way_is_not_disturbed(command: str, state: str, what: str, make_sample: MakeSample) -> None:
    """It is found before anything is asked or written: git would take its end for granted, or fail afterwards."""
    sample = make_sample()
    sample.write(f".git/{state}", sample.git("rev-parse", "HEAD"))
    with sample.nothing_written():
        done = sample.migrate(command, "--yes", "--commit", code=3)
    assert f"--commit: {what}" in done.err
    assert "; nothing written\n" in done.err


def meanwhile(sample: Sample, script: str) -> list[str]:
    """Options by which a script runs between what is written and its commit."""
    path = sample.root / ".git/meanwhile"
    path.write_text(f"set -e\n{script}\n")
    return ["--yes", "--commit", "--verify", f"sh {path}"]


@pytest.mark.parametrize(
    ("script", "status", "in_index"),
    [
        pytest.param("echo '# mine' >> shop/cart.py", " M shop/cart.py\n", False, id="edited"),
        pytest.param("echo '# mine' >> shop/cart.py; git add shop/cart.py", "M  shop/cart.py\n", True, id="staged"),
        pytest.param("rm shop/cart.py", " D shop/cart.py\n", False, id="deleted"),
        pytest.param("git rm -q -f shop/cart.py", "D  shop/cart.py\n", True, id="deleted and staged"),
    ],
)
def test_what_others_do_to_the_files_meanwhile_is_theirs(
    script: str, status: str, in_index: bool, sample: Sample
) -> None:
    done = sample.call("phase1", *meanwhile(sample, script))
    assert "shop/cart.py: edited since it was written; the commit has what the phase made of it\n" in done.err
    assert sample.git("show", "HEAD:shop/cart.py").encode() == REDIRECT
    assert sample.git("show", "--format=", "--name-status", "HEAD") == "M\tshop/cart.py\n"
    assert sample.git("status", "--porcelain") == status
    assert bool(sample.git("diff", "--cached", "--name-only")) == in_index


@pytest.mark.parametrize(
    ("script", "why"),
    [
        pytest.param("git checkout -q -b other", "HEAD is other at ", id="another branch"),
        pytest.param("git checkout -q --detach", "HEAD is no branch at ", id="no branch"),
        pytest.param("git commit -q --allow-empty -m x", "HEAD is main at ", id="another commit"),
        pytest.param("git rev-parse HEAD > .git/MERGE_HEAD", "a merge is under way; ", id="a merge"),
        pytest.param("> .git/refs/heads/main.lock", "git update-ref: fatal: ", id="a lock"),
        pytest.param("> .git/HEAD.lock", "git update-ref: ", id="a lock of HEAD"),
    ],
)
def test_what_moves_meanwhile_is_left_alone(script: str, why: str, sample: Sample) -> None:
    before = sample.read("shop/cart.py")
    sample.write("README.md", "Staged.\n")
    sample.git("add", "README.md")
    index = sample.git("ls-files", "--stage")
    done = sample.call("phase1", *meanwhile(sample, script), code=3)
    assert f"--commit: {why}" in done.err
    assert done.err.endswith("; the phase was rolled back\n")
    assert sample.git("log", "--all", "--grep=basket phase", "--format=%s", "--branches") == ""
    assert (sample.read("shop/cart.py"), sample.git("ls-files", "--stage")) == (before, index)


def test_work_that_comes_in_while_the_question_waits(sample: Sample) -> None:
    """HEAD goes back by a commit, and what was in that is in the index now: it is the user's."""
    sample.call("phase1", "--yes", "--commit")
    sample.call("phase2", "--yes", "--commit")
    sample.write("app/star.py", "mine = 1\n")
    sample.write("app/main.py", b"# mine\n" + sample.read("app/main.py"))
    sample.commit()
    with terminal(sample, "phase3", "--commit") as person:
        person.expect("apply 4 edits in 3 files? [y/N] ")
        sample.git("reset", "--quiet", "--soft", "HEAD~1")
        before = sample.state()
        person.type("y\n")
        person.expect("uncommitted changes in 1 of 3 files to touch: app/main.py (staged); nothing written; ")
        assert person.end() == 3
    assert sample.state() == before


def test_filters_and_attributes_are_those_of_the_working_tree(make_sample: MakeSample) -> None:
    """A filter's program that is in the tree, and line ends that only this tree has."""
    sample = make_sample({
        "tools/clean.sh": "#!/bin/sh\nsed 's/SECRET=.*/SECRET=xxx/'\n",
        "app/main.py": f"SECRET='hunter2'\n{FILES['app/main.py']}",
    })  # fmt: skip
    (sample.root / "tools/clean.sh").chmod(0o755)
    sample.git("config", "filter.secret.clean", "tools/clean.sh")
    sample.git("config", "filter.secret.smudge", "cat")
    sample.git("config", "filter.secret.required", "true")
    sample.write(".git/info/exclude", ".gitattributes\n")
    sample.write(".gitattributes", "*.py text eol=crlf\napp/main.py filter=secret\n")
    sample.git("add", "--renormalize", ".")
    sample.git("commit", "--quiet", "--message", "clean")
    for folder in ("app", "shop"):
        shutil.rmtree(sample.root / folder)
    sample.git("checkout", "--quiet", "--", "app", "shop")
    secret = sample.read("app/main.py")
    for phase in (1, 2, 3):
        meanwhile_edited = ["--verify", "echo '# mine' >> app/main.py"] if phase == 3 else []
        sample.call(f"phase{phase}", "--yes", "--commit", *meanwhile_edited)
    assert b"\r\n" in secret
    assert "SECRET=xxx" in sample.git("show", "HEAD:app/main.py")
    assert "\r" not in sample.git("show", "HEAD:app/main.py")
    assert "# mine" not in sample.git("show", "HEAD:app/main.py")
    assert sample.git("show", "--format=", "--numstat", "HEAD", "--", "app/main.py").split()[:2] == ["3", "2"]
    assert sample.git("status", "--porcelain") == " M app/main.py\n"


def test_ctrl_c_where_the_signer_asks(sample: Sample) -> None:
    signing(sample, "printf 'passphrase: ' >/dev/tty; read -r answer </dev/tty")
    with sample.untouched(), terminal(sample, "phase1", "--commit") as person:
        person.answer("apply 1 edit in 1 file? [y/N] ", "y")
        person.expect("passphrase: ")
        time.sleep(0.3)
        person.type(CTRL_C)
        assert person.end() == 130


def test_the_words_of_a_squashed_merge_stay(sample: Sample) -> None:
    sample.write(".git/SQUASH_MSG", "All of it\n")
    sample.call("phase1", "--yes", "--commit")
    assert sample.read(".git/SQUASH_MSG") == b"All of it\n"


def test_modes_filters_and_line_ends_are_those_of_git(make_sample: MakeSample) -> None:
    """As if it had been added: also a file that went in with CR LF before `text=auto` was set."""
    crlf = FILES["app/second.py"]
    assert isinstance(crlf, bytes)
    sample = make_sample()
    (sample.root / "app/main.py").chmod(0o755)
    sample.git("update-index", "--chmod=+x", "app/main.py")
    sample.write(".gitattributes", "* text=auto\napp/main.py filter=loud\n")
    sample.git("config", "filter.loud.clean", "sed s/checkout/CHECKOUT/")
    sample.git("config", "core.autocrlf", "true")
    sample.commit()
    sample.call("phase1", "--yes", "--commit")
    sample.call("phase2", "--yes", "--commit")
    sample.call("phase3", "--yes", "--commit")
    assert sample.git("status", "--porcelain") == ""
    assert sample.git("ls-files", "--stage", "app/main.py").startswith("100755 ")
    assert "CHECKOUT" in sample.git("show", "HEAD:app/main.py")
    assert b"CHECKOUT" not in sample.read("app/main.py")
    assert sample.git("show", "HEAD:app/second.py").encode() == sample.read("app/second.py")
    assert sample.read("app/second.py").count(b"\r\n") == crlf.count(b"\r\n")


SIGNER = """\
#!/bin/sh
cat >/dev/null
{ask}
printf '[GNUPG:] SIG_CREATED D\\n' >&2
printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'
"""


def signing(sample: Sample, ask: str) -> None:
    signer = sample.root / ".git/signer"
    signer.write_text(SIGNER.format(ask=ask))
    signer.chmod(0o755)
    sample.git("config", "gpg.program", str(signer))
    sample.git("config", "commit.gpgSign", "true")


def test_a_commit_is_signed_where_the_user_has_it_so(sample: Sample) -> None:
    """The signer may ask for its passphrase on the terminal."""
    signing(sample, "printf 'passphrase: ' >/dev/tty; read -r answer </dev/tty; test \"$answer\" = open")
    with terminal(sample, "phase1", "--commit") as person:
        person.answer("apply 1 edit in 1 file? [y/N] ", "y")
        person.answer("passphrase: ", "open")
        person.answer(OFFER, "")
        assert person.end() == 0
    assert "gpgsig -----BEGIN PGP SIGNATURE-----" in sample.git("cat-file", "commit", "HEAD")


def test_a_signer_that_fails_is_heard(sample: Sample) -> None:
    signing(sample, "echo 'gpg: signing failed: No secret key' >&2; exit 2")
    with sample.untouched():
        done = sample.call("phase1", "--yes", "--commit", code=3)
    assert "--commit: git commit-tree: error: gpg failed to sign the data" in done.err
    assert done.err.endswith("; the phase was rolled back\n")


def test_an_index_that_another_git_holds_in_the_last_moment(sample: Sample) -> None:
    """HEAD has moved by then, and goes back."""
    with sample.untouched(), pytest.MonkeyPatch.context() as patch:
        set_entries = migrate.committing._set_entries

        def locked(*arguments: Any) -> None:
            sample.write(".git/index.lock", "")
            set_entries(*arguments)

        patch.setattr(migrate.committing, "_set_entries", locked)
        done = sample.call("phase1", "--yes", "--commit", code=3)
        (sample.root / ".git/index.lock").unlink()
    assert "--commit: git update-index: fatal: Unable to create" in done.err


def test_no_room_for_what_is_to_be_committed(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("migrate.committing._PrivateIndex.put", fail)
    with sample.untouched():
        done = sample.call("phase1", "--yes", "--commit", code=3)
    assert "--commit: the commit could not be prepared: No space left on device; the phase was rolled back" in done.err


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


REVS = ".git-blame-ignore-revs"
OFFER = f"append this line to {REVS}? [y/N] "
TOLD = f"git is told of it by: git config blame.ignoreRevsFile {REVS}\n"


def test_a_message_from_the_plan(sample: Sample) -> None:
    sample.edit_plan('title = "Redirect the cart"\n', 'title = "Redirect the cart"\ncommit = "Carts: Überholt (#7)"\n')
    sample.edit_plan('title = "Redirect the till"\n', "commit = '''\nTill\n\nMoved.\n\nRefs: #7\n'''\n")
    sample.call("phase1", "--yes", "--commit")
    sample.call("phase2", "--yes", "--commit")
    assert sample.git("log", "-2", "--format=%B") == (
        "Till\n\nMoved.\n\nRefs: #7\n\nCarts: Überholt (#7)\n\n1 edit in 1 file, made by ssot-migrate.\n\n"
    )


@pytest.mark.parametrize("option", [[], ["--allow-dirty"]])
def test_a_file_that_is_staged_halfway(option: list[str], sample: Sample) -> None:
    """Its other half is nobody's to commit: neither what is staged nor what is not."""
    for state in ("staged", "modified"):
        sample.write("shop/cart.py", "class Cart:\n    def broken(:\n# staged\n")
        sample.git("add", "shop/cart.py")
        if state == "modified":
            sample.write("shop/cart.py", "class Cart:\n    def broken(:\n# staged\n# not staged\n")
        with sample.untouched():
            done = sample.call("phase1", "--yes", "--commit", *option, code=3)
        assert f"uncommitted changes in 1 of 1 file to touch: shop/cart.py ({state}); nothing written; " in done.err


def test_a_commit_of_some_hunks(sample: Sample) -> None:
    """Only what was taken is committed, and the rest makes a commit of its own."""
    sample.call("run", "--yes", "--commit", "--verify", "test ! -e app/stop", code=0)
    sample.call("rollback", "phase3", "--yes")
    sample.commit()
    sample.write("notes.txt", "mine\n")
    sample.git("add", "notes.txt")
    with terminal(sample, "phase3", "--interactive", "--commit") as person:
        person.answer("(1/4) apply this hunk [", "y")
        person.answer("(2/4) apply this hunk [", "q")
        person.answer(OFFER, "")
        assert person.end() == 0
    assert sample.git("show", "--format=%b", "--name-only", "HEAD") == (
        "1 edit in 1 file, a part of the phase, made by ssot-migrate.\n\n\napp/second.py\n"
    )
    sample.call("phase3", "--yes", "--commit")
    assert sample.git("show", "--format=%b", "--name-only", "-z", "HEAD").startswith(
        "3 edits in 2 files, made by ssot-migrate.\n"
    )
    assert sample.git("status", "--porcelain") == "A  notes.txt\n"


@pytest.mark.parametrize("answer", ["", "n", "x", CTRL_D])
def test_the_line_is_offered(answer: str, sample: Sample) -> None:
    with terminal(sample, "phase1", "--commit") as person:
        person.answer("apply 1 edit in 1 file? [y/N] ", "y")
        person.expect(OFFER)
        person.type(answer if answer == CTRL_D else f"{answer}\n")
        assert person.end() == 0
    assert person.text.endswith("next: migrate phase2\n")
    assert sample.git("status", "--porcelain") == ""


def test_the_line_is_added(sample: Sample) -> None:
    """It is not committed, and is no obstacle to the next phase; how git is told is said until it is."""
    for phase, told in ((1, True), (2, False)):
        with terminal(sample, f"phase{phase}", "--commit") as person:
            person.answer("apply 1 edit in 1 file? [y/N] ", "y")
            person.answer(OFFER, "y")
            person.expect(f"{REVS}: the line is added, and not committed\n")
            assert person.end() == 0
        assert (TOLD in person.text) == told
        sample.git("config", "blame.ignoreRevsFile", REVS)
    assert sample.git("status", "--porcelain") == f"?? {REVS}\n"
    first, second = sample.git("log", "-2", "--format=%H", "--reverse").split()
    assert sample.read(REVS).decode().splitlines()[1:] == [f"{first}  # basket phase 1", f"{second}  # basket phase 2"]


def test_ctrl_c_at_the_offer(sample: Sample) -> None:
    """The phase is done by then, and its exit code says so."""
    with terminal(sample, "phase1", "--commit", "--json") as person:
        person.answer("apply 1 edit in 1 file? [y/N] ", "y")
        person.expect(OFFER)
        time.sleep(0.3)
        person.type(CTRL_C)
        assert person.end() == 0
    assert '"mode": "applied"' in person.text
    assert "not added\n" in person.text
    assert sample.git("status", "--porcelain") == ""
    assert sample.git("log", "-1", "--format=%s") == "basket phase 1: Redirect the cart\n"


def test_added_without_asking(sample: Sample) -> None:
    done = sample.call("run", "--yes", "--commit", "--ignore-revs")
    lines = sample.read(REVS).decode().splitlines()
    commits = sample.git("log", "-4", "--format=%H", "--reverse").split()
    assert lines[1:] == [f"{commit}  # basket phase {phase}" for phase, commit in enumerate(commits, 1)]
    assert done.out.count(f"{REVS}: the line is added, and not committed\n") == 4
    assert done.out.count(TOLD) == 1
    assert sample.git("status", "--porcelain") == f"?? {REVS}\n"


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("README.md", "is a symbolic link; its target is a file of its own"),
        ("/etc/passwd", "is a symbolic link that leads out of the root"),
    ],
)
def test_a_link_is_refused_and_the_phase_stands(target: str, why: str, sample: Sample) -> None:
    (sample.root / REVS).symlink_to(target)
    done = sample.call("phase1", "--yes", "--commit", "--ignore-revs")
    assert done.err == f"{REVS}: {why}; not touched; the line was not added, and the commit stands\n"
    assert done.out.endswith("next: migrate phase2\n")
    assert sample.read("README.md") == b"A shop.\n"
    assert sample.read("shop/cart.py") == REDIRECT


def test_a_root_below_the_top(make_sample: MakeSample) -> None:
    sample = make_sample({f"part/{path}": content for path, content in FILES.items()})
    done = sample.call("phase1", "--yes", "--commit", "--ignore-revs", cwd=sample.root / "part")
    assert f"{REVS}: belongs at the top of the working tree, {sample.root}, out of the root; not touched; " in done.err
    assert sample.git("status", "--porcelain") == ""


def test_nothing_to_ignore_without_a_commit(sample: Sample) -> None:
    for command in ("phase1", "run"):
        done = sample.call(command, "--yes", "--ignore-revs", code=2)
        assert done.complaint == f"{command}: --ignore-revs is about the commit of --commit; pass --commit, too"
