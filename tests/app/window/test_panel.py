"""The panel of series: what is where, what is selected, and that it is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.window.panel import (
    Panel,
    is_over,
    layers_height,
    panel_width,
    row_height,
    visible_layers,
    with_layer_in_sight,
    with_layers_scrolled,
)
from viewer3d.app.window.series.draw_series import SeriesRows, draw_panel
from viewer3d.app.window.series.series_list import row_at, with_scroll, with_selection_moved
from viewer3d.dicom.series.catalog import CatalogEntry
from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.marks.raster import Rasterizer

SIZE = (1200, 900)


def entries(count):
    return [
        CatalogEntry(f"{n}  CT", f"series of a long description {n}", "34 x 30 x 12", None, None) for n in range(count)
    ]


def drawn(panel, size=SIZE, thumbnails=None):
    return draw_panel(panel, size, SeriesRows(entries(panel.count), thumbnails or [None] * panel.count), Rasterizer())


@pytest.mark.parametrize("size", [SIZE, (300, 200), (16, 16), (3840, 2160), (1, 1), (900, 20)])
@pytest.mark.parametrize("layers", [0, 2, 50])
def test_any_size(size, layers):
    panel = Panel(5, opened=1, selected=2, layers=layers, is_wanted=True, has_keys=True)
    picture = drawn(panel, size, [np.full((128, 90), 200, np.uint8)] * 5)
    assert picture.shape == (size[1], panel_width(size), 3)
    assert panel_width(size) <= size[0] / 2
    with_selection_moved(panel, size, 3)
    assert 0 <= layers_height(panel, size) <= (size[1] + 1) / 2
    assert with_layers_scrolled(panel, size, 3).first_layer <= max(0, layers - 1)


def test_a_row_is_the_entry_that_is_drawn_there():
    panel = Panel(20, first=3, is_wanted=True)
    high = row_height(SIZE)
    assert row_at(panel, SIZE, 0) == 3
    assert row_at(panel, SIZE, 2 * high + 1) == 5
    assert row_at(replace(panel, count=4), SIZE, high + 1) is None
    assert row_at(panel, SIZE, -1) is None
    assert is_over(panel, SIZE, panel_width(SIZE) - 1)
    assert not is_over(panel, SIZE, panel_width(SIZE))
    assert not is_over(replace(panel, is_wanted=False), SIZE, 3)


def test_what_is_selected_is_brought_into_sight():
    panel = Panel(40, is_wanted=True)
    seen = SIZE[1] // row_height(SIZE)
    for steps, selected in ((1, 1), (-5, 0), (10**6, 39), (-1, 38), (-(10**6), 0)):
        panel = with_selection_moved(panel, SIZE, steps)
        assert panel.selected == selected
        assert panel.first <= selected < panel.first + seen
    assert with_scroll(panel, SIZE, 10**6).first == 40 - seen
    assert with_scroll(Panel(2), SIZE, 1).first == 0
    assert with_selection_moved(Panel(0), SIZE, 1).selected == 0


def test_a_layer_is_brought_into_sight():
    size = (900, 300)
    panel, visible = Panel(0, layers=20), visible_layers(Panel(0, layers=20), size)
    assert 5 < visible < 15
    for number, first in ((19, 0), (20 - visible, 0), (19 - visible, 1), (0, 20 - visible), (19, 0)):
        panel = with_layer_in_sight(panel, size, number)
        assert panel.first_layer == first
    assert with_layer_in_sight(replace(panel, first_layer=3), size, 10).first_layer == 3
    assert with_layers_scrolled(panel, size, 100).first_layer == 20 - visible


def test_only_the_row_that_changes_changes():
    panel, high = Panel(6, opened=1, selected=2, is_wanted=True), row_height(SIZE)
    plain = drawn(panel)
    with_keys = drawn(replace(panel, has_keys=True))
    opened = drawn(replace(panel, opened=4))
    pictures = [None] * 6
    pictures[3] = np.full((100, 128), 255, np.uint8)
    pictured = drawn(panel, thumbnails=pictures)
    for other, rows in ((with_keys, {2}), (opened, {1, 4}), (pictured, {3})):
        assert {int(row) // high for row in np.nonzero((other != plain).any((1, 2)))[0]} == rows
    assert (plain[7 * high :, :-1] == EMPTY).all()


def test_a_picture_keeps_its_proportions():
    picture = drawn(Panel(1, is_wanted=True), thumbnails=[np.full((60, 120), 255, np.uint8)])
    rows, columns = np.nonzero((picture == 255).all(-1))
    assert np.ptp(columns) + 1 == pytest.approx(2 * (np.ptp(rows) + 1), abs=2)
