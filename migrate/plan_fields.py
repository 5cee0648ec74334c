"""Field kinds of the plan: read one value, or say what is wrong with it and what would be right."""

from __future__ import annotations

import ast
import json
import keyword
import re
import shlex
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, PlainValidator

from migrate.plan_errors import KEY, Mistake, MistakesError, WrongKindError, shown
from migrate.refs import ObjectRef

T = TypeVar("T")

# Compilers refuse to bind `__debug__`, although it is no keyword.
_RESERVED = frozenset(keyword.kwlist) | {"__debug__"}

# What would not stay on one line, or not in one piece: controls, surrogates, line and paragraph separators.
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})

_YEAR_MINUTES = 525_600
_WEEK_SECONDS = 604_800

_MESSAGE = 10_000
"""Characters of a commit message; all of it is one argument of git, which the system bounds."""
_MOST_RETRIES = 10
_MOST_EXIT = 255


class Keywords(Mapping[str, str]):
    """An ordered mapping that nobody can change; it hashes and pickles, unlike `MappingProxyType`."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str]) -> None:
        self._items = dict(items)

    def __getitem__(self, name: str) -> str:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


def read_text(value: object) -> str:
    if not isinstance(value, str):
        raise WrongKindError(value, "a string")
    if any(unicodedata.category(c) == "Cs" for c in value):
        raise ValueError(f"{shown(value)} is not valid Unicode; write it without lone surrogates")
    return value


def read_line(value: object) -> str:
    text = read_text(value)
    if any(unicodedata.category(c) in _BREAKING for c in text):
        raise ValueError(f"{shown(text)} has a line break or control character; write one line of text")
    return text


def read_label(value: object) -> str:
    text = read_line(value)
    if not text.strip():
        raise ValueError("empty; write a few words")
    return text


def read_message(value: object) -> str:
    """A commit message; without what git would take from its ends."""
    text = read_text(value)
    wrong = next((c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"), None)
    if wrong is not None:
        raise ValueError(f"{shown(text)} has the control character {wrong!r}; write text, and \\n between lines")
    if len(text) > _MESSAGE:
        raise ValueError(f"{len(text)} characters; write at most {_MESSAGE}")
    text = text.strip()
    if not text:
        raise ValueError("empty; write what the commit does, or leave it out")
    return text


def read_docstring(value: object) -> str:
    """A text that is exactly itself between two triple quotes on one line."""
    text = read_label(value)
    if "\\" in text:
        raise ValueError(f"{shown(text)} has a backslash, which Python would read as an escape; leave it out")
    if '"""' in text:
        raise ValueError(f"{shown(text)} has a triple quote, which would end the docstring; use '")
    if text.endswith('"'):
        raise ValueError(
            f"{shown(text)} ends with a double quote, which would merge with the closing ones; end it with a full stop"
        )
    return text


def read_slug(value: object) -> str:
    """A plan's name, which is also one component of a git ref.

    The rules: https://git-scm.com/docs/git-check-ref-format
    """
    text = read_text(value)
    if re.fullmatch(r"(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,99}(?<!\.)(?<!\.lock)", text):
        return text
    right = re.sub(r"[^a-z0-9_-]+", "-", text.lower().removesuffix(".lock")).strip("-_")[:100]
    raise ValueError(
        f"{shown(text)} is not a plan name; use a-z, 0-9, '.', '_' and '-', at most 100, "
        f"without '..', '.lock' or '.' at the end, e.g. {right or 'my-plan'!r}"
    )


def read_ref(value: object) -> ObjectRef:
    if isinstance(value, ObjectRef):
        value = str(value)
    text = read_text(value)
    ref = ObjectRef.parse(text)
    for part in ref.dotted.split("."):
        _check_spelling(part, text)
    return ref


def read_object(value: object) -> ObjectRef:
    """A reference that must have a name after a colon."""
    ref = read_ref(value)
    if not ref.name:
        raise ValueError(f"{shown(str(ref))} has no colon; write {_with_colon(str(ref))!r}")
    return ref


