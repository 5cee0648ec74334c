"""A target whose pytest starts without our own plugins and options."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty target; the pytest inside it starts without our plugins and options."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    target = tmp_path / "target"
    target.mkdir()
    (target / "pytest.ini").write_text("[pytest]\n")
    return target
