"""What browsers are sent of a viewer, and what they do to it."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests.web.canvas import Canvas
from viewer3d import phantom
from viewer3d.app.viewer import Viewer
from viewer3d.web.loop import Served
from viewer3d.web.screen import WebScreen

SIZE = (480, 360)
AXIAL = (120, 90)
"""A point of the axial pane of four."""


@pytest.fixture(scope="module")
def volume():
    return phantom.volume(shape=(48, 40, 32))


@pytest.fixture
def served(volume, monkeypatch):
    monkeypatch.setattr("viewer3d.web.pictures.LOSSLESS_SECONDS", 0.02)
    screen = WebScreen(SIZE)
    viewer = Viewer(volume, "mpr", screen=screen)
    viewer.open()
    one = Served(viewer, screen)
    yield one
    one.close()


def settle(served, seconds=0.06):
    """Process events until nothing was to be done for a moment."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if served.process_events():
            until = time.monotonic() + seconds
        else:
            time.sleep(0.002)


def test_canvas_is_the_picture_at_rest_and_near_it_in_motion(served):
    canvas = Canvas(served.screen, SIZE)
    settle(served)
    assert canvas.frames[-1]["still"]
    assert canvas.pixels.any()
    np.testing.assert_array_equal(canvas.pixels, served.screen.pixels)
    canvas.say("wheel", n=3, x=AXIAL[0], y=AXIAL[1])
    served.process_events()
    moved = canvas.frames[-1]
    assert not moved["still"]
    assert {rect[4] for rect in moved["rects"]} == {"jpeg"}
    error = np.abs(canvas.pixels.astype(int) - served.screen.pixels)
    assert 0 < error.max() < 80
    assert error.mean() < 1
    settle(served)
    np.testing.assert_array_equal(canvas.pixels, served.screen.pixels)


def test_a_key_does_not_close_what_the_program_closes(served):
    canvas = Canvas(served.screen, SIZE)
    for key in ("q", "Escape"):
        canvas.say("key", key=key)
    settle(served)
    assert served.is_open
    served.close()
    assert canvas.headers[-1] == {"t": "end", "why": "the viewer was closed"}
