"""Random bindings in random scopes, run by CPython: a call that is changed never reaches another object.

Each call passes a number; what receives it notes the number. What phase 4 renames must be calls of the plan's object in
every run.
"""

from __future__ import annotations

import ast
import re
import sys
from random import Random
from types import ModuleType

import pytest
from checks import calls, transform
from examples import examples
from hypothesis import event, given, settings
from hypothesis import strategies as st

from migrate.edits import apply_edits

PLAN = calls("m:C", rename={"old": "new"})
NAMES = ("C", "D", "X", "Y")
HEAD = "from m import C, D\nimport m\nX = Y = None\n"
DEEPEST = 3


class Program:
    """Statements that bind and call the names, in the module, functions, classes, lambdas and loops."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._calls = 0
        self._definitions = 0
        self.source = HEAD + "\n".join(self._block(0, most=5)) + "\n"

    def _name(self) -> str:
        return self._random.choice(NAMES)

    def _new(self, kind: str) -> str:
        self._definitions += 1
        return f"{kind}{self._definitions}"

    def _call(self, callee: str = "") -> str:
        self._calls += 1
        return f"{callee or self._name()}(old={self._calls})"

    def _value(self) -> str:
        ways = (
            self._name(), self._name(), self._name(), f"m.{self._random.choice('CD')}", "None",
            f"({self._name()} if truth else {self._name()})", f"({self._name()} or {self._name()})",
        )  # fmt: skip
        return self._random.choice(ways)

    def _block(self, depth: int, most: int = 3) -> list[str]:
        return [line for _ in range(self._random.randint(1, most)) for line in self._statement(depth)]

    def _inside(self, depth: int) -> list[str]:
        return [f"  {line}" for line in self._block(depth + 1)]

    def _statement(self, depth: int) -> list[str]:
        simple = [
            lambda: [self._call()],
            lambda: [self._call()],
            lambda: [f"{self._name()} = {self._value()}"],
            lambda: [f"{self._name()} = {self._value()}; {self._call()}"],
            lambda: [f"{self._name()}, {self._name()} = {self._value()}, {self._value()}"],
            lambda: [f"[{self._name()}, (x, {self._name()})] = {self._value()}, (1, {self._value()})"],
            lambda: [f"from m import {self._random.choice('CD')} as {self._name()}"],
            lambda: [self._call(f"({self._name()} := {self._value()})")],
            lambda: [f"(lambda {self._defaults()}: {self._call()})()"],
        ]
        nested = [
            lambda: ["if truth:", *self._inside(depth)],
            lambda: [f"for {self._name()} in [{self._value()}]:", *self._inside(depth)],
            lambda: [f"class {self._random.choice((self._name(), self._new('K')))}:", *self._inside(depth)],
            lambda: self._function(depth),
        ]
        return self._random.choice(simple if depth == DEEPEST else [*simple, *nested, *nested])()

    def _function(self, depth: int) -> list[str]:
        name, defaults = self._new("f"), self._defaults()
        declared = [] if defaults or self._random.randint(0, 5) else [f"  global {self._name()}"]
        passed = self._random.choice(("", self._name())) if defaults else ""
        return [f"def {name}({defaults}):", *declared, *self._inside(depth), f"{name}({passed})"]

    def _defaults(self) -> str:
        names = [name for name in NAMES if not self._random.randint(0, 3)]
        return ", ".join(f"{name}={self._value()}" for name in names)


def received(source: str, *, truth: bool) -> set[tuple[str, int]]:
    """(object, number) of each call that got through; a statement of the module that fails ends there."""
    found: set[tuple[str, int]] = set()

    def receiver(name: str) -> object:
        def receive(**passed: int) -> object:
            found.update((name, number) for number in passed.values())
            return receive

        return receive

    stub = ModuleType("m")
    stub.__dict__.update(C=receiver("C"), D=receiver("D"))
    names = {"truth": truth}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "m", stub)
        for statement in ast.parse(source).body:
            try:
                exec(compile(ast.Module([statement], []), "program", "exec"), names)
            except (NameError, TypeError, AttributeError):
                continue
    return found


@pytest.mark.unmeasured
@settings(deadline=None, max_examples=examples(600))
@given(random=st.randoms(use_true_random=False))
def test_a_call_that_is_changed_reaches_the_plan_s_object(random: Random) -> None:
    source = Program(random).source
    try:
        compile(source, "program", "exec")
    except SyntaxError:  # a name that is global and used before
        return
    result = transform(source, phase=4, plan=PLAN)
    after = apply_edits(source.encode(), result.edits).decode()
    changed = {int(number) for number in re.findall(r"new=(\d+)", after)}
    event(f"changed: {min(len(changed), 3)}")
    reached = received(source, truth=True) | received(source, truth=False)
    assert {(name, number) for name, number in reached if number in changed and name != "C"} == set()
