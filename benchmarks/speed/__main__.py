"""`python -m benchmarks.speed`: time the tool and its peers, judge what they write, and write the page.

    python -m benchmarks.speed generated [--size 1 4 16]
    python -m benchmarks.speed tree ROOT PLAN [--title TITLE]
    python -m benchmarks.speed page RESULTS.json …

The peers are those of one environment, `--peers FOLDER`, that has benchmarks/requirements.txt; what is not there is
left out. Nothing of ROOT is touched: it is cloned.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.speed.compare import Effort, compare, tell
from benchmarks.speed.generator import generate
from benchmarks.speed.given import truth_of
from benchmarks.speed.machine import machine, versions
from benchmarks.speed.page import page
from benchmarks.speed.results import Results, Tree
from benchmarks.speed.task import task_of
from benchmarks.speed.tools import AST_GREP, GROUPS, NAMES, SLOW, Place
from benchmarks.speed.tree import clone


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options, measure, write; the page goes to stdout where no file is named."""
    options = _parser().parse_args(arguments)
    if options.what == "page":
        return _tell([Results.read(file) for file in options.results], options)
    options.peers = options.peers and options.peers.absolute()
    with tempfile.TemporaryDirectory(prefix="speed-", dir=options.folder) as folder:
        results = Results(_command(options), machine(Path(folder)), {}, [])
        measuring = _generated(Path(folder), options) if options.what == "generated" else _given(Path(folder), options)
        for place, tree in measuring:
            results = replace(results, versions=versions(place), trees=[*results.trees, tree])
            if options.json:  # after each tree, as the next one may take an hour
                results.write(options.json)
    return _tell([results], options)


def _generated(folder: Path, options: argparse.Namespace) -> Iterator[tuple[Place, Tree]]:
    for size in options.size:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            beside = Path(name).resolve()
            tell(f"generating a tree of size {size:g}")
            made = generate(beside / "generated", size, sites=options.sites, seed=options.seed)
            root = clone(made.repository, beside)
            place = Place(root, beside, made.plan, task_of(made.plan), options.peers)
            effort = _effort(options, peers=size <= options.peers_size)
            title = f"A generated tree, {size:g}x"
            yield place, compare(place, made.truth, effort, title=title, size=size)


def _given(folder: Path, options: argparse.Namespace) -> Iterator[tuple[Place, Tree]]:
    beside = folder.resolve()
    plan = options.plan.resolve()
    place = Place(clone(options.root, beside), beside, plan, task_of(plan), options.peers)
    truth = truth_of(place)
    yield place, compare(place, truth, _effort(options, peers=True), title=options.title, size=None)


def _effort(options: argparse.Namespace, *, peers: bool) -> Effort:
    tools = [tool for tool in options.only if peers or tool not in (AST_GREP, *SLOW)]
    return Effort(options.runs, options.slow_runs, options.timeout, tools, options.jobs, not options.unjudged)


def _tell(results: list[Results], options: argparse.Namespace) -> int:
    text = page(results)
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _command(options: argparse.Namespace) -> str:
    """What was called, without the folders of whoever called it."""
    words = ["python", "-m", "benchmarks.speed", options.what]
    if options.what == "tree":
        words += ["ROOT", "PLAN", "--title", options.title]
    else:
        words += ["--size", *(f"{size:g}" for size in options.size)]
        words += ["--sites", f"{options.sites:g}"] if options.sites != 1 else []
    words += ["--runs", str(options.runs), "--slow-runs", str(options.slow_runs), "--timeout", f"{options.timeout:g}"]
    words += ["--only", *options.only] if list(options.only) != list(NAMES) else []
    return shlex.join([*words, "--peers", "../peers", "--json", "results.json"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    generated = commands.add_parser("generated", help="trees of any size, generated")
    generated.add_argument("--size", type=float, nargs="+", default=[1.0], help="times the usual 8,816 files")
    generated.add_argument("--sites", type=float, default=1.0, help="part of the usual number of sites")
    generated.add_argument("--seed", type=int, default=1)
    generated.add_argument("--peers-size", type=float, default=1.0, help="up to which size peers that change take part")
    tree = commands.add_parser("tree", help="a tree of yours")
    tree.add_argument("root", type=Path)
    tree.add_argument("plan", type=Path)
    tree.add_argument("--title", default="A tree that was given", help="what the page calls it")
    written = commands.add_parser("page", help="the page from results that were kept")
    written.add_argument("results", type=Path, nargs="+", metavar="RESULTS.json")
    for command in (generated, tree):
        command.add_argument("--peers", type=Path, metavar="FOLDER", help="an environment with the peers")
        command.add_argument("--runs", type=int, default=5, help="of each command, besides one that warms up")
        command.add_argument("--slow-runs", type=int, default=1, help=f"of {', '.join(SLOW)}")
        command.add_argument("--timeout", type=float, default=1800, metavar="SECONDS", help="for one run")
        command.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), metavar="TOOL")
        command.add_argument("--jobs", nargs="+", choices=list(GROUPS), default=list(GROUPS), metavar="JOB")
        command.add_argument("--unjudged", action="store_true", help="do not let the tools write")
        command.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
        command.add_argument("--folder", type=Path, help="where to put trees meanwhile")
    for command in (generated, tree, written):
        command.add_argument("--write", type=Path, metavar="FILE", help="the page goes there")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
