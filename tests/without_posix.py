"""Take away from this process what Windows lacks, and read what is opened as text as Windows does.

Run before ``viewer3d`` is imported; what Python's own library needs of it stays where it has it. It imitates what a
program can ask of a system, not the system: that files which are open cannot be removed there is not seen here.
"""

from __future__ import annotations

import os
import signal
import subprocess  # it needs what is taken away, for it is that of this system
import sys
import tempfile  # noqa: F401 (the same)
import types
from collections.abc import Sequence
from typing import Any

import numpy as np  # noqa: F401 (the same)

MODULES = ("fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
"""Which Windows has none of (the library reference says "Availability: Unix")."""

FUNCTIONS = """
chown chroot copy_file_range ctermid eventfd fchdir fchmod fchown fdatasync fork forkpty fpathconf fstatvfs
get_blocking getegid geteuid getgid getgroups getloadavg getpgid getpgrp getpriority getresuid getsid getuid
initgroups killpg lchown lockf major makedev memfd_create minor mkfifo mknod nice openpty pathconf pipe2
posix_fadvise posix_fallocate posix_spawn pread preadv pwrite pwritev readv register_at_fork
sched_get_priority_max sched_getaffinity sched_setaffinity sched_yield sendfile set_blocking setegid seteuid
setgid setgroups setpgid setpriority setsid setuid statvfs sync sysconf sysconf_names tcgetpgrp ttyname uname
wait wait3 wait4 waitid writev
"""
FLAGS = """
O_ASYNC O_CLOEXEC O_DIRECTORY O_DSYNC O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_RSYNC O_SYNC
"""
SIGNALS = {"SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM"}
"""The signals that Windows has."""

O_BINARY = 1 << 29
"""A bit that no flag of this system has."""

AS_TEXT: list[str] = []
"""What was opened without saying that it is no text."""


class _NotThere:
    @staticmethod
    def find_spec(name: str, _path: Sequence[str] | None = None, _target: Any = None) -> None:
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def take_away() -> None:
    """Do it."""
    subprocess.signal = types.SimpleNamespace(**vars(signal))  # type: ignore[attr-defined]  # to send SIGKILL
    for name in MODULES:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, _NotThere())  # type: ignore[arg-type]
    for name in f"{FUNCTIONS} {FLAGS}".split():
        if hasattr(os, name):
            delattr(os, name)
    for name in dir(signal):
        if name.startswith("SIG") and not name.startswith("SIG_") and name not in SIGNALS:
            delattr(signal, name)
    for name in ("alarm", "pthread_kill", "pthread_sigmask", "setitimer", "sigpending", "sigwait"):
        delattr(signal, name)
    _read_text_as_text()


def _read_text_as_text() -> None:
    opened, read, close = os.open, os.read, os.close
    text: set[int] = set()

    def open_(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        number = opened(path, flags & ~O_BINARY, *rest, **named)
        text.discard(number)
        if not flags & O_BINARY:
            AS_TEXT.append(os.fspath(path))
            text.add(number)
        return number

    def read_(number: int, size: int) -> bytes:
        data = read(number, size)
        return data.partition(b"\x1a")[0].replace(b"\r\n", b"\n") if number in text else data

    def close_(number: int) -> None:
        text.discard(number)
        close(number)

    os.O_BINARY = O_BINARY  # type: ignore[attr-defined]
    os.open, os.read, os.close = open_, read_, close_
