"""`migrate init`: scan the repository for the users of an object or a module, and write a first plan."""

from __future__ import annotations

import shlex
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrate.console import Voice
from migrate.definitions.lookup import Definitions, Unknown
from migrate.drafting.draft import Draft, becomes_redirect, draft_moves
from migrate.drafting.minutes import minutes
from migrate.drafting.names import NameDraft, NameDrafts
from migrate.drafting.signature_change import CallDraft, compare
from migrate.drafting.text import render
from migrate.drafting.validation import find_commands
from migrate.errors import Exit, UsageError
from migrate.foresight.homes import Homes
from migrate.foresight.survey import Survey
from migrate.modules import candidate_files
from migrate.plan import FILENAME, Plan, parse_plan
from migrate.plan_file import write_plan
from migrate.preflight.look import PhaseAhead, Preflight, look, path_of
from migrate.preview import Tree
from migrate.refs import ObjectRef
from migrate.report import findings_summary
from rollback.errors import WriteFailed, count
from rollback.git import Git

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class InitOptions:
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
    jobs: int | None = None

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
    if not (options.dry_run or options.force) and target.exists():
        raise UsageError(
            f"init: {target} is there already; pass --force to replace it, --plan FILE to write another one, or "
            "--dry-run to look"
        )
    with voice.working("looking for users"):
        drafter = _Drafter(git, old, new, options)
        draft = drafter.draft()
        ahead = drafter.look(draft, target)
        draft = _fitted(draft, ahead)
        text = render(draft, options.command)
        plan = parse_plan(tomllib.loads(text), str(target))
    if options.dry_run:
        voice.diff([row.encode() for row in text.splitlines(keepends=True)])
    else:
        _write(target, text.encode(), git)
    _tell(voice, draft, ahead, path_of(target, git.root), written=not options.dry_run)
    return Exit.DONE, {
        "schema": SCHEMA,
        "plan": plan.name,
        "path": path_of(target, git.root),
        "written": not options.dry_run,
        "text": text,
        "names": [_name_json(name) for name in draft.names if name.uses],
        "seconds": round(time.monotonic() - started, 3),
    }


def _refs(options: InitOptions) -> tuple[ObjectRef, ObjectRef]:
    refs: list[ObjectRef] = []
    for key, text in (("OLD", options.old), ("NEW", options.new)):
        try:
            refs.append(ObjectRef.parse(text))
        except ValueError as error:
            raise UsageError(f"init: {key}: {error}, or 'package.module' for a whole module") from None
    old, new = refs
    if bool(old.name) != bool(new.name):
        one, other = ("an object", "a module") if old.name else ("a module", "an object")
        raise UsageError(f"init: OLD is {one} and NEW {other}; write both with a colon, or both without")
    if old == new and options.since is None:
        raise UsageError(
            f"init: OLD and NEW are both {old}; write where it moves to, or pass --since REV to follow its signature"
        )
    return old, new


