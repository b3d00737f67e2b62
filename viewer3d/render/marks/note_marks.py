"""List the signs of a pane whose data were mended, or that shows less than they hold.

They stand in its upper left corner, where nothing else is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from viewer3d.core.notes.note import Note
from viewer3d.render.marks.boxes import PixelBox, mark_box
from viewer3d.render.marks.display_list import MUTED, SHADE, Area, Color, DisplayList, Mark, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.typesetting import text_width

MENDED: Final[Color] = (226, 122, 0)
"""Orange: 3.0 times as dark as white and 7 times as bright as black (WCAG 2.2, 1.4.11), so it is one on any page."""

LEAST_SIDE: Final = 9
"""Text sizes in a pane's shorter side below which signs are dots."""

_HEIGHT: Final = 0.95
"""Of a sign, in text sizes: a little more than a capital letter's."""

_GAP: Final = 0.55
"""Before a sign, in text sizes; its number stands at half of it."""

_SAME_LINE: Final = 1.3
"""Text sizes between two texts that are one line of a corner."""

_LETTER_ROOM: Final = 1.8
"""From the middle of the upper edge, in text sizes: what the three letters of an oblique plane take, and a gap."""

_MOST_ROWS: Final = 6
"""Lines of the corner that signs may stand after."""


@dataclass(frozen=True)
class PaneNotes:
    """What a pane tells of the data it shows.

    Attributes
    ----------
    marked : tuple of Note
        Of what changed where things are or what they mean.
    not_shown : tuple of Note
        Of what the data hold and the pane does not show.
    written : tuple of Note
        More of these, which the pane says in words where it is not small: they need no sign.
    """

    marked: tuple[Note, ...] = ()
    not_shown: tuple[Note, ...] = ()
    written: tuple[Note, ...] = ()

    def with_more(self, not_shown: Sequence[Note], written: Sequence[Note] = ()) -> PaneNotes:
        """Return these notes and more on what is not shown."""
        return PaneNotes(self.marked, (*self.not_shown, *not_shown), (*self.written, *written))

    def joined(self, other: PaneNotes) -> PaneNotes:
        """Return these notes and those of another pane, each sentence once."""
        pairs = zip(
            (self.marked, self.not_shown, self.written), (other.marked, other.not_shown, other.written), strict=True
        )
        return PaneNotes(*(tuple(dict.fromkeys((*one, *two))) for one, two in pairs))

    @property
    def missing(self) -> tuple[Note, ...]:
        """All notes on what the pane does not show."""
        return (*self.not_shown, *self.written)


NO_NOTES: Final = PaneNotes()

NOWHERE: Final = PixelBox(0, 0, 0, 0)
"""The box of no sign."""


@dataclass(frozen=True)
class PlacedNotes:
    """Notes on a pane with the box of their signs.

    Attributes
    ----------
    notes : PaneNotes
    box : PixelBox
        In the pixels of the pane.
    marks : tuple of Mark
    """

    notes: PaneNotes
    box: PixelBox = NOWHERE
    marks: DisplayList = ()


def place_notes(page: MarkMetrics, notes: PaneNotes, others: DisplayList) -> PlacedNotes:
    """List the signs of a pane's notes.

    A triangle stands for what was mended or assumed, a crossed ring for what is not shown; a number says of how many.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    notes : PaneNotes
    others : tuple of Mark
        What is drawn over the pane otherwise: the signs stand after the first line in its upper left corner, or below
        where there is no room.

    Returns
    -------
    PlacedNotes
        With an empty box and no marks where there is nothing to tell.
    """
    if not notes.marked and not notes.not_shown:
        return PlacedNotes(notes)
    low, middle = page.pad + page.cap + (_MOST_ROWS + 1) * page.step, page.width / 2
    corner = (one for one in others if isinstance(one, Text) and one.y < low and one.x < middle and one.align == "left")
    return _placed(page, notes, tuple(corner))


@lru_cache(maxsize=64)
def _placed(page: MarkMetrics, notes: PaneNotes, texts: tuple[Text, ...]) -> PlacedNotes:
    # Kept while what stands in the corner stays.
    signs = [(which, len(told)) for which, told in enumerate((notes.marked, notes.not_shown)) if told]
    is_small = min(page.width, page.height) < LEAST_SIDE * page.size
    widths = [_sign_width(page, 1 if is_small else count, is_small=is_small) for _, count in signs]
    gap = _GAP * page.size
    left, baseline = _place(page, texts, sum(widths) + gap * (len(widths) - 1))
    marks: list[Mark] = []
    column = left
    for (which, count), wide in zip(signs, widths, strict=True):
        if is_small:
            marks += _dot(column, baseline, page, MUTED if which else MENDED)
        else:
            marks += (_ring if which else _triangle)(column, baseline, page)
            if count > 1:
                at = column + _HEIGHT * page.size + gap / 2
                marks.append(Text(round(at), baseline, str(count), page.size, MUTED if which else MENDED))
        column += wide + gap
    margin = 0.45 * page.size
    box = PixelBox(left - margin, baseline - page.cap - margin, column - gap + margin, baseline + margin)
    return PlacedNotes(notes, box, tuple(marks))


