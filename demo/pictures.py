"""Make the pictures of README.md: `migrate run` at a terminal as text, and the report on a wide and a narrow screen.

    python demo/pictures.py

Builds the sample in a temporary folder, completes its plan, mends the one call that needs a person, and steps through
the phases at a terminal of its own, so that what README shows is what the tool does. The text goes between the markers
of README.md, the screenshots to docs/images. Needs `migrate` and pytest beside this Python, playwright, and Chromium on
PATH: `make pictures`.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from make_sample import git, make_sample

HOME = Path(__file__).resolve().parents[1]
IMAGES = HOME / "docs" / "images"
ROWS, COLUMNS = 18, 80
MARKERS = ("<!-- `make pictures` writes this: -->\n", "<!-- up to here -->\n")
PATIENCE_S = 120.0
QUIET_S = 0.4
SHOWN = 6
"""Lines of a diff that are left of one screen."""
_PROMPT = re.compile(r"\[[a-z0-9,?]+\]\? $")
_START = """
import fcntl, runpy, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
runpy.run_module("migrate", run_name="__main__", alter_sys=True)
"""


def environment() -> dict[str, str]:
    """Plain output, and this Python's programs first on PATH."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    extra = {"PATH": path, "TERM": "dumb", "NO_COLOR": "1", "PYTHONPATH": str(HOME)}
    return {**{key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}, **extra}


def migrate(root: Path, *args: str, code: int = 0) -> None:
    done = subprocess.run([sys.executable, "-m", "migrate", *args], cwd=root, env=environment(), capture_output=True)
    if done.returncode != code:
        raise SystemExit(f"migrate {' '.join(args)} ended with {done.returncode}: {done.stderr.decode()}")


def prepare(root: Path) -> None:
    """The sample as it is when the plan is complete and a person has mended what only a person can."""
    make_sample(root)
    migrate(root, "check", "--suggest", "--write", code=1)
    vouchers = root / "shop" / "vouchers.py"
    text = vouchers.read_text("utf-8").replace('"kind": "voucher"', '"kind": "voucher", "code": code')
    vouchers.write_text("".join(line for line in text.splitlines(keepends=True) if "metadata=" not in line), "utf-8")
    git(root, "commit", "--quiet", "--all", "--message", "The plan is complete, vouchers have one context")
    for phase in ("phase1", "phase2"):  # whole files: nothing much to see
        migrate(root, phase, "--yes")


def recorded(root: Path, args: Sequence[str], answer: str, last: str) -> str:
    """What a person at a terminal sees of `migrate ARGS`, answering each prompt; `last` where `answer` is not offered."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [sys.executable, "-c", _START, *args]
    process = subprocess.Popen(
        command, cwd=root, env=environment(), stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    text, until = "", time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if select.select([master], [], [], QUIET_S)[0]:
            try:
                piece = os.read(master, 65536)
            except OSError:  # Linux: nobody has the other side open any more
                piece = b""
            if not piece:
                break
            text += piece.decode("utf-8", "replace").replace("\r\n", "\n")
        elif (prompt := _PROMPT.search(text)) is not None:
            os.write(master, f"{answer if answer in prompt[0] else last}\n".encode())
            text += "\0"  # not asked twice
    code = process.wait(10)
    os.close(master)
    if code:
        raise SystemExit(f"migrate {' '.join(args)} ended with {code}:\n{text}")
    return text.replace("\0", "")


def shortened(text: str) -> Iterator[str]:
    """The lines of a recording, of each diff the first ones."""
    shown, inside = 0, False
    for line in text.splitlines():
        inside = line.startswith(("diff --git", "--- a/", "@@")) or (inside and line.startswith((" ", "+", "-")))
        shown = shown + 1 if inside else 0
        if shown <= SHOWN:
            yield line.rstrip()
        elif shown == SHOWN + 1:
            yield "[…]"


def put_in_readme(text: str) -> None:
    """Replace what is between the markers."""
    readme = HOME / "README.md"
    before, begin, rest = readme.read_text("utf-8").partition(MARKERS[0])
    _, end, after = rest.partition(MARKERS[1])
    if not begin or not end:
        raise SystemExit(f"README.md: {MARKERS[0].strip()} and {MARKERS[1].strip()} are not there; write both")
    readme.write_text(f"{before}{begin}\n```text\n{text}```\n\n{end}{after}", "utf-8")


def photograph(page_file: Path) -> None:
    """The report on a wide screen in light, and on a narrow one in dark, with a file open."""
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, width, height, scheme, place in (
            ("report-wide", 1280, 1000, "light", ""),
            ("report-narrow", 390, 844, "dark", "#file-shop/checkout.py"),
        ):
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, offline=True, reduced_motion="reduce"
            )
            page = context.new_page()
            page.goto(page_file.as_uri() + place)
            page.screenshot(path=str(IMAGES / f"{name}.png"))
            context.close()
        browser.close()


def main() -> int:
    if shutil.which("chromium") is None:
        print("pictures: no Chromium on PATH; install the system's package", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="migrate-pictures-") as folder:
        root = Path(folder) / "shop"
        prepare(root)
        text = recorded(root, ["run"], answer="a", last="c")
        put_in_readme("".join(f"{line}\n" for line in ("$ migrate run", *shortened(text))))
        page_file = Path(folder) / "report.html"
        migrate(root, "report", str(page_file))
        photograph(page_file)
    for image in sorted(IMAGES.glob("*.png")):
        print(f"{image.relative_to(HOME)}: {image.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
