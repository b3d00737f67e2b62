"""Find the lines in which a slice cuts a mesh, and the pixels that lie within them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.mesh_cuts import plane_cut
from viewer3d.core.contours.polygons import fill_edges
from viewer3d.core.mesh import MeshRegion
from viewer3d.errors import LimitError
from viewer3d.render.marks.strokes import Segments, Strokes, strokes
from viewer3d.render.slices.contour_lines import MOST_LINES, seen_segments
from viewer3d.render.slices.pixels import PanePixels, PlanePixels
from viewer3d.render.slices.tiles import PanePart


@dataclass(frozen=True, eq=False)
class MeshCut:
    """What the plane of a slice cuts of a mesh; of a slab it is the plane in its middle.

    Attributes
    ----------
    region : MeshRegion
    segments : ndarray of float64, shape (N, 2, 2)
        The lines, by their ends as columns and rows; NaN for what is not before the eye.
    """

    region: MeshRegion
    segments: Segments

    @classmethod
    def of(cls, region: MeshRegion, pixels: PanePixels | PlanePixels) -> MeshCut:
        """Cut a mesh in the world of the base."""
        lines = plane_cut(region.mesh, pixels.point, pixels.normal)
        return cls(region, pixels.to_pixel(lines.reshape(-1, 3)).reshape(-1, 2, 2))

    def strokes(self, shape: tuple[int, int], width: float) -> tuple[Strokes, bool]:
        """Find the pixels of the lines in a picture.

        Parameters
        ----------
        shape : tuple of int
            Height and width of the picture.
        width : float
            Of the lines, in pixels.

        Returns
        -------
        tuple of Strokes and bool
            And whether they are all: of so many that they would cover the picture the outline of the inside is drawn.
        """
        seen = seen_segments(self.segments, shape)
        is_whole = len(seen) <= MOST_LINES
        if not is_whole:
            seen = seen[: 0 if self.region.is_closed else MOST_LINES]
        return strokes(seen, width, shape), is_whole

    def inside(self, shape: tuple[int, int]) -> tuple[NDArray[np.uint8], PanePart] | None:
        """Find the pixels whose centre lies in a closed mesh, by the even-odd rule.

        Parameters
        ----------
        shape : tuple of int
            Height and width of the picture.

        Returns
        -------
        tuple of ndarray of uint8, shape (height, width), and tuple of slice, or None
            1 inside, and the rows and columns that hold all of that. None where a part of the lines is not before the
            eye, or they are too many.
        """
        labels = np.zeros(shape, np.uint8)
        edges = self.segments.reshape(-1, 4)
        if not np.isfinite(edges).all():
            return None
        try:
            found, left, top = fill_edges(edges, (shape[1], shape[0]))
        except LimitError:
            return None
        part = slice(top, top + found.shape[0]), slice(left, left + found.shape[1])
        labels[part] = found
        return labels, part
