"""What has to become of a tree: the places that each phase must change, and into what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Site:
    """Whole lines of one file, from `line` to `end_line`, counted from 1; `after` is the text that they become.

    `form` says in a few words how the site is written. One that must stay has its own text as `after`.
    """

    phase: int
    form: str
    line: int
    end_line: int
    after: str
    stays: bool = False


@dataclass(frozen=True)
class Truth:
    """The sites of a tree by path, each file's by rising line; every other line of the tree must stay.

    Attributes:
        apart: paths that are nobody's users: the modules of the plan itself.
        named: dotted paths of the objects that each phase is about, old and new ones.
        source: where the answer comes from, in a sentence for the page.
    """

    sites: Mapping[str, Sequence[Site]]
    apart: frozenset[str] = frozenset()
    named: Mapping[int, frozenset[str]] = field(default_factory=dict)
    source: str = ""
    counted: Mapping[int, int] = field(init=False)

    def __post_init__(self) -> None:
        found = {phase: sum(1 for _ in self._to_change(phase)) for phase in (3, 4)}
        object.__setattr__(self, "counted", found)

    def _to_change(self, phase: int) -> Iterable[Site]:
        return (s for sites in self.sites.values() for s in sites if s.phase == phase and not s.stays)

    def of(self, path: str, phase: int) -> list[Site]:
        """The sites of one file that a phase must change."""
        return [site for site in self.sites.get(path, ()) if site.phase == phase and not site.stays]

    def paths(self, phase: int) -> set[str]:
        """The files that a phase must change."""
        return {path for path in self.sites if self.of(path, phase)}

    def objects(self, phase: int) -> frozenset[str]:
        """The dotted paths that a phase is about."""
        return self.named.get(phase, frozenset())

    def expected(self, path: str, phase: int, before: bytes) -> bytes:
        """What a phase has to make of one file."""
        return replaced(before, self.of(path, phase))

    def write(self, file: Path) -> None:
        """Keep it as JSON."""
        sites = {path: [asdict(site) for site in of_file] for path, of_file in self.sites.items()}
        named = {str(phase): sorted(names) for phase, names in self.named.items()}
        document = {"sites": sites, "apart": sorted(self.apart), "named": named, "source": self.source}
        file.write_text(json.dumps(document, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Truth:
        """What `write` has kept."""
        data = json.loads(file.read_text(encoding="utf-8"))
        sites = {path: [Site(**site) for site in of_file] for path, of_file in data["sites"].items()}
        named = {int(phase): frozenset(names) for phase, names in data["named"].items()}
        return cls(sites, frozenset(data["apart"]), named, data["source"])


def lines_of(content: bytes) -> list[bytes]:
    """A file's lines with their ends; only line feeds end one."""
    return content.splitlines(keepends=True) if b"\r" not in content and b"\f" not in content else _split(content)


def _split(content: bytes) -> list[bytes]:
    lines = [part + b"\n" for part in content.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def replaced(before: bytes, sites: Iterable[Site]) -> bytes:
    """The bytes of a file with the lines of `sites` replaced; a last line without an end keeps none."""
    lines = lines_of(before)
    for site in sorted(sites, key=lambda site: site.line, reverse=True):
        new = site.after.encode("utf-8", "surrogateescape")
        if site.end_line == len(lines) and not before.endswith(b"\n"):
            new = new.removesuffix(b"\n")
        lines[site.line - 1 : site.end_line] = [new]
    return b"".join(lines)
