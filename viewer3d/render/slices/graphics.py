"""Draw on a slice what belongs to it: shutters, overlay planes, graphics and texts of its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.contours.polygons import fill
from viewer3d.core.graphics.slice_graphics import GraphicLine, GraphicPlane, Graphics, GraphicText, SliceGraphics
from viewer3d.render.marks.display_list import SHADE, Color, DisplayList, Line, Mark, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.strokes import blend_pixels, strokes
from viewer3d.render.slices.pixels import PanePixels, PlanePixels

GRAPHIC: Final[Color] = (203, 184, 244)
"""Lilac, where a file recommends no colour: calm, and none of those of planes and measurements."""

REGION_OPACITY: Final = 0.35
"""Of what regions of interest and filled graphics enclose: anatomy is seen through it."""

_MOST_SAMPLES: Final = 4
"""Along each side of a pixel, at which bits of an overlay plane are looked up."""

_FAR: Final = 1e9
"""Columns or rows of a slice: nothing is drawn there."""

_NOTHING: Final = 1e-12
"""Of the largest number of its row: less is rounding, of planes that lie along the slice's rows and columns."""

Homography = NDArray[np.float64]
"""Pixel (column, row, 1) of a picture to column, row, 1 of an original slice, shape (3, 3), in homogeneous form."""


@dataclass(frozen=True)
class GraphicsSlice:
    """The graphics of a layer of a slice.

    Attributes
    ----------
    graphics : Graphics
    """

    graphics: Graphics


