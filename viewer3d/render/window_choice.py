"""Choose the window that a caller means, and whether a volume is first shown inverted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.volume import Volume, cached
from viewer3d.core.window import (
    AnyWindow,
    NamedWindow,
    Window,
    as_window,
    find_row,
    parse_window,
    window_between,
    window_rows,
)
from viewer3d.errors import WindowError
from viewer3d.render.colors import GREY


def choose_window(volume: Volume, window: AnyWindow | None) -> Window:
    """Find the window a caller means, see :func:`viewer3d.screenshot`.

    Raises
    ------
    WindowError
        When there is no such window, or it is for values of another kind.
    """
    if window is None:
        return volume.default_window
    if not isinstance(window, str):
        return as_window(window)
    if window == "auto":
        return volume.auto_window
    if window == "file" or window.startswith("file:"):
        return _own_window(volume, window)
    row = find_row(window)
    return parse_window(window) if row is None else _named(volume, row)


def named_windows_of(volume: Volume) -> dict[str, Window]:
    """Return the named windows that are for a volume's values, in the order of their digits."""
    scale = _scale(volume)
    return {row.name: _in_values(volume, row) for row in window_rows().values() if row.scale == scale}


def is_inverted_first(volume: Volume, colors: str = GREY) -> bool:
    """Return whether a volume is first shown with black and white exchanged, as a state has it.

    Parameters
    ----------
    volume : Volume
        PET is read dark on white: of it low values are white, whatever its files say of the display; but a presentation
        state that was asked for is followed.
    colors : str
        Name of the colour map: those in colour are not turned round.
    """
    return volume.modality == "PT" and colors == GREY and not volume.inverted and not volume.is_presented


def _scale(volume: Volume) -> str:
    return "HU" if volume.is_like_hu else "SUV" if volume.is_in_suv else "percentile"


def _named(volume: Volume, row: NamedWindow) -> Window:
    # Of an array nothing may be known: then its values may be HU.
    unknown = not volume.unit and not volume.modality
    if row.scale in ("percentile", _scale(volume)) or (unknown and row.scale == "HU"):
        return _in_values(volume, row)
    what = f"{volume.modality or 'values'} in {volume.unit or 'no unit'}"
    names = ", ".join(named_windows_of(volume))
    raise WindowError(
        f"window {row.name} is for values in {row.scale}, this is {what}: give center/width, auto, or one of {names}"
    )


def _in_values(volume: Volume, row: NamedWindow) -> Window:
    if row.scale != "percentile":
        return row.window
    least, inside = cached(volume, _above_background)
    high = float(np.percentile(inside, row.high)) if inside.size else least
    return window_between(least, high) if high > least else volume.auto_window


def _above_background(volume: Volume) -> tuple[float, NDArray[Any]]:
    # The lowest value, which is the background of MR and PET, and all that are higher.
    values = volume.window_values()
    least = float(values.min()) if values.size else 0.0
    return least, values[values > least]


def _own_window(volume: Volume, word: str) -> Window:
    """Return the files' own window, or the one of a number from 1: "file:2"."""
    windows = volume.windows
    if not windows:
        raise WindowError("the files of this volume hold no window: give center/width, a name, or auto")
    number = word.removeprefix("file").removeprefix(":") or "1"
    if not number.isdigit() or not 1 <= int(number) <= len(windows):
        held = ", ".join(f"file:{n} is {window}" for n, window in enumerate(windows, 1))
        raise WindowError(f"the files of this volume hold no window {word!r}: {held}")
    return windows[int(number) - 1]
