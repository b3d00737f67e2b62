"""A fractional segment: its outline at a half, and how much is sure: ``python fractional.py [PATH] [OUT.png]``.

PATH holds a CT and `probability.dcm`, a DICOM segmentation of fractions. A voxel belongs to a segment where its
fraction is a half or more; the fractions stay beside the labels.
"""

import sys
from pathlib import Path

import viewer3d
from viewer3d import Layer, figures, phantom

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "fractional.png"

if path:
    ct = viewer3d.load(next(one for one in viewer3d.scan(path) if one.modality == "CT"))
    found = viewer3d.load_segmentation(Path(path, "probability.dcm"))
else:
    ct, found = phantom.volume(), phantom.probabilities()

fractions = found.fractions[1]
for least in (0.1, 0.5, 0.9):
    share = (fractions.values >= least * fractions.maximum).sum() / found.voxels(1)
    print(f"{fractions.kind.lower()} of {least:.0%} and more: {share:.0%} of the segment's voxels")
figures.overlay(ct, Layer(found, look={"fill": 0.2}), n=3, dpi=110).save(out)
