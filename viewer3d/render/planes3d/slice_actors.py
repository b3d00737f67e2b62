"""Make actors of slices for a renderer of VTK: textured polygons with an outline. Needs OpenGL."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkFloatArray
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkTexture

from viewer3d.render.marks.display_list import Color
from viewer3d.render.planes3d.cuts import Cut
from viewer3d.render.slices.compose import SliceLayers, compose
from viewer3d.render.slices.pixels import PlanePixels
from viewer3d.render.volume.ray_stops import polygon_data

TEXEL = 0.5
"""Distance of texels, of the smallest voxel side: values are interpolated to there, and only greys between them."""

MOST_TEXELS = 1024
"""Along a side: a slice of 512 voxels has two a voxel."""

OUTLINE_WIDTH = 2.0
"""Pixels."""


class SliceActors:
    """One slice in a renderer: its picture and its outline.

    Parameters
    ----------
    layers : sequence of SliceLayer
        What it shows, the lowest first.
    texel : float
        Distance of texels in mm.
    color : tuple of int
        Of the outline.

    Attributes
    ----------
    actors : tuple of vtkActor
        The picture and the outline, in world mm (LPS).
    """

    def __init__(self, layers: SliceLayers, texel: float, color: Color) -> None:
        self._layers, self._texel = layers, texel
        self._face, self._edge, self._texture = vtkPolyDataMapper(), vtkPolyDataMapper(), vtkTexture()
        self._texture.InterpolateOn()
        self._texture.RepeatOff()
        self._texture.EdgeClampOn()
        self.actors = vtkActor(), vtkActor()
        for actor, mapper in zip(self.actors, (self._face, self._edge), strict=True):
            actor.SetMapper(mapper)
            actor.GetProperty().LightingOff()  # greys are those of the window, whatever lights there are
        self.actors[0].SetTexture(self._texture)
        self.actors[0].ForceOpaqueOn()
        self.actors[1].GetProperty().SetColor(*(value / 255 for value in color))
        self.actors[1].GetProperty().SetLineWidth(OUTLINE_WIDTH)

    def show(self, cut: Cut | None) -> None:
        """Show another slice, or none."""
        for actor in self.actors:
            actor.SetVisibility(cut is not None)
        if cut is None:
            return
        corners = np.array(cut.corners)
        right, down = (np.array(way, np.float64) for way in (cut.plane.right, cut.plane.down))
        positions = np.stack([corners @ right, corners @ down], axis=-1)
        low, spans = positions.min(0), np.ptp(positions, axis=0)
        counts = np.clip(np.ceil(spans / self._texel), 1, MOST_TEXELS).astype(int)
        # The outer texels lie half their distance within the edges, as the picture's coordinates 0 to 1 have it.
        steps = spans / counts
        M = np.eye(4)
        M[:3, 0], M[:3, 1], M[:3, 2] = right * steps[0], down * steps[1], cut.plane.normal
        first = low - positions[0] + steps / 2
        M[:3, 3] = corners[0] + right * first[0] + down * first[1]
        pixels = PlanePixels(M, slice(0, int(counts[1])), slice(0, int(counts[0])))
        self._texture.SetInputData(_picture(compose(self._layers, pixels)))
        self._face.SetInputData(_textured(cut, (positions - low) / spans))
        self._edge.SetInputData(_closed_line(cut))


def _picture(pixels: NDArray[np.uint8]) -> vtkImageData:
    height, width = pixels.shape[:2]
    picture = vtkImageData()
    picture.SetDimensions(width, height, 1)
    scalars = numpy_to_vtk(np.ascontiguousarray(pixels).reshape(-1, 3), deep=True)  # type: ignore[no-untyped-call]
    picture.GetPointData().SetScalars(scalars)
    return picture


def _textured(cut: Cut, texture_coordinates: NDArray[np.float64]) -> vtkPolyData:
    data = polygon_data(cut.corners)
    coordinates = vtkFloatArray()
    coordinates.SetNumberOfComponents(2)
    for pair in texture_coordinates.tolist():
        coordinates.InsertNextTuple(pair)
    data.GetPointData().SetTCoords(coordinates)
    return data


def _closed_line(cut: Cut) -> vtkPolyData:
    data = polygon_data(cut.corners)
    lines = vtkCellArray()
    lines.InsertNextCell(len(cut.corners) + 1)
    for n in (*range(len(cut.corners)), 0):
        lines.InsertCellPoint(n)
    data.SetPolys(vtkCellArray())
    data.SetLines(lines)
    return data
