"""Regions grown in a sphere: held against a flood of the test's own, against segments, and against real PET."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import viewer3d
from tests.render.markers import rotation
from viewer3d import Measurement, Volume
from viewer3d.core.geometry import Geometry
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.view.threshold import USUAL_THRESHOLDS, Threshold
from viewer3d.errors import ViewError
from viewer3d.measurements.isocontours import connected_to, grown_region
from viewer3d.measurements.table import table_row
from viewer3d.measurements.values import LEAKS, OUTSIDE_VOLUME, Isocontour

R, D = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
RNG = np.random.default_rng(7)


def sphere(center: object, radius: float, threshold: Threshold | None = None) -> Measurement:
    x, y, z = (float(one) for one in np.asarray(center))
    return Measurement("isocontour", ((x, y, z), (x + radius, y, z)), R, D, threshold=threshold)


def measured(volume: Volume, shape: Measurement) -> Isocontour:
    found = viewer3d.measure(volume, shape)
    assert isinstance(found, Isocontour)
    return found


def flooded(volume: Volume, shape: Measurement) -> tuple[NDArray[np.bool_], bool]:
    """The same voxel by voxel, over the whole grid: which are in it, and whether it goes on beyond the sphere."""
    world = volume.geometry.index_to_world(np.stack(np.meshgrid(*map(np.arange, volume.shape), indexing="ij"), -1))
    inside = np.linalg.norm(world - shape.points[0], axis=-1) <= shape.radius + 1e-6
    values = volume.voxels.astype(np.float64)
    inside &= np.isfinite(values)
    found = np.zeros(volume.shape, np.bool_)
    if not inside.any():
        return found, False
    highest = np.where(inside, values, -np.inf)
    assert shape.threshold is not None
    least = shape.threshold.of(float(highest.max()))
    if least is None or highest.max() < least:
        return found, False
    queue, leaks = deque([tuple(int(n) for n in np.unravel_index(int(highest.argmax()), values.shape))]), False
    found[queue[0]] = True
    while queue:
        index = queue.popleft()
        for axis in range(3):
            for sign in (-1, 1):
                beside = tuple(n + sign * (axis == a) for a, n in enumerate(index))
                if not all(0 <= n < count for n, count in zip(beside, values.shape, strict=True)):
                    continue
                if not values[beside] >= least:
                    continue
                leaks |= not inside[beside]
                if inside[beside] and not found[beside]:
                    found[beside] = True
                    queue.append(beside)
    return found, leaks


def smooth(shape: tuple[int, int, int]) -> NDArray[np.float32]:
    values = RNG.random(shape)
    for axis in range(3):
        for _ in range(3):
            values = (values + np.roll(values, 1, axis) + np.roll(values, -1, axis)) / 3
    return (10 * (values - values.min()) / np.ptp(values)).astype(np.float32)


@pytest.mark.parametrize("threshold", [*USUAL_THRESHOLDS, Threshold(7.5)], ids=lambda one: one.text)
@pytest.mark.parametrize("turn", [0, 25])
def test_it_is_what_a_plain_flood_finds(threshold: Threshold, turn: float) -> None:
    affine = np.eye(4)
    affine[:3, :3] = rotation(0, turn) @ rotation(2, 2 * turn) @ np.diag([3.0, 4.0, 5.0])
    affine[:3, 3] = (-20, 7, 30)
    values = smooth((13, 12, 11))
    values[4, 5, 6] = np.nan
    volume = Volume.from_array(values, affine, unit="SUVbw", modality="PT")
    seen = set()
    for radius in (0.0, 11.0, 25.0):
        for index in ((8, 7, 7), (0, 0, 0), (5.4, 5.2, 6.1)):
            shape = sphere(volume.geometry.index_to_world(index), radius, threshold)
            wanted, leaks = flooded(volume, shape)
            region = grown_region(volume, shape)
            whole = np.zeros(volume.shape, np.bool_)
            whole[region.box] = region.mask
            np.testing.assert_array_equal(whole, wanted)
            assert region.leaks == leaks
            found = measured(volume, shape)
            assert found.count == wanted.sum()
            seen.add((found.count > 0, leaks))
            if found.count:
                of = values[wanted].astype(np.float64)
                numbers = found.maximum, found.minimum, found.mean, found.sd
                assert numbers == pytest.approx((of.max(), of.min(), of.mean(), of.std()))
                assert found.ml == pytest.approx(wanted.sum() * 0.06)
                assert found.tlg == pytest.approx(of.mean() * wanted.sum() * 0.06)
            assert (LEAKS in found.texts) == leaks
    assert (True, True) in seen or (True, False) in seen


def test_it_has_the_numbers_of_a_segment_of_the_same_voxels() -> None:
    geometry = Geometry(np.diag([4.0, 4.0, 5.0, 1.0]), (24, 24, 20))
    volume = Volume.from_array(smooth(geometry.shape), geometry.affine, unit="SUVbw", modality="PT")
    shape = sphere((48, 48, 50), 30, Threshold(60, of_maximum=True))
    wanted, _ = flooded(volume, shape)
    segment = Segmentation((wanted.astype(np.uint8),), geometry, (Segment(1, "lesion", (200, 60, 60)),)).measure(
        1, volume
    )
    found = measured(volume, shape)
    assert found.count == segment.voxels > 20
    assert (found.ml, found.mean, found.sd, found.maximum) == pytest.approx(
        (segment.ml, segment.mean, segment.sd, segment.max)
    )
    assert (found.peak, found.tlg, found.mtv) == pytest.approx((segment.suv_peak, segment.tlg, segment.mtv))
    assert found.peak_at == segment.suv_peak_at
    assert (found.ml_uncertainty, found.mean_uncertainty) == pytest.approx(
        (segment.ml_uncertainty, segment.mean_uncertainty)
    )


def test_real_pet_is_as_a_segment_of_the_same_voxels(real) -> None:  # type: ignore[no-untyped-def]
    pet = viewer3d.load(real("pet_ac_bqml"))
    highest = np.unravel_index(int(pet.voxels.argmax()), pet.shape)
    for threshold in (Threshold(41, of_maximum=True), Threshold(4)):
        shape = sphere(pet.geometry.index_to_world(highest), 40, threshold)
        region, found = grown_region(pet, shape), measured(pet, shape)
        whole = np.zeros(pet.shape, np.uint8)
        whole[region.box] = region.mask
        segment = Segmentation((whole,), pet.geometry, (Segment(1, "hot", (200, 60, 60)),)).measure(1, pet)
        assert (found.count, found.maximum) == (segment.voxels, float(pet.voxels.max()))
        assert (found.ml, found.mean, found.peak, found.tlg) == pytest.approx(
            (segment.ml, segment.mean, segment.suv_peak, segment.tlg)
        )
        assert found.threshold == pytest.approx(4 if threshold.value == 4 else 0.41 * float(pet.voxels.max()))


def test_hu_has_volume_and_mean_and_no_uptake() -> None:
    values = np.full((20, 20, 20), -800, np.int16)
    values[8:12, 8:12, 8:12] = 60
    values[15, 15, 15] = 900  # beyond the sphere
    volume = Volume.from_array(values, np.diag([2.0, 2.0, 2.0, 1.0]), unit="HU")
    found = measured(volume, sphere((19, 19, 19), 12, Threshold(-400)))
    assert (found.count, found.ml, found.mean, found.threshold) == (64, 64 * 0.008, 60.0, -400)
    assert (found.peak, found.tlg, found.mtv, found.leaks, found.outside) == (None, None, None, False, False)
    assert found.texts[0].startswith("max 60  mean 60.0")
    assert found.texts[1].startswith("volume 0.5")
    assert found.texts[2] == "from -400"
    # A part of a maximum says nothing where that is below 0; and there may be nothing from a value on.
    air = measured(volume, sphere((6, 6, 6), 5, Threshold(41, of_maximum=True)))
    assert air.texts == ("no 41 % of a maximum of -800: give a value",)
    assert measured(volume, sphere((19, 19, 19), 12, Threshold(130))).texts == ("nothing from 130: max 60",)
    away = measured(volume, sphere((300, 300, 300), 12, Threshold(130)))
    assert away.texts == ("no voxel inside", OUTSIDE_VOLUME)
    assert measured(volume, sphere((19, 19, 36), 12, Threshold(-400))).outside


def test_two_that_touch_at_an_edge_are_two() -> None:
    mask = np.zeros((4, 4, 4), np.bool_)
    mask[0, 0, 0] = mask[0, 0, 1] = mask[1, 1, 1] = mask[3, 0, 0] = True
    np.testing.assert_array_equal(np.argwhere(connected_to(mask, (0, 0, 1))), [(0, 0, 0), (0, 0, 1)])
    assert not connected_to(mask, (2, 2, 2)).any()
    assert connected_to(np.ones((3, 4, 5), np.bool_), (1, 1, 1)).all()


def test_its_row_has_what_uptake_asks_for() -> None:
    volume = Volume.from_array(smooth((12, 12, 12)), np.diag([4.0, 4.0, 4.0, 1.0]), unit="SUVbw", modality="PT")
    shape = replace(sphere((20, 20, 20), 9), name="node")
    row, found = table_row(shape, measured(volume, shape)), measured(volume, shape)
    assert (row["kind"], row["count"], row["max"], row["volume_ml"]) == (
        "isocontour", found.count, found.maximum, found.ml,
    )  # fmt: skip
    assert (row["threshold"], row["threshold_percent"], row["radius_mm"]) == (found.threshold, 41, 9)
    assert (row["peak"], row["tlg"], row.get("leaks", False)) == (found.peak, found.tlg, found.leaks)


def test_thresholds_are_checked() -> None:
    assert sphere((0, 0, 0), 5).threshold == Threshold(41, of_maximum=True)
    with pytest.raises(ViewError, match="percent above 0"):
        Threshold(0, of_maximum=True)
    with pytest.raises(ViewError, match="finite"):
        Threshold(float("nan"))
    with pytest.raises(ViewError, match="isocontour alone"):
        Measurement("probe", ((0.0, 0.0, 0.0),), R, D, threshold=Threshold(3))


def test_the_voxels_can_be_explained(tmp_path: Path) -> None:
    from viewer3d.explanations.table import measured_samples

    volume = Volume.from_array(smooth((12, 12, 12)), np.diag([4.0, 4.0, 4.0, 1.0]), unit="SUVbw", modality="PT")
    shape = sphere((20, 20, 20), 12)
    samples = measured_samples(volume, shape)
    values = [one.value for one in samples if one.value is not None]
    found = measured(volume, shape)
    assert (len(values), np.mean(values)) == (found.count, pytest.approx(found.mean))


@pytest.mark.slow
def test_scikit_image_floods_the_same(real) -> None:  # type: ignore[no-untyped-def]
    morphology = pytest.importorskip("skimage.morphology")
    pet = viewer3d.load(real("pet_ac_bqml"))
    world = pet.geometry.index_to_world(np.stack(np.meshgrid(*map(np.arange, pet.shape), indexing="ij"), -1))
    for index in ((55, 58, 80), (60, 60, 30), (64, 64, 100)):
        for threshold in USUAL_THRESHOLDS:
            shape = sphere(pet.geometry.index_to_world(index), 60, threshold)
            inside = np.linalg.norm(world - shape.points[0], axis=-1) <= 60 + 1e-6
            highest = np.where(inside, pet.voxels, -np.inf)
            least = threshold.of(float(highest.max()))
            assert least is not None
            whole = np.zeros(pet.shape, np.bool_)
            region = grown_region(pet, shape)
            whole[region.box] = region.mask
            if highest.max() < least:
                assert not whole.any()
                continue
            seed = tuple(int(n) for n in np.unravel_index(int(highest.argmax()), pet.shape))
            above = (inside & (pet.voxels >= least)).astype(np.uint8)
            np.testing.assert_array_equal(whole, morphology.flood(above, seed, connectivity=1))


def test_a_threshold_is_reached_by_a_voxel_that_holds_it() -> None:
    voxels = np.zeros((5, 5, 5), np.float32)
    voxels[2, 2, 2] = 2.3  # as float32 a little less than 2.3 as float64
    volume = Volume.from_array(voxels, np.eye(4), unit="SUVbw", modality="PT")
    found = measured(volume, sphere((2, 2, 2), 2, Threshold(2.3)))
    assert (found.count, found.maximum) == (1, float(np.float32(2.3)))


def test_its_numbers_are_plain() -> None:
    volume = Volume.from_array(smooth((24, 24, 24)), np.diag([4.0, 4.0, 4.0, 1.0]), unit="SUVbw", modality="PT")
    shape = sphere((44, 44, 44), 40)
    row = table_row(shape, measured(volume, shape))
    assert type(row["mean_uncertainty"]) is float
    assert not [name for name, value in row.items() if isinstance(value, np.generic)]
