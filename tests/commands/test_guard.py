"""`migrate guard`: the real process, its exit codes, formats, baseline, and what is staged."""

from __future__ import annotations

import shlex
import stat
import sys
from pathlib import Path

import pytest
from sample import HOME, MakeSample, Sample, finish

CART = "from shop.cart import Cart\n"
SUMMARY = "guard: 5 findings to mend in the tree (deprecated-import 5)\nnext: migrate phase3\n"
MEND = "next: mend the places, or mark them with `# migrate: keep`; then migrate guard\n"
STAR = "app/star.py:1:0: warning: deprecated-import: star import from shop.cart: which names it binds is not certain; name them, then run phase3 again\n"


@pytest.fixture
def done(make_sample: MakeSample) -> Sample:
    """After the five phases and what is left to a person, all committed: nothing deprecated is there."""
    return make_sample(prepare=all_done)


def all_done(sample: Sample) -> None:
    sample.write("app/star.py", "")
    sample.call("run", "--yes")
    sample.commit()


def test_before_the_phases_all_of_it_is_found(sample: Sample) -> None:
    with sample.nothing_written():
        found = sample.migrate("guard", code=1)
    assert found.err == "explain a code: migrate explain deprecated-import\n"
    assert found.out.endswith(STAR + SUMMARY)
    assert [line.split(": ")[0] for line in found.out.splitlines()[:5]] == [
        "app/main.py:1:0", "app/main.py:12:4", "app/odd ü.py:1:0", "app/second.py:2:0", "app/star.py:1:0",
    ]  # fmt: skip


def test_after_the_phases_what_was_left_to_a_person_is_found(sample: Sample) -> None:
    sample.call("run", "--yes")
    assert (
        sample.call("guard", code=1).out == f"{STAR}guard: 1 finding to mend in the tree (deprecated-import 1)\n{MEND}"
    )
    sample.write("app/star.py", "")
    with sample.nothing_written():
        assert (
            sample.migrate("guard").out == "guard: no deprecated import or keyword in the tree\nnext: migrate status\n"
        )


def test_what_comes_back_is_found(done: Sample) -> None:
    done.write("app/new.py", f"{CART}from shop.basket import Basket\nBasket(metadata=1)\n")
    found = done.call("guard", code=1).out.splitlines()
    assert [line.split(": ")[2] for line in found[:2]] == ["deprecated-import", "deprecated-keyword"]
    done.write("app/new.py", "from shop.basket import Basket\nBasket(metadata=1)\n")
    assert done.call("guard", code=1).out.endswith("next: migrate phase4\n")


def test_quiet_says_nothing_beside_the_results(sample: Sample) -> None:
    assert sample.call("guard", "--quiet", code=1).err == ""
    assert sample.call("guard", "--format", "github", "-q", code=1).err == ""


def test_kept_places_pass_and_are_counted(done: Sample) -> None:
    done.write("app/new.py", f"{CART.strip()}  # migrate: keep\n")
    said = "guard: no deprecated import or keyword in the tree; 1 site kept by a `# migrate: keep` comment\n"
    assert done.call("guard", "--quiet").out == said


def test_a_redirect_import_fails_only_with_strict(done: Sample) -> None:
    done.write("app/new.py", "import shop.till\n")
    loose = done.call("guard")
    assert loose.out.startswith(
        "app/new.py:1:7: warning: redirect-import: imports the redirect shop.till; import shop.pay\n"
    )
    said = "guard: no deprecated import or keyword in the tree, 1 warning (redirect-import 1)\n"
    assert loose.out.endswith(said + MEND)
    strict = done.call("guard", "--strict", code=1)
    assert strict.out.endswith(f"guard: 1 finding to mend in the tree (redirect-import 1)\n{MEND}")


def test_a_file_that_does_not_parse_fails(done: Sample) -> None:
    done.write("app/new.py", f"{CART}def f(:\n")
    assert ": error: unparseable: " in done.call("guard", code=1).out


# Formats


def test_json_is_one_document_and_words_go_to_stderr(sample: Sample) -> None:
    found = sample.migrate("guard", "--json", code=1)
    assert found.err.endswith(SUMMARY)
    document = found.document
    assert [(f["path"], f["line"], f["column"]) for f in document["findings"]][:2] == [
        ("app/main.py", 1, 0),
        ("app/main.py", 12, 4),
    ]
    for same in (("guard", "--format", "json"), ("--json", "guard"), ("guard", "--json", "--format", "json")):
        assert {**sample.call(*same, code=1).document, "seconds": 0} == {**document, "seconds": 0}
    assert sample.call("guard", "--json", "--quiet", code=1).document["plan"] == "basket"


