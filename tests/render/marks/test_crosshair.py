"""The crosshair's lines are the cuts of the other planes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, marker_volume, rotation
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import state_of_geometry
from viewer3d.core.window import Window
from viewer3d.render.marks.crosshair import cross_lines, handles
from viewer3d.render.panes import pane_geometry

VOLUME = marker_volume(DIRECTIONS["oblique"])
STATE = state_of_geometry(VOLUME.geometry, Window(0, 2000))
TURN = rotation(0, 20) @ rotation(2, 35) @ rotation(1, -10)
OBLIQUE = replace(STATE, axes=tuple(tuple(row) for row in TURN.T.tolist()))


@pytest.mark.parametrize("state", [STATE, OBLIQUE], ids=["upright", "oblique"])
@pytest.mark.parametrize("name", list(PLANES))
def test_a_line_lies_in_both_planes(state, name):
    pane = pane_geometry(VOLUME.geometry, state, name, (400, 300))
    for line in cross_lines(state, pane):
        assert line.plane != name
        for away in (-90.0, 0.0, 55.0):
            world = pane.to_world(line.point(away)) - state.cursor
            assert abs(world @ state.plane(line.plane).normal) < 1e-9
            assert abs(world @ pane.plane.normal) < 1e-9


def test_upright_planes_have_upright_and_level_lines():
    for name, upright, level in (
        ("axial", "sagittal", "coronal"), ("coronal", "sagittal", "axial"), ("sagittal", "coronal", "axial"),
    ):  # fmt: skip
        lines = cross_lines(STATE, pane_geometry(VOLUME.geometry, STATE, name, (400, 300)))
        assert [(line.plane, line.along_x, line.along_y) for line in lines] == [(upright, 0, 1), (level, 1, 0)]


def test_spans_end_at_the_inset_and_handles_lie_within():
    pane = pane_geometry(VOLUME.geometry, OBLIQUE, "axial", (400, 300))
    for line in cross_lines(OBLIQUE, pane):
        ends = np.array([line.point(t) for t in line.span(400, 300, 20)])
        edges = np.minimum(ends - 20, [379, 279] - ends)
        np.testing.assert_allclose(edges.min(1), 0, atol=1e-9)
        assert len(handles(line, (400, 300), 20)) == 2
        assert all(line.distance(*point) < 1e-9 for point in handles(line, (400, 300), 20))


def test_a_line_beside_the_pane_has_no_span():
    far = STATE.with_cursor(np.add(STATE.cursor, (1e4, 0, 0)))
    upright, level = cross_lines(far, pane_geometry(VOLUME.geometry, far, "axial", (400, 300)))
    assert upright.span(400, 300, 20) is None
    assert level.span(400, 300, 20) is not None
