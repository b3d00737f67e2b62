"""The difference of two volumes in a pane: its values, its colours, and the range they cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.view.state import ViewState
from viewer3d.figures.labels import ValueScale
from viewer3d.figures.sections import Section, SliceDrawer
from viewer3d.figures.style import PageColors
from viewer3d.render.marks.display_list import Color
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.slab import is_inside

ColorStops = tuple[tuple[float, Color], ...]

BLUE_TO_ORANGE: Final[ColorStops] = (
    # Equal is black, as air beside it; less is blue and more orange, which no common colour blindness confuses: the
    # colours at +-0.5 are blue and vermilion of M. Okabe and K. Ito, Color Universal Design (2008).
    (-1.0, (196, 232, 255)),
    (-0.5, (0, 114, 178)),
    (0.0, (0, 0, 0)),
    (0.5, (213, 94, 0)),
    (1.0, (255, 231, 160)),
)

DIFFERENCE_ON_WHITE: Final[ColorStops] = (
    # The same for white panes: equal is white, and larger differences are darker.
    (-1.0, (0, 46, 92)),
    (-0.5, (0, 114, 178)),
    (0.0, (255, 255, 255)),
    (0.5, (213, 94, 0)),
    (1.0, (92, 34, 0)),
)

HATCH: Final[tuple[Color, Color]] = ((58, 58, 62), (96, 96, 102))
"""Stripes of two greys where one volume alone has a value."""

HATCH_ON_WHITE: Final[tuple[Color, Color]] = ((206, 206, 210), (168, 168, 174))

ONE_ALONE: Final = "hatched: in one volume only"
"""The label below a difference with hatching."""

_STEPS: Final = 128
"""Colours on either side of equal."""

LIMIT_PERCENTILE: Final = 99.5
"""Percentile of the differences at which colours end: edges that moved are half a percent or less."""

COARSE: Final = 200
"""Pixels of the longer side of the pane that the limit is found in: the same for a page of any size."""


@dataclass(frozen=True, eq=False)
class Difference:
    """The values of one volume at a pane's pixels, less those of another.

    Attributes
    ----------
    values : ndarray of float32, shape (height, width)
        NaN where one of them has no value.
    in_one : ndarray of bool, shape (height, width)
        Where at least one of them has a value.
    """

    values: NDArray[np.float32]
    in_one: NDArray[np.bool_]

    @property
    def in_both(self) -> NDArray[np.bool_]:
        """Where both have a value: bool, shape (height, width)."""
        both: NDArray[np.bool_] = ~np.isnan(self.values)
        return both


def subtract(before: SliceDrawer, after: SliceDrawer, pane: PaneGeometry, state: ViewState) -> Difference:
    """Subtract one volume from another at a pane's pixels, both with the slab of a state."""
    sampled = [drawer.values(pane, state) for drawer in (before, after)]
    inside = [is_inside(values) for values in sampled]
    first, second = (
        np.where(there, values, np.nan).astype(np.float32) for there, values in zip(inside, sampled, strict=True)
    )
    return Difference(second - first, inside[0] | inside[1])


def difference_limit(before: SliceDrawer, after: SliceDrawer, sections: list[Section], state: ViewState) -> float:
    """Choose the difference at which the colours end: 1, 2 or 5 times a power of ten."""
    sizes = []
    for section in sections:
        mm = max(section.sides) / COARSE
        wide, high = (max(1, round(side / mm)) for side in section.sides)
        sizes.append(np.abs(subtract(before, after, section.pane(mm, (wide, high)), state).values).ravel())
    found = np.concatenate(sizes)
    found = found[np.isfinite(found)]
    most = float(np.percentile(found, LIMIT_PERCENTILE)) if found.size else 0.0
    if most <= 0:
        return 1.0
    ten = 10.0 ** np.floor(np.log10(most))
    return float(min(step * ten for step in (1, 2, 5, 10) if step * ten >= most * (1 - 1e-9)))


@dataclass(frozen=True)
class DifferenceColors:
    """The colours of differences.

    Attributes
    ----------
    points : tuple of (float, Color)
        From less, -1, to more, 1.
    hatch : tuple of two Colors
        Where one volume alone has a value.
    ground : tuple of int
        Where neither has one.
    """

    points: ColorStops
    hatch: tuple[Color, Color]
    ground: Color

    @classmethod
    def on(cls, page: PageColors) -> DifferenceColors:
        """Return the colours that suit the panes of a page."""
        if page.is_light:
            return cls(DIFFERENCE_ON_WHITE, HATCH_ON_WHITE, page.pane)
        return cls(BLUE_TO_ORANGE, HATCH, page.pane)

    def pixels(self, found: Difference, limit: float, hatch: int) -> NDArray[np.uint8]:
        """Draw differences: (height, width, 3) uint8, with hatching of so many pixels."""
        share = np.clip(np.nan_to_num(found.values / np.float32(limit), nan=0.0), -1, 1)
        drawn: NDArray[np.uint8] = self._table()[np.rint((share + 1) * _STEPS).astype(int)]
        drawn[~found.in_one] = self.ground
        rows, columns = np.nonzero(found.in_one & ~found.in_both)
        drawn[rows, columns] = np.array(self.hatch, np.uint8)[(rows + columns) // hatch % 2]
        return drawn

    def scale(self, limit: float, unit: str) -> ValueScale:
        """Return the scale of a value bar of differences."""
        return ValueScale(-limit, limit, unit, tuple((int(r), int(g), int(b)) for r, g, b in self._table()))

    def _table(self) -> NDArray[np.uint8]:
        places, colors = np.array([one[0] for one in self.points]), np.array([one[1] for one in self.points])
        steps = np.linspace(-1, 1, 2 * _STEPS + 1)
        channels = [np.interp(steps, places, colors[:, n]) for n in range(3)]
        table: NDArray[np.uint8] = np.rint(np.stack(channels, -1)).astype(np.uint8)
        return table
