"""The grid in a plotter of your own: ``python in_pyvista.py [PATH] [OUT.png]``.

``volume.grid`` is a pyvista.ImageData with the right spacing, origin and direction, and no copy of the voxels.
"""

import sys

import pyvista as pv

import viewer3d

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "in_pyvista.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()
x, y, z = volume.geometry.center
low, high = volume.default_window.bounds

plotter = pv.Plotter(off_screen=True, window_size=(800, 800))
plotter.set_background("black")
plotter.add_mesh(volume.grid.slice_orthogonal(x=x, y=y, z=z), cmap="gray", clim=(low, high), lighting=False)
plotter.camera_position = "xz"
plotter.camera.azimuth, plotter.camera.elevation = 30, 15
plotter.screenshot(out)
