"""SARIF 2.1.0, as code scanning services read it: https://docs.oasis-open.org/sarif/sarif/v2.1.0/"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from migrate import __version__
from migrate.guarding.baseline import Key
from migrate.guarding.seen import FAILING, Seen
from rollback.errors import escape

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"
FINGERPRINT = "migrateGuard/v1"

RULES: dict[str, tuple[str, str, str]] = {
    "deprecated-import": (
        "An object is imported or used by its old path.",
        "The plan of the migration has moved the object. The old path may be a redirect for now, and goes one day.",
        "Run `migrate phase3`, or change the place by hand. `# migrate: keep` on the line keeps it as it is.",
    ),
    "deprecated-keyword": (
        "A call passes what the callee no longer takes.",
        "The plan of the migration has renamed or removed a keyword, or has made a parameter one that is passed by "
        "name, or has renamed an attribute of an instance.",
        "Run `migrate phase4`, or change the place by hand. `# migrate: keep` on the line keeps it as it is.",
    ),
    "uncertain-keyword": (
        "A call perhaps passes what its callee no longer takes.",
        "The name that is called is something else, too, or the callee is handed to another function together with a "
        "keyword that may be that function's own.",
        "Change the call by hand if the keyword reaches the callee; else write `# migrate: keep` on the line.",
    ),
    "redirect-import": (
        "Something is imported by way of a redirect, and no move of the plan covers it.",
        "The module only passes on what lives elsewhere, so that old imports work for a while.",
        "Import from the new home, or add a move to the plan. `# migrate: keep` on the line keeps it as it is.",
    ),
    "unparseable": (
        "A file that may hold what is deprecated does not parse.",
        "Neither Python's own parser nor fissix reads the file, so nothing in it can be found.",
        "Mend the file, or leave it out with `exclude` in the plan.",
    ),
}
"""For each code what it is, why it matters, and what to do."""


def sarif_log(seen: Sequence[Seen], plan: str, prefix: str, *, strict: bool) -> dict[str, Any]:
    """The log of one run.

    Args:
        plan: its name.
        prefix: the root relative to the working tree's top, with a final "/", or "". Paths are from the top.
    """
    rules = [_rule(code, strict=strict) for code in RULES]
    numbers: Counter[Key] = Counter()
    results = []
    for each in seen:
        key = Key.of(each)
        results.append(_result(each, numbers[key], prefix, strict=strict))
        numbers[key] += 1
    run = {
        "tool": {"driver": {"name": "migrate guard", "semanticVersion": __version__, "rules": rules}},
        "automationDetails": {"id": f"migrate-guard/{plan}/"},
        "invocations": [{"executionSuccessful": True}],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The top folder of the working tree."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}


def failed_log(message: str, exit_code: int) -> dict[str, Any]:
    """The log of a run that came to no results: they are left out, as none would say that all is well.

    Sections 3.14.23 and 3.20.21 of the specification.
    """
    notification = {"level": "error", "message": {"text": _plain(message)}}
    invocation = {
        "executionSuccessful": False,
        "exitCode": exit_code,
        "toolExecutionNotifications": [notification],
    }
    driver = {"name": "migrate guard", "semanticVersion": __version__}
    run = {"tool": {"driver": driver}, "invocations": [invocation]}
    return {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}


def _rule(code: str, *, strict: bool) -> dict[str, Any]:
    short, full, what_to_do = RULES[code]
    return {
        "id": code,
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "help": {"text": what_to_do},
        "defaultConfiguration": {"level": _level(strict or code in FAILING)},
    }


def _result(seen: Seen, number: int, prefix: str, *, strict: bool) -> dict[str, Any]:
    finding = seen.finding
    place = {
        "artifactLocation": {"uri": _uri(prefix + finding.path), "uriBaseId": ROOT},
        "region": {"startLine": finding.line, "startColumn": seen.column},
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": list(RULES).index(finding.code),
        "level": _level(seen.fails(strict=strict)),
        "message": {"text": _plain(finding.message)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {FINGERPRINT: _fingerprint(Key.of(seen), number)},
    }


def _plain(text: str) -> str:
    """A message without placeholders and links: sections 3.11.5 and 3.11.6 of the specification."""
    text = escape(text).replace("\\", "\\\\")
    for literal, written in (("{", "{{"), ("}", "}}"), ("[", "\\["), ("]", "\\]")):
        text = text.replace(literal, written)
    return text


def _level(fails: bool) -> str:
    return "error" if fails else "warning"


def _uri(path: str) -> str:
    """A path as a relative reference; bytes that are no UTF-8 as they are."""
    return quote(os.fsencode(path), safe="/")


def _fingerprint(key: Key, number: int) -> str:
    """The same wherever the line has moved to in its file.

    Args:
        number: how many that look the same come before it.
    """
    return sha256("\0".join((*key, str(number))).encode("utf-8", "surrogateescape")).hexdigest()
