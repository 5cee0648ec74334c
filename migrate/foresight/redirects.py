"""What breaks when modules become redirects: names that are gone, definitions that are lost, circles, dead patches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.findings import Finding
from migrate.foresight import advice
from migrate.foresight.circles import Circle, Circles
from migrate.foresight.holes import Hole, Origin, Outlook, Target, Unused
from migrate.foresight.homes import MODULE_ATTRIBUTES, Answer, Has, Homes
from migrate.foresight.moves import not_checked
from migrate.foresight.surface import Entry, Surface
from migrate.foresight.uses import Use
from migrate.moves import MoveIndex
from migrate.plan import Plan


@dataclass
class Ahead:
    """Looks ahead of the redirects.

    Attributes:
        uses: all that take something from the modules and still will after phase 3.
        homes, today: the modules once the phases are applied, and as they are.
        namesakes: dotted objects of a name that the repository defines elsewhere.
        mentions: places that speak of names of modules, which some files apart do not count for.
    """

    plan: Plan
    targets: Sequence[Target]
    homes: Homes
    today: Homes
    circles: Circles
    uses: Sequence[Use]
    namesakes: Callable[[Sequence[str]], Mapping[str, tuple[str, ...]]]
    mentions: Callable[[Mapping[str, Collection[str]], Collection[str]], Mapping[tuple[str, str], str]]
    _findings: list[Finding] = field(default_factory=list, repr=False)
    _holes: list[Hole] = field(default_factory=list, repr=False)
    _unused: list[Unused] = field(default_factory=list, repr=False)
    _circles: list[Circle] = field(default_factory=list, repr=False)
    _unchecked: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def look(self) -> Outlook:
        """Everything that the redirects would break."""
        self._moves = MoveIndex.of(self.plan)
        missing = {t.module: self._missing(t) for t in self.targets}
        unknown = {name for t in self.targets for name in self._in_doubt(t, missing[t.module])}
        self._elsewhere = self.namesakes(sorted(unknown))
        lost = {
            t.module: [(e, self._named(t, e, missing[t.module])) for e in self._lost(t, missing[t.module])]
            for t in self.targets
        }
        unused = {module: [entry.name for entry, named in found if not named] for module, found in lost.items()}
        self._mentioned = self.mentions(unused, [target.path for target in self.targets])
        for target in self.targets:
            self._look_at_exports(target)
            self._look_for_circles(target)
            self._look_at_names(target, missing[target.module])
            self._look_at_definitions(target, lost[target.module])
            self._look_at_strings(target)
        return Outlook(
            tuple(sorted(self._findings, key=lambda f: f.order)),
            tuple(self._holes),
            tuple(self._unused),
            (*not_checked(self._unchecked), *(remark for t in self.targets for remark in self._about_drop(t))),
        )

    # --- exports

    def _look_at_exports(self, target: Target) -> None:
        for position, export in enumerate(target.redirect.exports):
            answer = self.homes.has(export.module, export.name)
            key = f"{target.key}.exports[{position}]"
            home = self.homes.surface(export.module) if export.module not in self.homes.redirects else None
            if answer.has is Has.YES and home is not None and not home[1].is_parsed:
                answer = Answer(Has.UNCHECKED, home[0], f"{home[0]} does not parse")
            if answer.has is Has.UNCHECKED:
                self._unchecked.setdefault(answer.reason, []).append(f"{export.module}:{export.name}")
            elif answer.is_missing:
                origin = self._origin(target, export.bound, export.module)
                uses = tuple(u for u in self.uses if u.module == target.module and u.name == export.bound and u.breaks)
                self._holes.append(
                    Hole(target.phase, target.index, target.module, export.bound, uses, origin, position)
                )
                message = (
                    f"{key}: {export.module} will not have {export.name}, as {answer.reason}, and "
                    f"{advice.users(uses)}; {advice.instead(origin, export.bound, export.module, is_used=bool(uses))}"
                )
                subject = f"{export.module}:{export.name}"
                self._report(target.phase, answer.path, 1, 0, "missing-export", subject, message)

    def _about_drop(self, target: Target) -> Iterator[str]:
        """Names that the plan lets go and that were never there: most likely misspelt."""
        if target.former.makes_objects:  # else all that is known is a redirect
            for position, name in enumerate(target.redirect.drop):
                if self.today.has(target.module, name).is_missing:
                    yield f"{target.key}.drop[{position}]: {target.module} has no {name}; correct it, or remove it"

    # --- circles

    def _look_for_circles(self, target: Target) -> None:
        circle = self.circles.of(target.redirect)
        if circle is not None and circle not in self._circles:
            self._circles.append(circle)
            self._report_circle(target, circle)

    def _report_circle(self, target: Target, circle: Circle) -> None:
        module, last = target.module, circle.edges[-1]
        leads_back = circle.leads_through(module)
        code = "self-import" if leads_back and len(circle.edges) == 2 else "import-cycle"
        if not leads_back:
            when = "after phase 3" if circle.is_moved else f"once {module} is a redirect"
            what = f"{when}, loading {circle.start} would fail where these imports lead in a circle"
        elif target.redirect.warn == "lazy":
            what = f"a name that is taken from the redirect {module} would have to be taken through it again"
        else:
            what = f"loading the redirect {module} would load {module} again through its new home"
        way_out = "import it in the function that uses it"
        if self.circles.mends_as_lazy(target.redirect):
            way_out += ', or write warn = "lazy"'
        elif code == "self-import":
            way_out = f"move the code that it takes from there into it, or {way_out}"
        message = f"{what}: {', '.join(map(str, circle.edges))}; {way_out}"
        self._report(target.phase, last.path, max(1, last.line), 0, code, module, message)

    # --- names

    def _missing(self, target: Target) -> dict[str, list[Use]]:
        """The uses of names that the redirect will not have."""
        found: dict[str, list[Use]] = {}
        for use in self.uses:
            if use.module == target.module and (use.breaks or use.kind == "star"):
                for name in sorted(use.reads) if use.kind == "star" else [use.name]:
                    if self._is_gone(target, name, use) and self._is_taken(target, use, name):
                        found.setdefault(name, []).append(use if use.kind != "star" else use.of(name))
        return found

    def _is_taken(self, target: Target, use: Use, name: str) -> bool:
        """Is it this module that the name comes from, where a star import brings it?"""
        if use.kind != "star" and not use.via:
            return True
        had = self.today.brings(target.module, name).has
        is_bound = target.former.binds(name) or name in target.former.late
        if had is Has.NO or not (had is Has.YES or is_bound):
            return False
        if not use.via:
            return True
        between = self.today.brings if use.kind == "star" else self.today.has
        later = self.homes.brings if use.kind == "star" else self.homes.has
        return between(use.via, name).has is not Has.NO and later(use.via, name).is_missing

    def _is_gone(self, target: Target, name: str, use: Use) -> bool:
        if name in target.exports or name in MODULE_ATTRIBUTES or name == "__all__":
            return False
        if name == "__path__" and target.path.endswith("/__init__.py"):
            return False
        if use.via or use.kind == "star" or self.homes.path(f"{target.module}.{name}") is None:
            return True
        if self._hides_module(target, name):
            return not use.is_path
        is_attribute = use.kind == "attribute" or (use.kind == "patch" and not use.is_path)
        return is_attribute and not use.is_loaded and self._is_no_longer_loaded(target, name)

    def _hides_module(self, target: Target, name: str) -> bool:
        """Is the name of a module inside of the package another object today, as a function of that name in it?"""
        dotted = f"{target.module}.{name}"
        if target.former.binds(name):
            return all(entry.dotted != dotted for entry in target.former.entries[name])
        stars = [star for star in target.former.stars if self.today.brings(star, name).has is Has.YES]
        surfaces = [found[1] for star in stars if (found := self.today.surface(star)) is not None]
        return any(surface.source(name) != dotted for surface in surfaces)

    def _is_no_longer_loaded(self, target: Target, name: str) -> bool:
        """Is a module inside of the package loaded with it today, and not with the redirect?"""
        if target.surface is not target.former:
            return False  # it is a redirect already
        return self.circles.no_longer_loads(target.module, f"{target.module}.{name}")

    def _in_doubt(self, target: Target, missing: Mapping[str, object]) -> Iterator[str]:
        """Names of which the repository may have another definition."""
        yield from (name for name in missing if target.former.source(name) is None)
        yield from (entry.name for entry in target.surface.definitions if entry.name not in target.exports)
        for export in target.redirect.exports:
            if self.homes.has(export.module, export.name).is_missing:
                yield from (export.bound, export.name)

    def _look_at_names(self, target: Target, missing: Mapping[str, Sequence[Use]]) -> None:
        for name, uses in sorted(missing.items()):
            origin = self._origin(target, name)
            hole = Hole(target.phase, target.index, target.module, name, tuple(uses), origin)
            self._holes.append(hole)
            for use in uses:
                how = "imported" if use.kind == "import" else "read"
                by_way = f" by way of {use.via}" if use.via else ""
                for_types = " for type checkers" if use.is_for_types else ""
                hidden = f", and {use.hidden_by} would hide that" if use.hidden_by else ""
                message = (
                    f"{name} is {how}{for_types}{by_way} from {target.module}, which becomes a redirect without it"
                    f"{hidden}; {advice.way_out(origin, hole.key, name)}"
                )
                self._report(
                    target.phase, use.path, use.line, use.column, "dangling-name", f"{target.module}:{name}", message,
                    use.last_line,
                )  # fmt: skip

    def _origin(self, target: Target, name: str, other_than: str = "") -> Origin:
        """Where the module has a name from, and whether the redirect can take it from there."""
        surface = target.former
        if self.homes.path(f"{target.module}.{name}") is not None and not self._hides_module(target, name):
            return Origin(f"{target.module}.{name}", is_module=True)
        own = next((e for e in surface.entries.get(name, ()) if e.is_definition), None)
        dotted = surface.source(name)
        if dotted is None and not surface.binds(name):
            stars = (star for star in surface.stars if self.today.brings(star, name).has is Has.YES)
            dotted = next((f"{star}.{name}" for star in stars), None)
            if dotted is None and (unknown := self._perhaps_from(surface, name)):
                return Origin(perhaps_from=unknown)
        if dotted is None and (unclear := surface.why_unclear(name)):
            return Origin(unclear=unclear)
        if dotted is None:
            homes = dict.fromkeys(export.module for export in target.redirect.exports)
            near = tuple(f"{home}.{name}" for home in self.homes.defining(homes, name) if home != other_than)
            others = sorted(self._elsewhere.get(name, ()), key=lambda other: -_shared(other, target.module))
            found = tuple(dict.fromkeys((*near, *others)))
            found = tuple(each for each in found if each != f"{target.module}.{name}" and self._is_there(each))
            return Origin(line=own.line if own is not None else 0, namesakes=found)
        if name in target.redirect.drop:
            return Origin(dotted, problem=f"the plan has it in {target.key}.drop")
        return self._taken(target, dotted)

    def _is_there(self, dotted: str) -> bool:
        """Can an object be imported, and does not only a stub speak of it?"""
        return not self.homes.has(*dotted.rpartition(".")[::2]).is_missing

    def _perhaps_from(self, surface: Surface, name: str) -> str:
        """A module out of sight that the name may come from by a star import."""
        stars = (star for star in surface.stars if self.today.brings(star, name).has is Has.UNCHECKED)
        return next(stars, "")

    def _taken(self, target: Target, dotted: str) -> Origin:
        """What an old module takes from elsewhere, as the redirect would have to."""
        module, name = self.homes.split(dotted)
        for redirect in self.plan.redirects:
            if redirect.module == module:
                export = next((e for e in redirect.exports if e.bound == name), None)
                if export is None:
                    problem = f"{module} becomes a redirect without {name}, too"
                    return Origin(dotted, problem=problem)
                module, name = export.module, export.name
        if not module or "." in name or module == target.module:
            answer = self.homes.has(*dotted.rpartition(".")[::2]) if "." in name else None
            reason = answer.reason if answer is not None and answer.is_missing else f"{dotted} is no object of a module"
            return Origin(dotted, problem=reason)
        answer = self.homes.has(module, name)
        if answer.is_missing:
            return Origin(f"{module}.{name}", problem=answer.reason)
        return Origin(f"{module}.{name}", problem=self._circle(target, module, name))

    def _circle(self, target: Target, module: str, name: str) -> str:
        """Why an export from a module would load the redirect again; empty where it does not."""
        if module not in self.homes.redirects and not self.homes.path(module):
            return ""
        exported = target.redirect.exports[0].model_copy(update={"module": module, "name": name, "asname": None})
        circle = self.circles.of(target.redirect.model_copy(update={"exports": (exported,)}), anywhere=False)
        if circle is None:
            return ""
        return "that would load the redirect again: " + ", ".join(map(str, circle.edges))

    # --- definitions

    def _named(self, target: Target, entry: Entry, missing: Mapping[str, Sequence[Use]]) -> list[Use]:
        """What takes or names a definition, by star imports as well; a place may be in it twice."""
        named = [use for use in self.uses if use.module == target.module and use.name == entry.name]
        return [*named, *missing.get(entry.name, ())]

    def _look_at_definitions(self, target: Target, lost: Sequence[tuple[Entry, Sequence[Use]]]) -> None:
        for entry, named in lost:
            mentioned = self._mentioned.get((target.module, entry.name), "")
            if not named and not mentioned:
                self._unused.append(Unused(target.phase, target.index, target.module, entry.name))
            others = (each for each in self._elsewhere.get(entry.name, ()) if each != f"{target.module}.{entry.name}")
            elsewhere = [each for each in others if self._is_there(each)]
            message = (
                f"{entry.name} is defined only in this file, which becomes a redirect without it, and "
                f"{advice.users(named, mentioned)}; "
                + (advice.compare(elsewhere) if elsewhere else "move its definition to a module that stays")
                + (advice.then(elsewhere) if named or mentioned else f', or write drop = ["{entry.name}"]')
            )
            subject = f"{target.module}:{entry.name}"
            self._report(target.phase, target.path, entry.line, 0, "lost-definition", subject, message)

    def _lost(self, target: Target, missing: Mapping[str, object]) -> Iterator[Entry]:
        """Public definitions of the file that nothing else has, and private ones that others use."""
        definitions = {entry.name: entry for entry in target.surface.definitions}
        for name in missing:
            own = next((e for e in target.surface.entries.get(name, ()) if e.is_definition), None)
            if own is not None:
                definitions.setdefault(name, own)
        homes = dict.fromkeys(export.module for export in target.redirect.exports)
        for name, entry in sorted(definitions.items(), key=lambda item: item[1].line):
            is_kept = name in target.exports or name in target.redirect.drop
            is_moved = self._moves.home(f"{target.module}.{name}") is not None and name not in missing
            if not (is_kept or is_moved or self.homes.defining(homes, name)):
                yield entry

    # --- strings

    def _look_at_strings(self, target: Target) -> None:
        for use in self.uses:
            if use.module != target.module:
                continue
            is_gone = self._is_gone(target, use.name, use)
            if use.kind == "patch" and use.is_path and not is_gone:
                continue  # a member of an object, or a name of a module inside: the redirect hands out that very one
            if use.kind == "patch":
                what = (
                    f"and fails, as the redirect has no {use.name}" if is_gone and (use.is_path or not use.hidden_by)
                    else "and no longer reaches the code under test"
                )  # fmt: skip
                message = (
                    f"this patch aims at {use.name} in {target.module}, which becomes a redirect, {what}; "
                    "patch the module that uses the name"
                )
                self._report_use(target, use, "shim-patch", message)
            elif use.kind == "assign":
                message = (
                    f"this sets {use.name} in {target.module}, which becomes a redirect, and no longer reaches the "
                    "code that uses it; set it in the module that does"
                )
                self._report_use(target, use, "shim-patch", message)
            elif use.kind == "path" and is_gone:
                message = (
                    f"this string looks up {use.name} in {target.module}, which becomes a redirect without it; "
                    "change it by hand"
                )
                self._report_use(target, use, "string-reference", message)

    def _report_use(self, target: Target, use: Use, code: str, message: str) -> None:
        subject = f"{target.module}:{use.name}"
        self._report(target.phase, use.path, use.line, use.column, code, subject, message, use.last_line)

    def _report(
        self, phase: int, path: str, line: int, column: int, code: str, subject: str, message: str, last: int = 0
    ) -> None:
        self._findings.append(Finding(phase, path, line, column, code, subject, message, last))


def _shared(dotted: str, module: str) -> int:
    """How many packages two dotted paths have in common: what is near is more likely meant."""
    pairs = zip(dotted.split("."), module.split("."), strict=False)
    return next((depth for depth, (one, other) in enumerate(pairs) if one != other), len(dotted))
