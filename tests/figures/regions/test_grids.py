"""Silhouettes of regions in projections: a pixel has a region if any voxel behind it has."""

from __future__ import annotations

import numpy as np
import pytest

from tests.figures.regions.bodies import COLORS, affine, body, labels, segments
from viewer3d import Layer, Segmentation, figures
from viewer3d.core.geometry import Geometry
from viewer3d.core.layers import place_layers
from viewer3d.core.view.look import RegionLook
from viewer3d.figures.regions.grids import silhouettes


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_silhouette_is_the_union_along_its_axis(axis: int) -> None:
    (placed,) = place_layers(body(), segments()).regions
    flat = silhouettes(placed, RegionLook(segments=(1, 3)), axis, 7.0).segmentation
    assert [one.name for one in flat.segments] == ["Liver", "Node"]
    assert flat.shape[axis] == 1 if hasattr(flat, "shape") else flat.geometry.shape[axis] == 1
    assert flat.geometry.center[axis] == pytest.approx(7.0)
    for number in (1, 3):
        assert np.array_equal(flat.mask(number), (labels() == number).any(axis, keepdims=True))


def test_that_of_an_oblique_grid_is_too() -> None:
    turned = np.eye(4)
    turned[:2, :2] = np.array([[0.8, -0.6], [0.6, 0.8]])
    given = segments()
    oblique = Segmentation(given.labels, Geometry(turned @ affine(), given.geometry.shape), given.segments, given.info)
    (placed,) = place_layers(body(), oblique).regions
    flat = silhouettes(placed, RegionLook(segments=(1,)), 2, 100.0).segmentation
    index = np.argwhere(flat.mask(1)).mean(0)
    box = np.argwhere(labels() == 1).mean(0)
    assert np.abs(flat.geometry.index_to_world(index)[:2] - oblique.geometry.index_to_world(box)[:2]).max() < 1
    area = flat.voxels(1) * np.prod(flat.geometry.spacing[:2])
    assert area == pytest.approx(10 * 14 * 16, rel=0.03)


def test_maxima_have_them_whatever_the_depth() -> None:
    made = figures.mips(body(), overlays=[Layer(segments(), look={"fill": 1.0})], size=(900, 400))
    coronal, sagittal, axial = made.page.panels
    node = (labels() == 3).any(1)
    for panel, mask, (across, down) in ((coronal, node, (4.0, 5.0)), (axial, (labels() == 3).any(2), (4.0, 4.0))):
        found = (panel.pixels == COLORS[3]).all(-1)
        assert found.any()
        wide, high = np.ptp(np.argwhere(found), axis=0)[::-1] + 1
        spread = np.ptp(np.argwhere(mask), axis=0) + 1
        assert wide / high == pytest.approx(spread[0] * across / (spread[1] * down), rel=0.15)
    assert not (sagittal.pixels == COLORS[3]).all(-1).all()
