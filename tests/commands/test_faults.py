"""A machine that is in the way: one clear line, the documented exit code, and a tree as before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sample import Done, MakeSample, Sample, applied_through_2, finish

_LIMITED = """
import resource, runpy, sys
limit, soft = sys.argv[1].split("=")
resource.setrlimit(getattr(resource, limit), (int(soft), int(soft)))
sys.argv[:2] = ["migrate"]
runpy.run_module("migrate", run_name="__main__", alter_sys=True)
"""

_UNPRIVILEGED = """
import os, runpy, sys
import migrate.cli, migrate.phase, migrate.stepping, migrate.rollback_command, migrate.journal_command
import migrate.status, rich.progress, rich.table
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.argv[:1] = ["migrate"]
runpy.run_module("migrate", run_name="__main__", alter_sys=True)
"""
"""Root may write everything, so the process gives that up once all is imported."""

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else, or mount")


def limited(sample: Sample, limit: str, *arguments: str, code: int) -> Done:
    return finish(sample.start(*arguments, program=(sys.executable, "-c", _LIMITED, limit)), code)


def unprivileged(sample: Sample, *arguments: str, code: int) -> Done:
    """The command as somebody who owns the repository and nothing else."""
    program = (sys.executable, "-W", "ignore", "-c", _UNPRIVILEGED)
    return finish(sample.start(*arguments, program=program, GIT_CONFIG_GLOBAL=os.devnull), code)


@pytest.fixture
def many(make_sample: MakeSample) -> Sample:
    """Forty files for phase 3, of 3 kB each."""
    text = "from shop.cart import Cart\nprint(Cart)\n"
    files = {f"app/many_{number}.py": text + f"# {number:3000}\n" for number in range(40)}
    return unmeasured(make_sample(files, prepare=applied_through_2))


def unmeasured(sample: Sample) -> Sample:
    """Coverage writes files of its own, which would meet the same faults."""
    for name in [name for name in sample.env if name.startswith("COV")]:
        del sample.env[name]
    return sample


@pytest.fixture
def theirs(many: Sample) -> Iterator[Sample]:
    """The same, owned by an unprivileged user, in a folder that can be entered: pytest shuts its own at each start."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        root = many.root.rename(folder / many.root.name)
        subprocess.run(["chown", "-R", "65534:65534", str(root)], check=True)
        yield unmeasured(replace(many, root=root))
        subprocess.run(["chmod", "-R", "u+rwX", str(root)], check=True)


@pytest.mark.parametrize("size", [1, 1024, 4096, 20_000, 40_000])
def test_files_may_not_grow(many: Sample, size: int) -> None:
    with many.untouched():
        done = limited(many, f"RLIMIT_FSIZE={size}", "phase3", "--yes", "--quiet", code=3)
    assert done.err.count("\n") == 1
    assert "ulimit -f" in done.err or "File too large" in done.err or "SIGXFSZ (File size limit exceeded)" in done.err
    many.call("rollback", "--all", "--yes")


@pytest.mark.parametrize("number", range(5, 17))
def test_few_file_descriptors(many: Sample, number: int) -> None:
    """It works, or refuses in one line; where is a matter of versions."""
    before = many.state()
    process = many.start(
        "phase3", "--yes", "--quiet", "--jobs", "1", program=(sys.executable, "-c", _LIMITED, f"RLIMIT_NOFILE={number}")
    )
    _, err = process.communicate(timeout=60)
    assert b"Traceback" not in err or b"init_import_site" in err, err
    if process.returncode == 0:
        many.call("rollback", "--only", "phase3", "--yes")
    elif b"Fatal Python error" not in err:  # the interpreter itself needs some
        assert process.returncode in (1, 3)
        assert err.count(b"\n") == 1, err
    assert many.state() == before


def test_no_home(many: Sample) -> None:
    before = many.state()
    many.env.pop("HOME", None)
    many.migrate("phase3", "--yes", "--quiet", GIT_CONFIG_GLOBAL="")
    many.migrate("rollback", "--yes")
    assert many.state() == before


