from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

import viewer3d
from tests.combinations import each_pair, each_value
from tests.render.couch_scenes import SHELL, trunk_on_couch
from tests.render.markers import DIRECTIONS, MARKER, centroid, long_plate, marker_volume, project
from viewer3d.core.view.camera import Camera, front_camera
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.transfer import presets
from viewer3d.render.volume.volume_look import VolumeLook

SIZE = (220, 160)


@pytest.fixture
def window(opengl):
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.interactive import INTERACTIVE
    from viewer3d.render.volume.renderer import OffscreenRenderer

    windows = []

    def make(volume, *, moving=False):
        windows.append(OffscreenRenderer(opengl, volume, INTERACTIVE if moving else STILL))
        return windows[-1]

    yield make
    for one in windows:
        one.close()


@pytest.fixture
def draw(window):
    def draw(volume, camera, rendering="ct-bone", size=SIZE):
        return window(volume).draw(RenderRequest(camera, VolumeLook(rendering), size))[..., :3]

    return draw


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


@pytest.mark.parametrize(("direction", "moving", "preset"), each_pair(DIRECTIONS, [False, True], ["ct-bone", "ct-mip"]))
def test_a_crop_cuts_where_its_box_says(opengl, direction, moving, preset):
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.interactive import INTERACTIVE
    from viewer3d.render.volume.renderer import OffscreenRenderer

    volume, box = ball_volume(DIRECTIONS[direction]), Box((-100, -100, -5), (9, 100, 100))
    camera = Camera((35, -90, 45), (5, 6, 7))
    window = OffscreenRenderer(opengl, volume, INTERACTIVE if moving else STILL)
    picture = window.draw(RenderRequest(camera, VolumeLook(preset, crop=box), SIZE))[..., :3]
    window.close()
    grid = np.stack(np.meshgrid(*(np.linspace(-20, 20, 60),) * 3), -1).reshape(-1, 3)
    points = grid[np.linalg.norm(grid, axis=1) <= 20] + (5, 6, 7)
    kept = points[(points >= box.low).all(1) & (points <= box.high).all(1)]
    expected = project(camera, kept, SIZE)
    rows, columns = np.nonzero(picture.max(-1) > 50)
    seen = np.stack([columns, rows], -1)
    # A voxel is 2.7 pixels wide; in motion the highest of two along each axis stands for both, and the ball grows.
    within = 2 * 2.7 if moving else 2.7
    assert np.abs(seen.min(0) - expected.min(0)).max() < within
    assert np.abs(seen.max(0) - expected.max(0)).max() < within


def test_a_window_that_has_shown_other_things_draws_the_same(opengl, draw):
    from viewer3d.render.volume.actor import STILL
    from viewer3d.render.volume.renderer import OffscreenRenderer

    volume = ball_volume(np.eye(3))
    camera = front_camera(volume.geometry.corners)
    last = VolumeLook("ct-bone", shift=200.0)
    window = OffscreenRenderer(opengl, volume, STILL)
    box = Box((-100, -100, -100), (0, 100, 100))
    for rendering in (
        VolumeLook("ct-mip"), VolumeLook("ct-skin", crop=box), VolumeLook("ct-bone", couch_hidden=True),
        VolumeLook("ct-bone", shift=-900.0), VolumeLook("ct-lung"), last,
    ):  # fmt: skip
        picture = window.draw(RenderRequest(camera, rendering, SIZE))[..., :3]
    fresh = OffscreenRenderer(opengl, volume, STILL)
    np.testing.assert_array_equal(fresh.draw(RenderRequest(camera, last, SIZE))[..., :3], picture)
    assert (draw(volume, camera) != picture).any()
    for one in (window, fresh):
        one.close()


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


@pytest.fixture
def plotter(opengl):
    import pyvista

    plotter = pyvista.Plotter(off_screen=True, window_size=list(SIZE), lighting="none")
    yield plotter
    plotter.close()


