from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from checks import TABLES, calls, make_plan
from repositories import MakeRepository

from migrate.preview import FilePreview, Preview
from migrate.previewing import RewriteBug, preview
from migrate.rewriting import imports
from migrate.source import Source
from rollback.errors import Drifted, OutsideRoot

CART = "from shop.cart import Cart\n"
BASKET = "from shop.basket import Basket as Cart\n"
PLAN = make_plan()
HOMES = {
    "shop/basket.py": "class Basket: ...\n",
    "shop/pay.py": "def checkout(): ...\ndef refund(): ...\n",
    "shop/pricing/prices.py": "",
    "shop/pricing/lists.py": "",
}
"""The new homes that the plan names."""


def paths(found: Preview) -> list[str]:
    return [file.path for file in found.files]


def edited(found: Preview) -> dict[str, str]:
    return {file.path: file.after.decode() for file in found.files}


def test_nothing_to_do(make_repository: MakeRepository) -> None:
    git = make_repository({**HOMES, "app.py": BASKET, "shop/cart.py": "x = 1\n"}).open()
    found = preview(git, PLAN, 3)
    assert (found.files, found.findings, found.edits, found.kept) == ((), (), 0, 0)


def test_a_file(make_repository: MakeRepository) -> None:
    repository = make_repository({"app.py": CART, "other.py": "x = 1\n"})
    (repository.root / "app.py").chmod(0o755)
    found = preview(repository.open(), PLAN, 3)
    (file,) = found.files
    assert (file.path, file.before, file.after, file.mode) == ("app.py", CART.encode(), BASKET.encode(), 0o755)
    assert file.change.after == file.after
    assert file.before_sha256 != file.after_sha256
    assert (found.edits, found.sites, found.candidates) == (1, 1, 1)
    assert (repository.root / "app.py").read_text() == CART


def test_priority_comes_first_and_is_remarked_on(make_repository: MakeRepository) -> None:
    files = dict.fromkeys(["a.py", "tests/critical/z.py", "tests/critical/y.py", "z.py"], CART)
    move = TABLES["phase3"]["move"]
    priority = ["z.py", "tests/critical/", "gone.py", "quiet.py", "empty/"]
    plan = make_plan({"phase3": {"priority": priority, "move": move}})
    git = make_repository({**files, **HOMES, "quiet.py": "x = 1\n", "empty/a.py": "x = 1\n"}).open()
    found = preview(git, plan, 3)
    assert sorted(paths(found)[:3]) == ["tests/critical/y.py", "tests/critical/z.py", "z.py"]
    assert paths(found)[3:] == ["a.py"]
    assert list(found.notes) == [
        "priority gone.py: not in the tree",
        "priority quiet.py: nothing to do there",
        "priority empty/: nothing to do there",
    ]


def test_a_finding_is_something_to_do(make_repository: MakeRepository) -> None:
    plan = make_plan({"phase3": {"priority": ["a.py"], "move": TABLES["phase3"]["move"]}})
    found = preview(make_repository({**HOMES, "a.py": "x = 'shop.cart.Cart'\n"}).open(), plan, 3)
    assert (found.notes, [f.code for f in found.warnings], found.errors) == ((), ["string-reference"], ())


def test_redirects(make_repository: MakeRepository) -> None:
    found = preview(make_repository({"shop/cart.py": "def (\n", "app.py": CART}).open(), PLAN, 1)
    assert paths(found) == ["shop/cart.py"]
    assert found.files[0].after.startswith(b'"""DEPRECATED')


def test_a_package_becomes_a_redirect(make_repository: MakeRepository) -> None:
    found = preview(make_repository({"shop/cart/__init__.py": ""}).open(), PLAN, 1)
    assert paths(found) == ["shop/cart/__init__.py"]


def test_a_redirect_without_a_file(make_repository: MakeRepository) -> None:
    found = preview(make_repository({"cart.py": "x = 1\n"}).open(), PLAN, 1)
    (finding,) = found.findings
    assert (found.files, finding.code, finding.severity) == ((), "missing-target", "error")
    assert finding.path == "shop/cart.py"


