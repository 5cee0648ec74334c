"""Hunk by hunk on a real terminal: the letters, an editor, and what is written in the end."""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
import time
import tomllib
from pathlib import Path
from unittest.mock import patch

import pytest
from sample import PLAN, MakeSample, Sample
from terminal import CTRL_C, CTRL_D, Terminal, terminal

from migrate.console import Voice
from migrate.edits import Edit, Span
from migrate.interactive import choose_edits
from migrate.plan import parse_plan
from migrate.preview import FilePreview, Preview
from rollback.git import Git
from rollback.journal import Journal, RunRecord

FIRST = "(1/4) apply this hunk [y,n,a,d,q,j,e,?]? "
NOT_TAKEN = "not taken: "


def redirected(sample: Sample) -> Sample:
    """The sample with its first two phases applied; phase 3 has four hunks in three files, app/second.py first."""
    sample.call("phase1", "--yes")
    sample.call("phase2", "--yes")
    return sample


def editor(sample: Sample, *scripts: str) -> str:
    """An editor that runs one script of sed for each time it is called; with none left it changes nothing."""
    folder = sample.root.parent / "editor"
    folder.mkdir(exist_ok=True)
    for number, script in enumerate(scripts, 1):
        (folder / f"{number}.sed").write_text(script)
    program = folder / "edit"
    program.write_text(
        f"""#!/bin/sh
cd {shlex.quote(str(folder))} || exit 1
times=$(cat times 2>/dev/null || echo 0)
times=$((times + 1))
echo $times >times
cp -- "$1" opened.$times
[ ! -e $times.sed ] || sed -i -f $times.sed -- "$1"
"""
    )
    program.chmod(0o755)
    return str(program)


def opened(sample: Sample, number: int) -> str:
    """What the editor was given when it was called for the nth time."""
    return (sample.root.parent / f"editor/opened.{number}").read_bytes().decode()


def last_run(sample: Sample) -> RunRecord:
    with Journal.open(Git.open(sample.root), create=False) as journal:
        return journal.runs()[-1]


def test_hunk_by_hunk(sample: Sample) -> None:
    """What was accepted before q is applied, and the next run offers the rest."""
    redirected(sample)
    before = sample.state()
    with terminal(sample, "phase3", "--interactive") as person:
        person.answer(FIRST, "?")
        person.expect("q - leave this hunk and all that are undecided; what was accepted is applied\n")
        person.answer(FIRST, "yes")
        person.answer("(2/4) apply this hunk [y,n,a,d,q,j,e,?]? ", "")
        person.answer("(3/4) apply this hunk [y,n,a,d,q,j,e,?]? ", "q")
        assert person.end() == 0
    assert person.text.count("\n+++ b/") == 3
    assert "phase3: applied as run 3: 1 edit in 1 file" in person.text
    assert person.text.endswith("next: migrate phase3\n")
    assert sample.read("app/second.py").startswith(b"# \xc3\xa9\r\nfrom shop.basket import Basket\r\n")
    assert (last_run(sample).partial, dict(last_run(sample).sites)) == (True, {"import": 1})

    with terminal(sample, "phase3", "--interactive") as person:
        person.answer("(1/3) apply this hunk [", "a")
        person.answer("(3/3) apply this hunk [y,n,a,d,q,e,?]? ", "d")
        assert person.end() == 0
    assert b"from shop.cart" not in sample.read("app/main.py")
    assert b"from shop.till" not in sample.read("app/main.py")

    with sample.untouched(), terminal(sample, "phase3", "--interactive") as person:
        person.answer("(1/1) apply this hunk [y,n,a,d,q,e,?]? ", "no")
        assert person.end() == 1
    assert "phase3: no hunk accepted; nothing written\n" in person.text

    assert "phase3: 1 edit in 1 file" in sample.call("phase3", "--dry-run").out
    with terminal(sample, "phase3", "--interactive") as person:
        person.answer("(1/1) apply this hunk [", "y")
        assert person.end() == 0
    assert not last_run(sample).partial
    sample.call("rollback", "phase3", "--yes")
    assert sample.state()["files"] == before["files"]


