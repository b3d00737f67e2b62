"""Notes below the panes of a page: small lines, broken between words, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from viewer3d.render.marks.display_list import DisplayList, Text
from viewer3d.render.marks.metrics import CAP_HEIGHT, SMALLEST_TEXT
from viewer3d.render.marks.typesetting import fitted, text_width

NOTE_SIZE: Final = 0.85
"""Of a note, in sizes of the page's text."""

_STEP: Final = 1.45
"""Distance of lines, in text sizes."""

_INDENT: Final = 1.2
"""Of the second and further lines of a note, in text sizes."""

NOTES_SHARE: Final = 0.3
"""Of the height of a page that has a size: notes take no more."""


@dataclass(frozen=True)
class FootNotes:
    """Notes laid out in lines.

    Attributes
    ----------
    notes : tuple of str
    size : int
        Of text, in pixels.
    width : float
        Of the room, in pixels.
    most_lines : int, optional
        Lines that there is room for; None where there is for all.
    """

    notes: tuple[str, ...]
    size: int
    width: float
    most_lines: int | None = None

    @classmethod
    def on_page(cls, notes: Sequence[str], text: int, width: float, height: float | None) -> FootNotes:
        """Lay out notes on a page of a size of text; of a height where it is given."""
        size = max(round(NOTE_SIZE * text), min(text, round(SMALLEST_TEXT)))
        most = None if height is None else max(1, int(NOTES_SHARE * height / (_STEP * size)))
        return cls(tuple(notes), size, width, most)

    @property
    def height(self) -> int:
        """Of all lines, in pixels."""
        return round(_STEP * self.size * len(self.lines))

    @cached_property
    def lines(self) -> tuple[tuple[float, str], ...]:
        """The lines of whole notes and how many more there are, each with its indent in pixels."""
        made: list[tuple[float, str]] = []
        for number, note in enumerate(self.notes):
            broken = self._broken(note)
            is_last = number == len(self.notes) - 1
            if self.most_lines is not None and len(made) + len(broken) + (not is_last) > self.most_lines:
                more = f"and {len(self.notes) - number} more" if made else f"{len(self.notes)} notes: see its recipe"
                return (*made, (0.0, fitted(more, self.size, self.width)))
            made += broken
        return tuple(made)

    def _broken(self, note: str) -> list[tuple[float, str]]:
        lines: list[tuple[float, str]] = [(0.0, "")]
        for word in note.split():
            left, text = lines[-1]
            longer = f"{text} {word}".strip()
            if not text or text_width(longer, self.size) <= self.width - left:
                lines[-1] = (left, longer)
            else:
                lines.append((_INDENT * self.size, word))
        return [(left, fitted(text, self.size, self.width - left)) for left, text in lines]

    def marks(self, left: float, top: float) -> DisplayList:
        """List their marks, from a left upper corner on."""
        first = top + (_STEP + CAP_HEIGHT) / 2 * self.size
        return tuple(
            Text(left + indent, first + number * _STEP * self.size, text, self.size)
            for number, (indent, text) in enumerate(self.lines)
        )
