"""Read the frames of Nuclear Medicine images: their positions and frame vectors (PS3.3 C.8.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.core.vectors import Vector
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.values import LARGEST, all_values, optional_vector

if TYPE_CHECKING:
    from pydicom import Dataset

RECONSTRUCTED: Final = frozenset({"RECON TOMO", "RECON GATED TOMO"})
"""Third values of Image Type whose frames are slices; all others are projections (PS3.3 C.8.4.9.1.1)."""

FRAME_VECTORS: Final = {
    "EnergyWindowVector": "energy_window",
    "DetectorVector": "detector",
    "PhaseVector": "phase",
    "RotationVector": "rotation",
    "RRIntervalVector": "interval",
    "TimeSlotVector": "phase",
    "AngularViewVector": "view",
    "TimeSliceVector": "time",
}
"""Vectors that number frames besides Slice Vector (PS3.3 C.8.4.8.1.1), and their names for users."""


def nuclear_frames(first: Frame, dataset: Dataset) -> tuple[Frame, ...]:
    """Read the position and the vector values of each frame of a Nuclear Medicine image.

    Parameters
    ----------
    first : Frame
        The values that the top level of the header gives for all frames.
    dataset : pydicom.Dataset

    Returns
    -------
    tuple of Frame
        Reconstructed slices have positions: that of their detector in Detector Information Sequence (0054,0022), moved
        along its normal by as many times Spacing Between Slices (0018,0088) as Slice Vector (0054,0080) counts: behind
        the first where the spacing is above 0, before it where it is below (PS3.3 C.8.4.15). Without that spacing, only
        the first slice has a position.
    """
    count = first.stored.frames
    vectors = {name: values for name in FRAME_VECTORS if (values := _vector(dataset, name, count))}
    slices = _vector(dataset, "SliceVector", count) or tuple(range(1, count + 1))
    detectors = vectors.get("DetectorVector", (1,) * count)
    items = dataset.get("DetectorInformationSequence") or [None]
    detector_frames = [_detector_frame(first, item) for item in items]
    reconstructed = not RECONSTRUCTED.isdisjoint(first.image_type)
    frames = []
    for index in range(count):
        number = min(max(detectors[index], 1), len(items)) - 1
        start = detector_frames[number] if reconstructed else first
        own_values: dict[str, str | float] = {
            name: float(own[index]) for name, own in vectors.items() if len(set(own)) > 1
        }
        position = _slice_position(start, slices[index] - 1) if reconstructed or count == 1 else None
        frames.append(
            replace(
                first,
                index=index,
                position=position,
                orientation=start.orientation,
                dimension_values={**first.dimension_values, **own_values},
            )
        )
    return tuple(frames)


def _detector_frame(first: Frame, item: Dataset | None) -> Frame:
    """Return the first frame of a detector: at the position and orientation in the item of it, if any."""
    position = optional_vector(_numbers(item, "ImagePositionPatient", 3)) or first.position
    orientation = _numbers(item, "ImageOrientationPatient", 6) or first.orientation
    return replace(first, position=position, orientation=orientation)


def _slice_position(start: Frame, steps: int) -> Vector | None:
    """Return the position (LPS mm) that many slices behind a frame; None when it is not known."""
    if steps == 0 or start.position is None:
        return start.position
    if start.orientation is None or not start.between:
        return None
    normal = np.cross(start.orientation[:3], start.orientation[3:])
    return optional_vector(np.array(start.position) + steps * start.between * normal)


def _vector(dataset: Dataset, keyword: str, count: int) -> tuple[int, ...]:
    """Return the values of a frame vector; none when it has another length."""
    values = _parts(dataset, keyword)
    return tuple(int(value) for value in values) if len(values) == count else ()


def _numbers(item: Dataset | None, keyword: str, count: int) -> tuple[float, ...] | None:
    values = tuple(float(value) for value in _parts(item, keyword))
    return values if len(values) == count and all(abs(value) <= LARGEST for value in values) else None


def _parts(item: Dataset | None, keyword: str) -> tuple[Any, ...]:
    return all_values(None if item is None else item.get(keyword))
