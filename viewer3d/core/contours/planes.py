"""The planes that contours lie in: their places, and which part of space each of them stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.notes.note import Note
from viewer3d.core.vectors import Points

FLAT: Final = 0.02
"""Of a contour's size: points that are no further from its plane are in it."""

_ROUNDING: Final = 0.05
"""mm: contours of one plane may be so far from each other, as points are rounded to 0.1 and 0.01 mm."""

_GAP: Final = 1.5
"""Steps: planes that are further apart have nothing in between."""

_ALIKE: Final = 0.05
"""Of a step: distances that differ by less are the same."""

_THICKEST: Final = 12.0
"""mm: slices are not thicker where contours are drawn; planes further apart are those of separate parts."""

_PIXELS_ACROSS: Final = 256
"""Of the longer side of a region: a pixel of a head's contour is then 1 mm, as that of images they are drawn on."""

_PIXELS_A_STEP: Final = 6
"""Most pixels from a plane to the next: how smooth a surface is, these steps decide, and not finer pixels."""

_PIXEL_SIDES: Final = (0.1, 2.0)
"""mm: the least and the largest side of such a pixel."""

_MOST_PLANES: Final = 2000
"""Of a grid: more than there are slices of anything, where planes far apart belong to no common grid."""


@dataclass(frozen=True, eq=False)
class ContourPlanes:
    """Planes that contours lie in, in ascending order.

    Attributes
    ----------
    offsets : ndarray of float64, shape (planes,)
        Place of each along the normal, in mm.
    members : tuple of ndarray of int
        Numbers of the contours in each.
    """

    offsets: NDArray[np.float64]
    members: tuple[NDArray[np.int64], ...]

    def slabs(self, step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where the part of space that each plane stands for begins and ends, in mm along the normal.

        It reaches half-way to a neighbour, and half a step where there is none within 1.5 steps.

        Returns
        -------
        tuple of two ndarrays of float64, shape (planes,)
        """
        gaps = np.diff(self.offsets)
        halves = np.where(gaps <= _GAP * step, gaps / 2, step / 2)
        outer = [step / 2]
        return self.offsets - np.append(outer, halves), self.offsets + np.append(halves, outer)


def group_planes(offsets: NDArray[np.float64]) -> ContourPlanes:
    """Return the planes of contours by their places along a normal.

    Contours of one slice differ by rounding; a tenth of the commonest distance between slices tells them from those of
    the next.

    Parameters
    ----------
    offsets : ndarray, shape (contours,)
        In mm.
    """
    order = np.argsort(offsets, kind="stable")
    gaps = np.diff(offsets[order])
    common = _commonest(gaps[gaps > _ROUNDING]) or 0.0
    ends = np.flatnonzero(gaps > max(_ROUNDING, common / 10)) + 1
    members = tuple(np.sort(one) for one in np.split(order, ends)) if order.size else ()
    return ContourPlanes(np.array([float(offsets[one].mean()) for one in members]), members)


def slab_step(
    planes: ContourPlanes, of_set: Callable[[], float | None], declared: float | None, slice_mm: float | None
) -> tuple[float | None, tuple[Note, ...]]:
    """Return how thick the slab of a plane is, and what is to be said of it.

    It is the commonest distance between planes of the ROI. Where that says nothing (planes of separate parts, fewer
    than three planes) it is the Contour Slab Thickness, else the commonest distance in the whole set, else that of the
    grid's slices.

    Parameters
    ----------
    planes : ContourPlanes
    of_set : callable
        Gives the commonest distance between planes of all ROIs, in mm; None where there is none.
    declared : float or None
        Contour Slab Thickness (3006,0044), in mm.
    slice_mm : float or None
        Between slices of the grid, in mm.

    Returns
    -------
    tuple of float or None, and tuple of Note
        Sentences without a subject.
    """
    gaps = np.diff(planes.offsets)
    own = sure_step(gaps)
    if own is not None and (np.abs(gaps - own) <= _ALIKE * own).all():
        return own, ()
    common = of_set()
    if own is not None and (common is None or own <= _GAP * common):
        apart = int(np.count_nonzero(gaps > _GAP * own))
        are, them = ("is", "it") if apart == 1 else ("are", "them")
        text = (
            f"{apart} of the {gaps.size} gaps between its planes {are} larger than their step of {own:.4g} mm: nothing "
            f"lies in {them}."
        )
        told = Note(text, "masks.gaps")
        return own, (told,) if apart else ()
    step, whose = next(
        (
            (mm, whose)
            for mm, whose in (
                (declared, "its Contour Slab Thickness"),
                (common, "the distance between the planes of other ROIs"),
                (slice_mm, "the distance between slices"),
                (float(gaps[0]) if gaps.size == 1 and gaps[0] <= _THICKEST else None, "the distance between its two"),
            )
            if mm is not None and mm > 0
        ),
        (None, ""),
    )
    if step is None:
        text = "its planes do not tell how thick they are: give the geometry of the series it was drawn on."
        return None, (Note(text, "contours.no_thickness"),)
    return step, (Note(f"its planes are taken to be {step:.4g} mm thick, {whose}.", "contours.thickness"),)


def sure_step(gaps: NDArray[np.float64]) -> float | None:
    """Return the commonest distance between planes, in mm; None where no two are alike or it is too large."""
    if gaps.size < 2 or (step := _commonest(gaps)) is None or step > _THICKEST:
        return None
    return step if np.count_nonzero(np.abs(gaps - step) <= _ALIKE * step) >= 2 else None


def _commonest(gaps: NDArray[np.float64]) -> float | None:
    """Return the mean of the distances of the commonest size, the smaller of two that are as common."""
    if not gaps.size:
        return None
    sizes, counts = np.unique(np.round(gaps, 2), return_counts=True)
    around = np.searchsorted(sizes, sizes * (1 + _ALIKE), side="right"), np.searchsorted(sizes, sizes * (1 - _ALIKE))
    total = np.append(0, np.cumsum(counts))
    size = sizes[int(np.argmax(total[around[0]] - total[around[1]]))]
    return float(gaps[np.abs(gaps - size) <= _ALIKE * size + 0.005].mean())


def area_vector(points: Points) -> NDArray[np.float64]:
    """Return the normal of a closed contour, as long as its area in mm2 (Newell's method).

    Parameters
    ----------
    points : ndarray, shape (points, 3)
    """
    own = points - points.mean(0)
    total: NDArray[np.float64] = np.cross(own, np.roll(own, -1, axis=0)).sum(0) / 2
    return total


def common_normal(contours: Sequence[Points]) -> NDArray[np.float64] | None:
    """Return the unit normal that all contours have, towards the patient's Head; None where there is none.

    Contours of no area, as those that are drawn there and back again, have no say in it.
    """
    vectors = np.array([area_vector(one) for one in contours]).reshape(-1, 3)
    areas = np.linalg.norm(vectors, axis=1)
    if not areas.size or areas.max() == 0:
        return None
    largest = vectors[int(areas.argmax())]
    total = (vectors * np.where(vectors @ largest < 0, -1, 1)[:, None]).sum(0)
    normal: NDArray[np.float64] = total / np.linalg.norm(total)
    main = int(np.argmax(np.abs(np.round(normal, 6))[::-1]))
    normal = normal * (1 if normal[2 - main] > 0 else -1)
    for points in contours:
        heights = points @ normal
        size = float(np.ptp(points, axis=0).max())
        if np.ptp(heights) > max(_ROUNDING, FLAT * size):
            return None
    return normal


def plane_axes(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two unit vectors that are at right angles to a normal and to each other, shape (2, 3)."""
    helper = np.eye(3)[int(np.argmin(np.abs(normal)))]
    first = np.cross(helper, normal)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(normal, first)])


