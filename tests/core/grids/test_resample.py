"""Resample: values are those of the volume at the new centres, and what is finer than a coarser grid is smoothed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.core.grids.test_change import GRIDS, affine_of, volume_of
from viewer3d.core.geometry import Geometry
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError, LimitError, ViewError

TURN = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])


def turned(volume: Volume, spacing: float) -> Geometry:
    """A grid of an even spacing that is turned about the centre of a volume's, by 37 degrees in the patient."""
    shape = (19, 17, 23)
    affine = np.eye(4)
    affine[:3, :3] = spacing * TURN @ volume.geometry.direction
    affine[:3, 3] = volume.geometry.center - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Geometry(affine, shape)


def assert_sampled(made: Volume, volume: Volume, interpolation: str, fill: float) -> int:
    inside = 0
    for index in np.random.default_rng(5).integers(0, made.shape, (150, 3)):
        true = volume.value_at(made.geometry.index_to_world(index), interpolation)  # type: ignore[arg-type]
        inside += true is not None
        rounding = 1 if made.voxels.dtype == np.int16 and interpolation == "linear" else 1e-3
        assert abs(made[tuple(index)] - (fill if true is None else true)) <= rounding
    return inside


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize("grid", GRIDS)
def test_a_finer_grid_has_the_values_between(grid: str, interpolation: str, dtype: type) -> None:
    volume = volume_of(grid, dtype)
    made = volume.resample((0.35, 0.5, 0.9), interpolation=interpolation)  # type: ignore[arg-type]
    assert made.shape == (28, 25, 25)
    assert made.voxels.dtype == dtype
    assert made.measured is None
    assert np.abs(np.array(made.geometry.center) - volume.geometry.center).max() < 1e-9
    assert all(made.geometry.contains(corner) for corner in 0.999 * (volume.geometry.corners - made.geometry.center)
               + made.geometry.center)  # fmt: skip
    assert assert_sampled(made, volume, interpolation, np.nan) == 150
    assert "Gaussian" not in made.notes[-1]


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize("grid", ["sagittal", "oblique"])
def test_a_turned_grid_has_the_values_there_and_the_background_beyond(
    grid: str, interpolation: str, dtype: type
) -> None:
    volume = volume_of(grid, dtype)
    fill = -700 if dtype is np.int16 else 0
    made = volume.resample(like=turned(volume, 0.69), interpolation=interpolation)  # type: ignore[arg-type]
    inside = assert_sampled(made, volume, interpolation, fill)
    assert 60 < inside < 150
    assert f"has the value {fill}" in made.notes[-1]
    assert made.measured is not None
    for k, (i0, i1, j0, j1) in enumerate(made.measured):
        index = np.stack(np.meshgrid(range(i0, i1), range(j0, j1), [k], indexing="ij"), -1).reshape(-1, 3)
        assert all(volume.geometry.contains(one) for one in made.geometry.index_to_world(index))
    assert (made.measured[:, 1] - made.measured[:, 0]).min() > 3


@pytest.mark.parametrize("grid", GRIDS)
def test_a_grid_whose_axes_are_others_in_another_order_is_the_same_values(grid: str) -> None:
    volume = volume_of(grid)
    for code in ("SPR", "RAS"):
        like = volume.reoriented(code)
        made = volume.resample(like=like)
        assert np.array_equal(made.voxels, like.voxels)
        assert made.measured is None
    part = volume.crop((slice(2, 9), slice(1, 8), slice(3, 6)))
    back = part.resample(like=volume)
    assert np.array_equal(back[2:9, 1:8, 3:6], part.voxels)
    assert back.measured is not None
    assert back.measured[2:7].tolist() == [[0] * 4, *[[2, 9, 1, 8]] * 3, [0] * 4]
    assert back[0, 0, 0] == part.voxels.min() if part.voxels.min() > -1000 else -1000