def test_github_prints_workflow_commands(sample: Sample) -> None:
    found = sample.migrate("guard", "--format", "github", code=1)
    lines = found.out.splitlines()
    assert lines[2].startswith("::error file=app/odd ü.py,line=1,col=1,title=deprecated-import::still imports ")
    assert [line.startswith("::error file=") for line in lines] == [True] * 5 + [False] * 2


def test_sarif_is_one_document(sample: Sample) -> None:
    found = sample.migrate("guard", "--format", "sarif", code=1)
    (run,) = found.document["runs"]
    assert found.document["version"] == "2.1.0"
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]]
    assert uris == ["app/main.py", "app/main.py", "app/odd%20%C3%BC.py", "app/second.py", "app/star.py"]
    assert found.err.endswith(SUMMARY)


def test_sarif_of_a_look_that_could_not_be_had(sample: Sample) -> None:
    for options, code, said in (
        (["--plan", "gone.toml"], 2, "gone.toml: no such file; "),
        (["--baseline", "gone.json"], 2, "gone.json: no such baseline; "),
        (["--root", "/"], 3, "/: not a git repository"),
    ):
        done = sample.call("guard", "--format=sarif", *options, code=code)
        (run,) = done.document["runs"]
        assert "results" not in run, "none would say that all is well"
        (invocation,) = run["invocations"]
        assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, code)
        (notification,) = invocation["toolExecutionNotifications"]
        assert notification["message"]["text"].startswith(said)
        assert said in done.err


def test_ruff_prints_its_configuration_and_looks_at_nothing(sample: Sample) -> None:
    with sample.nothing_written():
        found = sample.migrate("guard", "--ruff")
    assert '"shop.cart.Cart".msg = "moved to shop.basket:Basket"\n' in found.out
    assert '\n# "shop.cart".msg = ' in found.out
    assert '\n"shop.cart".msg = ' in sample.call("guard", "--ruff", "--strict").out


def test_below_a_subfolder_formats_for_others_name_paths_from_the_top(make_sample: MakeSample) -> None:
    sample = make_sample()
    inner = sample.root / "sub"
    for path in [path for path in sample.root.iterdir() if path.name != ".git"]:
        inner.mkdir(exist_ok=True)
        path.rename(inner / path.name)
    sample.commit()
    assert "\napp/main.py:12:4: " in sample.call("guard", cwd=inner, code=1).out
    assert "::error file=sub/app/main.py," in sample.call("guard", "--format", "github", cwd=inner / "app", code=1).out
    sarif = sample.call("guard", "--format", "sarif", cwd=inner, code=1).document
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "sub/app/main.py"
    sample.write("sub/app/new.py", CART)
    sample.git("add", "sub/app/new.py")
    assert sample.call("guard", "--staged", cwd=inner, code=1).out.startswith("app/new.py:1:0: ")


