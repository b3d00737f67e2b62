"""A CT without couch and head-holder: what is not connected to the body becomes air.

The body is told by its thickness: couches and holders are shells of a few mm around foam, which is all but air.
It is looked for in slices across the couch, in voxels no finer than it takes to part a shell from the skin.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkImagingMorphological import vtkImageConnectivityFilter

from viewer3d.errors import ViewError
from viewer3d.volume import Volume

AIR = -1000
"""HU of what is hidden."""

MATTER = -300.0
"""HU: foam, wood and lung are thinner, fat is denser."""

BONE = 350.0
"""HU: denser than shells of couches; bone connects however slender it is."""

FINEST = (2.0, 2.0, 5.0)
"""mm across and along the couch: voxels are looked at that are so far apart at least, where they are that fine."""

ROUGH = (4.0, 4.0, 5.0)
"""mm across and along the couch: voxels so far apart tell where the body begins and ends, in a fifth of the time."""

COARSEST = 4.0
"""mm: what connects is told from voxels that are so far apart at least, in a tenth of the time."""

SHELL = 5.0
"""mm: what is thinner across the couch does not connect: a shell that the skin lies on, wires, clothes."""

TRUNK = 30.0
"""mm: what is nowhere as thick is not of the body: a wrist is, a shell, its frame and its rails are not."""

LEAST = 0.05
"""Part of the largest region's voxels that another one of the body has: an arm or a leg, but no bracket."""

LIMB = 100.0
"""mm: what is thin, on the body and shorter than this is of the body: ears, fingers, folds of skin."""

Mask = NDArray[np.bool_]


def without_couch(volume: Volume) -> Volume:
    """Hide what is not connected to the body.

    Parameters
    ----------
    volume : Volume
        In HU.

    Returns
    -------
    Volume
        Of the same geometry: air around the body, all within it as it was. The volume itself when no body is found.

    Raises
    ------
    ViewError
        When the volume is not in HU.
    """
    check_couch(volume)
    along, strides, body = _thinned_body(volume, FINEST)
    if not body.any():
        return volume
    voxels = np.moveaxis(volume.voxels, along, 2)
    shown = np.full(voxels.shape, AIR, voxels.dtype, order="F")
    columns, rows, slices = (_nearest(*pair) for pair in zip(voxels.shape, strides, strict=True))
    for k, of in enumerate(slices):
        within = body[:, :, min(of, body.shape[2] - 1)].take(columns, 0, mode="clip").take(rows, 1, mode="clip")
        np.copyto(shown[:, :, k], voxels[:, :, k], where=within)
    return Volume(np.moveaxis(shown, 2, along), volume.geometry, volume.unit)


def body_span(volume: Volume, axis: int) -> tuple[int, int]:
    """Find the first and the last plane across an axis of the grid that the body reaches, to :data:`ROUGH`.

    Parameters
    ----------
    volume : Volume
        In HU.
    axis : int
        Of the grid: 0 for i, 1 for j, 2 for k.

    Returns
    -------
    tuple of int
        Their indices along it; those of the volume's ends when no body is found.

    Raises
    ------
    ViewError
        When the volume is not in HU.
    """
    check_couch(volume)
    along, strides, body = volume.once(_rough_body)
    stride = np.insert(strides[:2], along, strides[2])[axis]
    found = np.flatnonzero(np.moveaxis(body, 2, along).any(tuple({0, 1, 2} - {axis}))) * stride
    last = volume.shape[axis] - 1
    return (int(found[0]), min(int(found[-1] + stride) - 1, last)) if found.size else (0, last)


def check_couch(volume: Volume) -> None:
    """Make sure that the couch of a volume can be told from the body.

    Raises
    ------
    ViewError
        When the volume is not in HU.
    """
    if volume.unit != "HU":
        unit = volume.unit or "no unit"
        raise ViewError(f"couch and body are told apart by HU, this volume is in {unit}: leave the couch in")


def find_body(voxels: NDArray[Any], spacing: NDArray[np.float64]) -> Mask:
    """Find the body, what it encloses in each slice, and a voxel around.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, slices)
        HU; slices are across the couch.
    spacing : ndarray, shape (3,)
        mm.

    Returns
    -------
    ndarray of bool, shape (columns, rows, slices)
        Nothing is true when there is no matter.
    """
    matter = voxels > MATTER
    core = _opened(matter, SHELL, spacing)
    core |= voxels > BONE
    body = _grown(_thick_regions(core, spacing), 2) & matter
    # What opening takes off all around the body is given back first, for it would join all thin parts to one.
    thin = matter & ~body & ~_enclosed(body)
    labels, sizes, extents = _regions(thin)
    on_body = np.zeros(len(sizes) + 1, np.bool_)
    on_body[labels[_grown(body, 3) & thin]] = True
    on_body[1:] &= ((extents[:, 1::2] - extents[:, ::2] + 1) * spacing < LIMB).all(1)
    body |= on_body[labels]
    body |= _enclosed(body)
    return _grown(body, 3)


