"""Which files are worth parsing: `git grep` for words that any site must contain; may be too many, never too few."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from migrate.modules import SUFFIXES, candidate_files
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.plan_calls import Call
from migrate.syntax import chain_roots
from rollback.git import Git

_TESTS = ("**/test/**", "**/tests/**", "**/test_*", "**/*_test.py", "**/conftest.py")
_PYTHON = tuple(f"*{suffix}" for suffix in SUFFIXES)


def find_candidates(git: Git, plan: Plan, phase: int) -> tuple[str, ...]:
    """Paths of the files that contain a word of the phase, relative to the root, sorted."""
    found: set[str] = set()
    if phase in (3, 5) and plan.phase3 is not None:
        found |= _importers(git, plan, plan.plan.exclude)
    if phase in (4, 5) and plan.phase4 is not None:
        found |= set(find_words(git, plan, _words(plan.phase4.call)))
    return tuple(sorted(found))


def find_words(git: Git, plan: Plan, words: Collection[str], *, everywhere: bool = False) -> tuple[str, ...]:
    """Paths of the Python files that contain any of `words`, relative to the root, sorted.

    Args:
        everywhere: also those that the plan excludes, which may be read but not changed.
    """
    return tuple(sorted(_grep(git, words, (*_PYTHON, *plan.plan.include), () if everywhere else plan.plan.exclude)))


def find_star_imports(git: Git, plan: Plan) -> tuple[str, ...]:
    """Paths of the Python files that may import everything from some module, excluded ones too, sorted."""
    pattern = r"import[[:space:]]*(\*|\\)"
    found = git.grep([pattern], words=False, fixed=False, pathspecs=(*_PYTHON, *plan.plan.include))
    return tuple(sorted(found))


def find_users(git: Git, plan: Plan, modules: Collection[str]) -> tuple[str, ...]:
    """Paths of the Python files that may take a name from one of `modules`, excluded ones too, sorted."""
    found = set(find_words(git, plan, {module.rpartition(".")[2] for module in modules}, everywhere=True))
    for folder in _folders(git, plan, modules):
        inside = tuple(f":(glob){_literal(folder)}**/*{suffix}" for suffix in SUFFIXES)
        found |= _grep(git, ["import"], inside, ())
    return tuple(sorted(found))


def _folders(git: Git, plan: Plan, modules: Iterable[str]) -> Iterator[str]:
    """The folders of those modules that are packages: inside, `from . import Name` does not name them."""
    for module in modules:
        for path in candidate_files(module, plan.plan.source_roots):
            folder = path.removesuffix("__init__.py")
            if folder != path and (git.root / folder).is_dir():
                yield folder


def may_use(modules: Collection[str]) -> Callable[[bytes], bool]:
    """A cheap look at a file's text: may it take a name from one of `modules`, or name one in a string?"""
    dotted = re.compile(_any(modules).replace(rb"\.", rb"[\s\\]*\.[\s\\]*") + rb"(?!\w)")
    leaf = re.compile(rb"(?<!\w)" + _any(module.rpartition(".")[2] for module in modules) + rb"(?!\w)")
    relative = re.compile(rb"\bfrom[\s\\]*\.[^#;=()'\"]*?\bimport\b")
    leaves = {module.rpartition(".")[2] for module in modules if "." in module}

    def test(content: bytes) -> bool:
        imported = [found.group() for found in _IMPORTED.finditer(content)]
        if dotted.search(content) or any(leaf.search(names) for names in imported):
            return True
        if relative.search(content) is not None:
            return True
        # `import pkg as p`, and then `p.mod.Name`
        roots = chain_roots(content.decode("latin-1"), leaves) if imported else ()
        return any(
            re.search(rb"(?<!\w)" + re.escape(root.encode("latin-1")) + rb"(?!\w)", names)
            for root in roots
            for names in imported
        )

    return test


def find_definitions(git: Git, plan: Plan, names: Collection[str]) -> tuple[str, ...]:
    """Paths of the Python files, tests left out, that may define a class or function of one of `names`, sorted."""
    plain = sorted(name for name in names if name.isascii())
    if not plain:
        return ()
    pattern = rf"^(class|(async[[:space:]]+)?def)[[:space:]]+({'|'.join(plain)})([^[:alnum:]_]|$)"
    where = (*_PYTHON, *plan.plan.include)
    return tuple(sorted(git.grep([pattern], words=False, fixed=False, pathspecs=where, exclude=_TESTS)))


