"""The JSON documents, as the commands really print them, against the schemas that ship with the tool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from sample import CONFLICT, Done, MakeSample, Sample

COMMANDS = (
    "phase",
    "run",
    "init",
    "check",
    "rehearse",
    "guard",
    "fleet",
    "status",
    "timeline",
    "report",
    "rollback",
    "journal",
    "journal-show",
    "prune",
    "explain",
    "codes",
    "error",
)
SCHEMAS: dict[str, Any] = {
    name: json.loads(resources.files("migrate").joinpath(f"schemas/{name}.schema.json").read_text("utf-8"))
    for name in COMMANDS
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values()
)


def check(name: str, done: Done) -> dict[str, Any]:
    """The one document on stdout is as its schema says, and the other schemas do not take it."""
    document = done.document
    for other in COMMANDS:
        validator = Draft202012Validator(SCHEMAS[other], registry=REGISTRY)
        problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
        assert bool(problems) == (other != name), problems
    assert document["schema"] == 1
    assert document.get("plan", "basket") == ("cart-to-basket" if name == "init" else "basket")
    return document


def objects(schema: object) -> Iterator[dict[str, Any]]:
    """Every schema of an object within `schema`."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_schema_is_valid_and_closed(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["description"]
    for each in objects(schema):
        assert each["additionalProperties"] is False
        assert set(each["properties"]) - set(each["required"]) <= {"checks", "paths"}
        for key, value in each["properties"].items():
            assert "description" in value or "$ref" in value, key


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_else_is_taken(name: str, sample: Sample) -> None:
    command = {"phase": "phase3", "prune": "journal", "journal-show": "journal", "codes": "explain"}.get(name, name)
    options = {
        "phase": ["--dry-run"],
        "run": ["--dry-run"],
        "fleet": ["repos.txt", "--plan", "migrate.toml", "--executor", "serial", "status"],
        "init": ["shop.cart:Cart", "shop.basket:Basket", "--dry-run"],
        "rollback": ["--yes"],
        "prune": ["prune", "--yes"],
        "journal-show": ["show", "1"],
        "explain": ["keyword-conflict"],
    }.get(name, [])
    if name == "journal-show":
        sample.call("phase1", "--yes")
    if name == "fleet":
        sample.write("repos.txt", ".\n")
    if name == "error":
        command, options = "status", ["--plan", "gone.toml"]
    document = check(name, sample.call(command, "--json", *options, code={"error": 2, "guard": 1}.get(name, 0)))
    validator = Draft202012Validator(SCHEMAS[name], registry=REGISTRY)
    assert not validator.is_valid({**document, "extra": 1})
    for key in document:
        assert not validator.is_valid({k: v for k, v in document.items() if k != key})


def test_phases_in_every_mode(sample: Sample) -> None:
    dry = check("phase", sample.call("phase1", "--dry-run", "--json"))
    assert dry["mode"] == "dry-run"
    (edit,) = dry["files"][0]["edits"]
    places = ("line", "column", "end_line", "end_column")
    assert [edit[key] for key in places] == [1, 0, 3, 0]
    assert edit["before"].encode() == sample.read("shop/cart.py")

    applied = check("phase", sample.call("phase1", "--yes", "--json"))
    assert applied["mode"] == "applied"
    assert applied["files"] == dry["files"]
    again = check("phase", sample.call("phase1", "--yes", "--json"))
    assert (again["mode"], again["files"]) == ("nothing-to-do", [])
    assert check("phase", sample.call("phase1", "--check", "--json"))["mode"] == "nothing-to-do"
    assert check("phase", sample.call("phase2", "--check", "--json", code=1))["mode"] == "dry-run"

    third = check("phase", sample.call("phase3", "--dry-run", "--json"))
    assert [file["path"] for file in third["files"]] == ["app/second.py", "app/main.py", "app/odd ü.py"]
    assert [finding["code"] for finding in third["manual"]] == ["star-import"]
    (edit,) = third["files"][0]["edits"]
    assert (edit["line"], edit["column"], edit["before"]) == (2, 0, "from shop.cart import Cart as Basket")


