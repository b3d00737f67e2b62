"""The viewer, off screen and on a display that nobody sees."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageGrab

import viewer3d
from tests.app.conftest import MemoryScreen
from viewer3d.app.input import camera_gestures as cameras
from viewer3d.app.show import read_state
from viewer3d.app.viewer import Viewer
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.errors import RenderError, ViewError
from viewer3d.recipes.embed import read_recipe
from viewer3d.render import gl
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.display_list import Text
from viewer3d.render.pane_notes import COARSE_TEXT
from viewer3d.render.scene import drawn_of
from viewer3d.render.shot import screenshot


def test_what_is_seen_is_what_a_screenshot_of_its_state_is(box, tmp_path):
    with Viewer(box, "mpr", (500, 300), off_screen=True) as viewer:
        viewer.state = viewer.state.with_cursor((3, 4, 5)).with_window(viewer3d.Window(10, 900))
        viewer.render()
        pixels = viewer.screenshot(tmp_path / "a.png")
        np.testing.assert_array_equal(pixels, screenshot(box, state=viewer.state, size=(500, 300)))
        assert read_state(tmp_path / "a.png") == viewer.state


def test_a_state_is_a_state(box):
    with Viewer(box, "axial", (64, 64), off_screen=True) as viewer, pytest.raises(ViewError, match="ViewState"):
        viewer.state = None


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (17, 16), (900, 40)])
def test_any_size_a_window_can_have(box, size):
    with Viewer(box, "mpr", (300, 200), off_screen=True) as viewer:
        viewer.resize(size)
        viewer.render()
        assert all(a >= b for a, b in zip(viewer.size, size, strict=True))
        viewer.interactor.move(0, 0)
        viewer.interactor.wheel(1, 0, 0)
        viewer.interactor.press("left", 0, 0)
        viewer.interactor.move(5, 9)
        viewer.render()


def odd(kind):
    voxels = np.random.default_rng(0).normal(size=(12, 10, 1 if kind == "one slice" else 8)).astype(np.float32)
    if kind == "constant":
        voxels[...] = 7
    elif kind == "nothing but NaN":
        voxels[...] = np.nan
    elif kind == "some NaN":
        voxels[2:5] = np.nan
    return Volume.from_array(voxels, np.diag([1.0, 1.0, 5.0, 1.0]))


@pytest.mark.parametrize("kind", ["one slice", "constant", "nothing but NaN", "some NaN"])
def test_odd_volumes(kind):
    with Viewer(odd(kind), "mpr", (330, 200), off_screen=True) as viewer:
        for column in (50, 160, 300):
            viewer.interactor.move(column, 90)
            for key in ("Up", "Prior", "Home", "End", "a", "0", "1", "i", "plus", "t"):
                viewer.interactor.key(key)
            viewer.interactor.press("left", column, 80)
            viewer.interactor.move(column + 30, 60)
            viewer.interactor.release("left")
            viewer.render()
        assert np.isfinite(viewer.state.cursor).all()


def test_states_that_do_not_fit_are_refused(box, tmp_path):
    far = first_state(box).with_cursor((0, 0, 1e4))
    with pytest.raises(ViewError, match="another volume"):
        Viewer(box, off_screen=True, state=far)
    for name, content in (("a.json", b"{"), ("b.png", b"\x89PNG\r\n\x1a\n garbage"), ("c.json", b"\xff\xfe")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ViewError) as raised:
            read_state(tmp_path / name)
        assert "\n" not in str(raised.value)
    Image.new("RGB", (4, 4)).save(tmp_path / "d.png")
    for name in ("d.png", "nothing.json"):
        with pytest.raises(ViewError, match="give"):
            read_state(tmp_path / name)


def test_without_a_display_it_says_so(box, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    if sys.platform != "linux":
        pytest.skip("only X11 can be without a display")
    with pytest.raises(RenderError, match="viewer3d shot"):
        viewer3d.show(box)


def test_in_motion_the_3d_pane_is_as_bright(tmp_path):
    if not (found := gl.find_opengl()).works:
        pytest.skip(found.why_not)
    if not found.is_software:
        pytest.skip("a graphics card draws all in full")
    i, j, k = np.meshgrid(*(np.arange(48.0),) * 3, indexing="ij")
    ball = np.where((i - 24) ** 2 + (j - 24) ** 2 + (k - 24) ** 2 < 300, 900, -1000).astype(np.int16)
    volume = Volume.from_array(ball, np.diag([2.0, 2.0, 2.0, 1.0]), unit="HU")
    with viewer3d.Scene(volume, (300, 300)) as scene:
        state = first_state(volume, "3d", rendering="ct-bone")
        scene.apply(state)
        still = scene.screenshot().mean()
        position = tuple(np.add(state.camera.position, (1.0, 0, 0)))
        moved = state.with_camera(type(state.camera)(position, state.camera.focal_point))
        assert scene.apply(moved, "interactive") == ("3d",)
        assert scene.picture.mean() == pytest.approx(still, rel=0.08)
        assert scene.apply(moved, "interactive") == ()
        assert scene.apply(moved) == ("3d",)
        full = scene.screenshot()
        assert scene.apply(moved, "interactive") == ()
        np.testing.assert_array_equal(full, screenshot(volume, state=moved, size=(300, 300)))


def settle(viewer, most=2000):
    """Process events until there is nothing more to do; return how often there was."""
    return next(n for n in range(most) if not viewer.process_events())


def test_a_still_grows_between_events_and_is_the_screenshot_to_the_byte():
    if not (found := gl.find_opengl()).works:
        pytest.skip(found.why_not)
    if not found.is_software:
        pytest.skip("a graphics card draws all in full at once")
    volume, screen = viewer3d.phantom.volume(shape=(60, 50, 60)), MemoryScreen((700, 560))

    def is_still(state):
        return np.array_equal(screen.pixels, screenshot(volume, state=state, size=screen.size))

    with Viewer(volume, "quad", screen.size, screen=screen) as viewer:
        viewer.process_events()
        first = screen.pixels.copy()
        assert not is_still(viewer.state)
        assert (first[:270, 360:] != first[0, 360]).any()  # there is something to see in 3D at once
        for _ in range(3):
            viewer.process_events()
        # A step of the wheel on a slice is answered at once, and the still goes on as if nothing was.
        viewer.interactor.wheel(1, 100, 100)
        viewer.interactor.leave()
        viewer.process_events()
        assert (screen.pixels[:270, :340] != first[:270, :340]).any()
        assert not is_still(viewer.state)
        assert settle(viewer) > 3
        assert is_still(viewer.state)
        # What moves in 3D is drawn fast again, and a still that was begun is given up.
        for state in (
            cameras.look_from("L")(viewer.state, viewer.interactor.context, None),
            replace(viewer.state, planes_shown=True),
        ):
            viewer.state = state
            for _ in range(4):
                viewer.process_events()
            assert not is_still(state)
        settle(viewer)
        assert is_still(viewer.state)


def test_a_pane_that_waits_for_its_still_says_so_and_what_is_saved_is_drawn_in_full(tmp_path):
    if not (found := gl.find_opengl()).works or not found.is_software:
        pytest.skip("no OpenGL here that draws on the processor")
    volume, screen = viewer3d.phantom.volume(shape=(60, 50, 60)), MemoryScreen((340, 320))

    def said(viewer):
        words = [mark.text for mark in drawn_of(viewer._scene, "3d")[1] if isinstance(mark, Text)]
        return "not_shown.coarse" in [note.id for note in viewer.not_shown], COARSE_TEXT in words

    with Viewer(volume, "3d", screen.size, screen=screen) as viewer:
        viewer.process_events()  # that it is being drawn
        viewer.process_events()
        assert said(viewer) == (True, True)
        time.sleep(0.25)  # it rests: strips of the still are drawn, and none is shown yet
        viewer.process_events()
        assert said(viewer) == (True, True)
        pixels = viewer.screenshot(tmp_path / "a.png")
        np.testing.assert_array_equal(pixels, screenshot(volume, view="3d", size=screen.size))
        assert not any(note.id == "not_shown.coarse" for note in read_recipe(tmp_path / "a.png").not_shown)
        settle(viewer)
        assert said(viewer) == (False, False)
        viewer.state = cameras.look_from("L")(viewer.state, viewer.interactor.context, None)
        viewer.process_events()
        assert said(viewer) == (True, True)
        settle(viewer)
        assert said(viewer) == (False, False)


def test_where_a_picture_takes_no_time_it_is_a_still_at_once(box):
    with Viewer(box, "mpr", (300, 200), off_screen=True) as viewer:
        assert settle(viewer) <= 2
        assert not viewer.process_events()


SCRIPT = """
import sys, numpy as np, viewer3d
from tests.app.test_viewer import on_display
print(viewer3d.show(on_display(), "quad", (700, 500)).state.to_json())
"""


def on_display():
    i, j, k = np.meshgrid(np.arange(40), np.arange(36), np.arange(20), indexing="ij")
    return Volume.from_array((20 * i + 10 * j + 30 * k).astype(np.int16), np.diag([1.0, 1.0, 2.0, 1.0]), unit="HU")


def test_a_cine_goes_on_when_the_pane_at_the_pointer_is_gone(viewer):
    """The pointer is over another pane then, or over none."""
    rect = viewer.interactor.context.rect(viewer.state, "sagittal")
    viewer.interactor.move(rect.left + rect.width / 2, rect.top + rect.height / 2)
    viewer.interactor.key("c")
    viewer.state = viewer.state.with_view("axial")
    before = viewer.state.cursor
    deadline = time.monotonic() + 20
    while viewer.state.cursor == before and time.monotonic() < deadline:
        viewer.process_events()
    assert viewer.state.cursor != before
    assert viewer.state.pointer is None or viewer.state.pointer.pane == "axial"


@pytest.mark.parametrize("key", ["F2", "d", "p", "ctrl+d", "Up", "Delete"])
def test_a_key_is_for_the_pane_that_is_at_the_pointer_now(viewer, key):
    """A program may have changed the layout since the pointer moved last."""
    rect = viewer.interactor.context.rect(viewer.state, "axial")
    viewer.interactor.move(rect.left + rect.width / 2, rect.top + rect.height / 2)
    viewer.interactor.key("p")
    rect = viewer.interactor.context.rect(viewer.state, "sagittal")
    viewer.interactor.move(rect.left + rect.width / 2, rect.top + rect.height / 2)
    viewer.state = viewer.state.with_view("axial")
    viewer.interactor.key(key)
    assert viewer.interactor.position.pane == "axial"


@pytest.mark.slow
def test_a_real_window(display, tmp_path):
    environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=tmp_path
    ) as window:

        def xdotool(*words):
            subprocess.run(["xdotool", *words], env=environment, check=True)
            time.sleep(0.5)

        def picture():
            return np.asarray(ImageGrab.grab(xdisplay=display).convert("RGB"))[:500, :700]

        deadline = time.monotonic() + 60
        while not picture().any() and window.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(3)  # until the 3D pane rests
        xdotool("mousemove", "150", "120")
        xdotool("click", "4")
        xdotool("click", "4")
        xdotool("key", "i")
        xdotool("key", "s")
        time.sleep(4)  # until the note is gone
        shown = picture()
        xdotool("key", "question")
        helped = picture()
        xdotool("key", "Escape")
        # Not checked: the window may be gone before the key comes up.
        subprocess.run(["xdotool", "key", "q"], env=environment, check=False, capture_output=True)
        try:
            out, errors = window.communicate(timeout=30)
        finally:
            window.kill()
    assert (window.returncode, errors.decode()) == (0, "")
    assert (helped != shown).mean() > 0.3
    volume, state = on_display(), ViewState.from_json(out)
    assert state == read_state(tmp_path / "viewer3d-1.png")
    assert state.look.inverted
    assert state.cursor == (20.0, 18.0, 24.0)  # two slices up from the middle one
    expected = screenshot(volume, state=state, size=(700, 500))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "viewer3d-1.png")), expected)
    # Panes this small say nothing of what is pointed at: the display holds the same pixels to the last one.
    np.testing.assert_array_equal(shown, expected)
