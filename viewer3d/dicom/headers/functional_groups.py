"""Frames of enhanced multi-frame files: each has its own position, orientation, slope and type.

PS3.3 C.7.6.16: an attribute stands in the Per-Frame Functional Groups item of its frame, or for all in the Shared ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from viewer3d.core.text import one_line
from viewer3d.dicom.headers.frame import Frame, SeriesTags, StoredPixels
from viewer3d.dicom.headers.scaling import grouped_scaling, is_rescaled
from viewer3d.dicom.headers.values import (
    LARGEST,
    Attributes,
    is_multi_energy,
    lossy_compression,
    modality_table,
    not_drawn,
    optional_vector,
    text,
    voi_windows,
)
from viewer3d.dicom.series.dimensions import ISOTROPIC, DimensionValue, dimension, direction, listed
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from pydicom import Dataset


def enhanced_frames(
    series: SeriesTags, stored: StoredPixels, attributes: Attributes, dataset: Dataset
) -> tuple[Frame, ...]:
    """Read every frame of an enhanced file.

    Raises
    ------
    BadFileError
        When the number of groups is not the number of frames.
    """
    groups = list(dataset.PerFrameFunctionalGroupsSequence)
    if len(groups) != stored.frames:
        raise BadFileError(
            f"{stored.source.name}: Number of Frames is {stored.frames} but there are {len(groups)} per-frame groups"
        )
    shared_items = dataset.get("SharedFunctionalGroupsSequence")
    shared = shared_items[0] if shared_items else None
    of_file: _OfFile = _pointers(dataset), {} if shared is None else _told_by(shared)
    return tuple(
        _frame(series, stored, attributes, _Groups(group, shared, dataset, of_file), index)
        for index, group in enumerate(groups)
    )


_OfFile = tuple[tuple[int, ...], dict[int, dict[str, DimensionValue]]]
"""What is the same for all frames of a file: what its dimensions point at, and what its shared groups tell."""


class _Groups:
    """Looks an attribute up as the standard does: the frame's own group, then the shared one."""

    def __init__(self, own: Dataset, shared: Dataset | None, dataset: Dataset, of_file: _OfFile) -> None:
        self._own, self._shared, self.dataset = own, shared, dataset
        self.pointers, self._shared_told = of_file

    def macro(self, sequence: str) -> Dataset | None:
        """Return the first item of a functional group."""
        for group in (self._own, self._shared):
            if group is not None and (items := group.get(sequence)):
                item: Dataset = items[0]
                return item
        return None

    def get(self, sequence: str, keyword: str) -> Any:
        """Return a value of a functional group, None when absent or empty."""
        item = self.macro(sequence)
        value = None if item is None else item.get(keyword)
        return None if value is None or value == "" else value

    def told(self) -> dict[str, DimensionValue]:
        """Return what the frame's own groups tell, and the shared ones of those it has none of."""
        own = _told_by(self._own)
        found: dict[str, DimensionValue] = {}
        for values in {**self._shared_told, **own}.values():
            found |= values
        return found

    def floats(self, sequence: str, keyword: str, count: int) -> tuple[float, ...] | None:
        """Return a value of so many numbers."""
        value = self.get(sequence, keyword)
        parts = () if value is None else tuple(value) if hasattr(value, "insert") else (value,)
        floats = tuple(float(v) for v in parts)
        return floats if len(parts) == count and all(abs(v) <= LARGEST for v in floats) else None

    def all_floats(self, sequence: str, keyword: str) -> tuple[float, ...]:
        """Return a value of any count of numbers."""
        value = self.get(sequence, keyword)
        parts = () if value is None else value if hasattr(value, "insert") else (value,)
        return tuple(float(v) for v in parts)

    def float(self, sequence: str, keyword: str) -> float | None:
        """Return a number, the first of several."""
        value = self.get(sequence, keyword)
        value = value[0] if hasattr(value, "insert") and len(value) else value
        return None if value is None else float(value)


