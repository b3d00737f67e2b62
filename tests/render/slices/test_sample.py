from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, MARKER, centroid, marker_volume, rotation
from viewer3d import load
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Blend, Slab, SlicePane, state_of_geometry
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.panes import PaneGeometry, pane_geometry
from viewer3d.render.slices.sample import Sampler, holds_outside
from viewer3d.render.slices.slab import OUTSIDE
from viewer3d.render.slices.windowing import grey_values


def exact_pane(volume: Volume, k: float) -> PaneGeometry:
    """One pixel on each voxel centre of slice k of a volume with unit in-plane spacing and no direction."""
    return PaneGeometry(PLANES["axial"], (0.0, 0.0, k * volume.spacing[2]), 1.0, volume.shape[:2])


@pytest.mark.parametrize("name", list(PLANES))
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_a_marker_is_where_the_affine_says(direction, name, dtype):
    volume = marker_volume(DIRECTIONS[direction], dtype)
    world = volume.geometry.index_to_world(MARKER)
    state = state_of_geometry(volume.geometry, Window(0, 2000)).with_cursor(world)
    pane = pane_geometry(volume.geometry, state, name, (640, 480))
    grey = grey_values(Sampler(volume).values(pane), state.look.window)
    away = centroid(grey, 200) - pane.to_pixel(world)
    # A millimetre is several pixels here; half the smallest voxel is 0.4 mm.
    assert np.abs(away).max() * pane.mm_per_pixel < 0.4


def test_other_planes_do_not_show_the_marker(marked):
    world = marked.geometry.index_to_world(MARKER)
    state = state_of_geometry(marked.geometry, Window(0, 2000)).with_cursor(world + 12.0)
    for name in PLANES:
        pane = pane_geometry(marked.geometry, state, name, (320, 240))
        assert Sampler(marked).values(pane).max() < 0


def test_values_at_voxel_centres_are_the_voxels():
    voxels = np.random.default_rng(0).integers(-32767, 32767, (30, 20, 5), np.int16)
    volume = Volume.from_array(voxels, np.diag([1.0, 1.0, 2.5, 1.0]))
    for k in range(5):
        np.testing.assert_array_equal(Sampler(volume).values(exact_pane(volume, k)), volume.voxels[:, :, k].T)


def test_values_are_interpolated_before_the_window():
    # Half way between 0 and 100 is 50; windowed first, it would be grey 128.
    volume = Volume.from_array(np.array([[[0, 100]]], np.int16).repeat(2, 0).repeat(2, 1), np.eye(4))
    pane = PaneGeometry(PLANES["axial"], (0.0, 0.0, 0.5), 1.0, (2, 2))
    assert (Sampler(volume).values(pane) == 50).all()


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_outer_half_voxels_are_shown_and_nothing_beyond(dtype):
    volume = Volume.from_array(np.full((4, 3, 2), 7, dtype), np.eye(4))
    pane = PaneGeometry(PLANES["axial"], (-0.95, -0.95, 0.0), 0.1, (60, 60))
    inside = Sampler(volume).values(pane) == 7
    # Pixel centres from -0.45 to 3.45 mm lie within -0.5 and 3.5.
    assert inside[20].sum() == 40
    assert inside[:, 20].sum() == 30
    assert inside.sum() == 40 * 30
    beyond = Sampler(volume).values(pane)[~inside]
    assert np.isnan(beyond).all() if dtype is np.float32 else (beyond == OUTSIDE).all()


def test_a_volume_of_one_slice_is_shown_half_a_voxel_thick():
    volume = Volume.from_array(np.full((4, 4, 1), 7, np.int16), np.diag([1.0, 1.0, 5.0, 1.0]))
    for z, shown in ((2.4, True), (-2.4, True), (2.6, False)):
        pane = PaneGeometry(PLANES["axial"], (0.0, 0.0, z), 1.0, (4, 4))
        assert (Sampler(volume).values(pane) == 7).all() == shown


def through(voxels, begin, end, highest):
    """What is highest or lowest of linear interpolation between slices from one place to another, by numpy alone."""
    last = voxels.shape[2] - 1
    fine = np.clip(np.linspace(max(begin, -0.5), min(end, last + 0.5), 4001), 0, last)
    below = np.minimum(fine.astype(int), max(last - 1, 0))
    above, share = np.minimum(below + 1, last), fine - below
    lines = voxels[:, :, below] * (1 - share) + voxels[:, :, above] * share
    return (lines.max(2) if highest else lines.min(2)).T


