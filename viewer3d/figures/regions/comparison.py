"""The figure ``segmentation_comparison``: two segmentations on slices where they differ most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Unpack, cast

import numpy as np

from viewer3d.core.inputs import AnyVolume
from viewer3d.core.layers import AnyLayer
from viewer3d.core.option_names import called
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.view.state import PATIENT_AXES, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.errors import SegmentError, ViewError
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state
from viewer3d.figures.labels import Labels
from viewer3d.figures.layout import PageLayout
from viewer3d.figures.page_builder import PageBuilder, PaneFacts
from viewer3d.figures.pages.page import Page
from viewer3d.figures.regions.comparison_page import (
    PREDICTION,
    PREDICTION_PEN,
    TRUTH,
    TRUTH_PEN,
    ComparisonLayout,
    RowLayout,
    foot_marks,
    lay_out_comparison,
    number_marks,
    strip_marks,
    widened,
)
from viewer3d.figures.regions.pair_slices import PairSlices, Side
from viewer3d.figures.sections import Section, SliceDrawer, check_plane
from viewer3d.figures.style import Style, StyleOptions, check_unused, page_colors
from viewer3d.measurements.overlap import SegmentComparison, compare_segmentations
from viewer3d.render.first_state import state_of_regions
from viewer3d.render.marks.display_list import DisplayList, Path
from viewer3d.render.panes import PaneGeometry, Rect

MOST_OF_SEGMENT: Final = 12
"""Of a segment: more are no figure."""

MOST_SEGMENTS: Final = 20
"""Of a page, where they are asked for."""

USUAL_SEGMENTS: Final = 6
"""Of a page, where they are not."""


@figure
def segmentation_comparison(  # noqa: PLR0917 (in the order a person thinks of them)
    prediction: AnyLayer,
    truth: AnyLayer,
    volume: AnyVolume | None = None,
    n: int = 4,
    plane: PlaneName = "axial",
    window: AnyWindow | None = None,
    *,
    segments: Sequence[int | str] | int | str | None = None,
    pairs: Sequence[Sequence[int | str]] | None = None,
    tolerance: float = 1.0,
    names: Sequence[str] = ("Prediction", "Truth"),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show how a segmentation agrees with the true one: outlines where they differ most, and numbers.

    A row for each segment: Dice, surface Dice, 95 % Hausdorff distance and volumes; slices on which the outline of the
    prediction lies over that of the truth, thin in orange over thick in blue; and the Dice of every slice along them.

    Parameters
    ----------
    prediction, truth : Segmentation, StructureSet, Layer or path
        In one frame of reference; a :class:`viewer3d.Layer` says how they lie where they do not tell it. Structures
        are compared as masks on the grid of the volume.
    volume : Volume, or what :func:`viewer3d.load` takes, optional
        What they are of, shown in grey below them.
    n : int
        Slices of each segment: those with the largest area that belongs to one of the two alone, spread over the
        extent, from head to feet, front to back or right to left.
    plane : {"axial", "coronal", "sagittal"}
    window : Window or str, optional
        Of the volume, see :func:`viewer3d.screenshot`.
    segments : sequence of int or str, optional
        Numbers or names, of the truth or else of the prediction; without them all, of more than six the six with the
        lowest Dice.
    pairs : sequence of (int or str, int or str), optional
        Which segment of the prediction is compared with which of the truth, as :func:`viewer3d.compare_segmentations`
        has it.
    tolerance : float
        Of the surface Dice, mm.
    names : sequence of str
        What prediction and truth are called.
    state : ViewState, optional
        Of the volume: what is not chosen otherwise.
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.

    Raises
    ------
    ViewError
        When they do not lie in one world, or there is no such plane or number of slices.
    SegmentError
        When no segment of the one matches one of the other.
    """
    style, plane = Style(**options), check_plane(plane)
    check_unused(style, "segmentation_comparison", "slab")
    if not isinstance(n, int) or not 1 <= n <= MOST_OF_SEGMENT:
        raise ViewError(f"n {n!r}: give how many slices of each segment are shown, from 1 to {MOST_OF_SEGMENT}")
    if isinstance(names, str) or len(names) != 2:
        raise ViewError(f"names {names!r}: give two, as ('Prediction', 'Truth')")
    placed = cast("PlacedRegions", prediction), cast("PlacedRegions", truth)
    masks = placed[0].segmentation, placed[1].segmentation
    if pairs is not None and any(isinstance(one, str) or len(one) != 2 for one in pairs):
        raise ViewError(f"pairs {pairs!r:.60}: give a list of two each, as [('liver', 'Liver'), (2, 5)]")
    matched = None if pairs is None else dict(cast("Sequence[tuple[int | str, int | str]]", pairs))
    compared = compare_segmentations(*masks, tolerances=tolerance, pairs=matched, same_frame=True).segments
    rows, note = _chosen_segments(compared, segments)
    slices = [_pair(masks, one, plane) for one in rows]
    drawer, state = _begin(cast("Volume | None", volume), placed, style, window, state)
    plane_axes = PLANES[plane]
    sides = [
        tuple(float(np.dot(widened(one.box), np.abs(side))) for side in (plane_axes.right, plane_axes.down))
        for one in slices
    ]
    layout = lay_out_comparison(cast("list[tuple[float, float]]", sides), n, style)
    page = _Page(layout, style, drawer=drawer, state=state, plane=plane, names=tuple(names))
    for found, pair, row in zip(rows, slices, layout.rows, strict=True):
        page.add_row(found, pair, row)
    page.builder.add_marks(foot_marks(note, layout.foot, layout.text, style))
    return page.builder.page(), replace(state, view=plane, enlarged=None)


