"""A person who does anything for long: random events in a real window on a folder of four series.

Run as a program on an X server: ``python -m tests.app.long_use random FOLDER EVENTS SEED``, or ``wheel FOLDER STEPS``;
without one ``remote FOLDER EVENTS SEED``, on a screen that is elsewhere and of high density.
It prints what it found as JSON and ends with an exception where the window had one.
"""

from __future__ import annotations

import gc
import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

import viewer3d
from viewer3d.app.browser import Browser
from viewer3d.app.input.bindings import BINDINGS
from viewer3d.app.viewer import Viewer
from viewer3d.core.view.state import ViewState

SIZES = ((420, 320), (700, 500), (900, 640), (1100, 420), (500, 760))
"""Widths and heights that the window is given."""

SHARES = {
    "key": 40, "drag": 18, "wheel": 16, "click": 10, "double": 3, "move": 9, "resize": 1, "series": 1, "text": 2,
}  # fmt: skip
"""What is done how often, in percent."""

GESTURES = (" drag", "click", "wheel", "move")
"""What inputs of the table that are no keys end with or hold."""


def keys() -> list[str]:
    """Return every key of the table."""
    found = {name for one in BINDINGS for name in one.inputs if not any(part in name for part in GESTURES)}
    return sorted(found)


class RemoteScreen(viewer3d.Screen):
    """A screen elsewhere: it takes files and texts, opens no place, and no key closes it."""

    opens_places, in_browser, how_to_close = False, True, "close the tab"

    def __init__(self) -> None:
        self.points, self.density = SIZES[2], 1.5
        self.pixels = np.zeros((1, 1, 3), np.uint8)
        self.is_shown, self.is_exposed, self.is_full = True, False, False
        self.files: Counter[str] = Counter()
        self.text = ""

    @property
    def is_open(self) -> bool:
        return self.is_shown

    @property
    def size(self) -> tuple[int, int]:
        return self.points

    @property
    def scale(self) -> float:
        return self.density

    def open(self, handler: viewer3d.EventHandler) -> None:
        self.handler = handler

    def process_events(self) -> bool:
        exposed, self.is_exposed = self.is_exposed, False
        width, height = (round(self.density * side) for side in self.points)
        if self.pixels.shape[:2] != (height, width):
            self.pixels = np.zeros((height, width, 3), np.uint8)
            return True
        return exposed

    def show(self, picture: Any, rects: Any, left: int = 0, *, is_more: bool = False) -> None:  # noqa: ARG002
        for rect in rects:
            place = self.pixels[rect.rows, left + rect.left : left + rect.left + rect.width]
            place[...] = picture[rect.rows, rect.columns][: place.shape[0], : place.shape[1]]

    @property
    def is_full_screen(self) -> bool:
        return self.is_full

    def set_full_screen(self, *, is_full: bool) -> bool:
        self.is_full = is_full
        return True

    def give_file(self, name: str, data: bytes) -> bool:
        assert data
        self.files[name] += 1
        return True

    def copy_text(self, text: str) -> bool:
        self.text = text
        return True

    def paste_text(self) -> str:
        return self.text

    def choose_place(self, _then: Any) -> bool:
        raise AssertionError("a dialog on the desktop of this machine")

    def close(self) -> None:
        self.is_shown = False


