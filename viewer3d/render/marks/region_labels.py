"""List what is written of segmentations and structure sets: a line each, and the names at the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from numpy.typing import ArrayLike

from viewer3d.core.graphics.srgb import legible_color
from viewer3d.core.layers import PlacedLayer
from viewer3d.core.placing.regions import PlacedRegions, seen_numbers
from viewer3d.core.view.look import RegionLook
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, SHADE, Align, Color, Line, Text
from viewer3d.render.marks.layer_labels import PointedRegion, Readout, placing_text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.typesetting import fitted, shortened, text_width
from viewer3d.render.panes import PaneGeometry

MOST_NAMES: Final = 4
"""Names that are written where one points; of more there is a count."""

MOST_SETS: Final = 3
"""Lines of segmentations and structure sets in a pane; of more there is a count."""

SET_COLUMNS: Final = 16
"""Letters of the name of a segmentation or structure set that are written."""

TEXT_CONTRAST: Final = 4.5
"""Of a name and the near black that outlines it (WCAG 2.2, 1.4.3, its level AA)."""

_NAME_SHARE: Final = 0.6
"""Of a pane's width: names at the pointer are no longer."""

_BESIDE: Final = 0.9
"""From the pointer to the names beside it, in text sizes."""

_BELOW: Final = 1.9
"""From the pointer to the first name below it, in text sizes: an arrow hangs there."""

_GROUND: Final = 0.55
"""Opacity of the ground behind names at the pointer: they are of the colour of what they stand on."""


@dataclass(frozen=True)
class RegionLabel:
    """What is written of a segmentation or structure set that a slice pane shows.

    Attributes
    ----------
    name : str
    how : str
        How many of its regions are seen and, where it is not opaque, how opaque they are.
    note : str
        What it was placed by, where that is no common frame of reference.
    member : str
        Empty: there are no sets of times of them.
    """

    name: str
    how: str
    note: str = ""
    member: str = ""


def region_labels(base: PlacedLayer, regions: Sequence[PlacedRegions], state: ViewState) -> tuple[RegionLabel, ...]:
    """Return what is to be written of the regions that slices of a state show, the lowest first."""
    return tuple(
        RegionLabel(placed.name, _how(placed, look), placing_text(base, placed))
        for placed, look in zip(regions, state.regions, strict=True)
        if look.shown
    )


def _how(placed: PlacedRegions, look: RegionLook) -> str:
    numbers = seen_numbers(placed, look)
    seen = [region.name for region in placed.regions if region.number in numbers]
    count = f"{len(seen)} of {len(placed.regions)}" if len(seen) < len(placed.regions) else f"all {len(seen)}"
    if len(seen) == 1:  # what it is says more than that it is one
        name = shortened(seen[0], SET_COLUMNS)
        count = name if len(placed.regions) == 1 else f"{name}, {count}"
    opacity = f"{100 * look.opacity:.0f} %" if look.opacity != 1 else ""
    return "   ".join(part for part in (count, opacity) if part)


def read_regions_at(regions: Sequence[PlacedRegions], state: ViewState, world: ArrayLike) -> tuple[PointedRegion, ...]:
    """Return the regions at a world point (LPS, mm) that slices show, in the order of their files.

    See :meth:`viewer3d.core.placing.regions.PlacedRegions.at`.
    """
    found: list[PointedRegion] = []
    for placed, look in zip(regions, state.regions, strict=True):
        if look.shown:
            found += [PointedRegion(one.name, one.color) for one in placed.at(world) if look.sees(one.number)]
    return tuple(found)


def region_lines(
    page: MarkMetrics, labels: Sequence[RegionLabel], row: float, right: float
) -> tuple[list[Text], float]:
    """List a line for each segmentation and structure set, and return the row above them.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    labels : sequence of RegionLabel
        The lowest first.
    row : float
        Of the lowest line.
    right : float
        Column that no line goes beyond.
    """
    kept = labels if len(labels) <= MOST_SETS else labels[-(MOST_SETS - 1) :]
    texts = [f"{shortened(one.name, SET_COLUMNS)}   {one.how}" for one in kept]
    if len(kept) < len(labels):
        texts.append(f"and {len(labels) - len(kept)} more")
    marks = [
        Text(page.pad, row - n * page.step, fitted(text, page.size, right - page.pad), page.size, MUTED)
        for n, text in enumerate(texts)
    ]
    return marks, row - len(texts) * page.step


def lines_of_regions(labels: Sequence[RegionLabel]) -> int:
    """Return how many lines :func:`region_lines` lists."""
    return min(len(labels), MOST_SETS)


def pointed_line(page: MarkMetrics, pointed: Sequence[PointedRegion], row: float, right: float) -> list[Text]:
    """List the names of regions that are pointed at in one line, as many as there is room for."""
    gap = 0.8 * page.size
    marks: list[Text] = []
    column = float(page.pad)
    for number, one in enumerate(pointed):
        left = len(pointed) - number - 1
        reserved = text_width(f"and {left} more", page.size) + gap if left else 0.0
        wide = text_width(one.name, page.size)
        if number == MOST_NAMES or (marks and column + wide + reserved > right):
            return [*marks, Text(column, row, f"and {left + 1} more", page.size)]
        name = fitted(one.name, page.size, right - column - reserved)
        marks.append(Text(column, row, name, page.size, _color(one)))
        column = round(column + text_width(name, page.size) + gap)
    return marks


def pointer_marks(page: MarkMetrics, pane: PaneGeometry, readout: Readout | None) -> tuple[Line | Text, ...]:
    """List the names of the regions that are pointed at, beside the pointer.

    Parameters
    ----------
    page : MarkMetrics
        Of the pane.
    pane : PaneGeometry
        Where the pane's pixels are.
    readout : Readout, optional
        What is pointed at.

    Returns
    -------
    tuple of Line and Text
        On a dark ground above and right of the pointer, in the order of the regions; at the edges of the pane left or
        below.
    """
    if readout is None or not readout.regions:
        return ()
    x, y = (float(one) for one in pane.to_pixel(readout.world))
    pointed = readout.regions
    named = pointed if len(pointed) <= MOST_NAMES else pointed[:MOST_NAMES]
    lines = [(fitted(one.name, page.size, _NAME_SHARE * page.width), _color(one)) for one in named]
    if len(named) < len(pointed):
        lines.append((f"and {len(pointed) - len(named)} more", OFF_WHITE))
    wide = max(text_width(text, page.size) for text, _ in lines)
    beside = _BESIDE * page.size
    is_right = x + beside + wide <= page.right
    column = round(x + beside if is_right else max(x - beside, page.pad + wide))
    first = min(y - 0.4 * page.size, page.bottom) - (len(lines) - 1) * page.step
    if first - page.cap < page.pad:
        first = y + _BELOW * page.size + page.cap
    align: Align = "left" if is_right else "right"
    left = column if is_right else column - wide
    margin, last = 0.35 * page.size, first + (len(lines) - 1) * page.step
    high = last - first + page.cap + 2 * margin
    middle = (first - page.cap + last) / 2
    ground = Line(left - margin, middle, left + wide + margin, middle, round(high), SHADE, _GROUND)
    texts = (
        Text(column, round(first + n * page.step), text, page.size, color, align)
        for n, (text, color) in enumerate(lines)
    )
    return (ground, *texts)


def _color(one: PointedRegion) -> Color:
    return legible_color(one.color, SHADE, TEXT_CONTRAST)