class _Drafter:
    """What is asked of the repository for one draft."""

    def __init__(self, git: Git, old: ObjectRef, new: ObjectRef, options: InitOptions) -> None:
        self._git = git
        self._old = old
        self._new = new
        self._options = options
        self._tree = Tree(git)
        self._roots = self._source_roots()
        self._homes = Homes(self._tree.read_if_there, self._roots, lambda path: (git.root / path).is_dir())

    def _source_roots(self) -> tuple[str, ...]:
        """Where the two modules are imported from: below a folder such as `src`, if that is where they are."""
        roots: list[str] = []
        for module in dict.fromkeys((self._old.module, self._new.module)):
            files = list(candidate_files(module, ["."]))
            if any((self._git.root / path).is_file() for path in files):
                roots.append(".")
                continue
            for path in self._git.tracked():
                folder = next((path.removesuffix("/" + file) for file in files if path.endswith("/" + file)), None)
                if folder is not None and not (self._git.root / folder / "__init__.py").is_file():
                    roots.append(folder)
        return tuple(dict.fromkeys(sorted(roots, key=len))) or (".",)

    def draft(self) -> Draft:
        old, new = self._old, self._new
        self._refuse_nothing()
        scope = parse_plan({"plan": {"name": "init", "source_roots": list(self._roots)}, "phase5": {}}, "init")
        survey = Survey(self._git, scope, self._tree.read)
        users = survey.users(frozenset({old.module}))
        found = self._homes.surface(old.module)
        surface = found[1] if found is not None else None
        if surface is None and not users:
            raise UsageError(
                f"init: OLD: there is no module {old.module} here, and nothing uses it; check the spelling"
            )
        names = tuple(NameDrafts(old, new, self._homes, surface, survey.namesakes).draft(users))
        self._refuse_unknown(names)
        why_not = "the old module is not in this repository" if surface is None else ""
        if surface is not None:
            why_not = becomes_redirect(old, new, names, is_parsed=surface.is_parsed)
        calls, notes = self._calls(names)
        relevant = self._relevant(names) if why_not else names
        kept = tuple(use for name in relevant for use in name.uses)
        users = tuple(use for use in users if use in kept or use.kind == "star") if why_not else users
        draft = Draft(
            old, new, relevant, users, not why_not, why_not, draft_moves(old, new, relevant), calls, notes, self._roots
        )
        modules = [(old.module, [name.name for name in draft.exports])] if draft.exports else []
        paths = [use.path for use in draft.users]
        return draft.with_commands(list(find_commands(self._git.root, modules, paths)))

    def _relevant(self, names: Sequence[NameDraft]) -> tuple[NameDraft, ...]:
        """The names that the plan is about where the rest of the module stays."""
        if not self._old.name:
            return tuple(names)
        subject = self._old.name.partition(".")[0]
        return tuple(name for name in names if name.name == subject)

    def _refuse_nothing(self) -> None:
        """Raises UsageError: the new home would have to be here, and is not."""
        new = self._new
        if self._homes.path(new.module) is None and self._homes.is_own(new.module):
            raise UsageError(f"init: NEW: there is no module {new.module} here; write where the object is now")
        if new.name:
            answer = self._homes.has(new.module, new.name.partition(".")[0])
            if answer.is_missing:
                raise UsageError(f"init: NEW: {answer.reason}; write where the object is now")

    def _refuse_unknown(self, names: Sequence[NameDraft]) -> None:
        """Raises UsageError: nobody has heard of the old object."""
        if not self._old.name:
            return
        subject = self._old.name.partition(".")[0]
        found = self._homes.surface(self._old.module)
        is_there = found is not None and (found[1].binds(subject) or not found[1].is_parsed or found[1].stars)
        used = any(name.uses for name in names if name.name == subject)
        if not is_there and not used and self._options.since is None:
            raise UsageError(f"init: OLD: {self._old.module} has no {subject}, and nothing uses it; check the spelling")

    def _calls(self, names: Sequence[NameDraft]) -> tuple[tuple[CallDraft, ...], tuple[str, ...]]:
        """Changes of calls, from the signatures of both objects, or of one at two times."""
        since = self._options.since
        today = Definitions(self._roots, self._tree.read_if_there)
        before = today
        if since is not None:
            commit = self._git.commit_of(since)
            if commit is None:
                raise UsageError(f"init: --since: {since!r} names no commit; write a branch, a tag or a commit")
            before = Definitions(self._roots, lambda path: self._git.content_at(commit, path))
        calls: list[CallDraft] = []
        notes: list[str] = []
        for old, new in self._pairs(names):
            was, is_now = before.signature(old), today.signature(new)
            if since is not None and isinstance(was, Unknown):
                was = before.signature(new)
            if isinstance(was, Unknown) or isinstance(is_now, Unknown):
                reason = was.reason if isinstance(was, Unknown) else is_now.reason  # type: ignore[union-attr]
                if self._old.name:
                    notes.append(f"Signatures are not compared: {reason}.")
                continue
            change = compare(new, was, is_now, is_same_object=since is not None)
            if change is not None:
                calls.append(change if since is not None else change.as_a_whole())
        return tuple(calls), tuple(notes)

    def _pairs(self, names: Sequence[NameDraft]) -> Iterator[tuple[ObjectRef, ObjectRef]]:
        if self._old.name:
            yield self._old, self._new
            return
        for name in names:
            if name.home is not None and name.home.name and name.uses and name.home.module == self._new.module:
                yield ObjectRef(self._old.module, name.name), name.home

    def look(self, draft: Draft, target: Path) -> Preflight:
        """The preflight of the draft."""
        plan: Plan = parse_plan(draft.data(), str(target))
        return look(self._git, plan, target, self._options.jobs)


def _fitted(draft: Draft, ahead: Preflight) -> Draft:
    """The draft with a duration for each phase, and without a phase 4 that has nothing to do."""
    phases = {phase.phase: phase for phase in ahead.phases}
    if 4 in phases and not (phases[4].edits or phases[4].findings):
        draft = replace(draft, calls=tuple(call for call in draft.calls if call.doubts and not call.rename))
    spent = {
        number: minutes(number, phases[number].edits, _to_read(phases[number]), phases[number].commands)
        for number in draft.phases
    }
    return replace(draft, minutes=spent)


def _to_read(phase: PhaseAhead) -> int:
    """Findings that have to be dealt with in the phase; documents can wait."""
    return sum(finding.code != "text-mention" for finding in phase.findings)


def _write(target: Path, content: bytes, git: Git) -> None:
    path = path_of(target, git.root)
    try:
        write_plan(target, content)
    except FileNotFoundError:
        raise UsageError(f"init: there is no folder {target.parent}; write the plan to one that is there") from None
    except OSError as error:
        raise WriteFailed(path, error, "no plan was written") from None


def _tell(voice: Voice, draft: Draft, ahead: Preflight, path: str, *, written: bool) -> None:
    places = count(len(draft.users), "place")
    voice.say(f"{draft.old.module}: {places} in {count(len({use.path for use in draft.users}), 'file')}")
    for name in draft.names if not voice.quiet else ():
        if name.uses:
            home = f"→ {name.home}" if name.home is not None else f"left to you: {name.why}"
            voice.say(f"  {name.name} ({count(name.places, 'place')}) {home}")
    for phase in ahead.phases:
        if phase.phase != 5 and phase.phase in draft.phases:
            voice.say(
                f"phase{phase.phase}  {count(phase.edits, 'edit')} in {count(phase.files, 'file')}, "
                f"{draft.minutes[phase.phase]} min; {findings_summary(phase.findings)}"
            )
    for note in draft.notes:
        voice.note(note)
    voice.say(f"{path}: written" if written else f"{path}: not written")
    voice.say("next: migrate check" if written else "next: the same without --dry-run")


def _name_json(name: NameDraft) -> dict[str, object]:
    return {
        "name": name.name,
        "home": None if name.home is None else str(name.home),
        "why": name.why,
        "places": name.places,
        "files": name.files,
    }
