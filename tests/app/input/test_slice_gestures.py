"""Gestures in slice panes, as pure functions."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d.app.input import slice_gestures as slices
from viewer3d.app.input.context import Place
from viewer3d.app.staging import value_span
from viewer3d.app.viewer import Viewer
from viewer3d.core.planes import PLANES
from viewer3d.core.view import SlicePane
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window, named_windows, table_window
from viewer3d.render.colors import color_maps

NAMES = tuple(PLANES)


def middle_of(viewer, plane, right=0.0, down=0.0):
    rect = viewer._stage.rect(viewer.state, plane)
    return Place(rect.left + (0.5 + right) * rect.width, rect.top + (0.5 + down) * rect.height, plane)


@pytest.mark.parametrize("plane", NAMES)
@pytest.mark.parametrize("steps", [1, -1, 3])
def test_a_step_is_one_voxel_along_the_planes_axis(viewer, plane, steps):
    state, stage = viewer.state, viewer._stage
    state = slices.step_slice(state, stage, plane, 1)  # from between two slices to one
    after = slices.step_slice(state, stage, plane, steps)
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
        state, stage = viewer.state, viewer._stage
        axis = PLANES[plane].axis
        seen = set()
        for way in (1, -1):
            for _ in range(2 * max(box.shape)):
                state = slices.step_slice(state, stage, plane, way)
                index = box.geometry.world_to_index(state.cursor)[axis]
                assert index == pytest.approx(round(index), abs=1e-6)
                seen.add(round(index))
        assert seen == set(range(box.shape[axis]))
        first = slices.to_first(state, stage, middle_of(viewer, plane))
        last = slices.to_last(first, stage, middle_of(viewer, plane))
        assert {round(box.geometry.world_to_index(s.cursor)[axis]) for s in (first, last)} == {0, box.shape[axis] - 1}


@pytest.mark.parametrize("plane", NAMES)
def test_the_cursor_is_where_was_pointed(viewer, plane):
    state, stage = viewer.state, viewer._stage
    index = np.array([30, 15, 17])
    world = viewer.volume.geometry.index_to_world(index)
    state = state.with_cursor(world)
    pane, rect = stage.pane(state, plane), stage.rect(state, plane)
    column, row = np.rint(pane.to_pixel(world))
    put = slices.put_cursor(state, stage, Place(rect.left + column, rect.top + row, plane))
    off = np.abs(viewer.volume.geometry.world_to_index(put.cursor) - index)
    assert off.max() <= 0.5


@pytest.mark.parametrize("plane", NAMES)
def test_zoom_keeps_what_is_pointed_at(viewer, plane):
    state, stage = viewer.state, viewer._stage
    place = middle_of(viewer, plane, 0.2, -0.1)
    before = stage.world(state, place, plane)
    zoomed = slices.zoom_at(state, stage, place, 2.5)
    assert zoomed.slice_pane(plane).zoom == 2.5
    np.testing.assert_allclose(stage.world(zoomed, place, plane), before, atol=1e-9)
    assert slices.zoom_at(state, stage, place, 1e9).slice_pane(plane).zoom == slices.ZOOMS[1]
    dragged = slices.drag_zoom(state, stage, place, Place(place.x, place.y + 50, plane))
    assert dragged.slice_pane(plane).zoom > 1


def test_pan_moves_the_picture_with_the_pointer(viewer):
    state, stage = viewer.state.with_pane("coronal", SlicePane(2.0, (3.0, 4.0))), viewer._stage
    begin = middle_of(viewer, "coronal")
    end = Place(begin.x + 20, begin.y - 7, "coronal")
    panned = slices.drag_pan(state, stage, begin, end)
    np.testing.assert_allclose(stage.world(panned, end, "coronal"), stage.world(state, begin, "coronal"), atol=1e-9)


def test_dragging_a_line_moves_its_slice_alone(viewer):
    state, stage = viewer.state, viewer._stage
    pane, rect = stage.pane(state, "axial"), stage.rect(state, "axial")
    column, row = pane.to_pixel(state.cursor)
    on_upright = Place(rect.left + column, rect.top + row - 60, "axial")
    assert slices.near_lines(state, stage, on_upright) == ("sagittal",)
    moved = slices.drag_cursor(state, stage, on_upright, Place(on_upright.x + 9, on_upright.y + 33, "axial"))
    np.testing.assert_allclose(np.subtract(moved.cursor, state.cursor), 9 * pane.right, atol=1e-9)


def test_window_drags_as_in_cornerstone(viewer):
    state, stage = viewer.state.with_window(Window(40, 400)), viewer._stage
    begin = middle_of(viewer, "axial", 0.3, 0.3)
    wider = slices.drag_window(state, stage, begin, Place(begin.x + 10, begin.y, "axial")).window
    brighter = slices.drag_window(state, stage, begin, Place(begin.x, begin.y - 10, "axial")).window
    assert wider.width > 400
    assert wider.center == 40
    assert brighter.center < 40
    assert brighter.width == 400
    assert slices.drag_window(state, stage, begin, Place(-1e6, begin.y, "axial")).window.width == 1


def test_windows_by_digit_only_for_hu(viewer):
    place = middle_of(viewer, "axial")
    names = list(named_windows().values())
    assert slices.named_window(4)(viewer.state, viewer._stage, place).window == names[3]
    with Viewer(type(viewer.volume)(viewer.volume.voxels, viewer.volume.geometry), off_screen=True) as plain:
        assert slices.named_window(4)(plain.state, plain._stage, place) == plain.state


def test_enlarged_and_back_and_reset(viewer):
    state, stage = viewer.state, viewer._stage
    large = slices.enlarge(state, stage, middle_of(viewer, "sagittal"))
    assert large.panes == ("sagittal",)
    assert slices.enlarge(large, stage, Place(1, 1, "sagittal")) == state
    changed = slices.step_slice(slices.invert(large, stage, Place(1, 1)), stage, "sagittal", 2)
    assert slices.reset(changed, stage, Place(1, 1)).cursor == stage.first.cursor
    assert slices.reset(changed, stage, Place(1, 1)).panes == ("sagittal",)


def test_a_drag_of_the_window_covers_what_the_volume_holds():
    """Of PET half a percent at the top is most of the range: a drag of 1024 pixels goes through all of it."""
    voxels = np.zeros((20, 20, 20), np.float32)
    voxels[5:15, 5:15, 5:15] = 1
    voxels[9, 9, 9] = 51
    pet = Volume.from_array(voxels, np.eye(4), unit="SUVbw", modality="PT")
    assert value_span(pet) == 51
    with Viewer(pet, "axial", (640, 480), off_screen=True) as viewer:
        begin = middle_of(viewer, "axial")
        after = slices.drag_window(viewer.state, viewer._stage, begin, Place(begin.x + 1024, begin.y, "axial"))
        assert after.window.width == pytest.approx(5 + 51)


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
                window = slices.named_window(digit)(viewer.state, viewer._stage, Place(0, 0)).window
                assert window.bounds == pytest.approx(ends, abs=0.1)
            assert slices.named_window(9)(viewer.state, viewer._stage, Place(0, 0)) == viewer.state


def test_pet_is_dark_on_white_in_grey_alone():
    pet = Volume.from_array(np.ones((5, 5, 5)), np.eye(4), unit="SUVbw", modality="PT")
    with Viewer(pet, "axial", (320, 240), off_screen=True) as viewer:
        state, seen = viewer.state, set()
        for _ in range(len(color_maps())):
            state = slices.next_colors(state, viewer._stage, Place(0, 0))
            seen.add((state.colors == "grey", state.inverted))
        assert seen == {(True, True), (False, False)}


def test_a_drag_on_a_table_goes_on_from_the_values_it_spans(viewer):
    table = table_window(0, np.arange(256))
    state = viewer.state.with_window(table)
    begin = middle_of(viewer, "axial")
    dragged = slices.drag_window(state, viewer._stage, begin, Place(begin.x + 10, begin.y, "axial"))
    assert dragged.window.function == "LINEAR_EXACT"
    assert dragged.window.center == table.center
    assert dragged.window.width > table.width


def test_a_window_from_what_is_seen_leaves_out_what_lies_outside_of_the_field_of_view():
    voxels = np.full((20, 20, 20), -3024, np.int16)
    voxels[4:16, 4:16] = np.arange(-100, 44)[:, None].reshape(12, 12, 1)
    volume = Volume.from_array(voxels, np.eye(4), unit="HU")
    with Viewer(volume, "axial", (320, 240), off_screen=True) as viewer:
        low, high = slices.seen_window(viewer.state, viewer._stage, middle_of(viewer, "axial")).window.bounds
        assert -1024 <= low < -90  # between -3024 and the body there is the interpolation's edge
        assert 30 < high < 44
