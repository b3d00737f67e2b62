"""List how measurements are drawn over a slice pane: each at its world points, its numbers beside it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.measurement import WRITTEN, Measurement
from viewer3d.core.view.state import ViewState
from viewer3d.measurements.cache import MeasurementCache, region_of
from viewer3d.render.marks.display_list import SHADE, Color, DisplayList, Mark, Path
from viewer3d.render.marks.labels import PlacedLabel, ShapeLabel, label_marks, place_labels
from viewer3d.render.marks.metrics import MarkMetrics, pane_metrics
from viewer3d.render.marks.typesetting import wrapped
from viewer3d.render.panes import PaneGeometry

COLOR: Color = (98, 205, 236)
"""Sky blue: far from the planes' red, green and yellow for any eye, also one that is blind to red or green."""

ON_REACH = 1e-6
"""mm by which a point may lie beyond the reach of a slice: rounding decides nothing."""

FACET = 0.1
"""Pixels by which the chords of an ellipse may miss it."""

_RINGS: Final = {"probe": 0.4, "text": 0.15}
"""Radius of the ring around the place of a probe and of a text, of the text size."""

_SPHERE_OPACITY: Final = 0.55
"""Of the circle of the sphere that an isocontour is grown in."""

_LEAST_RADIUS: Final = 2.0
"""Pixels: radius of the smallest circle of a sphere, which can still be taken hold of."""

_HEAD: Final = np.radians(25)
"""Between the shaft of an arrow and either stroke of its head."""

_WIDEST: Final = 40
"""Letters of a line of a name in a label: what is longer is broken."""

_PARALLEL: Final = 0.999
"""Cosine between the normals of a slice and of the one that something was drawn on, from which on they lie alike."""

Polyline = tuple[tuple[tuple[float, float], ...], bool]
"""Pixels (column, row) of a line, and whether its last is joined to its first."""


def reach(geometry: Geometry, state: ViewState, pane: PaneGeometry) -> float:
    """Return how far from a slice (mm) something is still shown: half the slab, half a voxel at least."""
    return max(state.slab.thickness, geometry.step(pane.plane.normal)) / 2 + ON_REACH


def shown_measurements(geometry: Geometry, state: ViewState, pane: PaneGeometry) -> tuple[tuple[int, Measurement], ...]:
    """Return the measurements that a slice pane shows, with their indices in the state.

    All corners of each are within :func:`reach` of the slice.
    """
    if not state.measurements:
        return ()
    far, position = reach(geometry, state, pane), pane.position
    spans = (_span(one, pane, far) for one in state.measurements)
    shown = [low <= position <= high for low, high in spans]
    return tuple((number, one) for number, one in enumerate(state.measurements) if shown[number])


def _span(measurement: Measurement, pane: PaneGeometry, far: float) -> tuple[float, float]:
    """Return from where to where along a normal (mm) slices show a measurement; none if from > to."""
    depths, far = measurement.corners @ np.array(pane.plane.normal, np.float64), max(far, measurement.radius)
    return float(depths.max()) - far, float(depths.min()) + far


def outline(measurement: Measurement, pane: PaneGeometry, text: float) -> tuple[Polyline, ...]:
    """Return the lines that a measurement is drawn with, in the pixels of a pane.

    Parameters
    ----------
    measurement : Measurement
    pane : PaneGeometry
        Where the pane's pixels are.
    text : float
        Size of the pane's text in pixels: what has no size in the patient is drawn by it.

    Returns
    -------
    tuple of (points, closed)
        The shape itself first.
    """
    pixels = pane.to_pixel(measurement.corners)
    if measurement.kind in _RINGS:
        radius = _RINGS[measurement.kind] * text
        return (_polyline(_ellipse(pixels[0], np.array([radius, 0]), np.array([0, radius])), closed=True),)
    if measurement.kind == "isocontour":
        return _sphere(measurement, pane, pixels[0], text)
    if measurement.kind == "rectangle" or measurement.is_outline:
        return (_polyline(pixels, closed=True),)
    if measurement.kind == "bidirectional":
        return (_polyline(pixels[:2]), _polyline(pixels[2:]))
    if measurement.kind == "arrow":
        return (_polyline(pixels), *_head(pixels, 0.9 * text))
    if measurement.kind == "ellipse":
        halves = (pixels[1] - pixels[0]) / 2, (pixels[3] - pixels[0]) / 2
        return (_polyline(_ellipse(pixels.mean(0), *halves), closed=True),)
    if measurement.kind == "angle":
        return (_polyline(pixels), *_arc(pixels, 1.6 * text))
    return (_polyline(pixels), *_ends(pixels, 0.4 * text))


