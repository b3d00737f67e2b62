"""Thousands of short lines cover the pixels that each of them does, once."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.render.marks.coverage import coverage
from viewer3d.render.marks.strokes import FULL, blend_pixels, strokes

SHAPE = (120, 160)


def covered(found, shape=SHAPE):
    picture = np.zeros(shape)
    picture[found.rows, found.columns] = found.shares / FULL
    return picture


def closed(points):
    return np.stack([points, np.roll(points, -1, axis=0)], axis=1)


def ring(count, radius=40.0, middle=(80.3, 60.2)):
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([middle[0] + radius * np.cos(angle), middle[1] + radius * np.sin(angle)], axis=-1)


@pytest.mark.parametrize("count", [3, 7, 60, 500, 4000])
@pytest.mark.parametrize("width", [1, 2, 5])
def test_it_is_what_one_line_through_the_points_covers(count, width):
    points = ring(count, 75.0)  # it reaches beyond the picture, above and below
    rows, columns, share = coverage(tuple(map(tuple, [*points.tolist(), points[0].tolist()])), width, SHAPE)
    expected = np.zeros(SHAPE)
    expected[rows, columns] = share
    found = strokes(closed(points), width, SHAPE)
    np.testing.assert_allclose(covered(found), expected, atol=1.01 / FULL)
    assert len(set(zip(found.rows.tolist(), found.columns.tolist(), strict=True))) == len(found.rows)
    assert found.shares.min() >= 1


def test_a_ring_is_where_its_closed_form_is():
    picture = covered(strokes(closed(ring(400)), 2, SHAPE))
    row, column = np.indices(SHAPE)
    away = np.abs(np.hypot(column - 80.3, row - 60.2) - 40)
    np.testing.assert_allclose(picture, np.clip(1.5 - away, 0, 1), atol=0.006)
    assert picture.sum() == pytest.approx(2 * 2 * np.pi * 40, rel=0.002)


def test_a_level_line_on_pixel_centres_fills_whole_pixels():
    picture = covered(strokes(np.array([[(10.0, 20.0), (30.0, 20.0)]]), 1, SHAPE))
    assert (picture[20, 10:31] == 1).all()
    assert picture.sum() == 21


@pytest.mark.parametrize("far", [1e3, 1e7])
def test_what_is_beyond_the_picture_is_cut(far):
    found = covered(strokes(np.array([[(-far, 20.0), (far, 20.0)]]), 2, SHAPE))
    np.testing.assert_allclose(found, covered(strokes(np.array([[(-9.0, 20.0), (170.0, 20.0)]]), 2, SHAPE)), atol=0.01)
    assert not strokes(np.array([[(-far, -5.0), (far, -5.0)]]), 2, SHAPE).rows.size
    assert not strokes(np.empty((0, 2, 2)), 2, SHAPE).rows.size


@pytest.mark.parametrize("opacity", [1.0, 0.4, 0.0])
def test_a_colour_is_blended_by_what_is_covered(opacity):
    below = np.random.default_rng(1).integers(0, 256, (*SHAPE, 3)).astype(np.uint8)
    picture = np.zeros((150, 200, 3), np.uint8)[5 : 5 + SHAPE[0], 7 : 7 + SHAPE[1]]  # a part of a larger one
    picture[...] = below
    found = strokes(closed(ring(50)), 2, SHAPE)
    found.draw(picture, (255, 30, 0), opacity)
    alpha = opacity * covered(found)[..., None]
    assert np.abs(picture - (below * (1 - alpha) + np.array((255, 30, 0)) * alpha)).max() <= 0.5 + 1e-3


def test_pixels_of_colours_of_their_own_are_rounded_to_the_nearest_level():
    picture = np.full((2, 3, 3), 100, np.uint8)
    colors = np.array([(0, 255, 100), (10, 20, 30)], np.float32)
    blend_pixels(picture, (np.array([0, 1]), np.array([2, 0])), colors, 0.25)
    assert picture[0, 2].tolist() == [75, 139, 100]  # 138.75
    assert picture[1, 0].tolist() == [78, 80, 82]  # 77.5 and 82.5 to even
    assert (picture == 100).sum() == 13
