"""One slice under several windows, side by side: ``python windows_side_by_side.py [PATH] [OUT.png]``.

The windows are those of PS3.3 C.11.2, by name or as center/width; each is written on its pane.
"""

import sys

import viewer3d
from viewer3d import figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "windows_side_by_side.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
windows = ["lung", "mediastinum", "bone", "250/700"]  # or a viewer3d.Window
low, high = volume.geometry.bounds
figures.windows(volume, windows, at=low + [0.5, 0.5, 0.7] * (high - low), size=(1000, 720), value_bar=True).save(out)