def test_a_users_own_plotter_shows_it_in_its_place(plotter, marked):
    actor = viewer3d.add_volume(plotter, marked, "ct-bone")
    bounds = np.reshape(actor.GetBounds(), (3, 2)).T
    world = marked.geometry.index_to_world(MARKER)
    assert (bounds[0] <= world).all()
    assert (bounds[1] >= world).all()
    assert actor in list(plotter.renderer.GetVolumes())


def test_a_users_own_plotter_takes_a_shift_and_a_crop(plotter, marked):
    box = Box((-40, -300, -300), (300, 250, 200))
    actor = viewer3d.add_volume(plotter, marked, "bone", rendering_shift=50.0, crop=box)
    opacity = actor.GetProperty().GetScalarOpacity()
    transfer = VolumeLook("ct-bone", shift=50.0).transfer(marked)
    assert [opacity.GetValue(value) for value in transfer.values] == pytest.approx(list(transfer.opacities))
    planes = actor.GetMapper().GetClippingPlanes()
    assert [planes.GetItem(n).GetOrigin() for n in (0, 3)] == [box.low, box.high]


def test_a_users_own_plotter_leaves_a_couch_out_if_it_is_to(plotter):
    volume = trunk_on_couch().volume(noise=0)
    shells = []
    for hidden in (False, True):
        actor = viewer3d.add_volume(plotter, volume, "skin", couch_hidden=hidden)
        values = vtk_to_numpy(actor.GetMapper().GetInput().GetCellData().GetScalars())
        shells.append(np.count_nonzero(values == SHELL))
    assert shells[0] > 10_000
    assert shells[1] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rendering": "nothing"}, "no transfer function is named 'nothing': give one of auto, ct-bone"),
        ({"rendering_shfit": 40}, "add_volume has no option 'rendering_shfit': did you mean rendering_shift?"),
        ({"rendering_shift": np.nan}, "give a finite shift"),
        ({"couch_hiden": True}, "add_volume has no option 'couch_hiden': did you mean couch_hidden?"),
    ],
)
def test_options_of_a_users_own_plotter_that_are_none_are_refused(plotter, marked, options, message):
    with pytest.raises(ViewError, match=re.escape(message)):
        viewer3d.add_volume(plotter, marked, **options)
    assert not list(plotter.renderer.GetVolumes())


def test_a_couch_can_be_hidden_in_hu_alone(plotter, marked):
    with pytest.raises(ViewError, match="leave the couch in"):
        viewer3d.add_volume(plotter, replace(marked, unit=""), couch_hidden=True)


def test_a_side_longer_than_a_texture_is_thinned_and_stays_in_place(draw, capfd, monkeypatch):
    monkeypatch.setattr("viewer3d.render.volume.loaded_block.MAX_TEXTURE_SIDE", 20)
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


def spans(picture, least=100):
    """First and last column and row of what hides what is behind it."""
    rows, columns = np.nonzero(picture[..., 3] > least)
    return np.array([columns.min(), rows.min()]), np.array([columns.max(), rows.max()])


@pytest.mark.parametrize(
    ("direction", "moving", "preset", "slices"),
    each_pair(DIRECTIONS, [False, True], ["ct-bone", "ct-skin", "ct-mip"], [1, 4, 5]),
)
def test_the_outer_voxels_are_shown_whole_as_in_slices(window, direction, moving, preset, slices):
    """A volume that is bright all through is as large as its corners, half a voxel beyond the outer centres."""
    affine = np.eye(4)
    affine[:3, :3] = DIRECTIONS[direction] * (6.0, 8.0, 10.0)
    affine[:3, 3] = (5.0, 6.0, 7.0)
    volume = Volume.from_array(np.full((11, 9, slices), 1000, np.int16), affine, unit="HU")
    focus, one = np.array(volume.geometry.center), window(volume, moving=moving)
    for axis in range(3):
        # Straight onto a face, whose edges are the outline then.
        way, up = volume.geometry.direction[:, axis], volume.geometry.direction[:, axis - 1]
        camera = Camera(tuple(focus - 400 * way), tuple(focus), tuple(up), angle=20)
        first, last = spans(one.draw(RenderRequest(camera, VolumeLook(preset), (320, 320))))
        corners = project(camera, volume.geometry.corners, (320, 320))
        # Half a voxel is 6 pixels wide and more.
        assert np.abs(first - corners.min(0)).max() < 2
        assert np.abs(last - corners.max(0)).max() < 2


