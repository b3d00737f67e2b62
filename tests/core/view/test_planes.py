"""Planes and how they turn."""

from __future__ import annotations

import numpy as np
import pytest

from tests.render.markers import rotation
from viewer3d.core.view.planes import PLANES

NAMES = tuple(PLANES)


def axes_of(turn: np.ndarray):
    return tuple(tuple(row) for row in turn.T.tolist())


@pytest.mark.parametrize("name", NAMES)
def test_a_plane_is_perpendicular_to_its_axis(name):
    plane = PLANES[name]
    assert np.argmax(np.abs(plane.normal)) == plane.axis
    assert np.abs(np.cross(plane.right, plane.down)) @ np.abs(plane.normal) == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("turn", [rotation(0, 30) @ rotation(2, -50), rotation(1, 179.9), np.diag([-1.0, 1, -1])])
def test_a_turned_plane_is_right_angled_and_has_its_axis(name, turn):
    axes = axes_of(turn)
    plane = PLANES[name].rotated(axes)
    M = np.array([plane.right, plane.down, plane.normal])
    np.testing.assert_allclose(M @ M.T, np.eye(3), atol=1e-12)
    assert plane.normal == axes[plane.axis]
    upright = np.array([PLANES[name].right, PLANES[name].down, PLANES[name].normal])
    assert np.linalg.det(M) == pytest.approx(np.linalg.det(upright))


def test_a_plane_whose_normal_stays_is_seen_as_before():
    turned = PLANES["axial"].rotated(axes_of(rotation(2, 40)))
    np.testing.assert_allclose(turned.right, (1, 0, 0), atol=1e-12)
    np.testing.assert_allclose(turned.down, (0, 1, 0), atol=1e-12)
