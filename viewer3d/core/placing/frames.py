"""Check whether data lie in the world of a base, or by which transform they are placed in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.geometry import Affine, Geometry, on_one_grid
from viewer3d.core.notes.note import Note
from viewer3d.core.series_info import Described
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.core.mesh import MeshSet
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.core.structures import StructureSet
    from viewer3d.core.volume import Volume

_GIVEN: Final = "a given matrix"
"""What placed a layer, where nothing more is known of it."""


def loaded_transform(
    base: Described,
    data: Described,
    transform: ArrayLike | str | os.PathLike[str] | None,
) -> tuple[Affine | None, str]:
    """Return a transform that was given as a matrix or as a file, and what it is called in notes.

    Raises
    ------
    Viewer3DError
        When a file holds none, or none between the frames of reference of the two, or the matrix is none.
    """
    if transform is None:
        return None, ""
    if not isinstance(transform, str | os.PathLike):
        return check_transform(transform), _GIVEN
    from viewer3d.formats.load_transform import read_transform  # noqa: PLC0415 (a matrix that is there needs no reader)

    file = read_transform(transform)
    return file.between(base.frame_of_reference, data.frame_of_reference), file.how


def check_frame(
    base: Volume | Segmentation,
    data: Volume | Segmentation | StructureSet | MeshSet,
    name: str,
    *,
    transform: ArrayLike | None = None,
    how: str = _GIVEN,
    same_frame: bool = False,
) -> tuple[Note, ...]:
    """Check that data lie in the base's frame of reference, or that it was said how they lie in it.

    Parameters
    ----------
    base : Volume or Segmentation
    data : Volume, Segmentation, StructureSet or MeshSet
    name : str
        Of the data, in messages.
    transform : array_like, shape (4, 4), optional
        From the world of the data to that of the base, LPS in mm.
    how : str
        What the transform is called in notes.
    same_frame : bool
        Whether to trust that they are in one frame of reference.

    Returns
    -------
    tuple of Note
        What is to be said of where they lie.

    Raises
    ------
    ViewError
        When they are of different or unknown frames of reference, and nothing says how they lie.
    """
    if transform is not None:
        return (Note(f"{name} was placed by {how}.", "placing.transform", moved_mm=_moved_mm(data, transform)),)
    if base.frame_of_reference and base.frame_of_reference == data.frame_of_reference:
        return ()
    if same_frame:
        text = f"{name} is taken to be in the frame of reference of the base, as was asked for."
        return (Note(text, "placing.same_frame"),)
    unknown = not (base.frame_of_reference and data.frame_of_reference)
    grid: Geometry | None = getattr(data, "geometry", None)  # contours have none
    if unknown and grid is not None and on_one_grid(base.geometry, grid):
        text = f"{name} does not say its frame of reference; it lies on the grid of the base, and is drawn there."
        return (Note(text, "placing.same_grid"),)
    theirs = "not said" if not data.frame_of_reference else f"another ({frame_label(data)})"
    own = frame_label(base) if base.frame_of_reference else "not said"
    raise ViewError(
        f"{name}: its frame of reference is {theirs}, that of the base {own}: give a transform (4 x 4, from its LPS mm "
        "to those of the base, or a file with it), or same_frame where you know that they are one"
    )


def _moved_mm(data: Volume | Segmentation | StructureSet | MeshSet, transform: ArrayLike) -> float | None:
    """Return how far a transform moves what lies farthest from where it was, in mm; None of nothing."""
    grid: Geometry | None = getattr(data, "geometry", None)
    parts = [grid.corners] if grid is not None else [one for one in (getattr(data, "points", None),) if one is not None]
    parts += [contour.points for roi in getattr(data, "rois", ()) for contour in roi.contours]
    matrix = np.asarray(transform, np.float64)
    lengths = [np.linalg.norm(one @ matrix[:3, :3].T + matrix[:3, 3] - one, axis=1) for one in parts if len(one)]
    return max((float(one.max()) for one in lengths), default=None)


def frame_label(data: Described) -> str:
    """Return a short name of a frame of reference that identifies nobody: the beginning of its SHA-256."""
    return data.frame_of_reference_digest[:8]


def check_transform(transform: ArrayLike) -> Affine:
    """Return a transform as a float64 array of shape (4, 4), read-only.

    Raises
    ------
    ViewError
        When it is no affine, singular, or mirrors.
    """
    try:
        matrix = np.array(transform, np.float64)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or not np.array_equal(matrix[3], (0, 0, 0, 1)):
        raise ViewError(
            "transform is not a finite 4 x 4 matrix with last row 0 0 0 1: give one from the LPS mm of the data to "
            "those of the base"
        )
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    size = 0.0 if lengths.min() == 0 else float(np.linalg.det(matrix[:3, :3] / lengths))
    if abs(size) < _LEAST_VOLUME:
        raise ViewError("transform is singular: it flattens the data; give one that can be inverted")
    if size < 0:
        raise ViewError("transform mirrors: left would be right; give one of a positive determinant")
    matrix.flags.writeable = False
    return matrix


_LEAST_VOLUME: Final = 1e-6
"""Of the box that unit axes span after a transform: with less they lie in a plane but for rounding."""
