"""The whole patient: its parts in their order, its HU at any point, and volumes of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Affine, Geometry
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.vectors import Points, Vector
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import GeometryError
from viewer3d.phantom.belly import ORGANS
from viewer3d.phantom.bones import BONES
from viewer3d.phantom.chest import CHEST
from viewer3d.phantom.shapes import Array, BodyPart, SamplePoints, solid, sphere
from viewer3d.phantom.trunk import AIR_HU, HIGH, LOW, TRUNK
from viewer3d.phantom.vessels import VESSELS

SHAPE = (270, 200, 320)
"""Columns, rows and slices of :func:`volume`: 1.50 x 1.45 x 2.2 mm over the whole patient."""

NOISE = 15.0
"""Standard deviation of the noise, HU: that of a body CT read at 2.5 mm with a soft kernel, where 10 to 20 is usual."""

SOFT_TISSUE = Window(40, 400)
"""The window the scanner would store: soft tissue."""

FRAME_OF_REFERENCE: Final = "1.2.826.0.1.3680043.8.498.97101702289459979868901237220508259019"
"""Frame of Reference UID (0020,0052) of all grids, in memory and in files: the patient lies still."""

DESCRIPTION = "Synthetic torso, arterial phase"
"""Series Description (0008,103E)."""

MARKER_HU = 3000.0
MARKER_RADIUS = 5.0
MARKERS: Mapping[str, Vector] = MappingProxyType(
    {
        "right-front-chest": (-66.0, -119.0, 180.0),
        "left-back-shoulder": (94.0, 100.0, 262.0),
        "left-side-waist": (153.0, 8.0, 35.0),
        "right-back-hip": (-109.0, 100.0, -190.0),
        "left-front-thigh": (69.0, -79.0, -310.0),
        "right-neck": (-68.0, 9.0, 352.0),
        "inside-stomach": (56.0, -2.0, 50.0),
    }
)
"""Balls of 5 mm radius and 3000 HU by where they are, as LPS mm: six on the skin, no two alike, and one swallowed."""


def _marker(at: Vector) -> BodyPart:
    ends = np.subtract(at, MARKER_RADIUS), np.add(at, MARKER_RADIUS)
    return solid(*ends, lambda w: sphere(w, at, MARKER_RADIUS), (0.0, MARKER_HU))


PARTS: tuple[BodyPart, ...] = (*TRUNK, *CHEST, *ORGANS, *BONES, *VESSELS, *(_marker(at) for at in MARKERS.values()))
"""The parts of the patient and the couch, in the order they are blended over each other."""

_CHUNK = 1 << 16
"""Loose points at a time: some 20 arrays of so many float32 stay in a core's cache."""

_SLAB = 1 << 21
"""Voxels of a grid at a time: most parts then fall into one or two slabs, and numpy's overhead stays small."""


def hu_at(world: ArrayLike) -> Array:
    """Return the patient's HU without noise at any points.

    Every grid and every file of this package samples this one function.

    Parameters
    ----------
    world : array_like, shape (..., 3)
        LPS mm.

    Returns
    -------
    ndarray of float32, shape (...)
        HU; -1000 in the air.
    """
    points = np.asarray(world, np.float64)
    if points.ndim < 1 or points.shape[-1] != 3:
        raise GeometryError(f"world points have shape {points.shape}: give LPS mm with a last axis of 3")
    flat = points.reshape(-1, 3).astype(np.float32)
    hu = np.full(len(flat), AIR_HU, np.float32)
    for start in range(0, len(flat), _CHUNK):
        chunk = flat[start : start + _CHUNK]
        _apply_to_points(SamplePoints(*np.ascontiguousarray(chunk.T)), hu[start : start + _CHUNK])
    return hu.reshape(points.shape[:-1])


