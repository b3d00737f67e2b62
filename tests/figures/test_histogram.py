from __future__ import annotations

import numpy as np
import pytest

from viewer3d import figures
from viewer3d.core.sampling import measured_mask
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window, named_windows
from viewer3d.errors import ViewError, WindowError
from viewer3d.figures.histogram import value_counts
from viewer3d.render.marks.display_list import Line, Path, Text


def test_whole_numbers_are_counted_exactly(head):
    counts, edges = value_counts(head, [])
    values, expected = np.unique(head.voxels, return_counts=True)
    assert counts.sum() == head.voxels.size
    for value, count in zip(values, expected, strict=True):
        assert counts[np.searchsorted(edges, value) - 1] == count
    steps = np.diff(edges)
    assert np.ptp(steps) == 0
    assert steps[0] == np.rint(steps[0])


def test_real_numbers_too_and_none_that_are_no_numbers(head):
    voxels = head.voxels.astype(np.float32) / 7
    voxels[0, 0, :5] = np.nan
    counts, edges = value_counts(Volume.from_array(voxels, head.affine), [])
    assert counts.sum() == voxels.size - 5
    assert edges[0] == pytest.approx(-1000 / 7)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_what_was_not_measured_is_not_counted(head, dtype):
    measured = np.array([[3, head.shape[0], 0, head.shape[1] - n % 7] for n in range(head.shape[2])])
    mask = measured_mask(measured, head.shape)
    voxels = np.where(mask, head.voxels, -900).astype(dtype)
    volume = Volume.from_array(voxels, head.affine, unit="HU", measured=measured)
    counts, edges = value_counts(volume, [])
    assert counts.sum() == mask.sum()
    filled, _ = value_counts(Volume.from_array(voxels, head.affine, unit="HU"), [])
    assert filled.sum() == mask.size
    assert edges[0] < -900


def test_what_lies_outside_of_the_field_of_view_is_not_on_the_axis(head):
    voxels = np.array(head.voxels)
    voxels[:10] = -3024
    counts, edges = value_counts(Volume.from_array(voxels, head.affine, unit="HU"), [Window(-600, 9000)])
    assert edges[0] >= -1025
    assert counts.sum() == (voxels >= -1024).sum()


def test_the_axis_holds_the_windows_where_there_are_values(head):
    voxels = np.array(head.voxels)
    voxels[0, 0, 0] = 3000  # one of 57,600: left out unless a window wants it
    volume = Volume.from_array(voxels, head.affine, unit="HU")
    assert value_counts(volume, [Window(40, 400)])[1][-1] >= 900
    assert value_counts(volume, [Window(1500, 3000)])[1][-1] >= 2999


def test_each_strip_shows_which_grey_a_window_gives_each_value(head):
    figure = figures.histogram(head, ["bone", "lung"], size=(1000, 700))
    _, edges = value_counts(head, [named_windows()[name] for name in ("bone", "lung")])
    for panel, name in zip(figure.page.panels, ("bone", "lung"), strict=True):
        width = panel.rect.width
        values = edges[0] + (np.arange(width) + 0.5) / width * (edges[-1] - edges[0])
        expected = 255 * named_windows()[name].apply(values)
        assert np.abs(panel.pixels[3, :, 0] - expected).max() <= 1


def test_bounds_are_marked_in_the_plot_above_their_place_in_the_strip(head):
    page = figures.histogram(head, ["soft-tissue"], size=(1000, 700)).page
    rect = page.panels[0].rect
    lines = [mark for mark in page.marks if isinstance(mark, Line) and mark.color == (230, 159, 0)]
    assert len(lines) == 4
    columns = sorted({line.x0 for line in lines})
    grey = page.panels[0].pixels[3, :, 0]
    first, last = np.flatnonzero(grey > 0)[0], np.flatnonzero(grey == 255)[0]
    assert np.abs(np.array(columns) - rect.left - (first, last)).max() < 4
    assert "Soft tissue   W 400   L 40 HU" in [mark.text for mark in page.marks if isinstance(mark, Text)]


def test_higher_bars_are_more_voxels(head):
    page = figures.histogram(head, "bone", size=(1000, 700)).page
    counts, _ = value_counts(head, [named_windows()["bone"]])
    outline = next(mark for mark in page.marks if isinstance(mark, Path) and not mark.closed)
    tops = np.array([y for _, y in outline.points[1:-1:2]])
    assert len(tops) == len(counts)
    assert tops.argmin() == counts.argmax()
    assert (tops[counts == 0] == outline.points[0][1]).all()


def test_no_windows_are_an_error(head):
    with pytest.raises(WindowError, match="no windows were given"):
        figures.histogram(head, [])


def test_a_page_too_small_says_so(head):
    with pytest.raises(ViewError, match="160 x 60 pixels is too small for a histogram of 3 windows"):
        figures.histogram(head, size=(160, 60))
    with pytest.raises(ViewError, match="too small"):
        figures.histogram(head, width=20, text=60)


@pytest.mark.parametrize("value", [0, 7.5, np.nan])
def test_values_that_are_all_the_same(head, value):
    flat = Volume.from_array(np.full((4, 4, 4), value, np.float32), np.eye(4))
    assert figures.histogram(flat, size=(600, 400)).pixels.any()
