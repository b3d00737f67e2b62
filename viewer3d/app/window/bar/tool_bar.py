"""The buttons of the tool bar: which there are, where they lie, and how they are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.input.binding import Action, Binding
from viewer3d.app.input.context import Context
from viewer3d.app.input.find_binding import can_be_done, keys_of_actions
from viewer3d.app.input.keys.own_keys import key_groups
from viewer3d.app.input.keys.screen_traits import ON_DESKTOP, ScreenTraits
from viewer3d.app.input.tools import ToolStarter
from viewer3d.app.window.bar.icons import ICONS, icon_marks
from viewer3d.core.view.state import ViewState
from viewer3d.render.marks.display_list import EMPTY, MUTED, OFF_WHITE, PLANE_COLORS, Color, DisplayList, Line, Text
from viewer3d.render.marks.labels import LETTER_WIDE
from viewer3d.render.marks.metrics import CAP_HEIGHT
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import text_width

LEAST_WIDTH: Final = 700
"""Pixels: in a narrower window there is no tool bar, for all of it is for the picture."""

_SIDE: Final = 26
"""Pixels: width of the bar, and height of a button where there is room."""

_LEAST_SIDE: Final = 20

_GAP: Final = 7
"""Pixels between groups of buttons."""

_LAST: Final = ("palette", "help")
"""Commands of the buttons that stay where there is no room for all."""

_COLORS: Final[dict[str, Color]] = {
    "A": PLANE_COLORS["axial"],
    "C": PLANE_COLORS["coronal"],
    "S": PLANE_COLORS["sagittal"],
}
"""Of written labels, the letters of planes."""

_CHOSEN: Color = (46, 50, 58)
_HOVERED: Color = (30, 32, 36)
_EDGE: Color = (38, 40, 44)

_TIP_GROUND: Color = (20, 21, 25)
_TIP_TEXT: Final = 13


@dataclass(frozen=True)
class BarButton:
    """A button of the tool bar.

    Attributes
    ----------
    icon : str
        A name of :data:`viewer3d.app.window.bar.icons.ICONS`, or what is written.
    title : str
        What it does, as the palette names it.
    key : str
        The key that does the same; empty for none.
    heading : str
        Of its group.
    action : Action
    is_chosen : bool
        Whether it is of the active tool, the present layout or the like, and is marked.
    """

    icon: str
    title: str
    key: str
    heading: str
    action: Action
    is_chosen: bool = False


BarTable = tuple[tuple[str, Binding, tuple[tuple[int, BarButton], ...]], ...]
"""Headings, bindings, and the buttons of each with the numbers of their actions."""


def bar_table(screen: ScreenTraits = ON_DESKTOP) -> BarTable:
    """Return what can be in the bar of a screen, with the keys there, of each binding that has icons."""
    keys = keys_of_actions(screen)
    return tuple(
        (heading, one, tuple(_buttons(one, heading, keys)))
        for heading, bindings in key_groups().items()
        for one in bindings
        if one.icons
    )


def bar_buttons(
    state: ViewState, context: Context, tool: ToolStarter | None, table: BarTable | None = None
) -> tuple[BarButton, ...]:
    """Return the buttons for a state, in the order of the table.

    Parameters
    ----------
    state : ViewState
    context : Context
    tool : callable, optional
        What has started the tool that is active.
    table : BarTable, optional
        What :func:`bar_table` returns, where that is known.
    """
    buttons: list[BarButton] = []
    for _, binding, rows in bar_table(context.screen) if table is None else table:
        if not can_be_done(binding, state, context):
            continue
        chosen = None if binding.chosen is None else binding.chosen(state)
        for number, one in rows:
            is_active = tool is not None and one.action.tool_starter is tool
            buttons.append(replace(one, is_chosen=True) if is_active or number == chosen else one)
    return tuple(buttons)


def _buttons(binding: Binding, heading: str, keys: Mapping[Action, tuple[str, ...]]) -> Iterator[tuple[int, BarButton]]:
    # Each with the number of its action.
    parts = zip(binding.icons, binding.action_titles, binding.actions, strict=True)
    for number, (icon, title, action) in enumerate(parts):
        if icon:
            yield number, BarButton(icon, title, next(iter(keys.get(action, ())), ""), heading, action)


def bar_width(size: tuple[int, int]) -> int:
    """Return the width of the tool bar in a window of a width and height in pixels: 0 where it has none."""
    return _SIDE if size[0] >= LEAST_WIDTH else 0


def fitting_buttons(buttons: tuple[BarButton, ...], height: int) -> tuple[tuple[BarButton, int, int], ...]:
    """Return the buttons that there is room for, each with its first row of pixels and its height.

    Parameters
    ----------
    buttons : tuple of BarButton
    height : int
        Of the bar in pixels: where that is little, buttons are lower, and then those before the last are left out.
    """
    kept = list(buttons)
    while (side := _fitting_side(kept, height)) < _LEAST_SIDE and len(kept) > len(_LAST):
        others = [n for n, one in enumerate(kept) if one.action.command not in _LAST]
        kept.pop(others[-1])
    placed, y = [], 2
    for number, one in enumerate(kept):
        y += _GAP if number and kept[number - 1].heading != one.heading else 0
        placed.append((one, y, min(side, _SIDE)))
        y += min(side, _SIDE)
    return tuple(placed)


def button_at(buttons: tuple[BarButton, ...], height: int, y: float) -> BarButton | None:
    """Return the button at a row of pixels of the bar; None between them."""
    return next((one for one, top, side in fitting_buttons(buttons, height) if top <= y < top + side), None)


def draw_bar(
    buttons: tuple[BarButton, ...], height: int, hovered: BarButton | None, raster: Rasterizer
) -> NDArray[np.uint8]:
    """Draw the tool bar and return its picture.

    Parameters
    ----------
    buttons : tuple of BarButton
    height : int
        Of the window in pixels.
    hovered : BarButton, optional
        The one under the pointer.
    raster : Rasterizer

    Returns
    -------
    ndarray of uint8, shape (height, width of the bar, 3)
    """
    picture = np.empty((height, _SIDE, 3), np.uint8)
    picture[...] = EMPTY
    for one, top, side in fitting_buttons(buttons, height):
        if one.is_chosen or one == hovered:
            picture[top : top + side, 1:-2] = _CHOSEN if one.is_chosen else _HOVERED
        raster.draw(picture, _button_marks(one, top, side, is_bright=one.is_chosen or one == hovered))
    picture[:, -1:] = _EDGE
    return picture


def tip_marks(buttons: tuple[BarButton, ...], button: BarButton | None, size: tuple[int, int]) -> DisplayList:
    """List the marks that name a button with its key, at the left of a picture of a size in pixels."""
    place = next((one for one in fitting_buttons(buttons, size[1]) if one[0] == button), None)
    if place is None or button is None:
        return ()
    _, top, side = place
    key = f"   {button.key}" if button.key else ""
    wide = text_width(button.title + key, _TIP_TEXT) + 2 * _TIP_TEXT
    middle = top + (side - 1) / 2
    baseline = middle + CAP_HEIGHT * _TIP_TEXT / 2
    return (
        Line(4, middle, 4 + wide, middle, round(1.9 * _TIP_TEXT), _TIP_GROUND),
        Text(4 + _TIP_TEXT, baseline, button.title, _TIP_TEXT, OFF_WHITE, outline=None),
        *((Text(4 + wide - _TIP_TEXT, baseline, button.key, _TIP_TEXT, MUTED, "right", None),) if key else ()),
    )


def _fitting_side(buttons: list[BarButton], height: int) -> int:
    headings = len({one.heading for one in buttons})
    return int((height - 4 - _GAP * headings) / max(len(buttons), 1))


def _button_marks(button: BarButton, top: int, side: int, *, is_bright: bool) -> DisplayList:
    middle, color = top + (side - 1) / 2, OFF_WHITE if is_bright else MUTED
    icon = min(16, side - 6)
    if button.icon in ICONS:
        return icon_marks(button.icon, (_SIDE - 2 - icon) / 2, middle - icon / 2, icon, color)
    text = min(13, int((_SIDE - 4) / (LETTER_WIDE * max(len(button.icon), 1))))
    color = _COLORS.get(button.icon, color)
    return (Text((_SIDE - 3) / 2, middle + CAP_HEIGHT * text / 2, button.icon, text, color, "middle", None),)
