from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.load_graph import LoadGraph
from migrate.modules import candidate_files

EMPTY = {"t": "", "p.__init__": "", "p.q.__init__": "", "p.q.t": "", "p.s": "", "n.t": ""}
"""Modules that are there in each case, by name."""


def files_of(modules: Mapping[str, str]) -> dict[str, bytes]:
    return {f"{name.replace('.', '/')}.py": text.encode() for name, text in modules.items()}


def chain(modules: Mapping[str, str], start: str, *targets: str) -> tuple[str, ...] | None:
    return LoadGraph(files_of(modules).get, ["."]).chain(start, targets)


NOT_LOADED = [
        pytest.param("", "t", id="nothing"),
        pytest.param("import typing, ast", "t", id="other modules"),
        pytest.param("def f():\n    import t", "t", id="in a function"),
        pytest.param("def f(): import t", "t", id="in a function on one line"),
        pytest.param("async def f():\n\timport t", "t", id="in a coroutine"),
        pytest.param("def f(\n    a,\n) -> None:\n    import t", "t", id="in a function with a long header"),
        pytest.param("def f():\n    if 1:\n        pass\n\n# here\n    else:\n        import t", "t", id="deep in a function"),
        pytest.param("class C:\n  def f(self):\n    import t", "t", id="in a method"),
        pytest.param("if 1:\n    def f():\n        try:\n            import t\n        finally: pass", "t", id="deeper"),
        pytest.param("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import t", "t", id="for type checkers"),
        pytest.param("import typing\nif (typing.TYPE_CHECKING): import t", "t", id="for type checkers on one line"),
        pytest.param("import typing\nif not typing.TYPE_CHECKING: pass\nelse:\n import t", "t", id="not for the others"),
        pytest.param("import typing as y\nif y.TYPE_CHECKING and t:\n import t", "t", id="for type checkers only if"),
        pytest.param("import typing as y\nif y.TYPE_CHECKING:\n if 1:\n  import t", "t", id="deep for type checkers"),
        pytest.param("if False:\n    import t", "t", id="if False"),
        pytest.param("if 0: import t", "t", id="if 0"),
        pytest.param("if 1: pass\nelse:\n import t", "t", id="if 1 else"),
        pytest.param("if True or x:\n pass\nelif 1:\n import t", "t", id="elif behind what is true"),
        pytest.param('if __name__ == "__main__":\n    import t', "t", id="as a script"),
        pytest.param("if '__main__' == __name__:\n    import t", "t", id="as a script the other way round"),
        pytest.param("if __name__ != '__main__': pass\nelse: import t", "t", id="not as a script else"),
        pytest.param("'''\nimport t\n'''", "t", id="in a string"),
        pytest.param("# import t", "t", id="in a comment"),
        pytest.param("import p.s", "p.q.t", id="another module of the package"),
        pytest.param("from p import s", "p.q", id="another submodule"),
        pytest.param("import p.s as q", "p.q", id="an alias that is a module's name"),
        pytest.param("import t as p", "p", id="another module by that name"),
]  # fmt: skip

