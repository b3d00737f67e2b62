from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, MARKER, centroid, marker_volume
from viewer3d.camera import Camera, front_camera
from viewer3d.errors import ViewError
from viewer3d.render.look import Look
from viewer3d.render.rendering import Rendering
from viewer3d.render.transfer import presets
from viewer3d.view import Box
from viewer3d.volume import Volume

SIZE = (220, 160)


@pytest.fixture
def draw(opengl):
    from viewer3d.render.volume_window import VolumeWindow
    from viewer3d.render.volumes import STILL

    windows = []

    def draw(volume, camera, rendering="ct-bone", size=SIZE):
        windows.append(VolumeWindow(opengl, volume, STILL))
        return windows[-1].draw(Look(camera, Rendering(rendering), size))[..., :3]

    yield draw
    for window in windows:
        window.close()


def project(camera: Camera, world, size):
    """Where world points are on the screen, from the definition of a camera alone."""
    way = np.subtract(camera.focal_point, camera.position)
    way = way / np.linalg.norm(way)
    right = np.cross(way, camera.up)
    right /= np.linalg.norm(right)
    up = np.cross(right, way)
    away = np.subtract(world, camera.position)
    scale = min(size) / 2 / np.tan(np.radians(camera.angle / 2)) / (away @ way)
    return np.stack([(size[0] - 1) / 2 + scale * (away @ right), (size[1] - 1) / 2 - scale * (away @ up)], -1)


@pytest.mark.parametrize("size", [SIZE, (150, 230)])
@pytest.mark.parametrize("rendering", ["ct-bone", "ct-mip"])
def test_a_marker_is_where_the_affine_says(marked, draw, rendering, size):
    camera = front_camera(marked.geometry.corners)
    camera = replace(camera, position=tuple(np.add(camera.position, (40, 10, 5))))
    picture = draw(marked, camera, rendering, size)
    expected = project(camera, marked.geometry.index_to_world(MARKER), size)
    assert np.abs(centroid(picture.max(-1), 60) - expected).max() < 1


def test_shading_does_not_depend_on_how_the_grid_lies(draw):
    # The same ball in the same place, stored along other axes, has to be lit from the same side.
    i, j, k = np.meshgrid(*(np.arange(40) - 19.5,) * 3, indexing="ij")
    ball = np.where(np.sqrt(i**2 + j**2 + k**2) < 15, 1500, -1000).astype(np.int16)
    affine = np.eye(4)
    affine[:3, 3] = -19.5
    stored = Volume.from_array(ball, affine, unit="HU")
    turned = Volume.from_array(ball, affine[:, [1, 2, 0, 3]], unit="HU")
    camera = Camera((30, -90, 45), (0, 0, 0))
    one, other = (draw(volume, camera).astype(int) for volume in (stored, turned))
    assert one.max() > 150
    assert np.abs(one - other).mean() < 0.2
    # And that is from the eye: bright in the middle, darker at the rim.
    assert one[75:85, 105:115].mean() > 1.3 * one[one.max(-1) > 40].min()


def ball_volume(direction):
    """A ball of 20 mm around (5, 6, 7)."""
    i, j, k = np.meshgrid(*(np.arange(48) - 23.5,) * 3, indexing="ij")
    voxels = np.where(np.sqrt(i**2 + j**2 + k**2) < 20, 1500, -1000).astype(np.int16)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = direction, (5, 6, 7) - direction @ np.full(3, 23.5)
    return Volume.from_array(voxels, affine, unit="HU")


@pytest.mark.parametrize("preset", ["ct-bone", "ct-mip"])
@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_a_crop_cuts_where_its_box_says(opengl, direction, moving, preset):
    from viewer3d.render.moving import MOVING
    from viewer3d.render.volume_window import VolumeWindow
    from viewer3d.render.volumes import STILL

    volume, box = ball_volume(DIRECTIONS[direction]), Box((-100, -100, -5), (9, 100, 100))
    camera = Camera((35, -90, 45), (5, 6, 7))
    window = VolumeWindow(opengl, volume, MOVING if moving else STILL)
    picture = window.draw(Look(camera, Rendering(preset, crop=box), SIZE))[..., :3]
    window.close()
    grid = np.stack(np.meshgrid(*(np.linspace(-20, 20, 60),) * 3), -1).reshape(-1, 3)
    points = grid[np.linalg.norm(grid, axis=1) <= 20] + (5, 6, 7)
    kept = points[(points >= box.low).all(1) & (points <= box.high).all(1)]
    expected = project(camera, kept, SIZE)
    rows, columns = np.nonzero(picture.max(-1) > 50)
    seen = np.stack([columns, rows], -1)
    # A voxel is 2.7 pixels wide.
    assert np.abs(seen.min(0) - expected.min(0)).max() < 2.7
    assert np.abs(seen.max(0) - expected.max(0)).max() < 2.7


