"""Grow a region in a sphere: the voxels from a threshold on that are connected to the highest one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.threshold import FIRST_THRESHOLD
from viewer3d.core.volume import Volume
from viewer3d.core.voxels import IndexBox, box_of_mask
from viewer3d.measurements.extent import reaches_outside
from viewer3d.measurements.segments import has_value, mask_values
from viewer3d.measurements.uncertainty.counted import counted_uncertainty
from viewer3d.measurements.values import Isocontour

_ON_EDGE: Final = 1e-6
"""mm by which what lies on the sphere may miss it: rounding decides nothing."""


@dataclass(frozen=True, eq=False)
class GrownRegion:
    """The voxels of a region that was grown in a sphere.

    Attributes
    ----------
    mask : ndarray of bool, shape (columns, rows, slices)
        Cut to :attr:`box`.
    box : tuple of slice
        The smallest box of the grid that holds it.
    threshold : float or None
        The lowest value of the region, in the unit; None where the sphere has no values or its highest is no scale.
    highest : float or None
        In the sphere.
    leaks : bool
        Whether it would go on beyond the sphere.
    """

    mask: NDArray[np.bool_]
    box: IndexBox
    threshold: float | None = None
    highest: float | None = None
    leaks: bool = False


_NOTHING: Final = (np.zeros((0, 0, 0), np.bool_), (slice(0, 0), slice(0, 0), slice(0, 0)))


def measure_isocontour(volume: Volume, shape: Measurement, region: GrownRegion | None = None) -> Isocontour:
    """Return what a region that is grown in a sphere measures, see :func:`viewer3d.measure`.

    Parameters
    ----------
    volume : Volume
    shape : Measurement
        Of the kind ``"isocontour"``.
    region : GrownRegion, optional
        What :func:`grown_region` returns of it, where that is known.
    """
    region = grown_region(volume, shape) if region is None else region
    rule = shape.threshold or FIRST_THRESHOLD
    about: dict[str, Any] = {
        "rule": rule,
        "unit": volume.unit,
        "radius": shape.radius,
        "threshold": region.threshold,
        "sphere_maximum": region.highest,
        "leaks": region.leaks,
        "outside": reaches_outside(volume.geometry, shape),
        "is_uptake": volume.is_in_suv,
    }
    count = int(np.count_nonzero(region.mask))
    if not count:
        return Isocontour(ml=0.0, count=0, **about)
    i, j, k = volume.affine[:3, :3].T
    ml = count * (float(np.cross(i, j) @ k) / 1000)
    found = mask_values(volume, region.mask, region.box, {"voxels": count, "ml": ml})
    return Isocontour(
        ml=ml,
        ml_uncertainty=counted_uncertainty(region.mask, volume.geometry) / 1000,
        count=count,
        maximum=found["max"],
        minimum=found["min"],
        mean=found["mean"],
        sd=found["sd"],
        mean_uncertainty=found["mean_uncertainty"],
        peak=found.get("suv_peak"),
        peak_at=found.get("suv_peak_at"),
        tlg=found.get("tlg"),
        **about,
    )


def grown_region(volume: Volume, shape: Measurement) -> GrownRegion:
    """Return the voxels of a region that is grown in a sphere.

    Of the voxels that have a value and their centre in the sphere or on it, those at or above the threshold that are
    connected by faces to the highest of them; of several that are equally high, the first in the order of the grid.
    On an image that lies in no space they are of one frame, and of colours there are none.

    Parameters
    ----------
    volume : Volume
    shape : Measurement
        Of the kind ``"isocontour"``.
    """
    geometry, (center, _) = volume.geometry, np.array(shape.points, np.float64)
    box = _box_around(geometry, center, shape.radius)
    if box is not None and (flat := flat_of(volume)) is not None:
        box = None if flat.channels else _one_frame(geometry, center, box)
    if box is None:
        return GrownRegion(*_NOTHING)
    values, has = volume.voxels[box], has_value(volume, box)
    inside = has & (_squares(geometry, box, center) <= (shape.radius + _ON_EDGE) ** 2)
    if not inside.any():
        return GrownRegion(*_NOTHING)
    held = np.where(inside, values, -np.inf)
    i, j, k = (int(one) for one in np.unravel_index(int(held.argmax()), held.shape))
    highest = float(values[i, j, k])
    threshold = (shape.threshold or FIRST_THRESHOLD).of(highest)
    if threshold is None:
        return GrownRegion(*_NOTHING, threshold, highest)
    above = values >= threshold  # in the type of the values: 2.3 is that of a voxel which holds 2.3 as float32
    if not above[i, j, k]:
        return GrownRegion(*_NOTHING, threshold, highest)
    mask = connected_to(inside & above, (i, j, k))
    leaks = bool((_beside(mask) & above & has & ~inside).any())
    part = box_of_mask(mask)
    assert part is not None  # the highest is in it
    x, y, z = (slice(a.start + b.start, a.start + b.stop) for a, b in zip(box, part, strict=True))
    return GrownRegion(mask[part], (x, y, z), threshold, highest, leaks)


def connected_to(mask: NDArray[np.bool_], seed: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Return the voxels of a mask that are connected to one of them by faces.

    Parameters
    ----------
    mask : ndarray of bool, shape (columns, rows, slices)
    seed : tuple of int
        Index of a voxel in it.

    Returns
    -------
    ndarray of bool, in the shape of the mask
        Nothing where the seed is not in it. Two voxels are neighbours where they share a face, as for ITK's
        ConnectedThresholdImageFilter.
    """
    # A border of voxels that are not in it, so that no step leads out of the array or around its edge.
    open_ = np.pad(mask, 1).ravel()
    shape = tuple(n + 2 for n in mask.shape)
    strides = (shape[1] * shape[2], shape[2], 1)
    start = sum((index + 1) * stride for index, stride in zip(seed, strides, strict=True))
    found = np.zeros_like(open_)
    if not open_[start]:
        return found.reshape(shape)[1:-1, 1:-1, 1:-1]
    steps = np.array([sign * stride for stride in strides for sign in (1, -1)])
    front = np.array([start])
    open_[start], found[start] = False, True
    while front.size:
        reached = (front[:, None] + steps).ravel()
        reached = reached[open_[reached]]
        open_[reached], found[reached] = False, True
        front = np.unique(reached)  # one that was reached from several sides goes on once
    return found.reshape(shape)[1:-1, 1:-1, 1:-1]


