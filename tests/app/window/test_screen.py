"""The part of a window beside a panel, and what lies over it while something is loaded."""

from __future__ import annotations

import numpy as np

from tests.app.conftest import MemoryScreen
from viewer3d.app.window.screen import PictureArea, drawable
from viewer3d.render.panes import Rect


def grey(value, width, height):
    return np.full((height, width, 3), value, np.uint8)


def test_the_picture_is_shown_beside_the_panel():
    desktop = MemoryScreen()
    part = PictureArea(desktop)
    assert part.size == (300, 200)
    part.panel = grey(50, 100, 200)
    assert part.size == (200, 200)
    part.show(grey(90, 200, 200), [Rect(0, 0, 200, 200)])
    assert (desktop.pixels[:, :100] == 50).all()
    assert (desktop.pixels[:, 100:] == 90).all()
    part.show(grey(120, 200, 200), [Rect(10, 20, 30, 40)])
    assert (desktop.pixels[20:60, 110:140] == 120).all()
    assert (desktop.pixels == 120).all(-1).sum() == 30 * 40


def test_the_panel_is_shown_again_when_the_window_was_covered_or_it_changed():
    desktop = MemoryScreen()
    part = PictureArea(desktop)
    part.panel = grey(50, 100, 200)
    picture = grey(90, 200, 200)
    part.show(picture, [])
    desktop.pixels[...] = 0
    part.show(picture, [])
    assert not desktop.pixels.any()
    desktop.exposed = True
    assert part.process_events()
    part.show(picture, [])
    assert (desktop.pixels[:, :100] == 50).all()
    part.panel = grey(60, 100, 200)
    part.show_again()
    assert (desktop.pixels[:, :100] == 60).all()
    assert (desktop.pixels[:, 100:] == 90).all()


def test_what_lies_over_a_picture_leaves_it_as_it_is():
    desktop = MemoryScreen()
    part, picture = PictureArea(desktop), grey(90, 300, 200)
    part.draw_over = lambda shown: shown.__setitem__(slice(0, 10), 7)
    part.show(picture, [Rect(0, 0, 300, 200)])
    assert (desktop.pixels[:10] == 7).all()
    assert (picture == 90).all()
    part.draw_over = None
    part.show_again()
    assert (desktop.pixels == 90).all()


def test_a_tiny_window_has_the_corner_of_a_small_picture():
    assert drawable((3, 900)) == (16, 900)
    assert PictureArea(MemoryScreen((1, 1))).size == (1, 1)
