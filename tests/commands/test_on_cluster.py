"""Commands with `--executor dask`: the same documents, diffs and bytes as without; what they refuse; what they survive."""

from __future__ import annotations

import importlib.util
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from clusters import Loopback, end, wait_until
from sample import Done, MakeSample, Sample, finish, wait_for

from migrate.executors import workers
from migrate.executors.workers import SCHEDULER_VARIABLE

PADDING = "".join(f"# {'x' * 76}\n" for _ in range(250))
MANY = {
    f"app/many{number:02}.py": (
        f"from shop.basket import Basket\nfrom shop.cart import Cart, checkout\n{PADDING}\n\n"
        f"def total():\n    return checkout(Cart(metadata={number})), Basket(metadata={number})\n"
    )
    for number in range(40)
}
"""Enough for several batches."""


@pytest.fixture
def many(make_sample: MakeSample) -> Sample:
    return make_sample(MANY)


def on(cluster: Loopback, *more: str) -> tuple[str, ...]:
    return ("--executor", "dask", "--scheduler", cluster.address, *more)


def without_times(done: Done) -> tuple[str, str]:
    document = re.sub(r'"seconds": [\d.e-]+', '"seconds": 0', done.out)
    return re.sub(r"\d+\.\d+ s\b", "0 s", document), done.err


@pytest.mark.parametrize("shared", [(), ("--shared-fs",)], ids=["contents sent", "shared folder"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(("phase3", "--dry-run", "--json"), 0, id="phase 3 as JSON"),
        pytest.param(("phase3", "--dry-run"), 0, id="phase 3 as a diff"),
        pytest.param(("phase4", "--dry-run", "--json", "--force"), 0, id="phase 4"),
        pytest.param(("guard", "--json"), 1, id="guard"),
        pytest.param(("status", "--json"), 0, id="status"),
        pytest.param(("check", "--json"), 0, id="check"),
    ],
)
def test_the_same_as_serial(
    words: tuple[str, ...], code: int, shared: tuple[str, ...], many: Sample, cluster: Loopback
) -> None:
    serial = many.call(*words, "--executor", "serial", code=code)
    assert ("many39.py" in serial.out) == (words[0] in ("phase3", "phase4", "guard"))
    with many.nothing_written():
        assert without_times(many.call(*words, *on(cluster, *shared), code=code)) == without_times(serial)


def test_applied_and_rolled_back(make_sample: MakeSample, cluster: Loopback) -> None:
    serial, clustered = make_sample(MANY), make_sample(MANY)
    before = clustered.files()
    for phase in ("phase1", "phase2", "phase3", "phase4"):
        serial.call(phase, "--yes", "--executor", "serial")
        clustered.call(phase, "--yes", *on(cluster))
    assert clustered.files() == serial.files() != before
    clustered.call("rollback", "--all", "--yes")
    assert clustered.files() == before


def test_options_before_the_command_and_the_address_from_the_environment(many: Sample, cluster: Loopback) -> None:
    many.env[SCHEDULER_VARIABLE] = cluster.address
    assert many.call("--executor=dask", "phase3", "--check", "-q", code=1)
    many.env[SCHEDULER_VARIABLE] = "tcp://127.0.0.1:1"
    assert many.call("--executor=dask", *on(cluster)[2:], "phase3", "--check", "-q", code=1)
    refused = many.call("phase3", "--dry-run", "--executor=dask", code=3)
    assert refused.complaint.startswith(
        "tcp://127.0.0.1:1: no Dask scheduler answers (Connection refused); nothing done"
    )


_STRUCK = """
import os, runpy, signal, sys
from migrate.executors import cluster
target = sys.argv[1]
def steps(*about, **options):
    for done, result in enumerate(before(*about, **options)):
        if done == 2:
            os.kill(int(target) or os.getpid(), signal.SIGKILL if int(target) else signal.SIGINT)
        yield result
before, cluster.steps = cluster.steps, steps
sys.argv[:2] = ["migrate"]
runpy.run_module("migrate", run_name="__main__", alter_sys=True)
"""
"""A command in whose midst a process is killed; with 0, a Ctrl-C comes to itself."""


