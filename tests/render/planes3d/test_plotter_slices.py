"""Slices in a user's own plotter, with real events."""

from __future__ import annotations

import numpy as np
import pytest

from tests.combinations import each_pair, each_value
from tests.render.fused import (
    BASE_MARKER,
    OVERLAY_MARKER,
    PARTNERS,
    WITHIN,
    base_place,
    fused_pair,
    overlay_place,
)
from tests.render.markers import DIRECTIONS, MARKER, centroid, marker_volume
from viewer3d.core.view.planes import PLANES
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import ViewError, WindowError

SIZE = (300, 240)
NAMES = tuple(PLANES)
GRIDS = ("identity", "sagittal", "oblique")
HALF_VOXEL = 0.4
ROOM = 46
"""Pixels around a round marker in which there is nothing else."""


@pytest.fixture(params=GRIDS)
def volume(request):
    return marker_volume(DIRECTIONS[request.param])


@pytest.fixture
def plotter(opengl, monkeypatch):
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", opengl.window_class)
    import pyvista

    one = pyvista.Plotter(off_screen=True, window_size=list(SIZE))
    one.set_background("black")
    yield one
    one.close()


def look_along(plotter, name, at, *, parallel=False):
    """Look at a plane straight on, as its pane does."""
    plane = PLANES[name]
    way = np.cross(plane.right, plane.down)
    plotter.camera.position = tuple(np.array(at) - 300 * way)
    plotter.camera.focal_point = tuple(at)
    plotter.camera.up = tuple(-np.array(plane.down, float))
    plotter.camera.parallel_projection = parallel
    plotter.camera.parallel_scale = 40
    plotter.reset_camera_clipping_range()


class Fingers:
    def __init__(self, plotter):
        self.interactor = plotter.iren.interactor
        plotter.show(auto_close=False)

    def send(self, event, pixel):
        x, y = np.rint(pixel).astype(int)
        self.interactor.SetEventInformation(int(x), int(y), 0, 0, "\0", 0, "")
        self.interactor.InvokeEvent(event)

    def drag(self, begin, end):
        self.send("MouseMoveEvent", begin)
        self.send("LeftButtonPressEvent", begin)
        for share in (0.3, 0.7, 1.0):
            self.send("MouseMoveEvent", begin + share * np.subtract(end, begin))
        self.send("LeftButtonReleaseEvent", end)


def on_display(plotter, world):
    plotter.renderer.SetWorldPoint(*world, 1.0)
    plotter.renderer.WorldToDisplay()
    return np.array(plotter.renderer.GetDisplayPoint()[:2])


@pytest.mark.parametrize(("volume", "name", "parallel"), each_pair(GRIDS, NAMES, [False, True]), indirect=["volume"])
def test_a_marker_is_where_the_affine_says(plotter, volume, name, parallel):
    import viewer3d

    world = volume.geometry.index_to_world(MARKER)
    slices = viewer3d.add_slices(plotter, volume, Window(700, 1600), world)
    for other in set(NAMES) - {name}:  # they cross there, and would hide some of it
        slices._slices[other].show(None)
    look_along(plotter, name, volume.geometry.center, parallel=parallel)
    plotter.show(auto_close=False)
    picture = plotter.screenshot()[::-1, :, :].min(-1)
    mm = abs(on_display(plotter, world + np.array(PLANES[name].right)) - on_display(plotter, world)).max()
    found = centroid(picture, 200)
    assert np.abs(found - (on_display(plotter, world) - 0.5)).max() < max(HALF_VOXEL * mm, 1.0)


