"""A loaded volume in the size of a window, off screen: one way in one process. ``python window.py WAY FOLDER``."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

SIZE = (1200, 900)
STEPS = 20
SLOW_STEPS = 1
"""Of the widgets, which take seconds each."""

Act = Callable[[float], object]


def step(volume, plotter_size) -> Act:
    """All three planes go on together: nothing is kept from the step before."""
    viewer = viewer3d.Viewer(volume, "mpr", plotter_size, off_screen=True)

    def act(mm: float) -> None:
        viewer.state = viewer.state.with_cursor(np.add(volume.geometry.center, mm))
        viewer.render()

    return act


def one_pane(volume, plotter_size) -> Act:
    """One step of the wheel: one slice is another, the other panes' crosshairs move."""
    viewer = viewer3d.Viewer(volume, "mpr", plotter_size, off_screen=True)

    def act(mm: float) -> None:
        viewer.state = viewer.state.with_cursor(np.add(volume.geometry.center, (0, 0, mm)))
        viewer.render()

    return act


def window(volume, plotter_size) -> Act:
    viewer = viewer3d.Viewer(volume, "mpr", plotter_size, off_screen=True)

    def act(mm: float) -> None:
        viewer.state = viewer.state.with_window(viewer3d.Window(40 + mm, 400))
        viewer.render()

    return act


def slice_orthogonal(volume, plotter_size) -> Act:
    grid = volume.grid
    plotter = pv.Plotter(off_screen=True, window_size=plotter_size)
    plotter.add_mesh(grid.slice_orthogonal(), cmap="gray", clim=(-160, 240), name="slices")
    plotter.show(auto_close=False, interactive=False)

    def act(mm: float) -> None:
        x, y, z = np.add(grid.center, mm)
        slices = grid.slice_orthogonal(x=x, y=y, z=z)
        plotter.add_mesh(slices, cmap="gray", clim=(-160, 240), name="slices", reset_camera=False)
        plotter.render()

    return act


def widgets(volume, plotter_size) -> Act:
    plotter = pv.Plotter(off_screen=True, window_size=plotter_size)
    plotter.add_mesh_slice_orthogonal(volume.grid, cmap="gray", clim=(-160, 240))
    plotter.show(auto_close=False, interactive=False)

    def act(mm: float) -> None:
        for widget in plotter.plane_widgets:
            widget.SetOrigin(*np.add(volume.grid.center, mm))
            widget.InvokeEvent("EndInteractionEvent")
        plotter.render()

    return act


def first_quad(volume, plotter_size) -> Act:
    """What the window shows first: a quick picture, made of a volume that nothing was drawn of before."""

    def act(mm: float) -> None:
        fresh = viewer3d.Volume(volume.voxels, volume.geometry, volume.unit, modality=volume.modality)
        with viewer3d.Viewer(fresh, "quad", plotter_size, off_screen=True) as viewer:
            viewer.turn()

    return act


WAYS = {
    "viewer3d, three slices": step,
    "viewer3d, one slice": one_pane,
    "viewer3d, window": window,
    "slice_orthogonal": slice_orthogonal,
    "mesh_slice_orthogonal": widgets,
    "viewer3d, first quad": first_quad,
}


def main(way: str, path: str) -> None:
    """Time one way, and print the medians of a step's seconds as JSON."""
    volume = viewer3d.load(path)
    act = WAYS[way](volume, SIZE)
    first = way == "viewer3d, first quad"
    if not first:
        act(0.0)
    steps = 1 if first else SLOW_STEPS if way == "mesh_slice_orthogonal" else STEPS
    walls, cpus = [], []
    for mm in np.linspace(-20, 20, steps):
        wall, cpu = time.perf_counter(), time.process_time()
        act(float(mm))
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(json.dumps({"wall": statistics.median(walls), "cpu": statistics.median(cpus)}))


if __name__ == "__main__":
    import numpy as np
    import pyvista as pv

    import viewer3d

    main(*sys.argv[1:])
