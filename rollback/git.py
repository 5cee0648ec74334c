"""The only place that runs git: argument lists, NUL-separated output, checked exit codes."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from msgspec import Struct

from rollback.errors import GitFailed, GitMissing, GitNotRun, GitTooOld, NotARepository, NotSearched, NotTrusted, escape
from rollback.signals import deferred_signals

MINIMUM = "2.25"
"""The first git with `--pathspec-from-file` for checkout and commit."""

# Hooks and file-system monitors are programs of the user's; quoting is for people, we read -z.
_CONFIG = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")

# What the user's environment may tell git: who commits, how to reach keys and remotes, which
# configuration to read. All other GIT_* variables can point git at another repository, index
# or object store; a hook that runs this tool has several of them set.
_KEPT = re.compile(
    r"GIT_(AUTHOR_\w+|COMMITTER_\w+|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|PARAMETERS|KEY_\d+|VALUE_\d+)"
    r"|SSH\w*|SSL_\w+|ASKPASS|EXEC_PATH|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM)"
)

_CHUNK = 1 << 20
_FEW = 200
"""Files that git is asked to search by their names."""
_LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}

_NOBODY = {
    f"GIT_{role}_{fact}": value
    for role in ("AUTHOR", "COMMITTER")
    for fact, value in (("NAME", "migrate"), ("EMAIL", "migrate@localhost"), ("DATE", "@0 +0000"))
}
"""Who makes a commit that is nobody's work; each is the same commit."""

Asked = Callable[[str, str], None]
"""Told what a command is about to look at, and at which path relative to the root.

"path" is whatever there is, and its content; "names" the names in a folder; "below" those at any depth; "history" the
commits that changed a file.
"""


def _unheard(what: str, path: str) -> None:
    pass


class Search(Struct, frozen=True):
    """What `Git.grep` is asked for; its arguments."""

    patterns: tuple[str, ...]
    words: bool
    fixed: bool
    pathspecs: tuple[str, ...]
    exclude: tuple[str, ...]
    in_index: bool


