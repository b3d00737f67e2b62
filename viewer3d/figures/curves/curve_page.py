"""The page of a plot alone: how large it is, and its colours on the ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from viewer3d.core.graphics.srgb import legible_color
from viewer3d.errors import ViewError
from viewer3d.figures.contrast import LINE_CONTRAST
from viewer3d.figures.labels import in_foreground
from viewer3d.figures.layout import page_text_size
from viewer3d.figures.pages.page import Page
from viewer3d.figures.style import Style, page_colors
from viewer3d.measurements.plots.plot_table import Plotted, plot_csv
from viewer3d.measurements.plots.time_curve import TimeCurve
from viewer3d.render.marks.display_list import WHITE, Mark, Text
from viewer3d.render.marks.plots.plot import Plot, PlotColors, plot_marks
from viewer3d.render.panes import Rect, check_size

_PLOT_SHARE: Final = 0.5
"""Height of the page by its width, where the page has no size."""

_LEAST: Final = (20, 11)
"""Text sizes that a plot takes at least, along and down."""


def curve_page(
    plot: Plot, plotted: Plotted | Sequence[TimeCurve], style: Style, identity: tuple[str, ...], what: str
) -> Page:
    """Lay out a page with one plot.

    Parameters
    ----------
    plot : Plot
    plotted : TimeCurve, LineProfile, ValueHistogram, or sequence of TimeCurve
        The values of it, which are the page's table.
    style : Style
    identity : tuple of str
        Lines that name the patient, where the volume holds them.
    what : str
        What it shows, in messages.

    Raises
    ------
    ViewError
        When there is no room for it.
    """
    width = style.page_width
    size = check_size((width, style.size[1] if style.size else round(_PLOT_SHARE * width)))
    text, around = page_text_size(style, min(size) * 0.8, size), page_colors(style)
    above = round(1.8 * text) if identity else 0
    box = Rect(round(0.5 * text), round(0.5 * text) + above, size[0] - text, size[1] - text - above)
    if box.width < _LEAST[0] * text or box.height < _LEAST[1] * text:
        raise ViewError(f"figure of {size[0]} x {size[1]} pixels is too small for {what}: give a larger size")
    ground = around.ground or WHITE
    lines = tuple(
        replace(line, color=line.color and legible_color(line.color, ground, LINE_CONTRAST)) for line in plot.lines
    )
    colors = PlotColors(around.foreground, around.muted)
    marks: list[Mark] = plot_marks(replace(plot, lines=lines), box, text, colors)
    if identity:
        marks.append(Text(size[0] - 1.1 * text, 1.5 * text, "   ".join(identity), text, align="right"))
    drawn = in_foreground(tuple(marks), around)
    return Page(size, style.dpi, style.background, (), drawn, table=plot_csv(plotted))
