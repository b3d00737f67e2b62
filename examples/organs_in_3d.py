"""Segments as surfaces in the rendered volume, and over its slices: ``python organs_in_3d.py [PATH] [OUT.png]``.

PATH holds a CT and `organs.seg.nrrd`. The surfaces are opaque and as deep in the volume as the organs are; they enclose
what the voxels do.
"""

import sys
from pathlib import Path

import viewer3d
from viewer3d import Layer, figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "organs_in_3d.png"

if path:
    ct = viewer3d.load(next(one for one in viewer3d.scan(path) if one.modality == "CT"))
    organs = viewer3d.load_segmentation(Path(path, "organs.seg.nrrd"))
else:
    ct, organs = viewer3d.phantom.volume(), viewer3d.phantom.organs()

layer = Layer(organs, same_frame=True)
figures.quad(ct, (20, 0, 110), rendering="bone", overlays=layer, dpi=110).save(out)