def read_module(value: object) -> str:
    ref = read_ref(value)
    if ref.name:
        raise ValueError(f"{shown(str(ref))} names an object; write its module, {ref.module!r}")
    return ref.module


def read_identifier(value: object) -> str:
    text = read_text(value)
    if not text.isidentifier():
        raise ValueError(f"{shown(text)} is not a name; write one such as 'agent_context'")
    _check_spelling(text, text)
    return text


def read_export(value: object) -> tuple[str, str, str | None]:
    """Module, name and alias of `pkg.mod:Name` or `pkg.mod:Name as Alias`."""
    text = read_text(value)
    target, *alias = text.split() or [""]
    if alias and (len(alias) != 2 or alias[0] != "as"):
        raise ValueError(f"{shown(text)} is not an export; write 'package.module:Name as Alias'")
    if ":" not in target:
        right = " ".join([_with_colon(target), *alias])
        raise ValueError(f"{shown(text)} has no colon; write {right!r}")
    ref = read_object(target)
    if "." in ref.name:
        outer = ref.name.partition(".")[0]
        raise ValueError(
            f"{shown(text)} is inside {outer!r}, and an import cannot reach in; write '{ref.module}:{outer}'"
        )
    if ref.module == "__future__":
        raise ValueError(f"{shown(text)} is a compiler switch, not an object; leave it out")
    return ref.module, ref.name, read_identifier(alias[1]) if alias else None


def read_path(value: object) -> str:
    """A path inside the root, normalised; a slash at the end stays, it says the path is a folder."""
    text = read_line(value)
    path = PurePosixPath(text)
    if not text or path.is_absolute() or ".." in path.parts or "\\" in text:
        raise ValueError(
            f"{shown(text)} is not a path inside the root; write it relative to the root, with '/' and without '..'"
        )
    if text.startswith(":"):
        raise ValueError(
            f"{shown(text)} begins with ':', by which git knows magic pathspecs; write {shown('?' + text[1:])}"
        )
    return f"{path}/" if text.endswith("/") and path.parts else str(path)


def read_folder(value: object) -> str:
    return read_path(value).removesuffix("/")


