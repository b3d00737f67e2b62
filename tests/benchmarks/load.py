"""Folder to voxels, imports excluded: one reader of one process. ``python load.py READER FOLDER`` prints JSON."""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

Reader = Callable[[str], int]


def viewer3d_reader() -> Reader:
    import pydicom  # noqa: F401 (imports are not what is timed)
    import pyvista  # noqa: F401

    import viewer3d

    load = viewer3d.load
    return lambda path: load(path).voxels.nbytes


def grid_reader() -> Reader:
    import pydicom  # noqa: F401
    import pyvista  # noqa: F401

    import viewer3d

    load = viewer3d.load
    return lambda path: load(path).grid.active_scalars.nbytes


def vtk_reader() -> Reader:
    from vtkmodules.vtkIOImage import vtkDICOMImageReader

    def read(path: str) -> int:
        reader = vtkDICOMImageReader()
        reader.SetDirectoryName(path)
        reader.Update()
        return int(reader.GetOutput().GetActualMemorySize()) * 1024

    return read


def simpleitk_reader() -> Reader:
    import SimpleITK as sitk  # noqa: N813 (its users' name)

    def read(path: str) -> int:
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(path))
        out = reader.Execute()
        return int(out.GetNumberOfPixels() * out.GetSizeOfPixelComponent())

    return read


def dcm2niix_reader() -> Reader:
    import dcm2niix

    def read(path: str) -> int:
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([dcm2niix.bin, "-z", "n", "-o", out, path], stdout=subprocess.DEVNULL, check=True)
        return 0

    return read


def floor_reader() -> Reader:
    import numpy as np

    def read(path: str) -> int:
        files = sorted(Path(path).iterdir())
        size = sum(file.stat().st_size for file in files)
        out, at = np.empty(size, np.uint8), 0
        for file in files:
            fd = os.open(file, os.O_RDONLY)
            at += os.preadv(fd, [out[at:]], 0)
            os.close(fd)
        return size

    return read


READERS: dict[str, Callable[[], Reader]] = {
    "viewer3d": viewer3d_reader,
    "viewer3d with grid": grid_reader,
    "floor (all bytes)": floor_reader,
    "vtkDICOMImageReader": vtk_reader,
    "SimpleITK": simpleitk_reader,
    "dcm2niix": dcm2niix_reader,
}


def peak_mb() -> float:
    """Return the most memory that this program held so far, in MB."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # ru_maxrss would begin with what the process that started this one held.
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main(name: str, path: str) -> None:
    """Time one reader, and print seconds and memory as JSON."""
    reader = READERS[name]()
    gc.collect()  # else a walk through all that was imported, 40 ms with pyvista, falls into the time of the reader
    base = peak_mb()
    cpu, wall = time.process_time(), time.perf_counter()
    size = reader(path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if name == "dcm2niix":
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime
    told = {"wall": wall, "cpu": cpu, "extra MB": peak_mb() - base, "voxels MB": size / 2**20}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
