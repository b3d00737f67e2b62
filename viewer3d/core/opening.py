"""Open files to read: never a pipe, a device or a socket, whose opening or reading might never end."""

from __future__ import annotations

import errno
import os
import stat
from typing import Final

OPEN_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
"""How ``os.open`` opens what is read: a pipe that nobody writes into does not wait, a terminal is not taken over, and
Windows, which alone has the last, does not take the bytes for text."""

NO_FILE: Final = "a pipe or a device, no file"

_KINDS: Final = {
    stat.S_IFIFO: "a named pipe (FIFO), which is no file",
    stat.S_IFSOCK: "a socket, which is no file",
    stat.S_IFCHR: "a device, which is no file",
    stat.S_IFBLK: "a device, which is no file",
}


def open_file(path: str | os.PathLike[str], _flags: int = 0) -> int:
    """Open a file to read; it can be the ``opener`` of :func:`open`.

    Returns
    -------
    int
        The number of the open file.

    Raises
    ------
    OSError
        When it cannot be opened; also when it is a folder, or no file but a pipe or a device.
    """
    number = os.open(path, OPEN_FLAGS)
    mode = os.fstat(number).st_mode
    if stat.S_ISREG(mode):
        return number
    os.close(number)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    raise OSError(errno.EINVAL, NO_FILE)


def kind_of(mode: int) -> str:
    """Return what something is that is neither file nor folder, by its mode (``st_mode``)."""
    return _KINDS.get(stat.S_IFMT(mode), "neither a file nor a folder")
