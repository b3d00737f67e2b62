"""A series of DICOM to NIfTI: viewer3d in a process that has its imports, the whole program, and dcm2niix.

``python convert.py SUFFIX FOLDER OUTPUT`` loads and saves, and prints seconds without the imports as JSON.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.runs import Command, Figures, cpu_seconds, in_turn

OWN, PROGRAM, PEER = "load and save", "viewer3d convert", "dcm2niix"
LIMITS = {".nii": {OWN: 0.6, PROGRAM: 1.2}, ".nii.gz": {OWN: 0.6}}
"""Of the CPU time of dcm2niix."""

SIZE = 1.05
"""Of the size of dcm2niix's .nii.gz (zlib, level 6)."""


@dataclass(frozen=True)
class Conversion:
    """What all ways took to one format, and the bytes of their files."""

    suffix: str
    figures: dict[str, Figures]
    sizes: dict[str, int]


def commands(folder: str, scratch: Path, suffix: str) -> dict[str, list[str]]:
    """Return what is timed, by name; each writes a file of that name."""
    peer = shutil.which("dcm2niix")
    assert peer is not None, "dcm2niix is not installed: pip install '.[bench]'"
    packed = "i" if suffix == ".nii.gz" else "n"
    own, whole = (str(scratch / f"{name}{suffix}") for name in (OWN, PROGRAM))
    return {
        OWN: [sys.executable, "-m", "tests.benchmarks.convert", suffix, folder, own],
        PROGRAM: [sys.executable, "-m", "viewer3d", "convert", folder, "-o", whole],
        PEER: [peer, "-z", packed, "-w", "1", "-f", PEER, "-o", str(scratch), folder],
    }


def timed(
    folder: str,
    suffix: str,
    runs: int,
    beside: Callable[[Mapping[str, Command]], Mapping[str, Command]] = dict,
) -> Conversion:
    """Time all ways to one format; before each run the files of the others are removed, for freeing them takes time.

    ``beside`` is given the commands, and may give more of them.
    """
    sizes: dict[str, int] = {}

    def clear() -> None:
        for path in Path(scratch).iterdir():
            if path.name.endswith(suffix):
                sizes[path.name.removesuffix(suffix)] = path.stat().st_size
            path.unlink()

    with tempfile.TemporaryDirectory() as scratch:
        figures = in_turn(beside(commands(folder, Path(scratch), suffix)), runs, clear)
        clear()
    return Conversion(suffix, figures, sizes)


def side_by_side(conversions: Sequence[Conversion]) -> str:
    """Return a table of formats side by side: seconds of CPU and by the clock, times dcm2niix's CPU, and sizes."""
    heads = [
        f"{one.suffix + ' cpu s':>15}{'x':>7}{'at most':>9}{'wall s':>8}{'size x':>8}{'at most':>9}"
        for one in conversions
    ]
    lines = [" " * 18 + " |".join(heads)]
    for name in (OWN, PROGRAM, PEER):
        cells = []
        for one in conversions:
            row, peer = one.figures[name], one.figures[PEER]
            limit = LIMITS[one.suffix].get(name)
            size = SIZE if name != PEER and one.suffix == ".nii.gz" else None
            cells.append(
                f"{row.cpu:15.4f}{row.cpu / peer.cpu:7.3f}{_limit(limit)}{row.wall:8.3f}"
                f"{one.sizes[name] / one.sizes[PEER]:8.4f}{_limit(size)}"
            )
        lines.append(f"{name:18}" + " |".join(cells))
    return "\n".join([*lines, "(x: of dcm2niix's; the least of the runs)"])


def _limit(limit: float | None) -> str:
    return f"{'-' if limit is None else limit:>9}"


def main(suffix: str, folder: str, output: str) -> None:
    """Load and save, imports excluded."""
    from importlib import import_module

    import viewer3d

    for name in ("dicom.pixels.modality_values", "formats.load", "formats.save", "formats.write.nifti"):
        import_module(f"viewer3d.{name}")
    if suffix == ".nii.gz":
        import_module("isal.isal_zlib")
    start, before = time.perf_counter(), cpu_seconds(resource.RUSAGE_SELF)
    viewer3d.save(viewer3d.load(folder), output)
    cpu = cpu_seconds(resource.RUSAGE_SELF) - before
    print(json.dumps({"wall": time.perf_counter() - start, "cpu": cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