def read_number(value: object, *, most: float, unit: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongKindError(value, "a number")
    # A comparison that NaN fails, and that integers too long for a float or for printing survive.
    if not 0 <= value <= most:
        raise ValueError(f"out of range; write {unit} from 0 to {most}")
    return float(value)


def read_minutes(value: object) -> float:
    return read_number(value, most=_YEAR_MINUTES, unit="minutes")


def read_percentage(value: object) -> float:
    return read_number(value, most=100, unit="a percentage")


def read_timeout(value: object) -> float:
    seconds = read_number(value, most=_WEEK_SECONDS, unit="seconds")
    if not seconds:
        raise ValueError("0 seconds leave no time to run; write more, e.g. timeout_seconds = 300")
    return seconds


def read_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongKindError(value, "a whole number")
    return int(read_number(value, most=1_000_000_000, unit="a count"))


def read_flag(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise WrongKindError(value, "true or false")
    return value


def read_retries(value: object) -> int:
    count = read_count(value)
    if count > _MOST_RETRIES:
        raise ValueError(f"{count} retries hide what is wrong; write at most {_MOST_RETRIES}")
    return count


def read_exit_codes(value: object) -> tuple[int, ...]:
    """One exit code, or a list of them."""
    codes = tuple(read_count(item) for item in (value if isinstance(value, list | tuple) else [value]))
    if not codes or max(codes) > _MOST_EXIT:
        raise ValueError(f"{list(codes)} cannot be met; write exit codes from 0 to {_MOST_EXIT}, e.g. exit = 0")
    return codes


def read_pattern(value: object) -> str:
    """A regular expression whose first group is the number."""
    text = read_text(value)
    if not _compiled(text, "([0-9.]+)%").groups:
        raise ValueError(f"{shown(text)} has no group; put parentheses around the number, e.g. '([0-9.]+)%'")
    return text


def read_regexes(value: object) -> tuple[str, ...]:
    """One regular expression, or a list of them."""
    texts = tuple(read_text(item) for item in (value if isinstance(value, list | tuple) else [value]))
    for text in texts:
        if not text:
            raise ValueError("'' is found everywhere; write what to look for, e.g. 'DeprecationWarning'")
        _compiled(text, "DeprecationWarning")
    return texts


def _compiled(text: str, right: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{shown(text)} is not a regular expression ({error}); write '{right}'") from None


def read_interpreter(value: object) -> tuple[str, ...]:
    """A program, as a name or a path, or a command as a list of strings."""
    words = tuple(read_argument(item) for item in (value if isinstance(value, list | tuple) else [value]))
    if not words or not words[0]:
        raise ValueError('names no program; write one, e.g. ".venv/bin/python"')
    return words


def read_variables(value: object) -> Keywords:
    """A table from names of environment variables to their values."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise WrongKindError(value, "a table")
    mistakes = []
    for name, item in value.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            mistakes.append(Mistake((name,), f"{shown(name)} is no name of an environment variable; write e.g. TZ"))
        try:
            read_argument(item)
        except ValueError as error:
            mistakes.append(Mistake((name,), str(error)))
    if mistakes:
        raise MistakesError(mistakes)
    return Keywords(value)


def read_command(value: object) -> Sequence[object]:
    if not isinstance(value, str):
        return _read_list(value, "strings")
    try:
        words = shlex.split(value)
    except ValueError:
        words = []
    right = json.dumps(words or ["python", "-m", "pytest"], ensure_ascii=False)
    raise ValueError(f"{shown(value)} is one string, and no shell splits it; write a list, {right}")


def read_argument(value: object) -> str:
    text = read_text(value)
    if "\0" in text:
        raise ValueError(f"{shown(text)} has a NUL character, which no argument can carry; leave it out")
    return text


def read_expression(value: object) -> str:
    """The source of one expression that can stand as it is behind `name=` in a call."""
    text = read_line(value).strip()
    alone = _parsed(text)
    if alone is None:
        raise ValueError(f"{shown(text)} is not a Python expression; write source, e.g. '{{}}'")
    # A comma, a comment: right alone, wrong among arguments.
    call = _parsed(f"f(k={text})")
    if not (
        isinstance(call, ast.Call)
        and len(call.keywords) == 1
        and not call.args
        and ast.dump(call.keywords[0].value) == ast.dump(alone)
    ):
        raise ValueError(f"{shown(text)} is not one argument; add parentheses, and leave comments out")
    if any(isinstance(node, ast.NamedExpr) for node in ast.walk(alone)):
        raise ValueError(
            f"{shown(text)} binds a name, which would change the code around the call; write a plain value"
        )
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(alone)):
        raise ValueError(
            f"{shown(text)} has a yield, which would make a generator of the function around the call; "
            "write a plain value"
        )
    return text


def read_keywords(read_item: Callable[[object], str]) -> Callable[[object], Keywords]:
    """A reader of tables from keyword names to what `read_item` accepts."""

    def read(value: object) -> Keywords:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise WrongKindError(value, "a table")
        items: dict[str, str] = {}
        mistakes: list[Mistake] = []
        for name, item in value.items():
            try:
                read_identifier(name)
                items[name] = read_item(item)
            except ValueError as error:
                mistakes.append(Mistake((name,), str(error)))
        if mistakes:
            raise MistakesError(mistakes)
        return Keywords(items)

    return read


def one_of(*choices: str) -> BeforeValidator:
    """A string out of a few."""

    def read(value: object) -> str:
        text = read_text(value)
        if text not in choices:
            listed = ", ".join(map(repr, choices[:-1])) + f" or {choices[-1]!r}"
            raise ValueError(f"{shown(text)} is not a choice; write {listed}")
        return text

    return BeforeValidator(read)


def some(values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise ValueError(f"empty; list at least one in {KEY}")
    return values


def some_tables(values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise ValueError(f"empty; write at least one [[{KEY}]] table")
    return values


def runnable(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words[0]:
        raise ValueError('names no program; begin with one, e.g. ["python", "-m", "pytest"]')
    return words


def distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _read_list(value: object, of: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise WrongKindError(value, f"a list of {of}")
    return value


def _read_strings(value: object) -> Sequence[object]:
    return _read_list(value, "strings")


def _read_tables(value: object) -> Sequence[object]:
    return _read_list(value, "tables")


def _check_spelling(part: str, text: str) -> None:
    if part in _RESERVED:
        raise ValueError(f"{shown(text)} has the reserved word {part!r}; write a name Python code can spell")
    normal = unicodedata.normalize("NFKC", part)
    if part != normal:
        raise ValueError(f"{shown(text)} has {part!r}, which Python reads as {normal!r}; write that")


def _with_colon(dotted: str) -> str:
    module, dot, name = dotted.rpartition(".")
    return f"{module}:{name}" if dot and module and name else "package.module:Name"


def _parsed(text: str) -> ast.expr | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


Text = Annotated[str, BeforeValidator(read_text)]
Line = Annotated[str, BeforeValidator(read_line)]
Label = Annotated[str, BeforeValidator(read_label)]
Message = Annotated[str, BeforeValidator(read_message)]
Docstring = Annotated[str, BeforeValidator(read_docstring)]
Slug = Annotated[str, BeforeValidator(read_slug)]
Pattern = Annotated[str, BeforeValidator(read_pattern)]
Identifier = Annotated[str, BeforeValidator(read_identifier)]
Module = Annotated[str, BeforeValidator(read_module)]
Flag = Annotated[bool, BeforeValidator(read_flag)]
Minutes = Annotated[float, BeforeValidator(read_minutes)]
Percentage = Annotated[float, BeforeValidator(read_percentage)]
Timeout = Annotated[float, BeforeValidator(read_timeout)]
Count = Annotated[int, BeforeValidator(read_count)]
Ref = Annotated[ObjectRef, PlainValidator(read_ref), PlainSerializer(str, return_type=str)]
CalleeRef = Annotated[ObjectRef, PlainValidator(read_object), PlainSerializer(str, return_type=str)]
Paths = Annotated[
    tuple[Annotated[str, BeforeValidator(read_path)], ...],
    BeforeValidator(_read_strings),
]
Folders = Annotated[
    tuple[Annotated[str, BeforeValidator(read_folder)], ...],
    AfterValidator(some),
    AfterValidator(distinct),
    BeforeValidator(_read_strings),
]
Folder = Annotated[str, BeforeValidator(read_folder)]
Retries = Annotated[int, BeforeValidator(read_retries)]
ExitCodes = Annotated[tuple[int, ...], BeforeValidator(read_exit_codes)]
Expressions = Annotated[tuple[str, ...], BeforeValidator(read_regexes)]
Interpreter = Annotated[tuple[str, ...], BeforeValidator(read_interpreter)]
Names = Annotated[tuple[Identifier, ...], BeforeValidator(_read_strings)]
Command = Annotated[
    tuple[Annotated[str, BeforeValidator(read_argument)], ...],
    AfterValidator(some),
    AfterValidator(runnable),
    BeforeValidator(read_command),
]
Strings = BeforeValidator(_read_strings)
Tables = BeforeValidator(_read_tables)
AtLeastOne = AfterValidator(some)
AtLeastOneTable = AfterValidator(some_tables)
_frozen = PlainSerializer(dict, return_type=dict[str, Any])
Renames = Annotated[Mapping[str, str], PlainValidator(read_keywords(read_identifier)), _frozen]
Environment = Annotated[Mapping[str, str], PlainValidator(read_variables), _frozen]
Additions = Annotated[Mapping[str, str], PlainValidator(read_keywords(read_expression)), _frozen]
