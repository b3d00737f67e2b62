"""Lay out and draw the rows of a comparison of segmentations: numbers, slices, a strip of Dice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from viewer3d.errors import ViewError
from viewer3d.figures.labels import in_foreground
from viewer3d.figures.layout import GAP_SHARE, SIDE_LETTERS_ONLY_BELOW, SMALLEST_PANE
from viewer3d.figures.regions.pair_slices import PairSlices
from viewer3d.figures.sections import WorldBox
from viewer3d.figures.style import Style, page_colors
from viewer3d.measurements.overlap import SegmentComparison
from viewer3d.render.marks.display_list import Area, Color, DisplayList, Line, Mark, Path, Text
from viewer3d.render.marks.metrics import CAP_HEIGHT, SMALLEST_TEXT
from viewer3d.render.marks.typesetting import fitted, text_width
from viewer3d.render.panes import Rect, check_size

TRUTH: Final[Color] = (86, 180, 233)
PREDICTION: Final[Color] = (230, 159, 0)
"""Sky blue and orange of M. Okabe and K. Ito, Color Universal Design (2008): distinct with any common colour blindness,
of one lightness, and of no hue that a picture in grey has."""

TRUTH_PEN: Final = 0.26
PREDICTION_PEN: Final = 0.1
"""Widths of the two lines, of the text size: where they agree the thin one lies within the thick one."""

_TEXT_SHARE: Final = 1 / 80
"""Text size, of the page's width: 6.4 points on 180 mm."""

_NUMBERS: Final = 14.0
_STRIP: Final = 8.0
"""Widths of the numbers and of the strip with Dice by slice, in text sizes."""

_STEP: Final = 1.5
"""Distance of lines of text, in text sizes."""

_SHAPES: Final = (0.6, 1.15)
"""Least and largest height of a pane, of its width."""

MARGIN: Final = 0.12
"""Around what a pane shows, of its longer side, free of outlines."""


@dataclass(frozen=True)
class RowLayout:
    """Where a row of the page is.

    Attributes
    ----------
    numbers, strip : Rect
    panes : tuple of Rect
    mm_per_pixel : float
    """

    numbers: Rect
    panes: tuple[Rect, ...]
    strip: Rect
    mm_per_pixel: float


@dataclass(frozen=True)
class ComparisonLayout:
    """Where everything of the page is.

    Attributes
    ----------
    size : tuple of int
    text : int
        Size of text, in pixels.
    rows : tuple of RowLayout
    foot : Rect
        For a note.
    """

    size: tuple[int, int]
    text: int
    rows: tuple[RowLayout, ...]
    foot: Rect


def lay_out_comparison(sides: Sequence[tuple[float, float]], count: int, style: Style) -> ComparisonLayout:
    """Lay out a row for each segment, of panes of one scale.

    Parameters
    ----------
    sides : sequence of (width, height)
        What the panes of each row show, in mm.
    count : int
        Panes of a row.
    style : Style

    Raises
    ------
    ViewError
        When the page is too small for so many, or too large.
    """
    width = style.page_width
    text = max(1, style.text_pixels(max(SMALLEST_TEXT, _TEXT_SHARE * width)))
    gap = max(1, round(GAP_SHARE * width))
    numbers, strip = round(_NUMBERS * text), round(_STRIP * text)
    pane = (width - numbers - strip - gap * (count + 1)) // count
    foot = round(2.6 * text)
    free = 1 + 2 * MARGIN
    least = round(text * max(_STEP * (NUMBER_ROWS + 1.2), SIDE_LETTERS_ONLY_BELOW + 0.2))
    heights = [round(pane * float(np.clip(high / wide, *_SHAPES))) for wide, high in sides]
    if style.size is None:
        heights = [max(one, least) for one in heights]
    else:
        room = style.size[1] - foot - 2 * gap * len(sides)
        heights = [max(0, int(one * room / sum(heights))) for one in heights]
    if pane < SMALLEST_PANE or min(heights) < SMALLEST_PANE:
        raise ViewError(
            f"figure of {width} pixels' width is too small for {count} slices of {len(sides)} segments: give a larger "
            "size, or a smaller n"
        )
    rows, top = [], 0
    for (wide, high), height in zip(sides, heights, strict=True):
        lefts = [numbers + gap + n * (pane + gap) for n in range(count)]
        panes = tuple(Rect(left, top, pane, height) for left in lefts)
        scale = free * max(wide / pane, high / height)
        right = lefts[-1] + pane + gap
        rows.append(RowLayout(Rect(0, top, numbers, height), panes, Rect(right, top, width - right, height), scale))
        top += height + 2 * gap
    total = style.size[1] if style.size else top + foot
    return ComparisonLayout(check_size((width, total)), text, tuple(rows), Rect(0, total - foot, width, foot))


def widened(box: WorldBox) -> tuple[float, float, float]:
    """Return the sides of a box, in mm, none so short that a pane would show single voxels."""
    low, high = np.array(box)
    x, y, z = np.maximum(high - low, 10.0).tolist()
    return x, y, z


NUMBER_ROWS: Final = 6
"""Lines below the name of a segment."""


