"""A model of a disk that loses power: what was not flushed may be there, or not, or in part.

It takes the strict reading of POSIX: a file's bytes last from an fsync of the file on, its name from an fsync of its folder
on, and nothing else makes anything last. Real file systems keep more than that, none keeps less.
The method is that of ALICE: https://www.usenix.org/conference/osdi14/technical-sessions/presentation/pillai
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chaos.calls import Operation

Choose = Callable[[list[bytes]], bytes]


@dataclass(eq=False)
class Node:
    """A file, link or folder: as the running system sees it, and what of that is on the platter.

    Attributes:
        names: of a folder, its entries. lasting_names: those that were flushed.
        data: of a file its bytes, of a link its target. lasting: those that were flushed.
    """

    kind: str
    mode: int
    lasting_mode: int
    data: bytes = b""
    lasting: bytes = b""
    names: dict[str, Node] = field(default_factory=dict)
    lasting_names: dict[str, Node] = field(default_factory=dict)


class Disk:
    """A folder with all that is in it, on a disk of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.realpath(folder)
        self._known: dict[int, Node] = {}
        self.top = self._load(self._folder)

    def do(self, operation: Operation) -> None:
        """Follow one operation; one that would fail, such as a folder that is there already, changes nothing."""
        folder, name = self._find(operation.path)
        node = None if folder is None else folder.names.get(name)
        if folder is None:
            return
        match operation.kind:
            case "create" | "mkdir" | "symlink":
                if node is None:
                    kind = {"create": "file", "mkdir": "folder", "symlink": "link"}[operation.kind]
                    mode = 0o777 if operation.mode is None else operation.mode & ~_UMASK
                    target = os.fsencode(operation.other)
                    folder.names[name] = Node(kind, mode, mode, target, target)
            case "unlink" | "rmdir":
                if node is not None and not node.names and (node.kind == "folder") == (operation.kind == "rmdir"):
                    del folder.names[name]
            case "rename" | "link":
                self._move(operation, node, folder, name)
            case _ if node is None:
                return
            case "write":
                head = node.data[: operation.offset].ljust(operation.offset, b"\0")
                node.data = head + operation.data + node.data[operation.offset + len(operation.data) :]
            case "truncate":
                node.data = node.data[: operation.offset].ljust(operation.offset, b"\0")
            case "attributes":
                node.mode = node.mode if operation.mode is None else operation.mode
            case "sync":
                node.lasting, node.lasting_mode = node.data, node.mode
                node.lasting_names = dict(node.names)

    def _move(self, operation: Operation, node: Node | None, folder: Node, name: str) -> None:
        target, new = self._find(operation.other)
        if node is None or target is None or target.names.get(new) is node:
            return
        if operation.kind == "link" and new in target.names:
            return
        target.names[new] = node
        if operation.kind == "rename":
            del folder.names[name]

    def _find(self, path: str) -> tuple[Node | None, str]:
        """The folder that `path` is in, and its name there; for the disk's own top a stand-in that holds it."""
        if path == self._folder:
            return Node("folder", 0, 0, names={"": self.top}), ""
        if not path.startswith(f"{self._folder}/"):
            return None, ""
        *folders, name = path[len(self._folder) + 1 :].split("/")
        node = self.top
        for each in folders:
            if each not in node.names:
                return None, name
            node = node.names[each]
        return node, name

    def _load(self, path: str) -> Node:
        facts = os.lstat(path)
        if facts.st_ino in self._known:
            return self._known[facts.st_ino]
        mode = stat.S_IMODE(facts.st_mode)
        if stat.S_ISDIR(facts.st_mode):
            names = {name: self._load(f"{path}/{name}") for name in os.listdir(path)}
            node = Node("folder", mode, mode, names=names, lasting_names=dict(names))
        elif stat.S_ISLNK(facts.st_mode):
            target = os.fsencode(os.readlink(path))
            node = Node("link", mode, mode, target, target)
        else:
            data = Path(path).read_bytes()
            node = Node("file", mode, mode, data, data)
        return self._known.setdefault(facts.st_ino, node)

    def write_strict(self, target: Path) -> None:
        """What is there after a power cut that loses all that was not flushed."""
        self._write(self.top, os.fspath(target), None, {})

    def write_lucky(self, target: Path, luck: random.Random) -> None:
        """What is there after a power cut that loses some of it, by chance: names one by one, bytes whole or in part."""
        self._write(self.top, os.fspath(target), luck, {})

    def _write(self, node: Node, path: str, luck: random.Random | None, done: dict[Node, str]) -> None:
        if node in done:
            os.link(done[node], path)
            return
        done[node] = path
        if node.kind == "link":
            os.symlink(os.fsdecode(node.lasting), path)
            return
        mode = node.lasting_mode if luck is None else luck.choice((node.lasting_mode, node.mode))
        if node.kind == "folder":
            os.mkdir(path)
            for name, entry in sorted(_entries(node, luck).items()):
                self._write(entry, f"{path}/{name}", luck, done)
        else:
            Path(path).write_bytes(_content(node, luck))
        os.chmod(path, mode)


def _entries(folder: Node, luck: random.Random | None) -> dict[str, Node]:
    if luck is None or folder.names == folder.lasting_names:
        return folder.lasting_names
    found = {}
    for name in sorted(folder.names.keys() | folder.lasting_names.keys()):
        entry = luck.choice((folder.names, folder.lasting_names)).get(name)
        if entry is not None:
            found[name] = entry
    return found


_SECTOR = 512


def _content(file: Node, luck: random.Random | None) -> bytes:
    """Each sector old or new by chance, one that is beyond the old end perhaps only zeros; the size old, new, or between."""
    old, new = file.lasting, file.data
    if luck is None or old == new:
        return old
    size = luck.choice((len(old), len(new), luck.randint(*sorted((len(old), len(new))))))
    zeros = b"\0" * _SECTOR
    parts = []
    for start in range(0, size, _SECTOR):
        sectors = [each[start : start + _SECTOR] for each in (old, new)]
        parts.append(luck.choice(sectors if sectors[0] else (sectors[1], zeros)).ljust(_SECTOR, b"\0"))
    return b"".join(parts)[:size]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_UMASK = _umask()