def measurement_marks(
    geometry: Geometry,
    state: ViewState,
    pane: PaneGeometry,
    results: MeasurementCache,
    page: MarkMetrics | None = None,
    *,
    others: DisplayList = (),
) -> DisplayList:
    """List what is drawn of the measurements that a slice pane shows.

    Parameters
    ----------
    geometry : Geometry
        Of the volume.
    state : ViewState
        Its measurements and slab.
    pane : PaneGeometry
        Where the pane's pixels are.
    results : MeasurementCache
        Of the volume, or of another layer in its world.
    page : MarkMetrics, optional
        Where text is not of the pane's own size.
    others : tuple of Mark
        What else is drawn and takes more of the pane than the texts of one volume do: labels stand beside it.

    Returns
    -------
    tuple of Path and Text
        A thin dark line under a blue one; in panes that are not small a name, if there is one, and the numbers
        beside it.
    """
    here = shown_measurements(geometry, state, pane)
    if not here:
        return ()
    page = page or pane_metrics(state, pane.size)
    wide = max(1, round(page.size / 10))
    outlines = [outline(one, pane, page.size) for _, one in here]
    marks: list[Mark] = []
    for (_, one), lines in zip(here, outlines, strict=True):
        drawn = lines
        if one.kind == "isocontour":  # the sphere is where it is grown, and not what is measured
            marks += [Path(points, closed, wide, COLOR, _SPHERE_OPACITY) for points, closed in lines]
            drawn = grown_outline(one, pane, results)
        marks += [Path(points, closed, wide + 2, SHADE, 0.7) for points, closed in drawn]
        marks += [Path(points, closed, wide, COLOR) for points, closed in drawn]
    if not page.is_small:
        labels = [label for _, label in _labels(geometry, state, pane, results, page)]
        marks += label_marks(page, labels, COLOR, others)
    return tuple(marks)


def grown_outline(measurement: Measurement, pane: PaneGeometry, results: MeasurementCache) -> tuple[Polyline, ...]:
    """Return the lines around the voxels of an isocontour on a slice pane, in its pixels."""
    from viewer3d.render.slices.region_outline import region_outline  # noqa: PLC0415 (few are grown)

    region = region_of(results, measurement)
    return tuple(_polyline(line, closed=True) for line in region_outline(region, results.volume.geometry, pane))


def placed_labels(
    geometry: Geometry,
    state: ViewState,
    pane: PaneGeometry,
    results: MeasurementCache,
    others: DisplayList = (),
) -> tuple[tuple[int, PlacedLabel], ...]:
    """Return where :func:`measurement_marks` writes labels, each with the index of its measurement."""
    page = pane_metrics(state, pane.size)
    if page.is_small or not shown_measurements(geometry, state, pane):
        return ()
    labels = _labels(geometry, state, pane, results, page)
    placed = place_labels(page, [label for _, label in labels], others)
    return tuple(
        (number, there)
        for (number, label), there in zip(labels, placed, strict=True)
        if there is not None and label.is_shown
    )


def _labels(
    geometry: Geometry, state: ViewState, pane: PaneGeometry, results: MeasurementCache, page: MarkMetrics
) -> list[tuple[int, ShapeLabel]]:
    """Return the labels of what a pane shows, and of what is seen together with that on other slices."""
    far, position = reach(geometry, state, pane), pane.position
    spans = np.array([_span(one, pane, far) for one in state.measurements])
    low, high = spans.T
    taken = (low <= position) & (position <= high)
    while (wider := (low <= high) & (low < high[taken].max()) & (high > low[taken].min())).sum() > taken.sum():
        taken = wider
    labels = []
    for number in np.flatnonzero(taken).tolist():
        one = state.measurements[number]
        lines = outline(one, pane, page.size)
        begin, end = spans[number].tolist()
        texts, is_shown = results.texts(one), begin <= position <= end
        label = _label(one, lines, pane, texts, (begin, end), is_shown=is_shown)
        labels += [(number, label)] if label.lines else []
    return labels


