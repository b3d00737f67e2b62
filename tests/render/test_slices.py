from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, MARKER, centroid, marker_volume, rotation
from viewer3d.planes import PLANES
from viewer3d.render.colors import palette
from viewer3d.render.grid import to_vtk
from viewer3d.render.panes import PaneFrame, slice_frame
from viewer3d.render.slab import OUTSIDE
from viewer3d.render.slices import grey_table, pane_colors, pane_grey, pane_values
from viewer3d.view import Slab, initial_state
from viewer3d.volume import Volume
from viewer3d.window import Window

WINDOWS = [
    Window(40, 400),
    Window(-0.5, 1),
    Window(127.5, 255.5),
    Window(40, 80, "LINEAR_EXACT"),
    Window(300.25, 1000, "SIGMOID"),
    Window(0, 65535),
]


def exact_frame(volume: Volume, k: int) -> PaneFrame:
    """One pixel on each voxel centre of slice k of a volume with unit in-plane spacing and no direction."""
    return PaneFrame(PLANES["axial"], (0.0, 0.0, k * volume.spacing[2]), 1.0, volume.shape[:2])


@pytest.mark.parametrize("name", list(PLANES))
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_a_marker_is_where_the_affine_says(direction, name, dtype):
    volume = marker_volume(DIRECTIONS[direction], dtype)
    world = volume.geometry.index_to_world(MARKER)
    state = initial_state(volume.geometry, Window(0, 2000)).with_cursor(world)
    frame = slice_frame(volume.geometry, state, name, (640, 480))
    grey = pane_grey(pane_values(volume, frame), state.window)
    away = centroid(grey, 200) - frame.to_pixel(world)
    # A millimetre is several pixels here; half the smallest voxel is 0.4 mm.
    assert np.abs(away).max() * frame.mm_per_pixel < 0.4


def test_other_planes_do_not_show_the_marker(marked):
    world = marked.geometry.index_to_world(MARKER)
    state = initial_state(marked.geometry, Window(0, 2000)).with_cursor(world + 12.0)
    for name in PLANES:
        frame = slice_frame(marked.geometry, state, name, (320, 240))
        assert pane_values(marked, frame).max() < 0


def test_values_at_voxel_centres_are_the_voxels():
    voxels = np.random.default_rng(0).integers(-32767, 32767, (30, 20, 5), np.int16)
    volume = Volume.from_array(voxels, np.diag([1.0, 1.0, 2.5, 1.0]))
    for k in range(5):
        np.testing.assert_array_equal(pane_values(volume, exact_frame(volume, k)), volume.voxels[:, :, k].T)


def test_values_are_interpolated_before_the_window():
    # Half way between 0 and 100 is 50; windowed first, it would be grey 128.
    volume = Volume.from_array(np.array([[[0, 100]]], np.int16).repeat(2, 0).repeat(2, 1), np.eye(4))
    frame = PaneFrame(PLANES["axial"], (0.0, 0.0, 0.5), 1.0, (2, 2))
    assert (pane_values(volume, frame) == 50).all()


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_outer_half_voxels_are_shown_and_nothing_beyond(dtype):
    volume = Volume.from_array(np.full((4, 3, 2), 7, dtype), np.eye(4))
    frame = PaneFrame(PLANES["axial"], (-0.95, -0.95, 0.0), 0.1, (60, 60))
    inside = pane_values(volume, frame) == 7
    # Pixel centres from -0.45 to 3.45 mm lie within -0.5 and 3.5.
    assert inside[20].sum() == 40
    assert inside[:, 20].sum() == 30
    assert inside.sum() == 40 * 30
    beyond = pane_values(volume, frame)[~inside]
    assert np.isnan(beyond).all() if dtype is np.float32 else (beyond == OUTSIDE).all()


def test_a_volume_of_one_slice_is_shown_half_a_voxel_thick():
    volume = Volume.from_array(np.full((4, 4, 1), 7, np.int16), np.diag([1.0, 1.0, 5.0, 1.0]))
    for z, shown in ((2.4, True), (-2.4, True), (2.6, False)):
        frame = PaneFrame(PLANES["axial"], (0.0, 0.0, z), 1.0, (4, 4))
        assert (pane_values(volume, frame) == 7).all() == shown


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_every_grey_of_every_value_is_that_of_the_window(window, inverted):
    values = np.arange(-32767, 32768, dtype=np.int16).reshape(-1, 255)
    grey = window.apply(values)
    expected = np.rint(255 * (1 - grey if inverted else grey))
    for given in (values, values.astype(np.float32)):
        np.testing.assert_array_equal(pane_grey(given, window, inverted=inverted), expected)


