"""The list of measurements: shown over the window, copied and saved."""

from __future__ import annotations

from pathlib import Path

from viewer3d.core.files import free_paths
from viewer3d.core.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError
from viewer3d.measurements.results import Results
from viewer3d.measurements.table import row_of, save_measurements, to_csv
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, DisplayList, Line, Mark, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.measurements import COLOR
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.typesetting import shortened

LARGEST_TEXT = 14

LINE = 1.6
"""From line to line, of the text size."""

COLUMNS = (2.5, 7.5, 11)
"""Text sizes that the columns of a measurement's place in the list, its kind and its name take."""

MOST_SHARE = 0.5
"""Of the window's height that the list takes, the latest rows if not all."""

PANEL_OPACITY = 0.92

HELP = "F2 names   Delete deletes   Ctrl + c copies   Ctrl + e saves   M closes"

NOTHING = "nothing is measured yet: press d, n, e, w or p in a slice"


def list_marks(size: tuple[int, int], measurements: tuple[Measurement, ...], results: Results) -> DisplayList:
    """List measurements with their names, kinds and numbers, at the bottom of the window.

    Parameters
    ----------
    size : tuple of int
        Width and height of the window in pixels.
    measurements : tuple of Measurement
    results : Results
        Of the volume they are on.
    """
    width, height = size
    text = max(SMALLEST_TEXT, min(LARGEST_TEXT, height // 60))
    step = LINE * text
    most = max(1, int(MOST_SHARE * height / step) - 3)
    first = max(0, len(measurements) - most)
    title = f"Measurements, the last {most} of {len(measurements)}" if first else "Measurements"
    starts = [text, *(text * (1 + sum(COLUMNS[: n + 1])) for n in range(len(COLUMNS)))]
    room = int((width - starts[-1] - text) / (LETTER_WIDE * text))
    lines: list[list[tuple[float, str, tuple[int, int, int]]]] = [[(starts[0], title, OFF_WHITE)]]
    for number, one in enumerate(measurements[first:], first + 1):
        cells = (str(number), one.kind, _cut(one.name, COLUMNS[2]), _fitted(results.of(one).texts, room))
        lines.append([(x, cell, COLOR if n else MUTED) for n, (x, cell) in enumerate(zip(starts, cells, strict=True))])
    lines.append([(starts[0], HELP if measurements else NOTHING, MUTED)])
    high = round(step * (len(lines) + 0.6))
    top = height - 5 * text - high
    panel = Line(0, top + (high - 1) / 2, width - 1, top + (high - 1) / 2, high, EMPTY, PANEL_OPACITY)
    marks: list[Mark] = [panel]
    for row, cells_of_row in enumerate(lines, 1):
        marks += [Text(x, top + step * row, cell, text, color) for x, cell, color in cells_of_row if cell]
    return tuple(marks)


def _cut(name: str, wide: float) -> str:
    return shortened(name, int(wide / LETTER_WIDE) - 1)


def _fitted(texts: tuple[str, ...], room: int) -> str:
    # As many as there is room for, the first in any case.
    joined = texts[0]
    for text in texts[1:]:
        longer = f"{joined}   {text}"
        if len(longer) > room:
            break
        joined = longer
    return joined


def copy_list(measurements: tuple[Measurement, ...], results: Results) -> str:
    """Copy measurements and their numbers to the clipboard, with tabs between; returns a note of what was done.

    Raises
    ------
    OutputError
        When there is no clipboard here.
    """
    import pyperclip  # type: ignore[import-untyped]  # noqa: PLC0415 (only who copies needs it)

    if not measurements:
        return NOTHING
    try:
        pyperclip.copy(to_csv((row_of(one, results.of(one)) for one in measurements), "\t"))
    except pyperclip.PyperclipException:
        raise OutputError(
            "no program for the clipboard is here: apt-get install xclip (on Wayland wl-clipboard) and start again"
        ) from None
    return f"copied {len(measurements)} measurements"


def save_list(volume: Volume, measurements: tuple[Measurement, ...], folder: Path) -> str:
    """Save measurements and their numbers as JSON and CSV; returns a note of what was done.

    Raises
    ------
    OutputError
        When they cannot be written there.
    """
    if not measurements:
        return NOTHING
    paths = free_paths(folder, "viewer3d-measurements", (".json", ".csv"))
    for path in paths:
        save_measurements(volume, measurements, path)
    return f"saved {paths[0]} and {paths[1].suffix}"
