"""Put every case before every tool."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.matrix.case import Case, restored, write_world
from benchmarks.matrix.judge import Outcome, Verdict, judge
from benchmarks.matrix.prober import Prober, Seen
from benchmarks.matrix.tool import Tool

_ORDER = list(Outcome)


def verdicts(tool: Tool, cases: Iterable[Case], prober: Prober) -> dict[Case, Verdict]:
    """What `tool` makes of each case."""
    return {case: verdict(tool, case, prober) for case in cases}


def verdict(tool: Tool, case: Case, prober: Prober) -> Verdict:
    """The best that one of the ways to call `tool` makes of `case`."""
    ways = () if case.ours_only and tool.name != "ssot-migrate" else tool.ways(case)
    found = [_try(tool, case, way, prober) for way in ways]
    return min(found, key=lambda v: _ORDER.index(v.outcome), default=Verdict(Outcome.CANNOT))


def _try(tool: Tool, case: Case, way: str, prober: Prober) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
        root = Path(folder).resolve()
        easy = not tool.renames(way)
        write_world(case, root, same_name=easy)
        before = prober.look(case, root)
        if before.error:
            raise ValueError(f"case {case.id!r} of {case.group} does not run as it is: {before.error}")
        ran = tool.run(case, root, way)
        files = _read(case, root)
        for path, content in restored(case, same_name=easy).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        after = prober.look(case, root) if None not in files.values() else Seen(error="the file is gone")
        texts = {path: content or b"" for path, content in files.items()}
        found = judge(case, before, after, texts, reported=ran.reported)
    note = "; ".join(filter(None, (found.note, ran.crashed and f"crashed: {ran.crashed}")))
    return Verdict(found.outcome, note.replace(str(root), ""))


def _read(case: Case, root: Path) -> Mapping[str, bytes | None]:
    return {path: (root / path).read_bytes() if (root / path).is_file() else None for path in case.files}
