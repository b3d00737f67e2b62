"""List the voxels that a measurement is of, down to what files store, as a table in CSV.

One row is a stored value that has a part in a voxel that has a part in a value. Where files are not followed, or were
not resampled, that is one row a voxel.

====================  ============================================================================================
``value_number``      which of the measurement's values it is, from 1: of an ellipse its ``count``
``value``             that value, in the unit
``i``, ``j``, ``k``   column, row and slice of the voxel, from 0
``x_LPS`` ...         its centre, in mm
``voxel``             its value, in the unit
``weight``            its share in the value: 1 where the measurement is of voxels themselves
``unit``              of the values
``series``, ``file``  what it was read from; ``frame`` from 1, ``column`` and ``row`` from 0
``bits``              the word of the file in hexadecimal; ``encoding`` says how it is stored
``stored``            the stored value
``slope`` ...         and ``intercept``, ``factor``, ``offset``: (stored * slope + intercept) * factor + offset
``table``             the entry of the Modality LUT in the place of slope and intercept
``share``             of the stored value in the voxel: 1 where slices were not resampled
====================  ============================================================================================
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.files import check_folder, check_suffix, write_whole
from viewer3d.core.text import printable
from viewer3d.core.vectors import Points, vector
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.explanations.sample import voxel_shares, weighted
from viewer3d.explanations.values import Sample, StoredValue, VoxelShare
from viewer3d.measurements.isocontours import grown_region

if TYPE_CHECKING:
    from viewer3d.explanations.stored import Sources

ALIGNED: Final = 1 - 1e-6
"""Cosine from which on a slice is one of the grid's own, as for :func:`viewer3d.measure`."""

ON_EDGE: Final = 1e-6
"""mm by which what lies on an edge may miss it, as for :func:`viewer3d.measure`."""

VOXEL_COLUMNS: Final = (
    *("value_number", "value", "i", "j", "k", "x_LPS", "y_LPS", "z_LPS", "voxel", "weight", "unit"),
    *("series", "file", "frame", "column", "row", "bits", "encoding", "stored", "slope", "intercept", "table"),
    *("factor", "offset", "share"),
)
"""Of the CSV."""


def measured_samples(volume: Volume, measurement: Measurement) -> list[Sample]:
    """Return the values that :func:`viewer3d.measure` takes for a measurement, with their voxels.

    Parameters
    ----------
    volume : Volume
    measurement : Measurement
        A probe, an ellipse, a rectangle, a freehand, a polygon or an isocontour.

    Raises
    ------
    ViewError
        When it is of another kind, which no values are of.
    """
    if measurement.kind == "probe":
        points = np.array(measurement.points, np.float64)
        found = [_sample(volume, points[0], "nearest")] if volume.geometry.contains(points[0]) else []
    elif measurement.kind == "isocontour":
        region = grown_region(volume, measurement)
        indices = np.argwhere(region.mask) + [part.start for part in region.box]
        found = [_voxel(volume, index) for index in indices]
    elif not measurement.has_area:
        raise ViewError(
            f"{measurement.kind}: is of points and not of voxels; give a probe, an ellipse, a rectangle, a freehand, "
            "a polygon or an isocontour"
        )
    else:
        axis = int(np.argmax(np.abs(measurement.normal @ volume.geometry.direction)))
        straight = abs(float(measurement.normal @ volume.geometry.direction[:, axis])) >= ALIGNED
        if straight:
            found = [_voxel(volume, index) for index in _slice_voxels(volume, measurement, axis)]
        else:
            found = [_sample(volume, point, "linear") for point in _lattice(volume, measurement)]
    return [one for one in found if one.value is not None and np.isfinite(one.value) and _has_part(volume, one)]


def _has_part(volume: Volume, sample: Sample) -> bool:
    """Return whether all voxels of a value were measured; padding was not."""
    padding = volume.padding
    return all(voxel.is_measured and (padding is None or voxel.value != padding) for voxel in sample.voxels)


def _voxel(volume: Volume, index: NDArray[np.intp]) -> Sample:
    voxels = voxel_shares(volume, index.tolist(), "nearest")
    world = vector(volume.geometry.index_to_world(index))
    return Sample(0.0, 1.0, vector(index), world, voxels, weighted(voxels))


def _sample(volume: Volume, point: Points, interpolation: str) -> Sample:
    index = volume.geometry.world_to_index(point)
    voxels = voxel_shares(volume, index.tolist(), "nearest" if interpolation == "nearest" else "linear")
    return Sample(0.0, 1.0, vector(index), vector(point), voxels, weighted(voxels))


def _inside(shape: Measurement, points: Points) -> NDArray[np.bool_]:
    if shape.is_outline:
        return _inside_outline(shape.flat, points @ np.array([shape.right, shape.down]).T)
    away = points - shape.center
    across, down = np.abs(away @ np.array(shape.right)), np.abs(away @ np.array(shape.down))
    wide, high = (side / 2 + ON_EDGE for side in shape.sides)
    if shape.kind == "ellipse":
        return np.asarray((across / wide) ** 2 + (down / high) ** 2 <= 1)
    return np.asarray((across <= wide) & (down <= high))


