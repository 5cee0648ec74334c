"""Where a command works: the root, its repository, and the plan's file, of which nothing is read here."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from migrate.errors import PlanError, UsageError
from rollback.git import Git

FILENAME = "migrate.toml"


class Whereabouts(Struct, frozen=True):
    """A root, as git knows it, and the file of the plan for it."""

    git: Git
    plan_file: Path


def find_whereabouts(root: Path | None, plan_file: Path | None) -> Whereabouts:
    """Find the repository and the plan's file.

    Args:
        root: from `--root`; None for the folder of the `migrate.toml`, or the working tree's top with another plan.
        plan_file: from `--plan`; None for `migrate.toml` in the root, or found upward from the current folder.
    Raises:
        UsageError: `root` is no folder.
        PlanError: there is no plan.
        RepositoryError: there is no git repository to work with.
    """
    git = find_repository(root)
    if root is not None:
        return Whereabouts(git, plan_file or root / FILENAME)
    if plan_file is not None:
        return Whereabouts(_at(git, _root_of(git, plan_file)), plan_file)
    found = find_plan(Path.cwd(), git.toplevel)
    if found is None:
        raise PlanError(
            [f"{FILENAME}: not found from {Path.cwd()} up to {git.toplevel}; write one, or name it with --plan FILE"]
        )
    return Whereabouts(_at(git, found.parent), found)


def find_repository(root: Path | None) -> Git:
    """The working tree that `root`, or the current folder, is in.

    Raises:
        UsageError: `root` is no folder.
        RepositoryError: there is no git repository to work with.
    """
    try:
        start = Path.cwd() if root is None else root
    except OSError:
        raise UsageError("the current folder is gone; go to another one, or name one with --root") from None
    if not start.is_dir():
        raise UsageError(f"--root: {start} is not a folder; name the repository's root")
    return Git.open(start)


def find_plan(start: Path, stop: Path) -> Path | None:
    """The nearest `migrate.toml` from the folder `start` upward, `stop` included."""
    start, stop = start.resolve(), stop.resolve()
    for folder in (start, *start.parents):
        if not folder.is_relative_to(stop):
            break
        with suppress(OSError):
            if (folder / FILENAME).is_file():
                return folder / FILENAME
    return None


def _root_of(git: Git, plan_file: Path) -> Path:
    """The folder of a `migrate.toml` in this working tree; the tree's top for a plan that is kept elsewhere."""
    folder = plan_file.resolve().parent
    return folder if plan_file.name == FILENAME and folder.is_relative_to(git.toplevel) else git.toplevel


def _at(git: Git, root: Path) -> Git:
    return git if git.root == root.resolve() else Git.open(root)
