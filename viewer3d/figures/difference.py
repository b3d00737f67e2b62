"""The difference of two volumes on one pane: its values, how far its colours reach, and the colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.figures.labels import ValueScale
from viewer3d.figures.sections import Section, Slices
from viewer3d.render.panes import PaneFrame
from viewer3d.render.slab import is_inside
from viewer3d.view import Slab

BLUE_TO_ORANGE = (
    # Equal is black, as air beside it; less is blue and more orange, which no common colour blindness confounds: the
    # middle ones are blue and vermilion of M. Okabe and K. Ito, Color Universal Design (2008).
    (-1.0, (196, 232, 255)),
    (-0.5, (0, 114, 178)),
    (0.0, (0, 0, 0)),
    (0.5, (213, 94, 0)),
    (1.0, (255, 231, 160)),
)

STEPS = 128
"""Colours on either side of black."""

LIMIT_PERCENTILE = 99.5
"""Of the differences' sizes, half a percent are left to edges that moved."""

COARSE = 200
"""Pixels of the longer side of a pane in which the limit is looked for: the same for a page of any size."""


def subtracted(before: Slices, after: Slices, frame: PaneFrame) -> NDArray[np.float32]:
    """Take the values of one volume from those of another at a pane's pixels.

    Returns
    -------
    ndarray of float32, shape (height, width)
        After less before; NaN where one of them has no value.
    """
    values = [_floats(slices.values(frame, Slab())) for slices in (before, after)]
    return values[1] - values[0]


def difference_limit(before: Slices, after: Slices, sections: list[Section]) -> float:
    """Find how large differences are that have the last colours: 1, 2 or 5 times a power of ten."""
    sizes = []
    for section in sections:
        mm = max(section.sides) / COARSE
        wide, high = (max(1, round(side / mm)) for side in section.sides)
        sizes.append(np.abs(subtracted(before, after, section.frame(mm, (wide, high)))).ravel())
    found = np.concatenate(sizes)
    found = found[np.isfinite(found)]
    most = float(np.percentile(found, LIMIT_PERCENTILE)) if found.size else 0.0
    if most <= 0:
        return 1.0
    ten = 10.0 ** np.floor(np.log10(most))
    return float(min(step * ten for step in (1, 2, 5, 10) if step * ten >= most * (1 - 1e-9)))


def difference_pixels(values: NDArray[np.float32], limit: float) -> NDArray[np.uint8]:
    """Draw differences: (height, width, 3) uint8; black where there are none."""
    share = np.clip(np.nan_to_num(values / np.float32(limit), nan=0.0), -1, 1)
    drawn: NDArray[np.uint8] = _table()[np.rint((share + 1) * STEPS).astype(int)]
    return drawn


def difference_scale(limit: float, unit: str) -> ValueScale:
    """Return which colour is which difference."""
    return ValueScale(-limit, limit, unit, tuple((int(r), int(g), int(b)) for r, g, b in _table()))


def _table() -> NDArray[np.uint8]:
    places, colors = np.array([one[0] for one in BLUE_TO_ORANGE]), np.array([one[1] for one in BLUE_TO_ORANGE])
    steps = np.linspace(-1, 1, 2 * STEPS + 1)
    table: NDArray[np.uint8] = np.rint(np.stack([np.interp(steps, places, colors[:, n]) for n in range(3)], -1)).astype(
        np.uint8
    )
    return table


def _floats(values: NDArray[Any]) -> NDArray[np.float32]:
    return np.where(is_inside(values), values, np.nan).astype(np.float32)
