"""The actor that shows several volumes by depth, a vtkMultiVolume. Needs OpenGL.

VTK's own shader for several inputs lights a volume that its actor rotates from wrong sides, lights all volumes as the
first, transforms every sample by products of five matrices, and takes samples where nothing can be seen. So the mapper
is given other code for what is done at a sample; all else (the ray's ends, cropping, obstacles) stays VTK's. Each
volume comes with a second input, the grid of empty distances of :mod:`viewer3d.render.volume.empty_space`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkVolume
from vtkmodules.vtkRenderingVolume import vtkMultiVolume

from viewer3d.core.geometry import Geometry
from viewer3d.core.volume import Volume
from viewer3d.render.image_data import array_grid, cell_grid
from viewer3d.render.volume.actor import crop_planes, grid_to_world, still_mapper, volume_property
from viewer3d.render.volume.empty_space import LIT_CODE, ReplacedShader, block_range, empty_distances
from viewer3d.render.volume.loaded_block import extract_block, visible_block
from viewer3d.render.volume.transfer import Preset, TransferFunction
from viewer3d.render.volume.visibility import block_sides, visible_blocks
from viewer3d.render.volume.volume_look import VolumeLook

MOST_SAMPLES: Final = 2000
"""Along a ray through all volumes; more only where the first one alone takes more. A chest in CT takes some 800."""

FUNCTION_CODE: Final = """//VTK::RenderToImage::Dec
const float l_never = 1.0e6;

