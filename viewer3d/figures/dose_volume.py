"""The figure ``dvh``: cumulative dose-volume histograms, with a table of what is read from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Unpack

import numpy as np

from viewer3d.core.dose.plan import AnyPlan, as_plan
from viewer3d.core.graphics.srgb import legible_color
from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays, place_layers
from viewer3d.core.placing.regions import PlacedRegions, region_numbers
from viewer3d.core.view.state import ViewState
from viewer3d.errors import ViewError
from viewer3d.figures.contrast import LINE_CONTRAST, distinct_styles
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state
from viewer3d.figures.labels import in_foreground
from viewer3d.figures.layout import page_text_size
from viewer3d.figures.pages.page import Page
from viewer3d.figures.style import PageColors, Style, StyleOptions, check_unused, page_colors
from viewer3d.measurements.dose_volume import DoseVolumeHistograms, RegionDose, check_dose, region_doses
from viewer3d.render.marks.display_list import WHITE, Color, Line, Mark, Path, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.plots.ticks import tick_texts, ticks
from viewer3d.render.marks.typesetting import fitted, text_width, wrapped
from viewer3d.render.panes import Rect, check_size

_PLOT_SHARE: Final = 0.46
"""Height of the plot by the width of the page, where the page has no size."""

_LEAST_PLOT: Final = 6
"""Least length of the plot's sides, in text sizes."""

_BELOW: Final = 3.5
"""Height of what stands below the plot without a table, in text sizes."""

_ROW: Final = 1.6
"""Distance of rows of the table, in text sizes."""

_SWATCH: Final = 2.4
"""Length of a line of the table, in text sizes: it shows the dashes once or more."""

_WIDEST_NAME: Final = 16.0
"""Text sizes: longer names are shortened."""

_TABLE_WIDTH: Final = 54
"""Text sizes that a table with names of usual length takes."""

_STEP: Final = 2.0
"""Pixels between points of a curve."""

_DASHES: Final[tuple[tuple[float, ...], ...]] = ((), (1.1, 0.6), (0.3, 0.5), (1.1, 0.5, 0.3, 0.5))
"""Lengths drawn and left out in turn, in text sizes: lines, dashes, dots, dashes and dots."""


