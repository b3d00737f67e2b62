"""3D Slicer without Qt, by its packages slicer-core and trame-slicer: ``python peer_slicer.py WAY FOLDER OUT``.

They want a VTK of their own, so they are installed apart (``pip install 'trame-slicer[standalone]'`` in an environment
of its own, with Python 3.10 to 3.13), whose Python runs this file. It imports nothing of viewer3d.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

SIZE: Final = (341, 768)
"""Of each view in pixels: of a picture of 1024 x 768."""


def application() -> Any:
    """Return Slicer's logic and scene, whose views are drawn off screen."""
    from trame_slicer.core import SlicerApp
    from trame_slicer.views import DirectViewFactory

    app = SlicerApp()
    app.view_manager.register_factory(DirectViewFactory(do_render_offscreen=True))
    return app


def views_of(app: Any) -> list[Any]:
    """Return three views of slices."""
    from trame_slicer.views import ViewLayoutDefinition as Definition

    made = [Definition.axial_view, Definition.coronal_view, Definition.sagittal_view]
    views = [app.view_manager.create_view(one()) for one in made]
    for view in views:
        view.render_window().SetSize(*SIZE)
    return views


def volume_of(app: Any, folder: str) -> Any:
    (node,) = app.io_manager.load_volumes([str(path) for path in sorted(Path(folder).iterdir())])
    return node


def draw(views: list[Any]) -> list[Any]:
    """Draw views, and return their pixels: else nothing says that OpenGL has ended."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

    pictures = []
    for view in views:
        view.render()
        grab = vtkWindowToImageFilter()
        grab.SetInput(view.render_window())
        grab.Update()
        width, height, _ = grab.GetOutput().GetDimensions()
        pixels = vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars())
        pictures.append(pixels.reshape(height, width, -1)[::-1])
    return pictures


def shown_slices(app: Any, folder: str) -> list[Any]:
    views, node = views_of(app), volume_of(app, folder)
    app.display_manager.show_volume_in_slice_background(node)
    for view in views:
        view.fit_view_to_content()
    return views


def picture(app: Any, folder: str, out: str) -> dict[str, float]:
    """Write three planes as a PNG; the whole process is what counts, so it tells nothing."""
    import numpy as np
    from PIL import Image

    Image.fromarray(np.hstack(draw(shown_slices(app, folder)))).save(out)
    return {}


def loaded(app: Any, folder: str, _out: str) -> dict[str, float]:
    """Return what it takes from the files to a volume node."""
    wall, cpu = time.perf_counter(), time.process_time()
    volume_of(app, folder)
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


WAYS: Final[dict[str, Callable[[Any, str, str], dict[str, float]]]] = {
    "picture": picture,
    "load": loaded,
}


def main(way: str, folder: str, out: str = "") -> None:
    """Do one of them; all but the picture print their seconds as JSON."""
    if told := WAYS[way](application(), folder, out):
        print(json.dumps(told), flush=True)
    os._exit(0)  # its views, taken down in the order in which Python lets them go, never end


if __name__ == "__main__":
    main(*sys.argv[1:])
