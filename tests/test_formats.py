"""formats.py: `--format` and `--json` together."""

from __future__ import annotations

import pytest

from migrate.errors import UsageError
from migrate.formats import Format, PhaseFormat, read_format


@pytest.mark.parametrize(
    ("format", "json", "expected"),
    [
        pytest.param(None, False, Format.TEXT, id="neither"),
        pytest.param(None, True, Format.JSON, id="json"),
        pytest.param(PhaseFormat.JSON, True, Format.JSON, id="json twice"),
        pytest.param(PhaseFormat.TEXT, False, Format.TEXT, id="text"),
        pytest.param(PhaseFormat.GITHUB, False, Format.GITHUB, id="github"),
        pytest.param(Format.SARIF, False, Format.SARIF, id="sarif"),
    ],
)
def test_one_format(format: Format | PhaseFormat | None, json: bool, expected: Format) -> None:
    assert read_format("phase3", format, json=json) is expected


@pytest.mark.parametrize("format", [PhaseFormat.TEXT, PhaseFormat.GITHUB, Format.TEXT, Format.SARIF])
def test_two_formats_contradict_each_other(format: Format | PhaseFormat) -> None:
    with pytest.raises(UsageError, match=f"phase3: --json and --format {format.value}; leave out one of them"):
        read_format("phase3", format, json=True)


def test_which_are_documents() -> None:
    assert [format for format in Format if format.is_document] == [Format.JSON, Format.SARIF]


def test_a_phase_has_the_formats_of_all_but_the_log_for_code_scanning() -> None:
    assert {*PhaseFormat} == {*Format} - {Format.SARIF}
