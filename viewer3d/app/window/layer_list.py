"""The layers in the panel: a row for each with an eye, its colours, its name and its opacity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.layers import PlacedLayer
from viewer3d.core.view.state import ViewState
from viewer3d.render.colors import palette
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, Area, Color, DisplayList, Line, Path, Text
from viewer3d.render.marks.metrics import CAP_HEIGHT
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import fitted

ROW: Final = 2.2
"""Height of a row and of the heading, in text sizes."""

WIDTH: Final = 19
"""Width of the panel, in the units of the columns below: a text size where there is room."""

_EYE, _SWATCH, _NAME, _SLIDER, _NUMBER = (0.7, 2.4), (3.0, 4.4), (5.0, 10.2), (10.7, 15.5), (16.0, 18.5)
"""Where the parts of a row begin and end."""

_ACTIVE: Color = (30, 32, 36)
"""Background of the active layer's row."""

_TRACK = 0.3
"""Opacity of a slider where it is not filled."""

RowPart = Literal["eye", "name", "slider"]


@dataclass(frozen=True)
class LayerRow:
    """What is seen of a layer in the panel.

    Attributes
    ----------
    name : str
    shown : bool
        Whether slices show it.
    opacity : float, optional
        0 to 1; None for the base, which is opaque.
    colors : str
        Name of its colour map.
    inverted : bool
        Whether low values have the colours of high ones.
    is_active : bool
    """

    name: str
    shown: bool
    opacity: float | None
    colors: str
    inverted: bool
    is_active: bool


@dataclass(frozen=True)
class LayerPart:
    """What a pixel of the list is in.

    Attributes
    ----------
    number : int
        Of the layer, from 0.
    part : {"eye", "name", "slider"}
    share : float
        How far along the slider it is, 0 to 1.
    """

    number: int
    part: RowPart
    share: float = 0.0


def layer_rows(layers: Sequence[PlacedLayer], state: ViewState) -> tuple[LayerRow, ...]:
    """Return the rows of the layers of a state, the base first; none for a volume alone."""
    if len(layers) < 2:
        return ()
    return tuple(
        LayerRow(
            layer.name,
            look.shown,
            look.opacity if number else None,
            look.colors,
            look.inverted != layer.volume.inverted,
            number == state.active,
        )
        for number, (layer, look) in enumerate(zip(layers, state.layers, strict=True))
    )


def pressed(state: ViewState, part: LayerPart) -> ViewState:
    """Return the state after a press: the eye hides, the name makes active, the slider sets the opacity."""
    if part.part == "eye":
        return state.with_look(part.number, shown=not state.layers[part.number].shown)
    if part.part == "name":
        return replace(state, active=part.number)
    return state.with_look(part.number, opacity=round(part.share, 2))


def list_height(rows: int, text: int) -> int:
    """Return the height of a list of so many layers in pixels, its heading included; 0 without layers."""
    return round((rows + 1.5) * ROW * text) if rows else 0


def slider_share(x: float, width: int) -> float:
    """Return how far along its slider a column of the panel is, 0 to 1."""
    first, last = (column * width / WIDTH for column in _SLIDER)
    return float(np.clip((x - first) / (last - first), 0, 1))


