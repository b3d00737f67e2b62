"""The planes of contours on a grid are those that its masks are filled from."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.test_structures import drawn, grid, set_of
from viewer3d.core.structures import Contour, roi_planes

SQUARE = np.array([(5, 5), (20, 5), (20, 18), (5, 18)], float)


def squares(count):
    """Of each plane a square of another size, so that a mask tells which plane each of its slices has."""
    return [[SQUARE * (1, 1 + n / 12)] for n in range(count)]


@pytest.mark.parametrize(
    "places", [(0, 1, 2, 3), (0.4, 2.4, 4.4), (2, 3, 4, 8, 9), (-3, 0, 3, 6, 9), (1, 1.5, 2, 2.5, 3)]
)
@pytest.mark.parametrize("turn", [0, 0.7])
def test_a_slice_has_the_plane_that_its_mask_was_filled_from(places, turn):
    geometry = grid(turn=turn)
    shapes = squares(len(places))
    structures = drawn(geometry, dict(zip(places, shapes, strict=True)))
    planes = roi_planes(structures, 1, geometry)
    assert planes is not None
    assert planes.across == 0
    mask = structures.mask(1, geometry)
    alone = [drawn(geometry, {5: one}).mask(1, geometry)[:, :, 5] for one in shapes]
    for k in range(geometry.shape[2]):
        for place in (k - 0.49, k, k + 0.49):
            found = planes.plane_at(place * planes.slice_mm)
            assert (found is not None) == mask[:, :, k].any()
            if found is not None:
                np.testing.assert_array_equal(mask[:, :, k], alone[found])
    assert planes.plane_at(-0.51 * planes.slice_mm) is None
    assert planes.plane_at((geometry.shape[2] - 0.49) * planes.slice_mm) is None


def test_across_the_slices_it_is_the_plane_in_whose_slab_a_place_lies():
    geometry = grid()
    y = geometry.index_to_world((0, 10, 0))[1] + 3.0 * np.arange(4)
    x, z = np.array([(0, 40), (20, 40), (20, 55), (0, 55)], float).T
    structures = set_of([Contour(np.stack([x, np.full(4, at), z], axis=-1)) for at in y])
    planes = roi_planes(structures, 1, geometry)
    assert planes is not None
    assert planes.across == 4
    assert abs(planes.normal @ (0, 1, 0)) == pytest.approx(1)
    sign = float(planes.normal[1])
    order = range(4) if sign > 0 else range(3, -1, -1)
    for n, at in zip(order, y, strict=True):
        for off in (-1.4, 0, 1.4):
            assert planes.plane_at(sign * (at + off)) == n
    for beyond in (y[0] - 1.6, y[-1] + 1.6):
        assert planes.plane_at(sign * beyond) is None


def test_contours_in_several_directions_have_no_planes():
    geometry = grid()
    flat = np.array([(0, 0, 40), (20, 0, 40), (20, 20, 40), (0, 20, 40)], float)
    upright = np.array([(0, 5, 40), (20, 5, 40), (20, 5, 55), (0, 5, 55)], float)
    structures = set_of([Contour(flat), Contour(upright)], [])
    assert roi_planes(structures, 1, geometry) is None
    assert roi_planes(structures, 2, geometry) is None
