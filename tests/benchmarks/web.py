"""What browsers cost the viewer: CPU and bytes a step, folding, memory, with their limits. ``python web.py FOLDER``.

Each step is done twice in turn, on a screen that throws its pictures away and on one in a browser: a stand-in for it
reads what a websocket would carry and acknowledges each frame.
"""

from __future__ import annotations

import json
import statistics
import struct
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import viewer3d
from tests.benchmarks.memory import Meter
from viewer3d.web.loop import Served
from viewer3d.web.messages import packed, read_text
from viewer3d.web.screen import WebScreen

SIZE: Final = (1200, 900)
STEPS: Final = 40
EVENTS: Final = 300

AXIAL, IN_3D = (300, 225), (900, 225)
"""Points of two panes of four."""

WHEEL_LIMIT, DRAG_LIMIT, BYTES_LIMIT, FRAMES_LIMIT, MEMORY_LIMIT = 1.6, 1.2, 1 / 15, 30, 1.6


class Nowhere(viewer3d.Screen):
    """A screen that throws pictures away, and counts what of them had changed."""

    is_open, size, handler, changed = True, SIZE, None, 0

    def open(self, handler: Any) -> None:
        """Keep the handler."""
        self.handler = handler

    def process_events(self) -> bool:
        """Do nothing: events are given to the handler."""
        return False

    def show(self, _picture: Any, rects: Any, _left: int = 0, **_is_more: bool) -> None:
        """Count the bytes that have changed."""
        self.changed += sum(3 * one.width * one.height for one in rects)

    def close(self) -> None:
        """Do nothing."""


class Page:
    """What a page does, without decoding: it reads headers, counts bytes and acknowledges."""

    def __init__(self, screen: WebScreen) -> None:
        self.frames = self.bytes = 0
        self._client = screen.connect(self.take)
        self.say(t="hello", v=1, size=SIZE, scale=1)

    def say(self, *many: dict[str, Any], **message: Any) -> None:
        """Send a message, or many at once, as text."""
        self._client.receive(read_text(json.dumps(many or message)))

    def take(self, header: Any, buffers: Any) -> None:
        """Take a message as a websocket carries it."""
        data = packed(header, buffers)
        if isinstance(data, str):
            return
        (length,) = struct.unpack("<I", data[:4])
        read = json.loads(data[4 : 4 + length])
        if read["t"] == "frame":
            self.frames, self.bytes = self.frames + 1, self.bytes + len(data)
            self.say(t="ack", n=read["n"])


def settle(source: Any, seconds: float = 1.0) -> None:
    """Process events until there was nothing to do for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if source.process_events():
            until = time.monotonic() + seconds
        time.sleep(0.002)


def cpu_of(act: Callable[[], object]) -> float:
    """Return the CPU seconds that something takes."""
    before = time.process_time()
    act()
    return time.process_time() - before


class Beside:
    """A viewer on a screen that is nowhere, and one in a browser, of one volume."""

    def __init__(self, volume: Any) -> None:
        self.nowhere, self.web = Nowhere(), WebScreen(SIZE)
        self.plain, self.shown = (viewer3d.Viewer(volume, "quad", SIZE, screen=one) for one in (self.nowhere, self.web))
        for one in (self.plain, self.shown):
            one.open()
        self.served, self.page = Served(self.shown, self.web), Page(self.web)
        settle(self.plain, 7.0)  # until the hint at the beginning is gone
        settle(self.served, 1.0)

    def steps(self, plain: Callable[[int], object], web: Callable[[int], dict[str, Any]]) -> tuple[float, float, int]:
        """Return the ratio of CPU, the bytes that a step has changed, and those that were sent."""
        changed, sent = self.nowhere.changed, self.page.bytes

        def on_page(number: int) -> None:
            self.page.say(web(number))
            self.served.process_events()

        def nowhere(number: int) -> None:
            plain(number)
            self.plain.process_events()

        ratios = [(cpu_of(partial(nowhere, number)), cpu_of(partial(on_page, number))) for number in range(STEPS)]
        assert self.plain.state == self.shown.state
        changed, sent = self.nowhere.changed - changed, self.page.bytes - sent
        for one in (self.plain, self.served):
            settle(one, 0.5)
        own, other = (statistics.median(one) for one in zip(*ratios, strict=True))
        print(f"  {1000 * own:.1f} ms on no screen, {1000 * other:.1f} ms in a browser")
        return other / own, changed // STEPS, sent // STEPS


def tell(name: str, value: float, limit: float, unit: str = "") -> bool:
    """Print a figure with its limit, and return whether it is kept."""
    kept = value <= limit
    print(f"{name:44}{value:8.3g} {unit}(at most {limit:.3g}){'' if kept else '  ABOVE'}", flush=True)
    return kept


def main(path: str) -> None:
    """Print all figures; the exit status is 1 where one is above its limit."""
    viewer3d.Viewer(viewer3d.phantom.volume(shape=(48, 48, 48)), off_screen=True, size=SIZE).render()
    meter = Meter()
    volume = viewer3d.load(path)
    meter.volume_megabytes = volume.voxels.nbytes / 2**20
    first = viewer3d.Viewer(volume, "quad", SIZE, off_screen=True)
    first.render()
    held = meter.held()
    screen = WebScreen(SIZE)
    second = viewer3d.Viewer(volume, "quad", SIZE, screen=screen)
    second.open()
    served = Served(second, screen)
    Page(screen)
    settle(served)
    kept = [tell("a second viewer, in a browser, in volumes", meter.held() - held, MEMORY_LIMIT)]
    served.close()
    first.close()
    both = Beside(volume)
    hand = both.nowhere.handler
    assert hand is not None

    wheel = {"t": "wheel", "n": -1, "x": AXIAL[0], "y": AXIAL[1]}
    ratio, changed, sent = both.steps(lambda _: hand.wheel(-1, *AXIAL), lambda _: wheel)
    kept += [tell("CPU of a step of the wheel", ratio, WHEEL_LIMIT, "times "), _told_bytes(changed, sent)]

    hand.press("left", *IN_3D)
    both.page.say(t="press", b=0, x=IN_3D[0], y=IN_3D[1])
    ratio, changed, sent = both.steps(
        lambda n: hand.move(IN_3D[0] + 5 * n, IN_3D[1]),
        lambda n: {"t": "move", "x": IN_3D[0] + 5 * n, "y": IN_3D[1]},
    )
    kept += [tell("CPU of a step of the camera", ratio, DRAG_LIMIT, "times "), _told_bytes(changed, sent)]
    hand.release("left")
    both.page.say(t="release", b=0)

    frames = both.page.frames
    events = [{**wheel, "n": 1 if number % 3 else -1, "ctrl": number % 5 == 0} for number in range(EVENTS)]
    for one in events:
        hand.wheel(one["n"], *AXIAL, ctrl=one["ctrl"])
    both.page.say(*events)
    both.served.process_events()
    frames = both.page.frames - frames
    assert both.plain.state == both.shown.state
    kept.append(tell(f"frames of {EVENTS} events at once", frames, FRAMES_LIMIT))
    sys.exit(not all(kept))


def _told_bytes(changed: int, sent: int) -> bool:
    return tell(f"bytes of {changed // 1000} kB that changed", sent / changed, BYTES_LIMIT, f"({sent // 1000} kB) ")


if __name__ == "__main__":
    main(*sys.argv[1:])
