"""Lines of levels lie where the values are the level, end where values do, and have the layer's colours."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.window import Window
from viewer3d.render.marks.strokes import FULL
from viewer3d.render.slices.level_lines import isolines, level_strokes
from viewer3d.render.slices.slab import OUTSIDE
from viewer3d.render.slices.windowing import color_values, value_color

ROW, COLUMN = np.indices((150, 200))
CONE = np.hypot(COLUMN - 100.3, ROW - 74.8).astype(np.float32)


def lengths(lines):
    return np.hypot(*(lines[:, 1] - lines[:, 0]).T)


@pytest.mark.parametrize("level", [10.5, 30.0, 60.25])
def test_lines_of_a_cone_are_circles(level):
    lines = isolines(CONE, level)
    away = np.hypot(*(lines - (100.3, 74.8)).reshape(-1, 2).T) - level
    assert np.abs(away).max() < 1 / (8 * (level - 1))  # what a straight line misses of a circle in a pixel
    assert lengths(lines).sum() == pytest.approx(2 * np.pi * level, rel=2e-3)
    _, times = np.unique(np.round(lines.reshape(-1, 2), 9), axis=0, return_counts=True)
    assert set(times.tolist()) == {2}, "it is closed: each end is another line's"


def test_pixels_of_a_circle_are_where_it_is():
    found = level_strokes(CONE, (slice(0, 150), slice(0, 200)), (30.0,))[0]
    away = np.hypot(found.columns - 100.3, found.rows - 74.8) - 30
    share = found.shares / FULL
    np.testing.assert_allclose(share, np.clip(1.5 - np.abs(away), 0, 1), atol=0.1)
    assert abs(np.average(away, weights=share)) < 0.1
    assert share.sum() == pytest.approx(2 * 2 * np.pi * 30, rel=0.01)


def test_whole_values_have_lines_at_any_level():
    slope = np.broadcast_to(10 * np.arange(20, dtype=np.int16) - 50, (9, 20)).copy()
    for level, place in ((14.0, 6.4), (20.0, 7.0), (-49.0, 0.1)):
        lines = isolines(slope, level)
        assert np.allclose(lines[..., 0], place)
        assert lengths(lines).sum() == pytest.approx(8)
    for level in (-50.5, 141.0, 40_000.0, -40_000.0):
        assert not isolines(slope, level).size, level


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_beside_what_has_no_value_there_is_no_line(dtype):
    values = np.where(COLUMN < 100, 100.0, 0.0).astype(dtype)
    nothing = OUTSIDE if dtype == np.int16 else np.nan
    whole = lengths(isolines(values, 50.0)).sum()
    values[40:60, 90:110] = nothing
    values[:, 150:] = nothing
    values[:, :10] = nothing
    lines = isolines(values, 50.0)
    assert np.isfinite(lines).all()
    assert (lines[..., 0] == 99.5).all()
    assert lengths(lines).sum() == whole - 21
    assert not isolines(np.full((5, 5), nothing, dtype), 0.0).size
    assert not isolines(values[:1], 50.0).size


def test_infinite_values_have_no_lines():
    values = CONE.copy()
    values[70:80, 95:105] = np.inf
    assert np.isfinite(isolines(values, 30.0)).all()
    assert not isolines(np.where(COLUMN < 9, np.inf, 0).astype(np.float32), 30.0).size


@pytest.mark.parametrize(("middle", "joined"), [(0.6, True), (0.4, False)])
def test_saddles_are_parted_as_bilinear_interpolation_has_them(middle, joined):
    # Of corners a, -, a, - around a square the saddle's value is (a a - b b) / (2 a - 2 b).
    high = 1.0
    low = 2 * middle - high
    values = np.array([[high, low], [low, high]], np.float32)
    lines = isolines(values, 0.5)
    assert len(lines) == 2
    # Does a line cut off the left top corner, which is above? Only where the two that are above are not joined.
    cuts_left_top = (lines.sum(-1) < 1).all(1).any()
    assert cuts_left_top == (not joined)
    mirrored = isolines(values[:, ::-1].copy(), 0.5)
    key = lambda found: sorted(sorted(map(tuple, one)) for one in np.round(found, 6).tolist())  # noqa: E731
    flipped = mirrored.copy()
    flipped[..., 0] = 1 - flipped[..., 0]
    assert key(flipped) == key(lines)


def test_lines_of_a_part_are_placed_in_the_whole():
    part = slice(40, 110), slice(60, 140)
    values = np.full(CONE.shape, np.nan, np.float32)
    values[part] = CONE[part]
    whole, cut = (
        level_strokes(one, p, (25.0,))[0] for one, p in ((CONE, (slice(0, 150), slice(0, 200))), (values, part))
    )
    np.testing.assert_array_equal(whole.rows, cut.rows)
    np.testing.assert_array_equal(whole.columns, cut.columns)


@pytest.mark.parametrize("colors", ["grey", "hot-iron", "rainbow"])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_level_has_the_colour_of_its_value(colors, inverted):
    window = Window(40, 80)
    for level in (-5.0, 0.0, 12.5, 79.0, 200.0):
        expected = color_values(np.array([[level]], np.float32), window, colors, inverted=inverted)[0, 0]
        assert value_color(level, window, colors, inverted=inverted) == tuple(expected.tolist())
