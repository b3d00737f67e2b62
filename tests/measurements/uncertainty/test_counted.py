"""Volumes counted in voxels, and means of them, against bodies at random places."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.measurements.uncertainty.counted import counted_uncertainty, counted_variance, surface_of
from viewer3d.measurements.uncertainty.intervals import NORMAL
from viewer3d.measurements.uncertainty.means import mean_uncertainty, noise_of_mean, resolution_variance


def ball(radius: float, at: np.ndarray, spacing: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    away = [(np.arange(n) - (n - 1) / 2) * mm - c for n, mm, c in zip(shape, spacing, at, strict=True)]
    i, j, k = np.meshgrid(*away, indexing="ij", sparse=True)
    return i**2 + j**2 + k**2 <= radius**2


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 1.2, 3.0)])
def test_the_variance_is_that_of_balls_at_random_places(spacing: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(0)
    steps = np.array(spacing)
    errors, said = [], []
    for _ in range(400):
        radius = rng.uniform(8, 10)
        shape = tuple((np.ceil(2 * radius / steps) + 3).astype(int).tolist())
        mask = ball(radius, rng.uniform(-0.5, 0.5, 3) * steps, steps, shape)
        errors.append(mask.sum() * steps.prod() - 4 / 3 * np.pi * radius**3)
        said.append(counted_variance(mask, Geometry(np.diag([*spacing, 1.0]), shape)))
    assert np.mean(said) == pytest.approx(np.mean(np.square(errors)), rel=0.25)


def test_the_surface_is_that_of_a_ball() -> None:
    mask = ball(20.0, np.zeros(3), np.ones(3), (45, 45, 45))
    assert surface_of(mask, Geometry(np.eye(4), mask.shape)) == pytest.approx(4 * np.pi * 400, rel=0.02)


def test_a_body_that_ends_with_a_face_is_known_to_half_a_slice_at_each() -> None:
    # Two faces of 20 x 20 mm, each known to a slice of 5 mm: a rectangular distribution of 2,000 mm3.
    mask = np.zeros((24, 24, 9), np.bool_)
    mask[2:22, 2:22, 2:7] = True
    geometry = Geometry(np.diag([1.0, 1.0, 5.0, 1.0]), mask.shape)
    faces = NORMAL * np.sqrt((2 * 2000**2 + 4 * 500**2) / 12)
    assert counted_uncertainty(mask, geometry) == pytest.approx(faces, rel=0.03)


def test_noise_that_is_alike_in_neighbours_has_fewer_independent_values() -> None:
    rng = np.random.default_rng(4)
    inside = np.ones((60, 60), np.bool_)
    found = []
    for _ in range(40):
        white = rng.normal(0, 10, (61, 61))
        alike = (white[1:] + white[:-1])[:, 1:] + (white[1:] + white[:-1])[:, :-1]
        found.append([noise_of_mean(one, inside, 3600) for one in (white[1:, 1:], alike / 2)])
    own, blurred = np.array(found).mean(0)  # of each the variance and the degrees of freedom
    assert own[0] == pytest.approx(100 / 3600, rel=0.15)
    assert blurred[0] == pytest.approx(4 * 100 / 3600, rel=0.15)
    assert blurred[1] < own[1] / 2


def test_few_values_say_nothing_and_whole_numbers_are_known_to_half_of_one() -> None:
    assert noise_of_mean(np.arange(16.0).reshape(4, 4), np.ones((4, 4), np.bool_), 16) is None
    assert mean_uncertainty(None, 1.0, 1.0) is None
    flat = np.full((6, 6), 7, np.int16)
    noise = noise_of_mean(flat, flat > 0, 36)
    assert mean_uncertainty(noise, 0.0, resolution_variance(flat, 0.0)) == pytest.approx(NORMAL / np.sqrt(12))
    assert mean_uncertainty(noise, 0.0, resolution_variance(flat.astype(np.float32), 0.0)) == 0.0
