"""Measurements by script, drawn on the slice and in a table: ``python measurements.py [PATH] [OUT.png]``.

Points are LPS mm. The statistics are those of the voxels whose centres lie in the shape; the table is a CSV beside the
picture.
"""

import sys
from pathlib import Path

import viewer3d
from viewer3d import Measurement

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "measurements.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
state = viewer3d.first_state(volume, "axial", window="soft-tissue").with_cursor((0, 0, 60))
right, back = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
for one in (
    Measurement("ellipse", ((-110, -40, 60), (-70, 0, 60)), right, back, "liver"),
    Measurement("ellipse", ((5, 10, 60), (20, 25, 60)), right, back, "aorta"),
    Measurement("distance", ((-150, 0, 60), (150, 0, 60)), right, back, "width"),
):
    state = state.with_measurement(one)
    print(one.name, viewer3d.measure(volume, one))
viewer3d.save_measurements(volume, state.measurements, Path(out).with_suffix(".csv"))
viewer3d.screenshot(volume, out, state=state, size=(900, 640))
