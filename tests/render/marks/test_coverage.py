"""Lines cover the pixels they pass, wherever they begin."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.render.marks.coverage import coverage

SHAPE = (40, 60)


def drawn(*points, width=1.0, shape=SHAPE):
    rows, columns, share = coverage(points, width, shape)
    picture = np.zeros(shape)
    picture[rows, columns] = share
    return picture


@pytest.mark.parametrize("ends", [((10, 20), (30, 20)), ((30, 20), (10, 20))])
def test_a_level_line_on_pixel_centres_fills_these_pixels(ends):
    picture = drawn(*ends)
    assert (picture[20, 10:31] == 1).all()
    assert picture.sum() == 21
    np.testing.assert_array_equal(drawn(*ends, width=3)[18:23, 20], [0, 1, 1, 1, 0])
    assert (drawn(*(end[::-1] for end in ends), shape=SHAPE[::-1]) == picture.T).all()


def test_between_pixel_centres_it_is_shared():
    np.testing.assert_allclose(drawn((10, 20.25), (30, 20.25))[19:23, 20], [0, 0.75, 0.25, 0])


@pytest.mark.parametrize("end", [(50, 33), (50, 8), (12, 38), (11, 1), (55.5, 20.1)])
def test_any_slope_is_as_heavy_as_it_is_long_and_in_its_place(end):
    begin = np.array((10.3, 19.6))
    picture = drawn(tuple(begin), end)
    assert picture.sum() == pytest.approx(np.hypot(*(end - begin)), rel=0.06, abs=1)
    rows, columns = np.nonzero(picture)
    middle = np.average(np.stack([columns, rows], -1), 0, picture[rows, columns])
    assert np.abs(middle - (begin + end) / 2).max() < 0.1
    np.testing.assert_allclose(picture, drawn(end, tuple(begin)), atol=1e-9)


def test_joints_are_not_darker_and_pieces_not_seen():
    bent = drawn((5, 5), (25, 15), (45, 25))
    np.testing.assert_allclose(bent, drawn((5, 5), (45, 25)), atol=1e-9)


@pytest.mark.parametrize("far", [1e3, 1e9])
def test_what_is_beyond_the_picture_is_cut(far):
    np.testing.assert_allclose(drawn((-far, 20), (far, 20)), drawn((0, 20), (59, 20)), atol=1e-6)
    assert not drawn((-far, -5), (far, -5)).any()
    assert not drawn((-far, far / 2), (-3, 3)).any()


def test_a_point_is_a_dot():
    assert drawn((7, 8), (7, 8))[8, 7] == 1
    assert drawn((7, 8), (7, 8)).sum() == 1
