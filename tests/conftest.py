"""Fixtures: small real git repositories, out of reach of the developer's own git configuration."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from clusters import Loopback
from examples import examples
from hypothesis import settings
from repositories import MakeRepository, Repository, new_root
from xdist.scheduler import LoadScopeScheduling

# Started in the background or under nohup, these are ignored, here and in every process started from here.
for _number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)

settings.register_profile("tests", deadline=None, max_examples=examples(60))
settings.load_profile("tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In random order, but that the long ones come first: the last one of a run should not keep one worker alone."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


_TOGETHER = {
    "tests/foresight/test_differential.py": "differential",
    "tests/benchmarks/test_generated.py": "generated",
    "tests/executors/test_cluster.py": "cluster",
    "tests/commands/test_on_cluster.py": "cluster",
}
"""Tests that share what takes long to make: one worker runs all of them, so that it is made once."""


class _Together(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _TOGETHER.get(nodeid.partition("::")[0], nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """As `--dist load`, test by test, but for some."""
    return _Together(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Coverage is off where a marker says so: it doubles the time of Python code, and takes 0.1 s of each process."""
    unmeasured = item.get_closest_marker("unmeasured") is not None
    # not `Coverage.stop`: a worker has a second one, which would go on with the first one's work
    tracer = sys.gettrace()
    with pytest.MonkeyPatch.context() as patch:
        if unmeasured or item.get_closest_marker("processes_unmeasured"):
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        if unmeasured:
            sys.settrace(None)
        try:
            return (yield)
        finally:
            if unmeasured:
                sys.settrace(tracer)


@pytest.fixture(scope="session")
def git_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `git init` copies: who commits, and no examples of hooks; the tests' git does not tidy in the background."""
    template = tmp_path_factory.mktemp("template")
    for folder in ("hooks", "info"):
        (template / folder).mkdir()
    config = "[user]\n\tname = Dev\n\temail = dev@example.org\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
    (template / "config").write_text(config)
    return template


@pytest.fixture
def make_repository(tmp_path: Path, git_template: Path, monkeypatch: pytest.MonkeyPatch) -> MakeRepository:
    """Make a repository of path -> content, everything committed."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))

    def make(files: Mapping[str, str | bytes]) -> Repository:
        root = new_root(tmp_path)
        root.mkdir()
        repository = Repository(root)
        repository.git("init", "--quiet", "--initial-branch=main", f"--template={git_template}")
        repository.write(files)
        repository.commit()
        return repository

    return make


@pytest.fixture(scope="session")
def _loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    made = Loopback(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()


@pytest.fixture
def cluster(_loopback: Loopback) -> Loopback:
    """A Dask cluster with two workers."""
    _loopback.have(2)
    return _loopback
