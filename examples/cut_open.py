"""A part of the volume cut away in 3D: ``python cut_open.py [PATH] [OUT.png]``."""

import sys
from dataclasses import replace

import viewer3d
from viewer3d.view import Box

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "cut_open.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
low, high = volume.geometry.bounds
low[1] = volume.geometry.center[1]  # LPS: y grows to the back
state = viewer3d.first_state(volume, "3d", rendering="ct-soft-tissue")
viewer3d.screenshot(volume, out, state=replace(state, crop=Box(tuple(low), tuple(high))), size=(700, 900))
