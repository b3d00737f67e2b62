"""Compute how the 3D pane sees cuts: which pixel sees which cut, and their outlines."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.view.camera import Camera
from viewer3d.core.view.planes import Plane
from viewer3d.render.marks.display_list import PLANE_COLORS, Line
from viewer3d.render.planes3d.cuts import Cut, in_front

NEAREST_SHARE = 1e-3
"""Of the way from the eye to what it looks at: what is nearer, or behind the eye, is not seen."""

_EDGE_ON = 1e-6
"""Of the same way: a plane that is nearer to the eye is seen as a line."""

BEHIND_OPACITY = 0.2
"""Of an outline where something hides it."""

OUTLINE_OPACITY = 0.9

INWARD = 2.0
"""Pixels from an outline to where it is seen whether the volume hides it: rays there end at the cut."""

STEP = 4.0
"""Pixels along an outline from one such pixel to the next."""

OPAQUE = 128
"""Opacity, of 255, from which on the volume hides what is behind."""


Pixels = NDArray[np.float64]
"""Columns and rows, shape (2,) or (N, 2)."""


@dataclass(frozen=True, eq=False)
class SeenCut:
    """A cut as a camera sees it.

    Attributes
    ----------
    plane : Plane
    outline : ndarray of float64, shape (N, 2)
        Pixels (column, row) around it: convex, at least three.
    nearness : ndarray of float64, shape (3,)
        ``nearness @ (x, y, 1)`` is 1 by the depth, in 1/mm, at which pixel (x, y) sees the plane.
    """

    plane: Plane
    outline: NDArray[np.float64]
    nearness: NDArray[np.float64]

    @property
    def sides(self) -> NDArray[np.float64]:
        """Coefficients (p, q, r) of each side, shape (N, 3): inside all ``p * x + q * y + r >= 0``."""
        (x0, y0), (x1, y1) = self.outline.T, np.roll(self.outline, -1, axis=0).T
        orientation = np.sign(np.sum(x0 * y1 - x1 * y0))
        sides: NDArray[np.float64] = orientation * np.stack([y0 - y1, x1 - x0, x0 * y1 - x1 * y0], axis=-1)
        return sides

    def holds(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
        """Return which pixels are within the outline; columns and rows, of any shape, are broadcast."""
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        within = np.ones(np.broadcast_shapes(x.shape, y.shape), np.bool_)
        for p, q, r in self.sides:
            within &= p * x >= -(q * y + r)
        return within


def seen_cuts(cuts: tuple[Cut, ...], camera: Camera, size: tuple[int, int]) -> tuple[SeenCut, ...]:
    """Find how a camera sees cuts: those that are in front of the eye, and not seen from their edge.

    Parameters
    ----------
    cuts : tuple of Cut
    camera : Camera
    size : tuple of int
        Width and height of the pane in pixels.
    """
    across = float(np.linalg.norm(np.subtract(camera.focal_point, camera.position)))
    seen = []
    for cut in cuts:
        normal = np.array(cut.plane.normal, np.float64)
        away = float(normal @ np.subtract(cut.corners[0], camera.position))
        corners = in_front(np.array(cut.corners), camera.position, camera.directions[2], NEAREST_SHARE * across)
        if len(corners) >= 3 and abs(away) > _EDGE_ON * across:
            outline = camera.to_pixel(corners, size)
            seen.append(SeenCut(cut.plane, outline, normal @ camera.rays(size) / away))
    return tuple(seen)


def cut_lines(seen: tuple[SeenCut, ...], cover: NDArray[np.uint8], width: int) -> tuple[Line, ...]:
    """List the outlines of cuts in their planes' colours, fainter where something hides them.

    Parameters
    ----------
    seen : tuple of SeenCut
    cover : ndarray of uint8, shape (height, width)
        Opacity of the volume before the cuts.
    width : int
        Of the lines, in pixels.
    """
    lines = []
    for cut in seen:
        for begin, end, side in zip(cut.outline, np.roll(cut.outline, -1, axis=0), cut.sides, strict=True):
            shares = _shares(begin, end, cover.shape[1::-1])
            points = begin + shares[:, None] * (end - begin)
            middles = (points[:-1] + points[1:]) / 2
            hidden = _behind_others(cut, seen, middles) | _covered(middles + INWARD * _unit(side[:2]), cover)
            changes = (np.flatnonzero(np.diff(hidden)) + 1).tolist()
            for first, last in pairwise([0, *changes, len(hidden)] if len(hidden) else []):
                opacity = BEHIND_OPACITY if hidden[first] else OUTLINE_OPACITY
                (x0, y0), (x1, y1) = points[first].tolist(), points[last].tolist()
                lines.append(Line(x0, y0, x1, y1, width, PLANE_COLORS[cut.plane.name], opacity))
    # The faint ones first, so that none crosses a visible one.
    return tuple(sorted(lines, key=lambda line: line.opacity))


def _shares(begin: Pixels, end: Pixels, size: tuple[int, ...]) -> NDArray[np.float64]:
    # Evenly along an edge from where it enters the picture to where it leaves it; one or none when it misses it.
    low, high = 0.0, 1.0
    for at, way, side in zip(begin, end - begin, size, strict=True):
        if way != 0:
            ends = sorted(((-STEP - at) / way, (side + STEP - at) / way))
            low, high = max(low, ends[0]), min(high, ends[1])
        elif not -STEP <= at <= side + STEP:
            return np.empty(0)
    return np.linspace(low, high, 1 + int(np.ceil(max(high - low, 0) * np.linalg.norm(end - begin) / STEP)))


def _behind_others(cut: SeenCut, seen: tuple[SeenCut, ...], points: Pixels) -> NDArray[np.bool_]:
    x, y = points.T
    hidden = np.zeros(len(points), np.bool_)
    for other in seen:
        if other is not cut:
            a, b, c = other.nearness - cut.nearness
            hidden |= (a * x + b * y + c > 0) & other.holds(x, y)
    return hidden


def _covered(points: Pixels, cover: NDArray[np.uint8]) -> NDArray[np.bool_]:
    columns, rows = (
        np.clip(np.rint(at), 0, side - 1).astype(int) for at, side in zip(points.T, cover.shape[::-1], strict=True)
    )
    hidden: NDArray[np.bool_] = cover[rows, columns] >= OPAQUE
    return hidden


def _unit(way: Pixels) -> Pixels:
    return way / np.linalg.norm(way)
