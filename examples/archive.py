"""Every volume of an archive, and what is wrong in it: ``python archive.py [PATH] [OUT.png]``.

A small picture and a quality report of each; the folder OUT has a page to look through, index.html, and table.csv. Run
again, it goes on where it was. Here one process does it; without ``workers`` there is one a core (``pip install
'viewer3d[archive]'``), and ``viewer3d batch PATH -o OUT`` does it in the shell.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import viewer3d
from viewer3d.phantom import Faults

path = sys.argv[1] if len(sys.argv) > 1 else None
picture = Path(sys.argv[2] if len(sys.argv) > 2 else "archive.png")
if path is None:
    scratch = tempfile.TemporaryDirectory()
    path = scratch.name
    viewer3d.phantom.write(Path(path, "whole"))
    viewer3d.phantom.write(Path(path, "gap"), shape=(90, 66, 100), spacing=(4, 4, 4), faults=Faults(missing=(60, 61)))

out = picture.with_suffix("")
shown = 0
for outcome in viewer3d.archive.run(path, ["thumbnail", "info"], out, workers=0):
    found = {name.removeprefix("info."): value for name, value in outcome.numbers.items()}
    if outcome.status != "done":
        print(f"{outcome.status}: {outcome.why}")
        continue
    size = " x ".join(str(found[name]) for name in ("columns", "rows", "slices"))
    missing = f"{found['missing'] or 'nothing'} missing"
    print(f"{found['modality'] or found['kind']:8}{size:16}{found['unit'] or 'no unit':10}{missing}")
    if found["unit"] in ("HU", "SUVbw") and shown < 2:
        shown += 1
        shutil.copyfile(out / outcome.files[0].path, picture.with_stem(f"{picture.stem}-{shown}"))
print(viewer3d.archive.status(out).counts)
