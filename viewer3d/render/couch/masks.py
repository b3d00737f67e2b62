"""Masks of voxels: grown, opened, and their connected regions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkImagingMorphological import vtkImageConnectivityFilter

from viewer3d.render.image_data import array_grid

Mask = NDArray[np.bool_]


def opened(mask: Mask, sides: dict[int, int]) -> Mask:
    """Return what boxes cover that fit into a mask.

    Parameters
    ----------
    mask : ndarray of bool
    sides : dict of int to int
        The box's length in voxels along each axis that it has more than one along; longer than the mask, it is cut.
    """
    sides = {axis: min(side, mask.shape[axis]) for axis, side in sides.items()}
    for axis, side in sides.items():
        mask = _joined(mask, side, axis, np.logical_and)
    for axis, side in sides.items():
        mask = _joined(_padded(mask, side - 1, axis), side, axis, np.logical_or)
    return mask


def grown(mask: Mask, axes: Iterable[int]) -> Mask:
    """Return a mask with the neighbours of its voxels along some axes, one after another."""
    for axis in axes:
        mask = _joined(_padded(mask, 1, axis), 3, axis, np.logical_or)
    return mask


def without_gaps(mask: Mask, axis: int) -> Mask:
    """Return a mask without gaps of one or two voxels between its own along an axis."""
    wide = np.pad(grown(mask, (axis,)), [(1, 1) if axis == n else (0, 0) for n in range(3)], constant_values=True)
    return _joined(wide, 3, axis, np.logical_and)


def without_dips(values: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Return values of which none are lower over a shorter length along axis 0 than on both sides: grey closing.

    Beyond both ends they are taken to go on as there.
    """
    half = length // 2
    longer = np.pad(values, ((2 * half, 2 * half), (0, 0)), "edge")
    for join in (np.maximum, np.minimum):
        longer = _joined(longer, 2 * half + 1, 0, join)
    return longer


def connected_regions(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Find the connected regions of a mask, numbered from 1, the largest first.

    Parameters
    ----------
    mask : ndarray of bool, shape (planes, rows, columns)

    Returns
    -------
    labels : ndarray of int32
        Of the mask's shape; 0 outside of it.
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


def _padded(mask: Mask, count: int, axis: int) -> Mask:
    return np.pad(mask, [(count, count) if axis == n else (0, 0) for n in range(3)])


def _joined(mask: NDArray[Any], side: int, axis: int, join: np.ufunc) -> NDArray[Any]:
    # Each window of so many voxels along an axis, joined to one: it is there side - 1 times less.
    have = 1
    while have < side:
        step = min(have, side - have)
        count = mask.shape[axis] - step
        one, other = (mask[(slice(None),) * axis + (slice(at, at + count),)] for at in (0, step))
        mask = join(one, other)
        have += step
    return mask