def _apply_to_points(w: SamplePoints, hu: Array) -> None:
    lows = [float(c.min()) for c in (w.x, w.y, w.z)]
    highs = [float(c.max()) for c in (w.x, w.y, w.z)]
    least, most = _boxes(PARTS)
    near = np.less_equal(least, highs) & np.greater_equal(most, lows)
    for n in np.flatnonzero(near.all(1)):
        inside = np.ones(hu.shape, np.bool_)
        for c, low, high in zip((w.x, w.y, w.z), least[n], most[n], strict=True):
            inside &= (c >= low) & (c <= high)
        at = np.flatnonzero(inside)
        if at.size:
            under = hu[at]
            PARTS[n].apply(SamplePoints(w.x[at], w.y[at], w.z[at]), under)
            hu[at] = under


def sample_grid(affine: Affine, shape: Sequence[int], first: int = 0, parts: tuple[BodyPart, ...] = PARTS) -> Array:
    """Sample :func:`hu_at` on any affine grid, sheared ones too, much faster than point by point.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel index (i, j, k, 1) to LPS mm.
    shape : sequence of int
        Columns, rows, slices.
    first : int
        Index of the first slice: a part of a grid is sampled at the very points the whole is.
    parts : tuple of BodyPart
        In the order they are blended over each other; by default the whole patient and the couch.

    Returns
    -------
    ndarray of float32, shape (slices, rows, columns)
        HU; C order, a slice after the other.
    """
    w = _grid(affine, shape, first)
    hu = np.full((shape[2], shape[1], shape[0]), AIR_HU, np.float32)
    start, stop = _index_boxes(parts, affine, shape, first)
    for n in np.flatnonzero((start < stop).all(1)):
        box = tuple(slice(a, b) for a, b in zip(start[n, ::-1], stop[n, ::-1], strict=True))
        parts[n].apply(w.part(box), hu[box])
    return hu


def _grid(affine: Affine, shape: Sequence[int], first: int) -> SamplePoints:
    """Return the world coordinates of a grid [k, j, i]; each has length 1 where it does not vary."""
    indices = np.arange(shape[0]), np.arange(shape[1]), np.arange(first, first + shape[2])
    coordinates = []
    for c in range(3):
        total = np.full((1, 1, 1), affine[c, 3])
        for a in np.flatnonzero(affine[c, :3]):
            line: list[int] = [1, 1, 1]
            line[2 - a] = -1
            total = total + (affine[c, a] * indices[a]).reshape(line)
        coordinates.append(total.astype(np.float32))
    return SamplePoints(*coordinates)


