"""Window the values of a slice: to grey as DICOM defines it, and to the colours of a colour map.

Values are interpolated before the window acts, never after, and the window is that of the standard to the last grey.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.window import Window
from viewer3d.render.colors import GREY, palette
from viewer3d.render.marks.display_list import Color
from viewer3d.render.slices.slab import OUTSIDE, is_inside


@lru_cache(maxsize=64)  # 4 MB: a window is asked for by every pane and again at every step
def grey_table(window: Window, *, inverted: bool = False) -> NDArray[np.uint8]:
    """Tabulate a window for all int16 values.

    Parameters
    ----------
    window : Window
    inverted : bool
        Show low values white (MONOCHROME1).

    Returns
    -------
    ndarray of uint8, shape (65536,)
        ``table[value]`` is ``round(255 * window.apply(value))``, in the order of the values seen as uint16: first 0 to
        32767, then -32768 to -1. The entry of :data:`OUTSIDE` is black.
    """
    values = np.arange(1 << 16, dtype=np.uint16).view(np.int16)
    table = _grey(values, window, inverted=inverted)
    table[np.uint16(OUTSIDE & 0xFFFF)] = 0
    table.flags.writeable = False
    return table


def grey_values(values: NDArray[Any], window: Window, *, inverted: bool = False) -> NDArray[np.uint8]:
    """Draw values in grey.

    Parameters
    ----------
    values : ndarray of int16 or float32, shape (height, width)
        As :class:`viewer3d.render.slices.sample.Sampler` gives them.
    window : Window
    inverted : bool
        Show low values white (MONOCHROME1); what lies outside of the volume is black all the same.

    Returns
    -------
    ndarray of uint8, shape (height, width)
    """
    if values.dtype == np.int16:
        return np.take(grey_table(window, inverted=inverted), values.view(np.uint16))
    grey = _grey(values, window, inverted=inverted)
    if inverted:
        grey[np.isnan(values)] = 0
    return grey


def color_values(values: NDArray[Any], window: Window, colors: str, *, inverted: bool = False) -> NDArray[np.uint8]:
    """Draw values in the colours of a colour map.

    Parameters
    ----------
    values, window, inverted
        As for :func:`grey_values`.
    colors : str
        Name of a colour map.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        What lies outside of the volume is black.

    Raises
    ------
    ViewError
        When there is no such colour map.
    """
    grey = grey_values(values, window, inverted=inverted)
    if colors == GREY:
        return np.repeat(grey[..., None], 3, axis=2)  # a fifth of the time of looking the same up three times
    drawn = palette(colors)[grey]
    drawn[~is_inside(values)] = 0
    return drawn


def value_color(value: float, window: Window, colors: str, *, inverted: bool = False) -> Color:
    """Return the colour that one value has: red, green and blue, 0 to 255.

    Parameters
    ----------
    value : float
    window, colors, inverted
        As for :func:`color_values`.
    """
    r, g, b = palette(colors)[int(_grey(np.array(value), window, inverted=inverted))].tolist()
    return r, g, b


def _grey(values: NDArray[Any], window: Window, *, inverted: bool) -> NDArray[np.uint8]:
    share = window.apply(values)
    return np.rint(255 * (1 - share if inverted else share)).astype(np.uint8)