def _importers(git: Git, plan: Plan, exclude: tuple[str, ...]) -> set[str]:
    assert plan.phase3 is not None
    words = {move.old.module.rpartition(".")[2] for move in plan.phase3.move} | MoveIndex.of(plan).owner_leaves
    found = _grep(git, words, (*_PYTHON, *plan.plan.include), exclude)
    # Inside a package, `from . import Name` reaches the package without naming it.
    for move in plan.phase3.move:
        for path in candidate_files(move.old.module, plan.plan.source_roots):
            folder = path.removesuffix("__init__.py")
            if folder != path and (git.root / folder).is_dir():
                inside = tuple(f":(glob){_literal(folder)}**/*{suffix}" for suffix in SUFFIXES)
                names = [move.old.name.partition(".")[0]] if move.old.name else ["import"]
                found |= _grep(git, names, inside, exclude)
    return found


def _grep(git: Git, words: Collection[str], pathspecs: tuple[str, ...], exclude: tuple[str, ...]) -> set[str]:
    """The files that contain one of `words`, in whatever encoding: of a word beyond ASCII, its longest part within."""
    plain = {word for word in words if word.isascii()}
    found = set(git.grep(sorted(plain), words=True, pathspecs=pathspecs, exclude=exclude))
    parts = {max(re.findall(r"[\x00-\x7f]+", word), key=len, default="import") for word in set(words) - plain}
    return found | set(git.grep(sorted(parts), words=False, pathspecs=pathspecs, exclude=exclude))


def _literal(folder: str) -> str:
    """A folder name for a glob pathspec."""
    return re.sub(r"([\[\]*?\\])", r"\\\1", folder)


def relevance(plan: Plan, phase: int, other_names: Collection[str] = ()) -> Callable[[str, bytes], bool]:
    """A cheap look at a candidate's text: can it hold a site at all?

    Args:
        other_names: what re-exports call the objects of phase 4, besides their own last names.
    """
    tests: list[Callable[[str, bytes], bool]] = []
    if phase in (3, 5) and plan.phase3 is not None:
        tests.append(_may_import(plan, other_names))
    if phase in (4, 5) and plan.phase4 is not None:
        tests.append(_may_call(plan.phase4.call, other_names))
    return lambda path, content: any(test(path, content) for test in tests)


_BLANK = rb"(?:\s|\\(?:\r\n?|\n)|#[^\r\n]*[\r\n])*"
"""What may stand between two tokens, inside parentheses at the least."""
# What follows `import`, up to the end of the statement: a list in parentheses, with comments, or a logical line.
_IMPORTED = re.compile(rb"\bimport\b(?:\s|\\\r?\n)*(?:\((?:[^()#]|#[^\n]*)*|(?:[^\n\\]|\\\r?\n)*)")


def _may_import(plan: Plan, other_names: Collection[str]) -> Callable[[str, bytes], bool]:
    """The full dotted path anywhere; or in an import statement the last name of the module, or a moved name.

    Or an imported package of the module, and its last name as an attribute.
    """
    moves = MoveIndex.of(plan)
    inner = [module for module in moves.old_modules if "." in module]
    dotted = re.compile(_any(inner).replace(rb"\.", rb"[\s\\]*\.[\s\\]*") + rb"(?!\w)")
    top = _any(moves.old_modules - set(inner))
    # a name of one word may be anything, unless it is imported, quoted, or has an attribute
    alone = re.compile(
        rb"\bfrom[\s\\]+"
        + top
        + rb"(?!\w)|(?<![\w.])"
        + top
        + rb"[\s\\]*\.|['\"](?:(?:from|import)\s+)?"
        + top
        + rb"(?!\w)"
    )
    relative = re.compile(rb"\bfrom[\s\\]*\.[^#;=()'\"]*?\bimport\b")
    last = {module.rpartition(".")[2] for module in moves.old_modules} | moves.owner_leaves | set(other_names)
    leaves = re.compile(rb"(?<!\w)" + _any(last) + rb"(?!\w)")
    names = re.compile(rb"(?<!\w)" + _any(m.old.name.partition(".")[0] for m in moves.moves if m.old.name) + rb"(?!\w)")
    packages = {part for module in inner for part in module.split(".")[:-1]}
    through = re.compile(rb"(?<!\w)" + _any(packages) + rb"(?!\w)")
    behind = re.compile(rb"\.\s*" + _any(last) + rb"(?!\w)")
    joined = re.compile(rb"['\"]\s*\+?\s*['\"][\w.]*" + _any(last) + rb"(?!\w)|" + _any(last) + rb"[\w.]*['\"]\s*\+")

    star = re.compile(rb"\bimport[\s\\]*\(?[\s\\]*\*")
    by_parts = re.compile(rb"import_module|__import__|find_spec|import_string|run_module")

    def test(_path: str, content: bytes) -> bool:
        if (by_parts.search(content) or star.search(content)) and leaves.search(content):
            return True
        if dotted.search(content) or alone.search(content) or joined.search(content):
            return True
        inside = relative.search(content) is not None
        if inside and (moves.has_modules or any(leaves.search(r.group()) for r in relative.finditer(content))):
            return True
        is_behind = behind.search(content) is not None
        for found in _IMPORTED.finditer(content):
            if leaves.search(found.group()) or (inside and names.search(found.group())):
                return True
            if is_behind and (moves.owners or other_names or through.search(found.group())):
                return True
        return False

    return test


