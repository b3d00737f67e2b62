"""The state of the palette, and what keys and the wheel do to it, as pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from viewer3d.app.palette.entries import Entry
from viewer3d.app.palette.matching import matching

LONGEST_TEXT: Final = 60
"""Letters that can be typed."""

MOST_RECENT: Final = 5
"""Entries that were chosen last and stand first while nothing is typed."""

_ALL: Final = 10**6

_STEPS: Final = {"Up": -1, "Down": 1, "Tab": 1, "ISO_Left_Tab": -1, "Home": -_ALL, "End": _ALL}
"""By how many entries keys move the selection down."""

_PAGES: Final = {"Prior": -1, "Next": 1}
"""By how many pages."""

_CLEARING: Final = ("ctrl+u", "ctrl+BackSpace")


@dataclass(frozen=True)
class Palette:
    """What is shown of the palette.

    Attributes
    ----------
    entries : tuple of Entry
        All that can be done.
    text : str
        What was typed.
    selected : int
        Which of :attr:`found` Return chooses.
    first : int
        Which of them is at the top.
    """

    entries: tuple[Entry, ...]
    text: str = ""
    selected: int = 0
    first: int = 0

    @cached_property
    def found(self) -> tuple[Entry, ...]:
        """The entries that the text finds, best first."""
        return matching(self.entries, self.text)

    @property
    def chosen(self) -> Entry | None:
        """The entry that Return chooses; None where nothing was found."""
        return self.found[self.selected] if self.selected < len(self.found) else None


def new_palette(entries: Sequence[Entry], recent: Sequence[str], text: str = "") -> Palette:
    """Return the palette as it opens.

    Parameters
    ----------
    entries : sequence of Entry
        All that can be done.
    recent : sequence of str
        Titles of what was chosen last, the latest first: these stand first.
    text : str
        What it opens with, as if it had been typed.
    """
    places = {title: place for place, title in enumerate(recent[:MOST_RECENT])}
    return Palette(tuple(sorted(entries, key=lambda one: places.get(one.title, len(places)))), text)


def with_key(palette: Palette, name: str, character: str, rows: int) -> Palette:
    """Return the palette after a key that moves in it or types.

    Parameters
    ----------
    palette : Palette
    name : str
        As VTK names it.
    character : str
        What it types.
    rows : int
        Entries that are seen at once.
    """
    if name in _STEPS or name in _PAGES:
        steps = _STEPS[name] if name in _STEPS else _PAGES[name] * rows
        return with_chosen(palette, palette.selected + steps, rows)
    if name == "BackSpace":
        return with_typed(palette, palette.text[:-1])
    if name in _CLEARING:
        return with_typed(palette, "")
    is_typed = len(character) == 1 and character.isprintable() and not name.startswith("ctrl+")
    return with_typed(palette, (palette.text + character)[:LONGEST_TEXT]) if is_typed else palette


def with_typed(palette: Palette, text: str) -> Palette:
    """Return the palette with another text, and the best of what it finds selected."""
    return palette if text == palette.text else Palette(palette.entries, text)


def with_chosen(palette: Palette, selected: int, rows: int) -> Palette:
    """Return the palette with another entry selected, scrolled no further than it needs to be seen."""
    selected = min(max(selected, 0), max(len(palette.found) - 1, 0))
    return replace(palette, selected=selected, first=max(min(palette.first, selected), selected - rows + 1))


def with_palette_scrolled(palette: Palette, steps: int, rows: int) -> Palette:
    """Return the palette scrolled down by so many entries; what is selected stays in sight."""
    first = min(max(palette.first + steps, 0), max(len(palette.found) - rows, 0))
    selected = min(max(palette.selected, first), first + rows - 1)
    return replace(palette, first=first, selected=min(selected, max(len(palette.found) - 1, 0)))
