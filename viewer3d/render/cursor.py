"""Find the point that slices go through, from the words and numbers that a user gives."""

from __future__ import annotations

from math import floor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import to_ras
from viewer3d.core.vectors import Vector, vector
from viewer3d.core.volume import Volume, cached
from viewer3d.errors import ViewError
from viewer3d.render.volume.transfer import tissue_threshold

_WORDS = ("center", "max", "auto")
"""The words for places."""

INDEX = "index:"
"""What a voxel index begins with; numbers without it are LPS mm."""

RAS = "ras:"
"""What a place in RAS mm begins with, as 3D Slicer, nibabel and FreeSurfer show it."""

TISSUE = -300.0
"""HU: what is denser is tissue; lung and what lies around the patient are not."""

SLAB_SHARE = 0.1
"""Of a side of the volume: thinner things, as the wall of a head-holder, do not count as the most anatomy."""

_SPARSE = 0.03
"""Of the tissue in the fullest plane: in planes with less there is a fingertip, a couch or noise."""

_LOOKED_AT = 1 << 20
"""Voxels from which the middle of the tissue is found, about."""

MOST_IN_BYTE = 255
"""Slices that can be counted in 8 bits."""


def find_place(volume: Volume, at: ArrayLike | str | None = None) -> Vector:
    """Find the world point that is meant by numbers or words.

    Parameters
    ----------
    volume : Volume
    at : array_like of shape (3,) or str, optional
        * ``(x, y, z)`` or ``"x,y,z"``: LPS, in mm;
        * ``"ras:x,y,z"``: RAS, in mm, as 3D Slicer, nibabel and FreeSurfer have it;
        * ``"index:i,j,k"``: a voxel's index, fractions allowed;
        * ``"center"``: the centre of the middle voxel, as without it: of an even number of slices the later of the
          two in the middle, for between them there is no slice but their mean;
        * ``"max"``: the voxel of the greatest value, of several the first in memory;
        * ``"auto"``: where the planes with the most anatomy meet, see :func:`most_anatomy`.

    Returns
    -------
    tuple of float
        A world point in the volume (LPS, mm).

    Raises
    ------
    ViewError
        When it is none of these, or lies outside; the message has what can be given.
    """
    if at is None or (isinstance(at, str) and at == "center"):
        return volume.geometry.middle
    if not isinstance(at, str):
        return check_place(volume, at)
    if at == "max":
        return _world(volume, greatest(volume))
    if at == "auto":
        return _world(volume, most_anatomy(volume))
    numbers = _numbers(at)
    if at.lower().startswith(RAS):
        return _check_ras(volume, numbers)
    return _check_index(volume, numbers) if at.startswith(INDEX) else check_place(volume, numbers)


def check_cursor_words(at: str) -> str:
    """Check the words or numbers of a place before there is a volume, and return them.

    Raises
    ------
    ViewError
        When it is no word of :data:`_WORDS` and not three numbers.
    """
    if at not in _WORDS:
        _numbers(at)
    return at


def check_place(volume: Volume, at: ArrayLike) -> Vector:
    """Return a world point (LPS, mm) in a volume as three floats; it may be an array of shape (3,).

    Raises
    ------
    ViewError
        When it is not three finite numbers, or lies outside; the message has the volume's bounds.
    """
    low, high = (" ".join(f"{v:.1f}" for v in end) for end in volume.geometry.bounds)
    try:
        x, y, z = (float(v) for v in np.asarray(at, np.float64))
    except (TypeError, ValueError):
        raise ViewError(f"place {at!r} is not three numbers: give LPS mm from {low} to {high}") from None
    if not np.isfinite((x, y, z)).all() or not volume.geometry.contains((x, y, z)):
        raise ViewError(f"place {x:g} {y:g} {z:g} mm is outside of the volume: give LPS mm from {low} to {high}")
    return x, y, z


def greatest(volume: Volume) -> tuple[int, int, int]:
    """Find the index of the voxel of the greatest finite value; of several the first, i running fastest.

    Raises
    ------
    ViewError
        When no voxel has a finite value.
    """
    flat = np.ravel(volume.voxels, order="F")
    first = int(np.argmax(flat))
    if not np.isfinite(flat[first]):
        finite = np.isfinite(flat)
        if not finite.any():
            raise ViewError("place 'max': no voxel of this volume has a finite value; give mm or 'center'")
        first = int(np.argmax(np.where(finite, flat, -np.inf)))
    i, j, k = np.unravel_index(first, volume.shape, order="F")
    return int(i), int(j), int(k)


def most_anatomy(volume: Volume) -> tuple[int, int, int]:
    """Find along each axis of the grid the plane in the middle of the slab that holds the most tissue.

    Parameters
    ----------
    volume : Volume
        Tissue is what exceeds :data:`TISSUE` in HU, else what exceeds Otsu's threshold of the values.

    Returns
    -------
    tuple of int
        The index where the three planes meet; of equally good ones the middle one is taken.
    """
    i, j, k = (_fullest(_tissue(volume, axis)) for axis in range(3))
    return i, j, k


