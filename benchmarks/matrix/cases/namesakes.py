"""Files where nothing is to be done: what looks like the moved object is another one."""

from benchmarks.matrix.case import make
from benchmarks.matrix.cases.pairs import MODULE, OBJECT, USE, both

GROUP = "namesakes"
_OTHER = {"other.py": 'class A:\n    home = "stay"\n\n\nclass old:\n    A = A\n'}

CASES = (
    make("a class of that name of one's own", GROUP, OBJECT, 'class A:\n    home = "stay"' + USE, {}),
    make("the same name from another module", GROUP, OBJECT, "from other import A" + USE, {}, world=_OTHER),
    make("another name of the old module", GROUP, OBJECT, "from old import Other" + USE.replace("A", "Other"), {}),
    *both(
        "a module whose name begins alike",
        GROUP,
        "import old_utils\nfrom old_utils import A\n\n\ndef seen():\n    return [A.home, old_utils.A.home]\n",
        {},
        {},
        world={"old_utils.py": 'class A:\n    home = "stay"\n'},
    ),
    *both(
        "a module of the same last name",
        GROUP,
        "from far.old import A\nfrom far import old\n\n\ndef seen():\n    return [A.home, old.A.home]\n",
        {},
        {},
        world={"far/old.py": 'class A:\n    home = "stay"\n'},
    ),
    *both(
        "an attribute of that name",
        GROUP,
        "import other\n\n\ndef seen():\n    return other.old.A.home\n",
        {},
        {},
        world=_OTHER,
    ),
    *both(
        "keyword argument, dict key, method",
        GROUP,
        'class K:\n    def A(self, old):\n        return old["A"]\n\n\n'
        'def seen():\n    return K().A(old={"A": "stay"})\n',
        {},
        {},
    ),
    *both(
        "comment and docstring",
        GROUP,
        '"""Once: from old import A, see old.A."""\n\n'
        '# REMOVED: from old import A\n\n\ndef seen():\n    return "stay"\n',
        {},
        {},
        keep=(b'"""Once: from old import A, see old.A."""',),
    ),
    make(
        "a text for people",
        GROUP,
        OBJECT,
        'def seen():\n    text = "old.A is gone"\n    return ["stay", text.replace("old", "o")]\n',
        {},
        keep=(b'"old.A is gone"',),
    ),
    make(
        "there already",
        GROUP,
        OBJECT,
        "from new import B as A" + USE,
        {},
    ),
    make("there already, module", GROUP, MODULE, "import new as old\n\n\ndef seen():\n    return old.A.home\n", {}),
    make(
        "patch of another name",
        GROUP,
        OBJECT,
        'from unittest.mock import patch\n\nimport old\n\n\ndef seen():\n    with patch("old.Other", "stay"):\n'
        "        return old.Other\n",
        {},
    ),
)
