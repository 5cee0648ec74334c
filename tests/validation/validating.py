"""What the tests of phase 5's checks share: small suites, and running a check on a target."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrate.plan_checks import Check
from migrate.validation.checks import Checked, Surroundings, run_checks
from migrate.validation.environment import Target
from migrate.validation.results import CheckResult

EIGHT = "import pytest\n\n@pytest.mark.parametrize('n', range(8))\ndef test_n(n):\n    assert n < {limit}\n"
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:randomly")


def target(root: Path, **more: Any) -> Target:
    return Target(root, **{"python": (), "source_roots": (str(root),), **more})


def make_check(run: object = (sys.executable, "-c", "print('fine')"), **keys: Any) -> Check:
    """A check as a plan has it."""
    given: Mapping[str, Any] = {"name": "shop", "timeout_seconds": 60, **keys}
    return Check.model_validate({**given, **({} if run is None else {"run": list(run)})})  # type: ignore[call-overload]


def run_all(root: Path, *checks: Check, keep_going: bool = False, **around: Any) -> list[Checked]:
    """Run checks on the tree at `root`, which stays as it is."""
    before = sorted(root.rglob("*"))
    with tempfile.TemporaryDirectory() as scratch:
        done = list(run_checks(checks, Surroundings(target(root), **around), Path(scratch), keep_going=keep_going))
    assert sorted(root.rglob("*")) == before, "a check leaves nothing in the tree"
    for checked in done:
        result = checked.result
        assert "\n" not in result.message
        assert result.passed == (not result.message) == (result.ended == "passed")
        document = json.loads(json.dumps(result.as_json()))
        assert document["passed"] is result.passed
        assert CheckResult.of(document).as_json() == result.as_json()
    return done


def run(root: Path, check: Check, **around: Any) -> CheckResult:
    (checked,) = run_all(root, check, **around)
    return checked.result
