"""A segmentation of the synthetic patient: which voxels of a grid belong to which organ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.segmentation import Fractions, Segment, Segmentation, SegmentColor
from viewer3d.core.series_info import SeriesInfo
from viewer3d.phantom.belly import LEFT_KIDNEY, RIGHT_KIDNEY, STOMACH, bladder, kidney, liver, spleen
from viewer3d.phantom.body import FRAME_OF_REFERENCE, grid, sample_grid
from viewer3d.phantom.chest import HEART_BOX, LUNG_HU, LUNGS, heart
from viewer3d.phantom.shapes import Array, BodyPart, SamplePoints, solid, tube
from viewer3d.phantom.trunk import AIR_HU, texture

_INSIDE = 0.0
"""HU with which an organ is sampled alone, in air: from the middle between both on, a voxel belongs to it."""


def organs(geometry: Geometry | None = None) -> Segmentation:
    """Return organs of the patient as labels, in the frame of reference of the CT.

    Parameters
    ----------
    geometry : Geometry, optional
        Any grid; by default that of :func:`viewer3d.phantom.volume`.

    Returns
    -------
    Segmentation
        Lungs, heart, liver, spleen, kidneys, stomach and bladder, numbered from 1. A voxel belongs to an organ if its
        centre lies within its surface; they do not overlap.

    Examples
    --------
    >>> [one.name for one in organs(grid((30, 22, 28))).segments][:3]
    ['Lung right', 'Lung left', 'Heart']
    """
    geometry = grid() if geometry is None else geometry
    labels = np.zeros(geometry.shape, np.uint8, order="F")
    segments = []
    for number, (name, color, inside) in enumerate(_masks(geometry), 1):
        labels[inside] = number
        segments.append(Segment(number, name, color, algorithm="AUTOMATIC"))
    info = SeriesInfo(modality="SEG", description="Synthetic organs", frame_of_reference=FRAME_OF_REFERENCE)
    return Segmentation((labels,), geometry, tuple(segments), info)


def _masks(geometry: Geometry) -> Iterator[tuple[str, SegmentColor, NDArray[np.bool_]]]:
    # Those that come later are cut out of the others.
    i, _, k = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij", sparse=True)
    j = np.arange(geometry.shape[1])[None, :, None]
    a = geometry.affine[0]
    is_left = a[0] * i + a[1] * j + a[2] * k + a[3] > 0
    lungs = _sampled(geometry, LUNGS, (AIR_HU + LUNG_HU) / 2)
    yield "Lung right", (111, 168, 220), lungs & ~is_left
    yield "Lung left", (70, 120, 200), lungs & is_left
    parts: dict[str, tuple[SegmentColor, tuple[BodyPart, ...]]] = {
        "Heart": ((214, 63, 76), (solid(*HEART_BOX, heart, (0, _INSIDE)),)),
        "Liver": ((221, 130, 101), (solid((-140, -104, -40), (76, 104, 125), liver, (0, _INSIDE)),)),
        "Spleen": ((157, 108, 162), (solid((45, -8, -25), (140, 104, 120), spleen, (0, _INSIDE)),)),
        "Kidney right": ((240, 200, 60), (kidney(RIGHT_KIDNEY)[0],)),
        "Kidney left": ((210, 150, 40), (kidney(LEFT_KIDNEY)[0],)),
        "Stomach": ((120, 190, 90), tuple(tube(STOMACH, (0.0, _INSIDE), step=13))),
        "Bladder": ((80, 190, 190), (solid((-45, -76, -262), (50, 10, -200), bladder, (0, _INSIDE)),)),
    }
    for name, (color, part) in parts.items():
        yield name, color, _sampled(geometry, part, (AIR_HU + _INSIDE) / 2)


def _sampled(geometry: Geometry, parts: tuple[BodyPart, ...], least: float) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = least < sample_grid(geometry.affine, geometry.shape, parts=parts).T
    return inside


FRACTION_STEPS = 200
"""Maximum Fractional Value (0062,000E): the value that stands for 1."""

_UNSURE = 24.0
"""mm over which the probability of the liver falls from 1 to 0."""


def probabilities(geometry: Geometry | None = None) -> Segmentation:
    """Return how probable the liver is, as a model might find it: a fractional segment.

    Parameters
    ----------
    geometry : Geometry, optional
        As in :func:`organs`.

    Returns
    -------
    Segmentation
        One segment. It is where the probability is 0.5 or more: up to some mm beside the liver's surface.

    Examples
    --------
    >>> probabilities(grid((30, 22, 28))).fractions[1].kind
    'PROBABILITY'
    """
    geometry = grid() if geometry is None else geometry

    def apply(w: SamplePoints, hu: Array) -> None:
        away = (liver(w) + texture(w, 23, 5)) / np.float32(_UNSURE)
        hu[...] = np.float32(AIR_HU) * (1 - np.clip(np.float32(0.5) - away, 0, 1))

    sampled = sample_grid(geometry.affine, geometry.shape, parts=(BodyPart((-170, -130, -60), (110, 130, 150), apply),))
    stored = np.rint((1 - sampled.T / AIR_HU) * FRACTION_STEPS).astype(np.uint8)
    slices = np.flatnonzero(stored.any((0, 1)))
    first, end = (int(slices[0]), int(slices[-1]) + 1) if slices.size else (0, 1)
    labels = np.asfortranarray(2 * stored.astype(np.int16) >= FRACTION_STEPS).astype(np.uint8, order="F")
    segment = Segment(1, "Liver", (221, 130, 101), algorithm="AUTOMATIC")
    info = SeriesInfo(modality="SEG", description="Synthetic probabilities", frame_of_reference=FRAME_OF_REFERENCE)
    fractions = Fractions(np.asfortranarray(stored[:, :, first:end]), first, FRACTION_STEPS, "PROBABILITY")
    return Segmentation((labels,), geometry, (segment,), info, {1: fractions})
