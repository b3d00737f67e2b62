"""What a window shows while its 3D pane is being drawn: slices at once, the last picture or a word, never black."""

from __future__ import annotations

import time

import numpy as np
import pytest

import viewer3d
from tests.app.conftest import MemoryScreen
from viewer3d import Viewer, screenshot
from viewer3d.app.window.presenter import _PAUSE_SECONDS, _REST_SECONDS
from viewer3d.render import gl
from viewer3d.render.marks.display_list import Text
from viewer3d.render.panes import layout
from viewer3d.render.panes3d.scene_pane import WAITING
from viewer3d.render.scene import drawn_of


@pytest.fixture(scope="module")
def body():
    if not gl.find_opengl().works:
        pytest.skip("no OpenGL works here")
    return viewer3d.phantom.volume(shape=(60, 50, 60))


def words(viewer):
    return [mark.text for mark in drawn_of(viewer._scene, "3d")[1] if isinstance(mark, Text)]


def settle(viewer):
    viewer._steering.presenter.draw(viewer.state, "still")


def away(screen, other, name):
    """Return the mean difference, 0 to 255, of a pane on the screen and in a picture."""
    rect = layout("quad", screen.size)[name]
    shown, wanted = (pixels[rect.rows, rect.columns].astype(int) for pixels in (screen.pixels, other))
    return np.abs(shown - wanted).mean()


def resized(screen, size):
    screen.size, screen.pixels = size, np.zeros((size[1], size[0], 3), np.uint8)


def test_slices_are_seen_before_the_first_picture_in_3d(body):
    screen = MemoryScreen((480, 360))
    with Viewer(body, "quad", screen.size, screen=screen) as viewer:
        assert viewer.process_events()
        wanted = screenshot(body, view="quad", size=screen.size)
        assert [away(screen, wanted, name) for name in ("axial", "coronal", "sagittal")] == [0, 0, 0]
        assert words(viewer) == [WAITING]
        assert away(screen, wanted, "3d") > 1
        assert viewer.process_events()  # there is more to be done, and it is done next
        assert WAITING not in words(viewer)
        settle(viewer)
        np.testing.assert_array_equal(screen.pixels, wanted)


def test_the_last_picture_in_3d_is_seen_at_the_new_size_until_it_is_drawn_again(body):
    screen = MemoryScreen((480, 360))
    with Viewer(body, "quad", screen.size, screen=screen) as viewer:
        settle(viewer)
        for size in ((700, 400), (420, 500)):  # also where the shorter side is another one
            resized(screen, size)
            viewer.process_events()
            wanted = screenshot(body, view="quad", size=size)
            assert [away(screen, wanted, name) for name in ("axial", "coronal", "sagittal")] == [0, 0, 0]
            assert words(viewer) == []
            rect = layout("quad", size)["3d"]
            assert away(screen, wanted, "3d") < 0.3 * wanted[rect.rows, rect.columns].mean()
            settle(viewer)
            np.testing.assert_array_equal(screen.pixels, wanted)


def test_a_picture_of_another_direction_is_not_shown_again(body):
    screen = MemoryScreen((480, 360))
    with Viewer(body, "quad", screen.size, screen=screen) as viewer:
        settle(viewer)
        viewer.state = viewer.state.with_camera(viewer.state.camera.around(90.0))
        resized(screen, (500, 380))
        viewer.process_events()
        assert words(viewer) == [WAITING]
        resized(screen, (520, 380))  # as while an edge is dragged: slices follow, and nothing has to wait
        viewer.process_events()
        assert words(viewer) == [WAITING]
        assert away(screen, screenshot(body, view="quad", size=(520, 380)), "axial") == 0
        viewer.process_events()
        assert WAITING not in words(viewer)


def test_a_pane_that_pauses_is_drawn_sharper_before_it_is_drawn_in_full(body):
    if not gl.find_opengl().is_software:
        pytest.skip("a graphics card draws all in full")
    screen = MemoryScreen((480, 360))
    with Viewer(body, "3d", screen.size, screen=screen) as viewer:
        settle(viewer)
        scene, presenter = viewer._scene, viewer._steering.presenter
        turned = viewer.state.with_camera(viewer.state.camera.around(50.0))
        scene.apply(turned, "interactive")
        coarse = scene.screenshot()[100:, 100:-100].astype(int)  # what is written stands outside
        assert scene.apply(turned, "sharper") == ("3d",)
        sharper = scene.screenshot()[100:, 100:-100].astype(int)
        assert "coarse: full quality follows" in words(viewer)
        assert scene.apply(turned, "interactive") == ()  # what is better is not drawn again worse
        assert scene.apply(turned, "still") == ("3d",)
        still = scene.screenshot()[100:, 100:-100]
        assert np.abs(sharper - still).mean() < 0.95 * np.abs(coarse - still).mean()
        presenter.draw(turned.with_camera(turned.camera.around(50.0)), "interactive")
        presenter._rest_at = time.monotonic() + _REST_SECONDS - _PAUSE_SECONDS
        state = scene.state
        assert presenter.update(state, is_holding=False)
        assert presenter._quality == "sharper"