@pytest.mark.parametrize("moving", [False, True])
def test_the_outer_half_of_a_voxel_has_its_value(window, moving):
    """Dark slices and a bright one at each end: from aside the bright ones are as thick as half of a voxel more."""
    voxels = np.full((12, 12, 6), -1000, np.int16)
    voxels[:, :, [0, 5]] = 3000
    volume = Volume.from_array(voxels, np.diag([10.0, 10.0, 10.0, 1.0]), unit="HU")
    camera = Camera((55, -3000, 25), (55, 55, 25), angle=4)
    picture = (
        window(volume, moving=moving)
        .draw(RenderRequest(camera, VolumeLook("ct-mip"), (300, 300)))[:, 150, 0]
        .astype(int)
    )
    scale = 150 / np.tan(np.radians(2)) / 3055
    height = (149.5 - np.arange(300)) / scale + 25
    # Between a bright and a dark slice it falls evenly: to 1300 HU, white's end, at 0.425 of the way.
    for z, lit in (
        (-4, True),
        (0, True),
        (3.5, True),
        (6.5, False),
        (43.5, False),
        (47, True),
        (54, True),
        (56.5, False),
    ):
        assert (picture[np.abs(height - z).argmin()] > 240) == lit, z


def test_a_crop_and_the_outer_faces_go_together(window):
    volume = Volume.from_array(np.full((8, 8, 8), 1000, np.int16), np.diag([10.0, 10.0, 10.0, 1.0]), unit="HU")
    camera = Camera((35, -1500, 35), (35, 35, 35), angle=6)
    for moving in (False, True):
        one = window(volume, moving=moving)
        for box in (Box((-50, -50, -2), (72, 99, 99)), Box((12, -50, -50), (52, 99, 99))):
            first, last = spans(one.draw(RenderRequest(camera, VolumeLook("ct-bone", crop=box), (300, 300))))
            low, high = np.maximum(box.low, -5), np.minimum(box.high, 75)
            corners = project(camera, [low * (1, 0, 1) + (0, -5, 0), high * (1, 0, 1) + (0, -5, 0)], (300, 300))
            np.testing.assert_allclose(first, corners.min(0), atol=2)
            np.testing.assert_allclose(last, corners.max(0), atol=2)


LONG = Camera((5.5, -180.0, 60.0), (5.5, 4.5, 40.0), up=(0, 0, 1))


@pytest.mark.parametrize("preset", [name for name in presets() if name.startswith("ct-")])
def test_of_a_side_longer_than_a_texture_nothing_is_lost(window, monkeypatch, preset):
    monkeypatch.setattr("viewer3d.render.volume.loaded_block.MAX_TEXTURE_SIDE", 20)
    value = -600 if preset == "ct-lung" else 1000
    for at in (30, 31, 32, 33, 34, 35, 79, 80):
        # With a dim slice at either end all is loaded, and five slices are joined to one.
        volume = long_plate(at, value)
        volume = Volume.from_array(np.where(np.arange(81) % 80 == 0, value, volume.voxels), np.eye(4), unit="HU")
        picture = window(volume).draw(RenderRequest(LONG, VolumeLook(preset), SIZE))
        column, row = np.rint(project(LONG, (5.5, 4.5, at), SIZE)).astype(int)
        assert picture[row - 5 : row + 6, column - 2 : column + 3, 3].max() > 8, at


