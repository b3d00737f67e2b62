"""What a small plot is of: the values that a state shows, as curves, a profile or a histogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.app.input.measure_gestures import find_hit
from viewer3d.core.images.image2d import flat_of
from viewer3d.core.layers import PlacedLayer
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.planes import PlaneName
from viewer3d.core.view.state import ViewState
from viewer3d.errors import ViewError
from viewer3d.measurements.plots.plot_table import Plotted
from viewer3d.measurements.plots.profile import profile_of, shown_volumes
from viewer3d.measurements.plots.regions import values_in
from viewer3d.measurements.plots.time_curve import TimeCurve, curve_at, curve_in
from viewer3d.measurements.plots.value_histogram import ValueHistogram, value_histogram
from viewer3d.render.marks.plots.of_values import curves_plot, histogram_plot, profile_plot
from viewer3d.render.marks.plots.plot import Plot
from viewer3d.render.scene import Scene

NO_TIMES: Final = "one volume has no curve over time: open a 4-D series"

PlotKind = Literal["time curve", "profile", "histogram"]

MOST_CURVES: Final = 3
"""Regions that have a curve of their own beside the crosshair's: the latest."""


class CurveCache:
    """Makes the curves of regions, and keeps them: they stay while the crosshair moves."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], TimeCurve] = {}

    def of(self, layer: PlacedLayer, region: Measurement, member: int) -> TimeCurve:
        """Return the curve of a layer in a region, from the member that is seen."""
        key = layer.members, region, member
        if key not in self._known:
            if len(self._known) > 2 * MOST_CURVES * len(layer.members):
                self._known.clear()
            self._known[key] = curve_in(layer.members, region, member)
        return self._known[key]


@dataclass(frozen=True)
class PlotTarget:
    """What a plot was asked of, by the pointer.

    Attributes
    ----------
    kind : {"time curve", "profile", "histogram"}
    plane : {"axial", "coronal", "sagittal"}, optional
        The slice pane that a histogram is of.
    measurement : int, optional
        Number of the line or region that was pointed at, from 0; without it the latest.
    """

    kind: PlotKind
    plane: PlaneName | None = None
    measurement: int | None = None


def target_at(kind: PlotKind, state: ViewState, context: Context, position: EventPosition) -> PlotTarget:
    """Return what a plot is of that is asked for with the pointer at a position."""
    planes = [name for name in state.panes if name != "3d"]
    plane = position.plane or (planes[0] if planes else None)
    hit = None if position.plane is None else find_hit(state, context, position)
    pointed = None if hit is None else hit.number
    if pointed is not None and not fits(kind, state.measurements[pointed]):
        pointed = None
    return PlotTarget(kind, plane, pointed)


def followed_target(target: PlotTarget, before: Sequence[Measurement], after: Sequence[Measurement]) -> PlotTarget:
    """Return a target with the number that its measurement has now; with none where that was removed."""
    number = target.measurement
    if number is None or len(before) == len(after):
        return target
    one = before[number] if number < len(before) else None
    return replace(target, measurement=after.index(one) if one in after else None)


def plotted_layer(layers: Sequence[PlacedLayer], state: ViewState) -> int | None:
    """Return the layer whose times are plotted: the active, else the lowest with any; None without."""
    sets = [number for number, layer in enumerate(layers) if len(layer.members) > 1]
    return state.active if state.active in sets else next(iter(sets), None)


def values_of(
    target: PlotTarget, scene: Scene, state: ViewState, cache: CurveCache
) -> tuple[Plotted | tuple[TimeCurve, ...], Plot]:
    """Return the values that a plot is of in a state, and the plot.

    Raises
    ------
    ViewError
        When there are none: no times, no line, no slice.
    """
    if target.kind == "time curve":
        curves = curves_of(scene.layers, state, cache)
        return curves, curves_plot(curves, _member_seen(scene, state))
    if target.kind == "profile":
        if flat_of(scene.layers[0].volume) is not None:
            raise ViewError("an image that lies in no space has no profile in mm")
        profile = profile_of(shown_volumes(scene.layers, state), _line_of(target, state), None, state.interpolation)
        plot = profile_plot(profile)
        slab = state.slab.thickness
        return profile, plot if not slab else replace(plot, up=f"{plot.up}   (on the line, without the slab)")
    histogram = _histogram_of(target, scene, state)
    return histogram, histogram_plot(histogram, state.look.window.bounds)


def curves_of(layers: Sequence[PlacedLayer], state: ViewState, cache: CurveCache) -> tuple[TimeCurve, ...]:
    """Return the curve at the crosshair, and those of the latest regions, over the times of a layer.

    Raises
    ------
    ViewError
        When no layer has several times, echoes or the like.
    """
    number = plotted_layer(layers, state)
    if number is None:
        raise ViewError(NO_TIMES)
    layer, member = layers[number], state.layers[number].member
    first = curve_at(layer.members, np.array(state.cursor, np.float64), member, state.interpolation)
    regions = [(n, one) for n, one in enumerate(state.measurements, 1) if one.has_voxels][-MOST_CURVES:]
    found = [replace(cache.of(layer, one, member), of=one.name or f"{one.kind} {n}") for n, one in regions]
    return (replace(first, of="crosshair"), *found)


def _member_seen(scene: Scene, state: ViewState) -> int | None:
    number = plotted_layer(scene.layers, state)
    return None if number is None else state.layers[number].member


def _line_of(target: PlotTarget, state: ViewState) -> Measurement:
    lines = [n for n, one in enumerate(state.measurements) if one.kind == "distance"]
    if not lines:
        raise ViewError("no line to take a profile along: press d and draw a distance")
    return state.measurements[target.measurement if target.measurement in lines else lines[-1]]


def _histogram_of(target: PlotTarget, scene: Scene, state: ViewState) -> ValueHistogram:
    volume = scene.layers[state.active].members[state.look.member]
    about: dict[str, Any] = {"unit": volume.unit, "within": state.look.window.bounds}
    number = target.measurement
    if number is not None and number < len(state.measurements) and state.measurements[number].has_voxels:
        one = state.measurements[number]
        return value_histogram(values_in(volume, one), **about, of=one.name or f"{one.kind} {number + 1}")
    plane = target.plane if target.plane in state.panes else next((one for one in state.panes if one != "3d"), None)
    if plane is None:
        raise ViewError("a histogram is of what a slice shows, and no slice is seen")
    name = f"{scene.layers[state.active].name}, " if len(scene.layers) > 1 else ""
    seen = scene.seen(state, plane)
    seen = volume.window_values(seen) if volume.is_like_hu and seen.size else seen  # no padding below the HU scale
    return value_histogram(seen, **about, of=f"{name}{plane} pane")


def fits(kind: PlotKind, one: Measurement) -> bool:
    """Return whether a plot of a kind can be of a measurement."""
    return one.kind == "distance" if kind == "profile" else one.has_voxels
