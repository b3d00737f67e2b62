"""The figure ``histogram``: how many voxels have each value, and the grey that windows give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays
from viewer3d.core.sampling import measured_values
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window
from viewer3d.errors import ViewError
from viewer3d.figures.default_windows import windows_or_default
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state
from viewer3d.figures.labels import in_foreground, window_note, window_title
from viewer3d.figures.layout import page_text_size
from viewer3d.figures.pages.page import Page, PagePanel
from viewer3d.figures.style import Style, StyleOptions, check_unused, page_colors
from viewer3d.render.marks.display_list import Area, Color, Line, Mark, Path, Text
from viewer3d.render.marks.plots.ticks import tick_texts, ticks
from viewer3d.render.panes import Rect, check_size
from viewer3d.render.slices.compose import slice_look
from viewer3d.render.slices.windowing import color_values
from viewer3d.render.window_choice import choose_window

BINS = 256
"""About how many; of whole numbers each bin holds equally many."""

FEW = 1e-5
"""Share of the voxels at either end that the axis leaves out: single outliers."""

LEAST_PLOT = 3
"""Least length of the plot's sides, in text sizes."""

_VOXELS_AT_ONCE = 1 << 20
"""Voxels counted at once."""

PLOT_SHARE = 0.36
"""Height of the plot by the width of the page, where the page has no size."""

WINDOW_COLORS: tuple[Color, ...] = (
    # M. Okabe and K. Ito, Color Universal Design (2008): distinct with any common colour blindness.
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (204, 121, 167),
    (213, 94, 0),
    (0, 114, 178),
)


