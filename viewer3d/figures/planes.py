"""Figures of the three planes through a point: one, all side by side, and with the volume in 3D."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, get_args

from numpy.typing import ArrayLike

from viewer3d.errors import ViewError
from viewer3d.figures.cuts import Cut, Slices, box_around, check_plane
from viewer3d.figures.figure import figure
from viewer3d.figures.grid import fit_grid
from viewer3d.figures.labels import Labels
from viewer3d.figures.look import Look
from viewer3d.figures.page import Page
from viewer3d.figures.sheet import Sheet
from viewer3d.planes import PLANES, PlaneName
from viewer3d.render.annotations import window_texts
from viewer3d.render.marks import PLANE_COLORS
from viewer3d.render.place import find_place
from viewer3d.render.scene import choose_window, first_state
from viewer3d.render.transfer import choose_preset
from viewer3d.render.volume_pane import VolumePane
from viewer3d.view import ViewState, initial_state
from viewer3d.volume import Volume
from viewer3d.window import Window

Layout = Literal["row", "column"]


@figure
def plane(
    volume: Volume,
    plane: PlaneName = "axial",
    at: ArrayLike | str | None = None,
    window: Window | str | None = None,
    **look: Any,
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
    **look
        The options of :class:`viewer3d.figures.Look`.
    """
    dress, name = Look.of(look), check_plane(plane)
    state = replace(state_at(volume, at, window), view=name)
    cut = Cut(name, state.cursor, box_around(volume.geometry))
    grid = fit_grid(cut.sides[:1], cut.sides[1:], dress, strip=dress.value_bar)
    sheet, slices = Sheet(grid, dress), Slices(volume, dress.colors)
    labels = Labels(name.capitalize(), position=True, note=window_note(state, volume), scale=True)
    sheet.add_slice(slices, cut, grid.panes[0], state.window, labels)
    sheet.add_bar(slices.scale(state.window))
    return sheet.page(), state


@figure
def mpr(
    volume: Volume,
    at: ArrayLike | str | None = None,
    window: Window | str | None = None,
    layout: Layout = "row",
    *,
    crosshair: bool = True,
    **look: Any,
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
    **look
        The options of :class:`viewer3d.figures.Look`.
    """
    dress = Look.of(look)
    if layout not in get_args(Layout):
        raise ViewError(f"no layout is named {layout!r}: give one of {', '.join(get_args(Layout))}")
    state = replace(state_at(volume, at, window), view="mpr")
    cuts = [Cut(name, state.cursor, box_around(volume.geometry)) for name in PLANES]
    wide, high = [cut.sides[0] for cut in cuts], [cut.sides[1] for cut in cuts]
    columns, rows = (wide, [max(high)]) if layout == "row" else ([max(wide)], high)
    grid = fit_grid(columns, rows, dress, strip=dress.value_bar)
    sheet, slices = Sheet(grid, dress), Slices(volume, dress.colors)
    for cut, rect in zip(cuts, grid.panes, strict=True):
        labels = plane_labels(cut, state, crosshair=crosshair)
        sheet.add_slice(slices, cut, rect, state.window, noted(labels, cut, state, volume))
    sheet.add_bar(slices.scale(state.window))
    return sheet.page(), state


@figure
def quad(
    volume: Volume,
    at: ArrayLike | str | None = None,
    window: Window | str | None = None,
    rendering: str = "auto",
    *,
    crosshair: bool = True,
    **look: Any,
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
    crosshair : bool
        Whether each plane shows where the others cut it.
    **look
        The options of :class:`viewer3d.figures.Look`.
    """
    dress = Look.of(look)
    state = first_state(volume, "quad", window, rendering).with_cursor(find_place(volume, at))
    axial, coronal, sagittal = (Cut(name, state.cursor, box_around(volume.geometry)) for name in PLANES)
    columns, rows = (axial.sides[0], sagittal.sides[0]), (axial.sides[1], coronal.sides[1])
    grid = fit_grid(columns, rows, dress, strip=dress.value_bar)
    sheet, slices, preset = Sheet(grid, dress), Slices(volume, dress.colors), choose_preset(volume, rendering)
    for cut, rect in zip((axial, None, coronal, sagittal), grid.panes, strict=True):
        if cut is None:
            sheet.add_volume(VolumePane(volume), state.camera, preset.name, rect, preset.title)
        else:
            labels = plane_labels(cut, state, crosshair=crosshair)
            sheet.add_slice(slices, cut, rect, state.window, noted(labels, cut, state, volume))
    sheet.add_bar(slices.scale(state.window))
    return sheet.page(), state


def state_at(volume: Volume, at: ArrayLike | str | None, window: Window | str | None) -> ViewState:
    """Return the first state of a volume, at a place and with a window."""
    state = initial_state(volume.geometry, choose_window(volume, window))
    return state.with_cursor(find_place(volume, at))


def plane_labels(cut: Cut, state: ViewState, *, crosshair: bool) -> Labels:
    """Return the labels of one plane among others."""
    cursor = state.cursor if crosshair else None
    return Labels(cut.plane.capitalize(), PLANE_COLORS[cut.plane], position=True, cursor=cursor)


def noted(labels: Labels, cut: Cut, state: ViewState, volume: Volume) -> Labels:
    """Add to the first plane the window, and to the last the scale bar: all have the same."""
    if cut.plane == "axial":
        return replace(labels, note=window_note(state, volume))
    return replace(labels, scale=cut.plane == "sagittal")


def window_note(state: ViewState, volume: Volume) -> str:
    """Write the window of slices."""
    return "   ".join(window_texts(state.window, volume.unit))
