"""Strings that name the object or its module."""

from benchmarks.matrix.case import make
from benchmarks.matrix.cases.pairs import MODULE, OBJECT, ONE, both

GROUP = "strings"
_PATCH = "from unittest.mock import patch\n\n\ndef seen(patched):\n    with {}:\n        return patched()\n"
_PROBE = "seen(patched)"
_TARGET = {'"old.A"': '"new.B"'}
_TARGET_MODULE = {'"old.A"': '"new.A"'}
_LATER = '(load("old"), load("new"), seen())[2]'
_MOCKER = (
    "from unittest import mock\n\n\nclass Mocker:\n    def patch(self, target):\n        patcher = mock.patch(target)\n"
    "        patcher.start()\n\n\ndef check(mocker, patched):\n    mocker.patch({})\n    return patched()\n"
)
_MONKEY = (
    "from pkgutil import resolve_name\n\n\nclass Monkey:\n    def {0}(self, target, *value):\n"
    '        owner, _, name = target.rpartition(".")\n        {0}(resolve_name(owner), name, *value)\n\n\n'
    "def check(monkeypatch, patched):\n    monkeypatch.{0}({1})\n    return patched()\n"
)

CASES = (
    *both("patch", GROUP, _PATCH.format('patch("old.A")'), _TARGET, _TARGET_MODULE, probe=_PROBE),
    *both(
        "patch, single quotes, keyword",
        GROUP,
        _PATCH.format("patch(target='old.A', new=1)"),
        {"'old.A'": "'new.B'"},
        {"'old.A'": "'new.A'"},
        probe=_PROBE,
    ),
    *both(
        "patch as a decorator",
        GROUP,
        'from unittest import mock\n\n\n@mock.patch("old.A")\ndef seen(_fake, patched):\n    return patched()\n',
        _TARGET,
        _TARGET_MODULE,
        probe="seen(patched=patched)",
    ),
    *both(
        "patch of a member",
        GROUP,
        _PATCH.format('patch("old.A.make")'),
        {'"old.A.make"': '"new.B.make"'},
        {'"old.A.make"': '"new.A.make"'},
        probe=_PROBE,
    ),
    *both(
        "patch.object of the module",
        GROUP,
        "import old as m\n\n" + _PATCH.format('patch.object(m, "A")'),
        {"import old as m": "import new as m", '"A"': '"B"'},
        {"import old as m": "import new as m"},
        probe=_PROBE,
    ),
    *both(
        "patch.object of the object",
        GROUP,
        "from old import A\n\n" + _PATCH.format('patch.object(A, "make")'),
        ONE,
        {"from old": "from new"},
        probe=_PROBE,
    ),
    *both(
        "patch.dict",
        GROUP,
        _PATCH.format('patch.dict("old.TABLE", {"x": 1})'),
        {'"old.TABLE"': '"lib.new.TABLE"'},
        {'"old.TABLE"': '"new.TABLE"'},
        probe='seen(lambda: patched("TABLE"))',
        moves=((("old:TABLE", "lib.new:TABLE"),), MODULE),
    ),
    *both(
        "mocker.patch",
        GROUP,
        _MOCKER.format('"old.A"'),
        _TARGET,
        _TARGET_MODULE,
        probe="check(Mocker(), patched)",
    ),
    *both(
        "monkeypatch.setattr",
        GROUP,
        _MONKEY.format("setattr", '"old.A", 1'),
        _TARGET,
        _TARGET_MODULE,
        probe="check(Monkey(), patched)",
    ),
    *both(
        "monkeypatch.delattr",
        GROUP,
        _MONKEY.format("delattr", '"old.A"'),
        _TARGET,
        _TARGET_MODULE,
        probe="check(Monkey(), patched)",
    ),
    *both(
        "monkeypatch.setattr of the module",
        GROUP,
        "import old\n\n\nclass Monkey:\n    setattr = staticmethod(setattr)\n\n\n"
        'def check(monkeypatch, patched):\n    monkeypatch.setattr(old, "A", 1)\n    return patched()\n',
        {"import old": "import new", '(old, "A"': '(new, "B"'},
        {"import old": "import new", '(old, "A"': '(new, "A"'},
        probe="check(Monkey(), patched)",
    ),
    *both(
        "patch where a user looks it up",
        GROUP,
        {
            "user.py": "from unittest.mock import patch\n\nimport shop\n\n\ndef seen():\n"
            '    with patch("shop.A") as fake:\n        fake.home = "stay"\n        return [shop.sell()]\n',
            "shop.py": "from old import A\n\n\ndef sell():\n    return A.home\n",
        },
        {"shop.py": ONE},
        {"shop.py": {"from old": "from new"}},
        probe='[seen(), load("shop").sell()]',
    ),
    *both(
        "import_module",
        GROUP,
        'from importlib import import_module\n\n\ndef seen():\n    return import_module("old").A.home\n',
        None,
        {'"old"': '"new"'},
    ),
    *both(
        "importlib.import_module, a submodule",
        GROUP,
        'import importlib\n\n\ndef seen():\n    return importlib.import_module("old.sub").A.home\n',
        {},
        {'"old.sub"': '"new.sub"'},
    )[1:],
    *both(
        "__import__",
        GROUP,
        'def seen():\n    return __import__("old").A.home\n',
        None,
        {'"old"': '"new"'},
    ),
    *both(
        "sys.modules",
        GROUP,
        'import sys\n\n\ndef seen():\n    return sys.modules["old"].A.home\n',
        None,
        {'"old"': '"new"'},
        probe=_LATER,
    ),
    *both(
        "patch.dict of sys.modules",
        GROUP,
        "import sys\nfrom types import SimpleNamespace\nfrom unittest.mock import patch\n\n\ndef seen():\n"
        '    with patch.dict("sys.modules", {"old": SimpleNamespace(A="fake")}):\n'
        '        return [name for name in ("o" "ld", "n" "ew") if hasattr(sys.modules.get(name), "A")]\n',
        None,
        None,
    ),
    *both(
        "quoted annotation",
        GROUP,
        'import old\n\n\ndef of(x: "old.A", y: "list[old.A]" = ()) -> "old.A":\n    return x\n',
        {"import old": "import new", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A"},
        probe="[h if isinstance(h, str) else h.home for h in __import__('typing').get_args("
        "__import__('typing').get_type_hints(of)['y'])] + [__import__('typing').get_type_hints(of)['return'].home]",
    ),
    *both(
        "quoted annotation, from import",
        GROUP,
        'from old import A\n\n\ndef of(x: "A") -> "A":\n    return x\n',
        ONE,
        {"from old": "from new"},
        probe="hints(of)",
    ),
    *both(
        "annotation under __future__",
        GROUP,
        "from __future__ import annotations\n\nimport old as m\n\n\ndef of(x: m.A) -> m.A:\n    return x\n",
        {"import old as m": "import new as m", "m.A": "m.B"},
        {"import old as m": "import new as m"},
        probe="hints(of)",
    ),
    *both(
        "cast",
        GROUP,
        'from typing import cast\n\nimport old\n\nx = cast("old.A", 1)\n',
        {"import old": "import new", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A"},
        probe="casts()",
    ),
    *both(
        "TypeVar bound",
        GROUP,
        'from typing import TypeVar\n\nimport old\n\nT = TypeVar("T", bound="old.A")\n',
        {"import old": "import new", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A"},
        probe="evaluated(T.__bound__.__forward_arg__)",
    ),
    *both(
        "a dotted path of one's own, strings = all",
        GROUP,
        'from pkgutil import resolve_name\n\nTABLE = {"a": "old.A"}\n\n\ndef seen():\n'
        '    return resolve_name(TABLE["a"]).home\n',
        _TARGET,
        _TARGET_MODULE,
        strings="all",
    ),
    *both(
        "a loop over targets, strings = all",
        GROUP,
        "from unittest.mock import patch\n\n\ndef seen(patched):\n"
        '    for target in ("old.A",):\n        with patch(target):\n            return patched()\n',
        _TARGET,
        _TARGET_MODULE,
        strings="all",
        probe=_PROBE,
    ),
    *both("concatenation", GROUP, _PATCH.format('patch("old" + ".A")'), None, None, probe=_PROBE),
    *both("two literals in a row", GROUP, _PATCH.format('patch("old." "A")'), None, None, probe=_PROBE),
    *both("a raw string", GROUP, _PATCH.format('patch(r"old.A")'), None, None, probe=_PROBE),
    *both(
        "f-string",
        GROUP,
        'HOME = "old"\n\n' + _PATCH.format('patch(f"old.{HOME and str("A")}")'.replace('str("A")', "chr(65)")),
        None,
        None,
        probe=_PROBE,
    ),
    make(
        "f-string that names the object",
        GROUP,
        OBJECT,
        _PATCH.format('patch(f"old.A.{patched and str().join([chr(109), chr(97), chr(107), chr(101)])}")'),
        None,
        probe=_PROBE,
    ),
    make(
        "regex",
        GROUP,
        OBJECT,
        'import re\n\nNAMES = re.compile(r"old\\.A$")\n',
        None,
        strings="all",
        probe='"old" if NAMES.match("old" ".A") else "new" if NAMES.match("new" ".B") else "neither"',
    ),
)
