"""Organs over a CT, on the slices with most of them, and in a table: ``python segmentation.py [PATH] [OUT.png]``.

PATH holds a CT and `organs.seg.nrrd`, a label map with names and colours as 3D Slicer writes it; a DICOM segmentation
is loaded the same way, and says its frame of reference itself. The table is a CSV file beside the picture.
"""

import sys
from pathlib import Path

import viewer3d
from viewer3d import Layer, figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "segmentation.png"

if path:
    ct = viewer3d.load(next(one for one in viewer3d.scan(path) if one.modality == "CT"))
    organs = viewer3d.load_segmentation(Path(path, "organs.seg.nrrd"))
else:
    ct, organs = viewer3d.phantom.volume(), viewer3d.phantom.organs()

layer = Layer(organs, same_frame=True)  # as label maps do not say their frame of reference
measured = viewer3d.measure_regions(ct, layer)
for one in measured[:4]:
    print(f"{one.name}, {one.ml:.1f} ml, mean {one.mean:.0f} HU")
viewer3d.save_statistics(measured, Path(out).with_suffix(".csv"))
figures.overlay(ct, layer, n=6, dpi=110).save(out)
