"""Gestures in the 3D pane, as pure functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.input import camera_gestures as cameras
from viewer3d.app.input.context import EventPosition
from viewer3d.core.geometry import letters
from viewer3d.core.view.look import STRETCH_LIMITS

BEGIN = EventPosition(300, 200, "3d")


@pytest.fixture
def seen(viewer):
    return viewer.state.with_view("3d"), viewer.interactor.context


def toward_eye(camera):
    return np.subtract(camera.position, camera.focal_point)


def test_turning_right_shows_the_patients_right_side(seen):
    state, context = seen
    state = cameras.look_from("A")(state, context, BEGIN)
    quarter = min(context.size) / 2  # half a turn across the shorter side
    turned = cameras.drag_rotation(state, context, BEGIN, EventPosition(300 + quarter, 200, "3d")).camera
    assert letters(toward_eye(turned)) == "R"
    over = cameras.drag_rotation(state, context, BEGIN, EventPosition(300, 200 + quarter, "3d")).camera
    assert letters(toward_eye(over)) == "H"
    for camera in (turned, over):
        assert np.linalg.norm(toward_eye(camera)) == pytest.approx(np.linalg.norm(toward_eye(state.camera)))


@pytest.mark.parametrize("side", list(cameras.SIDES))
def test_views_from_the_patients_sides(seen, side):
    state, context = seen
    camera = cameras.look_from(side)(state, context, BEGIN).camera
    assert letters(toward_eye(camera)) == side
    assert letters(camera.up) == ("A" if side in "HF" else "H")


def test_panned_by_a_pixel_is_a_pixel(seen):
    state, context = seen
    camera = cameras.drag_camera_pan(state, context, BEGIN, EventPosition(300 + min(context.size), 200, "3d")).camera
    across = 2 * np.linalg.norm(toward_eye(camera)) * np.tan(np.radians(camera.angle / 2))
    way = np.subtract(camera.focal_point, state.camera.focal_point)
    assert letters(way) == "R"
    assert np.linalg.norm(way) == pytest.approx(across)


def test_nearer_stays_within_reason(seen):
    state, context = seen
    near = cameras.dolly(state, context, 1e9).camera
    assert 0 < np.linalg.norm(toward_eye(near)) < np.linalg.norm(toward_eye(state.camera))


def test_shifting_by_key_and_by_drag(seen):
    state, context = seen
    step = context.shift_step(state.look.rendering)
    up = cameras.shift_transfer_function(1)(cameras.shift_transfer_function(1)(state, context, BEGIN), context, BEGIN)
    assert up.look.rendering_shift == 2 * step
    assert cameras.shift_transfer_function(-1)(up, context, BEGIN).look.rendering_shift == step
    dragged = cameras.drag_transfer_function(up, context, BEGIN, EventPosition(300, 200 - 4 * cameras.SHIFT_DRAG, "3d"))
    assert dragged.look.rendering_shift == -2 * step
    most = cameras.drag_transfer_function(state, context, BEGIN, EventPosition(300, 1e6, "3d")).look.rendering_shift
    assert most == 50 * step
    assert (
        cameras.drag_transfer_function(state, context, BEGIN, EventPosition(300, -1e6, "3d")).look.rendering_shift
        == -most
    )
    assert cameras.next_transfer_function(up, context, BEGIN).look.rendering_shift == 0


def dragged(seen, right, down=0.0, state=None):
    end = EventPosition(BEGIN.x + right, BEGIN.y + down, "3d")
    return cameras.drag_transfer_function(state or seen[0], seen[1], BEGIN, end).layers[0]


def test_a_drag_to_the_right_widens_and_one_up_or_down_does_not(seen):
    state, context = seen
    slack, far = cameras.STRETCH_SLACK, cameras.STRETCH_DRAG
    assert dragged(seen, slack, 80).rendering_stretch == 1
    assert dragged(seen, -slack, 80).rendering_shift == dragged(seen, 0, 80).rendering_shift > 0
    assert dragged(seen, slack + far).rendering_stretch == 2
    assert dragged(seen, -slack - far).rendering_stretch == 0.5
    assert dragged(seen, slack + far).rendering_shift == 0
    assert dragged(seen, 1e9).rendering_stretch == STRETCH_LIMITS[1]
    assert dragged(seen, -1e9).rendering_stretch == STRETCH_LIMITS[0]
    wide = state.with_look(0, rendering_stretch=2.0)
    assert dragged(seen, slack + far, state=wide).rendering_stretch == 4
    assert cameras.shift_transfer_function(1)(wide, context, BEGIN).look.rendering_stretch == 2
    assert cameras.next_transfer_function(wide, context, BEGIN).look.rendering_stretch == 1
    assert cameras.set_transfer_function("ct-lung")(wide, context, BEGIN).look.rendering_stretch == 1


def test_the_couch_goes_and_comes_in_hu_only(seen):
    state, context = seen
    hidden = cameras.toggle_couch(state, context, BEGIN)
    assert hidden.look.couch_hidden
    assert cameras.toggle_couch(hidden, context, BEGIN) == state
    assert cameras.toggle_couch(state, replace(context, is_in_hu=False), BEGIN) == state


def test_a_face_is_hidden_where_there_is_one(seen):
    state, context = seen
    assert cameras.toggle_face(state, replace(context, has_face=lambda: False), BEGIN) == state
    seeing = replace(context, has_face=lambda: True)
    hidden = cameras.toggle_face(state, seeing, BEGIN)
    assert hidden.layers[0].face_hidden
    assert cameras.toggle_face(hidden, seeing, BEGIN) == state


def test_transfer_functions_follow_one_another(seen):
    state, context = seen
    names = []
    for _ in context.renderings:
        state = cameras.next_transfer_function(state, context, BEGIN)
        names.append(state.look.rendering)
    assert sorted(names) == sorted(context.renderings)
    assert names[-1] == context.first.look.rendering
