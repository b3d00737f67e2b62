"""Draw many short lines smoothly: contours of thousands of points, and isolines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.coverage import clipped, subdivided
from viewer3d.render.marks.display_list import Color

_SHORT: Final = 1.5
"""Pixels: lines of this length, as all isolines are, have boxes of their own size."""

_LONGEST: Final = 5.0
"""Pixels: longer lines are parted, so that the boxes around the parts hold few pixels that no part touches."""

_AT_ONCE: Final = 1 << 14
"""Lines looked at together: some 5 MB."""

FULL: Final = 255
"""Of a pixel that is covered whole."""

Segments = NDArray[np.float64]
"""Straight lines by their ends as columns and rows, whole numbers at pixel centres: shape (N, 2, 2)."""


@dataclass(frozen=True, eq=False)
class Strokes:
    """The pixels that lines of one colour touch.

    Attributes
    ----------
    rows, columns : ndarray of int
        Of the pixels, each once.
    shares : ndarray of uint8
        How much of each is covered, 1 to :data:`FULL`.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    shares: NDArray[np.uint8]

    def draw(self, picture: NDArray[np.uint8], color: Color, opacity: float = 1.0) -> None:
        """Blend a colour into a picture.

        Parameters
        ----------
        picture : ndarray of uint8, shape (height, width, 3)
        color : tuple of int
            Red, green and blue, 0 to 255.
        opacity : float
            0 to 1, where a pixel is covered whole.
        """
        blend_pixels(picture, (self.rows, self.columns), np.array(color, np.float32), opacity / FULL * self.shares)

    def only(self, chosen: NDArray[np.bool_]) -> Strokes:
        """Return the chosen ones of the pixels, shape (N,)."""
        return Strokes(self.rows[chosen], self.columns[chosen], self.shares[chosen])


def blend_pixels(
    picture: NDArray[np.uint8],
    where: tuple[NDArray[np.intp], NDArray[np.intp]],
    colors: NDArray[np.float32],
    opacities: NDArray[np.floating] | float,
) -> None:
    """Blend colours into pixels of a picture, rounded to the nearest level.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    where : tuple of ndarray of int
        Rows and columns of N pixels.
    colors : ndarray of float32, shape (N, 3) or (3,)
        0 to 255.
    opacities : ndarray, shape (N,), or float
        0 to 1.
    """
    rest = np.float32(1) - np.asarray(opacities, np.float32)
    for channel in range(3):
        plane = picture[..., channel]
        color = colors[..., channel]
        plane[where] = np.rint((plane[where] - color) * rest + color).astype(np.uint8)


def strokes(segments: Segments, width: float, shape: tuple[int, int]) -> Strokes:
    """Find the pixels that lines touch.

    Parameters
    ----------
    segments : ndarray of float64, shape (N, 2, 2)
        Their ends, finite: columns and rows. Their ends are round.
    width : float
        In pixels.
    shape : tuple of int
        Height and width of the picture.

    Returns
    -------
    Strokes
        As :func:`viewer3d.render.marks.coverage.coverage` has them: a pixel whose centre is a distance away from the
        nearest line is covered as one that a straight edge passes there.
    """
    edge = width / 2 + 0.5
    begins, ways = segments[:, 0], segments[:, 1] - segments[:, 0]
    if segments.size and (segments.min() < 0 or (segments.reshape(-1, 2).max(0) >= shape[::-1]).any()):
        begins, ways = clipped(begins, ways, edge, shape)
    begins, ways = subdivided(begins, ways, _LONGEST)
    # Of the picture what may be touched, with room around, so that no box needs to be cut.
    ends = np.concatenate([begins, begins + ways])
    left, top = np.clip(np.floor(ends.min(0, initial=np.inf) - edge), 0, shape[::-1]).astype(int)
    right, bottom = np.clip(np.ceil(ends.max(0, initial=-np.inf) + edge) + 1, 0, shape[::-1]).astype(int)
    if left >= right or top >= bottom:
        none = np.empty(0, np.intp)
        return Strokes(none, none, np.empty(0, np.uint8))
    room = int(_LONGEST + 4 * edge) + 2
    cover = np.zeros((bottom - top + 2 * room, right - left + 2 * room), np.uint8)
    begins = np.add(begins, (room - left, room - top))
    is_short = np.abs(ways).max(1, initial=0) <= _SHORT
    for group, longest in ((is_short, _SHORT), (~is_short, _LONGEST)):
        side = int(longest + 2 * edge) + 1
        chosen = np.flatnonzero(group)
        for first in range(0, len(chosen), _AT_ONCE):
            part = chosen[first : first + _AT_ONCE]
            _cover(cover, begins[part], ways[part], edge, side)
    seen = cover[room:-room, room:-room]
    rows, columns = np.divmod(np.flatnonzero(seen != 0), seen.shape[1])  # of bool it takes a fifth of the time
    return Strokes(rows + top, columns + left, seen[rows, columns])


def _cover(
    cover: NDArray[np.uint8], begins: NDArray[np.float64], ways: NDArray[np.float64], edge: float, side: int
) -> None:
    # Of each line a box of pixels, side by side, that holds all that it touches.
    first = np.ceil(np.minimum(begins, begins + ways) - edge)
    x, y = (first - begins).astype(np.float32).T
    across, down = ways.astype(np.float32).T[:, :, None, None]
    steps = np.arange(side, dtype=np.float32)
    x, y = x[:, None, None] + steps, (y[:, None] + steps)[:, :, None]
    per_length = np.float32(1) / np.maximum(across**2 + down**2, np.float32(1e-12))
    along = x * (across * per_length) + y * (down * per_length)
    np.maximum(along, 0, out=along)
    np.minimum(along, 1, out=along)
    away = along * across
    np.subtract(x, away, out=away)
    away *= away
    along *= down
    np.subtract(y, along, out=along)
    along *= along
    away += along
    np.sqrt(away, out=away)
    away *= np.float32(-FULL)
    away += np.float32(edge * FULL + 0.5)
    np.maximum(away, 0, out=away)
    shares = np.minimum(away, FULL, out=away).astype(np.uint8).reshape(-1)
    touched = np.flatnonzero(shares)
    corner = first.astype(np.intp) @ (1, cover.shape[1])
    inner = (np.arange(side)[:, None] * cover.shape[1] + np.arange(side)).reshape(-1)
    where = (corner[:, None] + inner).reshape(-1)[touched]
    np.maximum.at(cover.reshape(-1), where, shares[touched])
