"""Hunk by hunk: a person accepts or refuses each site; what is accepted is applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from migrate.console import Voice
from migrate.diff import unified_diff
from migrate.edits import Edit
from migrate.preview import FilePreview, Preview
from migrate.run import keep_only
from migrate.verify import NotAsPlanned

HELP = """y - apply this hunk
n - leave this hunk
a - apply this hunk and all later ones in this file
d - leave this hunk and all later ones in this file
q - leave this hunk and all later ones; what was accepted is applied
? - this help
Hunks that only work together, such as a new import and the calls that need it, are one question."""


def choose_edits(preview: Preview, voice: Voice) -> Preview:
    """Ask about every site, file by file.

    Returns:
        The preview with only what was accepted; what was left is offered again by the next run.
    """
    files: list[FilePreview] = []
    total = preview.sites
    asked = 0
    stopped = False
    for file in preview.files:
        sites = [tuple(edits) for _, edits in groupby(_by_site(file), key=lambda edit: edit.site)]
        accepted: list[Edit] = []
        rest: bool | None = None
        for edits in sites:
            asked += 1
            if stopped:
                continue
            if rest is None:
                diff = unified_diff(file.path, file.before, sorted(edits, key=lambda e: e.span))
                voice.diff(diff)
                answer = _answer(voice, f"({asked}/{total}) apply {_what(diff)} [y,n,a,d,q,?]?")
                rest = {"a": True, "d": False}.get(answer)
                stopped = answer == "q"
                take = answer in ("y", "a")
            else:
                take = rest
            if take:
                accepted += edits
        if accepted:
            try:
                files.append(keep_only(file, sorted(accepted, key=lambda e: e.span)))
            except NotAsPlanned as error:
                voice.error(f"{file.path}: left as it is: with just these hunks, {error}")
    return replace(preview, files=tuple(files))


def _what(diff: Sequence[bytes]) -> str:
    hunks = sum(line.startswith(b"@@") for line in diff)
    return "this hunk" if hunks == 1 else f"these {hunks} hunks, which go together"


def _by_site(file: FilePreview) -> Iterator[Edit]:
    """The edits with those of one site side by side: nested calls interleave by place."""
    yield from sorted(file.edits, key=lambda edit: (edit.site, edit.span))


def _answer(voice: Voice, question: str) -> str:
    """One of the letters; Enter and the end of input mean no."""
    while True:
        answer = voice.ask(question)
        if answer in ("", "n", "no"):
            return "n"
        if answer[0] in "yadq" and answer in ("y", "yes", "a", "d", "q"):
            return answer[0]
        voice.note(HELP)
