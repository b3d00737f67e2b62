"""Polygons: filled point by point as the even-odd rule says, and areas in closed form."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from viewer3d.core.contours import polygons as module
from viewer3d.core.contours.polygons import fill, moments, simplified
from viewer3d.errors import LimitError

RNG = np.random.default_rng(31)
Array = np.ndarray[Any, Any]


def square(low: float, high: float) -> Array:
    return np.array([(low, low), (high, low), (high, high), (low, high)], float)


def circle(radius: float, points: int, x: float = 0.0, y: float = 0.0) -> Array:
    angle = 2 * np.pi * np.arange(points) / points
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], -1)


def filled(polygons: list[Array], shape: tuple[int, int]) -> Array:
    """What `fill` finds, on the whole grid."""
    whole = np.zeros(shape[::-1], bool)
    box, x, y = fill(polygons, shape)
    whole[y : y + box.shape[0], x : x + box.shape[1]] = box
    return whole


def is_inside(x: float, y: float, polygons: list[Array]) -> bool:
    """The even-odd rule for one point, by a ray to the right over all edges."""
    inside = False
    for polygon in polygons:
        previous = polygon[-1]
        for point in polygon:
            (ax, ay), (bx, by) = previous, point
            if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
                inside = not inside
            previous = point
    return inside


def by_hand(polygons: list[Array], shape: tuple[int, int]) -> Array:
    return np.array([[is_inside(x, y, polygons) for x in range(shape[0])] for y in range(shape[1])])


@pytest.mark.parametrize("seed", range(12))
def test_every_point_is_where_the_even_odd_rule_has_it(seed: int) -> None:
    """Scribbles that cross themselves and each other, and reach beyond the grid."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 40)), int(rng.integers(1, 40)))
    polygons = [rng.uniform(-8, 45, (int(rng.integers(3, 30)), 2)) for _ in range(int(rng.integers(1, 5)))]
    found = filled(polygons, shape)
    np.testing.assert_array_equal(found, by_hand(polygons, shape))
    assert seed != 0 or 0 < found.sum() < found.size


def test_a_contour_within_another_is_a_hole_and_a_keyhole_is_one_too() -> None:
    outer, inner = square(1.5, 20.5), square(5.5, 10.5)
    assert filled([outer, inner], (30, 30)).sum() == 19 * 19 - 5 * 5
    keyhole = np.concatenate([outer, outer[:1], inner[::-1], inner[-1:]])
    np.testing.assert_array_equal(filled([keyhole], (30, 30)), filled([outer, inner], (30, 30)))
    assert filled([outer, outer], (30, 30)).sum() == 0


@pytest.mark.parametrize("noise", [0.0, 1e-6, -1e-6])
def test_rounding_does_not_decide_which_voxels_on_a_boundary_are_inside(noise: float) -> None:
    """Of a square through the centres of voxels two sides belong to it, whatever the last digits are."""
    corners = square(3, 10) + noise * RNG.choice([-1, 1], (4, 2))
    expected = np.zeros((20, 20), bool)
    expected[3:10, 3:10] = True
    np.testing.assert_array_equal(filled([corners], (20, 20)), expected)


@pytest.mark.parametrize("polygon", [square(-20, -5), square(50, 60), np.array([(2.0, 3), (2, 3), (2, 3)])])
def test_what_lies_beside_the_grid_or_has_no_area_fills_nothing(polygon: Array) -> None:
    assert filled([polygon], (20, 20)).sum() == 0


def test_edges_are_filled_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    polygons = [RNG.uniform(0, 40, (60, 2))]
    whole, measured = filled(polygons, (40, 40)), moments(polygons)
    monkeypatch.setattr(module, "_PART", 7)
    np.testing.assert_array_equal(filled(polygons, (40, 40)), whole)
    assert moments(polygons).area == pytest.approx(measured.area, rel=1e-12)


def test_crossings_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CROSSINGS", 100)
    with pytest.raises(LimitError, match="fewer points"):
        fill([RNG.uniform(0, 40, (60, 2))], (40, 40))
    with pytest.raises(LimitError, match="fewer points"):
        moments([RNG.uniform(0, 40, (60, 2))])


