"""A picture made again from the recipe in its file, and changed: ``python from_its_recipe.py [PATH] [OUT.png]``.

The recipe holds the view and digests of the data; it finds the series wherever the files are, and tells whether they
are still the same.
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import viewer3d

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "from_its_recipe.png"
with tempfile.TemporaryDirectory() as scratch:
    if path is None:
        path = Path(scratch, "files")
        viewer3d.phantom.write(path)
    published = Path(scratch, "published.png")
    volume = viewer3d.load(path)
    low, high = volume.geometry.bounds
    viewer3d.screenshot(volume, published, view="axial", window="lung", at=low + [0.6, 0.5, 0.72] * (high - low))

    # All there is now is the picture, and the files somewhere.
    again = viewer3d.replay(published, path)
    print(again.verdict, again.reason)
    recipe = viewer3d.read_recipe(published)
    state = replace(recipe.state, view="mpr").with_look(window=viewer3d.Window(40, 400))
    viewer3d.screenshot(viewer3d.load(path), out, state=state, size=(1000, 560))