def test_redirects_are_no_importers(make_repository: MakeRepository) -> None:
    files = {"shop/cart.py": "from shop.prices import tax\n", "shop/till.py": CART, "app.py": CART}
    assert paths(preview(make_repository(files).open(), PLAN, 3)) == ["app.py"]


def test_which_files_are_looked_at(make_repository: MakeRepository) -> None:
    repository = make_repository({".gitignore": "ignored.py\nbuild/\n", "tracked.py": CART, "text.txt": CART})
    repository.write(
        {"untracked.py": CART, "ignored.py": CART, "build/a.py": CART, "deep/down/new.py": CART, "stub.pyi": CART}
    )
    plan = make_plan({"phase3": TABLES["phase3"]}, exclude=["deep/**"])
    git = repository.open()
    assert paths(preview(git, plan, 3)) == ["stub.pyi", "tracked.py", "untracked.py"]


def test_a_folder_of_the_working_tree_as_the_root(make_repository: MakeRepository) -> None:
    repository = make_repository({"sub/app.py": CART, "app.py": CART})
    git = repository.open().open(repository.root / "sub")
    assert paths(preview(git, PLAN, 3)) == ["app.py"]


ODD = ["with space.py", "-dash.py", "glob[1]*.py", ":(top)magic.py", "quote'\".py", "new\nline.py", "ünï/漢.py"]


def test_odd_names(make_repository: MakeRepository) -> None:
    repository = make_repository(dict.fromkeys(ODD, CART))
    assert paths(preview(repository.open(), PLAN, 3)) == sorted(ODD)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file names are Unicode")
def test_names_that_are_not_utf_8(make_repository: MakeRepository) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    found = preview(make_repository({name: CART}).open(), PLAN, 3)
    assert edited(found) == {name: BASKET}


def test_contents_that_are_not_utf_8(make_repository: MakeRepository) -> None:
    latin = "# coding: latin-1\nx = 'größe'\nfrom shop.cart import Cart\n".encode("latin-1")
    broken = b"x = '\xe9'\nfrom shop.cart import Cart\n"
    found = preview(make_repository({"latin.py": latin, "broken.py": broken}).open(), PLAN, 3)
    assert paths(found) == ["latin.py"]
    assert [(f.path, f.code) for f in found.errors] == [("broken.py", "unparseable")]


def test_symbolic_links_are_passed_over(make_repository: MakeRepository, tmp_path: Path) -> None:
    repository = make_repository({"app.py": CART})
    (tmp_path / "outside.py").write_text(CART)
    (repository.root / "link.py").symlink_to("app.py")
    (repository.root / "out.py").symlink_to(tmp_path / "outside.py")
    (repository.root / "dangling.py").symlink_to("nowhere.py")
    repository.commit()
    assert paths(preview(repository.open(), PLAN, 3)) == ["app.py"]


