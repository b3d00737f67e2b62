from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, MARKER, marker_volume, rotation
from viewer3d.core.view.state import Box, state_of_geometry
from viewer3d.core.window import Window
from viewer3d.render.planes3d.cuts import CORNER_GAP, cuts_of, is_in_corner, open_corner

AXES = tuple(tuple(row) for row in (rotation(0, 20) @ rotation(1, -30) @ rotation(2, 10)).tolist())


def state_of(volume, **changes):
    return replace(state_of_geometry(volume.geometry, Window(0, 1)), planes_shown=True, **changes)


@pytest.mark.parametrize("axes", [((1, 0, 0), (0, 1, 0), (0, 0, 1)), AXES], ids=["upright", "turned"])
def test_cuts_are_where_the_planes_are_and_all_of_the_volume(marked, axes):
    geometry = marked.geometry
    state = state_of(marked, axes=axes).with_cursor(geometry.index_to_world(MARKER))
    cuts = cuts_of(geometry, state)
    assert [cut.plane.name for cut in cuts] == ["axial", "coronal", "sagittal"]
    for cut in cuts:
        corners = np.array(cut.corners)
        away = (corners - state.cursor) @ cut.plane.normal
        assert np.abs(away).max() < 1e-9
        index = geometry.world_to_index(corners)
        ends = np.isclose(index, -0.5) | np.isclose(index, np.array(geometry.shape) - 0.5)
        # Corners are on two sides of the box, sides of the cut on one, and nothing is outside.
        assert (ends.sum(1) >= 2).all()
        assert (np.isclose(index, np.roll(index, -1, 0)) & ends).any(1).all()
        assert (index > -0.5 - 1e-6).all()
        assert (index < np.array(geometry.shape) - 0.5 + 1e-6).all()


def test_upright_cuts_of_an_upright_grid_are_its_bounds():
    geometry = marker_volume(DIRECTIONS["identity"]).geometry
    for cut in cuts_of(geometry, state_of(marker_volume(DIRECTIONS["identity"]))):
        corners = np.array(cut.corners)
        assert len(corners) == 4
        axes = [axis for axis in range(3) if axis != cut.plane.axis]
        np.testing.assert_allclose([corners.min(0)[axes], corners.max(0)[axes]], geometry.bounds[:, axes])


def test_a_crop_face_in_a_plane_or_a_bound_gives_no_corner_twice():
    volume = marker_volume(DIRECTIONS["identity"])
    (low, high), state = volume.geometry.bounds, state_of(volume)
    middle = (low[0], state.cursor[1], low[2])
    for begin in (low, middle):
        for cut in cuts_of(volume.geometry, replace(state, crop=Box(tuple(begin), tuple(high)))):
            assert len(set(cut.corners)) == len(cut.corners)


def test_corners_do_not_change_as_the_cursor_moves_along_the_plane(marked):
    first, second = (
        cuts_of(marked.geometry, state_of(marked).with_cursor(np.add(marked.geometry.center, way)))
        for way in ((0, 0, 2), (3, -4, 2))
    )
    assert first[0] == second[0]
    assert first[1] != second[1]


def test_a_plane_beyond_the_volume_has_no_cut():
    volume = marker_volume(DIRECTIONS["oblique"])
    low, high = volume.geometry.bounds
    state = state_of(volume).with_cursor((high[0] - 1e-3, (low[1] + high[1]) / 2, high[2] + 5))
    assert "axial" not in [cut.plane.name for cut in cuts_of(volume.geometry, state)]


def test_cuts_lie_in_the_crop_box(marked):
    x, y, z = marked.geometry.center
    crop = Box((x - 5, y - 6, z - 7), (x + 2, y + 3, z + 4))
    for cut in cuts_of(marked.geometry, state_of(marked, crop=crop)):
        assert (np.array(cut.corners) >= np.subtract(crop.low, 1e-9)).all()
        assert (np.array(cut.corners) <= np.add(crop.high, 1e-9)).all()


