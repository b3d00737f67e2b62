"""What lies over all layers, in the panel: graphics of files, and sets of regions with rows of these."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.region_gestures import next_style, style_of
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
from viewer3d.core.layers import PlacedLayer
from viewer3d.core.placing.regions import PlacedRegions, seen_numbers
from viewer3d.core.view.look import RegionLook
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, Area, DisplayList, Path, Text
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import fitted, text_width

_FOLD, _SET_NAME, _STYLE = (2.7, 3.7), (4.1, 9.4), (9.4, 10.3)
"""Where the sign that folds, the name and the sign of outline and fill of a set's row begin and end."""

_DIM: Final = 0.35
"""Of the colour of a region that is not seen."""

RegionRowPart = Literal["eye", "fold", "name", "style", "slider"]


@dataclass(frozen=True)
class SetRow:
    """What is seen of a segmentation or structure set in the panel.

    Attributes
    ----------
    turn : int
        Which it is, from 0.
    name : str
    shown : bool
    opacity : float
        0 to 1.
    style : tuple of bool
        Whether regions have an outline, and a fill.
    is_folded : bool
        Whether its regions have no rows.
    """

    turn: int
    name: str
    shown: bool
    opacity: float
    style: tuple[bool, bool]
    is_folded: bool


@dataclass(frozen=True)
class RegionRow:
    """What is seen of a segment or region of interest in the panel.

    Attributes
    ----------
    turn : int
        Of its segmentation or structure set, from 0.
    number : int
        Its own.
    name : str
    color : tuple of int
        Red, green and blue, 0 to 255 each.
    seen : bool
    ml : float, optional
        Its volume; None where it is not known.
    """

    turn: int
    number: int
    name: str
    color: tuple[int, int, int]
    seen: bool
    ml: float | None


@dataclass(frozen=True)
class GraphicsRow:
    """What is seen of the graphics, overlay planes and shutters of the files of a layer.

    Attributes
    ----------
    number : int
        Of the layer, from 0.
    name : str
    shown : bool
    """

    number: int
    name: str
    shown: bool


AnyRegionRow = GraphicsRow | SetRow | RegionRow


@dataclass(frozen=True)
class RegionPart:
    """What a pixel of a row is in.

    Attributes
    ----------
    row : GraphicsRow, SetRow or RegionRow
    part : {"eye", "fold", "name", "style", "slider"}
    share : float
        How far along the slider it is, 0 to 1.
    """

    row: AnyRegionRow
    part: RegionRowPart
    share: float = 0.0


def graphics_rows(layers: Sequence[PlacedLayer], state: ViewState) -> tuple[GraphicsRow, ...]:
    """Return the rows of layers that were loaded with graphics of their files."""
    having = [(number, layer) for number, layer in enumerate(layers) if layer.has_graphics]
    return tuple(
        GraphicsRow(
            number, "Graphics" if len(layers) == 1 else f"Graphics of {layer.name}", state.layers[number].graphics
        )
        for number, layer in having
    )


def region_rows(
    regions: Sequence[PlacedRegions], state: ViewState, folded: Collection[int] = ()
) -> tuple[AnyRegionRow, ...]:
    """Return the rows of the segmentations and structure sets of a state, each followed by its regions.

    Parameters
    ----------
    regions : sequence of PlacedRegions
    state : ViewState
    folded : collection of int
        Those whose regions have no rows, from 0.
    """
    rows: list[AnyRegionRow] = []
    for turn, (placed, look) in enumerate(zip(regions, state.regions, strict=True)):
        rows.append(SetRow(turn, placed.name, look.shown, look.opacity, style_of(look), turn in folded))
        if turn not in folded:
            seen = seen_numbers(placed, look)
            rows += (
                RegionRow(turn, one.number, one.name, one.color, one.number in seen, placed.ml(one.number))
                for one in placed.regions
            )
    return tuple(rows)


def region_part(row: AnyRegionRow, x: float, width: int) -> RegionPart:
    """Return what of a row a column of the panel is in."""
    column = x * WIDTH / width
    if isinstance(row, GraphicsRow):
        return RegionPart(row, "eye")
    if isinstance(row, RegionRow):
        return RegionPart(row, "eye" if column < (EYE[1] + SWATCH[0]) / 2 else "name")
    if column < (EYE[1] + _FOLD[0]) / 2:
        return RegionPart(row, "eye")
    if column < (_SET_NAME[1] + _STYLE[0]) / 2:
        return RegionPart(row, "fold")
    if column < (_STYLE[1] + SLIDER[0]) / 2:
        return RegionPart(row, "style")
    return RegionPart(row, "slider", slider_share(x, width))


def pressed_region(state: ViewState, part: RegionPart, numbers: Sequence[int], first: RegionLook) -> ViewState:
    """Return the state after a press: an eye hides, the sign changes the style, the slider the opacity.

    Parameters
    ----------
    state : ViewState
    part : RegionPart
        Of what folds and of a region's name nothing changes.
    numbers : sequence of int
        Of all regions of the set.
    first : RegionLook
        How the set looked first.
    """
    row = part.row
    if isinstance(row, GraphicsRow):
        return state.with_look(row.number, graphics=not state.layers[row.number].graphics)
    look = state.regions[row.turn]
    if part.part == "slider":
        return state.with_region(row.turn, opacity=round(part.share, 2))
    if part.part == "style":
        return with_region_look(state, row.turn, next_style(look, first))
    if part.part != "eye":
        return state
    if isinstance(row, SetRow):
        return state.with_region(row.turn, shown=not look.shown)
    return with_region_look(state, row.turn, with_region_toggled(look, row.number, numbers))


