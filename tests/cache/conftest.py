"""Fixtures: a repository to ask, by way of `make_repository` of the folder above."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import MakeRepository, Repository
from shop import FILES, fill


@pytest.fixture
def shop(make_repository: MakeRepository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Of its own, with nothing kept about it."""
    monkeypatch.delenv("MIGRATE_NO_CACHE", raising=False)
    repository = make_repository(FILES)
    fill(repository)
    return repository


@pytest.fixture
def root(shop: Repository) -> Path:
    return shop.root
