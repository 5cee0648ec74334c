"""What may be answered at the prompt of a phase in `migrate run`."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

QUIT, SKIP, APPLY, HUNKS, CHECKS, FINDINGS, NEXT, BEFORE, LIST, AGAIN, HELP = "qsahcfnplr?"

BARRED = "!"
"""An answer that would be right if nothing kept the phase from being applied."""

_EDITING = {
    APPLY: ("apply", "apply all edits of this phase"),
    HUNKS: ("hunks", "decide hunk by hunk; what you accept is applied"),
}
_CHECKING = {CHECKS: ("checks", "run the checks")}
_FILES = {
    NEXT: ("next", "the next page of the diff, as Enter does; it never applies anything"),
    BEFORE: ("previous", "the file before"),
    LIST: ("list", "the files with their numbers; a number shows the diff of that file"),
}
_ALWAYS = {
    SKIP: ("skip", "skip this phase; later ones go on without it"),
    FINDINGS: ("findings", "the findings, errors first; again for the next page"),
}
_LAST = {
    AGAIN: ("reread", "read the tree again, when you have changed something in another window"),
    QUIT: ("quit", "leave; what is applied stays, and `migrate run` goes on from here"),
    HELP: ("help", "this help"),
}


class Menu(Struct, frozen=True):
    """The answers of one prompt.

    Attributes:
        answers: by letter, in order: a word that may be written instead, and what it does.
        barred: those that would be there if nothing kept the phase from being applied.
        files: how many files there are to be looked at.
    """

    answers: Mapping[str, tuple[str, str]]
    barred: Mapping[str, tuple[str, str]]
    files: int

    @classmethod
    def of(cls, *, checks: bool, blocked: bool, files: int) -> Menu:
        """The menu of a phase.

        Args:
            checks: it is the one that runs checks. blocked: it cannot be applied as it is.
        """
        first = _CHECKING if checks else _EDITING
        others = {**_ALWAYS, **(_FILES if files else {}), **_LAST}
        return cls(others, first, files) if blocked else cls({**first, **others}, {}, files)

    @property
    def letters(self) -> str:
        """`[a,h,s,f,q,?]`."""
        return f"[{','.join(self.answers)}]"

    @property
    def legend(self) -> str:
        """The most important ones in a sentence."""
        words = [f"{letter} {self.answers[letter][0]}" for letter in "ahcsf" if letter in self.answers]
        more = ["Enter more of the diff"] if self.files else []
        return ", ".join([*words, *more, "q quit, ? help"])

    @property
    def help(self) -> list[str]:
        """One line for each."""
        return [f"{letter} - {what}" for letter, (_, what) in self.answers.items()]

    def read(self, answer: str) -> str | int:
        """The letter of an answer, or the number of a file from 0; `BARRED`, or `HELP` for what is none.

        Args:
            answer: in lower case; empty for Enter, which never decides anything.
        """
        if answer == "":
            return NEXT if self.files else HELP
        if answer.isdecimal() and 1 <= int(answer) <= self.files:
            return int(answer) - 1
        letters = {word: letter for each in (self.answers, self.barred) for letter, (word, _) in each.items()}
        letter = letters.get(answer, answer)
        if letter in self.barred:
            return BARRED
        return letter if letter in self.answers else HELP
