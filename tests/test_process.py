"""Commands: found, run, cut off, and gone with everything they started."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.process import (
    LINE_LIMIT,
    OUTPUT_LIMIT,
    CommandInterrupted,
    Outcome,
    readable,
    run_command,
    split_verify,
    tail,
)

pytestmark = pytest.mark.processes_unmeasured

SLEEPER = "import time; time.sleep(60)"
# Starts a sleeping grandchild that shares the pipe, prints its pid, then goes on as the test says.
FAMILY = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
print(child.pid, flush=True)
"""


def run_python(code: str, cwd: Path, timeout_s: float = 30, echo: Callable[[bytes], None] | None = None) -> Outcome:
    return run_command([sys.executable, "-c", code], cwd=cwd, timeout_s=timeout_s, echo=echo)


def is_running(pid: int) -> bool:
    # Not os.kill(pid, 0): that also finds a zombie which an idle init has not collected yet.
    return any(") Z " not in stat.read_text() for stat in Path("/proc").glob(f"{pid}/stat"))


def executable(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def sigint_interrupts() -> Iterator[None]:
    # A test run in the background of a shell inherits SIGINT as ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_both_streams_in_order_and_the_exit_code(tmp_path: Path) -> None:
    code = "import os; os.write(1, b'a'); os.write(2, b'b'); os.write(1, b'c'); raise SystemExit(7)"
    outcome = run_python(code, tmp_path)
    assert (outcome.returncode, outcome.output, outcome.timed_out, outcome.problem) == (7, b"abc", False, None)
    assert 0 < outcome.seconds < 30


def test_stdin_is_empty_and_the_folder_is_cwd(tmp_path: Path) -> None:
    outcome = run_python("import os, sys; print(repr(sys.stdin.read()), os.getcwd())", tmp_path)
    assert outcome.output.decode() == f"'' {tmp_path.resolve()}\n"


def test_env_is_the_whole_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_COLOUR", "red")
    code = "import os; print(os.environ.get('SHOP_COLOUR'), os.environ.get('SHOP_SIZE'))"
    argv = [sys.executable, "-c", code]
    assert run_command(argv, cwd=tmp_path, timeout_s=30).output == b"red None\n"
    assert run_command(argv, cwd=tmp_path, timeout_s=30, env={"SHOP_SIZE": "xl"}).output == b"None xl\n"


def test_output_is_echoed_as_it_comes(tmp_path: Path) -> None:
    heard: list[tuple[bytes, float]] = []
    code = "import time; print('one', flush=True); time.sleep(0.3); print('two')"
    outcome = run_python(code, tmp_path, echo=lambda chunk: heard.append((chunk, time.monotonic())))
    assert b"".join(chunk for chunk, _ in heard) == outcome.output == b"one\ntwo\n"
    assert heard[-1][1] - heard[0][1] > 0.2


def test_only_the_end_of_long_output_is_kept(tmp_path: Path) -> None:
    code = f"import os\nfor i in range(6): os.write(1, bytes([97 + i]) * {OUTPUT_LIMIT // 2})\nos.write(1, b'end')"
    output = run_python(code, tmp_path).output
    assert len(output) == OUTPUT_LIMIT
    assert output.endswith(b"fend")
    assert b"a" not in output


def test_command_that_closes_its_output_is_waited_for(tmp_path: Path) -> None:
    code = "import os, time; os.close(1); os.close(2); time.sleep(0.2); os._exit(5)"
    assert run_python(code, tmp_path).returncode == 5


# Where programs come from.


def test_bare_name_comes_from_path(tmp_path: Path) -> None:
    executable(tmp_path / "shop-check", "#!/bin/sh\necho checked $1\n")
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert run_command(["shop-check", "all"], cwd=tmp_path, timeout_s=30, env=env).output == b"checked all\n"


def test_relative_folder_on_path_counts_from_cwd(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    executable(tmp_path / "bin/shop-check", "#!/bin/sh\necho checked\n")
    assert run_command(["shop-check"], cwd=tmp_path, timeout_s=30, env={"PATH": "bin"}).output == b"checked\n"


def test_path_with_a_slash_counts_from_cwd(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    executable(tmp_path / "scripts/check", "#!/bin/sh\necho checked\n")
    assert run_command(["scripts/check"], cwd=tmp_path, timeout_s=30).output == b"checked\n"


def test_python_on_path_wins(tmp_path: Path) -> None:
    executable(tmp_path / "python", "#!/bin/sh\necho the one on PATH\n")
    outcome = run_command(["python"], cwd=tmp_path, timeout_s=30, env={"PATH": str(tmp_path)})
    assert outcome.output == b"the one on PATH\n"


def test_without_python_on_path_this_interpreter_runs(tmp_path: Path) -> None:
    argv = ["python", "-c", "import sys; print(sys.prefix)"]
    outcome = run_command(argv, cwd=tmp_path, timeout_s=30, env={"PATH": str(tmp_path)})
    assert outcome.output.decode() == f"{sys.prefix}\n"


def test_nothing_is_interpreted_by_a_shell(tmp_path: Path) -> None:
    code = "import sys; print(sys.argv[1:])"
    outcome = run_command([sys.executable, "-c", code, "$HOME; *", ""], cwd=tmp_path, timeout_s=30)
    assert outcome.output == b"['$HOME; *', '']\n"


# Commands that cannot be started.


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        pytest.param([], "the command is empty", id="no words"),
        pytest.param([""], "the command is empty", id="empty word"),
        pytest.param(
            ["shop-no-such"], "'shop-no-such' was not found on PATH; install it or write its path", id="not on PATH"
        ),
        pytest.param(["scripts/none"], "'scripts/none' cannot be started: there is no such file", id="no such file"),
        pytest.param(
            ["./notes.txt"],
            "'./notes.txt' cannot be started: it is not an executable file; chmod +x",
            id="not executable",
        ),
        pytest.param(
            ["./bare"], "'./bare' cannot be started: it is not a program; give it a '#!' line", id="no interpreter line"
        ),
        pytest.param(["./" + "x" * 300], "cannot be started: File name too long", id="any other reason"),
        pytest.param(["./bare", "\0"], "'./bare' cannot be started: embedded null byte", id="a NUL in an argument"),
        pytest.param(["\x1b[2J"], r"'\x1b[2J' was not found", id="control characters are escaped"),
    ],
)
def test_problem(argv: list[str], problem: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    executable(tmp_path / "bare", "\0\1\2")
    outcome = run_command(argv, cwd=tmp_path, timeout_s=30)
    assert outcome.problem is not None
    assert problem in outcome.problem
    assert "\n" not in outcome.problem
    assert (outcome.returncode, outcome.output, outcome.timed_out) == (None, b"", False)


def test_problem_names_a_missing_folder(tmp_path: Path) -> None:
    outcome = run_python("", tmp_path / "gone")
    assert outcome.problem is not None
    assert outcome.problem.endswith(f"the folder {str(tmp_path / 'gone')!r} does not exist")


# Nothing is left running.


def test_timeout_ends_the_grandchild_too(tmp_path: Path) -> None:
    outcome = run_python(FAMILY + "time.sleep(60)", tmp_path, timeout_s=1.5)
    assert outcome.timed_out
    assert outcome.returncode == -signal.SIGTERM
    assert outcome.seconds < 10
    assert not is_running(int(outcome.output))


def test_timeout_of_a_command_that_closed_its_output(tmp_path: Path) -> None:
    outcome = run_python("import os, time; os.close(1); os.close(2); time.sleep(60)", tmp_path, timeout_s=0.6)
    assert (outcome.timed_out, outcome.returncode) == (True, -signal.SIGTERM)


def test_timeout_of_a_command_that_never_stops_talking(tmp_path: Path) -> None:
    outcome = run_python("while True: print('x' * 1000)", tmp_path, timeout_s=0.5)
    assert outcome.timed_out
    assert 0 < len(outcome.output) <= OUTPUT_LIMIT


def test_last_words_on_sigterm_are_kept(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('tidied up', flush=True), sys.exit(3)))\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    outcome = run_python(code, tmp_path, timeout_s=1.5)
    assert (outcome.timed_out, outcome.returncode, outcome.output) == (True, 3, b"ready\ntidied up\n")


def test_command_deaf_to_sigterm_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.process._GRACE_S", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    outcome = run_python(code, tmp_path, timeout_s=1.5)
    assert (outcome.timed_out, outcome.returncode) == (True, -signal.SIGKILL)


def test_background_process_that_holds_the_pipe_ends_with_its_command(tmp_path: Path) -> None:
    outcome = run_python(FAMILY + "sys.exit(4)", tmp_path)
    assert (outcome.returncode, outcome.timed_out) == (4, False)
    assert outcome.seconds < 10
    assert not is_running(int(outcome.output))


def test_background_process_gets_a_moment_to_finish_its_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.process._DRAIN_S", 10)
    late = "import time; time.sleep(0.2); print('late')"
    code = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', {late!r}]); print('early', flush=True)"
    )
    assert run_python(code, tmp_path).output == b"early\nlate\n"


