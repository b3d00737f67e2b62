"""Translate the functional groups of enhanced images to attributes of single-frame images.

The functional groups are those of PS3.3 C.7.6.16.2, C.8.13.5 (MR), C.8.15.3 (CT) and C.8.22.5 (PET); the attributes of
single-frame images those of C.8.3.1, C.8.2.1 and C.8.9.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from viewer3d.dicom.files.sources import FILE_REMEDY
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.values import all_values
from viewer3d.dicom.write.pet import pet_attributes
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from pydicom import Dataset

_ENHANCED: Final = 0x9000
"""From this element on are attributes of enhanced objects, which a single-frame image has no place for."""

_GROUPS_BEFORE: Final = 0x5200
"""That of functional groups, after which are pixels."""

_SHARED, _PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"

_WORDS: Final[dict[str, str]] = {
    "MRTimingAndRelatedParametersSequence": "RepetitionTime FlipAngle EchoTrainLength",
    "MREchoSequence": "EffectiveEchoTime=EchoTime",
    "MRAveragesSequence": "NumberOfAverages",
    "MRImagingModifierSequence": "PixelBandwidth TransmitterFrequency=ImagingFrequency",
    "MRFOVGeometrySequence": "PercentSampling PercentPhaseFieldOfView InPlanePhaseEncodingDirection "
    "MRAcquisitionPhaseEncodingStepsInPlane=NumberOfPhaseEncodingSteps",
    "MRReceiveCoilSequence": "ReceiveCoilName",
    "MRTransmitCoilSequence": "TransmitCoilName",
    "MRDiffusionSequence": "DiffusionBValue DiffusionDirectionality",
    "CTAcquisitionDetailsSequence": "RotationDirection RevolutionTime SingleCollimationWidth TotalCollimationWidth "
    "TableHeight DataCollectionDiameter",
    "CTTableDynamicsSequence": "TableSpeed TableFeedPerRotation SpiralPitchFactor",
    "CTGeometrySequence": "DistanceSourceToDetector",
    "CTReconstructionSequence": "ConvolutionKernel",
    "CTExposureSequence": "ExposureTimeInms=ExposureTime XRayTubeCurrentInmA=XRayTubeCurrent ExposureInmAs=Exposure "
    "ExposureModulationType EstimatedDoseSaving CTDIvol CTDIPhantomTypeCodeSequence",
    "CTXRayDetailsSequence": "KVP FocalSpots FilterType FilterMaterial",
    "PETReconstructionSequence": "ReconstructionAlgorithm=ReconstructionMethod",
    "PETFrameCorrectionFactorsSequence": "DecayFactor DoseCalibrationFactor ScatterFractionFactor DeadTimeFactor "
    "SliceSensitivityFactor",
    "FrameContentSequence": "FrameAcquisitionNumber=AcquisitionNumber",
    "CardiacSynchronizationSequence": "NominalCardiacTriggerDelayTime=TriggerTime",
    "FrameAnatomySequence": "AnatomicRegionSequence FrameLaterality=ImageLaterality",
    "MRImageFrameTypeSequence": "FrameType=ImageType ComplexImageComponent",
    "CTImageFrameTypeSequence": "FrameType=ImageType",
    "PETFrameTypeSequence": "FrameType=ImageType",
    "IrradiationEventIdentificationSequence": "IrradiationEventUID",
}
"""Functional group to its attributes, each with that of single-frame images where it is called otherwise."""

_NOT_SAID: Final = {"ImageLaterality": ("U",), "ImageType": (), "ComplexImageComponent": ("MIXED",)}
"""Values that a single-frame image leaves out: U is unpaired."""

_LARGEST: Final = 1e30
"""Philips writes 7.23e75 for what was not measured."""

_FAT: Final = ("FAT", "FAT_AND_WATER")


def single_frame_headers(headers: Sequence[Dataset], frames: Sequence[Frame]) -> list[Dataset]:
    """Return for each frame the header that a single-frame image of it would have.

    Parameters
    ----------
    headers : sequence of Dataset
        Of the files of the frames, each once and in their order, see :func:`viewer3d.dicom.write.kept.read_headers`;
        not changed.
    frames : sequence of Frame

    Returns
    -------
    list of Dataset
        Of single-frame images their own; of others without functional groups and all that is of enhanced objects.

    Raises
    ------
    BadFileError
        When functional groups are damaged.
    """
    by_source = dict(zip(dict.fromkeys(frame.stored.source for frame in frames), headers, strict=True))
    tops: dict[int, Dataset] = {}
    found = []
    for frame in frames:
        header = by_source[frame.stored.source]
        if _PER_FRAME not in header:
            found.append(header)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as for all headers: what breaks its VR is left out
            try:
                if id(header) not in tops:
                    tops[id(header)] = _top(header)
                found.append(_single(header, tops[id(header)], frame.index))
            except Exception as error:  # pydicom decodes a value when it is accessed, and raises any kind of error
                why = " ".join(str(error).split()) or type(error).__name__
                raise BadFileError(
                    f"{frame.name}: its functional groups cannot be read ({why:.200}); {FILE_REMEDY}"
                ) from error
    return found


def _top(header: Dataset) -> Dataset:
    """Return what an enhanced file says for all of its frames, as far as single-frame images have it."""
    from pydicom import Dataset  # noqa: PLC0415 (0.3 s, and only who writes DICOM needs it)

    top = Dataset()
    for tag in header.keys():  # noqa: SIM118 (not decoded)
        if tag.group < _GROUPS_BEFORE and tag.element < _ENHANCED and not tag.is_private:
            _copy(top, header, tag)
    for item in _items(header, "UnassignedSharedConvertedAttributesSequence"):  # legacy converted (PS3.3 C.7.6.16.2.25)
        _take_over(top, item)
    if not top.get("ContrastBolusAgent"):
        agents = [str(_value(one, "CodeMeaning") or "") for one in _items(header, "ContrastBolusAgentSequence")]
        if any(agents):
            _put(top, "ContrastBolusAgent", ", ".join(filter(None, agents)))
    return top


def _single(header: Dataset, top: Dataset, index: int) -> Dataset:
    from pydicom import Dataset  # noqa: PLC0415 (as above)

    shared = next(iter(_items(header, _SHARED)), Dataset())
    own = header[_PER_FRAME].value[index]
    made = Dataset()
    made.update(top)
    for group in (shared, own):
        for name in ("UnassignedSharedConvertedAttributesSequence", "UnassignedPerFrameConvertedAttributesSequence"):
            for item in _items(group, name):
                _take_over(made, item)

    def get(sequence: str, keyword: str) -> Any:
        """Return an attribute of a group, of the frame's own before the shared one."""
        for group in (own, shared):
            for item in _items(group, sequence)[:1]:
                if (value := _value(item, keyword)) not in (None, ""):
                    return value
        return None

    for sequence, words in _WORDS.items():
        for word in words.split():
            keyword, _, other = word.partition("=")
            _put(made, other or keyword, get(sequence, keyword))
    _put_moments(made, str(get("FrameContentSequence", "FrameAcquisitionDateTime") or ""))
    directions = get("MRDiffusionSequence", "DiffusionGradientDirectionSequence")
    for item in directions or ():
        _put(made, "DiffusionGradientOrientation", _value(item, "DiffusionGradientOrientation"))
    if str(made.get("Modality") or "") == "MR":
        _put_mr(made, header, get)
    elif str(made.get("Modality") or "") == "PT":
        for keyword, value in pet_attributes(header, get).items():
            _put(made, keyword, value)
    return made


