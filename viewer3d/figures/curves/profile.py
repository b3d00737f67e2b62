"""The figure ``profile``: values along a straight line, of a volume and of what lies over it."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.inputs import AnyVolume, as_volume
from viewer3d.core.layers import Overlays, place_layers
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.curves.curve_page import curve_page
from viewer3d.figures.figure import figure
from viewer3d.figures.figure_state import slices_state
from viewer3d.figures.pages.page import Page
from viewer3d.figures.style import Style, StyleOptions, check_unused
from viewer3d.measurements.plots.profile import profile_of
from viewer3d.render.cursor import find_place
from viewer3d.render.marks.plots.of_values import profile_plot


@figure
def profile(
    volume: AnyVolume,
    line: ArrayLike | str | None = None,
    *,
    overlays: Overlays = (),
    step: float | None = None,
    state: ViewState | None = None,
    **options: Unpack[StyleOptions],
) -> tuple[Page, ViewState]:
    """Show the values of a volume along a straight line, and of volumes that lie over it.

    Parameters
    ----------
    volume : Volume, or what :func:`viewer3d.load` takes
    line : array_like of shape (2, 3), or str, optional
        Both ends (LPS, mm); or two places as :func:`viewer3d.screenshot` takes them with a stroke between:
        ``"-60,0,40/60,0,40"``. Without it the last distance that the state holds.
    overlays : sequence of Layer or data
        Volumes among them have a line each; of a second unit along an axis at the right.
    step : float, optional
        mm between values, see :func:`viewer3d.profile`.
    state : ViewState, optional
        Its distance, and its interpolation.
    **options : StyleOptions
        Those of :class:`viewer3d.figures.Style`.

    Raises
    ------
    ViewError
        When there is no line, or it has no length.
    """
    volume, style = as_volume(volume), Style(**options)
    check_unused(style, "profile", "slab")
    state = slices_state(volume, style, None, None, state)
    layers = place_layers(volume, overlays).layers
    named = [(layer.name if len(layers) > 1 else "", layer.volume) for layer in layers]
    found = profile_of(named, _ends(volume, line, state), step, state.interpolation)
    plot = profile_plot(found)
    ends = " to ".join(", ".join(f"{round(one, 1) + 0.0:.1f}" for one in end) for end in found.ends)
    plot = replace(plot, across=f"mm from {ends} mm (LPS)")
    return curve_page(plot, found, style, volume.identity, "a profile"), state


def _ends(volume: Volume, line: ArrayLike | str | None, state: ViewState) -> NDArray[np.float64]:
    """Return both ends of the line, shape (2, 3), LPS mm."""
    if isinstance(line, str):
        places = line.split("/")
        if len(places) != 2:
            raise ViewError(f"line {line!r:.80}: give two places with a stroke between, as -60,0,40/60,0,40")
        return np.array([find_place(volume, one) for one in places], np.float64)
    if line is not None:
        return np.asarray(line, np.float64)
    drawn = [one for one in state.measurements if one.kind == "distance"]
    if not drawn:
        raise ViewError("a profile is along a line: give both ends, or a state with a distance")
    return np.array(drawn[-1].points, np.float64)