def _label(
    one: Measurement,
    lines: tuple[Polyline, ...],
    pane: PaneGeometry,
    texts: tuple[str, ...],
    span: tuple[float, float],
    *,
    is_shown: bool,
) -> ShapeLabel:
    """Return what is written beside a measurement: its name and its numbers."""
    name = wrapped(one.name, _WIDEST) if one.kind in WRITTEN else [one.name]
    return ShapeLabel(
        _label_shape(one, lines),
        (*(name if one.name else ()), *texts),
        pane.to_pixel(label_place(one)) if one.label is not None and can_place_label(one, pane) else None,
        np.array(lines[0][0]) if one.kind in ("distance", "angle", "arrow", "bidirectional") else None,
        is_closed=lines[0][1],
        span=span,
        is_shown=is_shown,
    )


def can_place_label(measurement: Measurement, pane: PaneGeometry) -> bool:
    """Return whether a pane lies as the slice of a measurement, so that its label can be placed there."""
    return bool(abs(measurement.normal @ np.array(pane.plane.normal, np.float64)) >= _PARALLEL)


def label_place(measurement: Measurement) -> NDArray[np.float64]:
    """Return the world point (mm), shape (3,), of the middle of a label that was dragged somewhere."""
    right, down = measurement.label or (0.0, 0.0)
    place: NDArray[np.float64] = (
        measurement.center + right * np.array(measurement.right) + down * np.array(measurement.down)
    )
    return place


def _label_shape(measurement: Measurement, lines: tuple[Polyline, ...]) -> NDArray[np.float64]:
    """Return the pixels that a label stands beside: those of a shape, of an arrow its tail."""
    if measurement.kind == "arrow":
        tip, tail = np.array(lines[0][0])
        return np.stack([tail, tail + (tip - tail) / 10])
    if measurement.kind == "bidirectional":
        return np.array([*lines[0][0], *lines[1][0]])
    return np.array(lines[0][0])


def _polyline(points: NDArray[np.float64], *, closed: bool = False) -> Polyline:
    return tuple((float(x), float(y)) for x, y in points), closed


def _ellipse(middle: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points around a middle, between two half axes."""
    radius = max(float(np.hypot(*one)), float(np.hypot(*other)), 1.0)
    count = int(np.clip(np.ceil(np.pi / np.arccos(1 - FACET / radius)), 24, 512))
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)[:, None]
    return middle + np.cos(angle) * one + np.sin(angle) * other


def _sphere(
    measurement: Measurement, pane: PaneGeometry, center: NDArray[np.float64], text: float
) -> tuple[Polyline, ...]:
    """Return the circle in which a slice pane cuts the sphere of an isocontour, and a cross at its centre."""
    away = pane.position - float(measurement.center @ np.array(pane.plane.normal, np.float64))
    radius = max(float(np.sqrt(max(measurement.radius**2 - away**2, 0))) / pane.mm_per_pixel, _LEAST_RADIUS)
    circle = _polyline(_ellipse(center, np.array([radius, 0]), np.array([0, radius])), closed=True)
    half = np.array([0.25 * text, 0])
    return (
        circle,
        _polyline(np.stack([center - half, center + half])),
        _polyline(np.stack([center - half[::-1], center + half[::-1]])),
    )


def _ends(pixels: NDArray[np.float64], half: float) -> tuple[Polyline, ...]:
    """Return short strokes across both ends of a distance, as a caliper has them."""
    way = pixels[1] - pixels[0]
    length = float(np.hypot(*way))
    if length < 2 * half:
        return ()
    across = np.array([-way[1], way[0]]) * half / length
    return tuple(_polyline(np.stack([end - across, end + across])) for end in pixels)


def _head(pixels: NDArray[np.float64], size: float) -> tuple[Polyline, ...]:
    """Return the head of an arrow: two strokes that meet at its tip."""
    tip, tail = pixels
    length = float(np.hypot(*(tail - tip)))
    if length <= 0:
        return ()
    back = (tail - tip) * min(size, length) / length
    cos, sin = np.cos(_HEAD), np.sin(_HEAD)
    ends = [tip + np.array([[cos, -sign * sin], [sign * sin, cos]]) @ back for sign in (-1, 1)]
    return (_polyline(np.stack([ends[0], tip, ends[1]])),)


def _arc(pixels: NDArray[np.float64], most: float) -> tuple[Polyline, ...]:
    """Return the arc between the arms of an angle."""
    arms = pixels[[0, 2]] - pixels[1]
    radius = min(most, float(np.hypot(*arms.T).min()) / 2)
    if radius < 2:
        return ()
    first, last = np.arctan2(arms[:, 1], arms[:, 0])
    angle = first + np.linspace(0, 1, 24) * ((last - first + np.pi) % (2 * np.pi) - np.pi)
    return (_polyline(pixels[1] + radius * np.stack([np.cos(angle), np.sin(angle)], -1)),)
