"""Which window a caller means: one of the volume's own, a named one, or one from its voxels."""

from __future__ import annotations

import numpy as np

from viewer3d.errors import WindowError
from viewer3d.volume import Volume
from viewer3d.window import AnyWindow, Window, as_window, auto_window, parse_window

LEAST_HU = -1024
"""HU: what is lower is a filling of what was not measured, not a density."""


def choose_window(volume: Volume, window: AnyWindow | None) -> Window:
    """Find the window a caller means, see :func:`viewer3d.screenshot`.

    Raises
    ------
    WindowError
        When there is no such window.
    """
    if window is None:
        return volume.default_window
    if not isinstance(window, str):
        return as_window(window)
    if window == "auto":
        sample = volume.sample()
        # Outside its field of view a CT may hold -2000 or -3024, which is no tissue: air is the lowest there is.
        return auto_window(np.maximum(sample, LEAST_HU) if volume.unit == "HU" else sample)
    if window == "file" or window.startswith("file:"):
        return _own_window(volume, window)
    return parse_window(window)


def _own_window(volume: Volume, word: str) -> Window:
    """Return the files' own window, or the one of a number from 1: "file:2"."""
    windows = volume.windows or ((volume.window,) if volume.window is not None else ())
    if not windows:
        raise WindowError("the files of this volume hold no window: give center/width, a name, or auto")
    number = word.removeprefix("file").removeprefix(":") or "1"
    if not number.isdigit() or not 1 <= int(number) <= len(windows):
        held = ", ".join(f"file:{n} is {window}" for n, window in enumerate(windows, 1))
        raise WindowError(f"the files of this volume hold no window {word!r}: {held}")
    return windows[int(number) - 1]
