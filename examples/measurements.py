"""Measurements by script, drawn on their slice and in a table: ``python measurements.py [PATH] [OUT.png]``.

Points are LPS mm, the numbers those of the voxels whose centres lie in the shape; the table is a CSV file beside the
picture. Each number comes with the interval that holds the true one in 95 of 100 cases, and prints the digits that it
leaves: see docs/uncertainty.md.
"""

import sys
from pathlib import Path

import viewer3d
from viewer3d import Measurement, figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "measurements.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
low, high = volume.geometry.bounds
x, y, z = low + [0.5, 0.5, 0.57] * (high - low)
right, back = (1, 0, 0), (0, 1, 0)  # as an axial slice lies
drawn = [
    Measurement("ellipse", ((x - 105, y - 45, z), (x - 65, y - 5, z)), right, back, "liver"),
    Measurement("ellipse", ((x + 4, y + 2, z), (x + 20, y + 18, z)), right, back, "aorta"),
    Measurement("distance", ((x + 12, y - 110, z), (x + 12, y - 1, z)), right, back, "skin to aorta"),
]
for one in drawn:
    print(one.name, *viewer3d.measure(volume, one).texts, sep=", ")
viewer3d.save_measurements(volume, drawn, Path(out).with_suffix(".csv"))

state = viewer3d.first_state(volume, "axial", window="soft-tissue").with_cursor((x, y, z))
for one in drawn:
    state = state.with_measurement(one)
figures.plane(volume, state=state, size=(900, 640)).save(out)
