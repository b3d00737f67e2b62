"""Blocks along the patient's axes, and masks of them back on the grid."""

from __future__ import annotations

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, rotation
from viewer3d.core.volume import Volume
from viewer3d.render.couch.axis_blocks import BLOCKS_ACROSS, PLANES_ALONG, find_axis_blocks

GRIDS = {
    **DIRECTIONS,
    "a degree off": rotation(0, 1.0),
    "steps": np.eye(3),  # of several voxels to a block
}
SHAPE = (60, 50, 40)


def volume_with(name, where):
    spacing = (0.7, 0.8, 1.5) if name == "steps" else (3.0, 3.2, 5.0)
    shape = (403, 402, 33) if name == "steps" else SHAPE
    affine = np.eye(4)
    affine[:3, :3] = GRIDS[name] * spacing
    affine[:3, 3] = (-80, 30, 400)
    voxels = np.full(shape, -1000, np.int16)
    voxels[where] = 40
    return Volume.from_array(voxels, affine, unit="HU")


@pytest.mark.parametrize("name", GRIDS)
def test_a_block_is_dense_where_a_voxel_of_it_is(name):
    volume = volume_with(name, np.s_[20:26, 30:38, 9:21])
    blocks = find_axis_blocks(volume, -500.0)
    z, y, x = np.argwhere(blocks.dense).mean(0)
    index = np.linalg.inv(blocks.to_block) @ (z, y, x, 1)
    np.testing.assert_allclose(index[:3], (22.5, 33.5, 14.5), atol=1.0)
    assert blocks.axes == (2, 1, 0)
    mm = np.prod(blocks.spacing) * blocks.dense.sum()
    least = 6 * 8 * 12 * np.prod(volume.spacing)
    assert least * 0.8 < mm < least * 2.5
    size = (np.array(volume.spacing) * volume.shape)[:2].max()
    assert blocks.size == pytest.approx(
        size if name in ("identity", "flipped", "steps", "a degree off") else 200, rel=0.3
    )
    finest = np.array([size / PLANES_ALONG, size / BLOCKS_ACROSS, size / BLOCKS_ACROSS])
    assert name not in ("identity", "steps") or (blocks.spacing < 2 * np.maximum(finest, 3.2)).all()


@pytest.mark.parametrize("name", GRIDS)
def test_a_mask_comes_back_where_it_was(name):
    volume = volume_with(name, np.s_[20:26, 30:38, 9:21])
    blocks = find_axis_blocks(volume, -500.0)
    back = np.zeros(volume.shape, bool)
    for where, part in blocks.voxel_masks(blocks.dense, volume.shape):
        back[where] |= part
    assert back[20:26, 30:38, 9:21].all()
    assert back.sum() < 4 * 6 * 8 * 12
    if blocks.is_aligned:
        spans = blocks.voxel_spans(blocks.dense, volume.shape)
        assert [np.ptp(np.flatnonzero(back.any(axes))) for axes in ((1, 2), (0, 2), (0, 1))] == [
            high - low for low, high in spans
        ]
    assert not list(blocks.voxel_masks(np.zeros_like(blocks.dense), volume.shape))


def test_single_voxels_are_seen_wherever_they_lie_in_a_plane():
    for i in range(200, 206):
        for j in range(100, 104):
            blocks = find_axis_blocks(volume_with("steps", np.s_[i, j, :]), -500.0)
            assert blocks.dense.any((1, 2)).all()


def test_values_are_those_of_the_blocks():
    volume = volume_with("steps", np.s_[100:140, 200:260, :])
    blocks = find_axis_blocks(volume, -500.0)
    values = blocks.middle_values(volume, blocks.dense)
    assert (values == 40).mean() > 0.8
    assert set(blocks.middle_values(volume, ~blocks.dense)) == {-1000.0}