def enters(geometry, crop, eye, rays):
    """Where rays enter the body, from its definition alone; NaN where they miss it."""
    low, high = np.zeros(len(rays)), np.full(len(rays), np.inf)
    planes = [(geometry.inverse[a, :3], geometry.inverse[a, 3], -0.5, n - 0.5) for a, n in enumerate(geometry.shape)]
    if crop is not None:
        planes += [(np.eye(3)[a], 0.0, crop.low[a], crop.high[a]) for a in range(3)]
    for normal, offset, first, last in planes:
        at, along = normal @ eye + offset, rays @ normal
        ends = np.sort(np.stack([(first - at) / along, (last - at) / along]), axis=0)
        low, high = np.maximum(low, ends[0]), np.minimum(high, ends[1])
    return np.where((low < high)[:, None], eye + low[:, None] * rays, np.nan)


def covers(face, eye, rays):
    """Which rays from the eye go through a polygon."""
    corners = np.array(face) - eye
    turns = np.array([rays @ np.cross(a, b) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)])
    return ((turns >= 0).all(0) | (turns <= 0).all(0)) & (rays @ corners.mean(0) > 0)


@pytest.mark.parametrize("cropped", [False, True])
@pytest.mark.parametrize("axes", [((1, 0, 0), (0, 1, 0), (0, 0, 1)), AXES], ids=["upright", "turned"])
def test_the_open_corner_is_what_enters_before_all_three_planes(marked, axes, cropped):
    geometry, random = marked.geometry, np.random.default_rng(3)
    x, y, z = geometry.center
    crop = Box((x - 12, y - 9, z - 20), (x + 15, y + 8, z + 11)) if cropped else None
    state = state_of(marked, axes=axes, crop=crop).with_cursor((x + 3, y - 2, z + 4))
    cuts = cuts_of(geometry, state)
    for eye in (np.array([x + 130, y - 150, z + 90]), np.array([x - 5, y - 260, z - 100])):
        faces = open_corner(geometry, crop, cuts, eye)
        goals = random.uniform(*geometry.bounds, (4000, 3))
        rays = goals - eye
        entry = enters(geometry, crop, eye, rays)
        normals = np.array([cut.plane.normal for cut in cuts])
        sides = (entry - state.cursor) @ normals.T * np.sign(normals @ (eye - state.cursor))
        # Near the edges the faces overlap a little on purpose.
        clear = np.abs(sides).min(1) > 10 * CORNER_GAP
        expected = (sides > 0).all(1) & ~np.isnan(entry).any(1)
        found = np.any([covers(face, eye, rays) for face in faces], axis=0)
        inner = clear & ~np.isnan(entry).any(1)
        assert expected[inner].any()
        np.testing.assert_array_equal(found[inner], expected[inner])
        for face in faces:  # before the body, or rays would begin in it
            normal = np.cross(np.subtract(face[1], face[0]), np.subtract(face[2], face[0]))
            reach = (normal @ np.subtract(face[0], eye)) / (rays @ normal)
            through = covers(face, eye, rays) & inner
            assert ((eye + reach[:, None] * rays - entry)[through] @ (goals.mean(0) - eye) < 0).all()


def test_an_eye_in_the_volume_is_in_the_corner(marked):
    cuts = cuts_of(marked.geometry, state_of(marked))
    x, y, z = marked.geometry.center
    assert is_in_corner(marked.geometry, None, cuts, (x + 1, y, z))
    assert open_corner(marked.geometry, None, cuts, (x + 1, y, z)) == ()
    assert not is_in_corner(marked.geometry, None, cuts, (x + 500, y, z))
    assert not is_in_corner(marked.geometry, None, cuts[:2], (x + 1, y, z))
    assert open_corner(marked.geometry, None, cuts[:2], (x + 500, y, z)) == ()
