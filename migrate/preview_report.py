"""What a person reads of a preview: its diff, and its numbers on a line."""

from __future__ import annotations

from migrate.console import Voice
from migrate.diff import unified_diff
from migrate.findings_report import findings_summary
from migrate.preview import Preview
from rollback.errors import count


def show_diff(voice: Voice, preview: Preview) -> None:
    """Every edit of a phase as one unified diff, priority files first."""
    for file in preview.files:
        voice.diff(unified_diff(file.path, file.before, file.edits), file.encoding)


def summary(preview: Preview, verb: str) -> str:
    """`phase3: 128 edits in 101 files would change; 67 findings (…)`; `verb` is `would change` or `changed`."""
    parts = [f"phase{preview.phase}: {count(preview.edits, 'edit')} in {count(len(preview.files), 'file')} {verb}"]
    if preview.kept:
        parts.append(f"{count(preview.kept, 'site')} kept by a `# migrate: keep` comment")
    parts.append(findings_summary(preview.findings))
    return "; ".join(parts)
