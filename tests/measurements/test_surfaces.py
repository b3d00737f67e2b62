"""Surface elements and nearest distances."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.measurements import surfaces
from viewer3d.measurements.surfaces import distances_between, element_areas, nearest_distances, surface_elements


def test_areas_are_those_of_marching_cubes() -> None:
    a, b, c = 0.7, 0.8, 5.0
    areas = element_areas(np.diag([a, b, c]))
    assert areas[0] == areas[255] == 0
    corner = np.linalg.norm(np.cross((-a, b, 0), (-a, 0, c))) / 8  # through the middles of three edges
    assert areas[0b1] == pytest.approx(corner)
    assert areas[0b10000001] == pytest.approx(2 * corner)  # opposite ones
    assert areas[0b1111] == pytest.approx(a * b)
    assert areas[0b11] == pytest.approx(a * np.hypot(b, c) / 2)  # along an edge in i
    np.testing.assert_allclose(areas, areas[::-1])  # inside and outside have one surface
    # In a cube, of surface-distance's table: three in an L, three and one apart, four around a corner, and in a row.
    unit = element_areas(np.eye(3))
    assert [round(unit[code], 3) for code in (0b111, 0b11110, 0b10111, 0b11011)] == [1.15, 1.366, 1.299, 1.573]


def test_areas_turn_with_the_grid() -> None:
    straight, sheared = np.diag([1.0, 2.0, 3.0]), np.array([[1.0, 0, 0], [0, 2, 1.5], [0, 0, 3]])
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    np.testing.assert_allclose(element_areas(turned @ straight), element_areas(straight))
    areas = element_areas(sheared)
    assert areas[0b110011] == pytest.approx(np.hypot(1.5, 3))  # a face along i and k
    assert areas[0b1111] == pytest.approx(2)  # one along i and j


def test_a_box_has_elements_at_the_corners_of_its_outer_voxels() -> None:
    mask = np.zeros((9, 8, 7), np.bool_)
    mask[2:6, 3:5, 0:7] = True  # to the edge of the grid, where the outside is
    found = surface_elements(mask)
    corners = set(map(tuple, found.corners.tolist()))
    lattice = {(i, j, k) for i in range(2, 7) for j in range(3, 6) for k in range(8)}
    inner = {(i, j, k) for i in range(3, 6) for j in range(4, 5) for k in range(1, 7)}
    assert len(found.corners) == len(corners)
    assert corners == lattice - inner
    # Faces less a half at each edge, and there a bevel; at each corner a triangle.
    area = element_areas(np.eye(3))[found.codes].sum()
    a, b, c = 4, 2, 7
    faces = 2 * ((a - 1) * (b - 1) + (a - 1) * (c - 1) + (b - 1) * (c - 1))
    assert area == pytest.approx(faces + 4 * (a + b + c - 3) * np.sqrt(0.5) + 8 * np.sqrt(3) / 8)


def test_nothing_has_no_surface_and_all_are_infinitely_far_from_it() -> None:
    nothing, one = surface_elements(np.zeros((3, 3, 3), np.bool_)), surface_elements(np.ones((1, 1, 1), np.bool_))
    assert (len(nothing.codes), len(one.codes)) == (0, 8)
    assert np.isinf(distances_between(one, nothing, np.eye(3))).all()
    assert distances_between(nothing, one, np.eye(3)).shape == (0,)


@pytest.mark.parametrize("at_a_time", [50, 2048])
def test_distances_are_those_of_all_with_all(at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surfaces, "_AT_A_TIME", at_a_time)
    rng = np.random.default_rng(0)
    points, others = rng.normal(size=(700, 3)) * (9, 1, 30) + 500, rng.normal(size=(900, 3)) * 9 + 503
    expected = [np.linalg.norm(others - point, axis=1).min() for point in points]
    np.testing.assert_allclose(nearest_distances(points, others), expected, rtol=1e-12)


def test_distances_on_a_sheared_grid_are_in_mm() -> None:
    steps = np.array([[1.0, 0, 0], [0, 1, 0.9], [0, 0, 2]])
    rng = np.random.default_rng(2)
    one, other = (surface_elements(rng.random((9, 8, 7)) > 0.8) for _ in range(2))
    far = other.corners @ steps.T
    expected = [np.linalg.norm(far - corner @ steps.T, axis=1).min() for corner in one.corners]
    np.testing.assert_allclose(distances_between(one, other, steps), expected, atol=1e-9)
