"""Crop, reorient and mask volumes: no value is interpolated, and no voxel moves in the patient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Affine, Geometry
from viewer3d.core.notes.note import Note
from viewer3d.core.placing.frames import check_frame
from viewer3d.core.sampling import Measured, fill_value
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.volume import Volume
from viewer3d.core.voxels import IndexBox
from viewer3d.errors import GeometryError, SegmentError

_TOLERANCE: Final = 1e-3
"""Voxels: what reaches no further into a voxel does not touch it; rounding decides nothing."""

_FOREGROUND_HU: Final = -500.0
"""HU from which on a voxel is no air: half-way between air and water, by the definition of the unit."""

_TOWARDS: Final = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1)} | {
    **dict.fromkeys("SH", (2, 1)),
    **dict.fromkeys("IF", (2, -1)),
}
"""World axis (LPS) and sign of each letter; S and H (superior, head), I and F (inferior, foot) are the same."""

_OPPOSITE: Final = dict(zip("LRPASIHF", "RLAPISFH", strict=True))


def crop_volume(
    volume: Volume,
    box: ArrayLike | IndexBox | None,
    *,
    margin: float,
    to: Segmentation | None,
    same_frame: bool,
    max_memory: int | str | None,
) -> Volume:
    """Return a part of a volume, see :meth:`viewer3d.Volume.crop`."""
    if box is not None and to is not None:
        raise GeometryError("both a box and a segmentation were given to crop to: give one")
    if not np.isfinite(margin) or margin < 0:
        raise GeometryError(f"margin {margin!r:.40}: give a distance in mm of at least 0")
    notes: tuple[Note, ...] = ()
    if to is not None:
        notes = _checked(volume, to, same_frame=same_frame)
        low, high = _reach(volume.geometry, _corners_of_segments(to))
        what = "what is segmented"
    elif box is None:
        low, high = _foreground(volume)
        what = "what is not background"
    elif isinstance(box, tuple) and all(isinstance(part, slice) for part in box):
        low, high = _ends_of(box, volume.shape)
        what = "a box"
    else:
        low, high = _reach(volume.geometry, _corners_of_box(box))
        what = "a box"
    beside = margin / np.array(volume.spacing)
    first = np.floor(low - beside + 0.5 + _TOLERANCE).astype(int)
    ends = np.maximum(np.ceil(high + beside + 0.5 - _TOLERANCE).astype(int), first + 1)
    first, ends = np.maximum(first, 0), np.minimum(ends, volume.shape)
    if (first >= ends).any():
        raise GeometryError(f"{what} to crop to lies outside of the volume: give one that overlaps it")
    if (ends - first == volume.shape).all():
        return volume
    i, j, k = (slice(int(a), int(b)) for a, b in zip(first, ends, strict=True))
    check_bytes_of(volume, (ends - first).tolist(), max_memory)
    affine = volume.affine.copy()
    affine[:3, 3] = volume.geometry.index_to_world(first)
    voxels = volume.voxels[i, j, k]
    measured = None if volume.measured is None else _cropped_measured(volume.measured[k], i, j)
    size = " x ".join(map(str, voxels.shape))
    around = f" with {margin:g} mm around it" if margin else ""
    note = Note(f"Cropped from {' x '.join(map(str, volume.shape))} to {size} voxels: {what}{around}.", "grid.cropped")
    return changed(volume, np.array(voxels, order="F"), affine, measured, (*notes, note))


def reorient_volume(volume: Volume, orientation: str, *, max_memory: int | str | None) -> Volume:
    """Return a volume with its axes in another order, see :meth:`viewer3d.Volume.reoriented`."""
    code = str(orientation).upper()
    if len(code) != 3 or {_TOWARDS.get(letter, (9, 0))[0] for letter in code} != {0, 1, 2}:
        raise GeometryError(
            f"orientation {orientation!r:.40}: give where the three axes lead, one letter each of L or R, P or A, S or "
            "I, as LPS or RAS"
        )
    wanted = [_TOWARDS[letter] for letter in code]
    if np.linalg.det([np.eye(3)[axis] * sign for axis, sign in wanted]) < 0:
        raise GeometryError(
            f"orientation {code} is left-handed, and a volume is not: give {code[:2]}{_OPPOSITE[code[2]]} or "
            f"{_OPPOSITE[code[0]]}{code[1:]}"
        )
    own = nearest_axes(volume.geometry.direction)
    axes = [own[axis] for axis, _ in wanted]
    flipped = [volume.geometry.direction[axis, own[axis]] * sign < 0 for axis, sign in wanted]
    if axes == [0, 1, 2] and not any(flipped):
        return volume
    check_bytes_of(volume, volume.shape, max_memory)
    affine = np.eye(4)
    affine[:3, :3] = volume.affine[:3, axes] * np.where(flipped, -1.0, 1.0)
    first = np.zeros(3)
    first[axes] = np.where(flipped, np.array(volume.shape)[axes] - 1, 0)
    affine[:3, 3] = volume.geometry.index_to_world(first)
    turn = tuple(slice(None, None, -1) if one else slice(None) for one in flipped)
    measured = None if volume.measured is None else reordered_measured(volume.measured, volume.shape, axes, flipped)
    voxels = np.array(volume.voxels.transpose(axes)[turn], order="F")
    text = f"Reoriented: the axes of the voxels lead to {code}."
    return changed(volume, voxels, affine, measured, (Note(text, "grid.reoriented"),))


def mask_volume(
    volume: Volume,
    segmentation: Segmentation,
    value: float | None,
    *,
    segments: int | str | Iterable[int | str] | None,
    same_frame: bool,
    max_memory: int | str | None,
) -> Volume:
    """Return a volume with one value outside of segments, see :meth:`viewer3d.Volume.mask`."""
    notes = _checked(volume, segmentation, same_frame=same_frame)
    named = [segments] if isinstance(segments, int | str) else segments
    chosen = segmentation.segments if named is None else [segmentation.segment(one) for one in named]
    if not chosen:
        raise SegmentError("there are no segments to mask with: give a segmentation that has some")
    check_bytes_of(volume, volume.shape, max_memory)
    inside = np.zeros(volume.shape, np.bool_, order="F")
    for one in chosen:
        inside |= segmentation.mask(one.number, volume.geometry)
    if not inside.any():
        raise SegmentError("no voxel of the volume lies in these segments: give such as overlap it")
    fill = fill_value(volume.voxels, volume.background, is_ct=volume.is_like_hu) if value is None else float(value)
    voxels = np.array(volume.voxels, dtype_with(volume, fill), order="F")
    np.copyto(voxels, voxels.dtype.type(fill), where=~inside)
    unit = f" {volume.unit}" if volume.unit else ""
    what = ", ".join(one.name for one in chosen[:3]) + (f" and {len(chosen) - 3} more" if len(chosen) > 3 else "")
    note = Note(f"Masked: voxels outside of {what} have the value {fill:g}{unit}.", "grid.masked")
    return changed(volume, voxels, volume.affine, volume.measured, (*notes, note))


def changed(
    volume: Volume, voxels: NDArray[Any], affine: Affine, measured: Measured | None, notes: Sequence[Note]
) -> Volume:
    """Return a volume with other voxels, that says what was done to it: in its notes, and for recipes.

    Parameters
    ----------
    volume : Volume
    voxels : ndarray, shape (columns, rows, slices)
    affine : ndarray of float64, shape (4, 4)
        Voxel index to LPS mm.
    measured : ndarray, shape (slices, 4), optional
    notes : sequence of Note
        The last one says what was done, the first word of it in one.
    """
    made = volume.provenance
    if made is not None:
        word = notes[-1].split()[0].strip(":,").lower()
        made = replace(made, changes=(*made.changes, word))
    info = replace(volume.info, notes=(*volume.notes, *notes), provenance=made)
    geometry = Geometry(affine, (voxels.shape[0], voxels.shape[1], voxels.shape[2]))
    return replace(volume, voxels=voxels, geometry=geometry, measured=measured, info=info)


def dtype_with(volume: Volume, fill: float) -> np.dtype[Any]:
    """Return the dtype that holds a volume's values and one more: int16 as long as that does."""
    limits = np.iinfo(np.int16)
    holds = volume.voxels.dtype != np.int16 or (limits.min <= fill <= limits.max and float(fill).is_integer())
    return volume.voxels.dtype if holds else np.dtype(np.float32)


