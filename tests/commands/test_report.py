"""The command report: what it tells in each state of a migration."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sample import CONFLICT, MakeSample, Sample
from webpage import Element, read_page

from migrate.report_mark import is_report
from rollback.git import Git
from rollback.lock import locked


@pytest.fixture
def applied(make_sample: MakeSample) -> Sample:
    """All phases are applied; one file has a finding that is not found again."""
    wrong = "from shop.basket import Basket\n\nBasket(metadata=1, colour=2)\n"
    files = {"app/wrong.py": wrong, "app/star.py": "from shop.basket import *\n"}
    return make_sample(files, prepare=run_by_force)


def run_by_force(sample: Sample) -> None:
    sample.call("run", "--yes", "--force")


def page_of(sample: Sample, *args: str) -> Element:
    sample.call("report", "../report.html", *args)
    return read_page((sample.root / "../report.html").read_bytes())


def data_of(sample: Sample) -> dict[str, Any]:
    return sample.call("report", "--json").document


def section(page: Element, name: str) -> Element:
    return page.one("section", id=name)


def tiles(page: Element) -> dict[str, str]:
    return {tile.one("dt").words: tile.one("dd").words for tile in page.one("dl").find("div")}


def change_journal(sample: Sample, *statements: str) -> None:
    with closing(sqlite3.connect(sample.root / ".git/migrate/journal.sqlite3")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def verdict_of(sample: Sample) -> tuple[str, str]:
    verdict = data_of(sample)["verdict"]
    return verdict["state"], verdict["sentence"]


def sites_of(sample: Sample) -> dict[str, tuple[int, int, int]]:
    """Before, done and left, by kind."""
    return {site["kind"]: (site["before"], site["done"], site["left"]) for site in data_of(sample)["sites"]}


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
    assert checks == ["✓ Met: Nothing deprecated is left", "✓ Passed: old names import"]


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


# The whole is done only where nothing speaks against it


def append(path: str, text: str) -> Callable[[Sample], object]:
    return lambda sample: sample.write(path, sample.read(path) + text.encode())


def remove(path: str) -> Callable[[Sample], object]:
    return lambda sample: (sample.root / path).unlink()


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        pytest.param(
            append("app/main.py", "from shop.cart import (:\n"),
            "2 errors among the findings; 1 check passed; "
            "the tree was changed since: app/main.py was edited or deleted.",
            id="a touched file is broken",
        ),
        pytest.param(
            append("app/main.py", "# a remark\n"),
            "1 check passed; the tree was changed since: app/main.py was edited or deleted.",
            id="a touched file was edited",
        ),
        pytest.param(
            remove("app/main.py"),
            "1 check passed; the tree was changed since: app/main.py was edited or deleted.",
            id="a touched file is gone",
        ),
        pytest.param(
            remove("shop/cart.py"),
            "1 error among the findings; 1 check passed; "
            "the tree was changed since: shop/cart.py was edited or deleted.",
            id="a redirect is gone",
        ),
        pytest.param(
            lambda sample: sample.write("app/star.py", "from shop.cart import *\n"),
            "1 old import or keyword in the tree; 1 check passed.",
            id="what is deprecated cannot be edited",
        ),
        pytest.param(
            lambda sample: sample.write("app/late.py", "from shop.cart import Cart\n"),
            "1 edit left to make.",
            id="an old import has come back",
        ),
        pytest.param(
            lambda sample: sample.edit_plan("import shop.cart, shop.till;", "import shop.cart;"),
            "1 of 1 check not run as the plan has it now.",
            id="a check runs something else",
        ),
        pytest.param(
            lambda sample: sample.edit_plan('name = "old names import"', 'name = "old names import"\nexit = [0, 7]'),
            "1 of 1 check not run as the plan has it now.",
            id="a check asks for something else",
        ),
        pytest.param(
            lambda sample: sample.edit_plan('name = "old names import"', 'name = "old names import"\ncriterion = "12/12"'),
            "1 of 1 check not run as the plan has it now.",
            id="a check stands for something else",
        ),
    ],
)  # fmt: skip
def test_it_is_not_done_any_more(change: Callable[[Sample], object], missing: str, applied: Sample) -> None:
    assert verdict_of(applied) == ("done", "All phases applied; 1 check passed.")
    change(applied)
    assert verdict_of(applied) == ("open", f"All phases applied; {missing}")


def test_it_is_done_once_the_checks_have_seen_what_was_edited(applied: Sample) -> None:
    append("app/main.py", "# formatted\n")(applied)
    remove("app/second.py")(applied)
    document = data_of(applied)
    assert (document["criteria"]["is_current"], document["next"]) == (False, "migrate phase5")
    assert document["criteria"]["changed"] == ["app/main.py", "app/second.py"]
    said = "the tree was changed since: app/main.py and 1 more file were edited or deleted"
    assert said in section(page_of(applied), "criteria").words
    applied.call("phase5", "--yes")
    document = data_of(applied)
    assert (document["criteria"]["is_current"], document["criteria"]["changed"]) == (True, [])
    assert (document["verdict"]["state"], document["next"]) == ("done", "migrate guard")


def test_a_note_changes_no_check(applied: Sample) -> None:
    applied.edit_plan('name = "old names import"', 'name = "old names import"\nnote = "as before"')
    assert verdict_of(applied)[0] == "done"


def test_a_check_in_its_old_form_is_told_apart(applied: Sample) -> None:
    applied.edit_plan('name = "old names import"', 'name = "old names import"\ncriterion = "All (12/12)"')
    words = section(page_of(applied), "criteria").words
    assert "Not run: All (12/12) not run in this form" in words
    assert "Passed: old names import no longer in the plan in this form" in words
    checks = data_of(applied)["criteria"]["checks"]
    assert [(each["title"], each["state"], each["is_planned"], each["is_altered"]) for each in checks] == [
        ("All (12/12)", "not-run", True, True),
        ("old names import", "passed", False, False),
    ]


def test_checks_on_record_of_an_older_version(applied: Sample) -> None:
    """What they asked for is known by their titles and commands alone, and nothing of the files they had."""
    older = "checks = json_remove(checks, '$[0].form'), seen = '{}'"
    change_journal(applied, f"UPDATE runs SET {older} WHERE phase = 5")
    assert verdict_of(applied) == ("done", "All phases applied; 1 check passed.")
    append("app/main.py", "# a remark\n")(applied)
    assert verdict_of(applied) == (
        "open",
        "All phases applied; 1 check passed; app/main.py was edited or deleted, perhaps after the checks.",
    )
    applied.edit_plan("import shop.cart, shop.till;", "import shop.cart;")
    assert verdict_of(applied) == ("open", "All phases applied; 1 of 1 check not run as the plan has it now.")


def test_a_plan_without_checks_is_not_done_while_something_deprecated_is_left(make_sample: MakeSample) -> None:
    plan = (
        '[plan]\nname = "basket"\n\n[[phase4.call]]\ncallee = "shop.basket:Basket"\nrename = { metadata = "context" }\n'
        '[[phase3.move]]\nold = "shop.till:Till"\nnew = "shop.pay:Till"\n'
    )
    sample = make_sample({"migrate.toml": plan, "app/star.py": "from shop.till import *\n"})
    sample.call("run", "--yes", "--force")
    assert verdict_of(sample) == (
        "open", "1 of 2 editing phases applied, phase 4 has nothing to do; 1 old import or keyword in the tree; "
        "the plan has no checks.",
    )  # fmt: skip
    sample.write("app/star.py", "")
    assert verdict_of(sample)[0] == "done"


# Edits are counted once


def test_a_file_that_was_put_back_has_its_edits_to_make_again(applied: Sample) -> None:
    before = sites_of(applied)
    assert all(left == 0 for _, _, left in before.values())
    applied.git("checkout", "HEAD", "--", "app/main.py")
    after = sites_of(applied)
    assert {kind: total for kind, (total, _, _) in after.items()} == {
        kind: total for kind, (total, _, _) in before.items()
    }
    assert after["import"] == (before["import"][0], before["import"][1] - 2, 2)
    assert after["rename-keyword"] == (3, 2, 1)


def test_what_is_put_back_by_hand_in_an_edited_file_is_counted_once(applied: Sample) -> None:
    before = sites_of(applied)["rename-keyword"]
    text = applied.read("app/main.py")
    applied.write("app/main.py", text.replace(b"context=", b"metadata=") + b"# edited\n")
    assert (before, sites_of(applied)["rename-keyword"]) == ((3, 3, 0), (3, 2, 1))


def test_what_a_part_of_a_phase_has_left_is_still_to_make(sample: Sample) -> None:
    sample.call("run", "--yes", "--force", code=0)
    change_journal(sample, "UPDATE runs SET partial = 1 WHERE phase = 4")
    sample.write("app/main.py", sample.read("app/main.py") + b"Cart(metadata=2)\n")
    assert sites_of(sample)["rename-keyword"] == (3, 2, 1)
    assert verdict_of(sample) == (
        "open", "3 of 4 editing phases applied, phase 4 in part; 1 edit left to make.",
    )  # fmt: skip


def test_a_run_that_was_cut_off_counts_as_far_as_it_had_come(sample: Sample) -> None:
    for phase in ("phase1", "phase2"):
        sample.call(phase, "--yes", "--force")
    whole = sites_of(sample)
    sample.call("phase3", "--yes", "--force")
    sample.git("checkout", "HEAD", "--", "app/second.py")
    sample.write("app/odd ü.py", "edited = 1\n")
    change_journal(sample, "UPDATE runs SET state = 'applying' WHERE phase = 3")
    document = data_of(sample)
    assert document["verdict"]["state"] == "stopped"
    assert document["verdict"]["sentence"].endswith("was interrupted; run `migrate rollback` to restore it")
    assert {file["path"]: file["state"] for file in document["files"]} == {
        "app/main.py": "as-left", "app/odd ü.py": "edited-since", "shop/cart.py": "as-left", "shop/till.py": "as-left",
    }  # fmt: skip
    assert {kind: total for kind, (total, _, _) in sites_of(sample).items()} == {
        kind: total for kind, (total, _, _) in whole.items()
    }
    page = page_of(sample)
    row = section(page, "timeline").one("tbody").find("tr")[2]
    assert [cell.words for cell in row.find("td", class_="r")][-2:] == ["2", str(sites_of(sample)["import"][1])]
    assert "somebody has put it back" not in section(page, "files").words


def test_the_timeline_counts_what_stands(sample: Sample) -> None:
    sample.call("phase1", "--yes", "--force")
    sample.call("phase2", "--yes", "--force", "--verify", "false", code=1)

    def rows() -> list[list[str]]:
        found = section(page_of(sample), "timeline").one("tbody").find("tr")[:2]
        return [[cell.words for cell in row.find("td", class_="r")][-2:] for row in found]

    assert rows() == [["1", "1"], ["0", "0"]]
    sample.call("rollback", "--all", "--yes")
    assert rows() == [["0", "0"], ["0", "0"]]


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
    (applied.root / "shop/cart.py").chmod(0o755)
    states = {file["path"]: file["state"] for file in data_of(applied)["files"]}
    assert states == {
        "app/main.py": "edited-since",
        "app/odd ü.py": "unreadable",
        "app/second.py": "gone",
        "app/wrong.py": "as-left",
        "shop/cart.py": "mode-changed",
        "shop/till.py": "as-before",
    }
    page = page_of(applied)
    files = {each.attributes["data-q"]: each for each in section(page, "files").find("details", class_="file")}
    assert "edited since: the right side shows the file as it is now" in files["app/main.py"].words
    assert "# edited since" in files["app/main.py"].text
    assert "the file is gone since" in files["app/second.py"].words
    assert "No comparison: app/odd ü.py: is a symbolic link" in files["app/odd ü.py"].words
    assert "No difference" in files["shop/till.py"].words
    assert "left it; whether it may be" not in files["app/wrong.py"].words
    assert "as the run left them; whether it may be executed was changed since" in files["shop/cart.py"].words
    assert "1 file edited since. 1 file mode changed since." in section(page, "files").words
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
    change_journal(sample, "UPDATE runs SET state = 'applying'")
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
    change_journal(sample, "UPDATE runs SET partial = 1")
    assert "a part of what was offered" in section(page_of(sample), "rollback").words


def test_checks_that_failed_are_shown_with_their_output(make_sample: MakeSample) -> None:
    sample = make_sample({"shop/pay.py": "raise SystemExit('no <pay>')\n"})
    sample.call("run", "--yes", "--force", code=1)
    page = page_of(sample)
    assert page.one("p", class_="verdict").words == (
        "Failed All phases applied; 1 old import or keyword in the tree; 4 errors among the findings; 1 of 1 check failed."
    )
    check = section(page, "criteria").find("li", class_="check")[-1]
    assert check.one("h3").words == "✗ Failed: old names import"
    assert "no <pay>" in check.one("pre").text
    sample.call("rollback", "--yes")
    assert "the tree was changed since" in section(page_of(sample), "criteria").words


def test_a_check_that_the_plan_no_longer_has(applied: Sample) -> None:
    applied.edit_plan('name = "old names import"', 'name = "another one"')
    page = page_of(applied)
    assert page.one("p", class_="verdict").words == "Under way All phases applied; 1 of 1 check not run."
    words = section(page, "criteria").words
    assert "Not run: another one not run" in words
    assert "Passed: old names import no longer in the plan in this form" in words
    assert tiles(page)["Checks passed"] == "0 of 1"


def test_a_run_of_an_older_version_has_no_kinds(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    change_journal(sample, "UPDATE runs SET sites = '{}'", "UPDATE files SET sites = '{}'")
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


def test_a_report_in_the_tree_is_no_mention_of_old_modules(sample: Sample) -> None:
    before = data_of(sample)["findings"]
    sample.call("report", "report.html")
    sample.call("report", "report.md")
    assert data_of(sample)["findings"] == before
    sample.write("notes.md", "See shop.cart.\n")
    assert [each["code"] for each in data_of(sample)["findings"]].count("text-mention") == 1
