"""The palette over a viewer: new_palette, typed in, chosen from with keys and mouse; and in no picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.app.conftest import MemoryScreen
from viewer3d import Viewer, Volume
from viewer3d.app.palette.marks import palette_layout
from viewer3d.app.palette.palette import Palette

SIZE = (700, 500)


@pytest.fixture
def window(box: Volume) -> Iterator[Viewer]:
    with Viewer(box, "quad", SIZE, screen=MemoryScreen(SIZE)) as one:
        one.process_events()
        yield one


def typed(viewer: Viewer, text: str, *names: str) -> None:
    for letter in text:
        viewer.interactor.key({" ": "space", "/": "slash"}.get(letter, letter), letter)
    for name in names:
        assert viewer.interactor.key(name)


def palette(viewer: Viewer) -> Palette | None:
    return viewer._steering.palette.palette


def pixels(viewer: Viewer) -> np.ndarray:
    viewer.process_events()
    assert isinstance(viewer._screen, MemoryScreen)
    return viewer._screen.pixels.copy()


@pytest.mark.parametrize("opening", ["slash", "ctrl+k"])
def test_a_few_letters_and_return_do_what_they_name(window, opening):
    for text, check in (
        ("win lung", lambda state: state.look.window.center == -600),
        ("lay axial", lambda state: state.view == "axial"),
        ("col vir", lambda state: state.look.colors == "viridis"),
        ("first at first", lambda state: state.look.colors == "grey"),
    ):
        assert not check(window.state)
        typed(window, "", opening)
        typed(window, text, "Return")
        assert palette(window) is None
        assert check(window.state), text


def test_while_it_is_open_all_keys_are_its_own(window):
    before = window.state
    typed(window, "/", "Tab", "Up", "F1", "ctrl+s", "Delete", "1", "ctrl+c")
    typed(window, "qri")
    shown = palette(window)
    assert shown is not None
    assert (window.state, window.is_open, shown.text) == (before, True, "qri")
    typed(window, "", "Escape")
    assert palette(window) is None
    assert window.is_open
    typed(window, "", "ctrl+k", "ctrl+k")
    assert palette(window) is None
    typed(window, "", "q")
    assert not window.is_open


def test_arrows_choose_and_what_was_chosen_stands_first_the_next_time(window):
    typed(window, "/window", "Down", "Return")
    assert window.state.look.window == window.interactor.context.layers[0].windows[1]
    typed(window, "/")
    assert palette(window).chosen.title == "window: lung"


def test_the_mouse_chooses_scrolls_and_closes_and_the_picture_gets_none_of_it(window):
    before, place = window.state, palette_layout(SIZE)
    x, y = place.left + 30, place.first_row + 2.5 * place.row
    typed(window, "/")
    window.interactor.wheel(-1, x, y)
    assert (palette(window).first, window.state) == (3, before)
    window.interactor.move(x, y)
    assert palette(window).selected == 5
    window.interactor.press("left", 3, 3)
    window.interactor.release("left")
    assert (palette(window), window.state) == (None, before)
    typed(window, "/window")
    wanted = palette(window).found[2].title
    window.interactor.press("right", x, y)
    assert palette(window) is not None
    window.interactor.double_click(x, y)
    assert (palette(window), wanted) == (None, "window: liver")
    assert window.state.look.window == window.interactor.context.layers[0].windows[2]


def test_what_needs_the_pointer_is_done_where_it_was_when_it_opened(window):
    rect = window.interactor.context.rect(window.state, "coronal")
    window.interactor.move(rect.left + 60, rect.top + 70)
    typed(window, "/")
    window.interactor.move(5, 5)
    typed(window, "crosshair pointer", "Return")
    by_palette = window.state.cursor
    window.state = window.state.with_cursor((1, by_palette[1], 3))
    window.interactor.press("left", rect.left + 60, rect.top + 70)
    window.interactor.release("left")
    assert by_palette == window.state.cursor


def test_it_opens_over_a_drag_and_over_the_help_and_a_tool_begins_in_it(window):
    rect = window.interactor.context.rect(window.state, "axial")
    window.interactor.press("left", rect.left + 20, rect.top + 20)
    typed(window, "?", "F1", "slash")
    assert not window._steering.presenter.controls.has_help
    window.interactor.release("left")
    typed(window, "angle", "Return")
    assert window.note.startswith("angle")
    window.interactor.press("left", rect.left + 100, rect.top + 100)
    assert not window.interactor.is_holding or len(window.state.measurements) == 0


def test_no_picture_holds_it_and_it_is_gone_when_another_series_is_shown(window, box):
    before, plain = pixels(window), window.screenshot()
    typed(window, "/")
    assert (pixels(window) != before).any()
    assert np.array_equal(window.screenshot(), plain)
    window.exchange(box)
    assert palette(window) is None
