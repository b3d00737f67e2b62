"""Values to grey and to colours, against the window of the standard."""

from __future__ import annotations

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d.core.view.state import state_of_geometry
from viewer3d.core.window import Window
from viewer3d.render.colors import palette
from viewer3d.render.image_data import to_vtk
from viewer3d.render.panes import pane_geometry
from viewer3d.render.slices.sample import Sampler
from viewer3d.render.slices.slab import OUTSIDE
from viewer3d.render.slices.windowing import color_values, grey_table, grey_values

WINDOWS = [
    Window(40, 400),
    Window(-0.5, 1),
    Window(127.5, 255.5),
    Window(40, 80, "LINEAR_EXACT"),
    Window(300.25, 1000, "SIGMOID"),
    Window(0, 65535),
]


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_every_grey_of_every_value_is_that_of_the_window(window, inverted):
    values = np.arange(-32767, 32768, dtype=np.int16).reshape(-1, 255)
    grey = window.apply(values)
    expected = np.rint(255 * (1 - grey if inverted else grey))
    for given in (values, values.astype(np.float32)):
        np.testing.assert_array_equal(grey_values(given, window, inverted=inverted), expected)


@pytest.mark.parametrize("inverted", [False, True])
def test_outside_is_black_also_when_inverted(inverted):
    for values in (np.array([[OUTSIDE, 0]], np.int16), np.array([[np.nan, 0]], np.float32)):
        grey = grey_values(values, Window(-40000, 10), inverted=inverted)
        assert grey[0, 0] == 0
        assert grey[0, 1] == (0 if inverted else 255)


def test_the_table_is_in_the_order_of_unsigned_values():
    table = grey_table(Window(0, 256, "LINEAR_EXACT"))
    assert table.shape == (65536,)
    assert table[np.array([-128, 127, -1], np.int16).view(np.uint16)].tolist() == [0, 254, 127]


def test_windowing_never_touches_the_voxels(marked):
    before = marked.voxels.copy()
    pane = pane_geometry(marked.geometry, state_of_geometry(marked.geometry, Window(0, 10)), "axial", (64, 64))
    grey_values(Sampler(marked).values(pane), Window(0, 10))
    np.testing.assert_array_equal(marked.voxels, before)
    assert to_vtk(marked).GetPointData().GetScalars() is not None


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_colours_are_the_palette_at_the_windows_grey_and_black_outside(dtype):
    volume = marker_volume(DIRECTIONS["oblique"], dtype)
    state = state_of_geometry(volume.geometry, Window(0, 2000))
    values = Sampler(volume).values(pane_geometry(volume.geometry, state, "axial", (90, 70)))
    outside = values == OUTSIDE if dtype == np.int16 else np.isnan(values)
    assert outside.any()
    for inverted in (False, True):
        drawn = color_values(values, state.look.window, "rainbow", inverted=inverted)
        assert not drawn[outside].any()
        grey = grey_values(values, state.look.window, inverted=inverted)
        np.testing.assert_array_equal(drawn[~outside], palette("rainbow")[grey[~outside]])
