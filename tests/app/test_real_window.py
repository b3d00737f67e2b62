"""A real window under a window manager: it is resized, maximised, and closed at any moment."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageGrab

import viewer3d
from viewer3d import phantom

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}
SHOW = """
import sys, viewer3d
viewer = viewer3d.Viewer(viewer3d.load(sys.argv[1]), view="mpr", size=(600, 450))
viewer.show()
"""


@pytest.fixture
def desk() -> Iterator[dict[str, str]]:
    """An X server of its own with openbox on it; yields the environment of programs there."""
    for program in ("Xvfb", "xdotool", "openbox", "wmctrl", "xwininfo"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here: apt-get install xvfb xdotool openbox wmctrl x11-utils")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1700x1000x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as numbers:
        display = f":{numbers.readline().strip()}"
    environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[2])}
    # Without -noreset the server begins anew when a program is gone before openbox has come, and drops both.
    manager = subprocess.Popen(["openbox"], env=environment, stderr=subprocess.DEVNULL)
    try:
        yield environment
    finally:
        for program in (manager, server):
            program.terminate()
            program.wait()


def run(desk: dict[str, str], *words: str) -> str:
    return subprocess.run(words, env=desk, check=True, capture_output=True, text=True).stdout


def until(condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@contextmanager
def started(desk: dict[str, str], *words: str) -> Iterator[subprocess.Popen]:
    """Start a program of Python's; it is killed at the end whatever happens."""
    with subprocess.Popen([sys.executable, *words], env=desk, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def window_of(desk: dict[str, str], process: subprocess.Popen) -> str:
    """Return the number of a process's window as soon as it is seen."""
    search = ("xdotool", "search", "--onlyvisible", "--pid", str(process.pid), "--name", "viewer3d")
    found: list[str] = []

    def seen() -> bool:
        found[:] = subprocess.run(search, env=desk, check=False, capture_output=True, text=True).stdout.split()
        return bool(found) or process.poll() is not None

    until(seen)
    if not found:
        _, errors = process.communicate()
        pytest.fail(f"it ended with {process.returncode} before it was seen: {errors}")
    return found[-1]


def picture(desk: dict[str, str], window: str) -> np.ndarray:
    """Return what is seen of a window, without its frame."""
    lines = [line.strip().split(":") for line in run(desk, "xwininfo", "-id", window).splitlines()]
    told = {line[0]: line[1] for line in lines if len(line) == 2}
    names = (
        "Absolute upper-left X",
        "Absolute upper-left Y",
        "Width",
        "Height",
    )  # xdotool adds the frame's width twice
    x, y, width, height = (int(told[name]) for name in names)
    screen = np.asarray(ImageGrab.grab(xdisplay=desk["DISPLAY"]).convert("RGB"))
    return screen[y : y + height, x : x + width]


@pytest.mark.slow
def test_a_window_of_another_size_is_filled(desk: dict[str, str], tmp_path: Path) -> None:
    phantom.write(tmp_path / "ct", **SMALL)  # type: ignore[arg-type]
    volume = viewer3d.load(tmp_path / "ct")
    with started(desk, "-c", SHOW, str(tmp_path / "ct")) as process:
        window = window_of(desk, process)

        def check(size: tuple[int, int] | None) -> None:
            run(desk, "xdotool", "mousemove", "1695", "995")  # nothing is pointed at
            if size is None:
                run(desk, "wmctrl", "-i", "-r", window, "-b", "add,maximized_vert,maximized_horz")
            else:
                run(desk, "xdotool", "windowsize", "--sync", window, *map(str, size))
            time.sleep(1)
            seen = picture(desk, window)
            height, width = seen.shape[:2]
            assert size in (None, (width, height))
            if size is None:
                assert width > 1600
                assert height > 900
            expected = viewer3d.screenshot(volume, view="mpr", size=(width, height))
            np.testing.assert_array_equal(seen, expected)

        for size in ((600, 450), (1600, 900), (600, 450), None):
            check(size)
        run(desk, "xdotool", "key", "--window", window, "q")
        assert process.wait(20) == 0


@pytest.mark.slow
@pytest.mark.parametrize("how", ["frame", "q", "Escape"])
def test_closings_at_any_moment_of_loading(desk: dict[str, str], real, how: str) -> None:
    chance = random.Random(how)
    for number in range(17):  # 51 in all
        with started(desk, "-m", "viewer3d", "show", str(real("ct_torso_acrin")), "--view", "mpr") as process:
            window = window_of(desk, process)
            time.sleep(chance.uniform(0, 1.5) * (number > 3))  # some in the instant it appears
            if how == "frame":
                run(desk, "wmctrl", "-i", "-c", window)
            else:
                # The window may be gone before the key comes up: xdotool ends then, and the next window would get it.
                subprocess.run(("xdotool", "key", "--window", window, how), env=desk, check=False, capture_output=True)
                run(desk, "xdotool", "keyup", how)
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors.decode()
            assert b"Traceback" not in errors


NEVER_SHOWN = """
import numpy as np, sys, viewer3d
volume = viewer3d.Volume.from_array(np.zeros((9, 9, 9), np.int16), np.eye(4))
with viewer3d.Viewer(volume, view="mpr", size=(90, 60)) as viewer:
    viewer.render()
    viewer.process_events()
    viewer.screenshot(sys.argv[1])
viewer.close()
"""


@pytest.mark.slow
def test_a_window_that_was_never_shown_is_closed(display: str, tmp_path: Path) -> None:
    words = [sys.executable, "-c", NEVER_SHOWN, str(tmp_path / "a.png")]
    environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(tmp_path / "a.png") as written:
        assert written.size == (90, 60)


CALLS = """
import json, viewer3d
from tests.app.test_viewer import on_display
viewer = viewer3d.Viewer(on_display(), "mpr", (600, 450))
calls = []
viewer.on_cursor(lambda cursor: 1 / 0)
viewer.on_cursor(lambda cursor: calls.append(["cursor", cursor]))
viewer.on_window(lambda window: calls.append(["window", [window.center, window.width]]))
viewer.on_measurement(lambda table: calls.append(["measurement", [row["kind"] for row in table]]))
viewer.on_close(lambda: calls.append(["close", viewer.is_open]))
assert viewer.show() is viewer
print(json.dumps([calls, viewer.state.cursor, viewer.state.pointer is None, len(viewer.measurements)]))
"""


@pytest.mark.slow
def test_callbacks_are_called_and_one_that_fails_ends_nothing(desk: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CALLS], env=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            window = window_of(desk, process)
            time.sleep(1)
            run(desk, "xdotool", "mousemove", "--window", window, "80", "200")
            for words in (("click", "4"), ("key", "3"), ("key", "p"), ("key", "q")):
                run(desk, "xdotool", *words)
                time.sleep(0.5)
            out, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    calls, cursor, is_nothing_pointed_at, count = json.loads(out)
    assert calls == [
        ["cursor", [20.0, 18.0, 22.0]],  # a slice up from the middle one
        ["window", [90.0, 150.0]],  # the third of the named ones: liver
        ["measurement", ["probe"]],
        ["close", False],
    ]
    assert (cursor, is_nothing_pointed_at, count) == ([20.0, 18.0, 22.0], True, 1)
    assert errors.count("Traceback") == 1
    assert "ZeroDivisionError" in errors
