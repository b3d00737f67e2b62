"""List the value bar: which colour is which value, at the right edge of a slice pane."""

from __future__ import annotations

import numpy as np

from viewer3d.core.window import Window, window_decimals
from viewer3d.render.colors import palette
from viewer3d.render.marks.display_list import SHADE, Color, DisplayList, Line, Mark, Ramp, Text
from viewer3d.render.marks.metrics import MarkMetrics

BAR_WIDTH = 0.75
"""Of the text size."""

LEAST_HEIGHT = 4.5
"""Of the text size: a lower bar is not drawn, for its numbers would meet."""


def value_bar_marks(
    page: MarkMetrics, window: Window, colors: str, unit: str, *, inverted: bool, top: float, bottom: float
) -> DisplayList:
    """List the marks of a value bar.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    window : Window
        Its ends are those of the bar.
    colors : str
        Name of the colour map.
    unit : str
        Of the values.
    inverted : bool
        Whether low values are white.
    top, bottom : float
        Rows between which there is room.

    Returns
    -------
    tuple of Mark
        The bar, and beside it the values at its ends and in its middle, the uppermost with the unit. Empty when the
        room is too low.
    """
    height = round(bottom - top)
    if height < LEAST_HEIGHT * page.size:
        return ()
    width = max(3, round(BAR_WIDTH * page.size))
    left, first = page.right - width + 1, round(top)
    ramp = Ramp(left, first, width, height, bar_colors(window, colors, inverted=inverted))
    edges = (left - 1, first - 1, left + width, first + height)
    border = tuple(
        Line(*ends, width=1, color=SHADE)
        for ends in (
            (edges[0], edges[1], edges[2], edges[1]), (edges[0], edges[3], edges[2], edges[3]),
            (edges[0], edges[1], edges[0], edges[3]), (edges[2], edges[1], edges[2], edges[3]),
        )
    )  # fmt: skip
    return (*border, ramp, *_numbers(page, window, unit, left, (first, first + height - 1)))


def bar_colors(window: Window, colors: str, *, inverted: bool) -> tuple[Color, ...]:
    """Return the colours of 256 even values from a window's lower to its upper end."""
    # A sigmoid window's greys are not even.
    grey = np.rint(255 * window.apply(np.linspace(*window.bounds, 256))).astype(int)
    table = palette(colors)[255 - grey if inverted else grey]
    return tuple((int(r), int(g), int(b)) for r, g, b in table)


def _numbers(page: MarkMetrics, window: Window, unit: str, left: int, ends: tuple[int, int]) -> tuple[Mark, ...]:
    low, high = window.bounds
    decimals = window_decimals(window)
    column, top, bottom = left - 0.5 * page.size, *ends
    rows = (top + page.cap, (top + bottom + page.cap) / 2, bottom)
    values = (f"{value + 0.0:.{decimals}f}" for value in np.round([high, (low + high) / 2, low], decimals))
    units = (f" {unit}" if unit else "", "", "")
    return tuple(
        Text(column, row, f"{value}{more}", page.size, align="right")
        for row, value, more in zip(rows, values, units, strict=True)
    )
