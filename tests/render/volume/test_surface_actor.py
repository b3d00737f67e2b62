"""Opaque surfaces beside a volume: hidden by what is nearer, hiding what is farther, in both qualities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from tests.render.markers import project
from viewer3d.core.mesh import Mesh
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.state import Box, state_of_geometry
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.layer_stack import LayerStack
from viewer3d.render.panes3d.volume_pane import VolumePane
from viewer3d.render.planes3d.cuts import cuts_of
from viewer3d.render.volume.request import OtherVolume, RenderRequest, Surface
from viewer3d.render.volume.volume_look import VolumeLook

SIZE = (240, 180)
CAMERA = Camera((0, -190, 0), (0, 0, 0), angle=26)
BLUE = (40.0, 80.0, 250.0)
BONE = VolumeLook("ct-bone")
AFFINE = np.array([[1, 0, 0, -30], [0, 1, 0, -30], [0, 0, 1, -30], [0, 0, 0, 1]])
AIR = Volume.from_array(np.full((60, 60, 60), -1000, np.int16), AFFINE, unit="HU")


def sphere(middle=(0.0, 0.0, 0.0), radius=10.0):
    """A mesh of some 1,000 triangles."""
    across, along = 32, 17
    theta, phi = np.meshgrid(np.linspace(0, np.pi, along), np.arange(across) * 2 * np.pi / across, indexing="ij")
    points = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1)
    row, column = np.meshgrid(np.arange(along - 1), np.arange(across), indexing="ij")
    corners = [(row + a) * across + (column + b) % across for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))]
    quads = np.stack(corners, -1).reshape(-1, 4)
    return Mesh(radius * points.reshape(-1, 3) + middle, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))


def plate(y):
    """Bone on the left of the patient's middle, 6 mm thick, its near face at so many mm; the eye is in front."""
    voxels = AIR.voxels.copy()
    j = round(y + 30)
    voxels[30:, j : j + 6, :] = 1500
    return Volume(voxels, AIR.geometry, "HU")


@pytest.fixture
def draw(opengl):
    """Return a function that draws a request's pane."""
    panes = []

    def one(volume, request, quality="still", state=None):
        pane = VolumePane(volume)
        panes.append(pane)
        pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        for _ in range(1 if quality == "still" else 4):  # it grows as fine as there is time for
            pane.draw(pixels, request, None if state is None else LayerStack(volume).slice_layers(state), quality)
        return pixels.astype(int)

    yield one
    for pane in panes:
        pane.close()


def is_blue(pixels):
    return pixels[..., 2] > pixels[..., 0] + 60


def is_bone(pixels):
    return pixels[..., 0] > 120


def at(world):
    x, y = np.rint(project(CAMERA, world, SIZE)).astype(int)
    return y, x


def request_of(*surfaces, **more):
    return RenderRequest(CAMERA, BONE, SIZE, surfaces=tuple(surfaces), **more)


QUALITIES = pytest.mark.parametrize("quality", ["still", "interactive"])


@QUALITIES
def test_a_surface_half_in_bone_is_seen_where_it_is_nearer(draw, quality):
    """The eye looks along y: the ball's near pole is at -10 mm, bone is in the right half of the picture."""
    request = request_of(Surface(sphere(), BLUE))
    before, behind = (draw(plate(y), request, quality) for y in (-20, 15))
    for picture, is_hidden in ((before, True), (behind, False)):
        assert is_blue(picture[at((-5, 0, 0))])
        assert is_blue(picture[at((5, 0, 0))]) != is_hidden
        assert is_bone(picture[at((5, 0, 0))]) == is_hidden
        assert is_bone(picture[at((20, 0, 0))])
    # With its face at -7 mm the plate cuts the ball: the pole stands out of it, a ring about the pole does not.
    cut = draw(plate(-7), request, quality)
    assert is_blue(cut[at((2, -9, 0))])
    assert is_bone(cut[at((9, -7, 0))])
    assert is_blue(cut[at((-8, 0, 0))])


@QUALITIES
def test_it_is_where_its_points_are_and_in_its_colour(draw, quality):
    middle = np.array([7.3, -4.0, 11.8])
    picture = draw(AIR, request_of(Surface(sphere(middle, 6), BLUE)), quality)
    rows, columns = np.nonzero(is_blue(picture))
    assert np.abs(project(CAMERA, middle, SIZE) - (columns.mean(), rows.mean())).max() < 0.6
    # Seen straight on it has its own colour, whatever the brightness of a volume in motion is raised by.
    y, x = at(middle)
    assert np.abs(picture[y - 1 : y + 2, x - 1 : x + 2].mean((0, 1)) - BLUE).max() < 8
    assert picture[is_blue(picture)][:, 2].min() < 200  # and it is darker to its rim


