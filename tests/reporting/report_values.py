"""A report's data, made of values: everything in it is there, and any text of it may be another one."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.plan import Plan, parse_plan
from migrate.reporting.data import (
    ChangedFile,
    CheckLine,
    Criteria,
    FileState,
    PhaseLeft,
    PlannedFile,
    ReportData,
    ReportedFinding,
    RollbackOption,
    RunLine,
    SiteCount,
    WayBack,
)
from migrate.reporting.file_diffs import diff
from migrate.timeline import timeline
from migrate.validation.results import Before, CheckResult, Criterion, FailedTest, Touched
from rollback.journal import RunRecord

PLAN: Plan = parse_plan(
    {
        "plan": {"name": "basket", "title": "One basket", "budget_minutes": 20},
        "phase3": {
            "title": "Import from the new homes",
            "minutes": 5,
            "move": [{"old": "shop.cart:Cart", "new": "shop.basket:Basket"}],
        },
        "phase4": {
            "title": "Rename the keyword",
            "call": [{"callee": "shop.basket:Basket", "rename": {"metadata": "context"}}],
        },
        "phase5": {"minutes": 2, "check": [{"name": "suite", "run": ["python", "-m", "pytest"]}]},
    },
    "migrate.toml",
)

START = 1_757_671_686.0
"""2025-09-12 10:08:06 UTC."""


def run(
    number: int,
    phase: int,
    state: str = "applied",
    *,
    files: int = 1,
    detail: str = "",
    ref: str = "refs/migrate/basket/run",
) -> RunRecord:
    ended = None if state == "applied" else START + 60 * number + 1
    applied = START + 60 * number if phase < 5 else None
    return RunRecord(
        number, "basket", phase, state, START + 60 * number - 30, applied, ended, files if phase < 5 else 0, 3, 1, None,
        f"{ref}-{number}" if phase < 5 else None, None, detail, "", {"import": 3},
    )  # fmt: skip


def finding(
    code: str = "star-import", path: str = "app/main.py", message: str = "a message", **more: object
) -> ReportedFinding:
    facts: dict[str, object] = {
        "phase": 3, "line": 1, "column": 0, "severity": "warning", "subject": "shop.cart:Cart", "run": None, "remark": "",
    }  # fmt: skip
    return ReportedFinding(code=code, path=path, message=message, **{**facts, **more})  # type: ignore[arg-type]


def changed(
    path: str = "app/main.py",
    before: bytes = b"from shop.cart import Cart\n",
    after: bytes = b"from shop.basket import Basket as Cart\n",
    state: FileState = FileState.AS_LEFT,
    why: str = "",
) -> ChangedFile:
    return ChangedFile(path, (3,), (1,), state, "0" * 64, "1" * 64, None if why else diff(before, after), why)


def result(name: str = "suite", *, passed: bool = True, text: str = "", **more: object) -> CheckResult:
    facts: dict[str, object] = {
        "title": name, "command": ("python", "-m", "pytest"), "ended": "passed" if passed else "failed", "passed": passed,
        "required": True, "exit_code": 0, "seconds": 1.5, "timed_out": False, "attempts": 1,
        "criteria": (Criterion(f"exit code 0{text}", passed, f"0{text}"),), "message": "" if passed else f"it failed{text}",
        "tail": f"the end{text}\nof it",
    }  # fmt: skip
    return CheckResult(name=name, **{**facts, **more})  # type: ignore[arg-type]


def report(
    files: Sequence[ChangedFile] = (),
    findings: Sequence[ReportedFinding] = (),
    runs: Sequence[RunRecord] = (),
    checks: Sequence[CheckLine] = (),
    left: Sequence[PhaseLeft] = (),
    options: Sequence[RollbackOption] | None = None,
    **more: object,
) -> ReportData:
    """The data of a report; nothing is applied unless it is said."""
    last = [each for each in runs if each.phase == 5]
    facts: dict[str, object] = {
        "plan": PLAN, "root": "shop", "made_at": START, "branch": "main", "head": "a" * 40, "obstacle": "", "settled": {},
        "notes": (), "next": "migrate guard", "seconds": 0.5, "sites": (SiteCount("import", 3, 0),),
        "edits_made": {3: 3},
    }  # fmt: skip
    return ReportData(
        **{**facts, **more},  # type: ignore[arg-type]
        timeline=timeline(PLAN, runs),
        criteria=Criteria(last[-1] if last else None, True, tuple(checks), 0),
        files=tuple(files),
        left=tuple(left),
        findings=tuple(sorted(findings, key=lambda f: f.order)),
        way_back=WayBack(
            tuple(RunLine(each, False, ()) for each in runs),
            tuple(options or (RollbackOption("migrate rollback", tuple(runs[:1])),)),
        ),
    )


def full(text: str, path: str, content: bytes) -> ReportData:
    """A report in which every text, path and file is the given one, or has it in it."""
    failed = result(
        f"check {text}", passed=False, text=text, before=Before(False, text, 1.0),
        failed_tests=(FailedTest(text, text, path, 3, True), FailedTest(text, text, "", 0, None)),
        touched=(Touched(path, 1, 3, 1), Touched(f"{path}.other", 1, 3, 1)),
    )  # fmt: skip
    files = [
        changed(path, b"one\n" + content, content + b"\ntwo\n", FileState.EDITED),
        changed(f"{path}.why", why=text or "no reason"),
    ]
    findings = [
        finding("keyword-conflict", path, text or "a", severity="error"),
        finding("star-import", f"{path}.other", text or "a", subject=text, run=1, remark=text),
        finding(f"of-a-newer-version{text}", path, text or "a", line=9),
    ]
    return report(
        files,
        findings,
        [run(1, 3, detail=text), run(2, 4, "failed", detail=text, ref=f"refs/{text}"), run(3, 5, "failed", detail=text)],
        [
            CheckLine("suite", f"title {text}", text, text, failed),
            CheckLine("other", f"title {text}", text, text, None),
            CheckLine("old", text or "old", text, "", result("old", required=False, passed=False), is_planned=False),
            CheckLine("good", "good", text, "", result("good", attempts=2)),
        ],
        [PhaseLeft(4, text, 2, (PlannedFile(path, 2, diff(content, b"x\n")),))],
        [RollbackOption("migrate rollback", (), text or "no"), RollbackOption("migrate rollback --all", ())],
        root=text, branch=text, obstacle=text, notes=(text,), settled={"star-import": 2},
        sites=(SiteCount("import", 1, 2), SiteCount(f"kind {text}", 1, 0)),
    )  # fmt: skip
