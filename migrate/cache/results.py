"""What steps have found in single files, so that after an edit only the files that have changed are looked at."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from migrate.cache.codec import canonical, decode, encode, name_of
from migrate.cache.entries import sealed, unsealed
from migrate.executors.tasks import Task

_TABLES = 64
"""Rounds of which results are kept; those that were not asked for go first."""

_Table = dict[str, Any]
"""Results in JSON types, by path and what a step was told of the file alone."""


class Results:
    """Results of pure steps. One holds for a file with the same mark, and a step that is told the same.

    Args:
        marks: what the system says of each file now, see `Places`; others are not kept.
        content: of `to_bytes` of another time; None where there is none.
    """

    def __init__(self, marks: Mapping[bytes, bytes], content: bytes | None) -> None:
        self._marks = marks
        self._used: dict[str, _Table] = {}
        self._old: dict[str, _Table] = {}
        self._round: tuple[Callable[..., Any], object, _Table | None] | None = None
        body = None if content is None else unsealed(content)
        if body is not None:
            document = json.loads(body)
            same = {path for path, mark in document["marks"].items() if self._mark(path) == mark}
            for name, table in document["tables"].items():
                self._old[name] = {key: each for key, each in table.items() if key.partition("\0")[0] in same}

    def recall(self, step: Callable[..., Any], spec: object, tasks: Sequence[Task]) -> dict[int, Any]:
        """The results that are known, by the numbers of their tasks."""
        table = self._table(step, spec)
        found: dict[int, Any] = {}
        for number, task in enumerate(tasks):
            key = self._key(task)
            if table is not None and key is not None and key in table:
                found[number] = decode(table[key])
        return found

    def note(self, step: Callable[..., Any], spec: object, task: Task, result: Any) -> None:
        """Take up what a step has found."""
        table, key = self._table(step, spec), self._key(task)
        if table is not None and key is not None:
            with suppress(TypeError):  # a kind of result that is not kept
                table[key] = encode(result)

    def to_bytes(self) -> bytes:
        """For another time."""
        rest = list(self._old.items())[: max(0, _TABLES - len(self._used))]
        tables = {**self._used, **dict(rest)}
        paths = {key.partition("\0")[0] for table in tables.values() for key in table}
        marks = {path: self._mark(path) for path in paths}
        return sealed(json.dumps({"marks": marks, "tables": tables}, separators=(",", ":")).encode())

    def _table(self, step: Callable[..., Any], spec: object) -> _Table | None:
        """The results of a step that was told the same; None where what it was told cannot be compared."""
        if self._round is None or self._round[0] is not step or self._round[1] is not spec:
            try:
                name = name_of(step, spec)
            except TypeError:
                table = None
            else:
                table = self._used[name] = self._used.get(name, self._old.pop(name, {}))
            self._round = step, spec, table
        return self._round[2]

    def _key(self, task: Task) -> str | None:
        """None for a file that is planned, or of which nothing is known."""
        if task.content is not None or self._mark(task.path) is None:
            return None
        return f"{task.path}\0{canonical(task.about)}" if task.about else task.path

    def _mark(self, path: str) -> str | None:
        try:
            mark = self._marks.get(os.fsencode(path))
        except UnicodeEncodeError:
            return None
        return None if mark is None else mark.decode("utf-8", "surrogateescape")
