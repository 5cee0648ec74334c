"""A case of the matrix: a small world with an old and a new home, the user's files, and what a probe must see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

Best = Literal["right", "reported"]
Edits = Mapping[str, str]

STATIC = "static()"
"""The probe of a file that not every interpreter can run: what its import statements say."""


@dataclass(frozen=True, eq=False)
class Case:
    """One form, in one file as a rule, with the move that concerns it.

    In the old home every moved object says `"old"` and every other one `"stay"`; in the new home they say `"new"`.
    The probe, an expression in the user's namespace, gathers such words from what the file's code reaches.

    Attributes:
        moves: (old, new) as in a plan.
        files: the user's files, path to bytes; the first one is loaded and probed.
        after: those of them that a right answer changes, as this project would write them; None where nothing but
            a report can be asked of a tool.
        best: `reported` where saying so is as good as any edit.
        world: other files, which are put back before the second probe.
        plan: more lines of `[plan]`, in TOML.
        strings: the move's `strings`.
        setup: statements to run before the file is loaded.
        keep: texts that must survive, besides comments, line ends, BOM, form feeds and the end of the file.
        once: a text that may stand there at most once afterwards.
        ours_only: a notion of this tool that others cannot be asked for.
        python: the first version that can run it.
    """

    id: str
    group: str
    moves: tuple[tuple[str, str], ...]
    files: Mapping[str, bytes]
    after: Mapping[str, bytes] | None
    best: Best = "right"
    probe: str = "seen()"
    world: Mapping[str, bytes] = field(default_factory=dict)
    plan: str = ""
    strings: str = "targets"
    setup: str = ""
    keep: tuple[bytes, ...] = ()
    once: bytes = b""
    ours_only: bool = False
    python: tuple[int, int] = (3, 11)
    source_root: str = "."

    @property
    def path(self) -> str:
        """The file that is loaded."""
        return next(iter(self.files))

    @property
    def is_noop(self) -> bool:
        return self.after is not None and not self.after

    @property
    def is_module_move(self) -> bool:
        return all(":" not in old for old, _ in self.moves)

    @property
    def is_member_move(self) -> bool:
        return any("." in old.partition(":")[2] for old, _ in self.moves)

    @property
    def shows(self) -> str:
        """The lines of the form that name the old home, in brief."""
        text = self.files[self.path].decode("latin-1")
        leaves = {part for old, _ in self.moves for part in old.replace(":", ".").split(".")[-2:]}
        lines = [line.strip() for line in text.splitlines()]
        naming = [line for line in lines if any(leaf in line for leaf in leaves)] or [line for line in lines if line]
        return " ⏎ ".join(naming[:2])

    def results(self, changed: Mapping[str, bytes]) -> dict[str, bytes]:
        """The user's files with `changed` ones replaced."""
        return {**self.files, **changed}


def make(
    id: str,
    group: str,
    moves: tuple[tuple[str, str], ...],
    before: str | bytes | Mapping[str, str | bytes],
    edits: Edits | Mapping[str, Edits] | None,
    path: str = "user.py",
    world: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    **more: object,
) -> Case:
    """A case from text; `edits` are the replacements of a right answer, none for a no-op, None for a report.

    Raises:
        ValueError: an edit replaces a text that is not there.
    """
    texts = before if isinstance(before, Mapping) else {path: before}
    files = {name: text if isinstance(text, bytes) else text.encode(encoding) for name, text in texts.items()}
    per_file = {path: edits} if edits and path in files and not isinstance(before, Mapping) else edits
    after: dict[str, bytes] | None = None
    if per_file is not None:
        after = {}
        for name, changes in per_file.items():
            content = files[name]
            assert isinstance(changes, Mapping), f"case {id!r}: edits go by file where there are several"
            for old, new in changes.items():
                assert isinstance(new, str)
                if old.encode(encoding) not in content:
                    raise ValueError(f"case {id!r}: {name} does not have {old!r}")
                content = content.replace(old.encode(encoding), new.encode(encoding))
            after[name] = content
    stubs = {name: text.encode() for name, text in (world or {}).items()}
    case = Case(id, group, moves, files, after, "right" if edits is not None else "reported", world=stubs)
    return replace(case, **more)  # type: ignore[arg-type]


def write_world(case: Case, root: Path, *, same_name: bool = False) -> None:
    """Write homes, stubs and the user's files below `root`.

    Args:
        same_name: the new home has its objects by their old names, too, for tools that move but cannot rename.
    """
    _write(root, restored(case, same_name=same_name))
    _write(root, case.files)


def restored(case: Case, *, same_name: bool = False) -> dict[str, bytes]:
    """What stands around the user's files: homes, other stubs, and the packages' `__init__.py`."""
    base = PurePosixPath(case.source_root)
    files = {(base / path).as_posix(): text.encode() for path, text in _homes(case, same_name=same_name)}
    files |= case.world
    for path in [PurePosixPath(name) for name in (*files, *case.files)]:
        for folder in path.parents:
            if folder != base and folder.is_relative_to(base) and path.suffix in (".py", ".pyi"):
                files.setdefault((folder / "__init__.py").as_posix(), b"")
    return {path: content for path, content in files.items() if path not in case.files}


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        full = root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content)


def _homes(case: Case, *, same_name: bool) -> Iterator[tuple[str, str]]:
    olds: dict[str, set[str]] = {}
    news: dict[str, set[str]] = {}
    for old, new in case.moves:
        module, _, name = old.partition(":")
        home, _, renamed = new.partition(":")
        if not name:
            yield from _whole_module(module, "old")
            yield from _whole_module(home, "new")
            continue
        olds.setdefault(module, set()).add(name)
        news.setdefault(home, set()).update({renamed} | ({name} if same_name and "." not in name else set()))
    for module, moved in olds.items():
        yield _file(module), _old_home(moved)
    for module, names in news.items():
        yield _file(module), 'HOME = "new"\n' + "".join(_object(n, "new") for n in sorted(names | {"Extra"}))


_NAMES = ("A", "C", "Other", "run", "TABLE")


def _file(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _whole_module(module: str, home: str) -> Iterator[tuple[str, str]]:
    text = f'HOME = "{home}"\n' + "".join(_object(name, home) for name in _NAMES)
    folder = module.replace(".", "/")
    yield f"{folder}/__init__.py", text
    yield f"{folder}/sub.py", text


def _old_home(moved: set[str]) -> str:
    text = 'HOME = "stay"\n' + "".join(_object(name, "old" if name in moved else "stay") for name in _NAMES)
    get, utc = ("old" if name in moved else "stay" for name in ("central.get", "Zone.utc"))
    return text + (
        f'\n\nclass _Central:\n    def get(self, name=""):\n        return "{get}"\n\n'
        '    def put(self):\n        return "stay"\n\n\ncentral = _Central()\n'
        f'\n\nclass _Mark:\n    home = "{utc}"\n\n\nclass Zone:\n    utc = _Mark()\n    name = "stay"\n'
    )


def _object(name: str, home: str) -> str:
    if name == "TABLE":
        return f'\n\nTABLE = {{"home": "{home}"}}\n'
    if name.isupper() and len(name) > 1:
        return f'\n\nclass _Mark:\n    home = "{home}"\n\n\n{name} = _Mark()\n'
    if name[0].islower():
        return f'\n\ndef {name}(name=""):\n    return "{home}"\n'
    return (
        f'\n\nclass {name}:\n    home = "{home}"\n\n    class Inner:\n        home = "{home}"\n\n'
        f'    @staticmethod\n    def make():\n        return "{home}"\n'
    )