def test_a_window_that_has_shown_other_things_draws_the_same(opengl, draw):
    from viewer3d.render.volume_window import VolumeWindow
    from viewer3d.render.volumes import STILL

    volume = ball_volume(np.eye(3))
    camera = front_camera(volume.geometry.corners)
    last = Rendering("ct-bone", shift=200.0)
    window = VolumeWindow(opengl, volume, STILL)
    box = Box((-100, -100, -100), (0, 100, 100))
    for rendering in (
        Rendering("ct-mip"), Rendering("ct-skin", crop=box), Rendering("ct-bone", couch_hidden=True),
        Rendering("ct-bone", shift=-900.0), Rendering("ct-lung"), last,
    ):  # fmt: skip
        picture = window.draw(Look(camera, rendering, SIZE))[..., :3]
    fresh = VolumeWindow(opengl, volume, STILL)
    np.testing.assert_array_equal(fresh.draw(Look(camera, last, SIZE))[..., :3], picture)
    assert (draw(volume, camera) != picture).any()
    for one in (window, fresh):
        one.close()


@pytest.mark.parametrize("size", [SIZE, (150, 230)])
def test_a_camera_sees_points_where_vtk_does(opengl, size):
    from vtkmodules.vtkRenderingCore import vtkRenderer

    from viewer3d.render.gl import offscreen_window
    from viewer3d.render.volume_window import aim

    window, renderer = offscreen_window(opengl, size), vtkRenderer()
    window.AddRenderer(renderer)
    camera = Camera((30, -290, 45), (1, 2, 3), up=(0.1, 0.2, 0.9), angle=25.0)
    aim(renderer, camera, size)
    for world in np.random.default_rng(0).uniform(-60, 60, (20, 3)):
        renderer.SetWorldPoint(*world, 1)
        renderer.WorldToDisplay()
        x, y, _ = renderer.GetDisplayPoint()
        # VTK counts from a corner of the window, to the top; pixels are counted from their centres, to the bottom.
        expected = x - 0.5, size[1] - y - 0.5
        np.testing.assert_allclose(camera.to_pixel(world, size), expected, atol=1e-3)
        np.testing.assert_allclose(project(camera, world, size), expected, atol=1e-3)
    window.Finalize()


def test_drawing_again_is_the_same(marked, draw):
    camera = front_camera(marked.geometry.corners)
    np.testing.assert_array_equal(draw(marked, camera), draw(marked, camera))


def test_nothing_is_printed(marked, draw, capfd):
    for rendering in ("ct-bone", "ct-mip", "ct-skin"):
        draw(marked, front_camera(marked.geometry.corners), rendering)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", list(presets()))
def test_every_preset_draws(draw, name):
    voxels = np.kron(np.random.default_rng(0).integers(-1000, 1500, (4, 4, 4), np.int16), np.ones((3, 3, 3), np.int16))
    unit = "HU" if presets()[name].scale == "HU" else ""
    volume = Volume.from_array(voxels, np.diag([2.0, 2.0, 2.0, 1.0]), unit=unit)
    assert draw(volume, front_camera(volume.geometry.corners), name).max() > 40


def test_a_volume_of_float_and_of_one_slice_draw(draw):
    volume = marker_volume(DIRECTIONS["oblique"], np.float32)
    assert draw(volume, front_camera(volume.geometry.corners)).max() > 100
    flat = Volume.from_array(np.full((9, 9, 1), 900, np.int16), np.diag([1.0, 1.0, 4.0, 1.0]), unit="HU")
    assert draw(flat, front_camera(flat.geometry.corners)).shape == (SIZE[1], SIZE[0], 3)


def test_an_actor_of_a_wrong_name_is_refused(opengl, marked):
    from viewer3d.render.volumes import volume_actor

    with pytest.raises(ViewError, match="nothing"):
        volume_actor(marked, "nothing")


def test_a_users_own_plotter_shows_it_in_its_place(opengl, marked):
    import pyvista

    from viewer3d.render.volumes import add_volume

    plotter = pyvista.Plotter(off_screen=True, window_size=list(SIZE), lighting="none")
    actor = add_volume(plotter, marked, "ct-bone")
    bounds = np.reshape(actor.GetBounds(), (3, 2)).T
    world = marked.geometry.index_to_world(MARKER)
    assert (bounds[0] <= world).all()
    assert (bounds[1] >= world).all()
    assert actor in list(plotter.renderer.GetVolumes())
    plotter.close()


def test_a_side_longer_than_a_texture_is_thinned_and_stays_in_place(draw, capfd, monkeypatch):
    monkeypatch.setattr("viewer3d.render.volumes.LONGEST_TEXTURE", 20)
    voxels = np.full((90, 90, 9), -1000, np.int16)
    voxels[4:16, 4:16, 2:7] = voxels[70:82, 30:42, 2:7] = 1500
    volume = Volume.from_array(voxels, np.eye(4), unit="HU")
    camera = Camera((45, 45, 300), (45, 45, 0), up=(0, -1, 0))
    expected = project(camera, (75.5, 35.5, 4), SIZE)
    picture = draw(volume, camera).max(-1)
    column = round(expected[0])
    picture[:, : column - 25] = picture[:, column + 25 :] = 0  # the other block
    # Every fourth or fifth voxel is drawn: a place is known to 2 mm, a pixel is 1 mm.
    assert np.abs(centroid(picture, 60) - expected).max() < 2.5
    voxels = np.full((200, 12, 2500), -1000, np.int16)
    voxels[20:180, 4:8] = 900
    long = Volume.from_array(voxels, np.eye(4), unit="HU")
    monkeypatch.undo()
    assert draw(long, front_camera(long.geometry.corners)).max() > 100
    assert capfd.readouterr() == ("", "")
