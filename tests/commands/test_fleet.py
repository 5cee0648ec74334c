"""`migrate fleet` on small real repositories: rows, failures of one, resuming, signals, and what it refuses."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sample import Done, Sample, finish, wait_for

from migrate.fleet import record

PLAN = """\
[plan]
name = "basket"

[phase3]
[[phase3.move]]
old = "shop.cart:Cart"
new = "shop.basket:Basket"

[phase5]
"""
FILES: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/basket.py": "class Basket: ...\n",
    "shop/cart.py": "class Cart: ...\n",
    "app.py": "from shop.cart import Cart\n\nCart()\n",
    "gate.sh": "",
}
DONE = "from shop.basket import Basket as Cart\n\nCart()\n"
VERIFY = ("--yes", "--verify", "sh gate.sh")
GATE = "if test ! -e '{open}'; then echo $PPID > '{started}.new'; mv '{started}.new' '{started}'; sleep 60; fi\n"
"""A check that waits for good, unless its gate is open; it leaves the number of the process that runs the command."""


class Fleet(Sample):
    """The folder of a list, and the repositories `repository0`, … beside it."""

    repositories: list[Sample]

    @property
    def started(self) -> Path:
        return self.root / "started"

    def list(self, text: str) -> None:
        self.write("repos.txt", text)

    def recorded(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.read("repos.txt.fleet.jsonl").splitlines()[1:]]

    def rows(self, done: Done) -> list[tuple[str, str]]:
        """Each repository's folder and state in a document."""
        return [(Path(row["root"]).name, row["state"]) for row in done.document["repositories"]]

    def gate(self, number: int) -> None:
        """The check of this repository waits until `open_gates`."""
        repository = self.repositories[number]
        repository.write("gate.sh", GATE.format(open=self.root / "open", started=self.started))
        repository.commit()

    def open_gates(self) -> None:
        (self.root / "open").touch()

    @property
    def at_gate(self) -> int:
        """The process of the repository whose check waits."""
        return int(self.started.read_text())

    def start_up_to_gate(self, *args: str) -> subprocess.Popen[bytes]:
        process = self.start("fleet", "repos.txt", "--plan", "plan.toml", *args)
        wait_for(self.started.exists, process)
        return process


MakeFleet = Callable[..., Fleet]


@pytest.fixture
def make_fleet(make_repository: Callable[[Mapping[str, Any]], Any], tmp_path: Path) -> MakeFleet:
    """Make a list of so many repositories, and a plan for all."""

    def make(number: int, files: Mapping[str, str] | None = None) -> Fleet:
        fleet = Fleet(tmp_path)
        fleet.repositories = [Sample(make_repository({**FILES, **(files or {})}).root) for _ in range(number)]
        fleet.write("plan.toml", PLAN)
        fleet.list("".join(f"{repository.root.name}\n" for repository in fleet.repositories))
        return fleet

    return make


@pytest.fixture
def three(make_fleet: MakeFleet) -> Fleet:
    """A fleet of three repositories."""
    return make_fleet(3)


def is_gone(pid: int) -> bool:
    """Has the process ended within seconds?"""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
        if state.stdout.strip()[:1] in ("", "Z"):
            return True
        time.sleep(0.02)
    return False


def runs(repository: Sample) -> list[tuple[int, str]]:
    """Phase and state of the runs in the journal of a repository."""
    listed = repository.call("journal", "--json").document["runs"]
    return [(run["phase"], run["state"]) for run in listed]