def _index_boxes(
    parts: tuple[BodyPart, ...], affine: Affine, shape: Sequence[int], first: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first and the last + 1 index (i, j, k - first) of each part's box, shape (parts, 3)."""
    inverse = np.linalg.inv(affine)
    least, most = _boxes(parts)
    middle, half = (least + most) / 2, (most - least) / 2
    at = middle @ inverse[:3, :3].T + inverse[:3, 3] - (0, 0, first)
    reach = half @ np.abs(inverse[:3, :3]).T + 1e-3
    start = np.clip(np.ceil(at - reach), 0, shape).astype(np.intp)
    stop = np.clip(np.floor(at + reach) + 1, 0, shape).astype(np.intp)
    return start, stop


@cache
def _boxes(parts: tuple[BodyPart, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    # Lowest and highest corners of the parts, LPS mm, shape (parts, 3).
    return np.array([part.low for part in parts]), np.array([part.high for part in parts])


def slice_noise(shape: tuple[int, int], sigma: float, seed: int, number: int) -> Array:
    """Return the noise of one slice: Gaussian, alike in neighbouring pixels, keyed by seed and number.

    Parameters
    ----------
    shape : tuple of int
        Columns, rows.
    sigma : float
        Standard deviation, HU.
    seed, number : int
        Of the patient's noise, and of the slice in it.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
    """
    generator = np.random.Generator(np.random.SFC64([seed, number]))
    white = generator.standard_normal((shape[1] + 1, shape[0] + 1), np.float32)
    pairs = white[1:] + white[:-1]
    noise: Array = pairs[:, 1:] + pairs[:, :-1]
    noise *= np.float32(sigma / 2)
    return noise


def rounded_hu(hu: Array) -> NDArray[np.int16]:
    """Return HU as int16 of the same shape: whole numbers from -1024 to 3071, as 12 bits hold."""
    return np.clip(np.rint(hu), -1024, 3071).astype(np.int16)


def scanned_hu(hu: Array, noise: float, seed: int, number: int) -> NDArray[np.int16]:
    """Return one slice as a scanner stores it: with its noise, in whole HU.

    Parameters
    ----------
    hu : ndarray of float32, shape (rows, columns)
        Without noise.
    noise : float
        Standard deviation, HU.
    seed, number : int
        See :func:`slice_noise`.

    Returns
    -------
    ndarray of int16, shape (rows, columns)
    """
    rows, columns = hu.shape
    return rounded_hu(hu + slice_noise((columns, rows), noise, seed, number) if noise else hu)


def worker_pool() -> ThreadPoolExecutor:
    """Return threads that sample slices side by side: numpy leaves the lock while it computes."""
    return ThreadPoolExecutor(min(4, os.cpu_count() or 1))


def grid(
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] | None = None,
    direction: ArrayLike | None = None,
    center: Vector | None = None,
) -> Geometry:
    """Return a grid of voxels over the patient.

    Parameters
    ----------
    shape : tuple of int
        Columns, rows, slices.
    spacing : tuple of float, optional
        mm along them. By default the grid just covers the whole patient, however few its voxels.
    direction : array_like, shape (3, 3), optional
        Unit vectors of columns, rows and slices in LPS, as columns; by default along the patient's axes.
    center : tuple of float, optional
        LPS mm of the middle of the grid; by default the middle of the patient.

    Returns
    -------
    Geometry
    """
    size = np.subtract(HIGH, LOW)
    steps = size / np.maximum(shape, 1) if spacing is None else np.asarray(spacing, np.float64)
    axes = np.eye(3) if direction is None else np.asarray(direction, np.float64)
    middle: Points = np.add(LOW, HIGH) / 2 if center is None else np.asarray(center, np.float64)
    affine = np.eye(4)
    affine[:3, :3] = axes * steps
    affine[:3, 3] = middle - affine[:3, :3] @ ((np.asarray(shape) - 1) / 2)
    return Geometry(affine, shape)


def volume(
    *,
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] | None = None,
    direction: ArrayLike | None = None,
    center: Vector | None = None,
    noise: float = NOISE,
    seed: int = 0,
) -> Volume:
    """Return a CT volume of the patient.

    The body has a fixed place in the world; the grid samples it.

    Parameters
    ----------
    shape, spacing, direction, center
        As in :func:`grid`.
    noise : float
        Standard deviation, HU; 0 gives the truth, rounded to whole HU.
    seed : int
        Of the noise: the same seed gives the same volume.

    Returns
    -------
    Volume
        int16 HU of a CT with a soft-tissue window.

    Examples
    --------
    >>> volume(shape=(30, 22, 28)).unit
    'HU'
    """
    geometry = grid(shape, spacing, direction, center)
    voxels = np.empty(shape[::-1], np.int16)
    step = max(1, _SLAB // (shape[0] * shape[1]))

    def fill(first: int) -> None:
        count = min(step, shape[2] - first)
        hu = sample_grid(geometry.affine, (*shape[:2], count), first)
        for k in range(count):
            voxels[first + k] = scanned_hu(hu[k], noise, seed, first + k)

    with worker_pool() as pool:
        list(pool.map(fill, range(0, shape[2], step)))
    info = SeriesInfo(
        windows=(SOFT_TISSUE,), modality="CT", description=DESCRIPTION, frame_of_reference=FRAME_OF_REFERENCE
    )
    return Volume(voxels.T, geometry, "HU", info)
