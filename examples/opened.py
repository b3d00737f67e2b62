"""Slices in the volume in 3D, which is cut open to show them: ``python opened.py [PATH] [OUT.png]``.

What lies between the three planes and the camera is left out.
"""

import sys
from dataclasses import replace

import viewer3d

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "opened.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
low, high = volume.geometry.bounds
state = viewer3d.first_state(volume, "3d", rendering="ct-vessels")
state = state.with_cursor(low + [0.5, 0.55, 0.75] * (high - low)).with_camera(state.camera.around(35))
viewer3d.screenshot(volume, out, state=replace(state, planes_shown=True), size=(700, 700))
