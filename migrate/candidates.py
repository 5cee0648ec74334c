"""Which files are worth parsing: `git grep` for words that any site must contain; may be too many, never too few."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from migrate.blocks import is_within_definition
from migrate.call_text import may_pass_old
from migrate.comments import code_of
from migrate.modules import SUFFIXES, candidate_files
from migrate.moves import MoveIndex
from migrate.needles import PYTHON, words_of_calls, words_of_moves
from migrate.plan import Plan
from migrate.plan_calls import Call
from migrate.syntax import chain_roots, has_word
from rollback.git import Git

_TESTS = ("**/test/**", "**/tests/**", "**/test_*", "**/*_test.py", "**/conftest.py")


def find_candidates(git: Git, plan: Plan, phase: int) -> tuple[str, ...]:
    """Paths of the files that contain a word of the phase, relative to the root, sorted."""
    found: set[str] = set()
    if phase in (3, 5) and plan.phase3 is not None:
        found |= _importers(git, plan, plan.plan.exclude)
    if phase in (4, 5) and plan.phase4 is not None:
        calls = plan.phase4.call
        attributes = (name for call in calls for name in call.attributes)
        found |= {*find_words(git, plan, words_of_calls((c.callee for c in calls), attributes, _old_keywords(calls)))}
    return tuple(sorted(found))


def find_words(git: Git, plan: Plan, words: Collection[str], *, everywhere: bool = False) -> tuple[str, ...]:
    """Paths of the Python files that contain any of `words`, relative to the root, sorted.

    Args:
        everywhere: also those that the plan excludes, which may be read but not changed.
    """
    return tuple(sorted(_grep(git, words, (*PYTHON, *plan.plan.include), () if everywhere else plan.plan.exclude)))


def find_star_imports(git: Git, plan: Plan) -> tuple[str, ...]:
    """Paths of the Python files that may import everything from some module, excluded ones too, sorted."""
    pattern = r"import[[:space:]]*(\*|\\)"
    found = git.grep([pattern], words=False, fixed=False, pathspecs=(*PYTHON, *plan.plan.include))
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
            if folder != path and git.is_folder(folder):
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
        return any(has_word(names, root.encode("latin-1")) for root in roots for names in imported)

    return test


def find_definitions(git: Git, plan: Plan, names: Collection[str]) -> tuple[str, ...]:
    """Paths of the Python files, tests left out, that may define a class or function of one of `names`, sorted."""
    plain = sorted(name for name in names if name.isascii())
    if not plain:
        return ()
    pattern = rf"^(class|(async[[:space:]]+)?def)[[:space:]]+({'|'.join(plain)})([^[:alnum:]_]|$)"
    where = (*PYTHON, *plan.plan.include)
    return tuple(sorted(git.grep([pattern], words=False, fixed=False, pathspecs=where, exclude=_TESTS)))


def _importers(git: Git, plan: Plan, exclude: tuple[str, ...]) -> set[str]:
    assert plan.phase3 is not None
    found = _grep(git, words_of_moves(move.old for move in plan.phase3.move), (*PYTHON, *plan.plan.include), exclude)
    # Inside a package, `from . import Name` reaches the package without naming it.
    for move in plan.phase3.move:
        for path in candidate_files(move.old.module, plan.plan.source_roots):
            folder = path.removesuffix("__init__.py")
            if folder != path and git.is_folder(folder):
                inside = tuple(f":(glob){_literal(folder)}**/*{suffix}" for suffix in SUFFIXES)
                names = [move.old.name.partition(".")[0]] if move.old.name else ["import"]
                found |= _grep(git, names, inside, exclude)
    return found


def _grep(git: Git, words: Collection[str], pathspecs: tuple[str, ...], exclude: tuple[str, ...]) -> set[str]:
    """The files that contain one of `words`, in whatever encoding: of a word beyond ASCII, its longest part within."""
    plain = {word for word in words if word.isascii()}
    found = set(git.grep(sorted(plain), words=True, pathspecs=pathspecs, exclude=exclude))
    parts = {_plain_part(word) or "import" for word in set(words) - plain}
    return found | set(git.grep(sorted(parts), words=False, pathspecs=pathspecs, exclude=exclude))


def _plain_part(word: str) -> str:
    """The longest part of a word that is the same bytes in every encoding; empty where it has none."""
    return max(re.findall(r"[\x00-\x7f]+", word), key=len, default="")


def _has_any(words: Iterable[str]) -> Callable[[bytes], bool]:
    """May a text have one of `words` anywhere? Those that it is likely to have come first.

    To find literal bytes takes a fraction of what a pattern takes.
    """
    every = dict.fromkeys(_plain_part(word).encode() for word in words)
    parts = [part for part in every if not any(other in part for other in every if other != part)]
    return lambda content: any(part in content for part in parts)


def _literal(folder: str) -> str:
    """A folder name for a glob pathspec."""
    return re.sub(r"([\[\]*?\\])", r"\\\1", folder)


def relevance(
    plan: Plan, phase: int, other_names: Collection[str] = (), whole: Collection[str] = ()
) -> Callable[[str, bytes], bool]:
    """A cheap look at a candidate's text: can it hold a site at all?

    Args:
        phase: 3, 4, or 5 for both.
        other_names: what re-exports call the objects of the phase, besides their own last names.
        whole: old modules of which whatever is imported is of interest, not only what moves.
    """
    return _relevance(plan, phase, frozenset(other_names), frozenset(whole))


@lru_cache(maxsize=16)
def _relevance(
    plan: Plan, phase: int, other_names: frozenset[str], whole: frozenset[str]
) -> Callable[[str, bytes], bool]:
    tests: list[_Test] = []
    if phase in (3, 5) and plan.phase3 is not None:
        moves = MoveIndex.of(plan)
        words = ({move.old.name.partition(".")[0] for move in moves.moves} | moves.owner_leaves | other_names) - {""}
        staying = frozenset[bytes]()
        if moves.has_modules:
            words |= {module.rpartition(".")[2] for module in moves.old_modules}
        else:
            staying = frozenset(module.encode() for module in moves.old_modules - whole)
        tests.append(_in_code(_may_import(plan, other_names), words, staying))
    if phase in (4, 5) and plan.phase4 is not None:
        calls = plan.phase4.call
        tests.append(_in_code(_may_call(calls, other_names), _words(calls) | other_names, frozenset()))
    return lambda path, content: any(test(path, content) for test in tests)


_Test = Callable[[str, bytes], bool]


def _in_code(test: _Test, words: Collection[str], staying: Collection[bytes]) -> _Test:
    """The same without what is in comments: code that was commented out names what moves as well.

    Args:
        words: where one of them is on a line of code, `test` alone decides: it will mostly be right.
        staying: modules from which imports of other names are of no interest.
    """
    pattern = re.compile(_word(words))

    def is_dropped(module: bytes, given: bytes) -> bool:
        return module in staying and given.isascii() and b"*" not in given and pattern.search(given) is None

    def exactly(path: str, content: bytes) -> bool:
        if not test(path, content):
            return False
        if _is_in_code(content, pattern):
            return True
        code = code_of(content, is_dropped)
        return code is None or test(path, code)

    return exactly


def _is_in_code(content: bytes, pattern: re.Pattern[bytes]) -> bool:
    """Is there a match on a line that does not begin with the sign of a comment?"""
    for found in pattern.finditer(content):
        start = found.start()
        line = max(content.rfind(b"\n", 0, start), content.rfind(b"\r", 0, start)) + 1
        if content[line:start].lstrip()[:1] != b"#":
            return True
    return False


_BLANK = rb"\s*(?:(?:\\(?:\r\n?|\n)|#[^\r\n]*[\r\n])\s*)*"
"""What may stand between two tokens, inside parentheses at the least: runs of white space, and others between."""
# What follows `import`, up to the end of the statement: a list in parentheses, with comments, or a logical line.
_IMPORTED = re.compile(rb"import(?<!\wimport)\b(?:\s|\\\r?\n)*(?:\((?:[^()#]|#[^\n]*)*|(?:[^\n\\]|\\\r?\n)*)")


def _may_import(plan: Plan, other_names: Collection[str]) -> Callable[[str, bytes], bool]:
    """The full dotted path anywhere; or in an import statement the last name of the module, or a moved name.

    Or an imported package of the module, and its last name as an attribute.
    """
    moves = MoveIndex.of(plan)
    inner = [module for module in moves.old_modules if "." in module]
    dotted = re.compile(_any(inner).replace(rb"\.", rb"[\s\\]*\.[\s\\]*") + rb"(?!\w)")
    is_alone = _stands_alone(moves.old_modules - set(inner))
    relative = re.compile(rb"from(?<!\wfrom)[\s\\]*\.[^#;=()'\"]*?\bimport\b")
    last = {module.rpartition(".")[2] for module in moves.old_modules} | moves.owner_leaves | set(other_names)
    leaves = re.compile(rb"(?<!\w)" + _any(last) + rb"(?!\w)")
    names = re.compile(rb"(?<!\w)" + _any(m.old.name.partition(".")[0] for m in moves.moves if m.old.name) + rb"(?!\w)")
    packages = {part for module in inner for part in module.split(".")[:-1]}
    through = re.compile(rb"(?<!\w)" + _any(packages) + rb"(?!\w)")
    behind = re.compile(
        rb"(?:\.\s*" + _any(last) + rb"(?!\w)|,\s*['\"]" + _any(last) + rb"['\"])"
    )  # `getattr(pkg, "old")`
    star = re.compile(rb"import[\s\\]*\(?[\s\\]*\*")
    by_parts = _has_any(["import_module", "__import__", "find_spec", "import_string", "run_module"])
    has_last, has_name = _has_any(last), _has_any(m.old.name.partition(".")[0] for m in moves.moves if m.old.name)

    def test(_path: str, content: bytes) -> bool:
        if not has_last(content):  # then only what stands inside of a package can be of interest
            if not (moves.has_modules or has_name(content)) or relative.search(content) is None:
                return False
            return moves.has_modules or any(names.search(found.group()) for found in _IMPORTED.finditer(content))
        if dotted.search(content) or is_alone(content) or any(_is_joined(content, name) for name in last):
            return True
        if (by_parts(content) or star.search(content)) and leaves.search(content):
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


def _stands_alone(modules: Collection[str]) -> Callable[[bytes], bool]:
    """Is one of `modules`, of one word each, which may be anything, imported, quoted, or has it an attribute?"""
    if not modules:
        return lambda _: False
    top = _any(modules)
    imported = rb"\bfrom[\s\\]+" + top + rb"(?!\w)"
    owner = rb"(?<![\w.])" + top + rb"(?:[\s\\]*\.|:\w)"
    quoted = rb"['\"](?:(?:from|import)\s+)?" + top + rb"(?!\w)"
    has_any, pattern = _has_any(modules), re.compile(b"|".join([imported, owner, quoted]))
    return lambda content: has_any(content) and pattern.search(content) is not None


_ADDED_TO = re.compile(rb"[\w.]*['\"]\s*\+")
_NO_WORD = re.compile(rb"(?!\w)")


def _is_joined(content: bytes, name: str) -> bool:
    """Does `name` stand in a string that is put together with another one?"""
    for start, end in _occurrences(content, name):
        if _ADDED_TO.match(content, end):
            return True
        if not _NO_WORD.match(content, end):
            continue
        near = content[max(0, start - _WINDOW) : start]
        before = near.rstrip(_IN_PATH)
        first = before[:-1].rstrip().removesuffix(b"+").rstrip() if before.endswith(_QUOTES) else before
        if (first is not before and first.endswith(_QUOTES)) or (start > _WINDOW and not first):
            return True
    return False


def _word(words: Iterable[str]) -> bytes:
    """A pattern of any of `words` that begins with a literal, by which it is searched faster."""
    patterns = (
        rb"%s(?<!\w%s)(?!\w)" % (w, w) if word.isascii() else w for word in sorted(words) for w in [_spelled(word)]
    )
    return b"|".join(patterns) or b"(?!)"


def _any(words: Iterable[str]) -> bytes:
    """A pattern of any of `words`; of nothing where there are none."""
    patterns = [_spelled(word) for word in sorted(set(words))]
    return b"(?:" + b"|".join(patterns) + b")" if patterns else b"(?!)"


def _spelled(word: str) -> bytes:
    """A pattern of `word` in whatever encoding: what is beyond ASCII may be any bytes that end no name."""
    return re.sub(r"[^\x00-\x7f]+", r"[^\\s.,;:()=#]+", re.escape(word)).encode()


def _words(calls: tuple[Call, ...]) -> set[str]:
    """Callees, and attributes that are gone."""
    return {call.callee.leaf for call in calls} | {name for call in calls for name in call.attributes}


def _may_call(calls: tuple[Call, ...], other_names: Collection[str]) -> Callable[[str, bytes], bool]:
    """Calls of a callee, or of what is derived from it, that may have to change; attributes that are gone; copies."""
    names = frozenset(call.callee.leaf for call in calls) | frozenset(other_names)
    owners = frozenset(call.callee.name.split(".")[-2] for call in calls if "." in call.callee.name)
    is_mentioned = mentions(calls, other_names)
    concerns_all = any(call.concerns_all for call in calls)
    passes = may_pass_old(calls, names)
    parts = {name: _plain_part(name).encode() for name in sorted(names | owners)}
    anywhere = about_members(calls)

    def is_called(content: bytes) -> bool:
        if concerns_all or passes(content):
            return True
        there = [name for name, part in parts.items() if part in content]
        return derives(content, there) or _spreads(content, [name for name in there if name in names])

    def test(_path: str, content: bytes) -> bool:
        return (is_mentioned(content) and is_called(content)) or any(test(content) for test in anywhere)

    return test


def concerns_members_only(calls: Sequence[Call], other_names: Collection[str]) -> Callable[[bytes], bool]:
    """Is a file a candidate for an attribute's name or a copy alone, and never names a callee or its class?"""
    is_mentioned, anywhere = mentions(calls, other_names), about_members(calls)
    return lambda content: not is_mentioned(content) and any(test(content) for test in anywhere)


