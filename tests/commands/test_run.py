"""run.py as other code calls it, with nobody listening."""

from __future__ import annotations

import time

from sample import REDIRECT, Sample

from migrate.previewing import preview
from migrate.run import ApplyOptions, apply_phase, run_checks
from migrate.session import open_session
from migrate.way_back import roll_back_runs, runs_to_roll_back


def test_apply_check_and_roll_back(sample: Sample) -> None:
    session = open_session(sample.root, None)
    found = preview(session.git, session.plan, 1)
    applied = apply_phase(session, found, ApplyOptions(), time.time())
    assert (applied.run.state, applied.verified) == ("applied", None)
    assert sample.read("shop/cart.py") == REDIRECT
    assert session.written() == {"shop/cart.py": found.files[0].after_sha256}

    run, results = run_checks(session, time.time(), 0)
    assert (run.state, [result.passed for result in results]) == ("passed", [True])

    runs = runs_to_roll_back(session.git, "basket", None, everything=True)
    (result,) = roll_back_runs(session.git, runs, force=False)
    assert result.restored == ("shop/cart.py",)
    assert sample.git("status", "--porcelain") == ""
