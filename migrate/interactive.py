"""Hunk by hunk: a person takes, leaves or edits each site; what is taken is applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from migrate.choices import Choices
from migrate.console import Voice
from migrate.diff import unified_diff
from migrate.editor import EditorFailed
from migrate.edits import Edit, OverlappingEdits, in_order
from migrate.hand_edit import HandEdit, NotTaken
from migrate.paging import folded
from migrate.preview import FilePreview, Preview
from migrate.run import keep_only
from migrate.verify import NotAsPlanned
from rollback.errors import GitFailed, count, escape

EditText = Callable[[bytes], bytes]
"""Lets the person edit a text, and gives back what they made of it.

Raises:
    EditorFailed: there is no editor, or it ended with an error.
"""

_HELP = {
    "y": "apply this hunk",
    "n": "leave this hunk",
    "a": "apply this hunk and all later ones in this file",
    "d": "leave this hunk and all later ones in this file",
    "q": "leave this hunk and all that are undecided; what was accepted is applied",
    "j": "leave this hunk undecided, go to the next undecided one",
    "k": "leave this hunk undecided, go back to the undecided one before it",
    "e": "edit this hunk by hand",
    "?": "this help",
}
_TOGETHER = "Hunks that only work together, such as a new import and the calls that need it, are one question."
_WORDS = {"": "n", "yes": "y", "no": "n"}


def choose_edits(preview: Preview, voice: Voice, edit_text: EditText) -> Preview:
    """Ask about every site, file by file.

    Returns:
        The preview with only what was accepted; what was left is offered again by the next run.
    """
    choices = Choices(preview)
    drafts: dict[int, _Draft] = {}
    while (number := choices.at) is not None:
        diff = unified_diff(choices.file.path, choices.file.before, choices.offer.edits)
        shown = diff if voice.rows is None else folded(diff, preview.phase)
        voice.diff(shown, choices.file.encoding, asked=True)
        while choices.at == number:
            answer = _answer(choices, voice, diff)
            if answer == "e":
                drafts[number] = _edit_by_hand(choices, voice, edit_text, drafts.get(number, _Draft()))
            else:
                _DECISIONS[answer](choices)
    return choices.chosen(lambda file, edits: _kept(file, edits, voice))


_DECISIONS: dict[str, Callable[[Choices], None]] = {
    "y": Choices.take,
    "n": Choices.leave,
    "a": Choices.take_file,
    "d": Choices.leave_file,
    "q": Choices.leave_all,
    "j": Choices.skip,
    "k": Choices.back,
}


class _Draft(Struct, frozen=True):
    """What a person wrote of a hunk, and why it was not taken; nothing where there is none.

    Attributes:
        beside: what else was accepted of the file then.
    """

    text: bytes = b""
    why: str = ""
    beside: tuple[Edit, ...] = ()


def _edit_by_hand(choices: Choices, voice: Voice, edit_text: EditText, draft: _Draft) -> _Draft:
    """One go at the hunk in the editor; where nothing comes of it, it stays undecided, and what was written is kept."""
    file, offer = choices.file, choices.offer
    taken = choices.taken(offer.file)
    hand = HandEdit(file.before, offer.edits, taken)
    try:
        title, outdated = f"{escape(file.path)}, hunk {choices.place}", draft.beside != taken
        with voice.waiting():
            text = edit_text(hand.text(title, draft.text, draft.why, outdated=outdated))
    except (EditorFailed, GitFailed) as error:
        voice.error(f"{error}; the hunk is as it was")
        return draft
    try:
        edits = hand.read(text)
        if edits is None:
            voice.reply("no change is left; the hunk is as it was")
            return _Draft()
        keep_only(file, _beside(edits, [edit for edit in taken if edit not in hand.absorbed]))
    except (NotTaken, NotAsPlanned) as error:
        voice.error(f"not taken: {error}; e opens what you wrote again")
        return _Draft(text, str(error), taken)
    voice.reply("taken as it is now:")
    voice.diff(unified_diff(file.path, file.before, edits), file.encoding, asked=True)
    blocked = choices.take_instead(edits, hand.absorbed)
    if blocked:
        voice.reply(f"{count(blocked, 'other hunk')} of the same lines cannot be asked about now; the next run does")
    return _Draft()


def _beside(edits: Sequence[Edit], accepted: Sequence[Edit]) -> tuple[Edit, ...]:
    """All of them, by place.

    Raises:
        NotTaken: what was written has lines of an accepted edit, which may reach beyond the lines that it changes.
    """
    try:
        return in_order((*accepted, *edits))
    except OverlappingEdits:
        why = "it changes lines of a statement that an accepted hunk changes; leave those as they are"
        raise NotTaken(why) from None


def _kept(file: FilePreview, edits: tuple[Edit, ...], voice: Voice) -> FilePreview | None:
    try:
        return keep_only(file, edits)
    except NotAsPlanned as error:
        voice.error(f"{escape(file.path)}: left as it is: with just these hunks, {error}")
        return None


def _answer(choices: Choices, voice: Voice, diff: Sequence[bytes]) -> str:
    """One of the letters; Enter means no, and the end of input is that of the questions."""
    there = {"j": choices.later, "k": choices.earlier}
    letters = [letter for letter in _HELP if there.get(letter, True)]
    while True:
        answer = voice.ask(f"({choices.place}) apply {_what(diff)} [{','.join(letters)}]?", at_end="q")
        answer = _WORDS.get(answer, answer)
        if answer in letters and answer != "?":
            return answer
        voice.reply("\n".join(f"{letter} - {_HELP[letter]}" for letter in letters))
        voice.reply(_TOGETHER)


def _what(diff: Sequence[bytes]) -> str:
    number = sum(line.startswith(b"@@") for line in diff)
    return "this hunk" if number == 1 else f"these {number} hunks, which go together"
