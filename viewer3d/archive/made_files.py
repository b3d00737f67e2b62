"""The files that a run writes: where they are, whether they are as written, what is left half written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from viewer3d.archive.outcome import MadeFile
from viewer3d.core.files import PARTIAL_PREFIX, PARTIAL_SUFFIX, is_free, remove_leftovers, write_error

_OLD: Final = 3600.0
"""Seconds after which a part of another machine that nobody keeps locked is one of a process that has ended."""


def folder_of(out: Path, key: str) -> Path:
    """Return the folder that the files of an item are in, and make it.

    Raises
    ------
    OutputError
        When it cannot be made.
    """
    folder = out / key[:2]
    try:
        folder.mkdir(exist_ok=True)  # not its parents: an output folder that has vanished is not made anew
    except OSError as error:
        raise write_error(str(folder), error) from error
    return folder


def digest_of_file(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file, and its size in bytes.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def remove_all_leftovers(out: Path) -> None:
    """Remove half written files from the folder of a run and those in it, but none that is being written."""
    with suppress(OSError), os.scandir(out) as entries:
        folders = [out, *(Path(one.path) for one in entries if len(one.name) == 2 and one.is_dir())]
        for folder in folders:
            remove_leftovers(folder)
            _remove_of_others(folder)


def _remove_of_others(folder: Path) -> None:
    """Remove parts of processes of other machines, which this one cannot ask whether they run."""
    parts: list[Path] = []
    with suppress(OSError), os.scandir(folder) as entries:
        parts = [
            Path(one.path)
            for one in entries
            if one.name.startswith(PARTIAL_PREFIX) and one.name.endswith(PARTIAL_SUFFIX)
        ]
    for part in parts:
        with suppress(OSError):
            if _now(folder) - part.stat().st_mtime > _OLD and is_free(str(part)):
                part.unlink()


def _now(folder: Path) -> float:
    """Return the time of the file system, whose clock may be that of another machine."""
    with NamedTemporaryFile(dir=folder, prefix=PARTIAL_PREFIX) as file:
        return os.fstat(file.fileno()).st_mtime


def are_as_written(out: Path, files: Iterable[MadeFile]) -> bool:
    """Return whether files of a run are there, each with the bytes that it was written with."""
    try:
        return all(digest_of_file(out / one.path) == (one.sha256, one.bytes) for one in files)
    except OSError:
        return False
