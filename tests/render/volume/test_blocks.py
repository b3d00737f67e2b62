"""Blocks of voxels, against numpy on each block of its own."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.render.volume import blocks
from viewer3d.render.volume.blocks import downsample, reduce_blocks


@pytest.fixture(params=[1, 1 << 20])
def voxels(request, monkeypatch):
    monkeypatch.setattr(blocks, "BYTES_AT_A_TIME", request.param)
    return np.asfortranarray(np.random.default_rng(0).integers(-900, 900, (11, 7, 13), np.int16))


@pytest.mark.parametrize("sides", [(1, 1, 1), (4, 4, 4), (3, 1, 5), (20, 2, 13)])
@pytest.mark.parametrize("overlap", [0, 1])
def test_a_block_is_all_of_its_voxels(voxels, sides, overlap):
    highest = reduce_blocks(voxels, sides, np.fmax, overlap=overlap)
    lowest = reduce_blocks(voxels, sides, np.fmin, overlap=overlap)
    assert highest.dtype == np.int16
    assert highest.shape == tuple(-(-n // side) for n, side in zip(voxels.shape, sides, strict=True))
    for block in np.ndindex(highest.shape):
        part = voxels[tuple(slice(b * side, (b + 1) * side + overlap) for b, side in zip(block, sides, strict=True))]
        assert (highest[block], lowest[block]) == (part.max(), part.min())


def test_something_made_of_the_voxels_is_joined(voxels):
    count = reduce_blocks(voxels, (4, 4, 4), np.add, convert=lambda part: (part > 0).astype(np.uint16))
    assert count.sum() == (voxels > 0).sum()
    assert count[0, 0, 0] == (voxels[:4, :4, :4] > 0).sum()


def test_what_is_no_number_is_passed_over():
    values = np.full((4, 4, 4), np.nan, np.float32)
    values[3, 3, 3] = 7
    assert reduce_blocks(values, (4, 4, 4), np.fmax).tolist() == [[[7.0]]]


@pytest.mark.parametrize("counts", [(11, 7, 13), (6, 4, 7), (5, 3, 13), (1, 1, 1), (10, 6, 12)])
def test_no_voxel_is_lost_in_fewer(voxels, counts):
    left = downsample(voxels, counts, np.fmax)
    assert left.shape == counts
    assert left.flags.f_contiguous
    for place in np.ndindex(voxels.shape):
        alone = np.full_like(voxels, -1000)
        alone[place] = 1
        found = np.argwhere(downsample(alone, counts, np.fmax) == 1)
        assert len(found) >= 1
        # Where it is in the same box: not further than a voxel's and half of what is left aside.
        wide = np.array(voxels.shape) / counts
        away = (found + 0.5) * wide - (np.array(place) + 0.5)
        assert (np.abs(away) <= wide / 2 + 0.5).all()
    if counts == voxels.shape:
        np.testing.assert_array_equal(left, voxels)
