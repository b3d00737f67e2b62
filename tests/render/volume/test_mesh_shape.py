"""Shells of meshes, and the volumes they are set to."""

from __future__ import annotations

import numpy as np
import pytest

from tests.render.volume.shapes import enclosed
from viewer3d.render.volume.mesh_shape import mesh_shells, unit_vectors, volume_gradients, with_volumes

TETRAHEDRON = np.array([(1.0, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)])
FACES = np.array([(0, 1, 2), (0, 3, 1), (0, 2, 3), (1, 3, 2)], np.int32)  # of volume 8/3, outwards


def test_gradients_are_how_the_volume_grows():
    gradients = volume_gradients(TETRAHEDRON, FACES)
    for point in range(4):
        for axis in range(3):
            moved = TETRAHEDRON.copy()
            moved[point, axis] += 0.5
            grown = enclosed(moved, FACES) - enclosed(TETRAHEDRON, FACES)
            assert gradients[point, axis] * 0.5 == pytest.approx(grown)  # which is linear in each point
    assert enclosed(TETRAHEDRON, FACES) == pytest.approx(8 / 3)


def test_shells_are_what_triangles_join():
    rng = np.random.default_rng(1)
    strips = [np.stack([np.arange(n), np.arange(1, n + 1), np.arange(2, n + 2)], -1) for n in (1, 40, 3000)]
    places = rng.permutation(sum(n + 2 for n in (1, 40, 3000)) + 1)  # and a point that no triangle has
    triangles, first = [], 0
    for strip in strips:
        triangles.append(places[strip + first])
        first += strip.max() + 1
    triangles = rng.permutation(np.concatenate(triangles)).astype(np.int32)
    shells = mesh_shells(triangles, len(places))
    assert sorted(np.bincount(shells)) == [1, 3, 42, 3002]
    assert (shells[triangles] == shells[triangles[:, :1]]).all()


def test_each_shell_gets_its_own_volume():
    points = np.concatenate([TETRAHEDRON, TETRAHEDRON * 3 + 20])
    triangles = np.concatenate([FACES, FACES[:, ::-1] + 4]).astype(np.int32)  # the second is a hole
    moved = with_volumes(points, triangles, mesh_shells(triangles, 8), np.array([5.0, -50.0]))
    assert enclosed(moved[:4], FACES) == pytest.approx(5, rel=1e-3)
    assert enclosed(moved[4:], FACES) == pytest.approx(50, rel=1e-3)
    np.testing.assert_allclose(unit_vectors(moved[:4]), unit_vectors(TETRAHEDRON))


def test_what_has_no_volume_to_grow_from_stays():
    flat = np.zeros((4, 3))
    np.testing.assert_array_equal(with_volumes(flat, FACES, np.zeros(4, int), np.array([1.0])), flat)
    np.testing.assert_array_equal(unit_vectors(flat), flat)
