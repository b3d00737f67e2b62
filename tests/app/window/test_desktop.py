"""Real VTK events, sent to an interactor without a display."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.input.context import EventPosition
from viewer3d.app.input.crop_gestures import face_handles
from viewer3d.app.viewer import Viewer
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import ViewState
from viewer3d.core.window import Window, named_windows
from viewer3d.render import gl
from viewer3d.render.planes3d.cuts import cuts_of
from viewer3d.render.shot import screenshot

NAMES = tuple(PLANES)


class Fingers:
    """Send events to a viewer's interactor, places counted from the top as people do."""

    def __init__(self, viewer: Viewer) -> None:
        from vtkmodules.vtkRenderingUI import vtkGenericRenderWindowInteractor

        from viewer3d.app.window.desktop import observe

        self.viewer = viewer
        self.interactor = vtkGenericRenderWindowInteractor()
        self.interactor.SetSize(*viewer.size)
        self.failures = []
        self.style = observe(self.interactor, viewer.interactor, self.failures)
        self.interactor.Initialize()

    def at(self, x, y, *, ctrl=0, shift=0, key="", repeat=0):
        height = self.viewer.size[1]
        self.interactor.SetEventInformation(round(x), height - 1 - round(y), ctrl, shift, "\0", repeat, key)
        return self

    def send(self, *events):
        for event in events:
            self.interactor.InvokeEvent(f"{event}Event")
            if self.failures:
                raise self.failures.pop()

    def key(self, name, *, ctrl=0):
        x, y = self.interactor.GetEventPosition()
        self.interactor.SetEventInformation(x, y, ctrl, 0, "\0", 0, name)
        self.send("KeyPress", "Char", "KeyRelease")

    def drag(self, button, begin, end, steps=4, **held):
        self.at(*begin, **held).send("MouseMove", f"{button}ButtonPress")
        for share in np.linspace(0, 1, steps + 1)[1:]:
            self.at(*(np.array(begin) + share * np.subtract(end, begin)), **held).send("MouseMove")
        self.send(f"{button}ButtonRelease")


@pytest.fixture
def fingers(viewer):
    if not gl.find_opengl().works:
        pytest.skip("importing VTK's interactors wants an OpenGL, and none works here")
    return Fingers(viewer)


def in_pane(viewer, plane, right, down):
    rect = viewer.interactor.context.rect(viewer.state, plane)
    return rect.left + round(right * rect.width), rect.top + round(down * rect.height)


@pytest.mark.parametrize("plane", NAMES)
def test_the_wheel_steps_the_pane_under_the_pointer(fingers, plane):
    viewer, axis = fingers.viewer, PLANES[plane].axis
    before = viewer.state.cursor
    fingers.at(*in_pane(viewer, plane, 0.5, 0.5)).send("MouseWheelForward")
    up = viewer.state.cursor
    fingers.send("MouseWheelBackward", "MouseWheelBackward")
    down = viewer.state.cursor
    assert (up[axis] - down[axis]) * {"axial": 1, "coronal": -1, "sagittal": -1}[plane] > 0
    assert np.allclose(np.delete(up, axis), np.delete(before, axis))


@pytest.mark.parametrize("plane", NAMES)
def test_a_click_puts_the_cursor_where_the_affine_says(fingers, plane):
    viewer = fingers.viewer
    geometry, index = viewer.volume.geometry, np.array([30, 15, 17])
    viewer.state = viewer.state.with_cursor(geometry.index_to_world(index))
    frame, rect = (
        viewer.interactor.context.pane(viewer.state, plane),
        viewer.interactor.context.rect(viewer.state, plane),
    )
    column, row = frame.to_pixel(viewer.state.cursor)
    axes = [a for a in range(3) if a != PLANES[plane].axis]
    away = np.array(viewer.state.cursor)
    away[axes] += 6.0
    viewer.state = viewer.state.with_cursor(away)
    fingers.at(rect.left + column, rect.top + row).send("LeftButtonPress", "LeftButtonRelease")
    assert np.abs(geometry.world_to_index(viewer.state.cursor) - index).max() <= 0.5


@pytest.mark.parametrize("trembles", [(1, 0), (0, -2), (-2, 2), (3, 3)])
def test_a_click_that_moves_by_a_pixel_or_three_is_still_a_click(fingers, trembles):
    viewer, x, y = fingers.viewer, *in_pane(fingers.viewer, "axial", 0.3, 0.35)
    window, cursor = viewer.state.look.window, viewer.state.cursor
    fingers.at(x, y).send("MouseMove", "LeftButtonPress")
    fingers.at(x + trembles[0], y + trembles[1]).send("MouseMove", "LeftButtonRelease")
    assert viewer.state.look.window == window
    context = viewer.interactor.context
    there = context.clamp_cursor(context.to_world(viewer.state, EventPosition(x, y, "axial"), "axial"))
    np.testing.assert_allclose(viewer.state.cursor, there)  # where the button was pressed
    assert viewer.state.cursor != cursor


