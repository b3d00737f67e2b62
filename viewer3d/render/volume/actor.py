"""The actor that shows a volume, a vtkVolume, for any renderer. Needs OpenGL.

Import this module only where :func:`viewer3d.render.gl.find_opengl` found one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
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
from viewer3d.core.view.look import check_stretch
from viewer3d.core.view.state import Box
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.couch.carved import Shown
from viewer3d.render.couch.removal import check_couch
from viewer3d.render.face.removal import face_to_hide
from viewer3d.render.image_data import cell_grid, padded_grid
from viewer3d.render.volume.empty_space import EmptySpaceSkipper
from viewer3d.render.volume.loaded_block import (
    Block,
    block_geometry,
    extract_block,
    is_downsampled,
    is_read_again,
    load_block,
    visible_block,
)
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
    face_hidden: bool = False,
    rendering_stretch: float = 1.0,
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
    face_hidden : bool
        Whether the front of a face is left out, see :func:`viewer3d.screenshot`.
    rendering_stretch : float
        What the transfer function is widened by about its middle: 0.5 is half as wide.

    Returns
    -------
    vtkVolume
        The actor, in world mm (LPS).

    Raises
    ------
    ViewError
        When no transfer function has that name or it is for another unit, the shift is not finite or the stretch out of
        range, the couch of a volume that is not in HU or a face that is not found is to be hidden, or there is no such
        option (the message names the nearest one).

    Examples
    --------
    >>> plotter = pyvista.Plotter()                                       # doctest: +SKIP
    >>> viewer3d.add_volume(plotter, volume, "ct-vessels", couch_hidden=True)  # doctest: +SKIP
    """
    volume = as_volume(volume)
    if not np.isfinite(rendering_shift):
        raise ViewError(f"shift {rendering_shift}: give a finite shift")
    check_stretch(rendering_stretch)
    if couch_hidden:
        check_couch(volume)
    preset = choose_preset(volume, rendering)
    actor = VolumeActor(volume, IN_PLOTTER)
    face = face_to_hide(volume) if face_hidden else None
    look = VolumeLook(preset.name, rendering_shift, crop, couch_hidden=couch_hidden, face=face)
    actor.show(replace(look, stretch=rendering_stretch))
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
    is_shared : bool
        Whether renderers of the same voxels share them, see
        :class:`viewer3d.render.volume.renderer.OffscreenRenderer`.
    """

    make_mapper: Callable[[], Mapper]
    choose_block: Callable[[Shown, TransferFunction], Block]
    min_step: float = 0.0
    has_eye_light: bool = True
    is_shared: bool = False


@dataclass(frozen=True)
class LoadedVoxels:
    """Which voxels are loaded: those of the same are equal.

    Attributes
    ----------
    shown : Volume or CarvedVolume
    block : tuple of slice
    peak : float
        Of voxels that are joined the value that is the most opaque; else infinite.
    """

    shown: Shown
    block: Block
    peak: float


def needed_voxels(volume: Volume, casting: RayCasting, look: VolumeLook) -> LoadedVoxels:
    """Return the voxels that a look of a volume needs."""
    shown, transfer = look.shown_volume(volume), look.transfer(volume)
    block = casting.choose_block(shown, transfer)
    return LoadedVoxels(shown, block, transfer.most_opaque if is_downsampled(block) else np.inf)


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
        self._loaded: LoadedVoxels | None = None
        self._is_lent = False  # whether VTK must not read the loaded voxels again
        self.prop = vtkVolume()
        self.prop.SetMapper(mapper)
        # The other mapper skips empty space by itself.
        on_gpu = mapper if isinstance(mapper, vtkOpenGLGPUVolumeRayCastMapper) else None
        has_eye_light = casting.has_eye_light
        self._skipper = None if on_gpu is None else EmptySpaceSkipper(self.prop, on_gpu, has_eye_light=has_eye_light)
        self.shader = None if self._skipper is None else self._skipper.shader

    @property
    def look(self) -> VolumeLook | None:
        """The look that is shown."""
        return self._look

    @property
    def loaded(self) -> LoadedVoxels | None:
        """The voxels that are loaded."""
        return self._loaded

    def show(
        self, look: VolumeLook, renderer: vtkRenderer | None = None, *, needed: LoadedVoxels | None = None
    ) -> None:
        """Show the volume with another look from now on.

        Parameters
        ----------
        look : VolumeLook
        renderer : vtkRenderer, optional
            The one that draws it, in a window whose context lasts: it gets the voxels at once, and no copy is kept.
        needed : LoadedVoxels, optional
            What the look needs, where that is known.
        """
        if look == self._look:
            return
        transfer = look.transfer(self._volume)
        wanted = needed or needed_voxels(self._volume, self._casting, look)
        if self._loaded != wanted:
            self._look = self._loaded = None  # should it fail, it is tried again
            self._load(wanted, transfer, renderer)
            self._loaded = wanted
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

    def load_again(self) -> bool:
        """Load the voxels once more if VTK has read them again where they are not, and return whether it had.

        VTK gets a copy of them, which it keeps and can read as often as it likes.
        """
        look = self._look
        if not self._is_lent or look is None or not is_read_again(self.mapper):  # type: ignore[arg-type]
            return False
        self._look = self._loaded = None
        self.show(look)
        return True

    def _load(self, wanted: LoadedVoxels, transfer: TransferFunction, renderer: vtkRenderer | None) -> None:
        source, first = wanted.shown, tuple(side.start for side in wanted.block)
        geometry = block_geometry(source, wanted.block)
        on_gpu = isinstance(self.mapper, vtkOpenGLGPUVolumeRayCastMapper)
        self._is_lent = renderer is not None and on_gpu and not is_downsampled(wanted.block)
        if renderer is not None and self._is_lent:
            load_block(self.prop, renderer, self._volume, source, wanted.block)
        else:
            part = extract_block(source, wanted.block, transfer)
            self._set_input(part)
            source, first = (part, (0, 0, 0)) if is_downsampled(wanted.block) else (source, first)
        # VTK 9.7 lights a grid with a direction matrix from wrong sides, one that its actor rotates from the right one.
        self.prop.SetUserMatrix(grid_to_world(geometry))
        if self._skipper is not None:
            self._skipper.load(source, first, geometry.shape)

    def _set_input(self, part: Volume) -> None:
        if isinstance(self.mapper, vtkOpenGLGPUVolumeRayCastMapper):
            self.mapper.SetInputData(cell_grid(part))
        else:  # it crashes on cells
            self.mapper.SetInputData(padded_grid(part))
            self.mapper.CroppingOn()
            self.mapper.SetCroppingRegionFlagsToSubVolume()
            faces = [((end - 0.5) * mm) for n, mm in zip(part.shape, part.spacing, strict=True) for end in (0, n)]
            self.mapper.SetCroppingRegionPlanes(*faces)


def still_mapper() -> vtkOpenGLGPUVolumeRayCastMapper:
    """Return a mapper in full quality: even samples that do not depend on the clock."""
    mapper = vtkOpenGLGPUVolumeRayCastMapper()
    mapper.AutoAdjustSampleDistancesOff()
    mapper.UseJitteringOff()
    return mapper


STILL = RayCasting(still_mapper, visible_block, is_shared=True)
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
