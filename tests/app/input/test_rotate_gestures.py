"""Oblique planes and sliders, as pure functions."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.app.input import slice_gestures as slices
from viewer3d.app.input.context import EventPosition
from viewer3d.app.input.rotate_gestures import drag_planes, is_on_handle, reset_planes, rotation_handles
from viewer3d.app.input.slider import drag_slider, on_slider, slider_row, slider_track
from viewer3d.app.window.handles import slice_handle_marks
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import PATIENT_AXES, Slab, SlicePane
from viewer3d.render.colors import color_maps

NAMES = tuple(PLANES)


def position_at(viewer, plane, pixel):
    rect = viewer.interactor.context.rect(viewer.state, plane)
    return EventPosition(rect.left + pixel[0], rect.top + pixel[1], plane)


def turned_by(viewer, plane, degrees):
    """Drag a handle of the crosshair round where the lines meet."""
    state, context = viewer.state, viewer.interactor.context
    middle = context.pane(state, plane).to_pixel(state.cursor)
    handle = np.array(rotation_handles(state, context, plane)[0])
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    end = middle + np.array([[c, -s], [s, c]]) @ (handle - middle)
    begin = position_at(viewer, plane, handle)
    assert is_on_handle(state, context, begin)
    return drag_planes(state, context, begin, position_at(viewer, plane, end))


@pytest.mark.parametrize("plane", NAMES)
def test_a_handle_turns_the_other_two_planes_by_the_angle_it_is_dragged(viewer, plane):
    viewer.state = viewer.state.with_cursor(np.add(viewer.state.cursor, (3, -4, 5))).with_pane(
        "coronal", SlicePane(1.4, (6.0, -3.0))
    )
    before, after = viewer.state, turned_by(viewer, plane, 25)
    assert after.plane(plane) == pytest.approx(before.plane(plane)) or after.is_oblique
    np.testing.assert_allclose(after.plane(plane).right, before.plane(plane).right, atol=1e-9)
    for other in set(NAMES) - {plane}:
        cosine = np.dot(after.plane(other).normal, before.plane(other).normal)
        assert np.degrees(np.arccos(cosine)) == pytest.approx(25)
    A = np.array(after.axes)
    np.testing.assert_allclose(A @ A.T, np.eye(3), atol=1e-12)
    assert after.cursor == before.cursor
    for name in NAMES:  # where the lines meet stays where it is on the screen
        frames = [viewer.interactor.context.pane(state, name) for state in (before, after)]
        np.testing.assert_allclose(frames[1].to_pixel(after.cursor), frames[0].to_pixel(before.cursor), atol=1e-6)


def test_the_line_turns_with_the_pointer(viewer):
    after = turned_by(viewer, "axial", 30)
    from viewer3d.render.marks.crosshair import cross_lines

    upright = cross_lines(after, viewer.interactor.context.pane(after, "axial"))[0]
    assert upright.plane == "sagittal"
    # From (0, 1), down, by 30 degrees towards the left: the screen's rows go down.
    np.testing.assert_allclose((upright.along_x, upright.along_y), (-0.5, np.sqrt(0.75)), atol=1e-9)


def test_planes_become_upright_again(viewer):
    viewer.state = turned_by(viewer, "sagittal", -40)
    assert viewer.state.is_oblique
    back = reset_planes(viewer.state, viewer.interactor.context, EventPosition(0, 0))
    assert back.axes == PATIENT_AXES
    for name in NAMES:
        np.testing.assert_allclose(back.slice_pane(name).pan, (0, 0), atol=1e-9)


def test_steps_on_oblique_planes_go_along_the_normal_and_stay_within(viewer):
    viewer.state = turned_by(viewer, "sagittal", 30)
    state, context = viewer.state, viewer.interactor.context
    normal = np.array(state.plane("axial").normal)
    one = slices.step_slice(state, context, "axial", 1)
    way = np.subtract(one.cursor, state.cursor)
    assert np.linalg.norm(np.cross(way, normal)) < 1e-9
    assert way @ normal > 0
    for end in (slices.go_to_first, slices.go_to_last):
        last = end(state, context, position_at(viewer, "axial", (30, 30)))
        assert np.linalg.norm(np.cross(np.subtract(last.cursor, state.cursor), normal)) < 1e-6
        np.testing.assert_allclose(context.clamp_cursor(np.array(last.cursor)), last.cursor, atol=1e-9)


@pytest.mark.parametrize("plane", NAMES)
def test_the_slider_goes_from_end_to_end_and_stays_under_the_pointer(viewer, plane):
    state, context = viewer.state, viewer.interactor.context
    rect = context.rect(state, plane)
    top, bottom = slider_track(rect.height)
    begin = position_at(viewer, plane, (rect.width - 3, slider_row(state, context, plane)))
    assert on_slider(state, context, begin)
    assert not on_slider(state, context, position_at(viewer, plane, (rect.width - 30, begin.y - rect.top)))
    for row in (top, bottom, 0.3 * top + 0.7 * bottom):
        there = drag_slider(state, context, begin, position_at(viewer, plane, (0, row)))
        assert slider_row(there, context, plane) == pytest.approx(row, abs=1e-6)
    first = slices.go_to_first(state, context, begin)
    assert slider_row(first, context, plane) == pytest.approx(top)


def test_slabs_colours_and_the_value_bar_on_keys(viewer):
    state, context, position = viewer.state, viewer.interactor.context, EventPosition(0, 0)
    thick = slices.change_slab(1)(state, context, position)
    assert thick.slab == Slab(slices.SLABS[1])
    assert slices.change_slab(-1)(thick, context, position) == state
    assert slices.change_slab(-1)(state, context, position) == state
    slab = slices.next_blend(state, context, position)
    assert slab.slab == Slab(slices.FIRST_SLAB, "maximum")
    assert slices.next_blend(slab, context, position).slab.blend == "minimum"
    seen = [state.look.colors]
    for _ in color_maps():
        state = slices.next_colors(state, context, position)
        assert state.look.value_bar == (state.look.colors != "grey")
        seen.append(state.look.colors)
    assert seen == [*color_maps(), "grey"]
    assert slices.toggle_value_bar(state, context, position) == state.with_look(value_bar=True)


def test_handles_only_over_the_slice_pointed_at(viewer):
    viewer.resize((1200, 400))
    state, context = viewer.state, viewer.interactor.context
    assert slice_handle_marks(state, context, position_at(viewer, "coronal", (50, 50)))
    assert slice_handle_marks(state, context, EventPosition(-1, -1)) == ()
    viewer.resize((300, 100))
    assert slice_handle_marks(state, viewer.interactor.context, position_at(viewer, "coronal", (5, 5))) == ()
