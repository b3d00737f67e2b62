"""The dose in a region, at samples of the region's own volume: what a dose-volume histogram counts.

A structure's samples lie in the slabs that the planes of its contours stand for, each plane's in cells of its own, and
have the exact area of its polygons; a segment's lie in its voxels, each divided alike. At each sample the dose is
linear between the eight voxels around it. So neither the size of the dose grid's voxels nor how they lie to the
contours decides which dose a part of the region has (B. Nelms et al., Med Phys 2015; 42: 4435).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.planes import ContourPlanes, common_normal, group_planes
from viewer3d.core.contours.polygons import NO_AREA, fill, moments
from viewer3d.core.notes.note import Note
from viewer3d.core.sampling import measured_mask
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.structures import Roi, StructureSet
from viewer3d.core.vectors import Points
from viewer3d.core.volume import Volume, cached

LEAST_DOSE_SAMPLES: Final = 1 << 18
"""Samples of the box around a region, at least: a sphere has half of them, and its D95 % is off by 1e-4."""

MOST_DOSE_SAMPLES: Final = 1 << 20
"""At most: half a voxel of the dose apart in 3.5 litres at voxels of 3 mm; 0.3 s."""

_PART: Final = 1 << 18
"""Samples whose dose is found at a time, in 30 MB."""

_IRRATIONAL: Final = (0.8191725133961645, 0.6710436067037893, 0.5497004779019703)
"""1/p, 1/p^2 and 1/p^3 of the root of p^4 = p + 1 (M. Roberts, 2018)."""

_GOLDEN_ANGLE: Final = float(np.arctan((5**0.5 - 1) / 2))

_UPRIGHT: Final = 0.1
"""Length of what of a direction lies in a plane: with less, another direction says more of it."""


@dataclass(frozen=True, eq=False)
class DoseSamples:
    """The dose at samples of a region.

    Attributes
    ----------
    doses : ndarray of float64, shape (n,)
        At those samples that lie in the dose grid, in the unit of the dose.
    weights : ndarray of float64, shape (n,)
        What each of them stands for, in ml.
    ml : float
        Volume of the whole region.
    step : float
        Largest distance between neighbouring samples, in mm.
    notes : tuple of Note
    """

    doses: NDArray[np.float64]
    weights: NDArray[np.float64]
    ml: float
    step: float
    notes: tuple[Note, ...] = ()

    @property
    def covered(self) -> float:
        """Which share of the region lies in the dose grid, 0 to 1."""
        return min(1.0, float(self.weights.sum()) / self.ml) if self.ml > 0 else 0.0


def sample_roi(dose: Volume, structures: StructureSet, roi: Roi) -> DoseSamples:
    """Return the dose at samples of a region of interest.

    Parameters
    ----------
    dose : Volume
    structures : StructureSet
        That the region is of, in the world of the dose; it says how thick a slab is where its own contours do not.
    roi : Roi
    """
    measured = structures.measure(roi.number, dose.geometry)
    points = [one.points for one in roi.closed]
    normal = common_normal(points)
    if normal is None or not measured.step or not measured.ml:
        return DoseSamples(np.empty(0), np.empty(0), 0.0, 0.0, measured.notes)
    planes = group_planes(np.array([float((one @ normal).mean()) for one in points]))
    axes = _plane_directions(dose, normal)
    finest = min(dose.spacing) / 2
    steps = _steps(points, axes, normal, finest)
    doses, weights, ml = [], [], 0.0
    for samples, each, whole in _plane_samples(points, planes, np.vstack([axes, normal]), measured.step, steps):
        ml += whole
        values, inside = doses_at(dose, samples)
        doses.append(values[inside])
        weights.append(np.full(len(doses[-1]), each))
    return DoseSamples(np.concatenate(doses), np.concatenate(weights), ml, float(steps.max()), measured.notes)


def _plane_directions(dose: Volume, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two directions of a plane along which samples lie, as far from the dose grid's as can be.

    Where samples lie along its axes, many have one dose wherever it grows along one of them, and the histogram has
    steps. A lattice that is turned by the angle whose tangent is the golden ratio lies evenly along both.
    """
    across, along = dose.affine[:3, :2].T / np.array(dose.spacing)[:2, None]
    first = across - (across @ normal) * normal
    if np.linalg.norm(first) < _UPRIGHT:  # the plane is that of columns and slices
        first = along - (along @ normal) * normal
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    cosine, sine = np.cos(_GOLDEN_ANGLE), np.sin(_GOLDEN_ANGLE)
    return np.stack([cosine * first + sine * second, cosine * second - sine * first])


