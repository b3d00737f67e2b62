"""Graphics of files in the panel and by a key: a row of their own, also where nothing lies over the volume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.app.conftest import MemoryDesktop
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.list_marks import ROW, WIDTH
from viewer3d.app.window.panel import panel_text_size, panel_width
from viewer3d.app.window.region_list import GraphicsRow, graphics_rows
from viewer3d.core.graphics.slice_graphics import GraphicLine, Graphics, SliceGraphics
from viewer3d.core.layers import place_layers
from viewer3d.render.first_state import first_state, with_first_looks

SIZE = (900, 500)
WIDE, TEXT = panel_width(SIZE), panel_text_size(SIZE)


@pytest.fixture
def marked(ct):
    """The CT with a square on the axial slice that is shown first."""
    affine = np.eye(4)
    affine[:3, 3] = first_state(ct).cursor
    square = np.array([[-9.0, -9.0], [9.0, -9.0], [9.0, 9.0], [-9.0, 9.0]])
    slices = (SliceGraphics(affine, (20, 20), lines=(GraphicLine(square, closed=True, filled=True),)),)
    return replace(ct, graphics=Graphics(slices, 1.0))


@pytest.fixture
def window(desktop, marked) -> Iterator[Viewer]:
    viewer = Viewer(marked, "axial", SIZE)
    viewer._panel.open()
    yield viewer
    viewer.close()


def settle(viewer):
    for _ in range(3):
        viewer.process_events()
    return MemoryDesktop.latest.pixels.copy()


def test_rows_are_of_the_layers_that_have_graphics(marked, ct, pet):
    alone = place_layers(marked, []).layers
    assert graphics_rows(alone, with_first_looks(first_state(marked), place_layers(marked, []))) == (
        GraphicsRow(0, "Graphics", shown=True),
    )
    placed = place_layers(marked, [pet])
    state = with_first_looks(first_state(marked), placed).with_look(0, graphics=False)
    assert graphics_rows(placed.layers, state) == (GraphicsRow(0, "Graphics of CT", shown=False),)
    assert graphics_rows(place_layers(ct, [pet]).layers, state) == ()


def test_its_eye_hides_them_in_the_picture(window):
    first, state = settle(window), window.state
    handler = MemoryDesktop.latest.handler
    handler.press("left", 1.0 * WIDE / WIDTH, 1.5 * ROW * TEXT)
    handler.release("left")
    hidden = settle(window)
    assert window.state == state.with_look(0, graphics=False)
    assert (hidden[:, WIDE:] != first[:, WIDE:]).any()  # the square is gone
    assert (hidden[: round(3 * ROW * TEXT), :WIDE] != first[: round(3 * ROW * TEXT), :WIDE]).any()  # the eye is closed
    handler.double_click(6.0 * WIDE / WIDTH, 1.5 * ROW * TEXT)
    handler.release("left")
    np.testing.assert_array_equal(settle(window), first)


def test_a_key_hides_them_and_says_so(window, desktop, ct):
    state = window.state
    assert window.interactor.key("D")
    assert window.state == state.with_look(0, graphics=False)
    assert window.note == "graphics of the files: hidden"
    window.interactor.key("D")
    assert (window.state, window.note) == (state, "graphics of the files: shown")
    with Viewer(ct, "axial", (400, 300), off_screen=True) as other:
        before = other.state
        assert other.interactor.key("D")
        assert other.state == before
