"""Find grids along the axes of the patient, and flatten regions along one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.view.look import RegionLook

_ALONG: Final = 0.1
"""Voxels: a grid axis whose ends are less far beside a plane's normal counts as parallel to it."""

_PARALLEL_COSINE: Final = 0.999
"""Cosine from which on an axis of a grid is one of the patient: a slice there is a plane of voxels."""


def along_axis(grid: Geometry, axis: int) -> int | None:
    """Return which axis of a grid lies along an axis of the patient; None where none does.

    The others are then at right angles to it.
    """
    cosines = np.abs(grid.direction)
    along = int(np.argmax(cosines[axis]))
    others = [n for n in range(3) if n != along]
    if cosines[axis, along] < _PARALLEL_COSINE or (cosines[:, others].max(0) < _PARALLEL_COSINE).any():
        return None
    return along


def upright_grid_around(grid: Geometry, most: int = 512) -> Geometry:
    """Return an upright grid over another one.

    Its voxels are cubes of the finest spacing, or so that there are so many along the longest side.
    """
    low, high = grid.bounds
    step = max(min(grid.spacing), float((high - low).max()) / most)
    counts = np.maximum(np.ceil((high - low) / step), 1).astype(int)
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = (low + high) / 2 - step * (counts - 1) / 2
    return Geometry(affine, (int(counts[0]), int(counts[1]), int(counts[2])))


def silhouettes(regions: PlacedRegions, look: RegionLook, axis: int, place: float) -> PlacedRegions:
    """Return regions flattened along an axis of the patient onto a plane across it.

    Parameters
    ----------
    regions : PlacedRegions
    look : RegionLook
        Those that it does not show are left out.
    axis : int
        0, 1 or 2: to the left, the back or the head.
    place : float
        Where the plane cuts the axis, LPS mm.

    Returns
    -------
    PlacedRegions
        One slice, in which a pixel belongs to a region if any voxel along the axis does. Contours that enclose nothing
        and points have no silhouette.
    """
    segmentation = regions.segmentation
    grid = segmentation.geometry
    along = int(np.argmax(np.abs(grid.direction[axis])))
    span = grid.affine[:3, along] * grid.shape[along]
    is_parallel = float(np.linalg.norm(np.delete(span, axis))) <= _ALONG * min(grid.spacing)
    if not is_parallel:
        grid, along = upright_grid_around(grid), axis
    layers: list[NDArray[np.uint8]] = []
    segments: list[Segment] = []
    for one in segmentation.segments:
        if look.sees(one.number) and segmentation.index_box(one.number) is not None:
            mask = segmentation.mask(one.number, grid)
            layers.append(np.asfortranarray(mask.any(axis=along, keepdims=True).astype(np.uint8)))
            segments.append(replace(one, layer=len(layers) - 1, value=1))
    shape = [*grid.shape]
    shape[along] = 1
    flat = Geometry(_flat_affine(grid, along, axis, place), (shape[0], shape[1], shape[2]))
    labels = layers or [np.zeros(flat.shape, np.uint8, order="F")]
    return replace(regions, data=Segmentation(tuple(labels), flat, tuple(segments), segmentation.info))


def _flat_affine(grid: Geometry, along: int, axis: int, place: float) -> NDArray[np.float64]:
    affine = grid.affine.copy()
    affine[:3, 3] += grid.affine[:3, along] * (grid.shape[along] - 1) / 2
    affine[:3, along] *= grid.shape[along]
    affine[axis, 3] += place - affine[axis, 3]
    return affine
