"""Answers from the cache: the same as without it after any edit, and without a look at any file after none."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest
from repositories import Repository
from shop import BASKET, FILES, OWN, PLAN, USES, ask_guard, ask_status, edit, kept, looks_counted

from migrate.cache import answers
from migrate.console import Voice
from migrate.executors.workers import Workers
from migrate.guard_command import guard_command
from migrate.guard_options import GuardOptions
from migrate.outstanding import outstanding
from migrate.plan import load_plan
from migrate.previewing import Previews
from migrate.session import Session
from rollback.git import Git

Ask = Callable[..., Any]
Change = Callable[[Repository], Any]

BOTH = [pytest.param(ask_status, id="status"), pytest.param(ask_guard, id="guard")]


def _write(path: str, content: str) -> Change:
    return lambda shop: shop.write({path: content})


def _git(*args: str) -> Change:
    return lambda shop: shop.git(*args)


def _remove(path: str) -> Change:
    return lambda shop: (shop.root / path).unlink()


def _same_size(path: str, old: str, new: str) -> Change:
    def change(shop: Repository) -> None:
        edit(shop.root / path, (shop.root / path).read_text().replace(old, new))

    return change


def _relink(path: str, target: str) -> Change:
    def change(shop: Repository) -> None:
        (shop.root / path).unlink()
        (shop.root / path).symlink_to(target)

    return change


def _all(*changes: Change) -> Change:
    def change(shop: Repository) -> None:
        for each in changes:
            each(shop)

    return change


def _folder_behind_link(shop: Repository) -> None:
    (shop.root / "app").rename(shop.root / "other/app")
    (shop.root / "app").symlink_to("other/app")


def _a_folder_of_its_name(shop: Repository) -> None:
    (shop.root / "app/uses.py").unlink()
    (shop.root / "app/uses.py").mkdir()


def _excludes_file(shop: Repository) -> None:
    (shop.root.parent / "excludes").write_text("untracked.py\n")
    shop.git("config", "core.excludesFile", str(shop.root.parent / "excludes"))


def _replaced_with_older(shop: Repository) -> None:
    """By a file of the same size that is older than what is kept."""
    old = shop.root.parent / "old.py"
    old.write_text(USES.format("shop.basket").replace("metadata", "contents"))
    os.utime(old, (1, 1))
    old.rename(shop.root / "app/uses.py")


_MORE = USES.format("shop.basket") + "Basket(metadata=2)\n"
_HIDDEN = USES.format("shop.basket").replace("metadata", "contents")

CHANGING = [
    pytest.param(_write("app/uses.py", _MORE), id="content of a tracked file"),
    pytest.param(_same_size("app/uses.py", "metadata", "contents"), id="content of the same size, the old date put back"),
    pytest.param(_replaced_with_older, id="another file of the same size and an older date moved in its place"),
    pytest.param(_same_size("app/untracked.py", "metadata", "contents"), id="content of an untracked file"),
    pytest.param(_write("app/new.py", USES.format("shop.basket")), id="new untracked file"),
    pytest.param(_write("app/in.py/new.py", USES.format("shop.basket")), id="new file in a new folder"),
    pytest.param(_remove("app/uses.py"), id="tracked file deleted"),
    pytest.param(_remove("app/untracked.py"), id="untracked file deleted"),
    pytest.param(_git("rm", "--quiet", "app/uses.py"), id="deleted, and staged"),
    pytest.param(_git("mv", "app/uses.py", "app/uses.txt"), id="renamed to what is not read"),
    pytest.param(_a_folder_of_its_name, id="a folder in the place of a file"),
    pytest.param(_folder_behind_link, id="a folder moved away, and a link to it in its place"),
    pytest.param(_write("shop/basket.py", BASKET.replace("context", "metadata")), id="definition that calls are held against"),
    pytest.param(_write("ignored/names.py", OWN), id="ignored module that imports go through"),
    pytest.param(_remove("ignored/names.py"), id="ignored module deleted"),
    pytest.param(_write("nowhere/names.py", "from shop.basket import Basket\n"), id="ignored module where there was none"),
    pytest.param(_write(".gitignore", "ignored/\nnowhere/\n"), id="no longer ignored"),
    pytest.param(_write(".gitignore", FILES[".gitignore"] + "untracked.py\n"), id="ignored from now on"),
    pytest.param(_write(".git/info/exclude", "untracked.py\n"), id="excluded in this repository"),
    pytest.param(_excludes_file, id="excluded by the user's own file"),
    pytest.param(
        _all(_git("update-index", "--assume-unchanged", "app/uses.py"), _write("app/uses.py", _HIDDEN)),
        id="assumed to be unchanged, and edited",
    ),
    pytest.param(
        _all(_git("update-index", "--skip-worktree", "app/uses.py"), _write("app/uses.py", _HIDDEN)),
        id="git is not to look at it, and edited",
    ),
    pytest.param(_relink("shop/link.py", "../other/names.py"), id="link to another file"),
    pytest.param(_relink("shop/link.py", "nowhere.py"), id="link to nowhere"),
    pytest.param(_relink("kit", "other"), id="link to another folder"),
    pytest.param(_all(_remove("kit"), _write("kit/names.py", OWN)), id="folder in the place of a link"),
    pytest.param(lambda shop: (shop.root / "app/.git").mkdir(), id="a repository of its own around tracked files"),
    pytest.param(_write("migrate.toml", PLAN.replace("metadata =", "context = ").replace('"context"', '"metadata"')), id="plan"),
    pytest.param(
        _all(_git("switch", "--quiet", "--create", "b"), _write("app/uses.py", _MORE), _git("commit", "-qam", "b")),
        id="another branch",
    ),
]  # fmt: skip

KNOWN = [
    pytest.param(lambda _: None, id="nothing at all"),
    pytest.param(_git("add", "--update"), id="nothing to stage"),
    pytest.param(_git("commit", "--quiet", "--allow-empty", "--message", "empty"), id="a commit of nothing"),
    pytest.param(_git("update-index", "--split-index"), id="the index in two halves"),
    pytest.param(_git("update-index", "--refresh"), id="index refreshed"),
    pytest.param(_git("config", "core.autocrlf", "true"), id="setting of line ends, and no checkout"),
    pytest.param(lambda shop: shop.git("update-index", "--cacheinfo", f"100644,{_blob(shop)},app/uses.py"), id="index"),
    pytest.param(_write("ignored/unheard.py", "from shop.basket import Basket\n"), id="ignored file that nothing imports"),
    pytest.param(_write(".git/note", "1"), id="git's own folder"),
    pytest.param(_write(".git/info/exclude", "nobody/\n"), id="excluded what is not there"),
]  # fmt: skip

UNCHANGING = [
    pytest.param(_git("mv", "app/uses.py", "app/moved.py"), id="renamed"),
    pytest.param(_git("mv", "app", "application"), id="folder renamed"),
    pytest.param(lambda shop: (shop.root / "app/uses.py").chmod(0o755), id="mode"),
    pytest.param(lambda shop: (shop.root / "app/uses.py").touch(), id="touched"),
    pytest.param(_write("app/uses.py", USES.format("shop.basket")), id="written as it was"),
    pytest.param(_git("add", "--intent-to-add", "app/untracked.py"), id="intended to be added"),
    pytest.param(_git("add", "app/untracked.py"), id="added"),
    pytest.param(_git("update-index", "--assume-unchanged", "app/uses.py"), id="assumed to be unchanged"),
    pytest.param(_git("rm", "--cached", "--quiet", "app/uses.py"), id="no longer tracked"),
    pytest.param(_all(_git("config", "core.autocrlf", "true"), _remove("app/uses.py"), _git("checkout", "app/uses.py")), id="autocrlf"),
    pytest.param(lambda shop: (shop.root / "shop/cart").mkdir(), id="empty folder of a module's name"),
    pytest.param(lambda shop: (shop.root / "nowhere").mkdir(), id="empty folder of a package's name"),
    pytest.param(lambda shop: shop.git("init", "--quiet", "nested"), id="a repository of its own"),
]  # fmt: skip


def _blob(shop: Repository) -> str:
    return shop.git("hash-object", "-w", "README.md").decode().strip()


@pytest.mark.parametrize("ask", BOTH)
@pytest.mark.parametrize("change", KNOWN)
def test_known(shop: Repository, ask: Ask, change: Change) -> None:
    first = ask(shop.root, cached=True)
    change(shop)
    with looks_counted() as looks:
        assert ask(shop.root, cached=True) == first
    assert looks == []
    assert ask(shop.root, cached=False) == first


@pytest.mark.parametrize("ask", BOTH)
@pytest.mark.parametrize("change", CHANGING)
def test_after_a_change_that_matters(shop: Repository, ask: Ask, change: Change) -> None:
    first = ask(shop.root, cached=True)
    change(shop)
    anew = ask(shop.root, cached=False)
    assert ask(shop.root, cached=True) == anew
    assert ask(shop.root, cached=True) == anew
    assert anew != first


@pytest.mark.parametrize("ask", BOTH)
@pytest.mark.parametrize("change", UNCHANGING)
def test_after_a_change_that_does_not(shop: Repository, ask: Ask, change: Change) -> None:
    ask(shop.root, cached=True)
    change(shop)
    assert ask(shop.root, cached=True) == ask(shop.root, cached=False)
    with looks_counted() as looks:
        assert ask(shop.root, cached=True) == ask(shop.root, cached=True)
    assert looks == []


def test_there_and_back(shop: Repository) -> None:
    """A checkout writes files anew, so that what was known of a branch may be of other files."""
    first = ask_status(shop.root, cached=True)
    shop.git("switch", "--quiet", "--create", "other")
    shop.write({"app/uses.py": _MORE})
    shop.git("commit", "--quiet", "--all", "--message", "more")
    assert ask_status(shop.root, cached=True) != first
    shop.git("switch", "--quiet", "main")
    assert ask_status(shop.root, cached=True) == first


def test_an_unmerged_file(shop: Repository) -> None:
    shop.git("switch", "--quiet", "--create", "other")
    shop.write({"app/uses.py": _MORE})
    shop.git("commit", "--quiet", "--all", "--message", "theirs")
    shop.git("switch", "--quiet", "main")
    shop.write({"app/uses.py": USES.format("shop.basket") + "Basket(context=1)\n"})
    shop.git("commit", "--quiet", "--all", "--message", "ours")
    for ask in (ask_status, ask_guard):
        ask(shop.root, cached=True)
        with pytest.raises(CalledProcessError):
            shop.git("merge", "--quiet", "other")
        assert ask(shop.root, cached=True) == ask(shop.root, cached=False)
        shop.git("merge", "--abort")


@pytest.mark.parametrize("ask", BOTH)
def test_a_file_beside_python(shop: Repository, ask: Ask) -> None:
    """Phases 1 and 2 look for mentions in all files; what is deprecated is only in Python."""
    ask(shop.root, cached=True)
    shop.write({"README.md": "Make a `shop.cart.Lost`.\n"})
    with looks_counted() as looks:
        cached = ask(shop.root, cached=True)
    assert (looks == []) == (ask is ask_guard)
    assert cached == ask(shop.root, cached=False)


def test_files_that_the_plan_includes(shop: Repository) -> None:
    shop.write({"migrate.toml": PLAN.replace('"basket"\n', '"basket"\ninclude = ["bin/*"]\n'), "bin/a": "pass\n"})
    first = ask_guard(shop.root, cached=True)
    shop.write({"bin/b": _MORE})
    second = ask_guard(shop.root, cached=True)
    assert second == ask_guard(shop.root, cached=False) != first
    shop.write({"bin/a": _MORE})
    assert ask_guard(shop.root, cached=True) == ask_guard(shop.root, cached=False) != second


HISTORIES = [
    pytest.param(
        _all(_git("checkout", "--quiet", "--orphan", "new"), _git("commit", "--quiet", "--message", "none")), id="none"
    ),
    pytest.param(_git("commit", "--quiet", "--allow-empty", "--message", "more"), id="more"),
    pytest.param(lambda shop: shop.git("replace", "--graft", "HEAD"), id="replaced"),
    pytest.param(_git("config", "core.useReplaceRefs", "false"), id="what replaces commits does not count"),
    pytest.param(lambda shop: shop.write({".git/shallow": shop.git("rev-parse", "HEAD")}), id="cut off"),
]


@pytest.mark.parametrize("change", HISTORIES)
def test_history_counts_where_it_was_looked_at(shop: Repository, change: Change) -> None:
    """What has become of a module before its redirect is held against what it was."""
    shop.write({"shop/cart.py": "from shop.basket import Basket as Cart\n"})
    shop.commit()
    ask_status(shop.root, cached=True)
    with looks_counted() as looks:
        ask_status(shop.root, cached=True)
    assert looks == []
    change(shop)
    with looks_counted() as looks:
        cached = ask_status(shop.root, cached=True)
    assert looks
    assert cached == ask_status(shop.root, cached=False)


def test_a_submodule_and_links_are_told_of(
    shop: Repository, make_repository: Callable[..., Repository], capsys: Any
) -> None:
    other = make_repository({"lib.py": "from shop.cart import Cart\n"})
    shop.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "sub")
    (shop.root / "out.py").symlink_to(other.root / "lib.py")
    (shop.root / "in.py").symlink_to("app/main.py")
    shop.git("add", "--all")
    command = _guard_in_words(shop, cached=True)
    told = "out.py: a link out of the root is not followed\nsub: a submodule is not looked into; run the plan in it\n"
    assert command(capsys).startswith(told)
    with looks_counted() as looks:
        assert command(capsys).startswith(told)
    assert looks == []
    (shop.root / "in.py").unlink()
    (shop.root / "in.py").symlink_to(other.root / "lib.py")
    assert command(capsys).startswith("in.py: a link out of the root")


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_links_that_git_is_not_to_look_at(shop: Repository, mark: str, capsys: Any) -> None:
    (shop.root / "data").symlink_to("app")
    shop.commit()
    shop.git("update-index", mark, "data")
    command = _guard_in_words(shop, cached=True)
    assert "data" not in command(capsys)
    (shop.root / "data").unlink()
    (shop.root / "data").symlink_to("/")
    assert command(capsys).startswith("data: a link out of the root is not followed\n")


def _guard_in_words(shop: Repository, *, cached: bool) -> Callable[[Any], str]:
    def command(capsys: Any) -> str:
        plan_file = shop.root / "migrate.toml"
        options = GuardOptions(workers=Workers(1), cached=cached)
        guard_command(Session(shop.open(), load_plan(plan_file), plan_file), options, Voice(verbose=True))
        return str(capsys.readouterr().err)

    return command


TOOLS = [
    pytest.param("version", sys.version + "+", id="another Python"),
    pytest.param("platform", "another", id="another system"),
]


@pytest.mark.parametrize(("name", "value"), TOOLS)
def test_another_interpreter_looks_for_itself(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    ask_status(root, cached=True)
    monkeypatch.setattr(sys, name, value)
    with looks_counted() as looks:
        ask_status(root, cached=True)
    assert looks


def test_another_version_of_the_tool_looks_for_itself(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_status(root, cached=True)
    monkeypatch.setattr(answers, "fingerprint", lambda: "another")
    with looks_counted() as looks:
        ask_status(root, cached=True)
        assert looks
        looks.clear()
        ask_status(root, cached=True)
    assert looks == []
    assert len(kept(root)) == 2


def test_a_tool_that_cannot_tell_what_it_is_keeps_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "fingerprint", lambda: None)
    assert ask_status(root, cached=True) == ask_status(root, cached=False)
    assert kept(root) == []


@pytest.mark.parametrize("ask", BOTH)
def test_off(root: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(root, cached=False)
    assert not (root / ".git/migrate").exists()
    monkeypatch.setenv("MIGRATE_NO_CACHE", "1")
    ask(root, cached=True)
    assert not (root / ".git/migrate").exists()


def test_phases_that_were_not_asked_for_yet(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Timeline has no need of phase 5; status has what timeline has found out, and the rest beside it."""
    git, plan = Git.open(root), load_plan(root / "migrate.toml")
    some = outstanding(git, plan, (3, 1), Workers(1), Voice(quiet=True), cached=True)
    assert list(some) == [3, 1]
    looked: list[int] = []
    of = Previews.of
    monkeypatch.setattr(Previews, "of", lambda previews, phase: looked.append(phase) or of(previews, phase))
    every = ask_status(root, cached=True)
    assert looked == [4, 5]
    assert every == ask_status(root, cached=False)
    with looks_counted() as looks:
        assert ask_status(root, cached=True) == every
    assert looks == []
    assert len(kept(root)) == 1


