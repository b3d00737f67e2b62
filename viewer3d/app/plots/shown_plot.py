"""The small plot over the picture, in the corner with least anatomy; shown, copied and saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.keys.screen_keys import key_on
from viewer3d.app.plots.plotted import (
    NO_TIMES,
    CurveCache,
    PlotKind,
    PlotTarget,
    fits,
    followed_target,
    plotted_layer,
    target_at,
    values_of,
)
from viewer3d.app.saving import copy_text, save_files
from viewer3d.core.view.state import ViewState
from viewer3d.errors import ViewError
from viewer3d.measurements.plots.plot_table import Plotted, plot_csv, save_plot
from viewer3d.measurements.plots.time_curve import TimeCurve
from viewer3d.render.marks.display_list import EMPTY, MUTED, Color, DisplayList, Line, Mark, Path, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.metrics import SMALLEST_TEXT
from viewer3d.render.marks.plots.plot import plot_marks
from viewer3d.render.marks.typesetting import wrapped
from viewer3d.render.panes import Rect
from viewer3d.render.scene import Scene

if TYPE_CHECKING:
    from viewer3d.app.steering import Steering
    from viewer3d.app.viewer import Viewer

_TEXT_SHARE: Final = 65
"""The window is so many text sizes high, where that is a size that is read well."""

_LARGEST_TEXT: Final = 13

_SIZE: Final = (40, 19)
"""Width and height of a plot where there is room, in text sizes."""

_LEAST: Final = (22, 12)
"""Where there is not so much room, it is hidden."""

_SHARE: Final = (0.46, 0.42)
"""Share of the window's width and height that it takes at most."""

_MARGIN: Final = 1.0
"""From the border of the window, in text sizes."""

_BELOW: Final = 2.5
"""From its lower border, where notes stand."""

_EDGE: Final[Color] = (64, 68, 76)

_OPACITY: Final = 0.93

_STEP: Final = 8
"""Greys between pixels from which on there is anatomy: air beside it is even, black or, inverted, white."""

_OWN_PANE: Final = 0.4
"""Share of uneven pixels elsewhere that is as bad as to cover the pane that a plot is about."""

NO_ROOM_FOR_PLOT: Final = "no room for the plot: make the window larger"

NOTHING_PLOTTED: Final = "nothing is plotted: {}, p or i shows a time curve, a profile or a histogram"

ShownValues = Plotted | tuple[TimeCurve, ...]


class ShownPlot:
    """Says which plot is shown over the picture, and makes it anew when what it shows has changed."""

    def __init__(self) -> None:
        self.target: PlotTarget | None = None
        self._curves = CurveCache()
        self._made: tuple[Scene, ViewState, Any, DisplayList] | None = None
        self._box: tuple[Any, Rect] | None = None
        self._plotted: ShownValues | None = None

    def toggle(self, target: PlotTarget) -> None:
        """Show a plot, or hide it where the same is shown."""
        is_same = self.target is not None and self.target.kind == target.kind
        self.hide()
        self.target = None if is_same else target

    def hide(self) -> bool:
        """Hide the plot, and return whether one was shown."""
        was_shown = self.target is not None
        self.target = self._made = self._box = self._plotted = None
        return was_shown

    def plotted(self, scene: Scene, state: ViewState) -> ShownValues | None:
        """Return the values that are plotted; None where nothing is."""
        self.marks(scene, state)
        return self._plotted if self.target is not None else None

    def marks(self, scene: Scene, state: ViewState) -> DisplayList:
        """List the marks of it over the picture, in points; the same as before where nothing has changed."""
        if self.target is None:
            return ()
        made = self._made
        if made is not None and made[0] is scene and made[1] is state and made[2][-1] == scene.size:
            return made[3]
        if made is not None:
            self.target = followed_target(self.target, made[1].measurements, state.measurements)
        key = *_seen(self.target, state), scene.size
        if made is None or made[0] is not scene or made[2] != key:
            made = scene, state, key, self._drawn(scene, state, self.target)
        self._made = made[0], state, key, made[3]
        return made[3]

    def _drawn(self, scene: Scene, state: ViewState, target: PlotTarget) -> DisplayList:
        self._plotted = None
        text = plot_text(scene.size)
        size = plot_size(scene.size)
        try:
            self._plotted, plot = values_of(target, scene, state, self._curves)
        except ViewError as error:
            return _sentence(scene.size, str(error))
        if size is None:
            return _sentence(scene.size, NO_ROOM_FOR_PLOT)
        layout = state.shown, scene.size, size
        if self._box is None or self._box[0] != layout:
            picture = scene.picture if scene.state is not None else np.zeros((1, 1, 3), np.uint8)
            rects = scene.rects() if scene.state is not None else {}
            own = rects.get(target.plane) if target.plane is not None and len(rects) > 1 else None
            self._box = layout, least_covering(picture, scene.size, size, own)
        box = self._box[1]
        return (*_panel(box), *plot_marks(plot, box, text))


def toggle_plot(kind: PlotKind) -> Callable[[Steering], str]:
    """Return what shows a plot of a kind, or hides it."""

    def toggle(steering: Steering) -> str:
        state, position = steering.viewer.state, steering.interactor.position
        if kind == "time curve" and plotted_layer(steering.viewer.layers, state) is None:
            return NO_TIMES
        steering.plots.toggle(target_at(kind, state, steering.context, position))
        return ""

    return toggle


