"""Closing and full screen, also where no key can close what a viewer is shown on."""

from __future__ import annotations

import pytest

from tests.app.conftest import MemoryDesktop, RemoteDesktop
from viewer3d.app.input.keys.screen_traits import ON_DESKTOP
from viewer3d.app.palette.entries import entries
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.controls import HINT, HINT_OF_KEYS

SIZE = (640, 480)


@pytest.fixture
def opened(box):
    """What opens a viewer on a window in memory; all are closed in the end."""
    made = []

    def begin(desktop):
        viewer = Viewer(box, "mpr", SIZE, screen=desktop)
        made.append(viewer)
        viewer.open()
        return viewer

    yield begin
    for viewer in made:
        viewer.close()


def test_keys_say_how_a_screen_is_closed_that_they_cannot_close(opened):
    desktop = RemoteDesktop(SIZE)
    viewer = opened(desktop)
    for key in ("q", "Escape"):
        viewer.steering.presenter.controls.show_note("")
        assert desktop.handler.key(key)
        assert (desktop.is_open, viewer.note) == (True, "close the tab")
    viewer.close()
    assert not desktop.is_open


def test_escape_still_ends_all_else_there_one_after_another(opened):
    desktop = RemoteDesktop(SIZE)
    viewer = opened(desktop)
    hand, steering = desktop.handler, viewer.steering
    desktop.handler.key("F11")
    for key in ("ctrl+l", "ctrl+i", "slash"):
        hand.key(key, "")
    assert steering.palette.palette is not None
    hand.key("Escape")
    assert steering.palette.palette is None
    hand.key("question", "?")
    hand.key("Escape")
    assert not steering.presenter.controls.has_help
    hand.key("Escape")
    assert (steering.rows, steering.plots.target is not None) == (None, True)
    hand.key("Escape")
    assert steering.plots.target is None
    assert desktop.is_full_screen
    hand.key("Escape")
    assert (desktop.is_full_screen, viewer.note) == (False, "")
    hand.key("Escape")
    assert viewer.note == "close the tab"


def test_full_screen_is_the_screens_whoever_began_or_ended_it(opened):
    desktop = MemoryDesktop(SIZE)
    viewer = opened(desktop)
    desktop.handler.key("F11")
    assert (desktop.is_full_screen, viewer.note) == (True, "F11 or Esc: a window again")
    desktop.is_full_screen = False  # by the window manager, or the browser's own key
    desktop.handler.key("F11")
    assert desktop.is_full_screen
    desktop.is_full_screen = False
    viewer.steering.palette.open("full screen")
    desktop.handler.key("Return")
    assert desktop.is_full_screen
    viewer.steering.palette.open("full screen")
    desktop.handler.key("Return")
    assert (desktop.is_full_screen, desktop.is_open) == (False, True)
    desktop.is_full_screen = True
    desktop.handler.key("Escape")
    assert (desktop.is_full_screen, desktop.is_open) == (False, True)
    desktop.handler.key("Escape")
    assert not desktop.is_open


def test_a_screen_that_cannot_be_full_says_so(opened):
    desktop = MemoryDesktop(SIZE)
    desktop.set_full_screen = lambda *, is_full: False  # noqa: ARG005 (as a screen has it)
    viewer = opened(desktop)
    desktop.handler.key("F11")
    assert "cannot fill the screen" in viewer.note


def test_in_a_browser_notes_hint_and_palette_name_its_keys(opened):
    desktop = RemoteDesktop(SIZE)
    viewer = opened(desktop)
    assert viewer.note == f"{HINT}; {HINT_OF_KEYS}"
    desktop.handler.key("F11")
    assert viewer.note == "Alt + Return or Esc: a window again"
    viewer.steering.obey("save plot")
    assert "Alt + t, p or i" in viewer.note
    offered = {one.title: one.keys for one in entries(viewer.state, viewer.interactor.context)}
    assert offered["full screen, and back"] == ("Alt + Return",)
    desktop.handler.key("question", "?")
    while viewer.process_events():
        pass
    before = desktop.pixels.copy()
    viewer.steering.presenter.controls.screen = ON_DESKTOP
    viewer.steering.presenter.controls.request_redraw()
    viewer.process_events()
    assert (desktop.pixels != before).any()