def test_back_and_forth(sample: Sample) -> None:
    """j leaves a hunk undecided, k goes back; at the end the undecided ones come up again."""
    redirected(sample)
    with terminal(sample, "phase3", "-i") as person:
        person.answer("(1/4) apply this hunk [y,n,a,d,q,j,e,?]? ", "k")  # there is none before it
        person.expect("j - leave this hunk undecided, go to the next undecided one\n")
        assert "k - leave" not in person.text
        person.answer("(1/4) apply this hunk [", "j")
        person.answer("(2/4) apply this hunk [y,n,a,d,q,j,k,e,?]? ", "j")
        person.answer("(3/4) apply this hunk [y,n,a,d,q,j,k,e,?]? ", "k")
        person.answer("(2/4) apply this hunk [", "d")
        person.answer("(4/4) apply this hunk [y,n,a,d,q,k,e,?]? ", "y")
        person.answer("(1/4) apply this hunk [y,n,a,d,q,e,?]? ", "n")
        assert person.end() == 0
    assert sample.git("diff", "--name-only", "-z").split("\0")[:1] == ["app/odd \u00fc.py"]
    assert b"shop.cart" in sample.read("app/main.py") + sample.read("app/second.py")


@pytest.mark.parametrize("keys", [CTRL_D, "q\n"])
def test_the_end_of_input_leaves_the_rest(keys: str, sample: Sample) -> None:
    redirected(sample)
    with terminal(sample, "phase3", "-i") as person:
        person.answer(FIRST, "y")
        person.expect("(2/4) apply this hunk [y,n,a,d,q,j,e,?]? ")
        person.type(keys)
        assert person.end() == 0
    assert "(3/4)" not in person.text
    assert last_run(sample).files == 1


def test_ctrl_c_takes_nothing_of_what_was_accepted(sample: Sample) -> None:
    redirected(sample)
    with sample.nothing_written(), terminal(sample, "phase3", "-i") as person:
        person.answer(FIRST, "y")
        person.expect("(2/4) apply this hunk [")
        time.sleep(0.3)
        person.type(CTRL_C)
        assert person.end() == 130
    assert "interrupted; no file is left half done" in person.text


def test_edited_by_hand(sample: Sample) -> None:
    """A CRLF file with a cookie's worth of UTF-8: the editor sees plain lines, the file keeps its own."""
    redirected(sample)
    program = editor(sample, r"s/^+from shop.basket import .*/&  # the one home\n+extra = 'ü'/")
    with terminal(sample, "phase3", "-i", "--json", GIT_EDITOR=program) as person:
        person.answer(FIRST, "e")
        person.expect("taken as it is now:\n")
        person.expect("+extra = 'ü'\\r\n")
        person.answer("(2/4) apply this hunk [", "q")
        assert person.end() == 0
    assert sample.read("app/second.py") == (
        "# é\r\nfrom shop.basket import Basket  # the one home\r\nextra = 'ü'\r\nBasket(metadata=1)".encode()
    )
    assert opened(sample, 1).startswith(
        "# app/second.py, hunk 1/4\n# How to edit it is said at the end.\n@@ -1,3 +1,3 @@\n # é\n-from "
    )
    assert "\r" not in opened(sample, 1)
    run = last_run(sample)
    assert (run.partial, run.edits, dict(run.sites)) == (True, 1, {"by-hand": 1})
    assert '"kind": "by-hand"' in person.text
    sample.call("rollback", "--yes")
    assert sample.read("app/second.py").endswith(b"\r\nfrom shop.cart import Cart as Basket\r\nBasket(metadata=1)")


def test_only_what_was_edited_by_hand_is_partial(sample: Sample) -> None:
    """As many edits as were offered, one of them another one."""
    redirected(sample)
    with terminal(sample, "phase3", "-i", GIT_EDITOR=editor(sample, "s/^+from.*/&  # by hand/")) as person:
        person.answer(FIRST, "e")
        person.answer("(2/4) apply this hunk [", "a")
        person.answer("(4/4) apply this hunk [", "y")
        assert person.end() == 0
    assert (last_run(sample).partial, dict(last_run(sample).sites)) == (True, {"by-hand": 1, "import": 3})
    assert person.text.endswith("next: migrate phase3\n")


