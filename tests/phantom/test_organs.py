"""Organs of the synthetic patient: where its CT has them, as large as their shapes."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d import phantom
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
