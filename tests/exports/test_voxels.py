from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.exports import voxels
from viewer3d.exports.places import PLAIN, AxisMap, axis_map, compare_places
from viewer3d.exports.voxels import compare_voxels, equal_otherwise


def array(*shape: int) -> np.ndarray:
    return np.asfortranarray(np.random.default_rng(3).normal(0, 100, shape).astype(np.float32))


@pytest.mark.parametrize("at_once", [1, 50, 1 << 21])
def test_what_differs_is_that_of_plain_numpy(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(voxels, "_AT_ONCE", at_once)
    one = array(5, 6, 7)
    other = one.copy(order="F")
    generator = np.random.default_rng(at_once)
    places = {tuple(int(n) for n in generator.integers(0, (5, 6, 7))) for _ in range(9)}
    for number, place in enumerate(sorted(places), 1):
        other[place] += number
    found = compare_voxels(one, other, PLAIN)
    apart = np.abs(one.astype(float) - other)
    assert (found.compared, found.differing, found.rounded) == (210, len(places), 0)
    assert found.most == apart.max()
    assert found.mean == pytest.approx(apart[apart > 0].mean())
    assert found.first == min(places, key=lambda place: place[::-1])
    assert found.largest == np.unravel_index(apart.argmax(), apart.shape)


def test_rounding_is_none_and_none_is_a_difference() -> None:
    one = array(4, 4, 4)
    found = compare_voxels(one, np.nextafter(one, np.float32(np.inf)), PLAIN)
    assert (found.differing, found.rounded) == (0, 64)
    one[1, 1, 1] = one[2, 2, 2] = np.nan
    assert compare_voxels(one, one.copy(), PLAIN).differing == 0
    other = one.copy()
    other[2, 2, 2] = 5
    other[3, 3, 3] = np.inf
    found = compare_voxels(one, other, PLAIN)
    assert (found.differing, found.first, found.largest) == (2, (2, 2, 2), (2, 2, 2))
    assert np.isnan(found.most)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 0, 2)])
@pytest.mark.parametrize("flipped", [(False, False, False), (True, False, True)])
def test_an_axis_map_leads_to_the_voxel(axes: tuple[int, int, int], flipped: tuple[bool, bool, bool]) -> None:
    along, second = AxisMap(axes, flipped), array(4, 5, 6)
    first = along.arranged(second)
    for index in ((0, 0, 0), (1, 2, 3), tuple(n - 1 for n in first.shape)):
        assert second[along.second_index(index, second.shape)] == first[index]
    assert compare_voxels(first, second, along).differing == 0
    grid = Geometry(np.array([[0.5, 0, 0, 1], [0, 0.7, 0, 2], [0, 0, 2, 3], [0, 0, 0, 1.0]]), (4, 5, 6))
    affine, shape = along.arranged_grid(grid)
    assert shape == first.shape
    for index in ((0, 0, 0), (1, 2, 3)):
        there = along.second_index(index, grid.shape)
        assert affine[:3, :3] @ index + affine[:3, 3] == pytest.approx(grid.index_to_world(there))


def test_a_part_of_a_grid_is_found_where_it_is() -> None:
    whole, affine = array(8, 8, 9), np.diag([1.0, 1, 2, 1])
    first = Geometry(affine, whole.shape)
    affine = affine.copy()
    affine[:3, 3] = (2, 0, 6)
    second = Geometry(affine, (5, 8, 4))
    along = axis_map(first, second)
    assert along.start == (2, 0, 3)
    found = compare_voxels(whole, whole[2:7, :, 3:7], along)
    assert (found.compared, found.differing) == (160, 0)
    places = compare_places(first, second, along)
    assert (places.moved_mm, places.shapes, places.is_same) == (0, ((8, 8, 9), (5, 8, 4)), False)


def test_what_has_one_value_is_no_other_order() -> None:
    assert equal_otherwise(np.ones((3, 3, 3)), np.ones((3, 3, 3)), PLAIN) is None
    one = array(3, 3, 3)
    assert equal_otherwise(one, one[::-1], PLAIN) == AxisMap((0, 1, 2), (True, False, False))
    assert equal_otherwise(one, one + 1, PLAIN) is None
