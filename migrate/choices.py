"""Which hunks of a phase are taken so far, which are left, and which one is asked about next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from migrate.edits import Edit, OverlappingEdits, in_order
from migrate.preview import FilePreview, Preview


class Offer(Struct, frozen=True):
    """The edits of one site, which are taken or left together.

    Attributes:
        file: number of the file in the preview, from 0.
        edits: by place.
    """

    file: int
    edits: tuple[Edit, ...]


class Choices:
    """The offers of a preview in its order, and what was decided about each.

    Attributes:
        at: number, from 0, of the offer that is asked about; None when all are decided.
    """

    def __init__(self, preview: Preview) -> None:
        self._preview = preview
        self.offers = tuple(_offers(preview))
        self._taken: dict[int, tuple[Edit, ...]] = {}
        self._left: set[int] = set()
        self.at: int | None = self._next(-1)

    @property
    def offer(self) -> Offer:
        """The one that is asked about."""
        return self.offers[self._here]

    @property
    def file(self) -> FilePreview:
        """Its file."""
        return self._preview.files[self.offer.file]

    @property
    def place(self) -> str:
        """`3/12`."""
        return f"{self._here + 1}/{len(self.offers)}"

    @property
    def later(self) -> bool:
        """Is another one behind it undecided?"""
        return any(map(self._is_open, range(self._here + 1, len(self.offers))))

    @property
    def earlier(self) -> bool:
        """Is one before it undecided?"""
        return any(map(self._is_open, range(self._here)))

    def taken(self, file: int) -> tuple[Edit, ...]:
        """What of a file is taken, by place."""
        return in_order(
            edit for number, edits in self._taken.items() if self.offers[number].file == file for edit in edits
        )

    def take(self) -> None:
        """Take the offer; go to the next undecided one."""
        self._decide([self._here], take=True)

    def leave(self) -> None:
        """Leave it; go on."""
        self._decide([self._here], take=False)

    def take_file(self) -> None:
        """Take it and what is undecided behind it in its file."""
        self._decide(self._rest_of_file(), take=True)

    def leave_file(self) -> None:
        """Leave it and what is undecided behind it in its file."""
        self._decide(self._rest_of_file(), take=False)

    def leave_all(self) -> None:
        """Leave everything that is undecided."""
        self._decide([number for number in range(len(self.offers)) if self._is_open(number)], take=False)

    def skip(self) -> None:
        """Leave it undecided, and go to the next undecided one behind it."""
        self.at = self._next(self._here)

    def back(self) -> None:
        """Leave it undecided, and go to the undecided one before it."""
        self.at = max(filter(self._is_open, range(self._here)), default=self._here)

    def take_instead(self, edits: Sequence[Edit], absorbed: Sequence[Edit]) -> int:
        """Take `edits` in the place of the offer, and of edits that were taken before.

        Args:
            absorbed: the latter.
        Returns:
            How many undecided offers cannot be taken any more, because `edits` have their lines; they are left.
        """
        here, gone = self._here, set(absorbed)
        self._taken = {
            number: tuple(edit for edit in taken if edit not in gone or self.offers[number].file != self.offer.file)
            for number, taken in self._taken.items()
        }
        self._taken[here] = tuple(edits)
        others = [n for n, o in enumerate(self.offers) if o.file == self.offer.file and self._is_open(n)]
        blocked = [number for number in others if not self._fits(number)]
        self._left.update(blocked)
        self.at = self._next(here)
        return len(blocked)

    def chosen(self, keep: Callable[[FilePreview, tuple[Edit, ...]], FilePreview | None]) -> Preview:
        """The preview with only what was taken.

        Args:
            keep: makes the file with only some edits; None where that cannot be.
        """
        kept = (keep(file, self.taken(n)) for n, file in enumerate(self._preview.files) if self.taken(n))
        return replace(self._preview, files=tuple(file for file in kept if file is not None))

    @property
    def _here(self) -> int:
        assert self.at is not None, "something is asked about"
        return self.at

    def _is_open(self, number: int) -> bool:
        return number not in self._taken and number not in self._left

    def _rest_of_file(self) -> list[int]:
        rest = range(self._here, len(self.offers))
        return [n for n in rest if self.offers[n].file == self.offer.file and self._is_open(n)]

    def _next(self, before: int) -> int | None:
        """The first undecided offer behind a place; the first of all where there is none behind it."""
        undecided = [number for number in range(len(self.offers)) if self._is_open(number)]
        return next((number for number in undecided if number > before), undecided[0] if undecided else None)

    def _fits(self, number: int) -> bool:
        """Can an offer be taken beside what is taken?"""
        try:
            in_order((*self.taken(self.offers[number].file), *self.offers[number].edits))
        except OverlappingEdits:
            return False
        return True

    def _decide(self, numbers: Sequence[int], *, take: bool) -> None:
        here = self._here
        if take:
            self._taken.update((number, self.offers[number].edits) for number in numbers)
        else:
            self._left.update(numbers)
        self.at = self._next(here)


def _offers(preview: Preview) -> Iterator[Offer]:
    """File by file; the edits of one site side by side, as nested calls interleave by place."""
    for number, file in enumerate(preview.files):
        by_site = sorted(file.edits, key=lambda edit: (edit.site, edit.span))
        for _, edits in groupby(by_site, key=lambda edit: edit.site):
            yield Offer(number, in_order(edits))
