from __future__ import annotations

import numpy as np
import pytest

from viewer3d.figures.pages.page import Page, PagePanel
from viewer3d.render.marks.display_list import Line, Text
from viewer3d.render.panes import Rect


def page(background):
    pixels = np.full((20, 30, 3), (10, 120, 230), np.uint8)
    panel = PagePanel(Rect(40, 5, 30, 20), pixels, (Line(3, 4, 10, 4, 1, (255, 255, 255)),))
    marks = (Line(5, 10, 25, 10, 2, (200, 100, 50), 0.5), Text(5, 35, "HU", 14, (0, 0, 0), outline=(255, 255, 255)))
    return Page((80, 40), 144, background, (panel,), marks)


@pytest.mark.parametrize(("background", "ground"), [("black", 0), ("white", 255)])
def test_panels_stand_on_the_ground_and_marks_on_them(background, ground):
    picture = page(background).pixels()
    assert picture.shape == (40, 80, 3)
    assert (picture[0, 0] == ground).all()
    assert (picture[24, 69] == (10, 120, 230)).all()
    assert (picture[9, 43:51] == 255).all()
    assert (picture[25:, 70:] == ground).all()


def test_a_transparent_page_is_clear_but_for_panels_and_marks():
    picture = page("transparent").pixels()
    assert picture.shape == (40, 80, 4)
    assert (picture[0, 0] == 0).all()
    assert (picture[24, 69] == (10, 120, 230, 255)).all()
    red, green, blue, alpha = picture[10, 15].astype(int)
    assert abs(alpha - 128) <= 1
    assert np.abs(np.array([red, green, blue]) - (200, 100, 50)).max() <= 2


def test_over_any_ground_the_transparent_page_is_the_one_drawn_on_it():
    layer = page("transparent").pixels().astype(np.float64)
    alpha = layer[..., 3:] / 255
    over = layer[..., :3] * alpha + 255 * (1 - alpha)
    assert np.abs(over - page("white").pixels()).max() <= 1.5


def test_points_on_paper():
    assert page("black").points == (40, 20)
