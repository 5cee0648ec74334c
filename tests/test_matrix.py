"""Every case of the matrix: right where it can be, reported where not, and never missed or broken."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from benchmarks.matrix.case import Case, write_world
from benchmarks.matrix.cases import CASES
from benchmarks.matrix.judge import Outcome, judge
from benchmarks.matrix.ours import Previewed
from benchmarks.matrix.prober import Prober
from benchmarks.matrix.run import verdict

pytestmark = pytest.mark.processes_unmeasured

RUNNABLE = [case for case in CASES if case.python <= sys.version_info[:2]]
PARAMETERS = [pytest.param(case, id=f"{case.group}: {case.id}") for case in RUNNABLE]


@pytest.fixture(scope="module")
def prober() -> Iterator[Prober]:
    """One for all cases: it forks for each."""
    with Prober() as started:
        yield started


def test_ids_differ() -> None:
    names = [(case.group, case.id) for case in CASES]
    assert len(set(names)) == len(names) >= 70


@pytest.mark.parametrize("case", PARAMETERS)
def test_case_tells_the_homes_apart(case: Case, prober: Prober, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Left alone, a file is right only where nothing is to be done; changed as the case says, it is right."""
    root = tmp_path_factory.mktemp("world")
    write_world(case, root)
    before = prober.look(case, root)
    assert before.error == ""
    alone = judge(case, before, before, case.files, reported=False)
    assert alone.outcome is (Outcome.RIGHT if case.is_noop else Outcome.MISSED)
    if case.after:
        for path, content in case.after.items():
            (root / path).write_bytes(content)
        after = prober.look(case, root)
        found = judge(case, before, after, case.results(case.after), reported=False)
        assert (found.outcome, found.note) == (Outcome.RIGHT, "")


@pytest.mark.parametrize("case", PARAMETERS)
def test_ours(case: Case, prober: Prober) -> None:
    found = verdict(Previewed(), case, prober)
    assert found.note == ""
    assert found.outcome in ({Outcome.RIGHT} if case.best == "right" else {Outcome.RIGHT, Outcome.REPORTED})
