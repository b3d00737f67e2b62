"""What is not exact in where a grid shows things follows a volume from its files through what is made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import viewer3d
from viewer3d import Layer, Measurement, PlaceErrors, Volume, phantom
from viewer3d.core.grids.place_errors import LINEAR
from viewer3d.core.layers import place_layers

SMALL = {"shape": (24, 20, 12), "spacing": (4.0, 5.0, 6.0)}


def volume() -> Volume:
    return Volume.from_array(np.zeros((8, 8, 8)), np.diag([1.0, 2.0, 3.0, 1.0]))


def test_of_even_slices_there_are_none(tmp_path: Path) -> None:
    phantom.write(tmp_path, **SMALL)
    errors = viewer3d.load(tmp_path).info.place_errors
    assert errors.residual_mm < 1e-6
    assert not errors.interpolated


def test_tilted_slices_were_interpolated_along_their_columns(tmp_path: Path) -> None:
    phantom.write(tmp_path, **SMALL, faults=phantom.Faults(tilt=12))
    made = viewer3d.load(tmp_path)
    (step,) = made.info.place_errors.interpolated
    assert np.linalg.norm(step) == pytest.approx(5.0)
    assert abs(np.dot(step, made.geometry.direction[:, 1])) == pytest.approx(5.0)
    kept = viewer3d.load(tmp_path, irregular="keep").info.place_errors
    assert kept.residual_mm > 5
    assert not kept.interpolated


def test_between_uneven_slices_the_widest_step_counts(tmp_path: Path) -> None:
    phantom.write(tmp_path, **SMALL, faults=phantom.Faults(missing=(4,)))
    (step,) = viewer3d.load(tmp_path).info.place_errors.interpolated
    np.testing.assert_allclose(np.abs(step), (0, 0, 12), atol=1e-3)


def test_slices_that_stray_a_little_are_as_far_off_as_they_stray(tmp_path: Path) -> None:
    phantom.write(tmp_path, **SMALL, faults=phantom.Faults(moved=((5, 0.04),)))
    made = viewer3d.load(tmp_path)
    assert made.info.place_errors.residual_mm == pytest.approx(0.04, abs=1e-3)


def test_resampling_adds_the_axes_that_it_interpolates() -> None:
    thinner = volume().resample((1.0, 2.0, 1.0))
    assert thinner.info.place_errors == PlaceErrors(interpolated=((0.0, 0.0, 3.0),))
    again = thinner.resample((0.5, 2.0, 1.0))
    assert again.info.place_errors.interpolated == ((0.0, 0.0, 3.0), (1.0, 0.0, 0.0))
    nearest = volume().resample((1.0, 1.0, 3.0), interpolation="nearest")
    assert nearest.info.place_errors == PlaceErrors(rounded=((0.0, 2.0, 0.0),))
    np.testing.assert_allclose(thinner.info.place_errors.covariance, np.diag([0, 0, 9 * LINEAR]))


def test_a_length_in_a_resampled_volume_is_less_sure_than_its_voxels_alone_would_say() -> None:
    way = Measurement("distance", ((2, 2, 2), (2, 2, 12)), (1, 0, 0), (0, 0, 1))
    fine = Volume.from_array(np.zeros((8, 8, 24)), np.diag([1.0, 2.0, 1.0, 1.0]))
    made = volume().resample((1.0, 2.0, 1.0))
    assert viewer3d.measure(made, way).uncertainty > 1.1 * viewer3d.measure(fine, way).uncertainty
    assert viewer3d.measure(made, way).uncertainty < viewer3d.measure(volume(), way).uncertainty


def test_they_turn_with_a_layer_that_a_transform_places() -> None:
    turn = np.array([[0.0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    thinner = volume().resample((1.0, 1.0, 3.0))
    placed = place_layers(Volume.from_array(np.zeros((9, 9, 9)), np.eye(4)), Layer(thinner, transform=turn))
    (step,) = placed.layers[1].volume.info.place_errors.interpolated
    np.testing.assert_allclose(np.abs(step), (2.0, 0, 0), atol=1e-12)
