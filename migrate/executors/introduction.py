"""Who a worker of a cluster is: the code it would run, and the files it sees; compared before any work is done."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import migrate
from rollback.errors import escape

_REWRITERS = ("bowler", "fissix")
"""Distributions whose version may show in a result."""


class Sight(NamedTuple):
    """A plain file, so that another one of the same path is told from it.

    Attributes:
        path: absolute. size: in bytes. modified: in whole seconds, as no file system has it coarser.
        sha256: of its bytes; empty where it cannot be read.
    """

    path: str
    size: int
    modified: int
    sha256: str


Introduction = Mapping[str, str]
"""What a worker is, by the names for a person; of such simple types that any version of this package can read it."""


def sight_of(path: str) -> Sight:
    """How a file is seen from here."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - of the path as it is
            status, digest = os.fstat(file.fileno()), sha256(file.read()).hexdigest()
        return Sight(path, status.st_size, int(status.st_mtime), digest)
    except OSError:
        return Sight(path, 0, 0, "")


@lru_cache(maxsize=1)
def code_here() -> str:
    """A digest of what gives a result: the source files of this distribution's packages, Python, and what rewrites.

    The files are as they were when this process asked first.

    A worker that goes on for days has modules loaded that an update has replaced on its disk meanwhile.
    """
    home = Path(migrate.__file__).parent.parent
    digest = sha256(f"{_python()} {[_version(name) for name in _REWRITERS]}\0".encode())
    for file in sorted(path for name in ("migrate", "phases", "rollback") for path in (home / name).rglob("*.py")):
        digest.update(f"{file.relative_to(home).as_posix()}\0".encode())
        digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def introduce(modules: Iterable[str], sights: Iterable[Sight]) -> dict[str, str]:
    """Who this process is, for somebody elsewhere.

    Args:
        modules: that it has to import for the work. sights: files as whoever asks sees them.
    """
    said = {
        "Python": _python(),
        "ssot-migrate": migrate.__version__,
        **{name: _version(name) for name in _REWRITERS},
        "code": code_here(),
        "cannot": "",
    }
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:
            said["cannot"] = f"cannot import {module} ({type(error).__name__}: {error})"
    for seen in map(Sight._make, sights):
        mine = sight_of(seen.path)
        if mine != seen and not said["cannot"]:
            said["cannot"] = f"{'sees another' if mine.sha256 else 'does not see'} {seen.path}"
    return said


def difference(here: Introduction, there: Introduction | BaseException) -> str:
    """What is different about a worker, in words for `worker ADDRESS …`; empty where nothing is that matters."""
    if isinstance(there, BaseException):
        why = str(there) or type(there).__name__
        return f"cannot load ssot-migrate ({escape(why)}); install the same there, and start it again"
    for name in ("Python", "ssot-migrate", *_REWRITERS):
        if there.get(name) != here[name]:
            return f"has {name} {escape(str(there.get(name)))}, and this is {here[name]}"
    if there.get("code") != here["code"]:
        return "has other source files of the same version of ssot-migrate; install the same there, and start it again"
    return escape(there.get("cannot", ""))


def _python() -> str:
    return "{}.{}".format(*sys.version_info[:2])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
