"""Pixels that slices are drawn at: those of a pane, or those that a matrix puts on a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.view.state import Slab
from viewer3d.render.panes import PaneGeometry


@dataclass(frozen=True)
class PanePixels:
    """The pixels of a slice pane, each with the slab behind it.

    Attributes
    ----------
    pane : PaneGeometry
    slab : Slab
    """

    pane: PaneGeometry
    slab: Slab

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pane.size[1], self.pane.size[0]


@dataclass(frozen=True, eq=False)
class PlanePixels:
    """Pixels that a matrix puts on a plane, as those of a perspective view of it.

    Attributes
    ----------
    matrix : ndarray of float64, shape (4, 4)
        Pixel (column, row, 0, 1) to world (LPS, mm) in homogeneous coordinates.
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
