"""Uncertainty of volumes that are counted in voxels.

A voxel belongs to a segment when its centre lies in the body, so the edge of what is counted lies up to half a voxel
beside that of the body. That does not happen to the whole edge at once: on one side voxels are won where on another
they are lost. How it adds up over an edge is known of counting the points of a lattice (D. G. Kendall, Quart. J. Math.
1948; 19: 1; G. Matheron, The Theory of Regionalized Variables, 1971). With S the surface, and m the points of the
reciprocal lattice, the variance of the volume of a smooth body of any orientation is

    S / (8 pi^3) * sum of |m|^-4 over all m but 0,

which for cubes of side p is 0.0667 S p^4. Half a voxel for each voxel of the surface, all by themselves, would come to
S p^4 / 12 = 0.0833 S p^4. Bodies are not of any orientation: for those m along the three axes, whose part is what
slices miss, the sections of this body are asked instead, in :func:`_section_variance` (``docs/uncertainty.md``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.grids.place_errors import RECTANGULAR
from viewer3d.core.volume import Volume
from viewer3d.core.voxels import IndexBox
from viewer3d.measurements.uncertainty.intervals import NORMAL
from viewer3d.measurements.uncertainty.means import (
    edge_variance_of_mean,
    mean_uncertainty,
    noise_of_mean,
    resolution_variance,
)
from viewer3d.measurements.uncertainty.regions import noise_reach

_SUMMED: Final = 40_000
"""Points of the reciprocal lattice that are summed one by one; those further out are an integral."""

_LED_ON: Final = (np.array([1.0]), np.array([2.0, -1.0]), np.array([3.0, -3.0, 1.0]))
"""Weights of the last one, two or three sections that lead them on by one: as a constant, a line, a parabola."""

_SURFACE: Final = 2 / 3
"""Part of its voxels' faces that a surface is: a face of every direction alike is seen with half its size along each
of three axes (Cauchy's formula), so that the faces have 3/2 of it."""


def counted_variance(mask: NDArray[np.bool_], geometry: Geometry) -> float:
    """Return the variance (mm6) of the volume of a mask's voxels.

    Parameters
    ----------
    mask : ndarray of bool, shape (columns, rows, slices)
        A box of the grid that holds all of its voxels.
    geometry : Geometry
        Of the grid.
    """
    cell = float(np.linalg.det(geometry.affine[:3, :3]))
    sections = sum(_section_variance(mask.sum(axis=others)) for others in ((1, 2), (0, 2), (0, 1)))
    return float(surface_of(mask, geometry) * lattice_variance(geometry) + cell**2 * sections)


def _section_variance(areas: NDArray[np.int_]) -> float:
    """Return the variance of the sum of sections, shape (N,), that comes of where the first one lies.

    With g_n the sum of products of sections n apart it is (3 g_0 - 4 g_1 + g_2) / 240 where sections shrink to nothing
    at the ends (H. J. G. Gundersen, E. B. V. Jensen, K. Kieu and J. Nielsen, J Microsc 1999; 193: 199), and a
    rectangular distribution of one section more where the body ends with a face: what the last three sections come to
    when the parabola through them is led on by one; of an ellipsoid, whose sections are a parabola, that is nothing.
    """
    of = np.concatenate([areas.astype(np.float64), np.zeros(2)])
    smooth = 3 * float(of @ of) - 4 * float(of[1:] @ of[:-1]) + float(of[2:] @ of[:-2])
    held = np.trim_zeros(areas).astype(np.float64)
    led_on = _LED_ON[min(held.size, 3) - 1]
    faces = (float(end[: len(led_on)] @ led_on) for end in (held, held[::-1]))
    return max(smooth, 0.0) / 240 + sum(max(face, 0.0) ** 2 for face in faces) * RECTANGULAR


def counted_uncertainty(mask: NDArray[np.bool_], geometry: Geometry) -> float:
    """Return the expanded uncertainty (95 %) of the volume of a mask's voxels, in mm3."""
    return float(NORMAL * counted_variance(mask, geometry) ** 0.5)


def surface_of(mask: NDArray[np.bool_], geometry: Geometry) -> float:
    """Return the surface (mm2) of a mask, from the faces of voxels that part it from what is outside."""
    i, j, k = geometry.affine[:3, :3].T
    total = 0.0
    for axis, face in enumerate((np.cross(j, k), np.cross(k, i), np.cross(i, j))):
        ahead = np.moveaxis(mask, axis, 0)
        ends = np.count_nonzero(ahead[0]) + np.count_nonzero(ahead[-1])
        total += float(np.linalg.norm(face)) * (np.count_nonzero(ahead[1:] != ahead[:-1]) + ends)
    return _SURFACE * total


def lattice_variance(geometry: Geometry) -> float:
    """Return the variance of a counted volume over its surface (mm4), without what slices miss."""
    return _lattice_variance(tuple(np.round(geometry.affine[:3, :3].ravel(), 9).tolist()))


@lru_cache(maxsize=64)
def _lattice_variance(affine: tuple[float, ...]) -> float:
    A = np.array(affine).reshape(3, 3)
    cell = abs(float(np.linalg.det(A)))
    # m = k A^-1; within a sphere of this radius there are as many points as are summed.
    radius = (_SUMMED * 3 / (4 * np.pi * cell)) ** (1 / 3)
    most = np.ceil(radius * np.linalg.norm(A, axis=0)).astype(int)
    k = np.meshgrid(*(np.arange(-n, n + 1) for n in most), indexing="ij", sparse=True)
    gram = np.linalg.inv(A) @ np.linalg.inv(A).T
    squared = sum(gram[a, b] * k[a] * k[b] for a in range(3) for b in range(3))
    across = (k[0] != 0).astype(int) + (k[1] != 0) + (k[2] != 0) > 1
    near = squared[across & (squared <= radius**2)]
    beyond = 4 * np.pi * cell / radius
    return float(((near**-2.0).sum() + beyond) / (8 * np.pi**3))


def segment_mean_uncertainty(
    volume: Volume,
    box: IndexBox,
    inside: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    found: tuple[float, float, int],
) -> float | None:
    """Return the expanded uncertainty (95 %) of the mean of a segment's values, in their unit.

    Parameters
    ----------
    volume : Volume
    box : tuple of slice
        A box of its voxels.
    inside : tuple of two ndarray of bool, in the shape of the box
        Which voxels lie in the segment, and which of these have a value.
    found : tuple of float, float and int
        Mean, SD and count of these values.
    """
    mask, held = inside
    mean, sd, count = found
    noise = noise_of_mean(
        volume.voxels[box], held, count, [noise_reach(volume, one) for one in volume.affine[:3, :3].T]
    )
    if noise is None:
        return None
    i, j, k = volume.affine[:3, :3].T
    size = float(np.cross(i, j) @ k) * int(np.count_nonzero(mask))
    rim = volume.voxels[box][held & _is_rim(mask)].astype(np.float64)
    edge = edge_variance_of_mean(rim, mean, counted_variance(mask, volume.geometry), size)
    return mean_uncertainty(noise, edge, resolution_variance(volume.voxels, sd))


def _is_rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which voxels of a mask share a face with one that is not in it."""
    inner = mask.copy()
    for axis in range(3):
        ahead, of = np.moveaxis(mask, axis, 0), np.moveaxis(inner, axis, 0)
        of[1:] &= ahead[:-1]
        of[:-1] &= ahead[1:]
        of[[0, -1]] = False
    return mask & ~inner