def with_region_toggled(look: RegionLook, number: int, numbers: Sequence[int]) -> RegionLook:
    """Return a look with one region hidden, or seen again; where none is shown, with this one alone."""
    if not look.shown:
        return replace(look, shown=True, segments=(number,))
    seen = set(numbers if look.segments is None else look.segments) ^ {number}
    return replace(look, segments=None if seen >= set(numbers) else tuple(seen))


def seen_alone(look: RegionLook, number: int) -> RegionLook:
    """Return a look with one region seen alone; where it is that already, with all."""
    is_alone = look.shown and look.segments == (number,)
    return replace(look, shown=True, segments=None if is_alone else (number,))


def with_region_look(state: ViewState, turn: int, look: RegionLook) -> ViewState:
    """Return the state with another look of one of its segmentations or structure sets."""
    return replace(state, regions=(*state.regions[:turn], look, *state.regions[turn + 1 :]))


def draw_region_row(picture: NDArray[np.uint8], row: AnyRegionRow, place: int, text: int, raster: Rasterizer) -> None:
    """Draw a row of the list.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        The part of the panel that the list takes.
    row : GraphicsRow, SetRow or RegionRow
    place : int
        Which line of the list it takes, the heading being 0.
    text : int
        Size of the text in pixels.
    raster : Rasterizer
    """
    unit = picture.shape[1] / WIDTH
    if isinstance(row, GraphicsRow):
        middle, color = (place + 0.5) * ROW * text - 0.5, OFF_WHITE if row.shown else MUTED
        name = fitted(row.name, text, (NUMBER[1] - NAME[0]) * unit)
        title = Text(NAME[0] * unit, baseline(place, text), name, text, color, outline=None)
        raster.draw(picture, (*eye_marks((EYE[0] * unit, EYE[1] * unit), middle, is_open=row.shown), title))
        return
    if isinstance(row, SetRow):
        raster.draw(picture, _set_marks(row, unit, place, text))
        return
    middle = (place + 0.5) * ROW * text - 0.5
    (left, right), half = (round(column * unit) for column in (SWATCH[0] + 0.4, SWATCH[1])), 0.35 * text
    box = picture[max(round(middle - half), 0) : round(middle + half) + 1, left:right]
    box[...] = np.rint(np.multiply(row.color, 1.0 if row.seen else _DIM))
    color = OFF_WHITE if row.seen else MUTED
    ml = "" if row.ml is None else ml_text(row.ml)
    room = (NUMBER[1] - NAME[0]) * unit - (text_width(ml, text - 1) + 0.6 * text if ml else 0)
    marks: DisplayList = (
        *eye_marks((EYE[0] * unit, EYE[1] * unit), middle, is_open=row.seen),
        Text(NAME[0] * unit, baseline(place, text), fitted(row.name, text, room), text, color, outline=None),
        *((Text(NUMBER[1] * unit, baseline(place, text), ml, text - 1, MUTED, "right", None),) if ml else ()),
    )
    raster.draw(picture, marks)


def ml_text(ml: float) -> str:
    """Write a volume with its unit, with three digits or all before the point.

    Examples
    --------
    >>> ml_text(1234.5), ml_text(57.31), ml_text(0.424)
    ('1234 ml', '57.3 ml', '0.42 ml')
    """
    return f"{ml:.{0 if ml >= 99.95 else 1 if ml >= 9.995 else 2}f} ml"


def _set_marks(row: SetRow, unit: float, place: int, text: int) -> DisplayList:
    middle, color = (place + 0.5) * ROW * text - 0.5, OFF_WHITE if row.shown else MUTED
    name = fitted(row.name, text, (_SET_NAME[1] - _SET_NAME[0]) * unit)
    percent = fitted(f"{round(100 * row.opacity)} %", text - 1, (NUMBER[1] - SLIDER[1]) * unit)
    return (
        *eye_marks((EYE[0] * unit, EYE[1] * unit), middle, is_open=row.shown),
        Area(_fold_sign(unit, middle, text, is_folded=row.is_folded), MUTED),
        Text(_SET_NAME[0] * unit, baseline(place, text), name, text, color, outline=None),
        *_style_marks(row.style, unit, middle, text),
        *slider_marks(row.opacity, unit, middle, text, color),
        Text(NUMBER[1] * unit, baseline(place, text), percent, text - 1, color, "right", None),
    )


def _fold_sign(unit: float, middle: float, text: int, *, is_folded: bool) -> tuple[tuple[float, float], ...]:
    """Return the corners of a triangle that points to the right, or down where regions follow."""
    center, long, short = (_FOLD[0] + _FOLD[1]) / 2 * unit, 0.32 * text, 0.2 * text
    if is_folded:
        return (center - short, middle - long), (center + short, middle), (center - short, middle + long)
    return (center - long, middle - short), (center + long, middle - short), (center, middle + short)


def _style_marks(style: tuple[bool, bool], unit: float, middle: float, text: int) -> DisplayList:
    """List a small square with an outline, a fill or both."""
    center, half = (_STYLE[0] + _STYLE[1]) / 2 * unit, 0.36 * text
    corners = tuple(
        (round(center + x * half) + 0.0, round(middle + y * half) + 0.0)
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )
    outline, fill = style
    filled = (Area(corners, MUTED, 0.5 if outline else 0.9),) if fill else ()
    return (*filled, *((Path(corners, closed=True, width=2, color=OFF_WHITE),) if outline else ()))
