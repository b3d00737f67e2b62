"""Tell how a volume was acquired, in the words and units of BIDS.

The words are those of bids-specification.readthedocs.io, and of dcm2niix where BIDS has none; those of
:data:`OWN_WORDS` are of neither, and no side car has them.
"""

from __future__ import annotations

import re
import struct
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
from viewer3d.dicom.meaning.suv import uptake_time
from viewer3d.dicom.series.dimensions import DIMENSION_ATTRIBUTES, dimension_values
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
    0x00181048: ("ContrastBolusIngredient", "text", "ContrastBolusIngredient", 1),
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

_AGENT: Final = 0x00180010, ("ContrastBolusAgent", "text")
"""Contrast/Bolus Agent (0018,0010): free text, of which only is kept whether there was one."""

_NO_AGENT: Final = re.compile(r"(?i)no(ne|n|t .*|[ -].*)?|n/?a?|without.*|kein.*|sans.*|native?|plain|0|-+")
"""What people write there where none was given."""

_LISTS: Final = ("ImageType",)
_ABOVE_0: Final = ("InversionTime", "RepetitionTime")
"""Times of which 0 says nothing."""


ACQUISITION_WORDS: Final = frozenset(
    {one[2] for table in (_EVERY, *_OF_MODALITY.values()) for one in table.values()}
    | {"ImageDecayCorrected", "InjectedRadioactivity", "InjectedRadioactivityUnits", "RadionuclideHalfLife"}
    | {"TracerName", "TracerRadionuclide", "SliceTiming", "ScanStart", "InjectionStart"}
    | {"ReconMethodParameterLabels", "ReconMethodParameterUnits", "ReconMethodParameterValues"}
    | {"ReconFilterType", "ReconFilterSize"}
)
"""All words of BIDS or dcm2niix that :func:`acquisition_of` may give."""

OWN_WORDS: Final = frozenset({"ContrastGiven", "IterativeReconstruction", "DiffusionBValue", "CorrectedImage"})
"""Words that it may give besides: whether there was a contrast agent, of CT the iterative level by the vendor's name,
the b-value in s/mm2, and Corrected Image (0028,0051) of PET."""


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
            tags = {tag: one[:2] for tag, one in wanted.items()} | dict([_AGENT])
            attributes, dataset, chunk = _header(first, tags)
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
        found |= _contrast(first.series.modality, attributes)
        if first.series.modality == "CT" and (level := _iterative_level(chunk, dataset)):
            found["IterativeReconstruction"] = level
        if first.series.modality == "PT":
            found |= _of_tracer(dataset, found) | _of_reconstruction(dataset, found) | _of_uptake(frames)
        if first.series.modality == "MR" and (b_value := _b_value(first)) is not None:
            found["DiffusionBValue"] = b_value
        if first.series.modality == "MR" and (timing := _slice_timing(frames, found, dataset)):
            found["SliceTiming"] = timing
    return found


def _header(first: Frame, wanted: Mapping[int, tuple[str, ValueKind]]) -> tuple[Attributes, Dataset | None, bytes]:
    """Return attributes of the file of a frame, and its dataset, or its bytes where they suffice."""
    source = first.stored.source
    needs_dataset = first.series.modality == "PT" or first.tile is not None or first.stored.frames > 1
    if not needs_dataset and not isinstance(source, DatasetSource):
        with source.open_header() as file:
            chunk = file.read(min(first.stored.offset or _MOST_HEADER, _MOST_HEADER))
        if (found := fast.elements_in(chunk, wanted)) is not None:
            return found, None, chunk
    read = read_with_pydicom(source)
    if isinstance(read, RefusedFile):
        return {}, None, b""
    dataset = read[1]
    if "PerFrameFunctionalGroupsSequence" in dataset:
        from viewer3d.dicom.write.single_frames import single_frame_headers  # noqa: PLC0415 (few are enhanced)

        single = single_frame_headers([dataset], [first])[0]
        for keyword, value in _of_reconstruction_groups(dataset, first.index).items():
            setattr(single, keyword, value)
        dataset = single
    return _by_keyword(dataset, wanted.values()), dataset, b""


_RECONSTRUCTION: Final = ("ReconstructionAlgorithm", "NumberOfIterations", "NumberOfSubsets")


def _of_reconstruction_groups(dataset: Dataset, index: int) -> dict[str, Any]:
    """Return what enhanced CT and PET say of their reconstruction and single frames have no place for.

    Notes
    -----
    PS3.3 C.8.15.3.7 (CT Reconstruction) and C.8.22.5 (PET Reconstruction), of the frame or shared by all.
    """
    found: dict[str, Any] = {}
    for groups, number in (("SharedFunctionalGroupsSequence", 0), ("PerFrameFunctionalGroupsSequence", index)):
        group = (_get(dataset, groups) or [None] * (number + 1))[number]
        for name in ("CTReconstructionSequence", "PETReconstructionSequence"):
            items = None if group is None else _get(group, name)
            if items:
                told = {keyword: _get(items[0], keyword) for keyword in _RECONSTRUCTION}
                found |= {keyword: value for keyword, value in told.items() if value not in (None, "")}
    return found


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


_UPDATES: Final = re.compile(r"(?i)(\d+)\s*i[a-z]*[\s,]*(\d+)\s*s")
"""Iterations and subsets as Siemens writes them into Reconstruction Method (0054,1103): ``PSF+TOF 3i21s``."""

