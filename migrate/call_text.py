"""May a call in a file pass a callee of the plan what it no longer takes? Read from the file's text alone."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from migrate.needles import COPYING
from migrate.plan_calls import Call

_BLANK = rb"(?:\s++|\\(?:\r\n?|\n)|#[^\r\n]*+[\r\n])*+"
_STRING = b"|".join(
    [
        rb'"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3}',
        rb"'{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}",
        rb'"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"',
        rb"'[^'\\\r\n]*(?:\\.[^'\\\r\n]*)*'",
    ]
)
_STATEMENT = rb"^[ \t]*(?:(?:def|class|return|import|try|while|raise|pass|assert|del|global|nonlocal)(?!\w)|@)"
"""What no line begins with that stands in brackets."""

_CALLED = re.compile(
    _BLANK + rb"(?:\)" + _BLANK + rb")*(?:\." + _BLANK + rb"(?:__init__|__new__)" + _BLANK + rb")?[\[(]"
)
_ENDS = re.compile(rb"[)\r\n]")
"""Where there may be no call after all, but another statement."""
_ASKED_FOR = re.compile(rb"attr" + _BLANK + rb"\([^()]*['\"]\Z")
"""`getattr(module, "Name")`"""
_RENAMED = re.compile(_BLANK + rb"as\b" + _BLANK + rb"(\w*)")
_MEMBER = re.compile(_BLANK + rb"\.")
_CHOSEN_BEFORE = re.compile(rb"\b(?:else|or|and)" + _BLANK + rb"\(*" + _BLANK + rb"\Z")
_CHOSEN_AFTER = re.compile(_BLANK + rb"(?:\)" + _BLANK + rb")*(?:if|or|and|else)\b")
_CALLED_LATER = re.compile(rb"\)" + _BLANK + rb"[\[(]")
"""What `(Name if x else y)` ends with, where it is called."""
_PATH = rb"(?:\w+" + _BLANK + rb"\." + _BLANK + rb")*"
_BEHIND_PATH = re.compile(rb"(?<!\w)" + _PATH + rb"\Z")
_ASSIGNED = re.compile(rb"(\w*)[\s\\]*(:[^=\r\n]{0,200})?(?<![=!<>])=" + _BLANK + rb"[(\[]*" + _BLANK + _PATH + rb"\Z")
_SEVERAL = re.compile(rb"^[ \t]*+[\w.*()\[\] \t]*+,[\w., \t*()\[\]]*+=(?!=)", re.MULTILINE)
_VALUE_ENDS = re.compile(_BLANK + rb"(?:[,)\]]|(?:if|or|and|else)\b)")
_BLANKS = b" \t\r\n\f\\"
_IN_VALUE = _BLANKS + b"([." + bytes(code for code in range(128) if re.match(rb"\w", bytes([code])))
_EQUALS = re.compile(_BLANK + rb"=(?!=)")
_QUOTES = (b"'", b'"')
_NOT_CALLED = frozenset(bytes([code]) for code in b",:]='\"")
_NESTED = re.compile(rb"[()\[\]{}]|(?<!\\)[\r\n]")
_NEAR = 400
"""Bytes before a name in which its target is looked for."""
_WINDOW = 1500
"""The same where there are several targets and values."""


def may_pass_old(calls: Iterable[Call], names: Collection[str]) -> Callable[[bytes], bool]:
    """A cheap look at a file's text: may a call of what has one of `names` pass what it no longer takes?

    Also where the file has another name for it, or hands it on to a function together with the keyword. What is
    derived from it, copies and attributes of instances are another matter.
    """
    old = {name for call in calls for name in call.old}
    if not all(word.isascii() for word in (*old, *names)):
        return lambda _: True
    return _Test(frozenset(old), frozenset(names)).may_pass


class _Test:
    def __init__(self, old: frozenset[str], names: frozenset[str]) -> None:
        self._old = [word.encode() for word in sorted(old)]
        self._names = [name.encode() for name in sorted(names)]
        self._has_others = not names <= COPYING
        words = _any(self._old)
        self._tokens = re.compile(
            rb"[()\[\]{}]|#[^\r\n]*|(?:" + _STRING + rb")|\*\*|" + _STATEMENT + rb"|\b" + words + _BLANK + rb"=(?!=)",
            re.DOTALL | re.MULTILINE,
        )
        quotes = rb"(?:'''|\"\"\"|['\"])"
        self._quoted = re.compile(quotes + words + quotes)

    def may_pass(self, content: bytes) -> bool:
        passed = self._passed(content) if any(word in content for word in self._old) else []
        if not passed:
            return False
        if self._has_others and b"partial" in content and b"functools" in content:
            return True
        pending, seen = list(self._names), set(self._names)
        while pending:
            name = pending.pop()
            for found in _occurrences(name, content):
                other = self._at(content, found.start(), found.end(), passed[-1])
                if other is None:
                    return True
                if other and other not in seen:
                    seen.add(other)
                    pending.append(other)
        return self._is_handed_on(content, seen, passed)

    def _passed(self, content: bytes) -> list[int]:
        """Where an old keyword is passed, perhaps, by name or in a mapping; rising."""
        spreads = b"**" in content
        found: list[int] = []
        for word in self._old:
            for occurrence in _occurrences(word, content):
                start, end = occurrence.span()
                if (quote := content[end : end + 1]) in _QUOTES:
                    is_key = spreads and content[start - 1 : start] == quote
                    found += [end + (3 if content[end : end + 3] == quote * 3 else 1)] if is_key else []
                elif _EQUALS.match(content, end) and _may_be_argument(content, start):
                    found.append(start)
        return sorted(found)

    def _at(self, content: bytes, start: int, end: int, last_passed: int) -> bytes | None:
        """None where what is named at a place may be called with an old keyword; else another name given to it."""
        called = _CALLED.match(content, end) if content[end : end + 1] not in _NOT_CALLED else None
        if called is not None:
            if called.group().endswith(b"[") or (
                called.end() <= last_passed and self._passes(content, called.end(), last_passed)
            ):
                return None
            if not _ENDS.search(called.group()):
                return b""
        if renamed := _RENAMED.match(content, end):
            return renamed.group(1)
        if content[end : end + 1] == b"." or _MEMBER.match(content, end):
            return b""
        before = content[max(0, start - _NEAR) : start]
        last = before.rstrip(_BLANKS)
        if not last:
            return None if start > _NEAR else b""
        if before.endswith((b"'", b'"')):
            return None if _ASKED_FOR.search(before) else b""
        if last.endswith(b".") and (path := _BEHIND_PATH.search(before)):
            before = before[: path.start()]
            last = before.rstrip(_BLANKS)
        is_chosen = last.rstrip(b"(" + _BLANKS).endswith((b"else", b"or", b"and")) and _CHOSEN_BEFORE.search(before)
        if is_chosen or last.endswith(b":=") or _CHOSEN_AFTER.match(content, end):
            if _CALLED_LATER.search(content, end, last_passed) or self._passes(
                content, end, last_passed, is_around=True
            ):
                return None
            if not last.endswith(b":="):
                return None if b"=" in before else b""
        while before.endswith(b"(") and content[end : end + 1] == b")":
            before, end = before[:-1], end + 1
            last = before.rstrip(_BLANKS)
        if last.endswith(b"class"):
            return None  # its own definition: `cls(…)` is a call of it
        is_behind_comment = _may_be_comment(last, start)  # or in one
        if not (is_behind_comment or last.endswith((b"(", b",", b"=", b"[", b"*", b"."))):
            return b""
        if (end <= last_passed and self._passes(content, end, last_passed)) or _is_one_of_several(content, start):
            return None
        if not (is_behind_comment or last.rstrip(_IN_VALUE).endswith(b"=")):
            return b""
        assigned = _ASSIGNED.search(before)
        if assigned is None:
            return b""
        return None if assigned.group(2) else assigned.group(1) or None  # `n: type = Name`, or `if x: n = Name`

    def _passes(self, content: bytes, start: int, last_passed: int, *, is_around: bool = False) -> bool:
        """Does what follows, up to the end of the brackets that `start` is in, pass an old keyword?

        Args:
            last_passed: where the file passes one for the last time.
            is_around: up to the end of those around them, too.
        """
        depth, last, at, spread = 1, b"(", start, False
        for token in self._tokens.finditer(content, start):
            if token.start() > last_passed:
                return False
            text = token.group()
            between = content[at : token.start()].strip(_BLANKS)
            last = between[-1:] or last
            at = token.end()
            if text.startswith(b"#"):
                continue
            first = text[:1]
            if first in b"([{":
                depth += 1
            elif first in b")]}":
                depth -= 1
                if not depth:
                    if not is_around:
                        return False
                    depth = 1
            elif text == b"**":
                spread |= depth == 1
            elif first in b"'\"":
                if spread and self._quoted.fullmatch(text):
                    return True
            elif text.endswith(b"="):
                if (depth == 1 or spread) and last in b"(,":
                    return True
            else:
                return False  # another statement: there are no brackets around
            last = text[-1:]
        return False

    def _is_handed_on(self, content: bytes, names: Collection[bytes], passed: Sequence[int]) -> bool:
        """`submit(metadata=1, function=Name)`"""
        found = (each for name in names for each in _occurrences(name, content))
        values = sorted(each.start() for each in found if _VALUE_ENDS.match(content, each.end()))
        for start in passed if values else ():
            at = bisect.bisect(values, start)
            if at < len(values) and self._is_within(content, start, values[at]):
                return True
        return False

    def _is_within(self, content: bytes, start: int, end: int) -> bool:
        """Does `end` stand in the brackets that `start` is in?"""
        depth = 1
        for token in self._tokens.finditer(content, start, end):
            first = token.group()[:1]
            depth += (first in b"([{") - (first in b")]}")
            if not depth:
                return False
        return True


def _is_one_of_several(content: bytes, start: int) -> bool:
    """`A, B = 1, Name`"""
    before = content[max(0, start - _WINDOW) : start]
    targets = [found.end() for found in _SEVERAL.finditer(before)]
    depth = 0
    for token in _NESTED.finditer(before, targets[-1]) if targets else ():
        text = token.group()
        depth += (text in b"([{") - (text in b")]}")
        if text in b"\r\n" and depth <= 0:
            return False
    return bool(targets)


def _may_be_argument(content: bytes, start: int) -> bool:
    """Does what begins at `start` follow a parenthesis or a comma, perhaps with comments and line ends between?"""
    before = content[max(0, start - _NEAR) : start].rstrip(_BLANKS)
    if not before:
        return start > _NEAR
    return before.endswith((b"(", b",")) or _may_be_comment(before, start)


def _may_be_comment(before: bytes, start: int) -> bool:
    """May there be a comment on the last line of what is known before a place?"""
    line = before.rfind(b"\n") + 1
    return b"#" in before[line:] or (not line and start > _NEAR)


def _occurrences(name: bytes, content: bytes) -> Iterator[re.Match[bytes]]:
    return re.finditer(re.escape(name) + rb"(?<!\w" + re.escape(name) + rb")(?!\w)", content)


def _any(words: Iterable[bytes]) -> bytes:
    return rb"(?:" + b"|".join(rb"%s(?<!\w%s)" % (re.escape(w), re.escape(w)) for w in sorted(words)) + rb")"
