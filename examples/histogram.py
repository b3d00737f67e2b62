"""Histogram of the values, and the grey of each window: ``python histogram.py [PATH] [OUT.png]``."""

import sys

import viewer3d
from viewer3d import figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "histogram.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
figures.histogram(volume, ["soft-tissue", "lung", "bone"], background="white", dpi=140).save(out)
