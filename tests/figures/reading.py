"""What panels say of themselves."""

from __future__ import annotations

from viewer3d.figures.pages.page import PagePanel
from viewer3d.render.marks.display_list import Line, Text


def texts(panel: PagePanel) -> list[str]:
    return [mark.text for mark in panel.marks if isinstance(mark, Text)]


def mm_per_pixel(panel: PagePanel) -> float:
    """As the panel's scale bar says it."""
    label = next(text for text in texts(panel) if text.endswith((" mm", " cm")) and text[0].isdigit())
    length = float(label[:-3]) * (10 if label.endswith("cm") else 1)
    bars = [mark for mark in panel.marks if isinstance(mark, Line) and mark.y0 == mark.y1 and mark.color[0] > 200]
    bar = max(bars, key=lambda one: (one.y0, abs(one.x1 - one.x0)))
    return length / abs(bar.x1 - bar.x0)
