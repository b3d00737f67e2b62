"""Every row of the table of keys and gestures, through the page: the state is that of the window."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.app.qt.test_keys import DRAGS, KEYS, SIGNS, scene  # noqa: F401 (a fixture)
from tests.app.window.test_desktop import Fingers
from tests.chromium import Page
from tests.web.client.serving import Seen, Serving
from viewer3d.app.input.bindings import BINDINGS
from viewer3d.app.viewer import Viewer
from viewer3d.core.view.measurement import Measurement

pytestmark = pytest.mark.slow

SIZE = (720, 480)
NAMED = {
    "Prior": "PageUp", "Next": "PageDown", "BackSpace": "Backspace", "Left": "ArrowLeft", "Right": "ArrowRight",
    "Up": "ArrowUp", "Down": "ArrowDown", "KP_Add": "+", "KP_Subtract": "-", "KP_Multiply": "*", "KP_Divide": "/",
}  # fmt: skip


class Pair:
    """A page and a viewer off screen whose picture is as large, with the commands that each was given."""

    def __init__(self, seen: Seen, viewer: Viewer) -> None:
        self.seen, self.viewer, self.fingers = seen, viewer, Fingers(viewer)
        self.page, self.shown = seen.page, seen.serving.viewer
        self.left = SIZE[0] - viewer.size[0]  # panel and tool bar
        self.commands: dict[str, list[str]] = {"page": [], "window": []}
        self.handlers = [dict(one._steering.handlers) for one in (self.shown, viewer)]

    def count_commands(self) -> None:
        """Have commands counted, not done, so that both can be compared with each other."""
        for name, one in (("page", self.shown), ("window", self.viewer)):
            for command in tuple(one._steering.handlers):
                one._steering.handlers[command] = lambda _, command=command, name=name: self.commands[name].append(
                    command
                )

    def do_commands(self) -> None:
        for one, handlers in zip((self.shown, self.viewer), self.handlers, strict=True):
            one._steering.handlers.update(handlers)

    def begin(self, pane: str) -> tuple[int, int]:
        """Show the first state in both, the pointer in a pane; return where it is in the picture."""
        self.page.mouse("moved", 2, 2)
        self.seen.barrier()
        for one in (self.shown, self.viewer):
            one.interactor.cancel()
            one.state = self.state
            one._steering.presenter.controls.show_note("")
        rect = self.viewer.interactor.context.rect(self.viewer.state, pane)
        x, y = rect.left + round(0.37 * rect.width), rect.top + round(0.61 * rect.height)
        self.fingers.at(x, y).send("MouseMove")
        self.mouse("moved", x, y)
        self.seen.barrier()
        for commands in self.commands.values():
            commands.clear()
        assert self.shown.state == self.viewer.state
        return x, y

    def mouse(self, kind: str, x: float, y: float, *rest: Any, **how: Any) -> None:
        self.page.mouse(kind, x + self.left, y, *rest, **how)

    def wheel(self, x: float, y: float, *, held: tuple[str, ...] = (), **fields: float) -> None:
        """Turn the wheel as a browser tells of it, with the deltas of any."""
        told = {"deltaX": 0, "deltaY": 0, "wheelDeltaX": 0, "wheelDeltaY": 0} | fields
        told |= {"clientX": x + self.left, "clientY": y} | {f"{one}Key": True for one in held}
        self.page.run(f"""(fields => {{
          const event = new WheelEvent('wheel', {{cancelable: true, bubbles: true, ...fields}});
          for (const name of ['wheelDeltaX', 'wheelDeltaY'])
            Object.defineProperty(event, name, {{value: fields[name]}});
          const left = document.querySelector('canvas').dispatchEvent(event);
          if (left) throw new Error('the page would scroll');
        }})({json.dumps(told)})""")

    def press(self, name: str) -> None:
        """Press a key that the table has this name for, as a keyboard does."""
        *control, key = name.split("+")
        location = 3 * key.startswith("KP_")
        dom = NAMED.get(key) or SIGNS.get(key, key)
        shift = (len(dom) == 1 and dom.isupper()) or dom in "+?*&<>()"
        code = f"Key{dom.upper()}" if len(dom) == 1 and dom.isalpha() else ""
        held = ("ctrl",) * bool(control) + ("shift",) * (shift and not location)
        self.page.press(dom, code, held=held, location=location)

    def assert_same(self) -> None:
        self.seen.barrier()
        assert self.shown.state == self.viewer.state
        assert self.commands["page"] == self.commands["window"]
        assert self.shown.note == self.viewer.note

    def assert_canvas(self) -> None:
        """The canvas is the picture, without a difference, when all is at rest."""
        self.seen.rest()
        assert np.array_equal(self.seen.pixels, self.seen.serving.screen.pixels)


@pytest.fixture(scope="module")
def pair(browser: Page, serve: Callable[..., Serving], scene: Any) -> Any:  # noqa: F811
    volume, overlays = scene
    browser.size(*SIZE)
    served = serve(volume, overlays=overlays)
    seen = Seen(browser, served)
    seen.open()
    with Viewer(volume, "quad", served.viewer.size, off_screen=True, overlays=overlays) as viewer:
        one = Pair(seen, viewer)
        line = Measurement("distance", ((5.0, 10.0, 15.0), (12.0, 22.0, 15.0)), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
        state = viewer.state.with_cursor((8.0, 20.0, 15.0))
        one.state = replace(state, measurements=(line,), active=1)
        yield one
    assert browser.console == []


@pytest.fixture
def counted(pair: Pair) -> Any:
    pair.count_commands()
    yield pair
    pair.do_commands()


@pytest.mark.parametrize("pane", ["axial", "3d"])
def test_every_key_does_what_it_does_in_the_window(counted: Pair, pane: str) -> None:
    idle, pair = set(), counted
    for name in KEYS:
        if name == "Tab":  # of the panel alone, below
            continue
        pair.begin(pane)
        before = pair.viewer.state
        pair.press(name)
        *control, key = name.split("+")
        pair.fingers.key(key, ctrl=bool(control))
        pair.assert_same()
        if pair.viewer.state == before and not pair.commands["page"] and not pair.viewer.note:
            idle.add(name)
    # Most do something here, so that the comparison is of something: there are no other times, and few windows of SUV.
    assert len(idle) < (0.3 if pane == "axial" else 0.5) * len(KEYS), sorted(idle)
    pair.assert_canvas()


@pytest.mark.parametrize("name", ["z", "Z", "t", "w", "s", "c", "Right"])
def test_alt_does_what_ctrl_does(counted: Pair, name: str) -> None:
    pair = counted
    pair.begin("axial")
    held = ("alt", "shift") if name.isupper() else ("alt",)
    pair.page.press(NAMED.get(name, name), f"Key{name.upper()}" if len(name) == 1 else "", held=held)
    pair.fingers.key(name, ctrl=True)
    pair.assert_same()
    # The page keeps it from the browser where it means something.
    assert name == "w" or pair.commands["page"] or pair.viewer.state != pair.state


def test_alt_with_return_does_what_f11_does(counted: Pair) -> None:
    counted.begin("axial")
    counted.page.press("Enter", "Enter", held=("alt",))
    counted.fingers.key("F11")
    counted.assert_same()
    assert counted.commands["page"] == ["full screen"]


def test_letters_of_other_keyboards(counted: Pair) -> None:
    """AltGr types; Ctrl with a letter of another script is the letter at its place."""
    pair = counted
    pair.begin("axial")
    # Windows tells of AltGr as Ctrl and Alt.
    pair.page.press("[", "Digit8", held=("ctrl", "alt"))
    pair.fingers.key("bracketleft")
    pair.assert_same()
    assert pair.viewer.state != pair.state or pair.viewer.note
    pair.page.press("\N{CYRILLIC SMALL LETTER YERU}", "KeyS", held=("ctrl",))
    pair.fingers.key("s", ctrl=1)
    pair.assert_same()
    assert pair.commands["page"] == ["save state"]


@pytest.mark.parametrize("pane", ["axial", "3d"])
@pytest.mark.parametrize("name", sorted(DRAGS))
def test_every_drag_does_what_it_does_in_the_window(pair: Pair, pane: str, name: str) -> None:
    x, y = pair.begin(pane)
    button, held = DRAGS[name], ("shift",) * name.startswith("shift")
    before = pair.viewer.state
    pair.fingers.drag(button.title(), (x, y), (x + 30, y - 20), steps=2, shift=int(bool(held)))
    pair.mouse("moved", x, y, held=held)
    pair.mouse("pressed", x, y, button, held=held, clicks=1)
    for share in (0.5, 1.0):
        pair.mouse("moved", x + 30 * share, y - 20 * share, button, held=held)
    pair.mouse("released", x + 30, y - 20, button, held=held, clicks=1)
    pair.assert_same()
    assert pair.viewer.state != before
    pair.assert_canvas()


def test_a_click_a_double_click_and_moving_with_shift(pair: Pair) -> None:
    x, y = pair.begin("axial")
    pair.fingers.at(x, y).send("LeftButtonPress", "LeftButtonRelease")
    pair.mouse("pressed", x, y, "left", clicks=1)
    pair.mouse("released", x, y, "left", clicks=1)
    pair.assert_same()
    assert pair.shown.state.cursor != pair.state.cursor
    pair.fingers.at(x + 9, y, shift=1).send("MouseMove")
    pair.mouse("moved", x + 9, y, held=("shift",))
    pair.assert_same()
    pair.fingers.at(x, y).send("LeftButtonDoubleClick", "LeftButtonRelease")
    pair.mouse("pressed", x, y, "left", clicks=2)
    pair.mouse("released", x, y, "left", clicks=2)
    pair.assert_same()
    assert pair.shown.state.enlarged == "axial"
    kinds = [one["t"] for one in pair.seen.serving.messages if one["t"] not in ("ack", "full")]
    assert kinds[-2:] == ["double", "release"]


def test_a_drag_goes_on_outside_of_the_page_and_ends_there(pair: Pair) -> None:
    x, y = pair.begin("axial")
    pair.fingers.drag("Left", (x, y), (x - 400, y), steps=1)
    pair.mouse("pressed", x, y, "left", clicks=1)
    pair.mouse("moved", x - 400, y, "left")
    pair.mouse("released", x - 400, y, "left", clicks=1)
    pair.seen.barrier()
    assert pair.shown.state.layers == pair.viewer.state.layers
    assert not pair.shown.interactor.is_holding
    # Where the pointer leaves, without a button, the readout goes.
    pair.begin("axial")
    assert pair.shown.state.pointer is not None
    pair.page.run("document.querySelector('canvas').dispatchEvent(new PointerEvent('pointerleave'))")
    pair.seen.barrier()
    assert pair.shown.state.pointer is None


@pytest.mark.parametrize(("pane", "held"), [("axial", ()), ("axial", ("ctrl",)), ("3d", ()), ("3d", ("ctrl",))])
def test_the_wheel_in_notches(pair: Pair, pane: str, held: tuple[str, ...]) -> None:
    x, y = pair.begin(pane)
    for delta in (-100, -100, 100, -100):
        pair.fingers.at(x, y, ctrl=int(bool(held))).send(f"MouseWheel{'Forward' if delta < 0 else 'Backward'}")
        pair.wheel(x, y, wheelDeltaY=-1.2 * delta, deltaY=delta, held=held)
    pair.assert_same()
    assert pair.shown.state != pair.state
    pair.assert_canvas()


def test_fine_deltas_add_up_to_whole_steps(pair: Pair) -> None:
    x, y = pair.begin("axial")

    def steps(*deltas: dict[str, Any]) -> list[int]:
        before = len(pair.seen.serving.messages)
        for one in deltas:
            pair.wheel(x, y, **one)
        pair.seen.barrier()
        return [one["n"] for one in pair.seen.serving.messages[before:] if one["t"] == "wheel"]

    pad = {"deltaY": -10, "wheelDeltaY": 30}
    assert steps(*[pad] * 7) == [1, 1]  # 30 pixels a step
    assert steps(*[{"deltaY": 10, "wheelDeltaY": -30}] * 3) == [-1]  # what was left of the other way is forgotten
    assert steps(*[{"deltaY": -12.5, "wheelDeltaY": 15}] * 8) == [1]  # a wheel of high resolution
    assert steps({"deltaY": -3, "deltaMode": 1}, {"deltaY": 6, "deltaMode": 1}) == [1, -2]  # Firefox, in lines
    assert steps({"deltaY": 1, "deltaMode": 2}) == [-1]
    pinch = {"deltaY": -4, "wheelDeltaY": 12, "held": ("ctrl",)}
    assert steps(*[pinch] * 3) == [1]
    assert [one for one in pair.seen.serving.messages if one["t"] == "wheel"][-1]["ctrl"] is True
    assert steps({"deltaX": -100, "wheelDeltaX": 120, "held": ("shift",)}) == [1]  # as a wheel with Shift is told


def test_a_swipe_to_the_side_moves_the_picture(pair: Pair) -> None:
    x, y = pair.begin("axial")
    pair.fingers.drag("Middle", (x, y), (x + 40, y - 10), steps=2)
    for _ in range(2):
        pair.wheel(x, y, deltaX=-20, deltaY=5, wheelDeltaX=60, wheelDeltaY=-15)
    pair.seen.serving.until(lambda: pair.seen.serving.messages[-1]["t"] == "release", "the end of a swipe")
    pair.seen.barrier()
    assert pair.shown.state.panes == pair.viewer.state.panes
    assert pair.shown.state != pair.state
    moves = [one for one in pair.seen.serving.messages if one["t"] == "press"][-1]
    assert moves["b"] == 1


def test_tab_shows_and_hides_the_panel_and_shift_tab_leaves(pair: Pair) -> None:
    pair.begin("axial")
    before = pair.seen.serving.served.source._panel.panel.is_shown
    for shown in (not before, before):
        pair.page.press("Tab", "Tab")
        pair.seen.barrier()
        assert pair.seen.serving.served.source._panel.panel.is_shown is shown
    assert pair.page.run("document.activeElement.className") == "viewer3d-keys"
    pair.page.run("document.querySelector('.viewer3d-keys').focus()")
    pair.page.press("Tab", "Tab", held=("shift",))
    assert pair.page.run("document.activeElement.className") == "viewer3d-skip"
    pair.seen.barrier()
    assert pair.seen.serving.served.source._panel.panel.is_shown is before
    pair.page.run("document.querySelector('.viewer3d-keys').focus()")


def test_names_are_typed_with_letters_of_all_scripts(pair: Pair) -> None:
    pair.begin("axial")
    pair.press("F2")
    for sign in "Tm 1":
        pair.page.press(sign)
    for sign in ("é", "\N{CYRILLIC SMALL LETTER ZHE}"):  # keys of other layouts
        pair.page.press(sign)
    pair.page.send("Input.imeSetComposition", text="ni", selectionStart=2, selectionEnd=2)
    pair.page.send("Input.insertText", text="你")  # what an input method puts together
    pair.page.send("Input.insertText", text="e\u0301")  # in two parts, as some do
    pair.page.press("Enter")
    pair.seen.barrier()
    assert pair.shown.state.measurements[0].name == "Tm 1é\N{CYRILLIC SMALL LETTER ZHE}你é"
    assert pair.page.run("document.querySelector('.viewer3d-keys').value") == ""


def test_choices_of_the_palette(pair: Pair) -> None:
    """Typed, and chosen with Return, each leads to the state that it leads to in the window."""
    pair.begin("axial")
    context, state = pair.viewer.interactor.context, pair.state
    lists = [one.choices(state, context) for one in BINDINGS if one.choices is not None and one.when(state, context)]
    titles = [choice.title for found in lists for choice in found]
    assert len(titles) > 15
    changed = 0
    for title in titles:
        pair.begin("axial")
        before = pair.viewer.state
        letters = [letter for letter in title if letter.isascii() and (letter.isalnum() or letter == " ")][:10]
        pair.page.press("/")
        pair.fingers.key("slash")
        for letter in letters:
            pair.page.press(letter)
            pair.viewer.interactor.key("space" if letter == " " else letter, letter)  # VTK would tell of the letter
        pair.page.press("Enter")
        pair.fingers.key("Return")
        pair.assert_same()
        changed += pair.viewer.state != before
    assert changed > len(titles) / 2