@pytest.mark.parametrize("blend", ["maximum", "minimum"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("at", [5.0, 5.3, 6.5, 0.0, 10.0, 10.4])
@pytest.mark.parametrize("thickness", [0.6, 2.0, 6.0, 7.7, 100.0])
def test_a_slab_blends_all_that_lies_in_it(blend, dtype, at, thickness):
    voxels = np.random.default_rng(1).integers(-1000, 1000, (9, 8, 11)).astype(dtype)
    volume = Volume.from_array(voxels, np.diag([1.0, 1.0, 2.0, 1.0]))
    seen = Sampler(volume).values(exact_pane(volume, at), Slab(thickness, blend))
    # At the volume's end only what is there counts, and not what is outside.
    expected = through(voxels, at - thickness / 4, at + thickness / 4, blend == "maximum")
    # The brute force passes an extreme by half its step of the slab at most; VTK rounds places to 2^-16 of a voxel.
    step = 2000 * min(thickness / 2, 11) / 4000 / 2
    np.testing.assert_allclose(seen, expected, atol=(0.51 if dtype == np.int16 else 0.04) + step)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_a_mean_is_that_of_the_voxels_in_the_slab(dtype):
    voxels = np.random.default_rng(1).integers(-1000, 1000, (9, 8, 11)).astype(dtype)
    volume = Volume.from_array(voxels, np.diag([1.0, 1.0, 2.0, 1.0]))
    three = Sampler(volume).values(exact_pane(volume, 5), Slab(6.0, "mean"))  # slices 4, 5 and 6
    atol = 0.51 if dtype == np.int16 else 1e-3
    np.testing.assert_allclose(three, np.mean(voxels[:, :, 4:7], axis=2).T, atol=atol)
    # At the volume's end only what is there counts, and not what is outside.
    last = Sampler(volume).values(exact_pane(volume, 10), Slab(6.0, "mean"))
    np.testing.assert_allclose(last, np.mean(voxels[:, :, 9:], axis=2).T, atol=atol)


@pytest.mark.parametrize(("blend", "blended"), [("maximum", np.max), ("minimum", np.min), ("mean", np.mean)])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_a_slab_of_the_nearest_voxels_blends_those_in_it(blend, blended, dtype):
    voxels = np.random.default_rng(1).integers(-1000, 1000, (9, 8, 11)).astype(dtype)
    volume = Volume.from_array(voxels, np.diag([1.0, 1.0, 2.0, 1.0]))
    sampler = Sampler(volume, "nearest")
    for k, first, last in ((5, 4, 7), (10, 9, 11), (0, 0, 2)):
        three = sampler.values(exact_pane(volume, k), Slab(6.0, blend))
        expected = blended(voxels[:, :, first:last], axis=2).T
        np.testing.assert_allclose(three, expected, atol=0.51 if dtype == np.int16 and blend == "mean" else 1e-3)


def test_a_slab_beside_the_volume_is_empty():
    volume = Volume.from_array(np.zeros((9, 8, 11), np.int16), np.diag([1.0, 1.0, 2.0, 1.0]))
    assert (Sampler(volume).values(exact_pane(volume, 14), Slab(6.0)) == OUTSIDE).all()
    assert (Sampler(volume).values(exact_pane(volume, 11.9), Slab(6.0)) == 0).all()


@pytest.mark.parametrize("blend", ["maximum", "minimum", "mean"])
def test_a_slab_as_thin_as_nothing_is_the_slice(blend):
    volume = marker_volume(DIRECTIONS["identity"])
    pane = pane_geometry(volume.geometry, state_of_geometry(volume.geometry, Window(0, 2)), "axial", (80, 60))
    np.testing.assert_array_equal(Sampler(volume).values(pane, Slab(1e-7, blend)), Sampler(volume).values(pane))


def turned(state):
    axes = tuple(tuple(row) for row in (rotation(0, 20) @ rotation(2, 35)).T.tolist())
    return replace(state, axes=axes)


def rays(volume, pane, thickness, step):
    """All that lies behind each pixel from face to face, sampled by numpy alone: (samples, rows, columns) float64."""
    offsets = np.linspace(-thickness / 2, thickness / 2, int(np.ceil(thickness / step)) + 1)
    columns, rows = np.meshgrid(*(np.arange(n) for n in pane.size))
    pixels = pane.to_world(np.stack([columns, rows], -1))
    last = np.array(volume.shape) - 1
    lines = np.empty((len(offsets), *columns.shape))
    for n, offset in enumerate(offsets):
        index = volume.geometry.world_to_index(pixels + offset * np.array(pane.plane.normal))
        inside = ((index >= -0.5) & (index <= last + 0.5)).all(-1)
        index = np.clip(index, 0, last)
        low = np.minimum(index.astype(int), last - 1)
        share = index - low
        line = np.where(inside, 0.0, np.nan)
        for corner in np.ndindex(2, 2, 2):
            weight = np.where(corner, share, 1 - share).prod(-1)
            line = line + weight * volume.voxels[tuple(np.moveaxis(low + corner, -1, 0))]
        lines[n] = line
    return lines


SOON_WITH_REAL = (
    ("ct_torso_acrin", "coronal", True),
    ("pet_ac_bqml", "sagittal", True),
    ("pet_ac_bqml", "axial", False),
)


@pytest.mark.parametrize(
    ("series", "name", "oblique"),
    [
        pytest.param(*some, marks=() if some in SOON_WITH_REAL else pytest.mark.slow)
        for some in product(["ct_torso_acrin", "pet_ac_bqml"], PLANES, [False, True])
    ],
)
def test_slabs_of_real_series_against_brute_force(real, series, name, oblique):
    volume = load(real(series))
    state = state_of_geometry(volume.geometry, Window(0, 2)).with_cursor(np.add(volume.geometry.center, 0.3))
    state = (turned(state) if oblique else state).with_pane(name, SlicePane(zoom=1.5))
    pane = pane_geometry(volume.geometry, state, name, (60, 46))
    thickness, part = 10.0, 1 / 12
    step = volume.geometry.step(pane.plane.normal)
    lines = rays(volume, pane, thickness, step * part)
    plane = Sampler(volume).values(pane)
    reached = np.isfinite(lines).all(0)
    assert reached.mean() > 0.5
    lines, plane = lines[:, reached], plane[reached]
    rounding = 1.0 if volume.voxels.dtype == np.int16 else 1e-3
    # What a line changes by over half a voxel, and along the grid over the brute force's own step.
    near = int(0.5 / part) if oblique else 1
    change = np.max([np.abs(lines[n:] - lines[:-n]).max(0) for n in range(1, near + 1)], axis=0)
    highest, lowest, mean = (Sampler(volume).values(pane, Slab(thickness, b))[reached] for b in get_args(Blend))
    assert (highest >= plane).all()
    assert (lowest <= plane).all()
    assert (highest >= lines.max(0) - (change + rounding if oblique else rounding)).all()
    assert (lowest <= lines.min(0) + (change + rounding if oblique else rounding)).all()
    assert (highest <= lines.max(0) + change + rounding).all()
    assert (lowest >= lines.min(0) - change - rounding).all()
    # Aslant next to nothing is lost but here and there: of a CT 10 to 19 HU were, and up to 2036.
    for lost in (lines.max(0) - highest, lowest - lines.min(0)):
        assert lost.mean() < (0.8 if volume.unit == "HU" else 0.004)
        assert np.percentile(lost, 99) < (40 if volume.unit == "HU" else 0.1)
    true = np.trapezoid(lines, axis=0) / (len(lines) - 1)
    half = int(0.5 / part)  # the middles of parts of a voxel
    over_half = np.max([np.abs(lines[n:] - lines[:-n]).max(0) for n in range(1, half + 1)], axis=0)
    assert (np.abs(mean - true) <= over_half / 2 + rounding).all()


@pytest.mark.parametrize("name", list(PLANES))
@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_a_marker_is_where_the_affine_says_on_oblique_planes(direction, name):
    volume = marker_volume(DIRECTIONS[direction])
    world = volume.geometry.index_to_world(MARKER)
    state = turned(state_of_geometry(volume.geometry, Window(0, 2000)).with_cursor(world))
    pane = pane_geometry(volume.geometry, state, name, (640, 480))
    away = centroid(grey_values(Sampler(volume).values(pane), state.look.window), 200) - pane.to_pixel(world)
    assert np.abs(away).max() * pane.mm_per_pixel < 0.4
    assert pane.position == pytest.approx(world @ state.plane(name).normal)


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_a_value_is_read_out_as_it_is_sampled(direction, dtype, interpolation):
    """Of each pixel, inside, in the outer halves of the outer voxels and outside."""
    voxels = np.random.default_rng(5).integers(-500, 500, (9, 7, 6)).astype(dtype)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = DIRECTIONS[direction] * (0.9, 1.1, 2.3), (-3.3, 5.7, 11.9)
    volume = Volume.from_array(voxels, affine)
    for plane in PLANES.values():
        origin = np.add(volume.geometry.center, (0.37, -0.21, 0.43))
        pane = PaneGeometry(plane, tuple(origin), 0.7, (33, 29))
        sampled = Sampler(volume, interpolation).values(pane)
        rows, columns = np.mgrid[:29, :33]
        world = pane.to_world(np.stack([columns, rows], -1))
        told = [volume.value_at(point, interpolation) for point in world.reshape(-1, 3)]
        assert sum(one is None for one in told) > 100
        assert sum(one is not None for one in told) > 20
        outside = OUTSIDE if dtype == np.int16 else np.nan
        wanted = np.array([outside if one is None else one for one in told]).reshape(29, 33)
        np.testing.assert_allclose(sampled, wanted, atol=0.02 if dtype == np.float32 else 0, equal_nan=True)


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize("slab", [Slab(), Slab(6.0), Slab(5.0, "minimum"), Slab(7.0, "mean")], ids=str)
@pytest.mark.parametrize("oblique", [False, True])
def test_samples_in_float_are_the_whole_numbers_they_are_in_int16(oblique, slab, interpolation):
    volume = marker_volume(DIRECTIONS["oblique" if oblique else "identity"])
    pane = pane_geometry(volume.geometry, state_of_geometry(volume.geometry, Window(0, 2)), "coronal", (80, 60))
    whole = Sampler(volume, interpolation).values(pane, slab)
    sampler = Sampler(volume, interpolation, in_float=True)
    values = sampler.values(pane, slab)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(np.where(np.isnan(values), OUTSIDE, values), whole)
    np.testing.assert_array_equal(sampler.covers(pane, slab), whole != OUTSIDE)
    assert 0 < (whole != OUTSIDE).mean() < 1


@pytest.mark.parametrize("slab", [Slab(), Slab(3.0, "mean"), Slab(3.0, "minimum"), Slab(3.0)], ids=str)
def test_a_voxel_of_the_value_that_outside_has_is_inside(slab):
    voxels = np.full((4, 3, 3), OUTSIDE, np.int16)
    volume = Volume.from_array(voxels, np.eye(4))
    assert holds_outside(volume)
    assert not holds_outside(Volume.from_array(voxels + 1, np.eye(4)))
    place = PaneGeometry(PLANES["axial"], (-3.0, -3.0, 1.0), 1.0, (12, 12))
    sampler = Sampler(volume, in_float=True)
    values = sampler.values(place, slab)
    inside = np.zeros((12, 12), bool)
    inside[3:6, 3:7] = True
    np.testing.assert_array_equal(values, np.where(inside, OUTSIDE, np.nan))
    np.testing.assert_array_equal(sampler.covers(place, slab), inside)


@pytest.mark.parametrize("slab", [Slab(), Slab(3.0, "mean"), Slab(3.0)], ids=str)
def test_no_number_is_inside_all_the_same(slab):
    volume = Volume.from_array(np.full((4, 3, 3), np.nan, np.float32), np.eye(4))
    assert holds_outside(volume)
    place = PaneGeometry(PLANES["axial"], (-3.0, -3.0, 1.0), 1.0, (12, 12))
    covers = Sampler(volume).covers(place, slab)
    assert covers[3:6, 3:7].all()
    assert covers.sum() == 12
    assert not Sampler(volume).covers(PaneGeometry(PLANES["axial"], (-3.0, -3.0, 9.0), 1.0, (12, 12)), slab).any()