def test_a_landmark_stays_where_it_is() -> None:
    """The centre of mass of a ball, on grids of other spacings and directions."""
    affine = affine_of("oblique")
    grid = Geometry(affine, (60, 40, 18))
    centre = np.array(grid.center) + np.array((1.3, -2.1, 0.7))
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    values = 1000 * np.exp(-0.5 * ((grid.index_to_world(index) - centre) ** 2).sum(-1) / 4.5**2)
    ball = Volume.from_array(values.astype(np.float32), affine)
    for made in (ball.resample(1), ball.resample(3), ball.resample((4, 1, 2)), ball.resample(like=turned(ball, 2.5))):
        places = made.geometry.index_to_world(np.stack(np.meshgrid(*map(np.arange, made.shape), indexing="ij"), -1))
        found = np.tensordot(made.voxels.astype(float), places, 3) / made.voxels.sum(dtype=float)
        assert np.abs(found - centre).max() < 0.05


def test_what_is_finer_than_a_coarser_grid_is_smoothed_not_taken_for_something_else() -> None:
    """Stripes of two voxels: picked unsmoothed they are stripes of the coarse grid; smoothed they are their mean."""
    stripes = np.zeros((96, 8, 8), np.float32)
    stripes[::2] = 1000
    volume = Volume.from_array(stripes, np.eye(4))
    coarse = volume.resample((6.1, 1, 1))
    assert "after a Gaussian of 6.02 x 0 x 0 mm" in coarse.notes[-1]
    assert np.ptp(coarse[2:-2]) < 20
    assert coarse.voxels.mean() == pytest.approx(500, abs=3)
    assert np.ptp(volume.resample((6.1, 1, 1), interpolation="nearest")[2:-2]) == 1000
    like = Geometry(np.block([[6.1 * TURN, np.array([[20.0], [2], [3]])], [np.zeros((1, 3)), 1]]), (5, 1, 1))
    assert np.ptp(volume.resample(like=like)[:2]) < 60  # along 37 degrees


