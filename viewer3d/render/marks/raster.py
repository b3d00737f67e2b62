"""Draw a display list in pixels, with Pillow."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from viewer3d.render.marks.coverage import PixelPath, coverage
from viewer3d.render.marks.display_list import Align, Area, Color, DisplayList, Line, Path, Ramp, Text
from viewer3d.render.marks.typesetting import opened_font, typeset

MOST_MASKS: Final = 1024
"""Texts kept drawn: some 2 KB each, and a long drag of the window writes a new one every step."""

MOST_AREAS: Final = 256
"""Small areas kept drawn, some 10 KB each: signs and swatches, which stay where they are from picture to picture."""

LARGEST_KEPT: Final = 40
"""Pixels of the longer side of an area that is kept drawn."""

SMOOTHING = 4
"""Areas are drawn so many times larger and then averaged: 16 steps from clear to full."""

SHARES: dict[Align, float] = {"left": 0.0, "middle": 0.5, "right": 1.0}
"""The part of a text's width that lies before its own x."""

_ANCHORS: dict[Align, str] = {"left": "ls", "middle": "ms", "right": "rs"}


class Rasterizer:
    """Draws display lists on pictures.

    The texts that were drawn last are kept, for all pictures of a process.
    """

    def draw(self, picture: NDArray[np.uint8], marks: DisplayList) -> None:
        """Draw marks on a pane, in their order.

        Parameters
        ----------
        picture : ndarray of uint8, shape (height, width, 3)
            The pane; it may be a part of a larger picture. What reaches beyond its edges is cut off.
        marks : tuple of Mark
        """
        for mark in marks:
            if isinstance(mark, Text):
                mask = _text_mask(mark.text, mark.size, mark.color, mark.align, mark.outline)
                mask.put(picture, round(mark.x), round(mark.y))
            elif isinstance(mark, Line):
                _draw_line(picture, mark)
            elif isinstance(mark, Path):
                _draw_path(picture, (*mark.points, mark.points[0]) if mark.closed else mark.points, mark)
            elif isinstance(mark, Area):
                _draw_area(picture, mark)
            else:
                _draw_ramp(picture, mark)


def text_stroke(size: int) -> int:
    """Return how many pixels the outline of a text reaches beyond it."""
    return max(1, round(size / 14))


class _Mask:
    # A drawn text: what it leaves of the picture below (0 to 255) and the colour it adds.
    def __init__(self, left: int, top: int, keep: NDArray[np.uint16], add: NDArray[np.uint16]) -> None:
        self._left, self._top, self._keep, self._add = left, top, keep, add

    def put(self, picture: NDArray[np.uint8], x: int, y: int) -> None:
        height, width = self._keep.shape[:2]
        left, top = x + self._left, y + self._top
        x0, x1 = max(left, 0), min(left + width, picture.shape[1])
        y0, y1 = max(top, 0), min(top + height, picture.shape[0])
        if x0 >= x1 or y0 >= y1:
            return
        part = picture[y0:y1, x0:x1]
        box = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        part[...] = (part * self._keep[box] + self._add[box] + 127) // 255


@lru_cache(maxsize=MOST_MASKS)
def _text_mask(text: str, size: int, color: Color, align: Align, outline_color: Color | None) -> _Mask:
    stroke = 0 if outline_color is None else text_stroke(size)
    line = typeset(text, size)
    if not line.runs:
        return _Mask(0, 0, np.ones((0, 0, 1), np.uint16), np.ones((0, 0, 3), np.uint16))
    # Of one run its font says where the middle is; of several, what they take together.
    one = len(line.runs) == 1
    anchor, begin = (_ANCHORS[align], 0) if one else ("ls", -round(SHARES[align] * line.width))
    runs = [(run.text, opened_font(run.font, size), begin + run.x, run.y) for run in line.runs]
    boxes = [(x, y, font.getbbox(part, anchor=anchor, stroke_width=stroke)) for part, font, x, y in runs]
    left, top = (int(np.floor(min(at[n] + box[n] for *at, box in boxes))) - 1 for n in (0, 1))
    right, bottom = (int(np.ceil(max(at[n] + box[n + 2] for *at, box in boxes))) + 1 for n in (0, 1))
    layers = []
    for width in (0, stroke):
        layer = Image.new("L", (right - left, bottom - top))
        draw = ImageDraw.Draw(layer)
        for part, font, x, y in runs:
            draw.text((x - left, y - top), part, fill=255, font=font, anchor=anchor, stroke_width=width)
        layers.append(np.asarray(layer, np.float64)[..., None] / 255)
    fill, outline = layers
    below = (1 - outline) * (1 - fill)
    add = np.asarray(outline_color or color) * outline * (1 - fill) + np.asarray(color) * fill
    return _Mask(left, top, np.rint(255 * below).astype(np.uint16), np.floor(255 * add).astype(np.uint16))


