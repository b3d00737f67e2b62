"""The plots of time curves, profiles and histograms: what stands along which axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viewer3d.measurements.plots.profile import LineProfile
from viewer3d.measurements.plots.time_curve import TimeCurve
from viewer3d.measurements.plots.value_histogram import ValueHistogram
from viewer3d.render.marks.plots.plot import PLOT_COLORS, Plot, PlotLine
from viewer3d.render.marks.value_texts import value_text


def curves_plot(curves: Sequence[TimeCurve], member: int | None = None) -> Plot:
    """Return the plot of curves of one set: means with a band of one standard deviation, and points.

    Parameters
    ----------
    curves : sequence of TimeCurve
        Of the same members.
    member : int, optional
        Which of them is seen, from 0: its time is marked, and its values are written.
    """
    axis = curves[0].axis
    now = axis.members.index(member) if member in axis.members else None
    lines = []
    regions = 0
    for curve in curves:
        color = None
        if curve.sd is not None:
            color, regions = PLOT_COLORS[regions % len(PLOT_COLORS)], regions + 1
        name = curve.of if curve.sd is None or now is not None else f"{curve.of}, mean ± SD"
        seen = None if now is None or not np.isfinite(curve.values[now]) else float(curve.values[now])
        value = "" if now is None else f" {value_text(seen, '')}"
        lines.append(PlotLine(axis.places, curve.values, f"{name}{value}", color, curve.sd))
    at = None if now is None else float(axis.places[now])
    up = (curves[0].unit or "value") + (", of regions mean ± SD" if regions and now is not None else "")
    return Plot(axis.title, up, tuple(lines), at=at, counts_places=not axis.unit)


def profile_plot(profile: LineProfile) -> Plot:
    """Return the plot of a profile: the first unit along the left axis, the second along the right.

    Where there are more units, their layers are named as not plotted: the table has them.
    """
    units = list(dict.fromkeys(line.unit for line in profile.lines))
    drawn = [line for line in profile.lines if line.unit in units[:2]]
    lines = []
    for number, line in enumerate(drawn):
        color = PLOT_COLORS[(number - 1) % len(PLOT_COLORS)] if number else None
        lines.append(PlotLine(profile.distances, line.values, line.name, color, is_right=line.unit != units[0]))
    right = (units[1] or "value") if len(units) > 1 else ""
    left_out = len(profile.lines) - len(drawn)
    up = f"{units[0] or 'value'}{f'   ({left_out} more in the table)' if left_out else ''}"
    title = f"profile of {profile.distances[-1]:.1f} mm"
    return Plot("mm along the line", up, tuple(lines), right, title=title)


def histogram_plot(histogram: ValueHistogram, bounds: tuple[float, float] | None = None) -> Plot:
    """Return the plot of a histogram, with the ends of a window.

    Parameters
    ----------
    histogram : ValueHistogram
    bounds : tuple of float, optional
        Of the window.
    """
    width = float(np.diff(histogram.edges[:2])[0])
    number = f"{width:.0f}" if width.is_integer() or width >= 1000 else f"{width:.3g}"
    each = " ".join(part for part in (number, histogram.unit) if part)
    out = histogram.below + histogram.above
    beyond = f", {out:,} beyond" if out else ""
    title = f"{histogram.of}: {histogram.total:,} values{beyond}" if histogram.of else f"{histogram.total:,} values"
    return Plot(
        histogram.unit or "value",
        f"count per {each}",
        edges=histogram.edges,
        counts=histogram.counts,
        bounds=bounds or (),
        title=title,
    )
