"""Skip empty space: rays through a volume take no samples where nothing can be seen.

A coarse grid holds for every block of voxels how far around it all is transparent. It goes to the graphics card as the
mapper's mask, and the mapper's own shader moves each ray on by whole steps. The samples that are taken lie where they
lay before, and those left out add nothing: no pixel changes, and a processor that renders has a fifth of the work.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkVolume
from vtkmodules.vtkRenderingVolume import vtkGPUVolumeRayCastMapper

from viewer3d.core.volume import Volume
from viewer3d.render.image_data import array_grid
from viewer3d.render.volume.transfer import TransferFunction
from viewer3d.render.volume.visibility import block_sides, visible_blocks

REACHES: Final = (0, 1, 2, 4, 8, 16)
"""Blocks: distances to which the surroundings of a block are searched; each takes no more work than the one before."""

RAY_START: Final = """//VTK::Shading::Init
  vec3 l_first = g_dataPos - g_currentT * g_dirStep;
"""
"""Shader code that keeps where the ray begins, so that a sample lies at the same point whatever was skipped."""

SKIP: Final = """//VTK::Base::Impl
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
"""Shader code that moves the ray on while nothing can be seen; SIDES stands for the voxels of a block. What is in a
block is bounded by its voxels and the next ones, so the sample on its far side is left out with it."""


class EmptySpaceSkipper:
    """Lets the rays through a volume skip what is transparent, whatever is loaded or shown of it.

    Parameters
    ----------
    prop : vtkVolume
    mapper : vtkGPUVolumeRayCastMapper
        Draws the prop; has no mask of its own.
    """

    def __init__(self, prop: vtkVolume, mapper: vtkGPUVolumeRayCastMapper) -> None:
        self._shader, self._mapper = prop.GetShaderProperty(), mapper
        self._loaded: tuple[Volume, tuple[slice, ...]] | None = None

    def load(self, volume: Volume, first: tuple[int, ...], shape: tuple[int, ...]) -> None:
        """Take other voxels: a part of a volume, whose first voxel is the first of a block.

        Parameters
        ----------
        volume : Volume
        first, shape : tuple of int
            Index of the part's first voxel, and its number of voxels, along i, j and k.
        """
        self._loaded = volume, block_range(volume, first, shape)

    def show(self, transfer: TransferFunction) -> None:
        """Take another transfer function.

        One that projects the highest values needs all samples: nothing is skipped.
        """
        self._shader.ClearAllFragmentShaderReplacements()
        if self._loaded is None or transfer.preset.blend == "maximum":
            self._mapper.SetMaskInput(None)
            return
        volume, part = self._loaded
        self._mapper.SetMaskInput(array_grid(empty_distances(visible_blocks(volume, transfer)[part])))
        self._mapper.SetMaskTypeToBinary()
        code = SKIP.replace("SIDES", ", ".join(f"{side}.0" for side in block_sides(volume)))
        for tag, text in (("BinaryMask::Impl", ""), ("Shading::Init", RAY_START), ("Base::Impl", code)):
            self._shader.AddFragmentShaderReplacement(f"//VTK::{tag}", True, text, False)


def block_range(volume: Volume, first: tuple[int, ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return which blocks of a volume a part of it has.

    Parameters
    ----------
    volume : Volume
    first, shape : tuple of int
        Index of the part's first voxel, which is the first of a block, and its number of voxels, along i, j and k.

    Returns
    -------
    tuple of slice
        Of the blocks along i, j and k, see :func:`viewer3d.render.volume.visibility.visible_blocks`.
    """
    return tuple(
        slice(start // side, -(-(start + length) // side))
        for start, length, side in zip(first, shape, block_sides(volume), strict=True)
    )


def empty_distances(visible: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return for each block how far away the nearest visible block is at least.

    Parameters
    ----------
    visible : ndarray of bool, shape (blocks along i, j, k)
        Where something can be seen, see :func:`viewer3d.render.volume.visibility.visible_blocks`.

    Returns
    -------
    ndarray of uint8, shape (blocks along i, j, k)
        In blocks, along the axis where they are furthest apart (Chebyshev distance): 0 where something may be seen in
        the block itself, else one more than one of :data:`REACHES`.
    """
    distances = np.zeros(visible.shape, np.uint8, order="F")
    for before, reach in zip((0, *REACHES), REACHES, strict=False):
        visible = _grown(visible, reach - before)
        np.copyto(distances, reach + 1, where=~visible)
    return distances


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
