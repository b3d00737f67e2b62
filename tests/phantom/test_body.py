"""The patient is where, what and as lopsided as it says; every grid samples the same truth."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d import phantom
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError
from viewer3d.phantom.body import PARTS, sample_grid, slice_noise
from viewer3d.phantom.shapes import SamplePoints, ellipsoid, sphere
from viewer3d.phantom.trunk import HIGH, LOW, skin

TISSUES = {
    "air before the chest": ((0, -138, 100), -1000, 0.5),
    "left ventricle": ((33, -38, 127), 330, 1),
    "descending aorta, left of the spine": ((24, 33, 130), 330, 1),
    "liver, on the right": ((-85, 30, 45), 65, 8),
    "spleen, on the left": ((90, 40, 28), 110, 15),
    "gall bladder": ((-40, -58, 12), 8, 1),
    "bladder": ((3, -34, -232), 6, 1),
    "psoas": ((38, 26, -70), 55, 8),
    "fat under the skin": ((-60, -106, -100), -100, 1),
    "fat of the belly": ((0, -20, -205), -95, 1),
    "windpipe": ((1, 0, 290), -990, 1),
    "right lung": ((-95, -20, 150), -850, 20),
    "left lung": ((95, 20, 150), -850, 20),
    "gas in the stomach, at the front": ((46, -55, 18), -970, 1),
    "juice in the stomach, at the back": ((56, 10, 50), 20, 12),
    "spinal cord": ((0, 71, 150), 30, 1),
    "marrow of a vertebra": ((0, 49, 150), 190, 80),
    "marrow of the left femoral head": ((88, -2, -232), 190, 80),
    "shell of the couch": ((0, 121, 0), -150, 1),
    "core of the couch": ((0, 134, 0), -940, 1),
}

SHAPE = (40, 32, 36)


@pytest.mark.parametrize("name", TISSUES)
def test_tissues_have_their_hu(name: str) -> None:
    point, hu, tolerance = TISSUES[name]
    assert float(phantom.hu_at(point)) == pytest.approx(hu, abs=tolerance)


@pytest.mark.parametrize("name", phantom.MARKERS)
def test_markers_are_balls_where_they_are_stated(name: str) -> None:
    centre = np.array(phantom.MARKERS[name])
    ways = np.vstack([np.eye(3), -np.eye(3)])
    assert float(phantom.hu_at(centre)) == phantom.MARKER_HU
    assert (phantom.hu_at(centre + ways * (phantom.MARKER_RADIUS - 2)) == phantom.MARKER_HU).all()
    assert (phantom.hu_at(centre + ways * (phantom.MARKER_RADIUS + 2)) < 700).all()


@pytest.mark.parametrize("name", phantom.MARKERS)
def test_markers_are_named_after_their_place(name: str) -> None:
    x, y, z = phantom.MARKERS[name]
    distance = float(skin(SamplePoints(*(np.array([c], np.float32) for c in (x, y, z))))[0])
    if name.startswith("inside"):
        assert distance < -50
        return
    assert 0 < distance < 10  # of the centre: the ball touches the skin
    assert {"right": x < 0, "left": x > 0}[name.split("-", maxsplit=1)[0]]
    assert {"front": y < -50, "back": y > 50}.get(name.split("-")[1], abs(y) < 20)


def test_a_volume_shows_the_markers_where_they_are() -> None:
    volume = phantom.volume(shape=(110, 90, 160))
    bright = np.argwhere(volume.voxels > 2000)
    world = volume.geometry.index_to_world(bright)
    for name, centre in phantom.MARKERS.items():
        near = world[np.linalg.norm(world - centre, axis=1) < 12]
        assert len(near), name
        assert near.mean(0) == pytest.approx(centre, abs=2), name


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_patient_is_no_mirror_image_of_itself(axis: int) -> None:
    truth = sample_grid(phantom.grid((60, 50, 70)).affine, (60, 50, 70)).T
    differs = np.abs(truth - np.flip(truth, axis)) > 100
    assert differs.mean() > 0.02


@pytest.mark.parametrize("n", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
def test_grids_of_any_direction_sample_the_one_truth(n: int) -> None:
    tilt, turn = np.deg2rad(20), np.deg2rad(-35)
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    sagittal = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    direction = (np.eye(3), sagittal, about_z @ about_x)[n]
    volume = phantom.volume(shape=SHAPE, noise=0, spacing=(9.5, 7.25, 14), direction=direction, center=(5, -3, 20))
    assert volume.geometry.center == pytest.approx((5, -3, 20))
    index = np.moveaxis(np.indices(volume.shape), 0, -1)
    truth = phantom.hu_at(volume.geometry.index_to_world(index))
    # Rounding to int16 takes half an HU; float32 millimetres, on the steepest edge, another.
    assert np.abs(volume.voxels - truth).max() <= 1.1


def test_a_sheared_grid_samples_the_same_truth() -> None:
    affine = phantom.grid(SHAPE).affine.copy()
    affine[:3, 2] += affine[:3, 1] * 0.4
    index = np.moveaxis(np.indices(SHAPE), 0, -1)
    world = index @ affine[:3, :3].T + affine[:3, 3]
    assert np.abs(sample_grid(affine, SHAPE).T - phantom.hu_at(world)).max() < 0.6


def test_a_part_of_a_grid_is_the_part_of_the_whole() -> None:
    affine = phantom.grid(SHAPE).affine
    whole = sample_grid(affine, SHAPE)
    assert np.array_equal(sample_grid(affine, (*SHAPE[:2], 3), 20), whole[20:23])


def test_no_part_colours_beyond_its_box() -> None:
    """A tilted grid calls a part beyond its box, an upright one does not: both must see the same."""
    random = np.random.default_rng(5)
    for n, part in enumerate(PARTS[2:]):  # couch and trunk have no end
        low, high = np.array(part.low), np.array(part.high)
        points = random.uniform(low - 6, high + 6, (150, 3))
        outside = ((points < low) | (points > high)).any(1)
        chosen = points[outside].astype(np.float32)
        hu = np.full(len(chosen), 20, np.float32)
        part.apply(SamplePoints(*np.ascontiguousarray(chosen.T)), hu)
        assert np.abs(hu - 20).max() < 0.5, f"part {n}"


def test_default_grid_covers_the_patient_whatever_its_shape() -> None:
    for shape in ((300, 200, 100), (12, 10, 8)):
        bounds = phantom.grid(shape).bounds
        assert bounds[0] == pytest.approx(LOW)
        assert bounds[1] == pytest.approx(HIGH)


def test_the_default_volume() -> None:
    volume = phantom.volume(shape=(30, 24, 28))
    assert isinstance(volume, Volume)
    assert (volume.unit, volume.modality, volume.voxels.dtype.name) == ("HU", "CT", "int16")
    assert volume.window is not None
    assert len({round(s, 6) for s in volume.spacing}) == 3


def test_noise_is_gaussian_of_the_sigma_asked_for_and_alike_in_neighbours() -> None:
    noise = slice_noise((300, 200), 15.0, 0, 7)
    assert noise.std() == pytest.approx(15, rel=0.03)
    assert abs(noise.mean()) < 0.5
    assert np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1] == pytest.approx(0.5, abs=0.03)


def test_the_seed_decides_the_noise() -> None:
    first, again, other = (phantom.volume(shape=(30, 24, 28), seed=seed).voxels for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_noise_differs_from_slice_to_slice() -> None:
    assert not np.array_equal(slice_noise((30, 20), 15.0, 0, 1), slice_noise((30, 20), 15.0, 0, 2))


def test_points_of_any_shape() -> None:
    assert phantom.hu_at((0, -138, 100)).shape == ()
    assert phantom.hu_at(np.zeros((4, 5, 3))).shape == (4, 5)
    assert phantom.hu_at(np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize("points", [5.0, [1, 2], np.zeros((3, 2))])
def test_points_that_are_none_are_refused(points: object) -> None:
    with pytest.raises(GeometryError, match="LPS mm"):
        phantom.hu_at(points)  # type: ignore[arg-type]


def test_shapes_measure_in_mm() -> None:
    w = SamplePoints(*(np.array(c, np.float32) for c in ([0, 10, 13], [0, 0, 0], [0, 0, 0])))
    assert sphere(w, (0, 0, 0), 10) == pytest.approx([-10, 0, 3], abs=1e-4)
    assert ellipsoid(w, (0, 0, 0), (10, 4, 6)) == pytest.approx([-4, 0, 3], abs=0.02)
