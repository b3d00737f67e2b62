"""Events of a window with a panel: some change the panel, all others go to the picture beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from viewer3d.app.input.find_binding import find_command
from viewer3d.app.input.interactor import Button
from viewer3d.app.window.layer_list import pressed
from viewer3d.app.window.panel import (
    Panel,
    is_over,
    layer_part_at,
    layers_height,
    opacity_at,
    panel_width,
    region_row_at,
    toggled_panel,
    with_layers_scrolled,
)
from viewer3d.app.window.region_list import (
    AnyRegionRow,
    GraphicsRow,
    RegionPart,
    SetRow,
    region_part,
    seen_alone,
    with_region_look,
)
from viewer3d.app.window.screen import EventHandler
from viewer3d.app.window.series.series_list import (
    grab_of,
    is_on_footer,
    is_on_scroll_bar,
    row_at,
    with_scroll,
    with_selection_moved,
    with_thumb_at,
)
from viewer3d.core.view.look import RegionLook
from viewer3d.core.view.state import ViewState

_STEPS = {"Up": -1, "Down": 1, "Prior": -5, "Next": 5, "Home": -(10**6), "End": 10**6}
"""By how many rows the keys move the selection down."""

_REGION_STEPS = 3
"""Rows that a step of the wheel scrolls where there are regions: of those there may be a hundred."""

_CLOSING = ("q", "Escape")


class PanelOwner(Protocol):
    """What the events are for: a panel, and what handles those of the picture beside it."""

    panel: Panel

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the desktop window in pixels."""

    @property
    def picture_handler(self) -> EventHandler:
        """What handles the events of the picture beside the panel."""

    @property
    def left_columns(self) -> int:
        """How many columns of pixels lie at the left of the picture: panel and tool bar."""

    @property
    def is_modal(self) -> bool:
        """Whether palette or help is shown over the picture, and takes keys and mouse."""

    def choose(self, entry: int, *, over: bool = False) -> None:
        """Open an entry of the catalog, or lay it over what is shown."""

    def choose_below(self, row: int) -> None:
        """Do what a row below the entries is for: say why something cannot be shown, or open a folder again."""

    def ask_place(self) -> object:
        """Ask which folder or file is to be opened in the window."""

    def put_beside(self, entry: int | None = None) -> None:
        """Put an entry of the catalog beside what is shown, without one that which is selected."""

    @property
    def region_rows(self) -> Sequence[AnyRegionRow]:
        """The rows of regions in the panel."""

    def press_region(self, part: RegionPart) -> None:
        """Do what a press on a part of a row of regions does."""

    def change_layers(self, change: Callable[[ViewState], ViewState]) -> None:
        """Change the state of the picture beside the panel."""

    def stop_loading(self) -> bool:
        """Stop what is being loaded and return whether anything was."""

    def dismiss_message(self) -> bool:
        """Hide the message and return whether there was one."""


