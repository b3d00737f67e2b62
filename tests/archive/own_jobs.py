"""Jobs of the tests, as a user would write them."""

from __future__ import annotations

import os
from pathlib import Path

from viewer3d import Volume
from viewer3d.archive import Context, Made
from viewer3d.core.files import write_whole


def mean(volume: Volume, context: Context) -> tuple[list[Path], dict[str, float]]:
    """Write the mean of a volume into a file, and return it."""
    value = float(volume.voxels.mean())
    path = write_whole(context.file(".txt"), lambda file: file.write(repr(value).encode()))
    return [path], {"mean": value, "slices": volume.shape[2]}


def refuse(volume: Volume, context: Context) -> Made:
    """Fail with words, for series of an odd number of slices."""
    if volume.shape[2] % 2:
        raise ValueError("an odd number of slices")
    return Made()


def full_disk(volume: Volume, context: Context) -> Made:
    """Fail as a disk without room does, while a file is there that says so."""
    if Path(os.environ["VIEWER3D_TEST_FULL"]).exists():
        raise OSError(28, "No space left on device")
    return mean(volume, context)  # type: ignore[return-value]