def copy_plot(viewer: Viewer) -> str | None:
    """Copy the values that are plotted, with tabs between, and return a note; None where nothing is."""
    steering = viewer.steering
    plotted = steering.plots.plotted(steering.presenter.scene, viewer.state)
    if plotted is None:
        return None
    copy_text(steering.screen, plot_csv(plotted, "\t"))
    return "copied the values that are plotted"


def write_plot(viewer: Viewer) -> str:
    """Save the values that are plotted as CSV, or give them to the screen, and return a note.

    Raises
    ------
    ViewError
        When nothing is plotted.
    OutputError
        When they cannot be written there.
    """
    steering = viewer.steering
    plotted = steering.plots.plotted(steering.presenter.scene, viewer.state)
    if plotted is None:
        raise ViewError(NOTHING_PLOTTED.format(key_on("ctrl+t", steering.context.screen)))
    return save_files(steering.screen, "viewer3d-plot", [{".csv": lambda path: save_plot(plotted, path)}])


def plot_text(size: tuple[int, int]) -> int:
    """Return the size of a plot's texts over a picture of a width and height, in points."""
    return max(SMALLEST_TEXT, min(_LARGEST_TEXT, size[1] // _TEXT_SHARE))


def plot_size(size: tuple[int, int]) -> tuple[int, int] | None:
    """Return width and height of a plot over a picture of a width and height; None where there is no room."""
    text = plot_text(size)
    found = [round(min(wish * text, share * side)) for wish, share, side in zip(_SIZE, _SHARE, size, strict=True)]
    has_room = all(one >= least * text for one, least in zip(found, _LEAST, strict=True))
    return (found[0], found[1]) if has_room else None


def least_covering(
    picture: NDArray[np.uint8], size: tuple[int, int], box: tuple[int, int], own: Rect | None = None
) -> Rect:
    """Return where a box covers least anatomy: in one of the corners, the lower right first.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
    size : tuple of int
        Its width and height in points, which are pixels but on screens of high density.
    box : tuple of int
        Width and height of the box in points.
    own : Rect, optional
        The pane that the plot is about, which is rather left free.
    """
    text = plot_text(size)
    (width, height), (wide, high) = size, box
    margin, below = round(_MARGIN * text), round(_BELOW * text)
    lefts, tops = (width - wide - margin, margin), (height - high - below, margin)
    places = [Rect(left, top, wide, high) for top in tops for left in lefts]
    return min(places, key=lambda one: _unevenness(picture, size, one) + _OWN_PANE * _is_over(one, own))


def _is_over(one: Rect, other: Rect | None) -> bool:
    if other is None:
        return False
    apart_across = one.left >= other.left + other.width or other.left >= one.left + one.width
    return not (apart_across or one.top >= other.top + other.height or other.top >= one.top + one.height)


def _unevenness(picture: NDArray[np.uint8], size: tuple[int, int], place: Rect) -> float:
    # The share of pixels that differ from the next, of every third.
    scale = picture.shape[1] / size[0], picture.shape[0] / size[1]
    x0, x1 = (round(one * scale[0]) for one in (place.left, place.left + place.width))
    y0, y1 = (round(one * scale[1]) for one in (place.top, place.top + place.height))
    part = picture[y0:y1:3, x0:x1:3, 1].astype(np.int16)
    steps = np.abs(np.diff(part, axis=1))
    return float((steps >= _STEP).mean()) if steps.size else 0.0


def _seen(target: PlotTarget, state: ViewState) -> tuple[Any, ...]:
    """Return all of a state that a plot depends on."""
    looks = tuple((one.member, one.shown) for one in state.layers)
    if target.kind == "histogram":
        regions = state.measurements if target.measurement is not None else ()
        return target, replace(state, pointer=None, measurements=regions)
    # With their numbers, by which those are called that have no name.
    measured = tuple((n, one) for n, one in enumerate(state.measurements) if fits(target.kind, one))
    where = None if target.kind == "profile" else state.cursor
    return target, looks, state.active, state.interpolation, measured, where, state.slab, state.shown


def _panel(box: Rect) -> DisplayList:
    left, top = box.left, box.top
    right, bottom = left + box.width - 1, top + box.height - 1
    middle = top + (box.height - 1) / 2
    around = Path(((left, top), (right, top), (right, bottom), (left, bottom)), closed=True, color=_EDGE)
    return Line(left, middle, right, middle, box.height, EMPTY, _OPACITY), around


def _sentence(size: tuple[int, int], words: str) -> DisplayList:
    """List the marks of what is said in the place of a plot, at the lower right."""
    text = plot_text(size)
    lines = wrapped(words, max(8, int((size[0] - 4 * text) / (LETTER_WIDE * text))), plain_words=True)
    wide = round(min(size[0] - 2 * text, LETTER_WIDE * text * max(map(len, lines)) + 2 * text))
    high = round((1.5 * len(lines) + 0.7) * text)
    box = Rect(round(size[0] - wide - _MARGIN * text), round(size[1] - high - _BELOW * text), wide, high)
    rows: list[Mark] = [
        Text(box.left + text, box.top + 1.5 * n * text, line, text, MUTED, "left", None)
        for n, line in enumerate(lines, 1)
    ]
    return *_panel(box), *rows
