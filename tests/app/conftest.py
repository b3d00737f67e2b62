"""What the tests of the window share: a viewer off screen, and its stage."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d.app.viewer import Viewer
from viewer3d.volume import Volume

SIZE = (640, 480)


@pytest.fixture(params=["identity", "sagittal", "oblique"])
def volume(request: pytest.FixtureRequest) -> Volume:
    return marker_volume(DIRECTIONS[request.param])


@pytest.fixture
def viewer(volume: Volume) -> Iterator[Viewer]:
    with Viewer(volume, "mpr", SIZE, off_screen=True) as one:
        yield one


@pytest.fixture
def box() -> Volume:
    """Small, upright, anisotropic."""
    k = np.arange(12)[None, None, :]
    voxels = np.broadcast_to(100 * k - 300, (24, 20, 12)).astype(np.int16)
    return Volume.from_array(voxels, np.diag([1.0, 2.0, 3.0, 1.0]), unit="HU")
