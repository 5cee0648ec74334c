"""Annotations for GitHub of what a command has found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migrate.console import Voice
from migrate.findings import Finding, errors_first
from migrate.github import annotation_of
from migrate.guarding.seen import see
from migrate.source import Source
from migrate.tree import Tree
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
