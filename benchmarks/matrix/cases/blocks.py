"""Imports that stand in a block: each on its own merits, and no block left without a body."""

from benchmarks.matrix.case import make
from benchmarks.matrix.cases.pairs import OBJECT, ONE, USE, both

GROUP = "blocks"
_FROM = {"from old import": "from new import"}
_CHECKING = "import typing; typing.TYPE_CHECKING = True"

CASES = (
    *both("function", GROUP, "def seen():\n    from old import A  # late\n\n    return A.home\n", ONE, _FROM),
    *both(
        "function, two names",
        GROUP,
        "def seen():\n    from old import A, Other\n\n    return [A.home, Other.home]\n",
        {"    from old import A, Other": "    from new import B as A\n    from old import Other"},
        _FROM,
    ),
    *both("function on one line", GROUP, "def seen(): from old import A; return A.home\n", ONE, _FROM),
    *both(
        "class body",
        GROUP,
        "class K:\n    from old import A\n\n    home = A.home\n\n\ndef seen():\n    return [K.home, K.A.home]\n",
        ONE,
        _FROM,
    ),
    *both(
        "try, except ImportError",
        GROUP,
        "try:\n    from old import A\nexcept ImportError:\n    A = None" + USE,
        ONE,
        _FROM,
    ),
    *both(
        "except ImportError",
        GROUP,
        "try:\n    from nowhere import A\nexcept ImportError:\n    from old import A  # older" + USE,
        ONE,
        _FROM,
    ),
    *both(
        "try, except ImportError, import old",
        GROUP,
        "try:\n    import old\nexcept ImportError:\n    old = None\n\n\ndef seen():\n    return old and old.A.home\n",
        None,
        None,
    ),
    make(
        "try the new home, else the old one",
        GROUP,
        OBJECT,
        "try:\n    from new import Nothing as A\nexcept ImportError:\n    from old import A" + USE,
        ONE,
    ),
    *both(
        "with suppress",
        GROUP,
        "from contextlib import suppress\n\nwith suppress(ImportError):\n    from old import A" + USE,
        ONE,
        _FROM,
    ),
    *both(
        "if TYPE_CHECKING",
        GROUP,
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n"
        "    from old import A\n\n\ndef of(x: A) -> A:\n    return x\n",
        ONE,
        _FROM,
        setup=_CHECKING,
        probe="hints(of)",
    ),
    *both(
        "if TYPE_CHECKING, import old",
        GROUP,
        "from __future__ import annotations\n\nimport typing\n\nif typing.TYPE_CHECKING:\n"
        "    import old\n\n\ndef of(x: old.A) -> old.A:\n    return x\n",
        {"import old": "import new", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A"},
        setup=_CHECKING,
        probe="hints(of)",
    ),
    make(
        "a block with nothing left",
        GROUP,
        OBJECT,
        "import sys\n\nfrom new import B as A\n\nif sys.version_info >= (3, 8):\n    from old import A" + USE,
        {"    from old import A": "    from new import B as A"},
    ),
    make(
        "a duplicate in a block of its own",
        GROUP,
        OBJECT,
        "if True:\n    from new import B as A\n    from old import A" + USE,
        {"\n    from old import A": ""},
        once=b"import B as A",
    ),
    *both(
        "if version_info, else",
        GROUP,
        "import sys\n\nif sys.version_info >= (3, 8):\n    from old import A\nelse:\n    from older import A" + USE,
        ONE,
        _FROM,
    ),
    *both(
        "both branches",
        GROUP,
        "import sys\n\nif sys.argv is None:\n    from other import A\nelse:\n    from old import A" + USE,
        ONE,
        _FROM,
    ),
    *both(
        "if on one line",
        GROUP,
        "if True: from old import A, Other\n\n\ndef seen():\n    return [A.home, Other.home]\n",
        {"from old import A, Other": "from new import B as A; from old import Other"},
        _FROM,
    ),
    *both(
        "async function, match arm",
        GROUP,
        "async def of(x):\n    match x:\n        case 1:\n            from old import A\n\n"
        "            return A.home\n\n\n"
        "def seen():\n    try:\n        of(1).send(None)\n    except StopIteration as end:\n        return end.value\n",
        ONE,
        _FROM,
    ),
)
