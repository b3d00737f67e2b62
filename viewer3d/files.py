"""Write a file whole, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from viewer3d.errors import OutputError

FULL: Final = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
"""What a system says when there is no room for a file; Windows knows no quota."""


def check_folder(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file to be written, before time is spent on what is to be in it.

    Raises
    ------
    OutputError
        When its folder is not there or it is itself a folder.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise OutputError(f"{target}: there is no folder {target.parent}: make it first, or give another")
    if target.is_dir():
        raise OutputError(f"{target} is a folder: give the name of a file")
    return target


def check_suffix(path: str | os.PathLike[str], suffixes: Iterable[str], what: str) -> Path:
    """Return the path of a file whose name says in which format it is to be written.

    Parameters
    ----------
    path : path-like
    suffixes : iterable of str
        What its name may end with, in small letters.
    what : str
        What is to be in it: ``"picture"``, ``"movie"``.

    Raises
    ------
    OutputError
        When its suffix is none of these; the message lists them.
    """
    target, known = Path(path), tuple(suffixes)
    if target.suffix.lower() not in known:
        raise OutputError(
            f"{target}: no {what} format has the suffix {target.suffix!r}: give one of {', '.join(known)}"
        )
    return target


def write_whole(path: str | os.PathLike[str], write: Callable[[BinaryIO], object]) -> Path:
    """Write a file: an earlier one of that name stays until the new one is complete.

    Parameters
    ----------
    path : path-like
    write : callable
        Is called with an open file and writes all that is to be in it.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When it cannot be written there; no part of a file is left.
    """
    target = check_folder(path)
    part = target.with_name(f".{target.stem[:64]}-{secrets.token_hex(4)}{target.suffix}")
    try:
        with part.open("xb") as file:
            write(file)
        part.replace(target)
    except BaseException as error:
        with suppress(OSError):
            part.unlink()
        if isinstance(error, OSError):
            reason = (error.strerror or str(error)).lower()
            mend = "make room there" if error.errno in FULL else "make its folder writable"
            raise OutputError(f"{target}: cannot be written ({reason}): {mend}, or give another folder") from error
        raise
    return target


def free_paths(folder: Path, name: str, suffixes: Sequence[str]) -> tuple[Path, ...]:
    """Return paths ``name-1``, or of the next number that is free with all of the suffixes."""
    number = 1
    while any((folder / f"{name}-{number}{suffix}").exists() for suffix in suffixes):
        number += 1
    return tuple(folder / f"{name}-{number}{suffix}" for suffix in suffixes)
