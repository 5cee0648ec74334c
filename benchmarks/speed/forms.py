"""The forms in which a generated tree imports, calls and mentions what its plan is about, and what becomes of each.

They are those of the tree that the tool was first made for, in about its numbers: 160 import statements and 260 calls,
among them some that must stay, besides strings, comments and namesakes that must stay as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent

from benchmarks.speed.world import (
    ADDED,
    ALIAS,
    CALLEE,
    CALLEE_ALIAS,
    CONTEXT,
    CREATE,
    FACTORY,
    KEYWORD,
    NEW,
    NEW_NAME,
    OLD,
    OLD_NAME,
    OLD_TOO,
    RENAMED,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file, and what a phase makes of them; phase 0 are lines that are no site of any."""

    before: str
    after: str
    phase: int = 0
    form: str = ""

    @property
    def stays(self) -> bool:
        return self.before == self.after


def plain(text: str) -> Piece:
    """Lines that nobody changes."""
    return Piece(text, text)


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a site: what it puts at the head of a file, and what into its body.

    Attributes:
        name: in a few words.
        count: how many of it a tree of the usual size has.
        head: (before, after) of import statements at the top level; at most one form with a head goes into a file.
        body: (before, after) of a function's body or of top-level statements, a site each unless both are the same.
        top: the body stands at the top level, and not in a function of its own.
    """

    name: str
    phase: int
    count: int
    head: tuple[str, str] = ("", "")
    body: tuple[tuple[str, str], ...] = ()
    top: bool = False

    @property
    def changes(self) -> bool:
        """Has a phase anything to change of it?"""
        return self.head[0] != self.head[1] or any(before != after for before, after in self.body)

    def heads(self) -> Iterator[Piece]:
        """Its pieces at the head of a file."""
        if self.head[0]:
            yield Piece(*self.head, self.phase, self.name)

    def bodies(self, number: int) -> Iterator[Piece]:
        """Its pieces below; `number` tells its function from others."""
        if self.body and not self.top:
            yield plain(f"\n\ndef case_{number:04}(value=None, options=()):\n")
        for before, after in self.body:
            if self.top:
                yield Piece(before, after, self.phase, self.name)
            else:
                yield Piece(indent(before, "    "), indent(after, "    "), self.phase, self.name)


def _same(*texts: str) -> tuple[tuple[str, str], ...]:
    return tuple((text, text) for text in texts)


def _moved(name: str, count: int, before: str, after: str, use: str = OLD_NAME) -> Form:
    """An import at the head of a file, and a function that uses its name."""
    return Form(name, 3, count, (before, after), _same(f"return {use}(value)\n"))


def _local(name: str, count: int, before: str, after: str, use: str = OLD_NAME) -> Form:
    """An import inside the function that uses its name."""
    return Form(name, 3, count, body=((before, after), *_same(f"return {use}(value)\n")))


_TO_NEW = f"from {NEW} import {NEW_NAME}"
_FROM_OLD, _FROM_TOO = f"from {OLD} import", f"from {OLD_TOO} import"

IMPORTS = (
    _moved("from-import", 52, f"{_FROM_OLD} {OLD_NAME}\n", f"{_TO_NEW} as {OLD_NAME}\n"),
    _moved(
        "from-import with a comment", 8, f"{_FROM_OLD} {OLD_NAME}  # engine\n", f"{_TO_NEW} as {OLD_NAME}  # engine\n"
    ),
    _moved("from-import of the second module", 12, f"{_FROM_TOO} {OLD_NAME}\n", f"{_TO_NEW} as {OLD_NAME}\n"),
    _moved("alias", 8, f"{_FROM_OLD} {OLD_NAME} as {ALIAS}\n", f"{_TO_NEW} as {ALIAS}\n", ALIAS),
    _moved("alias that is the new name", 6, f"{_FROM_OLD} {OLD_NAME} as {NEW_NAME}\n", f"{_TO_NEW}\n", NEW_NAME),
    _moved(
        "two names",
        6,
        f"{_FROM_OLD} {OLD_NAME}, {FACTORY}\n",
        f"{_TO_NEW} as {OLD_NAME}\n{_FROM_OLD} {FACTORY}\n",
    ),
    _moved(
        "three names, one with an alias",
        3,
        f"{_FROM_OLD} {FACTORY}, {OLD_NAME} as {ALIAS}, {CREATE}\n",
        f"{_FROM_OLD} {FACTORY}, {CREATE}\n{_TO_NEW} as {ALIAS}\n",
        ALIAS,
    ),
    _moved(
        "names in parentheses",
        7,
        f"{_FROM_OLD} (\n    {OLD_NAME},\n    {FACTORY},\n)\n",
        f"{_TO_NEW} as {OLD_NAME}\n{_FROM_OLD} (\n    {FACTORY},\n)\n",
    ),
    _moved(
        "one name in parentheses",
        3,
        f"{_FROM_OLD} (\n    {OLD_NAME}\n)\n",
        f"from {NEW} import (\n    {NEW_NAME} as {OLD_NAME}\n)\n",
    ),
    _moved(
        "in try",
        6,
        f"try:\n    {_FROM_OLD} {OLD_NAME}\nexcept ImportError:\n    {OLD_NAME} = None\n",
        f"try:\n    {_TO_NEW} as {OLD_NAME}\nexcept ImportError:\n    {OLD_NAME} = None\n",
    ),
    Form(
        "under TYPE_CHECKING",
        3,
        5,
        (
            f"from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    {_FROM_OLD} {OLD_NAME}\n",
            f"from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    {_TO_NEW} as {OLD_NAME}\n",
        ),
        _same(f'engine: "{OLD_NAME}" = value\nreturn engine\n'),
    ),
    Form(
        "module with an alias",
        3,
        3,
        (f"import {OLD} as engines\n", f"import {NEW} as engines\n"),
        ((f"return engines.{OLD_NAME}(value)\n", f"return engines.{NEW_NAME}(value)\n"),),
    ),
    Form(
        "module from its package",
        3,
        2,
        (
            f"from {OLD.rpartition('.')[0]} import {OLD.rpartition('.')[2]}\n",
            f"from {NEW.rpartition('.')[0]} import {NEW.rpartition('.')[2]} as {OLD.rpartition('.')[2]}\n",
        ),
        ((f"return dispatch_engine.{OLD_NAME}(value)\n", f"return dispatch_engine.{NEW_NAME}(value)\n"),),
    ),
    _local("in a function", 16, f"{_FROM_OLD} {OLD_NAME}\n", f"{_TO_NEW} as {OLD_NAME}\n"),
    _local("in a function, with an alias", 4, f"{_FROM_OLD} {OLD_NAME} as {ALIAS}\n", f"{_TO_NEW} as {ALIAS}\n", ALIAS),
    _local(
        "in a function, two names",
        3,
        f"{_FROM_OLD} {FACTORY}, {OLD_NAME}\n",
        f"{_FROM_OLD} {FACTORY}\n{_TO_NEW} as {OLD_NAME}\n",
    ),
    Form("other names only", 3, 12, body=_same(f"{_FROM_OLD} {FACTORY}\nreturn {FACTORY}().make(value)\n")),
    Form("another name in a function", 3, 9, body=_same(f"{_FROM_OLD} {CREATE}\nreturn {CREATE}(value)\n")),
)
"""Import statements of the old modules."""

_PATCH = "from unittest.mock import patch\n\n"
MENTIONS = (
    Form(
        "string of a patch",
        3,
        20,
        body=(
            *_same(_PATCH),
            (f'with patch("{OLD}.{OLD_NAME}") as engine:\n', f'with patch("{NEW}.{NEW_NAME}") as engine:\n'),
            *_same("    return engine\n"),
        ),
    ),
    Form(
        "string of a patch of another name",
        3,
        8,
        body=_same(f'{_PATCH}with patch("{OLD}.{FACTORY}") as factory:\n    return factory\n'),
    ),
    Form("string in sys.modules", 3, 5, body=_same(f'import sys\n\nreturn sys.modules.get("{OLD}")\n')),
    Form("tuple of strings", 3, 6, body=_same(f'return (\n    "{OLD}",\n    "{OLD_TOO}",\n)\n')),
    Form("f-string", 3, 5, body=_same(f'return f"{OLD}.{{value}}"\n')),
    Form(
        "comment",
        3,
        200,
        body=_same(f"\n# REMOVED_SYNTAX_ERROR: {_FROM_OLD} {OLD_NAME}\n# REMOVED_SYNTAX_ERROR: {OLD_NAME}(None)\n"),
        top=True,
    ),
    Form("docstring", 3, 40, body=_same(f'"""Like {OLD}.{OLD_NAME}: `{_FROM_OLD} {OLD_NAME}`."""\nreturn value\n')),
    Form(
        "local class of the same name",
        3,
        8,
        body=_same(f"# not that of dispatch_engine\nclass {OLD_NAME}:\n    pass\n\nreturn {OLD_NAME}()\n"),
    ),
    Form(
        "the same name from elsewhere",
        3,
        6,
        body=_same(f"from warehouse.dispatch_engine import {OLD_NAME}\n\nreturn {OLD_NAME}(value)\n"),
    ),
)
"""What else names the old modules; most of it must stay."""

_IDS = 'user_id="u", thread_id="t", run_id="r"'


def _call(name: str, count: int, before: str, after: str, *setup: str) -> Form:
    return Form(name, 4, count, body=(*_same(*setup), (before, after)))


def _kept(name: str, count: int, text: str, *setup: str) -> Form:
    return Form(name, 4, count, body=_same(*setup, text))


_ALL = f"{KEYWORD}={{'a': 1}}, {ADDED}={{}}"
CALLS = (
    _call(
        "one line",
        60,
        f"return {CALLEE}({_IDS}, {RENAMED}={{'a': 1}})\n",
        f"return {CALLEE}({_IDS}, {_ALL})\n",
    ),
    _call(
        "positional arguments",
        30,
        f'context = {CALLEE}("u", "t", value, {RENAMED}=None)\n',
        f'context = {CALLEE}("u", "t", value, {KEYWORD}=None, {ADDED}={{}})\n',
    ),
    _call(
        "keyword in the middle",
        20,
        f'return {CALLEE}(user_id="u", {RENAMED}=value, thread_id="t", run_id="r")\n',
        f'return {CALLEE}(user_id="u", {KEYWORD}=value, thread_id="t", run_id="r", {ADDED}={{}})\n',
    ),
    _call(
        "a line for each argument",
        50,
        f'return {CALLEE}(\n    user_id="u",\n    thread_id="t",\n    run_id="r",\n    {RENAMED}={{"a": 1}},\n)\n',
        f'return {CALLEE}(\n    user_id="u",\n    thread_id="t",\n    run_id="r",\n'
        f'    {KEYWORD}={{"a": 1}},\n    {ADDED}={{}},\n)\n',
    ),
    _call(
        "a line each, no last comma",
        40,
        f'return {CALLEE}(\n    user_id="u",\n    thread_id="t",\n    run_id="r",\n    {RENAMED}={{"a": 1}}\n)\n',
        f'return {CALLEE}(\n    user_id="u",\n    thread_id="t",\n    run_id="r",\n'
        f'    {KEYWORD}={{"a": 1}},\n    {ADDED}={{}}\n)\n',
    ),
    _call(
        "with a comment",
        10,
        f'return {CALLEE}(\n    user_id="u",\n    {RENAMED}={{"a": 1}},  # as ever\n    thread_id="t",\n'
        f'    run_id="r",\n)\n',
        f'return {CALLEE}(\n    user_id="u",\n    {KEYWORD}={{"a": 1}},  # as ever\n    thread_id="t",\n'
        f'    run_id="r",\n    {ADDED}={{}},\n)\n',
    ),
    _call(
        "in a comprehension",
        10,
        f'return [{CALLEE}("u", "t", f"r{{i}}", {RENAMED}={{"i": i}}) for i in range(3)]\n',
        f'return [{CALLEE}("u", "t", f"r{{i}}", {KEYWORD}={{"i": i}}, {ADDED}={{}}) for i in range(3)]\n',
    ),
    _call(
        "the value calls with such a keyword",
        5,
        f'return {CALLEE}("u", "t", "r", {RENAMED}=dict({RENAMED}=1))\n',
        f'return {CALLEE}("u", "t", "r", {KEYWORD}=dict({RENAMED}=1), {ADDED}={{}})\n',
    ),
    _call(
        "the added keyword is there",
        5,
        f'return {CALLEE}("u", "t", "r", {RENAMED}=value, {ADDED}={{"by": 1}})\n',
        f'return {CALLEE}("u", "t", "r", {KEYWORD}=value, {ADDED}={{"by": 1}})\n',
    ),
    _call(
        "**kwargs besides",
        8,
        f"return {CALLEE}({_IDS}, {RENAMED}=value, **dict(options))\n",
        f"return {CALLEE}({_IDS}, {KEYWORD}=value, **dict(options))\n",
    ),
    _call(
        "alias of the class",
        8,
        f"return {CALLEE_ALIAS}({_IDS}, {RENAMED}=value)\n",
        f"return {CALLEE_ALIAS}({_IDS}, {KEYWORD}=value, {ADDED}={{}})\n",
        f"from {CONTEXT} import {CALLEE} as {CALLEE_ALIAS}\n\n",
    ),
    _call(
        "attribute of its module",
        4,
        f"return contexts.{CALLEE}({_IDS}, {RENAMED}=value)\n",
        f"return contexts.{CALLEE}({_IDS}, {KEYWORD}=value, {ADDED}={{}})\n",
        f"import {CONTEXT} as contexts\n\n",
    ),
    _kept("both keywords", 13, f"return {CALLEE}({_IDS}, {RENAMED}=value, {KEYWORD}={{}})\n"),
    _kept("only **kwargs", 6, f"return {CALLEE}({_IDS}, **dict(options))\n"),
    _kept("without the keyword", 40, f'return {CALLEE}("u", "t", value)\n'),
    _kept(
        "another constructor", 90, f'return {CALLEE}.from_request("u", "t", value, {RENAMED}={{"user_request": "x"}})\n'
    ),
    _kept(
        "local class of the same name",
        6,
        f"class {CALLEE}:\n    def __init__(self, {RENAMED}=None):\n        self.{RENAMED} = {RENAMED}\n\n"
        f"return {CALLEE}({RENAMED}=value)\n",
    ),
    _kept("a call of something else", 230, f"# beside {CALLEE}\nreturn dict({RENAMED}=value)\n"),
)
"""Calls, and what looks like one; all of it needs the callee's import at the head, or brings its own."""

CALLEE_IMPORT = f"from {CONTEXT} import {CALLEE}\n"


def dealt(forms: tuple[Form, ...], share: float) -> Iterator[Form]:
    """Each form as often as a tree has it of which `share` is the part of the usual number of sites; once at least."""
    for form in forms:
        for _ in range(max(1, round(form.count * share))):
            yield form
