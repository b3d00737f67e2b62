"""How measurements are drawn over a slice pane: each where its world points are, its numbers beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer3d.geometry import Geometry
from viewer3d.measurement import Measurement
from viewer3d.render.annotations import CAP_HEIGHT, LETTERS_ONLY_BELOW, SMALLEST_TEXT, TEXT_SHARE
from viewer3d.render.marks import SHADE, Align, Color, DisplayList, Mark, Path, Text
from viewer3d.render.panes import PaneFrame
from viewer3d.results import Results
from viewer3d.view import ViewState

COLOR: Color = (98, 205, 236)
"""Sky blue: far from the planes' red, green and yellow for any eye, also one that is blind to red or green."""

ON_REACH = 1e-6
"""mm by which a point may lie beyond the reach of a slice: rounding decides nothing."""

LETTER_WIDE = 0.53
"""Width of a letter or digit, of the text size: a little more than they have on average."""

OWN_SHAPE = 100
"""A label rather covers so many times as much of other things as of its own shape."""

LINE = 1.3
"""From line to line of a label, of the text size."""

CORNER = (12, 6)
"""Text sizes, across and down, that the texts in the corners of a pane may take."""

EDGE = (2.4, 2.4)
"""Text sizes, across and down, that the letters at the edges of a pane take."""

FACET = 0.1
"""Pixels by which the straight pieces of an ellipse may miss it."""

Polyline = tuple[tuple[tuple[float, float], ...], bool]
"""Pixels (column, row) of a line, and whether its last is joined to its first."""


def reach(geometry: Geometry, state: ViewState, frame: PaneFrame) -> float:
    """Return how far from a slice, in mm, is still seen in it: half the slab, and half a voxel at least."""
    per_mm = np.abs(geometry.inverse[:3, :3] @ np.array(frame.plane.normal, np.float64))
    return max(state.slab.thickness, float(1 / per_mm.max())) / 2 + ON_REACH


def shown(geometry: Geometry, state: ViewState, frame: PaneFrame) -> tuple[tuple[int, Measurement], ...]:
    """Return the measurements of a state that a slice pane shows, with their numbers in it: all of each is in reach."""
    if not state.measurements:
        return ()
    far, normal = reach(geometry, state, frame), np.array(frame.plane.normal, np.float64)
    return tuple(
        (number, one)
        for number, one in enumerate(state.measurements)
        if np.abs((one.handles - frame.origin) @ normal).max() <= far
    )


def outline(measurement: Measurement, frame: PaneFrame, text: float) -> tuple[Polyline, ...]:
    """Return the lines that a measurement is drawn with, in the pixels of a pane.

    Parameters
    ----------
    measurement : Measurement
    frame : PaneFrame
        Where the pane's pixels are.
    text : float
        Size of the pane's text in pixels: what has no size in the patient is drawn by it.

    Returns
    -------
    tuple of (points, closed)
        The shape itself first.
    """
    pixels = frame.to_pixel(measurement.handles)
    if measurement.kind == "probe":
        return (_polyline(_ellipse(pixels[0], np.array([0.4 * text, 0]), np.array([0, 0.4 * text])), closed=True),)
    if measurement.kind == "rectangle":
        return (_polyline(pixels, closed=True),)
    if measurement.kind == "ellipse":
        halves = (pixels[1] - pixels[0]) / 2, (pixels[3] - pixels[0]) / 2
        return (_polyline(_ellipse(pixels.mean(0), *halves), closed=True),)
    if measurement.kind == "angle":
        return (_polyline(pixels), *_arc(pixels, 1.6 * text))
    return (_polyline(pixels), *_ends(pixels, 0.4 * text))


def measurement_marks(geometry: Geometry, state: ViewState, frame: PaneFrame, results: Results) -> DisplayList:
    """List what is drawn of the measurements that a slice pane shows.

    Parameters
    ----------
    geometry : Geometry
        Of the volume.
    state : ViewState
        Its measurements and slab.
    frame : PaneFrame
        Where the pane's pixels are.
    results : Results
        Of the volume.

    Returns
    -------
    tuple of Path and Text
        A thin dark line under a blue one; in panes that are not small a name, if there is one, and the numbers
        beside it.
    """
    here = shown(geometry, state, frame)
    if not here:
        return ()
    text = text_size(frame.size)
    wide = max(1, round(text / 10))
    outlines = [outline(one, frame, text) for _, one in here]
    marks: list[Mark] = []
    for lines in outlines:
        marks += [Path(points, closed, wide + 2, SHADE, 0.7) for points, closed in lines]
        marks += [Path(points, closed, wide, COLOR) for points, closed in lines]
    if min(frame.size) >= LETTERS_ONLY_BELOW:
        shapes = [np.array(lines[0][0]) for lines in outlines]
        labels = [((one.name,) if one.name else ()) + results.of(one).texts for _, one in here]
        marks += _labels(frame.size, text, shapes, labels)
    return tuple(marks)


def text_size(size: tuple[int, int]) -> int:
    """Return the size of the text in a pane of so many pixels, in pixels."""
    return max(SMALLEST_TEXT, round(TEXT_SHARE * min(size)))


