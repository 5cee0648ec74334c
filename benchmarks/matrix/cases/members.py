"""A member of an object that is a function or an object of its own now."""

from benchmarks.matrix.case import make

GROUP = "members"
_GET = (("old:central.get", "new:get"),)
_UTC = (("old:Zone.utc", "new:UTC"),)
_IMPORT = {"from old import central": "from new import get", "central.get": "get"}

CASES = (
    make(
        "a method of a shadowing parameter",
        GROUP,
        _GET,
        'class K:\n    def get(self):\n        return "stay"\n\n\nfrom old import central\n\n\n'
        "def seen(central=K()):\n    return central.get()\n",
        {},
    ),
    make(
        "another member",
        GROUP,
        _GET,
        "from old import central\n\n\ndef seen():\n    return central.put()\n",
        {},
    ),
    make(
        "the only use",
        GROUP,
        _GET,
        "from old import central\n\n\ndef seen():\n    return central.get(__name__)\n",
        _IMPORT,
    ),
    make(
        "three uses",
        GROUP,
        _GET,
        "from old import central  # once\n\nX = central.get(__name__)\n\n\n"
        "def seen():\n    return [X, central.get(), central.get().upper()[:0]]\n",
        _IMPORT,
        once=b"import get",
    ),
    make(
        "other uses",
        GROUP,
        _GET,
        "from old import central\n\n\ndef seen():\n    return [central.get(), central.put()]\n",
        {"from old import central": "from new import get\nfrom old import central", "central.get": "get"},
    ),
    make(
        "among other names",
        GROUP,
        _GET,
        "from old import Other, central\n\n\ndef seen():\n    return [central.get(), Other.home]\n",
        {"from old import Other, central": "from old import Other\nfrom new import get", "central.get": "get"},
    ),
    make(
        "as c",
        GROUP,
        _GET,
        "from old import central as c\n\n\ndef seen():\n    return c.get()\n",
        {"from old import central as c": "from new import get", "c.get": "get"},
    ),
    make(
        "through the module",
        GROUP,
        _GET,
        "import old\n\n\ndef seen():\n    return old.central.get()\n",
        {"import old": "import new", "old.central.get": "new.get"},
    ),
    make(
        "an attribute of a class",
        GROUP,
        _UTC,
        "from old import Zone\n\n\ndef seen():\n    return Zone.utc.home\n",
        {"from old import Zone": "from new import UTC", "Zone.utc": "UTC"},
    ),
    make(
        "an attribute of a class, other uses",
        GROUP,
        _UTC,
        "from old import Zone\n\n\ndef seen(zone=Zone.utc):\n    return [zone.home, Zone.name]\n",
        {"from old import Zone": "from old import Zone\nfrom new import UTC", "Zone.utc": "UTC"},
    ),
    make(
        "a static method of a class",
        GROUP,
        (("old:A.make", "new:make"), ("old:A", "new:B")),
        "from old import A\n\n\ndef seen():\n    return [A.make(), A.home]\n",
        {"from old import A": "from new import B as A, make", "A.make": "make"},
    ),
    make(
        "the object's import in a function",
        GROUP,
        _GET,
        "def seen():\n    from old import central\n\n    return central.get()\n",
        _IMPORT,
    ),
    make(
        "a name of one's own in the way",
        GROUP,
        _GET,
        'from old import central\n\n\ndef get():\n    return "stay"\n\n\n'
        "def seen():\n    return [central.get(), get()]\n",
        None,
    ),
    make(
        "a local name in the way",
        GROUP,
        _GET,
        'from old import central\n\n\ndef seen():\n    get = "stay"\n    return [central.get(), get]\n',
        None,
    ),
    make(
        "assigned to",
        GROUP,
        _GET,
        'from old import central\n\ncentral.get = lambda: "old"\n\n\ndef seen():\n    return central.get()\n',
        None,
    ),
)
