"""A PET in colours over a CT, each sampled on its own grid: ``python fusion.py [PATH] [OUT.png]``.

PATH holds a CT and a PET in one frame of reference. The planes go through the highest uptake; each layer has its
window, its unit and its value bar. Below a quarter of its window the PET fades, so that the anatomy is seen.
"""

import sys

import numpy as np

import viewer3d
from viewer3d import Layer, figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "fusion.png"

if path:
    series = viewer3d.scan(path)
    ct, pet = (viewer3d.load(next(one for one in series if one.modality == kind)) for kind in ("CT", "PT"))
else:
    ct, pet = viewer3d.phantom.volume(), viewer3d.phantom.pet()

at = pet.geometry.index_to_world(np.unravel_index(pet.voxels.argmax(), pet.shape))
print("highest uptake:", round(pet.value_at(at), 1), pet.unit, "where the CT has", round(ct.value_at(at)), ct.unit)
layer = Layer(pet, look={"window": "0-7", "opacity": 0.6})
figures.mpr(ct, at, "soft-tissue", overlays=layer, value_bar=True, dpi=140).save(out)
