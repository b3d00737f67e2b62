"""Why a pixel is as grey as it is, down to the bits of its files: ``python why_this_grey.py [PATH] [OUT.png]``.

The picture's recipe leads to its data; of the pixel in its middle it is told which plane it lies in, which voxels have
a part in it and with what weight, what the files store for them, and what the window makes of the value. From these
numbers the grey can be computed again by hand.
"""

import os
import sys
import tempfile
from pathlib import Path

import viewer3d

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "why_this_grey.png"
with tempfile.TemporaryDirectory() as scratch:
    if path is None:
        path = Path(scratch, "files")
        viewer3d.phantom.write(path)
    volume = viewer3d.load(path)
    low, high = volume.geometry.bounds
    viewer3d.screenshot(volume, out, view="axial", size=(200, 160), at=low + [0.5, 0.5, 0.57] * (high - low))
    found = viewer3d.explain_pixel(out, (76, 71), path)
    print(str(found).replace(f"{path}{os.sep}", ""))
