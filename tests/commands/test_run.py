"""run.py as other code calls it, with nobody listening."""

from __future__ import annotations

import time
from contextlib import nullcontext

from sample import REDIRECT, Sample

from migrate.check_run import chosen_checks, record_checks, surroundings
from migrate.previewing import preview
from migrate.run import ApplyOptions, apply_phase
from migrate.session import open_session
from migrate.validation.environment import Target
from migrate.way_back import roll_back_runs, runs_to_roll_back
from rollback.journal import Journal, RunRequest


def test_apply_check_and_roll_back(sample: Sample) -> None:
    session = open_session(sample.root, None)
    found = preview(session.git, session.plan, 1)
    applied = apply_phase(session, found, ApplyOptions(), time.time())
    assert (applied.run.state, applied.verified) == ("applied", None)
    assert sample.read("shop/cart.py") == REDIRECT
    assert session.written() == {"shop/cart.py": found.files[0].after_sha256}

    assert session.touched() == {"shop/cart.py": ((1, 1),)}
    around = surroundings(session, Target.of(session.plan, session.git.root), None)
    assert around.files == ["shop/cart.py", "shop/till.py"]
    request = RunRequest("basket", 5, time.time())
    heard: list[str] = []
    run, results = record_checks(
        session, request, chosen_checks(session, ()), around, lambda *_: nullcontext(), lambda r: heard.append(r.name)
    )
    assert (run.state, [result.passed for result in results], heard) == ("passed", [True], ["old names import"])
    with Journal.open(session.git, create=False) as journal:
        (output,) = journal.outputs(run.id)
    assert (output.name, output.attempt, output.output) == ("old names import", 1, b"all imported\n")

    runs = runs_to_roll_back(session.git, "basket", None, everything=True)
    (result,) = roll_back_runs(session.git, runs, force=False)
    assert result.restored == ("shop/cart.py",)
    assert sample.git("status", "--porcelain") == ""
