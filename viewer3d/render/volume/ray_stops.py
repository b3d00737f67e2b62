"""Stops: polygons at which the rays through a volume end, and of which nothing else is seen. Needs OpenGL.

The slices that stand in the 3D pane are drawn without OpenGL; a stop in the place of each keeps out of the volume's
picture what lies behind it, and stops before the open corner what lies in that.
"""

from __future__ import annotations

from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from viewer3d.render.planes3d.cuts import Polygon

CLEAR = 1e-3
"""Opacity of a stop: less than a step of 8 bits, but not 0, which VTK does not draw."""


def polygon_data(corners: Polygon) -> vtkPolyData:
    """Make a convex polygon of world points (mm), in their order."""
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
    """Make the actor that ends rays at a convex polygon: it is in the depth buffer, and adds no light."""
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(polygon_data(corners))
    actor = vtkActor()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.LightingOff()
    look.SetColor(0, 0, 0)
    look.SetOpacity(CLEAR)
    actor.ForceOpaqueOn()  # what is translucent leaves no depth
    return actor
