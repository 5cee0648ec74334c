"""A git repository of any size in the shape of a large application, with the sites of one migration, and their truth.

The shape is that of a tree of 8,816 Python files and 162 MB, as measured: half of the files are smaller than 13.8 kB,
those that name what moves are larger, nine out of ten have no last line end, seven do not compile. Text that is no
site comes from the standard library.
"""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.speed.filler import Filler
from benchmarks.speed.forms import CALLEE_IMPORT, CALLS, IMPORTS, MENTIONS, Form, Piece, dealt, plain
from benchmarks.speed.truth import Site, Truth
from benchmarks.speed.world import CALLED, MOVED, OWN_WORDS, PLAN, homes

FILES = 8_816
_CANDIDATES, _SHARED = 286, 20
"""Files that name an old module; those of them that call the callee as well."""
_CALLING = 85
"""Files with calls to change."""
_BROKEN = 7
_NO_LAST_LINE_END = 0.9
_FILLER_SIZE, _CANDIDATE_SIZE = (13_000, 0.73), (30_000, 0.69)
"""Median in bytes and standard deviation of its logarithm."""
_LARGEST = 500_000
_FOLDER = 40
"""Files of one folder."""


@dataclass(frozen=True, slots=True)
class Generated:
    """Where a generated tree is: a bare repository, its plan, and what has to become of it."""

    repository: Path
    plan: Path
    truth: Truth


def generate(folder: Path, size: float = 1, *, sites: float = 1, seed: int = 1) -> Generated:
    """Make a tree below `folder`.

    Args:
        size: how many times the files of the usual tree; at least those that hold sites.
        sites: the part of the usual number of sites; every form is there once at least.
    """
    folder.mkdir(parents=True)
    plan, repository = folder / "plan.toml", folder / "tree.git"
    plan.write_text(PLAN, encoding="utf-8")
    users = {path: list(pieces) for path, pieces in _users(sites, seed)}
    truth = Truth(
        {path: sited for path, pieces in users.items() if (sited := _sites(pieces))},
        frozenset(homes()),
        {3: MOVED, 4: CALLED},
        "the generator knows the text that each of its sites has to become",
    )
    truth.write(folder / "truth.json")
    files = _files(users, round(FILES * size), seed)
    _commit(repository, files)
    return Generated(repository, plan, truth)


def _files(users: dict[str, list[Piece]], count: int, seed: int) -> Iterator[tuple[str, str]]:
    """All files of a tree: path and text."""
    yield from homes().items()
    random = Random(seed)  # noqa: S311 - the same tree each time
    for path, pieces in users.items():
        yield path, _ended("".join(piece.before for piece in pieces), random)
    filler = Filler(random, OWN_WORDS)
    for number in range(max(0, count - len(users) - len(homes()))):
        text = f'"""Part {number}."""\n\n{filler.text(_size(random, _FILLER_SIZE))}'
        if number < _BROKEN * count // FILES:
            text += "\ndef broken(:\n    pass\n"
        yield f"library_{number // _FOLDER:04}/part_{number:06}.py", _ended(text, random)


def _ended(text: str, random: Random) -> str:
    return text.removesuffix("\n") if random.random() < _NO_LAST_LINE_END else text


def _size(random: Random, shape: tuple[int, float]) -> int:
    return min(_LARGEST, round(random.lognormvariate(math.log(shape[0]), shape[1])))


def _users(share: float, seed: int) -> Iterator[tuple[str, Iterator[Piece]]]:
    """The files that name what the plan is about: path and pieces."""
    random = Random(seed)  # noqa: S311
    filler = Filler(random, OWN_WORDS)
    for number, forms in enumerate(_dealt_to_files(share, random)):
        size = round(_size(random, _CANDIDATE_SIZE) * min(1, max(share, 0.1)))
        yield f"tests/area_{number // _FOLDER:02}/test_case_{number:04}.py", _pieces(number, forms, size, filler)


def _dealt_to_files(share: float, random: Random) -> list[list[Form]]:
    """Which forms each of these files has."""
    imports, mentions, calls = (list(dealt(forms, share)) for forms in (IMPORTS, MENTIONS, CALLS))
    files = [[form] for form in imports if form.head[0]]
    for number, form in enumerate(form for form in imports if not form.head[0]):
        if number % 3:
            random.choice(files).append(form)
        else:
            files.append([form])
    for form in mentions:
        if len(files) < _CANDIDATES * share:
            files.append([form])
        else:
            random.choice(files).append(form)
    random.shuffle(files)
    calling: list[list[Form]] = [[] for _ in range(max(1, round(_CALLING * share)))]
    shared = min(round(_SHARED * share), len(files), len(calling))
    calling[:shared] = files[:shared]
    changing = [form for form in calls if form.changes]
    for number, form in enumerate(changing):
        (calling[number] if number < len(calling) else random.choice(calling)).append(form)
    kept: list[list[Form]] = []
    for form in calls:
        if not form.changes:
            if form.count > _CALLING:
                kept.append([form])
            else:
                random.choice(calling).append(form)
    return [*files, *calling[shared:], *kept]


def _pieces(number: int, forms: list[Form], size: int, filler: Filler) -> Iterator[Piece]:
    yield plain(f'"""Case {number}."""\n\n')
    if any(form.phase == 4 for form in forms):
        yield plain(CALLEE_IMPORT)
    for form in forms:
        yield from form.heads()
    part = size // (len(forms) + 1)
    yield plain(f"\n{filler.text(part)}")
    for place, form in enumerate(forms):
        yield from form.bodies(number * 100 + place)
        yield plain(f"\n\n{filler.text(part)}")


def _sites(pieces: list[Piece]) -> list[Site]:
    found: list[Site] = []
    line = 1
    for piece in pieces:
        count = piece.before.count("\n")
        if piece.phase:
            found.append(Site(piece.phase, piece.form, line, line + count - 1, piece.after, piece.stays))
        line += count
    return found


def _commit(repository: Path, files: Iterator[tuple[str, str]]) -> None:
    """One commit of all files in a bare repository, without a working tree in between."""
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", "--template=", str(repository)], check=True
    )
    importer = subprocess.Popen(
        ["git", "-c", "core.compression=1", "-c", "pack.compression=1", "fast-import", "--quiet", "--depth=0"],
        cwd=repository,
        stdin=subprocess.PIPE,
    )
    assert importer.stdin is not None
    with importer.stdin as stream:
        stream.write(
            b"commit refs/heads/main\ncommitter speed <speed@example.invalid> 1700000000 +0000\ndata 4\ntree\n"
        )
        for path, text in files:
            content = text.encode("utf-8", "surrogatepass")
            stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
    if importer.wait():
        raise RuntimeError(f"git fast-import ended with {importer.returncode}")