def _put_mr(made: Dataset, header: Dataset, get: Any) -> None:
    """Add how an MR image was made, as single-frame images have it (PS3.3 C.8.3.1.1)."""

    def group_text(keyword: str, *groups: str) -> str:
        values = [get(group, keyword) for group in groups] + [_value(header, keyword)]
        return str(next((value for value in values if value not in (None, "")), ""))

    inversion = group_text("InversionRecovery", "MRModifierSequence") == "YES"
    if not made.get("ScanningSequence"):
        pulse = {"SPIN": ["SE"], "GRADIENT": ["GR"], "BOTH": ["SE", "GR"]}.get(group_text("EchoPulseSequence"), [])
        pulse += ["IR"] * inversion + ["EP"] * (group_text("EchoPlanarPulseSequence") == "YES")
        _put(made, "ScanningSequence", pulse or ["RM"])
    if not made.get("SequenceVariant"):
        _put(made, "SequenceVariant", list(_variants(group_text)) or ["NONE"])
    if not made.get("ScanOptions"):
        _put(made, "ScanOptions", list(_options(group_text)))
    _put(made, "SequenceName", group_text("PulseSequenceName")[:16] or None)
    _put(made, "ImagedNucleus", group_text("ResonantNucleus") or None)
    if not made.get("EchoTrainLength"):
        lengths = [group_text(word, "MRTimingAndRelatedParametersSequence") for word in _TRAINS]
        _put(made, "EchoTrainLength", max((int(one) for one in lengths if one.isdecimal()), default=None))
    times = all_values(get("MRModifierSequence", "InversionTimes"))
    if "InversionTime" in made:
        del made["InversionTime"]  # single-frame images have it with a ScanningSequence of IR alone (PS3.3 C.8.3.1)
    if inversion and "IR" in all_values(made.get("ScanningSequence")) and times:
        _put(made, "InversionTime", times[0])


