"""The old module imported as a module, and what is reached through it."""

from benchmarks.matrix.case import make
from benchmarks.matrix.cases.pairs import MODULE_IN_PACKAGE, OBJECT, OBJECT_IN_PACKAGE, both

GROUP = "import old"
_IN_PACKAGE = (OBJECT_IN_PACKAGE, MODULE_IN_PACKAGE)
_PLAIN = "import old\n\n\ndef seen():\n    return old.A.home\n"
_AS = "import old as m\n\n\ndef seen():\n    return m.A.home\n"
_MIXED = "import old\n\n\ndef seen():\n    return [old.A.home, old.Other.home]\n"
_AS_NEW = {"import old as m": "import new as m"}

CASES = (
    *both(
        "plain",
        GROUP,
        _PLAIN,
        {"import old": "import new", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A"},
    ),
    *both("as m", GROUP, _AS, {**_AS_NEW, "m.A": "m.B"}, _AS_NEW),
    *both(
        "dotted",
        GROUP,
        "import pkg.old\n\n\ndef seen():\n    return pkg.old.A.home\n",
        {"import pkg.old": "import lib.core.new", "pkg.old.A": "lib.core.new.B"},
        {"pkg.old": "lib.core.new"},
        moves=_IN_PACKAGE,
    ),
    *both(
        "dotted as m",
        GROUP,
        "import pkg.old as m\n\n\ndef seen():\n    return m.A.home\n",
        {"pkg.old": "lib.core.new", "m.A": "m.B"},
        {"pkg.old": "lib.core.new"},
        moves=_IN_PACKAGE,
    ),
    *both(
        "from pkg import old",
        GROUP,
        "from pkg import old\n\n\ndef seen():\n    return old.A.home\n",
        {"from pkg import old": "from lib.core import new as old", "old.A": "old.B"},
        {"from pkg import old": "from lib.core import new as old"},
        moves=_IN_PACKAGE,
    ),
    *both(
        "from pkg import old as m",
        GROUP,
        "from pkg import old as m\n\n\ndef seen():\n    return m.A.home\n",
        {"from pkg import old": "from lib.core import new", "m.A": "m.B"},
        {"from pkg import old": "from lib.core import new"},
        moves=_IN_PACKAGE,
    ),
    *both(
        "from pkg import old, another",
        GROUP,
        "from pkg import another, old  # two\n\n\ndef seen():\n    return [another.A, old.A.home]\n",
        {"from pkg import another, old": "from pkg import another\nfrom lib.core import new as old", "old.A": "old.B"},
        {"from pkg import another, old": "from pkg import another\nfrom lib.core import new as old"},
        moves=_IN_PACKAGE,
        world={"pkg/another.py": 'A = "stay"\n'},
    ),
    *both(
        "a sibling through the package",
        GROUP,
        "import pkg.old\nimport pkg.another\n\n\ndef seen():\n    return [pkg.old.A.home, pkg.another.A]\n",
        {"import pkg.old": "import lib.core.new", "pkg.old.A": "lib.core.new.B"},
        {"pkg.old": "lib.core.new"},
        moves=_IN_PACKAGE,
        world={"pkg/another.py": 'A = "stay"\n'},
    ),
    *both(
        "deeper attributes",
        GROUP,
        "import old\n\n\ndef seen():\n    return [old.A.Inner.home, old.A.make(), old.A().Inner().home]\n",
        {"import old": "import new", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A"},
    ),
    *both(
        "some of the names used",
        GROUP,
        _MIXED,
        {"import old\n": "import new\nimport old\n", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A", "old.Other": "new.Other"},
    ),
    *both(
        "some of the names used, as m",
        GROUP,
        "import old as m\n\n\ndef seen():\n    return [m.A.home, m.Other.home]\n",
        {"import old as m\n": "import new\nimport old as m\n", "m.A": "new.B"},
        _AS_NEW,
    ),
    *both(
        "two modules in one statement",
        GROUP,
        "import os, old  # two\n\n\ndef seen():\n    return [old.A.home, os.sep]\n",
        {"import os, old": "import os, new", "old.A": "new.B"},
        {"import os, old": "import os, new", "old.A": "new.A"},
    ),
    *both(
        "in the function",
        GROUP,
        "def seen():\n    import old\n\n    return old.A.home\n",
        {"import old": "import new", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A"},
    ),
    *both(
        "two imports, two scopes",
        GROUP,
        "import old\n\n\ndef one():\n    import old as m\n\n    return m.A.home\n\n\n"
        "def seen():\n    return [old.A.home, one()]\n",
        {"import old as m": "import new as m", "m.A": "m.B", "import old\n": "import new\n", "old.A": "new.B"},
        {"import old as m": "import new as m", "import old\n": "import new\n", "old.A": "new.A"},
    ),
    *both(
        "decorator, base class, annotation",
        GROUP,
        "import old\n\n\nclass K(old.A):\n    x: old.A = old.A()\n\n\n"
        "def seen(a: old.A = old.A):\n    return [K.home, K.x.home, a.home]\n",
        {"import old": "import new", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A"},
    ),
    *both(
        "in the braces of an f-string",
        GROUP,
        'import old as m\n\n\ndef seen():\n    return [f"é{m.A.home}"[1:], f"{m.A.make()!s:>3}"]\n',
        {**_AS_NEW, "m.A": "m.B"},
        _AS_NEW,
    ),
    *both(
        "an attribute over several lines",
        GROUP,
        "import old\n\n\ndef seen():\n    return (\n        old  # here\n        .A\n        .home\n    )\n",
        {"import old": "import new", "        old  # here\n        .A": "        new  # here\n        .B"},
        {"import old": "import new", "        old  # here": "        new  # here"},
    ),
    *both(
        "handed to a function",
        GROUP,
        "import old as m\n\n\ndef of(module):\n    return module.A.home\n\n\ndef seen():\n    return of(m)\n",
        None,
        _AS_NEW,
    ),
    *both(
        "bound to another name",
        GROUP,
        "import old\n\nm = old\n\n\ndef seen():\n    return m.A.home\n",
        None,
        {"import old": "import new", "m = old": "m = new"},
    ),
    *both(
        "assigned to",
        GROUP,
        'import old as m\n\nm.A = "fake"\n\n\ndef seen(patched):\n    return patched()\n',
        {**_AS_NEW, "m.A": "m.B"},
        _AS_NEW,
        probe="seen(patched)",
    ),
    *both(
        "deleted from",
        GROUP,
        "import old\n\ndel old.A\n\n\ndef seen(patched):\n    return patched()\n",
        {"import old": "import new", "old.A": "new.B"},
        {"import old": "import new", "old.A": "new.A"},
        probe="seen(patched)",
    ),
    *both(
        "getattr with a literal",
        GROUP,
        'import old as m\n\n\ndef seen():\n    return getattr(m, "A").home\n',
        None,
        _AS_NEW,
    ),
    *both(
        "getattr with a variable",
        GROUP,
        'import old as m\n\n\ndef seen(name="A"):\n    return getattr(m, name).home\n',
        None,
        _AS_NEW,
    ),
    *both(
        "import old.sub and its parent",
        GROUP,
        "import old.sub\n\n\ndef seen():\n    return [old.A.home, old.sub.A.home]\n",
        {},
        {"import old.sub": "import new.sub", "old.A": "new.A", "old.sub.A": "new.sub.A"},
    )[1:],
    *both(
        "from old.sub import A",
        GROUP,
        "from old.sub import A\nfrom old import sub\n\n\ndef seen():\n    return [A.home, sub.A.home]\n",
        {},
        {"from old.sub": "from new.sub", "from old import": "from new import"},
    )[1:],
    make(
        "a name of one's own that the new module would hide",
        GROUP,
        OBJECT,
        "import old\n\n\ndef seen(new=1):\n    return [old.A.home, new]\n",
        None,
    ),
)
