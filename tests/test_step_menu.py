"""step_menu.py: what may be answered, and what each answer means."""

from __future__ import annotations

import pytest

from migrate.step_menu import BARRED, HELP, NEXT, Menu

EDITS = Menu.of(checks=False, blocked=False, files=3)
BLOCKED = Menu.of(checks=False, blocked=True, files=3)
EMPTY = Menu.of(checks=False, blocked=True, files=0)
CHECKS = Menu.of(checks=True, blocked=False, files=0)
MENUS = {"edits": EDITS, "blocked": BLOCKED, "empty": EMPTY, "checks": CHECKS}


@pytest.mark.parametrize(
    ("menu", "letters", "legend"),
    [
        (
            EDITS,
            "[a,h,s,f,n,p,l,r,q,?]",
            "a apply, h hunks, s skip, f findings, Enter more of the diff, q quit, ? help",
        ),
        (BLOCKED, "[s,f,n,p,l,r,q,?]", "s skip, f findings, Enter more of the diff, q quit, ? help"),
        (EMPTY, "[s,f,r,q,?]", "s skip, f findings, q quit, ? help"),
        (CHECKS, "[c,s,f,r,q,?]", "c checks, s skip, f findings, q quit, ? help"),
    ],
)
def test_what_is_offered(menu: Menu, letters: str, legend: str) -> None:
    assert (menu.letters, menu.legend) == (letters, legend)
    assert [line[0] for line in menu.help] == letters[1:-1].split(",")


@pytest.mark.parametrize("menu", MENUS.values(), ids=MENUS)
@pytest.mark.parametrize("answer", ["", "y", "n", "yes", "no", "x", " ", "ok", "1", "next", "-1", "1.0", "\u00b2"])
def test_what_never_decides_anything(answer: str, menu: Menu) -> None:
    """Enter, and what means yes or no elsewhere."""
    assert menu.read(answer) in (NEXT, HELP, 0)


@pytest.mark.parametrize(
    ("menu", "answer", "meaning"),
    [
        (EDITS, "a", "a"),
        (EDITS, "apply", "a"),
        (EDITS, "c", HELP),
        (EDITS, "previous", "p"),
        (EDITS, "3", 2),
        (EDITS, "4", HELP),
        (EDITS, "0", HELP),
        (EDITS, "", NEXT),
        (BLOCKED, "a", BARRED),
        (BLOCKED, "hunks", BARRED),
        (BLOCKED, "c", HELP),
        (BLOCKED, BARRED, HELP),
        (EMPTY, "", HELP),
        (EMPTY, "1", HELP),
        (EMPTY, "n", HELP),
        (CHECKS, "checks", "c"),
        (CHECKS, "a", HELP),
    ],
)
def test_what_it_means(menu: Menu, answer: str, meaning: str | int) -> None:
    assert menu.read(answer) == meaning
