"""Render a volume in 3D offscreen, at once or progressively. Needs OpenGL.

Import this module only where :func:`viewer3d.render.gl.find_opengl` found one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from weakref import ref

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkLight, vtkRenderer, vtkRenderWindow

from viewer3d.core.mesh import Mesh
from viewer3d.core.view.camera import Camera
from viewer3d.core.volume import Volume, cached
from viewer3d.render.gl import OpenGL, check_works, silence
from viewer3d.render.kept_window import SharedWindow, SharedWindows, release_window, window_keeper
from viewer3d.render.planes3d.cuts import Polygon, is_in_corner, open_corner
from viewer3d.render.volume.actor import LoadedVoxels, RayCasting, VolumeActor, needed_voxels
from viewer3d.render.volume.loaded_block import can_lend
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

    Renderers of one volume in one thread share what OpenGL has of it, as long as they show the same voxels: those that
    are visible decide, so that other transfer functions may need others.

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
        check_works(opengl)
        self._opengl, self._volume, self._casting, self._others = opengl, volume, casting, others
        self._is_lent = casting.is_shared and can_lend(opengl)
        self._stops: dict[Polygon, vtkActor] = {}
        self._surfaces: dict[Mesh, SurfaceActor] = {}
        self._strip: tuple[int, int] | None = None
        self._shared: SharedWindow | None = None
        self._token: object = None

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
        with self._drawing() as window:
            window.Render()
        return self._rows(0, request.size[1])[::-1].copy()

    def draw_progressively(self, request: RenderRequest, out: PremultipliedRGBA) -> Iterator[None]:
        """Render the volume in strips of rows, one at each step; in the end it is what :meth:`draw` returns.

        Between two steps nothing else may be drawn by this renderer; others that share its voxels may draw.

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
        height, is_kept = request.size[1], False

        def draw(first: int, last: int) -> None:
            if self._is_disturbed():
                self._prepare(request)
                if is_kept:
                    with self._drawing((0, 1)) as window:
                        window.Render()
                    self._keep_surfaces()
            with self._drawing((first, last)) as window:
                window.Render()
            out[height - last : height - first] = self._rows(first, last)[::-1]

        for surface in request.surfaces:
            yield from surface.steps()
            self._surfaces[surface.mesh] = self._surfaces.get(surface.mesh) or SurfaceActor(surface.mesh)
            yield
        self._prepare(request)  # voxels are chosen
        self._release()
        yield
        draw(0, 1)  # they go to the graphics card
        yield
        is_kept = True
        if not self._is_disturbed():
            self._keep_surfaces()
        yield from draw_in_strips(height, draw)

    def close(self) -> None:
        """Free what is held on the graphics card; the renderer cannot be used again.

        All is freed here, in the thread that drew: what OpenGL knows must not be left to the garbage collector, which
        runs in any thread.
        """
        self._leave()

    def _is_in_corner(self, request: RenderRequest) -> bool:
        return is_in_corner(self._volume.geometry, request.look.crop, request.cuts, request.camera.position)

    def _prepare(self, request: RenderRequest) -> None:
        shared, needed = self._take_window(request)
        if not shared.resize(request.size):
            self._leave()
            shared, needed = self._take_window(request)
        if isinstance(shared.actor, MultiVolumeActor):
            shared.actor.show((request.look, *(other.look for other in request.others)))
        else:
            shared.actor.show(request.look, self._renderer if self._is_lent else None, needed=needed)
        corner = open_corner(self._volume.geometry, request.look.crop, request.cuts, request.camera.position)
        self._stop_rays_at({*(cut.corners for cut in request.cuts), *corner})
        self._show_surfaces(request)
        self._renderer.PreserveColorBufferOff()
        self._renderer.PreserveDepthBufferOff()
        for prop in (*self._stops.values(), *(one.prop for one in self._surfaces.values())):
            prop.VisibilityOn()  # which strips of another request may have hidden
        aim_camera(self._renderer, request.camera, request.size)
        self._token = shared.prepared = object()

    def _is_disturbed(self) -> bool:
        # Whether another renderer has drawn since this one was prepared.
        return self._shared is None or self._shared.prepared is not self._token

    def _take_window(self, request: RenderRequest) -> tuple[SharedWindow, LoadedVoxels | None]:
        # The one to draw in, and which voxels are to be loaded there, where that had to be found out.
        shared = self._shared
        if self._others:
            return shared or self._join(
                SharedWindow(self._opengl, MultiVolumeActor((self._volume, *self._others)), request.size)
            ), None
        if shared is not None and isinstance(shared.actor, VolumeActor) and shared.actor.look == request.look:
            return shared, None
        needed = needed_voxels(self._volume, self._casting, request.look)
        windows = cached(self._volume, SharedWindows).used
        if self._casting.is_shared:
            keeper = window_keeper()
            for other in (*([] if shared is None else [shared]), *windows):
                if (
                    other.users  # else it was closed, and OpenGL has its voxels no more
                    and isinstance(other.actor, VolumeActor)
                    and (other.actor.loaded, other.keeper) == (needed, keeper)
                    and other.resize(request.size)
                ):
                    return self._join(other), needed
        if shared is None or shared.has_others:
            shared = self._join(SharedWindow(self._opengl, VolumeActor(self._volume, self._casting), request.size))
            if self._casting.is_shared:
                windows.add(shared)
        return shared, needed

    def _join(self, shared: SharedWindow) -> SharedWindow:
        if shared is self._shared:
            return shared
        self._leave()
        self._renderer = vtkRenderer()
        self._renderer.DrawOff()
        _add_headlight(self._renderer)
        with silence():
            shared.window.AddRenderer(self._renderer)
        self._renderer.AddVolume(shared.actor.prop)  # last: with a renderer that gets a window its props are freed
        weak = ref(self)  # or mapper and renderer would keep each other until the garbage collector comes

        def clip(*_: object) -> None:
            if (renderer := weak()) is not None:
                renderer._clip_to_strip()

        def check(*_: object) -> None:
            if (renderer := weak()) is not None:
                renderer._find_fault()

        mapper = shared.actor.mapper
        self._observers = (
            mapper.AddObserver("VolumeMapperRenderStartEvent", clip),  # type: ignore[arg-type]
            mapper.AddObserver("VolumeMapperRenderEndEvent", check),  # type: ignore[arg-type]
        )
        shared.users.add(self)
        self._shared = shared
        return shared

    def _leave(self) -> None:
        shared = self._shared
        if shared is None:
            return
        for observer in self._observers:
            shared.actor.mapper.RemoveObserver(observer)
        with silence():
            shared.window.MakeCurrent()
            if shared.has_others:  # to remove the prop would free what the others draw
                self._renderer.GetViewProps().RemoveItem(shared.actor.prop)
                shared.actor.prop.RemoveConsumer(self._renderer)
            self._renderer.RemoveAllViewProps()
            if not shared.has_others:
                release_window(shared.window)
            shared.window.RemoveRenderer(self._renderer)
            shared.window.ReleaseCurrent()
        shared.users.discard(self)
        self._stops, self._surfaces, self._shared = {}, {}, None
        del self._renderer

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
            window = self._renderer.GetRenderWindow()
            window.GetState().vtkglScissor(0, first, window.GetSize()[0], last - first)  # type: ignore[attr-defined]

    @contextmanager
    def _drawing(self, strip: tuple[int, int] | None = None) -> Iterator[vtkRenderWindow]:
        # Gives the window that is to render the whole picture, or a strip of its rows.
        self._strip = strip
        window = self._renderer.GetRenderWindow()
        self._renderer.DrawOn()
        try:
            with silence():
                yield window
                if self._shared is not None and self._shared.actor.load_again():
                    window.Render()  # what was drawn is of voxels that are not there
        except BaseException:
            self._release()
            raise
        finally:
            self._renderer.DrawOff()
            self._strip = None
        if self._shared is not None and self._shared.actor.shader is not None:
            self._shared.actor.shader.check()

    def _find_fault(self) -> None:
        if self._shared is not None and self._shared.actor.shader is not None:
            self._shared.actor.shader.find_fault(self._shared.window)

    def _release(self) -> None:
        # A desktop window may draw next, in this thread: with this context current, GLX ends the process. VTK makes it
        # current also where nothing is drawn, as when it asks for the extent of what would be.
        with silence():
            self._renderer.GetRenderWindow().ReleaseCurrent()

    def _rows(self, first: int, last: int) -> PremultipliedRGBA:
        # What was rendered, from one row up to another: OpenGL counts them from below.
        window = self._renderer.GetRenderWindow()
        width = window.GetSize()[0]
        pixels = vtkUnsignedCharArray()
        with silence():
            window.GetRGBACharPixelData(0, first, width - 1, last - 1, 0, pixels, 0)
        self._release()
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
