"""Points and directions: their types, what is too far, and rotations against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.vectors import LARGEST_MM, cross_product, is_near, least_rotation, rotation, vector


def test_a_vector_is_three_floats_whatever_they_come_from():
    for values in ((1, 2, 3), [1, 2, 3], np.array([1, 2, 3], np.int16), np.array([1, 2, 3], np.float32)):
        assert vector(values) == (1.0, 2.0, 3.0)
        assert {type(one) for one in vector(values)} == {float}
    with pytest.raises(ValueError, match="unpack"):
        vector((1, 2))


@pytest.mark.parametrize(("axis", "before", "after"), [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
def test_a_rotation_is_right_handed(axis, before, after):
    R = rotation(np.eye(3)[axis], np.pi / 2)
    np.testing.assert_allclose(R @ np.eye(3)[before], np.eye(3)[after], atol=1e-15)
    np.testing.assert_allclose(R @ np.eye(3)[axis], np.eye(3)[axis], atol=1e-15)


def test_the_least_rotation_turns_about_the_normal_of_both_and_no_further():
    one, other = np.array([1, 2, 2]) / 3, np.array([-2, 1, 2]) / 3
    R = least_rotation(one, other)
    np.testing.assert_allclose(R @ one, other, atol=1e-15)
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-15)
    normal = np.cross(one, other)
    np.testing.assert_allclose(R, rotation(normal / np.linalg.norm(normal), np.arccos(one @ other)), atol=1e-15)


def test_what_is_too_far_or_not_finite_is_not_near():
    assert is_near([[0, -LARGEST_MM, LARGEST_MM]])
    assert not any(is_near((0, 0, wrong)) for wrong in (2 * LARGEST_MM, -np.inf, np.nan))


def test_a_cross_product_is_numpys_to_the_bit() -> None:
    for first, second in np.random.default_rng(0).normal(size=(50, 2, 3)):
        assert cross_product(tuple(first), tuple(second)) == tuple(np.cross(first, second))
    assert cross_product((1, 0, 0), (0, 1, 0)) == (0, 0, 1)
