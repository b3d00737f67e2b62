"""The windows that figures show side by side: those that were given, or those usual for the unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window, is_pair
from viewer3d.errors import WindowError

CT_WINDOWS: Final = ("soft-tissue", "lung", "bone")
SUV_WINDOWS: Final = ("0-5", "0-10", "0-20")

MOST_WINDOWS: Final = 1000
"""Of one figure or movie: a recipe may list any number."""


def windows_or_default(volume: Volume, windows: Sequence[AnyWindow] | AnyWindow | None) -> list[AnyWindow]:
    """Return the windows that are meant, or those a volume is usually shown under side by side.

    Raises
    ------
    WindowError
        When there is none in the list.
    """
    if windows is None:
        own: list[AnyWindow] = ["file", "auto"] if volume.window else ["auto"]
        return list(CT_WINDOWS) if volume.is_like_hu else list(SUV_WINDOWS) if volume.is_in_suv else own
    listed: list[Any] = [windows] if isinstance(windows, Window | str) or is_pair(windows) else list(windows)
    if not listed:
        raise WindowError("no windows were given: give one or more, or leave them out")
    return few_windows(listed)


def few_windows(windows: Sequence[AnyWindow]) -> list[AnyWindow]:
    """Return windows as a list, if they are not too many to be looked up in the voxels one by one.

    Raises
    ------
    WindowError
        When they are too many.
    """
    if len(windows) > MOST_WINDOWS:
        raise WindowError(f"{len(windows):,} windows: give {MOST_WINDOWS:,} at most")
    return list(windows)
