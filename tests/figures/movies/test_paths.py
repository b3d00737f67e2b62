from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.core.window import Window
from viewer3d.errors import ViewError
from viewer3d.figures.movies.paths import (
    checked_count,
    interpolated_window,
    slice_positions,
    steps_to_the_end,
    there_and_back,
)


@pytest.mark.parametrize("frames", [1, 0, -4, 2.5, "8", 10_001, 10**9])
def test_what_is_no_number_of_frames(frames):
    with pytest.raises(ViewError, match="whole number from 2 to 10,000"):
        checked_count(frames)


def test_there_and_back_needs_an_even_number():
    assert steps_to_the_end(8) == 4
    with pytest.raises(ViewError, match="even number, as 8"):
        steps_to_the_end(7)


@pytest.mark.parametrize("count", [2, 3, 4, 9])
def test_no_frame_twice_in_a_row_in_a_loop(count):
    frames = there_and_back(list(range(count)))
    assert len(frames) == 2 * count - 2
    assert all(abs(a - b) == 1 for a, b in zip(frames, [*frames[1:], frames[0]], strict=True))


def test_places_along_the_grid_are_its_slices():
    affine = np.diag([2.0, 3.0, 5.0, 1.0])
    affine[:3, 3] = (10, 20, -30)
    geometry = Geometry(affine, (4, 5, 6))
    np.testing.assert_allclose(slice_positions(geometry, np.array([0, 0, 1.0])), np.arange(-30, 0, 5))
    np.testing.assert_allclose(slice_positions(geometry, np.array([1.0, 0, 0])), (10, 12, 14, 16))


def test_oblique_places_lie_within_and_no_further_apart_than_voxels():
    geometry = Geometry(np.diag([1.0, 1.0, 4.0, 1.0]), (30, 30, 10))
    normal = np.array([0, 0.6, 0.8])
    found = slice_positions(geometry, normal)
    ends = geometry.corners @ normal
    assert ends.min() < found.min() < ends.min() + 3
    assert ends.max() - 3 < found.max() < ends.max()
    assert np.diff(found).max() < 1 / 0.6 + 0.1


def test_windows_are_passed_and_widths_grow_by_one_factor():
    windows = [Window(40, 80), Window(400, 1800), Window(0, 1800)]
    assert [interpolated_window(windows, place) for place in (0, 1, 2)] == windows
    widths = [interpolated_window(windows, place).width for place in np.linspace(0, 1, 6)]
    np.testing.assert_allclose(np.divide(widths[1:], widths[:-1]), 22.5**0.2)
    assert interpolated_window(windows, 1.25) == Window(300, 1800)


def test_a_window_on_the_way_from_one_function_to_another():
    assert interpolated_window([Window(0, 10), Window(0, 10, "SIGMOID")], 0.5).function == "LINEAR_EXACT"
