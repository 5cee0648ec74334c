"""Checks that are no command of the plan's: do the touched files compile, do the redirects import?

The target's own interpreter looks, which may be older than ours and lacks our packages: these texts are for Python 3.6.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from migrate.plan_redirects import Redirect
from migrate.process import Outcome, readable, run_command
from migrate.validation.environment import Target
from migrate.validation.results import Criterion

COMPILE = """\
import json, sys, warnings
warnings.simplefilter("ignore")
found, seen = [], 0
with open(sys.argv[1]) as listed:
    paths = json.load(listed)
for path in paths:
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError:
        continue
    seen += 1
    try:
        compile(source, path, "exec", dont_inherit=True)
    except Exception as error:
        line = getattr(error, "lineno", None) or 0
        found.append([path, line, type(error).__name__, str(getattr(error, "msg", None) or error)])
        print("{}:{}: {}: {}".format(ascii(path)[1:-1], line, *found[-1][2:]))
with open(sys.argv[2], "w") as result:
    json.dump([seen, found], result)
"""
"""Compile the files that a JSON file lists, and write how many there were and what is wrong into another."""

IMPORT = """\
import importlib, sys
sys.path[:0] = sys.argv[3:]
module = importlib.import_module(sys.argv[1])
for name in sys.argv[2].split(","):
    getattr(module, name)
"""
"""Import a module and take its names, as whoever imports them does; an error is the traceback."""

Echo = Callable[[bytes], None]


def compile_all(
    paths: Sequence[str],
    target: Target,
    env: Mapping[str, str],
    scratch: Path,
    timeout_s: float,
    echo: Echo | None,
) -> tuple[Outcome, tuple[Criterion, ...]]:
    """Compile files of the target.

    Args:
        paths: relative to the target's root; those that are not there are passed over.
    """
    listed, result = scratch / "listed.json", scratch / "compiled.json"
    listed.write_text(json.dumps(list(paths)))
    command = (*target.interpreter, "-I", "-c", COMPILE, str(listed), str(result))  # a json.py of the tree is not meant
    outcome = run_command(command, cwd=target.root, timeout_s=timeout_s, env=env, echo=echo)
    text = "touched files compile"
    try:
        seen, found = json.loads(result.read_text())
    except (OSError, ValueError):
        return outcome, (Criterion(text, False, "no answer from the interpreter"),)
    if not found:
        return outcome, (Criterion(text, True, f"{seen} of {seen}"),)
    path, line, kind, message = found[0]
    return outcome, (Criterion(text, False, f"{seen - len(found)} of {seen}; first {path}:{line}: {kind}: {message}"),)


def import_all(
    redirects: Sequence[Redirect],
    target: Target,
    env: Mapping[str, str],
    timeout_s: float,
    echo: Echo | None,
) -> tuple[Outcome, tuple[Criterion, ...]]:
    """Import each redirect, and what it exports, in a process of its own.

    Returns:
        The outcome of the last process, with the output of all; and a criterion for each that came to its end.
    """
    until = time.monotonic() + timeout_s
    started, output, criteria = time.monotonic(), b"", []
    outcome = Outcome(0, b"", 0.0, timed_out=False, problem=None)
    for redirect in redirects:
        names = [export.bound for export in redirect.exports]
        command = (*target.interpreter, "-c", IMPORT, redirect.module, ",".join(names), *target.source_roots)
        outcome = run_command(
            command, cwd=target.root, timeout_s=max(0.0, until - time.monotonic()), env=env, echo=echo
        )
        output += outcome.output
        if outcome.timed_out or outcome.problem is not None:
            break
        found = "imported" if outcome.returncode == 0 else _last_line(outcome)
        criteria.append(Criterion(f"{redirect.module} imports", outcome.returncode == 0, found))
    seconds = time.monotonic() - started
    return Outcome(outcome.returncode, output, seconds, outcome.timed_out, outcome.problem), tuple(criteria)


def _last_line(outcome: Outcome) -> str:
    lines = [line for line in readable(outcome.output).split("\n") if line.strip()]
    return lines[-1].strip() if lines else f"exit code {outcome.returncode}"
