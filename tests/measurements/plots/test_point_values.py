"""Values at many points at once are those of the readout."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from viewer3d import Volume
from viewer3d.measurements.plots.point_values import PointValues


def _tilted(dtype: type, *, is_filled: bool = False) -> Volume:
    random = np.random.default_rng(3)
    affine = np.array([[1.1, 0.3, 0, -5], [-0.3, 1.1, 0, 7], [0, 0, 2.5, 3], [0, 0, 0, 1.0]])
    voxels = random.normal(0, 300, (7, 6, 5)).astype(dtype)
    measured = np.array([[1, 6, 0, 5]] * 5) if is_filled else None
    return Volume.from_array(voxels, affine, measured=measured)


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize(("dtype", "is_filled"), [(np.int16, False), (np.int16, True), (np.float32, True)])
def test_they_are_those_of_value_at(
    dtype: type, interpolation: Literal["linear", "nearest"], *, is_filled: bool
) -> None:
    volume = _tilted(dtype, is_filled=is_filled)
    random = np.random.default_rng(4)
    index = random.uniform(-1, [7, 6, 5], (600, 3))
    index[:100] = np.rint(index[:100])
    inner = np.abs(index - 2.5) < 2  # on the border of the volume rounding decides
    index[100:200] = np.where(inner, np.rint(2 * index) / 2, index)[100:200]
    points = volume.geometry.index_to_world(index)
    found = PointValues(volume.geometry, points, interpolation).of(volume)
    true = [volume.value_at(one, interpolation) for one in points]
    assert 100 < sum(one is not None for one in true) < 500
    held = np.array([one is not None for one in true])
    assert (np.isfinite(found) == held).all()
    assert found[held] == pytest.approx([one for one in true if one is not None], rel=1e-12)


def test_a_neighbour_that_has_no_part_leaves_a_value_as_it_is() -> None:
    voxels = np.ones((3, 3, 3), np.float32)
    voxels[1, 1, 1] = np.nan
    volume = Volume.from_array(voxels, np.eye(4))
    found = PointValues(volume.geometry, [(0, 1, 1), (1, 1, 1), (0.5, 1, 1)]).of(volume)
    assert found[0] == 1
    assert np.isnan(found[1:]).all()
