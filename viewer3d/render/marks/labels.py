"""Place labels beside shapes, where they cover as little as can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.boxes import PixelBox, mark_box
from viewer3d.render.marks.display_list import SHADE, Align, Color, DisplayList, Path, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.typesetting import columns_of
from viewer3d.render.planes3d.polylines import nearest_on_line

LETTER_WIDE = 0.53
"""Width of a letter or digit, of the text size: a little more than they have on average."""

_GAP = 0.7
"""Between a shape and its label, of the text size."""

_FURTHER: Final = (2.5, 4.5, 7.0, 10.0)
"""Gaps, of the text size, that are tried where the label covers something beside its shape."""

_STEP_AWAY: Final = 1.0
"""Squares of the text size that a label rather covers than stand a gap further away: so it stays where it is for
little."""

_LEADER: Final = 1.5
"""Text sizes between a shape and a label that was dragged from which on a line joins them."""

_PIECE: Final = 1.5
"""Text sizes: an open line is parted into pieces so long, each with a box that other labels keep clear of."""

OWN_SHAPE = 100
"""A label rather covers so many times as much of other things as of its own shape."""

OTHER_LABEL = 10
"""And so many times as much of other things as of another text: of two over each other neither is read."""

CORNER = (12, 6)
"""Text sizes, across and down, that the texts in the corners of a pane may take."""

_EDGE = (2.4, 2.4)
"""Text sizes, across and down, that the letters at the edges of a pane take."""

_TOGETHER: Final = 1e-3
"""mm of the way along the normal on which two shapes are seen together at least, to count."""

_Boxes = NDArray[np.float64]
"""Left, top, right and bottom of boxes, shape (N, 4)."""


@dataclass(frozen=True, eq=False)
class ShapeLabel:
    """A label of a shape: where the shape is, what is written, and where if a hand has put it there.

    Attributes
    ----------
    shape : ndarray, shape (N, 2)
        Columns and rows of the points that the label stands beside; of what is out of sight there is no label.
    lines : tuple of str
        One at least.
    place : ndarray, shape (2,), optional
        The middle of the label in pixels; it is kept within the pane.
    drawn : ndarray, shape (M, 2), optional
        Columns and rows of an open line that is drawn, which labels keep clear of; without it, they do of the box
        around the shape.
    is_closed : bool
        Whether the last point of the shape is joined to the first.
    span : tuple of float
        From where to where along the normal a slice shows it, in mm.
    is_shown : bool
        Whether the slice does. A label that it does not show takes its place among those that are seen with it on
        other slices: so these do not jump from slice to slice.
    """

    shape: NDArray[np.float64]
    lines: tuple[str, ...]
    place: NDArray[np.float64] | None = None
    drawn: NDArray[np.float64] | None = None
    is_closed: bool = False
    span: tuple[float, float] = (-np.inf, np.inf)
    is_shown: bool = True

    def is_seen_with(self, other: ShapeLabel) -> bool:
        """Return whether some slice shows both."""
        common = min(self.span[1], other.span[1]) - max(self.span[0], other.span[0])
        return common > _TOGETHER or (self.is_shown and other.is_shown)


@dataclass(frozen=True)
class PlacedLabel:
    """Where a label stands.

    Attributes
    ----------
    box : PixelBox
        Around its lines of text.
    align : {"left", "middle", "right"}
        How the lines stand in it.
    is_away : bool
        Whether it does not stand beside its shape, so that a line joins them.
    """

    box: PixelBox
    align: Align
    is_away: bool = False


def label_marks(
    page: MarkMetrics, labels: Sequence[ShapeLabel], color: Color, others: DisplayList = ()
) -> list[Text | Path]:
    """Write a label for each shape that is shown, after the lines that lead to labels further away.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    labels : sequence of ShapeLabel
    color : tuple of int
    others : tuple of Mark
        What is drawn besides and takes more than the corners and edges of the pane usually hold.
    """
    leaders: list[Text | Path] = []
    texts: list[Text | Path] = []
    for one, placed in zip(labels, place_labels(page, labels, others), strict=True):
        if placed is None or not one.is_shown:
            continue
        box, align = placed.box, placed.align
        x = {"left": box.left, "middle": (box.left + box.right) / 2, "right": box.right}[align]
        first = box.top + page.cap
        texts += [Text(x, first + n * page.step, line, page.size, color, align) for n, line in enumerate(one.lines)]
        if placed.is_away:
            way = _leader(page, one, box)
            leaders += [Path(way, width=page.line + 2, color=SHADE, opacity=0.7)] if way else []
            leaders += [Path(way, width=page.line, color=color, opacity=0.9)] if way else []
    return [*leaders, *texts]


def place_labels(
    page: MarkMetrics, labels: Sequence[ShapeLabel], others: DisplayList = ()
) -> tuple[PlacedLabel | None, ...]:
    """Return where labels stand; None for a shape that is out of sight.

    Those that a hand has put somewhere stand there. Each of the others stands beside its shape or off one of its
    corners, where it covers least of shapes, texts and the labels before it that are seen with it on any slice; where
    it would cover something everywhere there, further away. So it moves only when its place is taken, and is where it
    was as soon as that is free again.

    Parameters
    ----------
    page, labels, others
        As of :func:`label_marks`.
    """
    area = PixelBox(page.pad, page.pad, page.right, page.bottom)
    own = [PixelBox(*(one.shape.min(0) - 1), *(one.shape.max(0) + 1)) for one in labels]
    fixed, texts = _boxes(_written(page)), _boxes([mark_box(one) for one in others])
    pieces = [_pieces(one, box, _PIECE * page.size) for one, box in zip(labels, own, strict=True)]
    placed: list[PlacedLabel | None] = [None] * len(labels)
    # First what a hand has put somewhere: that decides, whatever was drawn before.
    for number in sorted(range(len(labels)), key=lambda n: labels[n].place is None):
        one = labels[number]
        if not own[number].common(area):
            continue
        if one.place is not None:
            placed[number] = _by_hand(page, area, one)
            continue
        beside = [n for n, other in enumerate(labels) if n != number and one.is_seen_with(other)]
        taken = np.concatenate([fixed, _boxes([own[number]]), *(pieces[n] for n in beside)])
        if one.drawn is not None and len(one.drawn) > 1:
            taken = np.concatenate([taken, pieces[number]])
        near = _boxes([_widened(page, there.box) for n in beside if (there := placed[n]) is not None])
        written = np.concatenate([texts, near])
        placed[number] = _best(page, area, one, own[number], (taken, written))
    return tuple(placed)


def _best(
    page: MarkMetrics, area: PixelBox, one: ShapeLabel, own: PixelBox, taken: tuple[_Boxes, _Boxes]
) -> PlacedLabel:
    """Return where a label covers least of boxes, and of those of texts, which count more."""

    def cost(box: PixelBox) -> float:
        return _common(box, taken[0]) + OTHER_LABEL * _common(box, taken[1]) + OWN_SHAPE * box.common(own)

    least, best = min(
        ((cost(box), PlacedLabel(box, align)) for box, align in _candidates(page, area, one, _GAP)),
        key=lambda found: found[0],
    )
    for away, gap in enumerate(_FURTHER, 1):
        spared = away * _STEP_AWAY * page.size**2
        if least <= spared:  # nothing further away can be better
            break
        for box, align in _candidates(page, area, one, gap):
            if (found := cost(box) + spared) < least:
                least, best = found, PlacedLabel(box, align, is_away=True)
    return best


def _widened(page: MarkMetrics, box: PixelBox) -> PixelBox:
    free = page.step - page.cap  # as from line to line
    return PixelBox(box.left - free, box.top - free, box.right + free, box.bottom + free)


def _boxes(boxes: Sequence[PixelBox]) -> _Boxes:
    return np.array([(one.left, one.top, one.right, one.bottom) for one in boxes], np.float64).reshape(-1, 4)


def _common(box: PixelBox, boxes: _Boxes) -> float:
    """Return the area that a box shares with others, summed, in square pixels."""
    across = np.minimum(box.right, boxes[:, 2]) - np.maximum(box.left, boxes[:, 0])
    down = np.minimum(box.bottom, boxes[:, 3]) - np.maximum(box.top, boxes[:, 1])
    return float(np.maximum(across, 0) @ np.maximum(down, 0))


def _pieces(one: ShapeLabel, own: PixelBox, longest: float) -> _Boxes:
    """Return the boxes that labels of other shapes keep clear of: of an oblique line only what is near it."""
    if one.drawn is None:
        return _boxes([own])
    parts = []
    for begin, end in zip(one.drawn[:-1], one.drawn[1:], strict=True):
        count = int(np.clip(np.ceil(np.hypot(*(end - begin)) / longest), 1, 1000))
        points = begin + np.linspace(0, 1, count + 1)[:, None] * (end - begin)
        low, high = np.minimum(points[:-1], points[1:]) - 1, np.maximum(points[:-1], points[1:]) + 1
        parts.append(np.concatenate([low, high], axis=1))
    return np.concatenate(parts) if parts else _boxes([own])


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


def _candidates(page: MarkMetrics, area: PixelBox, one: ShapeLabel, gap: float) -> list[tuple[PixelBox, Align]]:
    """Return the boxes in which a label may stand so many text sizes from its shape, all within the area."""
    shape = one.shape
    wide, high = _size(page, one.lines)
    gap *= page.size
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


def _by_hand(page: MarkMetrics, area: PixelBox, one: ShapeLabel) -> PlacedLabel:
    """Return where a label stands around its middle, within the area."""
    assert one.place is not None
    (wide, high), (x, y) = _size(page, one.lines), one.place.tolist()
    box = PixelBox(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2).within(area)
    begin, end = np.array(_ends(one, box))
    return PlacedLabel(box, "middle", bool(np.hypot(*(end - begin)) > _LEADER * page.size))


def _ends(one: ShapeLabel, box: PixelBox) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the point of a shape nearest to the middle of a box, and that of the box nearest to it."""
    middle = np.array([(box.left + box.right) / 2, (box.top + box.bottom) / 2])
    shape = one.shape if len(one.shape) > 1 else np.repeat(one.shape, 2, axis=0)
    begin = nearest_on_line(shape, middle, closed=one.is_closed)
    return begin, np.clip(begin, (box.left, box.top), (box.right, box.bottom))


def _leader(page: MarkMetrics, one: ShapeLabel, box: PixelBox) -> tuple[tuple[float, float], ...]:
    """Return the ends of the line from a shape to its label; none where the label lies over it."""
    begin, end = _ends(one, _widened(page, box))
    if np.hypot(*(end - begin)) < 2:
        return ()
    return tuple((float(x), float(y)) for x, y in (begin, end))


def _size(page: MarkMetrics, lines: tuple[str, ...]) -> tuple[float, float]:
    """Return width and height of the box that lines of text take."""
    return LETTER_WIDE * page.size * max(map(columns_of, lines)), page.step * (len(lines) - 1) + page.cap
