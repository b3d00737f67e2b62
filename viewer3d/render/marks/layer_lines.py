"""List the lines over a slice pane of several layers: windows, values, members, placing.

In the lower left the layers stand as they lie over each other, the base lowest, as 3D Slicer and OHIF list foreground
over background. In the upper right stands what is to be known of each: its member, and what it was placed by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from viewer3d.render.marks.boxes import PixelBox, mark_box
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, DisplayList, Line, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.layer_labels import LayerLabel, Readout, most_important
from viewer3d.render.marks.metrics import BAR_SHARE, MarkMetrics
from viewer3d.render.marks.region_labels import RegionLabel, lines_of_regions, pointed_line, region_lines
from viewer3d.render.marks.typesetting import fitted, shortened, text_width
from viewer3d.render.marks.value_texts import index_text, point_text, value_text, window_texts

NAME_COLUMNS: Final = 16
"""Letters of a layer's name that are written where there is room."""

UNIT_COLUMNS: Final = 12
"""Letters of a unit that are written: ``g/ml{SUVlbm}``, one of the longest of PS3.16 CID 83 and 84."""

READOUT_COLUMNS: Final = 25
"""Letters of a value with its unit and the index of a voxel, for which there is room beside a name."""

BAR_ROWS: Final = 3
"""Rows of the upper right that members and placing leave to value bars."""

SPLIT_OPACITY: Final = 0.6
"""Of the line at which a layer begins: calmer than the crosshair, which is moved more often."""

_GAP: Final = 0.8
"""Between columns, of the text size."""

_NARROW_GAP: Final = 0.45
"""The same on pages, where all else does not fit."""

_LETTER_ROOM: Final = 1.8
"""From the middle of a pane's edge, in text sizes: what the three letters of an oblique plane take, and a gap."""

_PLACES: Final = ((NAME_COLUMNS, 0), (10, 0), (NAME_COLUMNS, 1), (10, 1), (6, 1), (4, 1))
"""How names are written, those that come first wherever all fits: letters of them, and rows that the lines stay above
the pane's lowest, in which the letter of the lower edge stands."""


@dataclass(frozen=True)
class _Table:
    # The lines of some layers, the lowest first: name, width, center with unit, and how it lies over those below. They
    # end before a column; where numbers change, columns stay where they are.
    page: MarkMetrics
    right: float
    rows: tuple[tuple[str, str, str, str], ...] = ()
    lift: int = 0
    is_still: bool = False
    has_letter: bool = True
    gap: float = _GAP

    @cached_property
    def columns(self) -> tuple[float, float, float, float]:
        # Where each begins.
        size, (names, widths, centers, _) = self.page.size, zip(*self.rows, strict=True)
        gap = self.gap * size
        first = self.page.pad + max(text_width(name, size) for name in names) + (gap if any(names) else 0)
        if self.is_still:
            second = first + max(text_width(width, size) for width in widths) + gap
            third = second + max(text_width(center, size) for center in centers) + gap
            return self.page.pad, round(first), round(second), round(third)
        # As of one layer, a center stays where it is while a width grows.
        second = first + (2.1 + 0.62 * max(4, *(len(width) - 2 for width in widths))) * size
        third = second + max(_reserved(center, size) for center in centers) + gap
        return self.page.pad, round(first), round(second), round(third)

    def end(self, row: int) -> float:
        # Where a line ends.
        texts = self.rows[row]
        last = max(n for n, text in enumerate(texts) if text)
        return self.columns[last] + text_width(texts[last], self.page.size)

    def fits(self) -> bool:
        page = self.page
        # What is pointed at differs from place to place: names are not cut by it, but by what it may take.
        pointed = 0 if self.is_still else self.columns[1] + READOUT_COLUMNS * LETTER_WIDE * page.size
        far = max(pointed, *map(self.end, range(len(self.rows))))
        lowest = self.lift > 0 or not self.has_letter or self.end(0) <= page.width / 2 - _LETTER_ROOM * page.size
        return lowest and far <= self.right

    def without_how(self) -> _Table:
        rows = ((*row[:3], row[3] if self.end(n) <= self.right else "") for n, row in enumerate(self.rows))
        return replace(self, rows=tuple(rows))


