"""Segments and structures in the panel: rows, what a press does, that all is drawn and within reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.app.conftest import MemoryDesktop
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.layer_list import draw_list
from viewer3d.app.window.list_marks import ROW, WIDTH
from viewer3d.app.window.panel import panel_text_size, panel_width
from viewer3d.app.window.region_list import (
    RegionPart,
    RegionRow,
    SetRow,
    ml_text,
    pressed_region,
    region_part,
    region_rows,
    seen_alone,
    with_region_toggled,
)
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.segmentation import Fractions, Segmentation
from viewer3d.core.view.look import RegionLook
from viewer3d.render.first_state import first_slices_state, with_first_looks
from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.shot import screenshot

TEXT, WIDE = 14, 14 * WIDTH
SIZE = (900, 500)


@pytest.fixture
def placed(ct, organs, plan):
    return place_layers(ct, [organs, plan])


@pytest.fixture
def state(ct, placed):
    return with_first_looks(first_slices_state(ct, view="mpr"), placed)


def test_rows_say_what_is_seen_and_how_large_it_is(placed, state, organs, plan):
    rows = region_rows(placed.regions, state.with_region(0, segments=(2, 5), opacity=0.4))
    voxel = 1 * 2 * 3 / 1000
    assert rows == (
        SetRow(0, "segments", True, 0.4, (True, True), is_folded=False),
        RegionRow(0, 1, "Liver", (221, 130, 101), False, organs.voxels(1) * voxel),
        RegionRow(0, 2, "Tumour", (20, 20, 160), True, 27 * voxel),
        RegionRow(0, 5, "Spleen", organs.segments[2].color, True, 0.0),
        SetRow(1, "structures", True, 1.0, (True, False), is_folded=False),
        RegionRow(1, 7, "PTV", (255, 0, 0), True, pytest.approx(10 * 12 * 9 / 1000)),
        RegionRow(1, 9, "Isocentre", (0, 255, 0), True, None),
    )
    folded = region_rows(placed.regions, state.with_region(1, shown=False), {0})
    assert folded[0] == SetRow(0, "segments", True, 1.0, (True, True), is_folded=True)
    assert [(row.turn, row.seen) for row in folded[2:]] == [(1, False)] * 2


def test_fractions_have_no_volume_by_their_voxels(ct, organs):
    part = Fractions(np.full((24, 20, 1), 128, np.uint8), 3, 255, "OCCUPANCY")
    placed = place_layers(ct, [replace(organs, fractions={2: part})]).regions
    assert placed[0].ml(2) is None
    assert placed[0].ml(1) > 0


def test_a_volume_is_that_of_what_was_given(ct, organs):
    shrunk = np.diag([0.9, 0.9, 0.9, 1.0])
    (placed,) = place_layers(ct, [Layer(organs, transform=shrunk)]).regions
    assert placed.ml(2) == pytest.approx(organs.measure(2).ml)


@pytest.mark.parametrize(("ml", "text"), [(0, "0.00 ml"), (9.996, "10.0 ml"), (99.96, "100 ml"), (1880.4, "1880 ml")])
def test_volumes_are_short(ml, text):
    assert ml_text(ml) == text


SET, ONE = SetRow(0, "segments", True, 1.0, (True, True), is_folded=False), RegionRow(0, 2, "b", (1, 2, 3), True, None)


@pytest.mark.parametrize(
    ("row", "column", "part"),
    [
        *((SET, column, part) for column, part in ((1.5, "eye"), (3.2, "fold"), (6, "fold"), (10, "style"))),
        *((ONE, column, part) for column, part in ((1.5, "eye"), (3.8, "name"), (9, "name"), (17, "name"))),
    ],
)
def test_each_part_is_where_it_is_drawn(row, column, part):
    assert region_part(row, column * TEXT, WIDE) == RegionPart(row, part)


def test_the_slider_of_a_set_is_where_it_is_drawn():
    assert region_part(SET, 13.1 * TEXT, WIDE) == RegionPart(SET, "slider", pytest.approx(0.5))


def test_an_eye_hides_one_and_shows_it_again():
    numbers, look = (1, 2, 5), RegionLook()
    without = with_region_toggled(look, 2, numbers)
    assert without.segments == (1, 5)
    assert with_region_toggled(without, 2, numbers) == look  # all, whatever else may come
    assert with_region_toggled(with_region_toggled(without, 1, numbers), 5, numbers).segments == ()
    hidden = replace(look, shown=False)
    assert with_region_toggled(hidden, 2, numbers) == replace(look, segments=(2,))  # what was closed opens


def test_one_alone_and_all_again():
    look = RegionLook(segments=(1, 5))
    alone = seen_alone(look, 2)
    assert alone.segments == (2,)
    assert seen_alone(alone, 2) == RegionLook()
    assert seen_alone(replace(alone, shown=False), 2) == alone


def test_presses_change_the_look(state):
    first = state.regions[0]

    def pressed(part, share=0.0, row=SET):
        return pressed_region(state, RegionPart(row, part, share), (1, 2, 5), first).regions

    rest = state.regions[1:]
    assert pressed("eye") == (replace(first, shown=False), *rest)
    assert pressed("style") == (replace(first, outline=0), *rest)
    assert pressed("slider", 0.333) == (replace(first, opacity=0.33), *rest)
    assert pressed("eye", row=ONE) == (replace(first, segments=(1, 5)), *rest)
    assert pressed("fold") == pressed("name", row=ONE) == state.regions


@pytest.mark.parametrize("change", [{"shown": False}, {"opacity": 0.5}, {"fill": 0.0}, {"segments": (1,)}])
def test_what_differs_is_drawn_differently(placed, state, change):
    def drawn(state, folded=()):
        picture = np.zeros((300, WIDE, 3), np.uint8)
        draw_list(picture, (), 0, TEXT, Rasterizer(), regions=region_rows(placed.regions, state, folded))
        return picture

    picture = drawn(state)
    assert (picture != drawn(state.with_region(0, **change))).any()
    assert (picture != drawn(state, {0})).any()
    swatch = picture[round(2.5 * ROW * TEXT), round(3.9 * TEXT)]
    assert tuple(swatch) == (20, 20, 160) or tuple(swatch) == (221, 130, 101)


@pytest.fixture
def window(desktop, ct, organs, plan):
    viewer = Viewer(ct, "mpr", SIZE, overlays=[organs, plan])
    viewer._panel.open()
    settle(viewer)
    yield viewer
    viewer.close()


def settle(viewer):
    for _ in range(3):
        viewer.process_events()
    return MemoryDesktop.latest.pixels.copy()


def place(column, row):
    """Return the pixel in a column of the list, and in a row below its heading, from 1."""
    return column * panel_width(SIZE) / WIDTH, (row + 0.5) * ROW * panel_text_size(SIZE)


def click(viewer, column, row, *, shift=False, double=False):
    handler = MemoryDesktop.latest.handler
    handler.press("left", *place(column, row), shift=shift)
    handler.release("left")
    if double:
        handler.double_click(*place(column, row))
        handler.release("left")
    settle(viewer)


def test_one_volume_with_regions_has_a_panel_of_them(window, ct, organs, plan):
    pixels = settle(window)
    wide = panel_width(SIZE)
    assert all("masks" in one._made for one in window.placed.regions[1:])  # before the first event
    assert window._panel.panel.region_rows == 7
    np.testing.assert_array_equal(
        pixels[:, wide:], screenshot(ct, state=window.state, size=window.size, overlays=[organs, plan])
    )
    assert (pixels[round(8.2 * ROW * panel_text_size(SIZE)) :, : wide - 1] == EMPTY).all()


def test_clicks_in_the_panel(window):
    first = window.state
    click(window, 1.5, 2)
    assert window.state.regions[0].segments == (2, 5)
    click(window, 1.5, 2)
    assert window.state == first
    for how in ({"shift": True}, {"double": True}):
        click(window, 1.5, 3, **how)
        assert window.state.regions[0].segments == (2,)
        click(window, 1.5, 3, **how)
        assert window.state == first
    click(window, 8, 3)
    assert window.state.cursor == (11.0, 14.0, 12.0)
    click(window, 8, 4)  # without a voxel
    assert window.state.cursor == (11.0, 14.0, 12.0)
    click(window, 1.5, 5)
    assert [look.shown for look in window.state.regions] == [True, False]
    assert window.state.active == 0


def test_a_set_is_folded_and_its_slider_dragged(window):
    click(window, 6, 1)
    assert window._panel.panel.region_rows == 4
    click(window, 3.2, 1)
    assert window._panel.panel.region_rows == 7
    handler = MemoryDesktop.latest.handler
    handler.press("left", *place(12, 5))
    handler.move(*place(14.3, 9))
    handler.release("left")
    handler.move(*place(11, 9))
    assert window.state.regions[1].opacity == pytest.approx(0.75, abs=0.01)
    assert window.state.regions[0].opacity == 1
    click(window, 10, 5)
    assert (window.state.regions[1].outline, window.state.regions[1].fill) == (2, 0.3)


def test_a_hundred_segments_are_all_within_reach(desktop, ct):
    labels = np.zeros(ct.shape, np.uint8)
    labels.reshape(-1)[:100] = np.arange(1, 101)
    many = Segmentation.from_array(labels, ct.affine, frame_of_reference="1.2.3")
    viewer = Viewer(ct, "mpr", SIZE, overlays=[many])
    viewer._panel.open()
    before = settle(viewer)
    for _ in range(60):
        MemoryDesktop.latest.handler.wheel(-1, 20, 100)
    after = settle(viewer)
    panel = viewer._panel.panel
    last = panel.first_layer + int(SIZE[1] / (ROW * panel_text_size(SIZE))) - 2
    assert last == 100  # of the rows from 0, the first of which is the set's
    assert (before[:, : panel_width(SIZE)] != after[:, : panel_width(SIZE)]).any()
    click(viewer, 1.5, last - panel.first_layer + 1)
    assert viewer.state.regions[0].segments == tuple(range(1, 100))
    click(viewer, 3.2, 1)  # a segment, since the list is scrolled
    assert panel.region_rows == 101
    viewer.close()


def test_the_row_of_the_region_that_was_gone_to_is_marked_and_in_sight(desktop, ct):
    labels = np.zeros(ct.shape, np.uint8)
    labels.reshape(-1)[:100] = np.arange(1, 101)
    viewer = Viewer(ct, "mpr", SIZE, overlays=[Segmentation.from_array(labels, ct.affine, frame_of_reference="1.2.3")])
    viewer._panel.open()
    settle(viewer)
    panel, high = viewer._panel, ROW * panel_text_size(SIZE)
    assert panel.panel.marked == -1
    viewer.interactor.key("J")
    pixels = settle(viewer)
    assert (panel.panel.marked, panel.panel.first_layer) == (1, 0)
    assert tuple(pixels[round(2.5 * high), 2]) != EMPTY == tuple(pixels[round(3.5 * high), 2])
    viewer.interactor.key("G")  # the last
    settle(viewer)
    row = panel.panel.marked - panel.panel.first_layer + 1
    assert (panel.panel.marked, 1 <= row <= SIZE[1] / high - 1) == (100, True)
    first = panel.panel.first_layer
    viewer.interactor.key("Up")
    settle(viewer)
    assert (panel.panel.marked, panel.panel.first_layer) == (-1, first)
    viewer.close()
