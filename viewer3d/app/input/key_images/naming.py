"""The tool that names a key image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from viewer3d.app.input.context import Context, EventPosition
from viewer3d.app.input.key_images.gestures import seen_key_image
from viewer3d.core.view.key_image import LONGEST_KEY_NAME
from viewer3d.core.view.state import ViewState

_ENTER: Final = ("Return", "KP_Enter")


@dataclass(frozen=True)
class KeyNamingTool:
    """The tool that names a key image.

    Attributes
    ----------
    number : int
        Of the key image, from 0.
    text : str
        What is typed.
    """

    number: int
    text: str

    @property
    def prompt(self) -> str:
        """The name as it is typed so far, in words."""
        return f"name of key image {self.number + 1}: {self.text}_"

    def key(self, state: ViewState, name: str, character: str) -> tuple[KeyNamingTool | None, ViewState] | None:
        """Handle any key: Return sets the name, Escape keeps the earlier one."""
        if name == "Escape" or self.number >= len(state.key_images):
            return None, state
        if name in _ENTER:
            return None, renamed_key_image(state, self.number, self.text.strip())
        if name == "BackSpace":
            return replace(self, text=self.text[:-1]), state
        typed = character if len(character) == 1 and character.isprintable() else ""
        return replace(self, text=(self.text + typed)[:LONGEST_KEY_NAME]), state

    def cancelled(self, state: ViewState) -> ViewState:
        """Return the state as it is: nothing was changed yet."""
        return state


def start_naming_key(number: int) -> Callable[[ViewState, Context, EventPosition], KeyNamingTool | None]:
    """Return what starts the tool that names a key image, counted from 0."""

    def start(state: ViewState, context: Context, position: EventPosition) -> KeyNamingTool | None:
        known = number < len(state.key_images)
        return KeyNamingTool(number, state.key_images[number].name) if known else None

    return start


def start_naming_seen_key(state: ViewState, context: Context, position: EventPosition) -> KeyNamingTool | None:
    """Return the tool that names the key image that is seen; None where none is."""
    number = seen_key_image(state, context, position)
    return None if number is None else start_naming_key(number)(state, context, position)


def renamed_key_image(state: ViewState, number: int, name: str) -> ViewState:
    """Return the state with another name of one of its key images, counted from 0."""
    named = replace(state.key_images[number], name=name[:LONGEST_KEY_NAME])
    return replace(state, key_images=(*state.key_images[:number], named, *state.key_images[number + 1 :]))