def test_left_as_it_is_in_the_editor(sample: Sample) -> None:
    redirected(sample)
    with terminal(sample, "phase3", "-i", GIT_EDITOR="true") as person:
        person.answer(FIRST, "e")
        person.answer("(2/4) apply this hunk [", "a")
        person.answer("(4/4) apply this hunk [", "y")
        assert person.end() == 0
    assert (last_run(sample).partial, dict(last_run(sample).sites)) == (False, {"import": 4})


def test_what_is_not_taken_is_opened_again(sample: Sample) -> None:
    """Lines that are not new, code that does not compile, nothing: each is said, and asked about again."""
    redirected(sample)
    program = editor(
        sample,
        "s/^ # é/ # e/",
        "s/^+from.*/+from/",
        "s/^+from/+from shop.basket import Basket/",
        "d",
        "s/^+from.*/&, Other/",
    )
    with terminal(sample, "phase3", "-i", GIT_EDITOR=program) as person:
        person.answer(FIRST, "e")
        person.expect(
            f"{NOT_TAKEN}line 4: '# e' is not what the file has there, '# é'; change only lines with '+'; e opens what you wrote again\n"
        )
        person.answer(FIRST, "e")
        person.expect(NOT_TAKEN)
        person.answer(FIRST, "n")
        person.answer("(2/4) apply this hunk [", "q")
        assert person.end() == 1
    assert opened(sample, 1).count("\n # é\n") == 1
    assert opened(sample, 2).startswith("# app/second.py, hunk 1/4\n# not taken: line 4: '# e' is not what")
    assert opened(sample, 2).count("\n # e\n") == 1

    (sample.root.parent / "editor/times").write_text("1\n")
    with terminal(sample, "phase3", "-i", GIT_EDITOR=program) as person:
        person.answer(FIRST, "e")
        person.expect(f"{NOT_TAKEN}line 2 would no longer compile: ")
        person.answer(FIRST, "e")
        person.expect("taken as it is now:\n")
        person.answer("(2/4) apply this hunk [", "e")
        person.expect("no change is left; the hunk is as it was\n")
        person.answer("(2/4) apply this hunk [", "e")
        person.expect("taken as it is now:\n")
        person.answer("(3/4) apply this hunk [", "q")
        assert person.end() == 0
    assert "\n+from\n" in opened(sample, 3)
    assert opened(sample, 5).startswith("# app/main.py, hunk 2/4\n# How to edit it is said at the end.\n")
    assert b"import Basket as Cart, Other\n" in sample.read("app/main.py") or b"checkout, Other\n" in sample.read(
        "app/main.py"
    )


@pytest.mark.parametrize(
    ("program", "why"),
    [
        pytest.param("false", "the editor, 'false', ended with exit code 1", id="fails"),
        pytest.param("no-such-editor", "the editor, 'no-such-editor', was not found; set GIT_EDITOR or `git config core.editor`", id="is not there"),
        pytest.param("false;", "the editor, 'false;', ended with exit code 126", id="is no command"),
        pytest.param("/etc/passwd", "the editor, '/etc/passwd', ended with exit code 126", id="is no program"),
        pytest.param("no-such-editor '-x'", """the editor, "no-such-editor '-x'", was not found; set GIT_EDITOR or `git config core.editor`""", id="is not there for a shell"),
        pytest.param("rm", "the editor, 'rm', left no file to read: No such file or directory", id="deletes the file"),
        pytest.param("kill -TERM $$; :", "the editor, 'kill -TERM $$; :', was ended by SIGTERM", id="is ended"),
    ],
)  # fmt: skip
def test_an_editor_that_fails(program: str, why: str, sample: Sample) -> None:
    with sample.nothing_written(), terminal(sample, "phase1", "-i", GIT_EDITOR=program) as person:
        person.answer("(1/1) apply this hunk [y,n,a,d,q,e,?]? ", "e")
        person.expect(f"{why}; the hunk is as it was\n")
        person.answer("(1/1) apply this hunk [", "n")
        assert person.end() == 1


