"""A small picture of every series in a folder: ``python every_series.py [PATH] [OUT.png]``.

Each goes into a file of its own: OUT-1.png, OUT-2.png, ... A series that makes no volume is reported and skipped.
"""

import sys
import tempfile
from pathlib import Path

import viewer3d
from viewer3d.phantom import Faults

path = sys.argv[1] if len(sys.argv) > 1 else None
out = Path(sys.argv[2] if len(sys.argv) > 2 else "every_series.png")
if path is None:
    scratch = tempfile.TemporaryDirectory()
    path = scratch.name
    viewer3d.phantom.write(path, faults=Faults(second_series=True, localizer=True, text_file=True))

found = viewer3d.scan(path)
for number, series in enumerate(found, 1):
    try:
        volume = viewer3d.load(found, series)
    except viewer3d.Viewer3DError as error:
        print(number, error)
        continue
    print(number, volume)
    viewer3d.screenshot(volume, out.with_stem(f"{out.stem}-{number}"), view="mpr", size=(770, 256))
