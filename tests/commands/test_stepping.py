"""`migrate run` with a person at a real terminal: cards, paging, decisions, leaving and coming back."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sample import CONFLICT, FILES, Done, MakeSample, Sample
from terminal import CTRL_C, CTRL_D, Terminal, terminal
from test_schemas import check

from rollback.git import Git
from rollback.journal import Journal, RunRecord

LETTERS = "[a,h,s,f,n,p,l,r,q,?]? "
FIRST = f"phase1, file 1 of 1 {LETTERS}"
SECOND = f"phase2, file 1 of 1 {LETTERS}"
THIRD = f"phase3, file 1 of 3 {LETTERS}"
FOURTH = f"phase4, file 1 of 2 {LETTERS}"
FIFTH = "phase5 [c,s,f,r,q,?]? "


def runs(sample: Sample) -> tuple[RunRecord, ...]:
    with Journal.open(Git.open(sample.root), create=False) as journal:
        return journal.runs()


def begun(sample: Sample, through: int) -> Sample:
    """The sample with its first phases applied."""
    for phase in range(1, through + 1):
        sample.call(f"phase{phase}", "--yes")
    return sample


def ended(person: Terminal, code: int) -> str:
    """What is said at the end, behind the last prompt."""
    assert person.end() == code
    return person.text.rpartition("]? ")[2].partition("\n")[2]


# ------------------------------------------------------------------ decisions


def test_to_the_end(sample: Sample) -> None:
    """Each phase has its card and its diff; the checks come last, and then there is nothing left."""
    with terminal(sample, "run") as person:
        person.expect(
            "== phase1, 1 of 5: Redirect the cart\n"
            "   planned   2 min\n"
            "   to do     1 edit in 1 file\n"
            "   check     1 warning (minutes-mismatch 1)\n"
            "a apply, h hunks, s skip, f findings, Enter more of the diff, q quit, ? help\n"
            "--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1,2 +1,5 @@\n-class Cart:\n"
        )
        person.answer(FIRST, "a")
        person.expect("phase1: applied as run 1: 1 edit in 1 file, 0 findings left to a person\n== phase2, 2 of 5: ")
        person.answer(SECOND, "apply")
        person.expect("   check     1 warning (star-import 1)\n             priority app/gone.py: not in the tree\n")
        person.answer(THIRD, " A ")
        person.answer(FOURTH, "a")
        person.expect("   to run    1 check\n             old names import: python -c 'import shop.cart, shop.till; ")
        person.answer(FIFTH, "c")
        assert person.end() == 0
    assert "phase5: 1 check passed\n" in person.text
    assert person.text.count("next: ") == 1
    assert person.text.endswith(
        "phase1  applied\nphase2  applied\nphase3  applied\nphase4  applied\nphase5  passed\nnext: migrate timeline\n"
    )
    assert [(run.phase, run.partial) for run in runs(sample)] == [(n, False) for n in range(1, 6)]

    with sample.nothing_written(), terminal(sample, "run") as person:
        assert person.end() == 0
    assert person.text == (
        "phase1: nothing to do: every redirect is in place\n"
        "phase2: nothing to do: every redirect is in place\n"
        "phase3: nothing to do: no site left to change in 1 candidate file; 1 warning (star-import 1) left to a person\n"
        "phase4: nothing to do: no site left to change in 1 candidate file; 1 warning (keyword-spread 1) left to a person\n"
        "phase5: passed as run 5, and nothing was applied since; `migrate phase5` checks again\n"
        "phase1  applied\nphase2  applied\nphase3  applied\nphase4  applied\nphase5  passed\nnext: migrate timeline\n"
    )


@pytest.mark.parametrize("keys", ["q\n", "quit\n", CTRL_D])
def test_leaving_and_coming_back(keys: str, sample: Sample) -> None:
    """What is applied stays; the next time goes on behind it."""
    with terminal(sample, "run") as person:
        person.answer(FIRST, "a")
        person.expect(SECOND)
        person.type(keys)
        assert ended(person, 1).endswith(
            "phase1  applied\nphase2  pending     1 edit left\nphase3  pending\nphase4  pending\nphase5  pending\n"
            "next: migrate run\n"
        )
    assert sample.git("status", "--porcelain") == " M shop/cart.py\n"
    with sample.nothing_written(), terminal(sample, "run") as person:
        person.expect("phase1: nothing to do: every redirect is in place\n== phase2, 2 of 5: Redirect the till\n")
        person.answer(SECOND, "q")
        assert person.end() == 1


@pytest.mark.parametrize(
    "keys", ["\n", "n\n", "no\n", "y\n", "yes\n", "x\n", "all\n", "99\n", "0\n", "?\n", "r\n", "f\n", "l\n", "p\n"]
)
def test_nothing_else_applies(keys: str, sample: Sample) -> None:
    with sample.nothing_written(), terminal(sample, "run") as person:
        person.expect(FIRST)
        person.type(keys)
        person.answer(FIRST, "q")
        assert person.end() == 1


def test_skipped_phases_are_no_obstacle_to_later_ones(sample: Sample) -> None:
    """That was decided; a phase on its own, and the next way through, ask again."""
    with terminal(sample, "run") as person:
        person.answer(FIRST, "s")
        person.expect("phase1: skipped, 1 edit left\n== phase2")
        person.expect("   skipped   phase1, which has 1 edit left\n")
        person.answer(SECOND, "skip")
        person.expect("   skipped   phase1, which has 1 edit left\n   skipped   phase2, which has 1 edit left\n")
        person.answer(THIRD, "a")
        person.answer(FOURTH, "a")
        person.answer(FIFTH, "s")
        assert ended(person, 1) == (
            "phase5: skipped, not run\n"
            "phase1  pending     skipped, 1 edit left\nphase2  pending     skipped, 1 edit left\n"
            "phase3  applied\nphase4  applied\nphase5  pending     skipped, not run\nnext: migrate run\n"
        )
    assert [run.phase for run in runs(sample)] == [3, 4]
    assert "phase1 comes first and still has 1 edit" in sample.call("phase5", "--yes", code=1).err
    with terminal(sample, "run") as person:
        person.answer(FIRST, "q")
        assert person.end() == 1


def test_checks_are_run_although_a_phase_was_skipped(sample: Sample) -> None:
    sample.edit_plan("import shop.cart, shop.till; ", "")
    begun(sample, 3)
    with terminal(sample, "run") as person:
        person.answer(FOURTH, "s")
        person.expect("   left      deprecated uses: 3 warnings (deprecated-import 1, deprecated-keyword 2)\n")
        person.answer(FIFTH, "c")
        assert ended(person, 1).endswith(
            "phase4  pending     skipped, 2 edits left\nphase5  passed\nnext: migrate run\n"
        )


def test_by_hunk_and_what_is_left_is_shown_again(sample: Sample) -> None:
    begun(sample, 2)
    with terminal(sample, "run", GIT_EDITOR="sed -i 's/^+from.*/&  # by hand/'") as person:
        person.answer(THIRD, "h")
        person.answer("(1/4) apply this hunk [", "q")
        person.expect("no hunk accepted; nothing written\n")
        person.answer(THIRD, "hunks")
        person.answer("(1/4) apply this hunk [", "e")
        person.answer("(2/4) apply this hunk [", "q")
        person.expect("phase3: applied as run 3: 1 edit in 1 file, 1 finding left to a person\n== phase3, 3 of 5: ")
        person.expect("   to do     3 edits in 2 files\n")
        person.expect("   last      run 3, applied in part: 1 edit in 1 file\n")
        person.answer(f"phase3, file 1 of 2 {LETTERS}", "s")
        person.expect("   skipped   phase3, which has 3 edits left\n")
        person.answer(FOURTH, "q")
        assert ended(person, 1).endswith(
            "phase3  applied     skipped, 3 edits left\nphase4  pending     2 edits left\nphase5  pending\nnext: migrate run\n"
        )
    (run,) = runs(sample)[2:]
    assert (run.partial, dict(run.sites)) == (True, {"by-hand": 1})


def test_interactive_begins_with_the_hunks(sample: Sample) -> None:
    with terminal(sample, "run", "--interactive") as person:
        person.answer("(1/1) apply this hunk [", "y")
        person.expect("== phase2, 2 of 5")
        person.answer("(1/1) apply this hunk [", "n")
        person.answer(SECOND, "a")
        person.answer("(1/4) apply this hunk [", "y")
        person.answer("(2/4) apply this hunk [", "q")
        person.answer(f"phase3, file 1 of 2 {LETTERS}", "q")  # and not with the hunks once more
        assert person.end() == 1
    assert [run.phase for run in runs(sample)] == [1, 2, 3]


# ------------------------------------------------------------------ what stands in the way


def test_errors_block_a_phase_until_they_are_mended(make_sample: MakeSample) -> None:
    sample = begun(make_sample({"app/conflict.py": CONFLICT}), 3)
    with terminal(sample, "run") as person:
        person.expect("   check     1 error (keyword-conflict 1), 1 warning (keyword-spread 1)\n")
        person.expect(
            "   blocked   1 error; mend the places, mark them with `# migrate: keep`, or pass --force to go on without them\n"
        )
        person.expect("s skip, f findings, Enter more of the diff, q quit, ? help\n")
        blocked = "phase4, file 1 of 2 [s,f,n,p,l,r,q,?]? "
        for answer in ("a", "apply", "h"):
            person.answer(blocked, answer)
            person.expect("phase4 cannot be applied: 1 error; mend the places, ")
        person.answer(blocked, "f")
        person.expect("app/conflict.py:3:0: error: keyword-conflict: ")
        person.expect("app/spread.py:3:0: warning: keyword-spread: ")
        person.expect(blocked)
        sample.write("app/conflict.py", CONFLICT.replace("metadata=1, ", ""))
        person.type("r\n")
        person.expect("   check     1 warning (keyword-spread 1)\n")
        person.answer(FOURTH, "a")
        person.answer(FIFTH, "q")
        assert person.end() == 1
    assert sample.read("app/conflict.py").endswith(b"Basket(context=2)\n")


def test_a_blocked_phase_with_nothing_to_change(make_sample: MakeSample) -> None:
    """It is asked about, unless it is applied already and its errors were accepted."""
    files = {"app/main.py": None, "app/second.py": None, "app/conflict.py": CONFLICT}
    sample = begun(make_sample(files), 3)
    with terminal(sample, "run") as person:
        person.expect("   to do     nothing to change\n")
        person.answer("phase4 [s,f,r,q,?]? ", "")
        person.expect("f - the findings, errors first; again for the next page\n")
        person.answer("phase4 [s,f,r,q,?]? ", "s")
        person.expect("phase4: skipped, 0 edits left\n")
        person.answer(FIFTH, "c")
        assert person.end() == 1

    sample.write("app/more.py", "from shop.basket import Basket\n\nBasket(metadata=1)\n")
    sample.commit()
    sample.call("phase4", "--yes", "--force")
    with terminal(sample, "run") as person:
        person.expect(
            "phase4: nothing to do: no site left to change in 2 candidate files; 1 error (keyword-conflict 1), "
        )
        person.answer(FIFTH, "q")
        assert person.end() == 1


def test_a_plan_that_is_mended_meanwhile(sample: Sample) -> None:
    """It is read again with the tree; where it is wrong, or another one, that is said, and the old one stays."""
    plan = (sample.root / "migrate.toml").read_text()
    with terminal(sample, "run", "--allow-dirty") as person:
        person.expect(FIRST)
        sample.write("migrate.toml", plan.replace("minutes = 2\n", "minute = 2\n", 1))
        person.type("r\n")
        person.expect("migrate.toml: phase1.minute: unknown key; did you mean 'minutes'?")
        person.expect("the plan is taken as it was before\n")
        person.expect(FIRST)
        sample.write("migrate.toml", plan.replace('name = "basket"', 'name = "trolley"', 1))
        person.type("r\n")
        person.expect("migrate.toml: plan.name: 'trolley' is another migration than 'basket'; leave, and begin anew\n")
        person.expect(FIRST)
        note = 'docstring = "MOVED."\nnote = """Old\nand \\u001b[1m gone."""\n'
        sample.write("migrate.toml", plan.replace('docstring = "DEPRECATED: use shop.basket."\n', note, 1))
        person.type("r\n")
        person.expect("   note      shop.cart: Old and \\x1b[1m gone.\n")
        person.answer(FIRST, "a")
        person.answer(SECOND, "q")
        assert person.end() == 1
    assert sample.read("shop/cart.py").startswith(b'"""MOVED."""\n')


def test_a_phase_that_leaves_the_plan_meanwhile(sample: Sample) -> None:
    plan = (sample.root / "migrate.toml").read_text()
    start, end = plan.index("[phase2]"), plan.index("[phase3]")
    with terminal(sample, "run") as person:
        person.expect(FIRST)
        sample.write("migrate.toml", plan[:start] + plan[end:])
        person.type("r\n")
        person.expect("== phase1, 1 of 4: ")
        person.answer(FIRST, "s")
        person.expect("== phase3, 2 of 4: ")
        person.answer(THIRD, "q")
        assert person.end() == 1


def test_a_file_that_has_changed_meanwhile(sample: Sample) -> None:
    """Uncommitted edits of a person keep the phase from being applied; what an earlier phase wrote is compared."""
    begun(sample, 2)
    with terminal(sample, "run") as person:
        person.expect(THIRD)
        before = sample.read("app/main.py")
        sample.write("app/main.py", before + b"# meanwhile\n")
        with sample.untouched():
            person.type("a\n")
            person.expect("uncommitted changes in 1 of 3 files to touch: app/main.py (modified); nothing written; ")
            person.expect("phase3 is looked at anew:\n== phase3")
            person.expect(
                "   blocked   uncommitted changes in 1 of 3 files to touch: app/main.py (modified); commit them, "
            )
            person.expect("phase3, file 1 of 3 [s,f,n,p,l,r,q,?]? ")
        sample.write("app/main.py", before)
        person.type("r\n")
        person.answer(THIRD, "q")
        assert person.end() == 1

    with terminal(sample, "run", "--allow-dirty") as person:
        person.expect(THIRD)
        sample.write("app/main.py", before + b"# meanwhile\n")
        person.type("a\n")
        person.expect("1 file changed since the edits were computed: app/main.py; nothing written; ")
        person.expect("phase3 is looked at anew:\n== phase3")
        person.answer(THIRD, "a")
        person.answer(FOURTH, "q")
        assert person.end() == 1
    assert sample.read("app/main.py").endswith(b"# meanwhile\n")
    assert b"shop.cart" not in sample.read("app/main.py")


def test_somebody_else_at_work(sample: Sample) -> None:
    begun(sample, 2)
    ready = sample.root.parent / "ready"
    with terminal(sample, "run") as person:
        person.expect(THIRD)
        other = sample.start("phase3", "--yes", "--verify", f"touch {ready}; sleep 60")
        until = time.monotonic() + 30
        while not ready.exists():
            assert time.monotonic() < until
            time.sleep(0.01)
        person.type("r\n")
        person.expect("   blocked   `migrate phase3` (pid ")  # although there is nothing left to do, as things stand
        person.answer("phase3 [s,f,r,q,?]? ", "r")
        person.expect("   blocked   `migrate phase3` (pid ")
        os.killpg(other.pid, signal.SIGTERM)
        other.communicate()
        person.type("r\n")
        person.answer(THIRD, "q")
        assert person.end() == 1
    assert [run.state for run in runs(sample)][2:] == ["failed"]


def test_somebody_begins_while_a_person_reads(sample: Sample) -> None:
    """The checks hold the lock and change nothing: that shows when it is applied."""
    sample.edit_plan("print('all imported')", "open('ready', 'w'); import time; time.sleep(60)")
    begun(sample, 2)
    with terminal(sample, "run") as person:
        person.expect(THIRD)
        other = sample.start("phase5", "--yes", "--force")
        while not (sample.root / "ready").exists():
            assert other.poll() is None
            time.sleep(0.01)
        person.type("a\n")
        person.expect("`migrate phase5` (pid ")
        person.expect("phase3 is looked at anew:\n== phase3")
        person.expect("   blocked   `migrate phase5` (pid ")
        os.killpg(other.pid, signal.SIGTERM)
        other.communicate()
        person.answer("phase3, file 1 of 3 [s,f,n,p,l,r,q,?]? ", "r")
        person.answer(THIRD, "a")
        person.answer(FOURTH, "q")
        assert person.end() == 1


# ------------------------------------------------------------------ failures


def test_a_verification_that_fails_offers_the_way_back(sample: Sample) -> None:
    begun(sample, 1)
    before = sample.state()
    with terminal(sample, "run", "--verify", "test ! -e app/star.py") as person:
        person.answer(SECOND, "a")
        person.expect("phase2: verification failed; rolled back, its files are as before\n")
        person.expect("stopped at phase2; 1 run of this plan in the tree\n")
        person.answer("roll phase1 back? [y/N] ", "n")
        assert person.end() == 1
    assert person.text.endswith("next: mend it and go on with `migrate run`, or take it back: `migrate rollback`\n")
    assert sample.state()["files"] == before["files"]
    with terminal(sample, "run", "--verify", "test ! -e app/star.py") as person:
        person.expect("   last      run 2, failed: 1 edit in 1 file; --verify failed: ")
        person.answer(SECOND, "a")
        person.answer("roll phase1 back? [y/N] ", "y")
        assert person.end() == 1
    assert sample.git("status", "--porcelain") == ""


def test_checks_that_fail_offer_the_way_back(sample: Sample) -> None:
    sample.edit_plan("print('all imported')", "raise SystemExit(4)")
    begun(sample, 4)
    with terminal(sample, "run") as person:
        person.answer(FIFTH, "c")
        person.expect("phase5: 1 of 1 check failed\n")
        person.expect("stopped at phase5; 4 runs of this plan in the tree\n")
        person.answer("roll phase4 back? [y/N] ", "n")
        assert person.end() == 1


def test_what_nobody_can_mend_at_the_prompt_stops(sample: Sample) -> None:
    """A commit that git refuses: the phase is taken back, and the exit code is that of the repository."""
    with sample.untouched(), terminal(sample, "run", "--commit") as person:
        person.expect(FIRST)
        sample.write(".git/HEAD.lock", "")
        person.type("a\n")
        person.expect("--commit: git update-ref: ")
        assert person.end() == 3
        (sample.root / ".git/HEAD.lock").unlink()
    assert person.text.endswith("next: mend it and go on with `migrate run`\n")


def test_what_is_under_way_bars_a_commit(sample: Sample) -> None:
    """It is on the card; when it is done with, the phase can be applied."""
    sample.write(".git/MERGE_HEAD", sample.git("rev-parse", "HEAD"))
    with terminal(sample, "run", "--commit") as person:
        person.expect("   blocked   --commit: a merge is under way; finish it or give it up first ")
        (sample.root / ".git/MERGE_HEAD").unlink()
        person.answer("phase1, file 1 of 1 [s,f,n,p,l,r,q,?]? ", "r")
        person.answer(FIRST, "q")
        assert person.end() == 1


def test_a_phase_that_is_taken_back_while_a_person_reads(sample: Sample) -> None:
    """What is behind it waits for it, unless it is skipped on this way."""
    begun(sample, 2)
    with terminal(sample, "run") as person:
        person.expect(THIRD)
        sample.call("rollback", "--yes")
        person.type("a\n")
        person.expect("run 2, of phase2, is rolled-back since the edits were computed; nothing written; ")
        person.expect("phase3 is looked at anew:\n")
        person.expect("   blocked   phase3: phase2 comes first and still has 1 edit to make; ")
        sample.call("phase2", "--yes")
        person.answer("phase3, file 1 of 3 [s,f,n,p,l,r,q,?]? ", "r")
        person.answer(THIRD, "a")
        person.answer(FOURTH, "q")
        assert person.end() == 1
    assert [(run.phase, run.state) for run in runs(sample)] == [
        (1, "applied"), (2, "rolled-back"), (2, "applied"), (3, "applied"),
    ]  # fmt: skip


def test_what_is_typed_ahead_is_not_about_the_next_phase(sample: Sample) -> None:
    begun(sample, 2)
    with terminal(sample, "run", "--verify", "sleep 1") as person:
        person.expect(THIRD)
        person.type("a\na\na\n")
        person.expect(FOURTH)
        person.type("q\n")
        assert person.end() == 1
    assert [(run.phase, run.state) for run in runs(sample)][2:] == [(3, "applied")]


def test_hunks_that_were_chosen_are_kept_where_they_do_not_come_to_stand(sample: Sample) -> None:
    """As a patch: what was written by hand is nowhere else."""
    begun(sample, 2)
    with terminal(sample, "run", "--verify", "false", GIT_EDITOR="sed -i 's/^+from.*/&  # mine/'") as person:
        person.answer(THIRD, "h")
        person.answer("(1/4) apply this hunk [", "e")
        person.answer("(2/4) apply this hunk [", "q")
        person.expect("phase3: verification failed; rolled back, its files are as before\n")
        person.expect("what was chosen is kept as a patch: git apply ")
        person.answer("roll phase2 back? [y/N] ", "n")
        assert person.end() == 1
    patch = sample.root / ".git/migrate/chosen-phase3.patch"
    sample.git("apply", str(patch))
    assert sample.read("app/second.py").count(b"# mine\r\n") == 1


def test_what_is_typed_ahead_does_not_take_anything_back(sample: Sample) -> None:
    sample.edit_plan("print('all imported')", "import time; time.sleep(1); raise SystemExit(4)")
    begun(sample, 4)
    with terminal(sample, "run") as person:
        person.answer(FIFTH, "c")
        person.expect("running old names import")
        person.type("y\n")
        person.answer("roll phase4 back? [y/N] ", "n")
        assert person.end() == 1
    assert [run.state for run in runs(sample)][:4] == ["applied"] * 4


def test_a_patch_of_a_root_below_the_top(make_sample: MakeSample) -> None:
    """Its paths are from the top, as git takes them."""
    sample = make_sample({f"part/{path}": content for path, content in FILES.items()})
    part = replace(sample, root=sample.root / "part")
    with terminal(part, "phase1", "-i", "--verify", "false", GIT_EDITOR="sed -i 's/^+from.*/&  # mine/'") as person:
        person.answer("(1/1) apply this hunk [", "e")
        person.expect("what was chosen is kept as a patch: git apply ")
        assert person.end() == 1
    part.git("apply", str(sample.root / ".git/migrate/chosen-phase1.patch"))
    assert part.read("shop/cart.py").count(b"# mine") == 2


def test_a_plan_that_is_gone_meanwhile(sample: Sample) -> None:
    with terminal(sample, "run") as person:
        person.expect(FIRST)
        plan = sample.read("migrate.toml")
        (sample.root / "migrate.toml").unlink()
        person.type("r\n")
        person.expect("the plan is taken as it was before\n")
        person.expect("== phase1, 1 of 5: ")
        sample.write("migrate.toml", plan)
        person.answer(FIRST, "q")
        assert person.end() == 1


def test_no_such_check(sample: Sample) -> None:
    """It is found out before the first question."""
    with sample.nothing_written(), terminal(sample, "run", "--only", "nothing") as person:
        assert person.end() == 2
    assert person.text == "phase5: --only 'nothing': the plan has no check of this name; it has 'old names import'\n"


# ------------------------------------------------------------------ Ctrl-C, kill


@pytest.mark.parametrize(
    ("phases", "question"),
    [
        pytest.param(0, FIRST, id="phase 1"),
        pytest.param(2, THIRD, id="phase 3"),
        pytest.param(4, FIFTH, id="phase 5"),
    ],
)
def test_ctrl_c_at_a_prompt(phases: int, question: str, sample: Sample) -> None:
    begun(sample, phases)
    with sample.nothing_written(), terminal(sample, "run") as person:
        person.expect(question)
        time.sleep(0.3)  # a person's: Python loses a signal in the instant before it waits for input
        person.type(CTRL_C)
        assert person.end() == 130
    assert person.text.endswith("interrupted; no file is left half done; `migrate status` shows where it stands\n")


def test_ctrl_c_at_each_further_question(sample: Sample) -> None:
    """Of a hunk: nothing of the phase; of the line for git blame: the phase stands; of the way back: nothing goes back."""
    with sample.nothing_written(), terminal(sample, "run") as person:
        person.answer(FIRST, "h")
        person.expect("(1/1) apply this hunk [")
        time.sleep(0.3)
        person.type(CTRL_C)
        assert person.end() == 130

    with terminal(sample, "run", "--commit") as person:
        person.answer(FIRST, "a")
        person.expect("append this line to .git-blame-ignore-revs? [y/N] ")
        time.sleep(0.3)
        person.type(CTRL_C)
        assert person.end() == 130
    assert [run.state for run in runs(sample)] == ["applied"]
    assert sample.git("status", "--porcelain") == ""

    with terminal(sample, "run", "--verify", "false") as person:
        person.answer(SECOND, "a")
        person.expect("roll phase1 back? [y/N] ")
        time.sleep(0.3)
        person.type(CTRL_C)
        assert person.end() == 130
    assert [run.state for run in runs(sample)] == ["applied", "failed"]


def test_ctrl_c_behind_a_part_of_a_phase(sample: Sample) -> None:
    """What was applied of it is done."""
    begun(sample, 2)
    with terminal(sample, "run") as person:
        person.answer(THIRD, "h")
        person.answer("(1/4) apply this hunk [", "y")
        person.answer("(2/4) apply this hunk [", "q")
        person.expect(f"phase3, file 1 of 2 {LETTERS}")
        time.sleep(0.3)
        person.type(CTRL_C)
        assert person.end() == 130
    assert [(run.state, run.partial) for run in runs(sample)[2:]] == [("applied", True)]


def test_ctrl_c_during_a_verification(sample: Sample) -> None:
    """What was applied before stays; the phase that was under way is as before."""
    with terminal(sample, "run", "--verify", "test -e slow && sleep 60; true") as person:
        person.answer(FIRST, "a")
        person.expect(SECOND)
        sample.write("slow", "")
        with sample.untouched():
            person.type("a\n")
            while len(runs(sample)) < 2 or runs(sample)[1].state != "verifying":
                time.sleep(0.01)
            time.sleep(0.3)
            person.type(CTRL_C)
            assert person.end() == 130
    assert [(run.phase, run.state) for run in runs(sample)] == [(1, "applied"), (2, "failed")]
    (sample.root / "slow").unlink()
    with terminal(sample, "run") as person:
        person.answer(SECOND, "a")
        person.answer(THIRD, "q")
        assert person.end() == 1


def test_a_kill_at_a_prompt_leaves_nothing_behind(sample: Sample) -> None:
    with terminal(sample, "run") as person:
        person.answer(FIRST, "a")
        person.expect(SECOND)
        with sample.nothing_written():
            os.kill(person.pid, signal.SIGKILL)
            assert person.end() == -signal.SIGKILL
    with terminal(sample, "run") as person:
        person.answer(SECOND, "a")
        person.answer(THIRD, "q")
        assert person.end() == 1


def test_an_interrupted_run_comes_first(sample: Sample) -> None:
    with terminal(sample, "run", "--verify", "touch ready; sleep 60") as person:
        person.answer(FIRST, "a")
        while not (sample.root / "ready").exists():
            time.sleep(0.01)
        os.kill(person.pid, signal.SIGKILL)
        person.end()
    with terminal(sample, "run") as person:
        assert person.end() == 3
    assert person.text == "run 1 (phase 1 of 'basket') was interrupted; run `migrate rollback` to restore it\n"


# ------------------------------------------------------------------ screens


def many(number: int) -> dict[str, str]:
    """So many users of the cart, each with an import to change."""
    return {f"app/user{n:03}.py": f"from shop.cart import Cart\n\nCart(metadata={n})\n" for n in range(number)}


def rows_between(text: str, width: int) -> int:
    """How many rows of a terminal a text takes."""
    return sum(max(1, -(-len(line) // width)) for line in text.split("\n"))


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (20, 40), (12, 40)])
def test_a_page_fits_the_screen(rows: int, columns: int, make_sample: MakeSample) -> None:
    """From prompt to prompt, no more than the screen; with the card, so far as there is room for both."""
    long = "".join(f"from shop.cart import Cart as Cart{n}  # {'x' * (n * 7 % 90)}\n" for n in range(40))
    sample = begun(make_sample({**many(3), "app/second.py": long}), 2)
    with terminal(sample, "run", rows=rows, columns=columns) as person:
        person.expect("phase3, file 1 of ")
        before = len(person.text)
        pages = 0
        while "file 2 of" not in person.text:
            pages += 1
            person.type("\n")
            person.expect("phase3, file ")
            person.expect("q,?]? ")
            page = person.text[before:]
            assert rows_between(page.rstrip(), columns) <= rows + 1, page  # the answer itself ends a row
            before = len(person.text)
            assert pages < 40
        assert pages > 40 * 2 // rows
        person.type("q\n")
        assert person.end() == 1
    shown = person.text.replace("\n", "")
    assert all(f"+from shop.basket import Basket as Cart{n}  # " in shown for n in range(40))


def test_leafing(make_sample: MakeSample) -> None:
    sample = begun(make_sample(many(30)), 2)
    with terminal(sample, "run", rows=24, columns=80) as person:
        question = f"of 33 {LETTERS}"
        person.expect("+from shop.basket import Basket\\r\n")
        person.answer(f"file 1 {question}", "")
        person.expect("--- a/app/main.py\n")
        person.answer(f"file 2 {question}", "n")
        person.expect('--- "a/app/odd ')
        person.answer(f"file 3 {question}", "p")
        person.expect("--- a/app/main.py\n")
        person.answer(f"file 2 {question}", "p")
        person.answer(f"file 1 {question}", "previous")
        person.expect("this is the first file\n")
        person.answer(f"file 1 {question}", "33")
        person.expect("--- a/app/user029.py\n")
        person.answer(f"file 33 {question}", "")
        person.expect("that was the last of the diff\n")
        person.answer(f"file 33 {question}", "34")
        person.expect("l - the files with their numbers; a number shows the diff of that file\n")
        person.answer(f"file 33 {question}", "l")
        person.expect(" 1  app/second.py  1 edit, priority\n 2  app/main.py  2 edits\n")
        person.expect(" more: l again\n")
        assert "user029.py  1 edit" not in person.text
        person.answer(f"file 33 {question}", "list")
        person.expect("33  app/user029.py  1 edit\n")
        person.answer(f"file 33 {question}", "l")
        person.expect(" 1  app/second.py")
        person.answer(f"file 33 {question}", "q")
        assert person.end() == 1


def test_a_module_that_goes_is_folded(make_sample: MakeSample) -> None:
    """What comes in its place is what a person wants to see."""
    sample = make_sample({"shop/cart.py": "".join(f"x{n} = {n}\n" for n in range(500))})
    with terminal(sample, "run", rows=30, columns=80) as person:
        person.expect("-x5 = 5\n… 488 more lines that go; `migrate phase1 --dry-run` shows them\n-x494 = 494\n")
        person.expect('+__all__ = ["Cart", "checkout"]\n')
        person.answer(LETTERS, "q")
        assert person.end() == 1


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours(env: dict[str, str], sample: Sample) -> None:
    with terminal(sample, "run", **env) as person:
        person.answer(FIRST, "f")
        person.answer(FIRST, "q")
        assert person.end() == 1
    for colour in (b"\x1b[3", b"\x1b[9", b"\x1b[4"):
        assert colour not in person.raw


def test_colours(sample: Sample) -> None:
    with terminal(sample, "run") as person:
        person.answer(FIRST, "q")
        assert person.end() == 1
    assert b"\x1b[1m== phase1, 1 of 5: Redirect the cart\x1b[0m" in person.raw
    assert b"\x1b[32m+from shop.pay import checkout\x1b[0m" in person.raw


def test_quiet_shows_a_diff_when_it_is_asked_for(sample: Sample) -> None:
    with terminal(sample, "run", "-q") as person:
        person.expect("? help\nphase1, file 1 of 1 [")
        person.type("\n")
        person.expect("--- a/shop/cart.py\n")
        person.answer(FIRST, "q")
        assert person.end() == 1


def test_nothing_from_the_tree_commands_the_terminal(make_sample: MakeSample) -> None:
    evil = "app/\x1b]0;name\x07\u202e.py"
    sample = begun(make_sample({evil: "# \x1b]0;code\x07\nfrom shop.till import Till\nfrom shop.cart import *\n"}), 2)
    sample.edit_plan('title = "Import from the new homes"', 'title = "Import \u05d0 from the new homes"')
    with terminal(sample, "run") as person:
        for answer in ("1", "2", "3", "4", "f", "l", "h"):
            person.answer(f"of 4 {LETTERS}", answer)
        person.answer("(1/5) apply this hunk [", "q")
        person.answer(f"of 4 {LETTERS}", "q")
        assert person.end() == 1
    assert r"app/\x1b]0;name\x07\u202e.py  1 edit" in person.text
    for bad in (b"\x1b]", b"\x07", "\u202e".encode()):
        assert bad not in person.raw


def test_results_that_go_into_a_file(sample: Sample) -> None:
    """The questions are on the terminal, and every file's diff is whole, as there is no screen to fill."""
    out = sample.root.parent / "out.txt"
    with terminal(sample, "run", out=out) as person:
        person.answer(FIRST, "a")
        person.answer(SECOND, "q")
        assert person.end() == 1
    text = out.read_text()
    assert "== phase1, 1 of 5: Redirect the cart\n" in text
    assert "diff --git a/shop/cart.py b/shop/cart.py\n" in text
    assert "\x1b" not in text


# ------------------------------------------------------------------ for machines and the timeline


def test_the_document(sample: Sample) -> None:
    """What was written is in it, each part of a phase on its own; what was left, as a dry run."""
    out = sample.root.parent / "out.json"
    with terminal(sample, "run", "--json", out=out) as person:
        person.answer(FIRST, "a")
        person.answer(SECOND, "s")
        person.answer(THIRD, "h")
        person.answer("(1/4) apply this hunk [", "y")
        person.answer("(2/4) apply this hunk [", "q")
        person.answer(f"phase3, file 1 of 2 {LETTERS}", "a")
        person.answer(FOURTH, "a")
        person.answer(FIFTH, "s")
        assert person.end() == 1
    document = json.loads(out.read_text())
    check("run", Done(1, out.read_text(), ""))
    phases = document["phases"]
    assert [(each["phase"], each["mode"], sum(len(file["edits"]) for file in each["files"])) for each in phases] == [
        (1, "applied", 1),
        (2, "dry-run", 1),
        (3, "applied", 1),
        (3, "applied", 3),
        (4, "applied", 2),
        (5, "dry-run", 0),
    ]


def test_ctrl_c_leaves_a_document_of_what_stands(sample: Sample) -> None:
    out = sample.root.parent / "out.json"
    with terminal(sample, "run", "--json", out=out) as person:
        person.answer(FIRST, "a")
        person.expect(SECOND)
        time.sleep(0.3)
        person.type(CTRL_C)
        assert person.end() == 130
    document = json.loads(out.read_text())
    check("run", Done(130, out.read_text(), ""))
    assert [(each["phase"], each["mode"]) for each in document["phases"]] == [(1, "applied")]


def test_time_before_another_look_is_a_persons(sample: Sample) -> None:
    with terminal(sample, "run") as person:
        person.expect(FIRST)
        time.sleep(1.2)
        person.type("r\n")
        person.answer(FIRST, "a")
        person.answer(SECOND, "q")
        assert person.end() == 1
    assert runs(sample)[0].person_seconds >= 1.2


def test_the_timeline_tells_reading_from_working(sample: Sample) -> None:
    with terminal(sample, "run") as person:
        person.expect(FIRST)
        time.sleep(1.2)
        person.type("a\n")
        for question, answer in ((SECOND, "a"), (THIRD, "a"), (FOURTH, "a")):
            person.answer(question, answer)
        person.expect(FIFTH)
        time.sleep(1.2)
        person.type("c\n")
        assert person.end() == 0
    first, *_, fourth, fifth = runs(sample)
    assert 1.2 <= first.person_seconds <= first.seconds
    assert fourth.person_seconds < 1
    assert fifth.person_seconds == 0  # it began when the prompt was answered


def test_only_the_checks_that_are_wanted(sample: Sample) -> None:
    """Some of them do not make the phase passed: the next way through asks again."""
    sample.edit_plan("[[phase5.check]]", "[[phase5.check]]\nname = 'other'\nrun = ['false']\n[[phase5.check]]")
    begun(sample, 4)
    with terminal(sample, "run", "--only", "old names import") as person:
        person.expect("   to run    1 check\n             old names import: ")
        person.answer(FIFTH, "c")
        assert person.end() == 0
    with terminal(sample, "run") as person:
        person.expect("   to run    2 checks\n             other: false\n")
        person.answer(FIFTH, "q")
        assert person.end() == 1


def test_nothing_is_left_in_the_temporary_folder(sample: Sample, tmp_path: Path) -> None:
    with terminal(sample, "run", TMPDIR=str(tmp_path), GIT_EDITOR="true") as person:
        person.answer(FIRST, "h")
        person.answer("(1/1) apply this hunk [", "e")
        person.answer(SECOND, "q")
        assert person.end() == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("ssot-migrate-")] == []