_TRAINS: Final = ("RFEchoTrainLength", "GradientEchoTrainLength")


def _variants(group_text: Any) -> Iterator[str]:
    if group_text("SegmentedKSpaceTraversal") not in ("", "SINGLE"):
        yield "SK"
    if group_text("MagnetizationTransfer", "MRImagingModifierSequence") not in ("", "NONE"):
        yield "MTC"
    steady = group_text("SteadyStatePulseSequence")
    if steady not in ("", "NONE"):
        yield "TRSS" if steady == "TIME_REVERSED" else "SS"
    if group_text("Spoiling", "MRModifierSequence") not in ("", "NONE"):
        yield "SP"
    if group_text("OversamplingPhase") not in ("", "NONE"):
        yield "OSP"


def _options(group_text: Any) -> Iterator[str]:
    if group_text("RespiratoryMotionCompensationTechnique") not in ("", "NONE"):
        yield "RG"
    if group_text("CardiacSynchronizationTechnique") not in ("", "NONE"):
        yield "CG"
    if group_text("FlowCompensation", "MRModifierSequence") not in ("", "NONE"):
        yield "FC"
    if group_text("PartialFourier", "MRModifierSequence") == "YES":
        direction = group_text("PartialFourierDirection", "MRModifierSequence")
        yield "PFF" if direction == "FREQUENCY" else "PFP"
    if group_text("SpatialPresaturation", "MRModifierSequence") not in ("", "NONE"):
        yield "SP"
    if group_text("SpectrallySelectedSuppression") in _FAT:
        yield "FS"


def _put_moments(made: Dataset, moment: str) -> None:
    """Add when a frame was measured, as date and time (PS3.3 C.7.10.1)."""
    words = ("AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime")
    if not moment and (whole := str(made.get("AcquisitionDateTime") or "")) and not made.get("AcquisitionTime"):
        moment = whole
    clock = moment.partition("+")[0].partition("-")[0]
    if clock[:8].isdigit() and len(clock) >= len("2024010509"):
        for word, value in zip(words, (clock[:8], clock[8:], moment), strict=True):
            _put(made, word, value)


def _take_over(made: Dataset, item: Dataset) -> None:
    for tag in item.keys():  # noqa: SIM118 (not decoded)
        if not tag.is_private:
            _copy(made, item, tag)


def _copy(made: Dataset, dataset: Dataset, tag: Any) -> None:
    try:
        made[tag] = dataset[tag]
    except Exception:  # pydicom decodes a value when it is accessed, and raises any kind of error
        return


def _items(dataset: Dataset, keyword: str) -> list[Dataset]:
    value = _value(dataset, keyword)
    return [] if value is None or isinstance(value, str | bytes) else list(value)


def _value(dataset: Dataset, keyword: str) -> Any:
    """Return a value; None where it is absent or cannot be decoded."""
    try:
        return dataset.get(keyword)
    except Exception:  # pydicom decodes a value when it is accessed, and raises any kind of error
        return None


def _put(made: Dataset, keyword: str, value: Any) -> None:
    """Set an attribute in the form that its value representation has; what has none is left as it was."""
    from pydicom.datadict import dictionary_VR  # noqa: PLC0415 (as above)
    from pydicom.valuerep import format_number_as_ds  # noqa: PLC0415

    if value is None or str(value) in ("", *_NOT_SAID.get(keyword, ())):
        return
    representation = dictionary_VR(keyword)
    if representation in ("DS", "IS"):
        try:
            numbers = [float(one) for one in all_values(value)]
        except (TypeError, ValueError):
            return
        if not numbers or not all(isfinite(one) and abs(one) < _LARGEST for one in numbers):
            return
        texts = [format_number_as_ds(one + 0.0) if representation == "DS" else str(round(one)) for one in numbers]
        value = texts[0] if len(texts) == 1 else texts
    if keyword in made:
        del made[keyword]  # its element is that of the file, which setting a value would change
    try:
        setattr(made, keyword, value)
    except Exception:  # pydicom checks what is set, and raises any kind of error
        return