def test_the_gaussian_makes_a_point_as_wide_as_the_new_voxel() -> None:
    """A point that one voxel spreads as the model has it comes out as the coarse voxel does: variances add up."""
    point = np.zeros((121, 5, 5), np.float32)
    point[60] = 1
    volume = Volume.from_array(point, np.eye(4))
    total = spread = 0.0
    for shift in range(4):
        like = Geometry(np.array([[4, 0, 0, shift], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), (30, 5, 5))
        values = volume.resample(like=like)[:, 2, 2].astype(float)
        total += values.sum()
        spread += (values * (4 * np.arange(30) + shift - 60) ** 2).sum()
    expected = (4**2 - 1) / (8 * np.log(2))
    assert total == pytest.approx(1, abs=1e-6)
    assert spread == pytest.approx(expected, rel=0.04)  # the Gaussian ends at three standard deviations


def test_voxels_that_were_not_measured_have_no_part() -> None:
    measured = np.array([[1, 13, 2, 10]] * 9, np.int32)
    volume = replace(volume_of("axial", np.float32), measured=measured)
    for made in (
        volume.resample((0.35, 1.1, 2.5)),
        volume.resample((1.4, 2.2, 5)),
        volume.resample(like=turned(volume, 0.6)),
    ):
        assert made.measured is not None
        assert (made.measured[:, 1] > made.measured[:, 0]).any()
        for k, (i0, i1, j0, j1) in enumerate(made.measured):
            for i, j in [(i0, j0), (i1 - 1, j1 - 1), (i0, j1 - 1)] if i1 > i0 else []:
                assert volume.value_at(made.geometry.index_to_world((i, j, k))) is not None
    assert volume.resample((0.35, 1.1, 2.5)).measured[0].tolist() == [3, 26 - 1, 2, 10]  # type: ignore[index]


def test_what_is_nan_has_no_part_in_values_beside_it() -> None:
    volume = volume_of("axial", np.float32)
    values = volume.voxels.copy()
    values[6] = np.nan
    holed = replace(volume, voxels=values)
    shifted = volume.affine @ np.array([[0.5, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    made = holed.resample(like=Geometry(shifted, (27, 11, 9)))
    assert np.flatnonzero(np.isnan(made[:, 5, 5])).tolist() == [11, 12, 13]


def test_members_of_a_set_stay_a_set() -> None:
    from viewer3d.core.members import as_members

    volumes = [volume_of("oblique"), volume_of("oblique")]
    assert len(as_members([one.resample(1.5) for one in volumes])) == 2
    assert volumes[0].resample(spacing=volumes[0].spacing) is volumes[0]


def test_what_cannot_be_resampled_is_refused_in_words() -> None:
    volume = volume_of("axial")
    lean = volume.affine.copy()
    lean[0, 2] = 0.4
    elsewhere = volume.resample(3).with_info(frame_of_reference="7")
    labels = Segmentation.from_array(np.ones((3, 3, 3), int), volume.affine, frame_of_reference="1.2.3")
    for error, says, spacing, options in [
        (GeometryError, "one of the two", None, {}),
        (GeometryError, "one of the two", 1, {"like": volume}),
        (GeometryError, "above 0", 0, {}),
        (GeometryError, "above 0", (1, 2), {}),
        (GeometryError, "above 0", float("nan"), {}),
        (GeometryError, "larger one", 1e-12, {}),
        (LimitError, "making it needs", 0.001, {}),
        (LimitError, "that max_memory", 0.1, {"max_memory": "1M"}),
        (GeometryError, "sheared", None, {"like": Geometry(lean, volume.shape)}),
        (GeometryError, "give a Volume", None, {"like": 3}),
        (ViewError, "frame of reference", None, {"like": elsewhere}),
        (ViewError, "interpolation", 1, {"interpolation": "cubic"}),
    ]:
        with pytest.raises(error, match=says):
            volume.resample(spacing, **options)  # type: ignore[arg-type]
    assert volume.resample(like=labels).shape == (3, 3, 3)
    assert "as was asked for" in volume.resample(like=elsewhere, same_frame=True).notes[0]


@pytest.mark.slow
@pytest.mark.parametrize("grid", GRIDS)
def test_simpleitk_has_the_same_values(grid: str) -> None:
    sitk = pytest.importorskip("SimpleITK")

    def image_of(one: Volume) -> object:
        image = sitk.GetImageFromArray(np.ascontiguousarray(one.voxels.T.astype(np.float64)))
        image.SetSpacing(one.spacing)
        image.SetOrigin(one.geometry.origin)
        image.SetDirection(one.geometry.direction.ravel().tolist())
        return image

    volume = volume_of(grid, np.float32)
    for like in (volume.resample((0.4, 0.9, 1.3)), volume.resample(like=turned(volume, 0.6))):
        theirs = sitk.GetArrayFromImage(
            sitk.Resample(image_of(volume), image_of(like), sitk.Transform(), sitk.sitkLinear, 1e9)
        ).T
        inner = theirs < 1e8  # ITK has nothing in the outer half voxels at some edges
        assert inner.mean() > 0.4
        assert np.abs(theirs - like.voxels)[inner].max() < 0.05


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
def test_both_ways_to_look_at_neighbours_have_the_same_values(
    interpolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not finite, and far coarser grids, are sampled voxel by voxel."""
    from viewer3d.core.grids import oblique as module

    rng = np.random.default_rng(8)
    voxels = rng.normal(size=(23, 21, 19)).astype(np.float32) * 300
    volume = Volume.from_array(voxels, affine_of("oblique"))
    target = turned(volume, 0.3)
    side_by_side = volume.resample(like=target, interpolation=interpolation)  # type: ignore[arg-type]
    monkeypatch.setattr(module, "_MOST_AROUND", 0)
    one_by_one = volume.resample(like=target, interpolation=interpolation)  # type: ignore[arg-type]
    assert np.array_equal(side_by_side.voxels, one_by_one.voxels)
    monkeypatch.undo()
    voxels[11, 10, 9] = np.inf
    holed = Volume.from_array(voxels, affine_of("oblique")).resample(like=target, interpolation=interpolation)  # type: ignore[arg-type]
    same = np.isfinite(holed.voxels)
    assert 0 < (~same).sum() < 2000
    assert np.array_equal(holed.voxels[same], side_by_side.voxels[same])
