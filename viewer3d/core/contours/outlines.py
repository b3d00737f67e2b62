"""Trace the outlines of masks in a plane, halfway between what is inside and what is not."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_TOP, _RIGHT, _BOTTOM, _LEFT = (1, 0), (2, 1), (1, 2), (0, 1)
"""Middles of the sides of a square between four pixels, from its first corner, in halves of a pixel."""

_LINES: Final[dict[int, tuple[tuple[tuple[int, int], tuple[int, int]], ...]]] = {
    # By the corners that are inside (1, 2, 4 and 8 from the left top on, clockwise): from which side to which, with the
    # inside on the left. Of two opposite corners each is cut off, as element_areas of measured surfaces has it.
    1: ((_LEFT, _TOP),), 2: ((_TOP, _RIGHT),), 4: ((_RIGHT, _BOTTOM),), 8: ((_BOTTOM, _LEFT),),
    3: ((_LEFT, _RIGHT),), 6: ((_TOP, _BOTTOM),), 12: ((_RIGHT, _LEFT),), 9: ((_BOTTOM, _TOP),),
    14: ((_TOP, _LEFT),), 13: ((_RIGHT, _TOP),), 11: ((_BOTTOM, _RIGHT),), 7: ((_LEFT, _BOTTOM),),
    5: ((_LEFT, _TOP), (_RIGHT, _BOTTOM)), 10: ((_TOP, _RIGHT), (_BOTTOM, _LEFT)),
}  # fmt: skip


def mask_outlines(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Return the closed lines around a mask, beyond whose edges nothing is inside.

    Parameters
    ----------
    mask : ndarray of bool, shape (n, m)

    Returns
    -------
    list of ndarray of float64, shape (N, 2)
        The corners of each line, in indices of the mask (whole numbers at the centres of pixels); the last is joined to
        the first. Holes have lines of their own.

    Notes
    -----
    Marching squares, halfway between pixels: where the surface that :mod:`viewer3d.measurements.surfaces` measures cuts
    a slice.

    Examples
    --------
    >>> import numpy as np
    >>> mask_outlines(np.ones((1, 1), bool))[0].tolist()
    [[-0.5, 0.0], [0.0, 0.5], [0.5, 0.0], [0.0, -0.5]]
    """
    padded = np.pad(np.asarray(mask, np.uint8), 1)
    codes = padded[:-1, :-1] | padded[1:, :-1] << 1 | padded[1:, 1:] << 2 | padded[:-1, 1:] << 3
    following: dict[tuple[int, int], tuple[int, int]] = {}
    for code, lines in _LINES.items():
        corners = 2 * np.argwhere(codes == code) - 2  # in halves of a pixel, less the padding
        for begin, end in lines:
            pairs = zip((corners + begin).tolist(), (corners + end).tolist(), strict=True)
            following.update(((a, b), (c, d)) for (a, b), (c, d) in pairs)
    outlines = []
    while following:
        first, place = following.popitem()
        points = [first]
        while place != first:
            points.append(place)
            place = following.pop(place)
        outlines.append(_without_straight(np.array(points)) / 2)
    return sorted(outlines, key=lambda points: points.min(0).tolist())


def _without_straight(points: NDArray[np.int64]) -> NDArray[np.int64]:
    # Points between two steps in one direction add nothing. The corner that comes first begins.
    before, after = points - np.roll(points, 1, 0), np.roll(points, -1, 0) - points
    corners = points[(before * after[:, ::-1])[:, 0] != (before * after[:, ::-1])[:, 1]]
    return np.roll(corners, -int(np.lexsort((corners[:, 1], corners[:, 0]))[0]), 0)
