"""The cache of answers as the commands have it: the same words, and a switch."""

from __future__ import annotations

import re

import pytest
from sample import Done, Sample

COMMANDS = [
    pytest.param(("status",), id="status"),
    pytest.param(("status", "--json"), id="status, JSON"),
    pytest.param(("timeline",), id="timeline"),
    pytest.param(("timeline", "--json"), id="timeline, JSON"),
    pytest.param(("guard",), id="guard"),
    pytest.param(("guard", "--verbose"), id="guard, verbose"),
    pytest.param(("guard", "--json"), id="guard, JSON"),
    pytest.param(("guard", "--format", "github"), id="guard, GitHub"),
    pytest.param(("guard", "--format", "sarif", "--strict"), id="guard, SARIF"),
]


def _said(done: Done) -> tuple[int, str, str]:
    return done.code, re.sub(r'"seconds": [0-9.]+', "", done.out), done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_the_same_words(sample: Sample, command: tuple[str, ...]) -> None:
    code = 1 if "guard" in command else 0
    anew = _said(sample.call(*command, "--no-cache", code=code))
    assert not (sample.root / ".git/migrate").exists()
    assert _said(sample.call(*command, code=code)) == anew
    kept = sorted((sample.root / ".git/migrate/cache").iterdir())
    dates = [path.stat().st_mtime_ns for path in kept]
    assert _said(sample.call(*command, code=code)) == anew
    assert [path.stat().st_mtime_ns for path in kept] == dates != []


@pytest.mark.parametrize("command", ["status", "timeline", "guard"])
def test_off_in_the_environment(sample: Sample, command: str) -> None:
    sample.migrate(command, code=int(command == "guard"), MIGRATE_NO_CACHE="1")
    assert not (sample.root / ".git/migrate").exists()


def test_after_a_phase_and_after_its_rollback(sample: Sample) -> None:
    first = sample.call("status")
    sample.call("phase1", "--yes", "--force")
    assert _said(sample.call("status")) == _said(sample.call("status", "--no-cache")) != _said(first)
    sample.call("rollback", "--yes")
    assert _said(sample.call("status")) == _said(sample.call("status", "--no-cache"))
    assert sample.call("status").out.replace("rolled-back ", "pending     ") == first.out


def test_the_tree_stays_clean(sample: Sample) -> None:
    for command, code in (("status", 0), ("timeline", 0), ("guard", 1)):
        with sample.nothing_written():
            sample.call(command, code=code)


def test_two_at_once(sample: Sample) -> None:
    anew = sample.call("status", "--no-cache").out
    started = [sample.start("status") for _ in range(4)]
    assert [process.communicate(timeout=60)[0].decode() for process in started] == [anew] * 4
    assert sample.call("status").out == anew
