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
FIRST = "the first series of a process, more than its second"
SIZE = 512


def write(place: Path) -> None:
    """Write the phantom in the transfer syntax that a folder is named after, unless it is there.

    ``RLELossless-60`` has 60 slices.
    """
    from viewer3d import phantom
    from viewer3d.phantom import Faults

    if place.exists():
        return
    syntax, _, slices = place.name.partition("-")
    part, shape = place.with_suffix(".part"), (SIZE, SIZE, int(slices or SLICES[syntax]))
    phantom.write(part, shape=shape, faults=Faults(syntax=syntax))  # type: ignore[arg-type]
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


def cpu_seconds() -> float:
    """Return the CPU time of this process, of those it started that have ended, and of its workers (Linux)."""
    from viewer3d.dicom.pixels.workers import WORKERS

    tick = os.sysconf("SC_CLK_TCK")
    stats = [Path(f"/proc/{one.id}/stat").read_text().rpartition(")")[2].split() for one in WORKERS._idle]
    return sum(os.times()[:4]) + sum(int(one[11]) + int(one[12]) for one in stats) / tick


def first_use(path: str) -> dict[str, float]:
    """Return what the first compressed series of a process takes more than the second, in seconds."""
    taken = []
    for _ in range(2):
        cpu, wall = cpu_seconds(), time.perf_counter()
        viewer3d_read(path)
        taken.append((time.perf_counter() - wall, cpu_seconds() - cpu))
    (first, first_cpu), (second, second_cpu) = taken
    return {"wall": first - second, "cpu": first_cpu - second_cpu}


def main(name: str, path: str) -> None:
    """Time one reader, and print seconds and memory as JSON; where a plug-in has threads, cpu s tells."""
    import pydicom.pixels.utils  # noqa: F401 (imports are not what is timed)
    import pyvista  # noqa: F401

    import viewer3d

    _ = viewer3d.load
    if name == FIRST:
        print(json.dumps(first_use(path)))
        return
    if name == WARM:
        viewer3d_read(path)  # its decoders wait for the next series
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before, wall = cpu_seconds(), time.perf_counter()
    size = viewer3d_read(path) if name in ("viewer3d", WARM) else pydicom_read(path, name.removeprefix(PREFIX))
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
    print(json.dumps({"wall": wall, "cpu": cpu, "extra MB": peak / 1024, "voxels MB": size / 2**20}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]))
    else:
        main(*sys.argv[1:])