@pytest.mark.parametrize("source", ["GIT_EDITOR", "core.editor", "VISUAL", "EDITOR"])
def test_the_editor_is_that_of_git(source: str, sample: Sample) -> None:
    """In git's order: each of them before the ones behind it."""
    order = ["GIT_EDITOR", "core.editor", "VISUAL", "EDITOR"]
    program = editor(sample, "s/^+__all__.*/+__all__ = []/")
    for name in order:
        sample.env.pop(name, None)
    env = {name: "false" for name in order[order.index(source) + 1 :] if name != "core.editor"}
    if source == "core.editor":
        sample.git("config", source, program)
    else:
        env[source] = program
        if source == "GIT_EDITOR":
            sample.git("config", "core.editor", "false")
    with terminal(sample, "phase1", "-i", **env) as person:
        person.answer("(1/1) apply this hunk [", "e")
        assert person.end() == 0
    assert sample.read("shop/cart.py").endswith(b"__all__ = []\n")


def test_no_editor_at_all(sample: Sample) -> None:
    for name in ("VISUAL", "EDITOR", "GIT_EDITOR"):
        sample.env.pop(name, None)
    with terminal(sample, "phase1", "-i", TERM="dumb") as person:
        person.answer("(1/1) apply this hunk [", "e")
        person.expect("git var failed with exit code ")
        person.answer("(1/1) apply this hunk [", "q")
        assert person.end() == 1


def wait_for_file(path: Path, person: Terminal) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, person.text
        time.sleep(0.01)


def test_ctrl_c_in_the_editor_ends_the_editor(sample: Sample) -> None:
    """One that it ends comes to nothing, and is none of ours."""
    redirected(sample)
    ready = sample.root.parent / "ready"
    with terminal(sample, "phase3", "-i", GIT_EDITOR=f"touch {ready}; exec sleep 60 #") as person:
        person.answer(FIRST, "e")
        wait_for_file(ready, person)
        time.sleep(0.3)
        person.type(CTRL_C)
        person.expect("was ended by SIGINT; the hunk is as it was\n")
        person.answer(FIRST, "q")
        assert person.end() == 1


@pytest.mark.parametrize("started", ["{}", "HELLO=1 {}"], ids=["on its own", "by a shell"])
def test_an_editor_that_has_its_own_use_for_ctrl_c(started: str, sample: Sample) -> None:
    redirected(sample)
    ready = sample.root.parent / "ready"
    program = sample.root.parent / "handles"
    program.write_text(f"#!/bin/sh\ntrap 'echo handled; exit 0' INT\ntouch {ready}\nwhile :; do sleep 0.1; done\n")
    program.chmod(0o755)
    with terminal(sample, "phase3", "-i", GIT_EDITOR=started.format(program)) as person:
        person.answer(FIRST, "e")
        wait_for_file(ready, person)
        time.sleep(0.3)
        person.type(CTRL_C)
        person.expect("handled\n")
        person.expect("taken as it is now:\n")
        person.expect("(2/4) apply this hunk [")
        time.sleep(0.3)
        person.type(CTRL_C)
        assert person.end() == 130


def test_sigterm_while_the_editor_is_open(sample: Sample) -> None:
    """The editor goes as well, and its file."""
    ready = sample.root.parent / "ready"
    with (
        sample.nothing_written(),
        terminal(sample, "phase1", "-i", GIT_EDITOR=f"echo $$ >{ready}; exec sleep 60 #") as person,
    ):
        person.answer("(1/1) apply this hunk [", "e")
        wait_for_file(ready, person)
        time.sleep(0.3)
        os.kill(person.pid, signal.SIGTERM)
        assert person.end() == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(ready.read_text()), 0)


def test_two_calls_on_one_line(make_sample: MakeSample) -> None:
    """The hunk that is edited has the one that was taken in it; one of the same lines cannot be asked about any more."""
    calls = "from shop.basket import Basket\n\nx = Basket(metadata=1), Basket(metadata=2), Basket(metadata=3)\n"
    sample = make_sample({"app/second.py": None, "app/main.py": None, "app/calls.py": calls})
    redirected(sample)
    program = editor(sample, "s/^+x = .*/+x = Basket(context=1),\\n+y = Basket(context=2), Basket(metadata=3)/")
    with terminal(sample, "phase4", "-i", "--force", GIT_EDITOR=program) as person:
        person.answer("(1/3) apply this hunk [", "y")
        person.answer("(2/3) apply this hunk [", "e")
        person.expect("taken as it is now:\n")
        person.expect("1 other hunk of the same lines cannot be asked about now; the next run does\n")
        assert person.end() == 0
    assert "+x = Basket(context=1), Basket(context=2), Basket(metadata=3)\n" in opened(sample, 1)
    assert sample.read("app/calls.py").endswith(
        b"\nx = Basket(context=1),\ny = Basket(context=2), Basket(metadata=3)\n"
    )
    assert dict(last_run(sample).sites) == {"by-hand": 1}
    assert "phase4: 1 edit in 1 file" in sample.call("phase4", "--dry-run", "--force").out