def contour_grid(contours: Sequence[Points], step: float | None) -> Geometry | None:
    """Return a grid whose slices are the planes of contours, and which reaches a little beyond them.

    Parameters
    ----------
    contours : sequence of ndarray, shape (points, 3)
        Closed ones (LPS, mm).
    step : float or None
        Between planes, in mm.

    Returns
    -------
    Geometry or None
        None where the step is not known, the contours lie in planes of several directions, or far apart.
    """
    normal = common_normal(contours)
    if normal is None or step is None:
        return None
    offsets = group_planes(np.array([float((one @ normal).mean()) for one in contours])).offsets
    planes = round(float(offsets[-1] - offsets[0]) / step) + 1
    if planes > _MOST_PLANES:
        return None
    axes = plane_axes(normal)
    places = np.concatenate(contours) @ axes.T
    low, spans = places.min(0), np.ptp(places, axis=0)
    side = float(np.clip(max(spans.max() / _PIXELS_ACROSS, step / _PIXELS_A_STEP), *_PIXEL_SIDES))
    affine = np.eye(4)
    affine[:3, :3] = np.stack([side * axes[0], side * axes[1], step * normal], axis=-1)
    affine[:3, 3] = (low - side) @ axes + offsets[0] * normal
    columns, rows = np.ceil(spans / side).astype(int) + 3
    return Geometry(affine, (int(columns), int(rows), planes))
