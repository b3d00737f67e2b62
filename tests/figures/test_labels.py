from __future__ import annotations

import numpy as np
import pytest

from viewer3d import figures
from viewer3d.core.window import Window
from viewer3d.figures.labels import ValueScale, page_value_bar, panel_letter, tick_texts, ticks
from viewer3d.figures.style import PAGE_COLORS
from viewer3d.render.marks.display_list import Ramp, Text
from viewer3d.render.panes import Rect


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (-160, 240, ["-100", "0", "100", "200"]),
        (0, 2.5, ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]),
        (0.001, 0.004, ["0.001", "0.002", "0.003", "0.004"]),
        (-1, 1, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (39.5, 39.5, ["39.5"]),
    ],
)
def test_ticks_are_round_and_written_alike(low, high, texts):
    values = ticks(low, high)
    assert tick_texts(values) == texts
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in values)


def test_letters_go_on_after_z():
    assert [panel_letter(n) for n in (0, 1, 25, 26, 27, 52)] == ["A", "B", "Z", "AA", "AB", "BA"]


def test_the_values_stand_where_the_bar_has_their_colour():
    colors = tuple((n, n, n) for n in range(256))
    marks = page_value_bar(Rect(400, 0, 100, 500), 20, ValueScale(-100, 155, "HU", colors), PAGE_COLORS["white"])
    ramp = next(mark for mark in marks if isinstance(mark, Ramp))
    rows = {mark.text: mark.y - 0.36 * 20 for mark in marks if isinstance(mark, Text)}
    for value in (-50, 0, 100):
        share = (ramp.top + ramp.height - 0.5 - rows[str(value)]) / ramp.height
        assert abs(-100 + 255 * share - value) < 1.5
    assert all(mark.color == (26, 27, 30) for mark in marks if isinstance(mark, Text))
    assert 400 <= ramp.left < ramp.left + ramp.width < 500


@pytest.mark.parametrize("window", [Window(40, 1), Window(0.5, 1e-6, "LINEAR_EXACT"), Window(40, 400, "SIGMOID")])
def test_a_bar_of_any_window(head, window):
    page = figures.plane(head, window=window, value_bar=True, size=(400, 300)).page
    assert np.isfinite([mark.y for mark in page.marks if isinstance(mark, Text)]).all()
