"""A series of DICOM to NIfTI: viewer3d in a process that has its imports, the whole program, and dcm2niix.

``python convert.py SUFFIX FOLDER OUTPUT`` loads and saves, and prints seconds without the imports as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

OWN = "load and save"
LIMITS = {OWN: 0.6, "viewer3d convert": 1.2}
"""Of the CPU time of dcm2niix; of .nii.gz the first alone."""

SIZE = 1.05
"""Of the size of dcm2niix's .nii.gz (zlib, level 6)."""


def commands(folder: str, scratch: Path, suffix: str) -> dict[str, list[str]]:
    """Return what is timed, by name."""
    peer = shutil.which("dcm2niix")
    assert peer is not None, "dcm2niix is not installed: pip install '.[bench]'"
    packed = "i" if suffix == ".nii.gz" else "n"
    own, whole = (str(scratch / f"{name}{suffix}") for name in ("own", "whole"))
    return {
        OWN: [sys.executable, __file__, suffix, folder, own],
        "viewer3d convert": [sys.executable, "-m", "viewer3d", "convert", folder, "-o", whole],
        "dcm2niix": [peer, "-z", packed, "-w", "1", "-f", "peer", "-o", str(scratch), folder],
    }


def main(suffix: str, folder: str, output: str) -> None:
    """Load and save, imports excluded."""
    from importlib import import_module

    import viewer3d

    for name in ("dicom.pixels.modality_values", "formats.load", "formats.save", "formats.write.nifti"):
        import_module(f"viewer3d.{name}")
    if suffix == ".nii.gz":
        import_module("isal.isal_zlib")
    start, before = time.perf_counter(), sum(os.times()[:4])
    viewer3d.save(viewer3d.load(folder), output)
    print(json.dumps({"wall": time.perf_counter() - start, "cpu": sum(os.times()[:4]) - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
