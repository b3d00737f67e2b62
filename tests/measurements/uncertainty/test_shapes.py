"""Uncertainties of lengths, angles and areas against what is known in closed form, and against draws."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.core.grids.place_errors import LINEAR, PlaceErrors
from viewer3d.measurements.uncertainty.intervals import NORMAL
from viewer3d.measurements.uncertainty.shapes import (
    angle_uncertainty,
    area_uncertainty,
    length_uncertainty,
    place_covariance,
)

GRID = Geometry(np.diag([0.5, 0.8, 3.0, 1.0]), (10, 10, 10))


def test_a_length_along_an_axis_is_known_to_two_ends_of_a_voxel_each() -> None:
    at = place_covariance(GRID, PlaceErrors())
    for axis, step in enumerate(GRID.spacing):
        way = np.zeros((2, 3))
        way[1, axis] = 1000
        assert length_uncertainty(way, at) == pytest.approx(NORMAL * step / np.sqrt(6), rel=1e-3)


def test_residual_and_interpolation_add_to_it() -> None:
    errors = PlaceErrors(0.6, ((0.0, 2.0, 0.0),), ((0.0, 0.0, 3.0),))
    added = place_covariance(GRID, errors) - place_covariance(GRID, PlaceErrors())
    np.testing.assert_allclose(added, np.diag([0.12, 0.12 + 4 * LINEAR, 0.12 + 9 / 12]))


def test_linear_interpolation_moves_an_edge_as_the_constant_says() -> None:
    # A step at a random place, its means over voxels, and where they are at half height when they are interpolated.
    at = np.random.default_rng(0).uniform(-0.5, 0.5, 200_000)
    inside = 0.5 - at  # part of the voxel around 0 that is beyond the edge
    seen = np.where(inside < 0.5, (0.5 - inside) / (1 - inside), -(inside - 0.5) / inside)
    assert np.var(seen - at) == pytest.approx(LINEAR, rel=0.01)


@pytest.mark.parametrize("mm", [0.0, 2.0, 6.0, 40.0])
def test_the_second_order_of_short_lengths_is_that_of_draws(mm: float) -> None:
    rng = np.random.default_rng(1)
    points = np.array([(0, 0, 0), (mm, 0, 0)])
    drawn = points + rng.uniform(-0.5, 0.5, (200_000, 2, 3)) * GRID.spacing
    error = np.linalg.norm(drawn[:, 1] - drawn[:, 0], axis=1) - mm
    got = length_uncertainty(points, place_covariance(GRID, PlaceErrors()))
    assert 0.95 <= np.mean(np.abs(error) <= got) <= 0.99
    if mm != 2:  # where a slice is thicker than that, third moments count as well
        assert got / NORMAL == pytest.approx(np.sqrt(np.mean(error**2)), rel=0.1)


@pytest.mark.parametrize("degrees", [3.0, 40.0, 90.0, 177.0])
def test_an_angle_has_the_spread_of_draws(degrees: float) -> None:
    rng = np.random.default_rng(2)
    turn = np.radians(degrees)
    points = np.array([(30, 0, 0), (0, 0, 0), (20 * np.cos(turn), 20 * np.sin(turn), 0)])
    drawn = points + rng.uniform(-0.5, 0.5, (200_000, 3, 3)) * (0.5, 0.8, 1.0)
    a, b = drawn[:, 0] - drawn[:, 1], drawn[:, 2] - drawn[:, 1]
    angles = np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), (a * b).sum(1)))
    at = np.diag(np.square((0.5, 0.8, 1.0))) / 12
    assert angle_uncertainty(points, at) == pytest.approx(NORMAL * np.sqrt(np.mean((angles - degrees) ** 2)), rel=0.15)
    assert angle_uncertainty(np.zeros((3, 3)), at) is None


def test_an_area_has_the_spread_of_draws() -> None:
    rng = np.random.default_rng(3)
    drawn = np.array([(0, 0), (6, 9)]) + rng.uniform(-0.5, 0.5, (200_000, 2, 2)) * (0.5, 0.8)
    areas = np.prod(drawn[:, 1] - drawn[:, 0], axis=1)
    got = area_uncertainty((6.0, 9.0), np.eye(3)[:2], place_covariance(GRID, PlaceErrors()), 1.0)
    assert got == pytest.approx(NORMAL * areas.std(), rel=0.01)
