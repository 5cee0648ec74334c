"""Fixtures: the sample repository, by way of `make_repository` of the folder above."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from repositories import MakeRepository, new_root
from sample import FILES, MakeSample, Sample


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[object], Path]:
    """Where the sample that is prepared in one way is kept; not there yet for a way that is new."""
    folder, ways = tmp_path_factory.mktemp("prepared"), dict[object, int]()
    return lambda way: folder / str(ways.setdefault(way, len(ways)))


@pytest.fixture
def make_sample(make_repository: MakeRepository, prepared: Callable[[object], Path], tmp_path: Path) -> MakeSample:
    """Make a sample repository: its usual files, and `files` besides; None leaves one out.

    What `prepare` does to it is done once: each test has a copy of its own of what that makes.
    """

    def make(
        files: Mapping[str, str | bytes | None] | None = None, prepare: Callable[[Sample], object] | None = None
    ) -> Sample:
        wanted = {path: content for path, content in {**FILES, **(files or {})}.items() if content is not None}
        if prepare is None:
            return Sample(make_repository(wanted).root)
        kept = prepared((prepare, tuple(wanted.items())))
        if not kept.exists():
            made = Sample(make_repository(wanted).root)
            prepare(made)
            made.root.rename(kept)
        sample = Sample(new_root(tmp_path))
        subprocess.run(["cp", "-a", str(kept), str(sample.root)], check=True)
        subprocess.run(["git", "update-index", "-q", "--refresh"], cwd=sample.root, check=False)  # inodes are new ones
        return sample

    return make


@pytest.fixture
def sample(make_sample: MakeSample) -> Sample:
    """A sample repository of its own."""
    return make_sample()