def number_marks(found: SegmentComparison, room: Rect, text: int, names: Sequence[str], style: Style) -> DisplayList:
    """List the name of a segment and its numbers, those that fit.

    Parameters
    ----------
    found : SegmentComparison
    room : Rect
    text : int
        Size of text, in pixels.
    names : sequence of str
        Of prediction and truth.
    style : Style
    """
    colors = page_colors(style)
    left, right = room.left + 0.7 * text, room.left + room.width - 0.7 * text
    large = round(1.25 * text)
    row = room.top + 0.6 * text + CAP_HEIGHT * large
    marks: list[Mark] = [Text(left, row, fitted(found.name, large, right - left), large)]
    for label, value, pen in _number_rows(found, names):
        row += _STEP * text
        if row > room.top + room.height:
            break
        begin = left
        if pen:
            color, width = (TRUTH, TRUTH_PEN) if pen == "truth" else (PREDICTION, PREDICTION_PEN)
            marks.append(line_sample(begin, row, text, color, width))
            begin += 1.9 * text
        room_left = right - text_width(value, text) - 0.5 * text - begin
        marks.append(Text(begin, row, fitted(label, text, room_left), text))
        marks.append(Text(right, row, value, text, align="right"))
    return in_foreground(tuple(marks), colors)


def _number_rows(found: SegmentComparison, names: Sequence[str]) -> list[tuple[str, str, str]]:
    ((tolerance, share),) = found.surface_dice.items()
    difference = found.difference_percent
    return [
        ("Dice", _number(found.dice, 3), ""),
        (f"Surface Dice {tolerance:g} mm", _number(share, 3), ""),
        ("HD95", _number(found.hausdorff_95, 2, "mm"), ""),
        (names[0], _ml(found.prediction_ml), "prediction"),
        (names[1], _ml(found.truth_ml), "truth"),
        ("Difference", _percent(difference), ""),
    ]


_NOTHING: Final = "\N{EN DASH}"
"""In place of a number, where one of the two has no voxel."""


def _number(value: float, decimals: int, unit: str = "") -> str:
    return f"{value:.{decimals}f} {unit}".rstrip() if np.isfinite(value) else _NOTHING


def _percent(value: float) -> str:
    if not np.isfinite(value):
        return _NOTHING
    rounded = round(value, 1)
    return f"{rounded:+.1f} %".replace("-", "\N{MINUS SIGN}") if rounded else "0.0 %"


def _ml(value: float) -> str:
    return f"{value:.{1 if value >= 10 else 2 if value >= 1 else 3}f} ml" if value else "none"


def line_sample(left: float, bottom: float, text: int, color: Color, pen: float) -> Mark:
    """Return a piece of a line as long as two letters, on a row of text."""
    middle = round(bottom - CAP_HEIGHT * text / 2)  # on a row of pixels, so that a thin line is not two pale ones
    return Path(((left, middle), (left + 1.4 * text, middle)), width=max(1, round(pen * text)), color=color)


def strip_marks(pair: PairSlices, chosen: Sequence[int], room: Rect, text: int, style: Style) -> DisplayList:
    """List a strip that says the Dice of each slice, in the order in which slices are shown, from the top.

    Parameters
    ----------
    pair : PairSlices
    chosen : sequence of int
        Slices that are shown, in the order of the panes.
    room : Rect
    text : int
        Size of text, in pixels.
    style : Style
    """
    colors, line = page_colors(style), max(1, round(text / 14))
    left, right = room.left + 2.2 * text, room.left + room.width - 1.2 * text
    top, bottom = room.top + 2.0 * text, room.top + room.height - 2.0 * text
    if bottom - top < 2 * text or right - left < text:
        return ()
    shown = np.flatnonzero(~np.isnan(pair.dice))
    places = pair.places[shown]
    order = shown[np.argsort(-places if pair.axis == 2 else places)]
    step = (bottom - top) / len(order)
    corners: list[tuple[float, float]] = [(left, top)]
    for n, number in enumerate(order):
        x = left + float(pair.dice[number]) * (right - left)
        corners += [(x, top + n * step), (x, top + (n + 1) * step)]
    corners.append((left, bottom))
    marks: list[Mark] = [
        Line(right, top, right, bottom, line, colors.muted, 0.7),
        Area(tuple(corners), colors.muted, 0.45),
        Path(tuple(corners[1:-1]), width=line, color=colors.foreground),
        Line(left, top, left, bottom, line, colors.foreground),
        Text(left, room.top + 1.3 * text, "Dice", text),
        Text(left, bottom + 1.2 * text, "0", text, align="middle"),
        Text(right, bottom + 1.2 * text, "1", text, align="middle"),
    ]
    row = -np.inf
    for n, number in enumerate(chosen, 1):
        y = top + (int(np.flatnonzero(order == number)[0]) + 0.5) * step
        row = max(y + CAP_HEIGHT * text / 2, row + 1.05 * text)
        marks.append(Line(left - 0.4 * text, y, right, y, line, colors.foreground, 0.9))
        marks.append(Text(left - 0.7 * text, row, str(n), text, align="right"))
    return in_foreground(tuple(marks), colors)


def foot_marks(note: str, foot: Rect, text: int, style: Style) -> DisplayList:
    """Write what is to be said of the whole page, below its rows."""
    row = foot.top + foot.height / 2 + CAP_HEIGHT * text / 2
    left = 0.7 * text
    mark = Text(left, row, fitted(note, text, foot.width - 2 * left), text)
    return in_foreground((mark,), page_colors(style))