def test_process_that_left_the_group_cannot_hang_us(tmp_path: Path) -> None:
    code = FAMILY.replace("])", "], start_new_session=True)", 1)
    outcome = run_python(code, tmp_path)
    pid = int(outcome.output)
    assert (outcome.returncode, outcome.timed_out) == (0, False)
    assert outcome.seconds < 10
    assert is_running(pid)
    os.kill(pid, signal.SIGKILL)


@pytest.mark.usefixtures("sigint_interrupts")
def test_ctrl_c_ends_the_group_and_goes_on_up(tmp_path: Path) -> None:
    heard: list[bytes] = []
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))

    def echo(chunk: bytes) -> None:
        heard.append(chunk)
        timer.start()

    with pytest.raises(CommandInterrupted) as caught:
        run_python(FAMILY + "time.sleep(60)", tmp_path, echo=echo)
    assert not is_running(int(b"".join(heard)))
    outcome = caught.value.outcome
    assert (outcome.output, outcome.returncode, outcome.timed_out) == (b"".join(heard), -signal.SIGTERM, False)


@pytest.mark.usefixtures("sigint_interrupts")
def test_an_interrupted_grace_ends_with_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.process._GRACE_S", 30)
    started: list[float] = []

    def echo(_: bytes) -> None:
        started.append(time.monotonic())
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        raise KeyboardInterrupt

    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    with pytest.raises(KeyboardInterrupt):
        run_python(code, tmp_path, echo=echo)
    assert time.monotonic() - started[0] < 10


