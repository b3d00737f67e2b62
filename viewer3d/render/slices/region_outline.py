"""Find the outline that the voxels of a region have on a slice pane."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.outlines import mask_outlines
from viewer3d.core.geometry import Geometry
from viewer3d.measurements.isocontours import GrownRegion
from viewer3d.render.panes import PaneGeometry

_ALIGNED: Final = 1 - 1e-6
"""Cosine from which on a slice is one of the grid's own, as for :func:`viewer3d.measure`."""

_PARTS: Final = 4
"""Parts of a voxel's side by which its corners are found: outlines cut a half of one off each corner."""

_MOST: Final = 1024
"""Points of a lattice along a side, on an oblique slice."""


def region_outline(region: GrownRegion, geometry: Geometry, pane: PaneGeometry) -> list[NDArray[np.float64]]:
    """Return the closed lines around the voxels of a region that a slice pane cuts.

    Parameters
    ----------
    region : GrownRegion
    geometry : Geometry
        Of its grid.
    pane : PaneGeometry
        Its own slice counts, however thick slices are shown.

    Returns
    -------
    list of ndarray of float64, shape (N, 2)
        Columns and rows in pixels; the last point is joined to the first.
    """
    if not region.mask.size:
        return []
    normal = np.array(pane.plane.normal, np.float64)
    cosines = np.abs(normal @ geometry.direction)
    axis = int(np.argmax(cosines))
    return (_aligned if cosines[axis] >= _ALIGNED else _oblique)(region, geometry, pane, axis)


def _aligned(region: GrownRegion, geometry: Geometry, pane: PaneGeometry, axis: int) -> list[NDArray[np.float64]]:
    start = np.array([part.start for part in region.box])
    depth = float(geometry.world_to_index(pane.origin)[axis])
    number = int(np.rint(np.round(depth, 6))) - start[axis]
    if not 0 <= number < region.mask.shape[axis]:
        return []
    flat = np.take(region.mask, number, axis)
    fine = flat.repeat(_PARTS, 0).repeat(_PARTS, 1)
    others = [one for one in range(3) if one != axis]
    lines = []
    for line in mask_outlines(fine):
        index = np.full((len(line), 3), depth)
        index[:, others] = (line + 0.5) / _PARTS - 0.5 + start[others]
        lines.append(pane.to_pixel(geometry.index_to_world(index)))
    return lines


def _oblique(region: GrownRegion, geometry: Geometry, pane: PaneGeometry, _: int) -> list[NDArray[np.float64]]:
    # On a lattice of the pane, as fine as its pixels where the region is small enough.
    ends = np.array([[part.start - 0.5, part.stop - 0.5] for part in region.box])
    corners = np.stack(np.meshgrid(*ends, indexing="ij"), -1).reshape(-1, 3)
    pixels = pane.to_pixel(geometry.index_to_world(corners))
    low = np.maximum(np.floor(pixels.min(0)) - 2, -2)
    high = np.minimum(np.ceil(pixels.max(0)) + 2, np.array(pane.size) + 2)
    if (low >= high).any():
        return []
    step = max(1.0, float((high - low).max()) / _MOST)
    columns, rows = (np.arange(first, end, step) for first, end in zip(low, high, strict=True))
    points = np.stack(np.meshgrid(columns, rows, indexing="ij"), -1)
    index = np.rint(geometry.world_to_index(pane.to_world(points))).astype(int)
    index -= [part.start for part in region.box]
    within = ((index >= 0) & (index < region.mask.shape)).all(-1)
    inside = np.zeros(within.shape, np.bool_)
    inside[within] = region.mask[tuple(index[within].T)]
    return [line * step + low for line in mask_outlines(inside)]