def mentions(calls: Iterable[Call], other_names: Collection[str]) -> Callable[[bytes], bool]:
    """Does a file have the name of a callee, of a class around one, or another one for them?"""
    last = [*(name for call in calls for name in call.callee.name.split(".")[-2:]), *sorted(other_names)]
    has_any, mentioned = _has_any(last), re.compile(_any(last))
    if all(map(str.isascii, last)):
        return has_any
    return lambda content: has_any(content) and mentioned.search(content) is not None


def about_members(calls: Sequence[Call]) -> list[Callable[[bytes], bool]]:
    """Tests for attributes of instances that are gone, and for copies that pass an old keyword."""
    return [_uses({name for call in calls for name in call.attributes}), _copies(_keywords_passed(calls))]


def _keywords_passed(calls: Sequence[Call]) -> list[re.Pattern[bytes]]:
    """`old=` for each keyword that is gone."""
    return [re.compile(_spelled(name) + _BLANK + rb"=(?!=)") for name in _old_keywords(calls)]


def derives(content: bytes, names: Collection[str]) -> bool:
    """Does a class inherit from one of `names`, by whatever name the file has for it?"""
    if b"class" not in content:
        return False
    if any(_is_base(content, span) for name in names for span in _occurrences(content, name)):
        return True
    others = set(filter(None, _other_names(content, names)))
    return any(_is_base(content, span) for other in others for span in _spans(content, other))


