"""What becomes of one call: the plan's entry, what the call passes, and the callee's signature; pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from migrate.call_changes import CallChange
from migrate.locate.arguments import Arguments, is_loose
from migrate.plan_calls import Call
from migrate.signatures import Signature

_SHOWN_CHARACTERS = 40
_NO_MAPPINGS = (
    ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.Lambda,
    ast.Compare,
)  # fmt: skip


class Decision(Struct, frozen=True):
    """What a call becomes, and what is left to a person: (code, message) pairs."""

    change: CallChange
    findings: tuple[tuple[str, str], ...]


def decide(call: Call, arguments: Arguments, signature: Signature | None, *, is_bare: bool = False) -> Decision:
    """Decide about one call.

    Args:
        signature: as the call sees it; None where it is not known, so that nothing is checked against it.
        is_bare: the only argument is a generator without parentheses of its own.
    """
    return _Decider(call, arguments, signature, is_bare).decide()


@dataclass
class _Decider:
    call: Call
    arguments: Arguments
    signature: Signature | None
    is_bare: bool
    findings: list[tuple[str, str]] = field(default_factory=list)

    def decide(self) -> Decision:
        merged, superseded, is_in_conflict = self._conflicts()
        if is_in_conflict:
            return Decision(CallChange(), tuple(self.findings))
        call, passed = self.call, self.arguments.names
        settled = {old for old, _ in merged} | set(superseded)
        renamed = tuple((a, b) for a, b in call.rename.items() if a in passed and a not in settled)
        removed = (*superseded, *(name for name in call.remove if name in passed))
        by_position = [name for name in call.remove if name in self._filled]
        if by_position:
            self._report("positional-argument", f"passes {listed(by_position)} by position; remove it by hand")
        if effects := [name for name in removed if any(map(_does_something, self._values(name)))]:
            self._report(
                "unsupported-call", f"does something in the value of {listed(effects)}, which goes; edit by hand"
            )
            return Decision(CallChange(), tuple(self.findings))
        named = self._named()
        change = CallChange(renamed, removed, merged, named)
        added = self._added(change) if not call.old or renamed or removed or merged else ()
        change = replace(change, added=added, loose=self._loose(merged), enclosed=self._enclosed(named, added))
        self._tell_of_mappings(change)
        self._tell_of_stars(change)
        return self._checked(change)

    def _conflicts(self) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], bool]:
        """Renames whose new keyword is passed, too: those to merge, old ones that go, and whether any is left."""
        merged: list[tuple[str, str]] = []
        superseded: list[str] = []
        is_left = False
        for old, new in self.call.rename.items():
            given = self.arguments.of(new)
            if not self.arguments.of(old) or not (given or new in self._filled):
                continue
            merges = self.call.on_conflict == "merge-dict"
            obstacle = self._obstacle(old, new) if merges else ""
            if self.call.on_conflict == "keep-new":
                superseded.append(old)
            elif merges and not obstacle:
                merged.append((old, new))
            else:
                is_left = True
                where = "" if given else " by position"
                why = f", which cannot be merged: {obstacle}" if obstacle else ""
                self._report("keyword-conflict", f"passes both {old!r} and {new!r}{where}{why}; decide which one stays")
        return tuple(merged), tuple(superseded), is_left

    def _obstacle(self, old: str, new: str) -> str:
        """Why the values of two keywords cannot become one mapping; empty where nothing is against it."""
        for name in (old, new):
            values = self._values(name)
            if len(values) != 1:
                return f"{name!r} is passed {'more than once' if values else 'by position'}"
            if _is_no_mapping(values[0]):
                return f"the value of {name!r} is no mapping"
            if _does_something(values[0]):
                return f"the value of {name!r} does something that has its turn"
        return ""

    def _values(self, name: str) -> list[ast.expr]:
        return [each.value for each in self.arguments.of(name)]

    @property
    def _filled(self) -> Sequence[str]:
        """Names of the parameters that positional arguments surely fill."""
        if self.signature is None:
            return ()
        return self.signature.by_position[: self.arguments.before_star]

    def _named(self) -> tuple[tuple[int, str], ...]:
        """Positional arguments that become keywords."""
        call, plain = self.call, self.arguments.plain
        if not call.keyword_only or not plain:
            return ()
        if self.signature is None:
            self._report_positions("which parameters they fill is not known")
            return ()
        order = (*self.signature.by_position, *self._became_keywords())
        positions = [i for i, name in enumerate(order[: len(plain)]) if name in call.keyword_only]
        if self.arguments.has_star and any(name in call.keyword_only for name in order):
            self._report_positions("how many a starred one stands for is not known")
        elif len(plain) > len(order):
            self._report_positions(f"its signature is {self.signature}")
        elif positions and self.arguments.is_partial:
            self._report_positions("later ones would fill other parameters")
        elif positions:
            named = tuple((i, order[i]) for i in range(positions[0], len(plain)))
            by_position_only = {parameter.name for parameter in self.signature.positional_only}
            if taken := [name for _, name in named if name in by_position_only]:
                self._report_positions(f"{listed(taken)} can be passed in no other way")
            elif old := [name for _, name in named if name in call.old]:
                self._report_positions(f"{listed(old)} would be passed by name, which goes")
            elif twice := [name for _, name in named if name in self.arguments.names]:
                self._report_positions(f"{listed(twice)} would be passed twice")
            else:
                return named
        return ()

    def _became_keywords(self) -> tuple[str, ...]:
        """Parameters that the signature takes as keywords only by now, in the order of their former positions.

        That is taken as certain where the definition's order is the plan's and no other parameter stands, or may have
        stood, between.
        """
        assert self.signature is not None
        listed_now = [p.name for p in self.signature.keyword_only]
        planned = [name for name in self.call.keyword_only if name in listed_now]
        may_have_stood_between = self.signature.takes_args or any(
            p.has_default for p in (*self.signature.positional_only, *self.signature.positional)
        )
        return tuple(planned) if planned == listed_now[: len(planned)] and not may_have_stood_between else ()

    def _added(self, change: CallChange) -> tuple[tuple[str, str], ...]:
        present = set(names_after(self.arguments, change)) | set(self._filled)
        missing = {name: value for name, value in self.call.add.items() if name not in present}
        if self.arguments.opaque:
            return ()
        if not self.arguments.has_star:
            return tuple(missing.items())
        signature = self.signature
        unsure = [name for name in missing if signature is None or name in signature.by_position]
        if unsure:
            self._report("positional-argument", f"passes a starred argument; {listed(unsure)} not added, edit by hand")
        return tuple((name, value) for name, value in missing.items() if name not in unsure)

    def _tell_of_mappings(self, change: CallChange) -> None:
        if not self.arguments.opaque:
            return
        call = self.call
        look_for = [name for name in call.old if name not in self.arguments.names]
        look_for += [new for _, new in change.renamed]  # which would be passed twice then
        present = set(names_after(self.arguments, change)) | set(self._filled)
        not_added = [name for name in call.add if name not in present] if change or not call.old else []
        if look_for or not_added:
            todo = [f"look for {listed(look_for)} in it"] if look_for else []
            todo += [f"{listed(not_added)} not added"] if not_added else []
            mappings = ", ".join(dict.fromkeys(_shown(keyword.value) for keyword in self.arguments.opaque))
            self._report("keyword-spread", f"passes {mappings}; {', '.join(todo)}, edit by hand")

    def _tell_of_stars(self, change: CallChange) -> None:
        """A starred argument may fill the parameter that a keyword is renamed to."""
        signature = self.signature
        if signature is None or not self.arguments.has_star:
            return
        unsure = [new for _, new in change.renamed if new in signature.by_position[self.arguments.before_star :]]
        if unsure:
            self._report(
                "positional-argument", f"passes a starred argument; see that it does not fill {listed(unsure)}"
            )

    def _enclosed(self, named: Iterable[tuple[int, str]], added: Sequence[object]) -> tuple[int, ...]:
        named = list(named)
        if self.is_bare:
            return (0,) if named or added else ()
        return tuple(i for i, _ in named if isinstance(self.arguments.plain[i], ast.NamedExpr))

    def _loose(self, merged: Iterable[tuple[str, str]]) -> frozenset[str]:
        return frozenset(
            each.name for pair in merged for name in pair for each in self.arguments.of(name) if is_loose(each.value)
        )

    def _checked(self, change: CallChange) -> Decision:
        """The decision, unless it would make a right call wrong: that one stays as it is. Either is reported."""
        if change and self.signature is not None:
            after = self._problems(change)
            if after and not self._problems(CallChange()):
                what = f"would be wrong and stays as it is: it {_joined(after)}"
                self._report("invalid-call", f"{what}; the signature is {self.signature}; correct it or the plan")
                return Decision(CallChange(), tuple(self.findings))
            if after:
                what = f"is changed and still wrong: it {_joined(after)}"
                self._report("invalid-call", f"{what}; the signature is {self.signature}; mend the call by hand")
        return Decision(change, tuple(self.findings))

    def _problems(self, change: CallChange) -> tuple[str, ...]:
        assert self.signature is not None
        return self.signature.problems(
            self.arguments.before_star - len(change.named),
            names_after(self.arguments, change),
            star=self.arguments.has_star,
            spread=bool(self.arguments.opaque),
            partial=self.arguments.is_partial,
        )

    def _report_positions(self, why: str) -> None:
        self._report(
            "positional-argument",
            f"passes positional arguments, and {why}; {listed(self.call.keyword_only)} not named, edit by hand",
        )

    def _report(self, code: str, what: str) -> None:
        self.findings.append((code, f"call to {self.call.callee} {what}"))


def _is_no_mapping(value: ast.expr) -> bool:
    """Does the form of a value tell that it is nothing that `**` takes?"""
    return isinstance(value, _NO_MAPPINGS)


def _does_something(value: ast.expr) -> bool:
    """Does evaluating it bind a name, or make a difference to the function around it?"""
    return any(isinstance(n, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await) for n in ast.walk(value))


def names_after(arguments: Arguments, change: CallChange) -> tuple[str, ...]:
    """The keywords that a call passes after a change; one that is passed twice stands there twice."""
    return tuple(_names_after(arguments, change))


def _names_after(arguments: Arguments, change: CallChange) -> Iterator[str]:
    renamed = dict(change.renamed)
    gone = {*change.removed, *(old for old, _ in change.merged)}
    keys: set[tuple[int, str]] = set()
    for each in arguments.passed:
        name = renamed.get(each.name, each.name)
        if each.name in gone or (id(each.holder), name) in keys:
            continue
        if each.key is not None:  # a dict display may repeat a key
            keys.add((id(each.holder), name))
        yield name
    yield from (name for _, name in change.named)
    yield from (name for name, _ in change.added)


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def _joined(problems: Sequence[str]) -> str:
    return ", ".join(problems)


def _shown(value: ast.expr) -> str:
    """`**options`; what is longer, or not on one line, only as what it is."""
    text = ast.unparse(value)
    short = len(text) <= _SHOWN_CHARACTERS and text.isprintable()
    return f"**{text}" if short else "a mapping with **"
