from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.profiled import LOADING, OTHER, UNREAD, kind_of, seconds_of, table


@pytest.mark.parametrize(
    ("stack", "kind"),
    [
        pytest.param(["process 7 "], UNREAD, id="nothing"),
        pytest.param(["main /x/migrate/cli.py"], OTHER, id="of none"),
        pytest.param(["_find_and_load <frozen importlib._bootstrap>", "<module> /x/migrate/locate/sites.py"], LOADING, id="an import"),
        pytest.param(["transform_file /x/migrate/transform.py", "parse /lib/ast.py", "parse_module /x/migrate/source.py"], "parsing", id="parsing"),
        pytest.param(["_verify /x/migrate/transform.py", "parse_module /x/migrate/source.py"], "parsing", id="the innermost counts"),
        pytest.param(["locate /x/migrate/locating.py", "names /x/migrate/locate/decisions.py"], "locating", id="locating"),
    ],
)  # fmt: skip
def test_kinds(stack: list[str], kind: str) -> None:
    assert kind_of(stack) == kind


def test_all_processes_count() -> None:
    frames = [{"name": "parse_module", "file": "/x/source.py"}, {"name": "main", "file": "/x/cli.py"}]
    profile = {"samples": [[1, 0], [1]], "weights": [0.5, 0.25]}
    found = seconds_of({"shared": {"frames": frames}, "profiles": [profile, profile]})
    assert found == {"parsing": 1.0, OTHER: 0.5}


def test_table() -> None:
    before, now = Counter(parsing=2.0, locating=1.0), Counter(parsing=0.5)
    assert [*table({"before": [before, before], "now": [now]})] == [
        "| | before | now |",
        "| --- | ---: | ---: |",
        "| parsing | 2000 | 500 |",
        "| locating | 1000 | 0 |",
        "| all, in ms | 3000 | 500 |",
    ]
