"""`from old import A` in all its shapes."""

from benchmarks.matrix.case import make
from benchmarks.matrix.cases.pairs import MODULE, OBJECT, ONE, USE, both

GROUP = "from old import A"
_SAME = {"from old import": "from new import"}
_TWO = (("old:A", "new:B"), ("old:C", "far.home:D"))
_USE_BOTH = "\n\n\ndef seen():\n    return [A.home, Other.home]\n"
_USE_TWO = "\n\n\ndef seen():\n    return [A.home, C.home]\n"

CASES = (
    *both("plain", GROUP, "from old import A" + USE, ONE, _SAME),
    *both(
        "as X",
        GROUP,
        "from old import A as X" + USE.replace("A", "X"),
        {"from old import A": "from new import B"},
        _SAME,
    ),
    make(
        "as what it is called now",
        GROUP,
        OBJECT,
        "from old import A as B" + USE.replace("A", "B"),
        {"from old import A as B": "from new import B"},
    ),
    make(
        "name kept",
        GROUP,
        (("old:A", "new:A"),),
        "from old import A" + USE,
        _SAME,
    ),
    *both(
        "two names",
        GROUP,
        "from old import A, Other" + _USE_BOTH,
        {"from old import A, Other": "from new import B as A\nfrom old import Other"},
        _SAME,
    ),
    *both(
        "two names, the moved one last",
        GROUP,
        "from old import Other, A as X" + _USE_BOTH.replace("A.", "X."),
        {"from old import Other, A as X": "from old import Other\nfrom new import B as X"},
        _SAME,
    ),
    make(
        "two names to two homes",
        GROUP,
        _TWO,
        "from old import A, C" + _USE_TWO,
        {"from old import A, C": "from new import B as A\nfrom far.home import D as C"},
    ),
    make(
        "two homes and one that stays",
        GROUP,
        _TWO,
        "from old import A, Other, C\n\n\ndef seen():\n    return [A.home, Other.home, C.home]\n",
        {
            "from old import A, Other, C": "from new import B as A\nfrom old import Other\nfrom far.home import D as C",
        },
    ),
    make(
        "two names to one home",
        GROUP,
        (("old:A", "new:B"), ("old:C", "new:D")),
        "from old import A, C" + _USE_TWO,
        {"from old import A, C": "from new import B as A, D as C"},
    ),
    *both(
        "one name twice",
        GROUP,
        "from old import A, A as X\n\n\ndef seen():\n    return [A.home, X.home]\n",
        {"from old import A, A as X": "from new import B as A, B as X"},
        _SAME,
    ),
    *both(
        "parentheses, a comment per name",
        GROUP,
        "from old import (  # the shop\n    A,  # moved\n    Other,  # not moved\n)" + _USE_BOTH,
        {
            "from old import (  # the shop\n    A,  # moved\n    Other,  # not moved\n)": (
                "from new import (  # the shop\n    B as A,  # moved\n)\nfrom old import (\n    Other,  # not moved\n)"
            )
        },
        _SAME,
    ),
    *both(
        "parentheses, comment lines",
        GROUP,
        "from old import (\n    # first\n    A,\n    # last\n)" + USE,
        {"from old import (\n    # first\n    A,": "from new import (\n    # first\n    B as A,"},
        _SAME,
    ),
    *both(
        "trailing comma",
        GROUP,
        "from old import (A, Other,)" + _USE_BOTH,
        {"from old import (A, Other,)": "from new import (B as A,)\nfrom old import (Other,)"},
        _SAME,
    ),
    *both("noqa", GROUP, "from old import A  # noqa: F401, E402" + USE, ONE, _SAME),
    *both(
        "backslash",
        GROUP,
        "from old import A, \\\n    Other" + _USE_BOTH,
        {"from old import A, \\\n    Other": "from new import B as A\nfrom old import \\\n    Other"},
        _SAME,
    ),
    *both(
        "backslash before import",
        GROUP,
        "from old \\\n    import A" + USE,
        {"from old \\\n    import A": "from new \\\n    import B as A"},
        {"from old": "from new"},
    ),
    *both(
        "one of three on a line",
        GROUP,
        "import os; from old import A; x = 1  # three" + USE,
        ONE,
        _SAME,
        keep=(b"import os", b"x = 1  # three"),
    ),
    *both(
        "two names, one of three on a line",
        GROUP,
        "x = 1; from old import A, Other; y = 2" + _USE_BOTH,
        {"from old import A, Other": "from new import B as A; from old import Other"},
        _SAME,
        keep=(b"x = 1", b"y = 2"),
    ),
    *both(
        "odd blanks",
        GROUP,
        "from  old  import\tA   as  X  # odd" + USE.replace("A", "X"),
        {"from  old  import\tA   as  X": "from  new  import\tB   as  X"},
        {"from  old": "from  new"},
    ),
    make(
        "there already",
        GROUP,
        OBJECT,
        "from new import B as A\nfrom old import A" + USE,
        {"\nfrom old import A": ""},
        once=b"import B as A",
    ),
    make(
        "one of two there already",
        GROUP,
        OBJECT,
        "from new import B as A\nfrom old import A, Other" + _USE_BOTH,
        {"import A, Other": "import Other"},
        once=b"import B as A",
    ),
    make(
        "a neighbour from the new home",
        GROUP,
        OBJECT,
        "from new import Extra  # more\nfrom old import A\n\n\ndef seen():\n    return [A.home, Extra.home[:0]]\n",
        ONE,
    ),
    make(
        "a neighbour from the new home, module",
        GROUP,
        MODULE,
        "from new import C\nfrom old import A\n\n\ndef seen():\n    return [A.home, C.home]\n",
        {"from old import A": "from new import A"},
    ),
    *both(
        "below docstring and __future__",
        GROUP,
        '"""Text."""\n\nfrom __future__ import annotations\n\nimport os\n\nfrom old import A\n\nx = os.sep' + USE,
        ONE,
        _SAME,
        keep=(b'"""Text."""\n\nfrom __future__ import annotations\n', b"import os\n", b"x = os.sep\n"),
    ),
    *both(
        "base class, decorator, default, annotation",
        GROUP,
        "from old import A\n\n\nclass K(A):\n    x: A = A()\n\n    def of(self, a=A) -> A:\n        return a\n\n\n"
        "def seen():\n    return [K.home, K.x.home, K().of().home, K.Inner.home]\n",
        ONE,
        _SAME,
    ),
    *both(
        "passed on by __all__",
        GROUP,
        'from old import A\n\n__all__ = ["A"]\n',
        ONE,
        _SAME,
        probe='[getattr(load("user"), name).home for name in __all__]',
    ),
    *both(
        "from old import *",
        GROUP,
        "from old import *" + USE,
        None,
        None,
        probe="seen()",
    ),
)