// How many samples further along a ray something of a volume may be seen; 0 where that is here.
float l_distance(sampler3D volume, sampler3D empty, vec3 sides, vec3 place, vec3 way)
{
  bvec3 isMoving = greaterThan(abs(way), vec3(1.0e-9));
  if (any(lessThan(place, vec3(0.0))) || any(greaterThan(place, vec3(1.0))))
    {
    vec3 toBox = mix(vec3(0.0), vec3(1.0), lessThan(way, vec3(0.0))) - place;
    toBox = mix(vec3(0.0), toBox / way, isMoving);
    float enter = max(toBox.x, max(toBox.y, toBox.z));
    vec3 entered = place + enter * way;
    if (enter <= 0.0 || any(lessThan(entered, vec3(-1.0e-4))) || any(greaterThan(entered, vec3(1.0001))))
      {
      return l_never;
      }
    return max(1.0, floor(enter));
    }
  vec3 toBlock = vec3(textureSize(volume, 0)) / sides;
  // In blocks, from the centre of the first voxel.
  vec3 at = place * toBlock - 0.5 / sides;
  vec3 block = clamp(floor(at), vec3(0.0), vec3(textureSize(empty, 0) - 1));
  float count = floor(texelFetch(empty, ivec3(block), 0).r * 255.0 + 0.5);
  if (count < 0.5)
    {
    return 0.0;
    }
  vec3 along = way * toBlock;
  vec3 end = mix(block - count + 1.0, block + count, greaterThan(along, vec3(0.0)));
  vec3 steps = mix(vec3(l_never), (end - at) / along, greaterThan(abs(along), vec3(1.0e-6)));
  return max(1.0, floor(min(steps.x, min(steps.y, steps.z))) + 1.0);
}
"""
"""Shader code: how far a volume is empty."""

SAMPLE_CODE: Final = """
vec4 l_sample_#(vec3 place, vec3 ray)
{
  float value = texture(in_volume[#], place).r * in_volume_scale[#].r + in_volume_bias[#].r;
  float opacity = texture(in_opacityTransferFunc_#[0], vec2(value, 0.0)).r;
  if (opacity <= 0.0)
    {
    return vec4(0.0);
    }
  vec3 color = texture(in_colorTransferFunc_#[0], vec2(value, 0.0)).rgb;
  return vec4(l_lit(color, computeGradient(place, 0, in_volume[#], #).xyz, ray, vec4(MATERIAL)), opacity);
}
"""
"""Shader code for one volume: colour and opacity at a place."""

START_CODE: Final = """//VTK::Shading::Init
  vec3 l_first = g_dataPos - g_currentT * g_dirStep;
  vec3 l_ray = mat3(in_volumeMatrix[0]) * computeRayDirection();
"""
"""Shader code that keeps where a ray begins, in the box around all volumes."""

RAY_CODE: Final = """
  mat4 l_into_# = in_cellToPoint[NEXT] * in_inverseTextureDatasetMatrix[NEXT] * in_inverseVolumeMatrix[NEXT] *
    in_volumeMatrix[0] * in_textureDatasetMatrix[0];
  vec3 l_start_# = (l_into_# * vec4(l_first, 1.0)).xyz;
  vec3 l_way_# = (l_into_# * vec4(g_dirStep, 0.0)).xyz;
  vec3 l_ray_# = normalize(mat3(in_inverseVolumeMatrix[NEXT]) * l_ray);
  float l_far_# = 0.0;
"""
"""Shader code for one volume: the ray in it, from there to there at each sample; NEXT is the number of its matrices."""

DISTANCE_CODE: Final = """
      l_far_# = l_distance(in_volume[#], in_volume[GRID], vec3(SIDES),
        l_start_# + g_currentT * l_way_#, l_way_#);
      l_far = min(l_far, l_far_#);
"""
"""Shader code for one volume: how far it is empty; GRID is the number of its second input, SIDES a block's voxels."""

MIX_CODE: Final = """
      if (l_far_# < 0.5)
        {
        vec4 here = l_sample_#(l_start_# + g_currentT * l_way_#, l_ray_#);
        l_sum += vec4(here.rgb * here.a, here.a);
        l_clear *= 1.0 - here.a;
        }
"""
"""Shader code for one volume: what it adds to the mixture at a place."""

LOOP_CODE: Final = """
    for (;;)
      {
      float l_far = l_never;
DISTANCES
      if (l_far < 0.5)
        {
        break;
        }
      g_currentT += l_far;
      // As the mapper itself ends a ray: one sample beyond the obstacle, none beyond the volumes.
      vec3 l_next = l_first + g_currentT * g_dirStep;
      if (g_currentT - 1.0 >= g_terminatePointMax ||
          any(greaterThan(max(g_dirStep, vec3(0.0)) * (l_next - in_texMax[0]), vec3(0.0))) ||
          any(greaterThan(min(g_dirStep, vec3(0.0)) * (l_next - in_texMin[0]), vec3(0.0))))
        {
        g_exit = true;
        break;
        }
      }
    g_dataPos = l_first + g_currentT * g_dirStep;
    if (!g_exit)
      {
      // What is at one place is mixed: of two volumes neither lies before the other.
      vec4 l_sum = vec4(0.0);
      float l_clear = 1.0;
SAMPLES
      if (l_sum.a > 0.0)
        {
        float opacity = 1.0 - l_clear;
        g_fragColor += (1.0 - g_fragColor.a) * vec4(l_sum.rgb / l_sum.a * opacity, opacity);
        }
      }
"""
"""Shader code that moves the ray on while nothing can be seen of any volume, and takes a sample of those that can. The
ray is moved in a loop of its own, so that neighbouring rays, which a processor computes together, sample together."""


class MultiVolumeActor:
    """A vtkMultiVolume of several volumes, each with its own look, with right occlusion between them.

    Parameters
    ----------
    volumes : sequence of Volume
        Two, all in one world (LPS, mm): more take more textures than every OpenGL has.

    Attributes
    ----------
    mapper : vtkOpenGLGPUVolumeRayCastMapper
        In full quality: even samples that do not depend on the clock.
    prop : vtkMultiVolume
        In world mm (LPS).
    shader : ReplacedShader
    """

    def __init__(self, volumes: Sequence[Volume]) -> None:
        self._volumes = tuple(volumes)
        self.mapper = still_mapper()
        self.prop = vtkMultiVolume()
        self.prop.SetMapper(self.mapper)
        self.shader = ReplacedShader(self.prop)
        self._looks: tuple[VolumeLook, ...] = ()

    def show(self, looks: Sequence[VolumeLook]) -> None:
        """Show each volume with its look from now on; the crop of all is the first look's.

        Parameters
        ----------
        looks : sequence of VolumeLook
            One a volume, all of transfer functions whose light goes through matter ("composite").
        """
        looks = tuple(looks)
        if looks == self._looks:
            return
        parts = [_load(volume, look) for volume, look in zip(self._volumes, looks, strict=True)]
        for port, part in enumerate(parts):
            self._put(port, cell_grid(part.volume), part.transfer, part.volume.geometry)
        # After all volumes, for VTK numbers transfer functions in the order in which inputs are given.
        for port, part in enumerate(parts, len(parts)):
            self._put(port, _cells(part.distances), part.transfer, part.volume.geometry)
        self.mapper.SetSampleDistance(_sample_distance(parts))
        self.mapper.RemoveAllClippingPlanes()
        for plane in crop_planes(looks[0].crop):
            self.mapper.AddClippingPlane(plane)
        self.shader.replace(shader_code([part.transfer.preset for part in parts], [part.sides for part in parts]))
        self._looks = looks

    def load_again(self) -> bool:
        """Return False: VTK keeps a copy of the voxels, and may read it as often as it likes."""
        return False

    def _put(self, port: int, grid: vtkImageData, transfer: TransferFunction, geometry: Geometry) -> None:
        volume = vtkVolume()
        volume.SetProperty(volume_property(transfer))
        volume.SetUserMatrix(grid_to_world(geometry))
        self.mapper.SetInputDataObject(port, grid)
        self.prop.SetVolume(volume, port)


def shader_code(presets: Sequence[Preset], sides: Sequence[tuple[int, int, int]]) -> dict[str, str]:
    """Return the shader code that draws several volumes.

    Parameters
    ----------
    presets : sequence of Preset
        Of each volume: how its matter is lit.
    sides : sequence of tuple of int
        Of each volume the voxels in a block along i, j and k.

    Returns
    -------
    dict of str to str
        Code for each tag of VTK's shader.
    """
    functions, starts, distances, samples = (
        "".join(_numbered(text, n, len(presets), preset, of_block) for n, (preset, of_block) in enumerate(each))
        for text in (SAMPLE_CODE, RAY_CODE, DISTANCE_CODE, MIX_CODE)
        for each in [list(zip(presets, sides, strict=True))]
    )
    return {
        "RenderToImage::Dec": FUNCTION_CODE + LIT_CODE + functions,
        "Shading::Init": START_CODE + starts,
        "Shading::Impl": LOOP_CODE.replace("DISTANCES", distances).replace("SAMPLES", samples),
    }


def _numbered(text: str, n: int, count: int, preset: Preset, sides: Sequence[float]) -> str:
    material = preset.ambient, preset.diffuse, preset.specular, preset.specular_power
    words = {"NEXT": n + 1, "GRID": n + count, "MATERIAL": _floats(material), "SIDES": _floats(sides), "#": n}
    for word, value in words.items():
        text = text.replace(word, str(value))
    return text


def _floats(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.7e}" for value in values)


@dataclass(frozen=True, eq=False)
class _Part:
    # What of a volume goes to the graphics card.
    volume: Volume
    transfer: TransferFunction
    distances: NDArray[np.uint8]
    sides: tuple[int, int, int]


def _load(volume: Volume, look: VolumeLook) -> _Part:
    shown, transfer = look.shown_volume(volume), look.transfer(volume)
    block = visible_block(shown, transfer)
    part = extract_block(shown, block, transfer)
    is_downsampled = any(side.step > 1 for side in block)
    source, first = (part, (0, 0, 0)) if is_downsampled else (shown, tuple(side.start for side in block))
    seen = visible_blocks(source, transfer)[block_range(source, first, part.shape)]
    return _Part(part, transfer, empty_distances(seen), block_sides(source))


def _sample_distance(parts: Sequence[_Part]) -> float:
    # In mm. Every volume's own, but a small fine one does not make rays through a large one take forever.
    steps = [part.transfer.preset.step * min(part.volume.spacing) for part in parts]
    corners = np.concatenate([part.volume.geometry.corners for part in parts])
    longest = float(np.linalg.norm(np.ptp(corners, axis=0)))
    return max(min(steps), min(steps[0], longest / MOST_SAMPLES))


def _cells(values: NDArray[np.uint8]) -> vtkImageData:
    # As cells, as the volumes are. It is never sampled as a volume; small, so that it lies within the volume's box.
    grid = array_grid(values)
    scalars = grid.GetPointData().GetScalars()
    grid.GetPointData().SetScalars(None)
    grid.SetDimensions(*(count + 1 for count in values.shape))
    grid.SetSpacing(1e-5, 1e-5, 1e-5)
    grid.GetCellData().SetScalars(scalars)
    return grid
