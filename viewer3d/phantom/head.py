"""A synthetic head: skin, skull, brain and a face, as functions of space and a CT volume of them.

It is a patient of its own: x = 0 is its middle, y = 0 between its ears, z = 0 just above the root of its nose. Sizes
are those of an adult: 152 mm wide, 192 mm deep, 250 mm from chin to crown.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.vectors import Vector
from viewer3d.core.volume import Volume
from viewer3d.phantom.body import NOISE, SOFT_TISSUE, grid, sample_grid, scanned_hu
from viewer3d.phantom.shapes import Array, BodyPart, SamplePoints, ellipsoid, mirrored, round_cone, solid, sphere, union
from viewer3d.phantom.trunk import AIR_HU, FAT, SKIN

HEAD_SHAPE: Final = (96, 116, 136)
"""Columns, rows and slices of :func:`head`: 2 mm each, with air around."""

HEAD_CENTER: Final = (0.0, -4.0, -8.0)
"""LPS mm of the middle of that grid."""

HEAD_FRAME: Final = "1.2.826.0.1.3680043.8.498.64120577419238855316079942217790046215"
"""Frame of Reference UID (0020,0052) of all its grids."""

NOSE_TIP: Final = (0.0, -108.0, -50.0)
EYES: Final = ((-32.0, -83.0, -20.0), (32.0, -83.0, -20.0))
LIPS: Final = (0.0, -93.0, -82.0)
CHIN: Final = (0.0, -93.0, -108.0)
BROW: Final = (0.0, -88.0, 4.0)
"""Points of its skin, LPS mm, to 2 mm."""

_CRANIUM: Final = ((0.0, 10.0, 30.0), (76.0, 96.0, 92.0))
"""Middle and radii of the ellipsoid that the skull's vault fills, skin included, mm."""

BONE_DEPTH: Final = 6.0
"""Of the skull below the skin, mm."""

BRAIN_DEPTH: Final = 14.0
"""Of the brain below the skin, mm."""

FLESH: Final = 55.0
SKULL: Final = 900.0
BRAIN: Final = 36.0
EYE: Final = 8.0
"""HU."""


def _skin(w: SamplePoints) -> Array:
    """Return the distance to the skin of head, face and neck."""
    x = np.abs(w.x)
    half = SamplePoints(x, w.y, w.z)
    d = union(ellipsoid(w, *_CRANIUM), ellipsoid(w, (0, -20, -55), (64, 62, 78)), 18)
    d = union(d, round_cone(w, (0, 20, -60), (0, 45, -400), 58, 62), 20)
    d = union(d, round_cone(half, (8, -80, 3), (44, -66, 2), 8, 7), 10)  # brows
    d = union(d, round_cone(w, (0, -84, -16), (0, -96, -50), 8, 12), 8)  # nose
    d = union(d, sphere(half, (11, -88, -54), 8), 6)  # its wings
    d = union(d, sphere(half, (32, -70, -20), 13), 3)  # eyes
    d = union(d, ellipsoid(w, (0, -83, -82), (24, 10, 9)), 6)  # lips
    d = union(d, sphere(w, (0, -70, -108), 23), 16)  # chin
    return union(d, ellipsoid(half, (72, 16, -25), (10, 17, 30)), 8)  # ears


_LOW, _HIGH = (-95.0, -125.0, -470.0), (95.0, 115.0, 130.0)

HEAD: Final[tuple[BodyPart, ...]] = (
    solid(_LOW, _HIGH, _skin, (0, SKIN), (2, FAT), (5, FLESH)),
    solid(
        (-76, -86, -62), (76, 106, 122), lambda w: ellipsoid(w, *_CRANIUM), (BONE_DEPTH, SKULL), (BRAIN_DEPTH, BRAIN)
    ),
    solid((-36, -72, -106), (36, -6, -30), lambda w: ellipsoid(w, (0, -38, -68), (36, 32, 38)), (0, SKULL), (4, FLESH)),
    *mirrored(solid((20, -82, -32), (44, -58, -8), lambda w: sphere(w, (32, -70, -20), 12), (0, EYE))),
    solid((-9, -60, -420), (9, -20, -90), lambda w: round_cone(w, (0, -40, -100), (0, 10, -400), 9, 9), (0, AIR_HU)),
)
"""The parts of the head, in the order they are blended over each other."""


def head(
    *,
    shape: tuple[int, int, int] = HEAD_SHAPE,
    spacing: tuple[float, float, float] = (2.0, 2.0, 2.0),
    direction: ArrayLike | None = None,
    center: Vector = HEAD_CENTER,
    noise: float = NOISE,
    seed: int = 0,
) -> Volume:
    """Return a CT volume of a head with a face.

    Parameters
    ----------
    shape, spacing, direction, center
        As in :func:`grid`; the head has a fixed place in its own world.
    noise : float
        Standard deviation, HU; 0 gives the truth, rounded to whole HU.
    seed : int
        Of the noise: the same seed gives the same volume.

    Returns
    -------
    Volume
        int16 HU of a CT with a soft-tissue window.

    Examples
    --------
    >>> head(shape=(24, 29, 34), spacing=(8, 8, 8)).unit
    'HU'
    """
    geometry = grid(shape, spacing, direction, center)
    hu = sample_grid(geometry.affine, shape, parts=HEAD)
    voxels = np.stack([scanned_hu(one, noise, seed, k) for k, one in enumerate(hu)])
    info = SeriesInfo(
        windows=(SOFT_TISSUE,), modality="CT", description="Synthetic head", frame_of_reference=HEAD_FRAME
    )
    return Volume(voxels.T, geometry, "HU", info)
