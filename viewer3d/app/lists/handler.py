"""A list as it is shown over a viewer: rows are chosen, gone to, named and removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from viewer3d.app.window.row_list import ListLayout, RowList, list_layout, row_list_marks
from viewer3d.render.marks.display_list import DisplayList

if TYPE_CHECKING:
    from viewer3d.app.input.interactor import Button

_GOING: Final = ("Return", "KP_Enter")
_REMOVING: Final = ("Delete", "BackSpace", "KP_Delete")
_NAMING: Final = "F2"

_STEPS: Final = {"Up": -1, "Down": 1, "Home": -(10**6), "End": 10**6}
"""By how many rows keys move down."""

_PAGES: Final = {"Prior": -1, "Next": 1}
"""By how many pages."""

_WHEEL_ROWS: Final = 3
"""Rows that a step of the wheel scrolls."""


@dataclass(frozen=True)
class RowActions:
    """What is done with a row, by its number from 0.

    Attributes
    ----------
    go, remove, name : callable
    """

    go: Callable[[int], object]
    remove: Callable[[int], object]
    name: Callable[[int], object]


class RowListHandler:
    """Takes the events that are for a list while it is shown, and leaves all others to the picture.

    Keys go to the list from when it opens until a button is pressed beside it, and again after one is pressed on it.

    Parameters
    ----------
    listed : callable
        Returns what it shows now.
    size : callable
        Returns width and height of the picture in pixels.
    actions : RowActions
    chosen : int
        The row that keys are for at first, from 0.

    Attributes
    ----------
    has_focus : bool
        Whether keys go to the list.
    """

    def __init__(
        self, listed: Callable[[], RowList], size: Callable[[], tuple[int, int]], actions: RowActions, chosen: int = 0
    ) -> None:
        self._listed, self._size, self._actions = listed, size, actions
        self._chosen, self._first, self.has_focus = chosen, 0, True
        self._show_chosen()

    @property
    def chosen(self) -> int | None:
        """The row that keys are for, from 0; None where there are no rows."""
        count = self._listed().count
        return min(self._chosen, count - 1) if count else None

    @property
    def chosen_text(self) -> str:
        """The row that keys are for, in words; empty where there is none."""
        chosen, listed = self.chosen, self._listed()
        if chosen is None:
            return listed.nothing
        return "; ".join(filter(None, listed.cells(chosen, self._size()[0])))

    def marks(self) -> DisplayList:
        """List the marks of it over the picture."""
        return row_list_marks(self._size(), self._listed(), self._first, self.chosen, has_focus=self.has_focus)

    def key(self, name: str) -> bool:
        """Handle a key and return whether it is for the list; else it is for the picture."""
        chosen = self.chosen
        if not self.has_focus or chosen is None:
            return False
        if name in _STEPS or name in _PAGES:
            self._choose(chosen + (_STEPS[name] if name in _STEPS else _PAGES[name] * self._layout.count))
        elif name in _GOING:
            self._actions.go(chosen)
        elif name in _REMOVING:
            self._actions.remove(chosen)
        elif name == _NAMING:
            self._actions.name(chosen)
        else:
            return False
        return True

    def press(self, button: Button, x: float, y: float) -> bool:
        """Handle a button that is pressed, and return whether that is on the list; on a row it goes there."""
        self.has_focus = self._is_over(x, y)
        row = self._layout.number_at(y) if self.has_focus else None
        if row is not None and button == "left":
            self._choose(row)
            self._actions.go(row)
        return self.has_focus

    def move(self, x: float, y: float) -> bool:
        """Return whether the list is at a pixel, so that what lies below it is not pointed at."""
        return self._is_over(x, y)

    def wheel(self, steps: int, x: float, y: float) -> bool:
        """Scroll by steps of the wheel, above 0 to the first row; return whether the pointer is over the list."""
        if not self._is_over(x, y):
            return False
        self._first = self._layout_at(self._first - _WHEEL_ROWS * steps).first
        return True

    @property
    def _layout(self) -> ListLayout:
        return self._layout_at(self._first)

    def _layout_at(self, first: int) -> ListLayout:
        return list_layout(self._size(), self._listed().count, first)

    def _is_over(self, x: float, y: float) -> bool:
        return 0 <= x < self._size()[0] and self._layout.contains(y)

    def _choose(self, row: int) -> None:
        self._chosen = min(max(row, 0), self._listed().count - 1)
        self._show_chosen()

    def _show_chosen(self) -> None:
        # No further than it needs to be seen.
        self._first = max(min(self._first, self._chosen), self._chosen - self._layout.count + 1)
