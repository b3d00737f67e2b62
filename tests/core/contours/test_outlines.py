"""Outlines of masks: closed, halfway between pixels, around what is inside and no more."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.contours.outlines import mask_outlines


def area(points: np.ndarray) -> float:
    x, y = points.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def test_a_rectangle_has_eight_corners() -> None:
    mask = np.zeros((9, 7), bool)
    mask[2:6, 1:5] = True
    (outline,) = mask_outlines(mask)
    assert len(outline) == 8
    assert outline.min(0).tolist() == [1.5, 0.5]
    assert outline.max(0).tolist() == [5.5, 4.5]
    assert abs(area(outline)) == 4 * 4 - 4 / 8


def test_what_reaches_the_edge_is_closed_beyond_it() -> None:
    (outline,) = mask_outlines(np.ones((3, 2), bool))
    assert outline.min(0).tolist() == [-0.5, -0.5]
    assert outline.max(0).tolist() == [2.5, 1.5]


def test_a_hole_has_a_line_of_its_own_that_runs_the_other_way() -> None:
    mask = np.ones((7, 7), bool)
    mask[3, 3] = False
    outer, hole = mask_outlines(mask)
    assert np.sign(area(outer)) == -np.sign(area(hole))
    assert abs(area(hole)) == 0.5


def test_two_pixels_that_touch_at_a_corner_are_two() -> None:
    assert [len(one) for one in mask_outlines(np.eye(2, dtype=bool))] == [4, 4]


def test_nothing_has_none() -> None:
    assert mask_outlines(np.zeros((4, 4), bool)) == []


@pytest.mark.parametrize("seed", range(5))
def test_every_line_parts_inside_from_outside(seed: int) -> None:
    """Area by the lines is that of the pixels, less an eighth for each corner that is cut."""
    mask = np.random.default_rng(seed).random((23, 17)) > 0.5
    padded = np.pad(mask, 1).astype(int)
    counts = padded[:-1, :-1] + padded[1:, :-1] + padded[1:, 1:] + padded[:-1, 1:]
    opposite = (counts == 2) & (padded[:-1, :-1] == padded[1:, 1:])
    cut = (counts == 1).sum() + 2 * opposite.sum() - (counts == 3).sum()
    assert abs(sum(map(area, mask_outlines(mask)))) == pytest.approx(mask.sum() - cut / 8)
