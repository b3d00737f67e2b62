"""What keeps two series from being compared: ``python what_can_be_compared.py [PATH] [OUT.png]``.

A CT in fine slices and one in few thick sagittal slices lie side by side; below them stands what differs and what that
does to numbers. Then an export is held against another export of the same series, in another order and compressed: no
voxel differs and none has moved.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import viewer3d
from viewer3d import figures, phantom

SMALL = (64, 48, 40)  # columns, rows, slices

path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "what_can_be_compared.png"
with tempfile.TemporaryDirectory() as scratch:
    if path is None:
        path = Path(scratch)
        phantom.write(path / "torso")
        sagittal = np.array([[0, 0, -1], [1, 0, 0], [0, -1, 0]])
        phantom.write(path / "sagittal", shape=(200, 320, 28), spacing=(1.6, 2.2, 14.0), direction=sagittal)
    fine, coarse = viewer3d.load(path / "torso"), viewer3d.load(path / "sagittal")
    figure = figures.compare(fine, coarse, planes="axial", names=("Fine", "Coarse"), size=(440, 250))
    figure.save(out)
    for one in viewer3d.compare_acquisitions(fine, coarse):
        print(f"{one.note} ({one.source})")

    first, second = Path(scratch, "first"), Path(scratch, "second")
    phantom.write(first, shape=SMALL)
    phantom.write(second, shape=SMALL, faults=phantom.Faults(order="shuffled", syntax="JPEG2000Lossless"))
    print()
    print(viewer3d.compare_exports(first, second))
