from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.view.camera import CAMERA_MARGIN, Camera, front_camera, turning_camera

BOX = np.array([(x, y, z) for x in (-30, 50) for y in (-100, 20) for z in (0, 40)], np.float64)

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
    right, up, way = camera.directions
    away = np.linalg.norm(np.subtract(camera.focal_point, camera.position))
    size = (640, 480)
    np.testing.assert_allclose(camera.to_pixel(camera.focal_point, size), (319.5, 239.5), atol=1e-6)
    high = away * np.tan(np.radians(camera.angle / 2))
    np.testing.assert_allclose(camera.to_pixel(camera.focal_point + high * up, size), (319.5, -0.5), atol=1e-6)
    np.testing.assert_allclose(camera.to_pixel(camera.focal_point + high * right, size), (559.5, 239.5), atol=1e-6)
    assert camera.depth(camera.position - way) == pytest.approx(-1)
    np.testing.assert_allclose(np.stack([right, up, way]) @ np.stack([right, up, way]).T, np.eye(3), atol=1e-12)


def test_x_is_to_the_right_for_one_who_looks_from_the_front():
    right, up, way = Camera((0, -9, 0), (0, 0, 0)).directions
    assert (right.tolist(), up.tolist(), way.tolist()) == ([1, 0, 0], [0, 0, 1], [0, 1, 0])


@pytest.mark.parametrize(
    ("degrees", "side"), [(90, (1, 0)), (180, (0, 1)), (270, (-1, 0))], ids=["left", "back", "right"]
)
def test_a_walk_around_goes_to_the_left_first(degrees, side):
    camera = Camera((5, -93, 17), (5, 7, 10))
    round_it = camera.around(degrees)
    np.testing.assert_allclose(round_it.position, (5 + 100 * side[0], 7 + 100 * side[1], 17))
    assert round_it.focal_point == camera.focal_point
    assert round_it.up == camera.up


def test_up_goes_along_and_no_degrees_change_no_bit():
    camera = Camera((0.1, 0.2, 100.3), (0.1, 0.2, 0.3), (0, -1, 0))
    assert camera.around(0) == camera
    np.testing.assert_allclose(camera.around(90).up, (1, 0, 0), atol=1e-15)


def outside(camera, points):
    """How far the outermost point is from the middle of the pane, 1 being its edge less the margin."""
    return np.abs(camera.to_pixel(points, (200, 200)) - 99.5).max() / 100 * CAMERA_MARGIN


def test_what_turns_stays_in_the_pane_and_fills_it():
    camera = turning_camera(BOX)
    reach = [outside(camera.around(degrees), BOX) for degrees in range(0, 360, 5)]
    assert 0.97 < max(reach) <= 1
    assert max(outside(front_camera(BOX).around(degrees), BOX) for degrees in range(0, 360, 5)) > 1.2
