"""Notes over the picture: what was just done, what went wrong, and how far loading is."""

from __future__ import annotations

from viewer3d.app.task import Step
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, DisplayList, Line, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.typesetting import columns_of, wrapped

_LARGEST_NOTE, _LARGEST_PROGRESS = 16, 15
"""Pixels: largest text of a note, and of the words at the progress bar."""

_LINE_HEIGHT = 1.6
"""From line to line, in text sizes."""

_NOTE_OPACITY = 0.85
"""Of the panel behind a note: a note is read over a readout too."""

_BAR_WIDTH = 18
"""Width of the progress bar, in text sizes."""

_STAGES = {
    "headers": "Reading headers",
    "slices": "Reading slices",
    "regions": "Reading segments or contours",
    "masks": "Filling contours",
}
"""The words for the stages that the loader reports."""

BAR_MIDDLE, BAR_LOW = 0.5, 0.93
"""Share of the height above the progress bar: where there is nothing else to see, and where there is."""


def note_marks(size: tuple[int, int], note: str, *, alone: bool = False) -> DisplayList:
    """List the marks of a note on a dark panel at the bottom, in lines where it is long.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    note : str
    alone : bool
        Whether there is nothing else to see: the note then stands in the middle and says which key closes.
    """
    width, height = size
    text = max(SMALLEST_TEXT, min(_LARGEST_NOTE, height // 60))
    room = max(8, int((width - 4 * text) / (LETTER_WIDE * text)))
    lines = wrapped(note, room, plain_words=True)
    half = LETTER_WIDE * text * max(map(columns_of, lines)) / 2 + text
    middle, high = (width - 1) / 2, round(_LINE_HEIGHT * text * len(lines)) + text // 2
    last = height // 2 if alone else height - 3 * text
    first = last - _LINE_HEIGHT * text * (len(lines) - 1)
    row = first - text + (high - 1) / 2
    return (
        Line(middle - half, row, middle + half, row, high, EMPTY, _NOTE_OPACITY),
        *(Text(middle, first + n * _LINE_HEIGHT * text, line, text, align="middle") for n, line in enumerate(lines)),
        *((Text(middle, last + 2 * _LINE_HEIGHT * text, "q closes", text - 2, MUTED, "middle"),) if alone else ()),
    )


def progress_marks(size: tuple[int, int], step: Step, share: float) -> DisplayList:
    """List the marks that say how far loading is, with a bar.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    step : Step
        The progress that was reported last.
    share : float
        Of the height, above the bar: :data:`BAR_MIDDLE` or :data:`BAR_LOW`.
    """
    text = max(SMALLEST_TEXT, min(_LARGEST_PROGRESS, size[1] // 60))
    wide = min(_BAR_WIDTH * text, size[0] - 2 * text)
    x, y = (size[0] - wide) / 2, min(share * size[1], size[1] - 4 * text)
    if wide < text:
        return ()
    counted = f"  {step.done:,} of {step.total:,}" if step.total else ""
    words = f"{_STAGES.get(step.stage, 'Looking for series')}{counted}"
    end = x + wide * step.share
    return (
        Text(x, y - text, words, text),
        Text(x + wide, y + 2 * text, "Esc stops", text - 2, MUTED, "right"),
        Line(x, y, x + wide, y, 2, MUTED, 0.35),
        *((Line(x, y, end, y, 2, OFF_WHITE),) if end > x else ()),
    )
