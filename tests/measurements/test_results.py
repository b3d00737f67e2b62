"""Numbers of measurements against truth: computed directly, by SimpleITK, and known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

import viewer3d
from tests.render.markers import DIRECTIONS, MARKER, marker_volume, rotation
from viewer3d import phantom
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.planes import PLANES
from viewer3d.core.volume import Volume
from viewer3d.measurements.results import MeasurementCache, ProbeValue, Region, measure

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def region(kind, center, sides, ways=AXIAL):
    right, down = np.array(ways)
    half = (sides[0] * right + sides[1] * down) / 2
    points = tuple(tuple(float(v) for v in np.array(center) + sign * half) for sign in (-1, 1))
    return Measurement(kind, points, *ways)


@pytest.fixture(scope="module")
def noise():
    values = np.random.default_rng(5).integers(-1000, 1500, (40, 36, 30)).astype(np.int16)
    return Volume.from_array(values, np.diag([0.7, 1.3, 2.1, 1.0]), unit="HU")


def test_lengths_and_angles():
    volume = marker_volume(np.eye(3))
    assert measure(volume, Measurement("distance", ((1, 2, 3), (4, 6, 15)), *AXIAL)).length == 13
    bent = Measurement("angle", ((3, 0, 0), (0, 0, 0), (0, 0.5, 0)), *AXIAL)
    assert measure(volume, bent).angle == pytest.approx(90)
    thirty = Measurement("angle", ((1, 1, 1), (0, 1, 1), (-np.sqrt(3), 2, 1)), *AXIAL)
    assert measure(volume, thirty).angle == pytest.approx(150)
    flat = Measurement("angle", ((1, 1, 1), (1, 1, 1), (2, 2, 1)), *AXIAL)
    assert measure(volume, flat).angle is None
    assert measure(volume, flat).texts == ("no angle", "reaches outside the volume")
    within = tuple(map(tuple, volume.geometry.index_to_world([(3, 4, 5), (3, 4, 5), (4, 5, 6)]).tolist()))
    assert measure(volume, Measurement("angle", within, *AXIAL)).texts == ("no angle",)


@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_a_distance_between_voxels_is_that_of_the_affine(direction):
    volume = marker_volume(DIRECTIONS[direction])
    points = tuple(map(tuple, volume.geometry.index_to_world([(3, 4, 5), (13, 4, 9)]).tolist()))
    assert measure(volume, Measurement("distance", points, *AXIAL)).length == pytest.approx(np.hypot(8, 9.2))


@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_a_probe_is_the_voxel_it_lies_in(direction):
    volume = marker_volume(DIRECTIONS[direction])

    def value(index):
        return measure(volume, Measurement("probe", (tuple(volume.geometry.index_to_world(index)),), *AXIAL)).value

    assert value(MARKER) == 1500
    assert value(np.add(MARKER, (1.4, -1.4, 1.4))) == 1500
    assert value(np.add(MARKER, (1.6, 0, 0))) == -1000
    assert value((-0.6, 3, 3)) is None


@pytest.mark.parametrize("kind", ["ellipse", "rectangle"])
@pytest.mark.parametrize("name", list(PLANES))
def test_statistics_are_of_the_voxels_of_the_slice_whose_centres_lie_inside(noise, kind, name):
    plane = PLANES[name]
    center = np.array((13.1, 20.2, 30.3))
    one = region(kind, center, (15.3, 18.9), (plane.right, plane.down))
    got = measure(noise, one)
    number = round(noise.geometry.world_to_index(center)[plane.axis])
    expected = []
    for index in np.ndindex(noise.shape):
        if index[plane.axis] == number:
            away = np.array(index) * noise.spacing - center
            u, v = away @ plane.right / (15.3 / 2), away @ plane.down / (18.9 / 2)
            if (u * u + v * v <= 1) if kind == "ellipse" else (abs(u) <= 1 and abs(v) <= 1):
                expected.append(int(noise.voxels[index]))
    assert got.count == len(expected) > 50
    assert (got.minimum, got.maximum) == (min(expected), max(expected))
    assert got.mean == pytest.approx(np.mean(expected), rel=1e-12)
    assert got.sd == pytest.approx(np.std(expected), rel=1e-12)
    assert got.area == pytest.approx(15.3 * 18.9 * (np.pi / 4 if kind == "ellipse" else 1))
    assert got.unit == "HU"


@pytest.mark.parametrize("direction", ["sagittal", "flipped"])
def test_grids_along_the_axes_in_any_order_are_not_interpolated(direction):
    volume = marker_volume(DIRECTIONS[direction])
    center = volume.geometry.index_to_world(MARKER)
    for plane in PLANES.values():
        got = measure(volume, region("rectangle", center, (11, 11), (plane.right, plane.down)))
        voxel = np.abs(volume.geometry.direction @ volume.spacing)
        sizes = [float(voxel @ np.abs(way)) for way in (plane.right, plane.down)]
        marked = (1500 * 9 - 1000 * (got.count - 9)) / got.count
        assert got.count == np.prod([2 * np.floor(5.5 / size) + 1 for size in sizes])
        assert got.mean == pytest.approx(marked)
        assert (got.minimum, got.maximum) == (-1000, 1500)


def test_edges_count_as_inside_and_the_nearest_slice_is_meant():
    k = np.arange(5.0)[None, None, :]
    volume = Volume.from_array(np.broadcast_to(k, (9, 9, 5)), np.diag([1.0, 1, 2, 1]))
    for z, mean, count in (
        (4.0, 2, 9),
        (4.9, 2, 9),
        (5.1, 3, 9),
        (3.0, 2, 9),
        (5.0, 2, 9),
        (-1.0, 0, 9),
        (-1.1, None, 0),
    ):
        got = measure(volume, region("rectangle", (4, 4, z), (2, 2)))
        assert (got.mean, got.count) == (mean, count), z


def test_turned_within_the_slice_it_is_still_the_voxels(noise):
    c, s = np.cos(0.5), np.sin(0.5)
    center = noise.geometry.index_to_world((20, 17, 11))
    one = region("rectangle", center, (9, 16), ((c, s, 0.0), (-s, c, 0.0)))
    i, j = np.meshgrid(np.arange(40), np.arange(36), indexing="ij")
    away = np.stack([i * 0.7, j * 1.3], -1) - center[:2]
    inside = (np.abs(away @ (c, s)) <= 4.5) & (np.abs(away @ (-s, c)) <= 8)
    values = noise.voxels[:, :, 11][inside]
    got = measure(noise, one)
    assert (got.count, got.mean) == (values.size, pytest.approx(values.mean()))


@pytest.mark.parametrize("kind", ["ellipse", "rectangle"])
def test_oblique_statistics_are_those_of_a_ramp(kind):
    # Linear interpolation of what is linear in space is exact.
    slope = np.array((3.0, -2.0, 5.0))
    geometry = marker_volume(DIRECTIONS["oblique"]).geometry
    index = np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), -1)
    volume = Volume((geometry.index_to_world(index) @ slope).astype(np.float32), geometry)
    center = np.array(geometry.center)
    for plane in PLANES.values():
        got = measure(volume, region(kind, center, (12.4, 8.2), (plane.right, plane.down)))
        assert got.mean == pytest.approx(center @ slope, abs=1e-2)
        u = 0.8 * np.arange(-7, 8)[:, None] * (slope @ plane.right)
        v = 0.8 * np.arange(-5, 6)[None, :] * (slope @ plane.down)
        if kind == "rectangle":
            assert got.count == 15 * 11
            assert got.sd == pytest.approx((u + v).std(), rel=1e-4)
            assert got.maximum - got.minimum == pytest.approx((u + v).max() - (u + v).min(), rel=1e-4)
        else:
            assert got.count == pytest.approx(got.area / 0.64, rel=0.05)


def test_a_little_tilt_is_oblique_and_close_to_the_slice(noise):
    smooth = Volume.from_array(np.cumsum(noise.voxels, 2).astype(np.float32), noise.affine)
    center = smooth.geometry.index_to_world((20, 17, 11))
    tilted = rotation(0, 0.3) @ np.eye(3)
    straight, bent = (
        measure(smooth, region("rectangle", center, (9, 16), (tuple(R[:, 0]), tuple(R[:, 1]))))
        for R in (np.eye(3), tilted)
    )
    assert bent.count > straight.count
    assert bent.mean == pytest.approx(straight.mean, abs=straight.sd / 3)


def test_what_is_not_there_is_not_counted():
    values = np.random.default_rng(0).normal(size=(9, 8, 7)).astype(np.float32)
    values[4] = np.nan
    volume = Volume.from_array(values, np.diag([2.0, 2, 2, 1]))
    got = measure(volume, region("rectangle", (8, 6, 6), (4, 4)))
    assert got.count == 6
    assert got.mean == pytest.approx(np.nanmean(values[3:6, 2:5, 3]), rel=1e-6)
    tilted = rotation(2, 10) @ rotation(1, 20)
    for ways in (AXIAL, (tuple(tilted[:, 0]), tuple(tilted[:, 1]))):
        for center, sides in (
            ((8, 6, 6), (0.1, 30)),
            ((7, 5, 6), (0.5, 0.5)),
            ((500, 6, 6), (9, 9)),
            ((8, 6, 6), (0, 0)),
        ):
            nothing = measure(volume, region("ellipse", center, sides, ways))
            assert (nothing.count, nothing.mean, nothing.sd, nothing.minimum) == (0, None, None, None), (center, ways)
            assert nothing.texts[0] == "no voxel inside"
        everything = measure(volume, region("rectangle", (8, 7, 6), (1e7, 1e7), ways))
        assert 50 < everything.count < 400
        assert everything.area == 1e14
    assert measure(volume, Measurement("probe", ((8, 6, 6),), *AXIAL)).value is None
    assert measure(volume, Measurement("probe", ((8, 6, 600),), *AXIAL)).texts == ("no value: outside the volume",)


def test_one_voxel_has_no_spread():
    got = measure(Volume.from_array(np.full((1, 1, 1), 5), np.eye(4), unit="HU"), region("ellipse", (0, 0, 0), (1, 1)))
    assert (got.count, got.mean, got.sd, got.minimum, got.maximum) == (1, 5, 0, 5, 5)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((-3, 5), ("mean 1.0  SD 4.0 HU", "min -3  max 5")),
        ((-3.25, 1234.5), ("mean 615.6  SD 618.9 HU", "min -3  max 1234")),
        ((0.00125, 0.0035), ("mean 0.002375  SD 0.001125 HU", "min 0.001250  max 0.003500")),
        ((0, 2.5), ("mean 1.250  SD 1.250 HU", "min 0.000  max 2.500")),
    ],
)
def test_numbers_have_the_decimals_that_their_size_is_worth(values, texts):
    volume = Volume.from_array(np.array(values).reshape(2, 1, 1), np.eye(4), unit="HU")
    got = measure(volume, region("rectangle", (0.5, 0, 0), (1, 1)))
    assert got.texts == (*texts, "area 1.0 ± 1.2 mm2")
    assert got.mean_uncertainty is None  # of two values nothing says how alike they are


@pytest.mark.parametrize("name", phantom.MARKERS)
def test_in_the_phantom_a_region_in_a_marker_is_its_hu(name):
    center = np.array(phantom.MARKERS[name])
    affine = np.diag([1.1, 0.9, 1.3, 1.0])
    affine[:3, 3] = center - 0.5 * np.diag(affine)[:3] * 13
    i, j, k = np.meshgrid(*(np.arange(14),) * 3, indexing="ij")
    world = np.stack([i, j, k], -1) @ affine[:3, :3].T + affine[:3, 3]
    volume = Volume.from_array(phantom.hu_at(world), affine, unit="HU")
    side = (phantom.MARKER_RADIUS - 2) * np.sqrt(2)
    for plane in PLANES.values():
        got = measure(volume, region("ellipse", center, (side, side), (plane.right, plane.down)))
        assert got.count > 3
        assert (got.mean, got.sd) == (phantom.MARKER_HU, 0)


@pytest.mark.slow  # with the peers, which only the long tests have
def test_on_a_real_series_as_simpleitk_finds(real):
    sitk = pytest.importorskip("SimpleITK")
    folder = real("ct_head_64_slicer")
    volume = viewer3d.load(folder)
    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
    number = 40
    center = np.array(image.TransformContinuousIndexToPhysicalPoint((31.3, 28.8, number)))
    ways = np.array(image.GetDirection()).reshape(3, 3).T
    one = region("ellipse", center, (61.0, 83.0), (tuple(ways[0]), tuple(ways[1])))
    mask = sitk.Image(image.GetSize(), sitk.sitkUInt8)
    mask.CopyInformation(image)
    for i in range(64):
        for j in range(64):
            away = np.array(image.TransformIndexToPhysicalPoint((i, j, number))) - center
            if (away @ ways[0] / 30.5) ** 2 + (away @ ways[1] / 41.5) ** 2 <= 1:
                mask[i, j, number] = 1
    truth = sitk.LabelStatisticsImageFilter()
    truth.Execute(image, mask)
    got = measure(volume, one)
    assert got.count == truth.GetCount(1) > 100
    assert got.mean == pytest.approx(truth.GetMean(1))
    assert (got.minimum, got.maximum) == (truth.GetMinimum(1), truth.GetMaximum(1))
    # SimpleITK divides by one less.
    assert got.sd * np.sqrt(got.count / (got.count - 1)) == pytest.approx(truth.GetSigma(1))


def test_what_is_known_is_not_measured_again(noise, monkeypatch):
    calls = []
    monkeypatch.setattr("viewer3d.measurements.results.measure", lambda *given: calls.append(given) or measure(*given))
    results, one = MeasurementCache(noise), region("ellipse", (13, 20, 30), (5, 5))
    assert results.of(one) is results.of(region("ellipse", (13, 20, 30), (5, 5)))
    assert len(calls) == 1
    results.of(one.moved((1, 0, 0)))
    assert len(calls) == 2


def test_from_python():
    volume = marker_volume(np.eye(3))
    state = viewer3d.Viewer(volume, "axial", (64, 64), off_screen=True).state
    center = tuple(volume.geometry.index_to_world(MARKER))
    state = state.with_measurement(viewer3d.Measurement("probe", (center,), *AXIAL))
    assert [viewer3d.measure(volume, one).value for one in state.measurements] == [1500]


def tilted() -> Volume:
    """Slices of 10, of which a growing part was not measured: there is -1000, which nobody is to measure."""
    measured = np.array([[0, 30, k, 30] for k in range(12)])
    voxels = np.full((30, 30, 12), 10, np.int16)
    for k in range(12):
        voxels[:, :k, k] = -1000
    return Volume.from_array(voxels, np.eye(4), unit="HU", measured=measured)


def test_a_region_leaves_out_what_was_not_measured() -> None:
    volume = tilted()
    shape = Measurement("rectangle", ((0, 0, 6), (9, 19, 6)), (1, 0, 0), (0, 1, 0))
    region = measure(volume, shape)
    assert isinstance(region, Region)
    assert (region.count, region.mean, region.minimum) == (10 * 14, 10, 10)
    assert measure(volume, Measurement("probe", ((3, 2, 6),), *AXIAL)) == ProbeValue(None, "HU")
    beside = measure(volume, Measurement("rectangle", ((0, 0, 6), (9, 5, 6)), (1, 0, 0), (0, 1, 0)))
    assert isinstance(beside, Region)
    assert beside.count == 0


def test_an_oblique_region_leaves_out_what_was_not_measured() -> None:
    a = np.radians(20)
    right, down = (float(np.cos(a)), 0.0, float(np.sin(a))), (0.0, 1.0, 0.0)
    center = np.array([15.0, 8.0, 6.0])
    ends = [center + sign * (8 * np.array(right) + 7 * np.array(down)) for sign in (-1, 1)]
    region = measure(tilted(), Measurement("rectangle", tuple(tuple(end) for end in ends), right, down))
    assert isinstance(region, Region)
    assert 50 < region.count < 17 * 15
    assert region.minimum == pytest.approx(10)
    assert region.sd == pytest.approx(0, abs=1e-9)


def test_padding_below_the_hu_scale_is_no_value() -> None:
    voxels = np.full((9, 9, 9), 20, np.int16)
    voxels[:4] = -2000
    shape = Measurement("rectangle", ((0, 0, 4), (8, 8, 4)), (1, 0, 0), (0, 1, 0))
    for unit, mean in (("HU", 20), ("", (4 * -2000 + 5 * 20) / 9)):
        region = measure(Volume.from_array(voxels, np.eye(4), unit=unit, background=-2000.0), shape)
        assert isinstance(region, Region)
        assert region.mean == pytest.approx(mean)
