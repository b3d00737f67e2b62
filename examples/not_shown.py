"""What was mended in a picture, and what it does not show: ``python not_shown.py [PATH] [OUT.png]``.

Two small signs after the title: an orange triangle for data that were mended (here slices are missing), a crossed ring
for what the picture leaves out (here what lies before a crop box). In the window they name their notes at the pointer.
"""

import sys
import tempfile
from dataclasses import replace

import numpy as np

import viewer3d
from viewer3d.phantom import Faults

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "not_shown.png"
if path is None:
    scratch = tempfile.TemporaryDirectory()
    path = scratch.name
    viewer3d.phantom.write(path, shape=(128, 96, 120), spacing=(3.4, 3.4, 6.0), faults=Faults(missing=(70, 71, 72)))

volume = viewer3d.load(path)
low, high = volume.geometry.bounds
middle = np.array([low[0], (low[1] + high[1]) / 2, low[2]])
state = replace(viewer3d.first_state(volume, "3d"), crop=viewer3d.Box(tuple(middle.tolist()), tuple(high.tolist())))
with viewer3d.Viewer(volume, size=(360, 330), off_screen=True, state=state) as viewer:
    viewer.screenshot(out)
    for note in viewer.not_shown:
        print(f"not shown: {note} ({note.id})")
for note in volume.notes:
    if note.is_marked:
        print(f"mended: {note.id}, {note.frames} slices, by up to {note.moved_mm:.3g} mm")
