"""`python -m benchmarks.matrix`: run every case with every tool and write the page."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.matrix.case import Case
from benchmarks.matrix.cases import CASES
from benchmarks.matrix.judge import Outcome
from benchmarks.matrix.ours import Ours
from benchmarks.matrix.page import Column, page
from benchmarks.matrix.peers import NAMES, NoSuchPeer, Peer
from benchmarks.matrix.prober import Prober
from benchmarks.matrix.run import verdicts
from benchmarks.matrix.tool import Tool


def main() -> None:
    """Read the options, run, write; exit 1 when this tool misses or breaks anything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matrix", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page to FILE instead of stdout")
    parser.add_argument("--peers-python", metavar="PATH", help="a Python that has benchmarks/requirements.txt")
    parser.add_argument("--only", metavar="TEXT", default="", help="cases whose group or name contains TEXT")
    parser.add_argument("--verbose", action="store_true", help="on stderr, what was not right and why")
    options = parser.parse_args()
    chosen = [case for case in CASES if options.only in f"{case.group}: {case.id}"]
    cases = [case for case in chosen if case.python <= sys.version_info[:2]]
    notes = [
        f"*{case.id}* ({case.group}) was left out: it needs Python {'.'.join(map(str, case.python))}."
        for case in chosen
        if case not in cases
    ]
    peers, missing = _start_peers(options.peers_python)
    started = time.monotonic()
    with ThreadPoolExecutor(1 + len(peers)) as pool:
        columns = list(pool.map(lambda tool: _column(tool, cases), [Ours(), *peers]))
    for peer in peers:
        peer.close()
    text = page(columns, cases, [*notes, *(f"Not run: {what}." for what in missing)])
    if options.verbose:
        _tell(columns)
    print(f"{len(cases)} cases, {len(columns)} tools, {time.monotonic() - started:.0f} s", file=sys.stderr)
    if options.write is None:
        sys.stdout.write(text)
    else:
        options.write.write_text(text, encoding="utf-8")
    bad = [v for v in columns[0].verdicts.values() if v.outcome in (Outcome.MISSED, Outcome.BROKEN)]
    sys.exit(1 if bad else 0)


def _start_peers(python: str | None) -> tuple[list[Peer], list[str]]:
    if python is None:
        return [], [f"{name}, as no --peers-python was given" for name in NAMES]
    peers, missing = [], []
    for name in NAMES:
        try:
            peers.append(Peer(name, python))
        except NoSuchPeer as error:
            missing.append(str(error))
    return peers, missing


def _column(tool: Tool, cases: list[Case]) -> Column:
    with Prober() as prober:
        return Column(tool.name, tool.version, verdicts(tool, cases, prober))


def _tell(columns: list[Column]) -> None:
    for column in columns:
        for case, verdict in column.verdicts.items():
            if verdict.outcome is not Outcome.RIGHT or verdict.note:
                where = f"{column.name}: {case.group}: {case.id}"
                print(f"{where}: {verdict.outcome}{verdict.note and ': '}{verdict.note}", file=sys.stderr)


if __name__ == "__main__":
    main()