def _is_base(content: bytes, span: tuple[int, int]) -> bool:
    """Does a whole word stand behind `class X(`?"""
    start, end = span
    if content[end : end + 1] not in _WORD_BYTES:
        before = content[content.rfind(b")", 0, start) + 1 : start]
        return before[-1:] not in _WORD_BYTES and _CLASS.search(before) is not None
    return False


_CLASS = re.compile(rb"class(?<!\wclass)\b[^():]*\(")
_WORD_BYTES = frozenset(bytes([code]) for code in range(128) if re.match(rb"\w", bytes([code])))


def _spreads(content: bytes, names: Collection[str]) -> bool:
    """Does a call that may be one of `names`, or of what the text calls them, pass a mapping?"""
    if b"**" not in content:
        return False
    if b"partial" in content and b"functools" in content:
        return True
    pending, seen = list(names), set(names)
    while pending:
        name = pending.pop()
        for start, end in _occurrences(content, name):
            opening = _OPENED.match(content, end)
            if opening is not None and b"**" in _arguments(content, opening.end()):
                return True
            if _CHOSEN_AFTER.match(content, end) and _CALLED_LATER.search(content, end):
                return True
            if content[end : end + 1] not in _GOES_ON and _is_one_of_several(content, start, end):
                return True
        others = {other.decode("latin-1") for other in _other_names(content, [name])}
        if not all(other.isascii() and other for other in others):
            return True
        pending += others - seen
        seen |= others
    return False


