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

OBLIQUE = ((0.8, 0.48, 0.36), (-0.6, 0.64, 0.48), (0.0, -0.6, 0.8))
"""Turned by 37 degrees about two axes."""

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
        fresh = viewer3d.Volume(
            volume.voxels, volume.geometry, volume.unit, viewer3d.SeriesInfo(modality=volume.modality)
        )
        with viewer3d.Viewer(fresh, "quad", plotter_size, off_screen=True) as viewer:
            viewer.process_events()

    return act


def first_3d(volume, plotter_size) -> Act:
    """What is seen in 3D in full, of a volume that nothing was drawn of before."""

    def act(mm: float) -> None:
        fresh = viewer3d.Volume(
            volume.voxels, volume.geometry, volume.unit, viewer3d.SeriesInfo(modality=volume.modality)
        )
        viewer3d.screenshot(fresh, view="3d", size=plotter_size)

    return act


def slab(volume, plotter_size, *, oblique: bool = False) -> Act:
    """A step of one plane that shows 10 mm at once."""
    state = state_of_geometry(volume.geometry, volume.default_window)
    if oblique:
        state = replace(state, axes=OBLIQUE)
    values = Sampler(volume)

    def act(mm: float) -> None:
        moved = state.with_cursor(np.add(volume.geometry.center, mm))
        values.values(pane_geometry(volume.geometry, moved, "coronal", plotter_size), Slab(10.0))

    return act


def oblique_slab(volume, plotter_size) -> Act:
    return slab(volume, plotter_size, oblique=True)


WAYS = {
    "viewer3d, three slices": step,
    "viewer3d, one slice": one_pane,
    "viewer3d, window": window,
    "slice_orthogonal": slice_orthogonal,
    "mesh_slice_orthogonal": widgets,
    "viewer3d, first quad": first_quad,
    "viewer3d, first 3D": first_3d,
    "viewer3d, slab": slab,
    "viewer3d, oblique slab": oblique_slab,
}


def main(way: str, path: str) -> None:
    """Time one way, and print the medians of a step's seconds as JSON."""
    volume = viewer3d.load(path)
    act = WAYS[way](volume, SIZE)
    first = way in ("viewer3d, first quad", "viewer3d, first 3D")
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
    from dataclasses import replace

    import numpy as np
    import pyvista as pv

    import viewer3d
    from viewer3d.core.view.state import Slab, state_of_geometry
    from viewer3d.render.panes import pane_geometry
    from viewer3d.render.slices.sample import Sampler

    main(*sys.argv[1:])
