"""What the tests of the screen in browsers share: a viewer on one, and time that passes until nothing is to be done."""

from __future__ import annotations

import time

import pytest

from viewer3d import phantom
from viewer3d.app.viewer import Viewer
from viewer3d.web.loop import Served
from viewer3d.web.screen import WebScreen

SIZE = (480, 360)


def settle(served, seconds=0.06):
    """Process events until nothing was to be done for a moment."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if served.process_events():
            until = time.monotonic() + seconds
        else:
            time.sleep(0.002)


@pytest.fixture(scope="session")
def small_volume():
    return phantom.volume(shape=(48, 40, 32))


@pytest.fixture
def serve(small_volume, monkeypatch):
    """A function that shows a volume on a screen in browsers, which rests after a fiftieth of a second."""
    monkeypatch.setattr("viewer3d.web.pictures.LOSSLESS_SECONDS", 0.02)
    monkeypatch.setattr("viewer3d.app.steering.HINT_SECONDS", -1.0)
    made = []

    def begin(view="mpr", **how):
        screen = WebScreen(SIZE)
        viewer = Viewer(small_volume, view, screen=screen, **how)
        viewer.open()
        made.append(Served(viewer, screen))
        return made[-1]

    yield begin
    for one in made:
        one.close()


@pytest.fixture
def served(serve):
    return serve()
