"""How long a phase may take, from what it has to do; a first guess that a team corrects with its own figures."""

from __future__ import annotations

import math

_STEP = 5
_OF_PHASE = {1: 5.0, 2: 5.0, 3: 5.0, 4: 5.0, 5: 0.0}
_PER_EDIT = {1: 5.0, 2: 5.0, 3: 0.15, 4: 0.15, 5: 0.0}
_PER_FINDING = 0.5
_PER_COMMAND = 5.0


def minutes(phase: int, edits: int, findings: int, commands: int = 0) -> int:
    """Minutes for a phase, in steps of five.

    Each phase but the last is five minutes by itself. A redirect is five minutes to read; an import or a call ten
    seconds; what is left to a person half a minute; a check five minutes.
    """
    spent = _OF_PHASE[phase] + _PER_EDIT[phase] * edits + _PER_FINDING * findings + _PER_COMMAND * commands
    return max(_STEP, math.ceil(spent / _STEP) * _STEP)
