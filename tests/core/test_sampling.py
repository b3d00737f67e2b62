"""A sample sees the whole volume whatever its shape, and only what was measured."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.sampling import (
    _RUN,
    SAMPLE_SIZE,
    counted_percentiles,
    even_indices,
    measured_count,
    measured_mask,
    measured_values,
    sampled,
)
from viewer3d.core.volume import Volume

PERCENTILES = (0.1, 0.5, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9)

SHAPES = [
    *((512, 512, slices) for slices in range(20, 1201, 59)),  # by index alone: none of them is made
    (512, 512, 391), (256, 256, 192), (400, 400, 300), (333, 217, 77), (100, 100, 1200), (64, 64, 1200), (1000, 20, 30),
]  # fmt: skip


def anatomy(shape: tuple[int, int, int]) -> np.ndarray:
    """A body with lungs and a spine in air, smooth and with whole HU: int16."""
    columns, rows, slices = shape
    x, y = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows), indexing="ij")
    out = np.empty(shape, np.int16, order="F")
    for k in range(slices):
        z = 2 * (k + 0.5) / slices - 1
        picture = np.full((columns, rows), -1000.0)
        wide, high = 0.8 + 0.1 * np.sin(5 * z), 0.55 + 0.1 * np.cos(4 * z)
        body = (x / wide) ** 2 + (y / high) ** 2 < 1
        picture[body] = (40 + 60 * x + 30 * y + 20 * z)[body]
        lung = ((np.abs(x) - 0.4) / 0.25) ** 2 + (y / 0.35) ** 2 < max(0.0, 1 - z * z)
        picture[lung] = (-800 + 100 * y)[lung]
        bone = (x / 0.12) ** 2 + ((y - 0.4) / 0.12) ** 2 < 1
        picture[bone] = (500 + 900 * x)[bone]
        out[:, :, k] = picture
    return out


def rank_error(found: np.ndarray, values: np.ndarray) -> float:
    """How many percentiles the found percentiles are off those of the values, at most; ties are no error."""
    in_order = np.sort(values, axis=None)
    low, high = (np.searchsorted(in_order, found, side) / in_order.size * 100 for side in ("left", "right"))
    return float(np.maximum(0, np.maximum(low - PERCENTILES, PERCENTILES - high)).max())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_column_row_and_slice_has_its_share(shape: tuple[int, int, int]) -> None:
    for found, side in zip(even_indices(shape, SAMPLE_SIZE), shape, strict=True):
        counts = np.bincount(found, minlength=side)
        assert len(counts) == side
        usual = SAMPLE_SIZE / side
        assert np.abs(counts - usual).max() <= max(3 * _RUN, 0.05 * usual)


@pytest.mark.parametrize("shape", [(3, 200, 500), (1, 1, 300_000), (64, 64, 93)], ids=str)
@pytest.mark.parametrize("is_cut", [False, True])
def test_a_sample_has_the_values_of_the_even_indices(shape: tuple[int, int, int], is_cut: bool) -> None:
    voxels = np.arange(np.prod(shape), dtype=np.float32).reshape(shape, order="F")
    i, j, k = even_indices(shape, SAMPLE_SIZE)
    measured = np.tile(np.array([0, shape[0], 0, shape[1]], np.int32), (shape[2], 1)) if is_cut else None
    np.testing.assert_array_equal(sampled(voxels, measured), voxels[i, j, k])


@pytest.mark.parametrize("quarters", [2, 4])
def test_every_part_of_a_volume_has_its_share(quarters: int) -> None:
    """Columns, rows and slices together: a diagonal line would see every column too."""
    shape = (512, 512, 391)
    parts = [found * quarters // side for found, side in zip(even_indices(shape, SAMPLE_SIZE), shape, strict=True)]
    counts = np.bincount(np.ravel_multi_index(parts, (quarters,) * 3), minlength=quarters**3)
    assert counts.min() > 0.97 * SAMPLE_SIZE / quarters**3
    assert counts.max() < 1.03 * SAMPLE_SIZE / quarters**3


@pytest.mark.parametrize(
    "shape",
    [(128, 128, 20), (128, 128, 99), (64, 64, 1200), (217, 333, 77), (96, 512, 130),
     *(pytest.param(shape, marks=pytest.mark.slow)
       for shape in [(128, 128, 391), (100, 100, 1200), (256, 256, 60), (512, 512, 20), (512, 512, 48)])],
    ids=str,
)  # fmt: skip
def test_percentiles_are_true_to_a_tenth(shape: tuple[int, int, int]) -> None:
    voxels = anatomy(shape)
    volume = Volume.from_array(voxels, np.eye(4), unit="HU")
    assert rank_error(np.percentile(volume.sample(), PERCENTILES), voxels) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("slices", [391, 782])
def test_percentiles_are_true_where_a_stride_saw_one_column(slices: int) -> None:
    shape = (512, 512, slices)
    voxels = anatomy(shape)
    assert rank_error(np.percentile(sampled(voxels), PERCENTILES), voxels) < 0.1


@pytest.mark.slow
def test_percentiles_of_counted_values_are_those_of_numpy_to_the_bit() -> None:
    rng = np.random.default_rng(3)
    for size in (1, 2, 3, 10, 11, 1000, 4567):
        for spread in (1, 5, 4000, 1 << 14):
            values = rng.integers(-spread, spread, size).astype(np.int16)
            found = counted_percentiles(*np.unique(values, return_counts=True), (0, *PERCENTILES, 100))
            assert found == np.percentile(values, (0, *PERCENTILES, 100)).tolist()


def test_a_stride_would_see_one_column_of_this() -> None:
    """256 x 256 x 782 voxels: every 256th of them lies in column 0, which is air."""
    voxels = np.full((256, 256, 782), 700, np.int16, order="F")
    voxels[:64] = -1000
    volume = Volume.from_array(voxels, np.eye(4), unit="HU")
    assert float(np.mean(volume.sample() == 700)) == pytest.approx(0.75, abs=0.001)
    assert volume.auto_window.bounds[1] == pytest.approx(700)


def test_a_small_volume_is_seen_whole_and_a_sample_is_taken_once() -> None:
    voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    volume = Volume.from_array(voxels, np.eye(4))
    assert sorted(volume.sample().tolist()) == list(range(24))
    assert volume.sample() is volume.sample()
    with pytest.raises(ValueError, match="read-only"):
        volume.sample()[0] = 1


@pytest.mark.parametrize("shape", [(20, 30, 4), (200, 300, 40)])
def test_only_what_was_measured_is_seen(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(1)
    low, high = rng.integers(0, 9, (shape[2], 2)), rng.integers(10, 20, (shape[2], 2))
    measured = np.stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1]], 1).astype(np.int32)
    measured[1] = 0
    voxels = np.full(shape, -2000, np.int16, order="F")
    for k, (i0, i1, j0, j1) in enumerate(measured):
        voxels[i0:i1, j0:j1, k] = 7
    mask = voxels == 7
    assert np.array_equal(measured_mask(measured, shape), mask)
    assert measured_count(measured) == mask.sum() == measured_values(voxels, measured).size
    assert set(measured_values(voxels, measured).tolist()) == {7}
    volume = Volume.from_array(voxels, np.eye(4), measured=measured)
    assert set(volume.sample().tolist()) == {7}
    assert set(volume.window_values().tolist()) == {7}