@pytest.mark.parametrize(("axis", "preset"), each_value([0, 1, 2], ["ct-bone", "ct-mip", "ct-lung"]))
def test_a_wire_is_there_while_it_moves(window, preset, axis):
    value = -560 if preset == "ct-lung" else 3000
    for at in range(20, 24):
        voxels = np.full((40, 40, 40), -1000, np.int16)
        wire = [at, at, at]
        wire[axis] = slice(5, 35)
        voxels[tuple(wire)] = value
        volume = Volume.from_array(voxels, np.diag([0.7, 0.7, 0.7, 1.0]), unit="HU")
        camera = Camera((13 + 20, 13 - 50, 13 + 30), (13, 13, 13))
        picture = window(volume, moving=True).draw(RenderRequest(camera, VolumeLook(preset), SIZE))
        for along in np.linspace(6, 33, 15):
            place = np.full(3, float(at))
            place[axis] = along
            column, row = np.rint(project(camera, 0.7 * place, SIZE)).astype(int)
            assert picture[row - 3 : row + 4, column - 3 : column + 4, 3].max() > 2, (at, along)


@pytest.mark.parametrize("at", [201, 202, 203])
def test_a_needle_is_whole_wherever_it_lies_in_a_large_volume(window, at):
    """Every second or third voxel was looked at for what is visible, and the rest cut off."""
    voxels = np.full((256, 256, 180), -1000, np.int16)
    voxels[at : at + 2, at : at + 2, 20:160] = 1500
    voxels[40, 40, 70:90] = 1500  # one voxel is enough
    volume = Volume.from_array(voxels, np.diag([0.7, 0.7, 1.0, 1.0]), unit="HU")
    camera = front_camera(volume.geometry.corners)
    picture = window(volume).draw(RenderRequest(camera, VolumeLook("ct-bone"), (400, 400)))
    for i, k in ((at + 0.5, k) for k in range(21, 159, 6)):
        column, row = np.rint(project(camera, (0.7 * i, 0.7 * i, k), (400, 400))).astype(int)
        assert picture[row - 1 : row + 2, column - 1 : column + 2, :3].max() > 60, k
    column, row = np.rint(project(camera, (28, 28, 80), (400, 400))).astype(int)
    assert picture[row - 8 : row + 8, column - 2 : column + 3, :3].max() > 4


def seen_along(picture, pixels, least):
    """Tell for each point along a wire whether something is seen within two pixels."""
    places = np.rint(pixels).astype(int)
    return np.array([picture[y - 2 : y + 3, x - 2 : x + 3, 3].max() >= least for x, y in places])


@pytest.mark.parametrize(("preset", "axis"), each_value(presets(), [0, 1, 2]))
def test_every_preset_shows_wires_of_one_voxel_at_every_offset(window, monkeypatch, preset, axis):
    monkeypatch.setattr("viewer3d.render.volume.transfer._tissue", lambda _: np.linspace(100, 2000, 1000))
    hu = presets()[preset].scale == "HU"
    voxels = np.full((34, 34, 34), -1000 if hu else 0, np.int16)
    wires = []
    for n in range(8):  # each at another offset, from the first voxel of a block to the last of the next
        at = [4 + 3 * n, (5 * n) % 8 + 12, 0]
        at.insert(axis, slice(6, 30))
        voxels[tuple(at[:3])] = -560 if preset == "ct-lung" else 3000
        ends = np.array([at[:3], at[:3]])
        ends[:, axis] = 7, 28
        wires.append(ends.astype(float))
    volume = Volume.from_array(voxels, np.eye(4), unit="HU" if hu else "")
    away = np.roll((20.0, 90.0, 25.0), axis)  # across the wires, aslant to all
    camera = Camera(tuple(16.5 + away), (16.5, 16.5, 16.5), up=tuple(np.roll((1.0, 0.0, 0.0), axis)), angle=26)
    picture = window(volume).draw(RenderRequest(camera, VolumeLook(preset), (260, 260)))
    for ends in wires:
        points = ends[0] + np.linspace(0, 1, 25)[:, None] * (ends[1] - ends[0])
        seen = seen_along(picture, project(camera, points, (260, 260)), 3)
        assert seen.mean() > 0.8
        assert seen[:4].any()
        assert seen[-4:].any()
