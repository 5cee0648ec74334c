"""System calls of a process tree, seen and answered by its parent: seccomp user notification, Linux 5.19 and newer.

A child installs a filter and hands the listener to its parent. From then on each filtered call of the child, of every
git it starts and of every library in them waits for an answer: go on, or fail with an error number. No code under test
takes part in it. https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import select
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBERS = {
    "x86_64": {
        "write": 1, "open": 2, "pwrite64": 18, "writev": 20, "sendfile": 40, "fsync": 74, "fdatasync": 75,
        "truncate": 76, "ftruncate": 77, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86,
        "unlink": 87, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "fsetxattr": 190,
        "openat": 257, "mkdirat": 258, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266,
        "fchmodat": 268, "fallocate": 285, "pwritev": 296, "renameat2": 316, "copy_file_range": 326,
    },
    "aarch64": {
        "fsetxattr": 7, "mkdirat": 34, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38, "truncate": 45,
        "ftruncate": 46, "fallocate": 47, "fchmod": 52, "fchmodat": 53, "fchown": 55, "openat": 56, "write": 64,
        "writev": 66, "pwrite64": 68, "pwritev": 70, "sendfile": 71, "fsync": 82, "fdatasync": 83, "renameat2": 276,
        "copy_file_range": 285,
    },
}  # fmt: skip
"""Every call that changes files or makes changes durable; for `open` and `openat` only those that may write."""

_MACHINE = platform.machine()
_SECCOMP = {"x86_64": (317, 0xC000003E), "aarch64": (277, 0xC00000B7)}
_BY_NUMBER = {number: name for name, number in _NUMBERS.get(_MACHINE, {}).items()}

_OPENS_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_USER_NOTIF, _ALLOW = 0x7FC00000, 0x7FFF0000
_RECV, _SEND = 0xC0502100, 0xC0182101
_CONTINUE = 1


@dataclass(frozen=True, slots=True)
class Notification:
    """One call that waits for an answer: `pid` is the thread's, `args` are the raw arguments."""

    id: int
    pid: int
    name: str
    args: tuple[int, ...]


def is_available() -> bool:
    """Whether this machine lets a process watch its children so; tried out in a child."""
    if sys.platform != "linux" or _MACHINE not in _SECCOMP:
        return False
    child = os.fork()
    if child == 0:
        try:
            install()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def install() -> int:
    """Filter this process and all it will start; returns the listener, for the parent.

    Raises:
        OSError: the kernel does not offer it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0:  # no new privileges: what a filter without root needs
        raise OSError(ctypes.get_errno(), "prctl")
    number, machine = _SECCOMP[_MACHINE]
    program = _program(machine)
    instructions = ctypes.create_string_buffer(b"".join(program))
    head = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(instructions))
    # A new listener; and once a call is received, only SIGKILL takes the caller out of its wait, as on a local disk.
    listener = libc.syscall(number, 1, 1 << 3 | 1 << 5, ctypes.c_char_p(head))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return int(listener)


def _program(machine: int) -> Sequence[bytes]:
    """Classic BPF: calls of `_NUMBERS` to the listener, everything else passes."""
    load, jump_equal, jump_set, answer = 0x20, 0x15, 0x45, 0x06
    numbers = _NUMBERS[_MACHINE]
    opens = {numbers[name]: offset for name, offset in (("open", 24), ("openat", 32)) if name in numbers}
    plain = [number for number in numbers.values() if number not in opens]

    def op(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
        return struct.pack("HBBI", code, true, false, value)

    program = [op(load, 4), op(jump_equal, machine, 1, 0), op(answer, _ALLOW), op(load, 0)]
    for number in plain:
        program += [op(jump_equal, number, 0, 1), op(answer, _USER_NOTIF)]
    for number, flags in opens.items():
        program += [
            op(jump_equal, number, 0, 4),
            op(load, flags),
            op(jump_set, _OPENS_TO_WRITE, 0, 1),
            op(answer, _USER_NOTIF),
            op(answer, _ALLOW),
        ]
    return [*program, op(answer, _ALLOW)]


class Listener:
    """The parent's end: receive calls one by one, answer each."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def receive(self, timeout_s: float) -> Notification | None:
        """The next call, or None when no process is left that could make one.

        Raises:
            TimeoutError: nothing happened.
        """
        while True:
            ready = self._poll.poll(timeout_s * 1000)
            if not ready:
                raise TimeoutError(f"no system call for {timeout_s} s")
            if ready[0][1] & (select.POLLHUP | select.POLLERR) and not ready[0][1] & select.POLLIN:
                return None
            buffer = bytearray(80)
            try:
                fcntl.ioctl(self._descriptor, _RECV, buffer)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EINTR):  # the caller was killed just now
                    continue
                raise
            number, pid, _flags, call, _arch, _pointer, *args = struct.unpack("QIIiIQ6Q", buffer)
            return Notification(number, pid, _BY_NUMBER[call], tuple(args))

    def go_on(self, call: Notification) -> None:
        """Let the kernel do what the call says."""
        self._answer(call, 0, _CONTINUE)

    def fail(self, call: Notification, number: int) -> None:
        """Let the call fail with error `number`, nothing done."""
        self._answer(call, -number, 0)

    def _answer(self, call: Notification, error: int, flags: int) -> None:
        try:
            fcntl.ioctl(self._descriptor, _SEND, struct.pack("QqiI", call.id, 0, error, flags))
        except OSError as failure:
            if failure.errno != errno.ENOENT:  # killed while it waited
                raise

    def close(self) -> None:
        os.close(self._descriptor)