@pytest.mark.parametrize(
    ("polygons", "area", "center"),
    [
        ([square(0, 10)], 100, (5, 5)),
        ([square(0, 10), square(2, 5)], 91, (468.5 / 91, 468.5 / 91)),
        ([square(0, 10), square(2, 5), square(3, 4)], 92, (472 / 92, 472 / 92)),
        ([square(0, 10), square(5, 15)], 150, (7.5, 7.5)),  # they cross: what both have is out
        ([np.array([(0.0, 0), (10, 10), (10, 0), (0, 10)])], 50, (5, 5)),  # a bow tie
        ([square(0, 10), square(0, 10)], 0, None),
        ([np.array([(0.0, 0), (10, 0), (5, 0)])], 0, None),
        ([], 0, None),
    ],
)
def test_areas_and_centroids_in_closed_form(
    polygons: list[Array], area: float, center: tuple[float, float] | None
) -> None:
    far = [one + np.array((1000, -2000)) for one in polygons]
    found, moved = moments(polygons), moments(far)
    assert found.area == pytest.approx(area, abs=1e-9)
    assert moved.area == pytest.approx(area, abs=1e-6)
    assert found.exact
    if center is not None:
        assert (found.x / found.area, found.y / found.area) == pytest.approx(center)
        assert (moved.x / moved.area - 1000, moved.y / moved.area + 2000) == pytest.approx(center)


def test_a_pentagram_has_its_five_points_and_no_middle() -> None:
    star = circle(1, 5)[[0, 2, 4, 1, 3]]
    inner = np.cos(2 * np.pi / 5) / np.cos(np.pi / 5)  # radius of the pentagon within
    whole, middle = 10 * inner * np.sin(np.pi / 5) / 2, 5 * inner**2 * np.sin(2 * np.pi / 5) / 2
    assert moments([star]).area == pytest.approx(whole - middle, rel=1e-12)


@pytest.mark.parametrize("points", [3, 7, 100, 5000])
def test_a_regular_polygon_has_its_area(points: int) -> None:
    turned = circle(30, points) @ np.array([[0.8, -0.6], [0.6, 0.8]]) + (4, 5)
    found = moments([turned])
    assert found.area == pytest.approx(points / 2 * 900 * np.sin(2 * np.pi / points), rel=1e-12)
    assert (found.x / found.area, found.y / found.area) == pytest.approx((4, 5), abs=1e-9)


def test_an_area_is_what_a_fine_grid_counts() -> None:
    scribble = [RNG.uniform(0, 50, (12, 2)), RNG.uniform(0, 50, (9, 2))]
    fine = 20
    count = filled([one * fine - 0.5 for one in scribble], (50 * fine, 50 * fine)).sum()
    assert moments(scribble).area == pytest.approx(count / fine**2, rel=2e-3)


def test_a_scribble_that_crosses_itself_without_end_is_measured_nearly(monkeypatch: pytest.MonkeyPatch) -> None:
    scribble = [RNG.uniform(0, 50, (60, 2))]
    exact = moments(scribble)
    monkeypatch.setattr(module, "_MOST_SPLITS", 20)
    found = moments(scribble)
    assert (exact.exact, found.exact) == (True, False)
    assert found.area == pytest.approx(exact.area, rel=0.05)


def test_a_line_is_simplified_to_what_is_beside_it() -> None:
    angle = np.linspace(0, 2 * np.pi, 400)
    circle = 50 * np.stack([np.cos(angle), np.sin(angle)], -1)
    kept = simplified(circle, 0.5)
    assert (kept[0], kept[-1]) == (0, 399)
    assert 12 < len(kept) < 40
    for first, last in pairwise(kept):
        way = circle[last] - circle[first]
        away = circle[first : last + 1] - circle[first]
        assert np.abs(away[:, 0] * way[1] - away[:, 1] * way[0]).max() / np.hypot(*way) <= 0.5
    assert simplified(np.array([(0.0, 0), (1, 0.4), (2, 0)]), 0.5).tolist() == [0, 2]
    assert simplified(np.array([(0.0, 0), (1, 0.6), (2, 0)]), 0.5).tolist() == [0, 1, 2]
    assert simplified(np.array([(0.0, 0), (5, 0), (0, 0)]), 0.5).tolist() == [0, 1, 2]
