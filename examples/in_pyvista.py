"""Volume and slices in a pyvista plotter: ``python in_pyvista.py [PATH] [OUT.png]``.

Both lie in LPS mm; on a screen the slices' outlines can be dragged. For all else ``volume.grid`` is a pyvista.ImageData
with the right spacing, origin and direction, and no copy of the voxels. pyvista.read(path, force_ext=".dicom") gives
the same grid, and grid.viewer3d leads from it to volume, notes, window and figures.
"""

import sys

import pyvista as pv

import viewer3d

path = sys.argv[1] if len(sys.argv) > 1 else None
out = sys.argv[2] if len(sys.argv) > 2 else "in_pyvista.png"

volume = viewer3d.load(path) if path else viewer3d.phantom.volume()

plotter = pv.Plotter(off_screen=True, window_size=(700, 700))  # without off_screen there is a window
plotter.set_background("black")
viewer3d.add_volume(plotter, volume)
slices = viewer3d.add_slices(plotter, volume)
slices.on_cursor(print)  # LPS mm
plotter.add_mesh(volume.grid.outline(), color="gray")
plotter.camera_position = "xz"
plotter.camera.azimuth, plotter.camera.elevation = 30, 25
plotter.screenshot(out)
