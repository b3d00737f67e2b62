"""Keep the largest part of a surface or a segment, with its cavities."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.notes.note import Note
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.vectors import Points
from viewer3d.render.couch.masks import connected_regions
from viewer3d.render.volume.mesh_shape import Triangles, mesh_shells, volume_gradients

_NOTHING_LEFT: Final = "It has one part: nothing was left out."


def largest_part(
    inside: NDArray[np.bool_], index: Points, triangles: Triangles
) -> tuple[Points, Triangles, tuple[Note, ...]]:
    """Return what of a surface bounds the part that encloses most.

    Parameters
    ----------
    inside : ndarray of bool, shape (columns, rows, slices)
        Which voxels the surface encloses.
    index : ndarray of float64, shape (N, 3)
        Its points in voxels, each between one that is inside and one that is not.
    triangles : ndarray of int32, shape (M, 3)

    Returns
    -------
    tuple of ndarray, ndarray and tuple of Note
        Its points and triangles, and how much was left out.

    Notes
    -----
    Shells, inner ones too, are of one part where the voxels beside them hang together by faces; and voxels that touch
    by an edge, where one shell goes around them: so what is kept is closed.
    """
    labels = _components(inside)
    shells = mesh_shells(triangles, len(index))
    sides = (np.floor(index).astype(np.intp), np.ceil(index).astype(np.intp))
    beside = np.max([labels[tuple(side.T)] for side in sides], axis=0)
    count = int(shells.max()) + 1
    pairs = np.unique(np.stack([shells, count + beside], axis=1)[beside > 0], axis=0).astype(np.int32)
    parts = mesh_shells(pairs[:, [0, 1, 1]], count + int(labels.max()) + 1)[:count][shells]
    middle = index - index.mean(0)
    volumes = np.bincount(parts, np.einsum("ij,ij->i", volume_gradients(middle, triangles), middle)) / 3
    best = int(np.argmax(volumes))
    kept = triangles[parts[triangles[:, 0]] == best]
    used, renumbered = np.unique(kept, return_inverse=True)
    left = len(np.unique(parts)) - 1
    return index[used], renumbered.reshape(-1, 3).astype(np.int32), _note(left, 1 - volumes[best] / volumes.sum())


def largest_of_segment(segmentation: Segmentation, segment: Segment) -> tuple[Segmentation, tuple[Note, ...]]:
    """Return a segmentation of the largest part of a segment alone.

    Parameters
    ----------
    segmentation : Segmentation
    segment : Segment
        One that has voxels.

    Returns
    -------
    tuple of Segmentation and tuple of Note
        With the segment under its number, and how much was left out.
    """
    box = segmentation.index_box(segment.number)
    assert box is not None
    labels = _components(segmentation.labels[segment.layer][box] == segment.value)
    sizes = np.bincount(labels.ravel(order="K"))
    sizes[0] = 0
    best = int(np.argmax(sizes))
    mask = np.zeros(segmentation.geometry.shape, np.bool_, order="F")
    mask[box] = labels == best
    about: Any = {"names": {segment.number: segment.name}, "colors": {segment.number: segment.color}}
    kept = np.where(mask, np.int16(segment.number), np.int16(0))
    frame = segmentation.frame_of_reference
    found = Segmentation.from_array(kept, segmentation.affine, frame_of_reference=frame, **about)
    return found, _note(int(np.count_nonzero(sizes)) - 1, 1 - sizes[best] / sizes.sum())


def _note(left: int, share: float) -> tuple[Note, ...]:
    if left == 0:
        return (Note(_NOTHING_LEFT, "surface.largest"),)
    text = f"The largest part was kept; {left:,} other{'s' * (left > 1)}, {100 * share:.1f} % of the volume, left out."
    return (Note(text, "surface.largest"),)


def _components(inside: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the number of the part, from 1 on, that each voxel is in; 0 outside."""
    return connected_regions(np.asfortranarray(inside).T)[0].T
