"""A surface of triangles: what it holds, refuses, and is known by."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.mesh import Mesh
from viewer3d.errors import GeometryError

POINTS = [(0, 0, 0), (10, 0, 0), (0, 10, 0), (0, 0, 10.5)]
TRIANGLES = [(0, 1, 2), (0, 1, 3)]


def test_it_has_copies_that_nobody_changes():
    points = np.array(POINTS)
    mesh = Mesh(points, TRIANGLES, name="Liver")
    points[0] = 99
    assert mesh.points.dtype == np.float64
    assert mesh.triangles.dtype == np.int32
    np.testing.assert_array_equal(mesh.points, POINTS)
    np.testing.assert_array_equal(mesh.bounds, [[0, 0, 0], [10, 10, 10.5]])
    for values in (mesh.points, mesh.triangles):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1
    assert repr(mesh) == "Mesh('Liver' 4 points, 2 triangles)"


def test_one_of_nothing_is_a_mesh():
    mesh = Mesh([], [])
    assert mesh.points.shape == mesh.triangles.shape == (0, 3)
    assert np.isnan(mesh.bounds).all()
    assert len(mesh.digest) == 64


@pytest.mark.parametrize(
    ("points", "triangles", "message"),
    [
        ([(0, 0), (1, 1)], TRIANGLES, r"shape \(2, 2\): give an array of shape \(N, 3\)"),
        (POINTS, [(0, 1, 2, 3)], r"int64 of shape \(1, 4\): give whole numbers of shape \(M, 3\)"),
        (POINTS, [(0.0, 1.0, 2.0)], "float64 of shape"),
        ([(0, 0, np.nan)], [(0, 0, 0)], "not finite or beyond"),
        ([(0, 0, 1e12)], [(0, 0, 0)], "not finite or beyond"),
        (POINTS, [(1, 2, 4)], "name points 1 to 4, it has 4: count them from 0"),
        (POINTS, [(-1, 2, 3)], "name points -1 to 3"),
    ],
)
def test_what_is_no_mesh_is_refused(points, triangles, message):
    with pytest.raises(GeometryError, match=message):
        Mesh(points, triangles)


def test_the_digest_is_that_of_all_that_says_where_it_is():
    mesh = Mesh(POINTS, TRIANGLES, "1.2.3")
    assert mesh.digest == Mesh(np.array(POINTS, np.float32), np.array(TRIANGLES, np.uint8), "1.2.3", "a name").digest
    others = [
        Mesh(np.add(POINTS, 1e-9), TRIANGLES, "1.2.3"),
        Mesh(POINTS, TRIANGLES[::-1], "1.2.3"),
        Mesh(POINTS, TRIANGLES, "1.2.4"),
    ]
    assert len({mesh.digest, *(other.digest for other in others)}) == 4