def _steps(
    points: list[Points], axes: NDArray[np.float64], normal: NDArray[np.float64], finest: float
) -> NDArray[np.float64]:
    """Return the distance of samples along three directions, in mm."""
    every = np.concatenate(points) @ np.vstack([axes, normal]).T
    size = np.maximum(np.ptp(every, axis=0), finest)
    least, most = (float(np.cbrt(size.prod() / count)) for count in (LEAST_DOSE_SAMPLES, MOST_DOSE_SAMPLES))
    return np.full(3, max(min(finest, least), most))


def _plane_samples(
    points: list[Points], planes: ContourPlanes, frame: NDArray[np.float64], slab: float, steps: NDArray[np.float64]
) -> Iterator[tuple[Points, float, float]]:
    """Yield the samples of each plane of contours, what each stands for and what all do, in ml."""
    found, count = NO_AREA, 0
    begins, ends = planes.slabs(slab)
    for members, begin, end in zip(planes.members, begins.tolist(), ends.tolist(), strict=True):
        polygons = [points[one] @ frame[:2].T for one in members]
        found = moments(polygons, found)
        if found.area <= 0:
            continue
        flat = _inside(polygons, steps[:2])
        if not len(flat):  # so narrow that it lies between all samples
            flat = np.array([[found.x, found.y]]) / found.area
        layers = max(1, int(np.ceil((end - begin) / steps[2])))
        height = (end - begin) / layers
        places = np.empty((layers, len(flat), 3))
        places[:, :, :2], places[:, :, 2] = flat, (begin + (np.arange(layers) + 0.5) * height)[:, None]
        samples = places.reshape(-1, 3)
        samples[:, 2] += height * shifts(count, len(samples))[:, 2]
        count += len(samples)
        ml = found.area * (end - begin) / 1000
        yield samples @ frame, ml / len(samples), ml


def _inside(polygons: list[Points], steps: NDArray[np.float64]) -> Points:
    """Return the middles of cells of a plane that lie in polygons, shape (n, 2)."""
    low, high = np.min([one.min(0) for one in polygons], 0), np.max([one.max(0) for one in polygons], 0)
    counts = np.maximum(1, np.ceil((high - low) / steps)).astype(int)
    cell = np.maximum(high - low, 1e-6) / counts
    box, x, y = fill([(one - low) / cell - 0.5 for one in polygons], (int(counts[0]), int(counts[1])))
    rows, columns = np.nonzero(box)
    middles: Points = low + (np.stack([columns + x, rows + y], -1) + 0.5) * cell
    return middles


def shifts(first: int, count: int) -> NDArray[np.float64]:
    """Return by how much of its cell each sample lies beside the middle, shape (count, 3), -0.5 to 0.5.

    On a grid all samples of a layer would have one dose where it grows across the layers, and the histogram would have
    steps. Multiples of irrational numbers fill the cells evenly, as in :mod:`viewer3d.core.sampling`.
    """
    number = np.arange(first, first + count, dtype=np.float64)
    return np.asarray(np.modf(number[:, None] * _IRRATIONAL + 0.5)[0] - 0.5)