@pytest.mark.parametrize(("name", "partner"), each_value(NAMES, PARTNERS))
def test_markers_of_layers_are_where_their_affines_say(plotter, partner, name):
    import viewer3d

    pair = fused_pair(partner, by_matrix=partner in ("oblique", "flipped"))
    slices = viewer3d.add_slices(plotter, pair.base, (-100, 1800), overlays=[pair.overlay])
    for other in set(NAMES) - {name}:
        slices._slices[other].show(None)
    for parallel in (False, True):
        for world, place in ((OVERLAY_MARKER, overlay_place), (BASE_MARKER, base_place)):
            slices.move_to(world)
            for other in set(NAMES) - {name}:
                slices._slices[other].show(None)
            look_along(plotter, name, world + np.array((3.0, -2.0, 1.0)), parallel=parallel)
            plotter.show(auto_close=False)
            x, y = on_display(plotter, world) - 0.5
            picture = plotter.screenshot()[::-1].copy()
            rows, columns = np.indices(picture.shape[:2])
            picture[np.hypot(columns - x, rows - y) > ROOM] = 0  # outlines
            assert np.abs(place(picture) - (x, y)).max() < WITHIN


def test_segments_are_seen_where_their_voxels_are(plotter, volume):
    import viewer3d
    from viewer3d.core.segmentation import Segmentation

    labels = np.zeros(volume.shape, np.uint8)
    labels[tuple(slice(m - 4, m + 5) for m in MARKER)] = 1
    dark = Volume.from_array(np.full(volume.shape, -1000, np.int16), volume.affine, unit="HU")
    red = viewer3d.Layer(Segmentation.from_array(labels, volume.affine, colors={1: (200, 30, 20)}), look={"fill": 1.0})
    world = volume.geometry.index_to_world(MARKER)
    viewer3d.add_slices(plotter, dark, Window(0, 900), world, overlays=[red])
    look_along(plotter, "axial", world, parallel=True)
    plotter.show(auto_close=False)
    picture = plotter.screenshot()[::-1].astype(int)
    found = (picture[..., 0] > 150) & (picture[..., 1] < 60)
    rows, columns = np.nonzero(found)
    mm = np.ptp([on_display(plotter, world), on_display(plotter, world + np.array((1.0, 0, 0)))], axis=0)[0]
    # The outlines of the other slices cross in its middle, which changes nothing of where its ends are.
    assert len(rows) > 100
    middle = np.array([columns.min() + columns.max(), rows.min() + rows.max()]) / 2
    assert np.abs(middle - (on_display(plotter, world) - 0.5)).max() < max(HALF_VOXEL * mm, 1.0)


def test_overlays_that_cannot_lie_there_are_refused(plotter, volume):
    import viewer3d

    with pytest.raises(ViewError, match="that of the base not said"):
        viewer3d.add_slices(plotter, volume, overlays=[fused_pair("identity").base])


@pytest.mark.parametrize("window", [Window(40, 400), Window(0, 900, "SIGMOID"), Window(-300, 100)])
def test_greys_are_those_of_the_window(plotter, window):
    import viewer3d

    i, j, k = np.meshgrid(*(np.arange(n) for n in (40, 36, 30)), indexing="ij")
    volume = Volume.from_array((20 * i - 15 * j + 8 * k - 100).astype(np.int16), np.diag([2.0, 2, 2, 1]), unit="HU")
    at = volume.geometry.index_to_world((20, 18, 15))
    viewer3d.add_slices(plotter, volume, window, at)
    look_along(plotter, "axial", volume.geometry.center)
    plotter.show(auto_close=False)
    picture = plotter.screenshot()
    for a, b in ((8, 9), (15, 30), (30, 10), (11, 25), (33, 32)):
        x, y = on_display(plotter, volume.geometry.index_to_world((a, b, 15)))
        pixel = picture[SIZE[1] - 1 - int(y), int(x)].astype(int)
        value = 20 * a - 15 * b + 8 * 15 - 100
        # A pixel is some 0.6 mm, so the value there is not further off than that.
        near = [255 * float(window.apply(value + away)) for away in (-12, 0, 12)]
        assert min(near) - 1.5 <= pixel[0] <= max(near) + 1.5
        assert len(set(pixel.tolist())) == 1


