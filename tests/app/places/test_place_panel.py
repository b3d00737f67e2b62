"""Other folders opened in a window: by their path, from the panel, dropped, and again later."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.app.conftest import BROWSER_SIZE, MemoryDesktop, RemoteDesktop, Slow
from tests.app.test_browser import SMALL, handler, seen, turned, volume
from tests.phantom_files import write_phantom
from viewer3d.app import browser as module
from viewer3d.app.browser import Browser
from viewer3d.app.palette.entries import entries
from viewer3d.app.places import recent
from viewer3d.app.places.place_panel import NOT_FROM_HERE, NOTHING_LOADED
from viewer3d.app.window.panel import panel_width
from viewer3d.app.window.series.series_list import footer_height, row_tops
from viewer3d.dicom.series.catalog import Catalog, CatalogEntry
from viewer3d.errors import NotFoundError
from viewer3d.phantom import Faults

SIZE = BROWSER_SIZE


@pytest.fixture
def two(tmp_path):
    """Two folders: of one series and of two."""
    write_phantom(tmp_path / "one", **SMALL)
    write_phantom(tmp_path / "two", faults=Faults(second_series=True), **SMALL)
    return tmp_path


def entry_of(load):
    return CatalogEntry("1  CT", "", "", lambda: np.zeros((8, 8), np.uint8), load)


def type_path(browser, text):
    for letter in text:
        handler(browser).key(letter, letter)
    folder = str(Path(text + "_").parent)
    turned(browser, lambda: browser.prompt.prompt is None or browser.prompt._listed[0] == folder)


def test_an_empty_window_opens_a_folder_by_its_path(browse, two):
    browser = browse(None)
    turned(browser, lambda: "Ctrl + o" in browser.message)
    assert browser.panel.is_shown
    assert browser.picture_handler is not browser.prompt
    handler(browser).key("ctrl+o")
    assert browser.is_modal
    type_path(browser, f"{two}/tw")
    handler(browser).key("Tab")
    turned(browser, lambda: browser.prompt.prompt.rows)
    assert browser.prompt.prompt.text == f"{two}/two{os.sep}"
    handler(browser).key("Return")
    assert not browser.is_modal
    assert seen(browser).viewer.volume.shape == (34, 30, 12)
    assert (browser.panel.count, browser.panel.opened, browser.message) == (2, 0, "")
    assert browser.viewer.files.place.paths == (str(two / "two"),)


def test_another_folder_is_opened_in_the_window(browse, two):
    browser = seen(browse(two / "two"))
    viewer = browser.viewer
    browser.open_place(str(two / "one"))
    turned(browser, lambda: browser.panel.count == 1)
    seen(browser)
    assert browser.viewer is viewer
    assert (viewer.volume.shape, browser.panel.opened) == ((34, 30, 12), 0)
    assert viewer.files.place.paths == (str(two / "one"),)
    turned(browser, lambda: browser._thumbnails[0] is not None)


def test_what_is_shown_stays_until_a_series_of_the_new_place_is_there(monkeypatch, browse):
    slow = Slow(volume(20))
    entries = [
        CatalogEntry("1  CT", "", "", lambda: np.zeros((8, 8), np.uint8), load)
        for load in (lambda _: [volume(10)], slow)
    ]
    catalogs = {"a": Catalog((entries[0],), 0), "b": Catalog((entries[1],), 0)}
    monkeypatch.setattr(module, "build_catalog", lambda source, *_: catalogs[source])
    browser = seen(browse("a"))
    browser.open_place("b")
    turned(browser, slow.begun.is_set)
    assert browser.viewer.volume.description == "of 10"
    handler(browser).key("Escape")
    turned(browser, lambda: not browser.is_loading)
    assert (browser.viewer.volume.description, browser.panel.opened, browser.panel.count) == ("of 10", -1, 1)
    slow.go.set()
    browser.choose(0)
    turned(browser, lambda: browser.viewer.volume.description == "of 20")


def test_a_place_with_nothing_to_show_leaves_all_as_it_was_and_says_why(browse, two):
    browser = seen(browse(two / "two"))
    (two / "empty").mkdir()
    browser.open_place(str(two / "empty"))
    turned(browser, lambda: not browser.is_loading)
    assert isinstance(browser.error, NotFoundError)
    assert "empty" in browser.message
    assert (browser.panel.count, browser.panel.opened, browser.is_open) == (2, 0, True)
    browser.choose(1)
    assert seen(browser).viewer.volume.shape == (34, 30, 6)


def test_escape_stops_the_search_and_closes_no_window(monkeypatch, browse, two):
    browser = browse(None)
    turned(browser, lambda: not browser.is_loading)
    slow = Slow(Catalog((), 0))
    monkeypatch.setattr(module, "build_catalog", lambda _source, _request, progress: slow(progress))
    browser.open_place(str(two / "one"))
    turned(browser, slow.reported.is_set)
    handler(browser).key("Escape")
    turned(browser, lambda: not browser.is_loading)
    assert (browser.is_open, browser.viewer) == (True, None)


def test_the_series_of_another_folder_can_stand_beside_and_rows_are_those_of_the_new_one(monkeypatch, browse):
    def entries(count, value):
        return tuple(
            CatalogEntry(f"{n}  CT", "", "", lambda: np.zeros((8, 8), np.uint8), lambda _, n=n: [volume(value + n)])
            for n in range(count)
        )

    catalogs = {"a": Catalog(entries(3, 10), 2), "b": Catalog(entries(2, 20), 0)}
    monkeypatch.setattr(module, "build_catalog", lambda source, *_: catalogs[source])
    browser = seen(browse("a"))
    browser.put_beside(0)
    turned(browser, lambda: browser.cells.count == 2)
    browser.open_place("b")
    turned(browser, lambda: browser.panel.count == 2 and not browser.is_loading)
    described = [one.volume.description for one in browser.cells.viewers]
    assert described == ["of 20", "of 10"]
    assert (browser.panel.opened, browser.panel.beside) == (0, {-1})
    browser.put_beside(1)
    turned(browser, lambda: browser.cells.count == 3)
    assert browser.panel.beside == {-1, 1}


def test_the_last_row_of_the_panel_asks_with_a_dialog_where_there_is_one(browse, two, monkeypatch):
    browser = seen(browse(two / "two"))
    y = SIZE[1] - footer_height(browser.panel, SIZE) // 2
    handler(browser).press("left", 20, y)
    assert browser.prompt.prompt is not None  # a screen in memory has no dialog
    handler(browser).key("Escape")
    asked = []
    monkeypatch.setattr(MemoryDesktop, "choose_place", lambda _self, then: asked.append(then) or True, raising=False)
    handler(browser).press("left", 20, y)
    assert browser.prompt.prompt is None
    asked[0]("")
    assert not browser.is_loading
    asked[0](None)
    assert browser.prompt.prompt is not None
    browser.prompt.close()
    asked[0](str(two / "one"))
    assert seen(browser).panel.count == 1


def test_the_key_and_the_palette_open_the_line_over_a_picture(browse, two):
    browser = seen(browse(two / "one"))
    handler(browser).key("ctrl+o")
    assert browser.prompt.prompt.rows[0].title == "folder of what is shown"
    left = browser.left_columns
    handler(browser).key("Escape")
    assert browser.prompt.prompt is None
    assert browser.is_open
    handler(browser).move(left + 50, 50)
    handler(browser).key("slash", "/")
    for letter in "desktop's own":
        handler(browser).key(letter, letter)
    handler(browser).key("Return")
    assert browser.prompt.prompt is not None  # for want of a dialog
    browser.process_events()
    shown = MemoryDesktop.latest.pixels.copy()
    handler(browser).press("left", 5 + left, SIZE[1] - 5)  # beside it
    browser.process_events()
    assert browser.prompt.prompt is None
    assert (MemoryDesktop.latest.pixels != shown).any()


def test_a_drag_that_is_held_ends_while_the_line_is_open(browse, two):
    browser = seen(browse(two / "one"))
    left, viewer = browser.left_columns, browser.viewer
    handler(browser).move(left + 50, 50)
    handler(browser).press("left", left + 50, 50)
    handler(browser).move(left + 80, 60)
    handler(browser).key("ctrl+o")
    before = viewer.state.look.window
    handler(browser).move(left + 90, 90)
    handler(browser).release("left")
    handler(browser).key("Escape")
    handler(browser).move(left + 120, 120)
    assert viewer.state.look.window == before
    assert not viewer.interactor.is_holding


def test_a_click_on_a_row_goes_into_it_and_the_wheel_scrolls(browse, two):
    from viewer3d.app.palette.marks import palette_layout

    browser = seen(browse(two / "one"))
    for n in range(40):
        (two / f"more {n:02}").mkdir()
    handler(browser).key("ctrl+o")
    type_path(browser, f"{two}/")
    place = palette_layout(browser.area.size)
    x, left = place.left + 20, browser.left_columns
    handler(browser).wheel(-3, left + x, place.first_row + 2)
    first = browser.prompt.prompt.first
    assert first > 0
    title = browser.prompt.prompt.rows[first].title
    handler(browser).move(left + x, place.first_row + 2)
    handler(browser).press("left", left + x, place.first_row + 2)
    assert browser.prompt.prompt.text == f"{two}/{title}"


def test_what_is_pasted_is_opened(browse, two, monkeypatch):
    from viewer3d.app.places import prompt_handler

    browser = seen(browse(two / "one"))
    monkeypatch.setattr(prompt_handler, "paste_text", lambda _screen: f"'{two / 'two'}'\n")
    handler(browser).key("ctrl+o")
    handler(browser).key("ctrl+v")
    handler(browser).key("Return")  # before its folder was read
    turned(browser, lambda: browser.panel.count == 2)


def test_recent_folders_are_in_the_panel_and_the_line_where_settings_allow_it(browse, two, monkeypatch):
    monkeypatch.setattr(recent, "kept_folder", lambda: two / "state" / "series")
    (two / "own.toml").write_text("[session]\nrecent = true\n")
    monkeypatch.setenv("VIEWER3D_SETTINGS", str(two / "own.toml"))
    browser = seen(browse(two / "one"))
    assert recent.read_recent() == (str(two / "one"),)
    browser.close()
    browser = browse(None)
    turned(browser, lambda: browser.panel.recent == 1)
    handler(browser).key("ctrl+o")
    assert browser.prompt.prompt.rows[0].path == str(two / "one")
    handler(browser).key("Escape")
    handler(browser).press("left", 20, row_tops(browser.panel, SIZE)[1] - 5)
    assert seen(browser).panel.count == 1
    browser.open_place(str(two / "two"))
    turned(browser, lambda: browser.panel.count == 2)
    seen(browser)
    assert recent.read_recent() == (str(two / "two"), str(two / "one"))
    assert browser.panel.recent == 1  # without the one that is listed
    assert browser._recent == (str(two / "one"),)
    forgetting = seen(browse(two / "one", keep="forget"))
    assert forgetting.panel.recent == 0
    assert recent.read_recent()[0] == str(two / "two")


def test_a_window_on_a_volume_says_that_it_opens_nothing(desktop, box):
    from viewer3d import Viewer

    with Viewer(box, "mpr", SIZE, screen=MemoryDesktop(SIZE)) as viewer:
        viewer.open()
        viewer.interactor.key("ctrl+o")
        assert "viewer3d show FOLDER" in viewer.note
    assert panel_width(SIZE) > 0


def test_a_path_that_no_disk_can_have_is_told(browse, two, monkeypatch):
    from viewer3d.app.places import prompt_handler

    browser = seen(browse(two / "one"))
    monkeypatch.setattr(prompt_handler, "paste_text", lambda _screen: "file:///data%00/one")
    handler(browser).key("ctrl+o")
    handler(browser).key("ctrl+v")
    turned(browser, lambda: bool(browser.prompt.prompt.problem))
    assert "null" in browser.prompt.prompt.problem
    assert browser.is_open


def test_the_line_opens_where_current_and_home_folder_are_gone(browse, two, monkeypatch):
    browser = seen(browse(two / "one"))
    gone = two / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    handler(browser).key("ctrl+o")
    assert [one.path for one in browser.prompt.prompt.rows] == [f"{two / 'one'}{os.sep}"]


@pytest.fixture
def remote(two, monkeypatch):
    """What opens a window on a folder on a screen elsewhere, where recent folders would be kept."""
    monkeypatch.setattr(recent, "kept_folder", lambda: two / "state" / "series")
    (two / "own.toml").write_text("[session]\nrecent = true\n")
    monkeypatch.setenv("VIEWER3D_SETTINGS", str(two / "own.toml"))
    recent.remember(str(two / "one"))
    made = []

    def begin(source):
        desktop = RemoteDesktop(SIZE)
        browser = Browser(source, "mpr", SIZE, screen=desktop)
        made.append(browser)
        browser.open()
        return browser, desktop

    yield begin
    for browser in made:
        browser.close()


def test_a_screen_elsewhere_lists_and_opens_no_place_of_this_machine(remote, two):
    browser, desktop = remote(two / "two")
    seen(browser)
    assert (browser.panel.recent, browser.panel.can_open, browser.panel.is_shown) == (0, False, True)
    for command in ("open folder", "open with dialog"):
        browser.viewer.steering.obey(command)
        assert browser.viewer.note == NOT_FROM_HERE
    desktop.handler.key("ctrl+o")
    assert (browser.prompt.prompt, browser.viewer.note) == (None, NOT_FROM_HERE)
    titles = [one.title for one in entries(browser.viewer.state, browser.viewer.interactor.context)]
    assert not [title for title in titles if title.startswith("open a folder")]
    browser.choose(1)  # another context
    seen(turned(browser, lambda: browser.panel.opened == 1))
    assert not browser.viewer.interactor.context.screen.opens_places
    desktop.handler.press("left", 20, SIZE[1] - 3)  # where the last row would be that opens
    browser.process_events()
    assert (browser.prompt.prompt, browser.is_open) == (None, True)
    assert recent.read_recent() == (str(two / "one"),)


def test_a_screen_elsewhere_without_a_place_says_where_one_is_given(remote):
    browser, desktop = remote(None)
    turned(browser, lambda: browser.message == NOT_FROM_HERE)
    assert browser.panel.recent == 0
    browser.dismiss_message()
    desktop.handler.key("ctrl+o")
    assert browser.message == NOT_FROM_HERE
    desktop.handler.key("q")
    assert (browser.message, browser.is_open) == ("close the tab", True)


def test_a_stopped_load_leaves_a_screen_elsewhere_open_for_another(remote, two, monkeypatch):
    slow = Slow(volume(20))
    monkeypatch.setattr(module, "build_catalog", lambda *_: Catalog((entry_of(slow),), 0))
    browser, desktop = remote(two / "one")
    turned(browser, slow.begun.is_set)
    desktop.handler.key("Escape")
    turned(browser, lambda: browser.message == NOTHING_LOADED)
    assert (browser.is_open, browser.panel.is_shown) == (True, True)
    slow.go.set()
    desktop.handler.key("Return")
    assert seen(browser).viewer is not None
