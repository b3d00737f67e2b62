"""A slice in matplotlib axes, and values along a line over it: ``python in_matplotlib.py [PATH] [OUT.png]``.

The axes are in LPS mm, so that whatever is known of the patient can be plotted over the slice.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import viewer3d
from viewer3d import figures

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "in_matplotlib.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
low, high = volume.geometry.bounds
x, y, z = low + [0.5, 0.5, 0.55] * (high - low)
line = np.linspace((low[0] + 1, y, z), (high[0] - 1, y, z), 300)

picture, (above, below) = plt.subplots(2, figsize=(7, 7.5), height_ratios=(2, 1), sharex=True, layout="constrained")
figures.imshow(volume, "axial", at=(x, y, z), window="soft-tissue", ax=above)
above.plot(line[:, 0], line[:, 1], color="tab:orange")
below.plot(line[:, 0], [volume.value_at(point) for point in line], color="tab:orange")
below.set(xlabel="L (mm)", ylabel=volume.unit)
picture.savefig(out, dpi=100)
