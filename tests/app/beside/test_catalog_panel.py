"""A window on a folder with several of its series side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.app.conftest import BROWSER_SIZE, MemoryDesktop, Slow
from tests.app.sessions.conftest import as_if_from_files
from tests.app.test_browser import SMALL, seen, turned
from tests.phantom_files import write_phantom
from viewer3d import Image2D
from viewer3d.app.show import read_saved_views, read_state
from viewer3d.app.window.panel import panel_width, row_height
from viewer3d.core.images.image2d import flat_volume
from viewer3d.core.layers import Layer
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.catalog import Catalog, CatalogEntry, CatalogObject, CatalogRequest
from viewer3d.errors import BadFileError, ViewError
from viewer3d.phantom import Faults

SIZE = BROWSER_SIZE


def volume(value):
    voxels = np.full((12, 10, 8), value, np.int16)
    return Volume.from_array(voxels, np.eye(4), description=f"of {value}", frame_of_reference="1.2", modality="MR")


@pytest.fixture
def browser(monkeypatch, browse):
    """A window on six series, the last of which cannot be read, the first shown."""
    from viewer3d.app import browser

    def entry(number):
        def load(progress):
            if number == 5:
                raise BadFileError("a.dcm: truncated; fetch it again")
            return [volume(100 * number)]

        return CatalogEntry(f"{number}  MR", "", "", lambda: np.full((64, 128), 90, np.uint8), load)

    catalog = Catalog(tuple(entry(number) for number in range(6)), 0)
    monkeypatch.setattr(browser, "build_catalog", lambda *_: catalog)
    return seen(browse(""))


def put(browser, entry):
    count = browser.cells.count
    MemoryDesktop.latest.handler.press("left", 5, entry * row_height(SIZE) + 5, ctrl=True)
    turned(browser, lambda: browser.cells.count > count)


def values(browser):
    return [int(one.volume.voxels[0, 0, 0]) for one in browser.cells.viewers]


def test_the_selected_series_is_put_beside_by_its_key_and_any_by_ctrl_and_a_click(browser):
    handler = MemoryDesktop.latest.handler
    handler.move(5, row_height(SIZE) + 5)
    handler.move(panel_width(SIZE) + 200, 100)
    handler.key("ctrl+b", "b")
    turned(browser, lambda: browser.cells.count == 2)
    put(browser, 2)
    assert values(browser) == [0, 100, 200]
    assert browser.viewer is browser.cells.viewers[0]
    assert browser.panel.opened == 0
    first = browser.cells.viewers[1]
    put(browser, 1)  # shown already: not loaded again
    assert browser.cells.viewers[3].volume is first.volume
    handler.press("left", 5, 5, ctrl=True)
    browser.process_events()
    assert browser.cells.count == 4
    assert "4 series stand side by side" in browser.message


def test_the_panel_is_for_the_active_cell(browser):
    put(browser, 1)
    handler = MemoryDesktop.latest.handler
    width = SIZE[0] - panel_width(SIZE)
    handler.press("left", panel_width(SIZE) + 3 * width // 4, 100)
    handler.release("left")
    assert browser.cells.active == 1
    assert browser.panel.opened == 1
    handler.press("left", 5, 2 * row_height(SIZE) + 5)
    turned(browser, lambda: values(browser) == [0, 200])
    assert browser.panel.opened == 2
    handler.press("left", panel_width(SIZE) + width // 4, 100)
    handler.release("left")
    assert browser.panel.opened == 0
    browser.viewer.set_overlays([Layer(volume(7), name="over")])
    assert [len(one.layers) for one in browser.cells.viewers] == [2, 1]
    browser.process_events()
    assert browser.panel.layers == 2
    browser.viewer.steering.obey("close cell")
    browser.process_events()
    assert values(browser) == [200]
    assert browser.panel.opened == 2
    assert browser.panel.layers == 0  # a volume alone is no row
    assert browser.is_open


def test_what_cannot_be_read_is_told_and_all_else_stays(browser):
    MemoryDesktop.latest.handler.press("left", 5, row_height(SIZE) + 5, ctrl=True)
    turned(browser, lambda: browser.cells.count == 2)
    browser.put_beside(5)
    turned(browser, lambda: bool(browser.message))
    assert browser.message.startswith("a.dcm: truncated")
    assert values(browser) == [0, 100]
    assert browser.panel.opened == 0


def test_closing_the_window_closes_all(browser):
    put(browser, 1)
    MemoryDesktop.latest.handler.key("q", "q")
    browser.process_events()
    browser.close()
    assert not browser.is_open


def test_what_is_asked_for_beside_is_loaded_after_the_first_and_saved_views_are_shown(monkeypatch, browse, tmp_path):
    write_phantom(tmp_path / "a", faults=Faults(second_series=True), **SMALL)
    write_phantom(tmp_path / "b", **SMALL)
    browser = browse(tmp_path / "a")
    browser.put_requested([tmp_path / "b"])
    turned(browser, lambda: browser.cells.count == 2 and not browser.is_loading)
    assert [one.entry for one in browser._rows] == [browser.panel.opened, -1]
    handler = MemoryDesktop.latest.handler
    handler.wheel(2, panel_width(SIZE) + 50, 150)
    handler.key("F3")
    saved = SideBySide.from_json(browser.cells.side_by_side.to_json())
    path = tmp_path / "views.json"
    path.write_text(saved.to_json())
    assert read_saved_views(path) == saved
    with pytest.raises(ViewError, match="several series side by side"):
        read_state(path)
    browser.close()

    again = browse(tmp_path / "a", request=CatalogRequest(digests=saved.cells[0].series))
    again.put_requested([tmp_path / "b"], saved)
    turned(again, lambda: again.cells.count == 2 and again.cells.side_by_side == saved)
    again.close()


def test_the_series_of_saved_views_are_found_in_the_folder(browse, tmp_path):
    write_phantom(tmp_path / "a", faults=Faults(second_series=True), **SMALL)
    browser = browse(tmp_path / "a")
    turned(browser, lambda: browser.cells.count == 1 and not browser.is_loading)
    put(browser, 1)
    saved = browser.cells.side_by_side
    browser.close()
    again = browse(tmp_path / "a", request=CatalogRequest(digests=saved.cells[0].series))
    again.put_requested([], SideBySide.from_json(saved.to_json()))
    turned(again, lambda: again.cells.count == 2 and again.cells.side_by_side == saved)
    assert [one.entry for one in again._rows] == [0, 1]
    again.close()
    lost = replace(saved, cells=(saved.cells[0], replace(saved.cells[1], series=("nowhere",))))
    third = browse(tmp_path / "a")
    third.put_requested([], lost)
    turned(third, lambda: bool(third.message))
    assert "give its files with --beside" in third.message
    assert third.cells.count == 1


def test_what_was_chosen_for_a_cell_is_shown_there_whichever_is_active_when_it_is_loaded(browser):
    put(browser, 1)
    browser.cells.activate(0)
    browser.choose(2)
    browser.cells.activate(1)
    turned(browser, lambda: values(browser) == [200, 100])
    assert browser.panel.opened == 2
    browser.choose(3, over=True)
    browser.cells.activate(1)
    turned(browser, lambda: [len(one.layers) for one in browser.cells.viewers] == [2, 1])
    assert values(browser) == [200, 100]


def test_what_was_chosen_for_a_cell_that_was_closed_is_let_go(browser):
    put(browser, 1)
    browser.cells.activate(1)
    browser.choose(2)
    browser.viewer.steering.obey("close cell")
    turned(browser, lambda: not browser.is_loading)
    assert values(browser) == [0]
    assert browser.panel.opened == 0


def test_what_is_put_beside_nothing_is_shown(monkeypatch, browse):
    from viewer3d.app import browser

    slow = Slow(volume(0))
    entries = [CatalogEntry("0  MR", "", "", lambda: None, slow)]
    entries += [CatalogEntry("1  MR", "", "", lambda: None, lambda _: [volume(100)])]
    monkeypatch.setattr(browser, "build_catalog", lambda *_: Catalog(tuple(entries), 0))
    window = browse("")
    turned(window, slow.begun.is_set)
    MemoryDesktop.latest.handler.press("left", 5, row_height(SIZE) + 5, ctrl=True)
    turned(window, lambda: window.cells.count == 1)
    assert values(window) == [100]
    assert window.panel.opened == 1


def test_what_is_put_beside_comes_instead_of_what_is_being_loaded(monkeypatch, browse):
    from viewer3d.app import browser

    slow = Slow(volume(100))
    loads = [lambda _: [volume(0)], slow, lambda _: [volume(200)]]
    entries = [CatalogEntry(f"{n}  MR", "", "", lambda: None, load) for n, load in enumerate(loads)]
    monkeypatch.setattr(browser, "build_catalog", lambda *_: Catalog(tuple(entries), 0))
    window = seen(browse(""))
    window.put_beside(1)
    turned(window, slow.begun.is_set)
    put(window, 2)
    assert values(window) == [0, 200]
    assert slow.ended.is_set()


def test_an_image_beside_a_volume_follows_as_far_as_it_can_and_stays_alone(monkeypatch, browse, tmp_path):
    from viewer3d.app import browser

    image = flat_volume(Image2D(np.arange(1200, dtype=np.int16).reshape(1, 30, 40)))
    loads = [lambda _: [volume(0)], lambda _: [image]]
    entries = [CatalogEntry(f"{n}  MR", "", "", lambda: None, load) for n, load in enumerate(loads)]
    monkeypatch.setattr(browser, "build_catalog", lambda *_: Catalog(tuple(entries), 0))
    window = seen(browse(""))
    put(window, 1)
    assert window.message == ""
    assert "linked in zoom alone" in window.cells.viewers[1].note
    base = window.viewer.state
    window.viewer.state = replace(base, slab=replace(base.slab, thickness=3.0))
    window.cells.link_by_offset()
    window.viewer.state = replace(window.viewer.state, axes=((0.6, 0.8, 0.0), (-0.8, 0.6, 0.0), (0.0, 0.0, 1.0)))
    for _ in range(4):
        window.process_events()
    assert (window.cells.viewers[1].state.slab.thickness, window.cells.viewers[1].state.is_oblique) == (0, False)
    monkeypatch.chdir(tmp_path)
    window.viewer.steering.obey("save picture")
    assert "lies in no space" in window.viewer.note
    window.cells.close_cell(0)
    for _ in range(4):
        window.process_events()
    assert window.viewer.volume is image
    assert window.viewer.state.view == "axial"
    assert window.panel.opened == 1


def test_a_series_that_was_left_in_another_layout_comes_back_with_one_pane_in_a_cell(monkeypatch, browse):
    from viewer3d.app import browser

    known = [as_if_from_files(volume(100 * number), number) for number in range(3)]
    entries = [CatalogEntry(f"{n}  MR", "", "", lambda: None, lambda _, n=n: [known[n]]) for n in range(3)]
    monkeypatch.setattr(browser, "build_catalog", lambda *_: Catalog(tuple(entries), 0))
    window = seen(browse(""))
    window.choose(1)
    turned(window, lambda: values(window) == [100])
    window.choose(0)
    turned(window, lambda: values(window) == [0])
    put(window, 2)
    window.choose(1)
    turned(window, lambda: values(window) == [100, 200])
    assert [one.state.view for one in window.cells.viewers] == ["axial", "axial"]


def test_what_lies_over_one_cell_is_not_laid_over_what_is_loaded_for_another(monkeypatch, browse):
    from viewer3d.app import browser

    slow = Slow(volume(300))
    loads = [*(lambda _, n=n: [volume(100 * n)] for n in range(3)), slow]
    entries = [CatalogEntry(f"{n}  MR", "", "", lambda: None, load) for n, load in enumerate(loads)]
    monkeypatch.setattr(browser, "build_catalog", lambda *_: Catalog(tuple(entries), 0))
    window = seen(browse(""))
    put(window, 1)
    window.choose(2, over=True)
    turned(window, lambda: len(window.cells.viewers[0].layers) == 2)
    window.cells.activate(1)
    window.choose(3)
    turned(window, slow.begun.is_set)
    window.cells.activate(0)
    slow.go.set()
    turned(window, lambda: values(window) == [0, 300])
    assert [len(one.layers) for one in window.cells.viewers] == [2, 1]


def test_a_segmentation_stands_beside_nothing_and_that_is_said(monkeypatch, browse):
    from viewer3d.app import browser

    entry = CatalogEntry("0  MR", "", "", lambda: None, lambda _: [volume(0)])
    over = CatalogObject("SEG", "", "", 0, lambda: None, lambda _: volume(1))
    monkeypatch.setattr(browser, "build_catalog", lambda *_: Catalog((entry,), 0, (over,)))
    window = seen(browse(""))
    window.put_beside(window._catalog.rows.index(over))
    assert "only a series can stand beside" in window.message
    assert window.cells.count == 1