def test_phase_5_with_checks_that_fail_and_pass(make_sample: MakeSample) -> None:
    sample = make_sample({"shop/cart.py": "raise SystemExit('no cart')\n", "shop/basket.py": "Basket = 1\n"})
    looked = check("phase", sample.call("phase5", "--dry-run", "--json"))
    assert (looked["mode"], looked["checks"]) == ("dry-run", [])
    failed = check("phase", sample.call("phase5", "--yes", "--force", "--json", code=1))
    assert (failed["mode"], [c["passed"] for c in failed["checks"]]) == ("applied", [False])
    assert "no cart" in failed["checks"][0]["tail"]
    assert check("timeline", sample.call("timeline", "--json"))["phases"][4]["state"] == "failed"

    stepped = check("run", sample.call("run", "--yes", "--json"))
    assert [phase["phase"] for phase in stepped["phases"]] == [1, 2, 3, 4, 5]
    assert [c["passed"] for c in stepped["phases"][4]["checks"]] == [True]
    states = {"applied": 4, "passed": 1}
    for command in ("timeline", "status"):
        found = [phase["state"] for phase in check(command, sample.call(command, "--json"))["phases"]]
        assert {state: found.count(state) for state in found} == states


def test_a_first_plan(sample: Sample) -> None:
    document = check("init", sample.call("init", "shop.cart:Cart", "shop.basket:Basket", "--force", "--json"))
    assert document["text"].encode() == sample.read("migrate.toml")
    assert (document["path"], document["written"]) == ("migrate.toml", True)
    assert [(name["name"], name["home"], name["places"]) for name in document["names"]] == [
        ("shop.cart:Cart", "shop.basket:Basket", 2),
        ("shop.cart:checkout", None, 1),
    ]
    assert [(phase["phase"], phase["edits"]) for phase in document["phases"]] == [(1, 1), (3, 2), (5, 0)]
    assert document["notes"] == ["Signatures are not compared: shop/cart.py:2 does not parse."]


def test_check_with_and_without_suggestions(make_sample: MakeSample) -> None:
    sample = make_sample({
        "shop/till.py": "from shop.money import EUR\n\nclass Till: ...\n\ndef unused(): ...\n\ndef only_here(): ...\n",
        "shop/money.py": "EUR = 1\n",
        "app/money.py": "from shop.till import EUR, only_here\n",
        "app/conflict.py": CONFLICT,
    })  # fmt: skip
    plain = check("check", sample.call("check", "--json", code=1))
    assert plain["suggestion"] is None
    assert {phase["phase"]: phase["errors"] for phase in plain["phases"]} == {1: 0, 2: 4, 3: 0, 4: 1, 5: 0}
    told = check("check", sample.call("check", "--suggest", "--json", code=1))["suggestion"]
    assert [(line["key"], line["value"]) for line in told["lines"]] == [
        ("phase2.redirect[0].exports", "shop.money:EUR"),
        ("phase2.redirect[0].drop", "unused"),
    ]
    assert [left["subject"] for left in told["left"]] == ["shop.till:only_here"]
    assert not told["written"]


def test_rehearsals_that_go_through_and_do_not(make_sample: MakeSample) -> None:
    sample = make_sample({"app/conflict.py": CONFLICT})
    sample.write("app/main.py", sample.read("app/main.py") + b"# edited\n")
    stopped = check("rehearse", sample.call("rehearse", "--json", code=1))
    outcomes = ["applied", "applied", "applied", "blocked", "not-rehearsed"]
    assert [phase["outcome"] for phase in stopped["phases"]] == outcomes
    assert [phase["goes_through"] for phase in stopped["phases"]] == [True, True, False, False, False]
    assert stopped["phases"][2]["dirty"] == [{"path": "app/main.py", "state": "modified"}]
    forced = check("rehearse", sample.call("rehearse", "--json", "--force", "--allow-dirty"))
    assert [phase["outcome"] for phase in forced["phases"]] == ["applied"] * 4 + ["passed"]
    assert [result["passed"] for result in forced["phases"][4]["checks"]] == [True]
    assert (forced["way_back"]["outcome"], forced["way_back"]["runs"]) == ("to-the-byte", 4)
    assert (forced["goes_through"], forced["next"]) == (True, "migrate phase1")


def test_a_blocked_phase_prints_its_document(make_sample: MakeSample) -> None:
    sample = make_sample({"app/conflict.py": CONFLICT})
    blocked = sample.call("phase4", "--yes", "--force", "--json")
    check("phase", blocked)
    sample.call("rollback", "--yes")
    for path in ("shop/cart.py", "shop/till.py"):
        sample.write(path, "")
    for phase in (1, 2, 3):
        sample.call(f"phase{phase}", "--yes", "--allow-dirty")
    with sample.untouched():
        blocked = sample.call("phase4", "--yes", "--json", code=1)
    document = check("phase", blocked)
    assert document["mode"] == "dry-run"
    assert [f["severity"] for f in document["manual"]] == ["error", "warning"]
    assert "blocked by 1 error" in blocked.err
    run = check("run", sample.call("run", "--yes", "--json", code=1))
    assert [phase["mode"] for phase in run["phases"]] == ["nothing-to-do"] * 3 + ["dry-run"]