def test_further_than_a_click_it_is_a_drag_all_the_way(fingers):
    viewer, x, y = fingers.viewer, *in_pane(fingers.viewer, "axial", 0.3, 0.35)
    window, cursor = viewer.state.look.window, viewer.state.cursor
    fingers.at(x, y).send("MouseMove", "LeftButtonPress")
    fingers.at(x + 4, y).send("MouseMove")
    wider = viewer.state.look.window
    fingers.at(x + 1, y).send("MouseMove", "LeftButtonRelease")  # back again: a drag it stays
    assert wider.width > viewer.state.look.window.width > window.width
    assert viewer.state.cursor == cursor


@pytest.mark.parametrize("plane", NAMES)
def test_drags_window_zoom_and_pan(fingers, plane):
    viewer = fingers.viewer
    begin = in_pane(viewer, plane, 0.3, 0.3)
    window = viewer.state.look.window
    fingers.drag("Left", begin, np.add(begin, (15, -11)))
    assert viewer.state.look.window.width > window.width
    assert viewer.state.look.window.center < window.center
    fingers.drag("Right", begin, np.add(begin, (0, 30)))
    assert viewer.state.slice_pane(plane).zoom > 1.05
    fingers.drag("Middle", begin, np.add(begin, (12, 5)))
    assert viewer.state.slice_pane(plane).pan != (0, 0)
    assert all(viewer.state.slice_pane(name).zoom == 1 for name in NAMES if name != plane)


@pytest.mark.parametrize("plane", NAMES)
def test_a_drag_ends_the_same_in_few_moves_or_many(fingers, plane):
    viewer = fingers.viewer
    first, begin = viewer.state, in_pane(viewer, plane, 0.3, 0.35)
    ends = []
    for steps in (1, 9):
        viewer.state = first
        fingers.drag("Left", begin, np.add(begin, (40, 17)), steps)
        ends.append(viewer.state.look.window)
    assert ends[0] == ends[1]


@pytest.mark.parametrize("plane", NAMES)
@pytest.mark.parametrize("told", ["as a repeat", "as such"])
def test_a_double_click_enlarges_and_a_second_restores(fingers, plane, told):
    viewer = fingers.viewer
    before = viewer.state.view

    def twice(x, y):
        fingers.at(x, y).send("LeftButtonPress", "LeftButtonRelease")
        if told == "as such":
            fingers.send("LeftButtonDoubleClick")
        else:
            fingers.at(x, y, repeat=1).send("LeftButtonPress")
        fingers.send("LeftButtonRelease")

    twice(*in_pane(viewer, plane, 0.4, 0.4))
    assert viewer.state.panes == (plane,)
    twice(100, 100)
    assert (viewer.state.enlarged, viewer.state.view) == (None, before)


def test_keys(fingers):
    viewer = fingers.viewer
    fingers.at(*in_pane(viewer, "axial", 0.5, 0.5)).send("MouseMove")
    fingers.key("3")
    assert viewer.state.look.window == list(named_windows().values())[2]
    fingers.key("i")
    assert viewer.state.look.inverted
    fingers.key("g")
    assert viewer.state.view == "quad"
    fingers.key("L")
    assert viewer.state.camera.position[0] > viewer.state.camera.focal_point[0] + 1
    fingers.key("a")
    assert viewer.state.look.window.function == "LINEAR_EXACT"
    fingers.key("r")
    assert viewer.state.look.window == viewer.interactor.context.first.look.window
    before = viewer.state
    for name in ("Shift_L", "F9", "ctrl+q", ""):
        fingers.key(name)
    assert viewer.state == before


def test_the_pointer_is_read_out_and_is_in_no_screenshot(fingers):
    viewer = fingers.viewer
    fingers.at(*in_pane(viewer, "coronal", 0.4, 0.6)).send("MouseMove")
    assert viewer.state.pointer.pane == "coronal"
    pixels = viewer.screenshot()
    fingers.viewer.interactor.leave()
    assert viewer.state.pointer is None
    np.testing.assert_array_equal(pixels, screenshot(viewer.volume, state=viewer.state, size=viewer.size))


def test_shift_and_move_takes_the_crosshair_along(fingers):
    viewer = fingers.viewer
    before = viewer.state.cursor
    fingers.at(*in_pane(viewer, "sagittal", 0.45, 0.6), shift=1).send("MouseMove")
    assert viewer.state.cursor[0] == before[0]
    assert viewer.state.cursor[1] != before[1]