@pytest.mark.parametrize(("volume", "name"), each_value(GRIDS, NAMES), indirect=["volume"])
def test_an_outline_that_is_dragged_moves_its_slice_along_its_normal(plotter, volume, name):
    import viewer3d

    slices = viewer3d.add_slices(plotter, volume)
    told = []
    slices.on_cursor(told.append)
    center = np.array(volume.geometry.center)
    plotter.camera.position, plotter.camera.focal_point = tuple(center + np.array((60.0, -110, 70))), tuple(center)
    plotter.camera.up = (0, 0, 1)
    plotter.reset_camera_clipping_range()
    fingers, before = Fingers(plotter), slices.cursor
    cut = next(one for one in slices._cuts if one.plane.name == name)
    normal, position = np.array(cut.plane.normal), plotter.camera.position
    held = 0.6 * np.array(cut.corners[0]) + 0.4 * np.array(cut.corners[1])
    fingers.drag(on_display(plotter, held), on_display(plotter, held + 5 * normal))
    moved = np.subtract(slices.cursor, before)
    mm = 5 / max(1.0, np.linalg.norm(on_display(plotter, held + 5 * normal) - on_display(plotter, held)))
    np.testing.assert_allclose(moved, 5 * normal, atol=max(HALF_VOXEL, 2 * mm))  # two events are rounded to pixels
    assert told[-1] == slices.cursor
    assert plotter.camera.position == position
    now = next(one for one in slices._cuts if one.plane.name == name)
    assert abs((np.array(now.corners) - slices.cursor) @ normal).max() < 1e-6
    # Elsewhere the plotter's own hands turn the camera as ever.
    fingers.drag(np.array((3, 3)), np.array((60, 50)))
    assert plotter.camera.position != position
    assert slices.cursor == told[-1]


def test_a_drag_ends_at_the_volumes_edge_and_a_faced_slice_goes_away_from_the_eye(plotter, volume):
    import viewer3d

    slices = viewer3d.add_slices(plotter, volume)
    at = np.array(volume.geometry.middle)
    look_along(plotter, "coronal", at)
    fingers = Fingers(plotter)
    cut = next(one for one in slices._cuts if one.plane.name == "coronal")
    # The end of a side, where no other outline is.
    held = on_display(plotter, 0.9 * np.array(cut.corners[0]) + 0.1 * np.array(cut.corners[1]))
    fingers.drag(held, np.add(held, (0, 4)))
    assert slices.cursor[1] - at[1] > 0.5
    assert np.allclose(np.delete(slices.cursor, 1), np.delete(at, 1))
    fingers.drag(held, np.add(held, (0, 9999)))
    assert volume.geometry.bounds[0][1] < slices.cursor[1] <= volume.geometry.bounds[1][1]


def test_wishes_that_cannot_be_met(plotter, volume):
    import viewer3d

    with pytest.raises(ViewError, match="outside"):
        viewer3d.add_slices(plotter, volume, at=(0, 0, 1e5))
    with pytest.raises(WindowError, match="no window"):
        viewer3d.add_slices(plotter, volume, "brian")
    with pytest.raises(ViewError, match="colour"):
        viewer3d.add_slices(plotter, volume, colors="plaid")
    slices = viewer3d.add_slices(plotter, volume)
    with pytest.raises(ViewError, match="outside"):
        slices.move_to((0, 0, 1e5))
    slices.move_to(volume.geometry.index_to_world(MARKER))
    np.testing.assert_allclose(volume.geometry.world_to_index(slices.cursor), MARKER)


def test_a_plotter_without_hands_has_slices_all_the_same(opengl, volume, monkeypatch):
    import viewer3d

    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", opengl.window_class)
    import pyvista

    plotter = pyvista.Plotter(off_screen=True, shape=(1, 2))
    plotter.subplot(0, 1)
    slices = viewer3d.add_slices(plotter, volume)
    assert slices.cursor == volume.geometry.middle
    assert plotter.renderers[1].GetActors().GetNumberOfItems() == 6
    assert plotter.renderers[0].GetActors().GetNumberOfItems() == 0
    plotter.close()
