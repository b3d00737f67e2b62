"""The colours of marks over white panes: dark on what is light, light on what is dark."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.display_list import (
    MUTED,
    OFF_WHITE,
    PLANE_COLORS,
    SHADE,
    Align,
    Area,
    Color,
    DisplayList,
    Line,
    Mark,
    Path,
    Ramp,
    Text,
)  # fmt: skip
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.measurements import COLOR as MEASURED

ON_WHITE: Final[dict[Color, Color]] = {
    # At least 4.5 times as dark as white (WCAG 2.2, 1.4.3), and of the hue that they have on black.
    OFF_WHITE: (26, 27, 30),
    SHADE: (255, 255, 255),
    MUTED: (92, 94, 98),
    PLANE_COLORS["axial"]: (190, 48, 34),
    PLANE_COLORS["coronal"]: (52, 116, 36),
    PLANE_COLORS["sagittal"]: (138, 100, 0),
    MEASURED: (0, 104, 140),
}
"""The colours of marks, and those that replace them over white."""

DARK_BELOW: Final = 110
"""Mean grey value under a mark, 0 to 255, from which on the mark is drawn dark."""

_SHARES: Final[dict[Align, float]] = {"left": 0.0, "middle": 0.5, "right": 1.0}


def legible_on(pixels: NDArray[np.uint8], marks: DisplayList) -> DisplayList:
    """Return marks in colours that are legible over a pane on a white page, by the pixels under them.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        Of the pane.
    marks : tuple of Mark
    """
    return tuple(_darkened(mark) if _mean_under(pixels, mark) >= DARK_BELOW else mark for mark in marks)


def _darkened(mark: Mark) -> Mark:
    if isinstance(mark, Ramp):
        return mark
    color = ON_WHITE.get(mark.color, mark.color)
    if isinstance(mark, Text) and mark.outline is not None:
        return replace(mark, color=color, outline=ON_WHITE.get(mark.outline, mark.outline))
    return replace(mark, color=color)


def _mean_under(pixels: NDArray[np.uint8], mark: Mark) -> float:
    # Marks beyond the pane are over the page, which is white.
    x0, y0, x1, y1 = _box(mark)
    height, width = pixels.shape[:2]
    part = pixels[max(round(y0), 0) : min(round(y1), height), max(round(x0), 0) : min(round(x1), width)]
    return float(part.mean()) if part.size else 255.0


def _box(mark: Mark) -> tuple[float, float, float, float]:
    if isinstance(mark, Text):
        wide = LETTER_WIDE * mark.size * len(mark.text)
        left = mark.x - _SHARES[mark.align] * wide
        return left, mark.y - 0.75 * mark.size, left + wide, mark.y + 0.2 * mark.size
    if isinstance(mark, Ramp):
        return mark.left, mark.top, mark.left + mark.width, mark.top + mark.height
    points = mark.points if isinstance(mark, Path | Area) else ((mark.x0, mark.y0), (mark.x1, mark.y1))
    (x0, y0), (x1, y1) = np.min(points, axis=0), np.max(points, axis=0)
    thick = mark.width / 2 if isinstance(mark, Line | Path) else 0.0
    return x0 - thick, y0 - thick, x1 + thick + 1, y1 + thick + 1
