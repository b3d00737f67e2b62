"""Slice panes turned, mirrored and shown with one voxel a pixel, as pure functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.input import pane_gestures as panes
from viewer3d.app.input import slice_gestures as slices
from viewer3d.app.input.context import EventPosition
from viewer3d.app.input.measure_gestures import find_hit
from viewer3d.app.input.rotate_gestures import drag_planes, reset_planes, rotation_handles
from viewer3d.app.input.slider import ZONE, drag_slider, on_slider, slider_row, slider_track
from viewer3d.app.viewer import Viewer
from viewer3d.app.window.handles import slice_handle_marks
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import SlicePane
from viewer3d.core.volume import Volume
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.crosshair import cross_lines
from viewer3d.render.marks.display_list import Text
from viewer3d.render.marks.metrics import pane_metrics
from viewer3d.render.marks.orientation import side_letters
from viewer3d.render.slices.compose import SliceSource
from viewer3d.render.slices.pixels import PanePixels

TURNS = [(turned, mirrored) for turned in range(4) for mirrored in (False, True)]
NOWHERE = EventPosition(-1, -1)


def middle_of(viewer, plane, right=0.0, down=0.0):
    rect = viewer.interactor.context.rect(viewer.state, plane)
    return EventPosition(rect.left + (0.5 + right) * rect.width, rect.top + (0.5 + down) * rect.height, plane)


def with_turn(state, plane, turned, mirrored):
    return state.with_pane(plane, replace(state.slice_pane(plane), turned=turned, mirrored=mirrored))


@pytest.mark.parametrize("plane", PLANES)
def test_turns_are_of_what_is_seen(viewer, plane):
    context, position = viewer.interactor.context, middle_of(viewer, plane)
    for turned, mirrored in TURNS:
        state = with_turn(viewer.state, plane, turned, mirrored)
        before, after = (context.pane(one, plane).plane for one in (state, panes.turn_by(1)(state, context, position)))
        assert np.allclose(after.right, np.negative(before.down))  # what was above is at the right
        assert np.allclose(after.down, before.right)
        assert panes.turn_by(-1)(panes.turn_by(1)(state, context, position), context, position) == state
        flipped = panes.mirror(state, context, position)
        seen = context.pane(flipped, plane).plane
        assert np.allclose(seen.right, np.negative(before.right))
        assert np.allclose(seen.down, before.down)
        assert panes.mirror(flipped, context, position) == state
        assert flipped.slice_pane(plane).mirrored is not mirrored


def test_without_a_pointer_the_first_slice_pane_is_meant(viewer):
    context = viewer.interactor.context
    assert panes.turn_by(1)(viewer.state, context, NOWHERE).axial.turned == 1
    assert panes.mirror(viewer.state.with_view("coronal"), context, NOWHERE).coronal.mirrored
    only_3d = viewer.state.with_view("3d")
    for gesture in (panes.turn_by(1), panes.mirror, panes.toggle_voxel_zoom):
        assert gesture(only_3d, context, NOWHERE) == only_3d


@pytest.mark.parametrize(("turned", "mirrored"), TURNS)
@pytest.mark.parametrize("plane", PLANES)
def test_hands_move_what_they_hold(viewer, plane, turned, mirrored):
    context = viewer.interactor.context
    state = with_turn(viewer.state, plane, turned, mirrored)
    begin, end = middle_of(viewer, plane, -0.1, 0.05), middle_of(viewer, plane, 0.13, -0.2)
    world = context.to_world(state, begin, plane)
    assert np.allclose(context.to_world(slices.drag_pan(state, context, begin, end), end, plane), world)
    zoomed = slices.zoom_at(state, context, begin, 3.0)
    assert np.allclose(context.to_world(zoomed, begin, plane), world)
    assert zoomed.slice_pane(plane).turned == turned
    placed = slices.set_cursor(state, context, begin)
    x, y = context.pane(placed, plane).to_pixel(placed.cursor)
    assert (x, y) == pytest.approx(context.to_pane(state, begin, plane), abs=1e-6)
    drawn = state.with_measurement(Measurement("probe", (tuple(world.tolist()),), (1, 0, 0), (0, 1, 0)))
    assert find_hit(drawn, context, begin) is not None
    # A handle of the crosshair follows the hand round.
    rect = context.rect(state, plane)
    x, y = rotation_handles(state, context, plane)[0]
    middle = context.pane(state, plane).to_pixel(state.cursor)
    away = np.array([x, y]) - middle
    to = middle + np.array([[0.96, -0.28], [0.28, 0.96]]) @ away
    hand = (EventPosition(rect.left + at[0], rect.top + at[1], plane) for at in ((x, y), to))
    rotated = drag_planes(state, context, *hand)
    found = np.array(rotation_handles(rotated, context, plane))
    assert np.abs(found - to).max(-1).min() < 1e-6
    assert rotated.slice_pane(plane).mirrored is mirrored


def test_o_puts_planes_upright_on_the_screen_as_well(viewer):
    context = viewer.interactor.context
    state = with_turn(with_turn(viewer.state, "axial", 3, True), "sagittal", 1, False)
    assert reset_planes(state, context, NOWHERE) == viewer.state


def test_a_click_whose_pane_a_key_has_left_meanwhile_does_nothing(viewer):
    viewer.state = replace(viewer.state, view="quad", enlarged=None)
    at, interactor = middle_of(viewer, "sagittal", right=0.1), viewer.interactor
    interactor.press("left", at.x, at.y)
    viewer.state = replace(viewer.state, view="axial")
    before = viewer.state.cursor
    interactor.release("left")
    assert viewer.state.cursor == before
    assert not interactor.is_holding


def test_one_voxel_is_one_pixel_and_then_the_volume_fits_again():
    voxels = np.random.default_rng(3).integers(-500, 500, (40, 30, 20)).astype(np.int16)
    volume = Volume.from_array(voxels, np.diag([0.5, 0.5, 2.0, 1.0]), unit="HU", modality="CT")
    with Viewer(volume, "mpr", (640, 480), off_screen=True) as viewer:
        context = viewer.interactor.context
        for plane in PLANES:
            position = middle_of(viewer, plane, 0.11, -0.07)
            shown = panes.toggle_voxel_zoom(viewer.state, context, position)
            pane = context.pane(shown, plane)
            assert pane.mm_per_pixel == pytest.approx(0.5)
            before = context.to_world(viewer.state, position, plane)
            assert np.abs(context.to_world(shown, position, plane) - before).max() <= 1.0 + 1e-9  # half a voxel
            assert panes.toggle_voxel_zoom(shown, context, position) == viewer.state
        # Along the grid every pixel is one voxel's own value.
        for turned, mirrored in TURNS:
            state = with_turn(viewer.state, "axial", turned, mirrored)
            state = panes.toggle_voxel_zoom(state, context, middle_of(viewer, "axial"))
            pane = context.pane(state, "axial")
            values = SliceSource(volume).values(PanePixels(pane, state.slab))
            index = volume.geometry.world_to_index(state.cursor)
            inside = values != -32768
            assert inside.sum() == 40 * 30
            slice_ = voxels[:, :, round(index[2])]
            kept = panes.turn_by(1)(state, context, middle_of(viewer, "axial"))
            assert context.pane(kept, "axial").mm_per_pixel == pytest.approx(0.5)
            assert sorted(values[inside].tolist()) == sorted(slice_.ravel().tolist())


def test_a_turned_pane_keeps_its_turn_when_one_voxel_is_a_pixel(viewer):
    context, position = viewer.interactor.context, middle_of(viewer, "coronal")
    state = with_turn(viewer.state, "coronal", 1, True)
    shown = panes.toggle_voxel_zoom(state, context, position)
    assert (shown.coronal.turned, shown.coronal.mirrored) == (1, True)
    assert panes.toggle_voxel_zoom(shown, context, position).coronal == SlicePane(turned=1, mirrored=True)


@pytest.mark.parametrize("size", [(700, 600), (1200, 900), (1920, 1080)])
@pytest.mark.parametrize("view", ["quad", "axial"])
def test_the_slider_is_hit_in_twelve_pixels_and_covers_no_letter(box, size, view):
    with Viewer(box, view, size, off_screen=True) as viewer:
        state, context = viewer.state, viewer.interactor.context
        rect = context.rect(state, "axial")
        row = round(slider_row(state, context, "axial"))
        hit = [
            on_slider(state, context, EventPosition(rect.left + x, rect.top + row, "axial")) for x in range(rect.width)
        ]
        assert hit == [False] * (rect.width - 12) + [True] * 12
        assert ZONE == 12
        letters = side_letters(pane_metrics(state, rect.size), context.pane(state, "axial"))
        for way in (slices.go_to_first, slices.go_to_last, lambda state, *_: state):
            marks = slice_handle_marks(
                way(state, context, middle_of(viewer, "axial")), context, middle_of(viewer, "axial")
            )
            for mark in marks[:3]:  # track, shade and thumb
                wide = mark.width / 2
                assert mark.x0 + wide <= rect.width
                assert all(mark.x0 - wide >= mark_box(one).right for one in letters if isinstance(one, Text))


def test_the_slider_goes_to_the_outermost_slices(box):
    with Viewer(box, "mpr", (640, 480), off_screen=True) as viewer:
        state, context = viewer.state, viewer.interactor.context
        rect = context.rect(state, "axial")
        begin = EventPosition(rect.left + rect.width - 5, rect.top + slider_row(state, context, "axial"), "axial")
        ends = (rect.top + row for row in slider_track(rect.height))
        found = [drag_slider(state, context, begin, EventPosition(begin.x, end, "axial")) for end in ends]
        indices = [round(float(box.geometry.world_to_index(one.cursor)[2])) for one in found]
        assert sorted(indices) == [0, box.shape[2] - 1]


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("go", [slices.go_to_first, slices.go_to_last])
def test_the_crosshair_is_there_on_the_outermost_slices(box, plane, go):
    with Viewer(box, "mpr", (1200, 450), off_screen=True) as viewer:
        context = viewer.interactor.context
        state = go(viewer.state, context, middle_of(viewer, plane))
        for name in state.panes:
            pane = context.pane(state, name)
            page = pane_metrics(state, pane.size)
            for line in cross_lines(state, pane):
                span = line.span(page.width, page.height, page.inset)
                assert span is not None, (name, line)
                for end in span:
                    x, y = line.point(end)
                    assert 0 <= x <= page.width - 1
                    assert 0 <= y <= page.height - 1
                    # Along itself it leaves the letters free.
                    assert page.inset - 1e-6 <= (x if line.along_x else y)


def double_click(viewer, position, *, jitter=0):
    viewer.interactor.press("left", position.x, position.y)
    viewer.interactor.release("left")
    viewer.interactor.double_click(position.x + jitter, position.y)
    viewer.interactor.release("left")


@pytest.mark.parametrize("plane", PLANES)
def test_a_double_click_leaves_the_crosshair_where_it_was(viewer, plane):
    cursor, position = viewer.state.cursor, middle_of(viewer, plane, 0.2, 0.15)
    double_click(viewer, position, jitter=1)
    assert viewer.state.enlarged == plane
    assert viewer.state.cursor == cursor
    double_click(viewer, EventPosition(400, 300, plane))
    assert viewer.state.enlarged is None
    assert viewer.state.cursor == cursor


def test_a_click_long_before_a_double_click_stays(viewer):
    position, other = middle_of(viewer, "axial", 0.2, 0.15), middle_of(viewer, "coronal", -0.1, 0.1)
    viewer.interactor.press("left", position.x, position.y)
    viewer.interactor.release("left")
    clicked = viewer.state.cursor
    double_click(viewer, other)
    assert viewer.state.cursor == clicked
    assert viewer.state.enlarged == "coronal"
