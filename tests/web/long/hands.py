"""Hands that do anything in a page of `viewer3d serve`, lines that break, and what must stay true all the while."""

from __future__ import annotations

import json
import random
import socket
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.app.long_use import keys
from tests.app.qt.test_keys import SIGNS
from tests.chromium import Page
from tests.web.client.serving import Seen
from tests.web.client.test_gestures import NAMED
from tests.web.long.lines import Line, Program
from viewer3d.core.view.side_by_side import SideBySide
from viewer3d.core.view.state import ViewState

SIZES = ((420, 320), (700, 500), (900, 640), (1100, 420), (500, 760))
SCALES = (1.0, 1.25, 1.5, 2.0)
APP = "document.querySelector('.viewer3d-app')?.dataset"

SHARES = {
    "key": 40, "drag": 16, "wheel": 14, "click": 10, "double": 3, "move": 7, "resize": 2, "panel": 2, "text": 3,
    "fingers": 1, "reload": 0.4, "cut": 0.5, "silent": 0.2, "tab": 0.6, "sleeper": 0.3, "garbage": 1,
}  # fmt: skip
"""What is done how often."""

GARBAGE: tuple[str | bytes, ...] = (
    "", "{", "null", "[]", "[[]]", '{"t":"none"}', '{"t":"press","b":9,"x":0,"y":0}', '{"t":"ack","n":-1}', b"\0\xff\0",
    '{"t":"hello","v":1,"size":[1e5,1e5],"scale":9}', '{"t":"wheel","n":1e9,"x":0,"y":0}', "[" * 30_000,
    '{"t":"move","x":NaN,"y":0}', '{"t":"key","key":"' + "k" * 70 + '"}', "x" * 70_000,
    '[{"t":"press","b":2,"x":300,"y":200},{"t":"paste","text":"\\u0000\\ud800"}]', '{"t":"ack","n":9007199254740992}',
)  # fmt: skip
"""What no page says, or says so."""