def test_closed_streams(many: Sample) -> None:
    before = many.state()
    for shut in (">&-", "2>&-", ">&- 2>&- <&-"):
        command = f"exec {sys.executable} -m migrate phase3 --yes {shut}"
        done = subprocess.run(["sh", "-c", command], cwd=many.root, env=many.env, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
        many.migrate("rollback", "--only", "phase3", "--yes")
        assert many.state() == before


def test_a_full_disk_behind_stdout(many: Sample) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("Linux only")
    command = f"exec {sys.executable} -m migrate phase3 --yes --json >/dev/full"
    done = subprocess.run(
        ["sh", "-c", command], cwd=many.root, env=many.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@root_only
@pytest.mark.parametrize("free_kb", [0, 12, 40, 80, 120, 200])
def test_a_full_disk(make_sample: MakeSample, tmp_path: Path, free_kb: int) -> None:
    """A real one: whatever does not find room, nothing is half done."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        text = "from shop.cart import Cart\nprint(Cart)\n"
        source = make_sample({f"app/many_{number}.py": text + f"# {number:3000}\n" for number in range(40)})
        subprocess.run(["cp", "-a", f"{source.root}/.", str(disk / "repo")], check=True)
        full = Sample(disk / "repo")
        before = full.state()
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        (disk / "filler").write_bytes(b"\0" * (free - free_kb * 1024))
        done = full.start("phase3", "--yes", "--force", "--quiet")
        out, err = done.communicate(timeout=60)
        assert done.returncode == 3, (out, err)
        assert err.count(b"\n") == 1, err
        assert full.state() == before
        (disk / "filler").unlink()
        full.migrate("phase3", "--yes", "--force", "--quiet")
        applied = full.files()
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        (disk / "filler").write_bytes(b"\0" * (free - min(free_kb, 80) * 1024))
        done = full.start("rollback", "--yes")
        out, err = done.communicate(timeout=60)
        assert done.returncode == 3, (out, err)
        assert full.files() == applied, "nothing restored, and nothing half done"
        (disk / "filler").unlink()
        full.migrate("rollback", "--yes")
        assert full.state() == before
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@root_only
@pytest.mark.parametrize(
    ("place", "mode", "expected"),
    [
        pytest.param("app", 0o555, "app/second.py: cannot write: Permission denied; every file is as before", id="folder"),
        pytest.param("app/main.py", 0o000, "git grep could not search every file: failed to stat 'app/main.py': Permission", id="file"),
        pytest.param(".git/migrate", 0o555, "attempt to write a readonly database", id="journal's folder"),
        pytest.param(".git/migrate/lock", 0o444, "lock: journal unusable: Permission denied", id="lock"),
        pytest.param(".git/migrate/journal.sqlite3", 0o444, "attempt to write a readonly database", id="journal"),
        pytest.param(".git/objects/pack", 0o555, "git fast-import failed with exit code 128: fatal: ", id="objects"),
        pytest.param(".git/refs/migrate", 0o555, "git fast-import failed with exit code ", id="refs"),
    ],
)  # fmt: skip
def test_no_permission(theirs: Sample, place: str, mode: int, expected: str) -> None:
    files = theirs.files()
    was = (theirs.root / place).stat().st_mode
    if place == ".git/refs/migrate":
        (theirs.root / place / "basket").chmod(0o555)
    (theirs.root / place).chmod(mode)
    done = unprivileged(theirs, "phase3", "--yes", "--quiet", "--allow-dirty", code=3)
    assert done.err.count("\n") == 1, done.err
    assert expected in done.err
    (theirs.root / place).chmod(was)
    if place == ".git/refs/migrate":
        (theirs.root / place / "basket").chmod(0o755)
    assert theirs.files() == files
    unprivileged(theirs, "phase3", "--yes", "--quiet", "--allow-dirty", code=0)
    unprivileged(theirs, "rollback", "--all", "--yes", code=0)


@root_only
def test_a_git_directory_that_may_only_be_read(theirs: Sample) -> None:
    files = theirs.files()
    subprocess.run(["chmod", "-R", "a-w", str(theirs.root / ".git")], check=True)
    for command in (
        ["phase3", "--yes", "--allow-dirty"],
        ["rollback", "--yes"],
        ["journal", "prune", "--older-than", "0", "--applied", "--yes"],
    ):
        done = unprivileged(theirs, *command, "--quiet", code=3)
        assert done.err.endswith(
            "lock: journal unusable: Permission denied; nothing written (pre-images stay under refs/migrate/)\n"
        )
    for command in (["phase3", "--dry-run"], ["status"], ["timeline"], ["journal"]):
        unprivileged(theirs, *command, code=0)
    assert theirs.files() == files


@root_only
def test_a_file_of_somebody_else(theirs: Sample) -> None:
    """It may be replaced, as its folder may be written; who owns it cannot be kept then, its bytes and mode can."""
    files = theirs.files()
    os.chown(theirs.root / "app/main.py", 0, 0)
    unprivileged(theirs, "phase3", "--yes", "--quiet", "--allow-dirty", code=0)
    unprivileged(theirs, "rollback", "--yes", code=0)
    assert theirs.files() == files


def test_a_line_end_in_a_name_makes_no_line_of_its_own(sample: Sample) -> None:
    fake = "x\nphase3: applied as run 9\n.py"
    sample.write(fake, "from shop.cart import *\n")
    for number in range(7):
        sample.write(f"{number}{fake}", "from shop.till import Till\n")
    for command in (["phase3", "--dry-run"], ["phase3", "--yes", "--force"], ["phase3", "--from", fake, "--yes"]):
        done = sample.call(*command, code=0 if "--dry-run" in command else 3 if "--force" in command else 2)
        assert "\nphase3: applied" not in f"\n{done.out}\n{done.err}"
