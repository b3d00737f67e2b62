"""Which events the panel takes, and which go to the picture beside it."""

from __future__ import annotations

import pytest

from viewer3d.app.window.panel import SeriesPanel, panel_width, row_height
from viewer3d.app.window.panel_interactor import CloseKeys, PanelInteractor

SIZE = (1200, 900)
WIDE, HIGH = panel_width(SIZE), row_height(SIZE)


class Beside:
    def __init__(self):
        self.felt = []

    def __getattr__(self, name):
        return lambda *what, **_: self.felt.append((name, *what)) or name == "key"


class Shown:
    size = SIZE

    def __init__(self):
        self.panel = SeriesPanel(4, selected=1, is_shown=True)
        self.picture_handler = Beside()
        self.chosen = []
        self.loads = self.says = False

    def choose(self, entry):
        self.chosen.append(entry)

    def stop_loading(self):
        had, self.loads = self.loads, False
        return had

    def dismiss_message(self):
        had, self.says = self.says, False
        return had


@pytest.fixture
def shown():
    return Shown()


@pytest.fixture
def interactor(shown):
    return PanelInteractor(shown)


def test_a_click_in_a_row_chooses_and_no_other_button(interactor, shown):
    interactor.press("left", 10, 2 * HIGH + 5)
    interactor.press("right", 10, 5)
    interactor.press("left", 10, 899)
    interactor.double_click(10, 5)
    assert shown.chosen == [2]
    assert not shown.picture_handler.felt


def test_what_is_beside_is_felt_there_in_its_own_pixels(interactor, shown):
    interactor.press("left", WIDE + 30, 40, shift=True)
    interactor.move(10, 50)  # a drag that goes on over the panel
    interactor.release("left")
    interactor.wheel(1, WIDE, 3, ctrl=True)
    interactor.double_click(WIDE + 1, 2)
    assert shown.picture_handler.felt == [
        ("press", "left", 30, 40), ("move", 10 - WIDE, 50), ("release", "left"), ("wheel", 1, 0, 3),
        ("double_click", 1, 2),
    ]  # fmt: skip


def test_a_panel_that_is_away_takes_no_place(interactor, shown):
    interactor.key("Tab")
    assert not shown.panel.is_shown
    interactor.move(10, 10)
    assert shown.picture_handler.felt == [("move", 10, 10)]


def test_the_pointer_over_the_panel_selects_and_takes_the_keys_and_gives_them_back(interactor, shown):
    interactor.move(20, 3 * HIGH + 2)
    assert (shown.panel.selected, shown.panel.has_keys) == (3, True)
    interactor.key("Up")
    interactor.key("Return")
    assert shown.chosen == [2]
    interactor.move(WIDE + 100, 50)
    assert not shown.panel.has_keys
    interactor.key("Up")
    assert [felt[0] for felt in shown.picture_handler.felt] == ["leave", "move", "key"]


def test_tab_shows_it_with_the_keys_until_something_else_is_done(interactor, shown):
    interactor.key("Tab")
    interactor.key("Tab")
    assert (shown.panel.is_shown, shown.panel.has_keys) == (True, True)
    interactor.move(WIDE + 5, 5)  # the pointer that lay beside it may tremble
    assert shown.panel.has_keys
    interactor.key("End")
    assert shown.panel.selected == 3
    interactor.wheel(1, WIDE + 5, 5)
    assert not shown.panel.has_keys


def test_escape_stops_a_load_takes_a_message_away_then_the_panel_then_closes(interactor, shown):
    interactor.move(5, 5)
    shown.loads, shown.says, shown.picture_handler.felt = True, True, []
    for _ in range(4):
        interactor.key("Escape")
    assert not shown.loads
    assert not shown.says
    assert not shown.panel.is_shown
    assert shown.picture_handler.felt == [("key", "Escape", "")]


def test_q_closes_whatever_is_going_on(interactor, shown):
    shown.loads = shown.says = True
    interactor.key("q")
    assert (shown.loads, shown.says, shown.picture_handler.felt) == (True, True, [("key", "q", "")])


def test_the_wheel_over_the_panel_scrolls_it(interactor, shown):
    shown.panel = SeriesPanel(40, is_shown=True)
    interactor.wheel(-1, 10, 10)
    assert shown.panel.first == 1
    interactor.wheel(1, 10, 10)
    assert shown.panel.first == 0
    assert not shown.picture_handler.felt


def test_without_a_picture_only_closing_is_felt():
    closed = []
    nobody = CloseKeys(lambda: closed.append(1))
    nobody.press("left", 1, 1)
    nobody.move(1, 1)
    nobody.release("left")
    nobody.double_click(1, 1)
    nobody.wheel(1, 1, 1)
    nobody.leave()
    assert not nobody.key("a")
    assert closed == []
    assert nobody.key("q")
    assert closed == [1]
