"""Find the lines of contours in a slice: those of its own plane, and what of open ones it cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.grid_planes import GridPlanes
from viewer3d.core.geometry import Geometry
from viewer3d.core.structures import Roi, StructureSet, roi_planes
from viewer3d.core.vectors import Points
from viewer3d.render.marks.strokes import Segments, Strokes, strokes
from viewer3d.render.slices.pixels import PanePixels, PlanePixels
from viewer3d.render.slices.slab import grid_axis

MOST_LINES: Final = 100_000
"""Straight lines of closed contours of one region in a slice; of more the mask's outline is drawn. Of an open contour
so many are drawn."""

_MOST_PANES: Final = 500
"""Times the width and height of a pane that lines of closed contours of one region are long together, at most: they
would cover it all, and take 0.2 s."""

_MOST_POINTS: Final = 1 << 20
"""Points of one region in a slice that are looked at, which takes 0.1 s; of more the mask's outline is drawn."""

_PARALLEL: Final = 1e-5
"""1 less a cosine, that of a quarter of a degree: planes of contours that lean no more lie in a slice."""

_CELLS: Final = 8
"""To a pixel: points of a contour that follow each other in one cell are one point."""

_ARM: Final = 5.0
"""Pixels from the middle of a point's cross to its ends."""

_MARGIN: Final = 256
"""Pixels around a picture: more than half of the width of any line, on pages of print too."""

_NO_SEGMENTS: Final = np.empty((0, 2, 2))


@dataclass(frozen=True, eq=False)
class RoiContours:
    """The contours of one region of interest, ready to be found in slices.

    Attributes
    ----------
    closed : tuple of ndarray of float64, shape (points, 3)
        LPS of the base, in mm.
    open : tuple of ndarray, shape (points, 3)
        Those that enclose nothing.
    points : ndarray of float64, shape (N, 3)
    planes : GridPlanes or None
        Of the closed ones.
    base : Geometry
        The grid that their masks are of.
    """

    closed: tuple[Points, ...]
    open: tuple[Points, ...]
    points: Points
    planes: GridPlanes | None
    base: Geometry

    @classmethod
    def of(cls, roi: Roi, structures: StructureSet, base: Geometry) -> RoiContours:
        """Prepare a region of interest of a structure set in the world of the base."""
        is_open = ("OPEN_PLANAR", "OPEN_NONPLANAR")
        points = [one.points for one in roi.contours if one.type == "POINT"]
        return cls(
            tuple(one.points for one in roi.closed),
            tuple(one.points for one in roi.contours if one.type in is_open and len(one.points) > 1),
            np.concatenate(points) if points else np.zeros((0, 3)),
            roi_planes(structures, roi.number, base),
            base,
        )

    def has_lines(self, pixels: PanePixels | PlanePixels, *, along_slices: bool) -> bool:
        """Return whether the closed contours are seen as lines in a slice, those of its own plane, or none.

        Else the outlines of their mask are seen: in slices of other directions, and in slabs that are thicker than what
        a plane of contours stands for.

        Parameters
        ----------
        pixels : PanePixels or PlanePixels
        along_slices : bool
            Whether they lie along the slices of the base, see :func:`along_slices`.
        """
        if self.planes is None:
            return False
        thickest = self.planes.step if self.planes.across else self.planes.slice_mm
        if pixels.thickness > thickest * (1 + _PARALLEL):
            return False
        if self.planes.across:
            return 1 - abs(float(self.planes.normal @ pixels.normal)) <= _PARALLEL
        return along_slices

    def closed_segments(self, pixels: PanePixels | PlanePixels) -> Segments | None:
        """Return the lines of closed contours in a slice that has them; None where they are too many."""
        planes = self.planes
        origin = np.zeros(3) if planes is None or planes.across else self.base.affine[:3, 3]
        place = None if planes is None else planes.plane_at(float((pixels.point - origin) @ planes.normal))
        if planes is None or place is None:
            return _NO_SEGMENTS
        found = [_NO_SEGMENTS]
        count, panes, side = 0, 0.0, float(sum(pixels.shape))
        members = planes.planes.members[place].tolist()
        if sum(len(self.closed[number]) for number in members) > _MOST_POINTS:
            return None
        for number in members:
            ends = _thinned(pixels.to_pixel(self.closed[number]))
            found.append(seen_segments(np.stack([ends, np.roll(ends, -1, axis=0)], axis=1), pixels.shape))
            count += len(found[-1])
            panes += float(np.clip(np.abs(found[-1][:, 1] - found[-1][:, 0]).sum(1) / side, 0, 1).sum())
            if count > MOST_LINES or panes > _MOST_PANES:
                return None
        return np.concatenate(found)

    def open_segments(self, pixels: PanePixels | PlanePixels) -> Segments:
        """Return the lines of what of open contours lies in a slice, and the crosses of points that do.

        A slice is as thick as its slab, and as a voxel of the base at least.
        """
        half = max(pixels.thickness, self.base.step(pixels.normal)) / 2
        found = [_NO_SEGMENTS]
        for line in self.open:
            ends = _cut(line, (line - pixels.point) @ pixels.normal / half)
            flat = pixels.to_pixel(ends.reshape(-1, 3)).reshape(-1, 2, 2)
            found.append(seen_segments(flat, pixels.shape)[:MOST_LINES])
        away = (self.points - pixels.point) @ pixels.normal / half
        within = self.points[(away >= -1 - _PARALLEL) & (away < 1 - _PARALLEL)][:MOST_LINES]
        middles = pixels.to_pixel(within)
        middles = middles[np.isfinite(middles).all(1)]
        found += [np.stack([middles - arm, middles + arm], axis=1) for arm in ((_ARM, 0.0), (0.0, _ARM))]
        return np.concatenate(found)

    def strokes(self, pixels: PanePixels | PlanePixels, width: float, *, along_slices: bool) -> tuple[Strokes, bool]:
        """Find the pixels of all lines in a slice.

        Parameters
        ----------
        pixels : PanePixels or PlanePixels
        width : float
            Of the lines, in pixels.
        along_slices : bool
            See :meth:`has_lines`.

        Returns
        -------
        tuple of Strokes and bool
            And whether closed contours are among them; else their mask has the outline.
        """
        closed = self.closed_segments(pixels) if self.has_lines(pixels, along_slices=along_slices) else None
        segments = [self.open_segments(pixels), _NO_SEGMENTS if closed is None else closed]
        return strokes(np.concatenate(segments), width, pixels.shape), closed is not None


