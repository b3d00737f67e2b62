"""Compute the sizes of text and lines in a pane, so that pictures of any size look alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final

from viewer3d.core.view.state import ViewState

_TEXT_SHARE = 0.029
"""Text size as a part of the pane's height (or width, if that is less): 13 pixels in 450."""

ALONE_SHARE: Final = 16 / 900
"""The same of a pane that fills the picture: 16 pixels in 900. Text is for the eye and not for the pane: by the share
of a pane among others it would be twice as large as before the pane was enlarged."""

SMALLEST_TEXT = 10
"""Pixels: text is never smaller."""

_LETTERS_ONLY_BELOW = 296
"""Pixels of the shorter side: 300, less what the lines between the panes take of a 600 pixel picture."""

_LINE_OF = 14
"""Text size that a line of one pixel goes with."""

BAR_SHARE = 0.22
"""The scale bar takes no more of the pane's width, so that it never reaches the letter in the middle."""

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
    is_alone : bool
        Whether the pane fills the picture.
    """

    width: int
    height: int
    text: int | None = None
    is_alone: bool = field(default=False, kw_only=True)

    @cached_property
    def size(self) -> int:
        """Text size."""
        share = ALONE_SHARE if self.is_alone else _TEXT_SHARE
        return self.text or max(SMALLEST_TEXT, round(share * min(self.width, self.height)))

    @cached_property
    def pad(self) -> int:
        """Distance that is left free between text and the pane's edges."""
        return max(5, round(0.7 * self.size))

    @cached_property
    def cap(self) -> float:
        """Height of a capital letter."""
        return CAP_HEIGHT * self.size

    @cached_property
    def step(self) -> int:
        """Distance from a line of text to the next."""
        return round(1.45 * self.size)

    @cached_property
    def line(self) -> int:
        """Width of a drawn line."""
        return max(1, round(self.size / _LINE_OF))

    @cached_property
    def line_scale(self) -> float:
        """How many pixels what is a pixel wide in a pane of a screen is wide, 1 or more."""
        return max(1.0, self.size / _LINE_OF)

    @cached_property
    def inset(self) -> float:
        """Distance that the crosshair leaves free at the edges, where the letters stand."""
        return self.pad + 1.6 * self.size

    @cached_property
    def is_small(self) -> bool:
        """Whether there is room for letters alone."""
        return min(self.width, self.height) < _LETTERS_ONLY_BELOW

    @cached_property
    def right(self) -> int:
        """Column at which text ends on the right."""
        return self.width - 1 - self.pad

    @cached_property
    def bottom(self) -> int:
        """Row of the lowest text's baseline."""
        return self.height - 1 - self.pad


def pane_metrics(state: ViewState, size: tuple[int, int]) -> MarkMetrics:
    """Return the measures of a pane of so many pixels that a state shows, alone or beside others."""
    return _metrics(*size, len(state.panes) == 1)


@lru_cache(maxsize=64)
def _metrics(width: int, height: int, is_alone: bool) -> MarkMetrics:  # noqa: FBT001 (a key)
    # Kept with what was worked out of them: each pane is measured at each step.
    return MarkMetrics(width, height, is_alone=is_alone)
