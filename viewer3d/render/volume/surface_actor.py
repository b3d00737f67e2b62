"""The actor that shows an opaque surface beside volumes. Needs OpenGL.

It writes its depth before rays are cast, so a ray ends at it: what of a volume is nearer lies over it, what is farther
is hidden.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

from viewer3d.core.mesh import Mesh
from viewer3d.core.view.state import Box
from viewer3d.render.volume.actor import crop_planes
from viewer3d.render.volume.mesh_shape import unit_vectors, volume_gradients

AMBIENT: Final = 0.25
DIFFUSE: Final = 0.75
"""Of a surface seen straight on the two make the colour itself; its rim keeps a quarter."""


class SurfaceActor:
    """A vtkActor of a mesh that follows colour and crop.

    Parameters
    ----------
    mesh : Mesh

    Attributes
    ----------
    prop : vtkActor
        In world mm (LPS); both sides are lit alike, so the order of a triangle's corners does not matter.
    """

    def __init__(self, mesh: Mesh) -> None:
        self._mapper = vtkPolyDataMapper()
        self._mapper.SetInputData(surface_data(mesh))
        self._mapper.ScalarVisibilityOff()
        self.prop = vtkActor()
        self.prop.SetMapper(self._mapper)
        shading = self.prop.GetProperty()
        shading.SetInterpolationToPhong()
        shading.SetAmbient(AMBIENT)
        shading.SetDiffuse(DIFFUSE)
        shading.SetSpecular(0.0)
        self._crop: Box | None = None

    def show(self, color: tuple[float, float, float], crop: Box | None) -> None:
        """Show the surface in another colour, cut by another box.

        Parameters
        ----------
        color : tuple of float
            Red, green and blue, 0 to 255.
        crop : Box, optional
            World box (LPS, mm) that all that is shown lies in.
        """
        self.prop.GetProperty().SetColor(*(value / 255 for value in color))
        if crop != self._crop:
            self._mapper.RemoveAllClippingPlanes()
            for plane in crop_planes(crop):
                self._mapper.AddClippingPlane(plane)
            self._crop = crop


def surface_data(mesh: Mesh) -> vtkPolyData:
    """Return a mesh as data of VTK, with a normal at each point so that it looks smooth.

    Parameters
    ----------
    mesh : Mesh

    Returns
    -------
    vtkPolyData
        In world mm (LPS).
    """
    points, cells, data = vtkPoints(), vtkCellArray(), vtkPolyData()
    points.SetData(numpy_to_vtk(np.asarray(mesh.points, np.float32), deep=True))  # type: ignore[no-untyped-call]
    cells.SetData(3, numpy_to_vtk(mesh.triangles.ravel(), deep=True))  # type: ignore[no-untyped-call]
    data.SetPoints(points)
    data.SetPolys(cells)
    normals = numpy_to_vtk(point_normals(mesh), deep=True)  # type: ignore[no-untyped-call]
    data.GetPointData().SetNormals(normals)
    return data


def point_normals(mesh: Mesh) -> NDArray[np.float32]:
    """Return a normal at each point: the mean of those of its triangles, weighted by area.

    Parameters
    ----------
    mesh : Mesh

    Returns
    -------
    ndarray of float32, shape (N, 3)
        Of unit length; 0 where no triangle has the point, or only such without area.
    """
    return unit_vectors(volume_gradients(mesh.points, mesh.triangles)).astype(np.float32)
