"""Gestures in the 3D pane, as pure functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.input import camera_gestures as orbit
from viewer3d.app.input.context import Place
from viewer3d.core.geometry import letters

BEGIN = Place(300, 200, "3d")


@pytest.fixture
def seen(viewer):
    return viewer.state.with_view("3d"), viewer._stage


def toward_eye(camera):
    return np.subtract(camera.position, camera.focal_point)


def test_turning_right_shows_the_patients_right_side(seen):
    state, stage = seen
    state = orbit.from_side("A")(state, stage, BEGIN)
    quarter = min(stage.size) / 2  # half a turn across the shorter side
    turned = orbit.drag_turn(state, stage, BEGIN, Place(300 + quarter, 200, "3d")).camera
    assert letters(toward_eye(turned)) == "R"
    over = orbit.drag_turn(state, stage, BEGIN, Place(300, 200 + quarter, "3d")).camera
    assert letters(toward_eye(over)) == "H"
    for camera in (turned, over):
        assert np.linalg.norm(toward_eye(camera)) == pytest.approx(np.linalg.norm(toward_eye(state.camera)))


@pytest.mark.parametrize("side", list(orbit.SIDES))
def test_views_from_the_patients_sides(seen, side):
    state, stage = seen
    camera = orbit.from_side(side)(state, stage, BEGIN).camera
    assert letters(toward_eye(camera)) == side
    assert letters(camera.up) == ("A" if side in "HF" else "H")


def test_panned_by_a_pixel_is_a_pixel(seen):
    state, stage = seen
    camera = orbit.drag_aside(state, stage, BEGIN, Place(300 + min(stage.size), 200, "3d")).camera
    across = 2 * np.linalg.norm(toward_eye(camera)) * np.tan(np.radians(camera.angle / 2))
    way = np.subtract(camera.focal_point, state.camera.focal_point)
    assert letters(way) == "R"
    assert np.linalg.norm(way) == pytest.approx(across)


def test_nearer_stays_within_reason(seen):
    state, stage = seen
    near = orbit.nearer(state, stage, 1e9).camera
    assert 0 < np.linalg.norm(toward_eye(near)) < np.linalg.norm(toward_eye(state.camera))


def test_shifting_by_key_and_by_drag(seen):
    state, stage = seen
    step = stage.shift_step(state.rendering)
    up = orbit.shifting(1)(orbit.shifting(1)(state, stage, BEGIN), stage, BEGIN)
    assert up.rendering_shift == 2 * step
    assert orbit.shifting(-1)(up, stage, BEGIN).rendering_shift == step
    dragged = orbit.drag_shift(up, stage, BEGIN, Place(300, 200 - 4 * orbit.SHIFT_DRAG, "3d"))
    assert dragged.rendering_shift == -2 * step
    most = orbit.drag_shift(state, stage, BEGIN, Place(300, 1e6, "3d")).rendering_shift
    assert most == 50 * step
    assert orbit.drag_shift(state, stage, BEGIN, Place(300, -1e6, "3d")).rendering_shift == -most
    assert orbit.next_rendering(up, stage, BEGIN).rendering_shift == 0


def test_the_couch_goes_and_comes_in_hu_only(seen):
    state, stage = seen
    hidden = orbit.switch_couch(state, stage, BEGIN)
    assert hidden.couch_hidden
    assert orbit.switch_couch(hidden, stage, BEGIN) == state
    assert orbit.switch_couch(state, replace(stage, is_in_hu=False), BEGIN) == state


def test_transfer_functions_follow_one_another(seen):
    state, stage = seen
    names = []
    for _ in stage.renderings:
        state = orbit.next_rendering(state, stage, BEGIN)
        names.append(state.rendering)
    assert sorted(names) == sorted(stage.renderings)
    assert names[-1] == stage.first.rendering
