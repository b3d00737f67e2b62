"""Choose the block of voxels that rays are cast through, extract it, and load it into OpenGL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkDataArray
from vtkmodules.vtkCommonDataModel import vtkImageData

from viewer3d.core.geometry import Geometry
from viewer3d.core.volume import Volume
from viewer3d.errors import RenderError
from viewer3d.render.couch.carved import CarvedVoxels, Shown
from viewer3d.render.gl import OpenGL, silence
from viewer3d.render.image_data import cell_grid
from viewer3d.render.volume.blocks import Readable, downsample
from viewer3d.render.volume.transfer import TransferFunction
from viewer3d.render.volume.visibility import visible_box
from viewer3d.render.vtk_version import vtk_version

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkVolume
    from vtkmodules.vtkRenderingVolumeOpenGL2 import vtkOpenGLGPUVolumeRayCastMapper

MAX_TEXTURE_SIDE = 2048
"""Voxels along one side that every OpenGL since 4.1 holds; of a longer side two or three are joined to one."""

BLOCK_MULTIPLE: Final = 48
"""Voxels: the sides of what is loaded are multiples of so many, and so of all sides of blocks (1 to 4)."""

UNPACK_LAYOUT: Final = (0x0CF2, 0x806E, 0x0CF4, 0x0CF3, 0x806D)
"""OpenGL's numbers of what says where voxels lie that it reads: GL_UNPACK_ROW_LENGTH, GL_UNPACK_IMAGE_HEIGHT,
GL_UNPACK_SKIP_PIXELS, GL_UNPACK_SKIP_ROWS and GL_UNPACK_SKIP_IMAGES (OpenGL 4.6, 8.4.1); 0 where all lie together."""

TRIED_VTK: Final = ("9.6.", "9.7.")
"""VTK's versions of which it is known when they load voxels, from where, and that they then find the range first."""

SLICES_AT_A_TIME: Final = 4
"""Slices whose range is found at a time: they stay in a processor's cache."""

Block = tuple[slice, slice, slice]
"""First, last and how many voxels are joined to one along i, j and k; all three numbers are given."""