def test_an_error_is_not_kept(shop: Repository) -> None:
    (shop.root / "app/.git").mkdir()
    refused = ask_status(shop.root, cached=True)
    assert refused[0] == "OutsideRoot"
    assert kept(shop.root) == []
    (shop.root / "app/.git").rmdir()
    assert ask_status(shop.root, cached=True) == ask_status(shop.root, cached=False)


DAMAGES = [
    pytest.param(lambda content: b"", id="empty"),
    pytest.param(lambda content: content[:-1], id="cut off"),
    pytest.param(lambda content: content.replace(b'"edits":1', b'"edits":7'), id="changed"),
    pytest.param(lambda content: content.replace(b" cache 1 ", b" cache 2 "), id="of a newer version"),
    pytest.param(lambda content: b"\x80\x04\x95", id="something else"),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_replaced(root: Path, damage: Callable[[bytes], bytes]) -> None:
    first = ask_status(root, cached=True)
    (file,) = kept(root)
    content = file.read_bytes()
    assert damage(content) != content
    file.write_bytes(damage(content))
    assert ask_status(root, cached=True) == first
    assert file.read_bytes() == content


def test_a_folder_in_the_place_of_a_file(root: Path) -> None:
    first = ask_status(root, cached=True)
    (file,) = kept(root)
    file.unlink()
    file.mkdir()
    assert ask_status(root, cached=True) == first


@pytest.mark.parametrize("place", [".git/migrate", ".git/migrate/cache"])
def test_something_in_the_way_of_the_folder(root: Path, place: str) -> None:
    (root / place).parent.mkdir(exist_ok=True)
    (root / place).write_bytes(b"in the way")
    assert ask_status(root, cached=True) == ask_status(root, cached=False)
    assert (root / place).read_bytes() == b"in the way"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_folder_that_may_not_be_written(root: Path) -> None:
    (root / ".git").chmod(0o555)
    try:
        assert ask_status(root, cached=True) == ask_status(root, cached=False)
    finally:
        (root / ".git").chmod(0o755)


def test_a_disk_that_is_full(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert ask_status(root, cached=True) == ask_status(root, cached=False)
    assert kept(root) == []


def test_a_copy_of_the_whole_repository_is_another_tree(root: Path, tmp_path: Path) -> None:
    """Its files are others, whatever their dates."""
    ask_status(root, cached=True)
    shutil.copytree(root, tmp_path / "copy", symlinks=True)
    with looks_counted() as looks:
        cached = ask_status(tmp_path / "copy", cached=True)
    assert looks
    assert cached == ask_status(tmp_path / "copy", cached=False)


def test_a_linked_worktree_has_its_own(shop: Repository, tmp_path: Path) -> None:
    first = ask_status(shop.root, cached=True)
    shop.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = ask_status(tmp_path / "linked", cached=True)
    assert linked == ask_status(tmp_path / "linked", cached=False) != first
    assert len(list((shop.root / ".git/worktrees/linked/migrate/cache").glob("answers-*"))) == 1
    assert len(kept(shop.root)) == 1


def test_a_root_below_the_top(shop: Repository) -> None:
    shop.git("init", "--quiet", "../outer")
    outer = shop.root.parent / "outer"
    shutil.copytree(shop.root, outer / "inner", symlinks=True, ignore=shutil.ignore_patterns(".git"))
    first = ask_status(outer / "inner", cached=True)
    with looks_counted() as looks:
        assert ask_status(outer / "inner", cached=True) == first
    assert looks == []
    (outer / "inner/app/uses.py").write_text(_MORE)
    assert ask_status(outer / "inner", cached=True) == ask_status(outer / "inner", cached=False) != first
