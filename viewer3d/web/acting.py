"""Whose events count where several browsers show one viewer, and what they are for its handler."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

import msgspec

from viewer3d.app.window.screen import EventHandler
from viewer3d.web.keys import x11_name
from viewer3d.web.messages import DOM_BUTTONS, Double, KeyPress, Leave, Message, Move, Press, Release, WheelTurn

_Sender = TypeVar("_Sender", bound=Hashable)

LEFT = 0
"""The button of a double click."""


class Acting(Generic[_Sender]):
    """Knows who holds a button, and who has acted last.

    While one holds a button, what others do counts nothing: two hands cannot drag one picture.

    Attributes
    ----------
    actor : optional
        Who has acted last: pressed, turned the wheel or typed.
    """

    def __init__(self) -> None:
        self.actor: _Sender | None = None
        self._holder: _Sender | None = None
        self._held: set[int] = set()

    @property
    def holder(self) -> _Sender | None:
        """Who holds a button; None where nobody does."""
        return self._holder

    def may_act(self, sender: _Sender, message: Message) -> bool:
        """Return whether an event counts, and note who acts and who holds a button."""
        if self._holder is not None and self._holder is not sender:
            return False
        if isinstance(message, Release):
            if message.b not in self._held:
                return False
            self._held.discard(message.b)
            self._holder = sender if self._held else None
        if isinstance(message, Press | Double):
            self._holder = sender
            self._held.add(message.b if isinstance(message, Press) else LEFT)
        if is_act(message):
            self.actor = sender
        return True

    def let_go(self, sender: _Sender) -> list[Message]:
        """Return the releases of what a browser holds, which holds nothing then."""
        if self._holder is not sender:
            return []
        held, self._held, self._holder = sorted(self._held), set(), None
        return [Release(button) for button in held]  # type: ignore[arg-type]  # only such were pressed


def is_act(message: Message) -> bool:
    """Return whether an event does something: to point is not to act."""
    return not isinstance(message, Move | Leave)


def handle(handler: EventHandler, message: Message) -> None:
    """Give an event to the handler of a viewer; messages that are none are nothing to it."""
    if isinstance(message, Press):
        handler.press(DOM_BUTTONS[message.b], message.x, message.y, shift=message.shift, ctrl=message.ctrl)
    elif isinstance(message, Move):
        handler.move(message.x, message.y, shift=message.shift)
    elif isinstance(message, Release):
        handler.release(DOM_BUTTONS[message.b])
    elif isinstance(message, Double):
        handler.double_click(message.x, message.y)
    elif isinstance(message, WheelTurn):
        handler.wheel(message.n, message.x, message.y, ctrl=message.ctrl)
    elif isinstance(message, Leave):
        handler.leave()
    elif isinstance(message, KeyPress):
        name, character = x11_name(msgspec.structs.asdict(message))
        if name:
            handler.key(name, character)


def placed(message: Message, shown: tuple[int, int], size: tuple[int, int]) -> Message:
    """Return an event at the same place of a picture that has another size than the one that was seen.

    Parameters
    ----------
    message : Message
    shown : tuple of int
        Width and height in points of what was seen; (0, 0) where that is not known.
    size : tuple of int
        Those of the picture now.
    """
    if shown in (size, (0, 0)) or not isinstance(message, Press | Move | Double | WheelTurn):
        return message
    x, y = ((at + 0.5) * now / then - 0.5 for at, then, now in zip((message.x, message.y), shown, size, strict=True))
    return msgspec.structs.replace(message, x=x, y=y)
