"""The interactor: it turns buttons, wheel, keys and motion, from any toolkit, into states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from viewer3d.app.input.binding import Action, Command
from viewer3d.app.input.context import Context, Drag, EventPosition, Gesture
from viewer3d.app.input.crop_gestures import face_at
from viewer3d.app.input.find_binding import find_command, find_drag, find_gesture, find_tool, panes_of
from viewer3d.app.input.layer_gestures import split_at
from viewer3d.app.input.measure_gestures import change_corner, find_hit, find_label, is_dragged_label
from viewer3d.app.input.plane_gestures import is_on_outline
from viewer3d.app.input.rotate_gestures import is_on_handle
from viewer3d.app.input.slice_gestures import lines_at, set_pointer
from viewer3d.app.input.slider import on_slider
from viewer3d.app.input.tools import DrawingTool, NamingTool, Tool, ToolStarter
from viewer3d.core.view.state import ViewState

Button = Literal["left", "middle", "right"]

CLICK_TOLERANCE = 3
"""Pixels: a button that is released no further from where it was pressed has clicked; further it has dragged."""


@dataclass(frozen=True)
class _HeldButton:
    """A button that is down: where and on which state it was pressed, its drag, whether it has moved.

    It may draw a measurement, and may have been pressed with Ctrl.
    """

    button: Button
    begin: EventPosition
    state: ViewState
    drag: Drag | None
    moved: bool = False
    draws: bool = False
    ctrl: bool = False


class Modal(Protocol):
    """What takes events instead of the picture while it is shown over it: palette or help."""

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key and return whether it is for this; else it is for the picture."""

    def press(self, button: Button, x: float, y: float) -> None:
        """Handle a button that is pressed at a pixel."""

    def move(self, x: float, y: float) -> None:
        """Handle a motion of the pointer to a pixel."""

    def wheel(self, steps: int) -> None:
        """Handle steps of the wheel, above 0 when it is turned away from the user."""


class ShownList(Protocol):
    """What takes the events that are meant for it, while the picture beside it takes all others."""

    def key(self, name: str) -> bool:
        """Handle a key, and return whether it was for this."""

    def press(self, button: Button, x: float, y: float) -> bool:
        """Handle a button that is pressed at a pixel, and return whether it was for this."""

    def move(self, x: float, y: float) -> bool:
        """Handle a motion of the pointer to a pixel, and return whether it was for this."""

    def wheel(self, steps: int, x: float, y: float) -> bool:
        """Handle steps of the wheel at a pixel, and return whether they were for this."""


