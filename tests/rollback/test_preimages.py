"""Pre-images come back by git checkout, whatever the user's settings say."""

from __future__ import annotations

import os
import sys

import pytest
from trees import ODD_NAMES, Tree

from rollback.preimages import _checked_out


@pytest.mark.skipif(sys.platform == "darwin", reason="names must be UTF-8 there")
def test_git_checkout_alone_finds_every_file(tree: Tree) -> None:
    """What it misses is read from the blobs, which hides a mistake in its options."""
    for path in ODD_NAMES:
        tree.write(path, os.fsencode(path) + b"\r\n")
    tree.git("config", "core.sparseCheckout", "true")
    (tree.root / ".git/info").mkdir(exist_ok=True)
    (tree.root / ".git/info/sparse-checkout").write_text("/elsewhere/\n")
    tree.git("config", "core.autocrlf", "input")
    run = tree.apply(dict.fromkeys(ODD_NAMES, b"new\n"))
    with _checked_out(tree.open(), run, ODD_NAMES) as folder:
        assert {path: (folder / path).read_bytes() for path in ODD_NAMES} == {
            path: os.fsencode(path) + b"\r\n" for path in ODD_NAMES
        }
