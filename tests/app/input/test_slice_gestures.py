"""Gestures in slice panes, as pure functions."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.app.input import slice_gestures as slices
from viewer3d.app.input.context import EventPosition, value_span
from viewer3d.app.viewer import Viewer
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import SlicePane
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window, named_windows, table_window
from viewer3d.render.colors import color_maps

NAMES = tuple(PLANES)


def middle_of(viewer, plane, right=0.0, down=0.0):
    rect = viewer.interactor.context.rect(viewer.state, plane)
    return EventPosition(rect.left + (0.5 + right) * rect.width, rect.top + (0.5 + down) * rect.height, plane)


@pytest.mark.parametrize("plane", NAMES)
@pytest.mark.parametrize("steps", [1, -1, 3])
def test_a_step_is_one_voxel_along_the_planes_axis(viewer, plane, steps):
    state, context = viewer.state, viewer.interactor.context
    state = slices.step_slice(state, context, plane, 1)  # from between two slices to one
    after = slices.step_slice(state, context, plane, steps)
    way = np.subtract(after.cursor, state.cursor)
    axis = PLANES[plane].axis
    assert np.sign(way[axis]) == np.sign(steps * slices.FORWARD[plane])
    assert np.abs(np.delete(way, axis)).max() < 1e-9
    geometry = viewer.volume.geometry
    moved = geometry.world_to_index(after.cursor) - geometry.world_to_index(state.cursor)
    assert np.abs(moved).max() == pytest.approx(abs(steps))


@pytest.mark.parametrize("plane", NAMES)
def test_steps_end_on_voxel_centres_of_upright_grids_and_at_the_outer_slices(box, plane):
    with Viewer(box, "mpr", (640, 480), off_screen=True) as viewer:
        state, context = viewer.state, viewer.interactor.context
        axis = PLANES[plane].axis
        seen = set()
        for way in (1, -1):
            for _ in range(2 * max(box.shape)):
                state = slices.step_slice(state, context, plane, way)
                index = box.geometry.world_to_index(state.cursor)[axis]
                assert index == pytest.approx(round(index), abs=1e-6)
                seen.add(round(index))
        assert seen == set(range(box.shape[axis]))
        first = slices.go_to_first(state, context, middle_of(viewer, plane))
        last = slices.go_to_last(first, context, middle_of(viewer, plane))
        assert {round(box.geometry.world_to_index(s.cursor)[axis]) for s in (first, last)} == {0, box.shape[axis] - 1}


@pytest.mark.parametrize("plane", NAMES)
def test_the_cursor_is_where_was_pointed(viewer, plane):
    state, context = viewer.state, viewer.interactor.context
    index = np.array([30, 15, 17])
    world = viewer.volume.geometry.index_to_world(index)
    state = state.with_cursor(world)
    frame, rect = context.pane(state, plane), context.rect(state, plane)
    column, row = np.rint(frame.to_pixel(world))
    put = slices.set_cursor(state, context, EventPosition(rect.left + column, rect.top + row, plane))
    off = np.abs(viewer.volume.geometry.world_to_index(put.cursor) - index)
    assert off.max() <= 0.5


@pytest.mark.parametrize("plane", NAMES)
def test_zoom_keeps_what_is_pointed_at(viewer, plane):
    state, context = viewer.state, viewer.interactor.context
    position = middle_of(viewer, plane, 0.2, -0.1)
    before = context.to_world(state, position, plane)
    zoomed = slices.zoom_at(state, context, position, 2.5)
    assert zoomed.slice_pane(plane).zoom == 2.5
    np.testing.assert_allclose(context.to_world(zoomed, position, plane), before, atol=1e-9)
    assert slices.zoom_at(state, context, position, 1e9).slice_pane(plane).zoom == slices.PANE_ZOOM_LIMITS[1]
    dragged = slices.drag_zoom(state, context, position, EventPosition(position.x, position.y + 50, plane))
    assert dragged.slice_pane(plane).zoom > 1


def test_pan_moves_the_picture_with_the_pointer(viewer):
    state, context = viewer.state.with_pane("coronal", SlicePane(2.0, (3.0, 4.0))), viewer.interactor.context
    begin = middle_of(viewer, "coronal")
    end = EventPosition(begin.x + 20, begin.y - 7, "coronal")
    panned = slices.drag_pan(state, context, begin, end)
    np.testing.assert_allclose(
        context.to_world(panned, end, "coronal"), context.to_world(state, begin, "coronal"), atol=1e-9
    )


def test_dragging_a_line_moves_its_slice_alone(viewer):
    state, context = viewer.state, viewer.interactor.context
    frame, rect = context.pane(state, "axial"), context.rect(state, "axial")
    column, row = frame.to_pixel(state.cursor)
    on_upright = EventPosition(rect.left + column, rect.top + row - 60, "axial")
    assert slices.lines_at(state, context, on_upright) == ("sagittal",)
    moved = slices.drag_cursor(state, context, on_upright, EventPosition(on_upright.x + 9, on_upright.y + 33, "axial"))
    np.testing.assert_allclose(np.subtract(moved.cursor, state.cursor), 9 * frame.right, atol=1e-9)


def test_window_drags_as_in_cornerstone(viewer):
    state, context = viewer.state.with_window(Window(40, 400)), viewer.interactor.context
    begin = middle_of(viewer, "axial", 0.3, 0.3)
    wider = slices.drag_window(state, context, begin, EventPosition(begin.x + 10, begin.y, "axial")).look.window
    brighter = slices.drag_window(state, context, begin, EventPosition(begin.x, begin.y - 10, "axial")).look.window
    assert wider.width > 400
    assert wider.center == 40
    assert brighter.center < 40
    assert brighter.width == 400
    assert slices.drag_window(state, context, begin, EventPosition(-1e6, begin.y, "axial")).look.window.width == 1


def test_windows_by_digit_only_for_hu(viewer):
    position = middle_of(viewer, "axial")
    names = list(named_windows().values())
    assert slices.named_window(4)(viewer.state, viewer.interactor.context, position).look.window == names[3]
    with Viewer(type(viewer.volume)(viewer.volume.voxels, viewer.volume.geometry), off_screen=True) as plain:
        assert slices.named_window(4)(plain.state, plain.interactor.context, position) == plain.state


def test_enlarged_and_back_and_reset(viewer):
    state, context = viewer.state, viewer.interactor.context
    large = slices.toggle_enlarged(state, context, middle_of(viewer, "sagittal"))
    assert large.panes == ("sagittal",)
    assert slices.toggle_enlarged(large, context, EventPosition(1, 1, "sagittal")) == state
    changed = slices.step_slice(slices.invert(large, context, EventPosition(1, 1)), context, "sagittal", 2)
    assert slices.reset(changed, context, EventPosition(1, 1)).cursor == context.first.cursor
    assert slices.reset(changed, context, EventPosition(1, 1)).panes == ("sagittal",)


def test_a_drag_of_the_window_covers_what_the_volume_holds():
    """Of PET half a percent at the top is most of the range: a drag of 1024 pixels goes through all of it."""
    voxels = np.zeros((20, 20, 20), np.float32)
    voxels[5:15, 5:15, 5:15] = 1
    voxels[9, 9, 9] = 51
    pet = Volume.from_array(voxels, np.eye(4), unit="SUVbw", modality="PT")
    assert value_span(pet) == 51
    with Viewer(pet, "axial", (640, 480), off_screen=True) as viewer:
        begin = middle_of(viewer, "axial")
        after = slices.drag_window(
            viewer.state, viewer.interactor.context, begin, EventPosition(begin.x + 1024, begin.y, "axial")
        )
        assert after.look.window.width == pytest.approx(5 + 51)


@pytest.mark.parametrize(
    ("values", "unit", "span"),
    [([-3024, -1000, 40, 500], "HU", 1500), ([-1000, 0, 30000], "HU", 4071), ([-5, 0, 30000], "", 30005),
     ([3, 3, 3], "", 1), ([np.nan, 1, 4], "", 3), ([np.nan] * 3, "", 1)],
)  # fmt: skip
def test_how_far_values_reach(values, unit, span):
    volume = Volume.from_array(np.array(values, np.float32).reshape(-1, 1, 1), np.eye(4), unit=unit)
    assert value_span(volume) == span


def test_digits_choose_the_windows_of_what_is_there():
    voxels = np.linspace(0, 30, 1000).reshape(10, 10, 10)
    for unit, modality, bounds in (("SUVbw", "PT", [(0, 5), (0, 7), (0, 10)]), ("", "MR", [(0, 27), (0, 28.5)])):
        volume = Volume.from_array(voxels, np.eye(4), unit=unit, modality=modality)
        with Viewer(volume, "axial", (320, 240), off_screen=True) as viewer:
            for digit, ends in enumerate(bounds, 1):
                window = slices.named_window(digit)(
                    viewer.state, viewer.interactor.context, EventPosition(0, 0)
                ).look.window
                assert window.bounds == pytest.approx(ends, abs=0.1)
            assert slices.named_window(9)(viewer.state, viewer.interactor.context, EventPosition(0, 0)) == viewer.state


def test_pet_is_dark_on_white_in_grey_alone():
    pet = Volume.from_array(np.ones((5, 5, 5)), np.eye(4), unit="SUVbw", modality="PT")
    with Viewer(pet, "axial", (320, 240), off_screen=True) as viewer:
        state, seen = viewer.state, set()
        for _ in range(len(color_maps())):
            state = slices.next_colors(state, viewer.interactor.context, EventPosition(0, 0))
            seen.add((state.look.colors == "grey", state.look.inverted))
        assert seen == {(True, True), (False, False)}


def test_a_drag_on_a_table_goes_on_from_the_values_it_spans(viewer):
    table = table_window(0, np.arange(256))
    state = viewer.state.with_window(table)
    begin = middle_of(viewer, "axial")
    dragged = slices.drag_window(state, viewer.interactor.context, begin, EventPosition(begin.x + 10, begin.y, "axial"))
    assert dragged.look.window.function == "LINEAR_EXACT"
    assert dragged.look.window.center == table.center
    assert dragged.look.window.width > table.width


def test_a_window_from_what_is_seen_leaves_out_what_lies_outside_of_the_field_of_view():
    voxels = np.full((20, 20, 20), -3024, np.int16)
    voxels[4:16, 4:16] = np.arange(-100, 44)[:, None].reshape(12, 12, 1)
    volume = Volume.from_array(voxels, np.eye(4), unit="HU")
    with Viewer(volume, "axial", (320, 240), off_screen=True) as viewer:
        low, high = slices.pane_window(
            viewer.state, viewer.interactor.context, middle_of(viewer, "axial")
        ).look.window.bounds
        assert -1024 <= low < -90  # between -3024 and the body there is the interpolation's edge
        assert 30 < high < 44