def _inside_outline(flat: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points, shape (..., 2), lie in an outline, (N, 2), by the even-odd rule, or on it."""
    inside, touched = np.zeros((2, *points.shape[:-1]), np.bool_)
    x, y = points[..., 0], points[..., 1]
    for begin, end in zip(flat, np.roll(flat, -1, axis=0), strict=True):
        (x0, y0), way = begin, end - begin
        spanned = (y >= min(y0, end[1])) & (y < max(y0, end[1]))
        if way[1]:
            inside ^= spanned & (x < x0 + (y - y0) / way[1] * way[0])
        share = np.clip(((points - begin) @ way) / max(float(way @ way), 1e-300), 0, 1)
        nearest = points - begin - share[..., None] * way
        touched |= np.hypot(nearest[..., 0], nearest[..., 1]) <= ON_EDGE
    return np.asarray(inside | touched)


def _slice_voxels(volume: Volume, shape: Measurement, axis: int) -> NDArray[np.intp]:
    """Return the indices, shape (N, 3), of the voxels of the nearest slice whose centres lie in a shape."""
    geometry = volume.geometry
    depth = round(float(geometry.world_to_index(shape.center)[axis]), 6)
    if not -0.5 - ON_EDGE <= depth <= geometry.shape[axis] - 0.5 + ON_EDGE:
        return np.zeros((0, 3), np.intp)
    corners = geometry.world_to_index(shape.corners)
    low, high = np.floor(corners.min(0)).astype(int) - 1, np.ceil(corners.max(0)).astype(int) + 1
    low[axis] = high[axis] = int(np.clip(round(depth), 0, geometry.shape[axis] - 1))
    ranges = [
        np.arange(max(first, 0), min(last, count - 1) + 1)
        for first, last, count in zip(low.tolist(), high.tolist(), geometry.shape, strict=True)
    ]
    indices = np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, 3)
    return indices[_inside(shape, geometry.index_to_world(indices))] if len(indices) else indices


def _lattice(volume: Volume, shape: Measurement) -> Points:
    """Return the lattice of an oblique shape, points (LPS, mm) of shape (N, 3), one in its middle."""
    step = min(volume.spacing)
    corners = volume.geometry.corners - shape.center
    lines = []
    for direction, side in zip((shape.right, shape.down), shape.sides, strict=True):
        reach = corners @ np.array(direction)  # further out there is no volume
        low, high = max(-side / 2 - ON_EDGE, reach.min()), min(side / 2 + ON_EDGE, reach.max())
        lines.append(step * np.arange(np.ceil(low / step), np.floor(high / step) + 1))
    across, down = np.meshgrid(*lines, indexing="ij")
    points = shape.center + across[..., None] * np.array(shape.right) + down[..., None] * np.array(shape.down)
    points = points.reshape(-1, 3)
    return np.asarray(points[_inside(shape, points)])


def voxel_rows(
    volume: Volume, samples: Sequence[Sample], sources: Sources | None = None, name: str = "the volume"
) -> Iterator[dict[str, object]]:
    """Yield the rows of a table of voxels, by the names of :data:`VOXEL_COLUMNS`.

    Parameters
    ----------
    volume : Volume
    samples : sequence of Sample
        See :func:`measured_samples`.
    sources : Sources, optional
        What finds stored values.
    name : str
        Of the volume, for messages.
    """
    for number, sample in enumerate(samples, 1):
        for one in sample.voxels:
            voxel = one if sources is None else sources.voxel(volume, name, one)
            row = {"value_number": number, "value": sample.value, "unit": volume.unit, **_voxel_row(voxel)}
            for stored in voxel.stored or (None,):
                yield {**row, **({} if stored is None else _stored_row(stored))}


def _voxel_row(voxel: VoxelShare) -> dict[str, object]:
    return {
        **dict(zip("ijk", voxel.index, strict=True)),
        **dict(zip(("x_LPS", "y_LPS", "z_LPS"), voxel.world, strict=True)),
        "voxel": voxel.value,
        "weight": voxel.weight,
    }


def _stored_row(one: StoredValue) -> dict[str, object]:
    same = ("series", "file", "frame", "column", "row", "bits", "encoding", "stored", "slope", "intercept", "table")
    return {**{name: getattr(one, name) for name in (*same, "factor", "offset")}, "share": one.weight}


def save_voxels(
    volume: Volume,
    measurement: Measurement,
    path: str | os.PathLike[str],
    sources: Sources | None = None,
    name: str = "the volume",
) -> Path:
    """Write the voxels that a measurement is of as CSV, whole or not at all.

    Parameters
    ----------
    volume : Volume
        The one it was drawn on.
    measurement : Measurement
        A probe, an ellipse, a rectangle, a freehand, a polygon or an isocontour.
    path : path-like
        Ends with ``.csv``.
    sources : Sources, optional
        What finds stored values; without it columns of files are empty.
    name : str
        Of the volume, for messages.

    Raises
    ------
    ViewError
        When it is of a kind that no values are of, or files have other values.
    OutputError
        When it cannot be written there.
    """
    target = check_folder(check_suffix(path, (".csv",), "table"))
    text = io.StringIO()
    writer = csv.DictWriter(text, VOXEL_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in voxel_rows(volume, measured_samples(volume, measurement), sources, name):
        writer.writerow({key: _cell(value) for key, value in row.items()})
    content = text.getvalue().encode()
    return write_whole(target, lambda file: file.write(content))


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str):
        return printable(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
