"""`--format github` of a phase, of `run` and of `check`; and how `--format` goes together with `--json`."""

from __future__ import annotations

import sys

import pytest
from sample import CONFLICT, PLAN, REDIRECT, MakeSample, Sample

TWO_LINES = "é = 1\né; from shop.cart import *\n"
HINT = "explain a code: migrate explain "


@pytest.fixture
def conflicting(make_sample: MakeSample) -> Sample:
    """Phases 1 to 3 are done, and phase 4 has an error and a warning."""
    sample = make_sample({"app/conflict.py": CONFLICT, "shop/cart.py": REDIRECT})
    for phase in ("phase2", "phase3"):
        sample.call(phase, "--yes")
    sample.commit()
    return sample


def annotations(out: str) -> list[str]:
    return [line.partition("::")[2].partition("::")[0] for line in out.splitlines() if line.startswith("::")]


def test_nothing_found_says_only_the_summary(sample: Sample) -> None:
    done = sample.call("phase1", "--dry-run", "--format", "github")
    assert done.out == "phase1: 1 edit in 1 file would change; no findings\nnext: migrate phase1\n"
    assert done.err == ""


def test_a_dry_run(conflicting: Sample) -> None:
    with conflicting.nothing_written():
        done = conflicting.migrate("phase4", "--dry-run", "--format", "github")
    first, second, *rest = done.out.splitlines()
    assert first == (
        "::error file=app/conflict.py,line=3,col=1,title=keyword-conflict::"
        "call to shop.basket:Basket passes both 'metadata' and 'context'; decide which one stays"
    )
    assert second.startswith("::warning file=app/spread.py,line=3,col=1,title=keyword-spread::")
    assert rest[0].startswith("phase4: 2 edits in 2 files would change; ")
    assert rest[-1] == "next: migrate phase4 --force"
    assert "diff --git" not in done.out
    assert done.err == f"{HINT}keyword-conflict\n"


def test_columns_are_characters_from_1(sample: Sample) -> None:
    sample.write("app/star.py", TWO_LINES)
    done = sample.call("phase3", "--dry-run", "--format", "github")
    assert annotations(done.out) == ["warning file=app/star.py,line=2,col=4,title=star-import"]


def test_strict_makes_them_errors(sample: Sample) -> None:
    done = sample.call("phase3", "--dry-run", "--strict", "--format=github")
    assert annotations(done.out) == ["error file=app/star.py,line=1,col=1,title=star-import"]


def test_check_and_quiet_are_for_people(conflicting: Sample) -> None:
    for options in (["--check"], ["--check", "--quiet"], ["--dry-run", "--quiet"]):
        code = 1 if "--check" in options else 0
        done = conflicting.call("phase4", *options, "--format", "github", code=code)
        assert [line.split()[0] for line in annotations(done.out)] == ["error", "warning"]
        assert (HINT in done.err) == ("--quiet" not in options)
        assert not annotations(conflicting.call("phase4", *options, code=code).out)
    plain = conflicting.call("phase4", "--check", code=1)
    assert (plain.out, HINT in plain.err) == ("next: migrate phase4 --dry-run\n", False)


def test_a_phase_that_is_blocked(conflicting: Sample) -> None:
    with conflicting.untouched():
        done = conflicting.migrate("phase4", "--yes", "--format", "github", code=1)
    assert len(annotations(done.out)) == 2
    assert done.err.splitlines()[1].startswith("phase4: nothing written; blocked by 1 error; ")


def test_a_phase_that_is_applied(conflicting: Sample) -> None:
    done = conflicting.call("phase4", "--yes", "--force", "--format", "github")
    assert [line.split()[0] for line in annotations(done.out)] == ["error", "warning"]
    assert "phase4: applied as run " in done.out
    assert b"context=1" in conflicting.read("app/second.py")


def test_what_is_left_in_phase_5(sample: Sample) -> None:
    looked = sample.call("phase5", "--dry-run", "--format", "github")
    assert {line.split()[0] for line in annotations(looked.out)} == {"warning"}
    assert len(annotations(looked.out)) == 5
    failing = sample.call("phase5", "--check", "--format", "github", code=1)
    assert [line.replace("error", "warning", 1) for line in annotations(failing.out)] == annotations(looked.out)


