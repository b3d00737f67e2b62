"""The page beside trame's, driven in one browser: CPU of the server and bytes on the socket, a step of wheel and 3D."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.benchmarks import peer_trame
from tests.benchmarks.runs import ENVIRONMENT
from tests.chromium import Page, chromium

STEPS: Final = 40

STEP_SECONDS: Final = 0.14
"""Between two events: as long as a peer's picture may take, and too short for a still, which is not counted."""

FIRST_SECONDS: Final = 120.0
"""So long a server may take to say its URL, and a page to show its first picture."""

LEAST_PICTURE: Final = 4000
"""Bytes of a message on the socket that holds a picture: all others are smaller."""


@dataclass(frozen=True)
class Cost:
    """What a step costs: CPU of the server in ms, kB on the socket, and how many pictures came for all steps."""

    cpu: float
    kilobytes: float
    pictures: int


@dataclass
class _Messages:
    """What a page has got over its sockets: the sizes of messages in bytes."""

    sizes: list[int]

    def watch(self, page: Page) -> None:
        note = page.note

        def count(method: str, params: dict[str, Any]) -> None:
            if method == "Network.webSocketFrameReceived":
                answer = params["response"]
                length = len(answer["payloadData"])
                self.sizes.append(length * 3 // 4 if answer["opcode"] == 2 else length)
            note(method, params)

        page.note = count  # type: ignore[method-assign]


def cpu_of(process: int) -> float:
    """Return the CPU seconds that a process has used (proc_pid_stat(5): utime and stime)."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(command: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Run a server, and yield its number and the first URL that it prints."""
    with tempfile.TemporaryDirectory() as scratch:
        said = Path(scratch, "said")
        with said.open("wb") as output:
            environment = ENVIRONMENT | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(Path.cwd())}
            program = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            end = time.monotonic() + FIRST_SECONDS
            while not (found := re.search(r"https?://\S+", said.read_text("utf-8", "replace"))):
                if program.poll() is not None or time.monotonic() > end:
                    raise SystemExit(said.read_text("utf-8", "replace"))
                time.sleep(0.1)
            yield program.pid, found[0]
        finally:
            program.kill()
            program.wait()


def measure(command: Sequence[str], places: Mapping[str, tuple[int, int]]) -> dict[str, Cost]:
    """Turn the wheel and drag in the page of a server, each at a place of it, and return what a step costs."""
    with tempfile.TemporaryDirectory() as scratch, served(command) as (process, url), chromium(Path(scratch)) as page:
        page.size(1200, 1000)
        messages = _Messages([])
        messages.watch(page)
        page.send("Page.navigate", url=url)
        _rest(page, messages)
        costs = {}
        for kind, place in places.items():
            messages.sizes.clear()
            before = cpu_of(process)
            _steps(page, kind, place)
            used = cpu_of(process) - before
            pictures = sum(size > LEAST_PICTURE for size in messages.sizes)
            costs[kind] = Cost(1e3 * used / STEPS, sum(messages.sizes) / STEPS / 1e3, pictures)
            _rest(page, messages)
        return costs


def _steps(page: Page, kind: str, place: tuple[int, int]) -> None:
    x, y = place
    held = {"button": "left", "clickCount": 1}
    if kind == "3D":
        page.send("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, buttons=1, **held)
    for step in range(STEPS):
        if kind == "3D":
            page.send("Input.dispatchMouseEvent", type="mouseMoved", x=x + 3 * step, y=y + step, buttons=1, **held)
        else:
            page.send("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-120)
        _wait(page, STEP_SECONDS)
    if kind == "3D":
        page.send("Input.dispatchMouseEvent", type="mouseReleased", x=x + 3 * STEPS, y=y + STEPS, buttons=0, **held)


def _wait(page: Page, seconds: float) -> None:
    # Reading its answers is what keeps the pipe of the browser from filling.
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page.run("1")
        time.sleep(0.01)


def _rest(page: Page, messages: _Messages) -> None:
    """Wait until pictures have come and none has for two seconds."""
    end = time.monotonic() + FIRST_SECONDS
    while time.monotonic() < end:
        count = len(messages.sizes)
        _wait(page, 2.0)
        if count == len(messages.sizes) and any(size > LEAST_PICTURE for size in messages.sizes):
            return


def table(folder: str, python: str) -> str:
    """Return what a step costs in each page, with the Python of an environment in which trame is."""
    program = peer_trame.__file__
    slices, space = (300, 250), (900, 250)
    ways = {
        "viewer3d serve": measure(
            [sys.executable, "-m", "viewer3d", "serve", folder, "--no-browser", "--forget"],
            {"wheel": slices, "3D": space},
        ),
        "the same scene by trame-rca": measure([python, program, "rca", folder], {"wheel": slices, "3D": space}),
        "pyvista's view by trame": measure([python, program, "pyvista", folder], {"3D": (600, 500)}),
    }
    lines = [f"{'':30}{'step':>7}{'CPU ms':>9}{'kB':>8}{'pictures':>10}"]
    lines += [
        f"{name:30}{kind:>7}{cost.cpu:9.1f}{cost.kilobytes:8.0f}{cost.pictures:>7}/{STEPS}"
        for name, costs in ways.items()
        for kind, cost in costs.items()
    ]
    return "\n".join(lines)
