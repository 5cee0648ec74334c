"""Signals, kills, two at once and odd streams: what only a real process can show."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sample import MIGRATE, PLAN, MakeSample, Sample, applied_through_2, finish, struck_when_done, wait_for

FIRST, LAST = "app/second.py", "app/odd \u00fc.py"
"""The files that phase 3 writes first (it has priority) and last."""

# The real command line; the process stops itself, as by Ctrl-Z, once the first file has been replaced.
_STOPPING = """
import os, runpy, signal
replace = os.replace

def stop_after(*args):
    os.replace = replace
    replace(*args)
    os.kill(os.getpid(), signal.SIGSTOP)

os.replace = stop_after
runpy.run_module("migrate", run_name="__main__", alter_sys=True)
"""


# The real command line, to which a Ctrl-C comes in a text that is executed, as where a dataclass is made.
_STRUCK_IN_A_TEXT = """
import os, runpy, tomllib
def loads(_):
    try:
        exec("import signal; signal.raise_signal(signal.SIGINT)")
    except KeyboardInterrupt as error:
        raise ValueError("caught") if "CAUGHT" in os.environ else error
tomllib.loads = loads
runpy.run_module("migrate", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def redirected(make_sample: MakeSample) -> Sample:
    """A repository whose third phase is next."""
    return make_sample(prepare=applied_through_2)


@contextmanager
def stopped_in_the_middle(
    sample: Sample, program: Sequence[str] = (sys.executable, "-c", _STOPPING)
) -> Iterator[subprocess.Popen[bytes]]:
    """The process of phase 3, stopped when its first file is written and its last one is not."""
    first, last = sample.read(FIRST), sample.read(LAST)
    process = sample.start("phase3", "--yes", "--quiet", program=program)
    try:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert (sample.read(FIRST) == first, sample.read(LAST) == last) == (False, True)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_while_writing(number: signal.Signals, redirected: Sample) -> None:
    before = redirected.state()
    with stopped_in_the_middle(redirected) as process:
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        done = finish(process, 130)
    assert done.err.endswith("interrupted; no file is left half done; `migrate status` shows where it stands\n")
    assert redirected.state() == before
    run = redirected.call("timeline", "--json").document["phases"][2]["runs"][0]
    assert (run["state"], run["detail"]) == ("failed", "interrupted")
    assert "phase3: applied" in redirected.call("phase3", "--yes").out


@pytest.mark.parametrize(
    ("command", "code", "applied"),
    [
        pytest.param("phase1", 0, ["applied"], id="too late for a phase"),
        pytest.param("run", 130, ["applied"], id="not too late for the phases after it"),
    ],
)
def test_interrupted_when_a_phase_is_just_done(command: str, code: int, applied: list[str], sample: Sample) -> None:
    done = finish(sample.start(command, "--yes", "--json", program=struck_when_done(1)), code)
    assert [phase["mode"] for phase in done.document.get("phases", [done.document])] == ["applied"]
    assert ("interrupted; no file is left half done" in done.err) == (code == 130)
    assert [run["state"] for run in sample.call("journal", "--json").document["runs"]] == applied


def test_interrupted_when_the_last_phase_is_just_done(sample: Sample) -> None:
    sample.edit_plan(PLAN[PLAN.index("[phase2]") :], "")
    finish(sample.start("run", "--yes", program=struck_when_done(1)), 0)


@pytest.mark.parametrize(("variables", "code"), [({}, 130), ({"CAUGHT": "1"}, 2)], ids=["130", "another exit code"])
def test_interrupted_in_a_text_that_is_executed(
    variables: dict[str, str], code: int, sample: Sample, tmp_path: Path
) -> None:
    """Python itself would kill the process then."""
    Path(tmp_path, "struck.py").write_text(_STRUCK_IN_A_TEXT)
    path = os.pathsep.join([sample.env["PYTHONPATH"], str(tmp_path)])
    finish(sample.start("status", program=(sys.executable, "-m", "struck"), PYTHONPATH=path, **variables), code)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_verifying(number: signal.Signals, sample: Sample, tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with sample.untouched():
        process = sample.start("phase1", "--yes", "--verify", f'{sys.executable} -S -c "{code}"')
        wait_for(lambda: started.exists() and started.read_text() != "", process)
        process.send_signal(number)
        finish(process, 130)
    assert is_gone(int(started.read_text())), "the command is left running"
    (run,) = sample.call("timeline", "--json").document["phases"][0]["runs"]
    assert (run["state"], run["detail"]) == ("failed", "interrupted during --verify")


def is_gone(pid: int) -> bool:
    """Has the process ended within seconds? An orphan may stay in the table until whoever adopts it collects it."""
    for _ in range(50):
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
        if state.strip()[:1] in ("", "Z"):
            return True
        time.sleep(0.1)
    return False


def test_killed_while_verifying(sample: Sample, tmp_path: Path) -> None:
    """The phase is written, and nobody knows whether it works: that is an interrupted run."""
    before, started = sample.files(), tmp_path / "started"
    code = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    process = sample.start("phase1", "--yes", "--verify", f'{sys.executable} -S -c "{code}"')
    wait_for(lambda: started.exists() and started.read_text() != "", process)
    assert "is at work in this repository" in sample.call("phase2", "--yes", code=3).complaint
    process.kill()
    process.communicate()
    os.kill(int(started.read_text()), signal.SIGKILL)
    assert "was interrupted" in sample.call("phase2", "--yes", code=3).complaint
    assert sample.call("timeline", "--json").document["phases"][0]["state"] == "interrupted"
    sample.call("rollback", "--yes")
    assert sample.files() == before


@pytest.mark.parametrize(
    ("killed", "after"),
    [
        pytest.param(["phase5"], ["phase5"], id="phase 5, found by the next phase 5"),
        pytest.param(["phase5"], ["phase1"], id="phase 5, found by a phase"),
        pytest.param(["phase1", "--verify", "sh check.sh"], ["rollback"], id="verify, found by the way back"),
    ],
)
def test_what_a_killed_check_has_left_goes_with_the_next_command(
    killed: list[str], after: list[str], sample: Sample, tmp_path: Path
) -> None:
    room, started = tmp_path / "room", tmp_path / "started"
    room.mkdir()
    sample.env["TMPDIR"] = str(room)
    sample.write("check.sh", f"test -e '{started}' || {{ touch '{started}'; exec sleep 5; }}\n")
    sample.edit_plan(
        'run = ["python", "-c", "import shop.cart, shop.till; print(\'all imported\')"]', 'run = ["sh", "check.sh"]'
    )
    process = sample.start(*killed, "--yes", "--force")
    wait_for(started.exists, process)
    process.kill()
    process.communicate()
    assert list(room.iterdir()) == []
    assert (sample.root / ".git/migrate/commands").exists()
    sample.call(*after, "--yes", *(["--force"] if after != ["rollback"] else []))
    assert not (sample.root / ".git/migrate/commands").exists()


def test_killed_while_writing(redirected: Sample) -> None:
    before = redirected.state()
    with stopped_in_the_middle(redirected) as process:
        process.kill()
        process.wait()
    assert redirected.state() != before
    notice = "run 3 (phase 3 of 'basket') was interrupted; run `migrate rollback` to restore it\n"

    for arguments in (["phase3", "--yes"], ["phase1", "--yes", "--force"], ["phase5", "--yes"], ["run", "--yes"]):
        done = redirected.call(*arguments, code=3)
        assert done.err == notice
    assert redirected.call("phase3", "--dry-run").err.startswith(notice)
    assert redirected.call("phase1", "--check").err.startswith(notice)
    status = redirected.call("status")
    assert status.err == notice
    assert status.out.endswith("next: migrate rollback\n")
    document = redirected.call("status", "--json").document
    assert (document["interrupted"]["run"], document["interrupted"]["state"]) == (3, "interrupted")
    assert "interrupted" in redirected.call("timeline").out

    assert "phase3: run 3 rolled back" in redirected.migrate_anew("rollback", "--yes").out
    assert redirected.state() == before
    assert redirected.call("status", "--json").document["interrupted"] is None
    assert "phase3: applied" in redirected.call("phase3", "--yes").out


def test_an_interrupted_run_is_rolled_back_with_all_others(redirected: Sample) -> None:
    with stopped_in_the_middle(redirected) as process:
        process.kill()
    (redirected.root / "migrate.toml").write_text("[plan]\nname = 'another'\n[phase5]\n")
    assert "nothing to roll back" not in redirected.call("rollback", "--yes").out
    redirected.git("checkout", "--quiet", "migrate.toml")
    redirected.call("rollback", "--all", "--yes")
    assert redirected.git("status", "--porcelain") == ""


def test_two_at_once(redirected: Sample) -> None:
    with stopped_in_the_middle(redirected) as process:
        who = (
            rf"`migrate phase3` \(pid {process.pid}\) is at work in this repository since [-0-9: ]+; wait for it to end"
        )
        for arguments in (
            ["phase3", "--yes"],
            ["phase4", "--yes"],
            ["run", "--yes"],
            ["rollback", "--yes"],
            ["phase5", "--yes"],
        ):
            assert re.match(who, redirected.call(*arguments, code=3).err)
        with redirected.untouched():
            assert re.match(who, redirected.migrate_anew("phase3", "--yes", code=3).complaint)
            assert re.match(who, redirected.call("status").err)
            assert re.match(who, redirected.call("phase4", "--dry-run").err)
            assert redirected.call("status", "--json").document["interrupted"] is None
        process.send_signal(signal.SIGCONT)
        assert "phase3: applied as run 3" in finish(process, 0).out
    assert redirected.call("phase4", "--yes").code == 0


def test_a_signal_that_is_ignored_stays_ignored(redirected: Sample) -> None:
    """As under nohup."""
    ignoring = ("sh", "-c", 'trap "" HUP INT; exec "$@"', "sh", sys.executable, "-c", _STOPPING)
    with stopped_in_the_middle(redirected, ignoring) as process:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGCONT):
            process.send_signal(number)
        assert "phase3: applied as run 3" in finish(process, 0).out


def test_an_encoding_that_does_not_have_it_all(sample: Sample) -> None:
    done = sample.migrate_anew("phase5", "--yes", "--force", code=1, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "\\u2717 old names import (" in done.out
    assert "app/odd \\xfc.py:1:0: warning: " in done.out


def test_stdin_stdout_and_stderr_may_be_shut(sample: Sample) -> None:
    """As with `>&-`: the first file that is opened must not take the place of stdout."""
    script = 'exec "$@" {}'
    for shut in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        command = ["sh", "-c", script.format(shut), "sh", *MIGRATE, "phase1", "--yes", "--allow-dirty"]
        done = subprocess.run(command, cwd=sample.root, env=sample.env, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        sample.call("rollback", "--yes")
    assert sample.git("status", "--porcelain") == ""


def test_stdout_and_stderr_into_a_closed_pipe(sample: Sample) -> None:
    """As in `migrate status 2>&1 | head -1`."""
    for arguments in (["status"], ["phase2", "--yes"]):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer) as shut, sample.untouched():
            done = subprocess.run(
                [*MIGRATE, *arguments],
                cwd=sample.root,
                env=sample.env,
                stdin=subprocess.DEVNULL,
                stdout=shut,
                stderr=shut,
            )
        assert done.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_behind_stdout(sample: Sample) -> None:
    for arguments in (["status", "--json"], ["phase1", "--dry-run"]):
        with Path("/dev/full").open("w") as full, sample.untouched():
            done = subprocess.run(
                [*MIGRATE, *arguments], cwd=sample.root, env=sample.env, stdin=subprocess.DEVNULL,
                stdout=full, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.endswith("cannot go on: [Errno 28] No space left on device\n")
        assert "Traceback" not in done.stderr


def test_completion(sample: Sample) -> None:
    done = sample.migrate_anew(_MIGRATE_COMPLETE="complete_bash", COMP_WORDS="migrate ph", COMP_CWORD="1")
    assert done.out.split() == [f"phase{number}" for number in range(1, 6)]
    assert (
        "complete -o default -F _migrate_completion migrate" in sample.migrate_anew(_MIGRATE_COMPLETE="source_bash").out
    )


def test_the_same_from_a_pipe_within_and_on_odd_names(make_sample: MakeSample) -> None:
    """The process and the call within this process say the same; bytes of names and code pass a pipe unchanged."""
    name = "app/d\u00e9j\x1bvu \u202e.py"
    sample = make_sample(
        {name: b"# coding: latin-1\r\n# \xff \x1b[31m\r\nfrom shop.till import Till\r\n", "app/spread.py": None}
    )
    arguments = ["phase3", "--dry-run", "--jobs", "2", "-v"]
    done, called = sample.migrate_anew(*arguments), sample.call(*arguments)
    assert done.out == called.out
    assert "\\033" in done.out  # git quotes the name
    strip = re.compile(r"[\d.]+ s\n")
    assert strip.sub("", done.err) == strip.sub("", called.err)
    assert "4 edits" not in done.out
    raw = subprocess.run(
        [*MIGRATE, *arguments], cwd=sample.root, env=sample.env, stdin=subprocess.DEVNULL, capture_output=True
    ).stdout
    assert b"-from shop.till import Till\r\n" in raw


def test_an_edit_during_an_interrupted_verification_is_told(sample: Sample, tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    process = sample.start("phase1", "--yes", "-q", "--verify", f'{sys.executable} -S -c "{code}"')
    wait_for(lambda: started.exists() and started.read_text() != "", process)
    sample.write("shop/cart.py", "precious = 1\n")
    process.send_signal(signal.SIGTERM)
    done = finish(process, 130)
    (command,) = [line.strip() for line in done.out.splitlines() if line.startswith("  git show ")]
    assert sample.git(*shlex.split(command)[1:]) == "precious = 1\n"


def test_a_run_at_work_is_running_and_stops_a_rollback(sample: Sample, tmp_path: Path) -> None:
    sample.call("phase2", "--yes", "--force")
    started = tmp_path / "started"
    code = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    process = sample.start("phase1", "--yes", "-q", "--verify", f'{sys.executable} -S -c "{code}"')
    wait_for(lambda: started.exists() and started.read_text() != "", process)
    try:
        for arguments in (
            ["rollback", "--yes"],
            ["rollback", "--only", "phase2", "--yes"],
            ["rollback", "--all", "--yes"],
        ):
            assert "`migrate phase1` (pid " in sample.call(*arguments, code=3).complaint
        assert sample.call("journal", "--json").document["runs"][1]["state"] == "running"
        assert sample.call("timeline", "--json").document["phases"][0]["state"] == "running"
        assert "interrupted" not in sample.call("status").out
    finally:
        process.send_signal(signal.SIGTERM)
        finish(process, 130)
    assert sample.call("journal", "--json").document["runs"][1]["state"] == "failed"


def test_modules_of_the_target_are_not_ours(sample: Sample) -> None:
    """`python -m` puts the current folder first."""
    for name in ("typer", "tomllib", "pydantic"):
        sample.write(f"{name}.py", "open('imported', 'w')\n")
    assert "phase1" in sample.migrate_anew("status").out
    assert not (sample.root / "imported").exists()
