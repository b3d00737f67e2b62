"""A treatment of the synthetic patient's prostate: structures, and the dose of seven beams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Affine, Geometry
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.vectors import Points, Vector
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError
from viewer3d.phantom.belly import PROSTATE_CENTER, PROSTATE_RADII, RECTUM, bladder, rectum
from viewer3d.phantom.body import FRAME_OF_REFERENCE, grid
from viewer3d.phantom.bones import HIP
from viewer3d.phantom.shapes import Array, SamplePoints, ellipsoid, sphere
from viewer3d.phantom.trunk import skin, trunk_outline

PRESCRIBED: Final = 60.0
"""Gy that are prescribed to the PTV, in 20 fractions (D. Dearnaley et al., Lancet Oncol 2016; 17: 1047)."""

FRACTIONS: Final = 20

PTV_RADII: Final = (29.0, 24.0, 25.0)
"""mm along x, y and z: 7 mm around the prostate."""

DOSE_SHAPE: Final = (134, 96, 54)
"""Columns, rows and slices of :func:`dose`: of 3 mm, the pelvis."""

DOSE_SPACING: Final = (3.0, 3.0, 3.0)

DOSE_STEP: Final = 0.001
"""Dose Grid Scaling (3004,000E), Gy: 16 bits then hold up to 65.535."""

DOSE_DESCRIPTION: Final = "Synthetic plan, dose"

STRUCTURES_DESCRIPTION: Final = "Synthetic plan, structures"

BEAM_ANGLES: Final = tuple(360.0 / 7 * n for n in range(7))
"""Gantry angles, degrees: from the front, then towards the patient's left."""

_ATTENUATION: Final = 0.0045
"""Per mm of tissue, of the wide beam of a 6 MV accelerator: 64 % at 10 cm."""

_MARGIN: Final = 4.5
"""mm between the PTV and the edge of a beam, where it has half its dose."""

_PENUMBRA: Final = 4.5
"""mm over which the edge of a beam falls off."""

_SCATTER: Final = 0.012
"""Of the dose of a beam, beside it."""

_BUILD_UP: Final = 5.0
"""mm under the skin over which dose builds up."""

_AT_CENTER: Final = 1.02
"""Of the prescribed dose, in the middle of the PTV: then 95 % of it have some 97 %."""

_ANGLES: Final = 180
"""Points of a contour."""

_HALVINGS: Final = 26
"""Of the distance from the middle to a surface: 400 mm to 6e-6 mm."""

_REACH: Final = 400.0
"""mm: no surface is further from its middle."""

_BODY_ENDS: Final = (-285.0, -190.0)
"""mm: between these heights the outline of the body is one contour, above where the legs part."""


def dose(
    *,
    shape: tuple[int, int, int] = DOSE_SHAPE,
    spacing: tuple[float, float, float] | None = DOSE_SPACING,
    direction: ArrayLike | None = None,
    center: Vector | None = PROSTATE_CENTER,
) -> Volume:
    """Return the dose of a plan for the patient's prostate, in the frame of reference of the CT.

    Parameters
    ----------
    shape, spacing, direction, center
        As in :func:`viewer3d.phantom.grid`; by default voxels of 3 mm over the pelvis.

    Returns
    -------
    Volume
        float32 Gy. :data:`PRESCRIBED` Gy are prescribed to the ROI "PTV" of :func:`structures`.

    Notes
    -----
    Seven beams in one axial plane, each as wide as the PTV is from its side, attenuated in tissue. No scatter is
    computed: it looks like a dose, and is a function of space that can be sampled anywhere.

    Examples
    --------
    >>> dose(shape=(30, 22, 12), spacing=(12, 12, 12)).unit
    'Gy'
    """
    geometry = grid(shape, spacing, direction, center)
    voxels = (stored_dose(geometry.affine, shape) * DOSE_STEP).astype(np.float32)
    info = SeriesInfo(modality="RTDOSE", description=DOSE_DESCRIPTION, frame_of_reference=FRAME_OF_REFERENCE)
    return Volume(voxels.T, geometry, "Gy", info)


def stored_dose(affine: Affine, shape: tuple[int, int, int]) -> NDArray[np.uint16]:
    """Return what a file stores of the dose on a grid.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel index (i, j, k, 1) to LPS mm.
    shape : tuple of int
        Columns, rows, slices.

    Returns
    -------
    ndarray of uint16, shape (slices, rows, columns)
        In steps of :data:`DOSE_STEP`.
    """
    index = np.indices(shape[::-1], dtype=np.float32)[::-1]  # i, j, k
    x, y, z = np.tensordot(affine[:3, :3], index, 1) + affine[:3, 3, None, None, None]
    w = SamplePoints(x.astype(np.float32), y.astype(np.float32), z.astype(np.float32))
    stored: NDArray[np.uint16] = np.clip(np.rint(_dose_at(w) / DOSE_STEP), 0, 65535).astype(np.uint16)
    return stored


def _dose_at(w: SamplePoints) -> NDArray[np.float64]:
    """Return the dose at points of the patient in Gy; none outside of the skin."""
    x, y, z = (c.astype(np.float64) - m for c, m in zip((w.x, w.y, w.z), PROSTATE_CENTER, strict=True))
    high = PTV_RADII[2] + _MARGIN
    total = np.zeros(w.shape)
    for angle in np.radians(BEAM_ANGLES):
        # A beam at 0 degrees comes from the front (y falls towards the source), at 90 from the patient's left.
        along, across = -x * np.sin(angle) + y * np.cos(angle), x * np.cos(angle) + y * np.sin(angle)
        wide = float(np.hypot(PTV_RADII[0] * np.cos(angle), PTV_RADII[1] * np.sin(angle))) + _MARGIN
        beside = (np.sqrt((across / wide) ** 2 + (z / high) ** 2) - 1) * (wide * high) ** 0.5
        profile = 0.5 - 0.5 * np.tanh(beside / _PENUMBRA)
        total += (profile + _SCATTER) * np.exp(-_ATTENUATION * along)
    depth = np.maximum(-trunk_outline(w), 0).astype(np.float64)
    total *= np.where(depth > 0, 1 - 0.6 * np.exp(-depth / _BUILD_UP), 0)
    found: NDArray[np.float64] = total * (_AT_CENTER * PRESCRIBED / len(BEAM_ANGLES) / (1 + _SCATTER))
    return found


