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
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageGrab

import viewer3d
from tests.dicom.pixels.test_workers import among_good_ones
from tests.phantom_files import write_phantom
from tests.recipes.layered import write_pair
from viewer3d.app.palette.marks import palette_layout
from viewer3d.app.window.bar.tool_bar import bar_buttons, bar_width, fitting_buttons
from viewer3d.app.window.controls import HINT_SECONDS, with_help_or_note
from viewer3d.app.window.layer_list import ROW, WIDTH
from viewer3d.app.window.note_hover import hover_marks
from viewer3d.app.window.notes import note_marks
from viewer3d.app.window.panel import panel_text_size, panel_width
from viewer3d.core.origin import OTHER_SERIES
from viewer3d.errors import BadFileError
from viewer3d.phantom import Faults
from viewer3d.render.marks.display_list import EMPTY
from viewer3d.render.marks.raster import Rasterizer
from viewer3d.render.scene import signs_of
from viewer3d.render.window_choice import named_windows_of

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}
SHOW = """
import sys, viewer3d
viewer = viewer3d.Viewer(viewer3d.load(sys.argv[1]), view="mpr", size=(600, 450))
viewer.show()
"""


@pytest.fixture
def desk(without_tool_bar: Path) -> Iterator[dict[str, str]]:
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
    environment["VIEWER3D_SETTINGS"] = str(without_tool_bar)
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


def press_last(desk: dict[str, str], window: str, key: str) -> None:
    """Press a key that closes the window.

    The window may be gone before the key comes up: xdotool fails then, and the next window would get the key.
    """
    subprocess.run(("xdotool", "key", "--window", window, key), env=desk, check=False, capture_output=True)
    run(desk, "xdotool", "keyup", key)


