"""guarding/baseline.py: known findings are told from new ones, and the file is the same for the same findings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from guarded import at_path, seen_at
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import Exit
from migrate.guarding.baseline import (
    BaselineError,
    Compared,
    Key,
    baseline_text,
    compare,
    read_baseline,
    write_baseline,
)
from migrate.guarding.seen import Seen

CART = seen_at()
TILL = seen_at("from shop.till import Till\n", subject="shop.till:Till")
CALL = seen_at("x = 1\nBasket(metadata=1)\n", 2, code="deprecated-keyword", subject="shop.basket:Basket")
EMPTY = b'{\n  "schema": 1,\n  "plan": "basket",\n  "findings": []\n}\n'


def baseline_of(*seen: Seen, folder: Path) -> Mapping[Key, int]:
    """What is read of the file that is written for these."""
    file = folder / "baseline.json"
    write_baseline(file, baseline_text(seen, "basket"), file.parent)
    return read_baseline(file, "basket")


def against(
    baseline: Mapping[Key, int], *seen: Seen, looked_at: Sequence[str] | None = None, gone: Sequence[str] = ()
) -> Compared:
    """Compare with a baseline; of all paths unless told otherwise."""
    return compare(
        seen,
        baseline,
        is_looked_at=lambda path: looked_at is None or path in looked_at,
        is_gone=lambda path: path in gone,
    )


def test_nothing_found_is_an_empty_list(tmp_path: Path) -> None:
    assert baseline_text([], "basket") == EMPTY
    assert baseline_of(folder=tmp_path) == {}
    assert against({}) == Compared((), (), 0)


def test_each_kind_of_finding_has_a_line() -> None:
    text = baseline_text([CALL, CART, CART, TILL], "basket").decode()
    assert text.splitlines()[3:] == [
        '  "findings": [',
        '    {"path": "app/page.py", "code": "deprecated-import", "subject": "shop.cart:Cart", "text": "from shop.cart import Cart", "count": 2},',
        '    {"path": "app/page.py", "code": "deprecated-import", "subject": "shop.till:Till", "text": "from shop.till import Till", "count": 1},',
        '    {"path": "app/page.py", "code": "deprecated-keyword", "subject": "shop.basket:Basket", "text": "Basket(metadata=1)", "count": 1}',
        "  ]",
        "}",
    ]
    assert json.loads(text)["findings"][0]["count"] == 2


@given(st.permutations([CART, CART, TILL, CALL, at_path(CART, "a.py"), at_path(CALL, "ü.py")]))
def test_the_bytes_do_not_depend_on_the_order(seen: list[Seen]) -> None:
    assert baseline_text(seen, "basket") == baseline_text(sorted(seen, key=lambda each: each.finding.order), "basket")


@given(st.text(), st.text(), st.integers(1, 3))
def test_what_is_written_is_read(path: str, content: str, number: int) -> None:
    seen = seen_at(content.encode("utf-8", "surrogatepass"), path=path)
    document = json.loads(baseline_text([seen] * number, "basket"))
    (entry,) = document["findings"]
    assert entry == {**Key.of(seen)._asdict(), "count": number}


@pytest.mark.parametrize(
    "now",
    [
        pytest.param([CART, CALL], id="as they were"),
        pytest.param([CALL, CART], id="in another order"),
        pytest.param([seen_at("import os\n\nfrom shop.cart import Cart\n", 3), CALL], id="lines above"),
        pytest.param([seen_at("if x:\n\tfrom shop.cart   import Cart\r\n", 2, 1), CALL], id="other blanks"),
        pytest.param([seen_at(message="still imports it; in other words"), CALL], id="another message"),
    ],
)
def test_known_findings_are_known(now: list[Seen], tmp_path: Path) -> None:
    found = against(baseline_of(CART, CALL, folder=tmp_path), *now)
    assert (found.new, len(found.known), found.gone) == ((), 2, 0)
    assert list(found.known) == sorted(now, key=lambda each: each.finding.order)


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(TILL, id="another object"),
        pytest.param(at_path(CART, "app/other.py"), id="in another file"),
        pytest.param(seen_at(code="redirect-import"), id="of another code"),
        pytest.param(seen_at("from shop.cart import Cart as Basket\n"), id="on another line"),
        pytest.param(CART, id="the same line once more"),
    ],
)
def test_a_new_finding_is_new(new: Seen, tmp_path: Path) -> None:
    found = against(baseline_of(CART, folder=tmp_path), CART, new)
    assert (found.new, found.known, found.gone) == ((new,), (CART,), 0)


def test_of_findings_that_look_the_same_the_last_ones_are_new(tmp_path: Path) -> None:
    content = "from shop.cart import Cart\n" * 5
    seen = [seen_at(content, line) for line in range(1, 6)]
    found = against(baseline_of(*seen[:3], folder=tmp_path), *seen)
    assert (found.known, found.new) == (tuple(seen[:3]), tuple(seen[3:]))


def test_what_is_gone_is_counted_where_it_was_looked_for(tmp_path: Path) -> None:
    other = at_path(CART, "app/other.py")
    baseline = baseline_of(CART, CART, CALL, other, folder=tmp_path)
    assert against(baseline, CART).gone == 3
    assert against(baseline, CART, looked_at=["app/page.py"]).gone == 2
    assert against(baseline, looked_at=[]).gone == 0
    assert against(baseline, CART, CART, CART, CALL, other).new == (CART,)


def test_a_line_that_is_long_counts_by_its_beginning(tmp_path: Path) -> None:
    long = seen_at(f"from shop.cart import Cart, {'x' * 10_000}\n")
    baseline = baseline_of(long, folder=tmp_path)
    assert all(len(key.text) == 200 for key in baseline)
    assert against(baseline, long).new == ()


MOVED = at_path(CART, "lib/page.py")


def test_a_number_beyond_all_measure_is_only_a_number() -> None:
    found = compare([MOVED], {Key.of(CART): 10**30}, is_looked_at=lambda _: True, is_gone=lambda _: True)
    assert (found.new, found.gone) == ((), 10**30 - 1)


def test_the_findings_of_a_file_go_with_its_name(tmp_path: Path) -> None:
    baseline = baseline_of(CART, CART, folder=tmp_path)
    found = against(baseline, MOVED, gone=["app/page.py"])
    assert (found.new, found.known, found.gone) == ((), (MOVED,), 1)
    assert against(baseline, MOVED, MOVED, MOVED, gone=["app/page.py"]).new == (MOVED,)
    assert against(baseline, MOVED).new == (MOVED,), "a copy is a new place"
    assert against(baseline, MOVED, gone=["app/other.py"]).new == (MOVED,)


WRONG = "not a baseline of `migrate guard`; name the right file, or remove it and write it anew with --update-baseline"
ENTRY = {"path": "a.py", "code": "deprecated-import", "subject": "m:f", "text": "x", "count": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", WRONG, id="empty"),
        pytest.param(EMPTY[:-5], WRONG, id="cut off"),
        pytest.param(b"<<<<<<< HEAD\n" + EMPTY, WRONG, id="a conflict of git's"),
        pytest.param(b"\xff\xfe", WRONG, id="no text"),
        pytest.param(b"[]", WRONG, id="a list"),
        pytest.param(b"null", WRONG, id="null"),
        pytest.param(b"{}", WRONG, id="an empty object"),
        pytest.param(b"[" * 100_000, WRONG, id="nested deeply"),
        pytest.param(b'{"schema": 1, "plan": "basket", "findings": {"a": 1}}', WRONG, id="findings are no list"),
        pytest.param(b'{"schema": 1, "plan": "basket", "findings": {}}', WRONG, id="findings are no list, and none"),
        pytest.param(
            json.dumps({"schema": 1, "plan": "basket", "findings": [ENTRY, {**ENTRY, "count": 2}]}).encode(), WRONG,
            id="twice the same",
        ),
        pytest.param(b'{"schema": 1, "plan": "basket", "findings": 1}', WRONG, id="findings are a number"),
        *(
            pytest.param(
                json.dumps({"schema": 1, "plan": "basket", "findings": [entry]}).encode(), WRONG, id=f"entry: {entry}"[:40]
            )
            for entry in (None, [], {**ENTRY, "count": 0}, {**ENTRY, "count": True}, {**ENTRY, "count": "1"},
                          {**ENTRY, "path": None}, {**ENTRY, "text": ["x"]}, {"count": 1})
        ),
        pytest.param(
            EMPTY.replace(b"basket", b"other"),
            "the baseline of the plan 'other', this one is 'basket'; name its own, or remove it and write it anew with "
            "--update-baseline",
            id="of another plan",
        ),
        pytest.param(
            b'{"schema": 2, "plan": "basket", "places": []}',
            "a baseline of schema 2, this version reads 1; remove it and write it anew with --update-baseline",
            id="of a later version",
        ),
        pytest.param(
            EMPTY.replace(b": 1", b": true"),
            "a baseline of schema True, this version reads 1; remove it and write it anew with --update-baseline",
            id="no number for a version",
        ),
        pytest.param(
            EMPTY.replace(b": 1", b': "\\u001b[1m"'),
            "a baseline of schema '\\x1b[1m', this version reads 1; remove it and write it anew with --update-baseline",
            id="control characters",
        ),
    ],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    file.write_bytes(content)
    with pytest.raises(BaselineError) as refusal:
        read_baseline(file, "basket")
    assert str(refusal.value) == f"{file}: {said}"
    assert refusal.value.exit_code is Exit.USAGE
    assert file.read_bytes() == content


def test_a_file_that_is_not_there_or_may_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(
        BaselineError, match=r"gone\.json: no such baseline; write it with --baseline .* --update-baseline$"
    ):
        read_baseline(tmp_path / "gone.json", "basket")
    with pytest.raises(BaselineError, match=r"the baseline cannot be read: Is a directory$"):
        read_baseline(tmp_path, "basket")
    with pytest.raises(BaselineError, match=r"/odd\\x1b\.json: no such baseline"):
        read_baseline(tmp_path / "odd\x1b.json", "basket")


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    write_baseline(file, b"old", tmp_path)
    file.chmod(0o640)
    with file.open("rb") as before:
        write_baseline(file, b"newer", tmp_path)
        assert before.read() == b"old", "the old file is not written into"
    assert file.read_bytes() == b"newer"
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["baseline.json"]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("real.json")
    write_baseline(tmp_path / "link.json", EMPTY, tmp_path)
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_bytes() == EMPTY


def test_a_link_out_of_the_working_tree_is_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside.json"
    (root / "inside").mkdir(parents=True)
    (root / "link.json").symlink_to(outside)
    (root / "folder").symlink_to(tmp_path)
    for file in (root / "link.json", root / "folder" / "outside.json"):
        with pytest.raises(BaselineError, match=r"leads out of the working tree by a symbolic link"):
            write_baseline(file, EMPTY, root)
    assert not outside.exists()
    write_baseline(outside, EMPTY, root)  # as it says so itself
    assert outside.read_bytes() == EMPTY


def test_a_file_that_cannot_be_written_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BaselineError, match=r"the baseline cannot be written: No such file or directory$"):
        write_baseline(tmp_path / "folder" / "baseline.json", EMPTY, tmp_path)
    file = tmp_path / "baseline.json"
    file.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(BaselineError, match=r"cannot be written: No space left on device$"):
        write_baseline(file, EMPTY, tmp_path)
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["baseline.json"]