def _thinned_body(volume: Volume, apart: tuple[float, ...]) -> tuple[int, NDArray[np.intp], Mask]:
    # The grid's axis along the couch, the body in every n-th voxel, that axis last, and n along each of these axes.
    # The couch runs along the patient: what is across it are the slices along the grid's axis nearest to z.
    along = int(np.argmax(np.abs(volume.geometry.direction[2])))
    voxels = np.moveaxis(volume.voxels, along, 2)
    spacing = np.array([*np.delete(volume.spacing, along), volume.spacing[along]])
    strides = np.maximum(1, apart // spacing).astype(np.intp)
    thinned = np.asfortranarray(voxels[:: strides[0], :: strides[1], :: strides[2]])
    return along, strides, find_body(thinned, spacing * strides)


def _rough_body(volume: Volume) -> tuple[int, NDArray[np.intp], Mask]:
    return _thinned_body(volume, ROUGH)


def _thick_regions(core: Mask, spacing: NDArray[np.float64]) -> Mask:
    # The connected regions of the core that are thick somewhere, or else the largest.
    strides = np.maximum(1, COARSEST // spacing).astype(int)
    coarse = core[:: strides[0], :: strides[1], :: strides[2]]
    labels, sizes, _ = _regions(coarse)
    chosen = np.zeros(len(sizes) + 1, np.bool_)
    chosen[labels[_thick(coarse, spacing * strides)]] = True
    chosen[1:] &= sizes >= LEAST * sizes[:1]
    if not chosen.any():
        chosen[1:2] = True
    region = chosen[labels]
    for axis in range(3):
        region = region.take(_nearest(core.shape[axis], int(strides[axis])), axis, mode="clip")
    return region & core


def _thick(mask: Mask, spacing: NDArray[np.float64]) -> Mask:
    # Where a cross fits into the mask, its middle on the voxel: into a round limb as well as into a square one.
    thick = mask
    for axis in range(2):
        side = int(np.ceil(TRUNK / spacing[axis]))
        before = _padded(mask, side // 2, axis)
        thick = thick & _windows(before, 2 * (side // 2) + 1, axis, np.logical_and)
    return thick


def _nearest(length: int, stride: int) -> NDArray[np.intp]:
    # For each of so many voxels the nearest of those that a stride keeps; it may be one too many.
    return (np.arange(length) + stride // 2) // stride


def _opened(mask: Mask, mm: float, spacing: NDArray[np.float64]) -> Mask:
    # What squares of a side cover that fit into the mask.
    opened = mask
    sides = [min(max(1, int(np.ceil(mm / spacing[axis]))), mask.shape[axis]) for axis in range(2)]
    for axis, side in enumerate(sides):
        opened = _windows(opened, side, axis, np.logical_and)
    for axis, side in enumerate(sides):
        opened = _windows(_padded(opened, side - 1, axis), side, axis, np.logical_or)
    return opened


def _grown(mask: Mask, axes: int) -> Mask:
    # By one voxel along the first two or all three axes.
    for axis in range(axes):
        mask = _windows(_padded(mask, 1, axis), 3, axis, np.logical_or)
    return mask


def _padded(mask: Mask, count: int, axis: int) -> Mask:
    return np.pad(mask, [(count, count) if axis == n else (0, 0) for n in range(3)])


def _windows(mask: Mask, side: int, axis: int, join: np.ufunc) -> Mask:
    # Each window of so many voxels along an axis, joined to one: it is there side - 1 times less.
    have = 1
    while have < side:
        step = min(have, side - have)
        count = mask.shape[axis] - step
        one, other = (mask[(slice(None),) * axis + (slice(at, at + count),)] for at in (0, step))
        mask = np.asarray(join(one, other), np.bool_)
        have += step
    return mask


def _enclosed(mask: Mask) -> Mask:
    # What has some of the mask, or is it, on all four sides in its slice: lung, bowel and what floats in them.
    within: list[Mask] = []
    for axis in range(2):
        length = mask.shape[axis]
        place = np.arange(length, dtype=np.int32).reshape([-1 if axis == n else 1 for n in range(3)])
        first, last = (np.expand_dims(side.argmax(axis), axis).astype(np.int32) for side in (mask, np.flip(mask, axis)))
        within.append((place >= first) & (place <= length - 1 - last) & mask.any(axis, keepdims=True))
    return within[0] & within[1]


def _regions(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    # Connected regions numbered from 1, the largest first; their voxels, and their first and last index per axis.
    grid = vtkImageData()
    grid.SetDimensions(*mask.shape)
    values = numpy_to_vtk(np.ravel(mask, order="F").view(np.uint8))  # type: ignore[no-untyped-call]
    grid.GetPointData().SetScalars(values)
    finder = vtkImageConnectivityFilter()
    finder.SetInputData(grid)
    finder.SetScalarRange(1, 1)
    finder.SetExtractionModeToAllRegions()
    finder.SetLabelModeToSizeRank()
    finder.SetLabelScalarTypeToInt()
    finder.GenerateRegionExtentsOn()
    finder.Update()
    labels = vtk_to_numpy(finder.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
    sizes = vtk_to_numpy(finder.GetExtractedRegionSizes())  # type: ignore[no-untyped-call]
    extents = vtk_to_numpy(finder.GetExtractedRegionExtents())  # type: ignore[no-untyped-call]
    return labels.reshape(mask.shape, order="F"), sizes, extents.reshape(-1, 6)
