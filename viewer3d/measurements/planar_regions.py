"""Statistics of the values in regions of a plane: ellipses, rectangles, and outlines of many points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.sampling import is_measured
from viewer3d.core.vectors import Points
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.measurements.extent import reaches_outside
from viewer3d.measurements.outlines import area_of, contains_or_touches, perimeter_of
from viewer3d.measurements.uncertainty.outlines import outline_area_uncertainty
from viewer3d.measurements.uncertainty.regions import GridValues, region_mean_uncertainty
from viewer3d.measurements.uncertainty.shapes import area_uncertainty, place_covariance
from viewer3d.measurements.values import Region

_ALIGNED: Final = 1 - 1e-6
"""Cosine from which on a slice is one of the grid's own: 0.08 degrees, where 6-digit DICOM cosines are off by 1e-4."""

_ON_EDGE: Final = 1e-6
"""mm by which, and part of a voxel by which, what lies on an edge may miss it: rounding decides nothing."""

_BLOCK: Final = 200_000
"""Points of an oblique slice that are sampled at once: some 50 MB."""


def measure_region(volume: Volume, shape: Measurement) -> Region:
    """Return the area of a region and the statistics of the values in it, see :func:`viewer3d.measure`.

    Parameters
    ----------
    volume : Volume
    shape : Measurement
        Of a kind that has an area.
    """
    covariance = place_covariance(volume.geometry, volume.info.place_errors)
    area, area_known = _area(volume, shape, covariance)
    perimeter = perimeter_of(shape.flat) if shape.is_outline else None
    outside = reaches_outside(volume.geometry, shape)
    parts = _parts(volume, shape)
    values = _joined(parts)
    if not values.size:
        return Region(area, 0, *(None,) * 4, volume.unit, area_known, None, perimeter, outside)
    mean, sd, least, most = (float(number) for number in (values.mean(), values.std(), values.min(), values.max()))
    mean_known = region_mean_uncertainty(volume, shape, parts[len(parts) // 2], (mean, sd, values.size), covariance)
    known = volume.unit, area_known, mean_known
    return Region(area, values.size, mean, sd, least, most, *known, perimeter, outside)


def region_values(volume: Volume, shape: Measurement) -> NDArray[np.float64]:
    """Return the values that :func:`measure_region` has the statistics of, float64 of shape (N,)."""
    return _joined(_parts(volume, shape))


def _parts(volume: Volume, shape: Measurement) -> list[GridValues]:
    cosines = np.abs(shape.normal @ volume.geometry.direction)
    axis = int(np.argmax(cosines))
    if cosines[axis] >= _ALIGNED:
        return [_slice_values(volume, shape, axis)]
    return [_sampled(volume, shape, points, inside) for points, inside in _lattice(volume, shape)]


def _joined(parts: list[GridValues]) -> NDArray[np.float64]:
    return np.concatenate([np.empty(0), *(one.values[one.inside] for one in parts)])


def _area(volume: Volume, shape: Measurement, covariance: NDArray[np.float64]) -> tuple[float, float]:
    """Return the area of a region and its expanded uncertainty (95 %), in mm2."""
    if shape.is_outline:
        return area_of(shape.flat), outline_area_uncertainty(shape, volume.geometry, covariance)
    width, height = shape.sides
    share = np.pi / 4 if shape.kind == "ellipse" else 1.0
    axes = np.array([shape.right, shape.down])
    return width * height * share, area_uncertainty(shape.sides, axes, covariance, share)


def _inside(shape: Measurement, points: Points) -> NDArray[np.bool_]:
    """Return which points of a shape's plane, (..., 3) in mm, lie in it or on its edge."""
    if shape.is_outline:
        flat = points @ np.array([shape.right, shape.down]).T
        return contains_or_touches(shape.flat, flat, _ON_EDGE)
    away = points - shape.center
    u, v = away @ np.array(shape.right), away @ np.array(shape.down)
    half_u, half_v = (side / 2 + _ON_EDGE for side in shape.sides)
    if shape.kind == "ellipse":
        return np.asarray((u / half_u) ** 2 + (v / half_v) ** 2 <= 1)
    return np.asarray((np.abs(u) <= half_u) & (np.abs(v) <= half_v))


def _slice_values(volume: Volume, shape: Measurement, axis: int) -> GridValues:
    """Return the values of the nearest slice around a shape, and those whose voxels' centres lie in it."""
    geometry = volume.geometry
    index = geometry.world_to_index(shape.corners)
    low = np.maximum(np.ceil(index.min(0) - _ON_EDGE), 0).astype(int)
    high = np.minimum(np.floor(index.max(0) + _ON_EDGE) + 1, geometry.shape).astype(int)
    depth = float(geometry.world_to_index(shape.center)[axis])
    low[axis] = np.clip(np.rint(np.round(depth, 6)), 0, geometry.shape[axis] - 1)
    high[axis] = low[axis] + 1
    within = -0.5 - _ON_EDGE <= depth <= geometry.shape[axis] - 0.5 + _ON_EDGE
    if not within or (low >= high).any():
        return GridValues(np.empty((0, 0)), np.empty((0, 0), np.bool_))
    ranges = [np.arange(first, end) for first, end in zip(low, high, strict=True)]
    centres = geometry.index_to_world(np.stack(np.meshgrid(*ranges, indexing="ij"), -1))
    values = volume.voxels[tuple(slice(first, end) for first, end in zip(low, high, strict=True))].astype(np.float64)
    inside = _inside(shape, centres) & np.isfinite(values)
    if volume.padding is not None:
        inside &= values != volume.padding
    if volume.measured is not None:
        inside &= is_measured(volume.measured, *np.ix_(*ranges))
    steps = tuple(geometry.affine[:3, a] for a in range(3) if a != axis)
    return GridValues(values.squeeze(axis), inside.squeeze(axis), steps)


def _lattice(volume: Volume, shape: Measurement) -> Iterator[tuple[Points, NDArray[np.bool_]]]:
    """Yield parts of a lattice around a shape, as far as the volume may reach.

    Each is world points (mm), shape (M, N, 3), and which of them lie in the shape, (M, N).
    """
    step = min(volume.spacing)
    corners = volume.geometry.corners - shape.center
    lines = []
    for direction, side in zip((shape.right, shape.down), shape.sides, strict=True):
        reach = corners @ np.array(direction)
        low, high = max(-side / 2 - _ON_EDGE, reach.min()), min(side / 2 + _ON_EDGE, reach.max())
        lines.append(step * np.arange(np.ceil(low / step), np.floor(high / step) + 1))
    across, downward = lines
    for part in np.array_split(downward, max(1, across.size * downward.size // _BLOCK)):
        u, v = np.meshgrid(across, part, indexing="ij")
        points = shape.center + u[..., None] * np.array(shape.right) + v[..., None] * np.array(shape.down)
        yield points, _inside(shape, points)


def _sampled(volume: Volume, shape: Measurement, points: Points, inside: NDArray[np.bool_]) -> GridValues:
    """Return linear interpolations at the world points (mm), (M, N, 3), that are inside and measured."""
    index = volume.geometry.world_to_index(points[inside])
    last = np.array(volume.shape) - 1
    whole = ((index >= -0.5) & (index <= last + 0.5)).all(-1)
    index = np.clip(index, 0, last)
    first = np.minimum(np.floor(index).astype(int), np.maximum(last - 1, 0))
    share = index - first
    values = np.zeros(len(index))
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, share, 1 - share).prod(-1)
        i, j, k = np.minimum(first + corner, last).T
        # A neighbour that has no part in a value does not make it NaN.
        values += np.where(weight > 0, weight * volume.voxels[i, j, k], 0)
        if volume.measured is not None:
            whole &= (weight <= 0) | is_measured(volume.measured, i, j, k)
        if volume.padding is not None:
            whole &= (weight <= 0) | (volume.voxels[i, j, k] != volume.padding)
    held = inside.copy()
    held[inside] = whole & np.isfinite(values)
    grid = np.zeros(inside.shape)
    grid[inside] = values
    step = min(volume.spacing)
    return GridValues(grid, held, (step * np.array(shape.right), step * np.array(shape.down)))