def struck(target: int) -> tuple[str, ...]:
    return (sys.executable, "-c", _STRUCK, str(target))


def runs(sample: Sample) -> list[Any]:
    listed: list[Any] = sample.call("journal", "--json").document["runs"]
    return listed


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A cluster for one test."""
    made = Loopback(tmp_path_factory.mktemp("own"))
    made.have(2)
    yield made
    made.close()


def test_the_scheduler_is_lost_in_the_midst(many: Sample, own: Loopback) -> None:
    words = ("phase3", "--yes", "--force", *on(own))
    with many.untouched():
        done = finish(many.start(*words, program=struck(own.scheduler.pid)), 3)
        assert done.complaint == (
            f"{own.address}: the scheduler was lost meanwhile; nothing written; run again once it is back"
        )
        assert runs(many) == []
        assert many.call(*words, code=3).complaint.startswith(f"{own.address}: no Dask scheduler answers")


def test_a_worker_is_lost_in_the_midst(make_sample: MakeSample, cluster: Loopback) -> None:
    serial, many = make_sample(MANY), make_sample(MANY)
    serial.call("phase3", "--yes", "--force", "--executor", "serial")
    done = finish(many.start("phase3", "--yes", "--force", *on(cluster), program=struck(cluster.workers[1].pid)), 0)
    assert "distributed" not in done.err
    assert many.files() == serial.files()
    assert cluster.workers[1].poll() == -signal.SIGKILL


def test_ctrl_c_in_the_midst(many: Sample, cluster: Loopback) -> None:
    with many.untouched():
        done = finish(many.start("phase3", "--yes", "--force", *on(cluster), program=struck(0)), 130)
        assert done.complaint == "interrupted; no file is left half done; `migrate status` shows where it stands"
        assert runs(many) == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        pytest.param(["--scheduler", "tcp://h:1"], "--scheduler is about a cluster; add --executor dask, or leave it out",
                     id="scheduler without a cluster"),
        pytest.param(["--executor", "serial", "--shared-fs"], "--shared-fs is about a cluster; add --executor dask, or "
                     "leave it out", id="shared folder without a cluster"),
        pytest.param(["--executor", "serial", "--jobs", "4"], "--executor serial runs one after the other; leave it out, "
                     "or --jobs 4", id="serial with jobs"),
        pytest.param(["--executor", "dask", "--jobs", "4", "--scheduler", "tcp://h:1"], "--jobs is about processes of this "
                     "machine, and --executor dask uses all workers of the cluster; leave one of them out", id="jobs"),
        pytest.param(["--executor", "dask"], "--executor dask needs the address of a scheduler; pass --scheduler "
                     "tcp://HOST:PORT, or set DASK_SCHEDULER_ADDRESS", id="no address"),
        *(
            pytest.param(["--executor", "dask", "--scheduler", address], f"--scheduler: '{address}' is no address; write "
                         "tcp://HOST:PORT, or tls://HOST:PORT", id=address)
            for address in ("host:8786", "http://host:8786", "tcp://host", "tcp://host:0", "tcp://host:65536",
                            "tcp://ho st:1", "inproc://host:1")
        ),
        pytest.param(["--executor", "cloud"], "migrate phase3: Invalid value for '--executor'", id="no such executor"),
    ],
)  # fmt: skip
def test_refused(words: list[str], complaint: str, sample: Sample) -> None:
    sample.env.pop(SCHEDULER_VARIABLE, None)
    with sample.nothing_written():
        found = sample.call("phase3", "--dry-run", *words, code=2).complaint
    assert found.startswith(complaint)
    assert sample.call("guard", *words, code=2).complaint.startswith(complaint.replace("phase3", "guard"))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tcp://[::1]:1", "tls://127.0.0.1:1"])
def test_addresses(address: str, sample: Sample) -> None:
    refused = sample.call("guard", "--executor", "dask", "--scheduler", address, code=3).complaint
    assert refused.startswith(f"{address}: no Dask scheduler answers (")


def test_dask_is_not_installed(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    really: Callable[[str], Any] = importlib.util.find_spec
    monkeypatch.setattr(workers, "find_spec", lambda name: None if name == "distributed" else really(name))
    refused = sample.call("phase3", "--dry-run", "--executor", "dask", "--scheduler", "tcp://h:1", code=2)
    assert refused.complaint == "--executor dask: Dask is not installed; run `pip install 'ssot-migrate[dask]'`"


def test_dask_is_loaded_only_for_a_cluster(sample: Sample) -> None:
    program = "import sys; from migrate import cli; cli._exit_code(['status']); print('distributed' in sys.modules)"
    done = finish(sample.start(program=(sys.executable, "-c", program)), 0)
    assert done.out.endswith("False\n")


FLEET_PLAN = '[plan]\nname = "basket"\n[phase3]\n[[phase3.move]]\nold = "shop.cart:Cart"\nnew = "shop.basket:Basket"\n'
MOVED = b"from shop.basket import Basket as Cart\n"
FLEET_FILES: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/basket.py": "class Basket: ...\n",
    "shop/cart.py": "class Cart: ...\n",
    "app.py": "from shop.cart import Cart\n",
    "gate.sh": "",
}
ENDED = {"applied", "failed"}
VERIFY = ("phase3", "--yes", "--verify", "sh gate.sh")


class Fleet(Sample):
    """The folder of a list and of a plan for all."""

    repositories: list[Sample]

    def fleet(self, *words: str, code: int = 0) -> Done:
        return self.migrate("--json", *self.words(*words), code=code)

    @staticmethod
    def words(*words: str) -> tuple[str, ...]:
        return ("fleet", "repos.txt", "--plan", "plan.toml", *words)

    def gate(self, number: int, script: str) -> None:
        self.repositories[number].write("gate.sh", script)
        self.repositories[number].commit()

    def start_up_to(self, file: str, *words: str) -> subprocess.Popen[bytes]:
        process = self.start("--json", *self.words(*words))
        wait_for((self.root / file).exists, process)
        return process


@pytest.fixture
def fleet(make_repository: Callable[[Mapping[str, Any]], Any], tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    made.repositories = [Sample(make_repository(FLEET_FILES).root) for _ in range(4)]
    made.write("plan.toml", FLEET_PLAN)
    made.write("repos.txt", "".join(f"{repository.root.name}\n" for repository in made.repositories))
    return made


def rows(done: Done) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in done.document["repositories"]]


def states(done: Done) -> list[str]:
    return [row["state"] for row in rows(done)]


def waiting(file: Path, until: Path) -> str:
    """A check that waits for a file, and says so by another one."""
    return f"touch '{file}'; while test ! -e '{until}'; do sleep 0.05; done\n"


def test_a_fleet_comes_to_the_same(fleet: Fleet, cluster: Loopback) -> None:
    fleet.repositories[1].write("app.py", "edited = 1\nfrom shop.cart import Cart\n")
    fleet.gate(2, "exit 1\n")
    found = []
    for words in (("--executor", "serial"), on(cluster, "--shared-fs")):
        found.append(rows(fleet.fleet(*words, *VERIFY, code=1)))
        fleet.fleet("rollback", "--all", "--yes")
    assert found[0] == found[1]
    assert [row["state"] for row in found[0]] == ["done", "blocked", "failed", "done"]


def test_a_fleet_loses_a_worker(fleet: Fleet, cluster: Loopback) -> None:
    """What it was at is not begun again behind anybody's back."""
    begun = fleet.root / "begun"
    fleet.gate(1, f"echo >> '{begun}'; kill -9 $(ps -o ppid= -p $PPID); sleep 30\n")
    before = fleet.repositories[1].files()
    done = fleet.fleet(*on(cluster, "--shared-fs"), *VERIFY, code=1)
    assert states(done) == ["done", "failed", "done", "done"]
    assert rows(done)[1]["message"].startswith("its worker was lost while it was at work; ")
    assert "repository1: its worker was lost" in done.err
    assert begun.read_text() == "\n"
    wait_until(lambda: fleet.repositories[1].files() == before)  # its command has ended with the worker
    fleet.gate(1, "")
    again = fleet.fleet("--resume", *VERIFY)
    assert states(again) == ["done"] * 4


