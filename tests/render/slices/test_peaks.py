"""Extremes along lines that lie aslant in a grid."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from tests.combinations import each_pair
from tests.render.markers import DIRECTIONS, rotation
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab
from viewer3d.core.volume import Volume
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.peaks import Extreme, Peaks
from viewer3d.render.slices.sample import Sampler
from viewer3d.render.slices.slab import OUTSIDE, is_inside


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_what_is_outside_never_wins(dtype):
    nothing = OUTSIDE if dtype == np.int16 else np.nan
    for blend, best in (("maximum", [5, 7, 2, nothing]), ("minimum", [-5, 7, 2, nothing])):
        peaks = Peaks(blend, np.array([[5, nothing, 2, nothing]], dtype))
        peaks.add(np.array([[-5, 7, nothing, nothing]], dtype))
        peaks.add(np.array([[1, nothing, nothing, nothing]], dtype))
        np.testing.assert_array_equal(peaks.values, np.array([best], dtype))


def oblique_pane(volume, through, degrees, size=(61, 61), mm=0.5):
    """A pane aslant in the grid whose middle pixel is at a world point."""
    axes = rotation(0, degrees) @ rotation(1, 0.6 * degrees)
    plane = PLANES["axial"].rotated(tuple(tuple(row) for row in axes.T.tolist()))
    corner = through - mm * ((size[0] // 2) * np.array(plane.right) + (size[1] // 2) * np.array(plane.down))
    return PaneGeometry(plane, tuple(corner.tolist()), mm, size)


@pytest.mark.parametrize(
    ("blend", "dtype", "direction", "degrees", "thickness"),
    each_pair(get_args(Extreme), [np.int16, np.float32], DIRECTIONS, [20, 45], [5.0, 20.0]),
)
def test_a_single_voxel_is_found_to_the_full_where_a_line_goes_through_it(blend, dtype, direction, degrees, thickness):
    """It is a peak of one voxel, of which even samples a voxel apart see half at worst."""
    sign = 1 if blend == "maximum" else -1
    for n in range(6):
        affine = np.eye(4)
        affine[:3, :3] = DIRECTIONS[direction] * (0.8, 1.1, 2.3)
        voxels = np.zeros((30, 30, 30), dtype)
        voxels[14, 15, 13] = sign * 1000
        volume = Volume.from_array(voxels, affine)
        world = volume.geometry.index_to_world((14, 15, 13))
        pane = oblique_pane(volume, world, degrees)
        # Somewhere in the slab, but the middle pixel's line still goes through the voxel's centre.
        away = (n / 5 - 0.5) * 0.98 * thickness * np.array(pane.plane.normal)
        pane = PaneGeometry(pane.plane, tuple((pane.origin + away).tolist()), pane.mm_per_pixel, pane.size)
        values = Sampler(volume).values(pane, Slab(thickness, blend))
        assert abs(values[30, 30] - sign * 1000) <= 1
        shown = sign * values[is_inside(values)].astype(float)
        assert shown.min() >= -0.01
        assert shown.max() <= 1000.01


@pytest.mark.parametrize("blend", get_args(Extreme))
def test_lines_that_leave_the_volume_bring_nothing_from_beyond(blend):
    sign = 1 if blend == "maximum" else -1
    voxels = np.random.default_rng(0).integers(-1000, 1000, (12, 12, 12)).astype(np.float32)
    volume = Volume.from_array(voxels, np.diag([1.0, 1.0, 1.0, 1.0]))
    pane = oblique_pane(volume, np.array(volume.geometry.center), 35, (81, 81), 0.3)
    plane = Sampler(volume).values(pane)
    values = Sampler(volume).values(pane, Slab(30.0, blend))
    inside = np.isfinite(values)
    assert np.isfinite(plane[inside]).sum() < inside.sum()
    assert (sign * values[inside] <= 1000).all()
    both = np.isfinite(plane)
    assert (sign * values[both] >= sign * plane[both] - 1e-3).all()
    flat = Volume.from_array(np.full((12, 12, 1), 7, np.int16), np.eye(4))
    seen = Sampler(flat).values(oblique_pane(flat, np.array(flat.geometry.center), 35), Slab(3.0, blend))
    assert set(np.unique(seen)) == {OUTSIDE, 7}
