"""The figures ``plane``, ``mpr`` and ``quad``: planes through a point, and the volume in 3D."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Unpack

from numpy.typing import ArrayLike

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.core.window import AnyWindow
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state, volume_state
from viewer3d.figures.labels import Labels
from viewer3d.figures.layout import Arrangement, PageLayout, arranged, check_arrangement, lay_out_page
from viewer3d.figures.page_builder import PageBuilder
from viewer3d.figures.pages.page import Page
from viewer3d.figures.sections import Section, SliceDrawer, check_plane, sections_of
from viewer3d.figures.style import Style, StyleOptions, page_colors
from viewer3d.render.marks.annotations import plane_title, sampling_text
from viewer3d.render.marks.display_list import PLANE_COLORS
from viewer3d.render.panes3d.volume_pane import VolumePane


@figure
def plane(
    volume: AnyVolume,
    plane: PlaneName = "axial",
    at: ArrayLike | str | None = None,
    window: AnyWindow | None = None,
    *,
    overlays: Overlays = (),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show one plane.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    plane : {"axial", "coronal", "sagittal"}
    at : array_like of shape (3,), or str, optional
        A point on it: LPS mm, ``"ras:x,y,z"``, ``"index:i,j,k"``, ``"center"``, ``"max"`` or ``"auto"`` (most anatomy).
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`. Choices of window,
        colours and the like are those of the volume.
    state : ViewState, optional
        What is not chosen otherwise: slab, colours, oblique axes, ...
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.
    """
    volume, style, name = as_volume(volume), Style(**options), check_plane(plane)
    drawer = SliceDrawer(volume, overlays, ground=page_colors(style).pane)
    state = drawer.layered(replace(slices_state(volume, style, window, at, state), view=name, enlarged=None))
    (section,) = sections_of(state, [name], volume.geometry)
    key = drawer.key(state, style, [section])
    layout = lay_out_page(section.sides[:1], section.sides[1:], style, strip=style.value_bar, key=key)
    title, how, layers = plane_title(state, name), sampling_text(state), drawer.labels(state)
    labels = Labels(title, how=how, position=True, layers=layers, scale=True)
    return _draw_page(drawer, state, style, layout, sections=[section], labels=lambda _: labels), state


@figure
def mpr(
    volume: AnyVolume,
    at: ArrayLike | str | None = None,
    window: AnyWindow | None = None,
    layout: Arrangement = "row",
    *,
    crosshair: bool = True,
    overlays: Overlays = (),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show the three planes through a point, in one scale.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    at : array_like of shape (3,), or str, optional
        The point: LPS mm, ``"ras:x,y,z"``, ``"index:i,j,k"``, ``"center"``, ``"max"`` or ``"auto"`` (most anatomy).
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    layout : {"row", "column"}
        Side by side, or one below the other.
    crosshair : bool
        Whether each plane shows where the others cut it.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`. Choices of window,
        colours and the like are those of the volume.
    state : ViewState, optional
        What is not chosen otherwise: slab, colours, oblique axes, ...
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.
    """
    volume, style, arrangement = as_volume(volume), Style(**options), check_arrangement(layout)
    drawer = SliceDrawer(volume, overlays, ground=page_colors(style).pane)
    state = drawer.layered(replace(slices_state(volume, style, window, at, state), view="mpr", enlarged=None))
    sections = sections_of(state, PLANES, volume.geometry)
    key, sides = drawer.key(state, style, sections), arranged([one.sides for one in sections], arrangement)
    page = lay_out_page(*sides, style, strip=style.value_bar, key=key)
    labels = _labels_of_three(state, drawer, crosshair=crosshair)
    return _draw_page(drawer, state, style, page, sections=sections, labels=labels), state


@figure
def quad(
    volume: AnyVolume,
    at: ArrayLike | str | None = None,
    window: AnyWindow | None = None,
    rendering: str = "auto",
    *,
    couch_hidden: bool | None = None,
    face_hidden: bool | None = None,
    crosshair: bool = True,
    overlays: Overlays = (),
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show the three planes through a point, in one scale and aligned, and the volume in 3D.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    at : array_like of shape (3,), or str, optional
        The point: LPS mm, ``"ras:x,y,z"``, ``"index:i,j,k"``, ``"center"``, ``"max"`` or ``"auto"`` (most anatomy).
    window : Window or str, optional
        See :func:`viewer3d.screenshot`.
    rendering : str
        Name of a transfer function, see :func:`viewer3d.screenshot`.
    couch_hidden, face_hidden : bool, optional
        See :func:`viewer3d.screenshot`; without it as a given state says.
    crosshair : bool
        Whether each plane shows where the others cut it.
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`. Choices of window,
        colours and the like are those of the volume.
    state : ViewState, optional
        What is not chosen otherwise: slab, colours, camera, ...
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.
    """
    volume, style = as_volume(volume), Style(**options)
    hidden = {"couch_hidden": couch_hidden, "face_hidden": face_hidden}
    state = volume_state(volume, "quad", rendering, state, style, **hidden)
    drawer = SliceDrawer(volume, overlays, ground=page_colors(style).pane)
    state = drawer.layered(slices_state(volume, style, window, at, state))
    axial, coronal, sagittal = sections_of(state, PLANES, volume.geometry)
    columns, rows = (axial.sides[0], sagittal.sides[0]), (axial.sides[1], coronal.sides[1])
    layout = lay_out_page(columns, rows, style, strip=style.value_bar, key=drawer.key(state, style))
    labels = _labels_of_three(state, drawer, crosshair=crosshair)
    return _draw_page(drawer, state, style, layout, sections=(axial, None, coronal, sagittal), labels=labels), state


def _draw_page(
    drawer: SliceDrawer,
    state: ViewState,
    style: Style,
    layout: PageLayout,
    *,
    sections: Sequence[Section | None],
    labels: Callable[[Section], Labels],
) -> Page:
    """Draw a page of sections in one state; for None, the volume in 3D."""
    builder = PageBuilder(layout, style)
    with closing(VolumePane(drawer.volume)) as pane:
        for section, rect in zip(sections, layout.panes, strict=True):
            if section is None:
                builder.add_volume(pane, drawer, rect, state)
            else:
                builder.add_slice(drawer, section, rect, state, labels(section))
    builder.add_bars(drawer.scales(state))
    return builder.page()


def _labels_of_three(state: ViewState, drawer: SliceDrawer, *, crosshair: bool) -> Callable[[Section], Labels]:
    # All have the same window and scale: the axial one shows the window, the sagittal one the scale bar.
    cross, how = state if crosshair else None, sampling_text(state)

    def labels(section: Section) -> Labels:
        name = section.plane.name
        title, layers = plane_title(state, name), drawer.labels(state) if name == "axial" else ()
        scale = name == "sagittal"
        return Labels(title, PLANE_COLORS[name], how=how, position=True, layers=layers, scale=scale, cross=cross)

    return labels