def test_an_editor_on_a_terminal_while_stdout_is_a_file(sample: Sample) -> None:
    """It draws on the terminal that the questions are on."""
    program = editor(sample)
    Path(program).write_text(Path(program).read_text() + "test -t 0 && test -t 1 && test -t 2 && echo drawn\n")
    out = sample.root.parent / "out.json"
    with terminal(sample, "phase1", "-i", "--json", out=out, GIT_EDITOR=program) as person:
        person.answer("(1/1) apply this hunk [", "e")
        person.expect("drawn\n")
        assert person.end() == 0
    assert '"mode": "applied"' in out.read_text()


def found_in(before: bytes, *edits: Edit) -> Preview:
    plan = parse_plan(tomllib.loads(PLAN), "migrate.toml")
    return Preview(plan, 3, (FilePreview("a.py", before, 0o644, edits),), (), 1, 0, (), 0.0)


def answered(found: Preview, answers: str, edited: bytes = b"") -> Preview:
    with patch.object(sys, "stdin", io.StringIO(answers)):
        return choose_edits(found, Voice(), lambda text: edited or text)


def test_hunks_that_only_work_together(capsys: pytest.CaptureFixture[str]) -> None:
    """Should it ever happen that some hunks of a file do not compile without the others, the file stays."""
    found = found_in(b"(1)\n", Edit(Span(0, 1), b"", "x", 0), Edit(Span(2, 3), b"", "x", 1))
    assert answered(found, "y\nn\n").files == ()
    assert "a.py: left as it is: with just these hunks, " in capsys.readouterr().err
    assert answered(found, "y\ny\n").files == found.files


def test_hunks_that_go_together_are_one_question(capsys: pytest.CaptureFixture[str]) -> None:
    before = b"import a\n" + b"x\n" * 20 + b"f(1)\n"
    found = found_in(before, Edit(Span(9, 9), b"import b\n", "x", 0), Edit(Span(51, 52), b"b", "x", 0))
    assert answered(found, "y\n").files == found.files
    shown = capsys.readouterr()
    assert "(1/1) apply these 2 hunks, which go together [y,n,a,d,q,e,?]?" in shown.out + shown.err


def test_a_file_that_did_not_compile_may_be_edited_into_anything() -> None:
    found = found_in(b"def f(:\nold()\n", Edit(Span(8, 11), b"new", "x", 0))
    chosen = answered(found, "e\n", b"@@\n def f(:\n-old()\n+new(:\n")
    assert [file.after for file in chosen.files] == [b"def f(:\nnew(:\n"]


def test_an_edit_that_takes_back_one_that_was_taken() -> None:
    """The first hunk is part of what is edited as the second one, and has no edit of its own any more."""
    found = found_in(b"a = 1; b = 1\n", Edit(Span(4, 5), b"2", "x", 0), Edit(Span(11, 12), b"2", "x", 1))
    chosen = answered(found, "y\ne\n", b"@@\n-a = 1; b = 1\n+a = 1; b = 3\n")
    (file,) = chosen.files
    assert [(edit.kind, edit.site) for edit in file.edits] == [("by-hand", 1)]
    assert file.after == b"a = 1; b = 3\n"


