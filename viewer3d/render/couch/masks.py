"""Morphology of masks of voxels: dilation, opening and closing, and their connected regions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkImagingMorphological import vtkImageConnectivityFilter

from viewer3d.render.image_data import array_grid

Mask = NDArray[np.bool_]

RowNumbers = TypeVar("RowNumbers", NDArray[np.intp], NDArray[np.int16])


def opened(mask: Mask, sides: dict[int, int]) -> Mask:
    """Return what boxes cover that fit into a mask (morphological opening).

    Parameters
    ----------
    mask : ndarray of bool
    sides : dict of int to int
        The box's length in voxels along each axis that it has more than one along; longer than the mask, it is cut.

    Returns
    -------
    ndarray of bool, of the mask's shape
    """
    sides = {axis: min(side, mask.shape[axis]) for axis, side in sides.items()}
    for axis, side in sides.items():
        mask = _sliding(mask, side, axis, np.logical_and)
    for axis, side in sides.items():
        mask = _sliding(_padded(mask, side - 1, axis), side, axis, np.logical_or)
    return mask


def dilated(mask: Mask, axes: Iterable[int]) -> Mask:
    """Return a mask with the neighbours of its voxels along some axes, one after another.

    Parameters
    ----------
    mask : ndarray of bool
    axes : iterable of int

    Returns
    -------
    ndarray of bool, of the mask's shape
    """
    for axis in axes:
        mask = _with_neighbors(mask, axis, np.logical_or)
    return mask


def without_gaps(mask: Mask, axis: int) -> Mask:
    """Return a mask without gaps of one or two voxels between its own along an axis (closing).

    Parameters
    ----------
    mask : ndarray of bool, three-dimensional
    axis : int

    Returns
    -------
    ndarray of bool, of the mask's shape
    """
    return _with_neighbors(dilated(mask, (axis,)), axis, np.logical_and)


def without_dips(values: RowNumbers, length: int) -> RowNumbers:
    """Return values of which none are lower over a shorter length than on both sides (grey closing).

    Beyond both ends they are taken to go on as there.

    Parameters
    ----------
    values : ndarray of int, shape (N, M)
    length : int
        Along axis 0.

    Returns
    -------
    ndarray of int, shape (N, M)
    """
    half = length // 2
    longer = np.pad(values, ((2 * half, 2 * half), (0, 0)), "edge")
    for reduce in (np.maximum, np.minimum):
        longer = _sliding(longer, 2 * half + 1, 0, reduce)
    return longer


def connected_regions(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the connected regions of a mask, numbered from 1, the largest first.

    Parameters
    ----------
    mask : ndarray of bool, shape (planes, rows, columns)

    Returns
    -------
    labels : ndarray of int32, shape (planes, rows, columns)
        0 outside of the mask.
    extents : ndarray of int32, shape (regions, 3, 2)
        The first and the last index of each along the three axes.
    """
    finder = vtkImageConnectivityFilter()
    finder.SetInputData(array_grid(mask.view(np.uint8).T))
    finder.SetScalarRange(1, 1)
    finder.SetExtractionModeToAllRegions()
    finder.SetLabelModeToSizeRank()
    finder.SetLabelScalarTypeToInt()
    finder.GenerateRegionExtentsOn()
    finder.Update()
    labels = vtk_to_numpy(finder.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
    extents = vtk_to_numpy(finder.GetExtractedRegionExtents())  # type: ignore[no-untyped-call]
    return labels.reshape(mask.shape), extents.reshape(-1, 3, 2)[:, ::-1]


def _with_neighbors(mask: Mask, axis: int, join: np.ufunc) -> Mask:
    # Each voxel joined with those before and after it along an axis, where there are any.
    joined = mask.copy()
    first, last = ((slice(None),) * axis + (part,) for part in (slice(None, -1), slice(1, None)))
    join(joined[first], mask[last], out=joined[first])
    join(joined[last], mask[first], out=joined[last])
    return joined


def _padded(mask: Mask, count: int, axis: int) -> Mask:
    return np.pad(mask, [(count, count) if axis == n else (0, 0) for n in range(3)])


def _sliding(values: NDArray[Any], side: int, axis: int, reduce: np.ufunc) -> NDArray[Any]:
    # Each run of so many voxels along an axis, reduced to one: side - 1 fewer are left.
    have = 1
    while have < side:
        step = min(have, side - have)
        count = values.shape[axis] - step
        one, other = (values[(slice(None),) * axis + (slice(at, at + count),)] for at in (0, step))
        values = reduce(one, other)
        have += step
    return values
