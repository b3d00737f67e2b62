"""The layers in the panel: a row for each with an eye, its colours, its name and its opacity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.window.list_marks import (
    EYE,
    NAME,
    NUMBER,
    ROW,
    SLIDER,
    SWATCH,
    WIDTH,
    baseline,
    eye_marks,
    slider_marks,
    slider_share,
)
from viewer3d.app.window.region_list import AnyRegionRow, draw_region_row
from viewer3d.core.layers import PlacedLayer
from viewer3d.core.view.state import ViewState
from viewer3d.render.colors import palette
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, Color, DisplayList, Text
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import fitted

_ACTIVE: Color = (30, 32, 36)
"""Background of the active layer's row."""

_POSITION: Color = (70, 73, 79)
"""Of what says which part of the list is in sight."""

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
    """Return the state after a press: the eye hides, the name makes active, the slider sets the opacity.

    A layer that has gone since it was seen, by an event just before, changes nothing.
    """
    if part.number >= len(state.layers):
        return state
    if part.part == "eye":
        return state.with_look(part.number, shown=not state.layers[part.number].shown)
    if part.part == "name":
        return replace(state, active=part.number)
    return state.with_look(part.number, opacity=round(part.share, 2))


def list_height(rows: int, text: int) -> int:
    """Return the height of a list of so many layers in pixels, its heading included; 0 without layers."""
    return round((rows + 1.5) * ROW * text) if rows else 0


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
    if column < (EYE[1] + SWATCH[0]) / 2:
        return LayerPart(number, "eye")
    if number == 0 or column < (NAME[1] + SLIDER[0]) / 2:
        return LayerPart(number, "name")
    return LayerPart(number, "slider", slider_share(x, width))


def draw_list(
    picture: NDArray[np.uint8],
    rows: Sequence[LayerRow],
    first: int,
    text: int,
    raster: Rasterizer,
    *,
    regions: Sequence[AnyRegionRow] = (),
    marked: int = -1,
) -> None:
    """Draw the list, the highest layer on top, the regions below the layers.

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
    regions : sequence of SetRow and RegionRow
        See :func:`viewer3d.app.window.region_list.region_rows`.
    marked : int
        Which of these stands for the region that the cursor has gone to; -1 for none.
    """
    picture[...] = EMPTY
    unit, high = picture.shape[1] / WIDTH, ROW * text
    raster.draw(picture, (Text(EYE[0] * unit, baseline(0, text), "Layers", text - 1, MUTED, outline=None),))
    hint = Text(NUMBER[1] * unit, baseline(0, text), "Tab hides", text - 2, MUTED, "right", None)
    raster.draw(picture, (hint,) if unit > 0.9 * text else ())
    all_rows: tuple[LayerRow | AnyRegionRow, ...] = (*rows[::-1], *regions)
    in_sight = int(np.ceil(picture.shape[0] / high)) - 1
    for turn, row in enumerate(all_rows[first : first + in_sight], 1):
        top, bottom = round(turn * high), round((turn + 1) * high)
        if not isinstance(row, LayerRow):
            if first + turn - 1 == len(rows) + marked and marked >= 0:
                picture[top:bottom] = _ACTIVE
            draw_region_row(picture, row, turn, text, raster)
            continue
        if row.is_active:
            picture[top:bottom] = _ACTIVE
            picture[top:bottom, :2] = OFF_WHITE
        _draw_swatch(picture, row, unit, (top + bottom - 1) / 2, text)
        raster.draw(picture, _row_marks(row, unit, turn, text))
    _draw_position(picture, first, len(all_rows), high)


def _draw_position(picture: NDArray[np.uint8], first: int, rows: int, high: float) -> None:
    """Draw at the right edge which part of a list is in sight, where that is not all of it."""
    top, bottom = round(high), picture.shape[0]
    whole = int((bottom - top) / high)
    if rows > whole > 0:
        begin, end = (top + share / rows * (bottom - top) for share in (first, first + whole))
        picture[round(begin) : round(end), -3:-1] = _POSITION


def _row_marks(row: LayerRow, unit: float, turn: int, text: int) -> DisplayList:
    middle, color = (turn + 0.5) * ROW * text - 0.5, OFF_WHITE if row.is_active else MUTED
    name_end = NAME[1] if row.opacity is not None else NUMBER[1]
    name = fitted(row.name, text, (name_end - NAME[0]) * unit)
    marks: DisplayList = (
        *eye_marks((EYE[0] * unit, EYE[1] * unit), middle, is_open=row.shown),
        Text(NAME[0] * unit, baseline(turn, text), name, text, color, outline=None),
    )
    if row.opacity is None:
        return marks
    percent = fitted(f"{round(100 * row.opacity)} %", text - 1, (NUMBER[1] - SLIDER[1]) * unit)
    return (
        *marks,
        *slider_marks(row.opacity, unit, middle, text, color),
        Text(NUMBER[1] * unit, baseline(turn, text), percent, text - 1, color, "right", None),
    )


def _draw_swatch(picture: NDArray[np.uint8], row: LayerRow, unit: float, middle: float, text: int) -> None:
    left, right = (round(column * unit) for column in SWATCH)
    top = round(middle - 0.3 * text)
    colors = palette(row.colors)[np.linspace(0, 255, max(right - left, 1)).astype(int)]
    box = picture[top : top + round(0.6 * text), left : left + len(colors)]
    shade = 1.0 if row.shown else 0.35
    box[...] = np.rint((colors[::-1] if row.inverted else colors)[: box.shape[1]] * shade)
