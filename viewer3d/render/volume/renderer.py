"""The window that the 3D pane is drawn in, which nobody sees. Needs OpenGL.

Import this module only where :func:`viewer3d.render.gl.find_opengl` found one.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import ref

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkLight, vtkRenderer

from viewer3d.core.camera import Camera
from viewer3d.core.volume import Volume
from viewer3d.render.gl import OpenGL, offscreen_window, silence
from viewer3d.render.planes3d.cuts import Polygon, is_in_corner, open_corner
from viewer3d.render.volume.actor import RayCasting, VolumeActor
from viewer3d.render.volume.ray_stops import ray_stop
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.strips import in_strips

PremultipliedRGBA = NDArray[np.uint8]
"""A picture of shape (height, width, 4): red, green and blue, each times opacity, and opacity."""


def aim_camera(renderer: vtkRenderer, camera: Camera, size: tuple[int, int]) -> None:
    """Point a renderer's eye as a state's camera says.

    Parameters
    ----------
    renderer : vtkRenderer
    camera : Camera
        Its angle is that along the shorter side.
    size : tuple of int
        Width and height of the renderer's pane in pixels.
    """
    eye = renderer.GetActiveCamera()
    eye.SetPosition(*camera.position)
    eye.SetFocalPoint(*camera.focal_point)
    eye.SetViewUp(*camera.up)
    eye.SetViewAngle(camera.angle)
    eye.SetUseHorizontalViewAngle(int(size[0] < size[1]))
    renderer.ResetCameraClippingRange()


class OffscreenRenderer:
    """An offscreen window that shows one volume.

    Parameters
    ----------
    opengl : OpenGL
        One that works.
    volume : Volume
    casting : Casting

    Raises
    ------
    RenderError
        When no OpenGL works.
    """

    def __init__(self, opengl: OpenGL, volume: Volume, casting: RayCasting) -> None:
        self._geometry = volume.geometry
        self._shown = VolumeActor(volume, casting)
        weak = ref(self)  # or mapper and window would keep each other until the garbage collector comes

        def cut_strip(*_: object) -> None:
            if (window := weak()) is not None:
                window._cut_strip()

        self._shown.mapper.AddObserver("VolumeMapperRenderStartEvent", cut_strip)  # type: ignore[arg-type]
        self._stops: dict[Polygon, vtkActor] = {}
        self._strip: tuple[int, int] | None = None
        self._renderer = vtkRenderer()
        self._renderer.AddVolume(self._shown.actor)
        add_headlight(self._renderer)
        with silence():
            self._window = offscreen_window(opengl, (8, 8))
            self._window.SetAlphaBitPlanes(1)
            self._window.AddRenderer(self._renderer)

    def draw(self, request: RenderRequest) -> PremultipliedRGBA:
        """Draw the volume.

        Parameters
        ----------
        request : RenderRequest

        Returns
        -------
        ndarray of uint8, shape (height, width, 4)
            Red, green and blue, each times opacity, and opacity: it is laid over whatever is behind.
        """
        if self._is_in_corner(request):
            return np.zeros((request.size[1], request.size[0], 4), np.uint8)
        self._aim(request)
        with silence():
            self._window.Render()
        return self._rows(0, request.size[1])[::-1].copy()

    def strips(self, request: RenderRequest, layer: PremultipliedRGBA) -> Iterator[None]:
        """Draw the volume strip by strip: when the steps are over, the layer holds the bytes that :meth:`draw` gives.

        Between two steps nothing else may be drawn in this window.

        Parameters
        ----------
        request : RenderRequest
        layer : ndarray of uint8, shape (height, width, 4)
        """
        if self._is_in_corner(request):
            layer[...] = 0
            return
        height = request.size[1]

        def draw(first: int, last: int) -> None:
            self._strip = first, last
            try:
                with silence():
                    self._window.Render()
            finally:
                self._strip = None
            layer[height - last : height - first] = self._rows(first, last)[::-1]

        self._aim(request)  # voxels are chosen
        yield
        draw(0, 1)  # they go to the renderer
        yield
        yield from in_strips(height, draw)

    def _is_in_corner(self, request: RenderRequest) -> bool:
        return is_in_corner(self._geometry, request.look.crop, request.cuts, request.camera.position)

    def _aim(self, request: RenderRequest) -> None:
        self._shown.follow(request.look)
        corner = open_corner(self._geometry, request.look.crop, request.cuts, request.camera.position)
        self._stop_at({*(cut.corners for cut in request.cuts), *corner})
        aim_camera(self._renderer, request.camera, request.size)
        with silence():
            self._window.SetSize(*request.size)

    def _stop_at(self, polygons: set[Polygon]) -> None:
        for polygon in self._stops.keys() - polygons:
            self._renderer.RemoveActor(self._stops.pop(polygon))
        for polygon in polygons - self._stops.keys():
            self._stops[polygon] = ray_stop(polygon)
            self._renderer.AddActor(self._stops[polygon])

    def _cut_strip(self) -> None:
        # Rays, and they take the time, are cast for a strip's pixels alone; all else is as for the whole picture.
        if self._strip is not None:
            first, last = self._strip
            self._window.GetState().vtkglScissor(0, first, self._window.GetSize()[0], last - first)  # type: ignore[attr-defined]

    def _rows(self, first: int, last: int) -> PremultipliedRGBA:
        # What was rendered, from one row up to another: OpenGL counts them from below.
        width = self._window.GetSize()[0]
        pixels = vtkUnsignedCharArray()
        with silence():
            self._window.GetRGBACharPixelData(0, first, width - 1, last - 1, 0, pixels, 0)
            self._window.ReleaseCurrent()  # a window on the display may draw next, in this thread
        rows: PremultipliedRGBA = vtk_to_numpy(pixels).reshape(last - first, width, 4)  # type: ignore[no-untyped-call]
        return rows

    def close(self) -> None:
        """Free what the window holds on the graphics card; it cannot be used again.

        All goes here, in the thread that drew: what OpenGL knows must not be left to the garbage collector, which runs
        in any thread.
        """
        self._shown.mapper.RemoveAllObservers()
        self._renderer.RemoveAllViewProps()
        self._window.Finalize()
        self._window.RemoveRenderer(self._renderer)
        del self._shown, self._stops, self._renderer, self._window


def add_headlight(renderer: vtkRenderer) -> None:
    """Give a renderer one light at the eye: with it alone VTK 9.7 shades a volume that the actor turns rightly.

    Parameters
    ----------
    renderer : vtkRenderer
    """
    renderer.AutomaticLightCreationOff()
    renderer.RemoveAllLights()
    light = vtkLight()
    light.SetLightTypeToHeadlight()
    renderer.AddLight(light)
