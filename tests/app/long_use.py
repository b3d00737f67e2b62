"""A person who does anything for long: random events in a real window on a folder of four series.

Run as a program on an X server: ``python -m tests.app.long_use random FOLDER EVENTS SEED``, or ``wheel FOLDER STEPS``.
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


class LongUse:
    """A window on a folder, and events sent to its interactor of VTK as a toolkit sends them."""

    def __init__(self, folder: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.browser = Browser(folder, "quad", (900, 640))
        self.browser.open()
        self.states: Counter[str] = Counter()
        self.count = 0
        while self.browser.viewer is None or self.browser.is_loading:
            self.browser.process_events()
            time.sleep(0.002)
        self.viewers: list[Viewer] = []
        self._watch()
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
        height = self.interactor.GetSize()[1]
        self.interactor.SetEventInformation(int(x), int(height - 1 - y), int(ctrl), int(shift), "\0", repeat, None)
        self.interactor.InvokeEvent(event)

    def key(self, name: str) -> None:
        """Send a key as VTK names it."""
        ctrl, _, symbol = name.rpartition("ctrl+")
        character = symbol if len(symbol) == 1 else "\0"
        x, y = self.interactor.GetEventPosition()
        held = int("ctrl+" in name or bool(ctrl))
        self.interactor.SetEventInformation(x, y, held, int(symbol.isupper()), character, 0, symbol)
        self.interactor.InvokeEvent("KeyPressEvent")
        self.interactor.InvokeEvent("CharEvent")

    def anything(self) -> None:
        """Do one thing that a person may do."""
        width, height = self.interactor.GetSize()
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
            self.browser._desktop._window.SetSize(*self.random.choice(SIZES))
        elif what == "series":
            self.browser.choose(self.random.randrange(self.rows))
        else:
            for letter in self.random.choices("abcxyz 12", k=3):
                self.key("space" if letter == " " else letter)
            self.key(self.random.choice(("Return", "BackSpace")))

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


def wheel_steps(folder: str, steps: int) -> dict[str, Any]:
    """Turn the wheel to and fro in three linked slices, and return the memory after each quarter of the steps."""
    use = LongUse(folder, 0)
    use.key("m")
    use.after()
    width, height = use.interactor.GetSize()
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
    found = random_events(folder, int(count), int(rest[0])) if kind == "random" else wheel_steps(folder, int(count))
    print(json.dumps(found))