_FILTER: Final = re.compile(r"(?i)(?:xyz?\s+|post\s+)*([a-z][a-z -]*?)\s*:?\s*(\d+(?:\.\d+)?)\s*(?:mm)?")
"""Kind and width of a filter as in Convolution Kernel (0018,1210): ``XYZ Gauss5.00``."""

_GE_PET: Final = "GEMS_PETD_01"
"""The private creator of GE's elements in group 0009, as the dictionary of pydicom 3 has them."""


def _of_reconstruction(dataset: Dataset | None, found: dict[str, Any]) -> dict[str, Any]:
    """Return what PET says of iterations, filter and corrections (PS3.3 C.8.9.1), in words of BIDS."""
    if dataset is None:
        return {}
    told: dict[str, Any] = {}
    if (match := _UPDATES.search(str(found.get("ReconMethodName", "")))) is not None:
        counts = [int(match[1]), int(match[2])]
    else:
        given: list[Any] = [_get(dataset, "NumberOfIterations"), _get(dataset, "NumberOfSubsets")]
        given = [_private(dataset, 0x0009, _GE_PET, number) for number in (0xB2, 0xB3)] if None in given else given
        counts = [int(one) if isinstance(one, int) else 0 for one in given]  # a damaged one is bytes, or several
    if counts[0] > 0 and counts[1] > 0:
        told["ReconMethodParameterLabels"] = ["iterations", "subsets"]
        told["ReconMethodParameterUnits"] = ["none", "none"]
        told["ReconMethodParameterValues"] = counts
    kernels = [printable(str(one)).strip()[:_LONGEST] for one in all_values(_get(dataset, "ConvolutionKernel")) if one]
    if kernels:
        match = _FILTER.fullmatch(kernels[0])
        told["ReconFilterType"] = match[1].strip() if match else kernels[0]
        told |= {"ReconFilterSize": float(match[2])} if match else {}
    if corrected := [printable(str(one)).strip()[:_LONGEST] for one in all_values(_get(dataset, "CorrectedImage"))]:
        told["CorrectedImage"] = corrected
    return told


def _of_uptake(frames: Sequence[Frame]) -> dict[str, Any]:
    """Return when the tracer was given, in s from the start of the scan, which is 0 as in FrameTimesStart."""
    waited = uptake_time(frames)
    return {} if waited is None else {"ScanStart": 0, "InjectionStart": -round(waited, 3) + 0.0}


def _contrast(modality: str, attributes: Attributes) -> dict[str, Any]:
    """Return whether there was a contrast agent: the module of it is there where one was used.

    Notes
    -----
    PS3.3 C.7.6.4; it is of CT and MR images.
    """
    if modality not in ("CT", "MR"):
        return {}
    text = " ".join(str(one) for one in attributes.get(_AGENT[1][0], ())).strip()
    return {"ContrastGiven": bool(text) and not _NO_AGENT.fullmatch(text)}


_GE_CT: Final = "GEHC_CT_ADVAPP_001"
_ITERATIVE: Final = ((0x0053, _GE_CT, 0x40), (0x0053, _GE_CT, 0x43), (0x01F7, "ELSCINT1", 0x9B))
"""Group, private creator and number of the level of iterative reconstruction: GE's annotation and level, Philips' iDose
level, as the dictionary of pydicom 3 has them. Siemens writes its level after the kernel: ``I31f\\3``."""


def _iterative_level(chunk: bytes, dataset: Dataset | None) -> str:
    if dataset is not None and (algorithm := _get(dataset, "ReconstructionAlgorithm")):
        return printable(str(algorithm)).strip()[:_LONGEST]
    for group, creator, number in _ITERATIVE:
        value = _private(dataset, group, creator, number) if dataset is not None else ""
        value = value or _private_text(chunk, group, creator, number)
        if text := printable(str(value or "")).strip()[:_LONGEST]:
            return text
    return ""


def _private(dataset: Dataset, group: int, creator: str, number: int) -> Any:
    try:
        return dataset.private_block(group, creator)[number].value
    except Exception:  # it is absent, or damaged
        return None


def _private_text(chunk: bytes, group: int, creator: str, number: int) -> str:
    """Return a private text from the bytes of a header in little endian (PS3.5 7.1.2, 7.1.3 and 7.8)."""
    length = len(creator) + len(creator) % 2
    named = chunk.find(creator.encode(), 8)
    while named > 0:  # a creator has blocks in several groups
        of_group, block, rest = struct.unpack("<HHI", chunk[named - 8 : named])
        explicit = rest == length << 16 | 0x4F4C  # LO
        if of_group == group and 0x10 <= block <= 0xFF and (explicit or rest == length):
            start = chunk.find(struct.pack("<HH", group, block << 8 | number), named + length)
            if start < 0 or (explicit and chunk[start + 4 : start + 6] not in _TEXTS):
                return ""
            size = int.from_bytes(chunk[start + (6 if explicit else 4) : start + 8], "little")
            return chunk[start + 8 : start + 8 + min(size, _LONGEST)].decode("latin-1").strip(" \0")
        named = chunk.find(creator.encode(), named + 1)
    return ""


_TEXTS: Final = (b"SH", b"LO", b"CS", b"IS", b"DS")
"""Value representations that such a level may have."""


_B_VALUES: Final = tuple(word for word, attribute in DIMENSION_ATTRIBUTES.items() if attribute.name == "b_value")


def _b_value(frame: Frame) -> float | None:
    values = (frame.dimension_values.get(keyword) for keyword in _B_VALUES)
    return next((float(value) for value in values if isinstance(value, int | float)), None)


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
