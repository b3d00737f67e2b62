"""A volume and segments in it, small, where each has a simple place."""

from __future__ import annotations

import numpy as np

from viewer3d import Segmentation, StructureSet, Volume
from viewer3d.core.structures import Contour, Roi

FRAME = "1.2.3"
SPACING = (4.0, 4.0, 5.0)
SHAPE = (40, 30, 24)
COLORS = {1: (230, 60, 50), 2: (60, 200, 80), 3: (80, 120, 240)}
NAMES = {1: "Liver", 2: "Spleen", 3: "Node"}


def affine() -> np.ndarray:
    A = np.diag([*SPACING, 1.0])
    A[:3, 3] = (-78, -58, 100)
    return A


def body() -> Volume:
    voxels = np.full(SHAPE, -1000, np.int16)
    voxels[4:36, 4:26] = 40
    return Volume.from_array(voxels, affine(), unit="HU", modality="CT", frame_of_reference=FRAME)


def labels() -> np.ndarray:
    """Liver in slices 4 to 17, spleen in 10 to 19, a node in 2 and 21 alone."""
    found = np.zeros(SHAPE, int)
    found[7:17, 8:22, 4:18] = 1
    found[22:32, 9:20, 10:20] = 2
    found[18:21, 12:16, 2] = found[18:21, 12:16, 21] = 3
    return found


def segments(shift: int = 0, **about: str) -> Segmentation:
    given = {"frame_of_reference": FRAME, **about}
    return Segmentation.from_array(np.roll(labels(), shift, 0), affine(), names=NAMES, colors=COLORS, **given)


def structures() -> StructureSet:
    square = np.array([[-40, -30], [-5, -30], [-5, 20], [-40, 20]], float)
    planes = tuple(Contour(np.column_stack([square, np.full(4, z)])) for z in (150.0, 155.0, 160.0))
    point = Contour(np.array([[30.0, 0.0, 180.0]]), "POINT")
    rois = (
        Roi(4, "PTV", (200, 40, 40), contours=planes, frame_of_reference=FRAME),
        Roi(9, "Iso", (40, 200, 200), contours=(point,), frame_of_reference=FRAME),
    )
    return StructureSet(rois).with_info(frame_of_reference=FRAME)
