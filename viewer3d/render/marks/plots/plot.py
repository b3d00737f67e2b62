"""A plot of lines and bars over two axes, as a value, and as marks in a box of any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, Area, Color, Line, Mark, Path, Text
from viewer3d.render.marks.plots.ticks import tick_texts, ticks
from viewer3d.render.marks.typesetting import fitted, text_width
from viewer3d.render.panes import Rect

PLOT_COLORS: Final[tuple[Color, ...]] = (
    # M. Okabe and K. Ito, Color Universal Design (2008): distinct with any common colour blindness.
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (204, 121, 167),
    (213, 94, 0),
)

_DOTS_UP_TO: Final = 60
"""Values of a line that have a dot each: of more, dots would be a thick line."""

_ABOVE, _BELOW, _AFTER = 3.1, 3.1, 1.0
"""What a plot leaves free above, below and right of its axes, in text sizes."""

_ROOM: Final = 0.06
"""Of the span of values, left free above and below them."""

_SPREAD: Final = 0.22
"""Opacity of the band of a standard deviation around a mean."""

_WHOLE: Final = 1e-9

_FEWEST_DECADES: Final = 1.0


@dataclass(frozen=True, eq=False)
class PlotLine:
    """One line of a plot.

    Attributes
    ----------
    places, values : ndarray of float64, shape (N,)
        Along the axes; NaN parts the line.
    name : str
        What stands for it above the axes.
    color : tuple of int, optional
        Red, green and blue; without it that of texts.
    spread : ndarray of float64, shape (N,), optional
        Half the height of a band around it.
    is_right : bool
        Whether its values are along the axis at the right, in another unit.
    """

    places: NDArray[np.float64]
    values: NDArray[np.float64]
    name: str = ""
    color: Color | None = None
    spread: NDArray[np.float64] | None = None
    is_right: bool = False


@dataclass(frozen=True, eq=False)
class Plot:
    """What is plotted.

    Attributes
    ----------
    across, up : str
        What is along the axes, with units.
    lines : tuple of PlotLine
    right : str
        What is along the axis at the right; there is none where nothing is.
    edges : ndarray of float64, shape (N + 1,), optional
        Of the bars of a histogram.
    counts : ndarray of int64, shape (N,), optional
        Their heights, on a logarithmic axis.
    bounds : tuple of float
        Places that are marked from bottom to top: the ends of a window.
    at : float, optional
        The place that is looked at now.
    title : str
        What stands above all, where no line has a name.
    counts_places : bool
        Whether places are whole numbers, so that no others are written.
    """

    across: str
    up: str
    lines: tuple[PlotLine, ...] = ()
    right: str = ""
    edges: NDArray[np.float64] | None = None
    counts: NDArray[np.int64] | None = None
    bounds: tuple[float, ...] = ()
    at: float | None = None
    title: str = ""
    counts_places: bool = False


@dataclass(frozen=True)
class PlotColors:
    """The colours of texts, axes and what is less important."""

    foreground: Color = OFF_WHITE
    muted: Color = MUTED


@dataclass(frozen=True)
class _Axis:
    # Values from one pixel to another.
    low: float
    high: float
    begin: float
    end: float
    is_logarithmic: bool = False

    def at(self, values: NDArray[np.float64] | float) -> NDArray[np.float64]:
        found = np.asarray(values, np.float64)
        if self.is_logarithmic:  # counts of 0 and 1 have no height
            found = np.log10(np.maximum(found, 1))
        placed: NDArray[np.float64] = self.begin + (found - self.low) / (self.high - self.low) * (self.end - self.begin)
        return placed


@dataclass(frozen=True, eq=False)
class _Frame:
    # A plot in its box: the axes, and how large texts are.
    plot: Plot
    box: Rect
    text: int
    colors: PlotColors
    marked: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    @property
    def pen(self) -> int:
        return max(1, round(self.text / 14))

    def inner(self) -> Rect:
        left = max((text_width(one, self.text) for _, one in self.marked["left"]), default=0) + 1.1 * self.text
        wide = max((text_width(one, self.text) for _, one in self.marked["right"]), default=0)
        after = wide + 1.1 * self.text if wide else _AFTER * self.text
        top, below = round(_ABOVE * self.text), round(_BELOW * self.text)
        x = round(self.box.left + left)
        width = round(self.box.left + self.box.width - after) - x
        return Rect(x, self.box.top + top, max(width, 1), max(self.box.height - top - below, 1))


def plot_marks(plot: Plot, box: Rect, text: int, colors: PlotColors | None = None) -> list[Mark]:
    """List the marks of a plot.

    Parameters
    ----------
    plot : Plot
    box : Rect
        What it fills, with its texts, in pixels.
    text : int
        Size of texts in pixels; lines are as wide as it asks for.
    colors : PlotColors, optional
        By default those over a dark ground.
    """
    colors = colors or PlotColors()
    spans = {side: _span(plot, is_right=side == "right") for side in ("left", "right")}
    many = max(2, round(box.height / (4 * text)))
    frame = _Frame(plot, box, text, colors, {side: _marked(plot, span, many) for side, span in spans.items()})
    inner = frame.inner()
    bottom, right = inner.top + inner.height - 0.5, inner.left + inner.width - 0.5
    across = _Axis(*_places_span(plot), inner.left - 0.5, right)
    is_logarithmic = plot.counts is not None
    axes = {
        side: _Axis(*span, bottom, inner.top - 0.5, is_logarithmic) for side, span in spans.items() if span is not None
    }
    marks: list[Mark] = [*_grid(frame, inner, axes), *_bars(frame, across, axes)]
    marks += _bounds(frame, inner, across)
    for line in plot.lines:
        if (axis := axes.get("right" if line.is_right else "left")) is not None:
            marks += _line(frame, line, (across, axis))
    return [*marks, *_across(frame, inner, across), *_head(frame)]


def _span(plot: Plot, *, is_right: bool) -> tuple[float, float] | None:
    """Return both ends of an upright axis; None where nothing is along it."""
    if plot.counts is not None:
        most = float(np.log10(max(int(plot.counts.max(initial=1)), 10)))
        return None if is_right else (0.0, max(_FEWEST_DECADES, 1.04 * most))
    parts = []
    for line in (one for one in plot.lines if one.is_right == is_right):
        spread = 0 if line.spread is None else line.spread
        parts += [line.values - spread, line.values + spread]
    found = np.concatenate([np.empty(0), *parts])
    found = found[np.isfinite(found)]
    if is_right and not parts:
        return None
    low, high = (float(found.min()), float(found.max())) if found.size else (0.0, 1.0)
    room = _ROOM * (high - low) or max(0.5, _ROOM * abs(high))
    begin = 0.0 if 0 <= low < (high - low) / 2 else low - room  # an axis near 0 begins there
    return begin, high + room


def _places_span(plot: Plot) -> tuple[float, float]:
    places = [one.places for one in plot.lines] if plot.edges is None else [plot.edges]
    found = np.concatenate([np.empty(0), *places])
    low, high = (float(found.min()), float(found.max())) if found.size else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _marked(plot: Plot, span: tuple[float, float] | None, many: int) -> list[tuple[float, str]]:
    """Return values that are marked along an upright axis, with what is written there."""
    if span is None:
        return []
    if plot.counts is None:
        values = ticks(*span, many)
        return list(zip(values, tick_texts(values), strict=True))
    step = 1 if span[1] < 4 and many > 3 else 2 if span[1] < 6 else 3
    return [(float(10**power), count_text(power)) for power in range(0, int(span[1]) + 1, step)]


def count_text(power: int) -> str:
    """Return a power of ten in short: 1, 10, 1k, 100k, 10M.

    Examples
    --------
    >>> [count_text(n) for n in (0, 2, 3, 7)]
    ['1', '100', '1k', '10M']
    """
    scale, letter = next((s, t) for s, t in ((9, "G"), (6, "M"), (3, "k"), (0, "")) if power >= s)
    return f"{10 ** (power - scale)}{letter}"


def _grid(frame: _Frame, inner: Rect, axes: dict[str, _Axis]) -> list[Mark]:
    text, pen, colors = frame.text, frame.pen, frame.colors
    right, bottom = inner.left + inner.width, inner.top + inner.height
    marks: list[Mark] = []
    for side, axis in axes.items():
        x, align = (inner.left - 0.5 * text, "right") if side == "left" else (right + 0.4 * text, "left")
        for value, named in frame.marked[side]:
            y = float(axis.at(value))
            if side == "left":
                marks.append(Line(inner.left, y, right - 1, y, pen, colors.muted, 0.22))
            marks.append(Text(x, y + 0.36 * text, named, text, colors.muted, align, None))  # type: ignore[arg-type]
    marks.append(Line(inner.left - 1, inner.top, inner.left - 1, bottom, pen, colors.muted))
    if "right" in axes:
        marks.append(Line(right, inner.top, right, bottom, pen, colors.muted))
    return [*marks, Line(inner.left - 1, bottom, right, bottom, pen, colors.muted)]


def _across(frame: _Frame, inner: Rect, axis: _Axis) -> list[Mark]:
    text, pen, colors = frame.text, frame.pen, frame.colors
    bottom = inner.top + inner.height
    values = ticks(axis.low, axis.high, max(2, round(inner.width / (6 * text))))
    if frame.plot.counts_places:
        values = sorted({float(np.rint(one)) for one in values if abs(one - np.rint(one)) < _WHOLE}) or values[:1]
    marks: list[Mark] = []
    for value, named in zip(values, tick_texts(values), strict=True):
        x = float(axis.at(value))
        marks.append(Line(x, bottom, x, bottom + 0.3 * text, pen, colors.muted))
        marks.append(Text(x, bottom + 1.3 * text, named, text, colors.muted, "middle", None))
    right = inner.left + inner.width
    return [*marks, Text(right, bottom + 2.6 * text, frame.plot.across, text, colors.muted, "right", None)]


def _bars(frame: _Frame, across: _Axis, axes: dict[str, _Axis]) -> list[Mark]:
    plot = frame.plot
    if plot.counts is None or plot.edges is None:
        return []
    axis = axes["left"]
    tops, sides = axis.at(plot.counts.astype(np.float64)), across.at(plot.edges)
    floor = axis.begin
    xs, ys = np.repeat(sides, 2)[1:-1], np.repeat(tops, 2)
    corners = tuple(zip(xs.tolist(), ys.tolist(), strict=True))
    outline = ((float(xs[0]), floor), *corners, (float(xs[-1]), floor))
    return [
        Area(outline, frame.colors.muted, 0.4),
        Path(outline, width=frame.pen, color=frame.colors.foreground),
    ]


def _bounds(frame: _Frame, inner: Rect, axis: _Axis) -> list[Mark]:
    plot, colors = frame.plot, frame.colors
    marks: list[Mark] = []
    ends = [(value, PLOT_COLORS[0], 0.95) for value in plot.bounds]
    ends += [] if plot.at is None else [(plot.at, colors.muted, 0.8)]
    for value, color, opacity in ends:
        if axis.low <= value <= axis.high:
            x = float(axis.at(value))
            marks.append(Line(x, inner.top, x, inner.top + inner.height - 1, frame.pen, color, opacity))
    return marks


def _line(frame: _Frame, line: PlotLine, axes: tuple[_Axis, _Axis]) -> list[Mark]:
    across, up = axes
    color = line.color or frame.colors.foreground
    xs, ys = across.at(line.places), up.at(line.values)
    width = max(1, round(frame.text / 8))
    marks: list[Mark] = []
    for part in _parts(np.isfinite(ys)):
        if line.spread is not None and part.stop - part.start > 1:
            high, low = (up.at((line.values + sign * line.spread)[part]) for sign in (1, -1))
            band = [*zip(xs[part], high, strict=True), *zip(xs[part][::-1], low[::-1], strict=True)]
            marks.append(Area(tuple((float(x), float(y)) for x, y in band), color, _SPREAD))
        if part.stop - part.start > 1:
            points = tuple(zip(xs[part].tolist(), ys[part].tolist(), strict=True))
            marks.append(Path(points, width=width, color=color))
    if len(xs) <= _DOTS_UP_TO:
        half = 0.22 * frame.text
        seen = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True) if np.isfinite(y)]
        marks += [Area(((x - half, y), (x, y - half), (x + half, y), (x, y + half)), color) for x, y in seen]
    if frame.plot.at is not None and len(xs):
        nearest = int(np.abs(line.places - frame.plot.at).argmin())
        if np.isfinite(ys[nearest]):
            x, y, half = float(xs[nearest]), float(ys[nearest]), 0.38 * frame.text
            around = ((x - half, y), (x, y - half), (x + half, y), (x, y + half))
            marks.append(Path(around, closed=True, width=width, color=frame.colors.foreground))
    return marks


def _parts(is_there: NDArray[np.bool_]) -> list[slice]:
    """Return the runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_there, [False]]).astype(np.int8)))
    return [slice(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def _head(frame: _Frame) -> list[Mark]:
    """List what stands above the axes: names of lines or the title, and below them what the axes are of."""
    plot, text, colors = frame.plot, frame.text, frame.colors
    left, right = frame.box.left + 0.6 * text, frame.box.left + frame.box.width - 0.6 * text
    first, second = frame.box.top + 1.1 * text, frame.box.top + 2.5 * text
    marks: list[Mark] = [Text(left, second, fitted(plot.up, text, right - left), text, colors.muted, "left", None)]
    if plot.right:
        marks.append(Text(right, second, plot.right, text, colors.muted, "right", None))
    names = [(one.name, one.color or colors.foreground) for one in plot.lines if one.name]
    if not names:
        return [
            *marks,
            Text(left, first, fitted(plot.title, text, right - left), text, colors.foreground, "left", None),
        ]
    return [*marks, *_legend(names, (left, right), first, text)]


def _legend(names: Sequence[tuple[str, Color]], ends: tuple[float, float], row: float, text: int) -> list[Mark]:
    marks: list[Mark] = []
    x, right = ends
    each = (right - x) / len(names)
    wides = [min(text_width(name, text), each - 2.4 * text) for name, _ in names]
    for (name, color), wide in zip(names, wides, strict=True):
        marks.append(Line(x, row - 0.36 * text, x + 1.0 * text, row - 0.36 * text, max(2, round(text / 6)), color))
        marks.append(Text(x + 1.5 * text, row, fitted(name, text, max(wide, 2 * text) + 1), text, color, "left", None))
        x += 1.5 * text + wide + 0.9 * text
    return marks
