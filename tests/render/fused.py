"""A CT with a PET on a grid of its own, each with one round marker whose place in the world is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tests.render.markers import DIRECTIONS, rotation
from viewer3d.core.layers import Layer
from viewer3d.core.volume import Volume

PARTNERS: Final = {**DIRECTIONS, "tilted": rotation(0, 14.0)}
"""Directions that the grid of the overlay may have, the columns those of its axes."""

BASE_MARKER: Final = np.array((-23.3, 13.2, -8.6))
OVERLAY_MARKER: Final = np.array((21.7, -12.4, 11.9))
"""World points (LPS, mm), both in the world of the base."""

MATRIX: Final = np.eye(4)
MATRIX[:3, :3] = rotation(2, 11.0) @ rotation(1, -7.0)
MATRIX[:3, 3] = (31.0, -14.0, 52.0)
"""A rigid transform, LPS mm to LPS mm."""

OBLIQUE_AXES: Final[Any] = tuple(map(tuple, (rotation(2, 20.0) @ rotation(0, -25.0)).T.tolist()))
"""Of planes that lie along neither grid."""

LOOK: Final = {"window": "0-10", "colors": "hot-iron", "opacity": 1.0, "ramp": 0.25}
"""The overlay is seen where its marker is, and the base around it."""

WITHIN: Final = 0.2
"""Pixels between where a marker is and where its affine says it is."""


@dataclass(frozen=True)
class FusedPair:
    """A base and what lies over it.

    Attributes
    ----------
    base : Volume
        In HU, grey.
    overlay : Layer
        In SUVbw, coloured.
    """

    base: Volume
    overlay: Layer


def fused_pair(partner: str, *, by_matrix: bool = False, **look: Any) -> FusedPair:
    """Make a CT and a PET whose grid has a direction of :data:`PARTNERS`.

    Parameters
    ----------
    partner : str
    by_matrix : bool
        Whether the PET is in a world of its own, and placed by the inverse of :data:`MATRIX`.
    **look
        Fields of the overlay's look, besides :data:`LOOK`.
    """
    base_affine = affine(np.eye(3), (2.0, 2.1, 2.3), (60, 50, 40), (0.0, 0.0, 0.0))
    base = Volume.from_array(
        (ball(base_affine, (60, 50, 40), BASE_MARKER, 4.5) * 2000 - 1000).astype(np.int16),
        base_affine,
        unit="HU",
        modality="CT",
        frame_of_reference="1.2.3",
    )
    own = affine(PARTNERS[partner], (2.9, 3.3, 2.7), (34, 30, 36), (3.0, -2.0, 5.0))
    values = (ball(own, (34, 30, 36), OVERLAY_MARKER, 5.5) * 9.5).astype(np.float32)
    transform = None
    if by_matrix:
        own, transform = MATRIX @ own, np.linalg.inv(MATRIX)
    pet = Volume.from_array(
        values, own, unit="SUVbw", modality="PT", frame_of_reference="1.2.4" if by_matrix else "1.2.3"
    )
    return FusedPair(base, Layer(pet, transform=transform, look={**LOOK, **look}))


def affine(direction: np.ndarray, spacing: Any, shape: Any, center: Any) -> np.ndarray:
    """Return the affine of a grid around a world point."""
    A = np.eye(4)
    A[:3, :3] = direction * spacing
    A[:3, 3] = center - A[:3, :3] @ ((np.array(shape) - 1) / 2)
    return A


def ball(matrix: np.ndarray, shape: Any, world: Any, sigma: float) -> np.ndarray:
    """Return a Gaussian around a world point, at the centres of the voxels of a grid: from 1 to 0."""
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
    away = index @ matrix[:3, :3].T + matrix[:3, 3] - world
    return np.exp(-(away**2).sum(-1) / (2 * sigma**2))


def overlay_place(pixels: np.ndarray) -> np.ndarray:
    """Return the middle (column, row) of what is coloured in a picture without marks."""
    chroma = np.ptp(pixels.astype(np.int16), axis=-1)
    return _middle(np.where(chroma > 20, chroma, 0))


def base_place(pixels: np.ndarray) -> np.ndarray:
    """Return the middle (column, row) of what is grey and not black in a picture without marks."""
    chroma = np.ptp(pixels.astype(np.int16), axis=-1)
    return _middle(np.where((chroma == 0) & (pixels[..., 0] > 20), pixels[..., 0], 0))


def _middle(weights: np.ndarray) -> np.ndarray:
    assert weights.any(), "the marker is not in the picture"
    rows, columns = np.indices(weights.shape)
    return np.array([(columns * weights).sum(), (rows * weights).sum()]) / weights.sum()