def test_one_plan_over_all(three: Fleet) -> None:
    looked = three.migrate("fleet", "repos.txt", "--plan", "plan.toml", "phase3", "--dry-run")
    assert looked.out.splitlines()[2:5] == [
        line for line in looked.out.splitlines() if line.startswith("repository") and " done " in line
    ]
    assert "fleet: phase3 --dry-run in 3 repositories: 3 done; 3 edits in 3 files; " in looked.out
    assert looked.out.endswith("next: migrate fleet repos.txt --plan plan.toml phase3 --yes\n")
    for line in (f"{number}/3 repository" for number in (1, 2, 3)):
        assert f"\n{line}" in f"\n{looked.err}"
    assert {repository.read("app.py").decode() for repository in three.repositories} == {FILES["app.py"]}

    done = three.migrate("--json", "fleet", "--plan", "plan.toml", "repos.txt", "phase3", "--yes", "--commit")
    assert (done.document["plan"], done.document["command"]) == ("basket", ["phase3", "--yes", "--commit"])
    assert three.rows(done) == [(f"repository{number}", "done") for number in range(3)]
    assert [(row["edits"], row["files"], row["exit_code"]) for row in done.document["repositories"]] == [(1, 1, 0)] * 3
    for repository in three.repositories:
        assert repository.read("app.py").decode() == DONE
        assert repository.git("status", "--porcelain") == ""