@dataclass(frozen=True, eq=False)
class PlacedGraphics:
    """The graphics of an original slice, and where it lies in a picture.

    Attributes
    ----------
    graphics : SliceGraphics
    to_slice : ndarray, shape (3, 3)
        From the pixels of the picture.
    from_slice : ndarray, shape (3, 3)
        To them, of a positive third coordinate for what is before the eye.
    """

    graphics: SliceGraphics
    to_slice: Homography
    from_slice: Homography

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels of points of the slice, both shape (N, 2); NaN for those behind the eye."""
        x, y, w = self.from_slice @ np.vstack([points.T, np.ones(len(points))])
        w[w <= 0] = np.nan
        return np.stack([x / w, y / w], -1)


def graphics_on(pixels: PanePixels | PlanePixels, layers: Sequence[GraphicsSlice]) -> tuple[PlacedGraphics, ...]:
    """Return the graphics that belong to the slices that pixels show.

    Parameters
    ----------
    pixels : PanePixels or PlanePixels
    layers : sequence of GraphicsSlice
    """
    if not layers:
        return ()
    if isinstance(pixels, PanePixels):
        matrix = pixels.pane.affine
    else:
        matrix = pixels.matrix.copy()  # from the first row and column of the picture on
        matrix[:, 3] += pixels.matrix[:, 0] * pixels.columns.start + pixels.matrix[:, 1] * pixels.rows.start
    to_world = matrix[:, [0, 1, 3]]
    height, width = pixels.shape
    corners = to_world @ np.array([[0, 0, 1], [width, 0, 1], [0, height, 1]], np.float64).T
    if not corners[3].all():
        return ()
    origin, right, down = (corners[:3] / corners[3]).T
    normal = np.cross(right - origin, down - origin)
    if not normal.any():
        return ()
    found = (one.graphics.on(origin, normal) for one in layers)
    placed = (_placed(one, to_world, pixels.shape) for one in found if one is not None)
    return tuple(one for one in placed if one is not None)


def _placed(graphics: SliceGraphics, to_world: NDArray[np.float64], shape: tuple[int, int]) -> PlacedGraphics | None:
    to_slice = (np.linalg.inv(graphics.affine) @ to_world)[[0, 1, 3]]
    try:
        from_slice = np.linalg.inv(to_slice)
    except np.linalg.LinAlgError:  # seen from the side
        return None
    before = np.sign(to_slice[2] @ (shape[1] / 2, shape[0] / 2, 1))
    to_slice[np.abs(to_slice) < _NOTHING * np.abs(to_slice).max(1, keepdims=True)] = 0
    return PlacedGraphics(graphics, to_slice, np.asarray(from_slice * before, np.float64)) if before else None


def draw_shutters(picture: NDArray[np.uint8], placed: Sequence[PlacedGraphics], ground: Color) -> None:
    """Paint what shutters hide in the colour of the ground.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        It is changed.
    placed : sequence of PlacedGraphics
    ground : tuple of int
        Red, green and blue, 0 to 255.
    """
    for one in placed:
        if one.graphics.shutter is not None:
            picture[~_seen(one, picture.shape[:2])] = ground


def draw_graphics(picture: NDArray[np.uint8], placed: Sequence[PlacedGraphics], text: int | None = None) -> None:
    """Draw overlay planes, then lines, then texts.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        It is changed.
    placed : sequence of PlacedGraphics
    text : int, optional
        Size of texts in pixels; without it that of a pane beside others.
    """
    page = MarkMetrics(picture.shape[1], picture.shape[0], text)
    for one in placed:
        for plane in one.graphics.planes:
            _draw_plane(picture, plane, one)
        _draw_lines(picture, one, page)
        if one.graphics.texts and not page.is_small:
            from viewer3d.render.marks.raster import Rasterizer  # noqa: PLC0415 (few slices have texts)

            Rasterizer().draw(picture, tuple(_text_marks(one, page)))


def _places(
    matrix: Homography, rows: slice, columns: slice, shift: tuple[float, float] = (0, 0)
) -> Iterator[NDArray[np.float64]]:
    """Yield column and row on the slice of each pixel of a part of a picture, moved by a part of a pixel.

    They are of shapes that broadcast to (height, width): of rows or columns alone, where all in one are alike.
    """
    x = np.arange(columns.start, columns.stop)[None, :] + shift[0]
    y = np.arange(rows.start, rows.stop)[:, None] + shift[1]
    w = _sum(matrix[2], x, y)
    for line in matrix[:2]:
        place = _sum(line, x, y)
        if w.size == 1:
            yield place / w
        else:
            place, below = np.broadcast_arrays(place, w)
            yield np.divide(place, below, out=np.full(place.shape, _FAR), where=below != 0)


def _sum(line: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    parts = [one for one in ((line[0] * x) if line[0] else None, (line[1] * y) if line[1] else None) if one is not None]
    return np.asarray(sum(parts, np.full((1, 1), line[2])), np.float64)


def _seen(one: PlacedGraphics, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels of a picture a shutter leaves, shape (height, width)."""
    shutter = one.graphics.shutter
    assert shutter is not None
    height, width = shape
    column, row = _places(one.to_slice, slice(0, height), slice(0, width))
    seen = np.ones((height, width), np.bool_)
    if shutter.rectangle is not None:
        left, top, right, bottom = shutter.rectangle
        seen &= (column >= left) & (column <= right) & (row >= top) & (row <= bottom)
    if shutter.circle is not None:
        sides = np.linalg.norm(one.graphics.affine[:3, :2], axis=0)
        middle, radius = shutter.circle[:2], shutter.circle[2]
        seen &= (column - middle[0]) ** 2 + ((row - middle[1]) * sides[1] / sides[0]) ** 2 <= radius**2
    if shutter.polygon is not None:
        corners = one.to_pixels(shutter.polygon)
        inside, x, y = fill([corners], (width, height)) if np.isfinite(corners).all() else (np.ones((0, 0), bool), 0, 0)
        polygon = np.zeros((height, width), np.bool_)
        polygon[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
        seen &= polygon
    if shutter.plane is not None:
        seen &= ~_bits_at(shutter.plane, shutter.plane.mask, column, row)
    return seen


def _bits_at(
    plane: GraphicPlane, mask: NDArray[np.bool_], column: NDArray[np.float64], row: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return the bits of a plane at columns and rows of the slice; none beyond it."""
    i = np.floor(np.clip(column, -_FAR, _FAR) + 0.5).astype(np.int64) - plane.origin[0]
    j = np.floor(np.clip(row, -_FAR, _FAR) + 0.5).astype(np.int64) - plane.origin[1]
    across, down = (i >= 0) & (i < mask.shape[1]), (j >= 0) & (j < mask.shape[0])
    i, j = np.where(across, i, 0), np.where(down, j, 0)
    is_along = i.shape[0] == j.shape[1] == 1  # rows of the plane, and then columns of these, take a fifth of the time
    found: NDArray[np.bool_] = (mask[j[:, 0]][:, i[0]] if is_along else mask[j, i]) & across & down
    return found


def _draw_plane(picture: NDArray[np.uint8], plane: GraphicPlane, one: PlacedGraphics) -> None:
    left, top = np.subtract(plane.origin, 0.5)
    right, bottom = left + plane.shape[1], top + plane.shape[0]
    corners = one.to_pixels(np.array([[left, top], [right, top], [left, bottom], [right, bottom]]))
    height, width = picture.shape[:2]
    if not np.isfinite(corners).all():
        return  # a part of it is behind the eye
    (x0, y0), (x1, y1) = (np.clip(end, -1, (width, height)) for end in (corners.min(0), corners.max(0)))
    columns, rows = slice(max(int(x0), 0), min(int(x1) + 2, width)), slice(max(int(y0), 0), min(int(y1) + 2, height))
    if columns.start >= columns.stop or rows.start >= rows.stop:
        return
    mask = plane.mask
    step = float(np.linalg.norm(corners[1] - corners[0])) / plane.shape[1]  # pixels of the picture for one of the slice
    count = int(np.clip(np.ceil(1 / max(step, 1e-6)) + 1, 2, _MOST_SAMPLES))
    shifts = (np.arange(count) + 0.5) / count - 0.5
    hits = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
    for y in shifts.tolist():
        for x in shifts.tolist():
            hits += _bits_at(plane, mask, *_places(one.to_slice, rows, columns, (x, y)))
    # Thin lines of a large image in a small pane would fade: they keep a part of their strength.
    strength = max(1.0, min(1 / max(step, 1e-6), 2.0)) / count**2
    row, column = np.nonzero(hits)
    opacities = np.minimum(hits[row, column] * strength, 1) * (REGION_OPACITY if plane.is_region else 1.0)
    blend_pixels(picture[rows, columns], (row, column), np.array(plane.color or GRAPHIC, np.float32), opacities)


def _draw_lines(picture: NDArray[np.uint8], one: PlacedGraphics, page: MarkMetrics) -> None:
    lines = one.graphics.lines
    if not lines:
        return
    colors: dict[Color, list[NDArray[np.float64]]] = {}
    for line in lines:
        pixels = one.to_pixels(line.points)
        if not np.isfinite(pixels).all():
            continue  # a part of it is behind the eye
        colors.setdefault(line.color or GRAPHIC, []).append(_segments(line, pixels, page))
        if line.filled:
            _fill_area(picture, pixels, line.color)
    wide = max(1, round(page.size / 10))
    for color, parts in colors.items():
        segments = np.concatenate(parts)
        for width, shade, opacity in ((wide + 2, SHADE, 0.7), (wide, color, 1.0)):
            strokes(segments, width, (page.height, page.width)).draw(picture, shade, opacity)


def _segments(line: GraphicLine, pixels: NDArray[np.float64], page: MarkMetrics) -> NDArray[np.float64]:
    """Return straight lines by their ends, shape (N, 2, 2); those of a cross for a single point."""
    if len(pixels) == 1:
        half = 0.5 * page.size
        ((x, y),) = pixels.tolist()
        return np.array([[[x - half, y], [x + half, y]], [[x, y - half], [x, y + half]]])
    points = np.concatenate([pixels, pixels[:1]]) if line.closed else pixels
    return np.stack([points[:-1], points[1:]], axis=1)


def _fill_area(picture: NDArray[np.uint8], pixels: NDArray[np.float64], color: Color | None) -> None:
    inside, x, y = fill([pixels], (picture.shape[1], picture.shape[0]))
    part = picture[y : y + inside.shape[0], x : x + inside.shape[1]]
    _blend(part, inside[..., None].astype(np.float64) * REGION_OPACITY, color)


def _blend(part: NDArray[np.uint8], alpha: NDArray[np.float64], color: Color | None) -> None:
    part[...] = np.rint(part * (1 - alpha) + np.asarray(color or GRAPHIC) * alpha).astype(np.uint8)


def _text_marks(one: PlacedGraphics, page: MarkMetrics) -> Iterator[Mark]:
    for text in one.graphics.texts:
        places = one.to_pixels(np.reshape([*(text.box or ()), *(text.anchor or ())], (-1, 2)))
        if np.isfinite(places).all():  # else a part of it is behind the eye
            yield from _marks_of(text, places, page)


def _marks_of(text: GraphicText, places: NDArray[np.float64], page: MarkMetrics) -> DisplayList:
    """Return a text in its box, or beside its anchor, and a line that leads from it to there.

    Parameters
    ----------
    text : GraphicText
    places : ndarray, shape (N, 2)
        Pixels of two corners of its box and of its anchor, of those that it has.
    page : MarkMetrics
    """
    color, align = text.color or GRAPHIC, text.align
    if text.box is not None:
        (left, top), (right, _) = places[:2].min(0).tolist(), places[:2].max(0).tolist()
    else:
        left, top = float(places[0, 0]) + 0.8 * page.size, float(places[0, 1]) - 0.5 * page.cap
        right, align = left, "left"
    x = {"left": left, "middle": (left + right) / 2, "right": right}[align]
    first = top + page.cap
    words = tuple(Text(x, first + n * page.step, line, page.size, color, align) for n, line in enumerate(text.lines))
    if text.anchor is None or not (text.leader or text.box is None):
        return words
    x0, y0 = places[-1].tolist()
    bottom = top + (len(text.lines) - 1) * page.step + page.cap
    end = float(np.clip(x0, left, right)), float(np.clip(y0, top, bottom))
    return (Line(x0, y0, *end, page.line + 2, SHADE, 0.7), Line(x0, y0, *end, page.line, color), *words)
