"""The sections that panes of figures show: where they lie, and their pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.planes import PLANES, Plane, PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.labels import ValueScale
from viewer3d.measurements.results import MeasurementCache
from viewer3d.render.marks.display_list import BLACK, Color, DisplayList
from viewer3d.render.marks.measurements import measurement_marks
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.value_bar import bar_colors, value_bar_marks
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.compose import PanePixels, SliceLayer, SliceSource, compose, slice_look

WorldBox = tuple[Vector, Vector]
"""Lowest and highest corner (LPS, mm)."""


@dataclass(frozen=True)
class Section:
    """A plane through a volume, and the box of which a pane shows all.

    Attributes
    ----------
    plane : Plane
        As it lies in the patient; it may be oblique.
    point : tuple of float
        A world point (LPS, mm) on it.
    box : tuple of tuple of float
        What is to be seen, its middle in the pane's.
    """

    plane: Plane
    point: Vector
    box: WorldBox

    @property
    def sides(self) -> tuple[float, float]:
        """Width and height in mm of what is to be seen; of an oblique plane as if it were not."""
        plane, extent = PLANES[self.plane.name], np.subtract(*self.box[::-1])
        return float(extent @ np.abs(plane.right)), float(extent @ np.abs(plane.down))

    def pane(self, mm_per_pixel: float, size: tuple[int, int]) -> PaneGeometry:
        """Return a pane of so many pixels, each of so many mm, with the box in its middle."""
        right, down, normal = (np.array(one) for one in (self.plane.right, self.plane.down, self.plane.normal))
        origin = np.mean(self.box, axis=0) - mm_per_pixel * ((size[0] - 1) / 2 * right + (size[1] - 1) / 2 * down)
        origin += ((np.array(self.point) - origin) @ normal) * normal
        return PaneGeometry(self.plane, vector(origin), mm_per_pixel, size)

    def fitted(self, size: tuple[int, int], free: float) -> PaneGeometry:
        """Return a pane of so many pixels that shows the whole box, with some of them free on each side."""
        mm = max(side / max(room - 2 * free, 1) for side, room in zip(self.sides, size, strict=True))
        return self.pane(mm, size)


def box_around(*geometries: Geometry) -> WorldBox:
    """Return the box around grids, in LPS mm."""
    low = np.min([geometry.bounds[0] for geometry in geometries], axis=0)
    high = np.max([geometry.bounds[1] for geometry in geometries], axis=0)
    return vector(low), vector(high)


def sections_of(state: ViewState, planes: Iterable[PlaneName], geometry: Geometry) -> list[Section]:
    """Return the sections of a volume by the planes of a state, through its cursor."""
    box = box_around(geometry)
    return [Section(state.plane(name), state.cursor, box) for name in planes]


def check_plane(plane: str) -> PlaneName:
    """Return the name of a plane.

    Raises
    ------
    ViewError
        When there is no such plane.
    """
    if plane not in PLANES:
        raise ViewError(f"no plane is named {plane!r}: give one of {', '.join(PLANES)}")
    return plane


class SliceDrawer:
    """Draws sections of one volume.

    Parameters
    ----------
    volume : Volume
    ground : tuple of int
        Red, green and blue, 0 to 255, of what lies outside of it.
    """

    def __init__(self, volume: Volume, ground: Color = BLACK) -> None:
        self.volume = volume
        self._ground = ground
        self.source = SliceSource(volume)
        self._results = MeasurementCache(volume)

    def values(self, pane: PaneGeometry, state: ViewState) -> NDArray[Any]:
        """Sample the volume at a pane's pixels, with the slab and interpolation of a state.

        Returns (height, width) values in the unit of the volume, or (height, width, 3) of one in colours.
        See :meth:`viewer3d.render.slices.compose.SliceSource.values`.
        """
        return self.source.values(PanePixels(pane, state.slab), state.interpolation)

    def pixels(self, pane: PaneGeometry, state: ViewState) -> NDArray[np.uint8]:
        """Draw a pane with the window, slab and colours of a state: (height, width, 3) uint8."""
        layer = SliceLayer(self.source, slice_look(self.volume, state))
        return compose((layer,), PanePixels(pane, state.slab), self._ground)

    def scale(self, state: ViewState) -> ValueScale:
        """Return the scale of a value bar of a state's slices."""
        look = state.layers[0]
        colors = bar_colors(look.window, look.colors, inverted=self._inverted(state))
        return ValueScale(*look.window.bounds, self.volume.unit, colors)

    def bar(self, page: MarkMetrics, state: ViewState) -> DisplayList:
        """List the marks of a value bar within a pane, at its right edge."""
        ends = {"top": page.height / 2 + 1.2 * page.size, "bottom": page.bottom - 3 * page.size}
        inverted, look = self._inverted(state), state.layers[0]
        return value_bar_marks(page, look.window, look.colors, self.volume.unit, inverted=inverted, **ends)

    def measurements(self, pane: PaneGeometry, state: ViewState, page: MarkMetrics) -> DisplayList:
        """List the marks of a state's measurements that lie in a pane."""
        return measurement_marks(self.volume.geometry, state, pane, self._results, page)

    def _inverted(self, state: ViewState) -> bool:
        return self.volume.inverted != state.layers[0].inverted
