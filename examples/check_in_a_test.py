"""A picture checked in a test, and its difference when it changes: ``python check_in_a_test.py [PATH] [OUT.png]``.

With pytest the fixture ``assert_figure`` does the same and keeps the baselines beside the test.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

import viewer3d
from viewer3d.testing import assert_figure, make_baseline

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "check_in_a_test.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
with tempfile.TemporaryDirectory() as scratch:
    baseline = make_baseline(volume, Path(scratch, "chest.png"), view="coronal", size=(330, 480))
    assert_figure(volume, baseline, view="coronal", size=(330, 480))
    x, y, z = volume.geometry.center
    try:
        assert_figure(volume, baseline, at=(x, y + 2, z), view="coronal", size=(330, 480), folder=scratch)
    except AssertionError as error:
        print(error)
    Image.open(Path(scratch, "chest-difference.png")).save(out, lossless=True)
