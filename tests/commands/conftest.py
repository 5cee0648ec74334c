"""Fixtures: the sample repository, by way of `make_repository` of the folder above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sample import FILES, MakeSample, Sample


@pytest.fixture
def make_sample(make_repository: Callable[[Mapping[str, Any]], Any]) -> MakeSample:
    """Make a sample repository: its usual files, and `files` besides; None leaves one out."""

    def make(files: Mapping[str, str | bytes | None] | None = None) -> Sample:
        wanted = {path: content for path, content in {**FILES, **(files or {})}.items() if content is not None}
        root: Path = make_repository(wanted).root
        return Sample(root)

    return make


@pytest.fixture
def sample(make_sample: MakeSample) -> Sample:
    """A sample repository of its own."""
    return make_sample()
