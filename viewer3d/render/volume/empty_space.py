"""Leaping over empty space: rays through a volume take no samples where nothing can be seen.

A coarse grid says of every block of voxels how far around it all is transparent. It goes to the graphics card as the
mapper's mask, and the mapper's own shader moves each ray on by whole steps. The samples that are taken lie where they
lay before, and those left out add nothing: no pixel is another, and a processor that draws has a fifth of the work.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkVolume
from vtkmodules.vtkRenderingVolume import vtkGPUVolumeRayCastMapper

from viewer3d.core.volume import Volume
from viewer3d.render.volume.transfer import TransferFunction
from viewer3d.render.volume.visibility import block_sides, visible_blocks

REACHES: Final = (0, 1, 2, 4, 8, 16)
"""Blocks: how far around itself a block may know all to be transparent; each is no more work than the one before."""

FIRST: Final = """//VTK::Shading::Init
  vec3 l_first = g_dataPos - g_currentT * g_dirStep;
"""
"""Remembers where the ray begins, so that a sample lies at the same place however one came there."""

LEAP: Final = """//VTK::Base::Impl
    vec3 l_toBlock = vec3(textureSize(in_volume[0], 0)) / vec3(SIDES);
    vec3 l_step = g_dirStep * l_toBlock;
    vec3 l_last = vec3(textureSize(in_mask, 0) - 1);
    for (;;)
      {
      g_dataPos = l_first + g_currentT * g_dirStep;
      // In blocks, from the centre of the first voxel.
      vec3 l_place = g_dataPos * l_toBlock - 0.5 / vec3(SIDES);
      vec3 l_block = clamp(floor(l_place), vec3(0.0), l_last);
      float l_empty = floor(texelFetch(in_mask, ivec3(l_block), 0).r * 255.0 + 0.5);
      if (l_empty < 0.5)
        {
        break;
        }
      vec3 l_end = mix(l_block - l_empty + 1.0, l_block + l_empty, greaterThan(l_step, vec3(0.0)));
      vec3 l_steps = mix(vec3(1.0e6), (l_end - l_place) / l_step, greaterThan(abs(l_step), vec3(1.0e-6)));
      g_currentT += max(1.0, floor(min(l_steps.x, min(l_steps.y, l_steps.z))) + 1.0);
      // As the mapper itself ends a ray: one sample beyond the obstacle, none beyond the volume.
      vec3 l_next = l_first + (g_currentT - 1.0) * g_dirStep + g_dirStep;
      if (g_currentT - 1.0 >= g_terminatePointMax ||
          any(greaterThan(max(g_dirStep, vec3(0.0)) * (l_next - in_texMax[0]), vec3(0.0))) ||
          any(greaterThan(min(g_dirStep, vec3(0.0)) * (l_next - in_texMin[0]), vec3(0.0))))
        {
        g_exit = true;
        g_skip = true;
        break;
        }
      }
"""
"""Moves the ray on while nothing can be seen; SIDES stands for the voxels of a block. What is in a block is bounded by
its voxels and the next ones, so the sample on its far side is left out with it."""


class EmptySpaceSkipper:
    """Lets the rays of a volume's actor leap over what is transparent, whenever its voxels or their look change.

    Parameters
    ----------
    actor : vtkVolume
    mapper : vtkGPUVolumeRayCastMapper
        Draws the actor; has no mask of its own.
    """

    def __init__(self, actor: vtkVolume, mapper: vtkGPUVolumeRayCastMapper) -> None:
        self._shader, self._mapper = actor.GetShaderProperty(), mapper
        self._loaded: tuple[Volume, tuple[slice, ...]] | None = None

    def load(self, volume: Volume, first: tuple[int, ...], shape: tuple[int, ...]) -> None:
        """Take other voxels: a part of a volume, whose first voxel is the first of a block."""
        part = [
            slice(start // side, -(-(start + length) // side))
            for start, length, side in zip(first, shape, block_sides(volume), strict=True)
        ]
        self._loaded = volume, tuple(part)

    def follow(self, transfer: TransferFunction) -> None:
        """Take another transfer function. One that shows the highest values leaps over nothing: it looks at all."""
        self._shader.ClearAllFragmentShaderReplacements()
        if self._loaded is None or transfer.preset.blend == "maximum":
            self._mapper.SetMaskInput(None)
            return
        volume, part = self._loaded
        rings = empty_distances(visible_blocks(volume, transfer)[part])
        grid = vtkImageData()
        grid.SetDimensions(*rings.shape)
        grid.GetPointData().SetScalars(numpy_to_vtk(np.ravel(rings, order="F"), deep=True))  # type: ignore[no-untyped-call]
        self._mapper.SetMaskInput(grid)
        self._mapper.SetMaskTypeToBinary()
        code = LEAP.replace("SIDES", ", ".join(f"{side}.0" for side in block_sides(volume)))
        for place, text in (("BinaryMask::Impl", ""), ("Shading::Init", FIRST), ("Base::Impl", code)):
            self._shader.AddFragmentShaderReplacement(f"//VTK::{place}", True, text, False)


def empty_distances(seen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Tell for each block how many rings of blocks are transparent at least, itself being the first.

    Parameters
    ----------
    seen : ndarray of bool, shape (blocks along i, j, k)
        Where something can be seen, see :func:`viewer3d.render.volume.visibility.visible_blocks`.

    Returns
    -------
    ndarray of uint8, shape (blocks along i, j, k)
        0 where something may be seen in the block; else one of :data:`REACHES` and itself.
    """
    rings = np.zeros(seen.shape, np.uint8, order="F")
    for before, reach in zip((0, *REACHES), REACHES, strict=False):
        seen = _grown(seen, reach - before)
        np.copyto(rings, reach + 1, where=~seen)
    return rings


def _grown(mask: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    # By so many blocks to all sides, corners included. No more than it was grown by before: two steps leave no gap.
    if not count:
        return mask
    for axis in range(3):
        line = np.moveaxis(mask, axis, 0)
        grown = line.copy(order="K")
        grown[count:] |= line[:-count]
        grown[:-count] |= line[count:]
        mask = np.moveaxis(grown, 0, axis)
    return mask
