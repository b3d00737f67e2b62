"""The figure ``overlay``: something over a volume, on the slices that show most of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Unpack

import numpy as np

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.view.state import PATIENT_AXES, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow
from viewer3d.errors import ViewError
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state
from viewer3d.figures.labels import Labels, how_text
from viewer3d.figures.layout import NARROW_LABEL_MARGIN, lay_out_page, tiled
from viewer3d.figures.lightbox import given_positions, moved
from viewer3d.figures.page_builder import PageBuilder
from viewer3d.figures.pages.page import Page
from viewer3d.figures.regions.extent import Extent, overlay_extents
from viewer3d.figures.regions.grids import along_axis
from viewer3d.figures.regions.telling_slices import telling_slices
from viewer3d.figures.sections import Section, SliceDrawer, WorldBox, box_around, check_plane
from viewer3d.figures.style import Style, StyleOptions, page_colors

MOST_SLICES: Final = 100
"""Of one figure."""


@figure
def overlay(  # noqa: PLR0917 (in the order a person thinks of them)
    volume: AnyVolume,
    overlays: Overlays = (),
    n: int = 6,
    plane: PlaneName = "axial",
    window: AnyWindow | None = None,
    positions: Sequence[float] | None = None,
    *,
    margin: float | None = None,
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show something over a volume, on the slices with most of it: segments, structures, a dose.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    overlays : sequence of Layer or data
        What is drawn over it, from the lowest to the highest, see :func:`viewer3d.screenshot`.
    n : int
        How many slices: those with the largest shares of the overlays, each segment and layer counting alike, spread
        over their extent; from head to feet, front to back or right to left. Less where there are less.
    plane : {"axial", "coronal", "sagittal"}
    window : Window or str, optional
        Of the volume, see :func:`viewer3d.screenshot`.
    positions : sequence of float, optional
        Where the planes cut their axis instead (LPS, mm), in the order to be shown.
    margin : float, optional
        mm around the overlays that panes show; without it they show the whole volume.
    state : ViewState, optional
        What is not chosen otherwise: slab, colours, ...; the planes are those of the patient.
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`. Beside the panes are the value bars of overlays whose looks have one;
        with ``value_bar`` that of the volume too. Below them is the key.

    Raises
    ------
    ViewError
        When there is no overlay, none of them shows anything, or there is no such plane or position.
    """
    volume, style, name = as_volume(volume), Style(**options), check_plane(plane)
    drawer = SliceDrawer(volume, overlays, ground=page_colors(style).pane)
    if not drawer.has_several and not drawer.regions:
        raise ViewError("overlay shows something over a volume: give overlays, or draw a lightbox of the volume")
    if not isinstance(n, int) or not 1 <= n <= MOST_SLICES:
        raise ViewError(f"n {n!r}: give how many slices are to be shown, from 1 to {MOST_SLICES}")
    state = drawer.layered(slices_state(volume, style, window, None, state))
    state = replace(state, view=name, enlarged=None, axes=PATIENT_AXES)
    axis = PLANES[name].axis
    extents = overlay_extents(drawer.layers, drawer.regions, state, axis)
    if positions is None:
        places = _telling_places(volume, extents, name, n)
    else:
        places = given_positions(volume.geometry, name, positions)
    box = _box(volume, extents, margin)
    sections = [Section(state.plane_on_screen(name), moved(state, name, place).cursor, box) for place in places]
    bars = [*drawer.overlay_scales(state), *([drawer.scale(state)] if style.value_bar else [])]
    sides = tiled(len(sections), sections[0].sides, style)
    style = replace(style, value_bar=bool(bars))
    key = drawer.key(state, style, sections)
    layout = lay_out_page(*sides, style, margin=NARROW_LABEL_MARGIN, strip=bool(bars), key=key)
    builder = PageBuilder(layout, style)
    for k, (section, rect) in enumerate(zip(sections, layout.panes, strict=False)):
        first, last = k == 0, k == len(sections) - 1
        layers, how = (drawer.labels(state), how_text(state)) if first else ((), "")
        labels = Labels(how=how, position=True, layers=layers, scale=last, sides=first)
        builder.add_slice(drawer, section, rect, state, labels)
    builder.add_bars(bars)
    return builder.page(), moved(state, name, places[len(places) // 2])


def _telling_places(volume: Volume, extents: Sequence[Extent], plane: PlaneName, n: int) -> list[float]:
    axis = PLANES[plane].axis
    places = slice_places(volume, axis)
    scores = sum((one.at(places) for one in extents), np.zeros(len(places)))
    chosen = [float(places[number]) for number in telling_slices(scores, n)]
    if not chosen:
        raise ViewError("the overlays show nothing in the slices of the volume: give positions, or other overlays")
    return sorted(chosen, reverse=plane == "axial")


def slice_places(volume: Volume, axis: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return where slices of a volume cut an axis of the patient, LPS mm, ascending.

    They go through voxel centres where the grid is parallel to the axis, and else are as far apart as voxels are.
    """
    geometry = volume.geometry
    along = along_axis(geometry, axis)
    if along is None:
        low, high = (float(end[axis]) for end in geometry.bounds)
        step = min(geometry.spacing)
        return np.arange(low + step / 2, high, step)
    index = np.repeat((np.array(geometry.shape) - 1)[None] / 2, geometry.shape[along], axis=0)
    index[:, along] = np.arange(len(index))
    return np.sort(geometry.index_to_world(index)[:, axis])


def _box(volume: Volume, extents: Sequence[Extent], margin: float | None) -> WorldBox:
    whole = box_around(volume.geometry)
    if margin is None:
        return whole
    if not 0 <= margin < np.inf:
        raise ViewError(f"margin {margin!r}: give the mm around the overlays that are shown, from 0")
    if not extents:
        raise ViewError("the overlays show nothing that a margin could be around: leave it out")
    low = np.maximum(np.min([one.box[0] for one in extents], 0) - margin, whole[0])
    high = np.minimum(np.max([one.box[1] for one in extents], 0) + margin, whole[1])
    x, y, z = np.maximum(high, low + 1.0).tolist()
    return (float(low[0]), float(low[1]), float(low[2])), (x, y, z)
