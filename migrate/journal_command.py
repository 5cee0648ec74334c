"""The commands journal, journal show and journal prune: the runs of this working tree, and what is kept for them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from migrate.console import Voice
from migrate.errors import Exit, UsageError
from migrate.process import readable
from migrate.session import as_seen
from migrate.terminal import run_line, show_runs
from migrate.timeline import iso, run_json
from migrate.validation.results import CheckResult
from rollback.errors import Interrupted, count, escape, name_paths
from rollback.git import Git
from rollback.journal import Journal, RunRecord
from rollback.lock import is_held, locked
from rollback.prune import Pruned, prune, select_to_prune
from rollback.snapshot import refs

SCHEMA = 1


def list_command(git: Git, voice: Voice) -> dict[str, Any]:
    """Show all runs, of every plan and every root; returns the JSON document."""
    started = time.monotonic()
    with Journal.open(git, create=False) as journal:
        runs = as_seen(git, journal.runs())
        documents = [_run_json(journal, run) for run in runs]
        interrupted = None if is_held(git) else journal.interrupted()
        announced = journal.announced()
    known = {*announced} | {ref for document in documents for ref in (document["ref"], *document["kept"])}
    others = [ref for ref in refs(git) if ref not in known]
    if runs:
        show_runs(
            voice, runs, {run.id: bool(document["pruned"]) for run, document in zip(runs, documents, strict=True)}
        )
        if voice.verbose:
            _show_events(voice, documents)
    else:
        voice.say("no run is on record in this working tree")
    for document in documents:
        for ref in document["kept"]:
            voice.say(f"run {document['run']}: newer versions of files are kept; see `git show {ref}`")
    if others:
        voice.note(
            f"{count(len(others), 'ref')} under refs/migrate/ of other worktrees or a lost journal; "
            "see `git for-each-ref refs/migrate/`"
        )
    if interrupted is not None:
        voice.error(str(Interrupted(interrupted)))
    voice.say("next: migrate rollback" if interrupted is not None else "next: migrate status")
    return {"schema": SCHEMA, "runs": documents, "seconds": round(time.monotonic() - started, 3)}


def show_command(git: Git, run_id: int, name: str | None, voice: Voice) -> dict[str, Any]:
    """Show all that is on record of one run, and what its commands had to say.

    Args:
        name: only what the check of this name had to say.
    Returns:
        The JSON document.
    Raises:
        UsageError: there is no such run, or no such output.
    """
    started = time.monotonic()
    with Journal.open(git, create=False) as journal:
        found = {run.id: run for run in as_seen(git, journal.runs())}
        if run_id not in found:
            known = f"there are runs 1 to {max(found)}" if found else "there is none at all"
            raise UsageError(f"journal show: there is no run {run_id}; {known}, see `migrate journal`")
        run = found[run_id]
        files, findings = journal.files(run_id), journal.findings(run_id)
        outputs = journal.outputs(run_id)
        checks = [CheckResult.of(check) for check in journal.checks(run_id)]  # an older version's lack some keys
        document = _run_json(journal, run)
    names = dict.fromkeys(output.name for output in outputs)
    if name is not None and name not in names:
        listed = ", ".join(map(repr, names)) or "none"
        raise UsageError(f"journal show: run {run_id} has no output of {name!r}; it has {listed}")
    if name is None:
        voice.say(run_line(run), "bold")
        _show_events(voice, [document])
        for file in files:
            voice.say(f"  {escape(file.path)}")
        for check in checks:
            voice.say(f"- [{'x' if check.passed else ' '}] {check.title} {check.message}".rstrip())
    for output in outputs:
        if name in (None, output.name):
            which = "before phase 1" if output.attempt == 0 else f"attempt {output.attempt}"
            voice.say(f"== {output.name}, {which}", "bold")
            voice.say(readable(output.output).rstrip("\n"))
    voice.say("next: migrate journal")
    return {
        "schema": SCHEMA,
        "run": document,
        "files": [{"path": f.path, "before_sha256": f.before_sha256, "after_sha256": f.after_sha256} for f in files],
        "findings": findings,
        "checks": [check.as_json() for check in checks],
        "outputs": [
            {"name": each.name, "attempt": each.attempt, "text": readable(each.output)}
            for each in outputs
            if name in (None, each.name)
        ],
        "seconds": round(time.monotonic() - started, 3),
    }


def prune_command(
    git: Git, older_s: float, *, applied: bool, dry_run: bool, yes: bool, voice: Voice
) -> tuple[Exit, dict[str, Any]]:
    """Give up the snapshots of runs that ended more than `older_s` seconds ago.

    Returns:
        The exit code and the JSON document.
    Raises:
        Locked: another process is at work.
    """
    started = time.monotonic()
    with Journal.open(git, create=False) as journal:
        chosen = select_to_prune(journal.runs(), time.time() - older_s, applied=applied)
        kept = [ref for run in chosen for ref in journal.kept(run.id)]
    if not chosen:
        voice.say("no snapshot is old enough to be given up")
        voice.say("next: migrate journal")
        return Exit.DONE, _prune_document((), started)
    for run in chosen:
        voice.say(run_line(run))
    if any(run.state == "applied" for run in chosen):
        voice.error("those that are applied cannot be rolled back afterwards")
    for ref in kept:
        voice.error(f"{ref} goes, too: the newer versions that a forced rollback kept are nowhere else")
    if dry_run:
        voice.say(f"{count(len(chosen), 'snapshot')} would be given up; nothing deleted")
        voice.say("next: migrate journal prune")
        return Exit.DONE, _prune_document((), started)
    if not yes and not voice.confirm(f"give up {count(len(chosen), 'snapshot')}?"):
        voice.say("nothing deleted")
        voice.say("next: migrate journal prune")
        return Exit.FINDINGS, _prune_document((), started)
    with locked(git, "migrate journal prune"), Journal.open(git, create=True) as journal:
        still = select_to_prune(journal.runs(), time.time() - older_s, applied=applied)
        done = prune(git, journal, [run for run in chosen if run in still])
        left = journal.announced()
    voice.say(f"{count(len(done), 'snapshot')} given up; `git gc` frees their room in its own time", "green")
    if left:
        voice.note(f"git did not delete {count(len(left), 'ref')} just now; the next run does: {name_paths(left)}")
    voice.say("next: migrate journal")
    return Exit.DONE, _prune_document(done, started)


def _run_json(journal: Journal, run: RunRecord) -> dict[str, Any]:
    return {
        **run_json(run),
        "plan": run.plan,
        "phase": run.phase,
        "root": run.prefix,
        "ref": run.ref,
        "pruned": journal.is_pruned(run.id),
        "kept": list(journal.kept(run.id)),
        "events": [{"at": iso(e.at), "event": e.event, "detail": e.detail} for e in journal.events(run.id)],
    }


def _show_events(voice: Voice, documents: Sequence[dict[str, Any]]) -> None:
    for document in documents:
        for event in document["events"]:
            detail = f": {event['detail']}" if event["detail"] else ""
            voice.say(f"run {document['run']}: {event['at']} {event['event']}{detail}")


def _prune_document(done: Sequence[Pruned], started: float) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "pruned": [
            {"run": each.run.id, "plan": each.run.plan, "phase": each.run.phase, "refs": list(each.refs)}
            for each in done
        ],
        "seconds": round(time.monotonic() - started, 3),
    }
