"""Slices in the 3D pane, each pixel against the value of the point that it sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, marker_volume, rotation
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.state import state_of_geometry
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.marks.display_list import EMPTY, PLANE_COLORS
from viewer3d.render.planes3d.cut_picture import draw_cuts, draw_cuts_interactive
from viewer3d.render.planes3d.cuts import cuts_of
from viewer3d.render.planes3d.visible_cuts import BEHIND_OPACITY, OUTLINE_OPACITY, cut_lines, seen_cuts
from viewer3d.render.slices.compose import SliceLayer, SliceLook, SliceSource
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.volume_look import VolumeLook

SIZE = (240, 180)
AXES = tuple(tuple(row) for row in (rotation(0, 20) @ rotation(1, -30) @ rotation(2, 10)).tolist())


def textured(name):
    """Values that are linear in the patient, so that interpolation is exact anywhere between voxel centres."""
    volume = marker_volume(DIRECTIONS[name])
    world = volume.geometry.index_to_world(np.moveaxis(np.indices(volume.shape), 0, -1))
    values = world @ (3.0, -5.0, 7.0) - 1700
    return Volume(values.astype(np.float32), volume.geometry, "HU")


def request_of(volume, camera=None, size=SIZE, **changes):
    state = replace(state_of_geometry(volume.geometry, Window(0, 500)), planes_shown=True, **changes)
    x, y, z = volume.geometry.middle
    eye = camera or Camera((x + 60, y - 110, z + 70), (x, y, z))
    return RenderRequest(eye, VolumeLook("ct-bone"), size, cuts_of(volume.geometry, state))


def drawn(volume, request, draw=draw_cuts):
    width, height = request.size
    pane = np.full((height, width, 3), EMPTY, np.uint8)
    draw(pane, (SliceLayer(SliceSource(volume), SliceLook(Window(0, 500))),), request)
    return pane


def first_hits(request):
    """The point that each pixel sees: where its ray first meets a cut's polygon; NaN where it meets none."""
    width, height = request.size
    pixels = np.stack([*np.meshgrid(np.arange(width), np.arange(height)), np.ones((height, width))], -1)
    rays = pixels @ request.camera.rays(request.size).T
    eye, best = np.array(request.camera.position), np.full((height, width), np.inf)
    for cut in request.cuts:
        corners = np.array(cut.corners)
        reach = (corners[0] - eye) @ cut.plane.normal / (rays @ cut.plane.normal)
        hits = eye + reach[..., None] * rays
        sides = [
            np.cross(b - a, hits - a) @ cut.plane.normal
            for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)
        ]
        inside = (np.min(sides, 0) > 0) | (np.max(sides, 0) < 0)
        best = np.where(inside & (reach > 0) & (reach < best), reach, best)
    return np.where(np.isfinite(best)[..., None], eye + np.where(np.isfinite(best), best, 0)[..., None] * rays, np.nan)


@pytest.mark.parametrize("axes", [((1, 0, 0), (0, 1, 0), (0, 0, 1)), AXES], ids=["upright", "turned"])
@pytest.mark.parametrize("name", ["identity", "sagittal", "oblique"])
def test_every_pixel_has_the_windowed_value_of_the_point_it_sees(name, axes):
    volume = textured(name)
    request = request_of(volume, axes=axes)
    picture, points = drawn(volume, request), first_hits(request)
    seen = np.isfinite(points[..., 0])
    assert 0.1 < seen.mean() < 0.9
    assert ((picture != EMPTY).any(-1) == seen).mean() > 0.99
    index = volume.geometry.world_to_index(points)
    inner = seen & (index > 0).all(-1) & (index < np.array(volume.shape) - 1).all(-1)
    expected = np.rint(255 * Window(0, 500).apply(points @ (3.0, -5.0, 7.0) - 1700))
    wrong = inner & (np.abs(picture[..., 1] - expected) > 1)
    # Where two cuts meet, the last bit decides which of two equal points is nearer; their values are the same.
    assert not wrong.any()
    assert (picture[inner][:, 0] == picture[inner][:, 2]).all()


