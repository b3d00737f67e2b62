"""What the tests of the screen in browsers share: a viewer on one, and time that passes until nothing is to be done."""

from __future__ import annotations

import time

import pytest

from viewer3d import phantom
from viewer3d.app.viewer import Viewer
from viewer3d.web.loop import Served
from viewer3d.web.screen import WebScreen

SIZE = (480, 360)


def settle(served, seconds=0.025):
    """Process events until nothing was to be done for a moment."""
    until, idle = time.monotonic() + seconds, 0
    while time.monotonic() < until or idle < 8:  # a machine under load may be late by all of the time
        if served.process_events():
            until, idle = time.monotonic() + seconds, 0
        else:
            idle += 1
            time.sleep(0.002)


@pytest.fixture(scope="session")
def small_volume():
    return phantom.volume(shape=(48, 40, 32))


@pytest.fixture
def serve(small_volume, monkeypatch):
    """A function that shows a volume on a screen in browsers, which rests after a fiftieth of a second."""
    monkeypatch.setattr("viewer3d.web.pictures.LOSSLESS_SECONDS", 0.005)
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
