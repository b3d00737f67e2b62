"""The outline of a grown region goes around its voxels, on slices of the grid and across it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.render.markers import rotation
from viewer3d.core.geometry import Geometry
from viewer3d.core.view.planes import PLANES
from viewer3d.measurements.isocontours import GrownRegion
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.slices.region_outline import region_outline

GEOMETRY = Geometry(np.diag([2.0, 3.0, 4.0, 1.0]), (30, 30, 30))
SIZE = (400, 300)


def ball(radius: float) -> GrownRegion:
    i, j, k = np.ogrid[:13, :9, :7]
    inside = ((i - 6) * 2) ** 2 + ((j - 4) * 3) ** 2 + ((k - 3) * 4) ** 2 <= radius**2
    return GrownRegion(inside, (slice(8, 21), slice(10, 19), slice(11, 18)))


def area(line: NDArray[np.float64]) -> float:
    x, y = line.T
    return abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2


def pane(z: float, turn: float = 0.0) -> PaneGeometry:
    axes = tuple(tuple(map(float, row)) for row in rotation(0, turn).T)
    plane = PLANES["axial"].rotated(axes)  # type: ignore[arg-type]
    middle = np.array([28.0, 42.0, z])
    origin = middle - 0.25 * (200 * np.array(plane.right) + 150 * np.array(plane.down))
    return PaneGeometry(plane, tuple(map(float, origin)), 0.25, SIZE)  # type: ignore[arg-type]


@pytest.mark.parametrize(("z", "k"), [(56.0, 3), (57.9, 3), (58.1, 4), (52.0, 2)])
def test_it_goes_around_the_voxels_of_the_slice(z: float, k: int) -> None:
    region = ball(11)
    (line,) = region_outline(region, GEOMETRY, pane(z))
    flat = region.mask[:, :, k]
    size = (np.ptp(np.argwhere(flat), axis=0) + 1) * (2, 3) / 0.25
    assert np.ptp(line, axis=0) == pytest.approx(size)
    assert line.mean(0) == pytest.approx([200, 150], abs=3)
    assert area(line) == pytest.approx(flat.sum() * 6 / 0.25**2, rel=0.01)


def test_beside_it_there_is_none_and_a_hole_has_its_own() -> None:
    assert region_outline(ball(11), GEOMETRY, pane(120.0)) == []
    assert region_outline(GrownRegion(np.zeros((0, 0, 0), np.bool_), (slice(0, 0),) * 3), GEOMETRY, pane(56.0)) == []
    holed = ball(11)
    holed.mask[6, 4, 3] = False
    assert len(region_outline(holed, GEOMETRY, pane(56.0))) == 2


def test_on_an_oblique_slice_it_is_where_the_slice_cuts_the_voxels() -> None:
    region, turned = ball(11), pane(56.0, 30)
    (line,) = region_outline(region, GEOMETRY, turned)
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    index = np.rint(GEOMETRY.world_to_index(turned.to_world(np.stack([x, y], -1)))).astype(int) - (8, 10, 11)
    within = ((index >= 0) & (index < region.mask.shape)).all(-1)
    cut = within & region.mask[tuple(np.where(within[..., None], index, 0).T)].T
    assert area(line) == pytest.approx(cut.sum(), rel=0.01)
    rows, columns = np.nonzero(cut)
    assert line.min(0) == pytest.approx([columns.min(), rows.min()], abs=0.6)
    assert line.max(0) == pytest.approx([columns.max(), rows.max()], abs=0.6)
