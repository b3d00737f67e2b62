"""Choose the window that a caller means, and whether a volume is first shown inverted."""

from __future__ import annotations

from collections.abc import Iterable
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
    """Return the built-in windows that are for a volume's values, in the order of their digits."""
    scale = _scale(volume)
    return {row.name: _in_values(volume, row) for row in window_rows().values() if row.scale == scale}


def digit_windows(volume: Volume, own: Iterable[NamedWindow] = ()) -> tuple[tuple[str, Window | None], ...]:
    """Return names and windows for a volume by their digits, from 1; those that follow have no digit.

    Parameters
    ----------
    volume : Volume
    own : iterable of NamedWindow
        Of a person's own: those that have a digit, and are for such values, stand there instead of the built-in one,
        which comes last; those without come after the built-in ones.

    Returns
    -------
    tuple of (str, Window or None)
        ``("", None)`` for a digit before the last that no window is left for.
    """
    fitting = [row for row in own if is_for_values(volume, row)]
    taken = {row.digit: (row.name, _in_values(volume, row)) for row in fitting if row.digit}
    others = list(named_windows_of(volume).items())
    displaced = [others[digit - 1] for digit in sorted(taken) if digit <= len(others)]
    left = [(row.name, _in_values(volume, row)) for row in fitting if not row.digit]
    found: list[tuple[str, Window | None]] = []
    for digit in range(1, max([len(others), *taken]) + 1):
        built_in = others[digit - 1] if digit <= len(others) else ("", None)
        found.append(taken.get(digit, built_in))
    return (*found, *left, *displaced)


def window_in_full(volume: Volume, window: AnyWindow) -> AnyWindow:
    """Return a window with its numbers where it is a person's own, else as it was given.

    Raises
    ------
    WindowError
        When it is for values of another kind.
    """
    if not isinstance(window, str) or window == "auto" or window.startswith("file"):
        return window
    row = find_row(window)
    if row is None or row.name in window_rows():
        return window
    _named(volume, row)  # refuses what is for other values
    if row.scale == "percentile":
        return f"0-{_digits(row.high)}%"
    found = row.window  # as text where that says it all: a line of the shell has text
    return f"{_digits(found.center)}/{_digits(found.width)}" if found.function == "LINEAR" else found


def _digits(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


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


def is_for_values(volume: Volume, row: NamedWindow) -> bool:
    """Return whether a named window is for the values of a volume."""
    if row.modality and row.modality != volume.modality:
        return False
    return row.scale in ("", "percentile", _scale(volume)) or row.scale.lower() == volume.unit.lower()


def _named(volume: Volume, row: NamedWindow) -> Window:
    # Of an array nothing may be known: then its values may be HU, or what a person's own window is for.
    unknown = not volume.unit and not volume.modality
    if is_for_values(volume, row) or (unknown and (row.scale == "HU" or row.own is not None)):
        return _in_values(volume, row)
    what = f"{volume.modality or 'values'} in {volume.unit or 'no unit'}"
    names = ", ".join(named_windows_of(volume))
    raise WindowError(
        f"window {row.name} is for {_what_for(row)}, this is {what}: give center/width, auto, or one of {names}"
    )


def _what_for(row: NamedWindow) -> str:
    return " ".join([row.modality or "values", *([f"in {row.scale}"] if row.scale else [])])


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
