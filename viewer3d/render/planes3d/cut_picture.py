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
from viewer3d.render.slices.compose import SliceLayers, compose
from viewer3d.render.slices.pixels import PlanePixels

if TYPE_CHECKING:
    from viewer3d.render.volume.request import RenderRequest

MOST_INTERACTIVE = 270_000
"""Pixels drawn at most in interactive quality, which takes some 10 ms; larger panes are enlarged from fewer."""


def draw_cuts(pane: NDArray[np.uint8], layers: SliceLayers, request: RenderRequest) -> None:
    """Draw the cuts of a request, the nearer ones before the others.

    Parameters
    ----------
    pane : ndarray of uint8, shape (height, width, 3)
        Of the request's size; it is drawn in where a cut is seen.
    layers : sequence of SliceLayer
        What cuts show, the lowest first.
    request : RenderRequest
    """
    width, height = request.size
    nearest = np.zeros((height, width))
    for cut in seen_cuts(request.cuts, request.camera, request.size):
        low, high = np.floor(cut.outline.min(0)), np.ceil(cut.outline.max(0)) + 1
        (x0, y0), (x1, y1) = (np.clip(end, 0, request.size).astype(int) for end in (low, high))
        if x0 >= x1 or y0 >= y1:
            continue
        part = np.s_[y0:y1, x0:x1]
        x, y = np.arange(x0, x1)[None], np.arange(y0, y1)[:, None]
        a, b, c = cut.nearness
        near = a * x + (b * y + c)
        is_seen = cut.holds(x, y) & (near > nearest[part])
        drawn = compose(layers, PlanePixels(_to_world(cut, request), slice(y0, y1), slice(x0, x1)))
        np.copyto(pane[part], drawn, where=is_seen[..., None])
        np.copyto(nearest[part], near, where=is_seen)


def draw_cuts_interactive(pane: NDArray[np.uint8], layers: SliceLayers, request: RenderRequest) -> None:
    """Draw as :func:`draw_cuts` does, but a large pane from fewer pixels: nothing of it stays as it was."""
    width, height = request.size
    scale = float(np.sqrt(MOST_INTERACTIVE / (width * height)))
    if scale >= 1:
        draw_cuts(pane, layers, request)
        return
    smaller = replace(request, size=(max(1, round(scale * width)), max(1, round(scale * height))))
    small = np.full((smaller.size[1], smaller.size[0], 3), request.look.ground, np.uint8)
    draw_cuts(small, layers, smaller)
    pane[...] = np.asarray(Image.fromarray(small).resize(request.size, Image.Resampling.BILINEAR))


def _to_world(cut: SeenCut, request: RenderRequest) -> NDArray[np.float64]:
    # Pixel (column, row, 0, 1) to the point it sees on the plane, in homogeneous coordinates: eye + ray / nearness.
    M = np.zeros((4, 4))
    M[:3, [0, 1, 3]] = np.outer(request.camera.position, cut.nearness) + request.camera.rays(request.size)
    M[3, [0, 1, 3]] = cut.nearness
    M[:3, 2] = cut.plane.normal
    return M
