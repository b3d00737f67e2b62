"""A narrow page and fingers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.app.qt.test_keys import scene  # noqa: F401 (a fixture)
from tests.chromium import Page
from tests.web.client.serving import Seen, Serving

pytestmark = pytest.mark.slow

SIZE = (390, 844)


@pytest.fixture(scope="module")
def seen(browser: Page, serve: Callable[..., Serving], scene: Any) -> Seen:  # noqa: F811
    browser.size(*SIZE, 2)
    browser.send("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
    one = Seen(browser, serve(scene[0], size=SIZE))
    one.open()
    return one


@pytest.fixture
def said(seen: Seen) -> Callable[[], list[dict[str, Any]]]:
    """A function that returns what the page has said since the test began."""
    seen.page.run("new Promise(done => setTimeout(done, 400))")  # no second tap of a double one
    seen.barrier()
    before = len(seen.serving.messages)

    def since() -> list[dict[str, Any]]:
        seen.barrier()
        return [one for one in seen.serving.messages[before:] if one["t"] not in ("ack", "full")]

    return since


def test_the_picture_is_that_of_the_screen(seen: Seen) -> None:
    seen.rest()
    below = 2 * 44 + 2  # buttons for fingers, in two lines
    assert (seen.serving.screen.size, seen.serving.screen.scale) == ((SIZE[0], SIZE[1] - below), 2)
    assert np.array_equal(seen.pixels, seen.serving.screen.pixels)


def test_a_tap_is_a_click_and_two_are_a_double_click(seen: Seen, said: Callable[[], list[dict[str, Any]]]) -> None:
    page = seen.page
    cursor = seen.serving.viewer.state.cursor
    page.touch("Start", (150, 100))
    page.touch("End")
    assert [one["t"] for one in said()] == ["move", "press", "release"]
    assert said()[1] == {"t": "press", "b": 0, "x": 149.75, "y": 99.75, "shift": False, "ctrl": False}
    assert seen.serving.viewer.state.cursor != cursor
    page.touch("Start", (153, 102))
    page.touch("End")
    assert [one["t"] for one in said()] == ["move", "press", "release", "move", "double", "release"]
    assert seen.serving.viewer.state.enlarged is not None
    page.run("new Promise(done => setTimeout(done, 400))")
    for _ in range(2):
        page.touch("Start", (153, 102))
        page.touch("End")
    said()
    assert seen.serving.viewer.state.enlarged is None


def test_one_finger_drags_as_the_left_button(seen: Seen, said: Callable[[], list[dict[str, Any]]]) -> None:
    window = seen.serving.viewer.state.layers[0].window
    seen.page.touch("Start", (150, 100))
    for step in range(1, 6):
        seen.page.touch("Move", (150 + 8 * step, 100 - 4 * step))
    seen.page.touch("End")
    kinds = [one["t"] for one in said()]
    assert kinds[:2] == ["move", "press"]
    assert kinds[-1] == "release"
    assert set(kinds[2:-1]) == {"move"}
    assert said()[1]["x"] == 149.75  # where the finger came down
    assert (said()[-2]["x"], said()[-2]["y"]) == (189.75, 79.75)
    assert seen.serving.viewer.state.layers[0].window != window


def two(seen: Seen, *steps: tuple[tuple[float, float], tuple[float, float]]) -> None:
    seen.page.touch("Start", steps[0][0])
    seen.page.touch("Start", *steps[0])
    for step in steps[1:]:
        seen.page.touch("Move", *step)
    seen.page.touch("End")


def test_two_fingers_that_part_zoom(seen: Seen, said: Callable[[], list[dict[str, Any]]]) -> None:
    two(seen, *[((150 - 4 * step, 100), (190 + 4 * step, 100)) for step in range(11)])
    turned = [one for one in said() if one["t"] == "wheel"]
    assert {one["t"] for one in said()} == {"wheel"}  # no button was pressed
    assert all(one["ctrl"] for one in turned)
    assert sum(one["n"] for one in turned) in range(6, 10)  # a factor of 3
    assert {(one["x"], one["y"]) for one in turned} == {(169.75, 99.75)}


def test_two_fingers_go_through_the_slices(seen: Seen, said: Callable[[], list[dict[str, Any]]]) -> None:
    two(seen, *[((150, 100 + 10 * step), (190, 100 + 10 * step)) for step in range(11)])
    assert sum(one["n"] for one in said()) == 3  # 30 pixels a step
    assert {(one["t"], one["ctrl"]) for one in said()} == {("wheel", False)}


def test_two_fingers_to_the_side_move_the_picture(seen: Seen, said: Callable[[], list[dict[str, Any]]]) -> None:
    panes = seen.serving.viewer.state.panes
    two(seen, *[((150 + 10 * step, 100), (190 + 10 * step, 100)) for step in range(5)])
    kinds = [one["t"] for one in said()]
    assert (kinds[0], kinds[-1], set(kinds[1:-1])) == ("press", "release", {"move"})
    assert said()[0]["b"] == 1
    assert said()[-2]["x"] - said()[0]["x"] == 40
    assert seen.serving.viewer.state.panes == panes


def test_a_finger_that_stays_opens_no_menu(seen: Seen, said: Callable[[], list[dict[str, Any]]]) -> None:
    seen.page.touch("Start", (150, 100))
    opened = seen.page.run("""new Promise(done => { let seen = 0;
      addEventListener('contextmenu', e => (seen += !e.defaultPrevented)); setTimeout(() => done(seen), 900) })""")
    seen.page.touch("End")
    assert opened == 0
    assert [one["t"] for one in said()] == ["move", "press", "release"]


def test_a_second_finger_ends_a_drag(seen: Seen, said: Callable[[], list[dict[str, Any]]]) -> None:
    seen.page.touch("Start", (150, 100))
    seen.page.touch("Move", (180, 100))
    seen.page.touch("Start", (180, 100), (220, 100))
    assert [one["t"] for one in said()][-1] == "release"
    seen.page.touch("End")
    assert not seen.serving.viewer.interactor.is_holding


def test_buttons_for_fingers_cover_nothing_and_do_what_keys_do(
    seen: Seen, said: Callable[[], list[dict[str, Any]]]
) -> None:
    boxes = seen.page.run("""[...document.querySelectorAll('canvas, .viewer3d-row button')]
      .map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom, b.width, b.height])""")
    picture, *buttons = boxes
    assert len(buttons) == 14
    assert all(one[1] >= picture[3] and one[4] >= 44 and one[5] >= 44 and one[3] <= SIZE[1] for one in buttons)
    names = seen.page.run("[...document.querySelectorAll('.viewer3d-row button')].map(e => e.ariaLabel)")
    assert len(set(filter(None, names))) == 14
    seen.page.run("document.querySelector('.viewer3d-row [data-icon=undo]').click()")
    assert [(one["key"], one["ctrl"]) for one in said()] == [("z", True)]
    seen.page.run("document.querySelector('.viewer3d-row [data-icon=C]').click()")
    said()
    assert seen.serving.viewer.state.view == "coronal"
    seen.page.run("document.querySelector('.viewer3d-row [data-icon=four]').click()")
    said()
    assert seen.serving.viewer.state.view == "quad"


def test_one_finger_goes_through_the_slices_where_that_is_chosen(
    seen: Seen, said: Callable[[], list[dict[str, Any]]]
) -> None:
    mode = "document.querySelectorAll('.viewer3d-row button')[{}]"
    seen.page.run(mode.format(1) + ".click()")
    assert seen.page.run(mode.format(1) + ".ariaPressed") == "true"
    seen.page.touch("Start", (100, 300))
    for y in range(295, 249, -5):
        seen.page.touch("Move", (100, y))
    seen.page.touch("End")
    told = said()
    seen.page.run(mode.format(0) + ".click()")
    assert {one["t"] for one in told} == {"wheel"}
    assert sum(one["n"] for one in told) == -5  # 50 pixels up, 10 a slice
    assert not seen.serving.viewer.interactor.is_holding


def test_the_keyboard_of_the_screen_is_shown_when_asked_for(
    seen: Seen, said: Callable[[], list[dict[str, Any]]]
) -> None:
    keys = "document.querySelector('.viewer3d-keys')"
    assert seen.page.run("getComputedStyle(document.querySelector('.viewer3d-keyboard')).display") != "none"
    assert seen.page.run(f"{keys}.inputMode") == "none"  # else each tap would show it
    for mode in ("text", "none"):
        seen.page.run("document.querySelector('.viewer3d-keyboard').click()")
        assert seen.page.run(f"{keys}.inputMode") == mode
        assert seen.page.run(f"document.activeElement === {keys}")
    # It sends texts, not keys.
    seen.page.run(f"{keys}.value = 'é?'; {keys}.dispatchEvent(new InputEvent('input', {{bubbles: true}}))")
    seen.page.run(f"{keys}.dispatchEvent(new InputEvent('beforeinput', {{inputType: 'deleteContentBackward'}}))")
    assert [one["key"] for one in said() if one["t"] == "key"] == ["é", "?", "Backspace"]