def test_a_redirect_that_is_a_link_out_of_the_root(make_repository: MakeRepository, tmp_path: Path) -> None:
    repository = make_repository({"shop/__init__.py": ""})
    (tmp_path / "outside.py").write_text("x = 1\n")
    (repository.root / "shop/cart.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(OutsideRoot):
        preview(repository.open(), PLAN, 1)


def test_files_of_another_repository_are_passed_over(make_repository: MakeRepository) -> None:
    repository = make_repository({"app.py": CART})
    (repository.root / "vendor").mkdir()
    repository.git("init", "--quiet", "vendor")
    repository.write({"vendor/app.py": CART})
    assert paths(preview(repository.open(), PLAN, 3)) == ["app.py"]


def test_source_roots(make_repository: MakeRepository) -> None:
    plan = make_plan({"phase1": TABLES["phase1"], "phase3": TABLES["phase3"]}, source_roots=["src", "."])
    repository = make_repository({"src/shop/cart.py": "x = 1\n", "src/shop/api.py": "from .cart import Cart\n"})
    assert paths(preview(repository.open(), plan, 1)) == ["src/shop/cart.py"]
    assert edited(preview(repository.open(), plan, 3)) == {"src/shop/api.py": "from .basket import Basket as Cart\n"}


RENAME = calls("shop.basket:Basket", rename={"metadata": "context"})
CALL = "Basket(metadata=1)\n"


def check_calls(make_repository: MakeRepository, files: dict[str, str], expected: dict[str, str]) -> None:
    found = preview(make_repository(files).open(), RENAME, 4)
    assert edited(found) == {path: files[path].replace(*change.split(" -> ")) for path, change in expected.items()}


CHANGED = "metadata=1 -> context=1"


def test_calls_by_way_of_reexports(make_repository: MakeRepository) -> None:
    files = {
        "shop/__init__.py": "from .basket import Basket\n",
        "shop/basket.py": "class Basket: ...\n",
        "shop/stars.py": "from shop.basket import *\n",
        "a.py": "from shop import Basket\n" + CALL,
        "b.py": "import shop.stars as s\ns." + CALL,
        "c.py": "from other import Basket\n" + CALL,
        "other.py": "class Basket: ...\n",
    }
    check_calls(make_repository, files, {"a.py": CHANGED, "b.py": CHANGED})


def test_instances_by_way_of_reexports(make_repository: MakeRepository) -> None:
    plan = calls("shop.basket:Basket", rename={"metadata": "context"}, attributes={"metadata": "context"})
    files = {
        "shop/__init__.py": "from .basket import Basket\n",
        "shop/basket.py": "class Basket:\n    context = 1\n",
        "a.py": "from shop import Basket\nb = Basket()\nb.metadata\n",
        "b.py": "from shop.basket import Basket\nb = Basket()\nb.metadata\nfrom stars import *\n",
        "stars.py": "from shop.basket import *\n",
        "c.py": "from other import Basket\nb = Basket()\nb.metadata\n",
        "other.py": "class Basket: ...\n",
    }
    found = edited(preview(make_repository(files).open(), plan, 4))
    assert found == {path: files[path].replace("metadata", "context") for path in ("a.py", "b.py")}


def test_calls_by_way_of_a_linked_module(make_repository: MakeRepository, tmp_path: Path) -> None:
    repository = make_repository(
        {
            "real.py": "from shop.basket import Basket\n",
            "a.py": "from facade import Basket\n" + CALL,
            "b.py": "from outside import Basket\n" + CALL,
        }
    )
    (repository.root / "facade.py").symlink_to("real.py")
    (tmp_path / "outside.py").write_text("from shop.basket import Basket\n")
    (repository.root / "outside.py").symlink_to(tmp_path / "outside.py")
    assert paths(preview(repository.open(), RENAME, 4)) == ["a.py"]


def test_calls_by_way_of_renaming_reexports(make_repository: MakeRepository) -> None:
    files = {
        "facade.py": "from shop.basket import Basket as Korb\n",
        "second.py": "from facade import Korb as Panier\n",
        "third.py": "import second\nCesta = second.Panier\n",
        "a.py": "from facade import Korb\nKorb(metadata=1)\n",
        "b.py": "from second import Panier\nPanier(metadata=1)\n",
        "c.py": "import third\nthird.Cesta(metadata=1)\n",
        "d.py": "from fourth import Cesta\nCesta(metadata=1)\n",
    }
    check_calls(make_repository, files, {"a.py": CHANGED, "b.py": CHANGED, "c.py": CHANGED})


def test_both_names_in_one_file(make_repository: MakeRepository) -> None:
    files = {
        "facade.py": "from shop.basket import Basket as Korb\n",
        "a.py": "from shop.basket import Basket\nfrom facade import Korb\nKorb(metadata=1)\nBasket(1)\n",
        "b.py": "from shop.basket import Basket\nfrom facade import Korb\nKorb(metadata=1)\nBasket(metadata=1)\n",
    }
    check_calls(make_repository, files, {"a.py": CHANGED, "b.py": CHANGED})


def test_a_mapping_passed_to_a_renaming_reexport(make_repository: MakeRepository) -> None:
    files = {
        "facade.py": "from shop.basket import Basket as Korb\n",
        "a.py": "from facade import Korb\nKorb(**x)\n",
    }
    found = preview(make_repository(files).open(), RENAME, 4)
    assert [(f.path, f.code) for f in found.findings] == [("a.py", "keyword-spread")]


def test_phase_5_finds_what_the_other_phases_left(make_repository: MakeRepository) -> None:
    files = {"a.py": CART, "b.py": "from shop.basket import Basket\n" + CALL, "c.py": "from facade import Basket\n" + CALL,
             "facade.py": "from shop.basket import Basket\n"}  # fmt: skip
    found = preview(make_repository(files).open(), PLAN, 5)
    assert [(f.path, f.code) for f in found.findings] == [
        ("a.py", "deprecated-import"),
        ("b.py", "deprecated-keyword"),
        ("c.py", "deprecated-keyword"),
    ]
    assert found.files == ()


def test_progress(make_repository: MakeRepository) -> None:
    told: list[tuple[int, int]] = []
    preview(make_repository({"a.py": CART, "b.py": CART}).open(), PLAN, 3, progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]


def test_kept_sites_are_counted(make_repository: MakeRepository) -> None:
    found = preview(make_repository({"a.py": CART.strip() + "  # migrate: keep\n"}).open(), PLAN, 3)
    assert (found.kept, found.files) == (1, ())


def test_a_refused_rewrite_stops_everything(make_repository: MakeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "encoded", lambda source, text: b"pass")
    with pytest.raises(RewriteBug, match=r"^a\.py: .*nothing written"):
        preview(make_repository({"a.py": CART}).open(), PLAN, 3)


def test_a_file_preview_is_what_it_says() -> None:
    file = FilePreview("a.py", b"x\n", 0o644, ())
    assert Source(file.after).text == "x\n"


def test_calls_by_way_of_uncertain_reexports(make_repository: MakeRepository) -> None:
    files = {
        "facade.py": "try:\n from shop.basket import Basket\nexcept ImportError:\n from other import Basket\n",
        "second.py": "from facade import Basket as Korb\n",
        "third.py": "if x:\n from shop.basket import Basket as Panier\nelse:\n Panier = dict\n",
        "other.py": "class Basket: ...\n",
        "a.py": "from facade import Basket\n" + CALL,
        "b.py": "from second import Korb\nKorb(metadata=1)\n",
        "c.py": "import third\nthird.Panier(metadata=1)\n",
        "d.py": "from other import Basket\n" + CALL,
    }
    found = preview(make_repository(files).open(), RENAME, 4)
    assert found.files == ()
    assert [(f.path, f.code) for f in found.findings] == [(f"{name}.py", "shadowed") for name in "abc"]


def test_calls_by_way_of_star_imports(make_repository: MakeRepository) -> None:
    files = {
        "facade.py": "from shop.basket import Basket, Basket as Korb\n",
        "other.py": "class Basket: ...\n",
        "a.py": "from shop.basket import *\n" + CALL,
        "b.py": "from facade import *\n" + CALL,
        "c.py": "from facade import *\nKorb(metadata=1)\n",
        "d.py": "from other import *\n" + CALL,
    }
    found = preview(make_repository(files).open(), RENAME, 4)
    assert found.files == ()
    assert [(f.path, f.code) for f in found.findings] == [(f"{name}.py", "star-import") for name in "abc"]
    found = preview(make_repository(files).open(), make_plan({"phase4": TABLES["phase4"], "phase5": {}}), 5)
    assert [(f.path, f.code) for f in found.findings] == [(f"{name}.py", "deprecated-keyword") for name in "abc"]


def test_a_file_that_changes_while_it_is_looked_at(make_repository: MakeRepository) -> None:
    repository = make_repository({**HOMES, "app.py": CART, "other.py": CART})

    def edit(done: int, _total: int) -> None:
        (repository.root / "app.py").write_text(f"{CART}x = {done}\n")

    with pytest.raises(Drifted, match=r"1 file changed since the edits were computed: app\.py; nothing written"):
        preview(repository.open(), PLAN, 3, progress=edit)
