"""The maximum along each axis, in the hot-iron colours of PET: ``python color_map.py [PATH] [OUT.png]``.

The colours are those of PS3.6 Annex B; the value bar says which is which.
"""

import sys

import viewer3d
from viewer3d import figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "color_map.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
figures.mips(volume, "600/1200", colors="hot-iron", value_bar=True, dpi=140).save(out)
