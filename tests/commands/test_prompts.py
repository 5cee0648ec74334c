"""Questions and answers on a real terminal, its colours, and what must not reach it."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from unittest.mock import patch

import pytest
from sample import REDIRECT, MakeSample, Sample
from terminal import CTRL_C, CTRL_D, terminal

from migrate import console

APPLY = "apply 1 edit in 1 file? [y/N] "
HUNK = " apply this hunk [y,n,a,d,q,"


def redirected(sample: Sample) -> Sample:
    """The sample with its first two phases applied."""
    sample.call("phase1", "--yes")
    sample.call("phase2", "--yes")
    return sample


@pytest.mark.parametrize("keys", ["\n", "n\n", "x\n", "yess\n", CTRL_D])
def test_anything_but_yes_means_no(keys: str, sample: Sample) -> None:
    with sample.nothing_written(), terminal(sample, "phase1") as person:
        person.expect(APPLY)
        person.type(keys)
        assert person.end() == 1
    assert "phase1: not applied; nothing written\n" in person.text


@pytest.mark.parametrize("keys", ["y", " YES "])
def test_yes_applies(keys: str, sample: Sample) -> None:
    with terminal(sample, "phase1") as person:
        person.answer(APPLY, keys)
        assert person.end() == 0
    assert "phase1: applied as run 1: " in person.text
    assert sample.read("shop/cart.py") == REDIRECT


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (["phase1"], APPLY),
        (["phase1", "-i"], HUNK),
        (["rollback"], "take 1 run back, newest first? [y/N] "),
    ],
)
def test_ctrl_c_at_a_question(arguments: list[str], question: str, sample: Sample) -> None:
    if arguments == ["rollback"]:
        sample.call("phase1", "--yes")
    with sample.nothing_written(), terminal(sample, *arguments) as person:
        person.expect(question)
        time.sleep(0.3)  # a person's: Python loses a signal in the instant before it waits for input
        person.type(CTRL_C)
        assert person.end() == 130
    assert "interrupted; no file is left half done" in person.text


def test_checks_may_be_declined(sample: Sample) -> None:
    with terminal(redirected(sample), "phase5", "--force") as person:
        person.answer("run 1 check? [y/N] ", "")
        assert person.end() == 1
    assert "phase5: no check was run\n" in person.text
    assert sample.call("timeline", "--json").document["phases"][4]["runs"] == []


def test_rollback_asks(sample: Sample) -> None:
    redirected(sample)
    with sample.nothing_written(), terminal(sample, "rollback", "--all") as person:
        person.answer("take 2 runs back, newest first? [y/N] ", "")
        assert person.end() == 1
    assert "nothing rolled back\n" in person.text
    with terminal(sample, "rollback", "--all") as person:
        person.answer("take 2 runs back, newest first? [y/N] ", "y")
        assert person.end() == 0
    assert sample.git("status", "--porcelain") == ""


def test_colours(sample: Sample) -> None:
    with terminal(sample, "phase1", "--dry-run") as person:
        assert person.end() == 0
    for line in (
        b"\x1b[31m-class Cart:\x1b[0m",
        b"\x1b[32m+from shop.pay import checkout\x1b[0m",
        b"\x1b[1m--- a/shop/cart.py\x1b[0m",
    ):
        assert line in person.raw
    assert b"\x1b[36m@@ -1,2 +1,5 @@\x1b[0m" in person.raw


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours(env: dict[str, str], sample: Sample) -> None:
    with terminal(sample, "phase1", "--dry-run", **env) as person:
        assert person.end() == 0
    for colour in (b"\x1b[3", b"\x1b[9", b"\x1b[4"):
        assert colour not in person.raw
    assert "-class Cart:\n" in person.text


def test_no_escape_codes_where_there_is_no_terminal(sample: Sample) -> None:
    for arguments in (
        ["status"],
        ["phase1", "--yes"],
        ["timeline"],
        ["phase5", "--yes", "--force"],
        ["rollback", "--yes"],
    ):
        done = sample.call(*arguments)
        assert "\x1b" not in done.out + done.err


EVIL = "app/\x1b]0;name\x07\u202e\x9b31m.py"


def test_nothing_from_the_tree_commands_the_terminal(make_sample: MakeSample) -> None:
    """File names, code, and output of checks: control and bidirectional characters are spelled out."""
    code = "# \x1b]0;code\x07 \u202e \x9b31m\r\nfrom shop.till import Till\r\nfrom shop.cart import *\r\n"
    sample = redirected(make_sample({EVIL: code}))
    sample.edit_plan("print('all imported')", r"print('\\u001b]0;check\\u0007'); raise SystemExit(1)")

    def check_harmless(arguments: list[str], code: int, *answers: tuple[str, str]) -> str:
        with terminal(sample, *arguments) as person:
            for question, answer in answers:
                person.answer(question, answer)
            assert person.end() == code
        for bad in (b"\x1b]", b"\x07", "\u202e".encode(), "\x9b".encode()):
            assert bad not in person.raw, arguments
        return person.text

    shown = check_harmless(["phase3"], 0, ("apply 5 edits in 4 files? [y/N] ", "y"))
    assert r"# \x1b]0;code\x07 \u202e \x9b31m\r" in shown
    assert r"app/\x1b]0;name\x07\u202e\x9b31m.py:3:0: warning: star-import: " in shown
    check_harmless(["phase5", "-v", "--force"], 1, ("run 1 check?", "y"), ("roll phase3 back?", "n"))
    sample.write(EVIL, "edited = 1\n")
    assert r"app/\x1b]0;name\x07" in check_harmless(["rollback", "--yes"], 3)
    check_harmless(["rollback", "--yes", "--force"], 0)
    sample.write(EVIL, code.replace("code", "dirty"))
    assert "(modified)" in check_harmless(["phase3", "--yes"], 3)
    check_harmless(["phase3", "--dry-run", "--json"], 0)
    check_harmless(["phase3", "--interactive", "--allow-dirty"], 1, (HUNK, "q"))


def test_progress_shows_on_a_terminal_when_a_step_is_slow(sample: Sample) -> None:
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as screen, patch.object(console, "SLOW_S", -1.0):
        with patch.object(contextlib, "redirect_stderr", lambda _stream: patch.object(sys, "stderr", screen)):
            sample.call("phase3", "--yes", "--force")
            sample.call("phase4", "--dry-run", "--quiet")
        screen.flush()
        shown = os.read(master, 1 << 20).decode()
    os.close(master)
    assert "writing phase3" in shown
    assert "3/3" in shown
    assert "phase4" not in shown