def part_at(x: float, y: float, *, rows: int, first: int, text: int, width: int) -> LayerPart | None:
    """Return what a pixel of the list is in; None where no layer is.

    Parameters
    ----------
    x, y : float
        Column and row of the pixel.
    rows : int
        How many layers there are.
    first : int
        Which row, counted from the highest layer, is the uppermost in sight.
    text : int
        Size of the text in pixels.
    width : int
        Of the panel in pixels.
    """
    turn = int(y // (ROW * text)) - 1
    number = rows - 1 - first - turn
    if turn < 0 or not 0 <= number < rows:
        return None
    column = x * WIDTH / width
    if column < (_EYE[1] + _SWATCH[0]) / 2:
        return LayerPart(number, "eye")
    if number == 0 or column < (_NAME[1] + _SLIDER[0]) / 2:
        return LayerPart(number, "name")
    return LayerPart(number, "slider", slider_share(x, width))


def draw_list(picture: NDArray[np.uint8], rows: Sequence[LayerRow], first: int, text: int, raster: Rasterizer) -> None:
    """Draw the list, the highest layer on top.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        The part of the panel that it takes; what has no room is left out.
    rows : sequence of LayerRow
        The base first.
    first : int
        See :func:`part_at`.
    text : int
        Size of the text in pixels.
    raster : Rasterizer
    """
    picture[...] = EMPTY
    unit, high = picture.shape[1] / WIDTH, ROW * text
    raster.draw(picture, (Text(_EYE[0] * unit, _baseline(0, text), "Layers", text - 1, MUTED, outline=None),))
    hint = Text(_NUMBER[1] * unit, _baseline(0, text), "Tab hides", text - 2, MUTED, "right", None)
    raster.draw(picture, (hint,) if unit > 0.9 * text else ())
    for turn, row in enumerate(rows[::-1][first:], 1):
        top, bottom = round(turn * high), round((turn + 1) * high)
        if row.is_active:
            picture[top:bottom] = _ACTIVE
            picture[top:bottom, :2] = OFF_WHITE
        _draw_swatch(picture, row, unit, (top + bottom - 1) / 2, text)
        raster.draw(picture, _row_marks(row, unit, turn, text))


def _baseline(turn: int, text: int) -> float:
    return (turn + 0.5) * ROW * text + CAP_HEIGHT * text / 2


def _row_marks(row: LayerRow, unit: float, turn: int, text: int) -> DisplayList:
    middle, color = (turn + 0.5) * ROW * text - 0.5, OFF_WHITE if row.is_active else MUTED
    name_end = _NAME[1] if row.opacity is not None else _NUMBER[1]
    name = fitted(row.name, text, (name_end - _NAME[0]) * unit)
    marks: DisplayList = (
        *_eye(_EYE[0] * unit, _EYE[1] * unit, middle, is_open=row.shown),
        Text(_NAME[0] * unit, _baseline(turn, text), name, text, color, outline=None),
    )
    if row.opacity is None:
        return marks
    first, last = (column * unit for column in _SLIDER)
    at, thumb = first + row.opacity * (last - first), 0.45 * text
    percent = fitted(f"{round(100 * row.opacity)} %", text - 1, (_NUMBER[1] - _NUMBER[0]) * unit + 2)
    return (
        *marks,
        Line(first, middle, last, middle, 2, OFF_WHITE, _TRACK),
        *((Line(first, middle, at, middle, 2, color),) if at > first else ()),
        Line(at, middle - thumb, at, middle + thumb, 3, OFF_WHITE),
        Text(_NUMBER[1] * unit, _baseline(turn, text), percent, text - 1, color, "right", None),
    )


def _eye(left: float, right: float, middle: float, *, is_open: bool) -> DisplayList:
    """List the marks of an eye: two lids and a pupil; the lower lid with lashes where it is closed."""
    half, center = (right - left) / 2, (left + right) / 2
    across = np.linspace(-1, 1, 13)
    lid = 0.55 * half * (1 - across**2)
    color, opacity = (OFF_WHITE, 1.0) if is_open else (MUTED, 0.7)

    def line(heights: NDArray[np.float64]) -> Path:
        points = zip(center + half * across, middle + heights, strict=True)
        return Path(tuple((float(x), float(y)) for x, y in points), color=color, opacity=opacity)

    if is_open:
        around = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        radius = 0.3 * half
        pupil = tuple((float(center + radius * np.cos(a)), float(middle + radius * np.sin(a))) for a in around)
        return line(-lid), line(lid), Area(pupil, color)
    lashes = [
        Line(
            center + x * half, middle + y * half, center + 1.25 * x * half, middle + (y + 0.4) * half, 1, color, opacity
        )
        for x, y in ((-0.62, 0.34), (0.0, 0.55), (0.62, 0.34))
    ]
    return line(lid), *lashes


def _draw_swatch(picture: NDArray[np.uint8], row: LayerRow, unit: float, middle: float, text: int) -> None:
    left, right = (round(column * unit) for column in _SWATCH)
    top = round(middle - 0.3 * text)
    colors = palette(row.colors)[np.linspace(0, 255, max(right - left, 1)).astype(int)]
    box = picture[top : top + round(0.6 * text), left : left + len(colors)]
    shade = 1.0 if row.shown else 0.35
    box[...] = np.rint((colors[::-1] if row.inverted else colors)[: box.shape[1]] * shade)
