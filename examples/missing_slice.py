"""A missing slice, ignored and resampled: ``python missing_slice.py [PATH] [OUT.png]``.

Left the slices one after the other, as if they were evenly spaced; right each where the scanner says it is.
Without a path a synthetic patient is scanned and some of the files are lost. What was done is told by notes, which are
values too; ``strict=True`` refuses whatever they mark.
"""

import sys
import tempfile

import viewer3d
from viewer3d import figures
from viewer3d.phantom import Faults

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "missing_slice.png"
if path is None:
    scratch = tempfile.TemporaryDirectory()
    path = scratch.name
    viewer3d.phantom.write(path, faults=Faults(missing=tuple(range(196, 206))))

even = viewer3d.load(path, irregular="keep")
true = viewer3d.load(path)
for note in (*even.notes, *true.notes):
    print("note:", note)
    slices = f", {note.frames} slices" if note.frames else ""
    moved = f", {note.moved_mm:.4g} mm" if note.moved_mm else ""
    print(f"      {note.id}, {note.severity}{', marked' if note.is_marked else ''}{slices}{moved}")
try:
    viewer3d.load(path, strict=True)
except viewer3d.errors.MarkedError as error:
    print(str(error).splitlines()[-1])
figures.compare(
    even, true, planes="sagittal", names=("As if even", "Resampled"), difference=True, value_bar=True, dpi=120
).save(out)
