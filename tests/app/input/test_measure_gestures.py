"""What gestures do to measurements, as pure functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer3d.app.input import measure_gestures as measuring
from viewer3d.app.input import tools
from viewer3d.app.input.context import EventPosition
from viewer3d.app.input.slice_gestures import reset
from viewer3d.core.view.measurement import POINTS
from viewer3d.core.view.planes import PLANES
from viewer3d.measurements.results import measure

NAMES = tuple(PLANES)


def position(viewer, plane, right, down):
    rect = viewer.interactor.context.rect(viewer.state, plane)
    return EventPosition(rect.left + right * rect.width, rect.top + down * rect.height, plane)


def drawn(viewer, kind, plane, *places):
    """The state after a measurement was drawn through places of a pane."""
    state, context = viewer.state, viewer.interactor.context
    tool = tools.DrawingTool(kind).with_first_point(state, context, position(viewer, plane, *places[0]))
    for one in places[1:]:
        tool = tool.with_next_point(state, context, position(viewer, plane, *one))
    assert tool.is_done
    return tool.preview(state, context, position(viewer, plane, *places[-1]))


@pytest.mark.parametrize("plane", NAMES)
def test_points_are_where_was_pointed(viewer, plane):
    places = ((0.3, 0.4), (0.6, 0.7), (0.5, 0.2))
    for kind, count in POINTS.items():
        if kind in ("probe", "bidirectional"):
            continue
        (one,) = drawn(viewer, kind, plane, *places[:count]).measurements
        frame = viewer.interactor.context.pane(viewer.state, plane)
        for point, at in zip(one.points, places, strict=False):
            pixel = viewer.interactor.context.to_pane(viewer.state, position(viewer, plane, *at), plane)
            assert np.abs(frame.to_pixel(point) - pixel).max() < 1e-6
            assert abs((point - np.array(frame.origin)) @ frame.plane.normal) < 1e-9
        assert (one.right, one.down) == (frame.plane.right, frame.plane.down)


@pytest.mark.parametrize("plane", NAMES)
def test_a_probe_is_where_the_pointer_is(viewer, plane):
    state = measuring.add_probe(viewer.state, viewer.interactor.context, position(viewer, plane, 0.4, 0.6))
    world = viewer.interactor.context.to_world(viewer.state, position(viewer, plane, 0.4, 0.6), plane)
    assert state.measurements[0].points == (tuple(world),)
    assert measure(viewer.volume, state.measurements[0]).value == viewer.volume.value_at(world, "nearest")
    assert measuring.add_probe(state, viewer.interactor.context, EventPosition(-1, -1)) == state


@pytest.mark.parametrize("plane", NAMES)
def test_handles_go_before_lines_and_lines_before_nothing(viewer, plane):
    state, context = drawn(viewer, "rectangle", plane, (0.3, 0.3), (0.7, 0.6)), viewer.interactor.context

    def hit(right, down):
        return measuring.find_hit(state, context, position(viewer, plane, right, down))

    assert hit(0.3, 0.3) == measuring.MeasurementHit(0, 0)
    assert hit(0.7, 0.3) == measuring.MeasurementHit(0, 1)
    assert hit(0.7, 0.6) == measuring.MeasurementHit(0, 2)
    assert hit(0.3, 0.6) == measuring.MeasurementHit(0, 3)
    assert hit(0.5, 0.3) == hit(0.7, 0.45) == measuring.MeasurementHit(0, None)
    assert hit(0.5, 0.45) is None
    other = next(name for name in NAMES if name != plane)
    assert measuring.find_hit(state, context, position(viewer, other, 0.3, 0.3)) is None


def test_the_last_of_two_at_one_place_is_no_surprise(viewer):
    state, context = drawn(viewer, "rectangle", "axial", (0.3, 0.3), (0.7, 0.6)), viewer.interactor.context
    state = measuring.add_probe(state, context, position(viewer, "axial", 0.31, 0.3))
    assert measuring.find_hit(state, context, position(viewer, "axial", 0.312, 0.3)).number == 1
    assert measuring.find_hit(state, context, position(viewer, "axial", 0.298, 0.3)).number == 0


@pytest.mark.parametrize("plane", NAMES)
def test_a_corner_follows_the_pointer_and_a_line_takes_all(viewer, plane):
    state, context = drawn(viewer, "ellipse", plane, (0.3, 0.3), (0.7, 0.6)), viewer.interactor.context
    begin, end = position(viewer, plane, 0.7, 0.3), position(viewer, plane, 0.8, 0.25)
    moved = measuring.drag_measurement(state, context, begin, end).measurements[0]
    for corner in (position(viewer, plane, 0.3, 0.6), end):
        assert np.abs(moved.handles - context.to_world(state, corner, plane)).max(-1).min() < 1e-9
    on_line = position(viewer, plane, 0.5, 0.3)
    whole = measuring.drag_measurement(state, context, on_line, EventPosition(on_line.x + 9, on_line.y - 4, plane))
    way = 9 * context.pane(state, plane).right - 4 * context.pane(state, plane).down
    np.testing.assert_allclose(whole.measurements[0].handles, state.measurements[0].handles + way, atol=1e-9)
    assert measuring.drag_measurement(state, context, position(viewer, plane, 0.5, 0.45), end) == state


def test_deleted_is_what_is_pointed_at_or_else_the_last(viewer):
    state, context = drawn(viewer, "rectangle", "axial", (0.3, 0.3), (0.7, 0.6)), viewer.interactor.context
    viewer.state = state
    state = drawn(viewer, "distance", "coronal", (0.3, 0.3), (0.7, 0.6))
    kinds = [
        [one.kind for one in measuring.remove_measurement(state, context, at).measurements]
        for at in (position(viewer, "axial", 0.5, 0.3), position(viewer, "axial", 0.5, 0.45), EventPosition(-1, -1))
    ]
    assert kinds == [["distance"], ["rectangle"], ["rectangle"]]
    assert (
        measuring.remove_measurement(replace(state, measurements=()), context, EventPosition(0, 0)).measurements == ()
    )


def test_a_point_at_the_last_ones_place_is_none(viewer):
    context, state = viewer.interactor.context, viewer.state
    at = position(viewer, "axial", 0.4, 0.4)
    tool = tools.DrawingTool("distance").with_first_point(state, context, at)
    near = EventPosition(at.x + tools.SAME_POINT, at.y, "axial")
    assert tool.with_next_point(state, context, near) == tool
    assert tool.with_next_point(state, context, EventPosition(at.x + tools.SAME_POINT + 1, at.y, "axial")).is_done


def test_all_points_lie_on_the_slice_of_the_first(viewer):
    context, state = viewer.interactor.context, viewer.state
    tool = tools.DrawingTool("rectangle").with_first_point(state, context, position(viewer, "axial", 0.3, 0.3))
    other = state.with_cursor(np.add(state.cursor, (0, 0, 7)))
    one = (
        tool.with_next_point(other, context, position(viewer, "axial", 0.6, 0.6))
        .preview(other, context, EventPosition(0, 0))
        .measurements[0]
    )
    assert one.points[0][2] == one.points[1][2] == state.cursor[2]


def test_a_drawing_waits_while_its_pane_is_not_seen(viewer):
    context, state = viewer.interactor.context, viewer.state
    tool = tools.DrawingTool("distance").with_first_point(state, context, position(viewer, "axial", 0.3, 0.3))
    elsewhere = state.with_view("coronal")
    assert tool.preview(elsewhere, context, EventPosition(5, 5, "coronal")) == elsewhere
    assert tool.with_next_point(elsewhere, context, EventPosition(5, 5, "coronal")) == tool


def test_what_is_drawn_meanwhile_stays(viewer):
    context, state = viewer.interactor.context, viewer.state
    tool = tools.DrawingTool("distance").with_first_point(state, context, position(viewer, "axial", 0.3, 0.3))
    state = tool.preview(state, context, position(viewer, "axial", 0.5, 0.5))
    state = measuring.add_probe(state, context, position(viewer, "axial", 0.1, 0.1))
    state = tool.preview(state, context, position(viewer, "axial", 0.6, 0.5))
    assert [one.kind for one in state.measurements] == ["distance", "probe"]
    assert [one.kind for one in tool.cancelled(state).measurements] == ["probe"]


def test_names_are_typed(viewer):
    state, context = drawn(viewer, "rectangle", "axial", (0.3, 0.3), (0.7, 0.6)), viewer.interactor.context

    def typed(*keys):
        tool, after = tools.start_naming(state, context, EventPosition(-1, -1)), state
        for key in keys:
            tool, after = tool.key(
                after, key, {"space": " ", "adiaeresis": "ä"}.get(key, key if len(key) == 1 else "\0")
            )
            if tool is None:
                return after.measurements[0].name
        return tool.prompt

    assert typed("a", "Shift_L", "B", "space", "adiaeresis", "BackSpace", "c", "Return") == "aB c"
    assert typed("a", "Escape") == ""
    assert typed("a", "ctrl+c") == "name of measurement 1: a_"
    assert len(typed(*"x" * 200, "Return")) == tools.LONGEST_NAME
    assert tools.start_naming(viewer.state, context, EventPosition(-1, -1)) is None


def test_reset_keeps_what_was_measured(viewer):
    state = drawn(viewer, "rectangle", "axial", (0.3, 0.3), (0.7, 0.6))
    again = reset(state.with_cursor((0, 0, 240)), viewer.interactor.context, EventPosition(0, 0))
    assert again.measurements == state.measurements
    assert again.cursor == viewer.state.cursor