def _any(words: Iterable[str]) -> bytes:
    """A pattern of any of `words`; of nothing where there are none."""
    patterns = [_spelled(word) for word in sorted(set(words))]
    return b"(?:" + b"|".join(patterns) + b")" if patterns else b"(?!)"


def _spelled(word: str) -> bytes:
    """A pattern of `word` in whatever encoding: what is beyond ASCII may be any bytes that end no name."""
    return re.sub(r"[^\x00-\x7f]+", r"[^\\s.,;:()=#]+", re.escape(word)).encode()


def _words(calls: tuple[Call, ...]) -> set[str]:
    """Callees, attributes that are gone, and what copies an instance with other values of its fields."""
    copying = {"replace", "_replace"} if any(call.old for call in calls) else set()
    return {call.callee.leaf for call in calls} | {name for call in calls for name in call.attributes} | copying


def _may_call(calls: tuple[Call, ...], other_names: Collection[str]) -> Callable[[str, bytes], bool]:
    """Calls of a callee, or of what is derived from it, that may have to change; attributes that are gone; copies."""
    names = frozenset(call.callee.leaf for call in calls) | frozenset(other_names)
    owners = frozenset(call.callee.name.split(".")[-2] for call in calls if "." in call.callee.name)
    is_mentioned = _mentions(calls, other_names)
    if any(call.concerns_all for call in calls):
        with_name: list[Callable[[bytes], bool]] = [lambda _: True]
    else:
        with_name = [_passes(_keywords_passed(calls)), _derives(names | owners), _spreads(names)]
    anywhere = _about_members(calls)

    def test(_path: str, content: bytes) -> bool:
        if is_mentioned(content) and any(test(content) for test in with_name):
            return True
        return any(test(content) for test in anywhere)

    return test


def concerns_members_only(calls: Sequence[Call], other_names: Collection[str]) -> Callable[[bytes], bool]:
    """Is a file a candidate for an attribute's name or a copy alone, and never names a callee or its class?"""
    is_mentioned, anywhere = _mentions(calls, other_names), _about_members(calls)
    return lambda content: not is_mentioned(content) and any(test(content) for test in anywhere)


def _mentions(calls: Iterable[Call], other_names: Collection[str]) -> Callable[[bytes], bool]:
    """Does a file have the name of a callee, of a class around one, or another one for them?"""
    last = {name for call in calls for name in call.callee.name.split(".")[-2:]}
    mentioned = re.compile(_any(last | set(other_names)))
    return lambda content: mentioned.search(content) is not None


def _about_members(calls: Sequence[Call]) -> list[Callable[[bytes], bool]]:
    return [_uses({name for call in calls for name in call.attributes}), _copies(_keywords_passed(calls))]


def _keywords_passed(calls: Sequence[Call]) -> list[re.Pattern[bytes]]:
    """`old=` for each keyword that is gone."""
    return [re.compile(_spelled(name) + _BLANK + rb"=(?!=)") for name in _old_keywords(calls)]


def _passes(old: Sequence[re.Pattern[bytes]]) -> Callable[[bytes], bool]:
    """Is an old keyword passed?"""
    return lambda content: any(_may_be_argument(content, m.start()) for word in old for m in word.finditer(content))


def _derives(names: Collection[str]) -> Callable[[bytes], bool]:
    """Does a class inherit from one of `names`, by whatever name the file has for it?"""
    base = re.compile(_CLASS + rb"[^)]*(?<!\w)" + _any(names) + rb"(?!\w)")

    def test(content: bytes) -> bool:
        if base.search(content):
            return True
        if re.search(_CLASS, content) is None:
            return False
        other = b"|".join(map(re.escape, filter(None, _other_names(content, names))))
        return bool(other) and re.search(_CLASS + rb"[^)]*(?<!\w)(?:" + other + rb")(?!\w)", content) is not None

    return test


_CLASS = rb"\bclass\b[^():]*\("


def _spreads(names: Collection[str]) -> Callable[[bytes], bool]:
    """Does a call that may be one of `names` pass a mapping?"""
    called = [re.compile(_spelled(name) + _BLANK + rb"[\[(]") for name in sorted(names)]

    def test(content: bytes) -> bool:
        if b"**" not in content:
            return False
        return (
            b"partial" in content
            or may_give_other_name(content, names)
            or any(b"**" in _arguments(content, found.end()) for callee in called for found in callee.finditer(content))
        )

    return test


