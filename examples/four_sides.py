"""The volume in 3D from four of the patient's sides: ``python four_sides.py [PATH] [OUT.png]``.

All are drawn from equally far away, so that all are of one size.
"""

import sys

import viewer3d
from viewer3d import figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "four_sides.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
figures.directions(volume, "ALPR", rendering="ct-bone", size=(1000, 500)).save(out)
