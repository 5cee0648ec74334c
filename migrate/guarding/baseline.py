"""The baseline: a file of findings that a team knows of, and wants to have fewer of as time goes by."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct

from migrate.errors import Exit, MigrateError
from migrate.guarding.seen import Seen
from rollback.atomic import stage, sync_folder
from rollback.errors import escape, explain

SCHEMA = 1


class Key(NamedTuple):
    """What a finding is known by while lines shift and other lines change; several may have the same one."""

    path: str
    code: str
    subject: str
    text: str

    @classmethod
    def of(cls, seen: Seen) -> Key:
        finding = seen.finding
        return cls(finding.path, finding.code, finding.subject, seen.squeezed)

    @property
    def elsewhere(self) -> tuple[str, str, str]:
        """The same finding in whatever file."""
        return self.code, self.subject, self.text


class Compared(Struct, frozen=True):
    """What is there, against what a baseline says.

    Attributes:
        new: findings that it does not have. known: those that it has.
        gone: how many of its findings are no longer there.
    """

    new: tuple[Seen, ...]
    known: tuple[Seen, ...]
    gone: int


class BaselineError(MigrateError):
    """The baseline file is missing or cannot be used."""

    exit_code = Exit.USAGE


def read_baseline(file: Path, plan: str) -> Mapping[Key, int]:
    """How many findings of each kind a baseline has.

    Args:
        plan: the name of the plan it has to be of.
    Raises:
        BaselineError: there is no such file, it is no baseline, or it is the one of another plan.
    """
    shown = escape(str(file))
    anew = "remove it and write it anew with --update-baseline"
    try:
        document = json.loads(file.read_bytes())
        schema, named = document["schema"], document["plan"]
        is_current = type(schema) is int and schema == SCHEMA
        found = _counts(document["findings"]) if is_current else {}
    except FileNotFoundError:
        raise BaselineError(f"{shown}: no such baseline; write it with --baseline {shown} --update-baseline") from None
    except OSError as error:
        raise BaselineError(f"{shown}: the baseline cannot be read: {explain(error)}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BaselineError(f"{shown}: not a baseline of `migrate guard`; name the right file, or {anew}") from None
    if not is_current:
        version = escape(repr(schema))
        raise BaselineError(f"{shown}: a baseline of schema {version}, this version reads {SCHEMA}; {anew}")
    if named != plan:
        other = escape(repr(named))
        raise BaselineError(f"{shown}: the baseline of the plan {other}, this one is {plan!r}; name its own, or {anew}")
    return found


def compare(
    seen: Sequence[Seen],
    baseline: Mapping[Key, int],
    *,
    is_looked_at: Callable[[str], bool],
    is_gone: Callable[[str], bool],
) -> Compared:
    """Tell new findings from known ones.

    Of findings that look the same as many are known as the baseline says, the first ones. Those of a file that is gone
    stand for the same ones in a file that has none of its own: it has another name now.

    Args:
        is_looked_at: has a path been looked at, so that what is missing in it is gone?
        is_gone: is there no such file any more?
    """
    left = Counter(dict(baseline))
    known: list[Seen] = []
    others: list[Seen] = []
    for each in seen:
        key = Key.of(each)
        (known if left[key] > 0 else others).append(each)
        left[key] -= left[key] > 0
    moved: defaultdict[tuple[str, str, str], list[Key]] = defaultdict(list)
    for key in sorted(left):
        if left[key] > 0 and is_gone(key.path):
            moved[key.elsewhere].append(key)
    new: list[Seen] = []
    for each in others:
        from_elsewhere = next((key for key in moved[Key.of(each).elsewhere] if left[key] > 0), None)
        if from_elsewhere is not None:
            left[from_elsewhere] -= 1
            known.append(each)
        else:
            new.append(each)
    gone = sum(number for key, number in left.items() if number > 0 and is_looked_at(key.path))
    return Compared(tuple(new), tuple(sorted(known, key=lambda each: each.finding.order)), gone)


def baseline_text(seen: Sequence[Seen], plan: str) -> bytes:
    """The file for these findings: JSON, sorted, a line for each kind, the same for the same findings."""
    counts = sorted(Counter(map(Key.of, seen)).items())
    lines = (json.dumps({**key._asdict(), "count": number}) for key, number in counts)
    findings = "".join(f"{',' if at else ''}\n    {line}" for at, line in enumerate(lines))
    end = "\n  ]" if counts else "]"
    return f'{{\n  "schema": {SCHEMA},\n  "plan": {json.dumps(plan)},\n  "findings": [{findings}{end}\n}}\n'.encode()


def write_baseline(file: Path, content: bytes, root: Path) -> None:
    """Put a baseline in its place in one step.

    Args:
        root: of the working tree, out of which no link of its own may lead.
    Raises:
        BaselineError: that is not possible; what was there is as before.
    """
    target = Path(os.path.realpath(file))
    if Path(os.path.abspath(file)).is_relative_to(root) and not target.is_relative_to(root.resolve()):  # noqa: PTH100
        what = "leads out of the working tree by a symbolic link"
        raise BaselineError(f"{escape(str(file))}: {what}; name the file itself")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        mode = target.stat().st_mode & 0o7777 if target.exists() else None
        stage(content, mode, temporary, target)
        try:
            temporary.replace(target)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(target.parent)
    except OSError as error:
        raise BaselineError(f"{escape(str(file))}: the baseline cannot be written: {explain(error)}") from None


def _counts(entries: Any) -> Mapping[Key, int]:
    if not isinstance(entries, list):
        raise TypeError(entries)
    found = {_key(each): _count(each) for each in entries}
    if len(found) < len(entries):
        raise ValueError(entries)
    return found


def _key(entry: Any) -> Key:
    key = Key(*(entry[name] for name in Key._fields))
    if not all(isinstance(part, str) for part in key):
        raise TypeError(key)
    return key


def _count(entry: Any) -> int:
    number = entry["count"]
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError(number)
    return number