def check_bytes_of(volume: Volume, shape: Sequence[int], max_memory: int | str | None, working: int = 1) -> None:
    """Check that making a volume of a shape needs no more memory than is allowed, before it is allocated.

    Parameters
    ----------
    volume : Volume
        Of the same dtype.
    shape : sequence of int
    max_memory : int or str, optional
        As for :func:`viewer3d.load`.
    working : int
        Bytes a voxel that are needed besides for a while.

    Raises
    ------
    LimitError
        When it needs more.
    """
    from viewer3d.dicom.memory import check_memory  # noqa: PLC0415 (as loading does)

    count = int(np.prod(shape, dtype=object))
    needed = count * (volume.voxels.dtype.itemsize + working)
    size = " x ".join(map(str, shape))
    check_memory(f"a volume of {size} voxels", needed, max_memory, "making it", "make a smaller one")


def reordered_measured(
    measured: Measured, shape: Sequence[int], axes: Sequence[int], flipped: Sequence[bool]
) -> NDArray[np.int32]:
    """Return which rectangles of a turned grid's slices were measured.

    Parameters
    ----------
    measured : ndarray of int, shape (slices, 4)
        See :data:`viewer3d.core.sampling.Measured`.
    shape : sequence of int
        Of the grid that it is of.
    axes : sequence of int
        For each axis of the turned grid that of the other along it.
    flipped : sequence of bool
        Whether it runs the other way.

    Returns
    -------
    ndarray of int32, shape (slices of the turned grid, 4)
        All voxels in it were measured; where slices lie across the others, some beside it may have been too.
    """
    # By pairs of ends along the other grid's axes (i, j, k), for each slice of the turned one.
    ends = np.zeros((shape[axes[2]], 3, 2), np.int32)
    if axes[2] == 2:
        ends[:, :2] = measured.reshape(-1, 2, 2)
    else:
        across, along = axes[2], 1 - axes[2]
        for n in range(shape[across]):
            has = (measured[:, 2 * across] <= n) & (n < measured[:, 2 * across + 1])
            first, end = _longest_run(has)
            if first < end:
                sides = measured[first:end, 2 * along : 2 * along + 2]
                ends[n, along] = sides[:, 0].max(), sides[:, 1].min()
                ends[n, 2] = first, end
    turned = ends[::-1] if flipped[2] else ends
    parts = []
    for axis, flip in zip(axes[:2], flipped[:2], strict=True):
        part = turned[:, axis]
        parts.append(shape[axis] - part[:, ::-1] if flip else part)
    found = np.concatenate(parts, 1).astype(np.int32)
    found[(found[:, 0] >= found[:, 1]) | (found[:, 2] >= found[:, 3])] = 0
    return found


