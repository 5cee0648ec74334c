"""The documentation says what the tool does: pages, links, options, exit codes and the examples' output."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from typer.main import get_command

from migrate.cli import app
from migrate.errors import Exit
from migrate.executors.workers import Workers
from migrate.findings import SEVERITIES, Finding
from migrate.guarding.look import TreeLook
from migrate.guarding.search import Search
from migrate.plan import Plan, load_plan
from migrate.preflight.look import look
from migrate.previewing import preview
from migrate.tree import Tree
from rollback.git import Git
from tests.conftest import MakeRepository

pytestmark = pytest.mark.processes_unmeasured

ROOT = Path(__file__).parent.parent
FINDINGS = ROOT / "docs" / "findings"

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))
PAGES = sorted(path.stem for path in FINDINGS.glob("*.md") if path.stem != "README")

_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BASE = {
    "shop/__init__.py": "",
    "shop/cart.py": "class Cart:\n    pass\n",
    "shop/basket.py": "class Basket:\n    def __init__(self, owner, context=None): ...\n    def put(self, item, context=None): ...\n",
}


def read_page(code: str) -> str:
    return (FINDINGS / f"{code}.md").read_text(encoding="utf-8")


def shown(finding: Finding) -> str:
    """A finding as `migrate.terminal` prints it."""
    place = f"{finding.path}:{finding.line}:{finding.column}"
    return f"{place}: {finding.severity}: {finding.code}: {finding.message}"


def guarded(git: Git, plan: Plan) -> tuple[Finding, ...]:
    """What `migrate guard` finds in the tree."""
    search = Search(git, plan)
    look = TreeLook(plan, 5, Tree(git).read_if_there, git, search, Workers(1))
    look.prepare()
    return tuple(seen.finding for seen in look.look(search.candidates()).seen)


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below `heading`, its own heading left out."""
    lines = text[text.index(f"{heading}\n") :].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files(document: str) -> None:
    file = ROOT / document
    links = _LINK.findall(file.read_text(encoding="utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(SEVERITIES) == PAGES


@pytest.mark.parametrize("code", PAGES)
def test_page_begins_with_its_code_and_severity(code: str) -> None:
    first, empty, second, *_ = read_page(code).splitlines()
    assert (first, empty) == (f"# {code}", "")
    assert second.startswith(f"**{SEVERITIES[code]}**, ")


def test_index_names_each_code_with_its_severity_and_phases() -> None:
    listed = {}
    for link, severity, phases, _ in rows(read_page("README"), "# Findings"):
        code = re.fullmatch(r"\[([\w-]+)\]\(\1\.md\)", link)
        assert code is not None, link
        listed[code[1]] = (severity, re.findall(r"\d", phases))
    said = {code: re.findall(r"\d", read_page(code).splitlines()[2]) for code in PAGES}
    assert listed == {code: (SEVERITIES[code], said[code]) for code in PAGES}


@pytest.mark.parametrize("code", PAGES)
def test_example_is_reported_in_the_words_of_its_page(code: str, make_repository: MakeRepository) -> None:
    page = read_page(code)
    plans = [text for kind, text in _FENCE.findall(read_page("README")) if kind == "toml"]
    repository = make_repository({**_BASE, "migrate.toml": plans[0], **dict(_FILE.findall(page))})
    plan = load_plan(repository.root / "migrate.toml")
    phases = [int(number) for number in re.findall(r"\d", page.splitlines()[2])] or [3, 4, 5]
    if "migrate check" in page.splitlines()[2]:
        found = look(repository.open(), plan, repository.root / "migrate.toml").findings
    elif "migrate guard" in page.splitlines()[2]:
        found = guarded(repository.open(), plan)
    else:
        found = preview(repository.open(), plan, phases[0]).findings
    assert {finding.code for finding in found} == {code}
    outputs = [text for kind, text in _FENCE.findall(page) if not kind]
    assert [shown(finding) for finding in found] == outputs[0].splitlines()


def test_readme_names_only_options_that_exist() -> None:
    commands = getattr(get_command(app), "commands")  # noqa: B009 - a group, as mypy cannot know
    options = {
        name: {opt for parameter in command.params for opt in (*parameter.opts, *parameter.secondary_opts)}
        | {"--help", "-h"}
        for name, command in commands.items()
    }
    everywhere = frozenset().union(*options.values())
    unknown = []
    for line in README.splitlines():
        code = line if re.match(r"\$? ?migrate ", line) else " ".join(re.findall(r"`([^`]+)`", line))
        found = re.match(r"\$? ?migrate (\w+)", code)
        known = options.get(found[1], everywhere) if found and code is line else everywhere
        unknown += [(line, option) for option in re.findall(r"(?<![\w-])--?[a-z][\w-]*", code) if option not in known]
    assert unknown == []


def test_readme_names_only_commands_that_exist() -> None:
    commands = {*getattr(get_command(app), "commands"), "phaseN"}  # noqa: B009
    assert set(re.findall(r"(?:`|^\$? ?)migrate ([a-z]\w*)", README, re.MULTILINE)) <= commands


def test_exit_codes_of_the_readme_are_those_of_the_tool() -> None:
    listed = [int(code) for code, *_ in rows(README, "## Exit codes")]
    assert listed == [int(code) for code in Exit]


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = makefile[makefile.index(".PHONY:") :].split("\n\n")[0].replace("\\\n", " ").split()
    targets = {target for target in phony if target.isidentifier() or "-" in target} - {".PHONY:"}
    targets |= {f"{before}phase{n}" for n in (*"12345", "N") for before in ("", "dry-run-", "rollback-")}
    named = set(re.findall(r"(?:`|^)make ([a-z][\w-]*)", README, re.MULTILINE))
    assert named
    assert named <= targets


@pytest.mark.parametrize(
    ("name", "document"),
    [
        pytest.param(section.split("\n")[0].strip(), text, id=f"{section.split(chr(10))[0].strip()}-{number}")
        for section in (ROOT / "docs" / "json.md").read_text(encoding="utf-8").split("\n## ")[1:]
        for number, (kind, text) in enumerate(_FENCE.findall(section))
        if kind == "json"
    ],
)
def test_json_example_is_what_the_schema_says(name: str, document: str) -> None:
    schemas = {
        file.name.removesuffix(".schema.json"): json.loads(file.read_text(encoding="utf-8"))
        for file in (ROOT / "migrate" / "schemas").glob("*.schema.json")
    }
    assert name in schemas
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()
    )
    jsonschema.Draft202012Validator(schemas[name], registry=registry).validate(json.loads(document))


@pytest.mark.parametrize(
    ("document", "heading", "folder"),
    [
        pytest.param("README.md", "The first five minutes", "shop-demo", id="first five minutes"),
        pytest.param("docs/init.md", "An example", "shop-init", id="init"),
    ],
)
def test_an_example_is_as_told(
    document: str, heading: str, folder: str, make_repository: MakeRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of that section, in order, with what it prints; `[…]` stands for any lines."""
    root = make_repository({}).root
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Dev")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "dev@example.org")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    text_of_page = (ROOT / document).read_text(encoding="utf-8")
    section = text_of_page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    for kind, text in _FENCE.findall(section):
        if kind == "sh":
            subprocess.run(["bash", "-euc", text], cwd=root, check=True)
        elif kind == "toml":
            (root / folder / "migrate.toml").write_text(text, encoding="utf-8")
        else:
            for told in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, output = told.partition("\n")
                assert _without_times(_printed(root / folder, command)) == _Told(_without_times(output)), command


def _printed(folder: Path, command: str) -> str:
    words = command.split()
    program = [sys.executable, "-m", "migrate"] if words[0] == "migrate" else words[:1]
    done = subprocess.run(
        [*program, *words[1:]], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, done
    return done.stdout.decode()


def _without_times(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>", text)


class _Told(str):
    """Output in which `[…]` on a line of its own stands for any lines."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        pattern = ".*".join(re.escape(part) for part in self.split("[…]\n"))
        return re.fullmatch(pattern, str(other), re.DOTALL) is not None
