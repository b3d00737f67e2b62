"""The panel of a window in memory: it shows the layers, follows keys, and changes what the picture shows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.app.conftest import MemoryDesktop
from tests.phantom_files import write_phantom
from tests.recipes.layered import write_pair
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.layer_list import ROW, WIDTH
from viewer3d.app.window.panel import Panel, layers_height, panel_text_size, panel_width
from viewer3d.core.layers import Layer
from viewer3d.errors import ViewError
from viewer3d.formats.load import load
from viewer3d.render.shot import screenshot

SIZE = (900, 400)
WIDE, TEXT = panel_width(SIZE), panel_text_size(SIZE)


def place(column, row):
    """Return the pixel in a column of the list of layers, and in a row below its heading."""
    return column * WIDE / WIDTH, (row + 0.5) * ROW * TEXT


@pytest.fixture
def window(desktop, ct, pet) -> Iterator[Viewer]:
    """The CT with the PET over it, in a desktop window in memory."""
    viewer = Viewer(ct, "mpr", SIZE, overlays=[pet])
    viewer._panel.open()
    settle(viewer)
    yield viewer
    viewer.close()


def settle(viewer):
    for _ in range(3):
        viewer.process_events()
    return MemoryDesktop.latest.pixels.copy()


def events(_viewer):
    return MemoryDesktop.latest.handler


@pytest.mark.parametrize("column", [0.5, 3.0, WIDTH - 2.0])
def test_a_row_that_has_gone_since_it_was_seen_does_nothing(window, column):
    before = window.state
    window._panel.panel = replace(window._panel.panel, layers=3)  # what an event just before has not changed yet
    x, y = place(column, 1)  # of the third layer, the highest
    events(window).press("left", x, y)
    events(window).move(x + 9, y)
    events(window).double_click(x, y)
    events(window).release("left")
    assert window.state == before


def test_the_picture_is_beside_the_panel(window, ct, pet):
    pixels = settle(window)
    assert window.size == (SIZE[0] - WIDE, SIZE[1])
    np.testing.assert_array_equal(
        pixels[:, WIDE:], screenshot(ct, state=window.state, size=window.size, overlays=[pet])
    )
    below = pixels[layers_height(window._panel.panel, SIZE) :, : WIDE - 1]
    assert (below == below[0, 0]).all()
    assert pixels[: round(3 * ROW * TEXT), :WIDE].max() > 200


def test_clicks_and_drags_in_the_panel_change_the_picture(window, ct, pet):
    handler = events(window)
    handler.press("left", *place(1.5, 1))
    handler.release("left")
    hidden = settle(window)
    np.testing.assert_array_equal(
        hidden[:, WIDE:], screenshot(ct, state=window.state, size=window.size, overlays=[pet])
    )
    assert not window.state.layers[1].shown
    handler.press("left", *place(1.5, 1))
    handler.release("left")
    handler.press("left", *place(12, 1))
    handler.move(*place(14.3, 9))
    handler.release("left")
    assert window.state.layers[1].opacity == pytest.approx(0.75, abs=0.01)
    dragged = settle(window)
    assert (dragged[:, WIDE:] != hidden[:, WIDE:]).any()
    np.testing.assert_array_equal(
        dragged[:, WIDE:], screenshot(ct, state=window.state, size=window.size, overlays=[pet])
    )
    assert window.note == ""  # the panel says it


def test_the_panel_follows_keys_and_programs(window):
    before = settle(window)
    events(window).key("asterisk")
    by_key = settle(window)
    row = slice(round(ROW * TEXT), round(2 * ROW * TEXT))
    assert (by_key[row, :WIDE] != before[row, :WIDE]).any()
    window.state = window.state.with_look(1, opacity=0.7)
    np.testing.assert_array_equal(settle(window)[:, :WIDE], before[:, :WIDE])


def test_what_it_does_not_show_does_not_draw_it(window, monkeypatch):
    drawn = []
    monkeypatch.setattr(window._panel._area, "set_panel", drawn.append)
    handler = events(window)
    handler.move(WIDE + 50, 50)
    handler.press("left", WIDE + 50, 50)
    handler.move(WIDE + 90, 70)  # the window
    handler.release("left")
    handler.wheel(1, WIDE + 50, 50)
    settle(window)
    assert drawn == []
    handler.key("k")
    settle(window)
    assert len(drawn) == 1


def test_panel_and_picture_change_as_one(window):
    """A slider that is dragged shows one frame a step; what the panel alone shows is shown as well."""
    handler, shown = events(window), MemoryDesktop.latest
    handler.press("left", *place(12, 1))
    settle(window)
    for column in (13, 14, 15):
        before, frames = shown.pixels.copy(), shown.frames
        handler.move(*place(column, 1))
        assert window.process_events()
        assert shown.frames == frames + 1
        assert (shown.pixels[:, :WIDE] != before[:, :WIDE]).any()
        assert (shown.pixels[:, WIDE:] != before[:, WIDE:]).any()
    handler.release("left")
    settle(window)
    frames = shown.frames
    assert not window.process_events()
    assert shown.frames == frames
    window._panel.panel = Panel(layers=2, first_layer=1, is_wanted=True)
    before = shown.pixels.copy()
    assert window.process_events()  # so that the next is not waited for
    assert (shown.frames, (shown.pixels[:, :WIDE] != before[:, :WIDE]).any()) == (frames + 1, True)
    assert not window.process_events()


def test_a_layer_that_becomes_active_is_in_sight(desktop, ct, pet):
    with Viewer(ct, "mpr", (600, 120), overlays=[pet] * 19) as viewer:
        viewer._panel.open()
        settle(viewer)
        first = viewer._panel.panel.first_layer
        assert first > 0  # the base, at the bottom, is active
        events(viewer).wheel(100, 5, 5)
        settle(viewer)
        assert viewer._panel.panel.first_layer == 0  # it may be scrolled away
        viewer.interactor.key("N")
        settle(viewer)
        assert viewer._panel.panel.first_layer == first - 1


def test_tab_hides_the_panel_and_the_picture_takes_its_place(window, ct, pet):
    events(window).key("Tab")
    pixels = settle(window)
    assert window.size == SIZE
    np.testing.assert_array_equal(pixels, screenshot(ct, state=window.state, size=SIZE, overlays=[pet]))
    events(window).key("Tab")
    settle(window)
    assert window.size == (SIZE[0] - WIDE, SIZE[1])


def test_a_volume_alone_has_no_panel(desktop, ct):
    with Viewer(ct, "mpr", SIZE) as viewer:
        viewer._panel.open()
        np.testing.assert_array_equal(settle(viewer), screenshot(ct, view="mpr", size=SIZE))
        events(viewer).key("Tab")
        assert viewer.note.startswith("no other series here")
        assert viewer.size == SIZE


def test_layers_that_come_and_go_with_another_volume(window, ct):
    window.exchange(ct)
    np.testing.assert_array_equal(settle(window)[:, -200:], screenshot(ct, view="mpr", size=SIZE)[:, -200:])
    assert window.size == SIZE


@pytest.mark.parametrize("size", [(60, 40), (300, 30), (1, 1), (40, 900)])
def test_a_window_of_any_size(window, size):
    MemoryDesktop.latest.size = size
    MemoryDesktop.latest.pixels = np.zeros((size[1], size[0], 3), np.uint8)
    settle(window)
    for x, y in ((1, 1), (5, 25), (12, 31), (39, 39)):
        events(window).press("left", x, y)
        events(window).move(x + 3, y)
        events(window).release("left")
        events(window).wheel(-1, x, y)
        settle(window)


@pytest.fixture
def browse(desktop):
    from viewer3d.app.browser import Browser

    made = []

    def begin(source, **how):
        one = Browser(source, "mpr", SIZE, **how)
        one.open()
        made.append(one)
        return turned(one)

    yield begin
    for one in made:
        one.close()


def turned(browser, seconds=20):
    end = time.monotonic() + seconds
    while (browser.viewer is None or browser.is_loading) and time.monotonic() < end:
        browser.process_events()
        time.sleep(0.002)
    for _ in range(3):
        browser.process_events()
    return browser


def test_a_folder_with_an_overlay_from_files(browse, tmp_path):
    ct, pet = write_pair(tmp_path)
    browser = browse(ct, overlays=[Layer(pet, look={"opacity": 0.4})])  # one series: the panel is there for the layers
    viewer = browser.viewer
    assert [layer.name for layer in viewer.layers] == ["CT", "PET"]
    assert viewer.state.layers[1].opacity == 0.4
    assert viewer.size == (SIZE[0] - WIDE, SIZE[1])
    expected = screenshot(load(ct), state=viewer.state, size=viewer.size, overlays=[load(pet)])
    np.testing.assert_array_equal(MemoryDesktop.latest.pixels[:, WIDE:], expected)
    events(browser).press("left", *place(6, 1))
    assert viewer.state.active == 1
    end = time.monotonic() + 20
    while browser._thumbnails[0] is None and time.monotonic() < end:
        browser.process_events()
        time.sleep(0.002)
    browser.process_events()
    series = MemoryDesktop.latest.pixels[layers_height(browser.panel, SIZE) :, : WIDE // 3]
    assert series.max() > 200  # its picture


def test_an_overlay_goes_where_it_does_not_lie_and_comes_back(browse, tmp_path):
    """The CT, the PET itself, and a CT of another examination in one folder."""

    write_pair(tmp_path)
    write_phantom(tmp_path / "other", shape=(34, 30, 9), spacing=(9.0, 8.0, 6.0), seed=7)
    from tests.recipes.layered import changed

    def elsewhere(dataset):
        dataset.FrameOfReferenceUID, dataset.SeriesInstanceUID, dataset.SeriesNumber = "1.2.9", "1.2.8.88", 12
        dataset.SOPInstanceUID = f"1.2.8.88.{dataset.InstanceNumber}"

    changed(tmp_path / "other", tmp_path / "far", elsewhere)
    for path in (tmp_path / "other").iterdir():
        path.unlink()
    browser = browse(tmp_path, overlays=[tmp_path / "pet"])
    viewer, catalog = browser.viewer, browser._catalog.entries
    titles = {entry.title.split()[0]: number for number, entry in enumerate(catalog)}
    assert len(viewer.layers) == 2
    first = browser.panel.opened
    viewer.interactor.key("ampersand")
    for number, count, note in (
        (titles["12"], 1, "PET does not lie in this series and will be back with the first"),
        (titles["9"], 1, ""),
        (first, 2, ""),
    ):
        browser.choose(number)
        turned(browser)
        assert (len(viewer.layers), viewer.note) == (count, note), number


def test_an_overlay_that_lies_nowhere_in_the_first_series_is_refused(desktop, tmp_path, pet):
    from viewer3d.app.browser import Browser

    ct, _ = write_pair(tmp_path)
    browser = Browser(ct, "mpr", SIZE, overlays=[pet])
    with pytest.raises(ViewError, match="its frame of reference is another"):
        browser.show()
    assert not MemoryDesktop.latest.is_open


def test_an_overlay_that_cannot_be_loaded_is_told_in_the_window(desktop, tmp_path):
    ct, _ = write_pair(tmp_path)
    from viewer3d.app.browser import Browser

    browser = Browser(ct, "mpr", SIZE, overlays=[tmp_path / "none"])
    browser.open()
    end = time.monotonic() + 20
    while browser.error is None and time.monotonic() < end:
        browser.process_events()
    assert "none" in browser.message
    assert browser.viewer is None
    browser.close()