_CLOSING = _BLANK + rb"(?:\)" + _BLANK + rb")*"
_OPENED = re.compile(_CLOSING + rb"(?:\." + _BLANK + rb"(?:__init__|__new__)" + _BLANK + rb")?[\[(]")
_CHOSEN_AFTER = re.compile(_CLOSING + rb"(?:if|or|and|else)\b")
_CALLED_LATER = re.compile(rb"\)" + _BLANK + rb"\(")
"""What `(Name if x else y)` ends with, where it is called."""


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
    """Does a `replace(…)` pass an old keyword, by itself or in a mapping that is written out?"""
    copying = re.compile(rb"replace" + _BLANK + rb"\(")
    renamed = re.compile(rb"replace" + _ALIASED.pattern)
    passed = [*old, re.compile(rb"\*\*[\s(]*[{#\\]")] if old else []

    def test(content: bytes) -> bool:
        if b"replace" not in content or not (b"**" in content or any(keyword.search(content) for keyword in old)):
            return False
        names = {found[1] for found in renamed.finditer(content)}
        calls = [copying, *(re.compile(name + _BLANK + rb"\(") for name in names)]
        inside = (_arguments(content, found.end()) for call in calls for found in call.finditer(content))
        return any(each.search(arguments) for arguments in inside for each in passed)

    return test


