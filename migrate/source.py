"""Bytes and text of one module: encoding cookie, BOM, line ends, and `ast` positions as byte offsets."""

from __future__ import annotations

import ast
import bisect
import gc
import re
import symtable
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice

from migrate.edits import Span

_BOM = b"\xef\xbb\xbf"
_ASCII = bytes(range(128))
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_TOO_DEEP = "nested too deeply to be read"


class UnparsableSource(ValueError):
    """CPython rejects the module.

    Attributes:
        line: from 1. column: from 0. reason: the parser's words.
    """

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(f"{line}:{column}: {reason}")
        self.line = line
        self.column = column
        self.reason = reason


@dataclass(frozen=True)
class Source:
    """One module as on disk.

    Line numbers count from 1 and end at `\\n`, `\\r` or `\\r\\n`, as for CPython's parser; a form feed ends no line.
    Columns count UTF-8 bytes of the decoded line, without a BOM:
    https://docs.python.org/3/library/ast.html#ast.AST.col_offset
    """

    content: bytes

    @cached_property
    def encoding(self) -> str:
        """Codec name from the cookie or BOM; `utf-8` without either.

        Raises:
            UnparsableSource: the cookie names no codec, or one in which ASCII is not itself, or contradicts the BOM.
        """
        # The cookie stands on one of the first two lines, and those may end in a `\r`, which `readline` goes past.
        ends = [found.end() for found in islice(_LINE_END.finditer(self.content), 2)]
        head = self.content[: ends[1]] if len(ends) == 2 else self.content
        try:
            name, _ = tokenize.detect_encoding(iter(head.splitlines(keepends=True)).__next__)
            is_transparent = _ASCII.decode(name) == _ASCII.decode("ascii")
        except (SyntaxError, LookupError, UnicodeError) as error:
            raise UnparsableSource(1, 0, str(error)) from None
        if not is_transparent:
            raise UnparsableSource(1, 0, f"places in {name} are not certain, as ASCII is not itself in it")
        return "utf-8" if name == "utf-8-sig" else name

    @property
    def bom(self) -> int:
        """Bytes of the byte order mark, 0 or 3."""
        return len(_BOM) if self.content.startswith(_BOM) else 0

    @cached_property
    def text(self) -> str:
        """The decoded module, without a BOM, line ends as they are.

        Raises:
            UnparsableSource: the bytes are not in the declared encoding.
        """
        try:
            return self.content[self.bom :].decode(self.encoding)
        except UnicodeDecodeError as error:
            line = len(_LINE_END.findall(self.content, 0, error.start + self.bom)) + 1
            raise UnparsableSource(line, 0, f"not {self.encoding}: {error.reason}") from None

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Byte offset of each line's first byte; the last entry is the length of the content."""
        lines = self.content[self.bom :].splitlines(keepends=True)  # of bytes: at these three ends only
        return tuple(accumulate(map(len, lines), initial=self.bom))

    def line(self, number: int) -> bytes:
        """Bytes of line `number` with its line end."""
        return self.content[self.line_starts[number - 1] : self.line_starts[number]]

    def offset(self, line: int, column: int) -> int:
        """Byte offset of an `ast` position."""
        start = self.line_starts[line - 1]
        if column == 0 or self.encoding == "utf-8":
            return start + column
        columns, offsets = self._pieces(line)
        piece = bisect.bisect_right(columns, column) - 1
        beyond = column - columns[piece]
        if piece % 2 == 0 or beyond == 0:
            return start + offsets[piece] + beyond
        run = self.content[start + offsets[piece] : start + offsets[piece + 1]].decode(self.encoding)
        prefix = run.encode("utf-8")[:beyond].decode("utf-8")
        return start + offsets[piece] + len(prefix.encode(self.encoding))

    def position(self, offset: int) -> tuple[int, int]:
        """The `ast` position, line and column, of a byte offset."""
        line = max(1, bisect.bisect_right(self.line_starts, offset))
        if line == len(self.line_starts) and line > 1 and not self._ends_with_newline:
            line -= 1
        start = self.line_starts[line - 1]
        if self.encoding == "utf-8":
            return line, max(0, offset - start)
        columns, offsets = self._pieces(line)
        piece = bisect.bisect_right(offsets, offset - start) - 1
        beyond = offset - start - offsets[piece]
        if piece % 2 == 1 and beyond:
            run = self.content[start + offsets[piece] : offset]
            beyond = len(run.decode(self.encoding).encode("utf-8"))
        return line, columns[piece] + beyond

    def _pieces(self, line: int) -> tuple[list[int], list[int]]:
        """Columns and bytes at which a line's pieces begin: ASCII (it may be empty) and the rest, in turn."""
        known = self._known_pieces.get(line)
        if known is None:
            raw = self.line(line) if line < len(self.line_starts) else b""  # after the last line's end
            text = raw.decode(self.encoding)
            columns, offsets = [0], [0]
            done = 0
            for found in _BEYOND_ASCII.finditer(text):
                run, plain = found.group(), found.start() - done
                length = len(run) if len(raw) == len(text) else len(run.encode(self.encoding))
                columns += (columns[-1] + plain, columns[-1] + plain + len(run.encode("utf-8")))
                offsets += (offsets[-1] + plain, offsets[-1] + plain + length)
                done = found.end()
            known = self._known_pieces[line] = columns, offsets
        return known

    @cached_property
    def _known_pieces(self) -> dict[int, tuple[list[int], list[int]]]:
        return {}

    @property
    def _ends_with_newline(self) -> bool:
        return self.content.endswith((b"\n", b"\r"))

    def span(self, node: ast.stmt | ast.expr | ast.keyword | ast.alias) -> Span:
        """The bytes of a node."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return Span(self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset))

    def slice(self, span: Span) -> str:
        """Decoded text of a span."""
        return self.content[span.start : span.end].decode(self.encoding)

    @cached_property
    def newline(self) -> str:
        """The first line's end, `\\n` where there is none."""
        found = _LINE_END.search(self.content)
        return found.group().decode("ascii") if found else "\n"

    def newline_at(self, offset: int) -> str:
        """The end of the line that holds a byte offset; that of the first line where it has none."""
        line = max(1, bisect.bisect_right(self.line_starts, offset))
        end = self.line_starts[min(line, len(self.line_starts) - 1)]
        found = _LINE_END.search(self.content, max(offset, end - 2), end)
        return found.group().decode("ascii") if found else self.newline

    def parse(self) -> ast.Module:
        """The module's syntax tree.

        Raises:
            UnparsableSource: CPython cannot parse the module.
        """
        return parse_module(self.content)

    def symbols(self) -> symtable.SymbolTable:
        """The module's symbol tables.

        Raises:
            UnparsableSource: CPython cannot parse the module, or rejects what its scopes declare.
        """
        with _parser():
            return symtable.symtable(self.content, "<module>", "exec")  # type: ignore[arg-type]

    def compiles(self) -> UnparsableSource | None:
        """Why CPython does not compile the module, or None when it does."""
        return compile_error(self.content)


