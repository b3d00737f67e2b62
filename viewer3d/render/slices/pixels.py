"""Say where the pixels of a slice lie in the patient: of a pane, or of a plane in perspective."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.vectors import Points
from viewer3d.core.view.state import Slab, ViewState
from viewer3d.render.marks.metrics import pane_metrics
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.tiles import PanePart


@dataclass(frozen=True)
class PanePixels:
    """The pixels of a slice pane, each with the slab behind it.

    Attributes
    ----------
    pane : PaneGeometry
    slab : Slab
    line_scale : float
        How much wider outlines and lines of levels are than on a screen: pages have more pixels for the same width.
    text : int, optional
        Size of texts of the files' graphics, in pixels; without it that of a pane beside others.
    """

    pane: PaneGeometry
    slab: Slab
    line_scale: float = 1.0
    text: int | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pane.size[1], self.pane.size[0]

    @property
    def normal(self) -> NDArray[np.float64]:
        """What is at right angles to the plane, of unit length, shape (3,)."""
        return np.array(self.pane.plane.normal, np.float64)

    @property
    def point(self) -> NDArray[np.float64]:
        """A world point (LPS, mm) on the plane, in the middle of the slab, shape (3,)."""
        return np.array(self.pane.origin, np.float64)

    @property
    def thickness(self) -> float:
        """Of the slab, in mm."""
        return self.slab.thickness

    def to_pixel(self, world: ArrayLike) -> NDArray[np.float64]:
        """Project world points (LPS, mm), shape (N, 3), to columns and rows, shape (N, 2), along the normal."""
        return self.pane.to_pixel(world)


@dataclass(frozen=True, eq=False)
class PlanePixels:
    """Pixels that a matrix puts on a plane, as those of a perspective view of it.

    Attributes
    ----------
    matrix : ndarray of float64, shape (4, 4)
        Pixel (column, row, 0, 1) to world (LPS, mm) in homogeneous coordinates; its third column is the plane's normal.
    rows, columns : slice
        Of the pixels.
    """

    matrix: NDArray[np.float64]
    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    @property
    def line_scale(self) -> float:
        """How much wider lines are than on a screen."""
        return 1.0

    @property
    def normal(self) -> NDArray[np.float64]:
        """What is at right angles to the plane, of unit length, shape (3,)."""
        normal: NDArray[np.float64] = self.matrix[:3, 2] / np.linalg.norm(self.matrix[:3, 2])
        return normal

    @property
    def point(self) -> NDArray[np.float64]:
        """A world point (LPS, mm) on the plane, shape (3,)."""
        corners = np.stack(np.meshgrid((self.columns.start, self.columns.stop), (self.rows.start, self.rows.stop)), -1)
        seen = corners.reshape(-1, 2) @ self.matrix[:, :2].T + self.matrix[:, 3]
        nearest = seen[np.argmax(np.abs(seen[:, 3]))]  # a pixel may see the horizon, where there is no point
        point: NDArray[np.float64] = nearest[:3] / nearest[3]
        return point

    @property
    def thickness(self) -> float:
        """0: slices that stand in 3D have no slab."""
        return 0.0

    def to_pixel(self, world: ArrayLike) -> NDArray[np.float64]:
        """Project world points on the plane, along its normal, and that to columns and rows.

        Parameters
        ----------
        world : array_like, shape (N, 3)
            LPS, in mm.

        Returns
        -------
        ndarray of float64, shape (N, 2)
            Counted from the first row and column of the pixels; NaN for what is not before the eye.
        """
        points = np.asarray(world, np.float64)
        normal, middle = self.normal, self.point
        points = points - ((points - middle) @ normal)[:, None] * normal
        # (column, row, 1) of a pixel and the point it sees, with 1, are the same in homogeneous coordinates.
        inverse = np.linalg.pinv(self.matrix[:, [0, 1, 3]])
        found = points @ inverse[:, :3].T + inverse[:, 3]
        pixels = np.full((len(points), 2), np.nan)
        np.divide(found[:, :2], found[:, 2:], where=found[:, 2:] > 0, out=pixels)
        pixels -= (self.columns.start, self.rows.start)
        return pixels


def pane_pixels(state: ViewState, pane: PaneGeometry) -> PanePixels:
    """Return the pixels of a pane as a state shows it: with its slab, and text of the size of its marks."""
    return PanePixels(pane, state.slab, text=pane_metrics(state, pane.size).size)


def part_around(points: Points, pane: PaneGeometry) -> PanePart:
    """Return the rows and columns of a pane outside of which there is nothing between some points.

    Parameters
    ----------
    points : ndarray, shape (N, 3)
        LPS, in mm, as the corners of a grid.
    pane : PaneGeometry
    """
    pixels = pane.to_pixel(points)
    columns, rows = (
        slice(*(min(max(end, 0), side) for end in (math.floor(low) - 1, math.ceil(high) + 2)))
        for low, high, side in zip(pixels.min(0).tolist(), pixels.max(0).tolist(), pane.size, strict=True)
    )
    return rows, columns