# --verify


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        pytest.param("python -c 'raise SystemExit(1)' \"a b\"", ("-c", "raise SystemExit(1)", "a b"), id="quoted"),
        pytest.param("""python -c 'a; b' "c > d" e\\&f""", ("-c", "a; b", "c > d", "e&f"), id="operators, quoted"),
        pytest.param("python '$HOME' \\$HOME", ("$HOME", "$HOME"), id="no expansion in single quotes"),
        pytest.param(
            "python -m pytest t.py::test[1] x=1 -k=a#b", ("-m", "pytest", "t.py::test[1]", "x=1", "-k=a#b"), id="plain"
        ),
        pytest.param("python cd 'it''s'", ("cd", "its"), id="a builtin's name as an argument"),
    ],
)
def test_split_verify_without_a_shell(text: str, argv: tuple[str, ...]) -> None:
    assert split_verify(text) == ("python", *argv)


@pytest.mark.parametrize(
    "text",
    [
        "make test && make lint",
        "make test; exit 1",
        "make test | tail",
        "make test > log",
        "make\ntest",
        'pytest "$TESTS"',
        "pytest `cat tests`",
        'pytest "`cat tests`"',
        "pytest tests/test_*.py",
        "~/check",
        "cd sub",
        "exit 1",
        "! grep -rq old .",
        "X=1 pytest",
        "(make test)",
        "[ -e setup.py ]",
    ],
)
def test_split_verify_for_a_shell(text: str) -> None:
    assert split_verify(text) == ("sh", "-c", text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--verify: the command is empty"),
        ("  ", "--verify: the command is empty"),
        ("'' x", "--verify: the command is empty"),
        ("echo 'open", '--verify: no closing quotation in "echo \'open"; close the quote'),
    ],
)
def test_split_verify_refuses(text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        split_verify(text)
    assert str(refused.value).startswith(message)


# Output for people.


@pytest.mark.parametrize(
    ("output", "text"),
    [
        pytest.param(b"", "", id="nothing"),
        pytest.param(b"one\r\ntwo\n", "one\ntwo\n", id="Windows line ends"),
        pytest.param(b"\x1b[1;32m96.0%\x1b[0m", "96.0%", id="colour"),
        pytest.param("\x9b31mred".encode(), "red", id="8-bit colour"),
        pytest.param(b"\x1b]8;;https://x.test\x1b\\link\x1b]8;;\x07!", "link!", id="hyperlink"),
        pytest.param(b"\x1b]0;title\nnext", "\nnext", id="unterminated title"),
        pytest.param(b"\x1bPq#0\x1b\\pic", "pic", id="device control string"),
        pytest.param(b"\x1b(B\x1b7x", "x", id="character set, save cursor"),
        pytest.param(b" 10%\r 20%\r100%\r\ndone", "100%\ndone", id="progress bar"),
        pytest.param(b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}", id="not UTF-8"),
    ],
)
def test_readable(output: bytes, text: str) -> None:
    assert readable(output) == text


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        pytest.param(b"a\nb\nc\nd\n\n\n", "b\nc\nd", id="last lines, without the empty ones at the end"),
        pytest.param(b"a\n", "a", id="fewer lines than asked for"),
        pytest.param(b"a\tb\x07\x00", "a\tb\\x07\\x00", id="control characters are escaped"),
        pytest.param(
            "a\N{RIGHT-TO-LEFT OVERRIDE}b\N{LINE SEPARATOR}".encode(), "a\\u202eb", id="direction overrides too"
        ),
        pytest.param(
            "12\N{NO-BREAK SPACE}€ – ü 漢".encode(), "12\N{NO-BREAK SPACE}€ – ü 漢", id="other alphabets stay"
        ),
        pytest.param(b"x" * 1000, "x" * (LINE_LIMIT - 1) + "…", id="a long line is cut"),
    ],
)
def test_tail(output: bytes, shown: str) -> None:
    assert tail(output, 3) == shown
