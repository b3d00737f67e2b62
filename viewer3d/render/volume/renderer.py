"""Render a volume in 3D offscreen, at once or progressively. Needs OpenGL.

Import this module only where :func:`viewer3d.render.gl.find_opengl` found one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final
from weakref import ref

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkLight, vtkRenderer

from viewer3d.core.mesh import Mesh
from viewer3d.core.view.camera import Camera
from viewer3d.core.volume import Volume
from viewer3d.render.gl import OpenGL, offscreen_window, silence
from viewer3d.render.kept_window import lent_window, release_window
from viewer3d.render.planes3d.cuts import Polygon, is_in_corner, open_corner
from viewer3d.render.volume.actor import RayCasting, VolumeActor
from viewer3d.render.volume.multi_volume import MultiVolumeActor
from viewer3d.render.volume.ray_stops import ray_stop
from viewer3d.render.volume.request import RenderRequest
from viewer3d.render.volume.surface_actor import SurfaceActor

STRIP_SECONDS: Final = 0.025
"""What a strip may take: with the slices' own time an event is answered within a twentieth of a second."""

STRIP_ROWS: Final = (2, 32)
"""Least and most rows of a strip: OpenGL draws pixels two rows at a time, and after many empty strips there may be
bone."""

STRIP_CHANGES: Final = (0.5, 1.5)
"""How much smaller and larger a strip may be than the one before: one slow moment changes little."""

PremultipliedRGBA = NDArray[np.uint8]
"""A picture of shape (height, width, 4): red, green and blue, each times opacity, and opacity."""


class OffscreenRenderer:
    """Renders one volume, or several, into a picture in memory, with opaque surfaces beside them.

    Parameters
    ----------
    opengl : OpenGL
        One that works.
    volume : Volume
    casting : RayCasting
    others : tuple of Volume
        Those of the requests, in the same order; with some all is drawn in full quality.

    Raises
    ------
    RenderError
        When no OpenGL works.
    """

    def __init__(self, opengl: OpenGL, volume: Volume, casting: RayCasting, others: tuple[Volume, ...] = ()) -> None:
        self._geometry = volume.geometry
        self._actor = MultiVolumeActor((volume, *others)) if others else VolumeActor(volume, casting)
        weak = ref(self)  # or mapper and renderer would keep each other until the garbage collector comes

        def clip(*_: object) -> None:
            if (renderer := weak()) is not None:
                renderer._clip_to_strip()

        def check(*_: object) -> None:
            if (renderer := weak()) is not None and renderer._actor.shader is not None:
                renderer._actor.shader.find_fault(renderer._window)

        self._actor.mapper.AddObserver("VolumeMapperRenderStartEvent", clip)  # type: ignore[arg-type]
        self._actor.mapper.AddObserver("VolumeMapperRenderEndEvent", check)  # type: ignore[arg-type]
        self._stops: dict[Polygon, vtkActor] = {}
        self._surfaces: dict[Mesh, SurfaceActor] = {}
        self._strip: tuple[int, int] | None = None
        self._renderer = vtkRenderer()
        self._renderer.AddVolume(self._actor.prop)
        _add_headlight(self._renderer)
        with silence():
            self._window = lent_window(opengl) or offscreen_window(opengl, (8, 8))
            self._window.SetAlphaBitPlanes(1)
            self._window.AddRenderer(self._renderer)

    def draw(self, request: RenderRequest) -> PremultipliedRGBA:
        """Render the volume.

        Parameters
        ----------
        request : RenderRequest

        Returns
        -------
        ndarray of uint8, shape (height, width, 4)
            Red, green and blue, each times opacity, and opacity, to be composited over whatever is behind.

        Raises
        ------
        RenderError
            When VTK or OpenGL does not take the shader.
        """
        if self._is_in_corner(request):
            return np.zeros((request.size[1], request.size[0], 4), np.uint8)
        self._prepare(request)
        self._render()
        return self._rows(0, request.size[1])[::-1].copy()

    def draw_progressively(self, request: RenderRequest, out: PremultipliedRGBA) -> Iterator[None]:
        """Render the volume in strips of rows, one at each step; in the end it is what :meth:`draw` returns.

        Between two steps nothing else may be drawn by this renderer.

        Parameters
        ----------
        request : RenderRequest
        out : ndarray of uint8, shape (height, width, 4)
            Where it is drawn.

        Raises
        ------
        RenderError
            When VTK or OpenGL does not take the shader.
        """
        if self._is_in_corner(request):
            out[...] = 0
            return
        height = request.size[1]

        def draw(first: int, last: int) -> None:
            self._strip = first, last
            try:
                self._render()
            finally:
                self._strip = None
            out[height - last : height - first] = self._rows(first, last)[::-1]

        for surface in request.surfaces:
            yield from surface.steps()
            self._surfaces[surface.mesh] = self._surfaces.get(surface.mesh) or SurfaceActor(surface.mesh)
            yield
        self._prepare(request)  # voxels are chosen
        yield
        draw(0, 1)  # they go to the graphics card
        yield
        self._keep_surfaces()
        yield from draw_in_strips(height, draw)

    def close(self) -> None:
        """Free what is held on the graphics card; the renderer cannot be used again.

        All is freed here, in the thread that drew: what OpenGL knows must not be left to the garbage collector, which
        runs in any thread.
        """
        self._actor.mapper.RemoveAllObservers()
        with silence():
            self._window.MakeCurrent()
            self._renderer.RemoveAllViewProps()
            release_window(self._window)
            self._window.RemoveRenderer(self._renderer)
            self._window.ReleaseCurrent()
        del self._actor, self._stops, self._surfaces, self._renderer, self._window

    def _render(self) -> None:
        with silence():
            self._window.Render()
        if self._actor.shader is not None:
            self._actor.shader.check()

    def _is_in_corner(self, request: RenderRequest) -> bool:
        return is_in_corner(self._geometry, request.look.crop, request.cuts, request.camera.position)

    def _prepare(self, request: RenderRequest) -> None:
        if isinstance(self._actor, MultiVolumeActor):
            self._actor.show((request.look, *(other.look for other in request.others)))
        else:
            self._actor.show(request.look)
        corner = open_corner(self._geometry, request.look.crop, request.cuts, request.camera.position)
        self._stop_rays_at({*(cut.corners for cut in request.cuts), *corner})
        self._show_surfaces(request)
        self._renderer.PreserveColorBufferOff()
        self._renderer.PreserveDepthBufferOff()
        for prop in (*self._stops.values(), *(one.prop for one in self._surfaces.values())):
            prop.VisibilityOn()  # which strips of another request may have hidden
        aim_camera(self._renderer, request.camera, request.size)
        with silence():
            self._window.SetSize(*request.size)

    def _stop_rays_at(self, polygons: set[Polygon]) -> None:
        for polygon in self._stops.keys() - polygons:
            self._renderer.RemoveActor(self._stops.pop(polygon))
        for polygon in polygons - self._stops.keys():
            self._stops[polygon] = ray_stop(polygon)
            self._renderer.AddActor(self._stops[polygon])

    def _show_surfaces(self, request: RenderRequest) -> None:
        # After the ray stops, which would leave the colour of what is behind them: added last, it is not drawn there.
        for shown in self._surfaces.values():
            self._renderer.RemoveActor(shown.prop)
        kept, self._surfaces = self._surfaces, {}
        for surface in request.surfaces:
            mesh = surface.mesh
            self._surfaces[mesh] = kept.get(mesh) or SurfaceActor(mesh)
            self._surfaces[mesh].show(surface.color, request.look.crop)
            self._renderer.AddActor(self._surfaces[mesh].prop)

    def _keep_surfaces(self) -> None:
        # What the first strip drew of surfaces, colour and depth, stays for all others, which so cast rays and no more.
        if self._surfaces:
            self._renderer.PreserveColorBufferOn()
            self._renderer.PreserveDepthBufferOn()
            for prop in (*self._stops.values(), *(one.prop for one in self._surfaces.values())):
                prop.VisibilityOff()

    def _clip_to_strip(self) -> None:
        # Rays, which take the time, are cast for a strip's pixels alone; all else is as for the whole picture.
        if self._strip is not None:
            first, last = self._strip
            self._window.GetState().vtkglScissor(0, first, self._window.GetSize()[0], last - first)  # type: ignore[attr-defined]

    def _rows(self, first: int, last: int) -> PremultipliedRGBA:
        # What was rendered, from one row up to another: OpenGL counts them from below.
        width = self._window.GetSize()[0]
        pixels = vtkUnsignedCharArray()
        with silence():
            self._window.GetRGBACharPixelData(0, first, width - 1, last - 1, 0, pixels, 0)
            self._window.ReleaseCurrent()  # a desktop window may draw next, in this thread
        rows: PremultipliedRGBA = vtk_to_numpy(pixels).reshape(last - first, width, 4)  # type: ignore[no-untyped-call]
        return rows


