"""The plan: what each phase does, read from a TOML file; every mistake in it is reported at once."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, ValidationError

from migrate.plan_calls import Call
from migrate.plan_checks import Check
from migrate.plan_errors import (
    KEY,
    Mistake,
    MistakesError,
    Table,
    column,
    entry,
    readable,
    refuse,
    repeated,
    shown,
)
from migrate.plan_fields import (
    AtLeastOneTable,
    Flag,
    Folders,
    Interpreter,
    Line,
    Message,
    Minutes,
    Paths,
    Ref,
    Slug,
    Tables,
    Text,
    one_of,
    read_label,
    read_module,
    read_object,
    read_ref,
)
from migrate.plan_redirects import Redirect
from migrate.refs import ObjectRef
from migrate.whereabouts import FILENAME

PHASES = (1, 2, 3, 4, 5)


Strings: TypeAlias = Literal["targets", "all", "none"]


class Header(Table):
    """`[plan]`: what the whole migration is called, and where it looks."""

    name: Slug = Field(examples=['"issue-620"'])
    title: Line = Field("", examples=['"ExecutionEngine SSOT migration"'])
    budget_minutes: Minutes | None = Field(None, examples=["150"])
    exclude: Paths = Field((), examples=['["vendor/**"]'])
    include: Paths = Field((), examples=['["bin/tool"]'])
    source_roots: Folders = Field((".",), examples=['["."]'])
    python: Interpreter | None = Field(None, examples=['".venv/bin/python"'])


class _Phase(Table):
    title: Line = Field("", examples=['"Fix critical syntax error"'])
    minutes: Minutes | None = Field(None, examples=["30"])


class _EditingPhase(_Phase):
    commit: Message | None = Field(None, examples=['"Redirect the old modules"'])


class RedirectPhase(_EditingPhase):
    """`[phase1]` and `[phase2]`: modules that become redirects."""

    redirect: Annotated[tuple[Redirect, ...], AtLeastOneTable, Tables] = Field(examples=[f"[[{KEY}]]"])

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        modules = readable(read_module, column(data.get("redirect"), "module"))
        for position, first, module in repeated(modules):
            sentence = f"{shown(module)} is already redirected by redirect[{first}]; merge the two"
            yield Mistake(("redirect", position, "module"), sentence)


class Move(Table):
    """`[[phase3.move]]`: users of `old` import `new` instead; without a colon, a whole module."""

    old: Ref = Field(examples=['"package.module:Name"'])
    new: Ref = Field(examples=['"package.new_home:Name"'])
    strings: Annotated[Strings, one_of("targets", "all", "none")] = Field("targets", examples=['"targets"'])
    rename_uses: Flag | None = Field(None, examples=["true"])
    note: Text = Field("", examples=['"why"'])

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        refs = dict(readable(read_ref, [data.get("old"), data.get("new")]))
        if len(refs) < 2:
            return
        old, new = refs[0], refs[1]
        if old == new:
            yield Mistake(("new",), f"{shown(str(new))} is also the old place; write where it moves to")
        elif old.name and (new.module == old.dotted or new.module.startswith(f"{old.dotted}.")):
            yield Mistake(
                ("new",),
                f"{shown(str(new))} takes {shown(old.dotted)}, the old object, for a module; it cannot be both",
            )
        elif bool(old.name) != bool(new.name):
            yield Mistake(
                ("new",),
                f"{shown(str(old))} is {_described(old)} and {shown(str(new))} {_described(new)}; "
                "write both with a colon, or both without",
            )


class MovePhase(_EditingPhase):
    """`[phase3]`: imports that follow objects and modules to their new homes."""

    priority: Paths = Field((), examples=['["tests/critical/"]'])
    rename_uses: Flag = Field(False, examples=["true"])
    move: Annotated[tuple[Move, ...], AtLeastOneTable, Tables] = Field(examples=["[[phase3.move]]"])

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        olds = readable(read_ref, column(data.get("move"), "old"))
        news = readable(read_ref, column(data.get("move"), "new"))
        for position, first, ref in repeated(olds):
            sentence = f"{shown(str(ref))} is already moved by move[{first}]; remove one of the two"
            yield Mistake(("move", position, "old"), sentence)
        for position, new in news:
            onward = next((i for i, old in olds if i != position and _is_inside(new, old)), None)
            if onward is not None:
                sentence = f"{shown(str(new))} is moved on by move[{onward}]; write its final home here"
                yield Mistake(("move", position, "new"), sentence)


class CallPhase(_EditingPhase):
    """`[phase4]`: calls that follow a changed signature."""

    priority: Paths = Field((), examples=['["tests/critical/"]'])
    call: Annotated[tuple[Call, ...], AtLeastOneTable, Tables] = Field(examples=["[[phase4.call]]"])

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        callees = readable(read_object, column(data.get("call"), "callee"))
        written = {position: str(ref) for position, ref in callees}
        for position, first, _ in repeated((position, ref.dotted) for position, ref in callees):
            sentence = f"{shown(written[position])} is already changed by call[{first}]; merge the two"
            yield Mistake(("call", position, "callee"), sentence)


class CheckPhase(_Phase):
    """`[phase5]`: the checks that say whether the migration worked."""

    check: Annotated[tuple[Check, ...], Tables] = Field((), examples=["[[phase5.check]]"])

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        names = readable(read_label, column(data.get("check"), "name"))
        for position, first, name in repeated(names):
            sentence = f"{shown(name)} is already the name of check[{first}]; write another"
            yield Mistake(("check", position, "name"), sentence)


Phase = RedirectPhase | MovePhase | CallPhase | CheckPhase


class Plan(Table):
    """A whole migration: its header and up to five phases, applied in order."""

    belongs: ClassVar[Mapping[str, str]] = {**Table.belongs, "name": "[plan]", "title": "[plan]"}

    plan: Header = Field(examples=['[plan] with a name, e.g. name = "issue-620"'])
    phase1: RedirectPhase | None = Field(None, examples=["[phase1]"])
    phase2: RedirectPhase | None = Field(None, examples=["[phase2]"])
    phase3: MovePhase | None = Field(None, examples=["[phase3]"])
    phase4: CallPhase | None = Field(None, examples=["[phase4]"])
    phase5: CheckPhase | None = Field(None, examples=["[phase5]"])

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def phases(self) -> tuple[int, ...]:
        """The numbers of the phases this plan has, rising."""
        return tuple(number for number in PHASES if self.phase(number) is not None)

    @property
    def redirects(self) -> tuple[Redirect, ...]:
        """All redirects of phases 1 and 2."""
        return tuple(chain.from_iterable(phase.redirect for phase in (self.phase1, self.phase2) if phase))

    @property
    def total_minutes(self) -> float:
        """The planned minutes of all phases; one without a number counts as 0."""
        return sum(self.minutes(number) or 0 for number in self.phases)

    @property
    def sha256(self) -> str:
        """Of `key()`, in hexadecimal."""
        return hashlib.sha256(self.key().encode()).hexdigest()

    def phase(self, number: int) -> Phase | None:
        """The table of one phase; None where the plan leaves it out.

        Raises:
            KeyError: `number` is not 1 to 5.
        """
        return {1: self.phase1, 2: self.phase2, 3: self.phase3, 4: self.phase4, 5: self.phase5}[number]

    def minutes(self, number: int) -> float | None:
        """The planned minutes of one phase; None where the plan gives none."""
        phase = self.phase(number)
        return phase.minutes if phase else None

    def hints(self) -> tuple[str, ...]:
        """Remarks on what may be meant as it is, one sentence each."""
        budget, total = self.plan.budget_minutes, self.total_minutes
        if budget is None or not total or abs(budget - total) < 1e-6:
            return ()
        # Ten digits: enough for a year, too few for the noise of added decimals.
        return (f"the phases' planned minutes add up to {total:.10g}, the budget is {budget:.10g} minutes",)

    def key(self) -> str:
        """The whole plan as JSON on one line; the same for equal text, and `parse_plan` reads it back."""
        return json.dumps(self.model_dump(mode="json", exclude_none=True), separators=(",", ":"))

    @classmethod
    def _unknown(cls, key: str) -> str:
        if key.startswith("phase"):
            return "unknown phase; a plan has phase1 to phase5"
        return super()._unknown(key)

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        if all(data.get(f"phase{number}") is None for number in PHASES):
            yield Mistake((), "no phase; write at least one of [phase1] to [phase5]")
        first, second = (
            readable(read_module, column(entry(data.get(phase), "redirect"), "module"))
            for phase in ("phase1", "phase2")
        )
        for position, wanted in enumerate(column(entry(data.get("phase5"), "check"), "imports")):
            if wanted is True and not first and not second:
                sentence = "no phase has a redirect; leave it out, or write [[phase1.redirect]]"
                yield Mistake(("phase5", "check", position, "imports"), sentence)
        earlier = {module: position for position, module in reversed(first)}
        for position, module in second:
            if module in earlier:
                there = f"phase1.redirect[{earlier[module]}]"
                sentence = f"{shown(module)} is already redirected by {there}; merge the two"
                yield Mistake(("phase2", "redirect", position, "module"), sentence)


def parse_plan(data: object, filename: str) -> Plan:
    """Read a plan from what a TOML file holds.

    Raises:
        PlanError: `data` is not a plan; has every mistake, in lines that begin with `filename`.
    """
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        cause = error.errors(include_url=False)[0]["ctx"]["error"]
        mistakes = cause.mistakes if isinstance(cause, MistakesError) else [Mistake((), str(cause))]
        raise refuse(filename, mistakes) from None


def load_plan(path: Path) -> Plan:
    """Read the plan at `path`, which is shown in messages as given.

    Raises:
        PlanError: there is no such file, it cannot be read, or it is not a plan.
    """
    filename = str(path)
    try:
        source = path.read_bytes().removeprefix(codecs.BOM_UTF8)
        return parse_plan(tomllib.loads(source.decode()), filename)
    except FileNotFoundError:
        mistake = "no such file; write it (README.md shows a small one), or name another with --plan FILE"
    except IsADirectoryError:
        mistake = f"a folder; name the file in it, e.g. --plan {path / FILENAME}"
    except OSError as error:
        mistake = f"cannot be read: {error.strerror or error}; name another with --plan FILE"
    except UnicodeDecodeError as error:
        filename += _position(error.object, error.start)
        mistake = f"byte 0x{error.object[error.start]:02x} is not UTF-8; save the file as UTF-8"
    except tomllib.TOMLDecodeError as error:
        place = r"(.*?)(?: \(at (?:line (\d+), column (\d+)|end of document)\))?"
        found = re.fullmatch(place, str(error), re.DOTALL)
        assert found, "every part of the pattern is optional"
        filename += f":{found[2]}:{found[3]}" if found[2] else _position(source, len(source))
        mistake = f"{found[1]}; correct the TOML here"
    except (ValueError, RecursionError) as error:
        # A path with a NUL; a number with thousands of digits; hundreds of nested brackets.
        mistake = f"cannot be read: {error}; write a plain TOML file"
    raise refuse(filename, [Mistake((), mistake)])


def _position(source: bytes, offset: int) -> str:
    """`:line:column` of a byte, both from 1, columns in bytes."""
    line = source.count(b"\n", 0, offset) + 1
    column = offset - source.rfind(b"\n", 0, offset)
    return f":{line}:{column}"


def _described(ref: ObjectRef) -> str:
    return "an object" if ref.name else "a module"


def _is_inside(ref: ObjectRef, outer: ObjectRef) -> bool:
    """Whether moving `outer` moves `ref` as well."""
    if outer.name:
        return ref.module == outer.module and f"{ref.name}.".startswith(f"{outer.name}.")
    return f"{ref.module}.".startswith(f"{outer.module}.")