def _frame(series: SeriesTags, stored: StoredPixels, attributes: Attributes, groups: _Groups, index: int) -> Frame:
    scaling = grouped_scaling(groups.macro, groups.dataset)
    spacing = groups.floats("PixelMeasuresSequence", "PixelSpacing", 2)
    kind = next(
        (
            value
            for name in ("CT", "MR", "PET", "XA")
            if (value := groups.get(f"{name}{'Image' if name != 'PET' else ''}FrameTypeSequence", "FrameType"))
        ),
        attributes.get("ImageType", ()),
    )
    own_windows, problems = voi_windows(
        groups.all_floats("FrameVOILUTSequence", "WindowCenter"),
        groups.all_floats("FrameVOILUTSequence", "WindowWidth"),
        str(groups.get("FrameVOILUTSequence", "VOILUTFunction") or ""),
    )
    return Frame(
        series=series,
        stored=stored,
        index=index,
        sop_uid=text(attributes, "SOPInstanceUID"),
        sop_class=text(attributes, "SOPClassUID"),
        position=optional_vector(groups.floats("PlanePositionSequence", "ImagePositionPatient", 3)),
        orientation=groups.floats("PlaneOrientationSequence", "ImageOrientationPatient", 6),
        pixel_spacing=None if spacing is None else (spacing[0], spacing[1]),
        spacing_tag="Pixel Spacing (0028,0030) of the functional groups",
        thickness=groups.float("PixelMeasuresSequence", "SliceThickness"),
        between=groups.float("PixelMeasuresSequence", "SpacingBetweenSlices"),
        slope=scaling.slope,
        intercept=scaling.intercept,
        rescaled=is_rescaled(scaling.by),
        table=modality_table(groups.dataset),
        declared_unit=str(
            groups.get("PixelValueTransformationSequence", "RescaleType")
            or text(attributes, "Units")
            or text(attributes, "RescaleType")
        ),
        windows=own_windows,
        window_problems=problems,
        image_type=tuple(str(part) for part in kind),
        padding=None,
        activity=None,
        burned_in=text(attributes, "BurnedInAnnotation") == "YES",
        patient_position=text(attributes, "PatientPosition"),
        dimension_values=_dimension_values(groups),
        scaled_by=scaling.by,
        flaw=scaling.flaw,
        multi_energy=is_multi_energy(attributes),
        lossy=lossy_compression(attributes),
        not_drawn=not_drawn(attributes),
    )


_TELLS: Final = {
    "FrameContentSequence": {
        "StackID": "StackID",
        "TemporalPositionIndex": "TemporalPositionIdentifier",
        "CardiacCyclePosition": "CardiacCyclePosition",
        "RespiratoryCyclePosition": "RespiratoryCyclePosition",
        "FrameAcquisitionNumber": "AcquisitionNumber",
        "FrameAcquisitionDateTime": "FrameAcquisitionDateTime",
        "FrameReferenceDateTime": "FrameReferenceDateTime",
    },
    "TemporalPositionSequence": {"TemporalPositionTimeOffset": "TemporalPositionTimeOffset"},
    "CardiacSynchronizationSequence": {
        "NominalPercentageOfCardiacPhase": "NominalPercentageOfCardiacPhase",
        "NominalCardiacTriggerDelayTime": "TriggerTime",
    },
    "RespiratorySynchronizationSequence": {
        "NominalPercentageOfRespiratoryPhase": "NominalPercentageOfRespiratoryPhase",
        "NominalRespiratoryTriggerDelayTime": "NominalRespiratoryTriggerDelayTime",
    },
    "ContrastBolusUsageSequence": {"ContrastBolusAgentPhase": "ContrastBolusAgentPhase"},
    "MREchoSequence": {"EffectiveEchoTime": "EchoTime"},
    "MRDiffusionSequence": {
        "DiffusionBValue": "DiffusionBValue",
        "DiffusionDirectionality": "DiffusionDirectionality",
        "DiffusionGradientDirectionSequence": "DiffusionGradientOrientation",
    },
    "MRModifierSequence": {"InversionTimes": "InversionTimes", "MagnetizationTransfer": "MagnetizationTransfer"},
    "MRTimingAndRelatedParametersSequence": {"FlipAngle": "FlipAngle"},
    "MRImageFrameTypeSequence": {"ComplexImageComponent": "ComplexImageComponent"},
    "MRArterialSpinLabelingSequence": {"ASLContext": "ASLContext"},
    "MRVelocityEncodingSequence": {"VelocityEncodingDirection": "VelocityEncodingDirection"},
    "MRReceiveCoilSequence": {"ReceiveCoilName": "ReceiveCoilName"},
    "CTReconstructionSequence": {"ConvolutionKernel": "ConvolutionKernel"},
    "CTXRayDetailsSequence": {"KVP": "KVP"},
}
"""Functional group to the attributes in it that may tell frames at one position apart (PS3.3 C.7.6.16.2, C.8.13.5 and
C.8.15.3), and what they are under: the names that classic files have."""