def _polyline(points: NDArray[np.float64], *, closed: bool = False) -> Polyline:
    return tuple((float(x), float(y)) for x, y in points), closed


def _ellipse(middle: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points around a middle, between two half axes."""
    radius = max(float(np.hypot(*one)), float(np.hypot(*other)), 1.0)
    count = int(np.clip(np.ceil(np.pi / np.arccos(1 - FACET / radius)), 24, 512))
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)[:, None]
    return middle + np.cos(turn) * one + np.sin(turn) * other


def _ends(pixels: NDArray[np.float64], half: float) -> tuple[Polyline, ...]:
    """Short strokes across both ends of a distance, as a caliper has them."""
    way = pixels[1] - pixels[0]
    length = float(np.hypot(*way))
    if length < 2 * half:
        return ()
    across = np.array([-way[1], way[0]]) * half / length
    return tuple(_polyline(np.stack([end - across, end + across])) for end in pixels)


def _arc(pixels: NDArray[np.float64], most: float) -> tuple[Polyline, ...]:
    """Draw the arc between the arms of an angle."""
    arms = pixels[[0, 2]] - pixels[1]
    radius = min(most, float(np.hypot(*arms.T).min()) / 2)
    if radius < 2:
        return ()
    first, last = np.arctan2(arms[:, 1], arms[:, 0])
    turn = first + np.linspace(0, 1, 24) * ((last - first + np.pi) % (2 * np.pi) - np.pi)
    return (_polyline(pixels[1] + radius * np.stack([np.cos(turn), np.sin(turn)], -1)),)


@dataclass(frozen=True)
class _Box:
    # Of pixels that something takes.
    left: float
    top: float
    right: float
    bottom: float

    def common(self, other: _Box) -> float:
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(across, 0) * max(down, 0)

    def within(self, other: _Box) -> _Box:
        x = max(other.left - self.left, 0) + min(other.right - self.right, 0)
        y = max(other.top - self.top, 0) + min(other.bottom - self.bottom, 0)
        return _Box(self.left + x, self.top + y, self.right + x, self.bottom + y)


def _labels(
    size: tuple[int, int], text: int, shapes: list[NDArray[np.float64]], labels: Iterable[tuple[str, ...]]
) -> list[Text]:
    """Write each shape's label where it covers the least of what else is drawn."""
    pad = max(5, round(0.7 * text))
    page = _Box(pad, pad, size[0] - 1 - pad, size[1] - 1 - pad)
    boxes = [_Box(*shape.min(0), *shape.max(0)) for shape in shapes]
    taken = [*_written(size, text), *boxes]
    marks = []
    for shape, own, lines in zip(shapes, boxes, labels, strict=True):
        if not own.common(page):
            continue  # the shape itself is out of sight
        costs = [
            (sum(map(box.common, taken)) + OWN_SHAPE * box.common(own), box, align)
            for box, align in _places(shape, lines, text, page)
        ]
        _, box, align = min(costs, key=lambda one: one[0])
        taken.append(box)
        x = {"left": box.left, "middle": (box.left + box.right) / 2, "right": box.right}[align]
        first = box.top + CAP_HEIGHT * text
        marks += [Text(x, first + n * LINE * text, line, text, COLOR, align) for n, line in enumerate(lines)]
    return marks


def _written(size: tuple[int, int], text: int) -> list[_Box]:
    """Where the pane's own texts may stand: in its corners and at the middles of its edges."""
    ends, middle = (0.0, 1.0), (0.5,)
    boxes = []
    for (wide, high), columns, rows in ((CORNER, ends, ends), (EDGE, middle, ends), (EDGE, ends, middle)):
        across, down = wide * text, high * text
        lefts, tops = (
            [share * (side - part) for share in shares]
            for shares, side, part in ((columns, size[0], across), (rows, size[1], down))
        )
        boxes += [_Box(x, y, x + across, y + down) for x in lefts for y in tops]
    return boxes


def _places(shape: NDArray[np.float64], lines: tuple[str, ...], text: int, page: _Box) -> list[tuple[_Box, Align]]:
    """Boxes that a label may stand in, all in the page: right of the shape, left of it, below and above."""
    wide = LETTER_WIDE * text * max(len(line) for line in lines)
    high = text * (LINE * (len(lines) - 1) + CAP_HEIGHT)
    gap = 0.7 * text
    (left, top), (right, bottom) = shape.min(0), shape.max(0)
    # Beside what reaches furthest to that side: of a slanting line its end.
    at_left, at_right = (shape[np.abs(shape[:, 0] - end) < 1][:, 1].mean() - high / 2 for end in (left, right))
    at_top, at_bottom = (shape[np.abs(shape[:, 1] - end) < 1][:, 0].mean() - wide / 2 for end in (top, bottom))
    corners: list[tuple[float, float, Align]] = [
        (right + gap, at_right, "left"),
        (left - gap - wide, at_left, "right"),
        (at_bottom, bottom + gap, "middle"),
        (at_top, top - gap - high, "middle"),
    ]
    return [(_Box(x, y, x + wide, y + high).within(page), align) for x, y, align in corners]
