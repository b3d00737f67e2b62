"""Lightbox: many slices of one plane on a page, and a scout that shows where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from viewer3d.errors import ViewError
from viewer3d.figures.cuts import Cut, Slices, box_around, check_plane
from viewer3d.figures.figure import figure
from viewer3d.figures.grid import best_columns, fit_grid
from viewer3d.figures.labels import Labels, panel_letter
from viewer3d.figures.look import Look
from viewer3d.figures.page import Page
from viewer3d.figures.planes import state_at, window_note
from viewer3d.figures.sheet import Sheet
from viewer3d.geometry import Geometry
from viewer3d.planes import PLANES, PlaneName
from viewer3d.render.annotations import Measures
from viewer3d.render.marks import PLANE_COLORS, DisplayList, Line, Mark, Text
from viewer3d.render.panes import PaneFrame, Rect
from viewer3d.view import ViewState
from viewer3d.volume import Volume
from viewer3d.window import Window

SCOUTS: dict[PlaneName, PlaneName] = {"axial": "coronal", "coronal": "sagittal", "sagittal": "coronal"}
"""The plane on which slices of a plane are shown as lines."""

MARGIN = 0.01
"""Of slices in a lightbox: they have few labels, and each pixel counts."""

ALIGNED = 0.999
"""Cosine from which on an axis of the grid is one of the patient: slices then go through voxel centres."""


@figure
def lightbox(
    volume: Volume,
    n: int = 20,
    plane: PlaneName = "axial",
    window: Window | str | None = None,
    positions: Sequence[float] | None = None,
    *,
    scout: bool = True,
    **look: Any,
) -> tuple[Page, ViewState]:
    """Show many slices of one plane, from head to feet, front to back or right to left.

    Parameters
    ----------
    volume : Volume
    n : int
        How many, evenly through the whole volume; each goes through the nearest voxel centres where the grid is
        parallel to the patient's axes.
    plane : {"axial", "coronal", "sagittal"}
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    positions : sequence of float, optional
        Where the planes cut their axis instead (LPS, mm), in the order to be shown.
    scout : bool
        Whether a last pane shows a plane across them, with a line for each.
    **look
        The options of :class:`viewer3d.figures.Look`. Panel letters take the place of the slices' numbers.
    """
    dress, name = Look.of(look), check_plane(plane)
    state = replace(state_at(volume, None, window), view=name)
    places = _even(volume.geometry, name, n) if positions is None else _given(volume.geometry, name, positions)
    box = box_around(volume.geometry)
    cuts = [Cut(name, _moved(state, name, place).cursor, box, MARGIN) for place in places]
    count = len(cuts) + scout
    columns = best_columns(count, cuts[0].sides, dress)
    grid = fit_grid(
        [cuts[0].sides[0]] * columns, [cuts[0].sides[1]] * -(-count // columns), dress, strip=dress.value_bar
    )
    sheet, slices = Sheet(grid, dress), Slices(volume, dress.colors)
    for k, cut in enumerate(cuts):
        labels = Labels(
            "" if dress.panel_letters else str(k + 1), position=True, sides=k == 0, scale=k == len(cuts) - 1
        )
        if k == 0:
            labels = replace(labels, note=window_note(state, volume))
        sheet.add_slice(slices, cut, grid.panes[k], state.window, labels)
    if scout:
        names = [panel_letter(k) if dress.panel_letters else str(k + 1) for k in range(len(cuts))]
        _add_scout(sheet, slices, cuts, grid.panes[len(cuts)], names, state)
    sheet.add_bar(slices.scale(state.window))
    return sheet.page(), _moved(state, name, places[len(places) // 2])


def _add_scout(  # noqa: PLR0917 (in the order a person thinks of them)
    sheet: Sheet, slices: Slices, cuts: Sequence[Cut], rect: Rect, names: Sequence[str], state: ViewState
) -> None:
    cut = Cut(SCOUTS[cuts[0].plane], state.cursor, cuts[0].box, MARGIN)
    frame = cut.fitted(rect.size)
    marks = _locators(sheet.measures(rect), frame, cuts, names)
    sheet.add_pixels(slices.pixels(frame, state.window), frame, rect, Labels(marks=marks))


def _locators(m: Measures, frame: PaneFrame, cuts: Sequence[Cut], names: Sequence[str]) -> DisplayList:
    # A line for each slice, and as many of their names as there is room for.
    plane = cuts[0].plane
    level = frame.plane.down[PLANES[plane].axis] != 0
    places = [float(frame.to_pixel(cut.point)[int(level)]) for cut in cuts]
    step = min((abs(b - a) for a, b in pairwise(places)), default=np.inf)
    every = max(1, int(np.ceil((1.2 if level else 1.7) * m.size / max(step, 1e-9))))
    begin, marks = m.pad + 1.6 * m.size, list[Mark]()
    end = (m.width if level else m.height) - 1 - begin - 1.6 * m.size
    for k, place in enumerate(places):
        ends = (begin, place, end, place) if level else (place, begin + 1.4 * m.size, place, m.height - 1 - begin)
        marks.append(Line(*ends, m.line, PLANE_COLORS[plane], 0.9))
        if k % every == 0:
            x, y, align = (end + 0.4 * m.size, place + m.cap / 2, "left") if level else (place, begin + m.cap, "middle")
            marks.append(Text(x, y, names[k], m.size, align=align))
    return tuple(marks)


def _even(geometry: Geometry, plane: PlaneName, n: int) -> list[float]:
    axis, sign = PLANES[plane].axis, -1 if plane == "axial" else 1
    low, high = (float(end[axis]) for end in geometry.bounds)
    along = int(np.argmax(np.abs(geometry.direction[axis])))
    aligned = abs(geometry.direction[axis, along]) >= ALIGNED
    most = geometry.shape[along] if aligned else int((high - low) / min(geometry.spacing))
    if not isinstance(n, int) or not 1 <= n <= most:
        raise ViewError(f"n {n!r}: give how many {plane} slices are to be shown, from 1 to {most}")
    shares = (np.arange(n) + 0.5) / n
    if aligned:
        shares = (np.ceil(shares * most - 0.5 - 0.5) + 0.5) / most
    return [float(low + share * (high - low)) for share in shares][::sign]


def _given(geometry: Geometry, plane: PlaneName, positions: Sequence[float]) -> list[float]:
    axis = PLANES[plane].axis
    low, high = (float(end[axis]) for end in geometry.bounds)
    try:
        places = [float(position) for position in positions]
    except (TypeError, ValueError):
        places = []
    if not places or not all(low <= place <= high for place in places):
        raise ViewError(f"positions {positions!r}: give mm from {low:.1f} to {high:.1f}, at least one")
    return places


def _moved(state: ViewState, plane: PlaneName, place: float) -> ViewState:
    cursor = list(state.cursor)
    cursor[PLANES[plane].axis] = place
    return state.with_cursor(cursor)
