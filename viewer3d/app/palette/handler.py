"""The palette as it is open over a viewer: it takes all keys and the mouse, and does what is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from viewer3d.app.palette.entries import Entry, entries
from viewer3d.app.palette.marks import is_over_palette, palette_entry_at, palette_layout, palette_marks
from viewer3d.app.palette.palette import MOST_RECENT, Palette, new_palette, with_chosen, with_key, with_palette_scrolled
from viewer3d.render.marks.display_list import DisplayList

if TYPE_CHECKING:
    from viewer3d.app.input.interactor import Button
    from viewer3d.app.steering import Steering

_CLOSING: Final = ("Escape", "ctrl+k")
_CHOOSING: Final = ("Return", "KP_Enter")

_WHEEL_ROWS: Final = 3
"""Entries that a step of the wheel scrolls."""


class PaletteHandler:
    """Opens the palette over a viewer, and takes its events while it is open.

    Parameters
    ----------
    steering : Steering
        Of the viewer, whose state decides what is offered.

    Attributes
    ----------
    palette : Palette or None
        None while it is closed.
    """

    def __init__(self, steering: Steering) -> None:
        self._steering = steering
        self.palette: Palette | None = None
        self._recent: tuple[str, ...] = ()

    def open(self, text: str = "") -> None:
        """Open it; what is done then is done where the pointer is now.

        Parameters
        ----------
        text : str
            What it opens with, as if it had been typed.
        """
        steering = self._steering
        offered = entries(steering.viewer.state, steering.context)
        self.palette = new_palette(offered, self._recent, text)
        steering.interactor.modal = self

    def close(self) -> None:
        """Close it, if it is open."""
        self.palette = None
        if self._steering.interactor.modal is self:
            self._steering.interactor.modal = None

    def marks(self) -> DisplayList:
        """List the marks of it over the picture; none while it is closed."""
        return () if self.palette is None else palette_marks(self.palette, self._size)

    def key(self, name: str, character: str = "") -> bool:
        """Handle a key, and return True: all are for the palette."""
        if self.palette is None:
            return False
        if name in _CLOSING:
            self.close()
        elif name in _CHOOSING:
            self._choose(self.palette.chosen)
        else:
            self.palette = with_key(self.palette, name, character, palette_layout(self._size).rows)
        return True

    def press(self, button: Button, x: float, y: float) -> None:
        """Do what is pressed on; beside the palette, close it."""
        if self.palette is None:
            return
        number = palette_entry_at(self.palette, self._size, x, y)
        if number is not None and button == "left":
            self._choose(self.palette.found[number])
        elif not is_over_palette(self.palette, self._size, x, y):
            self.close()

    def move(self, x: float, y: float) -> None:
        """Select what the pointer moves over."""
        number = None if self.palette is None else palette_entry_at(self.palette, self._size, x, y)
        if number is not None and self.palette is not None:
            self.palette = with_chosen(self.palette, number, palette_layout(self._size).rows)

    def wheel(self, steps: int) -> None:
        """Scroll by steps of the wheel, above 0 to the first entry."""
        if self.palette is not None:
            self.palette = with_palette_scrolled(self.palette, -_WHEEL_ROWS * steps, palette_layout(self._size).rows)

    @property
    def _size(self) -> tuple[int, int]:
        return self._steering.viewer.size

    def _choose(self, entry: Entry | None) -> None:
        if entry is None:
            return
        self.close()
        others = tuple(title for title in self._recent if title != entry.title)
        self._recent = (entry.title, *others)[:MOST_RECENT]
        self._steering.interactor.perform(entry.action)
