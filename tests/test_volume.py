"""Volume: voxels, unit, and the grid that shares their memory."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from viewer3d.errors import GeometryError
from viewer3d.geometry import Geometry
from viewer3d.volume import Volume
from viewer3d.window import Window, named_windows

AFFINE = np.diag([0.7, 1.1, 2.5, 1])


def numbered(shape: tuple[int, int, int] = (4, 5, 6)) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.int16).reshape(shape, order="F")


def test_voxels_are_shared_and_read_only() -> None:
    voxels = numbered()
    volume = Volume(voxels, Geometry(AFFINE, voxels.shape))  # type: ignore[arg-type]
    assert np.shares_memory(volume.voxels, voxels)
    with pytest.raises(ValueError, match="read-only"):
        volume.voxels[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("dtype", "values", "kept"),
    [(np.uint8, [0, 255], np.int16), (np.int64, [-32768, 32767], np.int16), (np.uint16, [0, 40000], np.float32),
     (np.float64, [0.5, 1], np.float32), (bool, [0, 1], np.int16)],
)  # fmt: skip
def test_other_types_become_the_one_that_holds_them(dtype: type, values: list[float], kept: type) -> None:
    voxels = np.array(values, dtype).reshape(2, 1, 1)
    volume = Volume.from_array(voxels, np.eye(4))
    assert volume.voxels.dtype == kept
    assert volume.voxels.ravel().tolist() == values


def test_what_is_made_of_a_volume_is_made_once_and_of_that_volume() -> None:
    volume = Volume.from_array(numbered(), AFFINE)
    made = volume.once(lambda one: [one])
    assert made == [volume]
    highest = volume.once(_highest)
    assert volume.once(_highest) is highest
    other = replace(volume, voxels=numbered() * 0)
    assert other.once(_highest) == [0]
    assert other.grid["values"].max() == 0


def _highest(volume: Volume) -> list[int]:
    return [int(volume.voxels.max())]


def test_a_left_handed_affine_is_turned_without_moving_a_voxel() -> None:
    voxels, left = numbered(), np.diag([0.7, 1.1, -2.5, 1])
    left[:3, 3] = (1, 2, 3)
    volume = Volume.from_array(voxels, left)
    world = left @ (1, 2, 4, 1)
    i, j, k = np.rint(volume.geometry.world_to_index(world[:3])).astype(int)
    assert volume.voxels[i, j, k] == voxels[1, 2, 4]
    assert np.linalg.det(volume.affine) > 0


def test_shear_and_wrong_shapes_are_refused() -> None:
    sheared = AFFINE.copy()
    sheared[1, 2] = 0.5
    with pytest.raises(GeometryError, match="sheared"):
        Volume(numbered(), Geometry(sheared, (4, 5, 6)))
    with pytest.raises(GeometryError, match="shape"):
        Volume(numbered(), Geometry(AFFINE, (5, 4, 6)))
    with pytest.raises(GeometryError, match="3"):
        Volume.from_array(np.zeros((3, 3)), AFFINE)


def test_value_at_a_world_point() -> None:
    volume = Volume.from_array(numbered(), AFFINE)
    assert volume.value_at((0.7 * 2, 1.1 * 3, 2.5 * 4)) == volume.voxels[2, 3, 4]
    assert volume.value_at((-0.34, 0, 0)) == volume.voxels[0, 0, 0]
    assert volume.value_at((-0.36, 0, 0)) is None


def test_default_window() -> None:
    voxels = numbered()
    assert Volume.from_array(voxels, AFFINE, window=Window(1, 2), unit="HU").default_window == Window(1, 2)
    assert Volume.from_array(voxels, AFFINE, unit="HU").default_window == named_windows()["soft-tissue"]
    low, high = Volume.from_array(voxels, AFFINE).default_window.bounds
    assert 0 < low < 3
    assert 115 < high < 119


def test_the_grid_shares_memory_and_says_where_it_is() -> None:
    a = np.radians(30)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) @ np.diag(
        [0.7, 1.1, 2.5]
    )
    affine[:3, 3] = (-10, 20, 30)
    volume = Volume.from_array(numbered(), affine, unit="HU")
    grid = volume.grid
    assert grid.dimensions == (4, 5, 6)
    assert grid.spacing == pytest.approx((0.7, 1.1, 2.5))
    assert np.shares_memory(np.asarray(grid.active_scalars), volume.voxels)
    n = grid.find_closest_point(volume.geometry.index_to_world((1, 2, 3)))
    assert grid.active_scalars[n] == volume.voxels[1, 2, 3]
    assert np.allclose(grid.points[n], volume.geometry.index_to_world((1, 2, 3)))
    assert volume.grid is grid


def test_repr_says_what_it_is() -> None:
    assert repr(Volume.from_array(numbered(), AFFINE, unit="HU", modality="CT")) == (
        "Volume(CT 4 x 5 x 6, 0.7 x 1.1 x 2.5 mm, HU, 0 notes)"
    )


def test_it_can_be_sent_to_another_process_whatever_was_made_of_it() -> None:
    volume = Volume.from_array(numbered(), AFFINE, unit="HU")
    volume.begin_digest()
    assert volume.grid is not None
    sent = pickle.loads(pickle.dumps(volume))
    assert (sent.digest, sent.unit) == (volume.digest, "HU")
    assert np.array_equal(sent.affine, AFFINE)


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64])
def test_whole_numbers_beyond_24_bits_are_told(dtype: type) -> None:
    array = np.arange(60, dtype=dtype).reshape(3, 4, 5)
    array[1, 2, 3] = 40_000
    assert Volume.from_array(array, np.eye(4)).notes == ()
    array[1, 2, 3] = (1 << 24) + 1
    (note,) = Volume.from_array(array, np.eye(4)).notes
    assert "16,777,217: whole numbers beyond 16,777,216" in note