def test_seen_straight_on_it_is_the_slice_pane_itself(ramp):
    from viewer3d.render.panes import PaneGeometry
    from viewer3d.render.slices.sample import Sampler
    from viewer3d.render.slices.windowing import grey_values

    x, y, z = ramp.geometry.middle
    camera = Camera((x, y, z - 400), (x, y, z), up=(0, -1, 0), angle=8)
    request = request_of(ramp, camera)
    axial = replace(request, cuts=request.cuts[:1])
    mm = 400 * np.tan(np.radians(4)) / (SIZE[1] / 2)
    corner = (x - mm * (SIZE[0] - 1) / 2, y - mm * (SIZE[1] - 1) / 2, z)
    values = Sampler(ramp).values(PaneGeometry(request.cuts[0].plane, corner, mm, SIZE))
    picture = drawn(ramp, axial)
    inside = values != -32768
    assert inside.sum() > 5000
    same = picture[..., 0][inside] == grey_values(values, Window(0, 500))[inside]
    assert same.mean() > 0.999  # all but where rounding of a place decides


def test_a_cut_behind_the_eye_or_from_its_edge_is_not_drawn():
    volume = textured("identity")
    x, y, z = volume.geometry.middle
    within = request_of(volume, Camera((x + 1, y - 1, z + 2), (x + 1, y + 50, z + 2)))
    names = [cut.plane.name for cut in seen_cuts(within.cuts, within.camera, within.size)]
    assert names == ["axial", "coronal", "sagittal"]  # the parts before the eye
    assert np.isfinite(drawn(volume, within)).all()
    away = request_of(volume, Camera((x, y - 300, z), (x, y - 400, z)))
    assert seen_cuts(away.cuts, away.camera, away.size) == ()
    edge = request_of(volume, Camera((x, y - 300, z), (x, y, z)))
    assert [cut.plane.name for cut in seen_cuts(edge.cuts, edge.camera, edge.size)] == ["coronal"]


def test_in_motion_a_large_pane_is_drawn_from_fewer_pixels_and_stays_in_place():
    volume = textured("oblique")
    request = request_of(volume, size=(1200, 900))
    still, moving = drawn(volume, request).astype(int), drawn(volume, request, draw_cuts_interactive).astype(int)
    assert np.abs(still - moving).mean() < 1.5
    assert (still != moving).any()
    small = request_of(volume)
    np.testing.assert_array_equal(drawn(volume, small), drawn(volume, small, draw_cuts_interactive))


def test_outlines_are_at_the_cuts_edges_in_their_colours():
    volume = textured("identity")
    request = request_of(volume, front_camera(volume.geometry.corners))
    nothing = np.zeros(SIZE[::-1], np.uint8)
    for cut in request.cuts[:2]:
        lines = cut_lines(seen_cuts((cut,), request.camera, request.size), nothing, 1)
        ends = np.array([(line.x0, line.y0) for line in lines])
        np.testing.assert_allclose(ends, request.camera.to_pixel(np.array(cut.corners), SIZE), atol=1e-6)
        assert {(line.color, line.opacity) for line in lines} == {(PLANE_COLORS[cut.plane.name], OUTLINE_OPACITY)}


def test_an_outline_is_faint_behind_another_cut_and_behind_the_volume():
    volume = textured("identity")
    x, y, z = volume.geometry.middle
    request = request_of(volume, Camera((x + 20, y - 150, z + 60), (x, y, z)))
    seen = seen_cuts(request.cuts, request.camera, request.size)
    nothing, all_of_it = (np.full(SIZE[::-1], opacity, np.uint8) for opacity in (0, 255))
    faint = [line for line in cut_lines(seen, nothing, 1) if line.opacity == BEHIND_OPACITY]
    # Seen from the front and above: the axial cut's far side and the sagittal one's lower back are hidden.
    assert {line.color for line in faint} >= {PLANE_COLORS["axial"], PLANE_COLORS["sagittal"]}
    assert {line.opacity for line in cut_lines(seen, all_of_it, 1)} == {BEHIND_OPACITY}
    total = sum(np.hypot(line.x1 - line.x0, line.y1 - line.y0) for line in cut_lines(seen, nothing, 1))
    around = sum(np.linalg.norm(cut.outline - np.roll(cut.outline, -1, 0), axis=1).sum() for cut in seen)
    assert total == pytest.approx(around, rel=1e-6)


def test_an_outline_far_beyond_the_pane_is_cut_off_there():
    volume = textured("identity")
    x, y, z = volume.geometry.middle
    near = request_of(volume, Camera((x + 4, y - 5, z + 3), (x, y, z)))
    lines = cut_lines(seen_cuts(near.cuts, near.camera, near.size), np.zeros(SIZE[::-1], np.uint8), 1)
    assert len(lines) < 200
    assert all(-20 < value < 300 for line in lines for value in (line.x0, line.y0, line.x1, line.y1))