def test_run_annotates_each_phase(sample: Sample) -> None:
    done = sample.migrate("run", "--yes", "--format", "github")
    assert [line.rpartition("=")[2] for line in annotations(done.out)] == [
        "star-import",
        "keyword-spread",
        "deprecated-import",
    ]
    assert "diff --git" not in done.out
    assert done.out.index("== phase4") < done.out.index("title=keyword-spread") < done.out.index("== phase5")


CHECKS = """\
[[phase5.check]]
name = "suite"
run = [PYTHON, "-m", "pytest", "-q", "-p", "no:randomly", "tests"]
tests = { failed = 0 }
[[phase5.check]]
name = "100%, says: all\\u00fc"
run = [PYTHON, "-c", "import app.broken"]
[[phase5.check]]
name = "optional"
required = false
folder = "app"
run = [PYTHON, "-c", "print('broken.py:2: odd'); raise SystemExit(1)"]
[[phase5.check]]
name = "silent"
run = [PYTHON, "-c", "raise SystemExit(3)"]
[[phase5.check]]
name = "library"
run = [PYTHON, "-c", "import env.library"]
[[phase5.check]]
name = "missing"
run = [PYTHON, "-c", "from shop.pay import Basket"]
[[phase5.check]]
name = "importer"
run = [PYTHON, "-c", "import app.importer"]
[[phase5.check]]
name = "fine"
run = [PYTHON, "-c", "print('shop/cart.py:1: nothing is wrong')"]
"""


@pytest.fixture
def failing(make_sample: MakeSample) -> Sample:
    """All checks but one fail, each in its own way; one of them is not required."""
    return make_sample({
        "migrate.toml": PLAN.partition("[[phase5.check]]")[0] + CHECKS.replace("PYTHON", f"'{sys.executable}'"),
        "tests/test_it.py": "def test_it():\n    assert 1 == 2\n\ndef test_also():\n    assert 1 == 3\n",
        "app/broken.py": "\n\nraise ValueError('::error::not this')\n",
        "app/importer.py": "\nfrom shop.pay import Basket\n",
        "app/star.py": None,
        ".gitignore": "env\n",
        "env/library.py": "raise ValueError('no')\n",
    })  # fmt: skip


def test_a_check_that_fails_is_an_error_at_the_place_it_names(failing: Sample) -> None:
    everything = ("phase5", "--yes", "--force", "--keep-going")
    assert not annotations(failing.migrate(*everything, code=1).out)
    done = failing.migrate(*everything, "--format", "github", code=1)
    lines = [line for line in done.out.splitlines() if line.startswith("::") and "title=deprecated" not in line]
    assert lines[0] == (
        "::error file=tests/test_it.py,line=2,title=suite::"
        "failed = 0: found 2; first: tests.test_it.test_it: assert 1 == 2"
    )
    assert lines[1] == (
        "::error file=app/broken.py,line=3,title=100%25%2C says%3A allü::"
        "exit code 0: found 1; last words: ValueError: ::error::not this"
    )
    assert lines[2].startswith("::warning file=app/broken.py,line=2,title=optional::exit code 0: found 1; ")
    assert lines[3] == "::error title=silent::exit code 0: found 3"
    assert lines[4] == "::error title=library::exit code 0: found 1; last words: ValueError: no"
    assert lines[5].startswith(
        "::error file=shop/pay.py,title=missing::exit code 0: found 1; last words: ImportError: "
    )
    assert lines[6].startswith("::error file=app/importer.py,line=2,title=importer::exit code 0: found 1; ")
    assert len(lines) == 7
    assert "phase5: 6 of 8 checks failed\n" in done.err


def test_a_check_whose_turn_did_not_come_is_none(failing: Sample) -> None:
    done = failing.migrate("phase5", "--yes", "--force", "--format", "github", code=1)
    assert [line.rpartition("title=")[2] for line in annotations(done.out) if "title=deprecated" not in line] == [
        "suite"
    ]
    assert ", 7 not run\n" in done.err


