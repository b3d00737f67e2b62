"""Place labels beside shapes, where they cover as little as can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.boxes import PixelBox, mark_box
from viewer3d.render.marks.display_list import Align, Color, DisplayList, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.typesetting import columns_of

LETTER_WIDE = 0.53
"""Width of a letter or digit, of the text size: a little more than they have on average."""

_GAP = 0.7
"""Between a shape and its label, of the text size."""

OWN_SHAPE = 100
"""A label rather covers so many times as much of other things as of its own shape."""

OTHER_LABEL = 10
"""And so many times as much of other things as of another label: of two texts over each other neither is read."""

CORNER = (12, 6)
"""Text sizes, across and down, that the texts in the corners of a pane may take."""

_EDGE = (2.4, 2.4)
"""Text sizes, across and down, that the letters at the edges of a pane take."""


class ShapeLabel(NamedTuple):
    """A label of a shape: where the shape is, what is written, and where if a hand has put it there.

    Attributes
    ----------
    shape : ndarray, shape (N, 2)
        Columns and rows of the shape's points; one that is out of sight gets no label.
    lines : tuple of str
        One at least.
    place : ndarray, shape (2,), optional
        The middle of the label in pixels; it is kept within the pane.
    """

    shape: NDArray[np.float64]
    lines: tuple[str, ...]
    place: NDArray[np.float64] | None = None


def label_marks(page: MarkMetrics, labels: Sequence[ShapeLabel], color: Color, others: DisplayList = ()) -> list[Text]:
    """Write a label for each shape, beside it or off one of its corners, where it covers least.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    labels : sequence of ShapeLabel
    color : tuple of int
    others : tuple of Mark
        What is drawn besides and takes more than the corners and edges of the pane usually hold.
    """
    area = PixelBox(page.pad, page.pad, page.right, page.bottom)
    boxes = [PixelBox(*(one.shape.min(0) - 1), *(one.shape.max(0) + 1)) for one in labels]
    taken = [*_written(page), *boxes, *map(mark_box, others)]
    written: list[PixelBox] = []
    marks = []
    for (shape, lines, place), own in zip(labels, boxes, strict=True):
        if not own.common(area):
            continue

        def cost(candidate: tuple[PixelBox, Align], own: PixelBox = own) -> float:
            others = sum(map(candidate[0].common, taken)) + OTHER_LABEL * sum(map(candidate[0].common, written))
            return others + OWN_SHAPE * candidate[0].common(own)

        candidates = _candidates(page, area, shape, lines) if place is None else [_placed(page, area, place, lines)]
        box, align = min(candidates, key=cost)
        free = page.step - page.cap  # as from line to line
        written.append(PixelBox(box.left - free, box.top - free, box.right + free, box.bottom + free))
        x = {"left": box.left, "middle": (box.left + box.right) / 2, "right": box.right}[align]
        first = box.top + page.cap
        marks += [Text(x, first + n * page.step, line, page.size, color, align) for n, line in enumerate(lines)]
    return marks


def _written(page: MarkMetrics) -> list[PixelBox]:
    """Return boxes in which the pane's own texts may stand: its corners and the middles of its edges."""
    ends, middle = (0.0, 1.0), (0.5,)
    boxes = []
    for (wide, high), columns, rows in ((CORNER, ends, ends), (_EDGE, middle, ends), (_EDGE, ends, middle)):
        across, down = wide * page.size, high * page.size
        lefts = [share * (page.width - across) for share in columns]
        tops = [share * (page.height - down) for share in rows]
        boxes += [PixelBox(x, y, x + across, y + down) for x in lefts for y in tops]
    return boxes


def _candidates(
    page: MarkMetrics, area: PixelBox, shape: NDArray[np.float64], lines: tuple[str, ...]
) -> list[tuple[PixelBox, Align]]:
    """Return the boxes in which a label may stand, all within the area."""
    wide, high = _size(page, lines)
    gap = _GAP * page.size
    (left, top), (right, bottom) = shape.min(0), shape.max(0)
    # Beside what reaches furthest to that side: of an oblique line its end.
    at_left, at_right = (shape[np.abs(shape[:, 0] - end) < 1][:, 1].mean() - high / 2 for end in (left, right))
    at_top, at_bottom = (shape[np.abs(shape[:, 1] - end) < 1][:, 0].mean() - wide / 2 for end in (top, bottom))
    after, before, under, over = right + gap, left - gap - wide, bottom + gap, top - gap - high
    corners: list[tuple[float, float, Align]] = [
        (after, at_right, "left"),
        (before, at_left, "right"),
        (at_bottom, under, "middle"),
        (at_top, over, "middle"),
        *((after, y, "left") for y in (over, under)),
        *((before, y, "right") for y in (over, under)),
    ]
    return [(PixelBox(x, y, x + wide, y + high).within(area), align) for x, y, align in corners]


def _placed(
    page: MarkMetrics, area: PixelBox, place: NDArray[np.float64], lines: tuple[str, ...]
) -> tuple[PixelBox, Align]:
    """Return the box of a label around its middle, within the area."""
    (wide, high), (x, y) = _size(page, lines), place.tolist()
    return PixelBox(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2).within(area), "middle"


def _size(page: MarkMetrics, lines: tuple[str, ...]) -> tuple[float, float]:
    """Return width and height of the box that lines of text take."""
    return LETTER_WIDE * page.size * max(map(columns_of, lines)), page.step * (len(lines) - 1) + page.cap
