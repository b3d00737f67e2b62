"""The uptake of a tracer in the synthetic patient: as a function, a PET volume and its stored values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Affine
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.vectors import Vector
from viewer3d.core.volume import Volume
from viewer3d.phantom.belly import LEFT_KIDNEY, ORGANS, RIGHT_KIDNEY
from viewer3d.phantom.body import FRAME_OF_REFERENCE, grid, sample_grid, slice_noise
from viewer3d.phantom.bones import BONES
from viewer3d.phantom.chest import CHEST
from viewer3d.phantom.shapes import Array
from viewer3d.phantom.trunk import TRUNK
from viewer3d.phantom.vessels import VESSELS

PET_SHAPE: Final = (100, 72, 178)
"""Columns, rows and slices of :func:`pet`: voxels of 4 mm, as PET has them."""

PET_NOISE: Final = 0.12
"""Standard deviation of the noise at 1 SUV; as of counts it grows with the root of the uptake."""

PET_DESCRIPTION: Final = "Synthetic torso, FDG"

SUV_STEP: Final = 0.001
"""Rescale Slope (0028,1053), SUV: int16 then holds up to 32.767."""

_LESION_SUV: Final = {"right-lung": 14.0, "mediastinum": 10.0, "left-hip": 8.0}
"""In the middle of each lesion, besides what its surroundings take up."""

LESION_SIGMA: Final = 6.5
"""Standard deviation of the uptake of a lesion, mm, as it is imaged: balls of about 15 mm."""

LESIONS: Mapping[str, Vector] = MappingProxyType(
    {
        "right-lung": (-78.0, 2.0, 196.0),
        "mediastinum": (-8.0, -14.0, 238.0),
        "left-hip": (96.0, 10.0, -214.0),
    }
)
"""Places of high uptake that no CT of the patient shows, by name, as LPS mm."""

_ORGANS: Final = (
    # Middle in LPS mm, SUV there, and standard deviations along x, y and z in mm: heart muscle, kidneys and bladder.
    ((38.0, -38.0, 118.0), 4.0, (20.0, 18.0, 20.0)),
    (LEFT_KIDNEY, 5.0, (13.0, 13.0, 26.0)),
    (RIGHT_KIDNEY, 5.0, (13.0, 13.0, 26.0)),
    ((2.0, -33.0, -231.0), 9.0, (15.0, 14.0, 11.0)),
)

_TISSUES: Final = ((-1000, -850, -300, -110, 0, 60, 150, 300, 700), (0.0, 0.35, 0.5, 0.25, 0.4, 0.7, 1.1, 1.5, 0.9))
"""HU of tissues and the SUV they take up: air, lung, fat, water, muscle, organs and blood with contrast, bone."""

_SOLID_HU: Final = -50.0
"""What is above is no lung and no fat, and can be an organ."""

_PARTS: Final = (*TRUNK[1:], *CHEST, *ORGANS, *BONES, *VESSELS)
"""The patient without couch and markers."""


def pet(
    *,
    shape: tuple[int, int, int] = PET_SHAPE,
    spacing: tuple[float, float, float] | None = None,
    direction: ArrayLike | None = None,
    center: Vector | None = None,
    noise: float = PET_NOISE,
    seed: int = 0,
) -> Volume:
    """Return a PET volume of the patient, in the frame of reference of the CT and on a grid of its own.

    Parameters
    ----------
    shape, spacing, direction, center
        As in :func:`viewer3d.phantom.grid`.
    noise : float
        Standard deviation at 1 SUV; 0 gives the truth.
    seed : int
        Of the noise: the same seed gives the same volume.

    Returns
    -------
    Volume
        float32 SUVbw of a PET, with high uptake at :data:`LESIONS`, in heart, kidneys and bladder.

    Examples
    --------
    >>> pet(shape=(30, 22, 28)).unit
    'SUVbw'
    """
    geometry = grid(shape, spacing, direction, center)
    voxels = (stored_uptake(geometry.affine, shape, noise, seed) * SUV_STEP).astype(np.float32)
    info = SeriesInfo(modality="PT", description=PET_DESCRIPTION, frame_of_reference=FRAME_OF_REFERENCE)
    return Volume(voxels.T, geometry, "SUVbw", info)


def stored_uptake(affine: Affine, shape: tuple[int, int, int], noise: float, seed: int) -> NDArray[np.int16]:
    """Return what a scanner stores of the uptake on a grid.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel index (i, j, k, 1) to LPS mm.
    shape : tuple of int
        Columns, rows, slices.
    noise : float
        Standard deviation at 1 SUV.
    seed : int

    Returns
    -------
    ndarray of int16, shape (slices, rows, columns)
        In steps of :data:`SUV_STEP`.
    """
    suv = _uptake(affine, shape)
    if noise:
        counted = np.stack([slice_noise(shape[:2], noise, seed, k) for k in range(shape[2])])
        suv = suv + counted * np.sqrt(np.maximum(suv, 0.02))  # a little where nothing is taken up, too
    stored: NDArray[np.int16] = np.clip(np.rint(suv / SUV_STEP), 0, np.iinfo(np.int16).max).astype(np.int16)
    return stored


def _uptake(affine: Affine, shape: tuple[int, int, int]) -> Array:
    hu = sample_grid(affine, shape, parts=_PARTS)
    suv, solid = _blurred(np.interp(hu, *_TISSUES).astype(np.float32)), _blurred((hu > _SOLID_HU).astype(np.float32))
    index = np.indices(shape[::-1], dtype=np.float32)[::-1]  # i, j, k
    world = np.tensordot(affine[:3, :3], index, 1) + affine[:3, 3, None, None, None]

    def spot(middle: Vector, high: float, sigmas: Vector) -> Array:
        away = np.sum([((world[a] - middle[a]) / sigmas[a]) ** 2 for a in range(3)], axis=0)
        around: Array = (high * np.exp(-away / 2)).astype(np.float32)
        return around

    for middle, high, sigmas in _ORGANS:
        suv += solid * spot(middle, high, sigmas)
    for name, middle in LESIONS.items():
        suv += spot(middle, _LESION_SUV[name], (LESION_SIGMA,) * 3)
    return suv


def _blurred(values: Array) -> Array:
    # A quarter, a half and a quarter along each axis: PET does not resolve its own voxels.
    for axis in range(3):
        padded = np.pad(values, [(1, 1) if n == axis else (0, 0) for n in range(3)], "edge")
        first, middle, last = (np.take(padded, range(n, n + values.shape[axis]), axis) for n in range(3))
        values = (first + 2 * middle + last) / np.float32(4)
    return values
