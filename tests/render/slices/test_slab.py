"""Where a slab is sampled."""

from __future__ import annotations

import numpy as np
import pytest

from tests.render.markers import rotation
from viewer3d.core.geometry import Geometry
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab
from viewer3d.render.slices.slab import OUTSIDE, Blender, slab_planes

GRID = Geometry(np.diag([1.0, 1.0, 2.0, 1.0]), (30, 30, 11))
AXIAL = PLANES["axial"]


def places(at, thickness, blend="maximum", *, geometry=GRID, nearest=False):
    """Voxels along k, and what they count."""
    point = geometry.index_to_world((3, 4, at))
    found = slab_planes(geometry, AXIAL, point, Slab(thickness, blend), nearest=nearest)
    k = [float(geometry.world_to_index(point + one.offset * np.array(AXIAL.normal))[2]) for one in found]
    return np.round(sorted(k), 6).tolist(), np.round([one.weight for one in found], 6).tolist()


@pytest.mark.parametrize(
    ("at", "thickness", "expected"),
    [
        (5, 0.0, [5]),
        (5, 2.0, [4.5, 5, 5.5]),
        (5, 4.0, [4, 5, 6]),
        (5.2, 4.0, [4.2, 5, 5.2, 6, 6.2]),
        (5.3, 0.4, [5.2, 5.3, 5.4]),
        # A face in the outer half of the outer voxels has the value of their centres.
        (0, 3.0, [0, 0.75]),
        (10.4, 2.0, [9.9, 10]),
    ],
)
def test_extremes_are_looked_for_at_both_faces_and_every_plane_of_voxels_between(at, thickness, expected):
    assert places(at, thickness)[0] == expected


def test_a_mean_is_that_of_equal_parts():
    assert places(5, 6.0, "mean") == ([4, 5, 6], [1, 1, 1])
    assert places(5.25, 4.0, "mean") == ([4.75, 5.75], [1, 1])
    assert places(5, 3.0, "mean") == ([4.625, 5.375], [1, 1])
    assert places(0, 6.0, "mean") == ([0, 1], [1, 1])


@pytest.mark.parametrize("blend", ["maximum", "minimum", "mean"])
def test_of_the_nearest_each_voxel_counts_as_much_as_lies_in_the_slab(blend):
    assert places(5, 6.0, blend, nearest=True) == ([4, 5, 6], [1, 1, 1])
    assert places(5.25, 4.0, blend, nearest=True) == ([4, 5, 6], [0.25, 1, 0.75])
    assert places(5.1, 1e-9, blend, nearest=True)[0] == [5]
    assert places(10.4, 2.0, blend, nearest=True) == ([10], [0.6])


def test_a_slab_beside_the_volume_has_no_layers():
    assert places(12, 5.9) == ([], [])
    assert len(places(12, 6.1)[0]) > 0


def test_a_grid_whose_cosines_have_six_digits_lies_straight():
    lean = np.eye(4)
    lean[:3, :3] = rotation(0, np.degrees(2e-6)) * (1, 1, 2)
    assert len(places(5, 4.0, geometry=Geometry(lean, GRID.shape))[0]) == 3
    lean[:3, :3] = rotation(0, 0.05) * (1, 1, 2)
    assert len(places(5, 12.0, geometry=Geometry(lean, GRID.shape))[0]) == 11


@pytest.mark.parametrize("degrees", [10, 35, 45])
@pytest.mark.parametrize("thickness", [0.3, 5.0, 7.1, 400.0])
def test_aslant_no_place_is_further_than_half_a_voxel_from_a_sample(degrees, thickness):
    axes = rotation(0, degrees) @ rotation(2, 20)
    plane = AXIAL.rotated(tuple(tuple(row) for row in axes.T.tolist()))
    normal = np.array(plane.normal)
    offsets = np.array([one.offset for one in slab_planes(GRID, plane, GRID.center, Slab(thickness))])
    step = np.diff(offsets) * np.abs(GRID.inverse[:3, :3] @ normal).max()
    assert step.max() <= 1 + 1e-9
    assert step.max() <= 0.67 or thickness < 16
    assert np.abs(offsets).min() < 1e-9, "the middle"
    reach = min(thickness / 2, ((GRID.corners - GRID.center) @ normal).max())
    assert offsets.max() >= reach - (0 if thickness < 30 else step.max() / np.abs(GRID.inverse[:3, :3] @ normal).max())


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_a_mean_counts_layers_by_their_weight_where_they_lie_in_the_volume(dtype):
    nothing = OUTSIDE if dtype == np.int16 else np.nan
    blender = Blender("mean", np.array([[10, 10, nothing]], dtype), 0.5)
    blender.add(np.array([[40, nothing, nothing]], dtype), 1.0)
    np.testing.assert_array_equal(blender.result, np.array([[30, 10, nothing]], dtype))
