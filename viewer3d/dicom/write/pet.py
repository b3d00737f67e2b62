"""Describe single-frame PET: its series, its times, and what an enhanced PET says in other words.

PS3.3 C.8.9 has the attributes of single-frame PET, C.8.22 those of enhanced PET.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from viewer3d.core.volume import Volume
from viewer3d.dicom.headers.dates import seconds_of_datetime
from viewer3d.dicom.write.series_attributes import decimal_string
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pydicom import Dataset

_CORRECTIONS: Final = {
    "DecayCorrected": "DECY",
    "AttenuationCorrected": "ATTN",
    "ScatterCorrected": "SCAT",
    "DeadTimeCorrected": "DTIM",
    "GantryMotionCorrected": "MOTN",
    "PatientMotionCorrected": "MOTN",
    "CountLossNormalizationCorrected": "CLN",
    "RandomsCorrected": "RAN",
    "NonUniformRadialSamplingCorrected": "RADL",
    "SensitivityCalibrated": "DCAL",
    "DetectorNormalizationCorrection": "NORM",
}
"""Attributes of PS3.3 C.8.22.4 that are YES or NO, and their words in Corrected Image (0028,0051), C.8.9.4.1.5."""


def pet_attributes(header: Dataset, get: Any) -> dict[str, Any]:
    """Return attributes of PET series and images that an enhanced PET has in other words.

    Parameters
    ----------
    header : Dataset
        Of the file.
    get : callable
        Returns an attribute of a functional group of the frame, by the keywords of both.

    Notes
    -----
    Times of single-frame PET count from Series Date and Time, to which START means that decay was corrected (PS3.3
    C.8.9.1.1.5 and C.8.9.4): they are the Decay Correction DateTime (0018,9701), else when the acquisition began.
    Corrected to when the radiopharmaceutical was given is ADMIN.
    """
    corrected = list(dict.fromkeys(word for key, word in _CORRECTIONS.items() if str(header.get(key) or "") == "YES"))
    began = str(header.get("AcquisitionDateTime") or "")
    to = str(header.get("DecayCorrectionDateTime") or "")
    items = header.get("RadiopharmaceuticalInformationSequence") or ()
    given = [str(one.get("RadiopharmaceuticalStartDateTime") or "") for one in items]
    is_decayed = "DECY" in corrected
    is_admin = is_decayed and bool(to) and seconds_of_datetime(to) in [seconds_of_datetime(one) for one in given if one]
    found: dict[str, Any] = {
        "CorrectedImage": corrected or None,
        "DecayCorrection": "ADMIN" if is_admin else "START" if is_decayed else "NONE",
        "ActualFrameDuration": get("FrameContentSequence", "FrameAcquisitionDuration"),
    }
    reference = to if is_decayed and to and not is_admin else began
    clock = reference.partition("+")[0].partition("-")[0]
    start = seconds_of_datetime(reference)
    if start is None or not clock[:8].isdigit() or len(clock) < len("2024010509"):
        return found
    found |= {"SeriesDate": clock[:8], "SeriesTime": clock[8:]}
    moment = seconds_of_datetime(str(get("FrameContentSequence", "FrameReferenceDateTime") or ""))
    if moment is not None:
        found["FrameReferenceTime"] = (moment - start) * 1000
    return found


def describe_pet(base: Dataset, headers: Sequence[Dataset], counts: tuple[int, int], *, identify: bool) -> None:
    """Add what the images of a PET series have beside those of CT and MR.

    Parameters
    ----------
    base : Dataset
        Changed in place.
    headers : sequence of Dataset
        Of the images of its source.
    counts : tuple of int
        Slices of a volume, and volumes.
    identify : bool
        Whether it may say when it was acquired.
    """
    base.NumberOfSlices, volumes = counts
    kind = [str(part) for part in base.get("SeriesType") or []]
    base.SeriesType = ["WHOLE BODY" if kind[:1] == ["WHOLE BODY"] else "STATIC", "IMAGE"]
    if volumes > 1:
        base.SeriesType, base.NumberOfTimeSlices = ["DYNAMIC", "IMAGE"], volumes
    for word in (
        "RadiopharmaceuticalInformationSequence",
        "PatientOrientationCodeSequence",
        "PatientGantryRelationshipCodeSequence",
    ):
        if word not in base:
            setattr(base, word, [])
    base.RadiopharmaceuticalInformationSequence = [
        _with_code(one) for one in base.RadiopharmaceuticalInformationSequence
    ]
    if not identify:
        return
    began = [(str(each.get("AcquisitionDate") or ""), str(each.get("AcquisitionTime") or "")) for each in headers]
    if all(date and time for date, time in began):
        base.AcquisitionDate, base.AcquisitionTime = min(began)


def _with_code(item: Dataset) -> Dataset:
    """Return an item with a Radionuclide Code Sequence (0054,0300), which may be empty."""
    from pydicom import Dataset  # noqa: PLC0415 (0.3 s, and only who writes DICOM needs it)

    made = Dataset()
    made.update(item)
    if "RadionuclideCodeSequence" not in made:
        made.RadionuclideCodeSequence = []
    return made


def describe_pet_times(own: Sequence[Sequence[Dataset]], volumes: Sequence[Volume], name: str) -> None:
    """Add when each volume of a PET was measured, where its own images do not say it (PS3.3 C.8.9.4).

    Parameters
    ----------
    own : sequence of sequence of Dataset
        Of each volume what each slice has alone; changed in place.
    volumes : sequence of Volume
    name : str
        Of what is written, in messages.

    Raises
    ------
    OutputError
        When it is not known.
    """
    times = [[str(each.get("FrameReferenceTime") or "") for each in images] for images in own]
    if all(map(all, times)) and len({tuple(one) for one in times}) == len(volumes):
        return
    if any(one.seconds is None for one in volumes) or len({one.seconds for one in volumes}) < len(volumes):
        raise OutputError(
            f"{name}: a series of PET tells times by when they were measured, which is not known: save each to a "
            "folder of its own"
        )
    for images, one in zip(own, volumes, strict=True):
        for each in images:
            each.FrameReferenceTime = decimal_string((one.seconds or 0.0) * 1000)
