"""A sample repository with a plan for all five phases, and the real `migrate` process run in it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from unittest.mock import patch

from nursery import HOME, TIMEOUT_S, Forked

from migrate import cli

MIGRATE = (sys.executable, "-m", "migrate")

PLAN = """\
[plan]
name = "basket"
title = "One basket"
budget_minutes = 20

[phase1]
title = "Redirect the cart"
minutes = 2
[[phase1.redirect]]
module = "shop.cart"
docstring = "DEPRECATED: use shop.basket."
exports = ["shop.basket:Basket as Cart", "shop.pay:checkout"]

[phase2]
title = "Redirect the till"
minutes = 3
[[phase2.redirect]]
module = "shop.till"
docstring = "DEPRECATED: use shop.pay."
exports = ["shop.pay:Till"]

[phase3]
title = "Import from the new homes"
minutes = 5
priority = ["app/second.py", "app/gone.py"]
[[phase3.move]]
old = "shop.cart:Cart"
new = "shop.basket:Basket"
[[phase3.move]]
old = "shop.cart:checkout"
new = "shop.pay:checkout"
[[phase3.move]]
old = "shop.till:Till"
new = "shop.pay:Till"

[phase4]
title = "Rename the keyword"
minutes = 2
[[phase4.call]]
callee = "shop.basket:Basket"
rename = { metadata = "context" }

[phase5]
title = "See that it worked"
minutes = 1
[[phase5.check]]
name = "old names import"
run = ["python", "-c", "import shop.cart, shop.till; print('all imported')"]
"""

REDIRECT = b'''"""DEPRECATED: use shop.basket."""
from shop.basket import Basket as Cart
from shop.pay import checkout

__all__ = ["Cart", "checkout"]
'''

FILES: Mapping[str, str | bytes] = {
    "migrate.toml": PLAN,
    "shop/__init__.py": "",
    "shop/cart.py": "class Cart:\n    def broken(:\n",
    "shop/till.py": b"class Till:\r\n    pass\r\n",
    "shop/basket.py": "class Basket:\n    def __init__(self, context=None):\n        self.context = context\n",
    "shop/pay.py": "class Till:\n    pass\n\n\ndef checkout(basket):\n    return basket\n",
    "app/__init__.py": "",
    "app/main.py": (
        "from shop.cart import Cart, checkout\n"
        "\n\n\n\n\n\n\n\n\n"
        "def main():\n"
        "    from shop.till import Till\n"
        "\n"
        "    return checkout(Cart(metadata=Till()))\n"
    ),
    "app/second.py": b"# \xc3\xa9\r\nfrom shop.cart import Cart as Basket\r\nBasket(metadata=1)",
    "app/odd \u00fc.py": "from shop.till import Till\n",
    "app/star.py": "from shop.cart import *\n",
    "app/spread.py": 'from shop.basket import Basket\n\nBasket(**{"metadata": 1, **more})\n',
    "README.md": "A shop.\n",
}
"""Phase 1: 1 file, phase 2: 1, phase 3: 3 and a star-import, phase 4: 2 and a keyword-spread."""

CONFLICT = "from shop.basket import Basket\n\nBasket(metadata=1, context=2)\n"
"""A call that phase 4 cannot rewrite: an error finding."""


@dataclass(frozen=True)
class Done:
    """How a process ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def complaint(self) -> str:
        """The one line on stderr of a command that said nothing else."""
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        return self.err.rstrip("\n")