def _chosen_segments(
    compared: Sequence[SegmentComparison], wanted: Sequence[int | str] | int | str | None
) -> tuple[list[SegmentComparison], str]:
    """Return the segments that are shown, and what is to be said of those that are not."""
    found = [one for one in compared if one.prediction_ml or one.truth_ml]
    if not found:
        raise SegmentError("neither has a voxel of any segment: there is nothing to compare")
    if wanted is not None:
        chosen = [
            one for what in ([wanted] if isinstance(wanted, int | str) else wanted) for one in _called(found, what)
        ]
        if not 1 <= len(chosen) <= MOST_SEGMENTS:
            raise ViewError(f"{len(chosen)} segments: give 1 to {MOST_SEGMENTS}, each in a row of its own")
        return chosen, "Slices in which they differ most"
    if len(found) <= USUAL_SEGMENTS:
        return found, "Slices in which they differ most"
    worst = sorted(range(len(found)), key=lambda n: (found[n].dice, n))[:USUAL_SEGMENTS]
    note = f"The {USUAL_SEGMENTS} of {len(found)} segments with the lowest Dice, in slices in which they differ most"
    return [found[n] for n in sorted(worst)], note


def _called(compared: Sequence[SegmentComparison], what: int | str) -> list[SegmentComparison]:
    for numbers in ([one.truth for one in compared], [one.prediction for one in compared]):
        known = [
            Segment(number, one.name, (0, 0, 0), value=1)
            for number, one in zip(numbers, compared, strict=True)
            if number is not None
        ]
        if chosen := {one.number for one in called(known, what)}:
            return [one for number, one in zip(numbers, compared, strict=True) if number in chosen]
    listed = ", ".join(f"{one.truth or one.prediction} {one.name}" for one in compared[:12])
    raise SegmentError(f"no compared segment is called {what!r:.60}: give numbers or names of: {listed}")


def _pair(masks: tuple[Segmentation, Segmentation], found: SegmentComparison, plane: PlaneName) -> PairSlices:
    prediction, truth = (
        (side, None if number is None else side.segment(number))
        for side, number in zip(masks, (found.prediction, found.truth), strict=True)
    )
    return PairSlices.of(prediction, truth, PLANES[plane].axis)


