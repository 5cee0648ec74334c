"""Names that shadow: only the one bound to the moved object or module changes."""

from benchmarks.matrix.case import Case, make
from benchmarks.matrix.cases.pairs import MODULE, OBJECT

GROUP = "scopes"
_LOCAL = 'from contextlib import nullcontext\n\n\nclass K:\n    class A:\n        home = "stay"\n\n\n'
_HEAD = "import old as m\n" + _LOCAL
_HEAD_PLAIN = "import old\n" + _LOCAL


_SHADOWS = {
    # name: what shadows `$`, the name of the module, and how it is asked
    "parameter": (
        "def of($):\n    return m.A.home\n",
        "of(K)",
    ),
    "keyword-only parameter": (
        "def of(*, $=K):\n    return m.A.home\n",
        "of()",
    ),
    "lambda parameter": (
        "of = lambda $: m.A.home  # noqa: E731\n",
        "of(K)",
    ),
    "local variable": (
        "def of():\n    $ = K\n    return m.A.home\n",
        "of()",
    ),
    "loop variable": (
        "def of():\n    for $ in [K]:\n        return m.A.home\n",
        "of()",
    ),
    "with as": (
        "def of():\n    with nullcontext(K) as $:\n        return m.A.home\n",
        "of()",
    ),
    "comprehension": (
        "def of():\n    return [m.A.home for $ in [K]]\n",
        "*of()",
    ),
    "walrus": (
        "def of():\n    return ($ := K) and m.A.home\n",
        "of()",
    ),
    "nested function": (
        "def of():\n    $ = K\n\n    def inner():\n        return m.A.home\n\n    return inner\n",
        "of()()",
    ),
    "class body": (
        "class Z:\n    $ = K\n    home = m.A.home\n",
        "Z.home",
    ),
    "except as": (
        (
            "class E(Exception):\n    A = K.A\n\n\ndef of():\n    try:\n        raise E\n"
            "    except E as $:\n        return m.A.home\n"
        ),
        "of()",
    ),
    "match capture": (
        "def of():\n    match K:\n        case $:\n            return m.A.home\n",
        "of()",
    ),
    "nonlocal": (
        (
            "def of():\n    $ = None\n\n    def inner():\n        nonlocal $\n        $ = K\n\n"
            "    inner()\n    return m.A.home\n"
        ),
        "of()",
    ),
    "import of another": (
        "def of():\n    import far as $\n\n    return m.A.home\n",
        "of()",
    ),
}


def _cases() -> tuple[Case, ...]:
    seen = "def seen():\n    return [m.A.home"
    return tuple(
        case for name, (text, asked) in _SHADOWS.items() for case in _case(name, f"{text}\n\n{seen}, {asked}]\n", seen)
    )


def _case(name: str, text: str, seen: str) -> tuple[Case, Case]:
    world = {"far.py": 'class A:\n    home = "stay"\n'}
    before = _HEAD + text.replace("$", "m")
    plain = _HEAD_PLAIN + text.replace("$", "old").replace("m.A", "old.A")
    real, real_plain = seen, seen.replace("m.A", "old.A")
    return (
        make(
            name,
            GROUP,
            OBJECT,
            before,
            {"import old as m": "import new as m", real: real.replace("m.A", "m.B")},
            world=world,
        ),
        make(
            f"{name}, module",
            GROUP,
            MODULE,
            plain,
            {"import old\n": "import new\n", real_plain: real_plain.replace("old.A", "new.A")},
            world=world,
        ),
    )


CASES = (
    *_cases(),
    make(
        "a method sees the module, not its class",
        GROUP,
        OBJECT,
        _HEAD + "class Z:\n    m = K\n\n    def of(self):\n        return m.A.home\n\n\n"
        "def seen():\n    return [Z().of(), Z.m.A.home]\n",
        {"import old as m": "import new as m", "return m.A": "return m.B"},
    ),
    make(
        "closure reads the module",
        GROUP,
        OBJECT,
        "import old as m\n\n\ndef outer():\n    def inner():\n        return [(lambda: m.A.home)() for _ in 'x']\n\n"
        "    return inner\n\n\ndef seen():\n    return outer()()\n",
        {"import old as m": "import new as m", "m.A": "m.B"},
    ),
    make(
        "first iterable of a comprehension",
        GROUP,
        OBJECT,
        _HEAD + "def seen():\n    return [m for m in [m.A.home]]\n",
        {"import old as m": "import new as m", "[m.A.home]": "[m.B.home]"},
    ),
    make(
        "default of a parameter of that name",
        GROUP,
        OBJECT,
        _HEAD + "def seen(m=m.A.home):\n    return m\n",
        {"import old as m": "import new as m", "m=m.A": "m=m.B"},
    ),
    make(
        "global",
        GROUP,
        OBJECT,
        "m = None\n\n\ndef load():\n    global m\n    import old as m\n\n\n"
        "def seen():\n    load()\n    return m.A.home\n",
        {"import old as m": "import new as m", "m.A": "m.B"},
    ),
    make(
        "global, from import",
        GROUP,
        OBJECT,
        "A = None\n\n\ndef load():\n    global A\n    from old import A\n\n\n"
        "def seen():\n    load()\n    return A.home\n",
        {"from old import A": "from new import B as A"},
    ),
    make(
        "del, then another",
        GROUP,
        OBJECT,
        _HEAD + "FIRST = m.A.home\ndel m\nm = K\n\n\ndef seen():\n    return [FIRST, m.A.home]\n",
        None,
    ),
    make(
        "bound anew later",
        GROUP,
        OBJECT,
        _HEAD + "FIRST = m.A.home\nm = K\n\n\ndef seen():\n    return [FIRST, m.A.home]\n",
        None,
    ),
    make(
        "bound anew in one branch",
        GROUP,
        OBJECT,
        _HEAD + "if K is None:\n    m = K\n\n\ndef seen():\n    return m.A.home\n",
        None,
    ),
    make(
        "from import, bound anew later",
        GROUP,
        OBJECT,
        'from old import A\n\nFIRST = A.home\n\n\nclass A:\n    home = "stay"\n\n\n'
        "def seen():\n    return [FIRST, A.home]\n",
        {"from old import A": "from new import B as A"},
    ),
    make(
        "type parameter",
        GROUP,
        OBJECT,
        "import old as m\n\n\ndef of[m](x: m) -> m:\n    return x\n\n\n"
        "def seen():\n    return [m.A.home, of('stay')]\n",
        {"import old as m": "import new as m", "m.A": "m.B"},
        python=(3, 12),
    ),
)
