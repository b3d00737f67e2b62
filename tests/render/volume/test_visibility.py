"""What a transfer function makes visible, and where."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tests.combinations import each_value
from tests.render.markers import MARKER
from viewer3d.core.view.camera import front_camera
from viewer3d.core.volume import Volume
from viewer3d.render.volume.transfer import choose_preset, presets, transfer_function
from viewer3d.render.volume.visibility import block_sides, visible_blocks, visible_box, visible_points
from viewer3d.render.volume.volume_look import VolumeLook


def volume(values, unit=""):
    return Volume.from_array(np.resize(values, (20, 20, 20)), np.eye(4), unit=unit)


def seen_in(voxels, rendering="ct-bone"):
    seen = Volume.from_array(voxels, np.eye(4), unit="HU")
    return visible_blocks(seen, transfer_function(seen, choose_preset(seen, rendering)))


@pytest.mark.parametrize(
    ("spacing", "sides"), [((1, 1, 1), (4, 4, 4)), ((0.5, 0.5, 5), (4, 4, 1)), ((2, 1, 1), (2, 4, 4))]
)
def test_blocks_are_cubes_in_mm(spacing, sides):
    assert block_sides(Volume.from_array(np.zeros((9, 9, 9), np.int16), np.diag([*spacing, 1]))) == sides


def test_a_block_goes_on_to_the_voxels_that_follow_it():
    voxels = np.full((12, 12, 12), -1000, np.int16)
    voxels[4, 8, 4] = 1000  # the first of its block: interpolated with the last of those before
    seen = {tuple(block) for block in np.argwhere(seen_in(voxels)).tolist()}
    assert seen == {(i, j, k) for i in (0, 1) for j in (1, 2) for k in (0, 1)}


def test_values_too_high_to_be_seen_are_transparent_too_but_not_what_is_between():
    voxels = np.full((16, 16, 16), 40, np.int16)
    assert not seen_in(voxels, "ct-lung").any()
    voxels[6:] = -1000
    assert seen_in(voxels, "ct-lung")[:, 0, 0].tolist() == [False, True, False, False]


def test_voxels_that_are_no_numbers_hide_nothing():
    voxels = np.full((12, 12, 12), np.nan, np.float32)
    voxels[0, 0, 0] = 1000
    assert seen_in(voxels)[0, 0, 0]


def test_what_is_visible_is_found_where_the_affine_says(marked):
    transfer = transfer_function(marked, presets()["ct-bone"])
    box = visible_box(marked, transfer)
    for side, place in zip(box, MARKER, strict=True):
        assert side.start <= place - 1
        assert side.stop >= place + 2
        assert side.stop - side.start <= 12  # two blocks of 4, and what lies around them
    middle = visible_points(marked, transfer_function(marked, presets()["ct-bone"])).mean(0)
    np.testing.assert_allclose(middle, marked.geometry.index_to_world(MARKER), atol=1e-6)


def test_nothing_visible():
    air = volume([-1000, -990], "HU")
    assert visible_box(air, transfer_function(air, presets()["ct-bone"])) is None
    np.testing.assert_array_equal(
        visible_points(air, transfer_function(air, presets()["ct-bone"])), air.geometry.corners
    )


BACKGROUND = {"HU": -1000, "percentile": 0}
SHOWN = {"ct-lung": -600, "ct-skin": 50}
"""Values, other than the highest, that a preset shows."""

THINGS = {
    "voxel": lambda at: (at, at, at),
    "needle along i": lambda at: (slice(None), at, at),
    "needle along j": lambda at: (at, slice(None), at),
    "needle along k": lambda at: (at, at, slice(None)),
    "plate across i": lambda at: (at, slice(None), slice(None)),
    "plate across k": lambda at: (slice(None), slice(None), at),
}


def transfer_and_volume(preset, voxels, spacing):
    hu = presets()[preset].scale == "HU"
    one = Volume.from_array(voxels, np.diag([*spacing, 1.0]), unit="HU" if hu else "")
    # Of percentiles: those of a volume in which every value there is can be seen.
    like = one if hu else Volume.from_array(np.resize(np.arange(1001, dtype=np.int16), (20, 20, 20)), np.eye(4))
    return transfer_function(like, presets()[preset]), one


@pytest.mark.parametrize(
    ("things", "spacing"),
    each_value(list(product(presets(), THINGS)), [(1.0, 1.0, 1.0), (0.5, 0.7, 2.5), (2.0, 2.0, 0.6)]),
)
def test_nothing_of_one_voxel_is_missed_wherever_it_lies(things, spacing):
    preset, thing = things
    for at in (*range(9), 25, 26):
        voxels = np.full((27, 28, 29), BACKGROUND[presets()[preset].scale], np.int16)
        voxels[THINGS[thing](at)] = SHOWN.get(preset, 1000)
        transfer, one = transfer_and_volume(preset, voxels, spacing)
        places = np.argwhere(voxels == SHOWN.get(preset, 1000))
        box = visible_box(one, transfer)
        assert all(side.start <= max(0, low - 1) for side, low in zip(box, places.min(0), strict=True))
        high = np.minimum(places.max(0) + 2, one.shape)
        assert all(side.stop >= end for side, end in zip(box, high, strict=True))
        # All that is between a voxel and its neighbours is in a block where something is to be seen.
        seen, sides = visible_blocks(one, transfer), np.array(block_sides(one))
        for before in np.ndindex(2, 2, 2):
            assert seen[tuple((np.maximum(places - before, 0) // sides).T)].all()
        points = one.geometry.world_to_index(visible_points(one, transfer))
        np.testing.assert_allclose([points.min(0), points.max(0)], [places.min(0), places.max(0)], atol=1e-9)


@pytest.mark.parametrize("at", range(201, 209))
def test_the_aim_moves_with_a_needle_and_does_not_jump(at):
    """In so many voxels that the aim is taken at blocks of several."""
    affine = np.diag([0.7, 0.7, 1.0, 1.0])
    cameras = []
    for i in (at, at + 1):
        voxels = np.full((256, 256, 60), -1000, np.int16)
        voxels[i : i + 2, i : i + 2, 7:49] = 1200
        one = Volume.from_array(voxels, affine, unit="HU")
        cameras.append(front_camera(VolumeLook("ct-bone").points(one)))
    for end in ("focal_point", "position"):
        away = np.subtract(getattr(cameras[1], end), getattr(cameras[0], end))
        np.testing.assert_allclose(away, (0.7, 0.7, 0), atol=1e-6)
    np.testing.assert_allclose(cameras[0].focal_point, (0.7 * (at + 0.5), 0.7 * (at + 0.5), 27.5), atol=1e-6)


def test_few_voxels_far_off_do_not_decide_the_aim():
    x, y, z = np.indices((200, 180, 90))
    voxels = np.where((x - 100) ** 2 + (y - 90) ** 2 + (z - 45) ** 2 <= 40**2, 500, -1000).astype(np.int16)
    i, j, k = np.random.default_rng(5).integers((0, 0, 0), voxels.shape, (120, 3)).T
    voxels[i, j, k] = 3000
    one = Volume.from_array(voxels, np.eye(4), unit="HU")
    points = visible_points(one, transfer_function(one, presets()["ct-bone"]))
    assert np.abs(points.min(0) - (60, 50, 5)).max() <= 1
    assert np.abs(points.max(0) - (140, 130, 85)).max() <= 1
    assert 500 < len(points) < 100_000