@dataclass(frozen=True, slots=True)
class Git:
    """One working tree, and the folder of it that this tool works on.

    Attributes:
        root: the folder all paths are relative to, resolved; commands run there.
        toplevel: the working tree's top folder.
        prefix: `root` relative to `toplevel`, with a final "/", or "".
        git_dir: the git directory of this working tree; linked worktrees have their own.
        common_dir: the one that all of them share: https://git-scm.com/docs/gitrepository-layout
        asked: told before anything is looked at; what a command finds out depends on that and on `listing`.
    """

    root: Path
    toplevel: Path
    prefix: str
    git_dir: Path
    common_dir: Path
    asked: Asked = field(default=_unheard, repr=False, compare=False)

    @property
    def worktree(self) -> str:
        """The name of a linked worktree, "" for the main one."""
        return "" if self.git_dir.resolve() == self.common_dir.resolve() else self.git_dir.name

    @property
    def whole(self) -> Git:
        """The same working tree with its top folder as the root."""
        return replace(self, root=self.toplevel, prefix="")

    def private(self, name: str) -> Path:
        """The path of `name` in this tool's own folder, in the git directory of this working tree."""
        return self.git_dir / "migrate" / name

    def is_there(self, path: str) -> bool:
        """Is there anything at a path relative to the root? Links are followed."""
        self.asked("path", path)
        return os.path.exists(self.root / path)  # noqa: PTH110 - also of a name that is too long

    def is_file(self, path: str) -> bool:
        """Is there a plain file, or a link to one?"""
        self.asked("path", path)
        return os.path.isfile(self.root / path)  # noqa: PTH113

    def is_folder(self, path: str) -> bool:
        """Is there a folder, or a link to one?"""
        self.asked("path", path)
        return os.path.isdir(self.root / path)  # noqa: PTH112

    def folder(self, path: str, *, deep: bool = False) -> Path:
        """A folder whose names are about to be read; with `deep`, those of the folders in it, too."""
        self.asked("below" if deep else "names", path)
        return self.root / path

    @classmethod
    def open(cls, root: Path) -> Git:
        """Find the working tree that holds `root`.

        Raises:
            GitMissing, GitTooOld: there is no git to work with.
            NotARepository: `root` is not in a working tree; also for bare repositories and inside `.git`.
            NotTrusted: the repository is somebody else's and not listed in `safe.directory`.
        """
        root = root.resolve()
        facts = ("--show-toplevel", "--show-prefix", "--absolute-git-dir", "--git-common-dir")
        with ThreadPoolExecutor(1) as thread:  # one git starts while another one does
            parsed = thread.submit(_checked, root, ["rev-parse", *facts])
            _refuse_old(_checked(root, ["version"]))
        lines = parsed.result().split(b"\n")
        if len(lines) != len(facts) + 1:  # one of them has a newline in it
            lines = [_checked(root, ["rev-parse", fact]).removesuffix(b"\n") for fact in facts]
        toplevel, prefix, git_dir, common_dir = (os.fsdecode(line) for line in lines[: len(facts)])
        return cls(root, Path(toplevel), prefix, Path(git_dir), Path(os.path.abspath(root / common_dir)))  # noqa: PTH100

    def run(
        self,
        *args: str,
        input: bytes = b"",
        env: Mapping[str, str] | None = None,
        config: Sequence[str] = (),
        ok: Container[int] = (0,),
        attended: bool = False,
    ) -> bytes:
        """Run `git *args` in the root and return its standard output.

        A Ctrl-C meanwhile takes effect when the command is done, never halfway through it.

        Args:
            input: the command's standard input.
            env: variables on top of the cleaned environment.
            config: `key=value` settings for this command only.
            ok: exit codes that are no error.
            attended: it may start a program that asks on the terminal; a Ctrl-C there ends it as well.
        Raises:
            GitFailed: any other exit code.
        """
        return self._run(args, input, env, config, ok, attended=attended).stdout

    def _run(
        self,
        args: Sequence[str],
        input: bytes = b"",
        env: Mapping[str, str] | None = None,
        config: Sequence[str] = (),
        ok: Container[int] = (0,),
        *,
        attended: bool = False,
    ) -> _Done:
        settings = [word for setting in config for word in ("-c", setting)]
        done = _execute(self.root, [*settings, *args], input, env, attended=attended)
        if done.returncode not in ok:
            complaint = done.stderr if done.stderr.strip() else done.stdout
            raise GitFailed(args, done.returncode, os.fsdecode(complaint))
        return done

    def _entries(self, *args: str) -> Iterator[bytes]:
        """What `git *args` prints, one by one: a list of all files need not be in memory. To be read to its end.

        Raises:
            GitFailed: another exit code than 0.
        """
        with deferred_signals(), TemporaryFile() as complaints, _started(self.root, args, complaints=complaints) as git:
            assert git.stdin is not None
            assert git.stdout is not None
            git.stdin.close()
            begun = b""
            while chunk := git.stdout.read(_CHUNK):
                *entries, begun = (begun + chunk).split(b"\0")
                yield from entries
            if git.wait():
                complaints.seek(0)
                raise GitFailed(args, git.returncode, os.fsdecode(complaints.read()))

    def grep(
        self,
        patterns: Sequence[str],
        *,
        words: bool,
        fixed: bool = True,
        pathspecs: Sequence[str] = (),
        exclude: Sequence[str] = (),
        in_index: bool = False,
    ) -> tuple[str, ...]:
        """The files below the root, tracked or untracked but not ignored, that contain any of `patterns`.

        Args:
            patterns: fixed strings, or extended regular expressions that mean the same to Perl when not `fixed`; none
                finds nothing.
            words: only where no ASCII letter, digit or underscore adjoins.
            pathspecs: where to look, as git pathspecs relative to the root; none is everywhere.
            exclude: globs of what to leave out, `**` as in git.
            in_index: only those for which git looks into the index; the others are `unseen`.
        Returns:
            Regular files, relative to the root with "/", sorted; undecodable bytes as surrogates.
        Raises:
            NotSearched: a file may not be read.
        """
        return self.search(Search(tuple(patterns), words, fixed, tuple(pathspecs), tuple(exclude), in_index))

    def search(self, asked: Search, threads: int | None = None) -> tuple[str, ...]:
        """As `grep`, with its arguments in one.

        Args:
            threads: how many git may search with; None leaves that to git, which takes all processors.
        """
        if not asked.patterns:
            return ()
        if not asked.fixed:
            # a git without PCRE fails, and what is wrong with the question is said by the slow way, too
            with suppress(GitFailed):
                return self._search(asked, "-P", threads)
        return self._search(asked, "-F" if asked.fixed else "-E", threads)

    def _search(self, asked: Search, kind: str, threads: int | None) -> tuple[str, ...]:
        options = ["-z", "-l", "--no-color", "--no-full-name", "--no-recurse-submodules", kind]
        options += ["-w"] if asked.words else []
        options += ["--threads", str(threads)] if threads is not None else []
        for pattern in asked.patterns:
            options += ["-e", pattern]
        where = _where(asked.pathspecs, asked.exclude)
        if asked.in_index:
            found = self._grep(options, where)
        else:
            # git reads the index and, for files that it is not to look at, not the working tree; with --untracked it
            # walks all folders and passes over tracked files that an ignore rule names
            with ThreadPoolExecutor(1) as thread:  # one git lists while another one searches
                listed = thread.submit(self.unseen, asked.pathspecs, asked.exclude)
                found = self._grep(options, where)
            unseen = listed.result()
            if len(unseen) > _FEW:
                found |= self._grep(["--untracked", *options], where)
            elif unseen:
                found |= self._grep(["--untracked", *options], unseen, _LITERAL)
        return self._found(found)

    def _found(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of `paths` at which there are plain files, sorted."""
        regular = tuple(sorted(path for path in paths if _is_regular(f"{self.root}/{path}")))
        for path in regular:
            self.asked("path", path)
        return regular

    def _grep(self, options: Sequence[str], where: Sequence[str], env: Mapping[str, str] | None = None) -> set[str]:
        done = self._run(["grep", *options, "--", *where], env=env, ok=(0, 1))
        if done.stderr.startswith(b"error: ") or b"\nerror: " in done.stderr:  # it goes on without the file
            raise NotSearched(os.fsdecode(done.stderr))
        return {*_paths(done.stdout)}

    def unseen(self, pathspecs: Sequence[str] = (), exclude: Sequence[str] = ()) -> tuple[str, ...]:
        """The files below the root that `grep` with `in_index` does not read.

        They are untracked but not ignored, or tracked and marked so that git does not look at the working tree.

        Args:
            pathspecs, exclude: as for `grep`.
        Returns:
            Regular files, relative to the root with "/", sorted; those of repositories inside of this one left out.
        """
        command = ("ls-files", "-v", "-z", "--cached", "--others", "--exclude-standard")
        entries = self._entries(*command, "--", *_where(pathspecs, exclude))
        found = {os.fsdecode(entry[2:]) for entry in entries if entry[:1] in b"?S" or entry[:1].islower()}
        return self._found(filter(None, found))

    def listing(self) -> bytes:
        """What is in the index, and what is neither tracked nor ignored, below the root, in one answer of git's.

        Returns:
            An entry with a NUL behind it for each path: "? " and the path of what is untracked, a folder with a
            repository of its own ends with "/"; else the tag of `git ls-files -v`, the mode, the blob, the stage, a tab
            and the path.
        """
        return self.run("ls-files", "-v", "-z", "--stage", "--cached", "--others", "--exclude-standard")

    def tracked(self) -> frozenset[str]:
        """Every path below the root that is in the index, relative to the root."""
        return frozenset(_paths(self.run("ls-files", "-z")))

    def present(self) -> tuple[str, ...]:
        """Every path below the root that is tracked, or neither tracked nor ignored, sorted.

        A submodule is one path. A repository in the tree that git does not track is one with a final "/". What is
        tracked need not be there.
        """
        return tuple(sorted(set(_paths(self.run("ls-files", "-z", "--cached", "--others", "--exclude-standard")))))

    def ignored(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of `paths` at which there is a file that git ignores; none in other repositories.

        Args:
            paths: relative to the root.
        """
        wanted = tuple(paths)
        command = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--")
        return tuple(_paths(self.run(*command, *wanted, env=_LITERAL))) if wanted else ()

    def changed_since(self, commit: str) -> frozenset[str]:
        """Paths below the root at which `commit` has something else than the working tree, by git's account.

        Files that are marked so that git does not look at them count as the index has them.
        """
        command = ("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--relative")
        return frozenset(_paths(self.run(*command, "--ignore-submodules=all", commit, "--")))

    def passed_over(self) -> dict[str, str]:
        """Tracked paths below the root that are no files of this repository: "link" or "submodule" by path."""
        kinds = {b"120000": "link", b"160000": "submodule"}
        entries = (entry.partition(b"\t") for entry in self._entries("ls-files", "--stage", "-z"))
        return {os.fsdecode(path): kinds[stage[:6]] for stage, _, path in entries if stage[:6] in kinds}

    def staged(
        self, pathspecs: Sequence[str], exclude: Sequence[str] = (), index: Path | None = None
    ) -> dict[str, str | None]:
        """What the next commit would change below the root: the new blob of each plain file, None for what goes.

        A file that is renamed goes under one name and is new under the other.

        Args:
            pathspecs, exclude: as for `grep`.
            index: the index that is committed; None for the repository's own.
        """
        command = ("diff", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--relative", "--no-ext-diff")
        output = self.run(*command, "--ignore-submodules=all", "--", *_where(pathspecs, exclude), env=_index(index))
        parts = output.split(b"\0")
        found: dict[str, str | None] = {}
        for about, path in zip(parts[::2], parts[1::2], strict=False):
            _, mode, _, blob, status = about.decode("ascii").split(" ")
            if status == "D" or mode in ("100644", "100755"):
                found[os.fsdecode(path)] = None if status == "D" else blob
        return found

    def in_index(self, index: Path | None = None) -> dict[str, str]:
        """The plain files below the root that are in the index, each with its blob.

        Args:
            index: another one than the repository's own.
        """
        entries = self.run("ls-files", "--stage", "-z", env=_index(index)).split(b"\0")
        found: dict[str, str] = {}
        for entry in entries:
            about, _, path = entry.partition(b"\t")
            if about[:6] in (b"100644", b"100755") and about.endswith(b" 0"):  # 1 to 3 are sides of a conflict
                found[os.fsdecode(path)] = about[7:-2].decode("ascii")
        return found

    @contextmanager
    def blobs(self) -> Iterator[Blobs]:
        """The contents of blobs by their ids, through one process that lasts as long as the block."""
        with _started(self.root, ["cat-file", "--batch"]) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            yield Blobs(process.stdin, process.stdout)

    def dirty(self, paths: Iterable[str]) -> dict[str, str]:
        """Those of `paths` that git could not bring back, each with the reason in a word.

        Args:
            paths: relative to the root.
        Returns:
            In the order of `paths`: "modified", "deleted", "staged", "unmerged", "untracked" or "ignored".
        """
        wanted = list(dict.fromkeys(paths))
        if not wanted:
            return {}
        command = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
        output = self.run(*command, "--ignore-submodules=all", "--", ".")
        prefix = os.fsencode(self.prefix)
        states = {
            os.fsdecode(entry[3:].removeprefix(prefix)): _word(entry[:2].decode("ascii"))
            for entry in output.split(b"\0")
            if entry
        }
        tracked = self.tracked()
        for path in wanted:
            if path not in states and path not in tracked and os.path.lexists(self.root / path):
                states[path] = "ignored"
        return {path: states[path] for path in wanted if path in states}

    def hidden(self, paths: Iterable[str]) -> dict[str, str]:
        """Those of `paths` whose edits `git status` does not show: "assume-unchanged" or "skip-worktree" by path."""
        entries = (entry.partition(b" ") for entry in self.run("ls-files", "-v", "-z").split(b"\0") if entry)
        words = {
            os.fsdecode(path): "skip-worktree" if tag in b"Ss" else "assume-unchanged"
            for tag, _, path in entries
            if tag == b"S" or tag.islower()
        }
        return {path: words[path] for path in paths if path in words}

    def head(self) -> str | None:
        """The commit that HEAD names, or None before the first one."""
        return _line(self.run("rev-parse", "--quiet", "--verify", "HEAD", ok=(0, 1))) or None

    def empty_commit(self) -> str:
        """A commit without a file, a parent or a ref; it is the same one each time."""
        tree = _line(self.run("mktree"))
        return _line(self.run("commit-tree", tree, "-m", "nothing", env=_NOBODY))

    def add_worktree(self, folder: Path, commit: str) -> None:
        """Link a new working tree to the repository, with `commit` as its HEAD, no file, and no index.

        Args:
            folder: its path, which must not be there yet; its name becomes that of the worktree.
        Raises:
            GitFailed: git refused.
        """
        self.run("worktree", "add", "--quiet", "--detach", "--no-checkout", str(folder), commit)

    def move_worktree(self, folder: Path, to: Path) -> None:
        """Move a linked working tree; it keeps its name."""
        self.run("worktree", "move", str(folder), str(to))

    def copy_index(self, other: Git) -> None:
        """Make the index of `other`, which is a worktree of the same repository, the index of this one.

        Whatever it says of files: staged, intended to be added, in conflict, not to be looked at.
        """
        for file in (other.git_dir / "index", *other.git_dir.glob("sharedindex.*")):
            if file.is_file():  # before the first `git add` there is none
                shutil.copyfile(file, self.git_dir / file.name)
        # Shared halves and caches of untracked files are about the place of the other one.
        settings = ("core.splitIndex=false", "core.untrackedCache=false")
        self.run("update-index", "--force-write-index", config=settings)

    def read_tree(self, commit: str) -> None:
        """Make the index that of `commit`; the working tree stays as it is."""
        self.run("read-tree", commit)

    def commits_of(self, paths: Iterable[str], since: str | None) -> tuple[str, ...]:
        """The commits after `since`, up to HEAD, that changed any of `paths`; newest first.

        Args:
            paths: relative to the working tree's top.
            since: a commit; None for all of them.
        Raises:
            GitFailed: `since` is gone, or there is no HEAD.
        """
        wanted = set(paths)
        found: dict[str, None] = {}
        output = self.run(
            "log", "--format=%x00%H", "--name-only", "-z", "--no-renames", "-m", f"{since}..HEAD" if since else "HEAD",
            config=["diff.relative=false", "log.showSignature=false"],
        )  # fmt: skip
        # For each commit: nothing, its id, and after a line end the paths.
        for block in output.removeprefix(b"\0").split(b"\0\0") if output else ():
            commit, _, names = block.partition(b"\0\n")
            if not wanted.isdisjoint(_paths(names)):
                found[commit.decode("ascii")] = None
        return tuple(found)

    def versions(self, path: str, most: int) -> Iterator[bytes]:
        """The contents of a file in the newest commits that changed it, newest first, without those that deleted it.

        Args:
            path: relative to the root. most: how many commits are looked at.
        """
        self.asked("history", path)
        command = ["log", f"--max-count={most}", "--format=%H", "--", f":(literal){path}"]
        done = self._run(command, config=["log.follow=false", "log.showSignature=false"], ok=(0, 128))
        for commit in done.stdout.decode("ascii").split():
            content = self.content_at(commit, path)
            if content is not None:
                yield content

    def content_at(self, revision: str, path: str) -> bytes | None:
        """The bytes of a file, by its path below the root, in a commit; None where it is not in there."""
        done = self._run(["cat-file", "--end-of-options", "blob", f"{revision}:./{path}"], ok=(0, 128))
        return done.stdout if done.returncode == 0 else None

    def commit_of(self, revision: str) -> str | None:
        """The full name of a commit; None where `revision` names none."""
        done = self._run(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"], ok=(0, 1, 128)
        )
        return done.stdout.decode("ascii").strip() or None

    def identity_problem(self) -> str | None:
        """Why a commit would fail for lack of a name or an address, or None."""
        for role in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            try:
                self.run("var", role)
            except GitFailed as error:
                last = escape(error.stderr.strip().splitlines()[-1])
                return f"git does not know who commits ({last}); set user.name and user.email with `git config`"
        return None

    def editor(self) -> str:
        """The command, for a shell, in which the user edits texts: GIT_EDITOR, core.editor, VISUAL or EDITOR.

        Raises:
            GitFailed: there is none, as on a terminal that cannot show one.
        """
        return os.environ.get("GIT_EDITOR") or _line(self.run("var", "GIT_EDITOR"))


class Blobs(Struct, frozen=True):
    """Contents of blobs, asked for one by one."""

    _questions: IO[bytes]
    _answers: IO[bytes]

    def read(self, blob: str) -> bytes:
        """The exact content of a blob.

        Raises:
            GitFailed: there is none of that id.
        """
        self._questions.write(blob.encode("ascii") + b"\n")
        self._questions.flush()
        head = self._answers.readline().split()
        if len(head) != 3:
            raise GitFailed(("cat-file", "--batch"), 128, f"{blob} {os.fsdecode(b' '.join(head[1:]))}")
        content = self._answers.read(int(head[2]))
        self._answers.read(1)
        return content


def _where(pathspecs: Sequence[str], exclude: Sequence[str]) -> list[str]:
    return [*(pathspecs or ["."]), *(f":(exclude,glob){glob}" for glob in exclude)]


def _index(index: Path | None) -> dict[str, str]:
    return {} if index is None else {"GIT_INDEX_FILE": str(index)}


def join_paths(paths: Iterable[str]) -> bytes:
    """`paths` as git's `-z` options read them."""
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def _paths(output: bytes) -> list[str]:
    return [os.fsdecode(path) for path in output.split(b"\0") if path]


def _line(output: bytes) -> str:
    return os.fsdecode(output.removesuffix(b"\n"))


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _word(status: str) -> str:
    """The two letters of `git status --short` in one word: https://git-scm.com/docs/git-status"""
    if status == "??":
        return "untracked"
    if "U" in status or status in ("AA", "DD"):
        return "unmerged"
    in_tree = {"M": "modified", "T": "modified", "D": "deleted", "A": "untracked"}
    return in_tree.get(status[1], "staged")


def _refuse_old(output: bytes) -> None:
    found = re.search(r"(\d+)\.(\d+)\S*", os.fsdecode(output))
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    major, minor = MINIMUM.split(".")
    if version < (int(major), int(minor)):
        raise GitTooOld(found[0] if found else _line(output), MINIMUM)


def _checked(root: Path, args: Sequence[str]) -> bytes:
    """What `git args` prints, with git's ways to say "not here" told apart."""
    done = _execute(root, args)
    if done.returncode == 0:
        return done.stdout
    complaint = os.fsdecode(done.stderr)
    if "dubious ownership" in complaint or "unsafe repository" in complaint:
        owned = re.search(r"repository at '(.+)'", complaint)  # git's own word for what has to be trusted
        raise NotTrusted(Path(owned[1]) if owned else root)
    if "not a git repository" in complaint or "must be run in a work tree" in complaint:
        raise NotARepository(root)
    raise GitFailed(args, done.returncode, complaint)


class _Done(Struct, frozen=True):
    returncode: int
    stdout: bytes
    stderr: bytes


def _execute(
    root: Path,
    args: Sequence[str],
    input: bytes = b"",
    env: Mapping[str, str] | None = None,
    *,
    attended: bool = False,
) -> _Done:
    with deferred_signals(), _started(root, args, env, attended=attended) as process:
        try:
            stdout, stderr = process.communicate(input)
        except OSError as error:
            raise GitNotRun(error) from error
    return _Done(process.returncode, stdout, stderr)


@contextmanager
def _started(
    root: Path,
    args: Sequence[str],
    env: Mapping[str, str] | None = None,
    *,
    attended: bool = False,
    complaints: IO[bytes] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A git process with pipes; its end is waited for.

    Args:
        complaints: where its standard error goes instead of a pipe.
    """
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or _KEPT.fullmatch(key)}
    fixed = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        # A session of its own: the terminal's Ctrl-C goes to this process, not to git.
        process = subprocess.Popen(
            ["git", *_CONFIG, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE if complaints is None else complaints,
            cwd=root, env=clean | fixed | dict(env or {}), start_new_session=not attended,
        )  # fmt: skip
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        raise GitMissing(MINIMUM) if root.is_dir() else NotARepository(root) from error
    except OSError as error:
        raise GitNotRun(error) from error
    with process:
        yield process
