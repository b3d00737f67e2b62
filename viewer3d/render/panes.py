"""Compute where panes lie in a picture, and where the pixels of a slice pane lie in the patient.

Pixels are (column, row), counted from the left and the top; whole numbers are pixel centres, as with voxels, so a pane
of width w reaches from -0.5 to w - 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import Points, Vector, cross_product, vector
from viewer3d.core.view.planes import PANES, PLANES, PaneName, Plane, PlaneName, View
from viewer3d.core.view.state import ViewState
from viewer3d.errors import ViewError

SMALLEST_SIDE = 16
"""Pixels: below this no pane of a quad view would be left to look at."""

LARGEST_SIDE = 8192
"""Pixels: what every OpenGL of the last ten years can draw in one window; at 8192 x 8192 a picture takes 200 MB."""

FIT_MARGIN = 0.05
"""The part of a pane left free on each side at zoom 1: the orientation letters stand in it."""

LINE_SHARE = 1000
"""Panes are parted by one pixel for so many pixels of the picture's shorter side, and by one at least."""


@dataclass(frozen=True)
class Rect:
    """A rectangle of whole pixels in a picture.

    Attributes
    ----------
    left, top : int
        Its first column and row.
    width, height : int
        Columns and rows in it.
    """

    left: int
    top: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    @property
    def rows(self) -> slice:
        """The rows of a picture that are in it."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """The columns of a picture that are in it."""
        return slice(self.left, self.left + self.width)

    def contains(self, column: float, row: float) -> bool:
        """Return whether a pixel of the picture is in it."""
        return self.left <= column < self.left + self.width and self.top <= row < self.top + self.height


def check_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return a picture's (width, height) as two ints.

    Raises
    ------
    ViewError
        When they are not two whole numbers from :data:`SMALLEST_SIDE` to :data:`LARGEST_SIDE`.
    """
    try:
        width, height = (int(side) for side in size)
        fits = (width, height) == tuple(size) and min(width, height) >= SMALLEST_SIDE
        fits = fits and max(width, height) <= LARGEST_SIDE
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise ViewError(
            f"picture size {size!r}: give (width, height) in whole pixels from {SMALLEST_SIDE} to {LARGEST_SIDE}"
        )
    return width, height


def layout(view: View, size: tuple[int, int]) -> dict[PaneName, Rect]:
    """Share a picture among the panes of a view.

    Parameters
    ----------
    view : str
        ``"mpr"`` puts three side by side, ``"quad"`` two over two; any other view fills the picture with one pane.
    size : tuple of int
        Width and height of the picture in pixels.

    Returns
    -------
    dict of str to Rect
        Every pane of ``view.PANES[view]`` in reading order. What no pane covers is the thin line between them.

    Examples
    --------
    >>> layout("mpr", (302, 100))["sagittal"]
    Rect(left=202, top=0, width=100, height=100)
    """
    names = PANES[view]
    rows = 2 if len(names) == 4 else 1
    gap = max(1, round(min(size) / LINE_SHARE))
    spans_x = _spans(size[0], len(names) // rows, gap)
    spans_y = _spans(size[1], rows, gap)
    cells = [Rect(left, top, width, height) for top, height in spans_y for left, width in spans_x]
    return dict(zip(names, cells, strict=True))


def _spans(length: int, count: int, gap: int) -> list[tuple[int, int]]:
    # What does not divide evenly goes to the first panes, one pixel each.
    each, more = divmod(length - gap * (count - 1), count)
    widths = [each + (n < more) for n in range(count)]
    return [(sum(widths[:n]) + gap * n, widths[n]) for n in range(count)]


@dataclass(frozen=True)
class PaneGeometry:
    """Where the pixels of a slice pane lie in the patient.

    Attributes
    ----------
    plane : Plane
        Which plane, and how it lies on the screen.
    origin : tuple of float
        World point (LPS, mm) of the centre of pixel (0, 0).
    mm_per_pixel : float
        Both sides of a pixel: pixels are square and proportions true.
    size : tuple of int
        Width and height of the pane in pixels.
    """

    plane: Plane
    origin: Vector
    mm_per_pixel: float
    size: tuple[int, int]

    @property
    def right(self) -> NDArray[np.float64]:
        """Step in world from one pixel to the next on its right, in mm, shape (3,)."""
        return np.array(self.plane.right, np.float64) * self.mm_per_pixel

    @property
    def down(self) -> NDArray[np.float64]:
        """Step in world from one pixel to the next below it, in mm, shape (3,)."""
        return np.array(self.plane.down, np.float64) * self.mm_per_pixel

    @property
    def position(self) -> float:
        """How far along its normal the plane is from the world's origin, in mm."""
        return float(np.dot(self.origin, self.plane.normal))

    def to_pixel(self, world: ArrayLike) -> NDArray[np.float64]:
        """Project world points (mm), shape (..., 3), to pixels (column, row), shape (..., 2)."""
        away = np.asarray(world, np.float64) - self.origin
        return away @ self._steps / self.mm_per_pixel**2

    @cached_property
    def _steps(self) -> NDArray[np.float64]:
        # To the right and down, as columns: a step of a slice asks for them several times.
        steps = np.stack([self.right, self.down], -1)
        steps.flags.writeable = False
        return steps

    def to_world(self, pixel: ArrayLike) -> Points:
        """Return the world points (mm), shape (..., 3), of pixels (column, row), shape (..., 2)."""
        return np.asarray(pixel, np.float64) @ np.stack([self.right, self.down]) + self.origin

    @property
    def affine(self) -> NDArray[np.float64]:
        """Pixel (column, row, 0, 1) to world (LPS, mm), float64 of shape (4, 4)."""
        affine = np.eye(4)
        affine[:3, 0], affine[:3, 1], affine[:3, 3] = self.right, self.down, self.origin
        affine[:3, 2] = cross_product(self.plane.right, self.plane.down)
        return affine


def pane_geometry(geometry: Geometry, state: ViewState, name: PlaneName, size: tuple[int, int]) -> PaneGeometry:
    """Compute where the pixels of a plane's pane lie in the patient.

    Parameters
    ----------
    geometry : Geometry
        Of the volume that is seen; zoom 1 fits its bounds, with :data:`FIT_MARGIN` on each side.
    state : ViewState
        Its cursor says where the plane cuts, its pane of that name zoom, pan and turn.
    name : {"axial", "coronal", "sagittal"}
    size : tuple of int
        Width and height of the pane in pixels.
    """
    flat, plane, pane = state.plane(name), state.plane_on_screen(name), state.slice_pane(name)
    extent = geometry.bounds[1] - geometry.bounds[0]
    # Fitted as if it were not oblique, so that nothing grows or shrinks while planes are turned.
    sides = plane.seen_sides([extent @ np.abs(way) for way in (PLANES[name].right, PLANES[name].down)])
    mm = float((sides / np.array(size)).max() / (1 - 2 * FIT_MARGIN) / pane.zoom)
    right, down, normal = (np.array(way, np.float64) for way in (plane.right, plane.down, plane.normal))
    middle = geometry.center + pane.pan[0] * np.array(flat.right) + pane.pan[1] * np.array(flat.down)
    origin = middle - mm * ((size[0] - 1) / 2 * right + (size[1] - 1) / 2 * down)
    origin = origin - (origin @ normal) * normal + (np.array(state.cursor) @ normal) * normal
    return PaneGeometry(plane, vector(origin), mm, size)
