"""The list of series as it is drawn: texts, marks, thumbnails, tips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.window.panel import Panel, panel_width, row_height
from viewer3d.app.window.series.draw_series import (
    SeriesRows,
    draw_panel,
    numbered_alike,
    row_texts,
    row_tip_marks,
)
from viewer3d.app.window.series.series_list import row_at, row_tops, with_scroll
from viewer3d.dicom.series.catalog import CatalogEntry, CatalogRefusal
from viewer3d.render.display.device_pixels import DelayedRasterizer, DevicePixels
from viewer3d.render.marks.display_list import PLANE_COLORS, Text
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.marks.typesetting import fitted_end, text_width

SIZE = (1200, 900)
LONG = "thorax and abdomen with contrast agent in the portal venous phase, thin"
WHY = "Real World Value Mapping of images that are elsewhere: no image"


def entry(number, description="", size="34 x 30 x 12"):
    return CatalogEntry(f"{number}  CT", description, size, None, None)


ROWS = SeriesRows(
    (entry(1), entry(2, LONG)),
    (None, None),
    (CatalogRefusal("9  RWV", WHY, "1 file"), CatalogRefusal("-", "not DICOM", "13 files")),
    ("/data/of/somebody/study",),
    "open ...",
    "Ctrl + o",
)
PANEL = Panel(2, 2, 1, can_open=True, is_wanted=True)


def test_rows_say_what_they_are_of_in_full():
    assert row_texts(PANEL, ROWS, 0) == ("1  CT", "34 x 30 x 12")
    assert row_texts(PANEL, ROWS, 1) == ("2  CT", LONG, "34 x 30 x 12")
    assert row_texts(PANEL, ROWS, 2) == ("9  RWV   1 file", WHY)
    assert row_texts(PANEL, ROWS, 3) == ("13 files", "not DICOM")
    assert row_texts(PANEL, ROWS, 4) == ("study", "/data/of/somebody")


def test_rows_that_read_the_same_are_numbered():
    alike = numbered_alike([entry(1), entry(2, "a"), entry(2, "a"), entry(3, "a"), entry(2, "a")])
    assert [one.description for one in alike] == ["", "a (1 of 3 alike)", "a (2 of 3 alike)", "a", "a (3 of 3 alike)"]


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (300, 200), (700, 500), SIZE, (3840, 2160)])
def test_any_size(size):
    picture = draw_panel(replace(PANEL, has_keys=True, selected=2), size, ROWS, Rasterizer())
    assert picture.shape == (size[1], panel_width(size), 3)
    row_tip_marks(replace(PANEL, has_keys=True, selected=2), size, ROWS, size[0] - panel_width(size))


def test_what_is_shown_and_what_stands_beside_it_are_marked():
    rows = SeriesRows(tuple(entry(n) for n in range(6)), (None,) * 6)
    plain = draw_panel(Panel(6, is_wanted=True), SIZE, rows, Rasterizer())
    marked = draw_panel(Panel(6, opened=1, beside=frozenset({4}), is_wanted=True), SIZE, rows, Rasterizer())
    high = row_height(SIZE)
    assert {int(row) // high for row in np.nonzero((plain != marked).any((1, 2)))[0]} == {1, 4}
    assert (marked[high + 5, 0] == PLANE_COLORS["sagittal"]).all()
    assert plain[4 * high + 5, 0].max() < marked[4 * high + 5, 0].max() < max(PLANE_COLORS["sagittal"])


def test_what_cannot_be_shown_is_dim():
    (top, *_), tops = [0], row_tops(PANEL, SIZE)
    picture = draw_panel(PANEL, SIZE, ROWS, Rasterizer())
    entries, refused = picture[: tops[2], 80:], picture[tops[2] : tops[4]]
    assert refused.max() < 140 < entries.max()
    assert row_at(PANEL, SIZE, top + tops[2]) == 2


def test_a_tip_says_the_whole_of_what_is_cut_and_nothing_of_what_is_not():
    wide = SIZE[0] - panel_width(SIZE)
    for row, text in ((1, LONG), (2, WHY)):
        marks = row_tip_marks(replace(PANEL, has_keys=True, selected=row), SIZE, ROWS, wide)
        assert text in " ".join(one.text for one in marks if isinstance(one, Text))
    for panel in (
        replace(PANEL, has_keys=True, selected=0),
        replace(PANEL, selected=1),
        replace(PANEL, has_keys=True, selected=3),
    ):
        assert row_tip_marks(panel, SIZE, ROWS, wide) == ()


def test_a_tip_stays_in_the_window():
    rows = SeriesRows(tuple(entry(n, 20 * "very long ") for n in range(40)), (None,) * 40)
    panel = with_scroll(Panel(40, selected=39, is_wanted=True, has_keys=True), SIZE, 100)
    marks = row_tip_marks(panel, SIZE, rows, 500)
    lines = [one for one in marks if isinstance(one, Text)]
    assert len(lines) > 2
    assert max(one.y for one in lines) < SIZE[1]
    assert max(one.x + text_width(one.text, one.size) for one in lines) < 500


def test_the_end_of_a_path_is_kept():
    path = "/a/very/long/path/that/leads/to/the/study"
    cut = fitted_end(path, 13, 120)
    assert cut.startswith("…")
    assert path.endswith(cut[1:])
    assert 60 < text_width(cut, 13) <= 120
    assert fitted_end(path, 13, 1000) == path


def test_thumbnails_are_drawn_in_pixels_of_the_screen():
    squares = (np.indices((128, 128)).sum(0) % 2 * 255).astype(np.uint8)
    squares[:] = np.where(np.arange(128) % 8 < 4, 255, 0)
    rows = SeriesRows((entry(1),), (squares,))
    pictures = []
    for scale in (1.0, 2.0):
        raster = DelayedRasterizer()
        raster.device = DevicePixels(scale)
        plain = draw_panel(Panel(1, is_wanted=True), SIZE, rows, raster)
        pictures.append(raster.finish(plain, raster.take()))
    once, twice = pictures
    assert twice.shape[:2] == (2 * SIZE[1], 2 * panel_width(SIZE))
    box = twice[14:140, 28:154]
    # Enlarged by repetition each pixel would be there twice; of the screen's own they differ.
    assert (box[:, 0:124:2] != box[:, 1:125:2]).mean() > 0.2
    assert np.abs(once[7:70, 14:77].mean() - box.mean()) < 3


def test_a_row_that_is_cut_off_below_has_its_thumbnail_cut_and_not_smaller():
    rows = SeriesRows(tuple(entry(n) for n in range(20)), (np.full((128, 128), 200, np.uint8),) * 20)
    picture = draw_panel(Panel(20, is_wanted=True), SIZE, rows, Rasterizer())
    last = picture[(SIZE[1] // row_height(SIZE)) * row_height(SIZE) :]
    assert ((last == 200).all(-1).any(0)).sum() == ((picture[:70] == 200).all(-1).any(0)).sum()
