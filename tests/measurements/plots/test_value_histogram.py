"""Histograms of what is seen: bins that fit, and every value counted."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.errors import ViewError
from viewer3d.measurements.plots.value_histogram import value_histogram


def test_whole_numbers_have_bins_that_hold_equally_many() -> None:
    values = np.random.default_rng(1).normal(40, 200, 100_000).astype(np.int16)
    found = value_histogram(values, unit="HU", within=(-160, 240))
    width = np.diff(found.edges)
    assert (width == width[0]).all()
    assert width[0] == int(width[0])
    assert (found.edges % 1 == 0.5).all()
    assert 16 <= len(found.counts) <= 256
    inside = (values > found.edges[0]) & (values < found.edges[-1])
    assert found.counts.tolist() == np.histogram(values[inside], found.edges)[0].tolist()
    assert found.total == values.size
    assert 0 < found.below + found.above <= 0.004 * values.size


def test_few_whole_numbers_have_a_bin_each_also_as_floats() -> None:
    found = value_histogram(np.float32([0, 3, 3, 4]))
    assert found.edges.tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5, 4.5]
    assert found.counts.tolist() == [1, 0, 0, 2, 1]


def test_fractions_have_the_width_of_freedman_and_diaconis() -> None:
    values = np.random.default_rng(2).uniform(0, 10, 8000)
    found = value_histogram(values)
    first, third = np.quantile(values, (0.25, 0.75))
    assert np.diff(found.edges)[0] == pytest.approx(2 * (third - first) / 20, rel=0.05)
    assert found.total == 8000


def test_the_axis_holds_the_ends_of_a_window_as_far_as_there_are_values() -> None:
    values = np.concatenate([np.random.default_rng(2).normal(0, 1, 100_000), [50.0]])
    assert value_histogram(values).edges[-1] < 5
    assert value_histogram(values, within=(-1000, 40)).edges[-1] == 40
    assert value_histogram(values, within=(-1000, 400)).edges[-1] == 50
    assert value_histogram(values, within=(-1000, 400)).edges[0] == values.min()


def test_one_value_alone_is_in_the_middle_of_a_bin() -> None:
    assert value_histogram(np.full(9, 7, np.int16)).edges.tolist() == [6.5, 7.5]
    found = value_histogram(np.full(9, 7.25))
    assert found.counts.sum() == 9
    assert found.edges[0] < 7.25 < found.edges[-1]


def test_nothing_to_count_is_refused() -> None:
    with pytest.raises(ViewError, match="no values to count"):
        value_histogram([np.nan, np.inf])


@pytest.mark.parametrize("values", [[1e20, 2e20, 3e20], [-3.4e38, 0, 1, 2, 3], [0, 2**40, 2**60]])
def test_whole_numbers_beyond_int64_are_counted_where_they_are(values: list[float]) -> None:
    given = np.array(values, np.float32)
    found = value_histogram(given)
    assert found.total == given.size
    low, high = float(found.edges[0]), float(found.edges[-1])
    assert found.below == np.count_nonzero(given < low)
    assert found.above == np.count_nonzero(given > high)
    np.testing.assert_array_equal(found.counts, np.histogram(given.astype(np.float64), found.edges)[0])
