"""Outlines lie within what they are around, and colours of labels blend by the opacity that is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.render.slices.outlines import LabelColors, blend_labels, inner_edges


def near_another(labels, width):
    """By the definition: some pixel of another label has its centre within the width and a quarter."""
    rows, columns = np.indices(labels.shape).reshape(2, -1)
    away = np.hypot(rows[:, None] - rows, columns[:, None] - columns)
    differ = labels.reshape(-1)[:, None] != labels.reshape(-1)
    return (differ & (away <= width + 0.25)).any(1).reshape(labels.shape)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 2), (25, 31)])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_pixels_near_another_label_are_the_edge(shape, width, dtype):
    some = np.random.default_rng(width)
    few = (some.random(shape) < 0.02) * some.integers(1, 300 if dtype == np.int16 else 9, shape)
    for labels in (few, np.repeat(np.repeat(few, 5, 0), 5, 1)[: shape[0], : shape[1]]):
        found = inner_edges(labels.astype(dtype), width)
        np.testing.assert_array_equal(found, near_another(labels.astype(dtype), width))


@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_box_has_an_edge_of_the_width_on_every_side_but_at_the_border(width):
    labels = np.zeros((40, 50), np.uint8)
    labels[10:30, :20] = 7
    inside = inner_edges(labels, width) & (labels == 7)
    rows, columns = np.nonzero((labels == 7) & ~inside)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10 + width, 29 - width, 0, 19 - width)


@pytest.mark.parametrize("width", [2, 3, 6])
def test_it_is_about_as_wide_whatever_its_direction(width):
    row, column = np.indices((300, 300))
    disc = (np.hypot(row - 149.6, column - 150.2) < 120).astype(np.uint8)
    area = (inner_edges(disc, width) & (disc == 1)).sum()
    assert area / (2 * np.pi * (120 - width / 2)) == pytest.approx(width, abs=0.3)


@pytest.mark.parametrize("opacity", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
def test_colours_are_blended_where_labels_are_seen(opacity, dtype):
    some = np.random.default_rng(3)
    labels = np.repeat(some.integers(0, 4, (150, 40)), 3, 1).astype(dtype)
    labels[labels == 3] = 200
    below = some.integers(0, 256, (150, 120, 3)).astype(np.uint8)
    picture = below.copy()
    colors = {1: (255, 0, 128), 200: (10, 250, 0)}  # 2 is there, and not seen
    part = slice(20, 140), slice(5, 117)
    blend_labels(picture, labels, part, LabelColors.of(colors, labels.dtype), opacity)
    expected = below.astype(np.float64)
    for value, color in colors.items():
        where = np.zeros(labels.shape, np.bool_)
        where[part] = labels[part] == value
        expected[where] = expected[where] * (1 - opacity) + np.array(color) * opacity
    assert np.abs(picture - expected).max() <= 1
    untouched = np.ones(labels.shape, np.bool_)
    untouched[part] = ~np.isin(labels[part], list(colors))
    np.testing.assert_array_equal(picture[untouched], below[untouched])
