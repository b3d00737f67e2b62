"""Figures of the three planes through a point: one, all side by side, and with the volume in 3D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast, get_args

from numpy.typing import ArrayLike

from viewer3d.core.planes import PLANES, PlaneName
from viewer3d.core.view import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.errors import ViewError
from viewer3d.figures.begin import begin_state, begin_state_3d, window_note
from viewer3d.figures.figure import figure
from viewer3d.figures.labels import Labels
from viewer3d.figures.layout import fit_grid
from viewer3d.figures.page_builder import Sheet
from viewer3d.figures.pages.page import Page
from viewer3d.figures.sections import Section, Slices, box_around, check_plane
from viewer3d.figures.style import Style
from viewer3d.render.marks.annotations import plane_title, sampling_text
from viewer3d.render.marks.display_list import PLANE_COLORS
from viewer3d.render.slices.compose import SliceSource
from viewer3d.render.volume.pane import VolumePane

Layout = Literal["row", "column"]


@figure
def plane(
    volume: Volume,
    plane: PlaneName = "axial",
    at: ArrayLike | str | None = None,
    window: AnyWindow | None = None,
    *,
    state: ViewState | None = None,
    **options: Any,
) -> tuple[Page, ViewState]:
    """Show one plane.

    Parameters
    ----------
    volume : Volume
    plane : {"axial", "coronal", "sagittal"}
    at : array_like or str, optional
        A point on it: LPS mm, ``"index:i,j,k"``, ``"center"``, ``"max"`` or ``"auto"`` (most anatomy).
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    state : ViewState, optional
        What is not chosen otherwise: slab, colours, oblique axes, ...
    **options
        Those of :class:`viewer3d.figures.Style`.
    """
    style, name = Style(**options), check_plane(plane)
    state = replace(begin_state(volume, style, window, at, state), view=name, enlarged=None)
    section = Section(state.plane(name), state.cursor, box_around(volume.geometry))
    grid = fit_grid(section.sides[:1], section.sides[1:], style, strip=style.value_bar)
    sheet, slices = Sheet(grid, style), Slices(volume, style.page_colors.pane)
    title, how, note = plane_title(state, name), sampling_text(state), window_note(state, volume)
    labels = Labels(title, how=how, position=True, note=note, scale=True)
    sheet.add_slice(slices, section, grid.panes[0], state, labels)
    sheet.add_bars([slices.scale(state)])
    return sheet.page(), state


@figure
def mpr(
    volume: Volume,
    at: ArrayLike | str | None = None,
    window: AnyWindow | None = None,
    layout: Layout = "row",
    *,
    crosshair: bool = True,
    state: ViewState | None = None,
    **options: Any,
) -> tuple[Page, ViewState]:
    """Show the three planes through a point, in one scale.

    Parameters
    ----------
    volume : Volume
    at : array_like or str, optional
        The point: LPS mm, ``"index:i,j,k"``, ``"center"``, ``"max"`` or ``"auto"`` (most anatomy).
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    layout : {"row", "column"}
        Side by side, or one below the other.
    crosshair : bool
        Whether each plane shows where the others cut it.
    state : ViewState, optional
        What is not chosen otherwise: slab, colours, oblique axes, ...
    **options
        Those of :class:`viewer3d.figures.Style`.
    """
    style, layout = Style(**options), check_layout(layout)
    state = replace(begin_state(volume, style, window, at, state), view="mpr", enlarged=None)
    box = box_around(volume.geometry)
    sections = [Section(state.plane(name), state.cursor, box) for name in PLANES]
    grid = fit_grid(*arranged(sections, layout), style, strip=style.value_bar)
    sheet, slices = Sheet(grid, style), Slices(volume, style.page_colors.pane)
    for section, rect in zip(sections, grid.panes, strict=True):
        sheet.add_slice(slices, section, rect, state, _labels(section, state, volume, crosshair=crosshair))
    sheet.add_bars([slices.scale(state)])
    return sheet.page(), state


@figure
def quad(
    volume: Volume,
    at: ArrayLike | str | None = None,
    window: AnyWindow | None = None,
    rendering: str = "auto",
    *,
    couch_hidden: bool | None = None,
    crosshair: bool = True,
    state: ViewState | None = None,
    **options: Any,
) -> tuple[Page, ViewState]:
    """Show the three planes through a point in one scale, level and upright of each other, and the volume in 3D.

    Parameters
    ----------
    volume : Volume
    at : array_like or str, optional
        The point: LPS mm, ``"index:i,j,k"``, ``"center"``, ``"max"`` or ``"auto"`` (most anatomy).
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    rendering : str
        Name of a transfer function, see :func:`viewer3d.screenshot`.
    couch_hidden : bool, optional
        See :func:`viewer3d.screenshot`; without it as a given state says.
    crosshair : bool
        Whether each plane shows where the others cut it.
    state : ViewState, optional
        What is not chosen otherwise: slab, colours, camera, ...
    **options
        Those of :class:`viewer3d.figures.Style`.
    """
    style = Style(**options)
    state = begin_state_3d(volume, "quad", rendering, state, style, couch_hidden=couch_hidden)
    state = begin_state(volume, style, window, at, state)
    box = box_around(volume.geometry)
    axial, coronal, sagittal = (Section(state.plane(name), state.cursor, box) for name in PLANES)
    columns, rows = (axial.sides[0], sagittal.sides[0]), (axial.sides[1], coronal.sides[1])
    grid = fit_grid(columns, rows, style, strip=style.value_bar)
    sheet, slices, pane = Sheet(grid, style), Slices(volume, style.page_colors.pane), VolumePane(SliceSource(volume))
    for section, rect in zip((axial, None, coronal, sagittal), grid.panes, strict=True):
        if section is None:
            sheet.add_volume(pane, volume, rect, state)
        else:
            sheet.add_slice(slices, section, rect, state, _labels(section, state, volume, crosshair=crosshair))
    pane.close()
    sheet.add_bars([slices.scale(state)])
    return sheet.page(), state


def check_layout(layout: str) -> Layout:
    """Return the name of a layout.

    Raises
    ------
    ViewError
        When there is no such layout.
    """
    if layout not in get_args(Layout):
        raise ViewError(f"no layout is named {layout!r}: give one of {', '.join(get_args(Layout))}")
    return cast("Layout", layout)


def arranged(sections: Sequence[Section], layout: Layout) -> tuple[list[float], list[float]]:
    """Return the widths of columns and heights of rows, in mm, that sections take in a layout."""
    wide, high = [section.sides[0] for section in sections], [section.sides[1] for section in sections]
    return (wide, [max(high)]) if layout == "row" else ([max(wide)], high)


def _labels(section: Section, state: ViewState, volume: Volume, *, crosshair: bool) -> Labels:
    # All have the same window and scale: the first says the one, the last the other.
    name = section.plane.name
    note = window_note(state, volume) if name == "axial" else ""
    cross, title, how = state if crosshair else None, plane_title(state, name), sampling_text(state)
    return Labels(title, PLANE_COLORS[name], how=how, position=True, note=note, scale=name == "sagittal", cross=cross)