class Hands:
    """A browser with a tab of the viewer, and whoever else speaks to the viewer.

    Parameters
    ----------
    page : Page
    program : Program
    seed : int
    """

    def __init__(self, page: Page, program: Program, seed: int) -> None:
        self.page, self.program, self.random = page, program, random.Random(seed)
        self.line = Line(program.port)
        self.size, self.done = (900, 640), Counter[str]()
        self.compared = 0
        self._stack = ExitStack()
        page.size(*self.size)
        page.go(f"http://127.0.0.1:{self.line.port}/#token={program.token}")
        self.until_open()
        program.until(lambda facts: not facts["loading"])

    def close(self) -> None:
        self._stack.close()
        self.line.close()

    def until_open(self, page: Page | None = None) -> None:
        """Wait until a page shows the viewer without loss."""
        (page or self.page).wait(f"{APP}?.state === 'open' && {APP}?.still")

    def anything(self) -> None:
        """Do one thing that a person, a line or a stranger may do."""
        names = list(SHARES)
        what = self.random.choices(names, SHARES.values())[0]
        self.done[what] += 1
        getattr(self, f"_{what}")(self.page)

    def same_things(self) -> None:
        """Do one of each, always the same: slices, windows, sizes, series, files, tabs and lines."""
        page = self.page
        for size in ((900, 640), (700, 500), (900, 640)):
            page.size(*size)
        for x, y in ((400, 150), (400, 450), (700, 450)):
            page.mouse("moved", x, y)
            for step in range(24):
                page.turn(x, y, 120 - 240 * (step % 2))
            page.mouse("pressed", x, y, "right", clicks=1)
            for there, back in ((30, 20), (0, 0)):
                page.mouse("moved", x + there, y + back, "right")
            page.mouse("released", x, y, "right", clicks=1)
        for row in (1, 2, 3, 0, 1):
            page.mouse("pressed", 100, 28 + 55 * row, "left", clicks=1)
            page.mouse("released", 100, 28 + 55 * row, "left", clicks=1)
            self.program.until(lambda facts: not facts["loading"] and not facts["waiting"])
        page.press("s", "KeyS")
        page.press("s", "KeyS", held=("ctrl",))
        page.reload()
        self.until_open()
        other = page.beside()
        other.size(900, 640)
        other.go(f"http://127.0.0.1:{self.line.port}/")
        self.until_open(other)
        other.press("i", "KeyI")
        other.press("i", "KeyI")
        other.close()
        page.send("Page.bringToFront")
        self.line.cut()
        self.program.until(lambda facts: facts["tabs"] == 1)
        page.wait(f"{APP}.state === 'open'")

    def rest(self) -> bool:
        """Let go of all, and return whether all came to rest in a while: not where a cine runs."""
        self.page.run("document.querySelectorAll('dialog').forEach(one => one.close())")
        self.until_open()
        end, calm, before = time.monotonic() + 6, time.monotonic(), ""
        while time.monotonic() < calm + 0.7:
            if time.monotonic() > end:
                return False
            began = time.monotonic()
            facts = self.program.ask("facts")
            is_late = time.monotonic() > began + 0.15  # it draws, or the machine has much to do
            now = self.page.run(f"{APP}.serial + {APP}.still")
            if is_late or now != before or not now.endswith("true") or facts["loading"] or facts["waiting"]:
                before, calm = now, time.monotonic()
            time.sleep(0.03)
        return True

    def check_picture(self) -> None:
        """Compare canvas and picture where all is at rest, also after the screen has lost all that it shows."""
        if not self.rest():
            return
        shown, said = self.program.ask("picture")
        canvas = self.pixels
        if self.program.ask("picture")[1] != said:
            return
        _assert_same(canvas, shown, "the canvas", self.program.home)
        self.program.ask("spoil")
        if not self.rest():
            return
        again, words = self.program.ask("picture")
        if words != said:  # a note has faded
            return
        _assert_same(again, shown, f"what is shown again ({said}, {words})", self.program.home)
        _assert_same(self.pixels, again, "the canvas, shown again", self.program.home)
        self.compared += 1

    def check_facts(self) -> dict[str, Any]:
        """Nothing failed, nobody holds a button, and the console is empty but for lines that were cut."""
        facts: dict[str, Any] = self.program.ask("facts")
        assert facts["failures"] == [], facts["failures"]
        assert self.program.process.poll() is None
        assert "Traceback" not in self.program.errors, self.program.errors
        cut = ("WebSocket connection to", "Failed to load resource: net::ERR")
        assert [one for one in self.page.console if not any(part in one for part in cut)] == []
        return facts

    @property
    def pixels(self) -> np.ndarray:
        """What is on the canvas, shape (height, width, 3)."""
        return Seen(self.page, None).pixels  # type: ignore[arg-type]  # nothing is served from here

    @property
    def heap(self) -> dict[str, float]:
        """What the page holds, after what it does not need was freed."""
        self.page.send("HeapProfiler.collectGarbage")
        found = {one["name"]: one["value"] for one in self.page.send("Performance.getMetrics")["metrics"]}
        return {name: found[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners", "Documents")}

    # ---- What is done ----------------------------------------------------------------------------------------------

    def _place(self) -> tuple[float, float]:
        return self.random.uniform(0, self.size[0]), self.random.uniform(0, self.size[1])

    def _held(self) -> tuple[str, ...]:
        return tuple(one for one in ("shift", "ctrl", "alt") if self.random.random() < 0.1)

    def _press(self, page: Page, name: str) -> None:
        *control, key = name.split("+")
        location = 3 * key.startswith("KP_")
        dom = NAMED.get(key) or SIGNS.get(key, key)
        shift = (len(dom) == 1 and dom.isupper()) or dom in "+?*&<>()"
        code = f"Key{dom.upper()}" if len(dom) == 1 and dom.isalpha() else ""
        held = (self.random.choice(("ctrl", "alt")),) * bool(control) + ("shift",) * (shift and not location)
        page.press(dom, code, held=held, location=location)

    def _key(self, page: Page) -> None:
        if self.random.random() < 0.15:
            page.press("Escape", "Escape")
        else:
            self._press(page, self.random.choice(keys()))

    def _drag(self, page: Page) -> None:
        button, held = self.random.choice(("left", "left", "middle", "right")), self._held()
        x, y = self._place()
        page.mouse("moved", x, y)
        page.mouse("pressed", x, y, button, held=held, clicks=1)
        for _ in range(self.random.randint(1, 5)):
            x, y = x + self.random.uniform(-90, 90), y + self.random.uniform(-90, 90)
            page.mouse("moved", x, y, button, held=held)
            if self.random.random() < 0.02:
                self._panel(page)
            if self.random.random() < 0.02:
                self._cut(page)
        page.mouse("released", x, y, button, held=held, clicks=1)

    def _wheel(self, page: Page) -> None:
        x, y = self._place()
        held = ("ctrl",) * (self.random.random() < 0.15)
        for _ in range(self.random.choice((1, 1, 3, 10))):
            delta = self.random.choice((120, -120, 40, -33, 240))
            page.turn(x, y, delta, held=held)

    def _click(self, page: Page) -> None:
        x, y = self._place()
        button = self.random.choice(("left", "left", "right"))
        for kind in ("pressed", "released"):
            page.mouse(kind, x, y, button, held=self._held(), clicks=1)

    def _double(self, page: Page) -> None:
        x, y = self._place()
        for clicks in (1, 2):
            for kind in ("pressed", "released"):
                page.mouse(kind, x, y, "left", clicks=clicks)

    def _move(self, page: Page) -> None:
        page.mouse("moved", *self._place(), held=self._held())

    def _resize(self, page: Page) -> None:
        self.size = self.random.choice(SIZES)
        page.size(*self.size, self.random.choice(SCALES))

    def _panel(self, page: Page) -> None:
        """Choose a row of the panel, by the keyboard or where rows are when it is there."""
        if self.random.random() < 0.5:
            page.press("Tab", "Tab")
            for _ in range(self.random.randint(0, 4)):
                page.press(*self.random.choice((("ArrowDown", "ArrowDown"), ("ArrowUp", "ArrowUp"))))
            page.press("Enter", "Enter", held=("ctrl",) * (self.random.random() < 0.2))
            return
        x, y = self.random.uniform(5, 150), self.random.uniform(5, 225)
        for clicks in range(1, self.random.choice((1, 2)) + 1):
            for kind in ("pressed", "released"):
                page.mouse(kind, x, y, "left", held=("ctrl",) * (self.random.random() < 0.2), clicks=clicks)

    def _text(self, page: Page) -> None:
        if self.random.random() < 0.4:
            page.press("/", "Slash")
        for letter in self.random.choices("abcxyz 12éß", k=4):
            page.press(letter)
        if self.random.random() < 0.2:
            page.send("Input.insertText", text="名前 ñ")
        page.press(*self.random.choice((("Enter", "Enter"), ("Backspace", "Backspace"), ("Escape", "Escape"))))

    def _fingers(self, page: Page) -> None:
        x, y = self._place()
        a, b = (x, y), (x + 60, y)
        points = self.random.choice(((a,), (a, b)))
        page.touch("Start", *points)
        for step in range(1, 4):
            page.touch("Move", *((px + 12 * step, py + 9 * step) for px, py in points))
        page.touch("End")

    def _reload(self, page: Page) -> None:
        page.reload()
        self.until_open()

    def _cut(self, _page: Page) -> None:
        self.line.cut(rudely=self.random.random() < 0.5)

    def _silent(self, page: Page) -> None:
        # A page that is looked at again after a machine has slept.
        self.line.fall_silent()
        page.press("h")
        page.reload()
        self.until_open()

    def _tab(self, page: Page) -> None:
        """Another tab acts at the same time, and closes: sometimes with a button down."""
        other = page.beside()
        other.size(*self.random.choice(SIZES), self.random.choice(SCALES))
        other.go(f"http://127.0.0.1:{self.line.port}/")
        self.until_open(other)
        for _ in range(self.random.randint(2, 8)):
            where = self.random.choice((page, other))
            where.send("Page.bringToFront")  # what is behind gets no events of the mouse
            getattr(self, f"_{self.random.choice(('key', 'drag', 'wheel', 'click', 'move'))}")(where)
        if self.random.random() < 0.5:
            other.send("Page.bringToFront")
            other.mouse("pressed", *self._place(), "left", clicks=1)
        self.page.console += other.console
        other.close()
        page.send("Page.bringToFront")

    def _sleeper(self, _page: Page) -> None:
        """One that shows nothing it is sent stays for the rest; at most three of them."""
        if self.done["sleeper"] <= 3:
            there = self._stack.enter_context(self.program.socket(self.page))
            there.send(json.dumps({"t": "press", "b": 0, "x": 200, "y": 200}))

    def _garbage(self, _page: Page) -> None:
        """A stranger, and somebody who has the cookie, send what is no message."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.program.port), 5) as there:
            there.sendall(self.random.randbytes(self.random.choice((1, 100, 9000))))
        with suppress(ConnectionClosed, WebSocketException, OSError), self.program.socket(self.page) as there:
            for _ in range(3):
                there.send(self.random.choice(GARBAGE))


def _assert_same(one: np.ndarray, other: np.ndarray, what: str, folder: Path) -> None:
    differing = np.argwhere((one != other).any(-1)) if one.shape == other.shape else np.empty((0, 2))
    if one.shape == other.shape and not differing.size:
        return
    for name, picture in (("is", one), ("should-be", other)):
        Image.fromarray(picture).save(folder / f"{name}.png")
    where = f"{len(differing)} pixels from {differing.min(0)} to {differing.max(0)}" if differing.size else ""
    raise AssertionError(f"{what}: {one.shape}, {other.shape} {where}; both are in {folder}")


def check_downloads(folder: Path) -> int:
    """Read every state that was downloaded again, and return how many files there are."""
    files = [one for one in folder.iterdir() if one.is_file() and not one.name.endswith(".crdownload")]
    for one in files:
        if one.suffix == ".json" and "measurements" not in one.name:
            text = one.read_text(encoding="utf-8")
            kind = SideBySide if '"cells"' in text else ViewState
            assert kind.from_json(text).to_json() == text.strip() or kind.from_json(text)
    return len(files)
