"""Stop the rays through a volume at polygons that are not seen themselves. Needs OpenGL.

The slices that stand in the 3D pane are drawn without OpenGL. A ray stop in the plane of each keeps what lies behind it
out of the volume's picture, and ray stops before the open corner keep out what lies in that.
"""

from __future__ import annotations

from typing import Final

from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from viewer3d.render.planes3d.cuts import Polygon

STOP_OPACITY: Final = 1e-3
"""Opacity of a ray stop: less than a step of 8 bits, but not 0, which VTK does not draw."""


def polygon_data(corners: Polygon) -> vtkPolyData:
    """Return a convex polygon as data of VTK.

    Parameters
    ----------
    corners : tuple of tuple of float
        World points (LPS, mm), in their order around it.
    """
    points = vtkPoints()
    points.SetDataTypeToDouble()
    cells = vtkCellArray()
    cells.InsertNextCell(len(corners))
    for corner in corners:
        cells.InsertCellPoint(points.InsertNextPoint(*corner))
    data = vtkPolyData()
    data.SetPoints(points)
    data.SetPolys(cells)
    return data


def ray_stop(corners: Polygon) -> vtkActor:
    """Return an actor that ends rays at a convex polygon: it is in the depth buffer, and adds no light.

    Parameters
    ----------
    corners : tuple of tuple of float
        World points (LPS, mm), in their order around it.
    """
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(polygon_data(corners))
    actor = vtkActor()
    actor.SetMapper(mapper)
    shading = actor.GetProperty()
    shading.LightingOff()
    shading.SetColor(0, 0, 0)
    shading.SetOpacity(STOP_OPACITY)
    actor.ForceOpaqueOn()  # what is translucent leaves no depth
    return actor