def visible_block(volume: Shown, transfer: TransferFunction) -> Block:
    """Return the block of voxels that holds what is visible; all when nothing is.

    Where it is longer than a texture its voxels are joined. It ends on multiples of :data:`BLOCK_MULTIPLE` voxels, so
    that it seldom changes while a transfer function is shifted.

    Parameters
    ----------
    volume : Volume or CarvedVolume
    transfer : TransferFunction

    Returns
    -------
    tuple of slice
        First, last and how many voxels are joined to one, along i, j and k.
    """
    box = visible_box(volume, transfer) or tuple(slice(0, length) for length in volume.shape)
    i, j, k = (
        slice(start, stop, -(-(stop - start) // MAX_TEXTURE_SIDE))
        for start, stop in (
            (side.start // BLOCK_MULTIPLE * BLOCK_MULTIPLE, min(-(-side.stop // BLOCK_MULTIPLE) * BLOCK_MULTIPLE, n))
            for side, n in zip(box, volume.shape, strict=True)
        )
    )
    return i, j, k


def extract_block(volume: Shown, block: Block, transfer: TransferFunction) -> Volume:
    """Return the voxels of a block as a volume of their own; nothing is copied when that is all of them.

    Parameters
    ----------
    volume : Volume or CarvedVolume
    block : tuple of slice
    transfer : TransferFunction
        Of voxels that are joined to one the most opaque stands for all, so that nothing visible is lost.

    Returns
    -------
    Volume
        Its outer faces are the block's.
    """
    whole = tuple(slice(side.start, side.stop) for side in block)
    geometry = block_geometry(volume, block)
    if not is_downsampled(block):
        voxels = volume.voxels[whole]
    else:
        source = volume.voxels
        part = source.part(whole) if isinstance(source, CarvedVoxels) else source[whole]
        voxels = _most_opaque(part, geometry.shape, transfer)
    return Volume(np.asfortranarray(voxels), geometry, volume.unit)


def is_downsampled(block: Block) -> bool:
    """Return whether voxels of a block are joined."""
    return any(side.step > 1 for side in block)


def block_geometry(volume: Shown, block: Block) -> Geometry:
    """Return where the voxels of a block lie, joined as it says; its outer faces are the block's."""
    starts, lengths, steps = np.array([(side.start, side.stop - side.start, side.step) for side in block]).T
    i, j, k = (int(n) for n in -(-lengths // steps))
    scale = lengths / (i, j, k)
    affine = volume.affine.copy()
    affine[:3, 3] = volume.geometry.index_to_world(starts + (scale - 1) / 2)
    affine[:3, :3] *= scale
    return Geometry(affine, (i, j, k))


def can_lend(opengl: OpenGL) -> bool:
    """Return whether voxels are read where they are, see :func:`load_block`.

    Only where it was tried, with the versions of VTK in :data:`TRIED_VTK` and Mesa drawing on the processor. Graphics
    cards and later versions get a copy of the block that VTK keeps: that takes memory, and nothing can go wrong.

    Parameters
    ----------
    opengl : OpenGL
    """
    return opengl.is_software and vtk_version().startswith(TRIED_VTK)


def load_block(prop: vtkVolume, renderer: vtkRenderer, volume: Volume, shown: Shown, block: Block) -> None:
    """Load a block of voxels into OpenGL, and keep no copy of them beside OpenGL's.

    The voxels of a volume are read where they are: OpenGL is told how far apart rows and slices lie. Where some are
    cut away they first have to be made; they are freed once OpenGL has them.

    Parameters
    ----------
    prop : vtkVolume
        Has its vtkOpenGLGPUVolumeRayCastMapper, whose input is the block from then on, until VTK reads it again, as
        for another context: see :func:`is_read_again`.
    renderer : vtkRenderer
        Has the prop and a window, which has a context.
    volume : Volume
    shown : Volume or CarvedVolume
        The volume, or the same without what is cut away.
    block : tuple of slice
        Of voxels that are not joined.

    Notes
    -----
    The picture is that of a copy to the bit: the range of values, which VTK scales a texture by, is the block's own.
    """
    geometry = block_geometry(volume, block)
    grid, layout = _lent_cells(volume, geometry), (0, 0, 0, 0, 0)
    scalars = grid.GetCellData().GetScalars()
    if _is_carved(shown, block):
        made = shown.voxels[block]
        _set_range(scalars, made)
        scalars.SetVoidArray(np.ravel(made, order="F"), made.size, 1)  # keeps no reference
    else:
        _set_range(scalars, volume.voxels[block])
        columns, rows, _ = volume.shape
        layout = (columns, rows, block[0].start, block[1].start, block[2].start)
    mapper: vtkOpenGLGPUVolumeRayCastMapper = prop.GetMapper()  # type: ignore[assignment]
    mapper.SetMaskInput(None)  # it would be loaded with the voxels, as they lie
    mapper.SetInputData(grid)
    window = renderer.GetRenderWindow()
    with silence():
        window.MakeCurrent()
        state = window.GetState()  # type: ignore[attr-defined]
        try:
            for name, value in zip(UNPACK_LAYOUT, layout, strict=True):
                state.vtkglPixelStorei(name, value)
            is_loaded = mapper.PreLoadData(renderer, prop)
        finally:
            for name in UNPACK_LAYOUT:
                state.vtkglPixelStorei(name, 0)
            window.ReleaseCurrent()
    if not is_loaded:
        raise RenderError(f"OpenGL has no room for {' x '.join(map(str, geometry.shape))} voxels: crop the volume")
    # What OpenGL has need not be kept. VTK does not look at the array again, but it must be there and long enough. Its
    # range would be the first that VTK wants to know, and is forgotten.
    scalars.SetVoidArray(np.ravel(volume.voxels, order="F"), volume.voxels.size, 1)
    scalars.GetInformation().Clear()


def is_read_again(mapper: vtkOpenGLGPUVolumeRayCastMapper) -> bool:
    """Return whether VTK has read voxels again since :func:`load_block`: then OpenGL has wrong ones.

    VTK does where the context is another or what OpenGL has was freed, and asks for the range of the values first,
    which is kept with them.
    """
    return bool(mapper.GetInput().GetCellData().GetScalars().GetInformation().GetNumberOfKeys())


def _is_carved(shown: Shown, block: Block) -> bool:
    # Whether voxels of a block are not those of the volume.
    voxels = shown.voxels
    return isinstance(voxels, CarvedVoxels) and voxels.part(block).is_changed


def _lent_cells(volume: Volume, geometry: Geometry) -> vtkImageData:
    # A block's cells, whose scalars are all the voxels of the volume.
    grid = cell_grid(volume)
    grid.SetDimensions(*(count + 1 for count in geometry.shape))
    grid.SetSpacing(*geometry.spacing)
    grid.SetOrigin(*(-mm / 2 for mm in geometry.spacing))
    return grid


def _set_range(scalars: vtkDataArray, voxels: NDArray[Any]) -> None:
    # Makes the range of an array that of some voxels, as VTK finds it: of all values, and of the finite ones. VTK takes
    # seven times as long.
    ends = []
    for first in range(0, voxels.shape[2], SLICES_AT_A_TIME):
        part = voxels[:, :, first : first + SLICES_AT_A_TIME]
        ends += [np.fmin.reduce(part, None), np.fmax.reduce(part, None)]
        if part.dtype.kind == "f" and (finite := part[np.isfinite(part)]).size:
            ends += [finite.min(), finite.max()]
    few: vtkDataArray = numpy_to_vtk(np.array(ends, voxels.dtype))  # type: ignore[no-untyped-call]
    few.GetRange()
    few.GetFiniteRange()
    scalars.GetInformation().Copy(few.GetInformation(), 1)


def _most_opaque(voxels: Readable, counts: tuple[int, int, int], transfer: TransferFunction) -> NDArray[Any]:
    peak = transfer.most_opaque
    if peak == np.inf:
        return downsample(voxels, counts, np.fmax)
    # Where none is below (or above) the peak stands an end that no voxel has, so that a voxel that is there wins.
    lowest, highest = (-32768, 32767) if voxels.dtype == np.int16 else (np.nan, np.nan)
    none_below, none_above = voxels.dtype.type(lowest), voxels.dtype.type(highest)
    below = downsample(voxels, counts, np.fmax, lambda part: np.where(part <= peak, part, none_below))
    above = downsample(voxels, counts, np.fmin, lambda part: np.where(part >= peak, part, none_above))
    is_below, is_above = (
        ~np.isnan(end) if np.isnan(none) else end != none for end, none in ((below, none_below), (above, none_above))
    )
    is_denser = transfer.opacities_of(above) > transfer.opacities_of(below)
    return np.where(is_above & (is_denser | ~is_below), above, below)
