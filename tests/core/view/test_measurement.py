"""A measurement as a value: what it refuses, and how it is moved."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.measurement import POINTS, Measurement
from viewer3d.core.view.state import ViewState, state_of_geometry
from viewer3d.core.window import Window
from viewer3d.errors import ViewError

RIGHT, DOWN = (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)
SHAPE = Measurement("rectangle", ((1.0, 5.0, 9.0), (4.0, 5.0, 2.0)), RIGHT, DOWN)
LINE = Measurement("distance", ((1.0, 5.0, 9.0), (4.0, 6.0, 2.0)), RIGHT, DOWN)


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
    for kind, count in POINTS.items():
        points = ((0.1, 0.0, 0.3), (1 / 3, 0.0, 2.0), (7.7, 0.0, 1.0))[:count]
        state = state.with_measurement(Measurement(kind, points, RIGHT, DOWN, f"the {kind}, ä"))
    assert [one.kind for one in state.measurements] == list(POINTS)
    assert ViewState.from_json(state.to_json()) == state
    text = json.loads(state.to_json())
    text["measurements"][0]["points"] = [[0, 0, 0]]
    with pytest.raises(ViewError, match="2 points"):
        ViewState.from_json(json.dumps(text))
