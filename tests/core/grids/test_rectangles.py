"""Rectangles of slices that lie in a volume as a whole."""

from __future__ import annotations

import numpy as np

from viewer3d.core.grids.rectangles import inner_rectangle, inner_rectangles


def test_the_sides_are_taken_off_where_least_is_held() -> None:
    held = np.ones((5, 6), np.bool_)
    assert inner_rectangle(held) == (0, 6, 0, 5)
    held[0, :4] = held[3, 5] = False
    assert inner_rectangle(held) == (0, 5, 1, 5)
    assert inner_rectangle(np.zeros((5, 6), np.bool_)) == (0, 0, 0, 0)


def test_of_all_slices_at_once_they_are_those_of_each() -> None:
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(60):
        shape, own = rng.integers(1, 14, 3), rng.integers(1, 14, 3)
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.uniform(0.3, 1.5, 3)
        turn[np.abs(turn) < rng.choice([0, 0.2])] = 0
        origin = (own - 1) / 2 - turn @ ((shape - 1) / 2) + rng.normal(size=3)
        steps = [[turn[axis, along] * np.arange(shape[along]) for along in range(3)] for axis in range(3)]
        for axis in range(3):
            steps[axis][2] = steps[axis][2] + origin[axis]
        made = inner_rectangles(steps, own.tolist(), 1e-5)
        assert made.shape == (shape[2], 4)
        for k, rectangle in enumerate(made):
            at = [of[0][None, :] + of[1][:, None] + of[2][k] for of in steps]
            held = np.all([(one >= -0.50001) & (one <= n - 0.49999) for one, n in zip(at, own, strict=True)], axis=0)
            assert tuple(rectangle) == inner_rectangle(held)
            found += rectangle[1] > 0
    assert found > 100
