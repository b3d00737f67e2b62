"""A measurement as a value: what it refuses, and how it is moved."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.measurement import (
    MOST_CORNERS,
    NEW_KINDS,
    POINTS,
    Measurement,
    MeasurementKind,
    crossed_axes,
)
from viewer3d.core.view.state import ViewState, state_of_geometry
from viewer3d.core.window import Window
from viewer3d.errors import ViewError

RIGHT, DOWN = (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)
SHAPE = Measurement("rectangle", ((1.0, 5.0, 9.0), (4.0, 5.0, 2.0)), RIGHT, DOWN)
LINE = Measurement("distance", ((1.0, 5.0, 9.0), (4.0, 6.0, 2.0)), RIGHT, DOWN)
CROSS = Measurement("bidirectional", ((0.0, 5, 0), (10.0, 5, 0), (4.0, 5, -2), (4.0, 5, 1)), RIGHT, DOWN)
POLYGON = Measurement("polygon", ((0.0, 5, 0), (10.0, 5, 0), (4.0, 5, -7)), RIGHT, DOWN)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "volume"}, "volume"),
        ({"points": ((0.0, 0.0, 0.0),)}, "2 points"),
        ({"points": ((0.0, 0.0, 0.0), (0.0, np.nan, 0.0))}, "finite"),
        ({"points": ((0.0, 0.0, 0.0), (1.0, 0.1, 1.0))}, "one plane"),
        ({"right": (2.0, 0.0, 0.0)}, "unit"),
        ({"down": (1.0, 0.0, 0.0)}, "perpendicular"),
    ],
)
def test_what_is_none_is_refused(change, says):
    with pytest.raises(ViewError, match=says) as raised:
        replace(SHAPE, **change)
    assert "\n" not in str(raised.value)


def test_a_region_has_four_corners_and_true_sides():
    assert SHAPE.sides == (3, 7)
    np.testing.assert_allclose(SHAPE.handles, [(1, 5, 9), (4, 5, 9), (4, 5, 2), (1, 5, 2)])
    np.testing.assert_allclose(SHAPE.center, (2.5, 5, 5.5))
    np.testing.assert_allclose(np.abs(SHAPE.normal), (0, 1, 0))


@pytest.mark.parametrize("number", range(4))
def test_a_corner_is_moved_and_its_opposite_stays(number):
    moved = SHAPE.with_handle(number, (0.5, 3.0, 0.25))
    before, after = SHAPE.handles, moved.handles
    assert np.abs(after - before[number - 2]).sum(-1).min() < 1e-12
    # What points out of the plane is left out.
    assert np.abs(after - (before[number] + (0.5, 0, 0.25))).sum(-1).min() < 1e-12


def test_points_and_wholes_are_moved():
    assert LINE.with_handle(1, (1, 1, 1)).points == (LINE.points[0], (5, 7, 3))
    assert LINE.moved((1, 1, 1)).points == ((2, 6, 10), (5, 7, 3))
    assert SHAPE.moved((1, 1, 1)).points == ((2, 5, 10), (5, 5, 3))


def test_a_state_keeps_measurements_through_json():
    state = state_of_geometry(Geometry(np.diag([0.7, 1.1, 2.5, 1]), (30, 40, 50)), Window(40, 400))
    for kind in get_args(MeasurementKind):
        points = ((0.1, 0.0, 0.3), (1 / 3, 0.0, 2.0), (7.7, 0.0, 1.0))[: POINTS.get(kind, 3)]
        points = CROSS.points if kind == "bidirectional" else points
        state = state.with_measurement(Measurement(kind, points, RIGHT, DOWN, f"the {kind}, ä"))
    state = state.with_measurement(replace(LINE, label=(1 / 3, -2.0)))
    assert {one.kind for one in state.measurements} == set(get_args(MeasurementKind))
    assert ViewState.from_json(state.to_json()) == state
    text = json.loads(state.to_json())
    text["measurements"][0]["points"] = [[0, 0, 0]]
    with pytest.raises(ViewError, match="2 points"):
        ViewState.from_json(json.dumps(text))


def test_what_is_of_no_new_kind_is_written_as_ever():
    state = state_of_geometry(Geometry(np.eye(4), (30, 40, 50)), Window(40, 400)).with_measurement(LINE)
    (written,) = json.loads(state.to_json())["measurements"]
    assert list(written) == ["kind", "points", "right", "down", "name"]
    assert json.loads(state.to_json())["version"] == 3
    again = ViewState.from_json(state.to_json())
    assert again.measurements == (LINE,)
    assert again.to_json() == state.to_json()
    for newer in (replace(LINE, label=(1.0, 2.0)), CROSS, POLYGON):
        assert json.loads(state.with_measurement(newer).to_json())["version"] == 9
    assert "label" in json.loads(state.with_measurement(replace(LINE, label=(1, 2))).to_json())["measurements"][1]
    assert set(NEW_KINDS) == {"freehand", "polygon", "bidirectional", "arrow", "text", "isocontour"}


@pytest.mark.parametrize(
    ("one", "change", "says"),
    [
        (POLYGON, {"points": POLYGON.points[:2]}, "give 3 to 1000 points"),
        (POLYGON, {"points": POLYGON.points * (MOST_CORNERS // 3 + 1)}, "through 1002 points: give 3 to 1000 points"),
        (POLYGON, {"points": (*POLYGON.points, (1.0, 5.01, 1.0))}, "points in one plane"),
        (POLYGON, {"label": (1.0, np.inf)}, "label"),
        (POLYGON, {"label": (1.0, 2.0, 3.0)}, "label"),
        (CROSS, {"points": (*CROSS.points[:3], (5.0, 5, 1))}, "right angle"),
        (CROSS, {"points": (*CROSS.points[:2], (4.0, 5, 2), (4.0, 5, 1))}, "crosses"),
        (CROSS, {"points": (*CROSS.points[:2], (11.0, 5, -2), (11.0, 5, 1))}, "crosses"),
        (CROSS, {"points": (*CROSS.points[:2], (4.0, 6, -2), (4.0, 6, 1))}, "one plane"),
        (CROSS, {"points": (CROSS.points[0],) * 3 + (CROSS.points[1],)}, "crosses"),
    ],
)
def test_what_is_no_outline_and_no_cross_is_refused(one, change, says):
    with pytest.raises(ViewError, match=says) as raised:
        replace(one, **change)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("way", [(1.0, 3.0, 2.0), (-7.0, 0, 9.0), (30.0, 0, -30.0), (0.0, 0, 0)])
def test_the_axes_of_a_bidirectional_stay_crossed_at_a_right_angle(number, way):
    moved = CROSS.with_handle(number, way)  # a Measurement refuses all else
    long = np.subtract(moved.points[1], moved.points[0])
    short = np.subtract(moved.points[3], moved.points[2])
    assert abs(long @ short) < 1e-9
    assert np.abs(moved.handles[:, 1] - 5).max() < 1e-12
    if number < 2:
        expected = np.add(CROSS.points[number], np.multiply(way, (1, 0, 1)))
        np.testing.assert_allclose(moved.points[number], expected)
        assert moved.points[1 - number] == CROSS.points[1 - number]
        assert np.linalg.norm(short) == pytest.approx(3)  # it goes with the long axis as it is
    else:
        assert moved.points[:2] == CROSS.points[:2]
        x, _, z = np.add(CROSS.points[number], way)
        side = -1 if number == 2 else 1
        assert moved.points[number][0] == pytest.approx(np.clip(x, 0, 10))
        assert moved.points[5 - number][2] == CROSS.points[5 - number][2]
        assert moved.points[number][2] == pytest.approx(side * max(side * z, 0))


def test_a_long_axis_of_no_length_has_no_short_one():
    flat = CROSS.with_handle(0, (10.0, 0, 0))
    assert flat.points == (CROSS.points[1],) * 4
    assert crossed_axes(((0, 5, 0), (0, 5, 0)), (3, 5, 3), CROSS.normal) == ((0, 5, 0),) * 4
    made = crossed_axes(((0, 5, 0), (10, 5, 0)), (4, 5, 3), CROSS.normal)
    assert replace(CROSS, points=made).points == ((0, 5, 0), (10, 5, 0), (4, 5, -3), (4, 5, 3))
    beyond = crossed_axes(((0, 5, 0), (10, 5, 0)), (14, 5, 3), CROSS.normal)
    assert beyond[3] == (10, 5, 3)


def test_corners_of_a_polygon_come_and_go():
    more = POLYGON.with_corner(0, (5.0, 9.0, 3.0))
    assert more.points == (POLYGON.points[0], (5, 5, 3), *POLYGON.points[1:])
    assert more.without_corner(1) == POLYGON
    with pytest.raises(ViewError, match="3 to 1000"):
        POLYGON.without_corner(0)
    assert POLYGON.sides == (10, 7)
    np.testing.assert_allclose(POLYGON.center, (5, 5, -3.5))
    assert POLYGON.with_handle(2, (1, 1, 1)).points[2] == (5, 5, -6)
    assert POLYGON.moved((1, 1, 1)).points[0] == (1, 5, 1)
    assert replace(POLYGON, kind="freehand").handles.shape == (0, 3)
