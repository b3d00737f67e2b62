"""What lies over the picture while series are loaded and chosen: progress, and why one cannot be seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from viewer3d.app.task import Step
from viewer3d.render.annotations import message_marks
from viewer3d.render.ink import Ink
from viewer3d.render.lettering import SMALLEST_TEXT
from viewer3d.render.marks import EMPTY, INK, MUTED, DisplayList, Line, Text

LARGEST_TEXT = 15

BAR_WIDE = 18
"""Width of the bar, of the text size."""

STAGES = {"headers": "Reading headers", "slices": "Reading slices"}
"""What the loader's stages are called."""

DIM = 4
"""The picture behind a message is so many times darker."""


def progress_marks(size: tuple[int, int], step: Step) -> DisplayList:
    """Say how far loading is, with a bar, in the lower middle of the window.

    Parameters
    ----------
    size : tuple of int
        Width and height of the window in pixels.
    step : Step
    """
    text = max(SMALLEST_TEXT, min(LARGEST_TEXT, size[1] // 60))
    wide = min(BAR_WIDE * text, size[0] - 2 * text)
    x, y = (size[0] - wide) / 2, size[1] - 4 * text
    if wide < text:
        return ()
    counted = f"  {step.done:,} of {step.total:,}" if step.total else ""
    words = f"{STAGES.get(step.stage, 'Looking for series')}{counted}"
    end = x + wide * step.share
    return (
        Text(x, y - text, words, text),
        Text(x + wide, y + 2 * text, "Esc stops", text - 2, MUTED, "right"),
        Line(x, y, x + wide, y, 2, MUTED, 0.35),
        *((Line(x, y, end, y, 2, INK),) if end > x else ()),
    )


def draw_message(picture: NDArray[np.uint8], ink: Ink, message: str) -> None:
    """Write a message in the lower part of a picture, which grows dark behind it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
    ink : Ink
    message : str
        A line; too long for the picture it is broken between words.
    """
    part = picture[picture.shape[0] * 3 // 5 :]
    if min(part.shape[:2]) < 2:
        return
    part //= DIM
    part += np.array(EMPTY, np.uint8) // DIM
    ink.draw(part, message_marks((part.shape[1], part.shape[0]), (message,)))
