"""Oblique planes, in slabs of 20 mm: ``python oblique_slab.py [PATH] [OUT.png]``.

A ViewState holds all that decides a picture. Here the planes are turned by 30 degrees about the patient's long axis, so
that the arch of the aorta lies in one of them, and show the maximum of what is within 10 mm.
"""

import sys
from dataclasses import replace

import numpy as np

import viewer3d

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "oblique_slab.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
state = viewer3d.first_state(volume, "mpr", window="angio")
cos, sin = np.cos(np.radians(-30)), np.sin(np.radians(-30))
axes = ((cos, sin, 0.0), (-sin, cos, 0.0), (0.0, 0.0, 1.0))  # what the sagittal, coronal and axial planes are across
low, high = volume.geometry.bounds
state = replace(state, axes=axes, slab=viewer3d.Slab(20, "maximum"))
state = state.with_cursor(low + [0.51, 0.47, 0.72] * (high - low))
viewer3d.screenshot(volume, out, state=state, size=(1000, 560))