def along_slices(pixels: PanePixels | PlanePixels, base: Geometry) -> bool:
    """Return whether pixels lie along the slices of a grid."""
    return grid_axis(base, pixels.normal) == 2


def _thinned(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points of a pane without those that follow another in the same cell; they are not moved."""
    cells = np.floor(points * _CELLS)
    moves = np.insert((cells[1:] != cells[:-1]).any(1), 0, True)
    return points if moves.all() else points[moves]


def seen_segments(segments: Segments, shape: tuple[int, int]) -> Segments:
    """Return the lines that may touch a picture: before the eye, and not beyond one of its sides."""
    low, high = segments.min(axis=1), segments.max(axis=1)  # NaN of what is not seen: no comparison holds
    seen: NDArray[np.bool_] = ((high >= -_MARGIN) & (low <= np.array(shape[::-1]) + _MARGIN)).all(1)
    return segments[seen]


def _cut(line: Points, away: NDArray[np.float64]) -> Segments:
    """Return the straight lines, (N, 2, 3), of what of a line through points lies between -1 and 1.

    Parameters
    ----------
    line : ndarray, shape (points, 3)
    away : ndarray, shape (points,)
        How far each point is from the middle, of which 1 still counts.
    """
    begin, end = away[:-1], away[1:]
    slope = np.where(np.abs(end - begin) < 1e-12, 1e-12, end - begin)
    one, other = (-1 - _PARALLEL - begin) / slope, (1 - _PARALLEL - begin) / slope
    first, last = np.maximum(np.minimum(one, other), 0), np.minimum(np.maximum(one, other), 1)
    within = first < last
    ways = np.diff(line, axis=0)[within]
    start = line[:-1][within]
    return np.stack([start + first[within, None] * ways, start + last[within, None] * ways], axis=1)
