"""Two viewers in cells that are used for long: random messages, cells that come, sleep and go, programs that act."""

from __future__ import annotations

import random

import numpy as np
import pytest

import viewer3d
from tests.app.long_use import SIZES, keys
from tests.app.qt.test_keys import SIGNS
from tests.web.canvas import Canvas
from tests.web.client.test_gestures import NAMED
from tests.web.notebook.conftest import Page, in_loop, settle
from viewer3d.core.view.state import ViewState
from viewer3d.errors import WebError

EVENTS = 300
NONSENSE = (None, 7, "x", [[]], {"t": "none"}, {"t": "press", "b": 5}, {"t": "ack", "n": -1}, [{"t": "move", "x": "a"}])


class Hand:
    """One who does anything in a cell that shows a viewer."""

    def __init__(self, viewer, choose, name):
        self.viewer, self.choose, self.name, self.failures = viewer, choose, name, []
        self.canvases, self.count = [], 0
        viewer.on_state(self.check)
        self.show()

    def check(self, state):
        if ViewState.from_json(state.to_json()) != state:
            self.failures.append(state)

    def show(self):
        """Show the viewer in one more cell."""
        self.count += 1
        page = Page(self.viewer.widget(), f"{self.name}{self.count}")
        canvas = Canvas(page, self.choose.choice(SIZES), self.choose.choice((1, 1.5, 2)))
        canvas.page = page
        self.canvases.append(canvas)

    def anything(self):
        choose, canvas = self.choose, self.choose.choice(self.canvases)
        at = {"x": choose.uniform(0, 900), "y": choose.uniform(0, 640)}
        held = {name: choose.random() < 0.15 for name in ("shift", "ctrl")}
        what = choose.choices(
            ("key", "drag", "wheel", "resize", "cell", "sleep", "wrong", "program"), (40, 25, 20, 3, 2, 1, 3, 4)
        )[0]
        if what == "key":
            *control, key = choose.choice((*keys(), "Escape", "Escape")).split("+")
            dom = NAMED.get(key) or SIGNS.get(key, key)
            canvas.say("key", key=dom, location=3 * key.startswith("KP_"), ctrl=bool(control), shift=dom.isupper())
        elif what == "drag":
            button = choose.choice((0, 0, 1, 2))
            canvas.say("press", b=button, **at, **held)
            for _ in range(choose.randint(1, 4)):
                at = {name: value + choose.uniform(-90, 90) for name, value in at.items()}
                canvas.say("move", **at, shift=held["shift"])
            if choose.random() < 0.9:
                canvas.say("release", b=button)
        elif what == "wheel":
            canvas.say("wheel", n=choose.choice((-3, -1, 1, 2)), **at, ctrl=held["ctrl"])
        elif what == "resize":
            canvas.say("resize", size=list(choose.choice(SIZES)), scale=choose.choice((1, 1.25, 2)))
        elif what == "cell" and len(self.canvases) < 3:
            self.show()
        elif what == "cell":
            self.canvases.remove(canvas)
            canvas.page.leave()
        elif what == "sleep":
            canvas.acks = not canvas.acks
            if canvas.acks and canvas.frames:
                canvas.acknowledge()
        elif what == "wrong":
            canvas.page.widget._handle_custom_msg(choose.choice(NONSENSE), [])
            canvas.page.receive(choose.choice(NONSENSE))
        elif what == "program":
            state = self.viewer.state
            self.viewer.state = state.with_cursor(tuple(value + choose.uniform(-5, 5) for value in state.cursor))


@pytest.mark.slow
def test_random_messages_on_two_viewers_leave_canvases_and_states_whole(kernel, volume, capsys, monkeypatch):
    monkeypatch.setattr("viewer3d.web.pictures.STALL_SECONDS", 0.2)
    choose = random.Random(1)

    async def cell():
        hands = [Hand(viewer3d.Viewer(volume, view), choose, name) for view, name in (("quad", "a"), ("mpr", "b"))]
        compared = 0
        for number in range(1, EVENTS + 1):
            choose.choice(hands).anything()
            if choose.random() < 0.3:
                await settle(0.02)
            if number % 50 == 0:
                for hand in hands:
                    compared += await is_whole(hand)
        assert compared > EVENTS // 50
        for hand in hands:
            assert hand.failures == []
            assert hand.viewer.is_open
            assert not [text for one in hand.canvases for _, text in one.said if "defect" in text or "Error:" in text]
            hand.viewer.close()

    in_loop(cell)
    said = capsys.readouterr().err
    assert not [line for line in said.splitlines() if "Error" in line and WebError.__name__ not in line], said


async def is_whole(hand):
    """Return whether all came to rest; then each canvas has the picture, and the picture is the viewer's."""
    for canvas in hand.canvases:
        canvas.say("leave")
        for button in range(3):
            canvas.say("release", b=button)
        canvas.acks = True
        if canvas.frames:
            canvas.acknowledge()
    screen = hand.viewer._cell.screen
    for _ in range(30):
        await settle(0.3)
        frames, notes = [len(one.frames) for one in hand.canvases], hand.viewer.note
        await settle(0.3)
        if frames == [len(one.frames) for one in hand.canvases] and all(
            one.frames[-1]["still"] for one in hand.canvases
        ):
            break
    else:
        return False  # a cine
    for canvas in hand.canvases:
        np.testing.assert_array_equal(canvas.pixels, screen.pixels)
    before = screen.pixels.copy()
    screen._picture.resize(screen._picture.size)
    screen._is_new = True
    screen.wake()
    await settle(1.0)
    if hand.viewer.note != notes:
        return False
    np.testing.assert_array_equal(screen.pixels, before)
    return True
