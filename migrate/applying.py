"""A phase that was looked at is applied: what stands in its way, which hunks, and what came of it, said to a person."""

from __future__ import annotations

import shlex

from msgspec.structs import replace

from migrate.annotating import annotate_check
from migrate.begun import Begun
from migrate.commit_offer import tell_commit
from migrate.console import Voice
from migrate.diff import unified_diff
from migrate.editor import edit_text
from migrate.formats import Format
from migrate.interactive import choose_edits
from migrate.phase_options import PhaseOptions
from migrate.preview import Preview
from migrate.run import VERIFY_TIMEOUT_S, Applied, ApplyOptions, apply_phase, refuse_dirty, refuse_no_commit
from migrate.session import EditingRuns, Session
from migrate.terminal import tell_commits, tell_kept
from migrate.verdict import show_result
from migrate.way_back import commits_since
from rollback.atomic import put
from rollback.errors import RepositoryError, count, escape
from rollback.restore import RollbackResult


class Applying:
    """Phases 1 to 4, applied with the options of one command."""

    def __init__(self, session: Session, options: PhaseOptions, voice: Voice, *, asked: bool) -> None:
        """
        Args:
            asked: somebody can be asked.
        """
        self._session = session
        self._options = options
        self._voice = voice
        self._asked = asked

    def refuse(self, found: Preview) -> None:
        """See that nothing stands in the way of writing what was found.

        Raises:
            DirtyFiles, NoCommit: something does.
        """
        refuse_dirty(self._session, found.files, self._apply_options())
        if self._options.commit and found.files:
            refuse_no_commit(self._session.git)

    def choose(self, found: Preview) -> Preview:
        """What a person takes of it, hunk by hunk."""
        return choose_edits(found, self._voice, lambda text: edit_text(text, self._session.git.editor()))

    def apply(self, found: Preview, chosen: Preview, begun: Begun, seen: EditingRuns | None = None) -> Applied:
        """Write, verify, commit, and say what came of it.

        What a person has chosen by hunk, or written, is kept as a patch where it does not come to stand.

        Args:
            found: all that was offered. chosen: what of it is written.
            seen: the runs that were on record when it was looked at; it is not written where they are others now.
        Raises:
            RepositoryError, KeyboardInterrupt: as `run.apply_phase`.
        """
        partial = chosen.files != found.files
        options = replace(self._apply_options(), partial=partial, person_seconds=begun.person_seconds, seen=seen)
        try:
            applied = self._apply(chosen, options, begun)
        except (RepositoryError, KeyboardInterrupt):
            if partial:
                self._keep(chosen)
            raise
        if partial and not applied.stands:
            self._keep(chosen)
        return applied

    def _apply(self, chosen: Preview, options: ApplyOptions, begun: Begun) -> Applied:
        voice, name = self._voice, f"phase{chosen.phase}"
        with voice.progress(f"writing {name}") as progress:
            total = len(chosen.files)
            tick = None if progress is None else lambda done: progress(done, total)
            applied = apply_phase(
                self._session, chosen, options, begun.without_pauses, voice.echo, tick, self._tell_back
            )
        if applied.verified is not None:
            show_result(voice, applied.verified)
            if self._options.format is Format.GITHUB:
                annotate_check(voice, applied.verified, self._session.git)
        if not applied.stands:
            voice.error(f"{name}: verification failed; rolled back, its files are as before")
            if applied.rolled_back is not None:
                self._tell_back(applied.rolled_back)
            tell_commits(voice, applied.run, commits_since(self._session.git, applied.run))
            return applied
        voice.say(
            f"{name}: applied as run {applied.run.id}: {count(chosen.edits, 'edit')} in "
            f"{count(len(chosen.files), 'file')}, {count(len(chosen.findings), 'finding')} left to a person",
            "green",
        )
        for path in applied.edited:
            voice.error(f"{escape(path)}: edited since it was written; the commit has what the phase made of it")
        if any(finding.code == "invalid-call" for finding in chosen.findings):
            voice.note("note: an invalid-call of a call that was changed is not found again; keep this list")
        return applied

    def tell_commit(self, applied: Applied) -> None:
        """Say how `git blame` can pass over the commit, where one was made.

        Raises:
            KeyboardInterrupt: Ctrl-C at the question; the phase stands.
        """
        always = self._options.ignore_revs
        tell_commit(self._session.git, self._voice, applied.run, asked=self._asked, always=always)

    def _keep(self, chosen: Preview) -> None:
        git = self._session.git
        path = git.private(f"chosen-phase{chosen.phase}.patch")
        # git takes the paths of a patch from the top of the working tree
        diffs = (unified_diff(git.prefix + file.path, file.before, file.edits) for file in chosen.files)
        lines = (line for diff in diffs for line in diff)
        try:
            path.parent.mkdir(exist_ok=True)
            put(b"".join(lines), None, path)
        except OSError as error:
            self._voice.error(f"{path}: what was chosen could not be kept: {error.strerror}")
            return
        self._voice.error(f"what was chosen is kept as a patch: git apply {shlex.quote(str(path))}")

    def _apply_options(self) -> ApplyOptions:
        options = self._options
        timeout_s = VERIFY_TIMEOUT_S if options.verify_timeout is None else options.verify_timeout
        return ApplyOptions(options.verify, options.commit, options.allow_dirty, timeout_s)

    def _tell_back(self, result: RollbackResult) -> None:
        if result.kept is not None:
            tell_kept(self._voice, result)
