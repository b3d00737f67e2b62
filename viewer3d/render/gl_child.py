"""Draw a cube in a window of 8 x 8 pixels and say what drew it, in one line of JSON.

This file is run by :mod:`viewer3d.render.gl` in a Python process of its own, because where OpenGL is missing the
attempt ends the process and no ``try`` catches that. It imports vtk alone.
"""

from __future__ import annotations

import json
import re
import sys

MARK = "viewer3d-opengl:"
"""What the line of the answer begins with: drivers print too."""


def draw(window_class: str) -> dict[str, str]:
    """Draw with one class of window.

    Parameters
    ----------
    window_class : str
        Name of a class of ``vtkmodules.vtkRenderingOpenGL2``.

    Returns
    -------
    dict of str to str
        ``renderer`` and ``version`` as the driver names them, or ``reason`` why nothing was drawn.
    """
    from vtkmodules import vtkRenderingOpenGL2  # noqa: PLC0415 (loads GL)
    from vtkmodules.util.numpy_support import vtk_to_numpy  # noqa: PLC0415
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray  # noqa: PLC0415
    from vtkmodules.vtkFiltersSources import vtkCubeSource  # noqa: PLC0415
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer  # noqa: PLC0415

    if not hasattr(vtkRenderingOpenGL2, window_class):
        return {"reason": "this vtk has no such window"}
    cube, mapper, actor, renderer = vtkCubeSource(), vtkPolyDataMapper(), vtkActor(), vtkRenderer()
    mapper.SetInputConnection(cube.GetOutputPort())
    actor.SetMapper(mapper)
    actor.GetProperty().LightingOff()
    renderer.AddActor(actor)
    window = getattr(vtkRenderingOpenGL2, window_class)()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(8, 8)
    window.AddRenderer(renderer)
    window.Render()
    pixels = vtkUnsignedCharArray()
    window.GetPixelData(0, 0, 7, 7, 0, pixels, 0)
    rgb = vtk_to_numpy(pixels).reshape(8, 8, 3)  # type: ignore[no-untyped-call]
    about = dict(
        re.findall(r"^OpenGL (renderer|version) string:[ \t]*(.*)$", window.ReportCapabilities(), re.MULTILINE)
    )
    if not (rgb[4, 4] == 255).all() or rgb[0, 0].any():
        return {"reason": f"it drew nothing ({about.get('renderer', 'unknown renderer')})"}
    return {"renderer": about.get("renderer", ""), "version": about.get("version", "")}


if __name__ == "__main__":
    print(MARK + json.dumps(draw(sys.argv[1])), flush=True)  # noqa: T201 (the answer)