_WINDOW = 2000
_QUOTES = (b"'", b'"')


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
_ASSIGNED = re.compile(rb"(\w*)[ \t]*(?::[^=\r\n]*?(\w*)[ \t]*)?(?<![=!<>])=[\s(\\]*(?:\w+[\s\\]*\.[\s\\]*)*\Z")
_MAY_FOLLOW = frozenset({b"", *(bytes([code]) for code in b" \t\r\n\f\v\\#;)")})
"""What follows a name that another one is given to."""
_IN_PATH = b"".join(sorted(_WORD_BYTES)) + b"."
_IN_CHAIN = _IN_PATH + b"(\\ \t\r\n\f\v"
"""What may stand between the sign of an assignment and a name."""
_COMMENT = re.compile(rb"#[^\r\n]*")
_ASSIGNED_WITHIN = 200
_ENDED = re.compile(rb"[ \t)]*(?:[\r\n#;\\]|\Z)")


_CHOSEN = re.compile(rb"(?:[\w,.\[\]) \t]|(?<![\w\])])\()+(?::[^=\r\n]*)?=(?!=)([^\r\n]*)\Z")
_GOES_ON = _WORD_BYTES | {b"(", b".", b"'", b'"'}
"""What follows a name that is not by itself a value of an assignment."""
_REST = re.compile(rb"[^\r\n]*")
_CHOICE = re.compile(rb"\b(?:if|else|or)\b")


def may_give_away(content: bytes, names: Collection[str]) -> bool:
    """Does the text rename one of `names` where others may import it: `import A as B`, `B = A`, `B, x = A, y`?

    What is renamed in a class or a function is no other module's.
    """
    return not all(is_within_definition(content, start) for start in _renamed_at(content, names))


def _renamed_at(content: bytes, names: Collection[str]) -> Iterator[int]:
    """Where the text renames one of `names`, also as `B = A if x else y`."""
    for name in sorted(names):
        for start, end in _occurrences(content, name):
            follows = content[end : end + 1]
            is_renamed = follows in _MAY_FOLLOW and next(_other_names_at(content, start, end), None) is not None
            if is_renamed or (follows not in _GOES_ON and _is_one_of_several(content, start, end)):
                yield start


def _is_one_of_several(content: bytes, start: int, end: int) -> bool:
    """Is the name at a place, where nothing goes on, one of the values of an assignment that begins on its line?"""
    line = max(content.rfind(b"\n", 0, start), content.rfind(b"\r", 0, start)) + 1
    on_line = content[line:start]
    before = _CHOSEN.match(on_line) if b"=" in on_line else None
    if before is None:
        return False
    return b"(" not in before.group(1) or _CHOICE.search(before.group(1) + _REST.findall(content, end)[0]) is not None


def _occurrences(content: bytes, name: str) -> Iterator[tuple[int, int]]:
    """Start and end of what may be `name`, or a part of another one."""
    if not name.isascii():
        yield from (found.span() for found in re.finditer(_spelled(name), content))
        return
    yield from _spans(content, name.encode())


def _spans(content: bytes, word: bytes) -> Iterator[tuple[int, int]]:
    start = content.find(word)
    while start >= 0:
        yield start, start + len(word)
        start = content.find(word, start + len(word))


def _other_names(content: bytes, names: Collection[str]) -> Iterator[bytes]:
    """What the text may rename `names` to; empty where that is not a plain name."""
    for name in sorted(names):
        for start, end in _occurrences(content, name):
            if content[end : end + 1] in _MAY_FOLLOW:
                yield from _other_names_at(content, start, end)


def _other_names_at(content: bytes, start: int, end: int) -> Iterator[bytes]:
    if aliased := _ALIASED.match(content, end):
        yield aliased.group(1)
    elif _ENDED.match(content, end):
        before = content[max(0, start - _WINDOW) : start]
        last = before.rstrip(_IN_CHAIN)
        may_be_comment = b"#" in last[max(last.rfind(b"\n"), last.rfind(b"\r")) + 1 :]  # or it is in a string
        texts = (before, _COMMENT.sub(b"", before)) if may_be_comment else (before,)
        near = (text[-_ASSIGNED_WITHIN:] for text in texts)
        assigned = (_ASSIGNED.search(text) for text in near if text.rstrip(_IN_CHAIN).endswith(b"="))
        for match in filter(None, assigned):
            yield match.group(1)
            if match.group(2):  # `if x: B = A`
                yield match.group(2)
