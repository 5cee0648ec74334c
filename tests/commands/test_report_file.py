"""The command report: into which files it writes, and which it leaves alone."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from sample import MakeSample, Sample

from migrate.report_mark import is_report
from migrate.reporting.writing import NotAReport, refuse_target
from rollback.git import Git


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        ([], "report: no FILE; write migrate report report.html, or report.md for a pull request; "
             "`-` with --format is stdout"),
        (["report.txt"], "report: report.txt ends in neither .html nor .md; name it so, or pass --format"),
        (["-"], "report: `-` has no ending to tell the format; pass --format html or markdown"),
        (["-", "--format", "html", "--json"],
         "report: both `-` and --json are for stdout; name a file, or leave one of them out"),
        (["--format", "html", "--json"], "report: --format html without a FILE to write it to; name one"),
    ],
    ids=["no file", "another ending", "stdout without a format", "two documents", "a format for nothing"],
)  # fmt: skip
def test_what_makes_no_sense(sample: Sample, args: list[str], complaint: str) -> None:
    done = sample.call("report", *args, code=2)
    assert done.err == f"{complaint}\n"


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ("app", "app: is a folder; nothing written; name a file in it, e.g. app/report.html"),
        ("README.md", "README.md: is tracked by git, and a report replaces no such file; nothing written; "
                      "name another one"),
        ("gone/report.html", "gone/report.html: its folder gone is not there; nothing written; make it first"),
        (".git/report.html", ".git/report.html: is git's own; nothing written; name another file"),
        ("notes.md", "notes.md: is there and is no report; nothing written; "
                     "name another file, or pass --force to replace it"),
        ("out.html", "out.html: is a link, or below one, that leads out of the repository; not touched"),
        ("../pipe.html", "../pipe.html: is no plain file; nothing written; name another one"),
        ("../loop.html", "../loop.html: is a link that leads in a circle; nothing written; name another file"),
    ],
)  # fmt: skip
def test_what_is_never_replaced(sample: Sample, file: str, complaint: str) -> None:
    sample.write("notes.md", "of mine\n")
    (sample.root / "out.html").symlink_to("../elsewhere.html")
    os.mkfifo(sample.root / "../pipe.html")
    (sample.root / "../loop.html").symlink_to("loop.html")
    forced = [] if file == "notes.md" else ["--force"]
    with sample.untouched():
        done = sample.call("report", file, "--format", "html", *forced, code=3)
    assert done.complaint == complaint


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("../repository0/.git/config", id="of the repository"),
        pytest.param("../repository0/.git/refs/heads/new.html", id="a new file"),
        pytest.param("../repository0/.git/worktrees/linked/HEAD", id="of the linked worktree"),
        pytest.param(".git", id="the file that leads there"),
        pytest.param("link.html", id="through a link"),
        pytest.param("../other/.git/HEAD", id="of another repository"),
        pytest.param("../bare/config", id="of a bare repository"),
        pytest.param("../bare/hooks/new.html", id="deep in a bare repository"),
    ],
)
def test_a_git_directory_is_never_written_into(file: str, sample: Sample) -> None:
    """Seen from a linked worktree, for which the repository's git directory is elsewhere."""
    shutil.copytree(sample.root, sample.root / "../other")
    sample.git("clone", "--quiet", "--bare", ".", "../bare")
    (sample.root / "../bare/hooks").mkdir(exist_ok=True)
    sample.git("worktree", "add", "--quiet", "../linked")
    linked = Sample(sample.root.parent / "linked", sample.env)
    (linked.root / "link.html").symlink_to("../bare/HEAD")
    name = file.replace("repository0", sample.root.name)
    target = linked.root / name
    before = target.read_bytes() if target.exists() else None
    done = linked.call("report", name, "--format", "html", "--force", code=3)
    expected = "is git's own; nothing written; name another file"
    assert done.complaint in (
        f"{name}: {expected}",
        "link.html: is a link, or below one, that leads out of the repository; not touched",
    )
    assert (target.read_bytes() if target.exists() else None) == before


def test_a_folder_with_a_name_of_gits_is_none(sample: Sample) -> None:
    (sample.root / "../docs/objects").mkdir(parents=True)
    sample.call("report", "../docs/report.html")
    assert is_report((sample.root / "../docs/report.html").read_bytes())


def test_an_earlier_report_is_replaced_and_its_mode_stays(sample: Sample) -> None:
    sample.call("report", "report.html")
    file = sample.root / "report.html"
    file.chmod(0o600)
    (sample.root / "link.html").symlink_to("report.html")
    (sample.root / "empty.md").touch()
    before = file.read_bytes()
    sample.call("phase1", "--yes")
    sample.call("report", "link.html")
    sample.call("report", "empty.md")
    assert file.read_bytes() != before
    assert file.stat().st_mode & 0o777 == 0o600
    assert (sample.root / "link.html").is_symlink()
    assert is_report(sample.read("empty.md"))


def test_force_replaces_what_is_no_report(sample: Sample) -> None:
    sample.write("notes.html", "of mine\n")
    sample.call("report", "notes.html", "--force")
    assert is_report(sample.read("notes.html"))


def test_a_file_tracked_by_another_repository(sample: Sample, tmp_path: Path, make_sample: MakeSample) -> None:
    other = make_sample()
    done = sample.call("report", str(other.root / "README.md"), "--force", code=3)
    assert "is tracked by git" in done.complaint
    sample.call("report", str(other.root / "new.md"))
    assert is_report(other.read("new.md"))


def test_a_file_that_cannot_be_written(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.reporting.writing.stage", _fail)
    done = sample.call("report", "../report.html", code=3)
    assert done.complaint == "../report.html: cannot write: No space left on device; nothing written"
    assert not (sample.root / "../report.html").exists()


def _fail(*_args: object) -> None:
    raise OSError(28, os.strerror(28))


def test_a_file_that_cannot_be_put_in_its_place(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.reporting.writing.sync_folder", _fail)
    sample.call("report", "../report.html", code=3)
    monkeypatch.undo()
    monkeypatch.setattr("pathlib.Path.replace", _fail)
    sample.call("report", "../other.html", code=3)
    assert sorted(path.name for path in sample.root.parent.iterdir() if path.is_file()) == ["report.html"]


@pytest.mark.skipif(os.getuid() != 0, reason="others are refused by the system")
def test_a_file_that_may_not_be_written_is_left_alone(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    sample.call("report", "report.html")
    monkeypatch.setattr("os.access", lambda *_args: False)
    done = sample.call("report", "report.html", code=3)
    assert done.complaint == "report.html: cannot write: Permission denied; nothing written"


def test_a_file_that_cannot_be_read(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    sample.write("notes.md", "mine\n")

    def refuse(*_args: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(Exception, match="cannot write: Permission denied"):
        refuse_target(sample.root / "notes.md", Git.open(sample.root), force=False)


def test_what_stands_in_the_way_is_said_first(sample: Sample) -> None:
    with pytest.raises(NotAReport):
        refuse_target(sample.root / "app", Git.open(sample.root), force=True)
    sample.write("migrate.toml", "broken")
    assert sample.call("report", "--json", code=2).document["exit_code"] == 2


def test_json_is_for_stdout_when_it_refuses(sample: Sample) -> None:
    refused = json.loads(sample.call("report", "README.md", "--json", code=3).out)
    assert refused["exit_code"] == 3
