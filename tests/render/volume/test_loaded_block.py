"""The block of voxels that is loaded, and which voxel stands for those that are joined."""

from __future__ import annotations

import numpy as np

from tests.render.markers import long_plate
from viewer3d.core.volume import Volume
from viewer3d.render.volume.loaded_block import extract_block
from viewer3d.render.volume.transfer import presets, transfer_function


def test_of_values_between_two_that_are_not_seen_none_is_lost():
    """In ct-lung both air and tissue are clear: of voxels joined to one the most opaque is left."""
    transfer = transfer_function(long_plate(0), presets()["ct-lung"])
    for background in (-1000, 0):
        for value in (-900, -700, -560, -500):
            for dtype in (np.int16, np.float32):
                volume = long_plate(40, value, background)
                volume = Volume(volume.voxels.astype(dtype), volume.geometry, "HU")
                part = extract_block(volume, (slice(0, 12, 2), slice(0, 10, 1), slice(0, 81, 5)), transfer)
                assert part.voxels.dtype == dtype
                assert part.shape == (6, 10, 17)
                assert set(np.unique(part.voxels)) == {background, value}
                np.testing.assert_allclose(part.geometry.corners, volume.geometry.corners)
