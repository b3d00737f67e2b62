"""The figure ``time_curve``: the values of all volumes of a 4-D set at a point and in regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.inputs import AnyVolume
from viewer3d.core.layers import Overlays, place_layers
from viewer3d.core.members import as_members
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.curves.curve_page import curve_page
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state
from viewer3d.figures.pages.page import Page
from viewer3d.figures.style import Style, StyleOptions, check_unused
from viewer3d.measurements.plots.regions import segment_of
from viewer3d.measurements.plots.time_curve import curve_at, curve_in
from viewer3d.render.marks.plots.of_values import curves_plot
from viewer3d.render.marks.plots.plot import PLOT_COLORS


@figure
def time_curve(
    volumes: AnyVolume | Sequence[Volume],
    at: ArrayLike | str | None = None,
    *,
    overlays: Overlays = (),
    segment: int | str | None = None,
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show the values of all volumes of a 4-D series at a point, in measured regions and in a segment.

    Parameters
    ----------
    volumes : sequence of Volume, or what :func:`viewer3d.load_all` takes
        Two or more on one grid.
    at : array_like of shape (3,), or str, optional
        World point (LPS, mm) or word, see :func:`viewer3d.screenshot`; without it, and without any region, the cursor
        of the state.
    overlays : Segmentation, StructureSet, Mesh, path of one, or Layer
        Whose segment has a curve.
    segment : int or str, optional
        Number or name of that segment or region of interest; its mean is drawn with a band of one standard deviation.
    state : ViewState, optional
        Its regions and isocontours have a curve each, as the segment has. Isocontours are grown in its member; of times
        and echoes, the times are of the echo of that.
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.

    Raises
    ------
    ViewError
        When there is one volume alone, there are more regions than colours, or a segment of no overlay is asked for.
    """
    style = Style(**options)
    check_unused(style, "time_curve", "slab")
    members = as_members(volumes)  # type: ignore[arg-type]  # they were loaded before
    state = slices_state(members[0], style, None, at, state)
    member = state.layers[0].member
    regions = [(number, one) for number, one in enumerate(state.measurements, 1) if one.has_voxels]
    curves = [replace(curve_in(members, one, member), of=one.name or f"{one.kind} {number}") for number, one in regions]
    if segment is not None:
        placed = place_layers(members, overlays).regions
        if len(placed) != 1:
            raise ViewError(f"a segment of {len(placed)} segmentations or structure sets: give one as the overlay")
        curves.append(curve_in(members, segment_of(placed[0], segment), member))
    if len(curves) > len(PLOT_COLORS):
        raise ViewError(f"{len(curves)} regions: a time curve shows {len(PLOT_COLORS)} at most, in colours to tell")
    if at is not None or not curves:
        point = np.array(state.cursor, np.float64)
        named = f"at {', '.join(f'{round(one, 1) + 0.0:.1f}' for one in state.cursor)} mm (LPS)"
        curves.insert(0, replace(curve_at(members, point, member, state.interpolation), of=named))
    return curve_page(curves_plot(curves), curves, style, members[0].identity, "a time curve"), state
