"""Notes over the picture: whole, readable, and on a copy."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageFont

from viewer3d.app.task import Step
from viewer3d.app.window.controls import with_help_or_note
from viewer3d.app.window.notes import BAR_LOW, BAR_MIDDLE, note_marks, progress_marks
from viewer3d.render.marks.display_list import EMPTY, Line, Text
from viewer3d.render.marks.raster import Rasterizer

LONG = (
    "not copied: no program for the clipboard is here: apt-get install xclip (on Wayland wl-clipboard) and start again"
)


@pytest.mark.parametrize("size", [(1200, 900), (400, 300), (250, 600)])
def test_notes_stand_whole_in_the_window_on_a_dark_panel(size):
    panel, *lines = note_marks(size, LONG)
    assert " ".join(line.text for line in lines) == LONG
    low, high = panel.y0 - panel.width / 2, panel.y0 + panel.width / 2
    for line in lines:
        assert isinstance(line, Text)
        half = ImageFont.load_default(line.size).getlength(line.text) / 2
        assert max(0, panel.x0) <= line.x - half
        assert line.x + half <= min(panel.x1, size[0])
        assert low <= line.y - line.size * 0.7
        assert line.y + line.size * 0.2 <= high <= size[1]


@pytest.mark.parametrize("size", [(1200, 900), (400, 300)])
def test_where_there_is_nothing_else_a_note_stands_in_the_middle_and_says_how_to_leave(size):
    _, *lines, closes = note_marks(size, LONG, alone=True)
    assert " ".join(line.text for line in lines) == LONG
    assert closes.text == "q closes"
    assert size[1] * 0.4 < lines[0].y <= lines[-1].y < closes.y < size[1] * 0.75


def test_a_note_changes_a_copy():
    picture = np.full((300, 400, 3), 255, np.uint8)
    shown = with_help_or_note(picture, Rasterizer(), "saved")
    assert (picture == 255).all()
    assert (shown[250:290, 190:210].min((0, 1)) < np.add(EMPTY, 60)).all()


@pytest.mark.parametrize("size", [(1200, 900), (300, 200), (40, 40), (1, 1)])
def test_progress_says_stage_and_share(size):
    marks = progress_marks(size, Step("slices", 30, 120), BAR_LOW)
    if size[0] < 100:
        return
    words = [mark.text for mark in marks if isinstance(mark, Text)]
    assert words == ["Reading slices  30 of 120", "Esc stops"]
    whole, done = (mark.x1 - mark.x0 for mark in marks if isinstance(mark, Line))
    assert done == pytest.approx(whole / 4)
    begin = [mark.text for mark in progress_marks(size, Step(), BAR_MIDDLE) if isinstance(mark, Text)]
    assert begin[0] == "Looking for series"