_TEXTS: Final = ("FrameAcquisitionDateTime", "FrameReferenceDateTime", "StackID")
"""What is text though it may look like a number."""


def _dimension_values(groups: _Groups) -> dict[str, DimensionValue]:
    """Return what may tell frames at one position apart, Dimension Index Values included."""
    found = groups.told()
    if found.get("DiffusionDirectionality") == ISOTROPIC:
        found.setdefault("DiffusionGradientOrientation", ISOTROPIC.lower())
    values = groups.get("FrameContentSequence", "DimensionIndexValues")
    values = () if values is None else values if hasattr(values, "insert") else (values,)
    for number, (pointer, value) in enumerate(zip(groups.pointers, values, strict=False), 1):
        found[dimension(number, pointer)] = float(value)
    return found


@lru_cache(maxsize=1)
def _tags() -> dict[int, dict[int, tuple[str, str]]]:
    """Return the tags of :data:`_TELLS`: a dataset finds its elements by them far sooner than by their names."""
    from pydicom.datadict import tag_for_keyword  # noqa: PLC0415 (who is here has read the file with it)

    return {
        tag_for_keyword(sequence) or 0: {tag_for_keyword(name) or 0: (name, keyword) for name, keyword in names.items()}
        for sequence, names in _TELLS.items()
    }


def _told_by(groups: Dataset) -> dict[int, dict[str, DimensionValue]]:
    """Return what each of some functional groups tells, by the tag of its sequence."""
    found: dict[int, dict[str, DimensionValue]] = {}
    tags = _tags()
    for sequence in groups.keys() & tags.keys():
        if items := groups[sequence].value:
            item, names = items[0], tags[sequence]
            values = found[sequence] = {}
            for tag in item.keys() & names.keys():
                name, keyword = names[tag]
                value = item[tag].value
                if value is not None and value != "" and (told := _told(name, value)) != "":
                    values[keyword] = told
    return found


def _told(name: str, value: Any) -> DimensionValue:
    if name in _TEXTS:
        return one_line(str(value))
    if name == "VelocityEncodingDirection":
        return direction(value)
    if name == "DiffusionGradientDirectionSequence":
        return direction(value[0].get("DiffusionGradientOrientation") or ()) if len(value) else ""
    parts = tuple(value) if hasattr(value, "insert") else (value,)
    if len(parts) > 1:
        return listed(parts)
    return float(parts[0]) if isinstance(parts[0], int | float) else one_line(str(parts[0]))


def _pointers(dataset: Dataset) -> tuple[int, ...]:
    """Return what the Dimension Index Values point at (PS3.3 C.7.6.17)."""
    items = dataset.get("DimensionIndexSequence") or ()
    return tuple(int(item.get("DimensionIndexPointer") or 0) for item in items)
