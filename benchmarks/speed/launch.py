"""Run one command and print what it took, as JSON; a script for an interpreter of its own, started with -I -S.

    python -I -S launch.py SECONDS OUTPUT COMMAND…

The largest process that a system reports for a child counts the pages its parent had when it was started, so whoever
measures has to be small. The command gets a session of its own, and its output goes to the file OUTPUT; after SECONDS
all of that session is killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time


def main(arguments: list[str]) -> None:
    """Measure, and say: wall, user and system seconds, the largest process in bytes, exit code, cut off or not."""
    limit_s, output, command = float(arguments[0]), arguments[1], arguments[2:]
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.setsid()
        for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
            os.dup2(os.open(os.devnull if number == 0 else output, flags, 0o600), number)
        os.dup2(1, 2)
        try:
            os.execvp(command[0], command)  # noqa: S606 - an argument list, and no shell on purpose
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
            os._exit(127)
    late = False

    def cut(_number: int, _frame: object) -> None:
        nonlocal late
        late = True
        os.killpg(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, cut)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    _, status, used = os.wait4(child, 0)
    wall_s = time.perf_counter() - started
    signal.setitimer(signal.ITIMER_REAL, 0)
    if late:
        try:  # noqa: SIM105 - contextlib would make this process larger
            os.killpg(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
    unit = 1 if sys.platform == "darwin" else 1024
    found = {"wall_s": wall_s, "user_s": used.ru_utime, "system_s": used.ru_stime, "largest": used.ru_maxrss * unit}
    print(json.dumps({**found, "code": os.waitstatus_to_exitcode(status), "late": late}))


if __name__ == "__main__":
    main(sys.argv[1:])
