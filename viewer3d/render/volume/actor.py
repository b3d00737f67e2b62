"""The actor that shows a volume, a vtkVolume, for any renderer. Needs OpenGL.

Import this module only where :func:`viewer3d.render.gl.find_opengl` found one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 (registers what draws vtkRenderer)
from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction, vtkPlane
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import (
    vtkColorTransferFunction,
    vtkRenderer,
    vtkVolume,
    vtkVolumeProperty,
)
from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper
from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkOpenGLGPUVolumeRayCastMapper

from viewer3d.core.geometry import Geometry
from viewer3d.core.inputs import as_volume
from viewer3d.core.option_names import names_checked
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.couch.removal import check_couch
from viewer3d.render.image_data import cell_grid, padded_grid
from viewer3d.render.volume.empty_space import EmptySpaceSkipper
from viewer3d.render.volume.loaded_block import Block, extract_block, visible_block
from viewer3d.render.volume.transfer import AUTO, TransferFunction, choose_preset
from viewer3d.render.volume.volume_look import VolumeLook

if TYPE_CHECKING:
    import pyvista

__all__ = ["add_volume"]

Mapper = vtkOpenGLGPUVolumeRayCastMapper | vtkFixedPointVolumeRayCastMapper


@names_checked
def add_volume(
    plotter: pyvista.Plotter,
    volume: Volume,
    rendering: str = AUTO,
    *,
    rendering_shift: float = 0.0,
    crop: Box | None = None,
    couch_hidden: bool = False,
) -> vtkVolume:
    """Show a volume in a user's own pyvista plotter, in full quality.

    It stands where the patient is: world is LPS in mm. Sampling is even and does not depend on the clock, so the same
    scene gives the same picture.

    Parameters
    ----------
    plotter : pyvista.Plotter
        Its active renderer gets the actor, and its camera is reset to see all.
    volume : Volume
    rendering : str
        Name of a transfer function, see :func:`viewer3d.render.volume.transfer.choose_preset`; ``"auto"`` chooses one
        that suits the volume.
    rendering_shift : float
        What the values of the transfer function are raised by, in the unit of the volume.
    crop : Box, optional
        World box (LPS, mm) that all that is shown lies in.
    couch_hidden : bool
        Whether couch and head-holder are left out; the volume must be in HU.

    Returns
    -------
    vtkVolume
        The actor, in world mm (LPS).

    Raises
    ------
    ViewError
        When no transfer function has that name or it is for another unit, the shift is not finite, the couch of a
        volume that is not in HU is to be hidden, or there is no such option (the message names the nearest one).

    Examples
    --------
    >>> plotter = pyvista.Plotter()                                       # doctest: +SKIP
    >>> viewer3d.add_volume(plotter, volume, "ct-vessels", couch_hidden=True)  # doctest: +SKIP
    """
    volume = as_volume(volume)
    if not np.isfinite(rendering_shift):
        raise ViewError(f"shift {rendering_shift}: give a finite shift")
    if couch_hidden:
        check_couch(volume)
    preset = choose_preset(volume, rendering)
    actor = VolumeActor(volume, IN_PLOTTER)
    actor.show(VolumeLook(preset.name, rendering_shift, crop, couch_hidden=couch_hidden))
    plotter.renderer.AddVolume(actor.prop)
    _warn_of_faults(actor, plotter.renderer)
    plotter.reset_camera()  # type: ignore[call-arg]
    return actor.prop


def _warn_of_faults(actor: VolumeActor, renderer: vtkRenderer) -> None:
    # An error would end in VTK, which draws when the user's plotter wants it.
    shader, weak = actor.shader, ref(renderer)

    def warn(*_: object) -> None:
        window = None if (shown_in := weak()) is None else shown_in.GetRenderWindow()
        if shader is not None and window is not None and shader.find_fault(window):
            warnings.warn(shader.find_fault(window), RuntimeWarning, stacklevel=2)

    actor.mapper.AddObserver("VolumeMapperRenderEndEvent", warn)  # type: ignore[arg-type]


@dataclass(frozen=True)
class RayCasting:
    """How rays are cast through a volume.

    Attributes
    ----------
    make_mapper : callable
        Returns a mapper on which all is set that no look changes.
    choose_block : callable
        Returns the block of voxels that rays are cast through.
    min_step : float
        Least distance of samples along a ray, in sides of the smallest voxel.
    has_eye_light : bool
        Whether the one light of the scene is at the eye: then lighting takes half of the time.
    """

    make_mapper: Callable[[], Mapper]
    choose_block: Callable[[Volume, TransferFunction], Block]
    min_step: float = 0.0
    has_eye_light: bool = True


class VolumeActor:
    """A vtkVolume that follows the look of a volume, and loads voxels anew only where a look needs others.

    Parameters
    ----------
    volume : Volume
    casting : RayCasting

    Attributes
    ----------
    mapper : vtkVolumeMapper
    prop : vtkVolume
        In world mm (LPS).
    shader : ReplacedShader, optional
        None with a mapper that has no shader.
    """

    def __init__(self, volume: Volume, casting: RayCasting) -> None:
        self._volume, self._casting = volume, casting
        self.mapper = mapper = casting.make_mapper()
        self._look: VolumeLook | None = None
        self._loaded: tuple[Volume, Block, float] | None = None
        self.prop = vtkVolume()
        self.prop.SetMapper(mapper)
        # The other mapper skips empty space by itself.
        on_gpu = mapper if isinstance(mapper, vtkOpenGLGPUVolumeRayCastMapper) else None
        has_eye_light = casting.has_eye_light
        self._skipper = None if on_gpu is None else EmptySpaceSkipper(self.prop, on_gpu, has_eye_light=has_eye_light)
        self.shader = None if self._skipper is None else self._skipper.shader

    def show(self, look: VolumeLook) -> None:
        """Show the volume with another look from now on."""
        if look == self._look:
            return
        volume, transfer = look.shown_volume(self._volume), look.transfer(self._volume)
        block = self._casting.choose_block(volume, transfer)
        is_downsampled = any(side.step > 1 for side in block)
        key = volume, block, transfer.most_opaque if is_downsampled else np.inf
        if self._loaded != key:
            part = extract_block(volume, block, transfer)
            self._load(part)
            if self._skipper is not None:
                source, first = (part, (0, 0, 0)) if is_downsampled else (volume, tuple(side.start for side in block))
                self._skipper.load(source, first, part.shape)
            self._loaded = key
        step = max(transfer.preset.step, self._casting.min_step)
        self.mapper.SetSampleDistance(step * min(self.mapper.GetInput().GetSpacing()))
        if transfer.preset.blend == "maximum":
            self.mapper.SetBlendModeToMaximumIntensity()
        else:
            self.mapper.SetBlendModeToComposite()
        self.mapper.RemoveAllClippingPlanes()
        for plane in crop_planes(look.crop):
            self.mapper.AddClippingPlane(plane)
        self.prop.SetProperty(volume_property(transfer))
        if self._skipper is not None:
            self._skipper.show(transfer)
        self._look = look

    def _load(self, part: Volume) -> None:
        if isinstance(self.mapper, vtkOpenGLGPUVolumeRayCastMapper):
            self.mapper.SetInputData(cell_grid(part))
        else:  # it crashes on cells
            self.mapper.SetInputData(padded_grid(part))
            self.mapper.CroppingOn()
            self.mapper.SetCroppingRegionFlagsToSubVolume()
            faces = [((end - 0.5) * mm) for n, mm in zip(part.shape, part.spacing, strict=True) for end in (0, n)]
            self.mapper.SetCroppingRegionPlanes(*faces)
        # VTK 9.7 lights a grid with a direction matrix from wrong sides, one that its actor rotates from the right one.
        self.prop.SetUserMatrix(grid_to_world(part.geometry))


def still_mapper() -> vtkOpenGLGPUVolumeRayCastMapper:
    """Return a mapper in full quality: even samples that do not depend on the clock."""
    mapper = vtkOpenGLGPUVolumeRayCastMapper()
    mapper.AutoAdjustSampleDistancesOff()
    mapper.UseJitteringOff()
    return mapper


STILL = RayCasting(still_mapper, visible_block)
"""In full quality: even samples that do not depend on the clock, so pictures come out the same."""

IN_PLOTTER = RayCasting(still_mapper, visible_block, has_eye_light=False)
"""The same, in a renderer with any lights."""


def crop_planes(box: Box | None) -> list[vtkPlane]:
    """Return the planes that cut away what is outside of a box, in world mm (LPS); none without a box."""
    planes = []
    for origin, sign in () if box is None else ((box.low, 1.0), (box.high, -1.0)):
        for axis in range(3):
            plane = vtkPlane()
            plane.SetOrigin(*origin)
            plane.SetNormal(*(sign * (axis == n) for n in range(3)))
            planes.append(plane)
    return planes


def grid_to_world(geometry: Geometry) -> vtkMatrix4x4:
    """Return the matrix from mm along the axes of a grid to world mm (LPS)."""
    M = np.eye(4)
    M[:3, :3], M[:3, 3] = geometry.direction, geometry.origin
    matrix = vtkMatrix4x4()
    matrix.DeepCopy([float(v) for v in M.ravel()])
    return matrix


def volume_property(transfer: TransferFunction) -> vtkVolumeProperty:
    """Return a transfer function as the property of a vtkVolume."""
    opacity, color = vtkPiecewiseFunction(), vtkColorTransferFunction()
    for value, rgb, alpha in zip(transfer.values, transfer.colors, transfer.opacities, strict=True):
        opacity.AddPoint(value, alpha)
        color.AddRGBPoint(value, *rgb)
    shading = vtkVolumeProperty()
    shading.SetInterpolationTypeToLinear()
    shading.SetScalarOpacity(opacity)
    shading.SetColor(color)
    shading.SetScalarOpacityUnitDistance(1.0)
    if transfer.preset.blend == "composite":
        shading.ShadeOn()
        shading.SetAmbient(transfer.preset.ambient)
        shading.SetDiffuse(transfer.preset.diffuse)
        shading.SetSpecular(transfer.preset.specular)
        shading.SetSpecularPower(transfer.preset.specular_power)
    return shading
