"""What a phase would do to the tree as it is; nothing of it is written."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from msgspec import Struct

from migrate.edits import Edit, apply_edits
from migrate.findings import Finding
from migrate.plan import Plan
from migrate.source import readable
from rollback.changes import FileChange


class FilePreview(Struct, frozen=True):
    """One file with the edits that a phase would make."""

    path: str
    before: bytes
    mode: int
    edits: tuple[Edit, ...]

    @property
    def after(self) -> bytes:
        return apply_edits(self.before, self.edits)

    @property
    def change(self) -> FileChange:
        return FileChange(self.path, self.before, self.after, self.mode, Counter(edit.kind for edit in self.edits))

    @property
    def encoding(self) -> str:
        """How its text is written, as far as that is known; for showing it."""
        return readable(self.before).encoding

    @property
    def before_sha256(self) -> str:
        return sha256(self.before).hexdigest()

    @property
    def after_sha256(self) -> str:
        return sha256(self.after).hexdigest()


class Preview(Struct, frozen=True):
    """A whole phase on the tree as it is.

    Attributes:
        files: those that would change, the plan's priority files first, then by path.
        findings: what is left to a person, by path and line.
        candidates: how many files were parsed.
        kept: sites left alone for their `# migrate: keep`.
        notes: remarks, such as on the plan's priority entries.
        seconds: wall time of computing it.
    """

    plan: Plan
    phase: int
    files: tuple[FilePreview, ...]
    findings: tuple[Finding, ...]
    candidates: int
    kept: int
    notes: tuple[str, ...]
    seconds: float

    @property
    def edits(self) -> int:
        """Edits in all files."""
        return sum(len(file.edits) for file in self.files)

    @property
    def sites(self) -> int:
        """Statements and calls that would change; a call may take several edits."""
        return sum(len({edit.site for edit in file.edits}) for file in self.files)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == "warning")