def _checked(volume: Volume, segmentation: Any, *, same_frame: bool) -> tuple[Note, ...]:
    """Check that something is a segmentation in a volume's frame of reference; return notes on it."""
    if not isinstance(segmentation, Segmentation):
        raise SegmentError(f"{segmentation!r:.60} is no segmentation: give one, or Segmentation.from_array of a mask")
    return check_frame(volume, segmentation, "the segmentation", same_frame=same_frame)


def _longest_run(has: NDArray[np.bool_]) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], has, [False]]).astype(np.int8)))
    runs = edges.reshape(-1, 2)
    if not len(runs):
        return 0, 0
    first, end = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return int(first), int(end)


def nearest_axes(direction: NDArray[np.float64]) -> tuple[int, ...]:
    """Return for each world axis the voxel axis nearest to it, so that the three stay right-handed."""
    best: tuple[float, tuple[int, ...]] = -1.0, (0, 1, 2)
    for axes in permutations(range(3)):
        parts = direction[[0, 1, 2], list(axes)]
        signed = np.zeros((3, 3))
        signed[[0, 1, 2], list(axes)] = np.where(parts < 0, -1, 1)
        if np.linalg.det(signed) > 0:
            best = max(best, (float(np.abs(parts).sum()), axes), key=lambda one: one[0])
    return best[1]


def _corners_of_box(box: Any) -> NDArray[np.float64]:
    try:
        ends = np.array(box, np.float64)
    except (TypeError, ValueError):
        ends = np.empty(0)
    if ends.shape != (2, 3) or not np.isfinite(ends).all():
        raise GeometryError(
            f"box {box!r:.60}: give two opposite corners in LPS mm, [[x, y, z], [x, y, z]], or three slices of voxels"
        )
    return np.stack(np.meshgrid(*ends.T, indexing="ij"), -1).reshape(8, 3)


def _corners_of_segments(segmentation: Segmentation) -> NDArray[np.float64]:
    corners = []
    for one in segmentation.segments:
        if (held := segmentation.index_box(one.number)) is not None:
            ends = [(part.start - 0.5, part.stop - 0.5) for part in held]
            index = np.stack(np.meshgrid(*ends, indexing="ij"), -1).reshape(8, 3)
            corners.append(segmentation.geometry.index_to_world(index))
    if not corners:
        raise SegmentError("the segmentation to crop to has no voxels: give one that has")
    return np.concatenate(corners)


def _reach(geometry: Geometry, corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    index = geometry.world_to_index(corners)
    return index.min(0), index.max(0)


def _ends_of(box: tuple[Any, ...], shape: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(box) != 3 or any(part.step not in (None, 1) for part in box):
        raise GeometryError(f"box {box!r:.60}: give three slices of voxels with steps of 1")
    found = [part.indices(count) for part, count in zip(box, shape, strict=True)]
    if any(stop <= start for start, stop, _ in found):
        raise GeometryError(f"box {box!r:.60} holds no voxel of {' x '.join(map(str, shape))}: give one that does")
    return np.array([one[0] for one in found]) - 0.5, np.array([one[1] for one in found]) - 0.5


def _foreground(volume: Volume) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    least = _FOREGROUND_HU if volume.is_like_hu else 0.0
    seen = np.zeros(volume.shape[:2], np.bool_, order="F")
    slices = np.zeros(volume.shape[2], np.bool_)
    for k in range(volume.shape[2]):
        above = volume.voxels[:, :, k] > least
        slices[k] = above.any()
        seen |= above
    if not slices.any():
        raise GeometryError(f"no voxel is above {least:g}, all is background: give a box to crop to")
    found = [np.flatnonzero(one) for one in (seen.any(1), seen.any(0), slices)]
    return np.array([one[0] for one in found]) - 0.5, np.array([one[-1] for one in found]) + 0.5


def _cropped_measured(measured: Measured, i: slice, j: slice) -> NDArray[np.int32]:
    cut = np.concatenate(
        [measured[:, :2].clip(i.start, i.stop) - i.start, measured[:, 2:].clip(j.start, j.stop) - j.start], 1
    )
    return cut.astype(np.int32)
