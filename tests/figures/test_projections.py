from __future__ import annotations

import numpy as np
import pytest

from tests.figures.reading import mm_per_pixel
from tests.render.markers import MARKER, centroid
from viewer3d import figures, phantom
from viewer3d.core.view.camera import SIDES, side_camera
from viewer3d.core.volume import Volume
from viewer3d.errors import RenderError, ViewError
from viewer3d.figures.projections import cameras_of
from viewer3d.render.couch.removal import hide_couch
from viewer3d.render.marks.display_list import Text


def test_the_maximum_is_seen_through_the_whole_volume_where_it_is(marked):
    world = marked.geometry.index_to_world(MARKER)
    axial, coronal, sagittal = figures.mpr(marked, world, "400/1800", size=(1500, 700)).page.panels
    page = figures.mips(marked, "400/1800", size=(1500, 700)).page
    for panel, cut in zip(page.panels, (coronal, sagittal, axial), strict=True):
        apart = centroid(panel.pixels[..., 0], 200) - centroid(cut.pixels[..., 0], 200)
        assert np.abs(apart).max() < 5  # of a blob of 3 voxels the plane cuts but the middle


def test_a_volume_of_the_maxima_is_the_slab_through_all(head):
    """Along its own axes a grid is flattened; what that shows is what samples of a slab show."""
    turned = head.affine.copy()
    turned[:3, :3] = [[np.cos(0.2), -np.sin(0.2), 0], [np.sin(0.2), np.cos(0.2), 0], [0, 0, 1]] @ turned[:3, :3]
    oblique = Volume.from_array(head.voxels, turned, unit="HU")
    upright, slab = (figures.mips(volume, "400/1800", size=(1200, 500)).page for volume in (head, oblique))
    assert all((panel.pixels > 190).any() for panel in (*upright.panels, *slab.panels))
    # Turned about its upright axis an egg is as high as before.
    heights = [
        np.ptp(np.nonzero((panel.pixels[..., 0] > 190).any(1))[0]) * mm_per_pixel(page.panels[2])
        for page in (upright, slab)
        for panel in page.panels[:2]
    ]
    np.testing.assert_allclose(heights, 116, atol=5)


@pytest.mark.parametrize(
    ("needle", "degrees"),
    [
        pytest.param(needle, degrees, marks=() if (degrees, needle[0]) in ((0.4, 11), (15.0, 49)) else pytest.mark.slow)
        for needle in ((30, 30, 30), (11, 40, 50), (12, 41, 49), (49, 22, 10), (50, 21, 9))
        for degrees in (0.0, 0.4, 1.0, 15.0)
    ],
)
def test_a_needles_head_is_bright_wherever_it_lies(degrees, needle):
    voxels = np.zeros((61, 61, 61), np.int16)
    voxels[needle] = 1000
    turn = np.radians(degrees)
    affine = np.eye(4)
    affine[:3, :3] = [[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]]
    volume = Volume.from_array(voxels, affine, unit="HU")
    # A tenth of a voxel to the next pixel's centre in both ways; aslant a quarter to the next sample.
    least = 255 * 0.9**2 * (1 if degrees == 0 else 0.75)
    for panel in figures.mips(volume, "500/1000", size=(1100, 400)).page.panels:
        assert panel.pixels.max() > least


def test_windows_of_maxima(head):
    assert figures.mips(head).state.look.window.width == 1800
    own = Volume.from_array(head.voxels, head.affine)
    assert figures.mips(own).state.look.window.bounds[1] == pytest.approx(900)
    assert figures.mips(own, "0/10").state.look.window.width == 10


@pytest.mark.parametrize("side", list(SIDES))
@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (1, 3)])
def test_from_every_side_all_is_in_the_pane(side, shape):
    rng = np.random.default_rng(1)
    points = rng.uniform((-100, -60, 500), (80, 40, 900), (500, 3))
    camera = side_camera(points, side, shape)
    away = points - camera.position
    toward, up = (np.array(way) for way in SIDES[side])
    depth = -away @ toward
    assert depth.min() > 0
    slope = np.tan(np.radians(camera.angle / 2))
    across = np.abs(away @ np.cross(up, toward)) / depth / (slope * shape[0] / min(shape))
    down = np.abs(away @ up) / depth / (slope * shape[1] / min(shape))
    assert max(across.max(), down.max()) < 1
    assert max(across.max(), down.max()) > 0.8


def test_all_sides_are_seen_from_equally_far(head):
    cameras = cameras_of(head.geometry.corners, "ALH", (300, 400))
    distances = [np.linalg.norm(np.subtract(one.position, one.focal_point)) for one in cameras]
    assert np.ptp(distances) < 1e-9


def test_directions(head, opengl):
    page = figures.directions(head, "ALF", size=(600, 240)).page
    texts = [[mark.text for mark in panel.marks if isinstance(mark, Text)] for panel in page.panels]
    assert [row[:4] for row in texts] == [list("RLHF"), list("APHF"), list("RLAP")]
    assert [row[-1] for row in texts] == ["Anterior", "Left", "Feet"]
    assert all(panel.pixels.max() > 100 for panel in page.panels)
    assert figures.directions(head, "P", size=(100, 100)).state.camera.position[1] > 200


def test_directions_say_once_that_the_couch_is_hidden(opengl):
    body = phantom.volume(shape=(120, 100, 60))
    for hidden, count in ((None, 1), (True, 1), (False, 0)):
        made = figures.directions(body, "AP", couch_hidden=hidden, size=(400, 200))
        said = [m.text for panel in made.page.panels for m in panel.marks if isinstance(m, Text) and "couch" in m.text]
        assert said == [f"couch hidden, {hide_couch(body).ml:.0f} ml"] * count
        assert made.state.look.couch_hidden == bool(count)
        again = figures.directions(body, "AP", state=made.state, size=(400, 200))
        assert again.state.look.couch_hidden == made.state.look.couch_hidden
    assert not figures.directions(
        body, "A", couch_hidden=False, state=again.state, size=(400, 200)
    ).state.look.couch_hidden


@pytest.mark.parametrize("sides", ["", "AX", "anterior"])
def test_sides_that_are_none(head, sides):
    with pytest.raises(ViewError, match="give letters of APLRHF"):
        figures.directions(head, sides)


def test_without_opengl_it_says_so(head, no_opengl):
    with pytest.raises(RenderError, match="libEGL not found"):
        figures.directions(head)