def _draw_line(picture: NDArray[np.uint8], line: Line) -> None:
    if line.x0 == line.x1 or line.y0 == line.y1:
        _draw_straight(picture, line)
    else:
        _draw_path(picture, ((line.x0, line.y0), (line.x1, line.y1)), line)


def _draw_straight(picture: NDArray[np.uint8], line: Line) -> None:
    # Across the line the pixels nearest to it, so that a line is always as wide and as bright.
    upright = line.x0 == line.x1
    middle = line.x0 if upright else line.y0
    first = round(middle - (line.width - 1) / 2)
    across = slice(max(first, 0), max(first + line.width, 0))
    low, high = sorted((line.y0, line.y1) if upright else (line.x0, line.x1))
    along = slice(max(round(low), 0), max(round(high) + 1, 0))
    part = picture[along, across] if upright else picture[across, along]
    _blend(part, float(line.opacity), line.color)


def _draw_path(picture: NDArray[np.uint8], points: PixelPath, look: Line | Path) -> None:
    rows, columns, share = coverage(points, look.width, picture.shape[:2])
    part = picture[rows, columns]
    _blend(part, (look.opacity * share)[:, None], look.color)
    picture[rows, columns] = part


def _draw_area(picture: NDArray[np.uint8], area: Area) -> None:
    is_small = all(max(ends) - min(ends) <= LARGEST_KEPT for ends in zip(*area.points, strict=True))
    where, clear, color = (_kept_shares if is_small else _area_shares)(area, *picture.shape[:2])
    part = picture[where]
    if part.size:
        part[...] = np.rint(part * clear + color).astype(np.uint8)


_Shares = tuple[tuple[slice, slice], NDArray[np.float64], NDArray[np.float64]]
"""Rows and columns, what an area leaves of the picture there, and the colour it adds."""


def _area_shares(area: Area, height: int, width: int) -> _Shares:
    # Drawn larger and then averaged.
    ends = np.array(area.points, np.float64)
    low, high = np.floor(ends.min(0)).astype(int), np.ceil(ends.max(0)).astype(int) + 2
    (x0, y0), (x1, y1) = (np.clip(end, 0, (width, height)) for end in (low, high))
    if x0 >= x1 or y0 >= y1:
        return (slice(0), slice(0)), np.zeros((0, 0, 1)), np.zeros((0, 0, 3))
    size = int(x1 - x0), int(y1 - y0)
    mask = Image.new("L", (size[0] * SMOOTHING, size[1] * SMOOTHING))
    ImageDraw.Draw(mask).polygon(((ends + 0.5 - (x0, y0)) * SMOOTHING).ravel().tolist(), fill=255)
    share = np.asarray(mask.resize(size, Image.Resampling.BOX), np.float64) / 255
    alpha = (area.opacity * share)[..., None]
    return (slice(y0, y1), slice(x0, x1)), 1 - alpha, np.asarray(area.color) * alpha


_kept_shares = lru_cache(maxsize=MOST_AREAS)(_area_shares)


def _draw_ramp(picture: NDArray[np.uint8], ramp: Ramp) -> None:
    # Of each row, from the top, the colour at its middle.
    share = 1 - (np.arange(ramp.height) + 0.5) / ramp.height
    colors = np.array(ramp.colors, np.uint8)[(share * len(ramp.colors)).astype(int)]
    x0, x1 = (min(max(x, 0), picture.shape[1]) for x in (ramp.left, ramp.left + ramp.width))
    y0, y1 = (min(max(y, 0), picture.shape[0]) for y in (ramp.top, ramp.top + ramp.height))
    picture[y0:y1, x0:x1] = colors[y0 - ramp.top : y1 - ramp.top, None]


def _blend(part: NDArray[np.uint8], alpha: NDArray[np.float64] | float, color: Color) -> None:
    if isinstance(alpha, float) and alpha == 1:
        part[...] = color
        return
    part[...] = np.rint(part * (1 - alpha) + np.asarray(color) * alpha).astype(np.uint8)
