"""Masks of voxels."""

from __future__ import annotations

import numpy as np

from viewer3d.render.couch.masks import connected_regions, dilated, opened, without_dips, without_gaps


def line(text):
    """One column of a mask along axis 0."""
    return np.array([letter == "#" for letter in text]).reshape(-1, 1, 1)


def drawn(mask):
    return "".join("#" if there else "." for there in mask.ravel())


def test_opening_leaves_what_a_box_covers():
    assert drawn(opened(line(".##.####.#####"), {0: 4})) == "....####.#####"
    assert drawn(opened(line("##"), {0: 4})) == "##"  # a box is no longer than the mask
    square = np.zeros((1, 6, 7), bool)
    square[0, 1:5, 1:5] = square[0, 2, 5] = True
    there = opened(square, {1: 3, 2: 3})
    assert there.sum() == 16
    assert not there[0, 2, 5]


def test_growing_goes_one_voxel_along_each_axis():
    mask = np.zeros((5, 5, 5), bool)
    mask[2, 2, 2] = True
    assert dilated(mask, (1,)).sum() == 3
    assert dilated(mask, (0, 1, 2)).sum() == 27


def test_short_gaps_are_filled():
    assert drawn(without_gaps(line("##.##..##...#.."), 0)) == "#########...#.."


def test_regions_are_numbered_by_size():
    mask = np.zeros((4, 5, 6), bool)
    mask[0, 0, 0] = True
    mask[1:3, 2, 3:6] = True
    labels, extents = connected_regions(mask)
    assert (labels[0, 0, 0], labels[2, 2, 5], labels[3, 0, 0]) == (2, 1, 0)
    assert extents.tolist() == [[[1, 2], [2, 2], [3, 5]], [[0, 0], [0, 0], [0, 0]]]


def test_dips_that_are_short_are_filled_and_slopes_stay():
    slope = np.arange(40)[:, None] // 3
    assert (without_dips(slope, 21) == slope).all()
    assert (without_dips(-slope, 21) == -slope).all()
    level = np.full((40, 2), 7)
    dipped = level.copy()
    dipped[10:16, 0] = 3
    assert (without_dips(dipped, 9) == level).all()
    assert (without_dips(dipped, 5) == dipped).all()
    dipped[10:16, 0] = 11  # only what is lower is a dip
    assert (without_dips(dipped, 9) == dipped).all()
