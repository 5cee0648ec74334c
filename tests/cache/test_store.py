"""The folder of answers: what is written is read, what is too old goes, and nothing that goes wrong is an error."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from migrate.cache import store as store_module
from migrate.cache.entries import Entry
from migrate.cache.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def store(folder: Path) -> Store:
    store = Store(folder, most=1000)
    assert store.stamp() is not None
    return store


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_read(store: Store, folder: Path) -> None:
    assert store.read("a") is None
    store.write("a", b"1")
    store.write("a", b"2")
    store.write("b", b"3")
    assert (store.read("a"), store.read("b")) == (b"2", b"3")
    assert _names(folder) == ["a", "b"]


def test_what_was_not_used_for_longest_goes(store: Store, folder: Path) -> None:
    for number, name in enumerate("abcde"):
        store.write(name, b"x" * 200)
        os.utime(folder / name, (number, number))
    assert _names(folder) == ["a", "b", "c", "d", "e"]
    assert store.read("a") == b"x" * 200  # and is used by that
    store.write("f", b"x" * 100)
    assert _names(folder) == ["a", "c", "d", "e", "f"]


def test_reading_again_soon_writes_nothing(store: Store, folder: Path) -> None:
    store.write("a", b"1")
    soon = time.time() - 60
    os.utime(folder / "a", (soon, soon))
    store.read("a")
    assert (folder / "a").stat().st_mtime == pytest.approx(soon)


def test_what_would_push_out_all_others_is_not_kept(store: Store, folder: Path) -> None:
    store.write("a", b"x" * 251)
    assert _names(folder) == []


def test_what_a_killed_process_has_left_goes(store: Store, folder: Path) -> None:
    for name in (".old.1.tmp", ".new.2.tmp", f".a.{os.getpid()}.tmp", f".{os.getpid()}.tmp"):
        (folder / name).write_bytes(b"half")
    os.utime(folder / ".old.1.tmp", (1, 1))
    assert store.stamp() is not None
    store.write("a", b"1")
    assert _names(folder) == [".new.2.tmp", "a"]
    assert store.read("a") == b"1"


def test_links_are_not_followed(store: Store, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"mine")
    (folder / "a").symlink_to(tmp_path / "elsewhere")
    assert store.read("a") is None
    store.write("a", b"1")
    assert (tmp_path / "elsewhere").read_bytes() == b"mine"
    assert store.read("a") == b"1"


def test_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = Store(tmp_path / "file/cache")
    assert store.stamp() is None
    store.write("a", b"1")
    assert store.read("a") is None


def test_an_interrupt_leaves_nothing_behind(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write("a", b"1")
    assert _names(folder) == []


def test_the_stamp_is_the_time_of_the_file_system(store: Store, folder: Path) -> None:
    stamp = store.stamp()
    assert stamp is not None
    (folder / "later").write_bytes(b"")
    about = (folder / "later").stat()
    assert (stamp[0] <= about.st_ctime_ns, stamp[1]) == (True, about.st_dev)
    assert about.st_ctime_ns - stamp[0] < 10**9


def test_many_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers see the whole of what one writer has written, or nothing."""
    store = Store(folder, most=100_000)
    store.stamp()
    numbers = iter(range(10**6))
    monkeypatch.setattr(store_module.os, "getpid", lambda: next(numbers))  # threads as processes

    def work(number: int) -> None:
        for round_ in range(40):
            key = str((number + round_) % 5)
            store.write(key, key.encode() * 10_000)
            content = store.read(str(round_ % 5))
            assert content in (None, str(round_ % 5).encode() * 10_000)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert _names(folder) == ["0", "1", "2", "3", "4"]


ENTRIES = [
    pytest.param(Entry(), id="empty"),
    pytest.param(
        Entry({"phase1": {"files": 1}}, {("path", "a\udcff\n.py"): "-", ("below", "b"): "\udce9"}), id="any bytes"
    ),
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_entries_are_read_as_they_were(entry: Entry) -> None:
    assert Entry.from_bytes(entry.to_bytes()) == entry
