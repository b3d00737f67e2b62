"""Regions of space that contours in parallel planes stand for: filled on a grid, and measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.planes import ContourPlanes, plane_axes
from viewer3d.core.contours.polygons import NO_AREA, contains, fill, moments
from viewer3d.core.geometry import Geometry
from viewer3d.core.notes.note import Note
from viewer3d.core.vectors import Points

ContourRule = Literal["xor", "or"]
"""What contours of one plane within each other come to: a hole, or all that lies in any of them."""

_ON_SLICE: Final = 0.1
"""Slices: a plane that is no further from a slice lies on it."""

TIE: Final = 1e-4
"""Slices: which of two planes a slice half-way between them takes is not decided by rounding."""

_MOST_BOXES: Final = 500
"""Contours of a plane of which it is looked at which overlap; of more it is taken that some do."""


@dataclass(frozen=True, eq=False)
class GridContours:
    """Closed contours by the indices of a grid in whose slices they lie.

    Attributes
    ----------
    polygons : sequence of ndarray, shape (points, 2)
        By column and row.
    always_xor : sequence of bool
        Which of them make holes whatever the rule is.
    planes : ContourPlanes
        Theirs, in mm along the normal of the slices from the first one.
    step : float
        mm that a plane stands for where it has no neighbours.
    """

    polygons: Sequence[Points]
    always_xor: Sequence[bool]
    planes: ContourPlanes
    step: float


@dataclass(frozen=True, eq=False)
class ContourSlabs:
    """Slabs that contours in parallel planes of any direction stand for.

    Attributes
    ----------
    planes : ContourPlanes
    normal : ndarray of float64, shape (3,)
        Of unit length.
    step : float
        mm that a plane stands for where it has no neighbours.
    always_xor : sequence of bool
        Of each contour, whether it makes a hole whatever the rule is.
    """

    planes: ContourPlanes
    normal: NDArray[np.float64]
    step: float
    always_xor: Sequence[bool]


def fill_slices(
    mask: NDArray[np.bool_], contours: GridContours, slice_mm: float, rule: ContourRule
) -> tuple[Note, ...]:
    """Set the voxels of a mask that lie in contours, and return what is to be said of them.

    Parameters
    ----------
    mask : ndarray of bool, shape (columns, rows, slices)
        All False; is changed.
    contours : GridContours
    slice_mm : float
        Between slices, along their normal.
    rule : {"xor", "or"}

    Returns
    -------
    tuple of str
        Sentences without a subject.
    """
    planes = contours.planes
    chosen = plane_of_slices(planes, contours.step, slice_mm, mask.shape[2])
    area, differs = (mask.shape[0], mask.shape[1]), 0
    for plane in np.unique(chosen[chosen >= 0]).tolist():
        members = planes.members[plane]
        polygons = [contours.polygons[one] for one in members]
        always = [contours.always_xor[one] for one in members]
        if rule == "xor" or all(always):
            box, x, y = fill(polygons, area)
        else:
            box, x, y = _fill_any(polygons, always, area)
        slices = np.flatnonzero(chosen == plane)
        for k in slices:
            mask[x : x + box.shape[1], y : y + box.shape[0], k] = box.T
        if rule == "xor" and not all(always) and _any_overlap(polygons):
            either, _, _ = _fill_any(polygons, always, area)
            differs += (int(either.sum()) - int(box.sum())) * len(slices)
    return _fill_notes(contours, chosen, slice_mm, area, differs)


def fill_across(
    mask: NDArray[np.bool_],
    contours: Sequence[Points],
    slabs: ContourSlabs,
    geometry: Geometry,
    rule: ContourRule,
) -> None:
    """Set the voxels of a mask whose centres lie in contours that lie across its slices.

    Parameters
    ----------
    mask : ndarray of bool, shape (columns, rows, slices)
        All False; is changed.
    contours : sequence of ndarray, shape (points, 3)
        LPS of the grid, in mm.
    slabs : ContourSlabs
    geometry : Geometry
        Of the mask.
    rule : {"xor", "or"}
    """
    frame = np.vstack([plane_axes(slabs.normal), slabs.normal])  # mm along the plane's axes, and along its normal
    to_own, origin = frame @ geometry.affine[:3, :3], frame @ geometry.affine[:3, 3]
    begins, ends = slabs.planes.slabs(slabs.step)
    tie = TIE * slabs.step
    for members, begin, end in zip(slabs.planes.members, begins.tolist(), ends.tolist(), strict=True):
        flat = [contours[one] @ frame[:2].T for one in members]
        low, high = np.min([one.min(0) for one in flat], 0), np.max([one.max(0) for one in flat], 0)
        ranges = np.array([(*low, begin), (*high, end)])
        corners = np.stack(np.meshgrid(*ranges.T, indexing="ij"), -1).reshape(-1, 3)
        index = (corners - origin) @ np.linalg.inv(to_own).T
        first = np.maximum(np.floor(index.min(0)), 0).astype(int)
        stop = np.minimum(np.ceil(index.max(0)) + 1, mask.shape).astype(int)
        i, j = np.arange(first[0], stop[0])[:, None], np.arange(first[1], stop[1])[None, :]
        for k in range(first[2], stop[2]):
            u, v, height = (to_own[a, 0] * i + to_own[a, 1] * j + (to_own[a, 2] * k + origin[a]) for a in range(3))
            near = (height + tie >= begin) & (height + tie < end)
            near &= (u >= low[0]) & (u <= high[0]) & (v >= low[1]) & (v <= high[1])
            part = mask[first[0] : stop[0], first[1] : stop[1], k]
            points = np.stack([u[near], v[near]], -1)
            if len(points):
                part[near] = _contains(flat, [slabs.always_xor[one] for one in members], points, rule)


def _contains(
    polygons: Sequence[Points], always_xor: Sequence[bool], points: Points, rule: ContourRule
) -> NDArray[np.bool_]:
    if rule == "xor":
        return contains(polygons, points)
    groups = [[one] for one, xor in zip(polygons, always_xor, strict=True) if not xor]
    together = [one for one, xor in zip(polygons, always_xor, strict=True) if xor]
    found = [contains(one, points) for one in ([*groups, together] if together else groups)]
    whole: NDArray[np.bool_] = np.logical_or.reduce(found)
    return whole


def plane_of_slices(planes: ContourPlanes, step: float, slice_mm: float, count: int) -> NDArray[np.int64]:
    """Return the number of the plane whose slab each slice lies in; -1 where it is in none."""
    begins, ends = planes.slabs(step)
    places = (np.arange(count) + TIE) * slice_mm
    chosen = np.searchsorted(begins, places, side="right") - 1
    chosen[(chosen >= 0) & (places >= ends[chosen])] = -1
    if (chosen < 0).all():  # slabs so thin that they lie between slices: the slice that is nearest stands for them
        nearest = np.floor(planes.offsets / slice_mm + 0.5 + TIE).astype(np.int64)
        for plane in np.flatnonzero((nearest >= 0) & (nearest < count))[::-1].tolist():
            chosen[nearest[plane]] = plane
    return chosen


def _fill_any(
    polygons: Sequence[Points], always_xor: Sequence[bool], shape: tuple[int, int]
) -> tuple[NDArray[np.bool_], int, int]:
    """Return what lies in any of polygons, those that make holes taken together; as :func:`fill` does."""
    found: NDArray[np.bool_] = np.zeros(shape[::-1], np.bool_)
    together = [one for one, xor in zip(polygons, always_xor, strict=True) if xor]
    alone = [[one] for one, xor in zip(polygons, always_xor, strict=True) if not xor]
    for group in [*alone, together] if together else alone:
        box, x, y = fill(group, shape)
        found[y : y + box.shape[0], x : x + box.shape[1]] |= box
    return found, 0, 0


def _any_overlap(polygons: Sequence[Points]) -> bool:
    """Return whether the boxes around any two polygons overlap."""
    if len(polygons) < 2 or len(polygons) > _MOST_BOXES:
        return len(polygons) >= 2
    low, high = (np.array([getattr(one, end)(0) for one in polygons]) for end in ("min", "max"))
    meet = np.logical_and.reduce(low[:, None] < high[None, :], axis=2)
    return int((meet & meet.T).sum()) > len(polygons)


def _fill_notes(
    contours: GridContours, chosen: NDArray[np.int64], slice_mm: float, area: tuple[int, int], differs: int
) -> tuple[Note, ...]:
    planes, notes = contours.planes, []
    total = len(planes.offsets)
    k = planes.offsets / slice_mm
    beyond = int(np.count_nonzero((k < -0.5 - TIE) | (k > len(chosen) - 0.5 + TIE)))
    if beyond:
        notes.append(Note(f"{beyond} of {total} planes of contours lie beyond the slices.", "masks.beyond"))
    used = set(chosen[chosen >= 0].tolist())
    within = np.flatnonzero((k >= -0.5 - TIE) & (k <= len(chosen) - 0.5 + TIE))
    between = int(np.count_nonzero(np.abs(k[within] - np.rint(k[within])) > _ON_SLICE))
    if between:
        text = f"{between} of {total} planes of contours lie between slices, which take the nearest."
        notes.append(Note(text, "masks.between"))
    if unused := len(within) - len(used & set(within.tolist())):
        text = f"{unused} of {total} planes of contours are nearest to no slice: slices are {slice_mm:.4g} mm."
        notes.append(Note(text, "masks.unused"))
    if len(used) < int((chosen >= 0).sum()):
        text = (
            f"each plane of contours stands for {contours.step:.4g} mm: slices of {slice_mm:.4g} mm between them take "
            "the nearest."
        )
        notes.append(Note(text, "masks.thick"))
    ends = np.array([(one.min(0), one.max(0)) for one in contours.polygons])
    if out := int(np.count_nonzero(((ends[:, 0] < -0.5) | (ends[:, 1] > np.array(area) - 0.5)).any(1))):
        notes.append(
            Note(f"{out} of {len(ends)} contours reach beyond the sides of the grid and are cut there.", "masks.cut")
        )
    if differs:
        text = f"contours lie in others and make holes: {differs:,} voxels, which the rule 'or' fills."
        notes.append(Note(text, "masks.holes"))
    return tuple(notes)


def plane_moments(
    contours: Sequence[Points], planes: ContourPlanes, normal: NDArray[np.float64], step: float
) -> tuple[float, NDArray[np.float64] | None, bool]:
    """Return the volume of slabs of contours in mm3, their centroid (LPS, mm), and whether it is exact.

    Parameters
    ----------
    contours : sequence of ndarray, shape (points, 3)
        LPS, in mm.
    planes : ContourPlanes
    normal : ndarray, shape (3,)
        Of unit length.
    step : float
        In mm.
    """
    axes = plane_axes(normal)
    begins, ends = planes.slabs(step)
    volume, total, exact, found = 0.0, np.zeros(3), True, NO_AREA
    for members, begin, end in zip(planes.members, begins.tolist(), ends.tolist(), strict=True):
        found = moments([contours[one] @ axes.T for one in members], found)
        thickness = end - begin
        volume += found.area * thickness
        total += thickness * (found.x * axes[0] + found.y * axes[1] + found.area * (begin + end) / 2 * normal)
        exact &= found.exact
    return volume, total / volume if volume > 0 else None, exact