def sample_segment(dose: Volume, segmentation: Segmentation, segment: Segment) -> DoseSamples:
    """Return the dose at samples of a segment, equally many in each of its voxels.

    Parameters
    ----------
    dose : Volume
    segmentation : Segmentation
        In the world of the dose.
    segment : Segment
    """
    box = segmentation.index_box(segment.number)
    affine = segmentation.geometry.affine
    voxel_ml = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    if box is None:
        return DoseSamples(
            np.empty(0), np.empty(0), 0.0, 0.0, (Note(f"{segment.name} has no voxel.", "dose.no_volume"),)
        )
    mask = (segmentation.labels[segment.layer][box] == segment.value).reshape(-1, order="F")
    (every,) = np.nonzero(mask)
    few = every[:: -(-every.size // MOST_DOSE_SAMPLES)]  # all, but of very many voxels each second, third, ...
    shape = [part.stop - part.start for part in box]
    voxels = np.stack(np.unravel_index(few, shape, order="F"), -1) + [part.start for part in box]
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    parts = _divisions(spacing, min(dose.spacing) / 2, len(voxels))
    ml = every.size * voxel_ml
    axes = [(np.arange(count) + 0.5) / count - 0.5 for count in parts.tolist()]
    offsets = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    doses: list[NDArray[np.float64]] = []
    together = max(1, _PART // len(voxels))
    for first in range(0, len(offsets), together):
        places = (offsets[first : first + together, None, :] + voxels).reshape(-1, 3)
        places += shifts(first * len(voxels), len(places)) / parts
        values, inside = doses_at(dose, places @ affine[:3, :3].T + affine[:3, 3])
        doses.append(values[inside])
    found = np.concatenate(doses)
    each = ml / (len(voxels) * int(parts.prod()))
    return DoseSamples(found, np.full(len(found), each), ml, float((spacing / parts).max()))


def _divisions(spacing: NDArray[np.float64], finest: float, voxels: int) -> NDArray[np.int64]:
    """Return in how many parts voxels are divided along each axis."""
    least, most = (float(np.cbrt(spacing.prod() * voxels / count)) for count in (LEAST_DOSE_SAMPLES, MOST_DOSE_SAMPLES))
    wanted = max(min(finest, least), most)
    return np.maximum(np.rint(spacing / wanted), 1).astype(np.int64)


def doses_at(dose: Volume, world: Points) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the dose at points, linear between voxels, and which of them have one.

    Parameters
    ----------
    dose : Volume
    world : ndarray, shape (n, 3)
        LPS, in mm.

    Returns
    -------
    tuple of ndarray of float64 and of bool, shape (n,)
        The outer half of the outer voxels has the value of their centres, as :func:`viewer3d.Volume.value_at` has it.
        What lies beyond, or between voxels of which one is no number or was not measured, has no dose.
    """
    flat = cached(dose, _flat_voxels)
    values = np.empty(len(world))
    inside = np.empty(len(world), np.bool_)
    for start in range(0, len(world), _PART):
        part = slice(start, start + _PART)
        values[part], inside[part] = _linear(flat, dose.geometry.world_to_index(world[part]), dose.shape)
    return values, inside & np.isfinite(values)


def _flat_voxels(dose: Volume) -> NDArray[Any]:
    """Return all voxels, columns first, as numbers that are none where nothing was measured."""
    voxels = dose.voxels
    if dose.measured is not None:
        voxels = np.where(measured_mask(dose.measured, voxels.shape), voxels, np.float32(np.nan))
    flat: NDArray[Any] = voxels.reshape(-1, order="F")
    return flat


def _linear(flat: NDArray[Any], index: Points, shape: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    inside = np.ones(len(index), np.bool_)
    places, shares, stride = [], [], 1
    for axis, count in enumerate(shape):
        at = index[:, axis]
        inside &= (at >= -0.5) & (at <= count - 0.5)
        held = np.clip(at, 0, count - 1)
        first = np.minimum(np.floor(held).astype(np.int64), max(count - 2, 0))
        places.append((first * stride, np.minimum(first + 1, count - 1) * stride))
        shares.append(held - first)
        stride *= count
    u, v, w = shares
    rows = []
    for k in places[2]:
        for j in places[1]:
            low, high = flat[places[0][0] + j + k], flat[places[0][1] + j + k]
            rows.append(low * (1 - u) + high * u)
    near, far = rows[0] * (1 - v) + rows[1] * v, rows[2] * (1 - v) + rows[3] * v
    return near * (1 - w) + far * w, inside
