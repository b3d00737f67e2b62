"""Slices that tell: those with the highest scores, never three neighbours."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from viewer3d.figures.regions.telling_slices import EVENNESS, SPREAD, spread, telling_slices


def test_the_peaks_are_taken_and_slices_without_a_score_never() -> None:
    scores = np.zeros(50)
    scores[[7, 21, 22, 23, 40]] = (5, 8, 9, 8, 3)
    assert telling_slices(scores, 3) == [7, 22, 40]
    assert telling_slices(scores, 1) == [22]
    assert telling_slices(scores, 10) == [7, 22, 40] or len(telling_slices(scores, 10)) <= 5


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_of_equal_slices_they_are_even(count: int) -> None:
    chosen = telling_slices(np.ones(40), count)
    assert np.abs(np.array(chosen) + 0.5 - spread(0, 40, count)).max() <= 1


@pytest.mark.parametrize("seed", range(6))
def test_they_are_the_best_of_all_that_lie_apart(seed: int) -> None:
    scores = np.random.default_rng(seed).integers(0, 4, 14).astype(float)
    scores[[0, -1]] = 1
    gap, values = max(1, round(SPREAD * 14 / 3)), scores / scores.max()

    def worth(chosen: tuple[int, ...]) -> float:
        off = np.abs(np.array(chosen) + 0.5 - spread(0, 14, 3))
        return float((values[list(chosen)] - EVENNESS * off / 14).sum())

    apart = [
        one for one in itertools.combinations(range(14), 3) if np.diff(one).min() >= gap and values[list(one)].min() > 0
    ]
    chosen = telling_slices(scores, 3)
    assert np.diff(chosen).min() >= gap
    assert worth(tuple(chosen)) == pytest.approx(max(map(worth, apart)))


@pytest.mark.parametrize(("scores", "count"), [([], 3), ([0, 0], 3), ([1, 2], 0)])
def test_where_there_is_nothing_none_is(scores: list[int], count: int) -> None:
    assert telling_slices(scores, count) == []
