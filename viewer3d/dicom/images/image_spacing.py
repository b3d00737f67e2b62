"""Decide whether an image in no space has mm, and which way its rows and columns lead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from viewer3d.core.images.image2d import ACROSS, Sides
from viewer3d.dicom.headers.frame import Frame

if TYPE_CHECKING:
    from pydicom import Dataset

PROJECTED: Final = frozenset({"CR", "DX", "MG", "XA", "RF", "PX", "IO", "RTIMAGE"})
"""Modalities of X-ray shadows, which are larger on the detector than in the body."""

OPHTHALMIC: Final = "1.2.840.10008.5.1.4.1.1.77.1.5."
"""SOP Classes of ophthalmic images begin so: their Pixel Spacing is nominal (PS3.3 C.8.17.2)."""

SAME: Final = 1e-6
"""Relative: spacings that differ by less are one, written twice."""


class ImageSpacing(NamedTuple):
    """How far the pixels of an image are from each other.

    Attributes
    ----------
    spacing : tuple of float, optional
        From column to column and from row to row in the patient, in mm; None where nobody measured it.
    origin : str
        The attribute it came from, or why there is none.
    aspect : float
        How many times as high as wide a pixel is.
    """

    spacing: tuple[float, float] | None
    origin: str
    aspect: float = 1.0


def image_spacing(frames: Sequence[Frame], headers: Sequence[Dataset]) -> ImageSpacing:
    """Return the spacing of frames that are shown one after another, by PS3.3 10.7.1.3.

    Pixel Spacing (0028,0030) is a distance in the patient, Imager Pixel Spacing (0018,1164) one at the detector. Of an
    X-ray projection the first counts where something says that it was calibrated: Pixel Spacing Calibration Type
    (0028,0A02), or an Imager Pixel Spacing that differs from it. Where it is alone nobody knows which it is (older CR
    writes that of the detector there), as cornerstone3D has it ("unknown").

    Parameters
    ----------
    frames : sequence of Frame
    headers : sequence of pydicom.Dataset
        Of the file of each frame.
    """
    found = {_spacing_of(frame, header) for frame, header in zip(frames, headers, strict=True)}
    if len(found) == 1:
        return found.pop()
    aspects = {one.aspect for one in found}
    return ImageSpacing(None, "it differs between frames", aspects.pop() if len(aspects) == 1 else 1.0)


def _spacing_of(frame: Frame, header: Dataset) -> ImageSpacing:
    own, imager = frame.pixel_spacing, _pair(header, "ImagerPixelSpacing")
    if own is not None and min(own) <= 0:
        own = None
    calibrated = str(header.get("PixelSpacingCalibrationType") or "").strip()
    nominal = _pair(header, "NominalScannedPixelSpacing")
    aspect = _aspect(own or imager or nominal or _pair(header, "PixelAspectRatio"))
    if frame.series.modality in {"US", "IVUS"}:
        return ImageSpacing(None, "ultrasound is calibrated region by region (0018,6011), which is not read", aspect)
    if frame.series.modality in PROJECTED and not calibrated:
        if own is None or (imager is not None and _are_same(own, imager)):
            at = "Imager Pixel Spacing (0018,1164) is that of the detector" if imager else "the files have no spacing"
            return ImageSpacing(None, at, aspect)
        if imager is None:
            why = "nothing says whether Pixel Spacing (0028,0030) is that of the detector or of the patient"
            return ImageSpacing(None, why, aspect)
    if own is None:
        why = "Nominal Scanned Pixel Spacing (0018,2010) is that of a film or page" if nominal else ""
        return ImageSpacing(None, why or "the files have no Pixel Spacing (0028,0030)", aspect)
    if frame.sop_class.startswith(OPHTHALMIC):
        return ImageSpacing(None, "Pixel Spacing (0028,0030) of an eye is nominal", aspect)
    how = f", calibrated: {calibrated}" if calibrated else ""
    return ImageSpacing((own[1], own[0]), f"{frame.spacing_tag}{how}", aspect)


def sides_of(header: Dataset) -> Sides:
    """Return which sides of the patient rows and columns lead to (0020,0020); empty where it is not said."""
    try:
        said = header.get("PatientOrientation") or ()
        parts = [] if isinstance(said, str) else [str(one).strip().upper() for one in said]  # a text is one side alone
    except (TypeError, ValueError):
        return "", ""
    known = len(parts) == 2 and all(part and set(part) <= set(ACROSS) and len(part) <= 3 for part in parts)
    return (parts[0], parts[1]) if known else ("", "")


def _pair(header: Dataset, keyword: str) -> tuple[float, float] | None:
    """Return two numbers above 0 of a header, the vertical one first; None where there are none."""
    try:
        value: Any = header.get(keyword)
        first, second = (float(one) for one in value)
    except (TypeError, ValueError):
        return None
    return (first, second) if 0 < first < float("inf") and 0 < second < float("inf") else None


def _aspect(pair: tuple[float, float] | None) -> float:
    return 1.0 if pair is None else pair[0] / pair[1]


def _are_same(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a - b) <= SAME * b for a, b in zip(one, other, strict=True))