def structures(geometry: Geometry | None = None) -> StructureSet:
    """Return the structures of a plan for the patient's prostate, in the frame of reference of the CT.

    Parameters
    ----------
    geometry : Geometry, optional
        The axial grid on whose slices they are drawn; by default that of :func:`viewer3d.phantom.volume`.

    Returns
    -------
    StructureSet
        Body, prostate (an ellipsoid), PTV (another, 7 mm around it), bladder, rectum and femoral heads (spheres).

    Raises
    ------
    GeometryError
        When the slices of the grid are not axial.
    """
    geometry = grid() if geometry is None else geometry
    if abs(geometry.affine[2, :3]).tolist() != [0, 0, geometry.spacing[2]]:
        raise GeometryError("structures are drawn on axial slices: give a grid of such")
    heights = geometry.affine[2, 3] + geometry.affine[2, 2] * np.arange(geometry.shape[2])
    rois = [
        Roi(number, name, color, kind, tuple(_contours(distance, middle, ends, heights)), FRAME_OF_REFERENCE, "MANUAL")
        for number, (name, kind, color, distance, middle, ends) in enumerate(_rois(), 1)
    ]
    info = SeriesInfo(modality="RTSTRUCT", description=STRUCTURES_DESCRIPTION, frame_of_reference=FRAME_OF_REFERENCE)
    return StructureSet(tuple(rois), info)


_Distance = Callable[[SamplePoints], Array]
_Middle = Callable[[NDArray[np.float64]], tuple[Any, Any]]
"""Gives x and y of a point within at heights."""


def _rois() -> Iterator[tuple[str, str, tuple[int, int, int], _Distance, _Middle, tuple[float, float]]]:
    """Yield name, type, colour, distance to the surface, middle by height, and ends along z of ROIs."""
    yield "Body", "EXTERNAL", (0, 160, 90), skin, lambda _: (0.0, 10.0), _BODY_ENDS
    for name, kind, color, radii in (
        ("Prostate", "CTV", (255, 140, 0), PROSTATE_RADII),
        ("PTV", "PTV", (230, 30, 30), PTV_RADII),
    ):
        x, y, z = PROSTATE_CENTER
        ends = z - radii[2], z + radii[2]
        yield name, kind, color, _ellipsoid(PROSTATE_CENTER, radii), _fixed(x, y), ends
    yield "Bladder", "ORGAN", (255, 220, 0), bladder, lambda _: (3.0, -34.0), (-259.0, -205.0)
    low, high = RECTUM[-1], RECTUM[0]
    yield "Rectum", "ORGAN", (150, 90, 40), rectum, _along_rectum, (low[2] - low[3] + 2, high[2])
    for name, side in (("Femoral head L", 1), ("Femoral head R", -1)):
        head = (side * HIP[0], HIP[1], HIP[2])
        ends = HIP[2] - HEAD_RADIUS, HIP[2] + HEAD_RADIUS
        yield name, "ORGAN", (90, 190, 255), _sphere(head), _fixed(head[0], head[1]), ends


HEAD_RADIUS: Final = 23.5
"""Of a femoral head, mm."""


def _ellipsoid(middle: Vector, radii: Vector) -> _Distance:
    return lambda w: ellipsoid(w, middle, radii)


def _sphere(middle: Vector) -> _Distance:
    return lambda w: sphere(w, middle, HEAD_RADIUS)


def _fixed(x: float, y: float) -> _Middle:
    return lambda _: (x, y)


def _along_rectum(z: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y, heights, _ = np.array(sorted(RECTUM, key=lambda node: node[2])).T
    return np.interp(z, heights, x), np.interp(z, heights, y)


def _contours(
    distance: _Distance, middle: _Middle, ends: tuple[float, float], heights: NDArray[np.float64]
) -> Iterator[Contour]:
    """Yield the contours of a surface in axial planes, which rays from a point within meet once."""
    turn = 2 * np.pi * np.arange(_ANGLES) / _ANGLES
    z = heights[(heights > ends[0]) & (heights < ends[1])][:, None]
    x, y = middle(z)
    low, high = np.zeros((len(z), _ANGLES)), np.full((len(z), _ANGLES), _REACH)
    for _ in range(_HALVINGS if len(z) else 0):
        half = (low + high) / 2
        inside = distance(_points(x + half * np.cos(turn), y + half * np.sin(turn), z)) < 0
        low, high = np.where(inside, half, low), np.where(inside, high, half)
    points: Points = np.stack([x + low * np.cos(turn), y + low * np.sin(turn), np.broadcast_to(z, low.shape)], -1)
    for one, radii in zip(np.round(points, 3), low, strict=True):
        if radii.min() > 0:
            yield Contour(one)


def _points(x: NDArray[np.float64], y: NDArray[np.float64], z: NDArray[np.float64]) -> SamplePoints:
    return SamplePoints(x.astype(np.float32), y.astype(np.float32), np.broadcast_to(z, x.shape).astype(np.float32))
