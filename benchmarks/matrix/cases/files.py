"""Kinds of files, and bytes that have to stay: every one of them has a plain `from old import A`."""

from benchmarks.matrix.case import STATIC, make
from benchmarks.matrix.cases.pairs import OBJECT, ONE, USE, both

GROUP = "files"
_FROM = {"from old import": "from new import"}
_TEXT = "# é: a comment\nx = 1\nfrom old import A  # ö" + USE
_CRLF = _TEXT.replace("\n", "\r\n")
_MIXED = "# one\r\nx = 1\ny = 2\r\nfrom old import A\r\nz = 3" + USE

CASES = (
    make(
        "migrate: keep",
        GROUP,
        OBJECT,
        "from old import A  # migrate: keep" + USE,
        {},
        ours_only=True,
    ),
    *both("stub", GROUP, "from old import A\n\nx: A = ...\n", ONE, _FROM, path="user.pyi", probe="A.home"),
    *both(
        "script without .py",
        GROUP,
        "#!/usr/bin/env python3\nfrom old import A" + USE,
        ONE,
        _FROM,
        path="bin/tool",
        plan='include = ["bin/tool"]',
    ),
    *both(
        "doctest",
        GROUP,
        'def seen():\n    """Say where.\n\n    >>> from old import A\n    >>> told.append(A.home)\n    """\n',
        None,
        None,
        probe="doctests()",
    ),
    *both("type comment", GROUP, "import old\n\nx = None  # type: old.A\n", None, None, probe="type_comments()"),
    *both("CRLF", GROUP, _CRLF, ONE, _FROM),
    *both(
        "CRLF in parentheses",
        GROUP,
        "from old import (\r\n    A,\r\n    Other,\r\n)\r\n\r\n\r\ndef seen():\r\n    return [A.home, Other.home]\r\n",
        {
            "from old import (\r\n    A,\r\n    Other,\r\n)": (
                "from new import (\r\n    B as A,\r\n)\r\nfrom old import (\r\n    Other,\r\n)"
            )
        },
        _FROM,
    ),
    *both("mixed line ends", GROUP, _MIXED, ONE, _FROM, keep=(b"# one\r\nx = 1\ny = 2\r\n", b"\r\nz = 3\n")),
    *both("form feed", GROUP, "x = 1\n\f\nfrom old import A\n\f\n# next page" + USE, ONE, _FROM),
    *both(
        "tabs",
        GROUP,
        "if True:\n\tx = 1\t# tab\n\tfrom old import A\n\n\ndef seen():\n\treturn A.home\n",
        ONE,
        _FROM,
        keep=(b"\tx = 1\t# tab\n\t",),
    ),
    *both("BOM", GROUP, "\ufefffrom old import A  # ö" + USE, ONE, _FROM),
    *both(
        "latin-1 by its cookie",
        GROUP,
        "# -*- coding: latin-1 -*-\nx = 'é'; from old import A  # ö" + USE,
        ONE,
        _FROM,
        encoding="latin-1",
        keep=(b"x = '\xe9'; ", b"# \xf6"),
    ),
    *both(
        "no final newline",
        GROUP,
        "def seen():\n    return A.home\n\n\nfrom old import A",
        ONE,
        _FROM,
    ),
    *both("non-ASCII before it on the line", GROUP, "x = 'é𝄞'; from old import A" + USE, ONE, _FROM),
    *both(
        "strings that look like code",
        GROUP,
        'TEXT = """\nfrom old import A\n"""\nfrom old import A  # real' + USE,
        {"from old import A  # real": "from new import B as A  # real"},
        {"from old import A  # real": "from new import A  # real"},
        keep=(b'"""\nfrom old import A\n"""',),
    ),
    *both(
        "newer syntax: PEP 701 f-string",
        GROUP,
        'from old import A\n\nx = f"{", ".join(["a", "b"])}"' + USE,
        ONE,
        _FROM,
        best="reported",  # before Python 3.12 neither parser reads it
        probe=STATIC,
    ),
    *both(
        "older syntax: print statement",
        GROUP,
        'from old import A\n\nprint "old"\n',
        ONE,
        _FROM,
        probe=STATIC,
        best="reported",
    ),
    *both(
        "no syntax at all",
        GROUP,
        "from old import A\n\ndef (:\n",
        None,
        None,
        probe=STATIC,
    ),
    *both(
        "does not compile: return outside function",
        GROUP,
        "from old import A\n\nreturn A\n",
        ONE,
        _FROM,
        probe=STATIC,
        best="reported",
    ),
)
