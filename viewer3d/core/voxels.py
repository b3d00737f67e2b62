"""Arrays made voxels or labels: of one of two dtypes, in Fortran order and read-only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.notes.note import Note
from viewer3d.errors import GeometryError, SegmentError

WHOLE_IN_FLOAT32: Final = 1 << 24
"""float32 holds every whole number up to this one."""

MOST_LABELS: Final = 32_767
"""The highest label: that of an int16."""

IndexBox = tuple[slice, slice, slice]
"""A box of voxels by their indices, as an array is cut by it: columns, rows and slices."""

_ON_CENTRE: Final = 2.0**-17
"""Voxels: as :data:`viewer3d.core.sampling._ON_CENTRE`, so that rounding does not decide which of two is nearest."""

_STRAIGHT: Final = 1e-4
"""Voxels over a whole grid: what two grids may turn against each other and count as parallel."""


def as_voxels(values: ArrayLike) -> tuple[NDArray[Any], tuple[Note, ...]]:
    """Return values as voxels, read-only, and notes on what that changed.

    Parameters
    ----------
    values : array_like, any shape and real dtype
        Shared where dtype and order already fit; then the array, and what it is a view of, are read-only from here on.

    Returns
    -------
    tuple of ndarray of int16 or float32 in Fortran order, and tuple of Note
        int16 where that holds all values, else float32.
    """
    voxels = np.asanyarray(values)
    notes: tuple[Note, ...] = ()
    if voxels.dtype not in (np.int16, np.float32):
        fits = voxels.dtype.kind in "iub" and _fits_int16(voxels)
        if voxels.dtype.kind in "iu" and not fits:
            notes = rounding_notes(max(abs(int(voxels.max())), abs(int(voxels.min()))))
        voxels = voxels.astype(np.int16 if fits else np.float32)
    voxels = np.asfortranarray(voxels).view()
    voxels.flags.writeable = False
    if isinstance(values, np.ndarray) and np.may_share_memory(voxels, values):
        _lock(values)
    return voxels, notes


def rounding_notes(most: float) -> tuple[Note, ...]:
    """Return a note where whole numbers of this size do not fit into the 24 bits of float32."""
    if most < WHOLE_IN_FLOAT32:
        return ()
    off = float(np.spacing(np.float32(most))) / 2
    text = (
        f"Values reach {most:,.0f}: whole numbers beyond {WHOLE_IN_FLOAT32:,} are kept in 24 bits (float32) and are "
        f"off by up to {off:,.0f}."
    )
    return (Note(text, "values.rounded", moved_values=off),)


def _lock(array: Any) -> None:
    # And all that it is a view of: else its owner could change what was hashed and drawn already.
    while isinstance(array, np.ndarray):
        array.flags.writeable = False
        array = array.base


def _fits_int16(values: NDArray[Any]) -> bool:
    limits = np.iinfo(np.int16)
    return not values.size or bool(values.min() >= limits.min and values.max() <= limits.max)


def as_labels(labels: Any) -> NDArray[Any]:
    """Return a label layer in Fortran order and read-only, shared where it is in that order.

    Raises
    ------
    SegmentError
        When it is not an array of uint8 or int16, or has a negative label.
    """
    if not isinstance(labels, np.ndarray) or labels.dtype not in (np.uint8, np.int16):
        kind = labels.dtype if isinstance(labels, np.ndarray) else type(labels).__name__
        raise SegmentError(f"a label layer is {kind}: give uint8 or int16, or use Segmentation.from_array")
    layer = np.asfortranarray(labels).view()
    layer.flags.writeable = False
    if np.may_share_memory(layer, labels):
        _lock(labels)
    return layer


def label_layers(
    arrays: Sequence[ArrayLike], affine: ArrayLike, named: Collection[int]
) -> tuple[tuple[NDArray[Any], ...], Geometry, dict[int, tuple[int, int]]]:
    """Return arrays of any whole numbers as label layers on a right-handed grid.

    Parameters
    ----------
    arrays : sequence of array_like, shape (columns, rows, slices), bool or whole numbers
    affine : array_like, shape (4, 4)
        Voxel index to LPS mm; of a left-handed one the slices are reversed.
    named : collection of int
        Labels that are there even if no voxel has them.

    Returns
    -------
    tuple of arrays, Geometry, and dict of int to (layer, value)
        The value is the label itself where that fits, else the labels are numbered from 1.

    Raises
    ------
    GeometryError, SegmentError
        See :meth:`viewer3d.Segmentation.from_array`.
    """
    whole = [_whole_numbers(one) for one in arrays]
    matrix = np.array(affine, np.float64)
    step = 1
    if matrix.shape == (4, 4) and np.linalg.det(matrix[:3, :3]) < 0:
        matrix[:3, 3] += matrix[:3, 2] * (whole[0].shape[2] - 1)
        matrix[:3, 2] *= -1
        step = -1
    geometry = Geometry(matrix, (whole[0].shape[0], whole[0].shape[1], whole[0].shape[2]))
    homes: dict[int, int] = {}
    for number, array in enumerate(whole):
        if array.shape != geometry.shape:
            raise GeometryError(f"label arrays have shapes {geometry.shape} and {array.shape}: give the same")
        for label in labels_in(array):
            if label < 0:
                raise SegmentError(f"label {label} is negative: 0 is no segment, and segments are numbered from 1")
            if label in homes:
                raise SegmentError(f"label {label} is in two arrays: give those that overlap other labels")
            homes[label] = number
    homes = {**dict.fromkeys(sorted(set(named)), 0), **homes}
    layers, places = [], dict[int, tuple[int, int]]()
    for number, array in enumerate(whole):
        layer, values = _as_layer(array[:, :, ::step], sorted(one for one, home in homes.items() if home == number))
        layers.append(layer)
        places |= {label: (number, value) for label, value in values.items()}
    return tuple(layers), geometry, places


def labels_in(array: NDArray[Any]) -> list[int]:
    """Return the labels that are in an array of whole numbers, ascending and without 0."""
    if not array.size:
        return []
    least, most = int(array.min()), int(array.max())
    if most - least < _TABLE:  # a table of what is there takes far less time than sorting
        present = np.zeros(most - least + 1, np.bool_)
        for part in np.array_split(array.ravel(order="K"), max(1, array.size // _TABLE)):
            present[part.astype(np.int64) - least] = True
        found = (np.flatnonzero(present) + least).tolist()
    else:
        found = np.unique(array).tolist()
    return [label for label in found if label]


_TABLE: Final = 1 << 20
"""Labels, or voxels, that are looked at as one table or part: 8 MB."""


def _whole_numbers(given: ArrayLike) -> NDArray[Any]:
    array = np.asarray(given)
    if array.ndim != 3:
        raise GeometryError(f"labels have {array.ndim} dimensions, not 3: give an array [i, j, k], or a list of such")
    if array.dtype.kind == "b":
        return array.view(np.uint8)
    if array.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            whole = array.astype(np.int64)
        if not np.array_equal(whole, array):
            raise SegmentError("labels are no whole numbers: give a label map, or a probability >= 0.5")
        return whole
    if array.dtype.kind not in "iu":
        raise SegmentError(f"labels are {array.dtype}: give bool or whole numbers")
    return array


def _as_layer(array: NDArray[Any], labels: Sequence[int]) -> tuple[NDArray[Any], dict[int, int]]:
    """Return a copy of labels in uint8 or int16, and the value of each; numbered anew if they do not fit."""
    most = max(labels, default=0)
    if most <= MOST_LABELS:
        return array.astype(np.uint8 if most <= np.iinfo(np.uint8).max else np.int16, order="F"), {n: n for n in labels}
    if len(labels) > MOST_LABELS:
        raise SegmentError(f"{len(labels):,} segments: give at most {MOST_LABELS:,}")
    layer = np.searchsorted([0, *labels], array).astype(np.uint8 if len(labels) <= 255 else np.int16, order="F")
    return layer, {label: value for value, label in enumerate(labels, 1)}


def labels_by_slice(layer: NDArray[Any]) -> NDArray[np.int64]:
    """Return how often each value is in each slice of a label layer, shape (slices, highest value + 1)."""
    columns, rows, slices = layer.shape
    counts = np.zeros((slices, int(layer.max(initial=0)) + 1), np.int64)
    for k in range(slices):
        flat = layer[:, :, k].reshape(-1, order="F")
        labelled = flat[flat != 0]  # mostly few, and counting takes longer than choosing
        counts[k] = np.bincount(labelled, minlength=counts.shape[1])
        counts[k, 0] = columns * rows - labelled.size
    return counts


def box_of_label(layer: NDArray[Any], value: int, counts: NDArray[np.int64]) -> IndexBox | None:
    """Return the smallest box of a label layer that has a value; None where no voxel has it.

    Parameters
    ----------
    layer : ndarray, shape (columns, rows, slices)
    value : int
    counts : ndarray
        From :func:`labels_by_slice`.
    """
    inside = np.flatnonzero(counts[:, value]) if value < counts.shape[1] else np.empty(0, np.int64)
    if not inside.size:
        return None
    seen = np.zeros(layer.shape[:2], np.bool_, order="F")
    for k in inside:
        seen |= layer[:, :, k] == value
    return slice(*_ends(np.flatnonzero(seen.any(1)))), slice(*_ends(np.flatnonzero(seen.any(0)))), slice(*_ends(inside))


def box_of_mask(mask: NDArray[np.bool_]) -> IndexBox | None:
    """Return the smallest box that holds all voxels of a mask; None where it has none.

    Parameters
    ----------
    mask : ndarray of bool, shape (columns, rows, slices)
    """
    plane: NDArray[np.bool_] = np.logical_or.reduce(mask, axis=2)
    if not plane.any():
        return None
    i, j = slice(*_ends(np.flatnonzero(plane.any(1)))), slice(*_ends(np.flatnonzero(plane.any(0))))
    return i, j, slice(*_ends(np.flatnonzero(np.logical_or.reduce(mask[i, j], axis=(0, 1)))))


def _ends(found: NDArray[np.int64]) -> tuple[int, int]:
    return int(found[0]), int(found[-1]) + 1


def label_mask_on(layer: NDArray[Any], value: int, box: IndexBox, own: Geometry, other: Geometry) -> NDArray[np.bool_]:
    """Return which voxels of another grid have their centres in voxels of a value.

    Parameters
    ----------
    layer : ndarray, shape (columns, rows, slices)
    value : int
    box : tuple of slice
        All voxels of the value are in it.
    own, other : Geometry
        Of the layer, and of the mask.

    Returns
    -------
    ndarray of bool, shape of the other geometry, Fortran order
    """
    mask: NDArray[np.bool_] = np.zeros(other.shape, np.bool_, order="F")
    to_own = own.inverse @ other.affine
    inside = layer[box] == value
    first = np.array([part.start for part in box])
    order = np.argmax(np.abs(to_own[:3, :3]) * np.array(other.shape), axis=1)  # of each own axis, the other's along it
    beside = np.abs(to_own[:3, :3]) * np.array(other.shape)
    beside[np.arange(3), order] = 0
    if len(set(order.tolist())) == 3 and beside.sum(1).max() <= _STRAIGHT:
        _put_parallel(inside, to_own, first, order, mask)
    else:
        _put_oblique(inside, to_own, first, mask)
    return mask


def _put_parallel(
    inside: NDArray[np.bool_],
    to_own: NDArray[np.float64],
    first: NDArray[np.int64],
    order: NDArray[np.intp],
    mask: NDArray[np.bool_],
) -> None:
    taken, placed = [], [slice(0)] * 3
    for axis, along in enumerate(order.tolist()):
        at = np.floor(to_own[axis, along] * np.arange(mask.shape[along]) + to_own[axis, 3] + 0.5 + _ON_CENTRE)
        at = at.astype(np.int64) - first[axis]
        valid = np.flatnonzero((at >= 0) & (at < inside.shape[axis]))
        if not valid.size:
            return
        taken.append(at[valid])  # they ascend or descend evenly, so that the valid ones lie side by side
        placed[along] = slice(*_ends(valid))
    mask[tuple(placed)] = inside[np.ix_(*taken)].transpose(np.argsort(order))


def _put_oblique(
    inside: NDArray[np.bool_], to_own: NDArray[np.float64], first: NDArray[np.int64], mask: NDArray[np.bool_]
) -> None:
    # Only where the box can lie: its corners by the other grid's indices.
    ends = np.stack([first - 0.5, first + np.array(inside.shape) - 0.5])
    corners = np.stack(np.meshgrid(*ends.T, indexing="ij"), -1).reshape(-1, 3)
    reach = (corners - to_own[:3, 3]) @ np.linalg.inv(to_own[:3, :3]).T
    low = np.maximum(np.floor(reach.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(reach.max(0)) + 1, mask.shape).astype(int)
    if (low >= high).any():
        return
    i, j = np.arange(low[0], high[0])[:, None], np.arange(low[1], high[1])[None, :]
    start = to_own[:3, 3] - first + 0.5 + _ON_CENTRE
    plane = [to_own[axis, 0] * i + to_own[axis, 1] * j + start[axis] for axis in range(3)]
    for k in range(low[2], high[2]):
        at = [np.floor(plane[axis] + to_own[axis, 2] * k).astype(np.int64) for axis in range(3)]
        valid = np.all([(one >= 0) & (one < count) for one, count in zip(at, inside.shape, strict=True)], axis=0)
        part = mask[low[0] : high[0], low[1] : high[1], k]
        part[valid] = inside[at[0][valid], at[1][valid], at[2][valid]]