def test_a_plan_elsewhere(sample: Sample, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    (sample.root / "migrate.toml").rename(plan)
    found = sample.call("guard", "--plan", str(plan), "--root", str(sample.root), code=1, cwd=tmp_path)
    assert found.out.endswith(SUMMARY)


def test_odd_names_are_spelled_out(sample: Sample) -> None:
    sample.write("app/a\x1b[31m\n::error::b.py", CART)
    for options in ((), ("--format", "github"), ("--json",), ("--format", "sarif")):
        found = sample.migrate("guard", *options, code=1)
        assert "\x1b" not in found.out + found.err
        assert not any(line.startswith("::error::") for line in (found.out + found.err).splitlines())
    assert "app/a\\x1b[31m\\n::error::b.py:1:0: " in sample.call("guard", code=1).out
    assert "app/a\\x1b[31m%0A%3A%3Aerror%3A%3Ab.py" in sample.call("guard", "--format", "github", code=1).out


def test_colours_are_for_terminals_alone(sample: Sample) -> None:
    plain = sample.migrate("guard", code=1)
    assert "\x1b" not in plain.out
    assert sample.migrate("guard", code=1, NO_COLOR="1", FORCE_COLOR="1").out == plain.out


# Baseline


def test_the_ratchet(sample: Sample) -> None:
    file = sample.root / "known.json"
    first = sample.migrate("guard", "--baseline", "known.json", "--update-baseline")
    assert (
        first.out
        == "guard: known.json written: 5 findings\nnext: commit it; from now on: migrate guard --baseline known.json\n"
    )
    known = ("guard", "--baseline", "known.json")
    assert (
        sample.call(*known, "-q").out
        == "guard: no new deprecated import or keyword in the tree; 5 findings known to the baseline\n"
    )
    bytes_of_first = file.read_bytes()
    assert "up to date: 5 findings" in sample.call(*known, "--update-baseline").out

    sample.write("app/new.py", CART)
    new = sample.call(*known, code=1)
    assert new.out.startswith("app/new.py:1:0: ")
    assert "guard: 1 finding to mend in the tree (deprecated-import 1); 5 findings known to the baseline\n" in new.out
    assert [f["path"] for f in sample.call(*known, "--json", code=1).document["findings"]] == ["app/new.py"]
    with sample.untouched():
        refused = sample.call(*known, "--update-baseline", code=1)
    assert "known.json is left as it is: 1 finding is new, and a baseline may only fall; " in refused.err
    (sample.root / "app/new.py").unlink()

    sample.write("app/star.py", "")
    fewer = sample.call(*known)
    assert "guard: 1 finding of the baseline is gone; lower it with --update-baseline\n" in fewer.out
    assert fewer.out.endswith("next: migrate guard --baseline known.json --update-baseline\n")
    assert (
        sample.call(*known, "--update-baseline", "-q").out
        == "guard: known.json written: 4 findings, 1 fewer than before\n"
    )
    assert file.read_bytes() != bytes_of_first
    sample.write("app/star.py", "from shop.cart import *\n")
    assert sample.call(*known, code=1).out.startswith("app/star.py:1:0: ")


def test_edits_that_only_move_what_is_known(sample: Sample) -> None:
    sample.call("guard", "--baseline", "known.json", "--update-baseline")
    sample.write("app/main.py", b"import os\n\n\n" + sample.read("app/main.py"))
    (sample.root / "app/second.py").rename(sample.root / "app/third.py")
    assert "5 findings known" in sample.call("guard", "--baseline", "known.json").out
    sample.write("app/second.py", CART)
    assert sample.call("guard", "--baseline", "known.json", code=1).out.startswith("app/second.py:1:0: ")


def test_a_baseline_with_what_is_staged(sample: Sample) -> None:
    sample.call("guard", "--baseline", "known.json", "--update-baseline")
    sample.write("app/odd ü.py", "from shop.till import Till  # again\n")
    sample.write("app/star.py", b"x = 1\n" + sample.read("app/star.py"))
    sample.git("add", "--all")
    found = sample.call("guard", "--staged", "--baseline", "known.json", code=1)
    assert found.out.startswith("app/odd ü.py:1:0: ")
    said = "in 2 staged files (deprecated-import 1); 1 finding known to the baseline\nguard: 1 finding of the baseline is gone"
    assert said in found.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such baseline; write it with --baseline known.json --update-baseline"),
        ("{", "not a baseline of `migrate guard`; "),
        ('{"schema": 1, "plan": "other", "findings": []}', "the baseline of the plan 'other', this one is 'basket'; "),
        ('{"schema": 9}', "not a baseline of `migrate guard`; "),
    ],
)
def test_a_baseline_that_is_none(content: str | None, said: str, sample: Sample) -> None:
    if content is not None:
        sample.write("known.json", content)
    with sample.nothing_written():
        assert sample.migrate("guard", "--baseline", "known.json", code=2).complaint.startswith(f"known.json: {said}")
        if content is not None:
            assert sample.call("guard", "--baseline", "known.json", "--update-baseline", code=2).out == ""


def test_a_baseline_that_cannot_be_written(sample: Sample) -> None:
    refused = sample.migrate("guard", "--baseline", "no/known.json", "--update-baseline", code=2)
    assert refused.complaint == "no/known.json: the baseline cannot be written: No such file or directory"


# What is staged


def test_nothing_is_staged(sample: Sample) -> None:
    sample.write("app/main.py", f"{CART}# edited\n")
    with sample.nothing_written():
        assert (
            sample.migrate("guard", "--staged").out
            == "guard: no deprecated import or keyword in 0 staged files\nnext: migrate status\n"
        )


def test_only_what_is_staged_counts(done: Sample) -> None:
    done.write("app/main.py", CART)
    done.write("app/new.py", "")
    done.git("add", "--all")
    done.write("app/main.py", "")
    done.write("app/new.py", CART)
    with done.nothing_written():
        found = done.migrate("guard", "--staged", code=1)
    assert found.out.startswith("app/main.py:1:0: ")
    assert "guard: 1 finding to mend in 2 staged files (deprecated-import 1)\n" in found.out
    assert done.call("guard", code=1).out.startswith("app/new.py:1:0: ")


