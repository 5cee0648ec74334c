"""What keeps a phase from being applied, or leaves nothing to apply, in words."""

from __future__ import annotations

from migrate.findings import Finding
from migrate.findings_report import findings_summary
from migrate.phase_options import PhaseOptions
from migrate.preview import Preview
from rollback.errors import count


def blocking(found: Preview, options: PhaseOptions) -> tuple[Finding, ...]:
    """The findings over which a phase is not applied."""
    if options.force:
        return ()
    return found.findings if options.strict else found.errors


def what_blocks(found: Preview, options: PhaseOptions) -> str:
    """`2 errors; mend the places, …`: what blocks it, and every way out."""
    what = count(len(blocking(found, options)), "finding" if options.strict else "error")
    way_out = "mend the places, mark them with `# migrate: keep`, or pass --force to go on without them"
    if found.phase < 3:  # no mark makes a redirect answer for what it does not have
        way_out = "mend the places or the plan (`migrate check --suggest`), or pass --force to go on all the same"
    return f"{what}; {way_out}"


def why_nothing(found: Preview) -> str:
    """Why a phase has no edit to make."""
    if found.phase < 3:
        return "every redirect is in place" if found.candidates else "no redirect can be written"
    left = f"; {findings_summary(found.findings)} left to a person" if found.findings else ""
    return f"no site left to change in {count(found.candidates, 'candidate file')}{left}"
