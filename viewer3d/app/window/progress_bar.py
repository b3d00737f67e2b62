"""What lies over the picture while a series is loaded: how far that is."""

from __future__ import annotations

from viewer3d.core.task import Step
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, DisplayList, Line, Text
from viewer3d.render.marks.metrics import SMALLEST_TEXT

LARGEST_TEXT = 15

BAR_WIDE = 18
"""Width of the bar, of the text size."""

STAGES = {"headers": "Reading headers", "slices": "Reading slices"}
"""What the loader's stages are called."""


MIDDLE, LOW = 0.5, 0.93
"""Of the window's height, above the bar: where there is nothing else to see, and where there is."""


def progress_marks(size: tuple[int, int], step: Step, share: float) -> DisplayList:
    """Say how far loading is, with a bar.

    Parameters
    ----------
    size : tuple of int
        Width and height of the window in pixels.
    step : Step
    share : float
        Of the window's height, above the bar.
    """
    text = max(SMALLEST_TEXT, min(LARGEST_TEXT, size[1] // 60))
    wide = min(BAR_WIDE * text, size[0] - 2 * text)
    x, y = (size[0] - wide) / 2, min(share * size[1], size[1] - 4 * text)
    if wide < text:
        return ()
    counted = f"  {step.done:,} of {step.total:,}" if step.total else ""
    words = f"{STAGES.get(step.stage, 'Looking for series')}{counted}"
    end = x + wide * step.share
    return (
        Text(x, y - text, words, text),
        Text(x + wide, y + 2 * text, "Esc stops", text - 2, MUTED, "right"),
        Line(x, y, x + wide, y, 2, MUTED, 0.35),
        *((Line(x, y, end, y, 2, OFF_WHITE),) if end > x else ()),
    )