@figure
def histogram(
    volume: AnyVolume,
    windows: Sequence[AnyWindow] | AnyWindow | None = None,
    *,
    overlays: Overlays = (),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show how many voxels have each value, and the grey or colour that windows give each value.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    windows : sequence of Window or str, or one of them, optional
        As for :func:`viewer3d.screenshot`; without them soft tissue, lung and bone for values in HU, 0 to 5, 10 and 20
        for SUV, else the volume's own and ``"auto"``.
    overlays : sequence of Layer or data
        It counts the values of one volume and takes none.
    state : ViewState, optional
        Its colours.
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.

    Raises
    ------
    ViewError
        When there are overlays.
    """
    volume, style = as_volume(volume), Style(**options)
    if overlays:
        raise ViewError("a histogram counts the values of one volume: make one of each overlay, with it as the volume")
    check_unused(style, "histogram", "slab")
    chosen = windows_or_default(volume, windows)
    looks = [choose_window(volume, window) for window in chosen]
    state = slices_state(volume, style, looks[0], None, state)
    counts, edges = value_counts(volume, looks)
    plot = _Plot.on(style, len(looks), (edges[0], edges[-1]), int(counts.max()))
    marks = [*plot.bars(counts, edges), *plot.axes(float(edges[1] - edges[0]), volume.unit)]
    marks += plot.names(volume.identity)
    panels = []
    for row, (window, given) in enumerate(zip(looks, chosen, strict=True)):
        drawn, rect = state.with_look(0, window=window), plot.strip(row)
        values = np.interp(np.arange(rect.width) + 0.5, (0, rect.width), (edges[0], edges[-1])).astype(np.float32)
        look = slice_look(volume, drawn)
        strip = color_values(values[None], look.window, look.colors, inverted=look.inverted)
        panels.append(PagePanel(rect, np.repeat(strip, rect.height, axis=0)))
        caption = "   ".join(part for part in (window_title(given), window_note(drawn, volume)) if part)
        marks += plot.window(row, window, caption)
    page = Page(plot.size, style.dpi, style.background, tuple(panels), in_foreground(tuple(marks), page_colors(style)))
    return page, state


def value_counts(volume: Volume, windows: Sequence[Window]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Count the voxels of each value.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    windows : sequence of Window
        The axis holds their ends too, where the volume has such values.

    Returns
    -------
    counts : ndarray of int64, shape (N,)
        Of all voxels that were measured, exactly; none lies on an edge if the volume has whole numbers.
    edges : ndarray of float64, shape (N + 1,)
        In the unit of the volume.
    """
    sample = np.sort(volume.window_values()).astype(np.float64)
    least, most = (float(sample[0]), float(sample[-1])) if sample.size else (0.0, 1.0)
    low, high = np.quantile(sample, (FEW, 1 - FEW), method="nearest") if sample.size else (least, most)
    low = min([low, *(max(window.bounds[0], least) for window in windows)])
    high = max([high, *(min(window.bounds[1], most) for window in windows)])
    counted = measured_values(volume.voxels, volume.measured)
    if volume.voxels.dtype == np.int16:
        low, high = np.floor(low), np.ceil(high)
        step = max(1.0, np.ceil((high - low) / BINS))
        count = int(np.ceil((high - low + 1) / step))
        edges = low - 0.5 + step * np.arange(count + 1)
        values = np.arange(1 << 16, dtype=np.uint16).view(np.int16)
        return np.histogram(values, edges, weights=_count_each(counted))[0].astype(np.int64), edges
    counts, edges = np.histogram(counted, BINS, (low, high if high > low else low + 1))
    return counts.astype(np.int64), edges


def _count_each(voxels: NDArray[np.int16]) -> NDArray[np.int64]:
    # Counts by value, in the order of the values as uint16; in parts, because bincount makes an int64 of each voxel.
    flat = voxels.view(np.uint16)
    counts = np.zeros(1 << 16, np.int64)
    for begin in range(0, flat.size, _VOXELS_AT_ONCE):
        counts += np.bincount(flat[begin : begin + _VOXELS_AT_ONCE], minlength=1 << 16)
    return counts


@dataclass(frozen=True)
class _Plot:
    # The layout of the page, in pixels.
    size: tuple[int, int]
    text: int
    box: Rect
    ends: tuple[float, float]
    decades: float
    muted: Color
    foreground: Color

    @classmethod
    def on(cls, style: Style, rows: int, ends: tuple[float, float], most: int) -> _Plot:
        width = style.page_width
        height = style.size[1] if style.size else round(PLOT_SHARE * width)
        text = page_text_size(style, min(width, height), (width, height))
        below = round(text * (3.2 + _ROW * rows))
        if style.size is None:
            height += below
        size = check_size((width, height))
        left, top = round(3.4 * text), round(1.4 * text)
        box = Rect(left, top, width - left - round(1.6 * text), height - top - below)
        if min(box.size) < LEAST_PLOT * text:
            raise ViewError(f"figure of {width} x {height} pixels is too small for a histogram of {rows} windows")
        decades = float(np.log10(max(most, 10)) * 1.04)
        return cls(size, text, box, ends, decades, page_colors(style).muted, page_colors(style).foreground)

    def x(self, value: float) -> float:
        low, high = self.ends
        return self.box.left - 0.5 + (value - low) / (high - low) * self.box.width

    def y(self, count: float) -> float:
        # Logarithmic: air outnumbers all else a thousand times. Counts of 0 and 1 have no height.
        share = np.log10(max(count, 1)) / self.decades
        return float(self.box.top + self.box.height - 0.5 - share * self.box.height)

    def strip(self, row: int) -> Rect:
        top = self.box.top + self.box.height + round(self.text * (3.2 + _ROW * row + 0.9))
        return Rect(self.box.left, top, self.box.width, round(1.1 * self.text))

    def bars(self, counts: NDArray[np.int64], edges: NDArray[np.float64]) -> list[Mark]:
        floor = self.y(1)
        tops = [self.y(float(count)) for count in counts]
        corners = [(self.x(float(edge)), y) for n, y in enumerate(tops) for edge in edges[n : n + 2]]
        line = max(1, round(self.text / 14))
        outline = ((corners[0][0], floor), *corners, (corners[-1][0], floor))
        return [Area(outline, self.muted, 0.45), Path(outline, width=line, color=self.foreground)]

    def axes(self, step: float, unit: str) -> list[Mark]:
        box, text, line = self.box, self.text, max(1, round(self.text / 14))
        bottom, right = box.top + box.height, box.left + box.width
        marks: list[Mark] = [Line(box.left - 1, bottom, right, bottom, line, self.foreground)]
        values = ticks(*self.ends, 8)
        for value, named in zip(values, tick_texts(values), strict=True):
            x = self.x(value)
            marks.append(Line(x, bottom, x, bottom + 0.35 * text, line, self.foreground))
            marks.append(Text(x, bottom + 1.5 * text, named, text, align="middle"))
        for power in range(0, int(self.decades) + 1, 3 if self.decades > 4 else 1):
            y = self.y(10**power)
            marks.append(Line(box.left - 0.35 * text, y, box.left, y, line, self.foreground))
            marks.append(Text(box.left - 0.7 * text, y + 0.36 * text, _count_text(power), text, align="right"))
        each = " ".join(part for part in ("voxels per", f"{step:.3g}", unit) if part)
        marks.append(Text(right - 1, box.top - 0.4 * text, each, text, align="right"))
        return marks

    def names(self, identity: tuple[str, ...]) -> list[Mark]:
        # The identity of the patient, where the volume holds it.
        return (
            [Text(self.box.left, self.box.top - 0.4 * self.text, "   ".join(identity), self.text)] if identity else []
        )

    def window(self, row: int, window: Window, caption: str) -> list[Mark]:
        color, rect = WINDOW_COLORS[row % len(WINDOW_COLORS)], self.strip(row)
        line = max(1, round(self.text / 9))
        x0, x1, y0, y1 = rect.left - 1, rect.left + rect.width, rect.top - 1, rect.top + rect.height
        border = Path(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), closed=True, width=1, color=self.muted)
        marks: list[Mark] = [border, Text(rect.left, rect.top - 0.45 * self.text, caption, self.text)]
        for end in window.bounds:
            if self.ends[0] <= end <= self.ends[1]:
                x = self.x(end)
                marks.append(Line(x, self.box.top, x, self.box.top + self.box.height - 1, line, color, 0.9))
                marks.append(Line(x, rect.top, x, rect.top + rect.height - 1, line, color))
        return marks


_ROW = 2.9
"""Height of a window's caption and strip, in text sizes."""


def _count_text(power: int) -> str:
    scale, letter = next((s, t) for s, t in ((9, "G"), (6, "M"), (3, "k"), (0, "")) if power >= s)
    return f"{10 ** (power - scale)}{letter}"
