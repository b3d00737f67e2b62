"""List the sign of a pane whose slice is a key image: a star, and which it is."""

from __future__ import annotations

from typing import Final

import numpy as np

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.key_image import find_key_image
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.display_list import OFF_WHITE, SHADE, Area, DisplayList, Text
from viewer3d.render.marks.metrics import MarkMetrics, pane_metrics
from viewer3d.render.marks.typesetting import fitted, text_width
from viewer3d.render.panes import PaneGeometry

_POINTS: Final = 5

_INNER: Final = 0.42
"""Radius of the inner corners of the star, of that of its points: a pentagram's, a little wider to be seen small."""

_RADIUS: Final = 0.48
"""Of the star, in text sizes: it is as high as a capital."""

_RIM: Final = 1.3
"""Pixels of the dark rim around it, in lines."""

_HEIGHT_SHARE: Final = 1 / 3
"""Of a pane: texts in its upper left corner are above."""


def key_image_marks(geometry: Geometry, state: ViewState, pane: PaneGeometry, others: DisplayList) -> DisplayList:
    """List the sign of a key image below what stands in the upper left corner of a slice pane.

    Parameters
    ----------
    geometry : Geometry
        Of the base.
    state : ViewState
    pane : PaneGeometry
    others : tuple of Mark
        What is drawn over the pane otherwise.

    Returns
    -------
    tuple of Text and Area
        The word, its number and name, and a star; in a small pane the star alone, at its upper right. Nothing where
        the slice is none.
    """
    number = find_key_image(state, pane.plane.name, geometry.step(pane.plane.normal))
    if number is None:
        return ()
    page = pane_metrics(state, pane.size)
    if page.is_small:
        return _star(page, page.right - 2 * _RADIUS * page.size, page.pad + page.cap)  # notes have the left corner
    low = _HEIGHT_SHARE * page.height
    corner = [one.y for one in others if isinstance(one, Text) and one.x == page.pad and one.y < low]
    baseline = max(corner, default=page.pad + page.cap - page.step) + page.step
    room = page.width / 2 - page.pad - 3 * page.size
    text = fitted(key_image_title(state, number), page.size, room)
    gap = 0.4 * page.size
    star = _star(page, page.pad + text_width(text, page.size) + gap, baseline)
    return (Text(page.pad, baseline, text, page.size), *star)


def key_image_title(state: ViewState, number: int) -> str:
    """Write which key image it is: ``"Key image 2: nodule"``."""
    name = state.key_images[number].name
    return f"Key image {number + 1}{f': {name}' if name else ''}"


def _star(page: MarkMetrics, left: float, baseline: float) -> tuple[Area, ...]:
    radius = _RADIUS * page.size
    across, down = left + radius, baseline - page.cap / 2
    return tuple(
        Area(_corners(across, down, radius + more), color)
        for more, color in ((_RIM * page.line, SHADE), (0.0, OFF_WHITE))
    )


def _corners(across: float, down: float, radius: float) -> tuple[tuple[float, float], ...]:
    angles = np.pi * (np.arange(2 * _POINTS) / _POINTS - 0.5)
    reach = radius * np.where(np.arange(2 * _POINTS) % 2, _INNER, 1.0)
    points = np.stack([across + reach * np.cos(angles), down + reach * np.sin(angles)], -1)
    return tuple((float(x), float(y)) for x, y in points)
