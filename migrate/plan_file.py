"""The plan's own file: its text, kept as it is, and a new one put in its place in one step."""

from __future__ import annotations

import codecs
import os
from dataclasses import dataclass
from pathlib import Path

from rollback.atomic import stage, sync_folder


@dataclass(frozen=True, slots=True)
class PlanText:
    """The text of a plan file.

    Attributes:
        text: without a byte order mark, lines ended by `\\n`.
        bom: whether the file begins with one. crlf: whether its lines end in `\\r\\n`.
    """

    text: str
    bom: bool = False
    crlf: bool = False

    @staticmethod
    def of(content: bytes) -> PlanText:
        bom = content.startswith(codecs.BOM_UTF8)
        text = content.removeprefix(codecs.BOM_UTF8).decode()
        crlf = "\r\n" in text
        return PlanText(text.replace("\r\n", "\n"), bom, crlf)

    def encode(self) -> bytes:
        text = self.text.replace("\n", "\r\n") if self.crlf else self.text
        return (codecs.BOM_UTF8 if self.bom else b"") + text.encode()


def write_plan(path: Path, content: bytes) -> None:
    """Put `content` in the place of the file at `path`, or leave the file as it is.

    Raises:
        OSError: it cannot be written.
    """
    real = path.resolve()
    mode = real.stat().st_mode & 0o7777 if real.exists() else None
    temp = real.with_name(f".{real.name}.{os.getpid()}.tmp")
    stage(content, mode, temp, real)
    try:
        temp.replace(real)
    except OSError:
        temp.unlink(missing_ok=True)
        raise
    sync_folder(real.parent)
