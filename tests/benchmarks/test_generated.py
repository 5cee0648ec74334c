"""A generated tree: the same each time, and what it says of its sites is what the tool makes of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from benchmarks.speed.filler import Filler
from benchmarks.speed.forms import CALLS, IMPORTS, MENTIONS
from benchmarks.speed.generator import FILES, Generated, generate
from benchmarks.speed.judge import compiles
from benchmarks.speed.truth import Site, Truth, replaced
from benchmarks.speed.world import NEW_NAME, OLD, OLD_NAME, OLD_TOO
from migrate.plan import load_plan
from migrate.previewing import preview
from rollback.git import Git

pytestmark = pytest.mark.unmeasured

SMALL = {"size": 60 / FILES, "sites": 0.01}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(tmp_path_factory.mktemp("speed") / "one", **SMALL)


@pytest.fixture(scope="module")
def root(generated: Generated) -> Path:
    tree = generated.repository.with_name("tree")
    subprocess.run(["git", "clone", "--quiet", "--shared", str(generated.repository), str(tree)], check=True)
    return tree


def test_is_the_same_each_time(generated: Generated, tmp_path: Path) -> None:
    again = generate(tmp_path / "again", **SMALL)
    assert _head(again.repository) == _head(generated.repository)
    assert again.truth == generated.truth == Truth.read(generated.repository.with_name("truth.json"))
    other = generate(tmp_path / "other", **SMALL, seed=2)
    assert _head(other.repository) != _head(generated.repository)


def test_has_the_number_of_files_that_was_asked_for(root: Path) -> None:
    assert len(list(root.rglob("*.py"))) == 60


def test_a_larger_tree_has_the_same_sites(generated: Generated, tmp_path: Path) -> None:
    larger = generate(tmp_path / "larger", size=2 * SMALL["size"], sites=SMALL["sites"])
    assert larger.truth == generated.truth


def test_has_every_form(generated: Generated) -> None:
    found = {site.form for sites in generated.truth.sites.values() for site in sites}
    assert found == {form.name for form in (*IMPORTS, *MENTIONS, *CALLS)}


@pytest.mark.parametrize("phase", [3, 4])
def test_the_truth_is_what_the_tool_makes_of_the_tree(generated: Generated, root: Path, phase: int) -> None:
    truth, found = generated.truth, preview(Git.open(root), load_plan(generated.plan), phase)
    assert {str(file.path) for file in found.files} == truth.paths(phase)
    assert truth.counted[phase] > 10
    for file in found.files:
        before = (root / file.path).read_bytes()
        expected = truth.expected(str(file.path), phase, before)
        assert file.after.decode() == expected.decode()
        assert compiles(before)
        assert compiles(expected)


def test_sites_that_stay_are_as_they_are(generated: Generated, root: Path) -> None:
    staying = 0
    for path, sites in generated.truth.sites.items():
        before = (root / path).read_bytes()
        for site in sites:
            if site.stays:
                staying += 1
                assert replaced(before, [site]) == before
    assert staying > 10


def test_its_redirects_can_be_imported(generated: Generated, root: Path) -> None:
    plan = load_plan(generated.plan)
    found = set()
    for phase in (1, 2):
        for file in preview(Git.open(root), plan, phase).files:
            before, module = (root / file.path).read_bytes(), str(file.path).removesuffix(".py").replace("/", ".")
            (root / file.path).write_bytes(file.after)
            program = f"import {module} as m; assert m.{OLD_NAME}.__name__ == {NEW_NAME!r}"
            subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
            (root / file.path).write_bytes(before)
            found.add(module)
    assert found == {OLD, OLD_TOO}


def test_a_last_line_without_an_end_stays_without(tmp_path: Path) -> None:
    site = Site(3, "edit", 2, 2, "x = 2\ny = 3\n")
    assert replaced(b"a = 1\nx = 1", [site]) == b"a = 1\nx = 2\ny = 3"
    assert replaced(b"a = 1\nx = 1\n", [site]) == b"a = 1\nx = 2\ny = 3\n"


def test_filler_has_none_of_some_words_and_about_the_size() -> None:
    text = Filler(Random(3), ["import"]).text(20_000)
    assert "import" not in text
    assert 15_000 < len(text) < 25_000
    compile(text, "<text>", "exec")


def _head(repository: Path) -> bytes:
    return subprocess.run(["git", "rev-parse", "main"], cwd=repository, check=True, capture_output=True).stdout
