"""The command guard: look, compare with the baseline, say what is new."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from migrate.errors import Exit
from migrate.formats import Format
from migrate.guard_options import GuardOptions
from migrate.moves import MoveIndex
from rollback.errors import count, escape

if TYPE_CHECKING:
    from migrate.console import Voice
    from migrate.executors.workers import Workers
    from migrate.guarding.baseline import Compared
    from migrate.guarding.looked import Looked
    from migrate.guarding.seen import Seen
    from migrate.session import Session
    from rollback.git import Git

SCHEMA = 1


def guard_command(session: Session, options: GuardOptions, voice: Voice) -> tuple[Exit, dict[str, Any]]:
    """Look for what is deprecated; the exit code, and the document of a format that has one."""
    started = time.monotonic()
    if options.ruff:
        from migrate.guarding.ruff_config import ruff_config

        voice.say(ruff_config(session.plan, strict=options.strict).removesuffix("\n"))
        return Exit.DONE, {}
    command = _Guard(session, options, voice)
    code, new = command.run()
    return code, command.document(new, time.monotonic() - started)


class _Found(Struct, frozen=True):
    """What was found, and what a baseline may say of it.

    Attributes:
        where: what was looked at, in words.
        is_looked_at, is_gone: about paths, for `baseline.compare`.
    """

    looked: Looked
    where: str
    is_looked_at: Callable[[str], bool]
    is_gone: Callable[[str], bool]


class _Guard:
    def __init__(self, session: Session, options: GuardOptions, voice: Voice) -> None:
        self._session = session
        self._options = options
        self._voice = voice

    def run(self) -> tuple[Exit, Sequence[Seen]]:
        """Look, compare, say; the exit code, and what is new."""
        from migrate.guarding.baseline import compare, read_baseline

        options, plan = self._options, self._session.plan
        baseline = None
        if options.baseline is not None and not (options.update and not options.baseline.exists()):
            baseline = read_baseline(options.baseline, plan.name)
        found = self._staged() if options.staged else self._tree()
        compared = compare(found.looked.seen, baseline or {}, is_looked_at=found.is_looked_at, is_gone=found.is_gone)
        if options.update:
            return self._update(found, compared, is_first=baseline is None)
        self._show(compared.new)
        fails = any(each.fails(strict=options.strict) for each in compared.new)
        self._voice.say(self._summary(found, compared), "red" if fails else "")
        self._tell_gone(compared)
        self._next(self._what_next(compared.new, compared.gone))
        return Exit.FINDINGS if fails else Exit.DONE, compared.new

    def document(self, new: Sequence[Seen], seconds: float) -> dict[str, Any]:
        """What stdout is for, where the format is one of a document."""
        plan, git = self._session.plan, self._session.git
        if self._options.format is Format.SARIF:
            from migrate.guarding.sarif import sarif_log

            return sarif_log(new, plan.name, git.prefix, strict=self._options.strict)
        findings = [each.finding.as_json() for each in new]
        return {"schema": SCHEMA, "plan": plan.name, "findings": findings, "seconds": round(seconds, 3)}

    def _tree(self) -> _Found:
        from migrate.cache.answers import Answers

        git, plan = self._session.git, self._session.plan
        answers = Answers(git, plan, only_python=not plan.plan.include, is_on=self._options.cached)
        known = answers.get("guard")
        if known is not None:
            from migrate.guarding.looked import Looked

            looked = Looked.from_json(known)
        else:
            with answers.learn() as learning:
                looked = self._look(learning.git, learning.workers(self._options.workers))
                learning.keep("guard", looked.as_json())
        for note in (*looked.notes, *(looked.details if self._voice.verbose else ())):
            self._voice.note(note)
        return _Found(looked, "the tree", lambda _: True, lambda path: not (git.root / path).exists())

    def _look(self, git: Git, workers: Workers) -> Looked:
        from migrate.guarding.search import Search

        plan = self._session.plan
        search = Search(git, plan)
        with self._voice.progress("guard") as progress:
            with ThreadPoolExecutor(2) as threads:  # git searches while the rest is loaded
                candidates, passed_over = threads.submit(search.candidates), threads.submit(git.passed_over)
                from migrate.guarding.look import TreeLook
                from migrate.tree import Tree, not_looked_into

                look = TreeLook(plan, 5, Tree(git).read_if_there, git, search, workers, progress)
                look.prepare()
            looked = look.look(candidates.result())
        return replace(looked, notes=tuple(not_looked_into(git, passed_over.result())), details=tuple(look.notes))

    def _staged(self) -> _Found:
        from migrate.guarding.staged import StagedLook, staged

        git, plan = self._session.git, self._session.plan
        with staged(git, plan) as files:
            looked = StagedLook(plan, 5, files.index.read, git, files).look()
        paths = files.removed | files.files.keys()
        where = count(len(files.files), "staged file")
        return _Found(looked, where, paths.__contains__, files.removed.__contains__)

    def _show(self, new: Sequence[Seen]) -> None:
        if not new:
            return
        from migrate.findings_report import hint_at_explain, show_findings

        findings = [each.finding for each in new]
        if self._options.format is Format.GITHUB:
            from migrate.github import annotation_of

            for each in new:
                fails = each.fails(strict=self._options.strict)
                self._voice.say(str(annotation_of(each, self._session.git.prefix, fails=fails)))
        else:
            show_findings(self._voice, findings)
        hint_at_explain(self._voice, findings)

    def _summary(self, found: _Found, compared: Compared) -> str:
        failing = [each for each in compared.new if each.fails(strict=self._options.strict)]
        others = [each for each in compared.new if each not in failing]
        if failing:
            said = f"{count(len(failing), 'finding')} to mend in {found.where} ({_codes(failing)})"
        else:
            said = f"no {'new ' if compared.known else ''}deprecated import or keyword in {found.where}"
        if others:
            said += f", {count(len(others), 'warning')} ({_codes(others)})"
        parts = [said]
        if compared.known:
            parts.append(f"{count(len(compared.known), 'finding')} known to the baseline")
        if found.looked.kept:
            parts.append(f"{count(found.looked.kept, 'site')} kept by a `# migrate: keep` comment")
        return f"guard: {'; '.join(parts)}"

    def _tell_gone(self, compared: Compared) -> None:
        if compared.gone:
            said = f"{count(compared.gone, 'finding')} of the baseline {'is' if compared.gone == 1 else 'are'} gone"
            self._voice.say(f"guard: {said}; lower it with --update-baseline", "green")

    def _update(self, found: _Found, compared: Compared, *, is_first: bool) -> tuple[Exit, Sequence[Seen]]:
        from migrate.guarding.baseline import baseline_text, write_baseline

        file, seen = self._options.baseline, found.looked.seen
        assert file is not None, "the options say so"
        shown = escape(str(file))
        if compared.new and not is_first:
            self._show(compared.new)
            what = f"{count(len(compared.new), 'finding')} {'is' if len(compared.new) == 1 else 'are'} new"
            self._voice.error(
                f"guard: {shown} is left as it is: {what}, and a baseline may only fall; mend the places, "
                "mark them with `# migrate: keep`, or remove the file to begin anew"
            )
            self._next(self._what_next(compared.new, 0))
            return Exit.FINDINGS, compared.new
        content = baseline_text(seen, self._session.plan.name)
        if not is_first and file.read_bytes() == content:
            self._voice.say(f"guard: {shown} is up to date: {count(len(seen), 'finding')}")
        else:
            write_baseline(file, content, self._session.git.toplevel)
            fewer = f", {compared.gone} fewer than before" if compared.gone and not is_first else ""
            self._voice.say(f"guard: {shown} written: {count(len(seen), 'finding')}{fewer}", "green")
        self._next(f"commit it; from now on: migrate guard --baseline {shown}")
        return Exit.DONE, ()

    def _what_next(self, new: Sequence[Seen], gone: int) -> str:
        moves = MoveIndex.of(self._session.plan)
        for each in new:
            finding = each.finding
            if finding.code == "deprecated-import" and moves.home(finding.subject.partition(", ")[0].replace(":", ".")):
                return "migrate phase3"
        if any(each.finding.code == "deprecated-keyword" for each in new):
            return "migrate phase4"
        if new:
            return "mend the places, or mark them with `# migrate: keep`; then migrate guard"
        if gone:
            return f"migrate guard --baseline {escape(str(self._options.baseline))} --update-baseline"
        return "migrate status"

    def _next(self, command: str) -> None:
        if not self._voice.quiet:
            self._voice.say(f"next: {command}")


def _codes(seen: Sequence[Seen]) -> str:
    """`deprecated-import 2, redirect-import 1`"""
    return ", ".join(f"{code} {number}" for code, number in sorted(Counter(e.finding.code for e in seen).items()))