def test_serial_and_processes_come_to_the_same(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(4)
    fleet.repositories[1].write("app.py", "edited = 1\nfrom shop.cart import Cart\n")
    fleet.list("repository0\nrepository1\nrepository2\nnone\n")
    found = []
    for executor in ("serial", "processes"):
        done = fleet.migrate(
            "fleet", "repos.txt", "--json", "--plan", "plan.toml", f"--executor={executor}", "phase3", "--yes", code=1
        )
        found.append([{k: v for k, v in row.items() if k != "seconds"} for row in done.document["repositories"]])
        fleet.migrate("fleet", "repos.txt", "--plan", "plan.toml", "rollback", "--all", "--yes", code=1)
    assert found[0] == found[1]
    assert [row["state"] for row in found[0]] == ["done", "blocked", "done", "failed"]
    assert "uncommitted changes" in found[0][1]["message"]
    assert fleet.repositories[0].read("app.py").decode() == FILES["app.py"]


def test_one_fails_and_is_resumed(three: Fleet) -> None:
    three.repositories[1].write("app.py", "from shop.cart import Cart\n\nprint(Cart())\n")
    command = ("fleet", "repos.txt", "--plan", "plan.toml")
    failed = three.migrate(*command, "phase3", "--yes", code=3)
    assert "fleet: phase3 --yes in 3 repositories: 2 done, 1 blocked; 2 edits in 2 files; " in failed.out
    again = "`migrate fleet repos.txt --plan plan.toml --resume phase3 --yes`"
    assert failed.out.endswith(f"next: mend it and go on with {again}\n")
    assert "\nrepository1: uncommitted changes in 1 of 1 file to touch: app.py" in failed.err
    assert [(row["name"], row["exit_code"]) for row in sorted(three.recorded(), key=lambda row: row["name"])] == [
        ("repository0", 0), ("repository1", 3), ("repository2", 0),
    ]  # fmt: skip
    # a look in between has a record of its own
    three.migrate(*command, "phase3", "--dry-run")
    three.repositories[1].commit()
    resumed = three.migrate(*command, "--resume", "phase3", "--yes")
    assert [line for line in resumed.err.splitlines() if line.startswith("1/")] == resumed.err.splitlines()
    assert resumed.out.count("before\n") == 2
    assert "3 done; 3 edits in 3 files; 1 repository now in " in resumed.out
    assert resumed.out.endswith("next: migrate fleet repos.txt --plan plan.toml phase5 --dry-run\n")
    nothing = three.migrate(*command, "--resume", "phase3", "--yes")
    assert (nothing.err, "; none run now\n" in nothing.out) == ("", True)
    assert [runs(repository) for repository in three.repositories] == [[(3, "applied")]] * 3


def test_one_is_killed(three: Fleet) -> None:
    three.repositories[1].write("gate.sh", "kill -9 $PPID\n")
    three.repositories[1].commit()
    done = three.migrate("fleet", "repos.txt", "--plan", "plan.toml", "--json", "phase3", *VERIFY, code=1)
    assert three.rows(done) == [("repository0", "done"), ("repository1", "failed"), ("repository2", "done")]
    killed = done.document["repositories"][1]
    assert (killed["exit_code"], killed["message"]) == (137, "ended by SIGKILL")
    blocked = three.migrate("fleet", "repos.txt", "--plan", "plan.toml", "--resume", "phase3", *VERIFY, code=3)
    assert "repository1: run 1 (phase 3 of 'basket') was interrupted; run `migrate rollback`" in blocked.err


@pytest.mark.parametrize(("number", "executor"), [(signal.SIGINT, "processes"), (signal.SIGTERM, "serial")])
def test_interrupted_and_resumed(number: signal.Signals, executor: str, make_fleet: MakeFleet) -> None:
    fleet = make_fleet(3)
    fleet.gate(1)
    before = fleet.repositories[1].files()
    own = ("--jobs", "1", "--executor", executor)
    process = fleet.start_up_to_gate("--json", *own, "phase3", *VERIFY)
    at_gate = fleet.at_gate
    process.send_signal(number)
    process.send_signal(signal.SIGINT)
    done = finish(process, 130)
    assert is_gone(at_gate)
    rows = done.document["repositories"]
    assert [(row["state"], row["exit_code"]) for row in rows] == [("done", 0), ("interrupted", 130), ("not run", None)]
    again = (
        f"migrate fleet repos.txt --plan plan.toml --jobs 1{'' if executor == 'processes' else ' --executor serial'}"
    )
    assert f"\nnext: {again} --resume phase3 --yes --verify 'sh gate.sh'\n" in done.err
    assert fleet.repositories[1].files() == before
    check_resumed(fleet)


def check_resumed(fleet: Fleet) -> None:
    """With the gates open, `--resume` does exactly the rest, of which the second repository had begun."""
    fleet.open_gates()
    resumed = fleet.migrate("fleet", "repos.txt", "--plan", "plan.toml", "--resume", "phase3", *VERIFY)
    assert "3 done; 3 edits in 3 files; 2 repositories now in " in resumed.out
    assert [[state for _, state in runs(repository)] for repository in fleet.repositories] == [
        ["applied"], ["failed", "applied"], ["applied"],
    ]  # fmt: skip


def test_interrupted_with_two_at_once(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(4)
    fleet.gate(0)
    process = fleet.start_up_to_gate("--json", "--jobs", "2", "phase3", *VERIFY)
    wait_for(lambda: len(fleet.recorded()) == 3, process)
    process.send_signal(signal.SIGINT)
    assert [state for _, state in fleet.rows(finish(process, 130))] == ["interrupted", "done", "done", "done"]


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_killed_and_resumed(executor: str, three: Fleet) -> None:
    three.gate(1)
    before = three.repositories[1].files()
    process = three.start_up_to_gate("--jobs", "1", "--executor", executor, "phase3", *VERIFY)
    at_gate = three.at_gate
    process.kill()
    process.communicate()
    with three.root.joinpath("repos.txt.fleet.jsonl").open("ab") as lines:
        lines.write(b'{"name": "reposi')  # as a kill in the midst of a line would leave it
    if executor == "serial":  # those that are forked hold the record's lock for as long as they are at work
        assert is_gone(at_gate)
    check_resumed(three)
    assert is_gone(at_gate)
    names = [row["name"] for row in three.recorded()]
    assert (names[0], sorted(names[1:])) == ("repository0", ["repository1", "repository2"])
    three.repositories[1].call("rollback", "--plan", "../plan.toml", "--root", ".", "--all", "--yes")
    assert three.repositories[1].files() == before


def test_a_second_fleet_on_the_same_list(three: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    three.gate(0)
    process = three.start_up_to_gate("phase3", *VERIFY)
    monkeypatch.setattr(record, "_PATIENCE_S", 0.1)
    refused = three.call("fleet", "repos.txt", "--plan", "plan.toml", "phase3", "--yes", code=3)
    assert refused.complaint == (
        "fleet: repos.txt.fleet.jsonl: another fleet is at work with this record; wait for it to end"
    )
    process.send_signal(signal.SIGTERM)
    finish(process, 130)


def test_folders_of_one_repository_take_turns(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(1, {f"{folder}/{path}": text for folder in "abc" for path, text in FILES.items()})
    fleet.list("repository0/a\nrepository0/b\nrepository0\nrepository0/a/../c\nrepository0/a/\n")
    done = fleet.migrate("fleet", "repos.txt", "--plan", "plan.toml", "--json", "--jobs=4", "phase3", "--yes", code=1)
    rows = done.document["repositories"]
    assert [row["state"] for row in rows] == ["done", "done", "done", "nothing to do", "failed"]
    assert [row["files"] for row in rows] == [1, 1, 2, 0, 0]
    assert rows[4]["message"] == "repos.txt:5: repository0/a/: listed twice, first in line 1; leave one out"


def test_each_with_its_own_plan(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(2, {"migrate.toml": PLAN})
    (fleet.repositories[1].root / "migrate.toml").unlink()
    failed = fleet.migrate("fleet", "repos.txt", "phase3", "--yes", "--allow-dirty", code=1)
    assert "repository1: " in failed.err
    assert "migrate.toml: no such file; write it" in failed.err
    assert failed.out.endswith("next: mend it and go on with `migrate fleet repos.txt --resume phase3 --yes "
                               "--allow-dirty`\n")  # fmt: skip
    for repository in fleet.repositories:
        repository.write("migrate.toml", f"# another\n{PLAN}")
    resumed = fleet.migrate("fleet", "repos.txt", "--json", "--resume", "phase3", "--yes", "--allow-dirty")
    assert resumed.document["plan"] is None
    assert fleet.rows(resumed) == [("repository0", "nothing to do"), ("repository1", "done")]
    assert fleet.migrate("fleet", "repos.txt", "check").out.endswith("next: migrate fleet repos.txt status\n")


@pytest.mark.parametrize(
    ("words", "code", "states", "next_"),
    [
        pytest.param(["check"], 0, ["done", "done"], "phase3 --dry-run", id="check"),
        pytest.param(["status"], 0, ["done", "done"], "check", id="status"),
        pytest.param(["guard"], 1, ["findings", "done"], "--resume guard", id="guard"),
        pytest.param(["phase3", "--check"], 1, ["findings", "nothing to do"], "phase3 --yes", id="phase --check"),
        pytest.param(["phase5", "--yes", "--force"], 0, ["done", "done"], "status", id="the last phase"),
        pytest.param(["run", "--dry-run"], 0, ["done", "done"], "run --yes", id="run, dry"),
        pytest.param(["run", "--yes"], 0, ["done", "done"], "status", id="run"),
        pytest.param(["rehearse", "--no-checks"], 0, ["done", "done"], "phase3 --dry-run", id="rehearse"),
        pytest.param(["rollback", "phase3", "--yes"], 0, ["nothing to do"] * 2, "status", id="rollback"),
    ],
)
def test_every_command(words: list[str], code: int, states: list[str], next_: str, make_fleet: MakeFleet) -> None:
    fleet = make_fleet(2)
    fleet.repositories[1].write("app.py", "")
    fleet.repositories[1].commit()
    done = fleet.migrate("fleet", "repos.txt", "--plan", "plan.toml", "--json", "--record", "record", *words, code=code)
    assert [state for _, state in fleet.rows(done)] == states
    assert f"migrate fleet repos.txt --plan plan.toml {next_}" in done.err.replace(" --record record", "")
    assert (fleet.root / "record").exists()
    assert [path.name for path in fleet.root.glob("*.jsonl")] == []


def test_what_a_look_finds_is_told(make_fleet: MakeFleet) -> None:
    done = make_fleet(1).call(
        "fleet", "repos.txt", "--plan", "plan.toml", "--executor", "serial", "guard", "-q", code=1
    )
    assert "guard -q in 1 repository: 1 with findings; 1 finding; " in done.out
    assert done.err.count(": app.py:1: deprecated-import: still imports shop.cart:Cart from its old home") == 1


def test_quiet_and_verbose(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(1)
    command = ("repos.txt", "--plan", "plan.toml", "--executor=serial", "phase3", "--dry-run")
    quiet = fleet.call("fleet", "-q", *command)
    assert (quiet.err, quiet.out.count(" done ")) == ("", 1)
    verbose = fleet.call("-v", "fleet", *command)
    assert verbose.err.count("-from shop.cart import Cart\n+from shop.basket import Basket as Cart\n") == 1


def test_names_and_colours(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(1)
    fleet.repositories[0].root.rename(fleet.root / "evil\x1b[2Jname")
    fleet.list("evil\x1b[2Jname\n")
    done = fleet.migrate("fleet", "repos.txt", "--plan", "plan.toml", "check", FORCE_COLOR="1", TERM="xterm")
    assert "evil\\x1b[2Jname" in done.out
    assert "\x1b[2J" not in done.out + done.err
    plain = fleet.migrate("fleet", "repos.txt", "--plan", "plan.toml", "check")
    assert "\x1b" not in plain.out + plain.err
    three = json.loads(fleet.migrate("fleet", "repos.txt", "--plan", "plan.toml", "--json", "check").out)
    assert three["repositories"][0]["root"].endswith("evil\x1b[2Jname")


def test_no_process_for_it(three: Fleet) -> None:
    """A folder that may not be entered, and one that is gone by the time it is its turn."""
    three.repositories[0].write("gate.sh", f"rm -rf '{three.repositories[1].root}'\n")
    three.repositories[0].commit()
    done = three.migrate(
        "fleet",
        "repos.txt",
        "--plan",
        "plan.toml",
        "--json",
        "--jobs=1",
        "--executor=serial",
        "phase3",
        *VERIFY,
        code=1,
    )
    assert [state for _, state in three.rows(done)] == ["done", "failed", "done"]
    assert done.document["repositories"][1]["message"] == "no process for it: No such file or directory"
    assert done.document["repositories"][1]["exit_code"] is None
    gone = three.migrate("fleet", "repos.txt", "--plan", "plan.toml", "--json", "--resume", "phase3", *VERIFY, code=1)
    assert "repos.txt:2: repository1: no such folder" in gone.err


def test_the_target_has_a_package_of_the_same_name(make_fleet: MakeFleet) -> None:
    fleet = make_fleet(1, {"migrate/__init__.py": "raise SystemExit('run')\n", "typer.py": "raise SystemExit('run')\n"})
    for executor in ("serial", "processes"):
        fleet.migrate_anew("fleet", "repos.txt", "--plan", "plan.toml", "--executor", executor, "phase3", "--dry-run")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        pytest.param(["phase3"], "fleet: phase3 would ask in each repository, and there is no one to answer; pass --yes, "
                     "--dry-run or --check after phase3", id="would ask"),
        pytest.param(["rollback", "phase3"], "fleet: rollback would ask in each repository, and there is no one to "
                     "answer; pass --yes after rollback", id="rollback would ask"),
        pytest.param(["rollback", "--yes"], "fleet: rollback: the last phase may be another one in each repository, and "
                     "once more is one more; name what to take back: rollback phase3, --only phase3 or --all",
                     id="rollback of what"),
        pytest.param(["rollback", "phase9", "--yes"], "rollback: 'phase9' is no phase; write phase1 to phase5, or --all",
                     id="no such phase"),
        pytest.param(["phase4", "--yes"], "fleet: phase4: plan.toml has no [phase4]; it has phase3, phase5",
                     id="not in the plan"),
        pytest.param(["phase3", "--yes", "--root", "x"], "fleet: --root after phase3: each repository of the list is its "
                     "own root; leave it out", id="root"),
        pytest.param(["phase3", "--yes", "--plan", "x"], "fleet: --plan after phase3: one plan is for all; write it "
                     "before phase3", id="plan"),
        pytest.param(["phase3", "--yes", "--json"], "fleet: --json after phase3: a fleet prints one document; write it "
                     "before phase3", id="json"),
        pytest.param(["phase3", "-i"], "fleet: --interactive after phase3: there is no one to ask; pass --yes, or "
                     "--dry-run to look", id="interactive"),
        pytest.param(["guard", "--format", "sarif"], "fleet: --format after guard: a fleet prints a table, or one "
                     "document with --json before guard; leave it out", id="format"),
        pytest.param(["guard", "--ruff"], "fleet: --ruff after guard: that is of the plan and not of a repository; run "
                     "`migrate guard --ruff`", id="ruff"),
        pytest.param(["guard", "--update-baseline"], "guard: --update-baseline without --baseline; name the file with "
                     "--baseline FILE", id="nonsense of guard"),
        pytest.param(["check", "--write"], "check: --write puts suggested lines into the plan; pass --suggest as well",
                     id="nonsense of check"),
        pytest.param(["check", "--suggest", "--write"], "fleet: check --write would put lines for each repository into "
                     "the one plan; leave out --write, or --plan where each has its own", id="one plan for many holes"),
        pytest.param(["phase3", "--yes", "--verify-timeout", "3"], "phase3: --verify-timeout without --verify; pass a "
                     "command to verify with, or leave it out", id="nonsense of a phase"),
        pytest.param(["phase3", "--bla"], "migrate phase3: No such option: --bla", id="no such option"),
        pytest.param(["init", "a", "b"], "fleet: 'init' is no command for a fleet; it takes check, guard, status, "
                     "rehearse, phase1 to phase5, run, rollback", id="no command for many"),
        pytest.param(["--bla", "check"], "migrate fleet: No such option: --bla", id="no such option of its own"),
        pytest.param(["--executor", "cloud", "check"], "migrate fleet: Invalid value for '--executor': ", id="no such executor"),
        pytest.param([], "migrate fleet: Missing argument 'COMMAND'; see migrate fleet --help", id="no command"),
    ],
)  # fmt: skip
def test_refused_before_anything_is_run(words: list[str], complaint: str, three: Fleet) -> None:
    done = three.call("fleet", "repos.txt", "--plan", "plan.toml", *words, code=2)
    assert done.err.startswith(complaint)
    assert done.err.count("\n") == 1
    assert list(three.root.glob("*.jsonl")) == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["fleet"], "migrate fleet: Missing argument 'REPOS.txt'; see migrate fleet --help"),
        (["--root", ".", "fleet", "repos.txt", "check"], "fleet: --root: each repository of the list is its own root; "
                                                         "leave it out"),
        (["fleet", "none.txt", "check"], "fleet: none.txt: cannot be read: No such file or directory; write one path of "
                                         "a repository a line"),
        (["fleet", "repos.txt", "--plan", "gone.toml", "check"], "gone.toml: no such file; write it (README.md shows a "
                                                                 "small one), or name another with --plan FILE"),
        (["fleet", "repos.txt", "--resume", "phase3", "--yes"], "fleet: repos.txt.fleet.jsonl: no record to resume by; "
                                                                "leave out --resume to begin"),
        (["fleet", "repos.txt", "--record", "plan.toml", "check"], "fleet: plan.toml: not the record of a fleet, and not "
                                                                   "replaced; name another with --record FILE"),
    ],
)  # fmt: skip
def test_refused_for_what_is_there(words: list[str], complaint: str, three: Fleet) -> None:
    assert three.call(*words, code=2).complaint == complaint


def test_a_list_of_nothing_but_mistakes(three: Fleet) -> None:
    three.list("gone\n")
    done = three.call("fleet", "repos.txt", "check", code=1)
    assert done.err == "repos.txt:1: gone: no such folder; paths count from the folder of the list\n"
    assert "check in 1 repository: 1 failed; none run now" in done.out


@pytest.mark.parametrize(
    "words",
    [
        ["repos.txt", "check", "--strict"],
        ["--plan", "plan.toml", "repos.txt", "check", "--strict"],
        ["-q", "repos.txt", "--plan=plan.toml", "--jobs", "1", "check", "--strict"],
        ["--", "repos.txt", "check", "--strict"],
        ["repos.txt", "--", "check", "--strict"],
    ],
)
def test_options_on_either_side_of_the_list(words: list[str], three: Fleet) -> None:
    three.list("# none\n")
    assert three.call("fleet", *words, code=2).complaint.startswith("fleet: repos.txt: names no repository")


@pytest.mark.parametrize("words", [["--help"], ["repos.txt", "--help"], ["repos.txt", "check", "--help"]])
def test_help(words: list[str], three: Fleet) -> None:
    out = three.call("fleet", *words).out
    assert ("migrate fleet repos.txt --plan migrate.toml phase3 --dry-run" in out) == ("check" not in words)
    assert out.startswith(f"Usage: migrate {'check' if 'check' in words else 'fleet'} ")
