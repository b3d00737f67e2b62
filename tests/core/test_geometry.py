"""Geometry: indices, world and letters."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.geometry import LPS_TO_RAS, Geometry, letters, on_one_grid, to_ras
from viewer3d.errors import GeometryError


def oblique() -> np.ndarray:
    a, b = np.radians((25, -40))
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x @ np.diag([0.7, 1.1, 2.5])
    affine[:3, 3] = (-100, 40, 812.5)
    return affine


def test_properties_follow_from_the_affine() -> None:
    g = Geometry(oblique(), (30, 40, 50))
    assert g.spacing == pytest.approx((0.7, 1.1, 2.5))
    assert g.origin == (-100, 40, 812.5)
    assert np.allclose(g.direction.T @ g.direction, np.eye(3))
    assert g.shear == pytest.approx(0, abs=1e-12)
    assert np.allclose(g.index_to_world((14.5, 19.5, 24.5)), g.center)


def test_world_and_index_are_inverse() -> None:
    g = Geometry(oblique(), (30, 40, 50))
    index = np.random.default_rng(0).uniform(-10, 60, (20, 3))
    assert np.allclose(g.world_to_index(g.index_to_world(index)), index)
    assert g.world_to_index(g.origin) == pytest.approx((0, 0, 0))


def test_outer_half_voxels_belong_to_the_grid() -> None:
    g = Geometry(np.diag([2.0, 3, 4, 1]), (5, 6, 7))
    assert g.contains((-1, -1.5, -2))
    assert not g.contains((-1.01, 0, 0))
    assert g.contains((9, 16.5, 26))
    assert not g.contains((0, 0, 26.01))
    assert np.array_equal(g.bounds, [[-1, -1.5, -2], [9, 16.5, 26]])


def test_a_copy_is_kept_and_cannot_be_changed() -> None:
    affine = np.eye(4)
    g = Geometry(affine, (1, 1, 1))
    affine[0, 0] = 9
    assert g.affine[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        g.affine[0, 0] = 2


@pytest.mark.parametrize(
    ("affine", "shape", "says"),
    [
        (np.eye(3), (1, 1, 1), "4 x 4"),
        (np.full((4, 4), np.nan), (1, 1, 1), "finite"),
        (np.diag([1.0, 1, 1, 2]), (1, 1, 1), "last row"),
        (np.diag([1.0, 1, -1, 1]), (1, 1, 1), "left-handed"),
        (np.diag([1.0, 1, 0, 1]), (1, 1, 1), "singular"),
        (np.array([[1.0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), (1, 1, 1), "singular"),
        (np.eye(4), (1, 0, 1), "at least 1"),
        (np.eye(4), (1, 1), "three counts"),
    ],
)
def test_a_half_valid_geometry_is_refused(affine: np.ndarray, shape: tuple[int, ...], says: str) -> None:
    with pytest.raises(GeometryError, match=says):
        Geometry(affine, shape)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("direction", "name"),
    [((1, 0, 0), "L"), ((-1, 0, 0), "R"), ((0, 1, 0), "P"), ((0, -1, 0), "A"), ((0, 0, 1), "H"), ((0, 0, -1), "F"),
     ((0, -0.9, 0.43), "AH"), ((0.05, 0.05, -1), "F"), ((-1, 1.5, 2), "HPR")],
)  # fmt: skip
def test_letters(direction: tuple[float, ...], name: str) -> None:
    assert letters(direction) == name


def test_shear_is_measured() -> None:
    affine = np.eye(4)
    affine[1, 2] = np.tan(np.radians(16.5))
    assert Geometry(affine, (2, 2, 2)).shear == pytest.approx(np.sin(np.radians(16.5)))


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ((0, 0, 0, 0), True),
        ((0, 3, 9e-4, 0), True),  # all of it moved by less than the tolerance
        ((2, 2, 9e-4, 0), False),  # a spacing that differs by less, and by 0.36 mm over 400 slices
        ((2, 2, 2e-6, 0), True),
        ((0, 2, 9e-4, 0), False),  # sheared by as little
    ],
)
def test_one_grid_is_told_by_its_corners(change: tuple[int, int, float, int], same: bool) -> None:
    affine = np.diag([0.7, 0.7, 1.25, 1.0])
    affine[:3, 3] = -180, -170, 1200
    other = affine.copy()
    other[change[0], change[1]] += change[2]
    shape = (512, 512, 400)
    assert on_one_grid(Geometry(affine, shape), Geometry(other, shape)) is same
    assert not on_one_grid(Geometry(affine, shape), Geometry(affine, (512, 512, 399)))


def test_grids_with_the_same_corners_and_other_voxels_are_two() -> None:
    fine = np.diag([1.0, 1.0, 1.0, 1.0])
    fine[:3, 3] = -0.5, 0, 0  # 10 voxels of 1 mm are where 5 of 2 mm are
    one, other = Geometry(np.diag([2.0, 1.0, 1.0, 1.0]), (5, 4, 3)), Geometry(fine, (10, 4, 3))
    assert np.allclose(one.corners, other.corners)
    assert not on_one_grid(one, other)


def test_lps_and_ras_are_converted_both_ways_without_moving_a_voxel() -> None:
    g = Geometry(oblique(), (30, 40, 50))
    points = g.index_to_world(np.random.default_rng(0).uniform(-10, 60, (2, 5, 3)))
    index = g.world_to_index(points)
    assert np.array_equal(to_ras(points), points * (-1, -1, 1))
    assert np.array_equal(to_ras(to_ras(points)), points)
    affine = to_ras(g.affine)
    assert np.array_equal(affine, LPS_TO_RAS @ g.affine)
    assert np.allclose(index @ affine[:3, :3].T + affine[:3, 3], to_ras(points), atol=1e-9)
    assert to_ras(np.eye(4)[:, :3]).shape == (4, 3)  # four points
    with pytest.raises(GeometryError, match=r"shape \(4,\) is no affine"):
        to_ras((1, 2, 3, 1))
