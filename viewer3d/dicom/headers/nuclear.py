"""Frames of Nuclear Medicine images: where each is, and the vectors that tell what it shows (PS3.3 C.8.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.core.vectors import Vector
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.values import LARGEST, optional_vector

if TYPE_CHECKING:
    from pydicom import Dataset

RECONSTRUCTED: Final = frozenset({"RECON TOMO", "RECON GATED TOMO"})
"""Values 3 of Image Type whose frames are slices; all else is projections (PS3.3 C.8.4.9.1.1)."""

NUCLEAR: Final = {
    "EnergyWindowVector": "energy_window",
    "DetectorVector": "detector",
    "PhaseVector": "phase",
    "RotationVector": "rotation",
    "RRIntervalVector": "interval",
    "TimeSlotVector": "phase",
    "AngularViewVector": "view",
    "TimeSliceVector": "time",
}
"""What a frame is numbered by besides its slice (PS3.3 C.8.4.8.1.1), and what a part is then told by."""


def nuclear_frames(first: Frame, dataset: Dataset) -> tuple[Frame, ...]:
    """Give each frame of a Nuclear Medicine image its place and its numbers.

    Parameters
    ----------
    first : Frame
        What the top level of the header says of all frames.
    dataset : pydicom.Dataset

    Returns
    -------
    tuple of Frame
        Those of reconstructed slices at the position of the first, in the item of their detector in Detector
        Information Sequence (0054,0022), and as many steps of Spacing Between Slices (0018,0088) along its normal as
        Slice Vector (0054,0080) counts: behind the first where the spacing is above 0, before it where it is below
        (PS3.3 C.8.4.15). Where the spacing is not said, only the first slice has a place.
    """
    count = first.stored.frames
    vectors = {name: values for name in NUCLEAR if (values := _vector(dataset, name, count))}
    slices = _vector(dataset, "SliceVector", count) or tuple(range(1, count + 1))
    detectors = vectors.get("DetectorVector", (1,) * count)
    items = dataset.get("DetectorInformationSequence") or [None]
    places = [_place(first, item) for item in items]
    reconstructed = not RECONSTRUCTED.isdisjoint(first.image_type)
    frames = []
    for index in range(count):
        place = places[min(max(detectors[index], 1), len(places)) - 1] if reconstructed else first
        own_values: dict[str, str | float] = {
            name: float(own[index]) for name, own in vectors.items() if len(set(own)) > 1
        }
        position = _stepped(place, slices[index] - 1) if reconstructed or count == 1 else None
        frames.append(
            replace(
                first,
                index=index,
                position=position,
                orientation=place.orientation,
                dimension_values={**first.dimension_values, **own_values},
            )
        )
    return tuple(frames)


def _place(first: Frame, item: Dataset | None) -> Frame:
    """Return the first frame where a detector's item says that it is; what the item lacks is as at the top level."""
    position = optional_vector(_numbers(item, "ImagePositionPatient", 3)) or first.position
    orientation = _numbers(item, "ImageOrientationPatient", 6) or first.orientation
    return replace(first, position=position, orientation=orientation)


def _stepped(place: Frame, steps: int) -> Vector | None:
    if steps == 0 or place.position is None:
        return place.position
    if place.orientation is None or not place.between:
        return None
    normal = np.cross(place.orientation[:3], place.orientation[3:])
    return optional_vector(np.array(place.position) + steps * place.between * normal)


def _vector(dataset: Dataset, keyword: str, count: int) -> tuple[int, ...]:
    """Return a number for each frame, or nothing when there are not as many."""
    values = _parts(dataset, keyword)
    return tuple(int(value) for value in values) if len(values) == count else ()


def _numbers(item: Dataset | None, keyword: str, count: int) -> tuple[float, ...] | None:
    values = tuple(float(value) for value in _parts(item, keyword))
    return values if len(values) == count and all(abs(value) <= LARGEST for value in values) else None


def _parts(item: Dataset | None, keyword: str) -> tuple[Any, ...]:
    value = None if item is None else item.get(keyword)
    return () if value is None or value == "" else tuple(value) if hasattr(value, "insert") else (value,)
