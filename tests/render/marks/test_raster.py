from __future__ import annotations

import numpy as np
import pytest

from viewer3d.render.marks import raster
from viewer3d.render.marks.display_list import Area, Line, Text
from viewer3d.render.marks.metrics import CAP_HEIGHT
from viewer3d.render.marks.raster import Rasterizer


def blank(value=0, size=(60, 90)):
    return np.full((*size, 3), value, np.uint8)


@pytest.mark.parametrize(("align", "side"), [("left", 0), ("middle", 1), ("right", 2)])
def test_text_stands_on_its_baseline_and_at_its_side(align, side):
    picture = blank()
    Rasterizer().draw(picture, (Text(45, 40, "H", 20, (255, 255, 255), align),))
    rows, columns = np.nonzero(picture[..., 0] > 128)
    assert rows.max() in (39, 40)
    assert abs((rows.max() + 1 - rows.min()) - CAP_HEIGHT * 20) <= 1
    edge = (columns.min(), columns.mean(), columns.max())[side]
    assert abs(edge - 45) <= 3  # a letter has some room on its sides


def test_text_is_read_on_white_by_its_dark_outline():
    picture = blank(255)
    Rasterizer().draw(picture, (Text(10, 40, "H", 16, (255, 255, 255)),))
    assert picture.min() < 60


def test_text_is_cut_at_the_edges():
    picture = blank()
    Rasterizer().draw(picture, (Text(-3, 4, "Axial", 16), Text(88, 63, "Axial", 16), Text(500, 500, "far", 12)))
    assert picture.any()


def test_digits_are_all_as_wide():
    widths = set()
    for digit in "0123456789":
        picture = blank()
        Rasterizer().draw(picture, (Text(5, 40, f"{digit}H", 16),))
        widths.add(int(np.nonzero(picture[..., 0] > 128)[1].max()))
    assert len(widths) == 1


def test_drawing_twice_is_the_same():
    drawn, one, two = Rasterizer(), blank(90), blank(90)
    marks = (Text(5, 40, "W 400", 13), Line(3, 3, 70, 50, 2))
    drawn.draw(one, marks)
    drawn.draw(two, marks)
    np.testing.assert_array_equal(one, two)


def test_a_text_is_drawn_once_for_all_pictures(monkeypatch):
    marks = (Text(5, 40, "once for all", 13),)
    one, two = blank(90), blank(90)
    Rasterizer().draw(one, marks)
    monkeypatch.setattr(raster, "typeset", None)
    Rasterizer().draw(two, marks)
    assert one.any()
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("width", [1, 2, 3])
def test_straight_lines_fill_whole_pixels_both_ends_included(width):
    picture = blank()
    Rasterizer().draw(picture, (Line(10, 20.4, 30, 20.4, width, (200, 100, 50)),))
    assert (picture[20, 10:31] == (200, 100, 50)).all()
    assert np.count_nonzero(picture[..., 0]) == 21 * width
    upright = blank()
    Rasterizer().draw(upright, (Line(20.4, 30, 20.4, 10, width, (200, 100, 50)),))
    np.testing.assert_array_equal(upright[:60, :60], picture[:60, :60].transpose(1, 0, 2))


def test_opacity_lets_through():
    picture = blank(100)
    Rasterizer().draw(picture, (Line(0, 5, 20, 5, 1, (200, 200, 200), 0.5),))
    assert (picture[5, :21] == 150).all()


def test_slanting_lines_are_smooth_and_in_place():
    picture = blank()
    Rasterizer().draw(picture, (Line(10, 10, 50, 27, 1, (255, 255, 255)),))
    rows, columns = np.nonzero(picture[..., 0] > 100)
    assert np.abs((rows - 10) - (columns - 10) * 17 / 40).max() <= 1
    assert len(np.unique(picture)) > 4
    assert columns.min() in (9, 10, 11)
    assert columns.max() in (49, 50, 51)


def test_lines_out_of_the_picture_draw_nothing():
    picture = blank()
    Rasterizer().draw(
        picture, (Line(-20, -5, -3, -5), Line(200, 10, 210, 10), Line(-30, -20, -10, -2), Line(5, -9, 5, -2))
    )
    assert not picture.any()


def test_text_without_an_outline_is_its_colour_alone():
    picture = blank(255)
    Rasterizer().draw(picture, (Text(10, 40, "H", 30, (40, 50, 60), outline=None),))
    assert (picture.reshape(-1, 3).min(0) == (40, 50, 60)).all()


def test_areas_fill_the_pixels_within():
    picture = blank()
    Rasterizer().draw(picture, (Area(((9.5, 9.5), (29.5, 9.5), (29.5, 19.5), (9.5, 19.5)), (200, 100, 50)),))
    assert (picture[10:20, 10:30] == (200, 100, 50)).all()
    assert picture[:9].max() == picture[21:].max() == picture[:, :9].max() == picture[:, 31:].max() == 0


def test_areas_are_cut_at_the_edges_and_let_through():
    picture = blank(100)
    Rasterizer().draw(picture, (Area(((-50, -50), (200, -50), (200, 200), (-50, 200)), (200, 200, 200), 0.5),))
    assert (picture == 150).all()
