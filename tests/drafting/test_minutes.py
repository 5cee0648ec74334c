"""How long a phase may take: steps of five minutes, more for more to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.drafting.minutes import minutes


@pytest.mark.parametrize(
    ("phase", "edits", "findings", "commands", "expected"),
    [
        pytest.param(3, 0, 0, 0, 5, id="nothing to do still has to be looked at"),
        pytest.param(5, 0, 0, 0, 5, id="no check"),
        pytest.param(1, 1, 0, 0, 10, id="one redirect"),
        pytest.param(1, 2, 0, 0, 15, id="two redirects"),
        pytest.param(1, 1, 28, 0, 25, id="one redirect that breaks 28 places"),
        pytest.param(3, 33, 0, 0, 10, id="ten seconds an import: 33 fit into five minutes"),
        pytest.param(3, 34, 0, 0, 15, id="34 do not"),
        pytest.param(4, 0, 20, 0, 15, id="half a minute for what is left to a person"),
        pytest.param(5, 0, 0, 3, 15, id="five minutes a check"),
    ],
)
def test_minutes(phase: int, edits: int, findings: int, commands: int, expected: int) -> None:
    assert minutes(phase, edits, findings, commands) == expected


_FEW = st.integers(0, 5000)


@given(st.integers(1, 5), _FEW, _FEW, _FEW, st.integers(0, 2))
def test_more_to_do_never_takes_less(phase: int, edits: int, findings: int, commands: int, what: int) -> None:
    more = [edits, findings, commands]
    more[what] += 1
    before, after = minutes(phase, edits, findings, commands), minutes(phase, *more)
    assert 5 <= before <= after <= before + 10
    assert before % 5 == 0