def _uses(attributes: Collection[str]) -> Callable[[bytes], bool]:
    """Is an attribute used, in `getattr` or a class pattern, too?"""
    if not attributes:
        return lambda _: False
    gone = _any(attributes)
    behind = rb"\." + _BLANK + gone + rb"(?!\w)"
    named = rb"attr" + _BLANK + rb"\([^()]*['\"]" + gone + rb"['\"]"
    used = re.compile(behind + rb"|" + named + rb"|\bcase\b[^:]*\b" + gone + _BLANK + rb"=")
    return lambda content: used.search(content) is not None


def _copies(old: Sequence[re.Pattern[bytes]]) -> Callable[[bytes], bool]:
    """Does a `replace(…)` pass an old keyword?"""
    copying = re.compile(rb"replace" + _BLANK + rb"\(")

    def test(content: bytes) -> bool:
        inside = (_arguments(content, found.end()) for found in copying.finditer(content))
        return any(keyword.search(arguments) for arguments in inside for keyword in old)

    return test


_WINDOW = 2000
_LINE_END = re.compile(rb"[\r\n]")


def _may_be_argument(content: bytes, start: int) -> bool:
    """Does what begins at `start` follow a parenthesis or a comma, perhaps with comments and line ends between?"""
    before = content[max(0, start - _WINDOW) : start].rstrip()
    if before.endswith((b"(", b",", b"\\")):
        return True
    lines = _LINE_END.split(before)
    return b"#" in lines[-1] or (len(lines) == 1 and start > _WINDOW)


def _old_keywords(calls: Sequence[Call]) -> list[str]:
    return sorted({name for call in calls for name in call.old})


_NESTING = re.compile(
    rb"""[()]|#[^\r\n]*|\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'""",
    re.DOTALL,
)


def _arguments(content: bytes, start: int) -> bytes:
    """What follows an opening parenthesis up to its match, and some more: quotes in f-strings may mislead."""
    depth = 1
    for found in _NESTING.finditer(content, start):
        if found.group() == b"(":
            depth += 1
        elif found.group() == b")":
            depth -= 1
        if not depth:
            return content[start : found.end() + 400]
    return content[start:]


_ALIASED = re.compile(_BLANK + rb"as\b" + _BLANK + rb"(\w*)")
_ASSIGNED = re.compile(rb"(\w*)[ \t]*(?::[^=\r\n]*)?(?<![=!<>])=[\s(\\]*(?:\w+[\s\\]*\.[\s\\]*)*\Z")
_COMMENT = re.compile(rb"#[^\r\n]*")
_ASSIGNED_WITHIN = 200
_ENDED = re.compile(rb"[ \t)]*(?:[\r\n#;\\]|\Z)")


_CHOSEN = re.compile(rb"(?:[\w,.\[\]) \t]|(?<![\w\])])\()+(?::[^=\r\n]*)?=(?!=)([^\r\n]*)\Z")
_GOES_ON = re.compile(rb"[\w(.'\"]")
_REST = re.compile(rb"[^\r\n]*")
_CHOICE = re.compile(rb"\b(?:if|else|or)\b")


def may_give_other_name(content: bytes, names: Collection[str]) -> bool:
    """Does the text rename one of `names`: `import A as B`, `B = A`, `B = A if x else y`, `B, x = A, y`?"""
    return next(_other_names(content, names), None) is not None or any(
        _is_one_of_several(content, *found.span())
        for name in sorted(names)
        for found in re.finditer(_spelled(name), content)
    )


def _is_one_of_several(content: bytes, start: int, end: int) -> bool:
    """Is the name at a place one of the values of an assignment that begins on its line?"""
    if _GOES_ON.match(content, end):
        return False
    line = max(content.rfind(b"\n", 0, start), content.rfind(b"\r", 0, start)) + 1
    before = _CHOSEN.match(content[line:start])
    if before is None:
        return False
    return b"(" not in before.group(1) or _CHOICE.search(before.group(1) + _REST.findall(content, end)[0]) is not None


def _other_names(content: bytes, names: Collection[str]) -> Iterator[bytes]:
    """What the text may rename `names` to; empty where that is not a plain name."""
    for name in sorted(names):
        for found in re.finditer(_spelled(name), content):
            if aliased := _ALIASED.match(content, found.end()):
                yield aliased.group(1)
            elif _ENDED.match(content, found.end()):
                before = content[max(0, found.start() - _WINDOW) : found.start()]
                texts = (before, _COMMENT.sub(b"", before))  # a `#` may also stand in a string
                assigned = (_ASSIGNED.search(text[-_ASSIGNED_WITHIN:]) for text in texts)
                yield from (match.group(1) for match in assigned if match is not None)