def test_a_refusal_prints_its_document(sample: Sample) -> None:
    order = check("error", sample.call("phase2", "--yes", "--json", code=1))
    assert (order["error"].partition(" comes first")[0], order["exit_code"]) == ("phase2: phase1", 1)
    sample.write("shop/cart.py", "dirty = 1\n")
    dirty = sample.migrate("--json", "phase1", "--yes", code=3)
    assert dirty.err.endswith(f"{check('error', dirty)['error']}\n")
    sample.write("migrate.toml", "[plan]\nnames = 1\n")
    assert check("error", sample.call("status", "--json", code=2))["error"].count("\n") == 2


def test_failed_and_rolled_back_runs(sample: Sample) -> None:
    before = check("timeline", sample.call("timeline", "--json"))
    assert {phase["state"] for phase in before["phases"]} == {"pending"}
    assert before["phases"][0]["started_at"] is None
    failed = check("phase", sample.call("phase1", "--yes", "--verify", "false", "--json", code=1))
    assert failed["mode"] == "dry-run"
    after = check("timeline", sample.call("timeline", "--json"))
    assert after["phases"][0]["state"] == "failed"
    assert "--verify failed" in after["phases"][0]["runs"][0]["detail"]

    sample.call("phase1", "--yes", "--commit")
    standing = check("timeline", sample.call("timeline", "--json"))["phases"][0]
    assert standing["runs"][1]["commit"] == sample.git("rev-parse", "HEAD").strip()
    back = check("rollback", sample.call("rollback", "--yes", "--json"))
    assert [(r["phase"], r["files"], r["restored"]) for r in back["rolled_back"]] == [(1, 1, ["shop/cart.py"])]
    assert check("rollback", sample.call("rollback", "--yes", "--json"))["rolled_back"] == []
    last = check("status", sample.call("status", "--json"))
    assert (last["phases"][0]["state"], last["next"]) == ("rolled-back", "migrate phase1")


def test_newer_versions_kept(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    sample.write("shop/cart.py", "newer = 1\n")
    kept = check("rollback", sample.call("rollback", "--yes", "--force", "--json"))["rolled_back"][0]
    assert kept["kept_paths"] == ["shop/cart.py"]
    assert sample.git("show", f"{kept['kept']}:shop/cart.py") == "newer = 1\n"


def test_a_rollback_without_a_plan_has_no_plan_name(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    (sample.root / "migrate.toml").unlink()
    done = sample.call("rollback", "--yes", "--json")
    assert done.document["plan"] is None
    assert Draft202012Validator(SCHEMAS["rollback"], registry=REGISTRY).is_valid(done.document)


def test_a_fleet_with_every_state_of_a_list(make_sample: MakeSample) -> None:
    sample, other = make_sample(), make_sample()
    sample.write("repos.txt", f".\n../{other.root.name}\ngone\n")
    other.write("app/main.py", "# edited\n" + other.read("app/main.py").decode())
    own = ("fleet", "repos.txt", "--plan", "migrate.toml", "--executor", "serial", "--json")
    document = check("fleet", sample.call(*own, "phase3", "--yes", "--force", code=1))
    assert [(row["state"], row["exit_code"]) for row in document["repositories"]] == [
        ("done", 0), ("blocked", 3), ("failed", None),
    ]  # fmt: skip
    assert document["command"] == ["phase3", "--yes", "--force"]
    (sample.root / "migrate.toml").write_text("[plan]\n")
    check("error", sample.call(*own, "phase3", "--yes", code=2))


def test_guard_before_and_after_the_phases(sample: Sample) -> None:
    before = check("guard", sample.call("guard", "--json", code=1))
    assert [(f["path"], f["line"], f["code"]) for f in before["findings"]] == [
        ("app/main.py", 1, "deprecated-import"),
        ("app/main.py", 12, "deprecated-import"),
        ("app/odd ü.py", 1, "deprecated-import"),
        ("app/second.py", 2, "deprecated-import"),
        ("app/star.py", 1, "deprecated-import"),
    ]
    sample.call("run", "--yes")
    assert len(check("guard", sample.call("guard", "--json", code=1))["findings"]) == 1
    sample.git("add", "--all")
    assert check("guard", sample.call("guard", "--json", "--staged"))["findings"] == []