@figure
def dvh(
    volume: AnyVolume,
    overlays: Overlays = (),
    plan: AnyPlan | None = None,
    *,
    regions: Sequence[int | str] | int | str | None = None,
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show the cumulative dose-volume histograms of structures or segments, and numbers read from them.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
        A dose, in Gy or relative.
    overlays : StructureSet, Segmentation, path of one, or Layer
        Whose regions of interest or segments have a histogram each, in their own colours. Where two colours are one
        to many who are colour-blind, one of the lines is dashed.
    plan : Plan, float or path, optional
        What is prescribed, see :func:`viewer3d.dvh`: a second axis has percent of it.
    regions : sequence of int or str, optional
        Numbers or names of the regions; by default all that are seen.
    state : ViewState, optional
        Its colours.
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`; without a ``legend`` there is no table.

    Raises
    ------
    DoseError, ViewError
        As :func:`viewer3d.dvh` raises; and when there is not one structure set or segmentation, or no room for the
        plot.
    """
    volume, style = as_volume(volume), Style(**options)
    check_unused(style, "dvh", "slab", "interpolation")
    check_dose(volume)
    placed = place_layers(volume, overlays)
    if len(placed.regions) != 1 or len(placed.layers) > 1:
        raise ViewError("a dose-volume histogram is of one structure set or segmentation: give one as the overlay")
    found = region_doses(
        volume,
        placed.regions[0],
        None if plan is None else as_plan(plan).prescription,
        _wanted(placed.regions[0], regions),
    )
    plot = _Plot.on(style, found)
    marks = in_foreground((*plot.axes(), *plot.curves(), *plot.table(), *plot.notes(volume.identity)), plot.around)
    return Page(plot.size, style.dpi, style.background, (), marks), slices_state(volume, style, None, None, state)


def _wanted(
    placed: PlacedRegions, regions: Sequence[int | str] | int | str | None
) -> Sequence[int | str] | int | str | None:
    seen = placed.look.get("segments")
    return regions if regions is not None or seen is None else region_numbers(placed, seen)


@dataclass(frozen=True, eq=False)
class _Plot:
    # The layout of the page, in pixels.
    found: DoseVolumeHistograms
    size: tuple[int, int]
    text: int
    box: Rect
    most: float
    around: PageColors
    has_table: bool
    footer: tuple[str, ...]

    @classmethod
    def on(cls, style: Style, found: DoseVolumeHistograms) -> _Plot:
        width = style.page_width
        height = style.size[1] if style.size else round(_PLOT_SHARE * width)
        text = page_text_size(style, min(width, height) * 0.8, (width, height))
        if style.text is None:
            text = max(min(text, width // _TABLE_WIDTH), SMALLEST_TEXT)
        has_table = style.legend is not False
        footer = (
            tuple(wrapped(" ".join(found.notes), int((width - 3 * text) / (LETTER_WIDE * text)))) if has_table else ()
        )
        table = _ROW * (len(found.regions) + 1 + len(footer)) + 1.7 if has_table else 0
        below = round((_BELOW + table) * text)
        if style.size is None:
            height += below
        left, top = round(3.6 * text), round((3.7 if found.prescription else 2.2) * text)
        box = Rect(left, top, width - left - round(2.2 * text), height - top - below)
        if min(box.size) < _LEAST_PLOT * text:
            raise ViewError(
                f"figure of {width} x {height} pixels is too small for the histograms of {len(found.regions)} regions: "
                "give a larger size, fewer regions or no legend"
            )
        most = 1.02 * max(one.max for one in found.regions)
        return cls(found, check_size((width, height)), text, box, most or 1.0, page_colors(style), has_table, footer)

    @property
    def pen(self) -> int:
        return max(1, round(self.text / 14))

    def x(self, dose: float) -> float:
        return self.box.left + dose / self.most * self.box.width

    def y(self, percent: float) -> float:
        return self.box.top + (1 - percent / 100) * self.box.height

    def axes(self) -> list[Mark]:
        box, text, pen, ink = self.box, self.text, self.pen, self.around.foreground
        bottom, right = box.top + box.height, box.left + box.width
        marks: list[Mark] = []
        for percent in range(0, 101, 20):
            y = self.y(percent)
            marks.append(Line(box.left, y, right, y, pen, self.around.muted, 0.35))
            marks.append(Text(box.left - 0.6 * text, y + 0.36 * text, f"{percent}", text, align="right"))
        values = ticks(0, self.most, 8)
        for value, named in zip(values, tick_texts(values), strict=True):
            marks.append(Line(self.x(value), bottom, self.x(value), bottom + 0.35 * text, pen, ink))
            marks.append(Text(self.x(value), bottom + 1.5 * text, named, text, align="middle"))
        marks.append(Line(box.left, bottom, right, bottom, pen, ink))
        marks.append(Line(box.left, box.top, box.left, bottom, pen, ink))
        unit = "Gy" if self.found.unit == "Gy" else self.found.unit or "no unit"
        marks.append(Text(right, bottom + 2.8 * text, f"dose, {unit}", text, align="right"))
        above = 2.4 if self.found.prescription else 0.7
        marks.append(Text(box.left - 2.6 * text, box.top - above * text, "volume with at least this dose, %", text))
        return [*marks, *self._percent_axis()]

    def _percent_axis(self) -> list[Mark]:
        if self.found.prescription is None:
            return []
        box, text, dose = self.box, self.text, self.found.prescription.dose
        marks: list[Mark] = [Line(box.left, box.top, box.left + box.width, box.top, self.pen, self.around.muted)]
        for percent in range(0, int(100 * self.most / dose) + 1, 20):
            x = self.x(percent / 100 * dose)
            marks.append(Line(x, box.top - 0.35 * text, x, box.top, self.pen, self.around.foreground))
            marks.append(Text(x, box.top - 0.7 * text, f"{percent}", text, align="middle"))
        x = self.x(dose)
        marks.append(Line(x, box.top, x, box.top + box.height, self.pen, self.around.muted, 0.8))
        said = f"% of {self.found.prescription.dose:g} Gy (prescription)"
        return [*marks, Text(box.left + box.width, box.top - 2.4 * text, said, text, align="right")]

    def _looks(self) -> list[tuple[Color, tuple[float, ...]]]:
        ground = self.around.ground or WHITE
        colors = [legible_color(one.color, ground, LINE_CONTRAST) for one in self.found.regions]
        return [(color, _DASHES[n % len(_DASHES)]) for color, n in zip(colors, distinct_styles(colors), strict=True)]

    def curves(self) -> list[Mark]:
        marks: list[Mark] = []
        for region, (color, dashes) in zip(self.found.regions, self._looks(), strict=True):
            count = max(2, int((self.x(region.max) - self.box.left) / _STEP))
            doses = np.linspace(0, region.max, count)
            percents = np.interp(doses, region.doses, region.percents)
            points = [(self.x(float(d)), self.y(float(p))) for d, p in zip(doses, percents, strict=True)]
            points.append((self.x(region.max), self.y(0)))
            marks += self._line(points, color, dashes)
        return marks

    def _line(self, points: list[tuple[float, float]], color: Color, dashes: tuple[float, ...]) -> list[Mark]:
        width = max(2, round(self.text / 6.5))
        parts = _dashed(points, [one * self.text for one in dashes]) if dashes else [points]
        return [Path(tuple(part), width=width, color=color) for part in parts if len(part) > 1]

    def table(self) -> list[Mark]:
        if not self.has_table:
            return []
        text, left = self.text, 1.5 * self.text
        heads = ["ml", f"mean {_unit(self.found)}", "D2%", "D50%", "D95%", "D98%"]
        heads += ["V20Gy"] if self.found.unit == "Gy" else []
        heads += ["V95%"] if self.found.prescription else []
        rows = [_numbers_of(one) for one in self.found.regions]
        widths = [max(text_width(cell, text) for cell in column) for column in zip(heads, *rows, strict=True)]
        first = left + (_SWATCH + 0.8) * text
        widest = min(max(text_width(one.name, text) for one in self.found.regions), _WIDEST_NAME * text)
        free = self.size[0] - first - left - sum(widths)
        gap = min(max((free - widest) / len(widths), 0.9 * text), 1.8 * text)
        room = max(min(widest, free - gap * len(widths)), 2 * text)
        names = [fitted(one.name, text, room) for one in self.found.regions]
        ends = first + room + np.cumsum(np.array(widths) + gap)
        row = self.box.top + self.box.height + text * (_BELOW + 0.6 + 1)
        marks: list[Mark] = [
            Text(float(end), row, head, text, align="right") for end, head in zip(ends, heads, strict=True)
        ]
        for name, cells, (color, dashes) in zip(names, rows, self._looks(), strict=True):
            row += _ROW * text
            middle = row - 0.36 * text
            marks += self._line([(left, middle), (left + _SWATCH * text, middle)], color, dashes)
            marks.append(Text(first, row, name, text))
            marks += [Text(float(end), row, cell, text, align="right") for end, cell in zip(ends, cells, strict=True)]
        return marks

    def notes(self, identity: tuple[str, ...]) -> list[Mark]:
        # What is to be said of the numbers; and the identity of the patient, where the volume holds it.
        row = self.size[1] - (_ROW * (len(self.footer) - 1) + 0.9) * self.text
        marks: list[Mark] = []
        for n, line in enumerate(self.footer):
            marks.append(Text(1.5 * self.text, row + n * _ROW * self.text, line, self.text))
        if identity:
            at = self.box.left + self.box.width
            above = (0.7 if self.found.prescription is None else 3.6) * self.text
            marks.append(Text(at, max(self.box.top - above, self.text), "   ".join(identity), self.text, align="right"))
        return marks


def _unit(found: DoseVolumeHistograms) -> str:
    return "Gy" if found.unit == "Gy" else ""


def _numbers_of(one: RegionDose) -> list[str]:
    doses = (one.mean, one.d2, one.d50, one.d95, one.d98)
    return [
        f"{one.ml:.4g}" if one.ml < 1000 else f"{one.ml:.0f}",
        *(f"{dose:.2f}" for dose in doses),
        *([] if one.v20gy is None else [f"{one.v20gy:.1f} %"]),
        *([] if one.prescribed is None else [f"{one.volume_at('95%'):.1f} %"]),
    ]


def _dashed(points: list[tuple[float, float]], lengths: list[float]) -> list[list[tuple[float, float]]]:
    """Return the parts of a line that are drawn, where lengths are drawn and left out in turn."""
    places = np.array(points)
    along = np.append(0, np.cumsum(np.linalg.norm(np.diff(places, axis=0), axis=1)))
    ends = np.cumsum(lengths)
    turns = int(np.ceil(along[-1] / ends[-1]))
    parts = []
    for turn in range(turns):
        for n in range(0, len(lengths), 2):
            begin, end = turn * ends[-1] + (ends[n - 1] if n else 0), turn * ends[-1] + ends[n]
            inside = places[(along > begin) & (along < end)]
            if begin < along[-1]:
                both = [
                    [float(np.interp(min(at, along[-1]), along, places[:, c])) for c in (0, 1)] for at in (begin, end)
                ]
                parts.append([tuple(one) for one in (both[0], *inside.tolist(), both[1])])
    return parts