class CloseKeys:
    """Handles nothing but the keys that close the window or open a folder, while there is no picture yet.

    Parameters
    ----------
    close : callable
    open_folder : callable, optional
        What the key does that opens a folder.
    """

    def __init__(self, close: Callable[[], object], open_folder: Callable[[], object] | None = None) -> None:
        self._close, self._open_folder = close, open_folder

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Do nothing."""

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Do nothing."""

    def release(self, button: Button) -> None:
        """Do nothing."""

    def double_click(self, x: float, y: float) -> None:
        """Do nothing."""

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Do nothing."""

    def key(self, name: str, character: str = "") -> bool:  # noqa: ARG002
        """Close the window or open a folder by the keys for that; return whether it was one."""
        if self._open_folder is not None and find_command(name) == "open folder":
            self._open_folder()
            return True
        if name not in _CLOSING:
            return False
        self._close()
        return True

    def leave(self) -> None:
        """Do nothing."""


class PanelInteractor:
    """Gives each event to the panel or to the picture beside it.

    Parameters
    ----------
    owner : PanelOwner
    """

    def __init__(self, owner: PanelOwner) -> None:
        self._owner = owner
        self._is_holding = self._was_over = False
        self._slider: Callable[[ViewState, float], ViewState] | None = None  # sets the opacity that is dragged
        self._grab: float | None = None  # how far below the top of the scroll bar's thumb it is dragged
        self._pressed: tuple[int, RegionLook] | None = None  # regions whose eye was pressed, as they looked before

    @property
    def slider(self) -> object:
        """What is dragged in the panel, one object for one drag; None where nothing is."""
        return self._slider

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Handle a button that is pressed: in the panel it opens an entry, or changes a layer."""
        if not self._is_over(x):
            self._is_holding = True
            self._release_keys()
            self._owner.picture_handler.press(button, self._column(x), y, shift=shift, ctrl=ctrl)
            return
        if button != "left":
            return
        if self._press_list(x, y, shift=shift, ctrl=ctrl):
            return
        if not self._press_region(x, y, shift=shift):
            self._press_layer(x, y)

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Handle a motion of the pointer: over the panel it selects an entry, and the panel gets the keys."""
        if (slide := self._slider) is not None:
            opacity = opacity_at(self._owner.size, x)
            self._owner.change_layers(lambda state: slide(state, opacity))
            return
        if self._grab is not None:
            self._owner.panel = with_thumb_at(self._owner.panel, self._owner.size, y, self._grab)
            return
        before, self._was_over = self._was_over, self._is_over(x) and not self._is_holding
        if not self._was_over:
            if before:
                self._release_keys()
            self._owner.picture_handler.move(self._column(x), y, shift=shift)
            return
        self._owner.picture_handler.leave()
        panel, size = self._owner.panel, self._owner.size
        row = row_at(panel, size, y)
        # Over the layers the keys stay those of the picture.
        has_keys = panel.listed > 0 and y >= layers_height(panel, size)
        self._owner.panel = replace(panel, selected=panel.selected if row is None else row, has_keys=has_keys)

    def release(self, button: Button) -> None:
        """Handle a button that is released."""
        if button == "left" and (self._slider is not None or self._grab is not None):
            self._slider = self._grab = None
            return
        self._is_holding = False
        self._owner.picture_handler.release(button)

    def double_click(self, x: float, y: float) -> None:
        """Handle the second press of a double click: to layers it is a press, to entries nothing.

        On the eye of a region it shows this one alone, or all again.
        """
        if self._is_over(x):
            if is_on_scroll_bar(self._owner.panel, self._owner.size, x, y):
                self._press_list(x, y)
            elif not self._press_region(x, y, is_second=True):
                self._press_layer(x, y)
        else:
            self._owner.picture_handler.double_click(self._column(x), y)

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Handle steps of the wheel: over the panel they scroll it."""
        panel, size = self._owner.panel, self._owner.size
        if self._is_over(x):
            if y < layers_height(panel, size):
                rows = _REGION_STEPS if panel.region_rows else 1
                self._owner.panel = with_layers_scrolled(panel, size, -steps * rows)
            else:
                self._owner.panel = with_scroll(panel, size, -steps)
        else:
            self._release_keys()
            self._owner.picture_handler.wheel(steps, self._column(x), y, ctrl=ctrl)

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key: of the panel if it has the keys, else of the picture; return whether it has a meaning."""
        panel = self._owner.panel
        if self._owner.is_modal:
            return self._owner.picture_handler.key(name, character)
        if name == "Tab" and panel.has_content:
            self._owner.panel = toggled_panel(panel)
        elif panel.has_keys and name in _STEPS:
            self._owner.panel = with_selection_moved(panel, self._owner.size, _STEPS[name])
        elif panel.has_keys and name in {"Return", "KP_Enter"}:
            self._choose(panel.selected)
        elif name == "Escape" and (self._owner.stop_loading() or self._owner.dismiss_message()):
            return True
        elif panel.has_keys and name == "Escape":
            self._owner.panel = replace(panel, is_wanted=False, has_keys=False)
        else:
            return self._owner.picture_handler.key(name, character)
        return True

    def leave(self) -> None:
        """Handle the pointer leaving the window."""
        self._was_over = False
        self._owner.picture_handler.leave()

    def _press_list(self, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> bool:
        """Press what is at a pixel if it is in the list of series or below it, and return whether it is."""
        panel, size = self._owner.panel, self._owner.size
        if is_on_footer(panel, size, y):
            self._owner.ask_place()
            return True
        if is_on_scroll_bar(panel, size, x, y):
            self._grab = grab_of(panel, size, y)
            self._owner.panel = with_thumb_at(panel, size, y, self._grab)
            return True
        row = row_at(panel, size, y)
        if row is not None:
            if ctrl and row < panel.count:
                self._owner.put_beside(row)
            else:
                self._choose(row, over=shift)
        return row is not None

    def _choose(self, row: int, *, over: bool = False) -> None:
        if row < self._owner.panel.count:
            self._owner.choose(row, over=over)
        else:
            self._owner.choose_below(row)

    def _press_layer(self, x: float, y: float) -> None:
        part = layer_part_at(self._owner.panel, self._owner.size, x, y)
        if part is None:
            return
        if part.part == "slider":
            self._slider = lambda state, opacity: pressed(state, replace(part, share=opacity))
        self._owner.change_layers(lambda state: pressed(state, part))

    def _press_region(self, x: float, y: float, *, shift: bool = False, is_second: bool = False) -> bool:
        """Press what is at a pixel if it is in a row of regions, and return whether it is."""
        owner = self._owner
        number = region_row_at(owner.panel, owner.size, y)
        before, self._pressed = self._pressed, None
        if number is None:
            return False
        part = region_part(owner.region_rows[number], x, panel_width(owner.size))
        if isinstance(part.row, GraphicsRow):
            owner.press_region(part)
            return True
        turn = part.row.turn
        if part.part == "slider":
            self._slider = lambda state, opacity: (
                state.with_region(turn, opacity=opacity) if turn < len(state.regions) else state
            )
        if part.part != "eye" or isinstance(part.row, SetRow):
            owner.press_region(part)
            return True
        region = part.row.number

        def show_alone(state: ViewState) -> ViewState:
            if turn >= len(state.regions):  # gone since it was seen
                return state
            # Of a double click the first press has changed it already.
            look = before[1] if is_second and before is not None and before[0] == turn else state.regions[turn]
            return with_region_look(state, turn, seen_alone(look, region))

        def note(state: ViewState) -> ViewState:
            if turn < len(state.regions):
                self._pressed = turn, state.regions[turn]
            return state

        if shift or is_second:
            owner.change_layers(show_alone)
        else:
            owner.change_layers(note)
            owner.press_region(part)
        return True

    def _column(self, x: float) -> float:
        return x - self._owner.left_columns

    def _is_over(self, x: float) -> bool:
        return not self._owner.is_modal and is_over(self._owner.panel, self._owner.size, x)

    def _release_keys(self) -> None:
        if self._owner.panel.has_keys:
            self._owner.panel = replace(self._owner.panel, has_keys=False)
