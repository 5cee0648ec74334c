"""Checks that are no command of the plan's: do the touched files compile, do the redirects import?

The target's own interpreter looks, which may be older than ours and lacks our packages: these texts are for Python 3.6.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from migrate.plan_redirects import Redirect
from migrate.process import Outcome, readable, run_command
from migrate.validation.environment import Target
from migrate.validation.results import Criterion

COMPILE = """\
import json, sys, warnings
warnings.simplefilter("ignore")
found, seen, gone = [], 0, 0
with open(sys.argv[1]) as listed:
    paths = json.load(listed)
for path in paths:
    try:
        with open(path, "rb") as file:
            source = file.read()
        seen += 1
        compile(source, path, "exec", dont_inherit=True)
    except (FileNotFoundError, NotADirectoryError):
        gone += 1
    except Exception as error:
        seen += isinstance(error, OSError)
        line = getattr(error, "lineno", None) or 0
        message = getattr(error, "msg", None) or getattr(error, "strerror", None) or error
        found.append([path, line, type(error).__name__, str(message)])
        print("{}:{}: {}: {}".format(ascii(path)[1:-1], line, *found[-1][2:]))
with open(sys.argv[2], "w") as result:
    json.dump([seen, gone, found], result)
"""
"""Compile the files that a JSON file lists, and write how many there are, how many are gone, and what is wrong."""

IMPORT = """\
import importlib, sys
done, name, names = sys.argv[1:4]
sys.path[:0] = sys.argv[4:]
module = importlib.import_module(name)
for name in names.split(","):
    getattr(module, name)
with open(done, "w") as file:
    file.write("done")
"""
"""Import a module and take its names, as whoever imports them does; an error is the traceback.

Modules may end the process, with 0 too: that all was taken is written into a file.
"""

Echo = Callable[[bytes], None]


class Probing(Struct, frozen=True):
    """How probes are run.

    Attributes:
        scratch: an empty folder outside the tree.
        until: when the last of them is ended, by the monotonic clock.
    """

    target: Target
    env: Mapping[str, str]
    scratch: Path
    until: float
    echo: Echo | None = None

    def run(self, *arguments: str) -> Outcome:
        """Run the target's interpreter.

        Raises:
            CommandInterrupted: a Ctrl-C came.
        """
        left_s = max(0.0, self.until - time.monotonic())
        command = (*self.target.interpreter, *arguments)
        return run_command(command, cwd=self.target.root, timeout_s=left_s, env=self.env, echo=self.echo)


def compile_all(paths: Sequence[str], probing: Probing) -> tuple[Outcome, tuple[Criterion, ...]]:
    """Compile files of the target.

    Args:
        paths: relative to the target's root; those that are gone are counted, and no failure.
    """
    listed, result = probing.scratch / "listed.json", probing.scratch / "compiled.json"
    listed.write_text(json.dumps(list(paths)))
    outcome = probing.run("-I", "-c", COMPILE, str(listed), str(result))  # a json.py of the tree is not meant
    text = "touched files compile"
    try:
        seen, gone, found = json.loads(result.read_text())
    except (OSError, ValueError):
        return outcome, (Criterion(text, False, "no answer from the interpreter"),)
    number = f"{seen - len(found)} of {seen}" + (f" ({gone} more not there any more)" if gone else "")
    if not found:
        return outcome, (Criterion(text, True, number),)
    path, line, kind, message = found[0]
    return outcome, (Criterion(text, False, f"{number}; first {path}{f':{line}' if line else ''}: {kind}: {message}"),)


def import_all(redirects: Sequence[Redirect], probing: Probing) -> tuple[Outcome, tuple[Criterion, ...]]:
    """Import each redirect, and what it exports, in a process of its own.

    Returns:
        The outcome of the last process, with the output and the time of all; and a criterion for each that came to its
        end.
    """
    output, seconds, criteria = b"", 0.0, []
    outcome = Outcome(0, b"", 0.0, timed_out=False, problem=None)
    for number, redirect in enumerate(redirects):
        names = ",".join(export.bound for export in redirect.exports)
        done = probing.scratch / f"imported-{number}"
        outcome = probing.run("-c", IMPORT, str(done), redirect.module, names, *probing.target.source_roots)
        output, seconds = output + outcome.output, seconds + outcome.seconds
        if outcome.timed_out or outcome.problem is not None:
            break
        found = "imported" if done.exists() else _why_not(outcome)
        criteria.append(Criterion(f"{redirect.module} imports", done.exists(), found))
    return replace(outcome, output=output, seconds=seconds), tuple(criteria)


def _why_not(outcome: Outcome) -> str:
    lines = [line for line in readable(outcome.output).split("\n") if line.strip()]
    if outcome.returncode == 0:
        return "the process was ended with exit code 0 before all names were taken"
    return lines[-1].strip() if lines else f"exit code {outcome.returncode}"
