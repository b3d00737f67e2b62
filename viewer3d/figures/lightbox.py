"""The figure ``lightbox``: many slices of one plane, and a scout that shows where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, Unpack

import numpy as np

from viewer3d.core.geometry import Geometry
from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.view.state import PATIENT_AXES, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.errors import ViewError
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state
from viewer3d.figures.labels import Labels, how_text, panel_letter
from viewer3d.figures.layout import NARROW_LABEL_MARGIN, lay_out_page, tiled
from viewer3d.figures.page_builder import PageBuilder, PaneFacts
from viewer3d.figures.pages.page import Page
from viewer3d.figures.sections import Section, SliceDrawer, box_around, check_plane
from viewer3d.figures.style import Style, StyleOptions, page_colors
from viewer3d.render.cursor import anatomy_span
from viewer3d.render.marks.display_list import PLANE_COLORS, DisplayList, Line, Mark, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.panes import PaneGeometry

SCOUTS: dict[PlaneName, PlaneName] = {"axial": "coronal", "coronal": "sagittal", "sagittal": "coronal"}
"""The plane on which slices of a plane are shown as lines."""

_PARALLEL_COSINE = 0.999
"""Cosine from which on an axis of the grid is one of the patient: slices then go through voxel centres."""

MOST_POSITIONS: Final = 1000
"""Of one figure: a recipe may list any number."""


@figure
def lightbox(
    volume: AnyVolume,
    n: int = 20,
    plane: PlaneName = "axial",
    window: AnyWindow | None = None,
    positions: Sequence[float] | None = None,
    *,
    scout: bool = True,
    overlays: Overlays = (),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show many slices of one plane, from head to feet, front to back or right to left.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    n : int
        How many. Where the grid is parallel to the patient's axes they go through voxel centres, evenly through all
        that holds anatomy, see :func:`viewer3d.render.cursor.anatomy_span`; else evenly through the whole volume.
    plane : {"axial", "coronal", "sagittal"}
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    positions : sequence of float, optional
        Where the planes cut their axis instead (LPS, mm), in the order to be shown.
    scout : bool
        Whether a last pane shows a plane across them, with a line for each.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`. Choices of window,
        colours and the like are those of the volume.
    state : ViewState, optional
        What is not chosen otherwise: slab, colours, ...; the planes are those of the patient.
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`. Panel letters take the place of the slices' numbers.
    """
    volume, style, name = as_volume(volume), Style(**options), check_plane(plane)
    drawer = SliceDrawer(volume, overlays, ground=page_colors(style).pane)
    state = drawer.layered(slices_state(volume, style, window, None, state))
    state = replace(state, view=name, enlarged=None, axes=PATIENT_AXES)
    places = _even(volume, name, n) if positions is None else given_positions(volume.geometry, name, positions)
    box = box_around(volume.geometry)
    sections = [Section(state.plane_on_screen(name), moved(state, name, place).cursor, box) for place in places]
    sides = tiled(len(sections) + scout, sections[0].sides, style)
    key = drawer.key(state, style, sections)
    layout = lay_out_page(*sides, style, margin=NARROW_LABEL_MARGIN, strip=style.value_bar, key=key)
    builder = PageBuilder(layout, style)
    names = [panel_letter(k) if style.panel_letters else str(k + 1) for k in range(len(sections))]
    for k, section in enumerate(sections):
        # All have the same window and scale: the first shows the window, the last the scale bar.
        first, last = k == 0, k == len(sections) - 1
        layers, title = drawer.labels(state) if first else (), "" if style.panel_letters else names[k]
        how = how_text(state) if first else ""
        labels = Labels(title, how=how, position=True, layers=layers, scale=last, sides=first)
        builder.add_slice(drawer, section, layout.panes[k], state, labels)
    if scout:
        rect = layout.panes[len(sections)]
        pane = Section(PLANES[SCOUTS[name]], state.cursor, box).fitted(rect.size, NARROW_LABEL_MARGIN * layout.text)
        marks = _locators(builder.metrics(rect), pane, sections, names)
        scale = builder.metrics(rect).line_scale
        drawn = drawer.drawn(pane, state, scale)
        facts = PaneFacts(notes=drawer.notes(pane, state))
        builder.add_pixels(drawer.pixels(pane, state, scale), pane, rect, Labels(marks=marks), facts, drawn=drawn)
    builder.add_bars(drawer.scales(state))
    return builder.page(), moved(state, name, places[len(places) // 2])


def _locators(m: MarkMetrics, pane: PaneGeometry, sections: Sequence[Section], names: Sequence[str]) -> DisplayList:
    # A line for each slice, and the names of as many as fit.
    plane = sections[0].plane
    level = pane.plane.down[plane.axis] != 0
    places = [float(pane.to_pixel(section.point)[int(level)]) for section in sections]
    step = min((abs(b - a) for a, b in pairwise(places)), default=np.inf)
    every = max(1, int(np.ceil((1.2 if level else 1.7) * m.size / max(step, 1e-9))))
    begin, marks = m.pad + 1.6 * m.size, list[Mark]()
    end = (m.width if level else m.height) - 1 - begin - 1.6 * m.size
    for k, place in enumerate(places):
        ends = (begin, place, end, place) if level else (place, begin + 1.4 * m.size, place, m.height - 1 - begin)
        marks.append(Line(*ends, m.line, PLANE_COLORS[plane.name], 0.9))
        if k % every == 0:
            x, y = (end + 0.4 * m.size, place + m.cap / 2) if level else (place, begin + m.cap)
            marks.append(Text(x, y, names[k], m.size, align="left" if level else "middle"))
    return tuple(marks)


def _even(volume: Volume, plane: PlaneName, n: int) -> list[float]:
    geometry, axis = volume.geometry, PLANES[plane].axis
    along = int(np.argmax(np.abs(geometry.direction[axis])))
    aligned = abs(geometry.direction[axis, along]) >= _PARALLEL_COSINE
    low, high = (float(end[axis]) for end in geometry.bounds)
    most = geometry.shape[along] if aligned else int((high - low) / min(geometry.spacing))
    if not isinstance(n, int) or not 1 <= n <= most:
        raise ViewError(f"n {n!r}: give how many {plane} slices are to be shown, from 1 to {most}")
    shares = (np.arange(n) + 0.5) / n
    places = low + shares * (high - low)
    if aligned:
        first, last = anatomy_span(volume, along)
        if n > last - first + 1:
            first, last = 0, most - 1
        index = np.repeat((np.array(geometry.shape) - 1)[None] / 2, n, axis=0)
        index[:, along] = first + np.ceil(shares * (last - first + 1) - 1)
        places = geometry.index_to_world(index)[:, axis]
    return sorted((float(place) for place in places), reverse=plane == "axial")


def given_positions(geometry: Geometry, plane: PlaneName, positions: Sequence[float]) -> list[float]:
    """Return positions of slices as numbers.

    Raises
    ------
    ViewError
        When there are none, too many, or one is outside of the volume.
    """
    axis = PLANES[plane].axis
    low, high = (float(end[axis]) for end in geometry.bounds)
    try:
        places = [float(position) for position in positions]
    except (TypeError, ValueError):
        places = []
    if not 1 <= len(places) <= MOST_POSITIONS or not all(low <= place <= high for place in places):
        raise ViewError(
            f"positions {positions!r:.60}: give mm from {low:.1f} to {high:.1f}, 1 to {MOST_POSITIONS:,} of them"
        )
    return places


def moved(state: ViewState, plane: PlaneName, place: float) -> ViewState:
    """Return a state whose cursor is where a plane cuts its axis (LPS, mm)."""
    cursor = list(state.cursor)
    cursor[PLANES[plane].axis] = place
    return state.with_cursor(cursor)
