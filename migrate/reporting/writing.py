"""Put a report in its place in one step; never in the place of what is somebody's work."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from migrate.report_mark import is_report
from rollback.atomic import stage, sync_folder
from rollback.errors import OutsideRoot, RepositoryError, WriteFailed, escape
from rollback.git import Git


class NotAReport(RepositoryError):
    """What stands in the place of the report is not to be replaced."""

    def __init__(self, path: str, why: str, way_out: str) -> None:
        super().__init__(f"{escape(path)}: {why}; nothing written; {way_out}")
        self.path = path


def refuse_target(file: Path, git: Git, *, force: bool) -> None:
    """The report may be written to `file`.

    Args:
        git: the repository that is migrated; its tracked files are never replaced.
        force: any other file may be.
    Raises:
        NotAReport: it is no plain file, a tracked one, git's own, or, without `force`, one that is no report.
        OutsideRoot: a link in the repository leads out of it.
        WriteFailed: its folder is not there.
    """
    named, shown = Path(os.path.abspath(file)), os.fspath(file)  # noqa: PTH100 - a link is not followed yet
    target = Path(os.path.realpath(file))
    top = git.toplevel.resolve()
    inside = _inside(named, top)
    if inside is not None and _inside(target, top) is None:
        raise OutsideRoot(inside, "is a link, or below one, that leads out of the repository")
    if target.is_dir():
        raise NotAReport(shown, "is a folder", f"name a file in it, e.g. {escape(shown)}/report.html")
    if not target.parent.is_dir():
        raise NotAReport(shown, f"its folder {escape(os.fspath(file.parent))} is not there", "make it first")
    if _is_gits(named, git) or _is_gits(target, git):
        raise NotAReport(shown, "is git's own", "name another file")
    if target.is_symlink():  # one that could be followed would not be one any more
        raise NotAReport(shown, "is a link that leads in a circle", "name another file")
    if _is_tracked(target):
        raise NotAReport(shown, "is tracked by git, and a report replaces no such file", "name another one")
    if not target.exists():
        return
    if not target.is_file():
        raise NotAReport(shown, "is no plain file", "name another one")
    if not force and not _is_ours(target):
        raise NotAReport(shown, "is there and is no report", "name another file, or pass --force to replace it")


def write_report(file: Path, content: bytes) -> None:
    """Write a report, or leave everything as it was; a link stays one.

    Raises:
        WriteFailed: the operating system refused.
    """
    target = Path(os.path.realpath(file))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        if target.exists() and not os.access(target, os.W_OK):  # a rename would go through all the same
            raise PermissionError(13, os.strerror(13))
        stage(content, target.stat().st_mode & 0o7777 if target.exists() else None, temporary, target)
        try:
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(target.parent)
    except OSError as error:
        raise WriteFailed(os.fspath(file), error, "nothing written") from None


def _inside(path: Path, folder: Path) -> str | None:
    """The path relative to `folder`; None where it lies elsewhere."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) and path != folder else None


def _is_gits(path: Path, git: Git) -> bool:
    """Does it lie in a git directory: that of this repository, or of any other one?"""
    if any(part.lower() == ".git" for part in path.parts):
        return True
    own = {git.git_dir.resolve(), git.common_dir.resolve()}
    return any(folder in own or _is_git_directory(folder) for folder in path.parents)


def _is_git_directory(folder: Path) -> bool:
    """As git tells one: https://git-scm.com/docs/gitrepository-layout"""
    return os.path.lexists(folder / "HEAD") and all((folder / name).is_dir() for name in ("objects", "refs"))


def _is_tracked(target: Path) -> bool:
    """By whatever repository its folder belongs to."""
    try:
        git = Git.open(target.parent)
    except RepositoryError:
        return False
    return bool(git.run("ls-files", "-z", "--", f":(literal){target.name}"))


def _is_ours(path: Path) -> bool:
    """Is it a report, or empty?"""
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise WriteFailed(os.fspath(path), error, "nothing written") from None
    return not head or is_report(head)
