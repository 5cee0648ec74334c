"""The fault harness: a sample of it finds nothing, and it does find what is broken on purpose."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from chaos.calls import Operation
from chaos.power import Disk
from chaos.seccomp import is_available

TESTS = Path(__file__).parent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it needs /proc")
calls = pytest.mark.skipif(not is_available(), reason="this system does not let a process watch its children's calls")

BROKEN = """
import os, random, shutil, sys, tempfile
from pathlib import Path
from chaos.__main__ import warm_up
from chaos.processes import adopt_orphans
from chaos.trials import Bench, at_every_call, power_cut
from chaos.workload import APPLY, ROLL_BACK, fast_folder, make_workload

adopt_orphans()
warm_up()
folder = Path(tempfile.mkdtemp(dir=fast_folder()))
try:
    bench = Bench(make_workload(folder, 12), folder)
    {breakage}
    print(ascii({trial}.problems))
finally:
    shutil.rmtree(folder)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(TESTS)))}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, cwd=TESTS
    )


@pytest.mark.long
def test_a_sample_of_all_faults(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text("before\n<!-- figures: make chaos -->\nold\n<!-- end of figures -->\nafter\n")
    done = run("-m", "chaos", "--short", "--jobs", "2", "--write", str(document))
    assert done.returncode == 0, done.stdout + done.stderr
    written = document.read_text()
    assert "| kill -9 at random moments, apply, 400 files | 12 | " in written
    assert " faults, 0 times anything wrong. CPython " in written
    assert written.startswith("before\n")
    assert written.endswith("<!-- end of figures -->\nafter\n")
    assert "old" not in written


@pytest.mark.long
@calls
@pytest.mark.parametrize(
    ("breakage", "trial", "problem"),
    [
        pytest.param(
            "os.fsync = lambda descriptor: None",
            "power_cut(bench, APPLY, 3, random.Random(1), every=9, all_of_them=False)",
            "not as before: 'pkg_",
            id="no flush",
        ),
        pytest.param(
            "import rollback.apply; rollback.apply._Writing.undo = lambda self, folders: ([], '')",
            "at_every_call(bench, APPLY, 'EIO', every=3, all_of_them=False)",
            "exit 3 but 'pkg_",
            id="no way back from an error",
        ),
        pytest.param(
            "import rollback.restore; rollback.restore.unstage = lambda root, files: None",
            "at_every_call(bench, ROLL_BACK, 'kill', every=3, all_of_them=False)",
            ".tmp'",
            id="temporary files stay",
        ),
        pytest.param(
            "os.replace = lambda old, new: (os.path.lexists(new) and os.unlink(new), os.rename(old, new))",
            "at_every_call(bench, APPLY, 'kill', every=3, all_of_them=False)",
            "torn: 'pkg_",
            id="a replacement in two steps",
        ),
    ],
)
def test_what_is_broken_is_found(breakage: str, trial: str, problem: str) -> None:
    """As what it is: the first problem may be one that the breakage makes by itself."""
    done = run("-c", BROKEN.format(breakage=breakage, trial=trial))
    assert done.returncode == 0, done.stderr
    assert problem in done.stdout


@calls
def test_a_repository_that_is_sound_has_no_problem() -> None:
    done = run("-c", BROKEN.format(breakage="", trial="at_every_call(bench, APPLY, 'kill', every=31)"))
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def lay_out(folder: Path) -> Disk:
    """A disk with one file, all of it durable."""
    (folder / "disk").mkdir()
    (folder / "disk/old").write_bytes(b"old")
    return Disk(folder / "disk")


def left(disk: Disk, folder: Path) -> dict[str, bytes]:
    """The files after a strict power cut."""
    target = folder / "left"
    disk.write_strict(target)
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([], {"old": b"old"}, id="nothing happened"),
        pytest.param([("create", "new"), ("write", "new", b"x")], {"old": b"old"}, id="neither name nor bytes"),
        pytest.param([("create", "new"), ("write", "new", b"x"), ("sync", "new")], {"old": b"old"}, id="bytes, no name"),
        pytest.param([("create", "new"), ("write", "new", b"x"), ("sync", "")], {"old": b"old", "new": b""}, id="name, no bytes"),
        pytest.param(
            [("create", "new"), ("write", "new", b"x"), ("sync", "new"), ("sync", "")], {"old": b"old", "new": b"x"}, id="both"
        ),
        pytest.param([("write", "old", b"new")], {"old": b"old"}, id="overwritten, not flushed"),
        pytest.param([("write", "old", b"NE"), ("sync", "old")], {"old": b"NEd"}, id="overwritten"),
        pytest.param([("unlink", "old")], {"old": b"old"}, id="deleted, not flushed"),
        pytest.param([("unlink", "old"), ("sync", "")], {}, id="deleted"),
        pytest.param([("rename", "old", "other")], {"old": b"old"}, id="renamed, not flushed"),
        pytest.param([("rename", "old", "other"), ("sync", "")], {"other": b"old"}, id="renamed"),
        pytest.param([("truncate", "old"), ("sync", "old")], {"old": b""}, id="truncated"),
        pytest.param([("mkdir", "a"), ("create", "a/b"), ("sync", "a/b"), ("sync", "a")], {"old": b"old"}, id="folder lost"),
        pytest.param(
            [("mkdir", "a"), ("create", "a/b"), ("sync", "a"), ("sync", "")], {"old": b"old", "a/b": b""}, id="folder kept"
        ),
        pytest.param([("link", "old", "twin"), ("sync", "")], {"old": b"old", "twin": b"old"}, id="linked"),
        pytest.param([("mkdir", "old"), ("unlink", "gone"), ("rename", "gone", "x"), ("sync", "")], {"old": b"old"}, id="failed calls"),
    ],
)  # fmt: skip
def test_the_model_of_a_disk(tmp_path: Path, steps: list[tuple[str, ...]], expected: dict[str, bytes]) -> None:
    disk = lay_out(tmp_path)
    for kind, path, *more in steps:
        full = str(tmp_path / "disk" / path)
        data = more[0] if more and isinstance(more[0], bytes) else b""
        other = str(tmp_path / "disk" / more[0]) if more and isinstance(more[0], str) else ""
        disk.do(Operation(kind, full.rstrip("/"), other, 0, data, 0o644 if kind == "create" else 0o755))
    assert left(disk, tmp_path) == expected
