"""Draw the list of series in the panel, with what cannot be shown and recent folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.window.list_marks import eye_marks
from viewer3d.app.window.panel import ROW_HEIGHT, Panel, panel_text_size, panel_width
from viewer3d.app.window.series.series_list import (
    BAR_COLUMNS,
    HEADING,
    footer_height,
    list_ends,
    row_kind,
    row_tops,
    scroll_thumb,
)
from viewer3d.render.display.device_pixels import DelayedRasterizer, paste_image
from viewer3d.render.marks.display_list import (
    EMPTY,
    MUTED,
    OFF_WHITE,
    PLANE_COLORS,
    Color,
    DisplayList,
    Line,
    Mark,
    Text,
)
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.metrics import CAP_HEIGHT, SMALLEST_TEXT
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import fitted, fitted_end, text_width, wrapped

if TYPE_CHECKING:
    from viewer3d.dicom.series.catalog import CatalogEntry, CatalogObject, CatalogRefusal

_SELECTED: Final[Color] = (30, 32, 36)
"""Background of the row that Return is for."""

_OPENED: Final[Color] = (24, 25, 29)
"""Background of the row that is shown."""

_EDGE: Final[Color] = (38, 40, 44)
"""Line at the right of the panel, coloured as that between panes."""

_BOX: Final[Color] = (20, 21, 24)
"""Background of a thumbnail that is not there yet."""

_DIM: Final[Color] = (112, 115, 121)
"""Text of what cannot be opened."""

_THUMB: Final[Color] = (84, 88, 96)
"""Of the scroll bar."""

_MARK: Final = 3
"""Columns of the mark of a row that is shown, and of one beside it."""

_EYE_ROOM: Final = 2.4
"""Columns at the right of a row with an eye that texts leave free, in text sizes."""

_TIP_GROUND: Final[Color] = (28, 30, 35)
_TIP_LETTERS: Final = 56
"""Width of a line of the tip, in letters."""

REFUSED_HEADING: Final = "cannot be shown"
RECENT_HEADING: Final = "opened before"

Thumbnail = NDArray[np.uint8]


@dataclass(frozen=True)
class SeriesRows:
    """What the rows of the list are of.

    Attributes
    ----------
    entries : sequence of CatalogEntry or CatalogObject
    thumbnails : sequence of ndarray of uint8 or None
        Of each entry; None where there is none yet.
    refused : sequence of CatalogRefusal
    recent : sequence of str
        Paths of folders that were opened before.
    opens : str
        What the last row says that opens another folder.
    key : str
        Its key; empty for none.
    """

    entries: Sequence[CatalogEntry | CatalogObject] = ()
    thumbnails: Sequence[Thumbnail | None] = ()
    refused: Sequence[CatalogRefusal] = ()
    recent: Sequence[str] = ()
    opens: str = ""
    key: str = ""


def row_texts(panel: Panel, rows: SeriesRows, row: int) -> tuple[str, ...]:
    """Return the lines of a row of the list, in full: of refusals the reason in words."""
    kind, number = row_kind(panel, row)
    if kind == "recent":
        path = PurePath(rows.recent[number])
        return path.name or str(path), str(path.parent)
    if kind == "refused":
        refusal = rows.refused[number]
        return f"{refusal.title}   {refusal.size}".removeprefix("-   "), refusal.description
    entry = rows.entries[number]
    return tuple(line for line in (entry.title, entry.description, entry.size) if line)


def numbered_alike(
    entries: Sequence[CatalogEntry | CatalogObject],
) -> tuple[CatalogEntry | CatalogObject, ...]:
    """Return entries, with numbers in those whose texts are the same as of others."""
    texts = [(one.title, one.description, one.size) for one in entries]
    counts, seen = Counter(texts), Counter[tuple[str, str, str]]()
    listed: list[CatalogEntry | CatalogObject] = []
    for one, text in zip(entries, texts, strict=True):
        seen[text] += 1
        number = f"({seen[text]} of {counts[text]} alike)"
        listed.append(one if counts[text] == 1 else replace(one, description=f"{one.description} {number}".strip()))
    return tuple(listed)


def draw_panel(panel: Panel, size: tuple[int, int], rows: SeriesRows, raster: Rasterizer) -> NDArray[np.uint8]:
    """Draw the list of the panel and return its picture, empty where the layers are.

    Parameters
    ----------
    panel : Panel
    size : tuple of int
        Width and height of the desktop window in pixels.
    rows : SeriesRows
    raster : Rasterizer

    Returns
    -------
    ndarray of uint8, shape (height of the window, width of the panel, 3)
    """
    width, text = panel_width(size), panel_text_size(size)
    (above, bottom), tops = list_ends(panel, size), row_tops(panel, size)
    picture = np.empty((size[1], width, 3), np.uint8)
    picture[...] = EMPTY
    whole = picture[:bottom]
    thumb = scroll_thumb(panel, size)
    right = _right_end(panel, size)
    for row in range(min(panel.first, panel.listed), panel.listed):
        top = above + tops[row] - tops[panel.first]
        if top >= bottom:
            break
        part = whole[top : top + tops[row + 1] - tops[row]]
        kind, number = row_kind(panel, row)
        if number == 0 and kind != "entry":
            high = round(HEADING * text)
            heading = REFUSED_HEADING if kind == "refused" else RECENT_HEADING
            raster.draw(part[:high], _heading_marks(heading, right, high, text))
            part = part[high:]
        _mark_row(part, panel, row)
        if kind == "entry":
            room = right - (_EYE_ROOM * text if row in panel.offered | panel.lying else 0)
            _draw_entry(part, rows, number, round(room), text=text, raster=raster)
            if row in panel.offered | panel.lying:
                middle, is_open = 0.5 * (tops[row + 1] - tops[row]) - 0.5, row in panel.lying
                raster.draw(part, eye_marks((right - 2.1 * text, right - 0.4 * text), middle, is_open=is_open))
        else:
            raster.draw(part, _small_row_marks(row_texts(panel, rows, row), right, text, is_open=kind == "recent"))
    if thumb is not None:
        x, first = width - 1 - BAR_COLUMNS // 2, thumb.top + 2
        raster.draw(whole, (Line(x, first, x, thumb.top + thumb.height - 3, 5, _THUMB),))
    _draw_footer(picture[size[1] - footer_height(panel, size) :], rows, text, raster)
    picture[:, -1:] = _EDGE
    return picture


def row_tip_marks(panel: Panel, size: tuple[int, int], rows: SeriesRows, wide: int) -> DisplayList:
    """List the marks beside the panel that say the whole of a selected row whose texts are cut.

    Parameters
    ----------
    panel : Panel
    size : tuple of int
        Width and height of the desktop window in pixels.
    rows : SeriesRows
    wide : int
        Width of the picture beside the panel in pixels.
    """
    (above, bottom), tops = list_ends(panel, size), row_tops(panel, size)
    row, text = panel.selected, panel_text_size(size)
    if not (panel.is_shown and panel.has_keys and panel.first <= row < panel.listed) or wide < 12 * text:
        return ()
    top = above + tops[row] - tops[panel.first]
    if top >= bottom or not _is_cut(panel, size, rows, row):
        return ()
    room = int(min(_TIP_LETTERS, (wide - 3 * text) / (LETTER_WIDE * text)))
    lines = [line for one in row_texts(panel, rows, row) if one for line in wrapped(one, room)]
    step, pad = 1.5 * text, 0.8 * text
    across = max(text_width(line, text) for line in lines) + 2 * pad
    high = round(step * len(lines) + pad)
    first = min(max(top, 2), max(size[1] - high - 2, 0))
    middle = first + (high - 1) / 2
    marks: list[Mark] = [Line(4, middle, 4 + across, middle, high, _TIP_GROUND, 0.96)]
    for turn, line in enumerate(lines):
        y = first + pad / 2 + (turn + 0.5) * step + CAP_HEIGHT * text / 2
        marks.append(Text(4 + pad, y, line, text, OFF_WHITE, outline=None))
    return tuple(marks)


def _is_cut(panel: Panel, size: tuple[int, int], rows: SeriesRows, row: int) -> bool:
    text, small = panel_text_size(size), max(SMALLEST_TEXT, panel_text_size(size) - 1)
    right = _right_end(panel, size) - (_EYE_ROOM * text if row in panel.offered | panel.lying else 0)
    left = _text_left(text) if row_kind(panel, row)[0] == "entry" else 1.5 * text
    lines = zip(row_texts(panel, rows, row), (text, small, small), strict=False)
    return any(text_width(line, one) > right - left for line, one in lines)


def _right_end(panel: Panel, size: tuple[int, int]) -> int:
    """Return the column of the panel at which its texts end: left of the scroll bar, if there is one."""
    return panel_width(size) - (BAR_COLUMNS if scroll_thumb(panel, size) else panel_text_size(size) // 2)


def _mark_row(part: NDArray[np.uint8], panel: Panel, row: int) -> None:
    if row == panel.opened:
        part[...] = _OPENED
    if panel.has_keys and row == panel.selected:
        part[...] = _SELECTED
    if row == panel.opened:
        part[:, :_MARK] = PLANE_COLORS["sagittal"]
    elif row in panel.beside:
        part[:, :_MARK] = [one // 2 for one in PLANE_COLORS["sagittal"]]


def _text_left(text: int) -> int:
    return round(ROW_HEIGHT * text) + 2 * (text // 2)


def _draw_entry(
    part: NDArray[np.uint8], rows: SeriesRows, number: int, right: int, *, text: int, raster: Rasterizer
) -> None:
    pad, thumbnail = text // 2, rows.thumbnails[number]
    side = round(ROW_HEIGHT * text) - 2 * pad
    box = part[pad : pad + side, 2 * pad : 2 * pad + side]
    box[...] = _BOX
    if thumbnail is not None:
        paste = raster.paste if isinstance(raster, DelayedRasterizer) else paste_image
        paste(box, thumbnail, side)
    left, entry, small = _text_left(text), rows.entries[number], max(SMALLEST_TEXT, text - 1)
    lines = ((entry.title, text, OFF_WHITE), (entry.description, small, MUTED), (entry.size, small, MUTED))
    told = [line for line in lines if line[0]]
    for n, (line, size, color) in enumerate(told):
        baseline = pad + (side - 3.4 * text) / 2 + CAP_HEIGHT * text + 1.35 * n * text
        raster.draw(part, (Text(left, baseline, fitted(line, size, right - left), size, color),))


def _small_row_marks(lines: Sequence[str], right: int, text: int, *, is_open: bool) -> DisplayList:
    small = max(SMALLEST_TEXT, text - 1)
    title, rest = lines
    colors = (OFF_WHITE, MUTED) if is_open else (_DIM, _DIM)
    room = right - 1.5 * text
    return (
        Text(text, 1.35 * text, fitted(title, text, room), text, colors[0]),
        Text(text, 2.75 * text, (fitted_end if is_open else fitted)(rest, small, room), small, colors[1]),
    )


def _heading_marks(words: str, right: int, high: int, text: int) -> DisplayList:
    small, middle = max(SMALLEST_TEXT, text - 2), high / 2
    begin = text + text_width(words, small) + 0.6 * text
    line = (Line(begin, middle, right, middle, 1, _EDGE),) if begin < right else ()
    return Text(text, middle + CAP_HEIGHT * small / 2, fitted(words, small, right - text), small, _DIM), *line


def _draw_footer(part: NDArray[np.uint8], rows: SeriesRows, text: int, raster: Rasterizer) -> None:
    if not part.size or not rows.opens:
        return
    part[...] = _BOX
    part[:1] = _EDGE
    middle, right = len(part) / 2 + CAP_HEIGHT * text / 2, part.shape[1] - text
    small = max(SMALLEST_TEXT, text - 1)
    key_wide = text_width(rows.key, small) + text if rows.key else 0.0
    has_room = right - text - key_wide > text_width(rows.opens, text)
    raster.draw(part, (Text(text, middle, fitted(rows.opens, text, right - text), text, OFF_WHITE),))
    if rows.key and has_room:
        raster.draw(part, (Text(right, middle, rows.key, small, MUTED, "right"),))
