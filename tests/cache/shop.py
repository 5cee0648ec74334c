"""A small repository with something of everything that an answer depends on, and the questions that are asked of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from repositories import Repository

from migrate.cache.answers import Answers
from migrate.console import Voice
from migrate.errors import MigrateError
from migrate.executors import crew
from migrate.executors.workers import Workers
from migrate.guard_command import guard_command
from migrate.guard_options import GuardOptions
from migrate.outstanding import outstanding
from migrate.plan import load_plan
from migrate.session import Session
from rollback.errors import RepositoryError
from rollback.git import Git

PLAN = """\
[plan]
name = "basket"

[phase1]
[[phase1.redirect]]
module = "shop.cart"
docstring = "DEPRECATED: use shop.basket."
exports = ["shop.basket:Basket as Cart"]

[phase3]
[[phase3.move]]
old = "shop.cart:Cart"
new = "shop.basket:Basket"

[phase4]
[[phase4.call]]
callee = "shop.basket:Basket"
rename = { metadata = "context" }

[phase5]
[[phase5.check]]
name = "imports"
run = ["python", "-c", "import shop.cart"]
"""

BASKET = "class Basket:\n    def __init__(self, context=None):\n        self.context = context\n"
OWN = "class Basket:\n    pass\n"
USES = "from {} import Basket\n\nBasket(metadata=1)\n"

FILES: Mapping[str, str] = {
    "migrate.toml": PLAN,
    ".gitignore": "ignored/\nother/\nnowhere/\n",
    "README.md": "A shop.\n",
    "shop/__init__.py": "",
    "shop/basket.py": BASKET,
    "shop/cart.py": "class Cart:\n    pass\n\n\nclass Lost:\n    pass\n",
    "app/__init__.py": "",
    "app/main.py": "from shop.cart import Cart\n\nCart(metadata=1)\n",
    "app/uses.py": USES.format("shop.basket"),
    "app/ignored.py": USES.format("ignored.names"),
    "app/linked.py": USES.format("shop.link"),
    "app/behind.py": USES.format("kit.names"),
    "app/gone.py": USES.format("nowhere.names"),
}
UNLISTED: Mapping[str, str | bytes] = {
    "ignored/__init__.py": "",
    "ignored/names.py": "from shop.basket import Basket\n",
    "other/__init__.py": "",
    "other/names.py": OWN,
    "other/uses.py": USES.format("shop.basket"),
}


def fill(repository: Repository) -> None:
    """Links and ignored modules beside `FILES`."""
    repository.write(UNLISTED)
    (repository.root / "shop/link.py").symlink_to("../ignored/names.py")
    (repository.root / "kit").symlink_to("ignored")
    repository.commit()
    repository.write({"app/untracked.py": USES.format("shop.basket")})


def ask_status(root: Path, *, cached: bool) -> Any:
    """What `status` and `timeline` want to know of the tree, or the error that keeps them from it."""

    def asked(git: Git) -> Any:
        plan = load_plan(root / "migrate.toml")
        found = outstanding(git, plan, plan.phases, Workers(1), Voice(quiet=True), cached=cached)
        return {phase: each.as_json() for phase, each in found.items()}

    return _answered(root, asked)


def ask_guard(root: Path, *, cached: bool) -> Any:
    """The document of `guard`, or the error that keeps it from one."""

    def asked(git: Git) -> Any:
        plan_file = root / "migrate.toml"
        session = Session(git, load_plan(plan_file), plan_file)
        options = GuardOptions(workers=Workers(1), cached=cached)
        code, document = guard_command(session, options, Voice(quiet=True, json=True))
        return code, {key: value for key, value in document.items() if key != "seconds"}

    return _answered(root, asked)


def _answered(root: Path, asked: Callable[[Git], Any]) -> Any:
    try:
        return asked(Git.open(root))
    except (MigrateError, RepositoryError) as error:
        return type(error).__name__, str(error)


@contextmanager
def steps_counted() -> Iterator[list[str]]:
    """The files that a step is run on within the block."""
    paths: list[str] = []
    each_of = crew.each_of

    def counted(job: Any, tasks: Any) -> Any:
        paths.extend(task.path for task in tasks)
        return each_of(job, tasks)

    with patch.object(crew, "each_of", counted):
        yield paths


@contextmanager
def looks_counted() -> Iterator[list[Answers]]:
    """The looks at the tree within the block for what is not known."""
    looks: list[Answers] = []
    learn = Answers.learn

    def counted(answers: Answers) -> Any:
        looks.append(answers)
        return learn(answers)

    with patch.object(Answers, "learn", counted):
        yield looks


def kept(root: Path, kind: str = "answers") -> list[Path]:
    """The files of the cache that have answers, or with "files" results by file."""
    return sorted((root / ".git/migrate/cache").glob(f"{kind}-*"))


def edit(path: Path, content: str) -> None:
    """Another content of the same size, with the old times back in place as far as they can be set."""
    before = path.stat()
    assert len(content.encode()) == before.st_size
    path.write_text(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
