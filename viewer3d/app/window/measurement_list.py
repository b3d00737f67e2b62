"""The list of measurements that is shown over the picture."""

from __future__ import annotations

from viewer3d.core.view.measurement import Measurement
from viewer3d.measurements.cache import MeasurementCache
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, DisplayList, Line, Mark, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.measurements import COLOR
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.typesetting import shortened

NOTHING = "nothing is measured yet: press d, n, e, w, p, E, Q or X in a slice"

_HELP = "F2 names   Delete deletes   Ctrl + c copies   Ctrl + e saves   M closes"

_LARGEST_TEXT = 14

_LINE_HEIGHT = 1.6
"""From line to line, in text sizes."""

_COLUMNS = (2.5, 7.5, 11)
"""Widths of the columns of number, kind and name, in text sizes."""

_MOST_SHARE = 0.5
"""Share of the height that the list takes at most; then it has the latest rows."""

_PANEL_OPACITY = 0.92


def list_marks(size: tuple[int, int], measurements: tuple[Measurement, ...], results: MeasurementCache) -> DisplayList:
    """List the marks of a list of measurements, with names, kinds and numbers, at the bottom.

    Parameters
    ----------
    size : tuple of int
        Width and height of the picture in pixels.
    measurements : tuple of Measurement
    results : Results
        Those of the volume that was measured.
    """
    width, height = size
    text = max(SMALLEST_TEXT, min(_LARGEST_TEXT, height // 60))
    step = _LINE_HEIGHT * text
    most = max(1, int(_MOST_SHARE * height / step) - 3)
    first = max(0, len(measurements) - most)
    title = f"Measurements, the last {most} of {len(measurements)}" if first else "Measurements"
    starts = [text, *(text * (1 + sum(_COLUMNS[: n + 1])) for n in range(len(_COLUMNS)))]
    room = int((width - starts[-1] - text) / (LETTER_WIDE * text))
    lines: list[list[tuple[float, str, tuple[int, int, int]]]] = [[(starts[0], title, OFF_WHITE)]]
    for number, one in enumerate(measurements[first:], first + 1):
        cells = (str(number), one.kind, _cut(one.name, _COLUMNS[2]), _fitted(results.texts(one), room))
        lines.append([(x, cell, COLOR if n else MUTED) for n, (x, cell) in enumerate(zip(starts, cells, strict=True))])
    lines.append([(starts[0], _HELP if measurements else NOTHING, MUTED)])
    high = round(step * (len(lines) + 0.6))
    top = height - 5 * text - high
    panel = Line(0, top + (high - 1) / 2, width - 1, top + (high - 1) / 2, high, EMPTY, _PANEL_OPACITY)
    marks: list[Mark] = [panel]
    for row, cells_of_row in enumerate(lines, 1):
        marks += [Text(x, top + step * row, cell, text, color) for x, cell, color in cells_of_row if cell]
    return tuple(marks)


def _cut(name: str, wide: float) -> str:
    return shortened(name, int(wide / LETTER_WIDE) - 1)


def _fitted(texts: tuple[str, ...], room: int) -> str:
    # As many as there is room for, the first in any case.
    joined = texts[0] if texts else ""
    for text in texts[1:]:
        longer = f"{joined}   {text}"
        if len(longer) > room:
            break
        joined = longer
    return joined
