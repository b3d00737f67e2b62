"""The grid that the frames of a segmentation lie on, and the slice of each frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import SAME_GRID, SHEAR_TOLERANCE, Geometry
from viewer3d.core.notes.note import Note
from viewer3d.dicom.headers.values import LARGEST
from viewer3d.dicom.objects.frame_groups import (
    BETWEEN_SLICES,
    ORIENTATION,
    PIXEL_SPACING,
    POSITION,
    SLICE_THICKNESS,
    GroupValues,
)
from viewer3d.errors import BadFileError, GeometryError, StackError

_SAME_PLANE: Final = 0.01
"""Part of the smallest spacing: frames no further apart along the normal are of one slice."""

_OFF_GAP: Final = 0.1
"""Part of a step by which a gap may miss a whole number of steps: positions are rounded, of thin slices to 1 %."""

_OFF_GRID: Final = 0.01
"""Part of a spacing by which a frame may lie beside its place on an even grid before it is said."""

_FAR_OFF_GRID: Final = 0.25
"""Part of a spacing from which on there is no even grid."""

_ASSUMED_STEP: Final = 1.0
"""mm: of a single slice that does not say its thickness."""

_ORIENTATION_TOLERANCE: Final = 1e-4
"""By which direction cosines of frames may differ: their noise at six digits."""


@dataclass(frozen=True, eq=False)
class FrameGrid:
    """A grid, and which of its slices each frame is.

    Attributes
    ----------
    geometry : Geometry
        Its slices go along the normal of the frames; sheared where positions lean against it.
    slices : ndarray of int64, shape (frames,)
    notes : tuple of Note
        Where the header contradicts itself or is silent, and what was taken.
    """

    geometry: Geometry
    slices: NDArray[np.int64]
    notes: tuple[Note, ...]


def frame_grid(name: str, groups: Sequence[GroupValues], shared: GroupValues, columns: int, rows: int) -> FrameGrid:
    """Find the grid of frames from their planes (PS3.3 C.7.6.16.2.3, C.7.6.16.2.4 and C.7.6.16.2.1).

    The step between slices is Spacing Between Slices, else Slice Thickness, else the finest gap, whichever first fits
    the positions: frames without a label are left out, so that gaps are multiples of the step. It is then measured on
    the positions.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    groups : sequence of dict
        Of each frame, from :func:`viewer3d.dicom.objects.frame_groups.frame_groups`.
    shared : dict
        What they share.
    columns, rows : int

    Raises
    ------
    BadFileError
        When planes are missing or of several directions or spacings.
    StackError
        When the positions lie on no even grid.
    """
    positions = np.array(_of_frames(name, groups, shared, POSITION, 3))
    orientation = np.array(_common(name, _of_frames(name, groups, shared, ORIENTATION, 6), _ORIENTATION_TOLERANCE))
    between_rows, between_columns = _common(name, _of_frames(name, groups, shared, PIXEL_SPACING, 2), 1e-6)
    row, column = orientation[:3], orientation[3:]
    normal = np.cross(row, column)
    length = float(np.linalg.norm(normal))
    if not (length > 0.5 and between_rows > 0 and between_columns > 0):
        raise BadFileError(f"{name}: Image Orientation or Pixel Spacing of its frames is none; the header is damaged")
    spacing = min(between_rows, between_columns)
    along = positions @ (normal / length)
    planes, of_frame = _planes(along, spacing * _SAME_PLANE)
    step, notes = _step(planes, _number(groups, shared, BETWEEN_SLICES), _number(groups, shared, SLICE_THICKNESS))
    numbers = np.concatenate([[0], np.cumsum(np.rint(np.diff(planes) / step))]).astype(np.int64)
    slices = numbers[of_frame]
    start, stride = _line(positions, slices, normal / length * step)
    off = np.abs(positions - start - slices[:, None] * stride).max()
    if off > _FAR_OFF_GRID * min(spacing, step):
        raise StackError(f"{name}: its frames lie up to {off:.3g} mm beside an even grid of steps of {step:.4g} mm")
    if off > _OFF_GRID * min(spacing, step):
        text = f"Frames lie up to {off:.3g} mm beside an even grid; they were put on it."
        notes = (
            *notes,
            Note(text, "segments.off_grid", frames=len(groups), moved_mm=off),
        )
    affine = np.eye(4)
    affine[:3] = np.stack([row * between_columns, column * between_rows, stride, start], axis=1)
    try:
        geometry = Geometry(affine, (columns, rows, int(slices.max()) + 1))
    except GeometryError as error:
        raise BadFileError(f"{name}: its frames lie on no grid ({error})") from None
    if geometry.shear > SHEAR_TOLERANCE:
        lean = np.degrees(np.arcsin(min(geometry.shear, 1.0)))
        text = f"Slices lean by {lean:.1f} degrees, as images of a tilted gantry do; the grid is as they are."
        notes = (
            *notes,
            Note(text, "segments.lean", frames=len(groups)),
        )
    return FrameGrid(geometry, slices, notes)


def _planes(along: NDArray[np.float64], tolerance: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distinct distances along the normal, ascending, and which of them each frame has."""
    order = np.argsort(along, kind="stable")
    new = np.concatenate([[False], np.diff(along[order]) > tolerance])
    number = np.empty(len(along), np.int64)
    number[order] = np.cumsum(new)
    planes = np.bincount(number, along) / np.bincount(number)
    return planes, number


