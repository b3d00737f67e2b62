"""How large text and lines are in a pane, and where they stand: pictures of any size look alike."""

from __future__ import annotations

from dataclasses import dataclass

TEXT_SHARE = 0.029
"""Text size as a part of the pane's height (or width, if that is less): 13 pixels in 450."""

SMALLEST_TEXT = 10
"""Pixels: text is never smaller."""

LETTERS_ONLY_BELOW = 296
"""Pixels of the shorter side: 300, less what the lines between the panes take of a 600 pixel picture."""

CAP_HEIGHT = 0.71
"""Height of a capital above the baseline, of the text size: that of Aileron, the font drawn with, and of most sans."""


@dataclass(frozen=True)
class MarkMetrics:
    """The measures that all marks of a pane share, in pixels.

    Attributes
    ----------
    width, height : int
        Of the pane.
    text : int, optional
        Text size, where panes of a page share one; without it that of the pane.
    """

    width: int
    height: int
    text: int | None = None

    @property
    def size(self) -> int:
        """Text size."""
        return self.text or max(SMALLEST_TEXT, round(TEXT_SHARE * min(self.width, self.height)))

    @property
    def pad(self) -> int:
        """What is free between text and the pane's edges."""
        return max(5, round(0.7 * self.size))

    @property
    def cap(self) -> float:
        """Height of a capital letter."""
        return CAP_HEIGHT * self.size

    @property
    def step(self) -> int:
        """From a line of text to the next."""
        return round(1.45 * self.size)

    @property
    def line(self) -> int:
        """Width of a drawn line."""
        return max(1, round(self.size / 14))

    @property
    def inset(self) -> float:
        """What the crosshair leaves free at the edges, where the letters stand."""
        return self.pad + 1.6 * self.size

    @property
    def is_small(self) -> bool:
        """Whether there is no room but for letters."""
        return min(self.width, self.height) < LETTERS_ONLY_BELOW

    @property
    def right(self) -> int:
        """Column at which text ends on the right."""
        return self.width - 1 - self.pad

    @property
    def bottom(self) -> int:
        """Row of the lowest text's baseline."""
        return self.height - 1 - self.pad
