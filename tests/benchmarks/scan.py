"""A tree of many small files to the series in it: one reader of one process. ``python scan.py READER FOLDER``."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

SIZE = 16
"""Columns and rows: headers are what is timed, and 10,000 pictures of a CT would take 5 GB."""

SAMPLE = 500
"""Files that pydicom reads: at 0.5 ms each it shows in these what it would take for all."""

FIGURES = 2
"""Last characters of a UID that are overwritten with the number of the series."""


def write(folder: Path, files: int, series: int) -> None:
    """Write the phantom once, and copies of it that are other series; what is there already is kept."""
    from viewer3d import phantom

    each = -(-files // series)
    first = folder / "00"
    if not first.exists():
        phantom.write(first, shape=(SIZE, SIZE, each))
    for number in range(1, series):
        place = folder / f"{number:02}"
        if not place.exists():
            place.mkdir()
            for path in first.iterdir():
                (place / path.name).write_bytes(renamed(path, number))


def renamed(path: Path, number: int) -> bytes:
    """Return a file with other UIDs of the same length, so that no length in it changes."""
    from viewer3d.dicom.headers.fast import read_attributes

    data = path.read_bytes()
    found = read_attributes(str(path))
    assert found is not None
    for keyword in ("SeriesInstanceUID", "SOPInstanceUID"):
        uid = str(found[keyword][0])
        data = data.replace(uid.encode(), f"{uid[:-FIGURES]}{number:0{FIGURES}}".encode())
    return data


def viewer3d_reader(path: str) -> Callable[[], int]:
    import viewer3d

    scan = viewer3d.scan
    return lambda: sum(series.files for series in scan(path))


def pydicom_reader(path: str) -> Callable[[], int]:
    from pydicom import dcmread

    files = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]  # noqa: PTH118

    def read() -> int:
        for file in files[:SAMPLE]:
            dcmread(file, stop_before_pixels=True)
        return len(files[:SAMPLE])

    return read


READERS = {"viewer3d.scan": viewer3d_reader, "pydicom headers": pydicom_reader}


def main(name: str, path: str) -> None:
    """Time one reader, and print seconds, and microseconds a file, as JSON."""
    read = READERS[name](path)
    cpu, wall = time.process_time(), time.perf_counter()
    files = read()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    told = {"wall": wall, "cpu": cpu, "files": files, "wall us/file": wall / files * 1e6}
    print(json.dumps(told | {"cpu us/file": cpu / files * 1e6}))


if __name__ == "__main__":
    main(*sys.argv[1:])
