"""Where the rows of the list of series lie in the panel, and how it scrolls, as pure functions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import Final, Literal, NamedTuple

from viewer3d.app.window.list_marks import ROW
from viewer3d.app.window.panel import ROW_HEIGHT, Panel, layers_height, panel_text_size, panel_width

RowKind = Literal["entry", "refused", "recent"]

_HEIGHTS: Final[dict[RowKind, float]] = {"entry": ROW_HEIGHT, "refused": 3.6, "recent": 3.6}
"""Heights of rows, in text sizes."""

HEADING: Final = 2.2
"""Height of the line above the first row of what cannot be shown, and of recent folders, in text sizes."""

BAR_COLUMNS: Final = 12
"""Width of the columns at the right of the panel in which the scroll bar is taken hold of: what a hand hits."""

_LEAST_THUMB: Final = 24
"""Height of the part of the scroll bar that is dragged, at least."""


class Thumb(NamedTuple):
    """The part of a scroll bar that is dragged: rows of pixels of the desktop window."""

    top: float
    height: float


def row_kind(panel: Panel, row: int) -> tuple[RowKind, int]:
    """Return what a row of the list is of, and the number of it among those."""
    if row < panel.count:
        return "entry", row
    row -= panel.count
    return ("refused", row) if row < panel.refused else ("recent", row - panel.refused)


def row_tops(panel: Panel, size: tuple[int, int]) -> tuple[int, ...]:
    """Return where each row of the list begins, and the last one ends, in pixels from its top."""
    return _tops(panel.count, panel.refused, panel.recent, panel_text_size(size))


@lru_cache(maxsize=16)
def _tops(count: int, refused: int, recent: int, text: int) -> tuple[int, ...]:
    heights = [round(_HEIGHTS["entry"] * text)] * count
    kinds: tuple[tuple[RowKind, int], ...] = (("refused", refused), ("recent", recent))
    for kind, number in kinds:
        high = round(_HEIGHTS[kind] * text)
        heights += [high + round(HEADING * text), *[high] * (number - 1)][:number]
    return tuple(accumulate(heights, initial=0))


def footer_height(panel: Panel, size: tuple[int, int]) -> int:
    """Return the height of the row at the bottom that opens another folder; 0 where none can be opened."""
    return min(round(ROW * panel_text_size(size)), size[1] // 3) if panel.can_open else 0


def list_ends(panel: Panel, size: tuple[int, int]) -> tuple[int, int]:
    """Return the rows of pixels of the desktop window at which the list begins and ends."""
    top = layers_height(panel, size)
    return top, max(size[1] - footer_height(panel, size), top)


def is_on_footer(panel: Panel, size: tuple[int, int], y: float) -> bool:
    """Return whether a row of pixels of the desktop window is in the row that opens another folder."""
    high = footer_height(panel, size)
    return high > 0 and size[1] - high <= y < size[1]


def row_at(panel: Panel, size: tuple[int, int], y: float) -> int | None:
    """Return the row of the list at a row of pixels of the desktop window; None where there is none."""
    (top, bottom), tops = list_ends(panel, size), row_tops(panel, size)
    if not top <= y < bottom:
        return None
    row = bisect_right(tops, y - top + tops[min(panel.first, panel.listed)]) - 1
    return row if row < panel.listed else None


def last_first(panel: Panel, size: tuple[int, int]) -> int:
    """Return the row that is at the top where the list is scrolled to its end."""
    return _first_that_shows(panel, size, panel.listed - 1)


def _first_that_shows(panel: Panel, size: tuple[int, int], row: int) -> int:
    # The first row at the top with which another one is whole in sight.
    (top, bottom), tops = list_ends(panel, size), row_tops(panel, size)
    return max(min(bisect_left(tops, tops[row + 1] - (bottom - top)), row), 0) if row >= 0 else 0


def with_row_in_sight(panel: Panel, size: tuple[int, int], row: int) -> Panel:
    """Return the panel with its list scrolled no further than a row needs to be whole in sight."""
    if not 0 <= row < panel.listed:
        return panel
    return replace(panel, first=min(max(panel.first, _first_that_shows(panel, size, row)), row))


def with_selection_moved(panel: Panel, size: tuple[int, int], steps: int) -> Panel:
    """Return the panel with a row selected that is so many further down, and scrolled to it."""
    selected = min(max(panel.selected + steps, 0), max(panel.listed - 1, 0))
    return with_row_in_sight(replace(panel, selected=selected), size, selected)


def with_scroll(panel: Panel, size: tuple[int, int], steps: int) -> Panel:
    """Return the panel with its list scrolled down by so many rows."""
    return replace(panel, first=min(max(panel.first + steps, 0), last_first(panel, size)))


def scroll_thumb(panel: Panel, size: tuple[int, int]) -> Thumb | None:
    """Return where the thumb of the scroll bar is; None where all rows are in sight."""
    (top, bottom), tops, last = list_ends(panel, size), row_tops(panel, size), last_first(panel, size)
    if last == 0 or bottom <= top:
        return None
    track = bottom - top
    high = min(max(track * track / tops[-1], _LEAST_THUMB), track)
    return Thumb(top + (track - high) * tops[min(panel.first, last)] / tops[last], high)


def is_on_scroll_bar(panel: Panel, size: tuple[int, int], x: float, y: float) -> bool:
    """Return whether a pixel of the desktop window is in the columns of a scroll bar."""
    (top, bottom), width = list_ends(panel, size), panel_width(size)
    return scroll_thumb(panel, size) is not None and width - BAR_COLUMNS <= x < width and top <= y < bottom


def grab_of(panel: Panel, size: tuple[int, int], y: float) -> float:
    """Return how far below the top of the thumb a hand takes it; by its middle from elsewhere."""
    thumb = scroll_thumb(panel, size)
    if thumb is None:
        return 0.0
    return y - thumb.top if thumb.top <= y < thumb.top + thumb.height else thumb.height / 2


def with_thumb_at(panel: Panel, size: tuple[int, int], y: float, grab: float) -> Panel:
    """Return the panel scrolled so that its thumb is where a hand drags it, to the nearest row."""
    thumb = scroll_thumb(panel, size)
    if thumb is None:
        return panel
    (top, bottom), tops, last = list_ends(panel, size), row_tops(panel, size), last_first(panel, size)
    wanted = (y - grab - top) / max(bottom - top - thumb.height, 1) * tops[last]
    after = min(bisect_left(tops, wanted), last)
    is_before_nearer = after > 0 and wanted - tops[after - 1] < tops[after] - wanted
    return replace(panel, first=after - is_before_nearer)
