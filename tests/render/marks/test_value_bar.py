"""The value bar says which colour is which value."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.window import Window
from viewer3d.render.colors import palette
from viewer3d.render.marks.display_list import Ramp, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.value_bar import value_bar_marks

PAGE = MarkMetrics(600, 450)
ROOM = {"top": 40.0, "bottom": 200.0}


def parts(*args, **more):
    marks = value_bar_marks(PAGE, *args, **ROOM, **more)
    return next(m for m in marks if isinstance(m, Ramp)), [m for m in marks if isinstance(m, Text)]


@pytest.mark.parametrize("inverted", [False, True])
def test_each_colour_stands_at_its_value(inverted):
    window = Window(40, 400, "SIGMOID")
    ramp, texts = parts(window, "pet", "HU", inverted=inverted)
    assert [t.text for t in texts] == ["240 HU", "40", "-160"]
    share = (np.arange(256) + 0.5) / 256
    values = -160 + 400 * share
    grey = np.rint(255 * (1 - window.apply(values) if inverted else window.apply(values))).astype(int)
    assert np.abs(np.array(ramp.colors, int) - palette("pet")[grey].astype(int)).max() <= 6
    assert ramp.top == 40
    assert ramp.height == 160


def test_numbers_have_the_decimals_the_window_is_worth():
    _, texts = parts(Window(2.5, 5, "LINEAR_EXACT"), "hot-iron", "SUVbw", inverted=False)
    assert [t.text for t in texts] == ["5.0 SUVbw", "2.5", "0.0"]


def test_no_bar_where_there_is_no_room():
    assert value_bar_marks(PAGE, Window(0, 2), "grey", "", inverted=False, top=0, bottom=30) == ()