def test_a_fleet_loses_its_scheduler(fleet: Fleet, own: Loopback) -> None:
    fleet.gate(1, waiting(fleet.root / "there", fleet.root / "go"))
    fleet.gate(2, waiting(fleet.root / "too", fleet.root / "go"))
    process = fleet.start_up_to("too", *on(own, "--shared-fs"), *VERIFY)
    end(own.scheduler)
    done = finish(process, 3)
    (fleet.root / "go").touch()
    assert states(done) == ["done", "failed", "failed", "not run"]
    assert {row["message"].partition(" while")[0] for row in rows(done)[1:3]} == {"its cluster was lost"}
    assert (
        f"\n{own.address}: the cluster was lost meanwhile; a command that was at work ends by itself there; "
        in done.err
    )
    assert " --resume phase3 --yes --verify 'sh gate.sh'" in done.err
    for worker in own.workers:
        worker.wait(60)  # nothing is left for them to do
    wait_until(lambda: {each["state"] for repository in fleet.repositories for each in runs(repository)} <= ENDED)
    assert set(states(fleet.fleet("--resume", *VERIFY))) <= {"done", "nothing to do"}
    assert {repository.read("app.py") for repository in fleet.repositories} == {MOVED}


def test_a_fleet_is_interrupted(fleet: Fleet, cluster: Loopback) -> None:
    fleet.gate(0, waiting(fleet.root / "there", fleet.root / "go"))
    before = fleet.repositories[0].files()
    process = fleet.start_up_to("there", *on(cluster, "--shared-fs"), *VERIFY)
    process.send_signal(signal.SIGINT)
    done = finish(process, 130)
    assert states(done)[0] == "interrupted"
    assert fleet.repositories[0].files() == before
    (fleet.root / "go").touch()
    first, *others = states(fleet.fleet("--resume", *VERIFY))
    assert first == "done"
    assert set(others) <= {"done", "nothing to do"}  # the other worker may have come to its end unheard
    assert {repository.read("app.py") for repository in fleet.repositories} == {MOVED}


def test_a_fleet_needs_a_shared_folder(fleet: Fleet) -> None:
    refused = fleet.call(*fleet.words("--executor=dask", "--scheduler", "tcp://127.0.0.1:1", *VERIFY), code=2)
    assert refused.complaint == (
        "fleet: --executor dask runs each repository beside a worker, which has to see the same folders; add "
        "--shared-fs where they do"
    )
    fleet.write("repos.txt.fleet.jsonl", "kept\n")
    words = fleet.words("--executor=dask", "--scheduler", "tcp://127.0.0.1:1", "--shared-fs", *VERIFY)
    assert fleet.call(*words, code=3).complaint.startswith("tcp://127.0.0.1:1: no Dask scheduler answers")
    assert fleet.read("repos.txt.fleet.jsonl") == b"kept\n"
    refused = fleet.call(*fleet.words("phase3", "--dry-run", "--executor", "dask", "--jobs", "2"), code=2)
    assert refused.complaint.startswith("--jobs is about processes of this machine")


def test_a_fleet_whose_commands_use_a_cluster(fleet: Fleet, cluster: Loopback) -> None:
    done = fleet.fleet("--jobs", "2", "phase3", "--yes", *on(cluster))
    assert states(done) == ["done"] * 4
