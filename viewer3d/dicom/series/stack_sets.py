"""Group the stacks of series into sets: a volume, or all times, echoes or b-values on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry, on_one_grid
from viewer3d.core.members import TIME_DIMENSIONS
from viewer3d.core.series_info import Which
from viewer3d.core.window import auto_window
from viewer3d.dicom.pixels.modality_values import read_voxels
from viewer3d.dicom.series.choose import Choice, choose, series_named
from viewer3d.dicom.series.identity import series_digest, stacks_of_digest
from viewer3d.dicom.series.planned_grid import grid_if_any
from viewer3d.dicom.series.scan import Scan, Series, join_series
from viewer3d.dicom.series.split_by_kind import LOCALIZER
from viewer3d.dicom.series.stack import Stack


@dataclass(frozen=True, eq=False)
class StackSet:
    """Stacks of one series on one grid that differ in time, echo and the like only.

    Attributes
    ----------
    series : Series
    stacks : tuple of Stack
        One or more.
    """

    series: Series
    stacks: tuple[Stack, ...]

    @property
    def choices(self) -> list[Choice]:
        """Series and stack of each member, as :func:`viewer3d.dicom.load.read_stacks` takes them."""
        return [(self.series, stack) for stack in self.stacks]


def find_sets(found: Sequence[Series]) -> list[StackSet]:
    """Return all volumes of some series as sets, in the order of the series."""
    sets = []
    for series in found:
        groups: list[list[Stack]] = []
        for stack in series.volumes:
            group = next((group for group in groups if _are_one_set(group[0], stack)), None)
            if group is None:
                groups.append([stack])
            else:
                group.append(stack)
        sets += [StackSet(series, tuple(group)) for group in groups]
    return sets


def choose_set(
    found: Scan, series: int | str | Series | None = None, stack: int | None = None, which: Which | None = None
) -> StackSet:
    """Return the set that was asked for; of several the one with the most slices, rows and columns.

    If a stack or its ``which`` is given, the set is that volume alone.

    Raises
    ------
    NotFoundError, NoVolumeError, ChoiceError
        When there is none.
    """
    if stack is None and not which:
        wanted = found.series if series is None else series_named(found, series)
        if meant := find_sets(wanted):
            return max(meant, key=lambda one: one.stacks[0].shape[::-1])
    one, part = choose(found, series, stack, which)
    return StackSet(one, (part,))


def set_of_digests(found: Scan, digests: Sequence[str]) -> StackSet | None:
    """Return the set of the volumes that have some digests, or None where none has.

    Of several series that which has the earliest of the digests: a view of layers names its base first.

    Parameters
    ----------
    found : Scan
    digests : sequence of str
        As of :func:`viewer3d.dicom.series.identity.series_digest`, of this version or an earlier one.
    """
    if not digests:
        return None
    series_of = {series_digest(series, stack): series for series in reversed(found) for stack in series.stacks}
    for series in (series_of[digest] for digest in digests if digest in series_of):
        return StackSet(series, _named(series, digests))
    for series in found:
        if stacks_of_digest(series, digests[0]):
            before = [stack for digest in digests for stack in stacks_of_digest(series, digest)]
            return StackSet(series, tuple({id(stack): stack for stack in before}.values()))
    if len(found) > 1 and (named := _named(series := join_series(found), digests)):
        return StackSet(series, named)
    return None


def _named(series: Series, digests: Sequence[str]) -> tuple[Stack, ...]:
    return tuple(stack for stack in series.stacks if series_digest(series, stack) in digests)


def middle_picture(meant: StackSet) -> tuple[NDArray[np.uint8], tuple[float, float]]:
    """Draw the middle frame of a set as it is in its file, reading that frame only.

    Returns
    -------
    picture : ndarray of uint8, shape (rows, columns)
        In the file's own window, or one from the values.
    spacing : tuple of float
        Between columns and between rows, in mm; both 1 where the header has none.

    Raises
    ------
    BadFileError, LimitError
        When it cannot be read.
    """
    frames = meant.stacks[0].frames
    frame = frames[len(frames) // 2]
    values: NDArray[Any] = read_voxels([frame])[:, :, 0].T
    share = (frame.windows[0] if frame.windows else auto_window(values)).apply(values)
    if frame.stored.photometric == "MONOCHROME1" or meant.series.modality == "PT":  # as first shown, dark on white
        share = 1 - share
    between_rows, between_columns = frame.pixel_spacing or (1.0, 1.0)
    return np.rint(255 * share).astype(np.uint8), (between_columns, between_rows)


def _are_one_set(one: Stack, other: Stack) -> bool:
    kinds = [{name: value for name, value in stack.which.items() if name not in stack.by} for stack in (one, other)]
    return kinds[0] == kinds[1] and _on_one_grid(one, other)


def _on_one_grid(one: Stack, other: Stack) -> bool:
    # As they are loaded: a time that lacks a slice in between is resampled to the even grid of the others.
    grids = [_grid(stack) for stack in (one, other)]
    return grids[0] is not None and grids[1] is not None and on_one_grid(grids[0], grids[1])


def _grid(stack: Stack) -> Geometry | None:
    planned = grid_if_any(stack)
    return None if planned is None else Geometry(planned.affine, planned.shape)


def is_localizer(one: StackSet) -> bool:
    """Return whether others are planned on images: they say so, or one series has several orientations."""
    if LOCALIZER in one.stacks[0].frames[0].image_type[2:]:  # PS3.3 C.7.6.1.1.2
        return True
    axes = [stack.frames[0].orientation for stack in one.series.volumes]
    normals = [np.cross(each[:3], each[3:]) for each in axes if each is not None]
    return any(abs(float(np.dot(normals[0], normal))) < _ALIKE for normal in normals[1:])


_ALIKE: Final = 0.9
"""Cosine between the normals of slices, from which on orientations are alike: up to 25 degrees apart."""


def other_grids_of(one: StackSet) -> list[Stack]:
    """Return the stacks of other times of the same set, which are on another grid."""

    def kind(stack: Stack) -> Which:
        return {name: value for name, value in stack.which.items() if name not in TIME_DIMENSIONS}

    counted = [stack for stack in one.series.volumes if set(TIME_DIMENSIONS) & set(stack.which)]
    kinds = [kind(stack) for stack in one.stacks if set(TIME_DIMENSIONS) & set(stack.which)]
    return [stack for stack in counted if stack not in one.stacks and kind(stack) in kinds]