def aim_camera(renderer: vtkRenderer, camera: Camera, size: tuple[int, int]) -> None:
    """Set a renderer's camera to that of a state.

    Parameters
    ----------
    renderer : vtkRenderer
    camera : Camera
        Its angle is that along the shorter side.
    size : tuple of int
        Width and height of the renderer's picture in pixels.
    """
    eye = renderer.GetActiveCamera()
    eye.SetPosition(*camera.position)
    eye.SetFocalPoint(*camera.focal_point)
    eye.SetViewUp(*camera.up)
    eye.SetViewAngle(camera.angle)
    eye.SetUseHorizontalViewAngle(int(size[0] < size[1]))
    renderer.ResetCameraClippingRange()


def _add_headlight(renderer: vtkRenderer) -> None:
    # One light at the eye: with it alone VTK 9.7 shades a volume that its actor rotates rightly.
    renderer.AutomaticLightCreationOff()
    renderer.RemoveAllLights()
    light = vtkLight()
    light.SetLightTypeToHeadlight()
    renderer.AddLight(light)


def draw_in_strips(height: int, draw: Callable[[int, int], None]) -> Iterator[None]:
    """Draw all rows of a picture, a strip at each step, so that events need not wait for the whole.

    Parameters
    ----------
    height : int
        Rows of the picture.
    draw : callable
        Draws the rows from one number up to another.
    """
    rows = 2.0 * STRIP_ROWS[0]
    # From the middle outwards: rays through the volume's box take long, whatever is in it, and others no time.
    low = high = height // 4 * 2
    while low > 0 or high < height:
        count = 2 * round(rows / 2)  # an odd row costs as much as two
        if height - high >= low:
            first, last = high, min(high + count, height)
            high = last
        else:
            first, last = max(low - count, 0), low
            low = first
        start = time.perf_counter()
        draw(first, last)
        seconds = max(time.perf_counter() - start, 1e-6)
        rows = float(np.clip(rows * np.clip(STRIP_SECONDS / seconds, *STRIP_CHANGES), *STRIP_ROWS))
        yield
