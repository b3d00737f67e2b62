"""The page on embedding: its toy screen runs as it is printed, with the panel, and shows what a viewer draws."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.panel import panel_width
from viewer3d.errors import ViewError
from viewer3d.render.gl import find_opengl

PAGE = Path(__file__).parents[2] / "docs" / "embedding.md"


@pytest.fixture
def toy():
    """The class of the page, executed."""
    if not (found := find_opengl()).works:
        pytest.skip(found.why_not)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = (one for one in blocks if "class MemoryWindow" in one)
    assert len(block.splitlines()) < 50
    names: dict = {}
    exec(compile(block, str(PAGE), "exec"), names)
    return names["MemoryWindow"]


def settle(viewer: Viewer) -> None:
    while viewer.process_events():
        pass


def test_the_page_runs_as_it_is_printed(toy) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = (one for one in blocks if "window.events = " in one)
    exec(compile(block, str(PAGE), "exec"), {"viewer3d": viewer3d, "MemoryWindow": toy})


def test_a_screen_shows_to_the_pixel_what_is_drawn(toy, ct) -> None:
    window = toy(500, 320)
    with Viewer(ct, "mpr", screen=window) as viewer:
        viewer.open()
        settle(viewer)
        viewer.process_events()
        assert viewer.is_open
        assert viewer.size == (500, 320)
        clean = viewer3d.screenshot(ct, view="mpr", size=(500, 320))
        # The window's own line at the bottom fades later.
        assert np.array_equal(window.pixels[:200], clean[:200])
        assert window.title


def test_it_has_the_panel_beside_the_picture(toy, ct, pet) -> None:
    window = toy(700, 400)
    with Viewer(ct, "axial", screen=window, overlays=[pet]) as viewer:
        viewer.open()
        settle(viewer)
        width = panel_width(window.size)
        assert viewer.size == (700 - width, 400)
        window.events = [lambda hand: hand.key("Tab", "")]
        settle(viewer)
        assert viewer.size == (700, 400)


def test_an_event_that_fails_is_told_in_it(toy, ct) -> None:
    def fail(handler: viewer3d.EventHandler) -> None:
        raise ViewError("this cannot be shown: show that")

    window = toy(400, 300)
    with Viewer(ct, "axial", screen=window) as viewer:
        viewer.open()
        window.events = [fail]
        settle(viewer)
        assert viewer.note == "this cannot be shown: show that"


def test_what_subclasses_it_needs_neither_title_nor_files(ct) -> None:
    class Least(viewer3d.Screen):
        is_open, size = True, (200, 150)

    assert Least().event_files == ()
    Least().set_title("nothing")
    assert not Least().is_full_screen
    assert not Least().set_full_screen(is_full=True)


def test_f11_asks_the_screen_and_escape_leaves_full_screen_before_it_closes(toy, ct) -> None:
    class Full(toy):  # type: ignore[misc, valid-type]
        is_full_screen = False

        def set_full_screen(self, *, is_full: bool) -> bool:
            self.is_full_screen = is_full
            return True

    window = Full(500, 320)
    with Viewer(ct, "axial", screen=window) as viewer:
        viewer.open()
        window.events = [lambda handler: handler.key("F11")]
        settle(viewer)
        assert window.is_full_screen
        assert "Esc" in viewer.note
        window.events = [lambda handler: handler.key("Escape")]
        settle(viewer)
        assert (window.is_full_screen, viewer.is_open) == (False, True)
        window.events = [lambda handler: handler.key("Escape")]
        settle(viewer)
        assert not viewer.is_open


def test_a_screen_that_cannot_fill_says_so(toy, ct) -> None:
    window = toy(500, 320)
    with Viewer(ct, "axial", screen=window) as viewer:
        viewer.open()
        window.events = [lambda handler: handler.key("F11")]
        settle(viewer)
        assert "cannot fill the screen" in viewer.note


def test_off_screen_there_is_nothing_to_open(ct) -> None:
    with Viewer(ct, "axial", off_screen=True) as viewer, pytest.raises(ViewError, match="off_screen=False"):
        viewer.open()


def test_handles_go_with_the_pointer_also_where_the_state_has_none(toy, ct) -> None:
    window = toy(500, 320)
    with Viewer(ct, "axial", screen=window, keep="forget") as viewer:
        viewer.open()
        viewer._steering.presenter.controls.show_note("")
        settle(viewer)
        without = window.pixels.copy()
        window.events = [lambda hand: hand.move(250.0, 160.0)]
        settle(viewer)
        viewer.state = replace(viewer.state, pointer=None)  # as an undone step leaves it
        settle(viewer)
        assert (window.pixels != without).any()  # handles are there
        window.events = [lambda hand: hand.leave()]
        settle(viewer)
        assert (window.pixels == without).all()
