"""Find the voxels and weights of which the value behind a pixel is made, in plain numbers.

What draws samples whole panes, by VTK or by numpy. This is the same arithmetic for one pixel, written again: a witness.
Places are rounded to a 65,536th of a voxel, as what draws does (VTK, vtkInterpolationMath.h).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, floor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.sampling import Interpolation, is_measured
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.slab import Slab
from viewer3d.core.volume import Volume
from viewer3d.explanations.values import Sample, VoxelShare
from viewer3d.render.face.cut import FaceCut
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.peaks import CROSSED
from viewer3d.render.slices.slab import SlabPlane, is_straight, slab_planes

VOXEL_PARTS: Final = 65536
"""Parts of a voxel to which places are rounded."""

FLAT_SHARE: Final = 512
"""A line of an oblique slab that changes by less than this part of the range of its pane is not searched between its
samples, see :mod:`viewer3d.render.slices.peaks`."""


@dataclass(frozen=True)
class Blended:
    """The value of a plane or a slab behind a pixel.

    Attributes
    ----------
    samples : tuple of Sample
        See :class:`viewer3d.explanations.values.LayerShare`.
    count : int
        How many planes were looked at.
    value : float, optional
    notes : tuple of str
        Where it is not of the samples alone.
    """

    samples: tuple[Sample, ...]
    count: int
    value: float | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class PixelRay:
    """The line behind a pixel of a pane, and how a volume is sampled along it.

    Attributes
    ----------
    volume : Volume
    pane : PaneGeometry
    pixel : tuple of float
        Column and row.
    slab : Slab
    interpolation : {"linear", "nearest"}
    pane_range : callable
        Returns the range of the extremes of samples in the whole pane; it is asked for oblique slabs alone.
    """

    volume: Volume
    pane: PaneGeometry
    pixel: tuple[float, float]
    slab: Slab
    interpolation: Interpolation
    pane_range: Callable[[], float]

    @property
    def planes(self) -> tuple[SlabPlane, ...]:
        """The planes in which the slab is sampled."""
        nearest = self.interpolation == "nearest"
        return slab_planes(self.volume.geometry, self.pane.plane, self.pane.origin, self.slab, nearest=nearest)

    def sample(self, plane: SlabPlane) -> Sample:
        """Return the value in one plane of the slab."""
        affine = self.pane.affine
        affine[:3, 3] += np.multiply(self.pane.plane.normal, plane.offset)
        matrix = self.volume.geometry.inverse @ affine
        index = matrix[:3, 3] + matrix[:3, 0] * self.pixel[0] + matrix[:3, 1] * self.pixel[1]
        world = affine[:3] @ (self.pixel[0], self.pixel[1], 0.0, 1.0)
        voxels = voxel_shares(self.volume, index.tolist(), self.interpolation)
        value = as_stored_type(weighted(voxels), self.volume)
        return Sample(plane.offset, plane.weight, vector(index), vector(world), voxels, value)


def voxel_shares(volume: Volume, index: Sequence[float], interpolation: Interpolation) -> tuple[VoxelShare, ...]:
    """Return the voxels that have a part in the value at a place of a grid.

    Parameters
    ----------
    volume : Volume
    index : sequence of float
        Column, row and slice.
    interpolation : {"linear", "nearest"}

    Returns
    -------
    tuple of VoxelShare
        One to eight; none where the place is outside: further than half a voxel from the outer centres.
    """
    axes: list[list[tuple[int, float]]] = []
    for at, count in zip(index, volume.shape, strict=True):
        place = round(float(at) * VOXEL_PARTS) / VOXEL_PARTS
        if not -0.5 <= place <= count - 0.5:
            return ()
        if interpolation == "nearest":
            axes.append([(min(max(floor(place + 0.5), 0), count - 1), 1.0)])
            continue
        below = floor(place)
        share = place - below
        ends = min(max(below, 0), count - 1), min(max(below + 1, 0), count - 1)
        alone = share == 0 or ends[0] == ends[1]
        axes.append([(ends[0], 1.0)] if alone else [(ends[0], 1 - share), (ends[1], share)])
    found = []
    for (k, w), (j, v), (i, u) in product(*reversed(axes)):
        inside = volume.measured is None or bool(is_measured(volume.measured, i, j, k))
        world = vector(volume.geometry.index_to_world((i, j, k)))
        found.append(VoxelShare((i, j, k), world, float(volume.voxels[i, j, k]), u * v * w, inside))
    return tuple(found)


def weighted(voxels: Sequence[VoxelShare]) -> float | None:
    """Return the sum of voxels, each times its weight; None of none, and where one is no number."""
    if not voxels:
        return None
    value = float(np.sum([one.value * one.weight for one in voxels]))
    return None if np.isnan(value) else value


def as_stored_type(value: float | None, volume: Volume) -> float | None:
    """Return a value as the type of a volume holds it: of int16 whole numbers, halves upwards."""
    if value is None:
        return None
    if volume.voxels.dtype == np.int16:
        return float(floor(round((value + 0.5) * VOXEL_PARTS) / VOXEL_PARTS))
    return float(np.float32(value))


def blended(ray: PixelRay) -> Blended:
    """Return the value behind a pixel, of a plane or blended over a slab, and what it is made of."""
    volume, slab, planes = ray.volume, ray.slab, ray.planes
    samples = [ray.sample(one) for one in planes]
    if slab.thickness == 0:
        return Blended(tuple(samples), 1, samples[0].value)
    inside = [one for one in samples if one.value is not None]
    if not inside:  # a voxel without a value is no place outside
        return Blended(tuple(one for one in samples if one.voxels)[:1], len(planes), None)
    values = [float(one.value) for one in inside if one.value is not None]
    if slab.blend == "mean":
        mean = float(np.sum([one.weight * v for one, v in zip(inside, values, strict=True)]))
        mean /= float(np.sum([one.weight for one in inside]))
        whole = volume.voxels.dtype == np.int16
        return Blended(tuple(inside), len(planes), float(np.rint(mean)) if whole else float(np.float32(mean)))
    best = inside[int(np.argmax(values) if slab.blend == "maximum" else np.argmin(values))]
    if len(planes) > 1 and ray.interpolation == "linear" and not is_straight(volume.geometry, ray.pane.plane):
        return _refined(ray, best, max(values) - min(values))
    return Blended((best,), len(planes), best.value)


def _refined(ray: PixelRay, best: Sample, change: float) -> Blended:
    """Look for a better value beside the best sample, where its line crosses planes of voxels."""
    planes, least = ray.planes, ray.pane_range() / FLAT_SHARE
    if change <= least:
        share = f"a {FLAT_SHARE}th of what this pane holds"
        note = f"the line changes by no more than {least:.6g}, {share}: samples alone count"
        return Blended((best,), len(planes), best.value, (note,))
    assert best.value is not None
    better, value = best, best.value
    for point in _crossings(ray.volume, ray.pane, best, planes):
        exact = weighted(point.voxels)
        if exact is not None and (exact > value if ray.slab.blend == "maximum" else exact < value):
            better, value = point, exact
    if better is not best and ray.volume.voxels.dtype == np.int16:
        value = float(floor(np.float32(value) + np.float32(0.5)))
    shown = replace(better, value=float(np.float32(value)))
    step = f"{planes[1].offset - planes[0].offset:.6g} mm apart"
    note = (
        f"{len(planes)} planes were sampled, {step}, and the line was followed to the planes of voxels on either side "
        "of the best"
    )
    return Blended((shown,), len(planes), shown.value, (note,))


def _crossings(volume: Volume, pane: PaneGeometry, sample: Sample, planes: Sequence[SlabPlane]) -> list[Sample]:
    """Return the points near a sample at which its line crosses planes of voxels."""
    direction: NDArray[np.float64] = volume.geometry.inverse[:3, :3] @ np.asarray(pane.plane.normal, np.float64)
    step = planes[1].offset - planes[0].offset
    low = max(-step, planes[0].offset - sample.offset)
    high = min(step, planes[-1].offset - sample.offset)
    found = []
    for axis in range(3):
        if abs(direction[axis]) * step < CROSSED:
            continue
        for end in (floor, ceil):
            ahead = (end(sample.index[axis]) - sample.index[axis]) / direction[axis]
            if low <= ahead <= high:
                index = np.add(sample.index, ahead * direction)
                index[axis] = end(sample.index[axis])
                world: Vector = vector(volume.geometry.index_to_world(index))
                voxels = voxel_shares(volume, index.tolist(), "linear")
                found.append(Sample(sample.offset + ahead, 1.0, vector(index), world, voxels, None))
    return found


def flattened_from(flat: Volume, originals: Sequence[Volume]) -> tuple[Volume, int] | None:
    """Return the volume whose maxima along an axis of its grid a volume of one slice has, and that axis.

    Parameters
    ----------
    flat : Volume
        As the figure of maximum intensity projections makes them.
    originals : sequence of Volume
        What it may be made of.

    Returns
    -------
    tuple of Volume and int, or None
        None of a volume that is one of them, or of none.
    """
    if any(one.voxels is flat.voxels for one in originals):
        return None
    for one in originals:
        for axis in range(3):
            shape = tuple(1 if n == axis else count for n, count in enumerate(one.shape))
            if one.info is flat.info and shape == flat.shape and one.shape[axis] > 1:
                return one, axis
    return None


def behind_flat(voxel: VoxelShare, original: Volume, axis: int, face: FaceCut | None = None) -> VoxelShare:
    """Return the voxel whose value, the highest along an axis, a voxel of a flat volume has.

    Parameters
    ----------
    voxel : VoxelShare
    original : Volume
    axis : int
    face : FaceCut, optional
        Where a face was cut away before: the voxel lies elsewhere.
    """
    line: list[int | slice] = list(voxel.index)
    line[axis] = slice(None)
    i, j, k = voxel.index
    values = original.voxels[tuple(line)].astype(np.float64)
    if face is not None:
        index = np.tile(np.array(voxel.index, np.float64), (len(values), 1))
        index[:, axis] = np.arange(len(values))
        values[face.contains(original.geometry.index_to_world(index))] = np.nan
    at = int(np.nanargmax(values)) if not np.isnan(values).all() else 0
    place = (at, j, k) if axis == 0 else (i, at, k) if axis == 1 else (i, j, at)
    world = vector(original.geometry.index_to_world(place))
    inside = original.measured is None or bool(is_measured(original.measured, *place))
    return replace(
        voxel,
        index=place,
        world=world,
        value=float(original.voxels[place] if face is None else voxel.value),
        is_measured=inside,
    )
