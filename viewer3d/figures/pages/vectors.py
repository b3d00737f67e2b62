"""What PDF and SVG draw alike: the ends of lines, ramps as pixels, and grey pixels in one channel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.display_list import Line, Ramp
from viewer3d.render.marks.raster import Rasterizer


def ramp_pixels(ramp: Ramp) -> NDArray[np.uint8]:
    """Draw a ramp alone: (height, width, 3) uint8."""
    pixels = np.empty((ramp.height, ramp.width, 3), np.uint8)
    Rasterizer().draw(pixels, (replace(ramp, left=0, top=0),))
    return pixels


def line_ends(line: Line) -> tuple[float, float, float, float]:
    """Return the ends of a line of vectors, half a pixel further out: its end pixels are in it whole."""
    along = np.array([line.x1 - line.x0, line.y1 - line.y0], np.float64)
    length = float(np.linalg.norm(along))
    x, y = (float(v) for v in 0.5 * along / length) if length > 0 else (0.5, 0.0)
    return line.x0 - x, line.y0 - y, line.x1 + x, line.y1 + y


def without_channels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 pixels (height, width, 3) as (height, width), contiguous, where all are grey."""
    return np.ascontiguousarray(pixels[..., 0]) if (pixels[..., :1] == pixels).all() else pixels
