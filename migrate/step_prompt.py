"""The prompt of a phase in `migrate run`: leaf through its diff and findings until something is decided."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.cards import Card, broken, card_lines
from migrate.console import Voice, shown
from migrate.findings_report import hint_at_explain, in_words, severity_style
from migrate.paging import Place, end_of_page, folded, rows_of
from migrate.previewing import is_priority
from migrate.step_look import StepLook
from migrate.step_menu import BARRED, BEFORE, FINDINGS, HELP, LIST, NEXT, QUIT, Menu
from rollback.errors import count, escape

_LEAST_ROWS = 6
"""Rows of a diff that are shown below a card however long that is."""

_ABOVE = 3
"""Rows left above a card, for what came of the phase before."""

_Line = tuple[str, str]
"""A text and its style."""


class StepPrompt:
    """One phase on the screen."""

    def __init__(self, voice: Voice, card: Card, look: StepLook) -> None:
        self._voice = voice
        self._card = card
        self._look = look
        checks = look.found.phase == 5
        self._menu = Menu.of(checks=checks, blocked=bool(look.barred), files=len(look.diffs))
        self._diffs = look.diffs if voice.rows is None else [folded(lines, look.found.phase) for lines in look.diffs]
        self._place = Place()
        self._listed: dict[str, int] = {}

    def show_card(self) -> None:
        """The card, what may be answered, and as much of the first file as fits below."""
        width = self._voice.width
        rows = [(line, "bold") for line in broken(self._card.heading, width, 3)]
        rows += [(line, "red" if alarm else "") for line, alarm in card_lines(self._card, width)]
        rows += [(line, "dim") for line in broken(self._menu.legend, width, 0)]
        for text, style in rows:
            self._voice.say(text, style)
        if self._diffs and not self._voice.quiet:
            self._page(_ABOVE + sum(rows_of(text, width) for text, _ in rows))

    def ask(self) -> str:
        """The letter of what was decided: anything but a look at something."""
        while True:
            answer = self._menu.read(self._voice.ask(self._prompt(), at_end=QUIT))
            if isinstance(answer, int):
                self._turn(Place(answer), "")
            elif answer == NEXT:
                self._turn(self._place.after(self._lengths()), "that was the last of the diff")
            elif answer == BEFORE:
                self._turn(self._place.before(), "this is the first file")
            elif answer == FINDINGS:
                found = [(in_words(finding), severity_style(finding)) for finding in self._look.findings]
                self._list(FINDINGS, found or [("no findings", "")])
                hint_at_explain(self._voice, self._look.findings)
            elif answer == LIST:
                self._list(LIST, [(self._file(number), "") for number in range(len(self._diffs))])
            elif answer == BARRED:
                self._voice.error(f"phase{self._look.found.phase} cannot be applied: {self._look.barred}")
            elif answer == HELP:
                for line in self._menu.help:
                    self._voice.say("\n".join(broken(line, self._voice.width, 4)))
            else:
                return answer

    def _prompt(self) -> str:
        return "\n".join(broken(f"{self._where()} {self._menu.letters}?", self._voice.width, 0))

    def _where(self) -> str:
        name = f"phase{self._look.found.phase}"
        if not self._diffs:
            return name
        left = len(self._diffs[self._place.file]) - self._place.line
        more = f", {count(left, 'more line')}" if 0 < left < len(self._diffs[self._place.file]) else ""
        return f"{name}, file {self._place.file + 1} of {len(self._diffs)}{more}"

    def _file(self, number: int) -> str:
        found = self._look.found
        file = found.files[number]
        first = is_priority(file.path, getattr(found.plan.phase(found.phase), "priority", ()))
        what = f"{count(len(file.edits), 'edit')}{', priority' if first else ''}"
        return f"{number + 1:>{len(str(len(self._diffs)))}}  {escape(file.path)}  {what}"

    def _lengths(self) -> list[int]:
        return [len(lines) for lines in self._diffs]

    def _turn(self, place: Place | None, otherwise: str) -> None:
        if place is None:
            self._voice.say(otherwise)
            return
        self._place = place
        self._page(0)

    def _page(self, taken: int) -> None:
        """As much of the file as fits, from where reading goes on.

        Args:
            taken: rows of the screen that are taken already.
        """
        lines = self._diffs[self._place.file]
        encoding = self._look.found.files[self._place.file].encoding
        texts = [shown(line, encoding) for line in lines]
        end = end_of_page(texts, self._place.line, self._voice.width, self._room(taken))
        self._voice.diff(lines[self._place.line : end], encoding)
        self._place = Place(self._place.file, end)

    def _room(self, taken: int) -> int | None:
        rows = self._voice.rows
        if rows is None:
            return None
        prompt = broken(f"{self._where()}, 1000 more lines {self._menu.letters}?", self._voice.width, 0)
        return max(_LEAST_ROWS, rows - taken - len(prompt))

    def _list(self, what: str, lines: Sequence[_Line]) -> None:
        """The next page of a list, from its beginning again after its end."""
        start = self._listed.get(what, 0)
        end = end_of_page([text for text, _ in lines], start, self._voice.width, self._room(1))
        for text, style in lines[start:end]:
            self._voice.say(text, style)
        if end < len(lines):
            self._voice.say(f"{len(lines) - end} more: {what} again", "dim")
        self._listed[what] = end if end < len(lines) else 0