@pytest.mark.parametrize("inverted", [False, True])
def test_outside_is_black_also_when_inverted(inverted):
    for values in (np.array([[OUTSIDE, 0]], np.int16), np.array([[np.nan, 0]], np.float32)):
        grey = pane_grey(values, Window(-40000, 10), inverted=inverted)
        assert grey[0, 0] == 0
        assert grey[0, 1] == (0 if inverted else 255)


def test_the_table_is_in_the_order_of_unsigned_values():
    table = grey_table(Window(0, 256, "LINEAR_EXACT"))
    assert table.shape == (65536,)
    assert table[np.array([-128, 127, -1], np.int16).view(np.uint16)].tolist() == [0, 254, 127]


def test_windowing_never_touches_the_voxels(marked):
    before = marked.voxels.copy()
    frame = slice_frame(marked.geometry, initial_state(marked.geometry, Window(0, 10)), "axial", (64, 64))
    pane_grey(pane_values(marked, frame), Window(0, 10))
    np.testing.assert_array_equal(marked.voxels, before)
    assert to_vtk(marked).GetPointData().GetScalars() is not None


@pytest.mark.parametrize(("blend", "blended"), [("maximum", np.max), ("minimum", np.min), ("mean", np.mean)])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_a_slab_blends_the_voxels_in_it(blend, blended, dtype):
    voxels = np.random.default_rng(1).integers(-1000, 1000, (9, 8, 11)).astype(dtype)
    volume = Volume.from_array(voxels, np.diag([1.0, 1.0, 2.0, 1.0]))
    frame = exact_frame(volume, 5)
    three = pane_values(volume, frame, Slab(6.0, blend))  # slices 4, 5 and 6
    np.testing.assert_allclose(three, blended(voxels[:, :, 4:7], axis=2).T, atol=0.51 if dtype == np.int16 else 1e-3)
    # At the volume's end only what is there counts, and not what is outside.
    last = pane_values(volume, exact_frame(volume, 10), Slab(6.0, blend))
    np.testing.assert_allclose(last, blended(voxels[:, :, 9:], axis=2).T, atol=0.51 if dtype == np.int16 else 1e-3)


def test_a_slab_of_one_voxel_is_the_slice():
    volume = marker_volume(DIRECTIONS["identity"])
    frame = slice_frame(volume.geometry, initial_state(volume.geometry, Window(0, 2)), "axial", (80, 60))
    np.testing.assert_array_equal(pane_values(volume, frame, Slab(2.3)), pane_values(volume, frame))


@pytest.mark.parametrize("name", list(PLANES))
@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_a_marker_is_where_the_affine_says_on_oblique_planes(direction, name):
    volume = marker_volume(DIRECTIONS[direction])
    world = volume.geometry.index_to_world(MARKER)
    axes = tuple(tuple(row) for row in (rotation(0, 20) @ rotation(2, 35)).T.tolist())
    state = replace(initial_state(volume.geometry, Window(0, 2000)).with_cursor(world), axes=axes)
    frame = slice_frame(volume.geometry, state, name, (640, 480))
    away = centroid(pane_grey(pane_values(volume, frame), state.window), 200) - frame.to_pixel(world)
    assert np.abs(away).max() * frame.mm_per_pixel < 0.4
    assert frame.position == pytest.approx(world @ state.plane(name).normal)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_colours_are_the_palette_at_the_windows_grey_and_black_outside(dtype):
    volume = marker_volume(DIRECTIONS["oblique"], dtype)
    state = initial_state(volume.geometry, Window(0, 2000))
    values = pane_values(volume, slice_frame(volume.geometry, state, "axial", (90, 70)))
    outside = values == OUTSIDE if dtype == np.int16 else np.isnan(values)
    assert outside.any()
    for inverted in (False, True):
        drawn = pane_colors(values, state.window, "rainbow", inverted=inverted)
        assert not drawn[outside].any()
        grey = pane_grey(values, state.window, inverted=inverted)
        np.testing.assert_array_equal(drawn[~outside], palette("rainbow")[grey[~outside]])
