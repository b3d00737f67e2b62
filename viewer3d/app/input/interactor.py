"""Hands: buttons, wheel, keys and motion, from any toolkit, to states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from viewer3d.app.input.bindings import Command, find_command, find_drag, find_gesture, find_take
from viewer3d.app.input.context import Drag, Place, Stage
from viewer3d.app.input.crop_gestures import near_face
from viewer3d.app.input.measure_gestures import find_hold
from viewer3d.app.input.plane_gestures import near_outline
from viewer3d.app.input.rotate_gestures import near_handle
from viewer3d.app.input.slice_gestures import near_lines, point_at
from viewer3d.app.input.slider import on_slider
from viewer3d.app.input.tools import Drawing, Tool
from viewer3d.core.view import ViewState

Button = Literal["left", "middle", "right"]

STILL_PIXELS = 3
"""A button that comes up no further from where it went down has clicked; further it has dragged."""


@dataclass(frozen=True)
class _Held:
    # A button that is down: where, and on which state; what its drag does; whether it has moved yet.
    button: Button
    begin: Place
    state: ViewState
    drag: Drag | None
    moved: bool = False


class Hands:
    """Turns what hands do into states.

    Parameters
    ----------
    state : callable
        Returns the state that is seen.
    stage : callable
        Returns the stage it is seen on.
    change : callable
        Is called with every new state.
    command : callable
        Is called with what is asked of the window itself.
    """

    def __init__(
        self,
        state: Callable[[], ViewState],
        stage: Callable[[], Stage],
        change: Callable[[ViewState], None],
        command: Callable[[Command], None],
    ) -> None:
        self._state, self._stage, self._change, self._command = state, stage, change, command
        self._held: _Held | None = None
        self._tool: Tool | None = None
        self._place = Place(-1, -1)

    @property
    def place(self) -> Place:
        """Where the pointer was last; outside of the window when it has left."""
        return self._place

    @property
    def prompt(self) -> str:
        """What is to be done with the tool in hand; empty without one."""
        return "" if self._tool is None else self._tool.prompt

    @property
    def is_holding(self) -> bool:
        """Whether a button is down."""
        return self._held is not None

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Take a button that goes down at a pixel of the window."""
        if self._held is not None:
            return
        state, place = self._state(), self._at(x, y)
        drawing = self._drawing(button, place)
        if drawing is not None:
            self._tool = drawing = drawing.begun(state, self._stage(), place)
            self._held = _Held(button, place, state, drawing.drag)
            return
        names = [f"{'ctrl+' if ctrl else ''}{'shift+' if shift else ''}{button} drag", f"{button} drag"]
        if button == "left" and not shift and not ctrl:
            names.insert(0, _held_name(state, self._stage(), place) or "")
        # With a key held that changes nothing the drag is what it is without.
        drags = (find_drag(name, in_3d=place.pane == "3d") for name in names if place.pane)
        self._held = _Held(button, place, state, next((drag for drag in drags if drag is not None), None))

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Take the pointer's next place."""
        held, place = self._held, self._at(x, y)
        if held is None:
            state = self._state()
            follow = find_gesture("shift+move", in_3d=place.pane == "3d") if shift else None
            if follow is not None:
                state = follow(state, self._stage(), place)
            if isinstance(self._tool, Drawing):
                state = self._tool.seen(state, self._stage(), place)
            self._set(point_at(state, self._stage(), place))
            return
        far = max(abs(x - held.begin.x), abs(y - held.begin.y)) > STILL_PIXELS
        if held.drag is not None and (held.moved or far):
            if not held.moved:
                self._held = _Held(held.button, held.begin, held.state, held.drag, moved=True)
            # The place may lie outside of the pane by now: the drag goes on by its pixels.
            self._set(held.drag(held.state, self._stage(), held.begin, Place(x, y, held.begin.pane)))

    def release(self, button: Button) -> None:
        """Take a button that comes up."""
        held = self._held
        if held is None or held.button != button:
            return
        self._held = None
        drawing = self._drawing(button, held.begin)
        if drawing is not None:
            self._draw(drawing)
        elif not held.moved and button == "left":
            self._do("left click", held.begin)

    def double(self, x: float, y: float) -> None:
        """Take the second press of a double click."""
        self._held = None
        if self._drawing("left", self._at(x, y)) is not None:
            self.press("left", x, y)
        else:
            self._do("double click", self._place)

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Take clicks of the wheel, above 0 when it turns away from the hand."""
        place = self._at(x, y)
        name = f"{'ctrl+' if ctrl else ''}wheel {'up' if steps > 0 else 'down'}"
        for _ in range(abs(steps)):
            self._do(name, place)

    def key(self, name: str, character: str = "") -> bool:
        """Take a key; returns whether it means anything.

        Parameters
        ----------
        name : str
            As VTK names it, ``ctrl+`` before it where that is held.
        character : str
            What it writes.
        """
        taken = None if self._tool is None else self._tool.key(self._state(), name, character)
        if taken is not None:
            self._lay_aside(*taken)
            return True
        take = find_take(name)
        if take is not None:
            self.drop()
            self._tool = take(self._state(), self._stage(), self._place)
            return True
        command = find_command(name)
        if command is not None:
            self._command(command)
            return True
        return self._do(name, self._at(self._place.x, self._place.y))

    def drop(self) -> None:
        """Let go of all that is held, and lay the tool down; a measurement that is not complete goes with it."""
        self._held = None
        if self._tool is not None:
            self._lay_aside(None, self._tool.dropped(self._state()))

    def leave(self) -> None:
        """Take the pointer's leaving the window."""
        if self._held is None:
            self._place = Place(-1, -1)
            self._set(point_at(self._state(), self._stage(), self._place))

    def _drawing(self, button: Button, place: Place) -> Drawing | None:
        # The measurement that a button draws on at a place, if one is being drawn there.
        tool = self._tool
        draws = button == "left" and place.plane is not None
        return tool if draws and isinstance(tool, Drawing) and tool.plane in (None, place.plane) else None

    def _draw(self, drawing: Drawing) -> None:
        state, stage = self._state(), self._stage()
        further = drawing.further(state, stage, self._place)
        self._tool = None if further.is_done else further
        self._set(further.seen(state, stage, self._place))

    def _lay_aside(self, tool: Tool | None, state: ViewState) -> None:
        self._tool, self._held = tool, None
        self._set(state)

    def _do(self, name: str, place: Place) -> bool:
        gesture = find_gesture(name, in_3d=place.pane == "3d")
        if gesture is None:
            return False
        state = gesture(self._state(), self._stage(), place)
        # What is pointed at may have changed under a pointer that did not move.
        pointed = self._stage().place(state, place.x, place.y)
        self._set(point_at(state, self._stage(), pointed) if state.pointer is not None else state)
        return True

    def _at(self, x: float, y: float) -> Place:
        self._place = self._stage().place(self._state(), x, y)
        return self._place

    def _set(self, state: ViewState) -> None:
        if state != self._state():
            self._change(state)


def _held_name(state: ViewState, stage: Stage, place: Place) -> str | None:
    """Name the drag of what lies under the pointer, if anything does: the smallest first."""
    if on_slider(state, stage, place):
        return "slider drag"
    if find_hold(state, stage, place) is not None:
        return "measurement drag"
    if near_handle(state, stage, place) or near_face(state, stage, place) is not None:
        return "handle drag"
    if near_outline(state, stage, place):
        return "outline drag"
    return "line drag" if near_lines(state, stage, place) else None
