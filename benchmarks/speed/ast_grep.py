"""Rules that tell ast-grep of a plan, as well as it can be told without knowing whose name a name is.

JSON is YAML, so each rule is a document of its own: https://ast-grep.github.io/reference/yaml.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from benchmarks.speed.task import Call, Move, Task

_PATCHERS = "(patch|setattr|import_module)$"


def rules(task: Task, phase: int) -> str:
    """A rule file for one phase."""
    parts = [_of_move(m) for m in task.moves] if phase == 3 else [_of_call(c) for c in task.calls]
    documents = [
        {"id": f"{part}-{number}", "language": "python", **rule}
        for part, found in enumerate(parts)
        for number, rule in enumerate(found)
    ]
    return "\n---\n".join(json.dumps(document, indent=1) for document in documents) + "\n"


def _of_move(move: Move) -> Iterator[dict[str, Any]]:
    """The imports of an object, with whatever else they import; its dotted name; the string of a patch."""
    name = f"^{re.escape(move.old_name)}$"
    plain, aliased = {"kind": "dotted_name"}, {"kind": "aliased_import"}
    is_it, is_it_aliased = {"regex": name}, {"has": {"field": "name", "regex": name}}
    new = f"from {move.new_module} import {move.new_name}"
    renamed = "" if move.new_name == move.old_name else f" as {move.old_name}"
    others = {"any": [{**plain, "not": is_it}, {**aliased, "not": is_it_aliased}]}
    with_alias = {"context": f"from x import {move.old_name} as $NAME", "selector": "aliased_import"}
    rewriters = [
        {"id": "moved", "rule": {**plain, **is_it}, "fix": new + renamed},
        {"id": "with-alias", "rule": {"pattern": with_alias}, "fix": f"{new} as $NAME"},
        {
            "id": "other",
            "rule": {"all": [{"pattern": "$OTHER"}, others]},
            "fix": f"from {move.old_module} import $OTHER",
        },
    ]
    lines = {"rewriters": [each["id"] for each in rewriters], "source": "$$$NAMES", "joinBy": "; "}
    yield {
        "rule": {
            "kind": "import_from_statement",
            "pattern": f"from {move.old_module} import $$$NAMES",
            "has": {"any": [{**plain, **is_it}, {**aliased, **is_it_aliased}]},
        },
        "rewriters": rewriters,
        "transform": {"LINES": {"rewrite": lines}},
        "fix": "$LINES",
    }
    dotted = f"{move.new_module}.{move.new_name}"
    yield {"rule": {"pattern": f"{move.old_module}.{move.old_name}"}, "fix": dotted}
    yield {
        "rule": {
            "kind": "string_content",
            "regex": f"^{re.escape(f'{move.old_module}.{move.old_name}')}$",
            "inside": {
                "kind": "string",
                "inside": {
                    "kind": "argument_list",
                    "inside": {"kind": "call", "has": {"field": "function", "regex": _PATCHERS}},
                },
            },
        },
        "fix": dotted,
    }


def _of_call(call: Call) -> Iterator[dict[str, Any]]:
    for old, new in call.rename.items():
        absent = [_has_keyword(new)]
        added = [f"{name}={value}" for name, value in call.add.items()]
        complete = {"any": [*map(_has_keyword, call.add), {"has": {"kind": "dictionary_splat"}}]} if added else None
        if complete is None:
            yield {"rule": _keyword(call, old, absent, []), "fix": f"{new}=$VALUE"}
            continue
        yield {"rule": _keyword(call, old, [*absent, complete], []), "fix": ", ".join([f"{new}=$VALUE", *added])}
        yield {"rule": _keyword(call, old, absent, [complete]), "fix": f"{new}=$VALUE"}


def _keyword(call: Call, name: str, without: list[Any], having: list[Any]) -> dict[str, Any]:
    """A keyword argument of the callee, by the argument list that it stands in."""
    return {
        "pattern": {"context": f"f({name}=$VALUE)", "selector": "keyword_argument"},
        "inside": {
            "kind": "argument_list",
            "all": [*having, *({"not": rule} for rule in without)],
            "inside": {"kind": "call", "has": {"field": "function", "regex": rf"(^|\.){re.escape(call.name)}$"}},
        },
    }


def _has_keyword(name: str) -> dict[str, Any]:
    return {"has": {"kind": "keyword_argument", "has": {"field": "name", "regex": f"^{re.escape(name)}$"}}}
