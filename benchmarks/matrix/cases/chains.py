"""Re-exports: others import the object from a module that had it from the old home."""

from benchmarks.matrix.case import make
from benchmarks.matrix.cases.pairs import OBJECT, ONE, USE, both

GROUP = "re-exports"
_FROM = {"from old": "from new"}

CASES = (
    *both(
        "plain",
        GROUP,
        {"user.py": "from x import A" + USE, "x.py": "from old import A  # noqa: F401\n"},
        {"x.py": ONE},
        {"x.py": _FROM},
    ),
    *both(
        "renamed on the way",
        GROUP,
        {"user.py": "from x import Z" + USE.replace("A", "Z"), "x.py": "from old import A as Z  # noqa: F401\n"},
        {"x.py": {"from old import A": "from new import B"}},
        {"x.py": _FROM},
    ),
    *both(
        "renamed to a name of the old home",
        GROUP,
        {
            "user.py": "from x import Other" + USE.replace("A", "Other"),
            "x.py": "from old import A as Other  # noqa: F401\n",
        },
        {"x.py": {"from old import A": "from new import B"}},
        {"x.py": _FROM},
    ),
    *both(
        "through the module that passes it on",
        GROUP,
        {"user.py": "import x\n\n\ndef seen():\n    return x.A.home\n", "x.py": "from old import A  # noqa: F401\n"},
        {"x.py": ONE},
        {"x.py": _FROM},
    ),
    *both(
        "the package's __init__",
        GROUP,
        {"user.py": "from pkg import A" + USE, "pkg/__init__.py": "from .old import A\n"},
        {"pkg/__init__.py": {"from .old import A": "from .new import B as A"}},
        {"pkg/__init__.py": {"from .old": "from .new"}},
        moves=((("pkg.old:A", "pkg.new:B"),), (("pkg.old", "pkg.new"),)),
    ),
    *both(
        "star import of the one that passes it on",
        GROUP,
        {"user.py": "from x import *" + USE, "x.py": 'from old import A\n\n__all__ = ["A"]\n'},
        {"x.py": ONE},
        {"x.py": _FROM},
    ),
    *both(
        "two links",
        GROUP,
        {
            "user.py": "from y import A2" + USE.replace("A", "A2"),
            "y.py": "from x import A1 as A2\n",
            "x.py": "from old import A as A1\n",
        },
        {"x.py": {"from old import A": "from new import B"}},
        {"x.py": _FROM},
    ),
    *both(
        "the module itself passed on",
        GROUP,
        {"user.py": "from x import m\n\n\ndef seen():\n    return m.A.home\n", "x.py": "import old as m\n"},
        None,
        {"x.py": {"import old as m": "import new as m"}},
    ),
    *both(
        "patched where it is passed on",
        GROUP,
        {
            "user.py": "from unittest.mock import patch\n\nimport x\n\n\ndef seen():\n"
            '    with patch("x.A") as fake:\n        fake.home = "stay"\n        return [x.A.home]\n',
            "x.py": "from old import A\n",
        },
        {"x.py": ONE},
        {"x.py": _FROM},
        probe='[seen(), load("x").A.home]',
    ),
    make(
        "a member through it",
        GROUP,
        (("old:central.get", "new:get"),),
        {
            "user.py": "from x import central\n\n\ndef seen():\n    return central.get()\n",
            "x.py": "from old import central\n",
        },
        {"user.py": {"from x import central": "from new import get", "central.get": "get"}},
    ),
    make(
        "a name that the passing module replaces",
        GROUP,
        OBJECT,
        {
            "user.py": "from x import A" + USE,
            "x.py": 'from old import A\n\nBASE = A.home\n\n\nclass A:\n    home = "stay"\n',
        },
        {"x.py": ONE},
        probe='[seen(), load("x").BASE]',
    ),
)