def test_lines_of_an_accepted_statement_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """The accepted edit is the whole statement, though it changes the first line only: its end is beside the next hunk."""
    statement = b"f(\n" + b"  # c\n" * 8 + b")"
    before = statement + b"\n\nif x:\n    g(1)\n"
    end, at = len(statement), before.index(b"1")
    found = found_in(before, Edit(Span(0, end), b"F" + statement[1:], "x", 0), Edit(Span(at, at + 1), b"2", "x", 1))
    chosen = answered(found, "y\ne\ny\n", b"@@\n-)\n+)  # mine\n \n if x:\n-    g(1)\n+    g(2)\n")
    assert [file.after for file in chosen.files] == [before.replace(b"f(", b"F(").replace(b"g(1)", b"g(2)")]
    assert "not taken: it changes lines of a statement that an accepted hunk changes; " in capsys.readouterr().err


def test_a_draft_does_not_take_back_what_was_accepted_since() -> None:
    """What was written is shown below the hunks as they are now, the accepted one among them."""
    found = found_in(b"a = 1\nb = 1\n", Edit(Span(4, 5), b"2", "x", 0), Edit(Span(10, 11), b"2", "x", 1))
    drafts = [b"@@\n-a = 1\n+a = (\n b = 1\n", b""]
    opened = []

    def edit(text: bytes) -> bytes:
        opened.append(text)
        return drafts.pop(0) or text

    with patch.object(sys, "stdin", io.StringIO("e\nj\ny\ne\n")):
        chosen = choose_edits(found, Voice(), edit)
    assert [file.after for file in chosen.files] == [b"a = 2\nb = 2\n"]
    first, second = (text.decode().split("# ---\n") for text in opened)
    assert first[0].endswith("@@ -1,2 +1,2 @@\n-a = 1\n+a = 2\n b = 1\n")
    assert second[0].startswith("# a.py, hunk 1/2\n# not taken: ")
    assert second[0].endswith("@@ -1,2 +1,2 @@\n-a = 1\n-b = 1\n+a = 2\n+b = 2\n")
    assert second[1].endswith("in front.\n#@@\n#-a = 1\n#+a = (\n# b = 1\n") or "#+a = (\n# b = 1\n" in second[1]


def test_half_a_character_is_no_answer(sample: Sample) -> None:
    """As a terminal sends it that takes back one byte of two."""
    redirected(sample)
    with terminal(sample, "phase3", "-i", PYTHONIOENCODING="utf-8:strict") as person:
        person.expect(FIRST)
        os.write(person._master, b"\xff\n")
        person.expect("y - apply this hunk")
        person.answer(FIRST, "y")
        person.answer("(2/4) apply this hunk [", "q")
        assert person.end() == 0
    assert last_run(sample).edits == 1


def test_hunks_are_shown_where_they_are_asked_about(sample: Sample) -> None:
    """On the terminal, while the results go into a file; and help is given to whoever asks, also with -q."""
    redirected(sample)
    out = sample.root.parent / "out.txt"
    with terminal(sample, "phase3", "-i", "-q", out=out) as person:
        person.expect("+from shop.basket import Basket")
        person.answer(FIRST, "?")
        person.expect("y - apply this hunk\n")
        person.answer(FIRST, "q")
        assert person.end() == 1
    assert "@@" not in out.read_text()


def test_a_hunk_is_shown_in_its_own_encoding(make_sample: MakeSample) -> None:
    sample = redirected(
        make_sample({"app/second.py": "# coding: latin-1\n# \xe9\nfrom shop.cart import Cart\n".encode("latin-1")})
    )
    with terminal(sample, "phase3", "-i") as person:
        person.expect(" # \xe9\n")
        person.answer("[y,n,a,d,q,j,e,?]? ", "q")
        assert person.end() == 1


def test_a_module_that_goes_is_folded(make_sample: MakeSample) -> None:
    """On the screen; the editor has it whole."""
    lines = "".join(f"x{number} = {number}\n" for number in range(100))
    sample = make_sample({"shop/cart.py": f"class Cart:\n    def broken(:\n{lines}"})
    with terminal(sample, "phase1", "-i", GIT_EDITOR=editor(sample)) as person:
        person.expect("-x3 = 3\n… 90 more lines that go; `migrate phase1 --dry-run` shows them\n-x94 = 94\n")
        person.answer("(1/1) apply this hunk [y,n,a,d,q,e,?]? ", "e")
        assert person.end() == 0
    assert "\n-x50 = 50\n" in opened(sample, 1)
    assert "-x50" not in person.text.partition("(1/1)")[0]
