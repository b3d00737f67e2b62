"""Structures and isodose lines of a plan over its CT: ``python treatment_plan.py [PATH] [OUT.png]``.

PATH holds a CT, and `structures.dcm`, `dose.dcm` and `plan.dcm` in a folder `plan`. Lines are in percent of the dose
that the plan prescribes, each written with its dose; the wash over the CT has a value bar.
"""

import sys
from pathlib import Path

import viewer3d
from viewer3d import Layer, figures, phantom

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "treatment_plan.png"

if path:
    ct = viewer3d.load(next(one for one in viewer3d.scan(path) if one.modality == "CT"))
    folder = Path(path, "plan")
    structures, dose = viewer3d.load_structures(folder / "structures.dcm"), viewer3d.load(folder / "dose.dcm")
    plan = viewer3d.load_plan(folder / "plan.dcm")
else:
    ct, structures, dose, plan = phantom.volume(), phantom.structures(), phantom.dose(), phantom.PRESCRIBED

wash = Layer(dose, plan=plan, look={"levels": "30%:50%:80%:95%", "opacity": 0.35})
lines = Layer(structures, look={"segments": ["PTV", "Bladder", "Rectum"]})
figures.overlay(ct, [wash, lines], n=4, margin=45, dpi=110).save(out)