def parse_module(content: bytes | str) -> ast.Module:
    """The syntax tree of a module's bytes, or of its decoded text.

    Raises:
        UnparsableSource: CPython cannot parse it.
    """
    with _parser():
        return ast.parse(content)


def compile_error(content: bytes | str) -> UnparsableSource | None:
    """Why CPython does not compile a module's bytes, or its decoded text; None when it does."""
    try:
        with _parser():
            compile(content, "<module>", "exec", dont_inherit=True)
    except UnparsableSource as error:
        return error
    return None


def readable(content: bytes) -> Source:
    """The source, or what stands in for it where a redirect replaces bytes that are no text."""
    source = Source(content)
    try:
        source.text  # noqa: B018 - decodes
    except UnparsableSource:
        source.__dict__["encoding"] = "latin-1"
    return source


@contextmanager
def _parser() -> Iterator[None]:
    """The parser's errors as one kind; no warnings about the target's code.

    No collector runs meanwhile: a tree is many objects and no garbage.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except SyntaxError as error:
        raise UnparsableSource(error.lineno or 1, max(0, (error.offset or 1) - 1), error.msg) from None
    except RecursionError:
        raise UnparsableSource(1, 0, _TOO_DEEP) from None
    except (ValueError, MemoryError) as error:
        raise UnparsableSource(1, 0, str(error) or type(error).__name__) from None
    finally:
        if enabled:
            gc.enable()
