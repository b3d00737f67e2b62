"""Freehand and polygon regions against numpy: shoelace, masks of their own, and the even-odd rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import viewer3d
from tests.render.markers import rotation
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.planes import PLANES
from viewer3d.core.volume import Volume
from viewer3d.measurements.outlines import area_of, contains_or_touches, perimeter_of
from viewer3d.measurements.results import MeasurementCache, measure

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
VALUES = np.random.default_rng(5).integers(-1000, 1500, (40, 36, 30)).astype(np.int16)
NOISE = Volume.from_array(VALUES, np.diag([0.7, 1.3, 2.1, 1.0]), unit="HU")


def outline(center, flat, ways=AXIAL, kind="polygon"):
    points = np.array(center, np.float64) + np.asarray(flat, np.float64) @ np.array(ways)
    return Measurement(kind, tuple(map(tuple, points.tolist())), *ways)


def ray_mask(flat, points):
    """Return which points lie inside: a ray to the right crosses the edges an odd number of times."""
    inside = np.zeros(len(points), bool)
    for (x0, y0), (x1, y1) in zip(flat, np.roll(flat, -1, axis=0), strict=True):
        if y0 != y1:
            spans = (y0 <= points[:, 1]) != (y1 <= points[:, 1])
            inside ^= spans & (points[:, 0] < x0 + (points[:, 1] - y0) / (y1 - y0) * (x1 - x0))
    return inside


def shoelace(flat):
    x, y = np.array(flat).T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


@st.composite
def stars(draw):
    """Return an outline that does not cross itself: corners around a point, each further on."""
    count = draw(st.integers(3, 30))
    steps = np.array([draw(st.floats(0.5, 1)) for _ in range(count)])
    angles = np.cumsum(steps) * 2 * np.pi / steps.sum()
    radii = np.array([draw(st.floats(1, 11)) for _ in range(count)])
    return radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], -1)


@settings(max_examples=60, deadline=None)
@given(stars(), st.sampled_from(list(PLANES)), st.sampled_from(["freehand", "polygon"]))
def test_area_and_statistics_are_those_of_numpy(flat, name, kind):
    plane, center = PLANES[name], np.array((13.11, 20.23, 30.37))
    one = outline(center, flat, (plane.right, plane.down), kind)
    got = measure(NOISE, one)
    assert got.area == pytest.approx(shoelace(flat))
    assert got.perimeter == pytest.approx(np.hypot(*(np.roll(flat, -1, 0) - flat).T).sum())
    index = np.moveaxis(np.indices(NOISE.shape), 0, -1)
    number = round(NOISE.geometry.world_to_index(center)[plane.axis])
    index = np.take(index, [number], plane.axis).reshape(-1, 3)
    away = (index * NOISE.spacing - center) @ np.array([plane.right, plane.down]).T
    values = VALUES[tuple(index[ray_mask(flat, away)].T)]
    assert got.count == values.size
    if values.size:
        assert (got.minimum, got.maximum) == (values.min(), values.max())
        assert (got.mean, got.sd) == (pytest.approx(values.mean()), pytest.approx(values.std()))
    assert measure(NOISE, one.moved((0, 0, 0))) == got


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=12))
def test_an_outline_that_crosses_itself_has_what_it_goes_around_an_odd_number_of_times(corners):
    flat = np.array(corners, np.float64)
    fine = np.stack(np.meshgrid(*(np.arange(-9.5, 9.5, 0.13),) * 2, indexing="ij"), -1).reshape(-1, 2)
    fine += (2**0.5 / 100, np.pi / 1000)  # on no edge
    expected = ray_mask(flat, fine)
    got = contains_or_touches(flat, fine, 1e-9)
    assert np.count_nonzero(got != expected) == 0
    # Half a cell along the edges may be on either side.
    assert area_of(flat) == pytest.approx(expected.sum() * 0.13**2, abs=0.13 * perimeter_of(flat) + 0.1)


def test_a_bow_tie_has_both_its_halves():
    tie = outline((14, 20, 30), [(-5, -5), (5, 5), (5, -5), (-5, 5)])
    assert measure(NOISE, tie).area == pytest.approx(50)
    twice = outline((14, 20, 30), [(-5, -5), (5, -5), (5, 5), (-5, 5)] * 2)
    assert measure(NOISE, twice).area == pytest.approx(0)


def test_centres_on_the_edge_and_on_corners_are_inside_as_those_of_a_rectangle():
    volume = Volume.from_array(np.arange(900, dtype=np.float32).reshape(30, 30, 1), np.eye(4), unit="HU")
    box = Measurement("rectangle", ((4.0, 5.0, 0.0), (9.0, 12.0, 0.0)), *AXIAL)
    corners = [(4, 5), (9, 5), (9, 12), (4, 12)]
    for order in (corners, corners[::-1], corners[2:] + corners[:2]):
        same, expected = measure(volume, outline((0, 0, 0), order)), measure(volume, box)
        assert (same.area, same.count, same.mean) == (expected.area, expected.count, expected.mean) == (35, 48, 203.5)
    needle = outline((0, 0, 0), [(3, 3), (20, 3.2), (20, 3.4)])
    assert measure(volume, needle).minimum == 93  # its tip alone is the centre of a voxel


def test_a_turned_outline_interpolates_as_a_turned_rectangle_does():
    axes = rotation(0, 25) @ rotation(1, 20)
    ways = (tuple(axes[:, 0]), tuple(axes[:, 1]))
    center = NOISE.geometry.index_to_world(np.array(NOISE.shape) / 2)
    corners = tuple(tuple((center + sign * (4 * axes[:, 0] + 3 * axes[:, 1])).tolist()) for sign in (-1, 1))
    box = measure(NOISE, Measurement("rectangle", corners, *ways))
    same = measure(NOISE, outline(center, [(-4, -3), (4, -3), (4, 3), (-4, 3)], ways))
    assert (same.count, same.area) == (box.count, pytest.approx(box.area))
    assert (same.mean, same.sd) == (pytest.approx(box.mean), pytest.approx(box.sd))


@pytest.mark.parametrize(
    ("kind", "flat", "outside"),
    [
        ("distance", [(0, 0), (30, 0)], True),
        ("distance", [(0, 0), (14, 0)], False),
        ("angle", [(0, 0), (5, 5), (-15, 0)], True),
        ("probe", [(0, 0)], False),
        ("probe", [(0, 99)], True),
        ("ellipse", [(-9, -9), (19, 9)], True),
        ("rectangle", [(-9, -9), (9, 9)], False),
        ("rectangle", [(-9, -29), (9, 9)], True),
        ("polygon", [(-9, -9), (9, 9), (0, 24.1)], True),
        ("freehand", [(-9, -9), (9, 9), (0, 23.9)], False),
        ("bidirectional", [(-9, 0), (9, 0), (0, -30), (0, 2)], True),
        ("arrow", [(0, 0), (15, 0)], True),
        ("text", [(-14.1, 0)], True),
        ("text", [(-13.9, 0)], False),
    ],
)
def test_what_reaches_outside_says_so(kind, flat, outside):
    # From the middle to the border it is 14 mm to the right and left, 23.4 mm up and down.
    center = NOISE.geometry.index_to_world((np.array(NOISE.shape) - 1) / 2)
    scaled = np.array(flat) * (1, 23.4 / 24)
    result = measure(NOISE, outline(center, scaled, kind=kind))
    assert result.outside is outside
    assert any("outside" in line for line in result.texts) is outside
    if outside:
        told = MeasurementCache(NOISE, "PET").texts(outline(center, scaled, kind=kind))
        assert told[-1] in ("reaches outside PET", "PET: no value: outside the volume")


def test_an_ellipse_whose_box_alone_reaches_outside_does_not():
    turned = Volume.from_array(np.zeros((20, 20, 3), np.float32), np.diag([1.0, 1, 1, 1]))
    turn = rotation(2, 45)
    ways = (tuple(turn[:, 0]), tuple(turn[:, 1]))
    ellipse = outline((9.5, 9.5, 1), [(-9.9, -9.9), (9.9, 9.9)], ways, "ellipse")
    assert not measure(turned, ellipse).outside
    assert measure(turned, outline((9.5, 9.5, 1), [(-10.1, -10.1), (10.1, 10.1)], ways, "ellipse")).outside
    box = outline((9.5, 9.5, 1), [(-9.9, -9.9), (9.9, 9.9)], ways, "rectangle")
    assert measure(turned, box).outside


def test_a_bidirectional_has_its_longer_axis_first():
    one = outline((14, 20, 30), [(-2, 0), (2, 0), (0, -5), (0, 6)], kind="bidirectional")
    got = measure(NOISE, one)
    assert (got.long, got.short, got.product) == (11, 4, 44)
    assert got.texts == (f"long 11.0 ± {got.long_uncertainty:.1f} mm", f"short 4.0 ± {got.short_uncertainty:.1f} mm")
    assert got.long_uncertainty == measure(NOISE, Measurement("distance", one.points[2:], *AXIAL)).uncertainty


def test_arrows_and_texts_measure_nothing():
    for kind, flat in (("arrow", [(0, 0), (3, 3)]), ("text", [(0, 0)])):
        result = measure(NOISE, outline((14, 20, 30), flat, kind=kind))
        assert (result, result.texts) == (viewer3d.Remark(), ())


def test_the_mean_of_a_polygon_is_as_sure_as_that_of_the_same_rectangle():
    # Half of the region is bright: its mean moves with the side that is.
    values = np.where(np.arange(60)[:, None, None] < 30, 100.0, 0.0) + np.zeros((60, 60, 2))
    values += np.random.default_rng(1).normal(0, 3, values.shape)
    volume = Volume.from_array(values.astype(np.float32), np.eye(4), unit="HU")
    for shift in (0.0, 3.3, 11.2):
        corners = ((15.2 + shift, 20.3, 0.0), (41.7 + shift, 44.1, 0.0))
        box = measure(volume, Measurement("rectangle", corners, *AXIAL))
        (x0, y0, _), (x1, y1, _) = corners
        same = measure(volume, outline((0, 0, 0), [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))
        assert same.mean_uncertainty == pytest.approx(box.mean_uncertainty, rel=0.3)
        assert same.mean_uncertainty > 0.5
        # The corners of a rectangle go two by two, those of a polygon each by itself.
        assert same.area_uncertainty == pytest.approx(box.area_uncertainty * 2**-0.5, rel=0.02)


@pytest.mark.parametrize("name", [pytest.param("ct_seg_liver", marks=pytest.mark.slow), "mr_sag_hfs"])
def test_on_real_slices_it_is_what_numpy_finds(real, name):
    volume = viewer3d.load(real(name))
    geometry = volume.geometry
    k = volume.shape[2] // 2
    turns = np.linspace(0, 2 * np.pi, 70, endpoint=False)
    middle = np.array(volume.shape[:2]) / 2.3
    flat = middle + (30 + 9 * np.sin(3 * turns))[:, None] * np.stack([np.cos(turns), np.sin(turns)], -1)
    world = geometry.index_to_world(np.column_stack([flat, np.full(len(flat), k)]))
    right, down = geometry.direction[:, :2].T
    one = Measurement("freehand", tuple(map(tuple, world.tolist())), tuple(right.tolist()), tuple(down.tolist()))
    got = measure(volume, one)
    index = np.stack(np.meshgrid(*map(np.arange, volume.shape[:2]), indexing="ij"), -1).reshape(-1, 2)
    values = volume.voxels[:, :, k].reshape(-1)[ray_mask(flat, index.astype(float))].astype(np.float64)
    assert got.count == values.size > 1000
    assert (got.mean, got.sd) == (pytest.approx(values.mean()), pytest.approx(values.std()))
    assert (got.minimum, got.maximum) == (values.min(), values.max())
    assert got.area == pytest.approx(shoelace(flat) * volume.spacing[0] * volume.spacing[1], rel=1e-4)
    assert got.mean_uncertainty > 0
