"""Whatever is done to a tree between two looks, the second one says what a look without the cache says."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

from examples import examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from repositories import Repository
from shop import BASKET, FILES, OWN, PLAN, UNLISTED, USES, ask_guard, ask_status, fill, kept

PATHS = st.sampled_from(
    sorted({*FILES, *UNLISTED, "app/untracked.py", "nowhere/names.py", "kit", "shop/link.py", "new.py"})
)
FOLDERS = st.sampled_from(["app", "shop", "ignored", "other", "nowhere"])
CONTENTS = st.sampled_from(
    [
        "", OWN, BASKET, BASKET.replace("context", "contents"), "from shop.basket import *\n", "from shop.cart import *\n",
        "from shop.basket import Basket\n", "from shop.cart import Cart as Basket\n", "from shop.cart import Lost\n",
        *(USES.format(home) for home in ("shop.basket", "ignored.names", "shop.link", "kit.names", "nowhere.names")),
        *(USES.format("shop.basket").replace("metadata", word) for word in ("contents", "elements")),
    ]
)  # fmt: skip
PLANS = st.sampled_from(
    [PLAN, PLAN.replace("metadata", "contents"), PLAN.replace('"basket"\n', '"basket"\ninclude = ["README.md"]\n')]
)
IGNORES = st.sampled_from([FILES[".gitignore"], "", "other/\n", "app/uses.py\nuntracked.py\nignored/\n"])
TARGETS = st.sampled_from(["ignored", "other", "nowhere", "app", "../ignored/names.py", "../other/names.py", "main.py"])
GIT = st.sampled_from(
    [
        ("add", "--all"), ("add", "--update"), ("commit", "--quiet", "--all", "--message", "w"), ("reset", "--quiet"),
        ("reset", "--quiet", "--hard"), ("switch", "--quiet", "other"), ("switch", "--quiet", "main"), ("stash", "--quiet"),
        ("stash", "pop", "--quiet"), ("clean", "-qfd"), ("clean", "-qfdx", "--exclude=migrate.toml"),
        ("config", "core.autocrlf", "true"), ("config", "--unset", "core.autocrlf"), ("checkout", "--quiet", "--", "."),
        ("update-index", "--split-index"), ("update-index", "--untracked-cache"), ("merge", "--quiet", "other"),
        ("merge", "--abort"), ("init", "--quiet", "app"), ("worktree", "prune"), ("gc", "--quiet"),
    ]
)  # fmt: skip
MARKS = st.sampled_from(
    ["--assume-unchanged", "--no-assume-unchanged", "--skip-worktree", "--no-skip-worktree", "--force-remove"]
)


class Histories(RuleBasedStateMachine):
    """Edits, git operations and looks in any order."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "MIGRATE_"))}
        alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self.folder)}
        self.environment = patch.dict(os.environ, clean | alone, clear=True)
        self.environment.start()
        root = self.folder / "repository"
        root.mkdir()
        self.shop = Repository(root)
        self.shop.git("init", "--quiet", "--initial-branch=main")
        self.shop.git("config", "user.name", "Dev")
        self.shop.git("config", "user.email", "dev@example.org")
        self.shop.write(FILES)
        fill(self.shop)
        self.shop.git("branch", "other")

    def teardown(self) -> None:
        self.environment.stop()
        shutil.rmtree(self.folder)

    def _full(self, path: str) -> Path:
        return self.shop.root / path

    @rule(path=PATHS, content=CONTENTS)
    def write(self, path: str, content: str) -> None:
        if path != "migrate.toml":
            with suppress(OSError):
                self.shop.write({path: content})

    @rule(path=PATHS, content=CONTENTS)
    def write_with_the_old_date(self, path: str, content: str) -> None:
        if path != "migrate.toml":
            with suppress(OSError):
                before = self._full(path).stat()
                self._full(path).write_text(content)
                os.utime(self._full(path), ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(content=PLANS)
    def plan(self, content: str) -> None:
        self.shop.write({"migrate.toml": content})

    @rule(content=IGNORES, place=st.sampled_from([".gitignore", ".git/info/exclude", "app/.gitignore"]))
    def ignore(self, content: str, place: str) -> None:
        with suppress(OSError):
            self.shop.write({place: content})

    @rule(path=PATHS)
    def remove(self, path: str) -> None:
        if path != "migrate.toml":
            with suppress(OSError):
                self._full(path).unlink()

    @rule(path=PATHS, to=PATHS)
    def rename(self, path: str, to: str) -> None:
        if "migrate.toml" not in (path, to):
            with suppress(OSError):
                self._full(path).rename(self._full(to))

    @rule(path=FOLDERS, to=FOLDERS)
    def swap_folders(self, path: str, to: str) -> None:
        if path != to:
            with suppress(OSError):
                self._full(path).rename(self._full("aside"))
                self._full(to).rename(self._full(path))
            with suppress(OSError):
                self._full("aside").rename(self._full(to))

    @rule(path=PATHS, to=TARGETS)
    def link(self, path: str, to: str) -> None:
        if path != "migrate.toml":
            with suppress(OSError):
                self._full(path).unlink(missing_ok=True)
                self._full(path).symlink_to(to)

    @rule(path=FOLDERS)
    def folder_behind_link(self, path: str) -> None:
        with suppress(OSError):
            self._full(path).rename(self._full(f"other/{path}"))
            self._full(path).symlink_to(f"other/{path}")

    @rule(path=PATHS, mode=st.sampled_from([0o644, 0o755, 0o600]))
    def mode(self, path: str, mode: int) -> None:
        with suppress(OSError):
            self._full(path).chmod(mode)

    @rule(arguments=GIT)
    def git(self, arguments: tuple[str, ...]) -> None:
        with suppress(subprocess.CalledProcessError):
            self.shop.git(*arguments)
        if not self._full("migrate.toml").exists():
            self.shop.write({"migrate.toml": PLAN})

    @rule(path=PATHS, mark=MARKS)
    def mark(self, path: str, mark: str) -> None:
        with suppress(subprocess.CalledProcessError):
            self.shop.git("update-index", mark, path)

    @rule(keep=st.integers(0, 200))
    def damage(self, keep: int) -> None:
        for file in (*kept(self.shop.root), *kept(self.shop.root, "files")):
            file.write_bytes(file.read_bytes()[:keep])

    @invariant()
    def cached_is_as_uncached(self) -> None:
        for ask in (ask_status, ask_guard):
            anew = ask(self.shop.root, cached=False)
            assert ask(self.shop.root, cached=True) == anew
            assert ask(self.shop.root, cached=True) == anew


Histories.TestCase.settings = settings(max_examples=examples(12), stateful_step_count=12, deadline=None)
TestHistories = Histories.TestCase