def _sign_width(page: MarkMetrics, count: int, *, is_small: bool) -> float:
    if is_small:
        return 0.5 * page.size
    number = _GAP / 2 * page.size + text_width(str(count), page.size) if count > 1 else 0.0
    return _HEIGHT * page.size + number


def _place(page: MarkMetrics, texts: Sequence[Text], wide: float) -> tuple[float, float]:
    """Return the left end and the baseline of signs of a width."""
    first = page.pad + page.cap
    limit = page.width / 2 - _LETTER_ROOM * page.size
    for row in range(_MOST_ROWS):
        baseline = first + row * page.step
        end = _line_end(page, texts, baseline)
        left = page.pad if end is None else end + _GAP * page.size
        if end is None or left + wide <= limit:
            return round(left), baseline
    return page.pad, first + _MOST_ROWS * page.step


def _line_end(page: MarkMetrics, texts: Sequence[Text], baseline: float) -> float | None:
    """Return where a line ends that begins at a pane's left edge; None where there is none."""
    boxes = [mark_box(text) for text in texts if baseline - 0.1 <= text.y <= baseline + 0.6 * page.size]
    end: float | None = None
    for box in sorted(boxes, key=lambda one: one.left):
        if box.left > (page.pad if end is None else end + _SAME_LINE * page.size) + 1:
            break
        end = box.right if end is None else max(end, box.right)
    return end


def _triangle(left: float, baseline: float, page: MarkMetrics) -> tuple[Mark, ...]:
    # With an exclamation mark, as ISO 7010 W001 has it.
    high = wide = _HEIGHT * page.size
    middle = left + wide / 2
    rim = 0.9 * page.line + 0.3
    stem, top, end, point = 0.07 * page.size, 0.62 * high, 0.3 * high, 0.16 * high

    def corners(more: float) -> tuple[tuple[float, float], ...]:
        low = baseline + more
        return (
            (middle - wide / 2 - 1.4 * more, low),
            (middle + wide / 2 + 1.4 * more, low),
            (
                middle,
                baseline - high - 1.6 * more,
            ),
        )

    def bar(first: float, last: float) -> Area:
        ends = ((-stem, first), (stem, first), (stem, last), (-stem, last))
        return Area(tuple((middle + x, baseline - y) for x, y in ends), SHADE)

    return Area(corners(rim), SHADE), Area(corners(0), MENDED), bar(top, end), bar(point, point - 2.2 * stem)


def _ring(left: float, baseline: float, page: MarkMetrics) -> tuple[Mark, ...]:
    # Crossed from the lower left to the upper right, as the sign of an empty set: what is not there. As areas, which
    # are kept drawn.
    across, down = left + _HEIGHT * page.size / 2, baseline - page.cap / 2
    radius, pen = 0.42 * page.size, page.line / 2

    def band(half: float) -> Area:
        around = _circle(across, down, radius + half)
        inner = _circle(across, down, max(radius - half, 0.5))
        return Area((*around, around[0], inner[0], *reversed(inner)), SHADE if half > pen else MUTED)

    def slash(half: float) -> Area:
        reach, side = 0.95 * radius, 0.7071 * half
        ends = ((-reach, reach, -side), (reach, -reach, -side), (reach, -reach, side), (-reach, reach, side))
        return Area(tuple((across + x + o, down + y + o) for x, y, o in ends), SHADE if half > pen else MUTED)

    return band(pen + 1), slash(pen + 1), band(pen), slash(pen)


def _dot(left: float, baseline: float, page: MarkMetrics, color: Color) -> tuple[Mark, ...]:
    radius = 0.22 * page.size
    across, down = left + radius, baseline - page.cap / 2
    return Area(_circle(across, down, radius + 1), SHADE), Area(_circle(across, down, radius), color)


_EIGHTHS: Final = (
    (1.0, 0.0), (0.9239, 0.3827), (0.7071, 0.7071), (0.3827, 0.9239), (0.0, 1.0), (-0.3827, 0.9239),
    (-0.7071, 0.7071), (-0.9239, 0.3827), (-1.0, 0.0), (-0.9239, -0.3827), (-0.7071, -0.7071), (-0.3827, -0.9239),
    (0.0, -1.0), (0.3827, -0.9239), (0.7071, -0.7071), (0.9239, -0.3827),
)  # fmt: skip
"""Sixteen points of a circle."""


def _circle(across: float, down: float, radius: float) -> tuple[tuple[float, float], ...]:
    return tuple((across + radius * x, down + radius * y) for x, y in _EIGHTHS)