def _begin(
    volume: Volume | None,
    placed: tuple[PlacedRegions, PlacedRegions],
    style: Style,
    window: AnyWindow | None,
    state: ViewState | None,
) -> tuple[SliceDrawer | None, ViewState]:
    """Return what draws the volume, where there is one, and the state of what is shown."""
    if volume is None:
        if window is not None:
            raise ViewError("a window, and no volume that it is for: give the volume, or leave the window out")
        return None, state or state_of_regions(placed[1])
    drawer = SliceDrawer(volume, placed, ground=page_colors(style).pane)
    state = drawer.layered(slices_state(volume, style, window, None, state))
    return drawer, replace(state, axes=PATIENT_AXES)


class _Page:
    # Adds the rows of the page.
    def __init__(
        self,
        layout: ComparisonLayout,
        style: Style,
        *,
        drawer: SliceDrawer | None,
        state: ViewState,
        plane: PlaneName,
        names: tuple[str, ...],
    ) -> None:
        panes = tuple(row.panes for row in layout.rows)
        self.builder = PageBuilder(PageLayout(layout.size, panes, 1.0, layout.text, Rect(0, 0, 0, 0)), style)
        self._text, self._style, self._drawer, self._plane, self._names = layout.text, style, drawer, plane, names
        # Regions are drawn as lines of two colours, whatever colours they have.
        self._state = replace(state, regions=tuple(replace(one, shown=False) for one in state.regions))

    def add_row(self, found: SegmentComparison, pair: PairSlices, row: RowLayout) -> None:
        chosen = pair.most_differing(len(row.panes))
        chosen = sorted(chosen, key=lambda number: pair.places[number] * (-1 if pair.axis == 2 else 1))
        text, style = self._text, self._style
        self.builder.add_marks(number_marks(found, row.numbers, text, self._names, style))
        for n, (number, rect) in enumerate(zip(chosen, row.panes, strict=False)):
            point = list(np.mean(pair.box, axis=0))
            point[pair.axis] = pair.places[number]
            section = Section(PLANES[self._plane], (point[0], point[1], point[2]), pair.box)
            pane = section.pane(row.mm_per_pixel, rect.size)
            title = "" if style.panel_letters else str(n + 1)
            labels = Labels(
                title, position=True, sides=n == 0, scale=n == len(chosen) - 1, marks=self._lines(pair, number, pane)
            )
            self._add_pane(pane, rect, labels)
        self.builder.add_marks(strip_marks(pair, chosen, row.strip, text, style))

    def _add_pane(self, pane: PaneGeometry, rect: Rect, labels: Labels) -> None:
        if self._drawer is None:
            pixels = np.empty((rect.height, rect.width, 3), np.uint8)
            pixels[...] = page_colors(self._style).pane
            self.builder.add_pixels(pixels, pane, rect, labels)
            return
        pixels, drawn = self._drawer.pixels(pane, self._state), self._drawer.drawn(pane, self._state)
        facts = PaneFacts(self._drawer.identity(self._state), self._drawer.notes(pane, self._state))
        self.builder.add_pixels(pixels, pane, rect, labels, facts, drawn=drawn)

    def _lines(self, pair: PairSlices, number: int, pane: PaneGeometry) -> DisplayList:
        looks: tuple[tuple[Side, Any, float], ...] = (
            ("truth", TRUTH, TRUTH_PEN), ("prediction", PREDICTION, PREDICTION_PEN),
        )  # fmt: skip
        return tuple(
            Path(
                tuple((float(x), float(y)) for x, y in pane.to_pixel(line)),
                True,
                max(1, round(pen * self._text)),
                color,
            )
            for side, color, pen in looks
            for line in pair.outlines(side, number)
        )