class LongUse:
    """A window on a folder, and events sent to its interactor of VTK as a toolkit sends them."""

    def __init__(self, folder: str, seed: int, screen: RemoteScreen | None = None) -> None:
        self.random, self.screen = random.Random(seed), screen
        self.browser = Browser(folder, "quad", (900, 640), screen=screen)
        self.browser.open()
        self.states: Counter[str] = Counter()
        self.count = 0
        while self.browser.viewer is None or self.browser.is_loading:
            self.browser.process_events()
            time.sleep(0.002)
        self.viewers: list[Viewer] = []
        self._watch()
        if screen is not None:
            return
        self.interactor = self.browser._desktop._interactor
        # The palette offers to close the window, and Return takes what stands first: it stays open here.
        self.close, self.browser._desktop.close = self.browser._desktop.close, lambda: None
        # Whatever path is typed or chosen, it is the folder that is opened again: no disk is searched, no dialog shown.
        self.browser.prompt._chosen = lambda _path: self.browser.open_place(folder)
        self.browser._desktop.choose_place = lambda _then: False

    @property
    def rows(self) -> int:
        """How many series can be chosen."""
        return self.browser.panel.count

    def send(self, event: str, x: float, y: float, *, shift: bool = False, ctrl: bool = False, repeat: int = 0) -> None:
        """Send an event of the mouse at a pixel of the window, counted from the top."""
        if self.screen is not None:
            self._send_there(event, x, y, shift=shift, ctrl=ctrl, repeat=repeat)
            return
        height = self.interactor.GetSize()[1]
        self.interactor.SetEventInformation(int(x), int(height - 1 - y), int(ctrl), int(shift), "\0", repeat, None)
        self.interactor.InvokeEvent(event)

    def _send_there(self, event: str, x: float, y: float, *, shift: bool, ctrl: bool, repeat: int) -> None:
        assert self.screen is not None
        hand = self.screen.handler
        button: Any = next((one for one in ("left", "middle", "right") if event.lower().startswith(one)), None)
        if button is None and event == "MouseMoveEvent":
            hand.move(x, y, shift=shift)
        elif button is None:
            hand.wheel(1 if "Forward" in event else -1, x, y, ctrl=ctrl)
        elif "Release" in event:
            hand.release(button)
        elif repeat:
            hand.double_click(x, y)
        else:
            hand.press(button, x, y, shift=shift, ctrl=ctrl)

    def key(self, name: str) -> None:
        """Send a key as VTK names it."""
        if self.screen is not None:
            self.screen.handler.key(name, name if len(name) == 1 else "")
            return
        ctrl, _, symbol = name.rpartition("ctrl+")
        character = symbol if len(symbol) == 1 else "\0"
        x, y = self.interactor.GetEventPosition()
        held = int("ctrl+" in name or bool(ctrl))
        self.interactor.SetEventInformation(x, y, held, int(symbol.isupper()), character, 0, symbol)
        self.interactor.InvokeEvent("KeyPressEvent")
        self.interactor.InvokeEvent("CharEvent")

    def anything(self) -> None:
        """Do one thing that a person may do."""
        width, height = self.size
        x, y = self.random.uniform(0, width), self.random.uniform(0, height)
        shift, ctrl = self.random.random() < 0.15, self.random.random() < 0.15
        what = self.random.choices(
            ("key", "drag", "wheel", "click", "double", "move", "resize", "series", "text"),
            (40, 18, 16, 10, 3, 9, 1, 1, 2),
        )[0]
        if self._has_escape() and self.random.random() < 0.3:
            self.key("Escape")
        elif what == "key":
            self.key(self.random.choice(keys()))
        elif what == "drag":
            button = self.random.choice(("Left", "Left", "Middle", "Right"))
            self.send(f"{button}ButtonPressEvent", x, y, shift=shift, ctrl=ctrl)
            for _ in range(self.random.randint(1, 4)):
                x, y = x + self.random.uniform(-90, 90), y + self.random.uniform(-90, 90)
                self.send("MouseMoveEvent", x, y, shift=shift, ctrl=ctrl)
                self.browser.process_events()
            self.send(f"{button}ButtonReleaseEvent", x, y, shift=shift, ctrl=ctrl)
        elif what == "wheel":
            way = self.random.choice(("Forward", "Backward"))
            self.send(f"MouseWheel{way}Event", x, y, ctrl=ctrl)
        elif what in ("click", "double"):
            for repeat in range(1 + (what == "double")):
                self.send("LeftButtonPressEvent", x, y, shift=shift, ctrl=ctrl, repeat=repeat)
                self.send("LeftButtonReleaseEvent", x, y, shift=shift, ctrl=ctrl)
        elif what == "move":
            self.send("MouseMoveEvent", x, y, shift=shift)
        elif what == "resize":
            self.resize(*self.random.choice(SIZES))
        elif what == "series":
            self.browser.choose(self.random.randrange(self.rows))
        else:
            for letter in self.random.choices("abcxyz 12", k=3):
                self.key("space" if letter == " " else letter)
            self.key(self.random.choice(("Return", "BackSpace")))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the window in points."""
        return self.interactor.GetSize() if self.screen is None else self.screen.size

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, and its screen another density where that is elsewhere."""
        if self.screen is None:
            self.browser._desktop._window.SetSize(width, height)
        else:
            self.screen.points, self.screen.density = (width, height), self.random.choice((1.0, 1.25, 1.5, 2.0))

    def _has_escape(self) -> bool:
        """Return whether Escape closes less than the window: palette, help, tool."""
        steering = self.viewer.steering
        return (
            steering.palette.palette is not None
            or self.browser.prompt.prompt is not None
            or steering.presenter.controls.has_help
            or bool(steering.interactor.prompt)
        )

    def after(self) -> None:
        """Let the window do its work; what it said of itself must not be a defect."""
        self.browser.process_events()
        self._watch()
        said = f"{self.browser.message} {self.viewer.note}"
        assert "defect" not in said, said
        assert "Error:" not in said, said

    @property
    def viewer(self) -> Viewer:
        """The viewer of the active cell."""
        return self.browser.viewer

    def _watch(self) -> None:
        """Check the states of viewers that came beside, too."""
        for one in self.browser.cells.viewers:
            if one not in self.viewers:
                self.viewers.append(one)
                one.on_state(self._check)

    def _check(self, state: ViewState) -> None:
        text = state.to_json()
        again = ViewState.from_json(text)
        assert again == state
        assert again.to_json() == text
        self.count += 1
        self.states[state.shown] += 1