def test_deleted_and_renamed_files(sample: Sample) -> None:
    sample.git("rm", "--quiet", "app/main.py")
    assert sample.call("guard", "--staged", "-q").out == "guard: no deprecated import or keyword in 0 staged files\n"
    sample.git("mv", "app/star.py", "app/moved.py")
    found = sample.call("guard", "--staged", "--json", code=1).document["findings"]
    assert [(f["path"], f["line"]) for f in found] == [("app/moved.py", 1)]


# Refusals


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--update-baseline"], "guard: --update-baseline without --baseline; name the file with --baseline FILE"),
        (["--staged", "--baseline", "b", "--update-baseline"], "guard: a baseline is of the whole tree; "),
        (
            ["--format", "sarif", "--baseline", "b", "--staged", "--update-baseline"],
            "guard: a baseline is of the whole tree; ",
        ),
        (["--json", "--format", "sarif"], "guard: --json and --format sarif; leave out one of them"),
        (["--ruff", "--staged"], "guard: --ruff only prints ruff's configuration; "),
        (["--ruff", "--format", "github"], "guard: --ruff only prints ruff's configuration; "),
        (["--format", "xml"], "migrate guard: Invalid value for '--format': "),
        (["--jobs", "0"], "migrate guard: Invalid value for '--jobs'"),
        (["app/main.py"], "migrate guard: Got unexpected extra argument"),
        (["--plan", "gone.toml"], "gone.toml: no such file; "),
    ],
)
def test_a_wrong_command_line_gets_one_line(arguments: list[str], said: str, sample: Sample) -> None:
    with sample.nothing_written():
        refused = sample.migrate("guard", *arguments, code=2)
    assert refused.err.startswith(said)
    assert refused.err.count("\n") == 1
    assert bool({"--json", "sarif"} & {*arguments}) == bool(refused.out)


def test_outside_of_git(tmp_path: Path, sample: Sample) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "migrate.toml").write_bytes(sample.read("migrate.toml"))
    assert "git" in sample.migrate("guard", code=3, cwd=folder).complaint


# pre-commit


def manifest() -> dict[str, object]:
    """The one hook of the manifest; its lines are `key: value`, with lists and truth values as in JSON."""
    found: dict[str, object] = {}
    for line in (HOME / ".pre-commit-hooks.yaml").read_text("utf-8").splitlines():
        key, _, value = line.removeprefix("- ").strip().partition(": ")
        if value.startswith("["):
            found[key] = value.strip("[]").split(", ")
        else:
            found[key] = {"true": True, "false": False}.get(value, value)
    return found


def test_the_manifest_is_what_pre_commit_takes() -> None:
    """https://pre-commit.com/#creating-new-hooks"""
    text = (HOME / ".pre-commit-hooks.yaml").read_text("utf-8")
    assert text.count("- id: ") == 1
    hook = manifest()
    assert hook.keys() <= {
        "id", "name", "description", "entry", "language", "types", "pass_filenames", "require_serial",
        "minimum_pre_commit_version",
    }  # fmt: skip
    assert {key: hook[key] for key in ("id", "entry", "language", "pass_filenames")} == {
        "id": "ssot-migrate-guard",
        "entry": "migrate guard --staged",
        "language": "python",
        "pass_filenames": False,
    }
    assert hook["types"] == ["file"], "the plan may include scripts without an ending"
    assert hook["name"]


def install_hook(sample: Sample) -> None:
    """The manifest's entry as git's own hook."""
    words = shlex.split(str(manifest()["entry"]))
    assert words[0] == "migrate"
    command = shlex.join([sys.executable, "-m", *words])
    hook = sample.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec {command}\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    "how", [pytest.param(["app/new.py"], id="file"), pytest.param([], id="index"), pytest.param(["--all"], id="all")]
)
def test_the_entry_of_the_manifest_works_as_a_hook(how: list[str], done: Sample) -> None:
    """Also with the index that git makes for `git commit FILE` and `--all`."""
    done.write("app/new.py", "")
    done.commit()
    install_hook(done)
    commit = ("commit", "--quiet", "--message", "more", *how)
    done.write("app/new.py", CART)
    if not how:
        done.git("add", "app/new.py")
    refused = finish(done.start(*commit, program=("git",)), 1)
    assert "app/new.py:1:0: warning: deprecated-import: " in refused.out + refused.err
    done.write("app/new.py", "from shop.basket import Basket\n")
    if not how:
        done.git("add", "app/new.py")
    finish(done.start(*commit, program=("git",)), 0)
    assert done.git("show", "HEAD:app/new.py") == "from shop.basket import Basket\n"
