"""What became of a case: the user's code run before and after, and the texts that had to survive."""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from benchmarks.matrix.case import Case
from benchmarks.matrix.prober import Seen

_LINE_END = re.compile(rb"\r\n|\r|\n")


class Outcome(StrEnum):
    """From best to worst; the first four are answers, the fifth is not the tool's fault."""

    RIGHT = "right"
    UNTIDY = "text lost"
    REPORTED = "reported"
    MISSED = "missed"
    BROKEN = "broken"
    CANNOT = "n/a"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one tool on one case, with its reason."""

    outcome: Outcome
    note: str = ""


def expected(case: Case, value: Any) -> Any:
    """What the probe has to see afterwards: the new home wherever it saw the old one."""
    if case.is_noop:
        return value
    if isinstance(value, list):
        return [expected(case, item) for item in value]
    return "new" if value == "old" else value


def judge(case: Case, before: Seen, after: Seen, files: Mapping[str, bytes], *, reported: bool) -> Verdict:
    """Compare what was seen `before` and `after`, and the user's `files` with what they were.

    Args:
        reported: the tool named one of the user's files as needing a person.
    """
    if after.error:
        return Verdict(Outcome.BROKEN, after.error)
    wanted = expected(case, before.value)
    if case.is_noop:
        return _judge_noop(case, before, after, files)
    if after.value == wanted:
        losses = lost_texts(case, files)
        return Verdict(Outcome.UNTIDY, "; ".join(losses)) if losses else Verdict(Outcome.RIGHT)
    if not _is_between(before.value, wanted, after.value):
        return Verdict(Outcome.BROKEN, f"reaches {json.dumps(after.value)}")
    return Verdict(Outcome.REPORTED if reported else Outcome.MISSED, "; ".join(lost_texts(case, files)))


def _judge_noop(case: Case, before: Seen, after: Seen, files: Mapping[str, bytes]) -> Verdict:
    if files == case.files:
        return Verdict(Outcome.RIGHT)
    if after.value != before.value:
        return Verdict(Outcome.BROKEN, f"reaches {json.dumps(after.value)}")
    losses = lost_texts(case, files)
    return Verdict(Outcome.UNTIDY, "; ".join(losses) or "changed, and had no need to be")


def _is_between(before: Any, wanted: Any, after: Any) -> bool:
    """Is each part of `after` as before or as wanted?"""
    if isinstance(after, list):
        if not (isinstance(before, list) and len(before) == len(after)):
            return False
        return all(map(_is_between, before, wanted, after))
    return after in (before, wanted)


def lost_texts(case: Case, files: Mapping[str, bytes]) -> list[str]:
    """Texts outside of imports and uses that are gone, each in words."""
    losses: list[str] = []
    for path, before in case.files.items():
        after = files[path]
        if after == before:
            continue
        gone = _comments(before) - _comments(after)
        losses += [f"comment lost: {comment}" for comment in gone]
        if not set(_LINE_END.findall(after)) <= set(_LINE_END.findall(before)):
            losses.append("line ends changed")
        if before.startswith(b"\xef\xbb\xbf") != after.startswith(b"\xef\xbb\xbf"):
            losses.append("BOM lost")
        if before.count(b"\f") > after.count(b"\f"):
            losses.append("form feed lost")
        if _ends(before) != _ends(after):
            losses.append("end of file changed")
    everything = b"\0".join(files[path] for path in case.files)
    losses += [f"text lost: {text.decode('latin-1')!r}" for text in case.keep if text not in everything]
    if case.once and everything.count(case.once) > 1:
        losses.append(f"bound twice: {case.once.decode()}")
    return losses


def _ends(content: bytes) -> bool:
    return content.endswith((b"\n", b"\r"))


def _comments(content: bytes) -> Counter[str]:
    try:
        tokens = list(tokenize.tokenize(io.BytesIO(content).readline))
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return Counter(re.findall(r"#.*", content.decode("latin-1")))
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)
