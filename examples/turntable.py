"""The volume turned about its long axis, in a loop: ``python turntable.py [PATH] [OUT.webp]``.

The suffix of OUT says what kind of movie it is: .webp, .gif, .png (APNG), or .mp4 (``pip install 'viewer3d[movie]'``).
"""

import sys

import viewer3d
from viewer3d import figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "turntable.webp"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
figures.turntable(volume, 24, rendering="ct-bone", size=(240, 240), rate=8).save(out)
