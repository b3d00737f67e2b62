"""The list of measurements as it is open over a viewer: rows are chosen, gone to, named and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from viewer3d.app.input.binding import Action
from viewer3d.app.input.measure_gestures import find_hit, go_to_measurement, replace_measurement
from viewer3d.app.input.tools import naming_of
from viewer3d.app.window.handles import chosen_marks
from viewer3d.app.window.measurement_list import list_marks
from viewer3d.app.window.row_list import ListLayout, list_layout
from viewer3d.core.view.planes import PaneName
from viewer3d.render.marks.display_list import DisplayList

if TYPE_CHECKING:
    from viewer3d.app.input.interactor import Button
    from viewer3d.app.steering import Steering
    from viewer3d.core.view.state import ViewState

_ROWS_A_STEP: Final = 3
"""Rows that a step of the wheel scrolls."""


class ListedMeasurements:
    """Shows the list of a viewer's measurements, and takes the events that are meant for it.

    Parameters
    ----------
    steering : Steering
        Of the viewer.

    Attributes
    ----------
    is_shown : bool
    chosen : int or None
        The measurement whose row is chosen, from 0.
    """

    def __init__(self, steering: Steering) -> None:
        self._steering = steering
        self.is_shown = False
        self.chosen: int | None = None
        self._first: int | None = None

    def toggle(self) -> None:
        """Show the list, or hide it."""
        self.is_shown, self.chosen, self._first = not self.is_shown, None, None
        self._steering.presenter.request_draw()

    @property
    def chosen_text(self) -> str:
        """The measurement whose row is chosen, in words; empty for none."""
        number, viewer = self._number(), self._steering.viewer
        if number is None:
            return ""
        one = viewer.state.measurements[number]
        return "; ".join(filter(None, (str(number + 1), one.kind, one.name, *viewer.results.texts(one))))

    def marks(self) -> DisplayList:
        """List the marks of it over the picture; none while it is hidden."""
        if not self.is_shown:
            return ()
        viewer = self._steering.viewer
        first = self._layout().first if self._first is not None else None
        return list_marks(viewer.size, viewer.state.measurements, viewer.results, first, self._number())

    def pane_marks(self) -> dict[PaneName, DisplayList]:
        """List what marks the chosen measurement in the panes that show it."""
        number = self._number()
        return {} if number is None else chosen_marks(self._state, self._steering.context, number)

    def key(self, name: str) -> bool:
        """Handle a key, and return whether it was for the list."""
        if not self.is_shown:
            return False
        number = self._number()
        if name == "Escape":
            self.toggle()
        elif name in ("Up", "Down") and self._state.measurements:
            self._choose(_next(number, len(self._state.measurements), 1 if name == "Down" else -1))
        elif number is None:
            return False
        elif name in ("Return", "KP_Enter"):
            self._go_to(number)
        elif name == "F2":
            self._steering.interactor.perform(Action(tool_starter=naming_of(number), scope="slices"))
        elif name in ("Delete", "BackSpace") and not self._is_pointed:
            self._delete(number)
        else:
            return False
        return True

    def press(self, button: Button, x: float, y: float) -> bool:
        """Go to the measurement whose row is pressed on, and return whether the list is there."""
        if not self._is_over(x, y):
            return False
        number = self._layout().number_at(y)
        if number is not None and button == "left":
            self._go_to(number)
        return True

    def move(self, x: float, y: float) -> bool:
        """Return whether the list is at a pixel, so that what lies below it is not pointed at."""
        return self._is_over(x, y)

    def wheel(self, steps: int, x: float, y: float) -> bool:
        """Scroll by steps of the wheel, above 0 to the first row, and return whether the list is there."""
        if not self._is_over(x, y):
            return False
        self._first = self._layout().first - _ROWS_A_STEP * steps
        self._first = self._layout().first
        return True

    @property
    def _state(self) -> ViewState:
        return self._steering.viewer.state

    @property
    def _is_pointed(self) -> bool:
        # Whether another measurement is pointed at, in the picture.
        position = self._steering.interactor.position
        return find_hit(self._state, self._steering.context, position) is not None

    def _number(self) -> int | None:
        # Measurements may have been removed since.
        is_there = self.is_shown and self.chosen is not None and self.chosen < len(self._state.measurements)
        return self.chosen if is_there else None

    def _layout(self) -> ListLayout:
        return list_layout(self._steering.viewer.size, len(self._state.measurements), self._first)

    def _is_over(self, x: float, y: float) -> bool:
        width = self._steering.viewer.size[0]
        return self.is_shown and 0 <= x < width and self._layout().contains(y)

    def _choose(self, number: int) -> None:
        # Its row is scrolled to.
        self.chosen, shown = number, self._layout()
        if not shown.first <= number < shown.first + shown.count:
            self._first = number if number < shown.first else number - shown.count + 1
        self._steering.presenter.request_draw()

    def _go_to(self, number: int) -> None:
        self._choose(number)
        self._steering.interactor.perform(Action(gesture=go_to_measurement(number)))

    def _delete(self, number: int) -> None:
        self._steering.interactor.perform(Action(gesture=lambda state, *_: replace_measurement(state, number)))
        count = len(self._state.measurements)
        if count:
            self._choose(min(number, count - 1))
        else:
            self.chosen = None


def _next(number: int | None, count: int, way: int) -> int:
    """Return the row that follows; the last one where none was chosen."""
    return count - 1 if number is None else min(max(number + way, 0), count - 1)