def test_a_failed_verification_is_an_error(sample: Sample) -> None:
    command = f"{sys.executable} -c 'import app.second'"
    done = sample.migrate("phase1", "--yes", "--verify", command, "--format", "github", code=1)
    (line,) = (line for line in done.out.splitlines() if line.startswith("::"))
    assert line.startswith(
        "::error file=app/second.py,line=3,title=verify::exit code 0: found 1; last words: TypeError: "
    )


def test_check_annotates_what_is_ahead(make_sample: MakeSample) -> None:
    sample = make_sample({"app/conflict.py": CONFLICT})
    for options, warning in (([], "warning"), (["--strict"], "error"), (["--quiet"], "warning")):
        with sample.nothing_written():
            done = sample.migrate("check", *options, "--format", "github", code=1)
        found = annotations(done.out)
        assert f"{warning} file=app/star.py,line=1,col=1,title=star-import" in found
        assert "error file=app/conflict.py,line=3,col=1,title=keyword-conflict" in found
        assert (HINT in done.err) == ("--quiet" not in options)
        first_other = next(line for line in done.out.splitlines() if not line.startswith("::"))
        assert first_other.startswith("phase1  would make ")


def test_the_plan_is_annotated_where_it_lies(make_sample: MakeSample) -> None:
    sample = make_sample()
    sample.edit_plan("budget_minutes = 20", "budget_minutes = 60")
    assert "warning file=migrate.toml,line=4,col=1,title=minutes-mismatch" in annotations(
        sample.call("check", "--format", "github").out
    )


def test_below_a_subfolder_paths_are_from_the_top(make_sample: MakeSample) -> None:
    sample = make_sample()
    inner = sample.root / "sub"
    for path in [path for path in sample.root.iterdir() if path.name != ".git"]:
        inner.mkdir(exist_ok=True)
        path.rename(inner / path.name)
    sample.commit()
    for command in (["check"], ["phase3", "--dry-run"]):
        done = sample.call(*command, "--format", "github", cwd=inner)
        assert "warning file=sub/app/star.py,line=1,col=1,title=star-import" in annotations(done.out)


def test_odd_names_stay_within_their_line(sample: Sample) -> None:
    sample.write("app/a\x1b[31m\n::error::b.py", "from shop.cart import *\n")
    for command in (["check"], ["phase3", "--dry-run"]):
        done = sample.migrate(*command, "--format", "github")
        assert "\x1b" not in done.out + done.err
        assert not any(line.startswith("::error::") for line in (done.out + done.err).splitlines())
        assert "file=app/a\\x1b[31m%0A%3A%3Aerror%3A%3Ab.py,line=1," in done.out


@pytest.mark.parametrize("command", [["phase3", "--dry-run"], ["run", "--dry-run"], ["check"]])
def test_format_json_is_json(command: list[str], sample: Sample) -> None:
    def document(*arguments: str) -> str:
        done = sample.call(*arguments)
        assert annotations(done.out) == annotations(done.err) == []
        return str({**done.document, "seconds": 0, "phases": len(done.document.get("phases", []))})

    expected = document(*command, "--json")
    assert document(*command, "--format", "json") == expected
    assert document("--json", *command, "--format=json") == expected


@pytest.mark.parametrize("format", ["text", "github"])
@pytest.mark.parametrize("command", [["phase3", "--dry-run"], ["phase5", "--check"], ["run", "--yes"], ["check"]])
def test_two_formats_are_refused(command: list[str], format: str, sample: Sample) -> None:
    with sample.nothing_written():
        refused = sample.call(*command, "--json", "--format", format, code=2)
    assert refused.err == f"{command[0]}: --json and --format {format}; leave out one of them\n"
    assert refused.document["exit_code"] == 2


@pytest.mark.parametrize("command", [["phase3", "--dry-run"], ["run", "--dry-run"], ["check"]])
def test_there_is_no_log_for_code_scanning(command: list[str], sample: Sample) -> None:
    refused = sample.call(*command, "--format", "sarif", code=2)
    assert refused.err.startswith(f"migrate {command[0]}: Invalid value for '--format': ")
    assert "'text', 'json', 'github'" in refused.err
