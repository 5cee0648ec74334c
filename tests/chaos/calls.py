"""What a filtered system call is about to do to a folder, read from the caller's memory while it waits."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from chaos.seccomp import Notification

_AT_FDCWD = -100
_AT_REMOVEDIR = 0x200


@dataclass(frozen=True, slots=True)
class Operation:
    """One change to the file system, or one flush.

    Attributes:
        kind: "create" (open with O_CREAT), "truncate", "write", "sync", "rename", "link", "symlink", "unlink",
            "mkdir", "rmdir" or "attributes" (mode, owner, extended attributes).
        path: absolute; of a rename or link the old name.
        other: the new name of a rename or link; the target of a symlink.
        offset: where a write starts, or the size that a truncation leaves; bytes.
        data: what a write writes.
        mode: permission bits, of "create", "mkdir" and a change of mode; otherwise None.
    """

    kind: str
    path: str
    other: str = ""
    offset: int = 0
    data: bytes = b""
    mode: int | None = None


def read_operation(call: Notification) -> Operation | None:
    """The operation of `call`; None for one that concerns no file, such as a write into a pipe."""
    return _Caller(call).operation()


class _Caller:
    def __init__(self, call: Notification) -> None:
        self._call = call
        self._args = call.args
        self._proc = f"/proc/{call.pid}"

    def operation(self) -> Operation | None:
        name, args = self._call.name, self._args
        match name:
            case "open" | "creat":
                flags = args[1] if name == "open" else os.O_CREAT | os.O_TRUNC
                return self._opened(_AT_FDCWD, args[0], flags, args[2] if name == "open" else args[1])
            case "openat":
                return self._opened(_signed(args[0]), args[1], args[2], args[3])
            case "write":
                return self._written(args[0], self._memory(args[1], args[2]), None)
            case "pwrite64":
                return self._written(args[0], self._memory(args[1], args[2]), args[3])
            case "writev" | "pwritev":
                return self._written(args[0], self._vector(args[1], args[2]), None if name == "writev" else args[3])
            case "sendfile" if args[2] != 0:
                (start,) = struct.unpack("q", self._memory(args[2], 8))
                return self._written(args[0], self._read(f"fd/{args[1]}")[start : start + args[3]], None)
            case "fsync" | "fdatasync":
                return self._on_file("sync", args[0])
            case "ftruncate":
                return self._on_file("truncate", args[0], args[1])
            case "fchmod":
                return self._on_file("attributes", args[0], mode=args[1] & 0o7777)
            case "fchown" | "fsetxattr":
                return self._on_file("attributes", args[0])
            case "rename" | "link":
                return Operation(name, self._path(_AT_FDCWD, args[0]), self._path(_AT_FDCWD, args[1]))
            case "renameat" | "renameat2" | "linkat":
                old, new = self._path(_signed(args[0]), args[1]), self._path(_signed(args[2]), args[3])
                return Operation("link" if name == "linkat" else "rename", old, new)
            case "unlink" | "rmdir":
                return Operation(name, self._path(_AT_FDCWD, args[0]))
            case "unlinkat":
                kind = "rmdir" if args[2] & _AT_REMOVEDIR else "unlink"
                return Operation(kind, self._path(_signed(args[0]), args[1]))
            case "mkdir":
                return Operation(name, self._path(_AT_FDCWD, args[0]), mode=args[1] & 0o7777)
            case "mkdirat":
                return Operation("mkdir", self._path(_signed(args[0]), args[1]), mode=args[2] & 0o7777)
            case "symlink":
                return Operation(name, self._path(_AT_FDCWD, args[1]), self._text(args[0]))
            case "symlinkat":
                return Operation("symlink", self._path(_signed(args[1]), args[2]), self._text(args[0]))
            case "chmod":
                return Operation("attributes", self._path(_AT_FDCWD, args[0]), mode=args[1] & 0o7777)
            case "fchmodat":
                return Operation("attributes", self._path(_signed(args[0]), args[1]), mode=args[2] & 0o7777)
            case "chown":
                return Operation("attributes", self._path(_AT_FDCWD, args[0]))
            case _:
                raise ValueError(f"{name}{args}: the model of a disk has no such call; tell it here what it does")

    def _opened(self, folder: int, name: int, flags: int, mode: int) -> Operation | None:
        path = self._path(folder, name)
        if flags & os.O_CREAT and not os.path.lexists(path):
            return Operation("create", path, mode=mode & 0o7777)
        if flags & os.O_TRUNC:
            return Operation("truncate", path)
        return None

    def _written(self, descriptor: int, data: bytes, offset: int | None) -> Operation | None:
        if offset is None:
            facts = dict(line.split(":\t") for line in self._read(f"fdinfo/{descriptor}").decode().splitlines()[:2])
            offset = int(facts["pos"])
            if int(facts["flags"], 8) & os.O_APPEND:
                offset = os.stat(f"{self._proc}/fd/{descriptor}").st_size
        return self._on_file("write", descriptor, offset, data)

    def _on_file(
        self, kind: str, descriptor: int, offset: int = 0, data: bytes = b"", mode: int | None = None
    ) -> Operation | None:
        path = os.readlink(f"{self._proc}/fd/{descriptor & 0xFFFFFFFF}")
        if not path.startswith("/") or path.endswith(" (deleted)"):
            return None
        return Operation(kind, path, "", offset, data, mode)

    def _path(self, folder: int, name: int) -> str:
        text = self._text(name)
        base = os.readlink(f"{self._proc}/cwd" if folder == _AT_FDCWD else f"{self._proc}/fd/{folder}")
        parent, last = os.path.split(os.path.normpath(os.path.join(base, text)))
        return os.path.join(os.path.realpath(parent), last)

    def _text(self, address: int) -> str:
        found = b""
        while b"\0" not in found:
            room = 256 - (address + len(found)) % 256  # never across a page that may not be there
            found += self._memory(address + len(found), room)
        return os.fsdecode(found.partition(b"\0")[0])

    def _vector(self, address: int, count: int) -> bytes:
        pairs = struct.iter_unpack("QQ", self._memory(address, 16 * count))
        return b"".join(self._memory(start, size) for start, size in pairs)

    def _memory(self, address: int, size: int) -> bytes:
        with open(f"{self._proc}/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            return memory.read(size)

    def _read(self, name: str) -> bytes:
        with open(f"{self._proc}/{name}", "rb") as file:
            return file.read()


def _signed(value: int) -> int:
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value
