"""A saved plan: what `--dry-run --json` printed is applied as it is, or nothing is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sample import FILES, MakeSample, Sample, applied_through_2

SAVED = "saved.json"


@pytest.fixture
def ready(make_sample: MakeSample) -> Sample:
    """A repository whose third phase is next, and is saved outside of it."""
    sample = make_sample(prepare=applied_through_2)
    save(sample, "phase3")
    return sample


def place(sample: Sample) -> Path:
    return sample.root.parent / SAVED


def save(sample: Sample, phase: str) -> dict[str, Any]:
    document = sample.call(phase, "--dry-run", "--json").document
    place(sample).write_text(json.dumps(document))
    return document


def rewrite(sample: Sample, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(place(sample).read_text())
    change(document)
    place(sample).write_text(json.dumps(document))


def test_it_applies_exactly_what_it_says(ready: Sample, tmp_path: Path) -> None:
    copy = Sample(tmp_path / "copy")
    shutil.copytree(ready.root, copy.root, symlinks=True)
    copy.call("phase3", "--yes")
    before = ready.state()
    done = ready.call("phase3", "--from", str(place(ready)), "--yes", "--json").document
    saved = json.loads(place(ready).read_text())
    assert (done["mode"], done["files"], done["manual"]) == ("applied", saved["files"], saved["manual"])
    assert ready.files() == copy.files()
    ready.call("rollback", "--yes")
    assert ready.state() == before


def test_files_that_came_since_are_left_alone(ready: Sample) -> None:
    ready.write("app/new.py", "from shop.cart import Cart\n")
    ready.call("phase3", "--from", str(place(ready)), "--yes")
    assert ready.read("app/new.py") == b"from shop.cart import Cart\n"
    assert "1 edit in 1 file" in ready.call("phase3", "--dry-run").out


def test_it_can_be_looked_at_first(ready: Sample) -> None:
    with ready.nothing_written():
        dry = ready.call("phase3", "--from", str(place(ready)), "--dry-run")
        assert dry.out == ready.call("phase3", "--dry-run").out
        ready.call("phase3", "--from", str(place(ready)), "--check", code=1)


def test_nothing_to_do(ready: Sample) -> None:
    ready.call("phase3", "--yes")
    save(ready, "phase3")
    with ready.nothing_written():
        assert "phase3: nothing to do" in ready.call("phase3", "--from", str(place(ready)), "--yes").out


def test_errors_in_it_block_as_they_did(ready: Sample) -> None:
    rewrite(ready, lambda d: d["manual"].append({**d["manual"][0], "code": "keyword-conflict", "severity": "error"}))
    with ready.untouched():
        assert (
            "nothing written; blocked by 1 error"
            in ready.call("phase3", "--from", str(place(ready)), "--yes", code=1).err
        )
    ready.call("phase3", "--from", str(place(ready)), "--yes", "--force")


def edit(sample: Sample) -> None:
    sample.write("app/main.py", sample.read("app/main.py") + b"# edited\n")
    (sample.root / "app/second.py").unlink()


def replace_by_link(sample: Sample) -> None:
    for path in ("app/main.py", "app/second.py"):
        (sample.root / path).unlink()
        (sample.root / path).symlink_to("../README.md")


def replace_by_folder(sample: Sample) -> None:
    for path in ("app/main.py", "app/second.py"):
        (sample.root / path).unlink()
        (sample.root / path).mkdir()


@pytest.mark.parametrize("drift", [edit, replace_by_link, replace_by_folder])
def test_every_file_that_drifted_is_named_and_nothing_is_written(
    ready: Sample, drift: Callable[[Sample], None]
) -> None:
    drift(ready)
    with ready.nothing_written():
        done = ready.call("phase3", "--from", str(place(ready)), "--yes", code=3)
    named = "app/second.py, app/main.py"
    assert done.complaint == (
        f"2 of 3 files changed since {place(ready)} was made: {named}; nothing written; make a new dry run"
    )
    refused = ready.call("phase3", "--from", str(place(ready)), "--yes", "--json", code=3).document
    assert refused["paths"] == ["app/second.py", "app/main.py"]


def test_all_of_many_drifted_files_are_named(sample: Sample) -> None:
    for number in range(9):
        sample.write(f"app/many_{number}.py", "from shop.cart import Cart\n")
    sample.commit()
    save(sample, "phase3")
    for number in range(9):
        sample.write(f"app/many_{number}.py", "")
    done = sample.call("phase3", "--from", str(place(sample)), "--yes", "--force", code=3)
    first, *rest = done.err.splitlines()
    assert first.startswith("9 of 12 files changed since ")
    assert "and 4 more; nothing written" in first
    assert rest == [f"  app/many_{number}.py" for number in range(9)]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(
            ["phase2"], "is of phase3 of 'basket', not of phase2 of 'basket'; make it with `migrate phase2", id="phase"
        ),
        pytest.param(["phase3", "--interactive"], "phase3: --from applies all of a saved plan; ", id="interactive"),
        pytest.param(["run"], "run: --from is for one phase that edits", id="run"),
        pytest.param(["phase5"], "phase5: --from is for one phase that edits", id="phase 5"),
    ],
)
def test_what_it_is_not_for(ready: Sample, arguments: list[str], expected: str) -> None:
    more = [] if "--interactive" in arguments else ["--yes"]
    with ready.nothing_written():
        assert expected in ready.call(*arguments, "--from", str(place(ready)), *more, code=2).complaint


def forge(document: dict[str, Any]) -> None:
    """All hashes are right, and the result is no Python."""
    first = next(each for each in document["files"] if each["path"] == "app/main.py")
    document["files"] = [first]
    edit = first["edits"][0]
    after = str(FILES["app/main.py"]).replace(edit["before"], "def def", 1)
    first.update(edits=[{**edit, "after": "def def"}], after_sha256=sha256(after.encode()).hexdigest())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda d: d.update(schema=2), "schema: input should be 1; ", id="another version"),
        pytest.param(lambda d: d.pop("files"), "files: field required; ", id="a key is gone"),
        pytest.param(lambda d: d.update(mode="applied"), "is what an applied phase printed; ", id="applied"),
        pytest.param(lambda d: d.update(plan="other"), "is of phase3 of 'other', not of", id="another plan"),
        pytest.param(lambda d: d["files"].append(d["files"][0]), "a path is in it twice; ", id="twice"),
        pytest.param(lambda d: d["files"][0]["edits"][0].update(after="other"), "files.0: the edits do not give after_sha256; ", id="another edit"),
        pytest.param(lambda d: d["files"][0]["edits"][0].update(before="other"), "files.0: edits.0.before is not what stands there; ", id="another place"),
        pytest.param(lambda d: d["files"][0]["edits"][0].update(line=999), "files.0: ", id="no such line"),
        pytest.param(lambda d: d["files"][0]["edits"][0].update(line=0), "files.0.edits.0.line: input should be greater", id="line 0"),
        pytest.param(lambda d: d["files"][0]["edits"].append(d["files"][0]["edits"][0]), "files.0: Span(", id="an edit twice"),
        pytest.param(lambda d: d["files"][0].update(edits=[]), "files.0.edits: list should have at least 1 item", id="no edit"),
        pytest.param(lambda d: d["files"][0].update(path=""), "files: a path is empty; ", id="no path"),
        pytest.param(lambda d: d.update(mode="nothing-to-do"), "there are some, and mode is 'nothing-to-do'; ", id="nothing to do"),
        pytest.param(forge, "files.0: line 1 would no longer compile: ", id="made up, and no Python"),
        pytest.param(lambda d: d["manual"][0].update(code="gone"), "manual.0.code: 'gone' is no finding's code; ", id="a code"),
        pytest.param(lambda d: d["files"][0].update(before_sha256="x"), "files.0.before_sha256: string should match", id="no hash"),
    ],
)  # fmt: skip
def test_a_document_that_was_changed(ready: Sample, change: Callable[[dict[str, Any]], object], expected: str) -> None:
    rewrite(ready, change)
    with ready.nothing_written():
        assert expected in ready.call("phase3", "--from", str(place(ready)), "--yes", code=2).complaint


@pytest.mark.parametrize(
    "path", ["../outside.py", "/etc/hosts", ".git/config", "app/../app/main.py", "a\0.py", "a\ud800.py"]
)
def test_a_path_that_may_not_be_written(ready: Sample, path: str) -> None:
    rewrite(ready, lambda d: d["files"][0].update(path=path))
    with ready.nothing_written():
        assert ready.call("phase3", "--from", str(place(ready)), "--yes", code=3).complaint.endswith("; not touched")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"{", "no JSON: ", id="not JSON"),
        pytest.param(b"\xff", "no JSON: ", id="not UTF-8"),
        pytest.param(b"[]", "document: input should be", id="a list"),
        pytest.param(b"[" * 100_000, ": ", id="deep"),
        pytest.param(None, "cannot read: No such file or directory", id="not there"),
    ],
)
def test_what_is_no_document(ready: Sample, content: bytes | None, expected: str) -> None:
    place(ready).unlink()
    if content is not None:
        place(ready).write_bytes(content)
    with ready.nothing_written():
        complaint = ready.call("phase3", "--from", str(place(ready)), "--yes", code=2).complaint
    assert complaint.startswith(f"--from: {place(ready)}: ")
    assert expected in complaint


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("# coding: latin-1\nname = 'é'\nfrom shop.cart import Cart; x = 'é'\n".encode("latin-1"), id="latin-1"),
        pytest.param(b"\xef\xbb\xbffrom shop.cart import Cart\r\nCart('\xc3\xa9', metadata=1)\r\n", id="BOM, CRLF"),
        pytest.param("é = 1; from shop.cart import Cart".encode(), id="no final newline"),
    ],
)  # fmt: skip
def test_encodings(ready: Sample, content: bytes, tmp_path: Path) -> None:
    ready.write("app/odd.py", content)
    ready.commit()
    save(ready, "phase3")
    copy = Sample(tmp_path / "copy")
    shutil.copytree(ready.root, copy.root, symlinks=True)
    copy.call("phase3", "--yes")
    ready.call("phase3", "--from", str(place(ready)), "--yes")
    assert ready.files() == copy.files()


def test_a_redirect_over_bytes_that_are_no_text(sample: Sample) -> None:
    sample.write("shop/cart.py", b"\xff\xfe broken \r\n\x00 bytes \x80\n")
    sample.commit()
    save(sample, "phase1")
    with sample.untouched():
        sample.call("phase1", "--from", str(place(sample)), "--yes", "--force")
        assert b"DEPRECATED" in sample.read("shop/cart.py")
        sample.call("rollback", "--yes")
