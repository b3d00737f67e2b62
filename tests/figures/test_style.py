from __future__ import annotations

import pytest

from viewer3d.errors import ViewError
from viewer3d.figures.style import Style


def test_width_on_paper_and_dots_make_the_pixels():
    assert Style(width=25.4, dpi=300).page_width == 300
    assert Style().page_width == round(180 / 25.4 * 300)
    assert Style(size=(640, 480)).page_width == 640


def test_text_in_points():
    assert Style(text=7.2, dpi=300).text_pixels(99) == 30
    assert Style().text_pixels(21.4) == 21


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"size": (10, 10)}, "picture size"),
        ({"size": (640, 480), "width": 80}, "give one of them"),
        ({"width": 0}, "width 0: give a number from 5 to 2000 mm"),
        ({"width": "wide"}, "width 'wide'"),
        ({"dpi": float("nan")}, "dpi nan: give a number from 10 to 2400"),
        ({"text": 0.1}, "points"),
        ({"background": "pink"}, "give one of black, white, transparent"),
        ({"scale": "inch"}, "give one of mm, cm"),
        ({"width": 2000, "dpi": 2400}, "pixels wide"),
    ],
)
def test_what_no_figure_can_have(options, says):
    with pytest.raises(ViewError, match=says) as error:
        Style(**options)
    assert "\n" not in str(error.value)
