"""Which events the panel takes, and which go to the picture beside it."""

from __future__ import annotations

import pytest

from viewer3d.app.window.layer_list import ROW, WIDTH
from viewer3d.app.window.panel import Panel, layers_height, panel_text_size, panel_width, row_height
from viewer3d.app.window.panel_interactor import CloseKeys, PanelInteractor
from viewer3d.core.layers import place_layers
from viewer3d.render.first_state import first_state, with_first_looks

SIZE = (1200, 900)
WIDE, HIGH = panel_width(SIZE), row_height(SIZE)


class Beside:
    def __init__(self):
        self.felt = []

    def __getattr__(self, name):
        return lambda *what, **_: self.felt.append((name, *what)) or name == "key"


class Shown:
    size = SIZE
    is_modal = False

    @property
    def left_columns(self):
        return panel_width(SIZE) if self.panel.is_shown else 0

    def __init__(self):
        self.panel = Panel(4, selected=1, is_wanted=True)
        self.picture_handler = Beside()
        self.chosen, self.below, self.asked = [], [], 0
        self.state = None
        self.loads = self.says = False

    def choose(self, entry, *, over=False):
        self.chosen.append((entry, "over") if over else entry)

    def choose_below(self, row):
        self.below.append(row)

    def ask_place(self):
        self.asked += 1

    def change_layers(self, change):
        self.state = change(self.state)

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


def test_the_scroll_bar_is_dragged_and_nothing_is_chosen_by_it(interactor, shown):
    shown.panel = Panel(60, is_wanted=True)
    interactor.press("left", WIDE - 4, 5)
    interactor.move(WIDE + 200, 450)  # a drag goes on beside the panel
    middle = shown.panel.first
    interactor.move(WIDE - 4, 899)
    assert 20 < middle < shown.panel.first
    assert shown.panel.first == 60 - 900 // HIGH
    interactor.release("left")
    interactor.move(WIDE - 4, 5)
    assert shown.panel.first == 60 - 900 // HIGH
    interactor.press("left", WIDE - 4, 3)
    assert shown.panel.first == 0
    interactor.release("left")
    interactor.double_click(WIDE - 4, 898)
    assert shown.panel.first == 60 - 900 // HIGH
    assert not shown.chosen
    assert shown.picture_handler.felt == [("leave",)]


def test_rows_below_the_series_and_the_last_row_do_what_they_are_for(interactor, shown):
    shown.panel = Panel(2, 2, can_open=True, is_wanted=True)
    interactor.press("left", 10, 2 * HIGH + 40)
    interactor.move(10, 2 * HIGH + 90)
    interactor.key("Return")
    interactor.press("left", 10, 899)
    assert (shown.below, shown.chosen, shown.asked) == ([2, 3], [], 1)


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
    shown.panel = Panel(40, is_wanted=True)
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


TEXT = panel_text_size(SIZE)


def layer_place(column, row):
    """Return the pixel in a column of the list of layers, and in a row below its heading."""
    return column * WIDE / WIDTH, (row + 0.5) * ROW * TEXT


@pytest.fixture
def layered(shown, ct, pet):
    """Two layers above the series, the second active in none."""
    shown.state = with_first_looks(first_state(ct, "mpr"), place_layers(ct, [pet]))
    shown.panel = Panel(4, selected=1, layers=2, is_wanted=True)
    return shown


def test_a_click_on_an_eye_hides_and_a_second_one_shows(interactor, layered):
    before = layered.state
    interactor.press("left", *layer_place(1.5, 1))
    interactor.release("left")
    assert layered.state == before.with_look(1, shown=False)
    interactor.double_click(*layer_place(1.5, 1))  # so a toolkit reports the second of two quick clicks
    interactor.release("left")
    assert layered.state == before
    interactor.press("right", *layer_place(1.5, 1))
    interactor.release("right")
    assert layered.state == before
    assert layered.chosen == []


def test_a_click_on_a_name_makes_active(interactor, layered):
    for row, active in ((1, 1), (2, 0)):
        interactor.press("left", *layer_place(6, row))
        interactor.release("left")
        assert layered.state.active == active


def test_a_slider_is_dragged_wherever_the_pointer_goes(interactor, layered):
    before = layered.state
    interactor.press("left", *layer_place(13.1, 1))
    assert layered.state == before.with_look(1, opacity=0.5)
    for column, y, opacity in ((14.3, 700, 0.75), (100, 5, 1.0), (2, 5, 0.0), (11.9, -50, 0.25)):
        interactor.move(column * WIDE / WIDTH, y)
        assert layered.state.layers[1].opacity == pytest.approx(opacity, abs=0.01)
        assert layered.state.with_look(1, opacity=0.7) == before
    interactor.release("left")
    interactor.move(*layer_place(15, 1))
    assert layered.state.layers[1].opacity == pytest.approx(0.25, abs=0.01)
    assert [felt[0] for felt in layered.picture_handler.felt] == ["leave"]  # of all that only the last motion


def test_series_are_below_the_layers(interactor, layered):
    above = layers_height(layered.panel, SIZE)
    interactor.press("left", 10, above + 2 * HIGH + 5)
    assert layered.chosen == [2]
    interactor.move(10, above + 3 * HIGH + 5)
    assert (layered.panel.selected, layered.panel.has_keys) == (3, True)
    interactor.move(*layer_place(6, 1))  # arrows are for the slices again
    assert (layered.panel.selected, layered.panel.has_keys) == (3, False)


def test_layers_alone_take_no_keys(interactor, layered):
    layered.panel = Panel(layers=2)
    interactor.key("Tab")
    assert (layered.panel.is_shown, layered.panel.has_keys) == (True, False)
    interactor.move(10, 800)
    interactor.key("Up")
    assert layered.picture_handler.felt[-1][:2] == ("key", "Up")
    interactor.key("Tab")
    assert not layered.panel.is_shown


def test_the_wheel_scrolls_what_it_is_over(interactor, layered):
    layered.panel = Panel(40, layers=40, is_wanted=True)
    assert layers_height(layered.panel, SIZE) == SIZE[1] // 2
    interactor.wheel(-1, 10, 10)
    interactor.wheel(-1, 10, SIZE[1] - 10)
    assert (layered.panel.first_layer, layered.panel.first) == (1, 1)
    interactor.wheel(-100, 10, 10)
    interactor.press("left", *layer_place(6, 1 + (40 - layered.panel.first_layer - 1)))  # the base is in sight
    assert layered.state.active == 0
    interactor.wheel(100, 10, 10)
    assert (layered.panel.first_layer, layered.panel.first) == (0, 1)


def test_without_anything_in_it_tab_is_for_the_picture(interactor, shown):
    shown.panel = Panel(is_wanted=True)
    interactor.key("Tab")
    interactor.press("left", 5, 5)
    assert [felt[:2] for felt in shown.picture_handler.felt] == [("key", "Tab"), ("press", "left")]
