"""The plan's own file: its text, kept as it is, and a new one put in its place in one step."""

from __future__ import annotations

import codecs
import errno
import os
from pathlib import Path

from msgspec import Struct

from rollback.atomic import put
from rollback.errors import OutsideRoot


class PlanText(Struct, frozen=True):
    """The text of a plan file.

    Attributes:
        text: without a byte order mark, lines ended by `\\n` where they all end alike.
        bom: whether the file begins with one. crlf: whether all its lines end in `\\r\\n`.
    """

    text: str
    bom: bool = False
    crlf: bool = False

    @staticmethod
    def of(content: bytes) -> PlanText:
        bom = content.startswith(codecs.BOM_UTF8)
        text = content.removeprefix(codecs.BOM_UTF8).decode()
        crlf = 0 < text.count("\r\n") == text.count("\n")
        return PlanText(text.replace("\r\n", "\n") if crlf else text, bom, crlf)

    def encode(self) -> bytes:
        text = self.text.replace("\n", "\r\n") if self.crlf else self.text
        return (codecs.BOM_UTF8 if self.bom else b"") + text.encode()


def write_plan(path: Path, content: bytes, root: Path, *, create: bool = False) -> None:
    """Put `content` in the place of the file at `path`, or leave the file as it is; a link stays one.

    Raises:
        OutsideRoot: the file is a link in the folder `root`, or below, that leads out of it.
        OSError: it cannot be written, or is not there and not to be created.
    """
    real = path.resolve()
    named = path.parent.resolve() / path.name
    if named.is_relative_to(root.resolve()) and not real.is_relative_to(root.resolve()):
        raise OutsideRoot(named.relative_to(root.resolve()).as_posix(), "is a link out of the root")
    is_there = real.exists()
    if not (is_there or create):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
    if is_there and not os.access(real, os.W_OK):  # a rename would go through all the same
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    mode = real.stat().st_mode & 0o7777 if is_there else None
    put(content, mode, real)
