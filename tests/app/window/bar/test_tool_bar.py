"""The tool bar: which buttons there are, where they lie, and what a press on them does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from time import monotonic, sleep

import numpy as np
import pytest

from tests.app.conftest import MemoryDesktop
from viewer3d import Viewer, Volume
from viewer3d.app.input.bindings import BINDINGS
from viewer3d.app.palette.entries import entries
from viewer3d.app.window.bar import tool_bar
from viewer3d.app.window.bar.icons import ICONS, icon_marks
from viewer3d.app.window.bar.tool_bar import LEAST_WIDTH, bar_buttons, bar_width, button_at, fitting_buttons
from viewer3d.render.marks.display_list import OFF_WHITE

SIZE = (900, 700)
WIDE = bar_width(SIZE)


@pytest.fixture
def bar(monkeypatch):
    """Windows have a tool bar, as they have outside of tests."""
    monkeypatch.setattr("viewer3d.app.window.bar.shown_bar.bar_width", bar_width)


@pytest.fixture
def desk(bar, box: Volume) -> Iterator[tuple[Viewer, MemoryDesktop]]:
    desktop = MemoryDesktop(SIZE)
    with Viewer(box, "mpr", SIZE, screen=desktop) as viewer:
        viewer.open()
        settle(viewer)
        yield viewer, desktop


def settle(viewer: Viewer) -> None:
    for _ in range(5):
        viewer.process_events()


def row_of(viewer: Viewer, title: str) -> float:
    """The middle row of a button."""
    state, interactor = viewer.state, viewer.interactor
    buttons = bar_buttons(state, interactor.context, interactor.tool_starter)
    place = next(one for one in fitting_buttons(buttons, SIZE[1]) if one[0].title == title)
    return place[1] + place[2] / 2


def press(viewer: Viewer, desktop: MemoryDesktop, title: str) -> None:
    y = row_of(viewer, title)
    desktop.handler.move(10, y)
    desktop.handler.press("left", 10, y)
    desktop.handler.release("left")
    settle(viewer)


def marked(viewer: Viewer) -> set[str]:
    interactor = viewer.interactor
    found = bar_buttons(viewer.state, interactor.context, interactor.tool_starter)
    return {one.title for one in found if one.is_chosen}


@pytest.mark.parametrize("binding", [one for one in BINDINGS if one.icons], ids=lambda one: one.description)
def test_every_action_of_a_binding_in_the_bar_has_an_icon_or_few_letters(binding):
    assert len(binding.icons) == len(binding.actions)
    assert all(icon in ICONS or len(icon) <= 2 for icon in binding.icons)


def test_icons_stay_in_their_square():
    for name in ICONS:
        marks = icon_marks(name, 20, 30, 16, OFF_WHITE)
        points = np.array([point for mark in marks for point in mark.points])
        assert (points.min(0) >= (20, 30)).all(), name
        assert (points.max(0) <= (36, 46)).all(), name


def test_its_buttons_are_of_the_table_and_filtered_for_what_is_seen(fused, viewer):
    for one, overlaid in ((fused, True), (viewer, False)):
        buttons = bar_buttons(one.state, one.interactor.context, None)
        offered = {entry.action: entry for entry in entries(one.state, one.interactor.context)}
        assert all(button.title == offered[button.action].title for button in buttons)
        assert all(button.key in (*offered[button.action].keys, "") for button in buttons)
        assert ("overlay" in {button.icon for button in buttons}) == overlaid
    titles = {button.title: button.key for button in buttons}
    assert titles["measure a distance"] == "d"
    assert titles["list of windows"] == ""


@pytest.mark.parametrize("height", [1000, 700, 500, 300, 120])
def test_buttons_lie_below_one_another_in_the_window_and_the_last_stay(viewer, height):
    buttons = bar_buttons(viewer.state, viewer.interactor.context, None)
    placed = fitting_buttons(buttons, height)
    ends = [(top, top + side) for _, top, side in placed]
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(ends))
    assert ends[-1][1] <= height
    assert min(side for _, _, side in placed) >= 20
    assert [one.title for one, _, _ in placed[-2:]] == [one.title for one in buttons[-2:]]
    for one, top, side in placed:
        assert button_at(buttons, height, top + side / 2) == one
    assert button_at(buttons, height, 0) is None
    if height >= 700:
        assert len(placed) == len(buttons)


def test_a_press_begins_a_tool_or_a_layout_and_marks_it(desk):
    viewer, desktop = desk
    assert marked(viewer) == {"layout: three slices"}
    press(viewer, desktop, "layout: axial alone")
    assert (viewer.state.view, marked(viewer)) == ("axial", {"layout: axial alone"})
    press(viewer, desktop, "measure an angle")
    assert viewer.note.startswith("angle")
    assert marked(viewer) == {"layout: axial alone", "measure an angle"}
    viewer.interactor.key("Escape")
    assert marked(viewer) == {"layout: axial alone"}
    press(viewer, desktop, "layout: three slices")
    assert viewer.state.view == "mpr"


def test_a_list_of_windows_is_the_palette_and_the_magnifier_opens_it(desk):
    viewer, desktop = desk
    press(viewer, desktop, "list of windows")
    palette = viewer.steering.palette.palette
    assert palette is not None
    assert palette.chosen is not None
    assert palette.chosen.title.startswith("window: ")
    viewer.interactor.key("Return")
    assert viewer.state.look.window == viewer.interactor.context.layers[0].windows[0]
    press(viewer, desktop, "palette of every command")
    assert viewer.steering.palette.palette is not None
    desktop.handler.press("left", 10, 100)  # all of the mouse is for the palette: beside it closes it
    assert viewer.steering.palette.palette is None
    assert viewer.state.view == "mpr"


def test_it_takes_room_beside_the_picture_covers_nothing_and_is_in_no_screenshot(desk):
    viewer, desktop = desk
    assert viewer.size == (SIZE[0] - WIDE, SIZE[1])
    viewer.steering.presenter.controls.show_note("")
    settle(viewer)
    np.testing.assert_array_equal(desktop.pixels[:, WIDE:], viewer.screenshot())
    assert desktop.pixels[:, :WIDE].max() > 100


def test_the_button_under_the_pointer_is_named_with_its_key(desk):
    viewer, desktop = desk
    viewer.steering.presenter.controls.show_note("")
    settle(viewer)
    before = desktop.pixels.copy()
    y = row_of(viewer, "measure a distance")
    desktop.handler.move(10, y)
    settle(viewer)
    rows, columns = np.nonzero((desktop.pixels != before).any(2))
    assert abs(rows.mean() - y) < 8
    assert columns.max() > WIDE + 100
    assert viewer.state.pointer is None
    desktop.handler.leave()
    settle(viewer)
    np.testing.assert_array_equal(desktop.pixels, before)


def test_a_drag_of_the_picture_goes_on_over_the_bar_and_the_wheel_does_nothing_there(desk):
    viewer, desktop = desk
    state = viewer.state
    desktop.handler.wheel(1, 10, 200)
    desktop.handler.press("right", 10, 200)
    desktop.handler.release("right")
    assert viewer.state == state
    desktop.handler.press("middle", WIDE + 100, 200)
    desktop.handler.move(WIDE + 60, 200)
    middle = viewer.state
    desktop.handler.move(10, 200)
    assert len({state, middle, viewer.state}) == 3
    desktop.handler.release("middle")


def test_its_command_hides_it_for_the_session_and_a_narrow_window_has_none(desk, box):
    viewer, _desktop = desk
    viewer.steering.obey("tool bar")
    settle(viewer)
    assert viewer.size == SIZE
    assert "/" in viewer.note
    viewer.exchange(box)
    settle(viewer)
    assert viewer.size == SIZE
    viewer.steering.obey("tool bar")
    settle(viewer)
    assert viewer.size == (SIZE[0] - WIDE, SIZE[1])
    assert (bar_width((LEAST_WIDTH - 1, 500)), bar_width((LEAST_WIDTH, 500))) == (0, WIDE)
    with Viewer(box, "mpr", (100, 90), off_screen=True) as off:
        off.steering.obey("tool bar")
        assert "no window" in off.note


def test_the_persons_file_says_whether_it_is_there_at_first(bar, box, tmp_path, monkeypatch):
    (tmp_path / "own.toml").write_text("[session]\ntool_bar = false\n")
    monkeypatch.setenv("VIEWER3D_SETTINGS", str(tmp_path / "own.toml"))
    with Viewer(box, "mpr", SIZE, screen=MemoryDesktop(SIZE)) as viewer:
        viewer.open()
        settle(viewer)
        assert viewer.size == SIZE


def test_a_window_on_a_folder_has_it_between_panel_and_picture(bar, browse, monkeypatch, tmp_path):
    from tests.phantom_files import write_phantom
    from viewer3d.phantom import Faults

    monkeypatch.setattr("tests.app.conftest.BROWSER_SIZE", SIZE)
    write_phantom(tmp_path, shape=(20, 18, 8), spacing=(12.0, 12.0, 9.0), faults=Faults(second_series=True))
    browser = browse(tmp_path)
    end = monotonic() + 20
    while (browser.viewer is None or browser.is_loading) and monotonic() < end:
        browser.process_events()
        sleep(0.002)
    assert browser.viewer is not None
    for _ in range(5):
        browser.process_events()
    left = browser.panel_columns
    assert left > 100
    assert browser.viewer.size[0] == browser.size[0] - left - WIDE
    assert browser.size == SIZE
    MemoryDesktop.latest.handler.press("left", left + 10, row_of(browser.viewer, "layout: axial alone"))
    assert browser.viewer.state.view == "axial"


def test_a_step_of_the_slice_costs_little(viewer):
    from time import process_time

    context, state = viewer.interactor.context, viewer.state
    best = min(_seconds(lambda: tool_bar.bar_buttons(state, context, None), process_time) for _ in range(20))
    assert best < 0.002


def _seconds(act, clock) -> float:
    begun = clock()
    act()
    return clock() - begun
