"""Tiles of a pane: their parts and their highest values."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.render.slices.tiles import COLUMNS, ROWS, runs, tile_peaks, tile_shape


@pytest.mark.parametrize("seed", range(10))
def test_runs_cover_what_tiles_cover_within_a_part_and_nothing_twice(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 400, 2))
    tiles = rng.random(tile_shape(shape)) < rng.choice([0.0, 0.5, 0.9, 1.0])
    (y0, y1), (x0, x1) = (sorted(rng.integers(0, side + 1, 2).tolist()) for side in shape)
    counts = np.zeros(shape, int)
    for part in runs(tiles, (slice(y0, y1), slice(x0, x1))):
        counts[part] += 1
    expected = np.repeat(np.repeat(tiles, ROWS, 0), COLUMNS, 1)[: shape[0], : shape[1]].astype(int)
    within = np.zeros(shape, int)
    within[y0:y1, x0:x1] = 1
    np.testing.assert_array_equal(counts, expected * within)


def test_tiles_beside_each_other_are_one_part():
    assert list(runs(np.ones((2, 5), bool), (slice(0, ROWS + 3), slice(7, 130)))) == [
        (slice(0, ROWS), slice(7, 130)),
        (slice(ROWS, ROWS + 3), slice(7, 130)),
    ]


@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
@pytest.mark.parametrize("seed", range(10))
def test_peaks_are_the_highest_values_of_tiles(seed, dtype):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 300, 2))
    (y0, y1), (x0, x1) = ((a, a + 1 + int(rng.integers(0, s - a))) for s in shape for a in [int(rng.integers(0, s))])
    limits = np.iinfo(dtype)
    values = rng.integers(limits.min, limits.max + 1, (y1 - y0, x1 - x0)).astype(dtype)
    whole = np.full([n * side for n, side in zip(tile_shape(shape), (ROWS, COLUMNS), strict=True)], -1, np.int64)
    whole[y0:y1, x0:x1] = values.astype(np.int64) - limits.min
    expected = whole.reshape(-1, ROWS, whole.shape[1] // COLUMNS, COLUMNS).max((1, 3))
    np.testing.assert_array_equal(tile_peaks(values, (slice(y0, y1), slice(x0, x1)), shape), expected)
