"""Slices pushed by their outlines in the 3D pane, as pure functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import rotation
from viewer3d.app.input import plane_gestures as pushing
from viewer3d.app.input.context import EventPosition
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import PATIENT_AXES, Box
from viewer3d.render.planes3d.cuts import cuts_of
from viewer3d.render.planes3d.drag import NEAR_OUTLINE

NAMES = tuple(PLANES)
AXES = tuple(tuple(row) for row in (rotation(0, 15) @ rotation(2, -20)).tolist())


@pytest.fixture
def seen(viewer):
    center = np.array(viewer.volume.geometry.center)
    camera = Camera(tuple(np.add(center, (70, -120, 60))), tuple(center))
    return replace(viewer.state.with_view("3d"), camera=camera, planes_shown=True), viewer.interactor.context


def edge(state, context, name, mm=0.0):
    """A pixel on a side of a cut, or where that point is some mm along the normal."""
    cut = next(one for one in cuts_of(context.geometry, state) if one.plane.name == name)
    point = 0.7 * np.array(cut.corners[0]) + 0.3 * np.array(cut.corners[1]) + mm * np.array(cut.plane.normal)
    return EventPosition(*state.camera.to_pixel(point, context.size), "3d")


@pytest.mark.parametrize("axes", [PATIENT_AXES, AXES], ids=["upright", "turned"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mm", [-5.0, 3.0])
def test_a_slice_goes_along_its_normal_by_as_many_mm_as_its_outline(seen, axes, name, mm):
    state, context = seen
    state = replace(state, axes=axes)
    begin, end = edge(state, context, name), edge(state, context, name, mm)
    assert pushing.is_on_outline(state, context, begin)
    after = pushing.drag_outline(state, context, begin, end)
    moved = np.subtract(after.cursor, state.cursor)
    np.testing.assert_allclose(moved, mm * np.array(state.plane(name).normal), atol=1e-6)
    assert replace(after, cursor=state.cursor) == state


@pytest.mark.parametrize("name", NAMES)
def test_no_further_than_the_volume(seen, name):
    state, context = seen
    after = pushing.drag_outline(state, context, edge(state, context, name), edge(state, context, name, 400.0))
    np.testing.assert_allclose(after.cursor, context.clamp_cursor(np.array(after.cursor)))
    assert after.cursor != state.cursor


def test_seen_straight_on_up_is_away_from_the_eye(seen):
    state, context = seen
    x, y, z = context.geometry.center
    for eye, way in (((x, y - 300, z), (0, 1, 0)), ((x, y + 300, z), (0, -1, 0))):
        faced = replace(state, camera=Camera(eye, (x, y, z)))
        begin = edge(faced, context, "coronal")
        after = pushing.drag_outline(faced, context, begin, EventPosition(begin.x, begin.y - 6, "3d"))
        moved = np.subtract(after.cursor, state.cursor)
        mm = 300 * np.tan(np.radians(15)) / (min(context.size) / 2)
        np.testing.assert_allclose(moved, 6 * mm * np.array(way), rtol=0.15, atol=1e-9)


def test_only_outlines_that_are_there_are_taken(seen):
    state, context = seen
    begin = edge(state, context, "axial")
    assert pushing.is_on_outline(state, context, EventPosition(begin.x, begin.y + NEAR_OUTLINE - 2, "3d"))
    assert not pushing.is_on_outline(state, context, EventPosition(3, 3, "3d"))
    assert not pushing.is_on_outline(replace(state, planes_shown=False), context, begin)
    assert not pushing.is_on_outline(state, context, EventPosition(begin.x, begin.y, "axial"))
    assert pushing.drag_outline(state, context, EventPosition(3, 3, "3d"), begin) == state
    x, y, z = context.geometry.center
    cropped = replace(state, crop=Box((x - 3, y - 3, z - 3), (x + 3, y + 3, z + 3)))
    assert not pushing.is_on_outline(cropped, context, begin)
    assert pushing.is_on_outline(cropped, context, edge(cropped, context, "axial"))