@dataclass
class Sample:
    """A repository, and the environment that its commands run in."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unwanted = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "_TYPER", "_MIGRATE")
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
        self.env = {**inherited, "PYTHONPATH": str(HOME), "TERM": "xterm", "TZ": "UTC", **self.env}

    def git(self, *args: str) -> str:
        env = {**self.env, "GIT_OPTIONAL_LOCKS": "0"}
        done = subprocess.run(["git", *args], cwd=self.root, env=env, check=True, capture_output=True)
        return done.stdout.decode("utf-8", "surrogateescape")

    def write(self, path: str, content: str | bytes) -> None:
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", "work")

    def edit_plan(self, old: str, new: str) -> None:
        text = (self.root / "migrate.toml").read_text()
        assert old in text
        self.write("migrate.toml", text.replace(old, new, 1))
        self.commit()

    def start(
        self, *args: str, cwd: Path | None = None, program: Sequence[str] = MIGRATE, **env: str
    ) -> subprocess.Popen[bytes]:
        """The real process, with pipes and no terminal; it is in a session of its own."""
        return subprocess.Popen(
            [*program, *args],
            cwd=cwd or self.root, env={**self.env, **env},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def migrate(self, *args: str, code: int = 0, cwd: Path | None = None, **env: str) -> Done:
        """Run a process to its end, which must be with exit code `code` and without a traceback."""
        with Path(os.devnull).open() as nothing, TemporaryFile() as out, TemporaryFile() as err:
            files = (file.fileno() for file in (nothing, out, err))
            ended = Forked(args, cwd or self.root, {**self.env, **env}, *files).wait()
            for file in (out, err):
                file.seek(0)
            return _checked(ended, out.read(), err.read(), code)

    def migrate_anew(self, *args: str, code: int = 0, cwd: Path | None = None, **env: str) -> Done:
        """The same with a new interpreter, where a test is about what comes before `main`."""
        return finish(self.start(*args, cwd=cwd, **env), code)

    def call(self, *args: str, code: int = 0, cwd: Path | None = None) -> Done:
        """The same within this process: quicker, and all there is to it but signals and a real stdout."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with (
            patch.dict(os.environ, self.env, clear=True),
            contextlib.chdir(cwd or self.root),
            Path(os.devnull).open() as nothing,
            patch.object(sys, "stdin", nothing),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            ended = cli._exit_code(args)
        done = Done(ended, *(_text(stream) for stream in (out, err)))
        assert done.code == code, (done.out, done.err)
        return done

    def files(self) -> dict[str, tuple[int, str]]:
        """Mode and SHA-256 of every file but git's own."""
        return {
            path.relative_to(self.root).as_posix(): _fingerprint(path)
            for path in sorted(self.root.rglob("*"))
            if not path.is_dir() and path.relative_to(self.root).parts[0] != ".git"
        }

    def state(self) -> dict[str, object]:
        """The tree, the index and HEAD, as exactly as can be told."""
        index = self.root / ".git/index"
        return {
            "files": self.files(),
            "status": self.git("status", "--porcelain", "-z", "--ignored"),
            "index": index.read_bytes(),
            "index-time": index.stat().st_mtime_ns,
            "head": self.git("rev-parse", "HEAD"),
            "branches": self.git("branch", "--all", "--verbose"),
            "stash": self.git("stash", "list"),
        }

    def folders(self) -> dict[str, tuple[int, int]]:
        """Modification time and size of everything, git's own included, but for the cache of answers."""
        kept = self.root / ".git/migrate/cache"
        found = {
            path.relative_to(self.root).as_posix(): (path.lstat().st_mtime_ns, path.lstat().st_size)
            for path in sorted(self.root.rglob("*"))
            if not path.is_relative_to(kept)
        }
        for path in (kept.parent.parent, kept.parent):  # where that may come to be
            found.pop(path.relative_to(self.root).as_posix(), None)
        return found

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Tree, index and HEAD are the same after the block."""
        before = self.state()
        yield
        assert self.state() == before

    @contextmanager
    def nothing_written(self) -> Iterator[None]:
        """No file or folder, git's own included, is written within the block, but for the cache of answers."""
        before, folders = self.state(), self.folders()
        yield
        assert self.folders() == folders
        assert self.state() == before


MakeSample = Callable[..., Sample]


def applied_through_2(sample: Sample) -> None:
    """Both redirects are applied."""
    for phase in (1, 2):
        sample.call(f"phase{phase}", "--yes")


def applied_through_4(sample: Sample) -> None:
    """All phases that change files are applied."""
    for phase in (1, 2, 3, 4):
        sample.call(f"phase{phase}", "--yes")


def finish(process: subprocess.Popen[bytes], code: int) -> Done:
    """Wait for the end of `process`, and see that it is with `code` and without a traceback."""
    out, err = process.communicate(timeout=TIMEOUT_S)
    return _checked(process.returncode, out, err, code)


def _checked(ended: int, out: bytes, err: bytes, code: int) -> Done:
    done = Done(ended, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
    assert "Traceback" not in done.err, done.err
    assert done.code == code, (done.out, done.err)
    return done


_STRUCK = """
import runpy, signal, sys
from migrate import interrupts
really, left = interrupts.close, int(sys.argv[1])
def close():
    global left
    left -= 1
    if not left:
        signal.raise_signal(signal.SIGINT)
    really()
    if not left:
        signal.raise_signal(signal.SIGTERM)
interrupts.close = close
sys.argv[:2] = ["migrate"]
runpy.run_module("migrate", run_name="__main__", alter_sys=True)
"""


def struck_when_done(step: int) -> tuple[str, ...]:
    """A command to which a Ctrl-C and a SIGTERM come in the moment in which its step of this number is on record."""
    return (sys.executable, "-c", _STRUCK, str(step))


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until `condition` holds; `process` must not end before."""
    until = time.monotonic() + TIMEOUT_S
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.001)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8", "replace")


def _fingerprint(path: Path) -> tuple[int, str]:
    if path.is_symlink():
        return 0, str(path.readlink())
    return stat.S_IMODE(path.stat().st_mode), hashlib.sha256(path.read_bytes()).hexdigest()