LOADED = [
        pytest.param("import t", "t", id="import"),
        pytest.param("import sys, t as x", "t", id="second name with an alias"),
        pytest.param("import sys; import t; x = 1", "t", id="behind a semicolon"),
        pytest.param("import \\\n  t", "t", id="continued"),
        pytest.param("import p . q . t", "p.q.t", id="blanks around dots"),
        pytest.param("import p.q.t", "p.q", id="package of a module"),
        pytest.param("import p.q.t", "p", id="outer package of a module"),
        pytest.param("from p.q import t", "p.q.t", id="module from its package"),
        pytest.param("from p.q import (  # q)\n  # import (\n  t as\n x,\n)", "p.q.t", id="over lines with comments"),
        pytest.param("from p.q import(t)", "p.q.t", id="no blank before the parenthesis"),
        pytest.param("from p . q import __name__, \\\n t", "p.q.t", id="names continued"),
        pytest.param("from t import *", "t", id="star"),
        pytest.param("from n import t", "n.t", id="from a folder without __init__"),
        pytest.param("if len(p := []) == 0:\n import t", "t", id="if"),
        pytest.param("if len([]):\n pass\nelif 1:\n pass\n import t", "t", id="elif"),
        pytest.param("if False: pass\nelse: import t", "t", id="else on one line"),
        pytest.param("import typing\nif typing.TYPE_CHECKING:\n import s\nelse:\n import t", "t", id="not for type checkers"),
        pytest.param("import typing\nif not typing.TYPE_CHECKING:\n import t", "t", id="if not TYPE_CHECKING"),
        pytest.param("import typing as y\nif y.TYPE_CHECKING or len([]):\n import s\nelse: import t", "t", id="or unknown"),
        pytest.param("if __name__ == '__main__':\n import s\nelse:\n import t", "t", id="not as a script"),
        pytest.param("if __name__ != 'other':\n import t", "t", id="by that name"),
        pytest.param("if 0 and x or 1 and not 0:\n import t", "t", id="constants"),
        pytest.param("try:\n import nowhere\nexcept ImportError:\n import t", "t", id="in a handler"),
        pytest.param("try:\n pass\nexcept ImportError:\n pass\nelse:\n import t", "t", id="else of a try"),
        pytest.param("try:\n pass\nfinally:\n import t", "t", id="finally"),
        pytest.param("for i in 1, 2:\n\timport t", "t", id="for"),
        pytest.param("while True:\n import t\n break", "t", id="while"),
        pytest.param("import contextlib\nwith contextlib.suppress(ImportError):\n import t", "t", id="with"),
        pytest.param("match 1:\n case 2:\n  pass\n case _:\n  import t", "t", id="match"),
        pytest.param("class A:\n class B(\n  A1 := object\n ):\n  import t", "t", id="class in a class"),
        pytest.param("class C: import t", "t", id="class on one line"),
        pytest.param("class C:\n def f(self):\n  pass\n\n if 1:\n  import t", "t", id="class behind a method"),
        pytest.param("if 1:\n def f():\n  pass\n x = '''\nimport s\n'''\n import t", "t", id="behind a string"),
        pytest.param("x = 1\r\nif x:\r\n\timport \\\r\n t\r\n", "t", id="CRLF"),
        pytest.param("def f():\r pass\rimport t\r", "t", id="CR"),
        pytest.param("if 1:\n        pass\n\timport t".replace("\n\t", "\n        "), "t", id="eight blanks"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "target"), NOT_LOADED)
def test_not_loaded(body: str, target: str) -> None:
    assert chain({**EMPTY, "start": body + "\n"}, "start", target) is None


@pytest.mark.parametrize(("body", "target"), LOADED)
def test_loaded(body: str, target: str) -> None:
    assert chain({**EMPTY, "start": body + "\n"}, "start", target) == ("start", target)


def test_cpython_agrees(tmp_path: Path) -> None:
    """Each module of the two tables loads what they say when it is imported."""
    for path, content in files_of(EMPTY).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    cases = [*NOT_LOADED, *LOADED]
    for number, case in enumerate(cases):
        (tmp_path / f"start{number}.py").write_bytes(f"{case.values[0]}\n".encode())
    code = [
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); before = set(sys.modules)",
        f"for n, target in enumerate({[case.values[1] for case in cases]!r}):",
        "    __import__(f'start{n}'); print(target in sys.modules)",
        "    for name in {*sys.modules} - before: del sys.modules[name]",
    ]
    answers = run("\n".join(code)).split()
    wrong = [c.id for c, answer in zip(cases, answers, strict=True) if (c in LOADED) != (answer == "True")]
    assert wrong == []


