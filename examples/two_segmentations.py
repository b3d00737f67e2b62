"""A segmentation compared with the true one, as for a paper: ``python two_segmentations.py [PATH] [OUT.png]``.

PATH holds a CT, `organs.seg.nrrd`, taken for true, and `prediction.seg.nrrd`. Of each organ are shown the slices in
which both differ most: the prediction thin over the truth thick, in two colours that no colour blindness confuses. Of
many cases `viewer3d compare-segmentations` writes a table.
"""

import sys
from pathlib import Path

import numpy as np

import viewer3d
from viewer3d import Layer, figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "two_segmentations.png"

if path:
    ct = viewer3d.load(next(one for one in viewer3d.scan(path) if one.modality == "CT"))
    names = ("prediction.seg.nrrd", "organs.seg.nrrd")
    prediction, truth = (viewer3d.load_segmentation(Path(path, name)) for name in names)
else:
    ct, truth = viewer3d.phantom.volume(), viewer3d.phantom.organs()
    shifted = np.roll(truth.labels[0], (2, -1, 1), (0, 1, 2))
    prediction = viewer3d.Segmentation((shifted,), truth.geometry, truth.segments, truth.info)

both = (Layer(one, same_frame=True) for one in (prediction, truth))
figures.segmentation_comparison(*both, ct, n=3, segments=["Liver", "Kidney left"], dpi=140).save(out)
