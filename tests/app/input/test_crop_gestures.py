"""The crop box of the 3D pane, as pure functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.input import camera_gestures as cameras
from viewer3d.app.input.context import EventPosition
from viewer3d.app.input.crop_gestures import THINNEST, box_edges, drag_face, face_at, face_handles, toggle_crop
from viewer3d.app.input.rotate_gestures import HANDLE_TOLERANCE
from viewer3d.app.window.handles import crop_marks
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.state import Box
from viewer3d.render.marks.display_list import Line

FACES = [(axis, end) for axis in range(3) for end in range(2)]


@pytest.fixture
def seen(viewer):
    """The box aslant, in a pane that is only a part of the window."""
    low, high = viewer.volume.geometry.bounds
    box = Box(tuple((0.8 * low + 0.2 * high).tolist()), tuple((0.3 * low + 0.7 * high).tolist()))
    middle = middle_of(box)
    camera = Camera(tuple(np.add(middle, (150, -230, 120)).tolist()), tuple(middle.tolist()))
    return replace(viewer.state.with_view("quad").with_camera(camera), crop=box), viewer.interactor.context


def middle_of(box):
    return np.add(box.low, box.high) / 2


def corners_of(box):
    return np.array([box.low, box.high])


def grip(state, context, face):
    rect = context.rect(state, "3d")
    x, y = face_handles(state, rect.size)[face]
    return EventPosition(rect.left + x, rect.top + y, "3d")


def test_the_box_begins_around_what_is_visible_and_goes(viewer):
    state, context = viewer.state, viewer.interactor.context
    on = toggle_crop(state, context, EventPosition(0, 0))
    assert on.crop == context.visible_extent(state)
    assert toggle_crop(on, context, EventPosition(0, 0)) == state


def test_handles_are_where_the_faces_middles_are_seen(seen):
    state, context = seen
    size = context.rect(state, "3d").size
    handles = face_handles(state, size)
    assert set(handles) == set(FACES)
    for (axis, end), pixel in handles.items():
        world = middle_of(state.crop)
        world[axis] = corners_of(state.crop)[end, axis]
        np.testing.assert_allclose(state.camera.to_pixel(world, size), pixel)
        assert face_at(state, context, grip(state, context, (axis, end))) == (axis, end)
    assert face_handles(replace(state, crop=None), size) == {}


@pytest.mark.parametrize("face", FACES)
def test_a_dragged_handle_stays_under_the_pointer(seen, face):
    state, context = seen
    begin, size = grip(state, context, face), context.rect(state, "3d").size
    axis, end = face
    # To where the face's middle is seen 4 mm further in.
    world, expected = middle_of(state.crop), corners_of(state.crop)
    world[axis] = expected[end, axis] = (state.crop.low[axis] + 4, state.crop.high[axis] - 4)[end]
    x, y = state.camera.to_pixel(world, size) - face_handles(state, size)[face]
    crop = drag_face(state, context, begin, EventPosition(begin.x + x, begin.y + y, "3d")).crop
    np.testing.assert_allclose([crop.low, crop.high], expected, atol=1e-6)
    # A pointer that was a little aside of the handle stays so.
    aside = drag_face(
        state,
        context,
        EventPosition(begin.x + 3, begin.y - 2, "3d"),
        EventPosition(begin.x + 3 + x, begin.y - 2 + y, "3d"),
    )
    np.testing.assert_allclose([aside.crop.low, aside.crop.high], expected, atol=1e-6)


@pytest.mark.parametrize("face", FACES)
def test_faces_stop_at_each_other_and_at_the_volumes_bounds(seen, face):
    state, context = seen
    begin, (axis, end) = grip(state, context, face), face
    size = context.rect(state, "3d").size
    handles = face_handles(state, size)
    way = np.subtract(handles[face], handles[axis, 1 - end])
    low, high = context.geometry.bounds[:, axis]
    for far in (-40, 40):
        ends = begin.x + far * way[0], begin.y + far * way[1]
        crop = drag_face(state, context, begin, EventPosition(*ends, "3d")).crop
        position = (crop.low, crop.high)[end][axis]
        across = corners_of(state.crop)[1 - end, axis] + (THINNEST if end else -THINNEST)
        assert position == pytest.approx((low, high)[end] if far > 0 else across)
        assert np.isfinite([crop.low, crop.high]).all()


def test_faces_seen_from_the_front_cannot_be_moved(seen):
    state, context = seen
    state = cameras.look_from("A")(state, context, EventPosition(0, 0))
    camera = replace(state.camera, focal_point=tuple(middle_of(state.crop)))
    camera = replace(camera, position=tuple(np.subtract(camera.focal_point, (0, 400, 0))))
    state = state.with_camera(camera)
    assert set(face_handles(state, context.rect(state, "3d").size)) == {(0, 0), (0, 1), (2, 0), (2, 1)}


def test_elsewhere_nothing_is_taken_hold_of(seen):
    state, context = seen
    position = grip(state, context, (0, 1))
    assert face_at(state, context, EventPosition(position.x + HANDLE_TOLERANCE + 2, position.y, "3d")) is None
    assert face_at(state, context, EventPosition(position.x, position.y, "axial")) is None
    assert face_at(replace(state, crop=None), context, position) is None
    assert drag_face(state, context, EventPosition(1, 1, "3d"), position) == state


def test_edges_at_the_back_are_told_from_those_at_the_front(seen):
    state, context = seen
    size = context.rect(state, "3d").size
    hidden, front = box_edges(state, size)
    assert (len(hidden), len(front)) == (3, 9)
    corner = state.camera.to_pixel(
        (state.crop.low[0], state.crop.high[1], state.crop.low[2]), size
    )  # the one that is furthest away
    for edge in hidden:
        assert min(np.abs(np.subtract(edge[:2], corner)).max(), np.abs(np.subtract(edge[2:], corner)).max()) < 1e-6
    marks = crop_marks(state, size)
    assert sum(isinstance(mark, Line) for mark in marks) == 12
    assert crop_marks(replace(state, crop=None), size) == ()


def test_from_within_the_box_edges_behind_the_eye_are_left_out(seen):
    state, _ = seen
    middle = middle_of(state.crop)
    camera = Camera(tuple(middle.tolist()), tuple(np.add(middle, (10, 20, 5)).tolist()))
    hidden, front = box_edges(state.with_camera(camera), (300, 200))
    assert not front
    assert 0 < len(hidden) < 12
    assert np.abs(hidden).max() < 1e5


def test_a_box_that_lies_beyond_the_volume_can_be_dragged(seen):
    state, context = seen
    far = Box(tuple(context.geometry.bounds[1] + 20), tuple(context.geometry.bounds[1] + 21))
    camera = Camera(tuple(np.add(far.low, (150, -230, 120))), far.low)
    state = replace(state.with_camera(camera), crop=far)
    for face in face_handles(state, context.rect(state, "3d").size):
        begin = grip(state, context, face)
        for x, y in ((-500, 80), (500, -80)):
            assert drag_face(state, context, begin, EventPosition(begin.x + x, begin.y + y, "3d")).crop is not None