def until(condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@contextmanager
def started(desk: dict[str, str], *words: str, folder: Path | None = None) -> Iterator[subprocess.Popen]:
    """Start a program of Python's, in a folder; it is killed at the end whatever happens."""
    with subprocess.Popen([sys.executable, *words], env=desk, cwd=folder, stderr=subprocess.PIPE) as process:
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
def test_f11_fills_the_screen_and_escape_leaves_it_first(desk: dict[str, str], tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", **SMALL)
    with started(desk, "-c", SHOW, str(tmp_path / "ct")) as process:
        window = window_of(desk, process)
        until(lambda: picture(desk, window).any())
        before = picture(desk, window).shape
        for leave in ("F11", "Escape"):
            run(desk, "xdotool", "key", "--window", window, "F11")
            until(lambda: picture(desk, window).shape == (1000, 1700, 3))
            # The picture follows: right of the middle of the screen, where a window of before has nothing.
            until(lambda: picture(desk, window)[300:700, 1250:1650].max() > 100)
            assert run(desk, "xdotool", "key", "--window", window, "i") == ""  # keys go on
            run(desk, "xdotool", "key", "--window", window, leave)
            until(lambda: picture(desk, window).shape == before)
        assert process.poll() is None
        press_last(desk, window, "Escape")
        assert process.wait(30) == 0


@pytest.mark.slow
def test_without_a_window_manager_full_screen_says_that_it_cannot(desk: dict[str, str], tmp_path: Path) -> None:
    code = """
import sys, viewer3d
from viewer3d.app.window.desktop import Desktop
desktop = Desktop((200, 100))
assert not desktop.set_full_screen(is_full=True)  # not shown yet
class Nobody:
    def __getattr__(self, name): return lambda *args, **more: None
desktop.open(Nobody())
print(desktop.set_full_screen(is_full=True), desktop.is_full_screen)
desktop.close()
"""
    alone = dict(desk)
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as numbers:
            alone["DISPLAY"] = f":{numbers.readline().strip()}"
        done = subprocess.run([sys.executable, "-c", code], env=alone, check=True, capture_output=True, text=True)
        assert done.stdout.split() == ["False", "False"]
    finally:
        server.terminate()
        server.wait()


@pytest.mark.slow
def test_a_window_of_another_size_is_filled(desk: dict[str, str], tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", **SMALL)
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

        time.sleep(HINT_SECONDS)  # of the keys that show all others
        for size in ((600, 450), (1600, 900), (600, 450), None):
            check(size)
        press_last(desk, window, "q")
        assert process.wait(20) == 0


@pytest.mark.slow
def test_shift_w_explains_the_pixel_that_is_pointed_at(desk: dict[str, str], tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", **SMALL)
    with started(desk, "-c", SHOW, str(tmp_path / "ct")) as process:
        window = window_of(desk, process)
        run(desk, "xdotool", "mousemove", "--window", window, "100", "150")
        time.sleep(1)
        before = picture(desk, window)
        for key, is_shown in (("shift+w", True), ("Escape", False), ("shift+w", True), ("shift+w", False)):
            run(desk, "xdotool", "key", "--window", window, key)
            time.sleep(1)
            changed = (picture(desk, window) != before).any(axis=2)
            assert (changed.mean() > 0.1) == is_shown, key  # a panel over the whole width
        assert process.poll() is None
        press_last(desk, window, "q")
        assert process.wait(20) == 0


@pytest.mark.slow
def test_the_palette_by_keys_and_the_tool_bar_by_clicks(desk: dict[str, str], tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", **SMALL)
    volume, size = viewer3d.load(tmp_path / "ct"), (900, 600)
    wide = bar_width(size)
    room = (size[0] - wide, size[1])
    show = SHOW.replace("(600, 450)", str(size))
    with started({**desk, "VIEWER3D_SETTINGS": ""}, "-c", show, str(tmp_path / "ct")) as process:
        window = window_of(desk, process)

        def shows(state: viewer3d.ViewState) -> None:
            expected = viewer3d.screenshot(volume, state=state, size=room)
            until(lambda: np.array_equal(picture(desk, window)[:, wide:], expected), 20)

        run(desk, "xdotool", "mousemove", "1695", "995")
        first = viewer3d.first_state(volume, "mpr")
        shows(first)  # when the hint is gone
        with viewer3d.Viewer(volume, "mpr", room, off_screen=True) as off:
            run(desk, "xdotool", "key", "--window", window, "slash")
            run(desk, "xdotool", "type", "--window", window, "--delay", "30", "win lung")
            time.sleep(1)
            box = palette_layout(room)
            seen = picture(desk, window)[box.top + 3 : box.top + 60, wide + box.left + 3 : wide + box.left + 200]
            assert np.median(seen) < 40  # a dark panel
            assert seen.max() > 200  # with letters
            run(desk, "xdotool", "key", "--window", window, "Return")
            off.interactor.key("2")
            shows(off.state)
            buttons = bar_buttons(off.state, off.interactor.context, None)
            y = next(
                top + side // 2
                for one, top, side in fitting_buttons(buttons, 600)
                if one.title == "layout: axial alone"
            )
            run(desk, "xdotool", "mousemove", "--window", window, "10", str(y), "click", "1")
            run(desk, "xdotool", "mousemove", "1695", "995")
            off.interactor.key("z")
            shows(off.state)
        run(desk, "xdotool", "key", "--window", window, "ctrl+k")
        run(desk, "xdotool", "key", "--window", window, "q")  # typed, and nothing is closed
        time.sleep(0.5)
        assert process.poll() is None
        run(desk, "xdotool", "key", "--window", window, "Escape")
        press_last(desk, window, "q")
        assert process.wait(20) == 0


@pytest.mark.slow
def test_the_pointer_at_a_sign_is_told_the_notes(desk: dict[str, str], tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", **SMALL, faults=Faults(tilt=12))
    volume, size = viewer3d.load(tmp_path / "ct"), (600, 450)
    with viewer3d.Scene(volume, size) as scene:
        scene.apply(viewer3d.first_state(volume, "mpr"))
        expected, rects, signs = scene.screenshot(), scene.rects(), signs_of(scene)
        sign, left = signs["coronal"].box, rects["coronal"].left
        at = (round(left + (sign.left + sign.right) / 2), round((sign.top + sign.bottom) / 2))
        named = hover_marks(signs, rects, size, at)
    with started(desk, "-c", SHOW, str(tmp_path / "ct")) as process:
        window = window_of(desk, process)
        run(desk, "xdotool", "mousemove", "1695", "995")
        until(lambda: np.array_equal(picture(desk, window), expected), 20)
        run(desk, "xdotool", "mousemove", "--window", window, *map(str, at))
        panel = named[0]
        rows = slice(round(panel.y0 - panel.width / 2) + 2, round(panel.y0 + panel.width / 2) - 2)
        part = rows, slice(round(panel.x0) + 2, min(round(panel.x1), size[0]) - 2)
        with_panel = expected.copy()
        Rasterizer().draw(with_panel, named)
        until(lambda: np.mean(picture(desk, window)[part] == with_panel[part]) > 0.95, 20)
        assert (with_panel[part] != expected[part]).mean() > 0.05
        run(desk, "xdotool", "mousemove", "1695", "995")
        until(lambda: np.array_equal(picture(desk, window), expected), 20)
        press_last(desk, window, "q")
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
                press_last(desk, window, how)
            _, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors.decode()
            assert b"Traceback" not in errors


def told_or_seen(place: Path, size: tuple[int, int], *, skip_bad: bool) -> np.ndarray:
    """Return what a window on a place is to show: its slices, or why there are none."""
    try:
        return viewer3d.screenshot(viewer3d.load(place, skip_bad=skip_bad), view="mpr", size=size)
    except BadFileError as error:
        empty = np.full((size[1], size[0], 3), EMPTY, np.uint8)
        Rasterizer().draw(empty, note_marks(size, str(error), alone=True))
        return empty


@pytest.mark.slow
@pytest.mark.parametrize("name", ["jpeg2000_crash", "jpeg_lossless_abort", "jpegls_slow"])
@pytest.mark.parametrize("skipped", [(), ("--skip-bad",)], ids=["all", "skip-bad"])
def test_damaged_pixels_are_told_in_the_window_and_it_lives_on(
    desk: dict[str, str], real, tmp_path: Path, name: str, skipped: tuple[str, ...]
) -> None:
    damaged, size = real(".").parent / "damaged" / f"{name}.dcm", (600, 450)
    for place in (damaged, among_good_ones(damaged, tmp_path / "series")):
        expected = told_or_seen(place, size, skip_bad=bool(skipped))
        words = ("-m", "viewer3d", "show", str(place), *skipped, "--view", "mpr", "--size", "600x450")
        with started(desk, *words) as process:
            window = window_of(desk, process)
            run(desk, "xdotool", "mousemove", "1695", "995")
            until(lambda window=window, expected=expected: np.array_equal(picture(desk, window), expected), 20)
            time.sleep(0.5)
            assert process.poll() is None
            run(desk, "xdotool", "key", "--window", window, "x")  # what needs a picture is felt by nobody
            press_last(desk, window, "q")
            _, errors = process.communicate(timeout=20)
            assert process.returncode == 0, errors.decode()
            assert b"Traceback" not in errors


def nanoseconds(process: subprocess.Popen) -> int:
    """Return the CPU time that a program and what it started have taken."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    times = [path for one in (process.pid, *children) for path in Path(f"/proc/{one}/task").glob("*/schedstat")]
    return sum(int(path.read_text().split()[0]) for path in times)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the time of each thread so finely")
@pytest.mark.parametrize("place", ["ct_torso_acrin", "../damaged/jpegls_slow.dcm"])
def test_at_rest_it_takes_less_than_three_thousandths_of_a_core(desk: dict[str, str], real, place: str) -> None:
    seconds = 5
    with started(desk, "-m", "viewer3d", "show", str(real(place))) as process:
        window_of(desk, process)

        def rests() -> bool:
            before = nanoseconds(process)
            time.sleep(seconds)
            assert process.poll() is None
            return nanoseconds(process) - before < 0.003 * seconds * 1e9

        until(rests, 60)


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


@pytest.mark.slow
def test_of_a_place_with_nothing_to_show_a_line_is_told_and_no_window_stays(display: str, tmp_path: Path) -> None:
    for name in ("empty", "texts", "refused"):
        (tmp_path / name).mkdir()
    (tmp_path / "texts" / "a.txt").write_text("no DICOM")
    for path in write_phantom(tmp_path / "refused", **SMALL):
        path.write_bytes(path.read_bytes()[:700])
    environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[2])}
    for name, says in (
        ("nothing", "no such file or folder; give"),
        ("empty", "empty; give"),
        ("texts", "no DICOM here (1 not DICOM); give"),
        ("refused", "no volume, which takes two parallel images or more (12 truncated"),
    ):
        words = [sys.executable, "-m", "viewer3d", "show", str(tmp_path / name)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=20)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"viewer3d: {tmp_path / name}: {says}")
        assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_view_comes_back_to_its_series_and_on_another_it_is_said(desk: dict[str, str], tmp_path: Path) -> None:
    folder, saved, size = tmp_path / "two", tmp_path / "view.json", (900, 450)
    write_phantom(folder, faults=Faults(second_series=True), **SMALL)
    volumes = {number: viewer3d.load(folder, number) for number in (2, 3)}
    state = viewer3d.first_state(volumes[3], "mpr", (100, 900)).with_cursor((12, -8, 6))
    saved.write_text(state.to_json())
    left = panel_width(size)

    def seen(number: int, note: str) -> np.ndarray:
        pixels = viewer3d.screenshot(volumes[number], state=state, size=(size[0] - left, size[1]))
        return with_help_or_note(pixels, Rasterizer(), note)

    words = ("-m", "viewer3d", "show", str(folder), "--state", str(saved), "--size", "900x450")
    for named, number, note in (((), 3, ""), (("--series", "2"), 2, OTHER_SERIES)):
        with started(desk, *words, *named) as process:
            window = window_of(desk, process)
            run(desk, "xdotool", "mousemove", "1695", "995")
            expected = seen(number, note)
            until(lambda window=window, expected=expected: np.array_equal(picture(desk, window)[:, left:], expected), 9)
            press_last(desk, window, "q")
            _, errors = process.communicate(timeout=20)
            assert process.returncode == 0
            assert [line for line in errors.decode().splitlines() if "saved with" in line] == [f"note: {note}"] * bool(
                note
            )


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("streams", [">/dev/full 2>/dev/full", ">&- 2>&- <&-"])
def test_a_window_lives_on_where_nothing_can_be_told(desk: dict[str, str], real, streams: str) -> None:
    place = real("ct_gap_5_10")  # it has notes
    command = f'exec "{sys.executable}" -m viewer3d show "{place}" --view mpr --size 600x450 {streams}'
    with subprocess.Popen(["sh", "-c", command], env=desk) as process:
        try:
            window = window_of(desk, process)
            run(desk, "xdotool", "mousemove", "1695", "995")
            expected = viewer3d.screenshot(viewer3d.load(place), view="mpr", size=(600, 450))
            until(lambda: np.array_equal(picture(desk, window), expected), 20)
            press_last(desk, window, "q")
            assert process.wait(20) == 0
        finally:
            process.kill()


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


FUSED = """
import sys, viewer3d
ct, pet = (viewer3d.load(path) for path in sys.argv[1:])
viewer = viewer3d.show(ct, "mpr", (900, 450), overlays=[pet])
print(viewer.state.to_json())
"""


@pytest.mark.slow
def test_layers_are_driven_by_keys_clicks_and_drags(desk: dict[str, str], tmp_path: Path) -> None:
    places, size = write_pair(tmp_path), (900, 450)
    ct, pet = (viewer3d.load(path) for path in places)
    wide, text = panel_width(size), panel_text_size(size)
    state = viewer3d.Viewer(ct, "mpr", off_screen=True, overlays=[pet]).state
    with subprocess.Popen(
        [sys.executable, "-c", FUSED, *map(str, places)], env=desk, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            window = window_of(desk, process)

            def press(column: float, row: int, *words: str) -> None:
                x, y = round(column * wide / WIDTH), round((row + 0.5) * ROW * text)
                run(desk, "xdotool", "mousemove", "--window", window, str(x), str(y), *words)

            def check(state: viewer3d.ViewState) -> viewer3d.ViewState:
                """Wait until the picture beside the panel is that of a state: notes go by themselves."""
                run(desk, "xdotool", "mousemove", "1695", "995")  # nothing is pointed at
                expected = viewer3d.screenshot(ct, state=state, size=(size[0] - wide, size[1]), overlays=[pet])
                until(lambda: np.array_equal(picture(desk, window)[:, wide:], expected), 12)
                return state

            check(state)
            run(desk, "xdotool", "key", "--window", window, "N", "3", "asterisk", "B")
            windows = list(named_windows_of(pet).values())
            state = check(replace(state, active=1).with_look(window=windows[2], opacity=0.8, blend="checkerboard"))
            press(1.5, 1, "click", "1")
            state = check(state.with_look(shown=False))
            press(1.5, 1, "click", "1")
            press(6, 2, "click", "1")
            run(desk, "xdotool", "key", "--window", window, "4")
            windows = list(named_windows_of(ct).values())
            state = replace(state.with_look(shown=True), active=0)
            state = check(state.with_look(window=windows[3]))
            press(12, 1, "mousedown", "1")
            for column in (13, 14, 40):
                press(column, 7)
            press(100, 7, "mouseup", "1")
            state = check(state.with_look(1, opacity=1.0))
            run(desk, "xdotool", "key", "--window", window, "space")
            state = check(state.with_look(1, shown=False))
            press_last(desk, window, "q")
            out, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert viewer3d.ViewState.from_json(out) == state


OUTLINED = """
import sys, viewer3d
from tests.app.test_real_window import three_parts
ct = viewer3d.load(sys.argv[1])
print(viewer3d.Viewer(ct, "mpr", (900, 450), overlays=[three_parts(ct)]).show().state.to_json())
"""


def three_parts(ct: viewer3d.Volume) -> viewer3d.Segmentation:
    labels = np.zeros(ct.shape, np.uint8)
    for number in (1, 2, 3):
        labels[5 * number : 5 * number + 9, 8:22, 2 + number : 6 + number] = number
    return viewer3d.Segmentation.from_array(labels, ct.affine, frame_of_reference=ct.frame_of_reference)


@pytest.mark.slow
def test_regions_are_driven_by_keys_clicks_and_double_clicks(desk: dict[str, str], tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", **SMALL)
    ct, size = viewer3d.load(tmp_path / "ct"), (900, 450)
    parts = three_parts(ct)
    wide, text = panel_width(size), panel_text_size(size)
    own = viewer3d.Viewer(ct, "mpr", off_screen=True, overlays=[parts])
    state, (placed,) = own.state, own.placed.regions
    with subprocess.Popen(
        [sys.executable, "-c", OUTLINED, str(tmp_path / "ct")], env=desk, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            window = window_of(desk, process)

            def press(column: float, row: int, *words: str) -> None:
                x, y = round(column * wide / WIDTH), round((row + 0.5) * ROW * text)
                run(desk, "xdotool", "mousemove", "--window", window, str(x), str(y), *words)

            def check(state: viewer3d.ViewState) -> viewer3d.ViewState:
                run(desk, "xdotool", "mousemove", "1695", "995")  # nothing is pointed at
                expected = viewer3d.screenshot(ct, state=state, size=(size[0] - wide, size[1]), overlays=[parts])
                until(lambda: np.array_equal(picture(desk, window)[:, wide:], expected), 12)
                return state

            state = check(state)
            run(desk, "xdotool", "key", "--window", window, "O", "V")
            state = check(state.with_region(0, outline=0, rendering="none"))
            press(1.5, 3, "click", "1")
            state = check(state.with_region(0, segments=(1, 3)))
            time.sleep(1)  # so that what follows is one double click
            press(1.5, 4, "click", "--repeat", "2", "--delay", "60", "1")
            state = check(state.with_region(0, segments=(3,)))
            press(8, 4, "click", "1")
            state = check(state.with_cursor(own.interactor.context.clamp_cursor(np.array(placed.middle(3)))))
            run(desk, "xdotool", "key", "--window", window, "S")
            state = check(state.with_region(0, shown=False))
            press_last(desk, window, "q")
            out, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert viewer3d.ViewState.from_json(out) == state


BESIDE = """
import sys, viewer3d
from pathlib import Path
viewer = viewer3d.show(viewer3d.load(sys.argv[1]), view="mpr", size=(900, 500), beside=[viewer3d.load(sys.argv[2])])
Path("views.txt").write_text(repr([list(one.state.cursor) for one in (viewer, *viewer.beside)]))
"""


@pytest.mark.slow
def test_two_series_side_by_side_are_scrolled_and_saved_by_hand(desk, tmp_path):
    write_pair(tmp_path / "pair")
    folders = [str(tmp_path / "pair" / name) for name in ("ct", "pet")]
    with started(desk, "-c", BESIDE, *folders, folder=tmp_path) as program:
        window = window_of(desk, program)
        until(lambda: "|" in run(desk, "xdotool", "getwindowname", window))  # both are named
        until(lambda: picture(desk, window)[:, 500:].max() > 200)  # and seen
        run(desk, "xdotool", "mousemove", "--window", window, "200", "150")
        for _ in range(3):
            run(desk, "xdotool", "click", "4")
        time.sleep(1)
        run(desk, "xdotool", "key", "--window", window, "s")
        until(lambda: any(tmp_path.glob("*.png")))
        press_last(desk, window, "q")
        assert program.wait(30) == 0
    one, other = json.loads((tmp_path / "views.txt").read_text())
    np.testing.assert_allclose(other, one)
    (saved,) = tmp_path.glob("*.png")
    assert viewer3d.replay(saved, folders).verdict == "identical"