def _step(
    planes: NDArray[np.float64], between: float | None, thickness: float | None
) -> tuple[float, tuple[Note, ...]]:
    """Return the step between slices, and what is to be said of it."""
    named = {"Spacing Between Slices (0018,0088)": between, "Slice Thickness (0018,0050)": thickness}
    declared = {what: abs(mm) for what, mm in named.items() if mm}
    if len(planes) == 1:
        if declared:
            return next(iter(declared.values())), ()
        text = f"Its only slice does not say its thickness: {_ASSUMED_STEP:g} mm is assumed, and volumes in ml with it."
        return _ASSUMED_STEP, (Note(text, "segments.thickness_assumed"),)
    gaps = np.diff(planes)
    finest = float(gaps.min())
    notes: list[Note] = []
    for what, mm in declared.items():
        steps = np.rint(gaps / mm)
        if steps.min() >= 1 and np.abs(gaps / mm - steps).max() <= _OFF_GAP:
            if what.startswith("Slice") and finest > 1.5 * mm:
                text = (
                    f"Slices are nowhere less than {finest:.4g} mm apart, and {what} is {mm:.4g} mm: slices between "
                    "are taken to be empty."
                )
                notes.append(Note(text, "segments.slices_empty"))
            return mm, tuple(notes)
        text = f"{what} is {mm:.4g} mm, which the positions of the frames contradict; it was not used."
        notes.append(Note(text, "segments.step_unused"))
    steps = np.rint(gaps / finest)
    return float(gaps.sum() / steps.sum()), tuple(notes)


def _line(
    positions: NDArray[np.float64], slices: NDArray[np.int64], step: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the position of slice 0 and the way to the next.

    These are the declared step and the first frame where that is true of all frames to :data:`SAME_GRID`, else what
    fits all frames best by least squares.
    """
    first = positions[slices.argmin()]
    if np.abs(positions - first - slices[:, None] * step).max() <= SAME_GRID:
        return first, step
    middle, place = slices.mean(), positions.mean(0)
    away = slices - middle
    if away.any():
        step = away @ (positions - place) / (away @ away)
    return place - middle * step, step


Values = tuple[float, ...]


def _of_frames(name: str, groups: Sequence[GroupValues], shared: GroupValues, tag: int, count: int) -> list[Values]:
    """Return an attribute of each frame, from its own functional group or the shared one."""
    common = shared.get(tag)
    found = []
    for number, group in enumerate(groups, 1):
        values = group.get(tag, common)
        if values is None or len(values) != count or not all(abs(one) <= LARGEST for one in values):
            from pydicom.datadict import dictionary_description  # noqa: PLC0415 (for a message alone)

            what = dictionary_description(tag)
            raise BadFileError(f"{name}: frame {number} has no {what}: nothing says where in the patient it is")
        found.append(values)
    return found


def _common(name: str, values: Sequence[Values], tolerance: float) -> Values:
    """Return what all frames have, within a tolerance."""
    distinct = list(dict.fromkeys(values))
    off = max(float(np.abs(np.subtract(one, distinct[0])).max()) for one in distinct)
    if off > tolerance:
        raise BadFileError(f"{name}: its frames are of several planes or pixel spacings, {distinct[0]} and others")
    return distinct[0]


def _number(groups: Sequence[GroupValues], shared: GroupValues, tag: int) -> float | None:
    for group in (shared, *groups[:1]):
        if (values := group.get(tag)) and 0 < abs(values[0]) <= LARGEST:
            return values[0]
    return None
