"""The part of a window beside a panel, and what lies over it while something is loaded."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.app.window.progress_bar import LOW, MIDDLE, progress_marks
from viewer3d.app.window.screen import Part, drawable
from viewer3d.core.task import Step
from viewer3d.render.marks.display_list import Line, Text
from viewer3d.render.panes import Rect


class Desktop:
    """A window in memory."""

    def __init__(self, size=(300, 200)):
        self.size, self.is_open, self.exposed, self.title = size, True, False, ""
        self.pixels, self.files = np.zeros((size[1], size[0], 3), np.uint8), ()

    def turn(self):
        exposed, self.exposed = self.exposed, False
        return exposed

    def show(self, picture, rects, left=0):
        for rect in rects:
            place = self.pixels[rect.rows, left + rect.left : left + rect.left + rect.width]
            place[...] = picture[rect.rows, rect.columns][: place.shape[0], : place.shape[1]]

    def name(self, title):
        self.title = title

    def close(self):
        self.is_open = False


def grey(value, width, height):
    return np.full((height, width, 3), value, np.uint8)


def test_the_picture_is_shown_beside_the_panel():
    desktop = Desktop()
    part = Part(desktop)
    assert part.size == (300, 200)
    part.side = grey(50, 100, 200)
    assert part.size == (200, 200)
    part.show(grey(90, 200, 200), [Rect(0, 0, 200, 200)])
    assert (desktop.pixels[:, :100] == 50).all()
    assert (desktop.pixels[:, 100:] == 90).all()
    part.show(grey(120, 200, 200), [Rect(10, 20, 30, 40)])
    assert (desktop.pixels[20:60, 110:140] == 120).all()
    assert (desktop.pixels == 120).all(-1).sum() == 30 * 40


def test_the_panel_is_shown_again_when_the_window_was_covered_or_it_changed():
    desktop = Desktop()
    part = Part(desktop)
    part.side = grey(50, 100, 200)
    picture = grey(90, 200, 200)
    part.show(picture, [])
    desktop.pixels[...] = 0
    part.show(picture, [])
    assert not desktop.pixels.any()
    desktop.exposed = True
    assert part.turn()
    part.show(picture, [])
    assert (desktop.pixels[:, :100] == 50).all()
    part.side = grey(60, 100, 200)
    part.show_again()
    assert (desktop.pixels[:, :100] == 60).all()
    assert (desktop.pixels[:, 100:] == 90).all()


def test_what_lies_over_a_picture_leaves_it_as_it_is():
    desktop = Desktop()
    part, picture = Part(desktop), grey(90, 300, 200)
    part.cover = lambda shown: shown.__setitem__(slice(0, 10), 7)
    part.show(picture, [Rect(0, 0, 300, 200)])
    assert (desktop.pixels[:10] == 7).all()
    assert (picture == 90).all()
    part.cover = None
    part.show_again()
    assert (desktop.pixels == 90).all()


def test_a_tiny_window_has_the_corner_of_a_small_picture():
    assert drawable((3, 900)) == (16, 900)
    assert Part(Desktop((1, 1))).size == (1, 1)


@pytest.mark.parametrize("size", [(1200, 900), (300, 200), (40, 40), (1, 1)])
def test_progress_says_stage_and_share(size):
    marks = progress_marks(size, Step("slices", 30, 120), LOW)
    if size[0] < 100:
        return
    words = [mark.text for mark in marks if isinstance(mark, Text)]
    assert words == ["Reading slices  30 of 120", "Esc stops"]
    whole, done = (mark.x1 - mark.x0 for mark in marks if isinstance(mark, Line))
    assert done == pytest.approx(whole / 4)
    begin = [mark.text for mark in progress_marks(size, Step(), MIDDLE) if isinstance(mark, Text)]
    assert begin[0] == "Looking for series"
