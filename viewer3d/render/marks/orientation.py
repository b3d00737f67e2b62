"""Mark how the patient lies: letters at the edges of a pane, and a small cube in the 3D pane."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np

from viewer3d.core.geometry import LETTERS, letters
from viewer3d.core.vectors import Vector
from viewer3d.core.view.camera import Camera
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, SHADE, Color, DisplayList, Line, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.panes import PaneGeometry

HALF = 1.45
"""Half a side of the cube, of the text size."""

LEAST_FACING = 0.4
"""Cosine below which a side is seen too much from its edge to carry a letter."""

OPACITIES = (0.25, 0.8)
"""Of edges behind the cube, and of those before it."""


def camera_letters(page: MarkMetrics, camera: Camera) -> tuple[Text, ...]:
    """List the patient's sides nearest to the directions of a 3D pane's edges, at their middles."""
    right, up, _ = camera.directions
    return edge_letters(page, tuple(letters(sign * step)[0] for step in (right, -up) for sign in (-1, 1)))


def side_letters(page: MarkMetrics, pane: PaneGeometry) -> tuple[Text, ...]:
    """List the patient's sides at the middles of a slice pane's edges: left, right, upper, lower."""
    return _side_letters(page, pane.plane.right, pane.plane.down)


@lru_cache(maxsize=64)
def _side_letters(page: MarkMetrics, right: Vector, down: Vector) -> tuple[Text, ...]:
    # Kept: neither a step nor a window changes them.
    return edge_letters(page, tuple(letters(np.multiply(sign, way)) for way in (right, down) for sign in (-1, 1)))


def orientation_marks(camera: Camera, page: MarkMetrics) -> DisplayList:
    """List the marker in the lower right corner of a pane.

    Parameters
    ----------
    camera : Camera
        Only its directions count: the cube is seen without perspective.
    page : MarkMetrics
        Of the pane.

    Returns
    -------
    tuple of Line and Text
        The edges, those behind first, then a letter in the middle of each side that is turned to the eye, the more
        muted the less it is turned.
    """
    right, up, ahead = camera.directions
    half = HALF * page.size
    reach = half * np.sqrt(3)
    middle = np.array([page.width - 1 - page.pad - reach, page.height - 1 - page.pad - reach])
    to_pane = half * np.stack([right, -up])
    facing = {(axis, end): -float(ahead[axis]) * (2 * end - 1) for axis in range(3) for end in (0, 1)}
    edges = []
    for axis, ends in product(range(3), product((0, 1), repeat=2)):
        sides = list(zip([n for n in range(3) if n != axis], ends, strict=True))
        corners = np.zeros((2, 3))
        corners[:, axis] = -1, 1
        for other, end in sides:
            corners[:, other] = 2 * end - 1
        (x0, y0), (x1, y1) = (middle + corners @ to_pane.T).tolist()
        is_before = any(facing[side] > 0 for side in sides)
        edges.append(Line(x0, y0, x1, y1, page.line, MUTED, OPACITIES[is_before]))
    side_texts = []
    for (axis, end), cosine in facing.items():
        if cosine >= LEAST_FACING:
            x, y = middle + to_pane[:, axis] * (2 * end - 1)
            side_texts.append(
                Text(float(x), float(y + page.cap / 2), LETTERS[axis][end], page.size, _shaded(cosine), "middle")
            )
    return (*sorted(edges, key=lambda edge: edge.opacity), *side_texts)


def _shaded(cosine: float) -> Color:
    share = 0.55 + 0.45 * (cosine - LEAST_FACING) / (1 - LEAST_FACING)
    red, green, blue = (round(dark + share * (light - dark)) for dark, light in zip(SHADE, OFF_WHITE, strict=True))
    return red, green, blue


def edge_letters(page: MarkMetrics, edges: tuple[str, ...]) -> tuple[Text, ...]:
    """List letters at the middles of a pane's edges: left, right, upper, lower."""
    left, right, top, bottom = edges
    middle, baseline = (page.width - 1) / 2, (page.height - 1 + page.cap) / 2
    return (
        Text(page.pad, baseline, left, page.size),
        Text(page.right, baseline, right, page.size, align="right"),
        Text(middle, page.pad + page.cap, top, page.size, align="middle"),
        Text(middle, page.bottom, bottom, page.size, align="middle"),
    )
