"""One window is kept from one renderer to the next, and the pictures are the same."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d import phantom, screenshot
from viewer3d.render import gl, kept_window
from viewer3d.render.kept_window import WindowKeeper, keeping_window
from viewer3d.render.scene import Scene


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The windows that were made."""
    if not gl.find_opengl().works:
        pytest.skip("no OpenGL works here")
    windows: list[object] = []
    make = kept_window.offscreen_window

    def watched(*how):
        windows.append(make(*how))
        return windows[-1]

    monkeypatch.setattr(kept_window, "offscreen_window", watched)
    return windows


def test_one_window_draws_all_and_leaves_nothing_behind(made: list[object]) -> None:
    volumes = [phantom.volume(shape=shape) for shape in ((16, 14, 12), (12, 16, 10))]
    sizes = ((60, 40), (40, 60))
    plain = [screenshot(one, view="3d", size=size) for one, size in zip(volumes, sizes, strict=True)]
    made.clear()
    keeper = WindowKeeper()
    with keeping_window(keeper):
        for _ in range(2):
            for one, size, pixels in zip(volumes, sizes, plain, strict=True):
                np.testing.assert_array_equal(screenshot(one, view="3d", size=size), pixels)
    assert len(made) == 1
    keeper.close()
    with keeping_window(keeper):
        np.testing.assert_array_equal(screenshot(volumes[0], view="3d", size=sizes[0]), plain[0])
    assert len(made) == 2
    keeper.close()


@pytest.mark.parametrize("count", [1, 2])
def test_two_at_once_have_a_window_for_each_volume(made: list[object], count: int) -> None:
    volumes = [phantom.volume(shape=(16, 14, 12)) for _ in range(count)]
    keeper = WindowKeeper()
    with keeping_window(keeper):
        with Scene(volumes[0], (40, 30)) as one, Scene(volumes[-1], (40, 30)) as other:
            for scene in (one, other):
                scene.apply(scene_state(scene.volume))
            np.testing.assert_array_equal(one.screenshot(), other.screenshot())
        screenshot(volumes[0], view="3d", size=(40, 30))
    assert len(made) == count
    keeper.close()


def scene_state(volume):
    from viewer3d import first_state

    return first_state(volume, "3d")
