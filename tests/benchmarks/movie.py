"""A turn of 24 frames at 512 x 512 of a loaded volume: one way in one process. ``python movie.py WAY FOLDER``."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

FRAMES = 24
SIZE = (512, 512)


def frames(volume) -> None:
    """Draw them, in full quality each."""
    for _ in figures.turntable(volume, FRAMES, size=SIZE).frames():
        pass


def saved(suffix: str) -> Callable[[object], None]:
    def save(volume) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            figures.turntable(volume, FRAMES, size=SIZE).save(Path(scratch, f"a{suffix}"))

    return save


def pyvista_orbit(volume) -> None:
    """The same turn as pyvista's own volume rendering draws it, lit."""
    plotter = pv.Plotter(off_screen=True, window_size=SIZE)
    plotter.add_volume(volume.grid, cmap="bone", opacity="sigmoid", shade=True)
    plotter.camera_position = "xz"
    plotter.show(auto_close=False, interactive=False)
    for _ in range(FRAMES):
        plotter.camera.azimuth += 360 / FRAMES
        plotter.render()
        plotter.screenshot(return_img=True)


WAYS = {
    "viewer3d, frames": frames,
    "viewer3d, .webp": saved(".webp"),
    "viewer3d, .gif": saved(".gif"),
    "viewer3d, .png": saved(".png"),
    "pyvista orbit": pyvista_orbit,
}


def main(way: str, path: str) -> None:
    """Time one way, and print its seconds as JSON."""
    volume = viewer3d.load(path)
    wall, cpu = time.perf_counter(), time.process_time()
    WAYS[way](volume)
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    import pyvista as pv

    import viewer3d
    from viewer3d import figures

    main(*sys.argv[1:])
