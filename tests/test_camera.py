from __future__ import annotations

import numpy as np
import pytest

from viewer3d.camera import Camera

CAMERAS = (
    Camera((10, -300, 40), (0, 0, 0)),
    Camera((200, 150, -90), (12, -7, 30), up=(0.2, 0.1, 0.9), angle=55),
    Camera((0, 0, 500), (0, 0, 0), up=(0, -1, 0)),
)


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("size", [(600, 450), (200, 501)])
def test_pixels_and_rays_are_each_others_inverse(camera, size):
    pixels = np.random.default_rng(0).uniform(0, 450, (40, 2))
    depths = np.random.default_rng(1).uniform(1, 900, 40)
    world = camera.position + depths[:, None] * (np.c_[pixels, np.ones(40)] @ camera.rays(size).T)
    np.testing.assert_allclose(camera.depth(world), depths)
    np.testing.assert_allclose(camera.to_pixel(world, size), pixels, atol=1e-6)


@pytest.mark.parametrize("camera", CAMERAS)
def test_what_is_looked_at_is_in_the_middle_and_the_angle_fills_the_shorter_side(camera):
    right, up, way = camera.ways
    away = np.linalg.norm(np.subtract(camera.focal_point, camera.position))
    size = (640, 480)
    np.testing.assert_allclose(camera.to_pixel(camera.focal_point, size), (319.5, 239.5), atol=1e-6)
    high = away * np.tan(np.radians(camera.angle / 2))
    np.testing.assert_allclose(camera.to_pixel(camera.focal_point + high * up, size), (319.5, -0.5), atol=1e-6)
    np.testing.assert_allclose(camera.to_pixel(camera.focal_point + high * right, size), (559.5, 239.5), atol=1e-6)
    assert camera.depth(camera.position - way) == pytest.approx(-1)
    np.testing.assert_allclose(np.stack([right, up, way]) @ np.stack([right, up, way]).T, np.eye(3), atol=1e-12)


def test_x_is_to_the_right_for_one_who_looks_from_the_front():
    right, up, way = Camera((0, -9, 0), (0, 0, 0)).ways
    assert (right.tolist(), up.tolist(), way.tolist()) == ([1, 0, 0], [0, 0, 1], [0, 1, 0])
