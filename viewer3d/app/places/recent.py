"""Folders that were opened before, kept in a private file where a person's settings allow it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from viewer3d.app.sessions.store import change_private, kept_folder
from viewer3d.core.files import read_whole
from viewer3d.errors import OutputError
from viewer3d.settings.read import settings_or_built_in

MOST_RECENT_PLACES: Final = 10

_MOST_BYTES: Final = 1 << 20


def recent_file() -> Path:
    """Return the file, which need not be there.

    Raises
    ------
    OutputError
        When this person has no folder.
    """
    return kept_folder().parent / "recent.json"


def is_kept() -> bool:
    """Return whether the settings let paths be kept: they may name patients."""
    return settings_or_built_in()[0].session.recent


def read_recent() -> tuple[str, ...]:
    """Return the places that were opened before and are still there, the latest first."""
    return tuple(path for path in _read() if os.path.exists(path)) if is_kept() else ()  # noqa: PTH110 (a str)


def remember(path: str) -> tuple[str, ...]:
    """Keep a place that was opened, if the settings allow it, and return all that are there.

    Raises
    ------
    OutputError
        When it cannot be kept.
    """
    if not is_kept():
        return ()
    path = os.path.abspath(path)  # noqa: PTH100 (as typed: links stay)

    def kept_with_it() -> bytes:
        others = [one for one in _read() if one != path]
        return msgspec.json.encode([path, *others][:MOST_RECENT_PLACES])

    try:
        change_private(recent_file(), kept_with_it)
    except UnicodeEncodeError as error:  # of the name of a folder that another system has written
        raise OutputError("its name is no UTF-8") from error
    return read_recent()


def forget_recent() -> bool:
    """Delete what is kept of places that were opened, and return whether anything was.

    Raises
    ------
    OutputError
        When it cannot be deleted.
    """
    path = recent_file()
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be deleted ({(error.strerror or str(error)).lower()}): make it writable"
        ) from error
    return True


def _read() -> Sequence[str]:
    try:
        return msgspec.json.decode(read_whole(recent_file(), _MOST_BYTES), type=list[str])[:MOST_RECENT_PLACES]
    except (OSError, OutputError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return []  # not there, or damaged: the next one that is opened is kept