def run(code: str) -> str:
    command = [sys.executable, "-I", "-S", "-B", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("modules", "start", "targets", "found"),
    [
        pytest.param({"a": "import b", "b": "import c", "c": ""}, "a", ["c"], ("a", "b", "c"), id="two steps"),
        pytest.param({"a": "import b", "b": "import a, c", "c": "import b"}, "a", ["c"], ("a", "b", "c"), id="circle"),
        pytest.param({"a": "import b", "b": "import a"}, "a", ["a"], None, id="back to the start"),
        pytest.param({"a": "import b\nimport c", "b": "import c", "c": ""}, "a", ["c"], ("a", "c"), id="the shortest"),
        pytest.param({"a": "import b", "b": "import c", "c": ""}, "a", ["c", "b"], ("a", "b"), id="the nearest target"),
        pytest.param({"a": "import b", "b": ""}, "a", [], None, id="no target"),
        pytest.param({"a": "import b", "b": ""}, "a", ["c"], None, id="no such target"),
        pytest.param({"b": ""}, "a", ["b"], None, id="no such start"),
        pytest.param({"a": "import os.path", "b": ""}, "a", ["os"], None, id="outside the repository"),
        pytest.param(
            {"a": "'''\nimport c\n'''\nimport b", "b": "import d", "c": "", "d": "import c"},
            "a", ["c"], ("a", "b", "d", "c"), id="a longer chain where the shorter is only written",
        ),
        pytest.param(
            {"p.__init__": "import t", "p.a": "import p.b", "p.b": "from p import x", "t": ""},
            "p.a", ["t"], None, id="not through the package of the start",
        ),
        pytest.param({"p.__init__": "", "p.a": "import p"}, "p.a", ["p"], None, id="not the package of the start"),
        pytest.param(
            {"p.__init__": "from . import b", "p.b": "from .c import x", "p.c": ""},
            "p", ["p.c"], ("p", "p.b", "p.c"), id="a package as the start",
        ),
        pytest.param(
            {"p.__init__": "", "p.a": "from ..q import x\n'''\nimport q\n'''", "q": ""},
            "p.a", ["q"], None, id="a relative import that climbs too far",
        ),
        pytest.param(
            {"p.__init__": "", "p.q.__init__": "", "p.q.a": "from .. import s\nfrom . import t", "p.s": "import t2", "t2": ""},
            "p.q.a", ["t2"], ("p.q.a", "p.s", "t2"), id="relative imports",
        ),
        pytest.param({"a": "import b\n(", "b": ""}, "a", ["b"], ("a", "b"), id="a start that cannot be parsed"),
        pytest.param(
            {"a": "import b", "b": "def f(:\n import c\nimport d", "c": "", "d": ""},
            "a", ["c", "d"], ("a", "b", "d"), id="a module between that cannot be parsed",
        ),
    ],
)  # fmt: skip
def test_chain(modules: dict[str, str], start: str, targets: list[str], found: tuple[str, ...] | None) -> None:
    assert chain(modules, start, *targets) == found


def test_source_roots() -> None:
    files = {"src/a.py": b"import b, lib.b", "src/b.py": b"", "lib/b.py": b"import c", "lib/c.py": b""}
    graph = LoadGraph(files.get, ["src"])
    assert graph.chain("a", ["b"]) == ("a", "b")
    assert graph.chain("a", ["c", "lib.c"]) is None
    assert LoadGraph(files.get, ["lib", "src"]).chain("a", ["c"]) == ("a", "b", "c")


def test_each_file_is_read_once() -> None:
    files = files_of({"a": "import b\nimport c", "b": "import c", "c": "import d", "d": ""})
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        asked.append(path)
        return files.get(path)

    graph = LoadGraph(read, ["."])
    for _ in range(2):
        assert graph.chain("a", ["d"]) == ("a", "c", "d")
        assert graph.chain("b", ["a"]) is None
    assert len(asked) == len(set(asked))


def test_what_was_explored_is_at_hand() -> None:
    files = files_of({"a": "import b\nimport c", "b": "import c", "c": "import d", "d": ""})
    graph = LoadGraph(lambda path: files.pop(path, None), ["."])
    graph.explore("a")
    graph.explore("gone")
    assert files == {}
    assert graph.chain("a", ["d"]) == ("a", "c", "d")


NAMES = [f"m{number}" for number in range(7)]
IMPORTS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["import {}", "def f():\n    import {}", '"""\nimport {}\n"""']))
)


@given(
    modules=st.fixed_dictionaries(dict.fromkeys(NAMES, IMPORTS)),
    questions=st.lists(st.tuples(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES))), max_size=12),
    explored=st.sets(st.sampled_from(NAMES)),
)
def test_what_was_asked_before_changes_no_answer(
    modules: dict[str, list[tuple[str, str]]], questions: list[tuple[str, set[str]]], explored: set[str]
) -> None:
    texts = {name: "\n".join(how.format(other) for other, how in imports) for name, imports in modules.items()}
    graph = LoadGraph(files_of(texts).get, ["."])
    for start in explored:
        graph.explore(start)
    for start, targets in questions:
        assert graph.chain(start, targets) == chain(texts, start, *targets)


def test_the_standard_library() -> None:
    """Chains lead to all that these modules load, to go by `sys.modules`."""
    root = Path(sysconfig.get_path("stdlib"))

    def read(path: str) -> bytes | None:
        return (root / path).read_bytes() if (root / path).is_file() else None

    for start in ("argparse", "dataclasses", "email.message", "unittest.mock", "concurrent.futures.thread", "tomllib"):
        package = start.rpartition(".")[0] or "sys"
        loaded = run(
            f"import sys, {package}; before = {{*sys.modules}}; import {start}; print(*{{*sys.modules}} - before)"
        )
        there = [n for n in loaded.split() if any(map(read, candidate_files(n, ["."]))) and n != start]
        graph = LoadGraph(read, ["."])
        assert there
        assert [name for name in sorted(there) if graph.chain(start, [name]) is None] == []
