"""When the volumes of a set were measured, and the directions of their diffusion gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.series_info import Which
from viewer3d.core.vectors import Vector, vector
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.series.dimensions import dimension_values
from viewer3d.dicom.series.stack import Stack

_SECONDS: Final = {
    "FrameReferenceTime": 0.001,  # PS3.3 C.8.9.4: in ms
    "TemporalPositionTimeOffset": 1.0,  # PS3.3 C.7.6.16.2.13: in s
    "AcquisitionTime": 1.0,
    "AcquisitionDateTime": 1.0,
    "FrameAcquisitionDateTime": 1.0,
    "FrameReferenceDateTime": 1.0,
}
"""Attributes that say when a frame was measured, and the seconds that one of them is, the best first."""

_IN_LPS: Final = ("DiffusionGradientOrientation", "SiemensDirection", "PhilipsDirection")
"""Attributes of directions in the patient (PS3.3 C.8.13.5.9; of the private ones dcm2niix, nii_dicom_batch.cpp)."""

_IN_IMAGE: Final = ("UIHDirection", "GEDirection")
"""Attributes of directions along rows, columns and the normal of the image, or along GE's own axes."""


def seconds_after_first(stacks: Sequence[Stack], stack: Stack) -> float | None:
    """Return how long after the first volume of its set a stack was measured, by its first slice.

    Parameters
    ----------
    stacks : sequence of Stack
        All of its series.
    stack : Stack

    Returns
    -------
    float or None
        In s; None where it is of no set of times, or no attribute says it of both.
    """
    if "time" not in stack.which:
        return None
    others = _others(stack.which)
    alike = [one for one in stacks if "time" in one.which and _others(one.which) == others]
    first = min(alike, key=lambda one: one.which["time"], default=stack)
    is_first = first.which == stack.which
    frames = (first.frames[0], stack.frames[0])
    for keyword, unit in _SECONDS.items():
        start, own = dimension_values(keyword, frames)
        if isinstance(start, int | float) and isinstance(own, int | float) and (is_first or own > start):
            return round((own - start) * unit, 6)
    return None


def _others(which: Which) -> Which:
    return {name: value for name, value in which.items() if name != "time"}


def gradient_of(frame: Frame) -> Vector | None:
    """Return the unit direction of a frame's diffusion gradient in LPS; None where it is not known.

    Notes
    -----
    Directions of United Imaging are along rows, columns and their cross product, those of GE along its axes of
    frequency, phase and slice, which :func:`_ge_in_image` turns to the image's: both as dcm2niix v1.0.20260724 has
    them.
    """
    for keyword in (*_IN_LPS, *_IN_IMAGE):
        try:
            numbers = np.array([float(part) for part in str(frame.dimension_values.get(keyword, "")).split()])
        except ValueError:  # "isotropic"
            return None
        if numbers.size != 3 or not (length := float(np.linalg.norm(numbers))) > _SHORTEST:
            continue
        if keyword in _IN_LPS:
            return vector(numbers / length)
        if frame.orientation is None:
            continue
        row, column = np.array(frame.orientation[:3]), np.array(frame.orientation[3:])
        axes = np.column_stack([row, column, np.cross(row, column)])
        along = numbers if keyword != "GEDirection" else _ge_in_image(numbers, axes[:, 2], frame)
        if along is not None:
            return vector(axes @ along / length)
    return None


_SHORTEST: Final = 0.03
"""Length of a direction: those of GE are shorter than 1 where b is less than the largest of the series."""


def ge_direction(gradient: Vector, orientation: Sequence[float], encoding: str) -> Vector:
    """Return a direction in LPS along GE's axes of frequency, phase and slice.

    Parameters
    ----------
    gradient : tuple of float
        In LPS.
    orientation : sequence of 6 floats
        Image Orientation (Patient): unit vectors along a row and along a column.
    encoding : {"ROW", "COL"}
        In-plane Phase Encoding Direction (0018,1312).
    """
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    normal = np.cross(row, column)
    along_row, along_column, through = np.array([row, column, normal]) @ np.array(gradient)
    sign = -1.0 if _is_coronal(normal) else 1.0
    if encoding == "COL":
        return vector((along_row, sign * along_column, -through))
    return vector((-along_column, sign * along_row, -through))


def _is_coronal(normal: NDArray[np.float64]) -> bool:
    return int(np.abs(normal).argmax()) == 1


def _ge_in_image(numbers: NDArray[np.float64], normal: NDArray[np.float64], frame: Frame) -> NDArray[np.float64] | None:
    """Return a direction of GE along rows, columns and the normal; None where phase encoding is not said.

    Notes
    -----
    GE's axes are frequency, phase and slice, so that In-plane Phase Encoding Direction (0018,1312) says which is along
    rows. The signs are those of dcm2niix (nii_dicom_batch.cpp, geCorrectBvecs, which has them from X. Li's dicm2nii);
    it calls them tested of axial images with phase encoding along columns alone. Both signs of a direction are one.
    """
    frequency, phase, through = numbers
    is_coronal = _is_coronal(normal)
    encoding = str(frame.dimension_values.get("InPlanePhaseEncodingDirection", "")).upper()
    if encoding.startswith("C"):
        return np.array([frequency, -phase if is_coronal else phase, -through])
    if encoding.startswith("R"):
        return np.array([-phase if is_coronal else phase, -frequency, -through])
    return None
