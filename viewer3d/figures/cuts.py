"""Cuts: which plane a pane of a figure shows, and the pixels of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.errors import ViewError
from viewer3d.figures.labels import ValueScale
from viewer3d.geometry import Geometry
from viewer3d.planes import PLANES, PlaneName, Vector
from viewer3d.render.panes import PaneFrame
from viewer3d.render.slices import Sampler, pane_grey
from viewer3d.volume import Volume
from viewer3d.window import Window

MARGIN = 0.05
"""Part of a volume's side left free on each side of it: labels stand there."""

Box = tuple[Vector, Vector]
"""Lowest and highest corner (LPS, mm)."""


@dataclass(frozen=True)
class Cut:
    """Where a slice pane lies.

    Attributes
    ----------
    plane : {"axial", "coronal", "sagittal"}
    point : tuple of float
        A world point (LPS, mm) on it.
    box : tuple of tuple of float
        What is to be seen, its middle in the pane's.
    margin : float
        Part of the box's side left free on each side of it.
    """

    plane: PlaneName
    point: Vector
    box: Box
    margin: float = MARGIN

    @property
    def sides(self) -> tuple[float, float]:
        """Width and height in mm of what is to be seen."""
        plane, extent = PLANES[self.plane], np.subtract(*self.box[::-1]) * (1 + 2 * self.margin)
        return float(extent @ np.abs(plane.right)), float(extent @ np.abs(plane.down))

    def frame(self, mm_per_pixel: float, size: tuple[int, int]) -> PaneFrame:
        """Place a pane of so many pixels."""
        plane = PLANES[self.plane]
        right, down = np.array(plane.right, np.float64), np.array(plane.down, np.float64)
        origin = np.mean(self.box, axis=0) - mm_per_pixel * ((size[0] - 1) / 2 * right + (size[1] - 1) / 2 * down)
        origin[plane.axis] = self.point[plane.axis]
        return PaneFrame(plane, _vector(origin), mm_per_pixel, size)

    def fitted(self, size: tuple[int, int]) -> PaneFrame:
        """Place a pane of so many pixels that shows all that is to be seen."""
        return self.frame(max(side / room for side, room in zip(self.sides, size, strict=True)), size)


def box_around(*geometries: Geometry) -> Box:
    """Return the box around volumes."""
    low = np.min([geometry.bounds[0] for geometry in geometries], axis=0)
    high = np.max([geometry.bounds[1] for geometry in geometries], axis=0)
    return _vector(low), _vector(high)


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


class Slices:
    """Cuts one volume into pictures.

    Parameters
    ----------
    volume : Volume
    colors : str
        Name of a colour map.
    """

    def __init__(self, volume: Volume, colors: str) -> None:
        if colors != "grey":
            raise ViewError(f"no colours are named {colors!r}: give grey")
        self.volume = volume
        self._sampler = Sampler(volume)

    def values(self, frame: PaneFrame) -> NDArray[Any]:
        """Sample the volume at a pane's pixels, see :meth:`viewer3d.render.slices.Sampler.values`."""
        return self._sampler.values(frame)

    def pixels(self, frame: PaneFrame, window: Window) -> NDArray[np.uint8]:
        """Draw a pane: (height, width, 3) uint8."""
        return self.drawn(self.values(frame), window)

    def drawn(self, values: NDArray[Any], window: Window) -> NDArray[np.uint8]:
        """Draw a pane's values: (height, width, 3) uint8."""
        grey = pane_grey(values, window, inverted=self.volume.inverted)
        return np.repeat(grey[..., None], 3, axis=2)

    def scale(self, window: Window) -> ValueScale:
        """Return which grey is which value."""
        steps = range(255, -1, -1) if self.volume.inverted else range(256)
        return ValueScale(*window.bounds, self.volume.unit, tuple((step, step, step) for step in steps))


def _vector(values: ArrayLike) -> Vector:
    x, y, z = (float(v) for v in np.asarray(values, np.float64))
    return x, y, z
