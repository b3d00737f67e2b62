"""Compressed series to voxels, imports excluded: one reader of one process.

``python compressed.py READER FOLDER`` prints JSON, ``python compressed.py write FOLDER`` writes a series.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

SLICES = {"RLELossless": 300, "JPEGLSLossless": 300, "JPEGLosslessSV1": 300, "JPEG2000Lossless": 100}
"""Transfer syntax to the slices that are enough to time it."""

PREFIX = "pydicom with "
WARM = "viewer3d, not its first series"
SIZE = 512


def write(place: Path) -> None:
    """Write the phantom in the transfer syntax that a folder is named after, unless it is there."""
    from viewer3d import phantom
    from viewer3d.phantom import Faults

    if place.exists():
        return
    part, shape = place.with_suffix(".part"), (SIZE, SIZE, SLICES[place.name])
    phantom.write(part, shape=shape, faults=Faults(syntax=place.name))  # type: ignore[arg-type]
    part.rename(place)


def readers(syntax: str) -> list[str]:
    """Return what reads a transfer syntax here: viewer3d, and pydicom with each of its plug-ins."""
    from pydicom import uid
    from pydicom.pixels import get_decoder

    return ["viewer3d", WARM, *(PREFIX + name for name in get_decoder(getattr(uid, syntax)).available_plugins)]


def viewer3d_read(path: str) -> int:
    """Load as users do."""
    import viewer3d

    return viewer3d.load(path).voxels.nbytes


def pydicom_read(path: str, plugin: str) -> int:
    """Decode file after file into one array, with nothing else done to the values."""
    import numpy as np
    from pydicom import dcmread
    from pydicom.pixels.utils import iter_pixels

    files = sorted(Path(path).iterdir())
    voxels = np.empty((len(files), SIZE, SIZE), np.int16)
    for place, file in zip(voxels, files, strict=True):
        place[...] = next(iter_pixels(dcmread(file), raw=True, decoding_plugin=plugin))
    return voxels.nbytes


def main(name: str, path: str) -> None:
    """Time one reader, and print seconds and memory as JSON; where a plug-in has threads, cpu s tells."""
    import pydicom.pixels.utils  # noqa: F401 (imports are not what is timed)
    import pyvista  # noqa: F401

    import viewer3d

    _ = viewer3d.load
    if name == WARM:
        viewer3d_read(path)  # its decoders wait for the next series
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before, wall = os.times(), time.perf_counter()
    size = viewer3d_read(path) if name in ("viewer3d", WARM) else pydicom_read(path, name.removeprefix(PREFIX))
    wall, after = time.perf_counter() - wall, os.times()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
    cpu = sum(after[:4]) - sum(before[:4])  # with the processes that have ended
    print(json.dumps({"wall": wall, "cpu": cpu, "extra MB": peak / 1024, "voxels MB": size / 2**20}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    else:
        main(*sys.argv[1:])
