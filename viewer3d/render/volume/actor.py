"""A volume as a vtkVolume, for any renderer. Needs OpenGL.

Import this module only where :func:`viewer3d.render.gl.find_opengl` found one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 (registers what draws vtkRenderer)
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction, vtkPlane
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import (
    vtkColorTransferFunction,
    vtkVolume,
    vtkVolumeProperty,
)
from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper
from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkOpenGLGPUVolumeRayCastMapper

from viewer3d.core.geometry import Geometry
from viewer3d.core.inputs import as_volume
from viewer3d.core.view import Box
from viewer3d.core.volume import Volume
from viewer3d.render.image_data import cell_grid, padded_grid
from viewer3d.render.volume.blocks import downsample
from viewer3d.render.volume.empty_space import EmptySpaceSkipper
from viewer3d.render.volume.transfer import AUTO, TransferFunction, choose_preset
from viewer3d.render.volume.visibility import visible_box
from viewer3d.render.volume.volume_look import VolumeLook

if TYPE_CHECKING:
    import pyvista

LONGEST_TEXTURE = 2048
"""Voxels along one side that every OpenGL since 4.1 holds; of a longer side two or three are drawn as one."""

EVEN: Final = 48
"""Voxels: the sides of what is loaded for a picture are multiples of so many, and of all sides of blocks (1 to 4)."""

Block = tuple[slice, slice, slice]
"""First, last and how many voxels are joined to one along i, j and k; all three numbers are given."""

Mapper = vtkOpenGLGPUVolumeRayCastMapper | vtkFixedPointVolumeRayCastMapper


def volume_actor(volume: Volume, rendering: str = AUTO) -> vtkVolume:
    """Make the actor that shows a volume, for any renderer.

    Parameters
    ----------
    volume : Volume
    rendering : str
        Name of a transfer function, see :func:`viewer3d.render.volume.transfer.presets`.

    Returns
    -------
    vtkVolume
        In world mm (LPS). Sampling is even and does not depend on the clock, so pictures come out the same.

    Raises
    ------
    ViewError
        When no transfer function has that name, or it is for another unit.
    """
    shown = VolumeActor(volume, STILL)
    shown.follow(VolumeLook(choose_preset(volume, rendering).name))
    return shown.actor


@dataclass(frozen=True)
class RayCasting:
    """How rays are cast through a volume.

    Attributes
    ----------
    mapper : callable
        Makes the mapper, all set that no rendering changes.
    block : callable
        Returns the block of voxels that is cast through.
    least_step : float
        Samples along a ray are at least so many voxels' sides apart.
    """

    mapper: Callable[[], Mapper]
    block: Callable[[Volume, TransferFunction], Block]
    least_step: float = 0.0


class VolumeActor:
    """A volume's actor: it follows renderings, and loads voxels anew only when one needs others.

    Parameters
    ----------
    volume : Volume
    casting : Casting

    Attributes
    ----------
    mapper : vtkVolumeMapper
    actor : vtkVolume
        In world mm (LPS).
    """

    def __init__(self, volume: Volume, casting: RayCasting) -> None:
        self._volume, self._casting = volume, casting
        self.mapper = mapper = casting.mapper()
        self._rendering: VolumeLook | None = None
        self._loaded: tuple[Volume, Block, float] | None = None
        self.actor = vtkVolume()
        self.actor.SetMapper(mapper)
        # The other mapper leaps by itself.
        self._leaper = (
            EmptySpaceSkipper(self.actor, mapper) if isinstance(mapper, vtkOpenGLGPUVolumeRayCastMapper) else None
        )

    def follow(self, rendering: VolumeLook) -> None:
        """Show the volume so from now on."""
        if rendering == self._rendering:
            return
        volume, transfer = rendering.shown(self._volume), rendering.transfer(self._volume)
        block = self._casting.block(volume, transfer)
        is_thinned = any(side.step > 1 for side in block)
        key = volume, block, transfer.densest if is_thinned else np.inf
        if self._loaded != key:
            part = extract_block(volume, block, transfer)
            self._load(part)
            if self._leaper is not None:
                source, first = (part, (0, 0, 0)) if is_thinned else (volume, tuple(side.start for side in block))
                self._leaper.load(source, first, part.shape)
            self._loaded = key
        step = max(transfer.preset.step, self._casting.least_step)
        self.mapper.SetSampleDistance(step * min(self.mapper.GetInput().GetSpacing()))
        if transfer.preset.blend == "maximum":
            self.mapper.SetBlendModeToMaximumIntensity()
        else:
            self.mapper.SetBlendModeToComposite()
        self.mapper.RemoveAllClippingPlanes()
        for plane in crop_planes(rendering.crop):
            self.mapper.AddClippingPlane(plane)
        self.actor.SetProperty(_property(transfer))
        if self._leaper is not None:
            self._leaper.follow(transfer)
        self._rendering = rendering

    def _load(self, part: Volume) -> None:
        if isinstance(self.mapper, vtkOpenGLGPUVolumeRayCastMapper):
            self.mapper.SetInputData(cell_grid(part))
        else:  # it crashes on cells
            self.mapper.SetInputData(padded_grid(part))
            self.mapper.CroppingOn()
            self.mapper.SetCroppingRegionFlagsToSubVolume()
            faces = [((end - 0.5) * mm) for n, mm in zip(part.shape, part.spacing, strict=True) for end in (0, n)]
            self.mapper.SetCroppingRegionPlanes(*faces)
        # VTK 9.7 lights a grid with a direction matrix from wrong sides, one that the actor turns from the right ones.
        self.actor.SetUserMatrix(_turn(part.geometry))


def add_volume(plotter: pyvista.Plotter, volume: Volume, rendering: str = AUTO) -> vtkVolume:
    """Show a volume in a user's own pyvista plotter.

    Parameters
    ----------
    plotter : pyvista.Plotter
    volume : Volume
    rendering : str
        Name of a transfer function, see :func:`viewer3d.render.volume.transfer.presets`.

    Returns
    -------
    vtkVolume
        The actor, in world mm (LPS), in the plotter's active renderer.
    """
    actor = volume_actor(as_volume(volume), rendering)
    plotter.renderer.AddVolume(actor)
    plotter.reset_camera()  # type: ignore[call-arg]
    return actor


def visible_block(volume: Volume, transfer: TransferFunction) -> Block:
    """Return the block of voxels that holds what is visible (all when nothing is), joined where it is too long.

    It ends on multiples of :data:`EVEN` voxels, so that it seldom changes while a transfer function is shifted.
    """
    box = visible_box(volume, transfer) or tuple(slice(0, length) for length in volume.shape)
    i, j, k = (
        slice(start, stop, -(-(stop - start) // LONGEST_TEXTURE))
        for start, stop in (
            (side.start // EVEN * EVEN, min(-(-side.stop // EVEN) * EVEN, length))
            for side, length in zip(box, volume.shape, strict=True)
        )
    )
    return i, j, k


def extract_block(volume: Volume, block: Block, transfer: TransferFunction) -> Volume:
    """Return the voxels of a block as a volume of their own; nothing is copied when that is all of them.

    Parameters
    ----------
    volume : Volume
    block : Block
    transfer : Transfer
        Of voxels that are joined to one the most opaque stands for all, so that nothing visible is lost.

    Returns
    -------
    Volume
        Its faces are the block's.
    """
    starts, lengths, steps = np.array([(side.start, side.stop - side.start, side.step) for side in block]).T
    voxels = volume.voxels[tuple(slice(side.start, side.stop) for side in block)]
    i, j, k = (int(n) for n in -(-lengths // steps))
    if (steps > 1).any():
        voxels = _most_opaque(voxels, (i, j, k), transfer)
    wide = lengths / (i, j, k)
    affine = volume.affine.copy()
    affine[:3, 3] = volume.geometry.index_to_world(starts + (wide - 1) / 2)
    affine[:3, :3] *= wide
    return Volume(np.asfortranarray(voxels), Geometry(affine, (i, j, k)), volume.unit)


def _most_opaque(voxels: NDArray[Any], counts: tuple[int, int, int], transfer: TransferFunction) -> NDArray[Any]:
    densest = transfer.densest
    if densest == np.inf:
        return downsample(voxels, counts, np.fmax)
    # None is an end that no voxel has, so that a voxel that is there wins.
    least, most = (-32768, 32767) if voxels.dtype == np.int16 else (np.nan, np.nan)
    none_below, none_above = voxels.dtype.type(least), voxels.dtype.type(most)
    below = downsample(voxels, counts, np.fmax, lambda part: np.where(part <= densest, part, none_below))
    above = downsample(voxels, counts, np.fmin, lambda part: np.where(part >= densest, part, none_above))
    is_below, is_above = (
        ~np.isnan(end) if np.isnan(none) else end != none for end, none in ((below, none_below), (above, none_above))
    )
    denser = _opacity(above, transfer) > _opacity(below, transfer)
    return np.where(is_above & (denser | ~is_below), above, below)


def _opacity(values: NDArray[Any], transfer: TransferFunction) -> NDArray[np.float32]:
    opacities = np.array(transfer.opacities)
    if values.dtype != np.int16:
        return np.asarray(np.interp(values, transfer.values, opacities), np.float32)
    table = np.interp(np.arange(1 << 16, dtype=np.uint16).view(np.int16), transfer.values, opacities)
    return np.take(table.astype(np.float32), values.view(np.uint16))


def crop_planes(box: Box | None) -> list[vtkPlane]:
    """Return the planes that cut away what is outside of a box, in world mm; none without a box."""
    planes = []
    for origin, way in () if box is None else ((box.low, 1.0), (box.high, -1.0)):
        for axis in range(3):
            plane = vtkPlane()
            plane.SetOrigin(*origin)
            plane.SetNormal(*(way * (axis == n) for n in range(3)))
            planes.append(plane)
    return planes


def _still_mapper() -> vtkOpenGLGPUVolumeRayCastMapper:
    mapper = vtkOpenGLGPUVolumeRayCastMapper()
    mapper.AutoAdjustSampleDistancesOff()
    mapper.UseJitteringOff()
    return mapper


STILL = RayCasting(_still_mapper, visible_block)
"""In full quality: even samples that do not depend on the clock, so pictures come out the same."""


def _turn(geometry: Geometry) -> vtkMatrix4x4:
    # From mm along the grid's own axes to world mm.
    turn = np.eye(4)
    turn[:3, :3], turn[:3, 3] = geometry.direction, geometry.origin
    matrix = vtkMatrix4x4()
    matrix.DeepCopy([float(v) for v in turn.ravel()])
    return matrix


def _property(transfer: TransferFunction) -> vtkVolumeProperty:
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
