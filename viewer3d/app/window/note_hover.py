"""Name the notes of a pane where one points at their signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from viewer3d.core.notes.note import Note
from viewer3d.core.view.planes import PaneName
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, Color, DisplayList, Line, Mark, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.metrics import SMALLEST_TEXT, MarkMetrics
from viewer3d.render.marks.note_marks import MENDED, PaneNotes, PlacedNotes
from viewer3d.render.marks.typesetting import text_width, wrapped
from viewer3d.render.panes import Rect

NOTE_COLUMNS: Final = 58
"""Letters of a line, where there is room: a sentence that is read at a glance."""

LINES_OF_ONE: Final = 4
"""Lines of a note; what is longer ends in dots, and `viewer3d info` has all of it."""

MOST_NAMED: Final = 6

_OPACITY: Final = 0.9
"""Of the ground: a note is read over bone too."""

_HEADS: Final = ("Mended or assumed:", "Missing or reduced:")


def hover_marks(
    signs: Mapping[PaneName, PlacedNotes],
    rects: Mapping[PaneName, Rect],
    size: tuple[int, int],
    pointer: tuple[float, float],
) -> DisplayList:
    """List the notes whose signs the pointer is at, below it, in the pixels of the picture.

    Parameters
    ----------
    signs : mapping
        Of each pane, see :func:`viewer3d.render.scene.signs_of`.
    rects : mapping
        Where the panes lie in the picture.
    size : tuple of int
        Width and height of the picture in pixels.
    pointer : tuple of float
        Column and row in the picture.

    Returns
    -------
    tuple of Mark
        None where there is no sign.
    """
    for name, rect in rects.items():
        placed = signs.get(name)
        if placed is not None and placed.box.contains(pointer[0] - rect.left, pointer[1] - rect.top):
            page = MarkMetrics(rect.width, rect.height, is_alone=len(rects) == 1)
            left, top = rect.left + placed.box.left, rect.top + placed.box.bottom
            return _panel(placed.notes, size, (left, top), max(SMALLEST_TEXT, page.size))
    return ()


def _panel(notes: PaneNotes, size: tuple[int, int], corner: tuple[float, float], text: int) -> DisplayList:
    """List the marks of a panel below a corner, moved into the picture."""
    room = max(12, min(NOTE_COLUMNS, int((size[0] - 4 * text) / (LETTER_WIDE * text))))
    lines: list[tuple[str, Color]] = []
    for head, color, told in zip(_HEADS, (MENDED, MUTED), (notes.marked, notes.missing), strict=True):
        if told:
            lines += [(head, color), *_lines(told, room)]
    step = round(1.45 * text)
    wide = max(text_width(line, text) for line, _ in lines) + 1.6 * text
    high = step * len(lines) + text
    left = min(max(corner[0], 0.0), max(size[0] - 1 - wide, 0.0))
    top = min(corner[1] + 0.3 * text, max(size[1] - 1 - high, 0.0))
    middle = top + high / 2
    marks: list[Mark] = [Line(left, middle, left + wide, middle, round(high), EMPTY, _OPACITY)]
    for number, (line, color) in enumerate(lines):
        baseline = round(top + 0.5 * text + (number + 0.75) * step)
        marks.append(Text(round(left + 0.8 * text), baseline, line, text, color))
    return tuple(marks)


def _lines(notes: tuple[Note, ...], room: int) -> list[tuple[str, Color]]:
    found: list[tuple[str, Color]] = []
    for note in notes[:MOST_NAMED]:
        broken = wrapped(note, room - 2, plain_words=True)
        if len(broken) > LINES_OF_ONE:
            broken = [*broken[: LINES_OF_ONE - 1], f"{broken[LINES_OF_ONE - 1][: room - 4]} …"]
        found += [(f"  {line}" if number else f"- {line}", OFF_WHITE) for number, line in enumerate(broken)]
    if len(notes) > MOST_NAMED:
        found.append((f"  and {len(notes) - MOST_NAMED} more", MUTED))
    return found
