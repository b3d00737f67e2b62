"""Tell how a volume was acquired, in the words and units of BIDS.

The words are those of bids-specification.readthedocs.io, and of dcm2niix where BIDS has none.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from viewer3d.core.text import printable
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import DatasetSource
from viewer3d.dicom.headers import fast
from viewer3d.dicom.headers.attributes import Attributes, ValueKind
from viewer3d.dicom.headers.by_pydicom import read_with_pydicom
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.private import SIEMENS_MR
from viewer3d.dicom.headers.values import all_values
from viewer3d.dicom.series.dimensions import dimension_values
from viewer3d.errors import Viewer3DError

if TYPE_CHECKING:
    from pydicom import Dataset

_MS: Final = 0.001
"""DICOM has times in ms, BIDS in s."""

_MOST_HEADER: Final = 1 << 20
"""Bytes that are read of a header: the attributes are in its first part, before private ones and pixels."""

_LONGEST: Final = 64
"""Letters of a text: a Long String has no more (PS3.5 6.2)."""

_EVERY: Final[dict[int, tuple[str, ValueKind, str, float]]] = {
    0x00080008: ("ImageType", "text", "ImageType", 1),
    0x00080070: ("Manufacturer", "text", "Manufacturer", 1),
    0x00081090: ("ManufacturerModelName", "text", "ManufacturersModelName", 1),
    0x00180015: ("BodyPartExamined", "text", "BodyPart", 1),
    0x00180050: ("SliceThickness", "number", "SliceThickness", 1),
    0x00180088: ("SpacingBetweenSlices", "number", "SpacingBetweenSlices", 1),
    0x00181020: ("SoftwareVersions", "text", "SoftwareVersions", 1),
}
_OF_MODALITY: Final[dict[str, dict[int, tuple[str, ValueKind, str, float]]]] = {
    "MR": {
        0x00180020: ("ScanningSequence", "text", "ScanningSequence", 1),
        0x00180021: ("SequenceVariant", "text", "SequenceVariant", 1),
        0x00180022: ("ScanOptions", "text", "ScanOptions", 1),
        0x00180023: ("MRAcquisitionType", "text", "MRAcquisitionType", 1),
        0x00180024: ("SequenceName", "text", "SequenceName", 1),
        0x00180080: ("RepetitionTime", "number", "RepetitionTime", _MS),
        0x00180081: ("EchoTime", "number", "EchoTime", _MS),
        0x00180082: ("InversionTime", "number", "InversionTime", _MS),
        0x00180083: ("NumberOfAverages", "number", "NumberOfAverages", 1),
        0x00180084: ("ImagingFrequency", "number", "ImagingFrequency", 1),
        0x00180086: ("EchoNumbers", "integer", "EchoNumber", 1),
        0x00180087: ("MagneticFieldStrength", "number", "MagneticFieldStrength", 1),
        0x00180089: ("NumberOfPhaseEncodingSteps", "integer", "PhaseEncodingSteps", 1),
        0x00180091: ("EchoTrainLength", "integer", "EchoTrainLength", 1),
        0x00180093: ("PercentSampling", "number", "PercentSampling", 1),
        0x00180094: ("PercentPhaseFieldOfView", "number", "PercentPhaseFOV", 1),
        0x00180095: ("PixelBandwidth", "number", "PixelBandwidth", 1),
        0x00181250: ("ReceiveCoilName", "text", "ReceiveCoilName", 1),
        0x00181312: ("InPlanePhaseEncodingDirection", "text", "InPlanePhaseEncodingDirectionDICOM", 1),
        0x00181314: ("FlipAngle", "number", "FlipAngle", 1),
    },
    "CT": {
        0x00180022: ("ScanOptions", "text", "ScanOptions", 1),
        0x00180060: ("KVP", "number", "KVP", 1),
        0x00181120: ("GantryDetectorTilt", "number", "GantryDetectorTilt", 1),
        0x00181150: ("ExposureTime", "integer", "ExposureTime", _MS),
        0x00181151: ("XRayTubeCurrent", "integer", "XRayTubeCurrent", 1),
        0x00181152: ("Exposure", "integer", "XRayExposure", 1),
        0x00181210: ("ConvolutionKernel", "text", "ConvolutionKernel", 1),
    },
    "PT": {
        0x00181242: ("ActualFrameDuration", "integer", "FrameDuration", _MS),
        0x00541100: ("RandomsCorrectionMethod", "text", "RandomsCorrectionMethod", 1),
        0x00541101: ("AttenuationCorrectionMethod", "text", "AttenuationCorrection", 1),
        0x00541102: ("DecayCorrection", "text", "DecayCorrection", 1),
        0x00541103: ("ReconstructionMethod", "text", "ReconMethodName", 1),
        0x00541105: ("ScatterCorrectionMethod", "text", "ScatterCorrectionMethod", 1),
    },
}
"""Of each modality tag to keyword, kind, word of BIDS or dcm2niix, and by what a number is multiplied. None names a
patient, a place, a person or a day."""

_LISTS: Final = ("ImageType",)
_ABOVE_0: Final = ("InversionTime", "RepetitionTime")
"""Times of which 0 says nothing."""


ACQUISITION_WORDS: Final = frozenset(
    {one[2] for table in (_EVERY, *_OF_MODALITY.values()) for one in table.values()}
    | {"ImageDecayCorrected", "InjectedRadioactivity", "InjectedRadioactivityUnits", "RadionuclideHalfLife"}
    | {"TracerName", "TracerRadionuclide", "SliceTiming"}
)
"""All words that :func:`acquisition_of` may give."""


def acquisition_of(frames: Sequence[Frame]) -> dict[str, Any]:
    """Return how the frames of a volume were acquired, by the header of the first.

    Parameters
    ----------
    frames : sequence of Frame
        In the order of the slices.

    Returns
    -------
    dict
        Word of BIDS to a number, a text, a truth or a list; empty where the header cannot be read again.
    """
    first = frames[0]
    wanted = _EVERY | _OF_MODALITY.get(first.series.modality, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as for all headers: what breaks its VR is absent
        try:
            attributes, dataset = _header(first, {tag: one[:2] for tag, one in wanted.items()})
        except (Viewer3DError, OSError):  # it was read before: what is gone since has no words
            return {}
        found = {}
        for keyword, _, word, factor in wanted.values():
            if (value := _in_bids(attributes.get(keyword, ()), factor, is_list=word in _LISTS)) is not None:
                found[word] = value
        found = {word: value for word, value in found.items() if value or word not in _ABOVE_0}
        for word, value in (("SliceThickness", first.thickness), ("SpacingBetweenSlices", first.between)):
            if value:
                found.setdefault(word, value)
        if first.series.modality == "PT":
            found |= _of_tracer(dataset, found)
        if first.series.modality == "MR" and (timing := _slice_timing(frames, found, dataset)):
            found["SliceTiming"] = timing
    return found


def _header(first: Frame, wanted: Mapping[int, tuple[str, ValueKind]]) -> tuple[Attributes, Dataset | None]:
    """Return attributes of the file of a frame, and its dataset where only pydicom can read it."""
    source = first.stored.source
    needs_dataset = first.series.modality == "PT" or first.tile is not None or first.stored.frames > 1
    if not needs_dataset and not isinstance(source, DatasetSource):
        with source.open_header() as file:
            chunk = file.read(min(first.stored.offset or _MOST_HEADER, _MOST_HEADER))
        if (found := fast.elements_in(chunk, wanted)) is not None:
            return found, None
    read = read_with_pydicom(source)
    if isinstance(read, RefusedFile):
        return {}, None
    dataset = read[1]
    if "PerFrameFunctionalGroupsSequence" in dataset:
        from viewer3d.dicom.write.single_frames import single_frame_headers  # noqa: PLC0415 (few are enhanced)

        dataset = single_frame_headers([dataset], [first])[0]
    return _by_keyword(dataset, wanted.values()), dataset


def _by_keyword(dataset: Dataset, wanted: Any) -> Attributes:
    found: Attributes = {}
    for keyword, kind in wanted:
        try:
            parts = all_values(dataset.get(keyword))
            convert: Callable[[Any], Any] = str if kind == "text" else float
            found[keyword] = tuple(convert(part) for part in parts if part not in (None, ""))
        except Exception:  # pydicom decodes a value when it is accessed, and raises any kind of error
            continue
    return found


def _in_bids(values: Sequence[Any], factor: float, *, is_list: bool) -> Any:
    """Return a value as BIDS has it, several texts joined as dcm2niix does; None where there is none."""
    if not values:
        return None
    if isinstance(values[0], str):
        texts = [printable(str(one)).strip()[:_LONGEST] for one in values]
        return texts if is_list else "\\".join(texts) or None
    number = round(float(values[0]) * factor, 9)
    return int(number) if number.is_integer() and factor == 1 else number


def _of_tracer(dataset: Dataset | None, found: dict[str, Any]) -> dict[str, Any]:
    """Return what PET has of its tracer (PS3.3 C.8.9.2), and whether its decay is corrected."""
    told: dict[str, Any] = {}
    if found.get("DecayCorrection"):
        told["ImageDecayCorrected"] = found["DecayCorrection"] in ("START", "ADMIN")
    items = None if dataset is None else _get(dataset, "RadiopharmaceuticalInformationSequence")
    item = items[0] if items else None
    if item is None:
        return told
    for word, keyword, factor in (
        ("InjectedRadioactivity", "RadionuclideTotalDose", 1e-6),  # MBq
        ("RadionuclideHalfLife", "RadionuclideHalfLife", 1.0),
    ):
        try:
            told[word] = round(float(_get(item, keyword)) * factor, 6)
        except (TypeError, ValueError):
            continue
    if "InjectedRadioactivity" in told:
        told["InjectedRadioactivityUnits"] = "MBq"
    names = {"TracerName": _get(item, "Radiopharmaceutical")}
    for word, keyword in (
        ("TracerName", "RadiopharmaceuticalCodeSequence"),
        ("TracerRadionuclide", "RadionuclideCodeSequence"),
    ):
        codes = _get(item, keyword)
        names[word] = names.get(word) or (_get(codes[0], "CodeMeaning") if codes else None)
    return told | {word: printable(str(name))[:_LONGEST] for word, name in names.items() if name}


def _get(dataset: Dataset, keyword: str) -> Any:
    try:
        return dataset.get(keyword)
    except Exception:  # as above
        return None


def _slice_timing(frames: Sequence[Frame], found: dict[str, Any], dataset: Dataset | None) -> list[float]:
    """Return when each slice was acquired, in s after the first; empty where it is not known.

    Notes
    -----
    Siemens writes it for each slice of a 2D image, in Acquisition Time (0008,0032), or for all of a mosaic in ms in its
    private (0019,xx29). Other vendors have the time of the volume there, or of the series.
    """
    if found.get("MRAcquisitionType") != "2D" or "SIEMENS" not in str(found.get("Manufacturer")).upper():
        return []
    if frames[0].tile is not None and dataset is not None:
        try:
            every = [float(one) * _MS for one in dataset.private_block(0x0019, SIEMENS_MR)[0x29].value]
            times = [every[one.tile.number] for one in frames if one.tile is not None]
        except Exception:  # it is absent, or no list of numbers
            return []
    else:
        values = dimension_values("AcquisitionTime", frames)
        times = [float(one) for one in values if isinstance(one, int | float)]
    if len(times) < len(frames) or len(set(times)) < 2:
        return []
    spread = max(times) - min(times)
    return [round(one - min(times), 6) for one in times] if spread < float(found.get("RepetitionTime", 0)) else []