class Interactor:
    """Handles events: each leads to a new state, to a command, or to a tool.

    Parameters
    ----------
    state : callable
        Returns the state that is shown.
    context : callable
        Returns the context, see :class:`viewer3d.app.input.context.Context`.
    change : callable
        Is called with every new state.
    command : callable
        Is called with every command, which is for the window and not for the state.

    Attributes
    ----------
    modal : Modal or None
        What takes the events instead of the picture; the pointer then counts as where it was before.
    listed : ShownList or None
        What takes some of the events before the picture does.
    """

    def __init__(
        self,
        state: Callable[[], ViewState],
        context: Callable[[], Context],
        change: Callable[[ViewState], None],
        command: Callable[[Command], None],
    ) -> None:
        self._state, self._context, self._change, self._command = state, context, change, command
        self._held: _HeldButton | None = None
        self._tool: Tool | None = None
        self._starter: ToolStarter | None = None
        self._pixel = -1.0, -1.0
        self._clicked: tuple[ViewState, ViewState] | None = None
        self._gestures, self._was_modal = 0, False
        self._gesture: int | None = None
        self._joined: object = None
        self._acting: Gesture | None = None
        self.modal: Modal | None = None
        self.listed: ShownList | None = None

    @property
    def context(self) -> Context:
        """What gestures need besides the state."""
        return self._context()

    @property
    def position(self) -> EventPosition:
        """Where the pointer was last; (-1, -1) when it has left the window."""
        # Found anew: panes change without an event too, by a program, an undo or the clock.
        return self.context.locate(self._state(), *self._pixel)

    @property
    def prompt(self) -> str:
        """What to do with the active tool, in words; empty without a tool."""
        return "" if self._tool is None else self._tool.prompt

    @property
    def tool_starter(self) -> ToolStarter | None:
        """What has started the active tool; None without a tool."""
        return None if self._tool is None else self._starter

    @property
    def is_holding(self) -> bool:
        """Whether a button is down."""
        return self._held is not None

    @property
    def gesture(self) -> int | None:
        """The number of the drag or drawing that changes belong to now; None between those and for keys."""
        return self._gesture

    @property
    def acting(self) -> Gesture | None:
        """What a key, a click or the wheel is bound to, while its change is made known; else None."""
        return self._acting

    @property
    def is_drawing(self) -> bool:
        """Whether a measurement was begun that has not all of its points, or not yet its text."""
        if isinstance(self._tool, NamingTool):
            return self._gesture is not None  # it goes on with what was drawn
        return isinstance(self._tool, DrawingTool) and self._tool.plane is not None

    def join_gesture(self, drag: object) -> None:
        """Count the changes that follow as one gesture, for a drag beside the picture; None ends it."""
        if drag is None:
            self._end_gesture()
        elif drag is not self._joined:
            self._begin_gesture()
        self._joined = drag

    def press(self, button: Button, x: float, y: float, *, shift: bool = False, ctrl: bool = False) -> None:
        """Handle a button that is pressed at a pixel."""
        self._was_modal = self.modal is not None
        if self.modal is not None:
            self.modal.press(button, x, y)
            return
        if self._held is not None or (self.listed is not None and self.listed.press(button, x, y)):
            return
        self._begin_gesture()
        state, position = self._state(), self._locate(x, y)
        drawing = self._drawing_at(button, position)
        if drawing is not None:
            self._tool = drawing = drawing.with_first_point(state, self.context, position)
            self._held = _HeldButton(button, position, state, drawing.drag, draws=True)
            return
        names = [f"{'ctrl+' if ctrl else ''}{'shift+' if shift else ''}{button} drag", f"{button} drag"]
        if button == "left" and not shift and not ctrl:
            names.insert(0, _drag_name(state, self.context, position) or "")
        # A modifier that has no binding changes nothing.
        drags = (find_drag(name, in_3d=position.pane == "3d") for name in names if position.pane)
        drag = next((drag for drag in drags if drag is not None), None)
        self._held = _HeldButton(button, position, state, drag, ctrl=ctrl)

    def move(self, x: float, y: float, *, shift: bool = False) -> None:
        """Handle a motion of the pointer to a pixel."""
        if self.modal is not None:
            self.modal.move(x, y)
            return
        if self._held is None and self.listed is not None and self.listed.move(x, y):
            self.leave()
            return
        held, position = self._held, self._locate(x, y)
        self._end_gesture()
        if held is None:
            state = self._state()
            follow = find_gesture("shift+move", in_3d=position.pane == "3d") if shift else None
            if follow is not None:
                state = follow(state, self.context, position)
            if isinstance(self._tool, DrawingTool):
                state = self._tool.preview(state, self.context, position)
            self._change_to(set_pointer(state, self.context, position))
            return
        far = max(abs(x - held.begin.x), abs(y - held.begin.y)) > CLICK_TOLERANCE
        if held.drag is not None and (held.moved or far):
            if not held.moved:
                self._held = replace(held, moved=True)
            # The position may lie outside of the pane by now: the drag goes on in its pixels.
            end, drag = EventPosition(x, y, held.begin.pane), held.drag
            if held.draws and isinstance(self._tool, DrawingTool):
                self._tool = tool = self._tool.with_path(self._state(), self.context, end)
                drag = tool.drag
            self._change_to(drag(held.state, self.context, held.begin, end))

    def release(self, button: Button) -> None:
        """Handle a button that is released."""
        held = self._held
        if held is None or held.button != button:
            return
        self._held = None
        drawing = self._drawing_at(button, held.begin)
        if drawing is not None:
            self._set_point(drawing)
        elif not held.moved and button == "left" and self.context.shows(before := self._state(), held.begin):
            edits = held.ctrl and change_corner(before, self.context, held.begin) != before
            self._apply("ctrl+left click" if edits else "left click", held.begin)
            self._clicked = before, self._state()
        self._end_gesture()

    def double_click(self, x: float, y: float) -> None:
        """Handle the second press of a double click: the crosshair goes back to where the first one found it."""
        if self.modal is not None:
            self.modal.press("left", x, y)
            return
        if self._was_modal or (self.listed is not None and self.listed.press("left", x, y)):
            return  # the first press was for what has closed since, or this one is for a list
        self._held = None
        self._end_gesture()
        if self._drawing_at("left", self._locate(x, y)) is not None:
            self.press("left", x, y)
            return
        clicked, self._clicked = self._clicked, None
        if clicked is not None and self._state().cursor == clicked[1].cursor:
            self._change_to(self._state().with_cursor(clicked[0].cursor))
        on_label = is_dragged_label(self._state(), self.context, self.position)
        self._apply("label double click" if on_label else "double click", self.position)

    def wheel(self, steps: int, x: float, y: float, *, ctrl: bool = False) -> None:
        """Handle steps of the wheel, above 0 when it is turned away from the user."""
        if self.modal is not None:
            self.modal.wheel(steps)
            return
        if self.listed is not None and self.listed.wheel(steps, x, y):
            return
        self._end_gesture()
        position = self._locate(x, y)
        name = f"{'ctrl+' if ctrl else ''}wheel {'up' if steps > 0 else 'down'}"
        for _ in range(abs(steps)):
            self._apply(name, position)

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key and return whether it has a meaning.

        Parameters
        ----------
        name : str
            As VTK names it, ``ctrl+`` before it where that is held.
        character : str
            The character that it types.
        """
        self._end_gesture()
        if self.modal is not None and self.modal.key(name, character):
            return True
        tool_and_state = None if self._tool is None else self._tool.key(self._state(), name, character)
        if tool_and_state is not None:
            self._set_tool(*tool_and_state)
            return True
        if self.listed is not None and self.listed.key(name):
            return True
        start_tool = find_tool(name)
        if start_tool is not None:
            self._start_tool(start_tool)
            return True
        command = find_command(name)
        if command is not None:
            self._command(command)
            return True
        return self._apply(name, self.position)

    def perform(self, action: Action) -> None:
        """Do what an action of the table does, as its key would.

        A gesture that changes nothing where the pointer is, outside of its panes, is done where the crosshair is.
        """
        self._held = None
        self._end_gesture()
        if action.tool_starter is not None:
            self._start_tool(action.tool_starter)
        elif action.command is not None:
            self._command(action.command)
        elif action.gesture is not None:
            state, position = self._state(), self.position
            panes = panes_of(action.scope, state)
            if panes and position.pane not in panes and action.gesture(state, self.context, position) == state:
                position = self.context.crosshair(state, panes[0])
            self._do(action.gesture, position)

    def cancel(self) -> None:
        """Release the button and put the tool down; an incomplete measurement is removed."""
        self._held = None
        if self._tool is not None:
            self._set_tool(None, self._tool.cancelled(self._state()))
        self._end_gesture()

    def leave(self) -> None:
        """Handle the pointer leaving the window."""
        if self._held is None:
            over, self._pixel = self.position.pane, (-1.0, -1.0)
            change = self._change_to if over is None else self._change  # handles go also where it has no point
            change(set_pointer(self._state(), self.context, self.position))

    def _drawing_at(self, button: Button, position: EventPosition) -> DrawingTool | None:
        # The active drawing tool, if the button draws on with it at the position.
        tool = self._tool
        draws = button == "left" and position.plane is not None
        return tool if draws and isinstance(tool, DrawingTool) and tool.plane in (None, position.plane) else None

    def _set_point(self, drawing: DrawingTool) -> None:
        state, context = self._state(), self.context
        with_next_point = drawing.with_next_point(state, context, self.position)
        self._tool = with_next_point.next_tool if with_next_point.is_done else with_next_point
        self._change_to(with_next_point.preview(drawing.cancelled(state), context, self.position))

    def _set_tool(self, tool: Tool | None, state: ViewState) -> None:
        self._tool, self._held = tool, None
        self._change_to(state)
        self._end_gesture()

    def _begin_gesture(self) -> None:
        if not self.is_drawing:  # all points of a measurement are one
            self._gestures += 1
            self._gesture = self._gestures

    def _end_gesture(self) -> None:
        if not self.is_drawing and self._held is None:
            self._gesture = None

    def _start_tool(self, start_tool: ToolStarter) -> None:
        self.cancel()
        self._starter, self._tool = start_tool, start_tool(self._state(), self.context, self.position)

    def _apply(self, name: str, position: EventPosition) -> bool:
        gesture = find_gesture(name, in_3d=position.pane == "3d")
        if gesture is None:
            return False
        self._do(gesture, position)
        return True

    def _do(self, gesture: Gesture, position: EventPosition) -> None:
        state = gesture(self._state(), self.context, position)
        # The point under a pointer that did not move may be another one.
        pointed = self.context.locate(state, position.x, position.y)
        self._acting = gesture
        try:
            self._change_to(set_pointer(state, self.context, pointed) if state.pointer is not None else state)
        finally:
            self._acting = None

    def _locate(self, x: float, y: float) -> EventPosition:
        self._pixel = x, y
        return self.position

    def _change_to(self, state: ViewState) -> None:
        if state != self._state():
            self._change(state)


def _drag_name(state: ViewState, context: Context, position: EventPosition) -> str | None:
    """Return the name of the drag of what lies under the pointer; None where nothing does."""
    if on_slider(state, context, position):
        return "slider drag"
    if find_hit(state, context, position) is not None:
        return "measurement drag"
    if find_label(state, context, position) is not None:
        return "label drag"
    if is_on_handle(state, context, position) or face_at(state, context, position) is not None:
        return "handle drag"
    if is_on_outline(state, context, position):
        return "outline drag"
    if split_at(state, context, position):
        return "split drag"
    return "line drag" if lines_at(state, context, position) else None
