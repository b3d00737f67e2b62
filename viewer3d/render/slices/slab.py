"""Choose the planes in which a slab is sampled, and blend their samples.

Only what lies in the volume is blended. Interpolated linearly, a volume is highest and lowest along a line at the
voxels' planes that cross it, or at its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.view.planes import Plane
from viewer3d.core.view.state import Blend, Slab

OUTSIDE = -32768
"""What int16 samples outside of the volume hold; float32 ones hold NaN. A volume that has voxels of that value is
sampled in float32, see :func:`viewer3d.render.slices.sample.holds_outside`."""

COINCIDENT: Final = 1e-6
"""Voxels: positions no further from each other are the same, whatever rounding makes of them."""

STRAIGHT: Final = 2e-3
"""Voxels that a plane may lean through the whole volume and still lie along the grid: cosines have six digits."""

OBLIQUE_PARTS: Final = (1.0, 1.5)
"""Samples to a voxel along the axis of the grid that a slab aslant crosses fastest, of a thin and of a thick one: no
voxel is further than a half from one, and :class:`viewer3d.render.slices.peaks.Peaks` looks between them."""

_THICK: Final = 4.0
"""Voxels: in thicker slabs a line has several peaks, and finer samples are needed to find the highest."""

Samples = NDArray[Any]


@dataclass(frozen=True)
class SlabPlane:
    """One plane of a slab that is sampled.

    Attributes
    ----------
    offset : float
        How far it lies from the slab's middle along the normal, in mm.
    weight : float
        What it counts in a mean.
    """

    offset: float
    weight: float = 1.0


def slab_planes(
    geometry: Geometry, plane: Plane, point: ArrayLike, slab: Slab, *, nearest: bool = False
) -> tuple[SlabPlane, ...]:
    """Choose the planes that are sampled to blend a slab.

    Parameters
    ----------
    geometry : Geometry
        Of the volume.
    plane : Plane
        The slab's middle.
    point : array_like, shape (3,)
        A world point (LPS, mm) on it.
    slab : Slab
    nearest : bool
        Whether a point has the value of the voxel that holds it; else voxels are interpolated linearly.

    Returns
    -------
    tuple of SlabPlane
        None where the slab misses the volume. For a mean the middles of equal parts, of a voxel each at most, so that
        a slab of nine slices is the mean of those. For extremes along an axis of the grid its two faces and all planes
        of voxels between, where linear interpolation has them exactly, and the middle, which none may stay behind;
        aslant :data:`OBLIQUE_PARTS` to a voxel from face to face, the middle among them. For the nearest along an axis
        each voxel's plane, which counts as much as lies in the slab.
    """
    if slab.thickness == 0:
        return (SlabPlane(0.0),)
    if not is_straight(geometry, plane) or (slab.blend == "mean" and not nearest):
        return _even(geometry, plane, point, slab)
    per_mm = geometry.inverse[:3, :3] @ np.asarray(plane.normal, np.float64)
    axis = int(np.argmax(np.abs(per_mm)))
    middle = float(geometry.world_to_index(point)[axis])
    half = slab.thickness / 2 * abs(per_mm[axis])
    last = geometry.shape[axis] - 1
    ends = max(middle - half, -0.5), min(middle + half, last + 0.5)
    if ends[0] >= ends[1]:
        return ()
    if nearest:
        positions, weights = _voxels(*ends, last)
    else:
        # The outer half of the outer voxels has the value of their centres.
        planes = np.arange(np.ceil(ends[0]), np.floor(ends[1]) + 1)
        positions = _distinct(np.clip([*planes, middle, *ends], *np.clip(ends, 0, last)))
        weights = np.ones(len(positions))
    offsets = (positions - middle) / per_mm[axis]
    return tuple(SlabPlane(float(offset), float(weight)) for offset, weight in zip(offsets, weights, strict=True))


def is_straight(geometry: Geometry, plane: Plane) -> bool:
    """Return whether two axes of a grid lie in a plane, to :data:`STRAIGHT`."""
    return grid_axis(geometry, plane.normal) is not None


def grid_axis(geometry: Geometry, normal: ArrayLike) -> int | None:
    """Return the axis of a grid that crosses a plane while the other two lie in it.

    Parameters
    ----------
    geometry : Geometry
    normal : array_like, shape (3,)
        Of the plane, of unit length.

    Returns
    -------
    int or None
        0 to 2; None where the plane is aslant in the grid, by more than :data:`STRAIGHT`.
    """
    return _grid_axis(geometry, vector(normal))


@lru_cache(maxsize=64)
def _grid_axis(geometry: Geometry, normal: Vector) -> int | None:
    # Kept: each pane asks at each step, and only turned planes have other normals.
    per_mm = np.abs(geometry.inverse[:3, :3] @ np.asarray(normal, np.float64))
    size = float(np.linalg.norm(geometry.bounds[1] - geometry.bounds[0]))
    return int(np.argmax(per_mm)) if float(per_mm.sum() - per_mm.max()) * size <= STRAIGHT else None


def _voxels(begin: float, end: float, last: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # The voxels along an axis from one position to another, and how much of each lies between.
    planes = np.arange(last + 1, dtype=np.float64)
    lengths = np.minimum(planes + 0.5, end) - np.maximum(planes - 0.5, begin)
    within = lengths > min(COINCIDENT, lengths.max() / 2)
    return planes[within], lengths[within]


def _distinct(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    # In order, each once.
    positions = np.sort(positions)
    return positions[np.insert(np.diff(positions) > COINCIDENT, 0, True)]


def _even(geometry: Geometry, plane: Plane, point: ArrayLike, slab: Slab) -> tuple[SlabPlane, ...]:
    normal = np.asarray(plane.normal, np.float64)
    count = slab.thickness / geometry.step(normal)
    if slab.blend == "mean":
        parts = max(1, int(np.ceil(count - COINCIDENT)))
        offsets = ((np.arange(parts) + 0.5) / parts - 0.5) * slab.thickness
    else:
        parts = 2 * max(1, int(np.ceil(OBLIQUE_PARTS[count > _THICK] * count / 2 - COINCIDENT)))
        offsets = np.linspace(-slab.thickness / 2, slab.thickness / 2, parts + 1)
    around = (geometry.corners - np.asarray(point, np.float64)) @ normal
    within = offsets[(offsets >= around.min()) & (offsets <= around.max())]
    return tuple(SlabPlane(float(offset)) for offset in within)


def is_inside(samples: Samples) -> NDArray[np.bool_]:
    """Return which samples (int16 or float32, any shape) lie in the volume."""
    inside: NDArray[np.bool_] = samples != OUTSIDE if samples.dtype == np.int16 else ~np.isnan(samples)
    return inside


class Blender:
    """Blends the samples of planes, pixel by pixel, one plane after another.

    Parameters
    ----------
    blend : {"maximum", "minimum", "mean"}
    first : ndarray of int16 or float32
        Of the first plane; they are copied.
    weight : float
        What it counts in a mean.
    """

    def __init__(self, blend: Blend, first: Samples, weight: float = 1.0) -> None:
        self._blend: Blend = blend
        self._dtype = first.dtype
        if blend == "maximum":
            self._result = first.copy()
            return
        inside = is_inside(first)
        if blend == "mean":
            self._result = np.where(inside, weight * first.astype(np.float64), 0.0)
            self._weight = np.where(inside, weight, 0.0)
        else:
            self._result, self._found = first.copy(), inside

    def add(self, samples: Samples, weight: float = 1.0) -> None:
        """Add samples of the same shape and dtype as the first."""
        if self._blend == "maximum":
            # OUTSIDE is the lowest int16 there is, and fmax passes over NaN.
            np.fmax(self._result, samples, out=self._result)
            return
        inside = is_inside(samples)
        if self._blend == "mean":
            np.add(self._result, weight * samples.astype(np.float64), out=self._result, where=inside)
            np.add(self._weight, weight, out=self._weight, where=inside)
        else:
            # What is the first in the volume behind its pixel stands as it is.
            np.minimum(self._result, samples, out=self._result, where=inside & self._found)
            np.copyto(self._result, samples, where=inside & ~self._found)
            self._found |= inside

    @property
    def result(self) -> Samples:
        """The blended samples of what lies in the volume; outside where none are. An int16 mean is rounded."""
        if self._blend != "mean":
            return self._result
        found = self._weight > 0
        mean = np.divide(self._result, self._weight, where=found, out=np.zeros_like(self._result))
        mean = np.rint(mean) if self._dtype == np.int16 else mean
        blended: Samples = np.where(found, mean, OUTSIDE if self._dtype == np.int16 else np.nan).astype(self._dtype)
        return blended
