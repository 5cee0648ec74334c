"""`migrate init`: scan the repository for the users of an object or a module, and write a first plan."""

from __future__ import annotations

import os
import shlex
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from migrate.console import Voice
from migrate.drafting.draft import Draft
from migrate.drafting.drafter import Drafter
from migrate.drafting.minutes import minutes
from migrate.drafting.names import NameDraft
from migrate.drafting.text import inventory, render, spelled
from migrate.errors import Exit, UsageError
from migrate.executors.workers import ALL, Workers
from migrate.findings import Finding
from migrate.findings_report import findings_summary
from migrate.plan import parse_plan
from migrate.plan_fields import read_ref
from migrate.plan_file import write_plan
from migrate.preflight.look import look, path_of
from migrate.refs import ObjectRef
from migrate.whereabouts import FILENAME
from rollback.errors import WriteFailed, count
from rollback.git import Git

SCHEMA = 1


class InitOptions(Struct, frozen=True):
    """The options of `migrate init`.

    Attributes:
        since: a git revision whose signature is compared with today's.
        target: the file to write; None for `migrate.toml` at the root.
    """

    old: str
    new: str
    since: str | None = None
    target: Path | None = None
    force: bool = False
    dry_run: bool = False
    workers: Workers = ALL

    @property
    def command(self) -> str:
        since = ["--since", self.since] if self.since is not None else []
        return shlex.join(["migrate", "init", self.old, self.new, *since])


def init_command(git: Git, options: InitOptions, voice: Voice) -> tuple[Exit, dict[str, Any]]:
    """Draft a plan, and write it where there is none yet.

    Raises:
        UsageError: a reference is wrong or names nothing; the plan is there already.
        RepositoryError: a file cannot be read or written.
    """
    started = time.monotonic()
    old, new = _refs(options)
    target = options.target or git.root / FILENAME
    _refuse_target(target, options)
    with voice.working("looking for users"):
        draft = Drafter(git, old, new, options.since).draft()
        ahead = _look(git, draft, target, options.workers)
        draft = replace(draft, minutes={each.phase: each.minutes for each in ahead})
        text = render(draft, options.command)
        plan = parse_plan(tomllib.loads(text), str(target))
    path = path_of(target, git.root)
    if options.dry_run:
        voice.diff([row.encode() for row in text.splitlines(keepends=True)])
    else:
        _write(target, path, text.encode(), git.root)
    _tell(voice, draft, ahead, options, path)
    return Exit.DONE, {
        "schema": SCHEMA,
        "plan": plan.name,
        "path": path,
        "written": not options.dry_run,
        "text": text,
        "names": [_name_json(name) for name in draft.names if name.uses],
        "phases": [each.as_json() for each in ahead],
        "notes": list(draft.notes),
        "seconds": round(time.monotonic() - started, 3),
    }


def _refuse_target(target: Path, options: InitOptions) -> None:
    """Raises UsageError: the plan would go where something else is, or nowhere."""
    if options.dry_run:
        return
    if target.is_dir():
        raise UsageError(f"init: {target} is a folder; name the file to write with --plan FILE")
    if not target.parent.is_dir():
        raise UsageError(f"init: there is no folder {target.parent}; write the plan to one that is there")
    if os.path.lexists(target) and not options.force:
        raise UsageError(
            f"init: {target} is there already; pass --force to replace it, --plan FILE to write another one, or "
            "--dry-run to look"
        )


def _refs(options: InitOptions) -> tuple[ObjectRef, ObjectRef]:
    refs: list[ObjectRef] = []
    for key, text in (("OLD", options.old), ("NEW", options.new)):
        try:
            refs.append(read_ref(text))
        except ValueError as error:
            whole = ", or 'package.module' for a whole module" if str(error).endswith("'package.module:Name'") else ""
            raise UsageError(f"init: {key}: {error}{whole}") from None
    old, new = refs
    if bool(old.name) != bool(new.name):
        one, other = ("an object", "a module") if old.name else ("a module", "an object")
        raise UsageError(f"init: OLD is {one} and NEW {other}; write both with a colon, or both without")
    if old == new and options.since is None:
        raise UsageError(
            f"init: OLD and NEW are both {old}; write where it moves to, or pass --since REV to follow its signature"
        )
    return old, new


class _Ahead(Struct, frozen=True):
    """What one phase of the draft has to do: as its preflight says, phase 4 also after phase 3.

    Attributes:
        edits: of phase 4 as far as can be told today, where some calls still go through the old name.
    """

    phase: int
    title: str
    edits: int
    files: int
    findings: tuple[Finding, ...]
    commands: int

    @property
    def minutes(self) -> int:
        documents_can_wait = [finding for finding in self.findings if finding.code != "text-mention"]
        return minutes(self.phase, self.edits, len(documents_can_wait), self.commands)

    def as_json(self) -> dict[str, object]:
        errors = sum(finding.severity == "error" for finding in self.findings)
        return {
            "phase": self.phase,
            "title": self.title,
            "minutes": self.minutes,
            "edits": self.edits,
            "files": self.files,
            "errors": errors,
            "warnings": len(self.findings) - errors,
        }


def _look(git: Git, draft: Draft, target: Path, workers: Workers) -> list[_Ahead]:
    """The preflight of the draft."""
    found = look(git, parse_plan(draft.data(), str(target)), target, workers)
    return [_Ahead(p.phase, p.title, p.edits, p.files, p.findings, p.commands) for p in found.phases]


def _write(target: Path, path: str, content: bytes, root: Path) -> None:
    try:
        write_plan(target, content, root, create=True)
    except OSError as error:
        raise WriteFailed(path, error, "no plan was written") from None


def _tell(voice: Voice, draft: Draft, ahead: Sequence[_Ahead], options: InitOptions, path: str) -> None:
    """Say what was found; beside a plan on stdout, on stderr."""
    say = voice.note if options.dry_run else voice.say
    say(inventory(draft))
    for name in draft.names if not voice.quiet else ():
        if name.uses:
            say(f"  {spelled(draft, name)} ({count(name.places, 'place')}) {_becomes(name)}")
    for each in ahead:
        if each.phase != 5:
            what = f"{count(each.edits, 'edit')} in {count(each.files, 'file')}" if each.edits else "nothing to change"
            say(f"phase{each.phase}  {what}, {each.minutes} min; {findings_summary(each.findings)}")
        else:
            say(f"phase5  {count(each.commands, 'check')}, {each.minutes} min")
    for note in draft.notes:
        voice.note(note)
    if draft.why_not and draft.old != draft.new:
        voice.note(f"No redirect: {draft.why_not}.")
    if doubts := sum(bool(call.doubts) for call in draft.calls):
        voice.note(f"{count(doubts, 'callee')} with other arguments: see the comments before phase 5.")
    if options.dry_run:
        say(f"{path}: not written")
        say("next: the same without --dry-run")
        return
    voice.say(f"{path}: written")
    where = "" if options.target is None else f" --plan {shlex.quote(os.fspath(options.target))}"
    voice.say(f"next: migrate check{where}")


def _becomes(name: NameDraft) -> str:
    if name.home is not None:
        return f"→ {name.home}"
    return f"stays: {name.why}" if name.stays else f"left to you: {name.why}"


def _name_json(name: NameDraft) -> dict[str, object]:
    return {
        "name": str(name.ref),
        "home": None if name.home is None else str(name.home),
        "why": name.why,
        "places": name.places,
        "files": name.files,
    }
