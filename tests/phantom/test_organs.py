"""Organs of the synthetic patient: where its CT has them, as large as their shapes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from viewer3d import load_segmentation, phantom
from viewer3d.core.segmentation import Segmentation
from viewer3d.phantom.belly import LEFT_KIDNEY, LIVER, RIGHT_KIDNEY


@pytest.fixture(scope="module")
def organs() -> Segmentation:
    return phantom.organs(phantom.grid((100, 74, 120)))


def test_the_bladder_is_as_large_as_its_ellipsoid(organs: Segmentation) -> None:
    found = organs.measure("Bladder")
    assert found.ml == pytest.approx(4 / 3 * np.pi * 40 * 32 * 27 / 1000, rel=0.02)
    assert np.abs(np.array(found.centroid) - (3, -34, -232)).max() < 1


def test_organs_have_the_values_of_their_tissue(organs: Segmentation) -> None:
    ct = phantom.volume(shape=organs.geometry.shape, noise=0)
    values = {one.name: organs.measure(one.number, ct) for one in organs.segments}
    assert values["Liver"].percentiles[50] == pytest.approx(LIVER, abs=8)
    assert values["Bladder"].percentiles[50] == pytest.approx(6, abs=2)
    for side in ("right", "left"):
        assert values[f"Lung {side}"].percentiles[50] == pytest.approx(-850, abs=60)
    assert values["Spleen"].percentiles[50] == pytest.approx(110, abs=8)


def test_each_is_on_its_side_and_none_is_empty(organs: Segmentation) -> None:
    centroid = {one.name: organs.measure(one.number).centroid for one in organs.segments}
    assert len(centroid) == 9
    for name, where in (("Kidney left", LEFT_KIDNEY), ("Kidney right", RIGHT_KIDNEY)):
        assert np.abs(np.subtract(centroid[name], where)).max() < 8
    assert centroid["Lung right"][0] < -40 < 40 < centroid["Lung left"][0]
    assert centroid["Liver"][0] < 0 < centroid["Spleen"][0]
    assert centroid["Heart"][2] > centroid["Liver"][2] > centroid["Bladder"][2]
    assert organs.frame_of_reference == phantom.volume(shape=(10, 8, 9)).frame_of_reference


def test_probabilities_come_back_from_their_file(tmp_path: Path) -> None:
    geometry = phantom.grid((50, 37, 60))
    made = phantom.probabilities(geometry)
    path = phantom.write_probabilities(tmp_path / "probability.dcm", geometry)
    assert path.read_bytes() == phantom.write_probabilities(tmp_path / "again.dcm", geometry).read_bytes()
    read = load_segmentation(path)
    assert (read.frame_of_reference, read.segments[0].name) == (made.frame_of_reference, "Liver")
    assert read.segments[0].color == made.segments[0].color
    fractions = read.fractions[1]
    assert (fractions.kind, fractions.maximum) == ("PROBABILITY", 200)
    assert np.array_equal(fractions.values, made.fractions[1].values)
    assert np.array_equal(read.mask(1, geometry), made.mask(1))


def test_the_probable_liver_is_about_the_liver(organs: Segmentation) -> None:
    made = phantom.probabilities(organs.geometry)
    liver, half = organs.mask("Liver"), made.mask(1)
    assert 2 * (liver & half).sum() / (liver.sum() + half.sum()) > 0.8
    values = made.fractions[1].values
    assert 0 < values[values > 0].min() < 20
    assert values.max() == 200
    assert (values >= 100).sum() == half.sum()