def window_marks(
    page: MarkMetrics,
    labels: Sequence[LayerLabel],
    readout: Readout | None = None,
    regions: Sequence[RegionLabel] = (),
) -> tuple[Text, ...]:
    """List the windows of layers in the lower left of a pane, and above them what is pointed at.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    labels : sequence of LayerLabel
        Of the layers that are shown, the base first.
    readout : Readout, optional
    regions : sequence of RegionLabel
        Of the segmentations and structure sets that are shown: each has a line above the windows.

    Returns
    -------
    tuple of Text
        Windows of layers that are not active are muted. Where there is no room for all lines, those of the active
        layer, the base and the uppermost are there.
    """
    right = _right_end(page)
    if not labels:
        marks, row = region_lines(page, regions, page.bottom, right)
        return (*marks, *_pointed(page, readout, row, right))
    taken = lines_of_regions(regions) + (readout is not None and bool(regions))
    each, free = (1, _rows(page)) if readout is None else (2, _rows(page) - 1)
    free = max(free - taken, each)
    kept = most_important(labels, free // each if each * len(labels) <= free else max(1, (free - 1) // each))
    table = _table([labels[n] for n in kept], _Table(page, right))
    marks, row = _table_marks(table, [labels[n] for n in kept], len(labels) - len(kept))
    lines, row = region_lines(page, regions, row, right)
    marks += lines
    if readout is None:
        return tuple(marks)
    marks.append(Text(page.pad, row, point_text(readout.world), page.size))
    for n, (name, *_) in zip(kept, table.rows, strict=True):
        row -= page.step
        value = value_text(readout.values[n], shortened(labels[n].unit, UNIT_COLUMNS))
        text = f"{value}   {index_text(readout.index)}" if n == 0 and readout.has_index else value
        marks += [Text(page.pad, row, name, page.size)] if name else []
        marks.append(Text(table.columns[1], row, text, page.size))
    return (*marks, *pointed_line(page, readout.regions, row - page.step, right))


def _pointed(page: MarkMetrics, readout: Readout | None, row: float, right: float) -> list[Text]:
    # Where no layer is shown.
    if readout is None:
        return []
    point = Text(page.pad, row, point_text(readout.world), page.size)
    return [point, *pointed_line(page, readout.regions, row - page.step, right)]


def split_lines(page: MarkMetrics, labels: Sequence[LayerLabel]) -> tuple[Line, ...]:
    """List the lines right of which layers are shown, each once."""
    shares = dict.fromkeys(one.look.split for one in labels if one.look.blend == "split")
    columns = [round(share * page.width) for share in shares]
    return tuple(
        Line(column, page.inset, column, page.height - 1 - page.inset, page.line, OFF_WHITE, SPLIT_OPACITY)
        for column in columns
        if 0 < column < page.width
    )


def printed_window_marks(
    page: MarkMetrics, labels: Sequence[LayerLabel], *, has_scale: bool, has_letter: bool = True
) -> tuple[Text, ...]:
    """List the windows of layers in the lower left of a pane of a page, on which no number changes.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    labels : sequence of LayerLabel
        Of the layers that are shown, the base first.
    has_scale : bool
        Whether there is a scale bar in the lower right.
    has_letter : bool
        Whether a letter stands at the middle of the lower edge.

    Returns
    -------
    tuple of Text
        As of :func:`window_marks`; in a narrow pane names stand over their windows. None where there is no room.
    """
    if not labels:
        return ()
    free = _rows(page)
    kept = most_important(labels, len(labels) if len(labels) <= free else free - 1)
    chosen = [labels[n] for n in kept]
    for gap, beside in ((_GAP, page.pad), (_NARROW_GAP, 0.3 * page.size)):
        right = _right_end(page) if has_scale else page.width - 1 - beside
        table = _table(chosen, _Table(page, right, is_still=True, has_letter=has_letter, gap=gap))
        if max(map(table.end, range(len(chosen)))) <= right:
            return tuple(_table_marks(table, chosen, len(labels) - len(kept))[0])
    return _stacked_marks(replace(table, rows=()), labels, free)


def _stacked_marks(empty: _Table, labels: Sequence[LayerLabel], free: int) -> tuple[Text, ...]:
    """List windows with names over them; none where they are too many or too wide."""
    page = empty.page
    table = _table([replace(one, name="", how="") for one in labels], empty)
    if 2 * len(labels) > free or max(map(table.end, range(len(labels)))) > empty.right:
        return ()
    marks: list[Text] = []
    row = float(page.bottom - table.lift * page.step)
    for label, texts in zip(labels, table.rows, strict=True):
        name = fitted(f"{label.name}   {label.how}".rstrip(), page.size, empty.right - page.pad)
        line = zip(table.columns, texts, strict=True)
        marks += [Text(x, row, text, page.size) for x, text in line if text]
        marks.append(Text(page.pad, row - page.step, name, page.size))
        row -= 2 * page.step
    return tuple(marks)


def _table_marks(table: _Table, labels: Sequence[LayerLabel], left_out: int) -> tuple[list[Text], float]:
    """List the lines of a table, and return the row above them."""
    page = table.page
    row = float(page.bottom - table.lift * page.step)
    marks: list[Text] = []
    for label, texts in zip(labels, table.rows, strict=True):
        color = MUTED if label.is_muted else OFF_WHITE
        line = zip(table.columns, texts, strict=True)
        marks += [Text(x, row, text, page.size, color) for x, text in line if text]
        row -= page.step
    if left_out:
        marks.append(Text(page.pad, row, f"and {left_out} more", page.size, MUTED))
        row -= page.step
    return marks, row


def _reserved(center: str, size: int) -> float:
    # How wide a center is with a number of four digits or more.
    letter, number, *unit = center.split(" ")
    return text_width(" ".join([letter, "0" * max(4, len(number)), *unit]), size)


def _table(labels: Sequence[LayerLabel], empty: _Table) -> _Table:
    windows = [window_texts(one.look.window, shortened(one.unit, UNIT_COLUMNS)) for one in labels]
    for columns, lift in _PLACES:
        names = [shortened(one.name, columns) for one in labels]
        rows = tuple((name, *texts, one.how) for name, texts, one in zip(names, windows, labels, strict=True))
        table = replace(empty, rows=rows, lift=lift)
        if table.fits():
            break
    return table.without_how()


def _rows(page: MarkMetrics) -> int:
    """Count the lines that fit below the letter of the left edge, the lowest of the pane excepted."""
    highest = page.height / 2 + page.cap / 2 + 0.6 * page.size + page.cap
    return max(2, int((page.bottom - highest) // page.step))


def _right_end(page: MarkMetrics) -> float:
    """Return the column up to which lines above the lowest may reach: the scale bar stands there."""
    return page.right - BAR_SHARE * page.width - 2 * page.size


def placing_marks(
    page: MarkMetrics,
    labels: Sequence[LayerLabel | RegionLabel],
    others: DisplayList,
    left_free: int = BAR_ROWS,
) -> tuple[Text, ...]:
    """List members of layers, and what layers were placed by, in the upper right of a pane.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    labels : sequence of LayerLabel or RegionLabel
        Of the layers and then the regions that are shown, the base first.
    others : tuple of Mark
        What is drawn besides: the lines begin below what reaches into their column.
    left_free : int
        Rows above the pane's middle that are left to other things.
    """
    wide = page.width / 2 - page.pad - 0.5 * page.size
    texts = [
        f"{shortened(label.name, NAME_COLUMNS)} {text}".strip()
        for label in reversed(labels)
        for text in (label.member, label.note)
        if text
    ]
    lines = [line for text in texts for line in _broken(text, page.size, wide)]
    first = page.pad + page.cap + page.step
    column = PixelBox(page.width / 2, first - page.cap, page.right, first)
    if any(mark_box(mark).common(column) for mark in others if isinstance(mark, Text)):
        first += page.step
    most = max(1, int((page.height / 2 - 1.6 * page.size - first) // page.step) - left_free)
    if len(lines) > most:
        lines[most - 1 :] = [fitted(f"{lines[most - 1]} …", page.size, wide)]
    return tuple(
        Text(page.right, first + n * page.step, line, page.size, MUTED, "right") for n, line in enumerate(lines)
    )


def _broken(text: str, size: int, wide: float) -> list[str]:
    """Break a text between words into lines of a width in pixels; what is wider alone is shortened."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else ""
        if lines and text_width(longer, size) <= wide:
            lines[-1] = longer
        else:
            lines.append(fitted(word, size, wide))
    return lines
