"""The help on one page or several, and the hint that a window begins with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.app.conftest import MemoryDesktop, MemoryScreen
from viewer3d import Viewer, Volume
from viewer3d.app.input.bindings import BINDINGS, GROUPS
from viewer3d.app.window.controls import HINT, HINT_SECONDS
from viewer3d.app.window.help_pages import help_layout, help_marks
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.display_list import Text

SIZES = [(700, 500), (1200, 900), (1920, 1080), (640, 480), (500, 1400), (16, 16)]
SMALL = (700, 500)


def texts(size: tuple[int, int], page: int) -> list[Text]:
    return [mark for mark in help_marks(size, page) if isinstance(mark, Text)]


@pytest.mark.parametrize("size", SIZES)
def test_all_pages_together_hold_every_line(size):
    pages = help_layout(size).pages
    lines = {line for page in pages for column in page for line in column.lines}
    assert {(one.label, one.description) for one in BINDINGS if one.inputs} <= lines
    assert {(heading, "") for heading in GROUPS} <= lines


@pytest.mark.parametrize("size", SIZES[:5])
def test_no_page_reaches_beyond_the_window_and_no_line_is_cut(size):
    for page in range(len(help_layout(size).pages)):
        marks = texts(size, page)
        assert all(not mark.text.endswith("…") for mark in marks)
        assert min(mark.size for mark in marks) >= 11
        for mark in marks:
            box = mark_box(mark)
            assert box.left >= 0
            assert box.right < size[0]
            assert box.top >= 0
            assert box.bottom < size[1]
        rows = [mark.y for mark in marks]
        assert sorted(rows)[-1] - sorted(rows)[-2] >= 1.5 * marks[0].size  # what turns pages stands apart


def test_there_is_one_page_where_that_can_be_read_and_else_it_is_said_that_there_is_more():
    assert [len(help_layout(size).pages) for size in ((1920, 1080), (1200, 900))] == [1, 1]
    count = len(help_layout(SMALL).pages)
    assert count > 1
    assert texts(SMALL, 0)[-1].text.startswith(f"page 1 of {count}: wheel, Page Up, Page Down")
    assert texts(SMALL, 99) == texts(SMALL, count - 1)


@pytest.fixture
def window(box: Volume) -> Iterator[Viewer]:
    with Viewer(box, "mpr", SMALL, screen=MemoryScreen(SMALL)) as one:
        one.process_events()
        yield one


def shown(viewer: Viewer) -> np.ndarray:
    viewer.process_events()
    assert isinstance(viewer._screen, MemoryScreen)
    return viewer._screen.pixels.copy()


def test_wheel_arrows_and_page_keys_turn_pages_and_the_picture_gets_none_of_it(window):
    before, state = shown(window), window.state
    window.interactor.key("question", "?")
    pages = [shown(window)]
    for name in ("Next", "Down", "End", "Next", "Home", "Prior"):
        assert window.interactor.key(name)
        pages.append(shown(window))
    last = len(help_layout(SMALL).pages) - 1
    assert (pages[0] != pages[1]).mean() > 0.02
    assert np.array_equal(pages[3], pages[4])
    assert all(np.array_equal(pages[0], one) for one in pages[5:])
    for steps, place in ((-1, 1), (1, 0), (-99, last)):
        window.interactor.wheel(steps, 100, 100)
        window.interactor.move(60, 60)
        assert np.array_equal(shown(window), {0: pages[0], 1: pages[1], last: pages[3]}[place])
    assert window.state == state
    window.interactor.key("Escape")
    assert np.array_equal(shown(window), before)
    assert window.is_open
    window.interactor.key("Up")  # the picture has its keys again
    assert window.state.cursor != state.cursor


def test_a_click_closes_it_and_it_opens_on_the_first_page_again(window):
    before, state = shown(window), window.state
    window.interactor.key("F1")
    first = shown(window)
    window.interactor.key("End")
    window.interactor.press("left", 100, 100)
    window.interactor.release("left")
    assert np.array_equal(shown(window), before)
    assert window.state == state
    window.interactor.key("F1")
    assert np.array_equal(shown(window), first)


def test_a_window_begins_with_a_hint_for_some_seconds(box, desktop, monkeypatch):
    monkeypatch.setattr("viewer3d.app.steering.HINT_SECONDS", HINT_SECONDS)
    with Viewer(box, "mpr", (600, 450)) as viewer:
        viewer.open()
        assert viewer.note == HINT
        assert "?" in HINT
        assert "/" in HINT
        now = MemoryDesktop.latest
        viewer.process_events()
        with_hint = now.pixels.copy()
        monkeypatch.setattr("viewer3d.app.window.controls.time.monotonic", lambda: 10.0**12)
        viewer.process_events()
        assert viewer.note == ""
        assert (now.pixels != with_hint).any()
        np.testing.assert_array_equal(now.pixels, viewer.screenshot())


def test_a_picture_on_a_screen_that_sends_no_events_has_no_hint(window):
    assert window.note == ""


@pytest.mark.parametrize("key", ["Escape", "q"])
def test_what_closes_closes_the_help_before_what_is_shown_below_it(window, key):
    window.steering.obey("list measurements")
    window.interactor.key("ctrl+i")
    window.interactor.key("F1")
    below = window.steering.listed.is_shown, window.steering.plots.target
    assert all(below)
    window.interactor.key(key, key)
    assert not window.steering.presenter.controls.has_help
    assert (window.steering.listed.is_shown, window.steering.plots.target) == below


def test_the_second_press_of_a_double_click_that_closed_the_help_is_not_for_the_picture(window):
    state = window.state
    window.interactor.key("F1")
    window.interactor.press("left", 100, 100)
    window.interactor.release("left")
    window.interactor.double_click(100, 100)
    window.interactor.release("left")
    assert window.state == state
    window.interactor.press("left", 100, 100)
    window.interactor.release("left")
    window.interactor.double_click(100, 100)
    assert window.state.enlarged is not None