def test_saving_by_key(fingers, tmp_path, monkeypatch):
    from viewer3d.app.show import read_state

    monkeypatch.chdir(tmp_path)
    viewer = fingers.viewer
    fingers.at(*in_pane(viewer, "axial", 0.5, 0.5)).send("MouseWheelForward")
    fingers.key("s")
    fingers.key("s", ctrl=1)
    fingers.key("s")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["viewer3d-1.json", "viewer3d-1.png", "viewer3d-2.png"]
    for name in names:
        state = read_state(tmp_path / name)
        assert isinstance(state, ViewState)
        assert (state.cursor, state.pointer) == (viewer.state.cursor, None)


def test_a_turned_head(fingers, opengl_or_skip):
    viewer = fingers.viewer
    viewer.state = viewer.state.with_view("quad")
    rect = viewer.interactor.context.rect(viewer.state, "3d")
    camera = viewer.state.camera
    begin = rect.left + rect.width // 2, rect.top + rect.height // 2
    fingers.drag("Left", begin, np.add(begin, (30, 0)))
    assert viewer.state.camera != camera
    assert viewer.state.look.window == viewer.interactor.context.first.look.window
    near = viewer.state.camera
    fingers.send("MouseWheelForward")
    away = [np.linalg.norm(np.subtract(c.position, c.focal_point)) for c in (near, viewer.state.camera)]
    assert away[1] < away[0]


def test_the_3d_panes_keys_and_drags_with_shift(fingers):
    viewer = fingers.viewer
    viewer.state = viewer.state.with_view("quad")
    before, rect = viewer.state, viewer.interactor.context.rect(viewer.state, "3d")
    begin = rect.left + rect.width // 2 + 20, rect.top + rect.height // 2 + 30
    fingers.at(*begin).send("MouseMove")
    fingers.drag("Left", begin, np.add(begin, (0, 24)), shift=1)
    assert viewer.state == before.with_look(rendering_shift=viewer.state.look.rendering_shift)
    assert viewer.state.look.rendering_shift == 3 * viewer.interactor.context.shift_step(before.look.rendering)
    for name in ("braceleft", "u", "h"):
        fingers.key(name)
    assert viewer.state.look.rendering_shift == 2 * viewer.interactor.context.shift_step(before.look.rendering)
    assert viewer.state.look.couch_hidden
    crop, handles = viewer.state.crop, face_handles(viewer.state, rect.size)
    x, y = handles[0, 1]
    fingers.drag("Left", (rect.left + x, rect.top + y), (rect.left + x - 5, rect.top + y))
    assert viewer.state.crop.high[0] < crop.high[0]
    assert viewer.state.crop.low == crop.low
    assert viewer.state.camera == before.camera
    fingers.drag("Left", begin, np.add(begin, (12, 0)), ctrl=1)  # ctrl means nothing here: it turns
    assert viewer.state.camera != before.camera
    for name in ("h", "u", "r"):
        fingers.key(name)
    assert viewer.state == replace(before, pointer=viewer.state.pointer)


@pytest.mark.parametrize("plane", NAMES)
def test_an_outline_dragged_in_3d_moves_its_slice_in_all_panes(fingers, opengl_or_skip, plane):
    viewer = fingers.viewer
    viewer.state = viewer.state.with_view("quad")
    rect = viewer.interactor.context.rect(viewer.state, "3d")
    center = np.array(viewer.volume.geometry.center)
    viewer.state = viewer.state.with_camera(Camera(tuple(np.add(center, (60, -110, 70))), tuple(center)))
    fingers.at(rect.left + 9, rect.top + 9).send("MouseMove")
    fingers.key("l")
    before = viewer.state
    assert before.planes_shown
    cut = next(one for one in cuts_of(viewer.volume.geometry, before) if one.plane.name == plane)
    normal = np.array(cut.plane.normal)
    # A corner of the cut, and where it would be 4 mm along the normal.
    begin, end = (before.camera.to_pixel(cut.corners[0] + mm * normal, rect.size) for mm in (0, 4))
    fingers.drag("Left", np.add(begin, (rect.left, rect.top)), np.add(end, (rect.left, rect.top)))
    moved = np.subtract(viewer.state.cursor, before.cursor)
    np.testing.assert_allclose(moved, 4 * normal, atol=0.5 * min(viewer.volume.spacing))
    assert viewer.state.camera == before.camera
    fingers.key("l")
    assert not viewer.state.planes_shown


@pytest.fixture
def opengl_or_skip():
    if not (found := gl.find_opengl()).works:
        pytest.skip(found.why_not)


def test_window_of_the_marker(fingers):
    fingers.viewer.state = fingers.viewer.state.with_window(Window(0, 1))
    fingers.at(*in_pane(fingers.viewer, "axial", 0.3, 0.3)).send("MouseMove")
    fingers.drag("Left", in_pane(fingers.viewer, "axial", 0.3, 0.3), (0, 0))
    assert fingers.viewer.state.look.window.width >= 1
