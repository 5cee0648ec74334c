"""Throughput of `migrate fleet` on small repositories, beside as many separate processes in a loop; in one run.

    python -m benchmarks.fleet [--repositories N] [--files N]

Each repository is git's own, with FILES modules of which one in four is to change. Steps: check, phase3 --dry-run,
phase3 --yes with one repository in the way, and the resumption of that; with --jobs 1, with --jobs 2, and one `migrate`
after the other. Wall time of whole commands, so that starting Python and loading the tool are counted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HOME = Path(__file__).parents[1]
PLAN = """\
[plan]
name = "basket"

[phase3]
[[phase3.move]]
old = "shop.cart:Cart"
new = "shop.basket:Basket"
"""
STEPS = (("check",), ("phase3", "--dry-run"), ("phase3", "--yes"))


def make_repository(root: Path, files: int) -> None:
    """A repository of so many modules and two that they import from, everything committed."""
    (root / "shop").mkdir(parents=True)
    sources = {"shop/__init__.py": "", "shop/basket.py": "class Basket: ...\n", "shop/cart.py": "class Cart: ...\n"}
    for number in range(files):
        line = "from shop.cart import Cart\n" if number % 4 == 0 else "from shop.basket import Basket as Cart\n"
        sources[f"shop/module{number}.py"] = line + f"\n\ndef order{number}(owner):\n    return Cart(owner)\n" * 10
    for path, text in sources.items():
        (root / path).write_text(text, "utf-8")
    identity = ("-c", "user.name=Dev", "-c", "user.email=dev@example.org")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "work"]):
        subprocess.run(["git", *command], cwd=root, check=True)


class Fleet:
    """The folder of a list, and how commands are run on it."""

    def __init__(self, folder: Path, roots: Sequence[Path]) -> None:
        self.folder = folder
        self.roots = roots
        self._environment = {**os.environ, "PYTHONPATH": str(HOME)}
        (folder / "plan.toml").write_text(PLAN, "utf-8")
        (folder / "repos.txt").write_text("".join(f"{root}\n" for root in roots), "utf-8")

    def migrate(self, *words: str) -> float:
        """Seconds of wall time that one command takes; it may fail over what is in its way."""
        started = time.perf_counter()
        command = [sys.executable, "-m", "migrate", *words]
        done = subprocess.run(command, cwd=self.folder, env=self._environment, capture_output=True, check=False)
        taken = time.perf_counter() - started
        if done.returncode not in (0, 3):
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
        return taken

    def at_once(self, jobs: int, *words: str) -> float:
        return self.migrate("fleet", "repos.txt", "--plan", "plan.toml", "--jobs", str(jobs), *words)

    def in_a_loop(self, *words: str) -> float:
        return sum(self.migrate(*words, "--plan", "plan.toml", "--root", str(root)) for root in self.roots)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=50)
    parser.add_argument("--files", type=int, default=20)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = folder / "0000"
        make_repository(first, given.files)
        roots = [first] + [folder / f"{number:04}" for number in range(1, given.repositories)]
        for root in roots[1:]:
            shutil.copytree(first, root)
        fleet = Fleet(folder, roots)
        print(f"{len(roots)} repositories of {given.files} modules, {os.cpu_count()} processors")
        print(f"{'':20}{'in a loop':>16}{'--jobs 1':>16}{'--jobs 2':>16}   repositories a second")
        in_the_way = roots[len(roots) // 2] / "shop/module0.py"
        committed = in_the_way.read_text("utf-8")
        for words in STEPS:
            is_written = "--yes" in words
            rates = []
            resumed = []
            for jobs in (0, 1, 2):
                if is_written:
                    in_the_way.write_text(f"{committed}# edited\n", "utf-8")
                rates.append(len(roots) / (fleet.at_once(jobs, *words) if jobs else fleet.in_a_loop(*words)))
                if is_written:
                    in_the_way.write_text(committed, "utf-8")
                    resumed.append(fleet.at_once(jobs, "--resume", *words) if jobs else fleet.in_a_loop(*words))
                    fleet.at_once(2, "rollback", "--all", "--yes")
            print(f"{' '.join(words):20}" + "".join(f"{rate:16.1f}" for rate in rates))
            if resumed:
                print(f"{'  the one, resumed':20}" + "".join(f"{taken:14.2f} s" for taken in resumed))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
