"""The command report: what it tells in each state of a migration, and where it may write."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sample import CONFLICT, MakeSample, Sample
from webpage import Element, read_page

from migrate.report_mark import is_report
from migrate.reporting.writing import NotAReport, refuse_target
from rollback.git import Git
from rollback.lock import locked


@pytest.fixture
def applied(make_sample: MakeSample) -> Sample:
    """All phases are applied; one file has a finding that is not found again."""
    sample = make_sample({"app/wrong.py": "from shop.basket import Basket\n\nBasket(metadata=1, colour=2)\n"})
    sample.call("run", "--yes", "--force")
    return sample


def page_of(sample: Sample, *args: str) -> Element:
    sample.call("report", "../report.html", *args)
    return read_page((sample.root / "../report.html").read_bytes())


def data_of(sample: Sample) -> dict[str, Any]:
    return sample.call("report", "--json").document


def section(page: Element, name: str) -> Element:
    return page.one("section", id=name)


def tiles(page: Element) -> dict[str, str]:
    return {tile.one("dt").words: tile.one("dd").words for tile in page.one("dl").find("div")}


# What it tells


def test_nothing_is_applied(sample: Sample) -> None:
    with sample.nothing_written():
        sample.call("report", "../report.html")
    page = read_page((sample.root / "../report.html").read_bytes())
    assert page.one("h1").words == "One basket"
    assert page.one("p", class_="verdict").words == "Not applied Nothing is applied yet."
    assert tiles(page)["Files changed"] == "0 +0 −0 lines"
    assert tiles(page)["Edits left"] == "8 in 5 files"
    assert "No file is changed" in section(page, "files").text
    phases = [each.words for each in section(page, "left").find("h3")]
    assert phases == ["Phase 1", "Phase 2", "Phase 3", "Phase 4"]
    names = [each.attributes["data-q"] for each in section(page, "left").find("details", class_="file")]
    assert names[:2] == ["shop/cart.py", "shop/till.py"]
    assert "No run of this plan is on record" in section(page, "rollback").text
    assert "not run" in section(page, "criteria").words


def test_all_phases_are_applied(applied: Sample) -> None:
    page = page_of(applied)
    assert page.one("p", class_="verdict").words == "Done All phases applied; 1 check passed."
    assert page.find("section", id="left") == []
    files = {each.attributes["data-q"]: each for each in section(page, "files").find("details", class_="file")}
    assert list(files) == [
        "app/main.py", "app/odd ü.py", "app/second.py", "app/wrong.py", "shop/cart.py", "shop/till.py",
    ]  # fmt: skip
    main = files["app/main.py"]
    assert main.one("summary").words == "main.py phase 3 phase 4 +4 −3 lines"
    assert "changed by run 3, run 4" in main.words
    assert {"pay", "context"} <= {each.words for each in main.find("ins")}
    table = main.one("table")
    assert [each.words for each in table.find("th", scope="col")] == ["Line", "Before", "Line", "After"]
    assert table.one("caption").words == "app/main.py"
    first = table.find("tr", class_="c")[0].find("td")
    assert [first[0].text, first[1].text] == ["1", "from shop.cart import Cart, checkout"]
    rows = section(page, "sites").one("tbody").find("tr")
    counts = {row.one("th").words: [each.words for each in row.find("td", class_="r")] for row in rows}
    assert counts["modules replaced by a redirect"] == ["2", "2", "0"]
    assert counts["keywords renamed"] == ["3", "3", "0"]
    checks = [each.words for each in section(page, "criteria").find("h3")]
    assert checks == ["✗ Not met: Nothing deprecated is left", "✓ Passed: old names import"]


def test_what_is_not_found_again_is_on_record(applied: Sample) -> None:
    finding = [each for each in data_of(applied)["findings"] if each["code"] == "invalid-call"]
    assert [(each["path"], each["run"]) for each in finding] == [("app/wrong.py", 4)]
    assert finding[0]["remark"] == "on record of run 4; not found again; the line is that of before the run"
    page = page_of(applied)
    group = page.one("details", id="finding-invalid-call")
    assert "1 warning" in group.one("summary").words
    assert group.find("a", href="#code-invalid-call")
    assert page.one("details", id="code-invalid-call").find("pre")
    assert group.find("a", href="#file-app/wrong.py")
    applied.write("app/wrong.py", applied.read("app/wrong.py").replace(b", colour=2", b""))
    finding = [each for each in data_of(applied)["findings"] if each["code"] == "invalid-call"]
    assert finding[0]["remark"].endswith("the file was edited since, so see whether it is mended")


def test_findings_that_are_mended_are_settled(make_sample: MakeSample) -> None:
    sample = make_sample({"app/conflict.py": CONFLICT})
    sample.call("run", "--yes", "--force")
    assert data_of(sample)["settled"] == []
    sample.write("app/conflict.py", CONFLICT.replace("metadata=1, ", ""))
    document = data_of(sample)
    assert document["settled"] == [{"code": "keyword-conflict", "number": 1}]
    assert "1 finding of runs that stand is not found any more" in section(page_of(sample), "findings").words


def test_files_that_are_not_as_they_were_left(applied: Sample) -> None:
    applied.write("app/main.py", applied.read("app/main.py") + b"# edited since\n")
    (applied.root / "app/second.py").unlink()
    applied.write("shop/till.py", applied.git("show", "HEAD:shop/till.py").encode())
    odd = applied.root / "app/odd ü.py"
    odd.unlink()
    odd.symlink_to("main.py")
    states = {file["path"]: file["state"] for file in data_of(applied)["files"]}
    assert states == {
        "app/main.py": "edited-since",
        "app/odd ü.py": "unreadable",
        "app/second.py": "gone",
        "app/wrong.py": "as-left",
        "shop/cart.py": "as-left",
        "shop/till.py": "as-before",
    }
    page = page_of(applied)
    files = {each.attributes["data-q"]: each for each in section(page, "files").find("details", class_="file")}
    assert "edited since: the right side shows the file as it is now" in files["app/main.py"].words
    assert "# edited since" in files["app/main.py"].text
    assert "the file is gone since" in files["app/second.py"].words
    assert "No comparison: app/odd ü.py: is a symbolic link" in files["app/odd ü.py"].words
    assert "No difference" in files["shop/till.py"].words
    assert "1 file edited since" in section(page, "files").words
    assert "refuses: 2 of 3 files edited since run 4" in section(page, "rollback").words


def test_it_is_rolled_back(applied: Sample) -> None:
    applied.call("rollback", "--all", "--yes")
    page = page_of(applied)
    assert page.one("p", class_="verdict").words == "Not applied Everything that was applied has been taken back."
    assert "No file is changed" in section(page, "files").text
    assert section(page, "left")
    states = [row.find("td")[0].words for row in section(page, "rollback").one("tbody").find("tr")]
    assert states == ["rolled-back rolled back"] * 4 + ["passed"]
    assert "has nothing to take back" in section(page, "rollback").words


def test_old_files_that_were_given_up_are_those_of_the_commit(applied: Sample) -> None:
    applied.call("journal", "prune", "--older-than", "0", "--applied", "--yes")
    document = data_of(applied)
    assert all(file["why"] == "" and file["added"] for file in document["files"])
    page = page_of(applied)
    assert "given up" in section(page, "rollback").words
    assert "its snapshot was given up" in section(page, "rollback").words


def test_old_files_that_are_nowhere_any_more(sample: Sample) -> None:
    sample.write("shop/cart.py", "dirty = 1\n")
    sample.call("phase1", "--yes", "--allow-dirty")
    sample.call("journal", "prune", "--older-than", "0", "--applied", "--yes")
    (file,) = data_of(sample)["files"]
    assert (file["added"], file["why"]) == (None, "run 1 does not have its old files any more")
    assert "No comparison: run 1 does not have its old files any more." in section(page_of(sample), "files").words


def test_a_snapshot_that_is_gone(sample: Sample) -> None:
    sample.write("shop/cart.py", "dirty = 1\n")
    sample.call("phase1", "--yes", "--allow-dirty")
    sample.git("update-ref", "-d", "refs/migrate/basket/run-1")
    sample.git("reflog", "expire", "--expire=now", "--all")
    sample.git("gc", "--quiet", "--prune=now")
    (file,) = data_of(sample)["files"]
    assert file["why"].startswith("run 1: its snapshot refs/migrate/basket/run-1 is damaged")


def test_a_run_was_interrupted(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    connection = sqlite3.connect(sample.root / ".git/migrate/journal.sqlite3")
    connection.execute("UPDATE runs SET state = 'applying'")
    connection.commit()
    connection.close()
    done = sample.call("report", "../report.html")
    assert done.err == "run 1 (phase 1 of 'basket') was interrupted; run `migrate rollback` to restore it\n"
    assert done.out.endswith("next: migrate rollback\n")
    page = read_page((sample.root / "../report.html").read_bytes())
    assert page.one("p", class_="verdict").words.startswith("Stopped run 1 (phase 1 of 'basket') was interrupted")
    assert [each.words for each in page.find("span", class_="interrupted")] == ["interrupted"] * 2


def test_somebody_is_at_work(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    with locked(Git.open(sample.root), "migrate phase2"):
        done = sample.call("report", "../report.html")
    assert "`migrate phase2` (pid" in done.err
    page = read_page((sample.root / "../report.html").read_bytes())
    assert page.one("p", class_="verdict").words.startswith("Stopped `migrate phase2` (pid")
    assert "migrate rollback refuses: `migrate phase2` (pid" in section(page, "rollback").words


def test_a_part_of_a_phase(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    connection = sqlite3.connect(sample.root / ".git/migrate/journal.sqlite3")
    connection.execute("UPDATE runs SET partial = 1")
    connection.commit()
    connection.close()
    assert "a part of what was offered" in section(page_of(sample), "rollback").words


def test_checks_that_failed_are_shown_with_their_output(make_sample: MakeSample) -> None:
    sample = make_sample({"shop/pay.py": "raise SystemExit('no <pay>')\n"})
    sample.call("run", "--yes", "--force", code=1)
    page = page_of(sample)
    assert page.one("p", class_="verdict").words == "Failed All phases applied; 1 of 1 check failed."
    check = section(page, "criteria").find("li", class_="check")[-1]
    assert check.one("h3").words == "✗ Failed: old names import"
    assert "no <pay>" in check.one("pre").text
    sample.call("rollback", "--yes")
    assert "the tree was changed since" in section(page_of(sample), "criteria").words


def test_a_check_that_the_plan_no_longer_has(applied: Sample) -> None:
    applied.edit_plan('name = "old names import"', 'name = "another one"')
    page = page_of(applied)
    assert page.one("p", class_="verdict").words == "Under way All phases applied; 1 of 2 checks not run."
    words = section(page, "criteria").words
    assert "Not run: another one not run" in words
    assert "Passed: old names import no longer in the plan" in words


def test_a_run_of_an_older_version_has_no_kinds(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    connection = sqlite3.connect(sample.root / ".git/migrate/journal.sqlite3")
    connection.execute("UPDATE runs SET sites = '{}'")
    connection.commit()
    connection.close()
    kinds = {site["kind"]: site["done"] for site in data_of(sample)["sites"]}
    assert kinds["unknown"] == 1
    row = section(page_of(sample), "sites").one("tbody").find("tr")[-1]
    assert row.one("th").words == "edits of a run on record without their kinds"
    assert [each.words for each in row.find("td", class_="r")] == ["1", "1", "0"]


def test_a_plan_with_little_in_it(make_sample: MakeSample) -> None:
    plan = '[plan]\nname = "basket"\n\n[[phase3.move]]\nold = "shop.nowhere:A"\nnew = "shop.elsewhere:B"\n'
    sample = make_sample({"migrate.toml": plan})
    page = page_of(sample)
    assert page.one("h1").words == "basket"
    assert "No edit was made, and none is left to make." in section(page, "sites").words
    assert "The plan has no checks." in section(page, "criteria").words
    assert "Planned 0 min, spent 0.0 s." in section(page, "timeline").words


# Markdown and JSON


def test_markdown(applied: Sample) -> None:
    done = applied.call("report", "../report.md")
    text = (applied.root / "../report.md").read_text(encoding="utf-8")
    assert done.out.splitlines()[-1] == "next: migrate guard"
    assert text.startswith("<!-- ssot-migrate report -->\n## One basket\n\n✅ All phases applied; 1 check passed.\n")
    assert "| 3 Import from the new homes | applied | 5 min |" in text
    assert "- [x] old names import\n" in text
    assert "| keywords renamed | 3 | 3 | 0 |" in text
    assert "| `app` | 4 | " in text
    assert "- `app/odd ü.py` phase 3, +1 −1\n" in text
    assert "- `migrate rollback` takes back run 4 (phase 4), to the byte" in text


def test_the_same_on_stdout(applied: Sample) -> None:
    done = applied.call("report", "-", "--format", "markdown")
    assert done.out.startswith("<!-- ssot-migrate report -->")
    assert done.err == "next: migrate guard\n"
    done = applied.call("report", "-", "--format", "html")
    assert read_page(done.out.encode()).one("h1").words == "One basket"
    assert is_report(done.out.encode())


def test_json_beside_a_file(applied: Sample) -> None:
    done = applied.call("report", "../report.html", "--json")
    assert done.document["verdict"] == {"state": "done", "sentence": "All phases applied; 1 check passed."}
    assert is_report((applied.root / "../report.html").read_bytes())
    assert done.err.splitlines()[-1] == "next: migrate guard"


# Where it may write


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
    ],
)  # fmt: skip
def test_what_is_never_replaced(sample: Sample, file: str, complaint: str) -> None:
    sample.write("notes.md", "of mine\n")
    (sample.root / "out.html").symlink_to("../elsewhere.html")
    os.mkfifo(sample.root / "../pipe.html")
    forced = [] if file == "notes.md" else ["--force"]
    with sample.untouched():
        done = sample.call("report", file, "--format", "html", *forced, code=3)
    assert done.complaint == complaint


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


def test_a_report_in_the_tree_is_no_mention_of_old_modules(sample: Sample) -> None:
    before = data_of(sample)["findings"]
    sample.call("report", "report.html")
    sample.call("report", "report.md")
    assert data_of(sample)["findings"] == before
    sample.write("notes.md", "See shop.cart.\n")
    assert [each["code"] for each in data_of(sample)["findings"]].count("text-mention") == 1


def test_what_stands_in_the_way_is_said_first(sample: Sample) -> None:
    with pytest.raises(NotAReport):
        refuse_target(sample.root / "app", Git.open(sample.root), force=True)
    sample.write("migrate.toml", "broken")
    assert sample.call("report", "--json", code=2).document["exit_code"] == 2


def test_json_is_for_stdout_when_it_refuses(sample: Sample) -> None:
    refused = json.loads(sample.call("report", "README.md", "--json", code=3).out)
    assert refused["exit_code"] == 3