def test_a_measured_brightness_is_the_volumes_own(opengl):
    """A large surface in the still changes nothing of how bright the volume is in motion."""
    if not opengl.is_software:
        pytest.skip("only a processor draws another quality")
    volume, far = plate(-20), Surface(sphere((-14, 0, 0), 12), BLUE)
    pictures = []
    for surfaces in ((), (far,)):
        pane = VolumePane(volume)
        pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        pane.draw(pixels, request_of(*surfaces), None, "still")
        pane.prepare_interactive()
        pane.draw(pixels, request_of(*surfaces), None, "interactive")
        pane.close()
        pictures.append(pixels[60:120, 150:190].astype(int))
    assert pictures[0].max() > 150
    assert np.abs(pictures[0] - pictures[1]).mean() < 4


@QUALITIES
def test_a_crop_cuts_it(draw, quality):
    request = request_of(Surface(sphere(), BLUE))
    cropped = replace(request, look=replace(BONE, crop=Box((-100, -100, -100), (100, 100, 0))))
    picture = draw(AIR, cropped, quality)
    rows, _ = np.nonzero(is_blue(picture))
    middle, low = (project(CAMERA, (0, 0, z), SIZE)[1] for z in (0, -10))
    assert abs(rows.min() - middle) < 4
    assert abs(rows.max() - low) < 4
    # Back again.
    assert is_blue(draw(AIR, request, quality)).sum() > 1.7 * is_blue(picture).sum()


@QUALITIES
def test_slices_hide_it_by_depth(draw, quality):
    """Before the coronal plane it is seen, behind it not; what is in the open corner is not seen either."""
    for away, is_seen in ((-12, False), (12, True)):
        state = state_of_geometry(AIR.geometry, Window(0, 2000)).with_cursor((0, away, 0))
        coronal = tuple(cut for cut in cuts_of(AIR.geometry, state) if cut.plane.name == "coronal")
        picture = draw(AIR, request_of(Surface(sphere(), BLUE), cuts=coronal), quality, state)
        assert is_blue(picture).any() == is_seen
    state = state_of_geometry(AIR.geometry, Window(0, 2000)).with_cursor((0.4, 5, 0.4))
    aside = replace(CAMERA, position=(60, -170, 60))
    for middle, is_seen in (((12, -12, 12), False), ((-12, -12, -12), True)):
        request = replace(request_of(Surface(sphere(middle, 4), BLUE), cuts=cuts_of(AIR.geometry, state)), camera=aside)
        assert is_blue(draw(AIR, request, quality, state)).any() == is_seen


def test_it_stands_beside_two_volumes(draw):
    other = Volume(np.where(np.arange(60)[:, None, None] < 15, 9.0, 0.0) * np.ones((60, 60, 60)), AIR.geometry, "SUVbw")
    more = {"others": (OtherVolume(other, VolumeLook("pet-uptake")),)}
    picture = draw(plate(-20), request_of(Surface(sphere((-8, 0, 0)), BLUE), **more))
    assert is_blue(picture[at((-8, 0, 0))])  # beside both
    assert is_bone(picture[at((10, -20, 0))])
    orange = picture[at((-25, -25, 0))]
    assert orange[0] > orange[2] + 60
    hidden = draw(plate(-20), request_of(Surface(sphere((-22, 0, 0), 4), BLUE), **more))
    assert not is_blue(hidden).any()


def test_a_surface_that_went_leaves_nothing(draw, opengl):
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.renderer import OffscreenRenderer

    volume, mesh = plate(-7), sphere()
    renderer = OffscreenRenderer(opengl, volume, STILL)
    before = renderer.draw(request_of())
    first = renderer.draw(request_of(Surface(mesh, BLUE)))
    red = renderer.draw(request_of(Surface(mesh, (250.0, 60.0, 40.0))))
    assert (first[..., 2] > red[..., 2] + 60).any()
    np.testing.assert_array_equal(renderer.draw(request_of(Surface(mesh, BLUE))), first)
    np.testing.assert_array_equal(renderer.draw(request_of()), before)
    pixels = np.full((SIZE[1], SIZE[0], 4), 7, np.uint8)
    for _ in renderer.draw_progressively(request_of(Surface(mesh, BLUE)), pixels):
        pass
    np.testing.assert_array_equal(pixels, first)
    np.testing.assert_array_equal(renderer.draw(request_of(Surface(Mesh([], []), BLUE))), before)
    renderer.close()


def test_normals_are_those_of_a_sphere_whichever_way_triangles_turn():
    from viewer3d.render.volume.surface_actor import point_normals, surface_data

    mesh = sphere((3, 4, 5), 7)
    outward = (mesh.points - (3, 4, 5)) / 7
    assert np.abs(np.abs((point_normals(mesh) * outward).sum(1)) - 1)[32:-32].max() < 0.01
    data = surface_data(mesh)
    assert data.GetNumberOfCells() == len(mesh.triangles)
    np.testing.assert_allclose(vtk_to_numpy(data.GetPoints().GetData()), mesh.points, atol=1e-5)
    assert not point_normals(Mesh([(0, 0, 0), (1, 1, 1)], [(0, 1, 1)])).any()
