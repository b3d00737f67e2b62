"""Events of an area with several cells: each goes to the viewer of the cell that it is meant for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewer3d.app.beside.screens import SharedArea
from viewer3d.app.input.interactor import Button

if TYPE_CHECKING:
    from viewer3d.app.beside.cells import ViewerCells


class CellHandler:
    """Gives events to the cell under the pointer; a drag stays with the cell that it began in.

    A press, a step of the wheel or a key makes a cell active, motion does not: so the pointer may cross others on its
    way to the panel.

    Parameters
    ----------
    shared : SharedArea
    cells : ViewerCells
    """

    def __init__(self, shared: SharedArea, cells: ViewerCells) -> None:
        self._shared, self._cells = shared, cells
        self._held: int | None = None
        self._hovered: int | None = None

    def forget(self) -> None:
        """Drop what is held and where the pointer is: there are other cells now."""
        self._held = self._hovered = None

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Handle a button that is pressed at a pixel."""
        number = self._meant(x, y) if self._held is None else self._held
        self._held = number
        self._cells.activate(number)
        self._cells.viewers[number].interactor.press(button, *self._within(number, x, y), shift=shift, ctrl=ctrl)

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Handle a motion of the pointer to a pixel."""
        number = self._modal() if self._held is None else self._held
        if number is None:
            before, number = self._hovered, self._shared.at(x, y)
            self._hovered = number
            if before is not None and before != number:
                self._cells.viewers[before].interactor.leave()
        if number is not None:
            self._cells.viewers[number].interactor.move(*self._within(number, x, y), shift=shift)

    def release(self, button: Button) -> None:
        """Handle a button that is released."""
        number = self._cells.active if self._held is None else self._held
        interactor = self._cells.viewers[number].interactor
        interactor.release(button)
        if not interactor.is_holding:
            self._held = None

    def double_click(self, x: float, y: float) -> None:
        """Handle the second press of a double click."""
        number = self._meant(x, y)
        self._cells.activate(number)
        self._cells.viewers[number].interactor.double_click(*self._within(number, x, y))

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Handle steps of the wheel."""
        number = self._meant(x, y)
        self._cells.activate(number)
        self._cells.viewers[number].interactor.wheel(steps, *self._within(number, x, y), ctrl=ctrl)

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key: of the cell under the pointer, else of the active one."""
        taken, here = self._modal(), self._cells.active if self._hovered is None else self._hovered
        number = here if taken is None else taken
        self._cells.activate(number)
        return self._cells.viewers[number].interactor.key(name, character)

    def leave(self) -> None:
        """Handle the pointer leaving the area."""
        hovered, self._hovered = self._hovered, None
        if hovered is not None:
            self._cells.viewers[hovered].interactor.leave()

    def _meant(self, x: float, y: float) -> int:
        taken, number = self._modal(), self._shared.at(x, y)
        if taken is not None:
            return taken
        return self._cells.active if number is None else number

    def _modal(self) -> int | None:
        # The cell over which palette or help is shown, which takes keys and mouse wherever the pointer is.
        viewers = enumerate(self._cells.viewers)
        return next((number for number, one in viewers if one.interactor.modal is not None), None)

    def _within(self, number: int, x: float, y: float) -> tuple[float, float]:
        rect = self._shared.rects()[number]
        return x - rect.left, y - rect.top