def _box_around(geometry: Geometry, center: NDArray[np.float64], radius: float) -> IndexBox | None:
    """Return the box of a grid around a sphere, one voxel wider; None where the sphere lies outside of it."""
    middle = geometry.world_to_index(center)
    # How far a ball reaches along each index: rows of the matrix from mm to index.
    reach = radius * np.linalg.norm(geometry.inverse[:3, :3], axis=1)
    low = np.maximum(np.floor(middle - reach) - 1, 0).astype(int)
    high = np.minimum(np.ceil(middle + reach) + 2, geometry.shape).astype(int)
    if (low >= high).any():
        return None
    i, j, k = (slice(int(first), int(end)) for first, end in zip(low, high, strict=True))
    return i, j, k


def _one_frame(geometry: Geometry, center: NDArray[np.float64], box: IndexBox) -> IndexBox | None:
    """Return a box of frames cut to the one that a place is in: nothing leads from one to another."""
    frame = int(np.floor(geometry.world_to_index(center)[2] + 0.5))
    return (*box[:2], slice(frame, frame + 1)) if 0 <= frame < geometry.shape[2] else None


def _squares(geometry: Geometry, box: IndexBox, center: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squares of the distances (mm2) of the voxels of a box from a place, in its shape."""
    A = geometry.affine[:3, :3]
    away = geometry.index_to_world([part.start for part in box]) - center
    steps = np.ogrid[tuple(slice(part.stop - part.start) for part in box)]
    total = np.zeros(tuple(part.stop - part.start for part in box))
    for axis in range(3):
        line = away[axis] + A[axis, 0] * steps[0] + A[axis, 1] * steps[1] + A[axis, 2] * steps[2]
        total += line**2
    return total


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the voxels that share a face with one of a mask."""
    wider = np.zeros_like(mask)
    for axis in range(3):
        ahead, of = np.moveaxis(mask, axis, 0), np.moveaxis(wider, axis, 0)
        of[1:] |= ahead[:-1]
        of[:-1] |= ahead[1:]
    return wider