def random_events(folder: str, events: int, seed: int) -> dict[str, Any]:
    """Send random events, and return how many states there were, and of which views."""
    use = LongUse(folder, seed)
    seen: set[int] = set()
    try:
        for number in range(events):
            try:
                use.anything()
                use.after()
            except Exception as error:
                raise AssertionError(f"event {number} of seed {seed}") from error
            seen.add(use.browser.panel.opened)
        return {"states": use.count, "views": dict(use.states), "series": len(seen), "viewers": len(use.viewers)}
    finally:
        use.browser.close()
        use.close()


def remote_events(folder: str, events: int, seed: int) -> dict[str, Any]:
    """Send random events on a screen elsewhere; what it has is what it is shown as a whole, and no key closes it."""
    screen = RemoteScreen()
    use = LongUse(folder, seed, screen)
    compared = 0
    try:
        for number in range(events):
            try:
                use.anything()
                use.after()
                if number % 200 == 0:
                    compared += _is_shown_whole(use, screen)
            except Exception as error:
                raise AssertionError(f"event {number} of seed {seed}") from error
        assert screen.is_open
        return {"states": use.count, "views": dict(use.states), "files": dict(screen.files), "compared": compared}
    finally:
        use.browser.close()


def _is_shown_whole(use: LongUse, screen: RemoteScreen) -> bool:
    """Return whether all came to rest, and then the screen has what it is shown when it has lost everything."""
    if not _has_come_to_rest(use):
        return False
    said, before = (use.viewer.note, use.browser.message), screen.pixels.copy()
    screen.pixels[...], screen.is_exposed = 7, True
    if not _has_come_to_rest(use) or (use.viewer.note, use.browser.message) != said:
        return False  # a note has faded meanwhile
    differing = np.argwhere((screen.pixels != before).any(-1))
    assert not differing.size, f"{len(differing)} pixels from {differing.min(0)} to {differing.max(0)}"
    return True


def _has_come_to_rest(use: LongUse) -> bool:
    """Return whether nothing was to do for a moment, after which the 3D pane is drawn in full; not of a cine."""
    worked_at = began_at = time.monotonic()
    while time.monotonic() < worked_at + 0.4:
        if time.monotonic() > began_at + 3:
            return False
        if use.browser.process_events():
            worked_at = time.monotonic()
        time.sleep(0.01)
    return not use.browser.is_loading


def wheel_steps(folder: str, steps: int) -> dict[str, Any]:
    """Turn the wheel to and fro in three linked slices, and return the memory after each quarter of the steps."""
    use = LongUse(folder, 0)
    use.key("m")
    use.after()
    width, height = use.size
    memory = []
    try:
        for number in range(steps):
            way = "Forward" if number // 37 % 2 else "Backward"
            use.send(f"MouseWheel{way}Event", (0.45 + 0.2 * (number // 74 % 3)) * width, height / 2)
            use.after()
            if (number + 1) % (steps // 4) == 0:
                gc.collect()
                memory.append(_resident())
        return {"memory": memory, "states": use.count}
    finally:
        use.browser.close()
        use.close()


def _resident() -> int:
    """Return the memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    kind, folder, count, *rest = sys.argv[1:]
    kinds = {"random": random_events, "remote": remote_events, "wheel": wheel_steps}
    found = kinds[kind](folder, int(count), *map(int, rest))
    print(json.dumps(found))
