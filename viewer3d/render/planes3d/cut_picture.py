"""Draw the slices that stand in the 3D pane, each pixel from the value of the point that it sees.

No OpenGL is needed: values are interpolated before the window acts, as in the slice panes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer3d.render.planes3d.visible_cuts import SeenCut, seen_cuts
from viewer3d.render.slices.compose import PlanePixels, SliceLook, SliceSource, compose

if TYPE_CHECKING:
    from viewer3d.render.volume.look import Look

MOST_MOVING = 270_000
"""Pixels drawn while something moves, some 10 ms: a larger pane's are enlarged."""


def draw_cuts(pane: NDArray[np.uint8], source: SliceSource, look: Look, slices: SliceLook) -> None:
    """Draw the cuts of a look, the nearer ones before the others.

    Parameters
    ----------
    pane : ndarray of uint8, shape (height, width, 3)
        Of the look's size; it is drawn in where a cut is seen.
    source : SliceSource
        Of the volume.
    look : Look
    slices : SliceLook
        From the volume's values to colours.
    """
    width, height = look.size
    nearest = np.zeros((height, width))
    for cut in seen_cuts(look.cuts, look.camera, look.size):
        low, high = np.floor(cut.outline.min(0)), np.ceil(cut.outline.max(0)) + 1
        (x0, y0), (x1, y1) = (np.clip(end, 0, look.size).astype(int) for end in (low, high))
        if x0 >= x1 or y0 >= y1:
            continue
        part = np.s_[y0:y1, x0:x1]
        x, y = np.arange(x0, x1)[None], np.arange(y0, y1)[:, None]
        a, b, c = cut.nearness
        near = a * x + (b * y + c)
        is_seen = cut.holds(x, y) & (near > nearest[part])
        drawn = compose(source, slices, PlanePixels(_to_world(cut, look), slice(y0, y1), slice(x0, x1)))
        np.copyto(pane[part], drawn, where=is_seen[..., None])
        np.copyto(nearest[part], near, where=is_seen)


def draw_cuts_moving(pane: NDArray[np.uint8], source: SliceSource, look: Look, slices: SliceLook) -> None:
    """Draw as :func:`draw_cuts` does, but a large pane from fewer pixels: nothing of it stays as it was."""
    width, height = look.size
    scale = float(np.sqrt(MOST_MOVING / (width * height)))
    if scale >= 1:
        draw_cuts(pane, source, look, slices)
        return
    smaller = replace(look, size=(max(1, round(scale * width)), max(1, round(scale * height))))
    small = np.full((smaller.size[1], smaller.size[0], 3), look.rendering.ground, np.uint8)
    draw_cuts(small, source, smaller, slices)
    pane[...] = np.asarray(Image.fromarray(small).resize(look.size, Image.Resampling.BILINEAR))


def _to_world(cut: SeenCut, look: Look) -> NDArray[np.float64]:
    # Pixel (column, row, 0, 1) to the point it sees on the plane, in homogeneous coordinates: eye + ray / nearness.
    M = np.zeros((4, 4))
    M[:3, [0, 1, 3]] = np.outer(look.camera.position, cut.nearness) + look.camera.rays(look.size)
    M[3, [0, 1, 3]] = cut.nearness
    M[:3, 2] = cut.plane.normal
    return M
