"""The old home, the new one, and modules that the new one imports."""

from benchmarks.matrix.case import Case, make
from benchmarks.matrix.cases.pairs import OBJECT, ONE, USE

GROUP = "homes"
_B = '\n\nclass B:\n    home = "new"\n'
_BEFORE_AND_AFTER = '[load("user").seen(), load("new").B.home[:0]]'


def _cycle(name: str, user: str, world: dict[str, str], edits: dict[str, str] | None) -> Case:
    """The new home is loaded first, as a program may do, and then the user."""
    return make(name, GROUP, OBJECT, user, edits, world=world, setup='load("new")')


CASES = (
    make(
        "the redirect at the old home",
        GROUP,
        OBJECT,
        '"""DEPRECATED: use new."""\nfrom new import B as A\n\n__all__ = ["A"]\n',
        {},
        path="old.py",
        probe="A.home",
    ),
    make(
        "a redirect of the plan that goes through the old home",
        GROUP,
        OBJECT,
        '"""DEPRECATED: use old."""\nfrom old import A\n\n__all__ = ["A"]\n',
        {},
        path="older.py",
        probe="A.home",
        ours_only=True,
        plan='\n[phase1]\n[[phase1.redirect]]\nmodule = "older"\n'
        'docstring = "DEPRECATED: use old."\nexports = ["old:A"]',
    ),
    make(
        "the new home imports its own object from the old one",
        GROUP,
        OBJECT,
        "from old import A" + _B + "\n\ndef seen():\n    return A.home\n",
        None,
        path="new.py",
    ),
    make(
        "the new home imports the old module",
        GROUP,
        OBJECT,
        "import old" + _B + "\n\ndef seen():\n    return old.A.home\n",
        None,
        path="new.py",
    ),
    make(
        "the new home, late",
        GROUP,
        OBJECT,
        _B.lstrip() + "\n\ndef seen():\n    from old import A\n\n    return A.home\n",
        None,
        path="new.py",
    ),
    _cycle("imported by the new home", "from old import A" + USE, {"new.py": "import user" + _B}, None),
    _cycle(
        "imported by what the new home imports",
        "from old import A" + USE,
        {"new.py": "import between" + _B, "between.py": "import user\n"},
        None,
    ),
    _cycle(
        "imported by the new home, import old",
        "import old\n\nX = old.A\n\n\ndef seen():\n    return X.home\n",
        {"new.py": "import user" + _B},
        None,
    ),
    _cycle(
        "imported by the new home, import in the function",
        "def seen():\n    from old import A\n\n    return A.home\n",
        {"new.py": "import user" + _B},
        ONE,
    ),
    _cycle(
        "imported by the new home in a function",
        "from old import A" + USE,
        {"new.py": "def late():\n    import user\n\n    return user\n" + _B},
        ONE,
    ),
    _cycle(
        "a package that loads the user before the new home",
        "from old import A" + USE,
        {"new.py": _B.lstrip() + "\n\nimport user  # noqa: E402\n"},
        None,
    ),
)
