"""The message of the commit that `--commit` makes of a phase."""

from __future__ import annotations

from migrate.plan import CheckPhase, Plan
from migrate.preview import Preview
from rollback.errors import count


def message_of(plan: Plan, applied: Preview, *, partial: bool = False) -> str:
    """What the plan says under `commit`, or the phase's title as subject.

    Several lines are a whole message. A subject alone gets a body that says how much the commit changes.

    Args:
        partial: only some of what was offered is applied; the rest makes a commit of its own.
    """
    table = plan.phase(applied.phase)
    assert table is not None
    assert not isinstance(table, CheckPhase), "it changes nothing"
    subject = table.commit or f"{plan.name} phase {applied.phase}: {table.title or f'phase {applied.phase}'}"
    if "\n" in subject:
        return f"{subject}\n"
    changed = f"{count(applied.edits, 'edit')} in {count(len(applied.files), 'file')}"
    part = ", a part of the phase" if partial else ""
    return f"{subject}\n\n{changed}{part}, made by ssot-migrate.\n"