def tissue_middle(volume: Volume) -> Vector:
    """Find the point where the planes meet that halve the tissue along each axis of the grid.

    It is in LPS, mm, in the midst of what was imaged, wherever that lies in the volume, and of noise near the volume's
    own middle. Tissue is that of :func:`most_anatomy`, of which evenly spread voxels are looked at; without any it is
    the middle voxel.
    """
    stride = max(1, round((volume.voxels.size / _LOOKED_AT) ** (1 / 3)))
    strides = [min(stride, count) for count in volume.shape]
    i, j, k = (slice(one // 2, None, one) for one in strides)
    tissue = volume.voxels[i, j, k] > _least_tissue(volume)
    parts = (tissue[:, :, begin : begin + MOST_IN_BYTE] for begin in range(0, tissue.shape[2], MOST_IN_BYTE))
    few = [np.add.reduce(part.view(np.uint8), axis=2, dtype=np.uint8) for part in parts]
    behind = np.add.reduce(few, axis=0, dtype=np.uint32)
    counts = behind.sum(1), behind.sum(0), [np.count_nonzero(tissue[:, :, place]) for place in range(tissue.shape[2])]
    index = []
    for axis, planes in enumerate(counts):
        sums = np.cumsum(planes)
        place = int(np.searchsorted(sums, sums[-1] / 2))
        found = strides[axis] // 2 + strides[axis] * place if sums[-1] else volume.shape[axis] // 2
        index.append(found)
    return _world(volume, (index[0], index[1], index[2]))


def anatomy_span(volume: Volume, axis: int) -> tuple[int, int]:
    """Find the first and the last plane across an axis of the grid that hold anatomy.

    That is :data:`_SPARSE` of the tissue in the fullest plane, or more.

    Parameters
    ----------
    volume : Volume
        In HU, planes that only couch or head-holder reach are left out, see
        :func:`viewer3d.render.couch.removal.body_span`.
    axis : int
        Of the grid: 0 for i, 1 for j, 2 for k.

    Returns
    -------
    tuple of int
        Their indices along it; of a volume without tissue those of its ends.
    """
    counts = _tissue(volume, axis)
    if volume.unit == "HU":
        from viewer3d.render.couch.removal import body_span  # noqa: PLC0415 (only who asks for it pays for what it imports)

        low, high = body_span(volume, axis)
        counts[:low] = counts[high + 1 :] = 0
    found = np.flatnonzero(counts >= max(_SPARSE * counts.max(), 1))
    return (int(found[0]), int(found[-1])) if found.size else (0, len(counts) - 1)


def _least_tissue(volume: Volume) -> float:
    least = TISSUE if volume.unit == "HU" else tissue_threshold(volume.sample())
    # Of whole numbers the same are above it: numpy would make floats of all voxels to compare them.
    return floor(least) if volume.voxels.dtype == np.int16 else least


def _tissue(volume: Volume, axis: int) -> NDArray[np.intp]:
    return cached(volume, _tissue_counts)[axis].copy()


def _tissue_counts(volume: Volume) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    # Voxels of tissue in every plane across each axis: all are counted, a stride would pass over what is thin.
    least, (columns, rows, slices) = _least_tissue(volume), volume.shape
    behind, along_k = np.zeros((columns, rows), np.int32, order="F"), np.zeros(slices, np.intp)
    for begin in range(0, slices, MOST_IN_BYTE):
        few = np.zeros((columns, rows), np.uint8, order="F")  # four times as fast as sums of 32 bits
        for k in range(begin, min(begin + MOST_IN_BYTE, slices)):
            tissue = volume.voxels[:, :, k] > least
            along_k[k] = np.count_nonzero(tissue)
            np.add(few, tissue.view(np.uint8), out=few)
        behind += few
    return behind.sum(1, dtype=np.intp), behind.sum(0, dtype=np.intp), along_k


def _fullest(counts: NDArray[np.intp]) -> int:
    slabs = np.convolve(counts, np.ones(max(1, round(SLAB_SHARE * len(counts) / 2)) * 2 - 1, int), "same")
    best = np.flatnonzero(slabs == slabs.max())
    return int(best[len(best) // 2])


def _numbers(text: str) -> Vector:
    try:
        start = len(RAS) if text.lower().startswith(RAS) else 0
        x, y, z = (float(part) for part in text[start:].removeprefix(INDEX if not start else "").split(","))
    except ValueError:
        raise ViewError(
            f"place {text!r}: expected x,y,z in LPS mm, ras:x,y,z, index:i,j,k, or one of {', '.join(_WORDS)}"
        ) from None
    return x, y, z


def _check_ras(volume: Volume, place: Vector) -> Vector:
    world = to_ras(place)
    if not np.isfinite(world).all() or not volume.geometry.contains(world):
        low, high = to_ras(volume.geometry.bounds)
        first, last = (" ".join(f"{v:.1f}" for v in end) for end in (np.minimum(low, high), np.maximum(low, high)))
        given = ",".join(f"{n:g}" for n in place)
        raise ViewError(f"place ras:{given} is outside of the volume: give RAS mm from {first} to {last}")
    return vector(world)


def _check_index(volume: Volume, index: Vector) -> Vector:
    ends = " ".join(f"{n - 1}" for n in volume.shape)
    if not all(np.isfinite(n) and 0 <= n <= end - 1 for n, end in zip(index, volume.shape, strict=True)):
        given = ",".join(f"{n:g}" for n in index)
        raise ViewError(f"place index:{given} is outside of the volume: give voxel indices from 0 0 0 to {ends}")
    return _world(volume, index)


def _world(volume: Volume, index: ArrayLike) -> Vector:
    return vector(volume.geometry.index_to_world(index))
