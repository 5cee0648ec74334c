"""Annotations for GitHub of what a command has found, and of checks that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migrate.console import Voice
from migrate.findings import Finding, Severity, errors_first
from migrate.github import Annotation, annotation_of
from migrate.guarding.seen import see
from migrate.source import Source
from migrate.tree import Tree
from migrate.validation.places import places
from migrate.validation.results import CheckResult
from rollback.git import Git


def annotate_findings(voice: Voice, findings: Sequence[Finding], git: Git, fails: Callable[[Finding], bool]) -> None:
    """The findings as GitHub's workflow commands, all of them, errors first.

    Args:
        git: of the tree that they are about, as it is.
        fails: whether a finding is a reason for the command to fail; the others are warnings.
    """
    tree = Tree(git)
    for finding in errors_first(findings):
        seen = see(finding, Source(tree.read_if_there(finding.path) or b""))
        voice.say(str(annotation_of(seen, git.prefix, fails=fails(finding))))


def annotate_check(voice: Voice, result: CheckResult, git: Git, folder: str = ".") -> None:
    """A check that was run and failed, at the place that it names; one that is not required is a warning.

    Args:
        folder: where it ran, relative to the root.
    """
    if result.passed or result.ended == "not-run":
        return
    level: Severity = "error" if result.blocks else "warning"
    path, line = _place_of(result, git, folder)
    voice.say(str(Annotation(level, result.name, result.message, path and git.prefix + path, line)))


def _place_of(result: CheckResult, git: Git, folder: str) -> tuple[str, int]:
    """The first failed test's, as it is what the message tells, or the last place that the output ends with.

    Only what git tracks is shown, and nobody mends a library; so others are passed over.

    Returns:
        Path relative to the root, and line, or 0 for none; "" and 0 for no place.
    """
    named = [(test.path, test.line) for test in result.failed_tests[:1]]
    named += reversed(list(places(result.tail, git.root, folder)))
    named.sort(key=lambda place: not place[1])  # a line tells more than a file
    tracked = git.tracked()
    return next((place for place in named if place[0] in tracked), ("", 0))
