"""The 3D pane: a volume as a vtkVolume, and the window it is drawn in. Needs OpenGL.

Import this module only where :func:`viewer3d.render.gl.find_opengl` found one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 (registers what draws vtkRenderer)
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import (
    vtkColorTransferFunction,
    vtkLight,
    vtkRenderer,
    vtkVolume,
    vtkVolumeProperty,
)
from vtkmodules.vtkRenderingVolume import vtkVolumeMapper
from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkOpenGLGPUVolumeRayCastMapper

from viewer3d.camera import Camera
from viewer3d.geometry import Geometry
from viewer3d.render.gl import OpenGL, offscreen_window, silence
from viewer3d.render.grid import index_grid
from viewer3d.render.marks import EMPTY
from viewer3d.render.transfer import AUTO, Transfer, choose_preset, transfer_of, visible_box
from viewer3d.volume import Volume

if TYPE_CHECKING:
    import pyvista

LONGEST_TEXTURE = 2048
"""Voxels along one side that every OpenGL since 4.1 holds; of a longer side every second or third is drawn."""


def volume_actor(volume: Volume, rendering: str = AUTO) -> vtkVolume:
    """Make the actor that shows a volume, for any renderer.

    Parameters
    ----------
    volume : Volume
    rendering : str
        Name of a transfer function, see :func:`viewer3d.render.transfer.presets`.

    Returns
    -------
    vtkVolume
        In world mm (LPS). Sampling is even and does not depend on the clock, so pictures come out the same.

    Raises
    ------
    ViewError
        When no transfer function has that name, or it is for another unit.
    """
    transfer = transfer_of(volume, choose_preset(volume, rendering))
    part = visible_part(volume, transfer)
    mapper = vtkOpenGLGPUVolumeRayCastMapper()
    mapper.AutoAdjustSampleDistancesOff()
    mapper.SetSampleDistance(transfer.preset.step * min(part.spacing))
    mapper.UseJitteringOff()
    return prepared(mapper, part, transfer)


def prepared(mapper: vtkVolumeMapper, part: Volume, transfer: Transfer) -> vtkVolume:
    """Make the actor that shows a volume through a mapper.

    Parameters
    ----------
    mapper : vtkVolumeMapper
        Its distances are set already.
    part : Volume
        What it shows.
    transfer : Transfer
    """
    grid = index_grid(part)
    grid.SetSpacing(*part.spacing)
    mapper.SetInputData(grid)
    if transfer.preset.blend == "maximum":
        mapper.SetBlendModeToMaximumIntensity()
    else:
        mapper.SetBlendModeToComposite()
    actor = vtkVolume()
    actor.SetMapper(mapper)
    actor.SetProperty(_property(transfer))
    # VTK 9.7 lights a grid that has a direction matrix from wrong sides, one that the actor turns from the right ones.
    actor.SetUserMatrix(_turn(part.geometry))
    return actor


def add_volume(plotter: pyvista.Plotter, volume: Volume, rendering: str = AUTO) -> vtkVolume:
    """Show a volume in a user's own pyvista plotter.

    Parameters
    ----------
    plotter : pyvista.Plotter
    volume : Volume
    rendering : str
        Name of a transfer function, see :func:`viewer3d.render.transfer.presets`.

    Returns
    -------
    vtkVolume
        The actor, in world mm (LPS), in the plotter's active renderer.
    """
    actor = volume_actor(volume, rendering)
    plotter.renderer.AddVolume(actor)
    plotter.reset_camera()  # type: ignore[call-arg]
    return actor


def aim(renderer: vtkRenderer, camera: Camera, size: tuple[int, int]) -> None:
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


class VolumeWindow:
    """An offscreen window that shows one volume.

    Parameters
    ----------
    opengl : OpenGL
        One that works.
    volume : Volume
    actor : callable
        Makes the actor from the volume and the name of a transfer function.

    Raises
    ------
    RenderError
        When no OpenGL works.
    """

    def __init__(
        self, opengl: OpenGL, volume: Volume, actor: Callable[[Volume, str], vtkVolume] = volume_actor
    ) -> None:
        self._volume = volume
        self._actor = actor
        self._rendering = ""
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(*(value / 255 for value in EMPTY))
        light_up(self._renderer)
        with silence():
            self._window = offscreen_window(opengl, (8, 8))
            self._window.AddRenderer(self._renderer)

    def draw(self, camera: Camera, rendering: str, size: tuple[int, int]) -> NDArray[np.uint8]:
        """Draw the volume.

        Parameters
        ----------
        camera : Camera
        rendering : str
            Name of a transfer function.
        size : tuple of int
            Width and height in pixels.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
        """
        if rendering != self._rendering:
            self._renderer.RemoveAllViewProps()
            self._renderer.AddVolume(self._actor(self._volume, rendering))
            self._rendering = rendering
        aim(self._renderer, camera, size)
        width, height = size
        pixels = vtkUnsignedCharArray()
        with silence():
            self._window.SetSize(width, height)
            self._window.Render()
            self._window.GetPixelData(0, 0, width - 1, height - 1, 0, pixels, 0)
            self._window.ReleaseCurrent()  # a window on the display may draw next, in this thread
        # OpenGL counts rows from below.
        rows: NDArray[np.uint8] = vtk_to_numpy(pixels).reshape(height, width, 3)  # type: ignore[no-untyped-call]
        return rows[::-1].copy()

    def close(self) -> None:
        """Free what the window holds on the graphics card."""
        self._renderer.RemoveAllViewProps()
        self._window.Finalize()


def light_up(renderer: vtkRenderer) -> None:
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


def visible_part(volume: Volume, transfer: Transfer, least: tuple[int, int, int] = (1, 1, 1)) -> Volume:
    """Cut out the block of voxels that holds what is visible (all when nothing is), thinned out where it is too long.

    Parameters
    ----------
    volume : Volume
    transfer : Transfer
    least : tuple of int
        Of so many voxels along each axis no more than one is kept.
    """
    box = visible_box(volume, transfer) or tuple(slice(0, length) for length in volume.shape)
    longest = [-(-(side.stop - side.start) // LONGEST_TEXTURE) for side in box]
    strides = [max(pair) for pair in zip(longest, least, strict=True)]
    thinned = tuple(slice(side.start, side.stop, stride) for side, stride in zip(box, strides, strict=True))
    voxels = np.asfortranarray(volume.voxels[thinned])
    affine = volume.affine.copy()
    affine[:3, 3] = volume.geometry.index_to_world([side.start for side in box])
    affine[:3, :3] *= strides
    i, j, k = voxels.shape
    return Volume(voxels, Geometry(affine, (i, j, k)), volume.unit)


def _turn(geometry: Geometry) -> vtkMatrix4x4:
    # From mm along the grid's own axes to world mm.
    turn = np.eye(4)
    turn[:3, :3], turn[:3, 3] = geometry.direction, geometry.origin
    matrix = vtkMatrix4x4()
    matrix.DeepCopy([float(v) for v in turn.ravel()])
    return matrix


def _property(transfer: Transfer) -> vtkVolumeProperty:
    opacity, color = vtkPiecewiseFunction(), vtkColorTransferFunction()
    for value, rgb, alpha in zip(transfer.values, transfer.colors, transfer.opacities, strict=True):
        opacity.AddPoint(value, alpha)
        color.AddRGBPoint(value, *rgb)
    look = vtkVolumeProperty()
    look.SetInterpolationTypeToLinear()
    look.SetScalarOpacity(opacity)
    look.SetColor(color)
    look.SetScalarOpacityUnitDistance(1.0)
    if transfer.preset.blend == "composite":
        look.ShadeOn()
        look.SetAmbient(transfer.preset.ambient)
        look.SetDiffuse(transfer.preset.diffuse)
        look.SetSpecular(transfer.preset.specular)
        look.SetSpecularPower(transfer.preset.specular_power)
    return look
