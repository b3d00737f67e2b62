"""Pixels of panes and of planes in 3D: where they lie, and which pixel a point is seen at."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.vectors import rotation
from viewer3d.core.view.planes import PLANES, Plane
from viewer3d.core.view.state import Slab
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.pixels import PanePixels, PlanePixels


def perspective(normal, through, eye, rows, columns):
    """The pixels of a plane that an eye looks at, as the 3D pane makes them."""
    right, down, into = rotation((0.2, 0.9, 0.1), 0.4).T
    rays = np.stack([right / 300, down / 300, into - right / 3 - down / 4], axis=-1)
    nearness = normal @ rays / (normal @ np.subtract(through, eye))
    M = np.zeros((4, 4))
    M[:3, [0, 1, 3]] = np.outer(eye, nearness) + rays
    M[3, [0, 1, 3]] = nearness
    M[:3, 2] = normal
    return PlanePixels(M, rows, columns)


def test_points_of_a_pane_are_where_it_says():
    turned = PLANES["axial"].rotated(tuple(map(tuple, rotation((0.6, 0, 0.8), 0.5).T.tolist())))
    pixels = PanePixels(PaneGeometry(turned, (3.0, -4.0, 50.0), 0.7, (90, 60)), Slab(4.0, "mean"))
    assert pixels.shape == (60, 90)
    assert pixels.thickness == 4.0
    world = pixels.pane.to_world([(10.5, 20.25)])
    assert abs((world[0] - pixels.point) @ pixels.normal) < 1e-9
    np.testing.assert_allclose(pixels.to_pixel(world + 5 * pixels.normal), [(10.5, 20.25)], atol=1e-9)


@pytest.mark.parametrize("rows", [slice(0, 200), slice(40, 160)])
def test_points_of_a_plane_in_perspective_are_seen_at_its_pixels(rows):
    normal = np.array((0.36, 0.48, 0.8))
    pixels = perspective(normal, (5.0, 6.0, 400.0), np.array((20.0, -30.0, -100.0)), rows, slice(30, 250))
    assert pixels.shape == (rows.stop - rows.start, 220)
    np.testing.assert_allclose(pixels.normal, normal)
    assert pixels.thickness == 0
    assert abs((pixels.point - (5.0, 6.0, 400.0)) @ normal) < 1e-6
    for column, row in ((0, 0), (100.5, 70.25), (219, 119)):
        x, y, z, scale = pixels.matrix @ (column + 30, row + rows.start, 0, 1)
        world = np.array((x, y, z)) / scale
        assert scale > 0
        assert abs((world - (5.0, 6.0, 400.0)) @ normal) < 1e-6
        np.testing.assert_allclose(pixels.to_pixel([world, world + 3 * normal]), [(column, row)] * 2, atol=1e-6)


def test_what_is_behind_the_eye_is_seen_nowhere():
    normal = np.array((0.6, 0.0, 0.8))
    eye = np.array((20.0, -30.0, -100.0))
    pixels = perspective(normal, (5.0, 6.0, 400.0), eye, slice(0, 100), slice(0, 100))
    x, y, z, scale = pixels.matrix @ (50, 50, 0, 1)
    before = np.array((x, y, z)) / scale
    along = before - eye - ((before - eye) @ normal) * normal  # in the plane, away from the eye
    found = pixels.to_pixel([before, before - 1e4 * along])
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_a_straight_view_has_the_pixels_of_a_pane():
    plane = Plane("axial", (1, 0, 0), (0, 1, 0), 2, (0, 0, 1))
    pane = PaneGeometry(plane, (3.0, -4.0, 50.0), 0.5, (30, 20))
    flat = PlanePixels(pane.affine, slice(0, 20), slice(0, 30))
    points = np.array([(5.0, 1.0, 50.0), (7.5, -2.0, 80.0)])
    np.testing.assert_allclose(flat.to_pixel(points), PanePixels(pane, Slab()).to_pixel(points), atol=1e-9)
