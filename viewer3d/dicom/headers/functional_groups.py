"""Read the frames of enhanced multi-frame files, each with its own position, slope and type.

PS3.3 C.7.6.16: an attribute is in the Per-Frame Functional Groups item of its frame, or in the Shared one for all.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from viewer3d.core.text import one_line
from viewer3d.dicom.headers.attributes import Attributes
from viewer3d.dicom.headers.frame import Frame, SeriesTags, StoredPixels
from viewer3d.dicom.headers.real_world import PARAMETRIC_MAP, mapped
from viewer3d.dicom.headers.scaling import grouped_scaling, is_rescaled
from viewer3d.dicom.headers.values import (
    LARGEST,
    all_values,
    is_multi_energy,
    lossy_compression,
    lossy_ratio,
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
    file_groups: _FileGroups = _pointers(dataset), {} if shared is None else _values_by_group(shared)
    return tuple(
        _frame(series, stored, attributes, _Groups(group, shared, dataset, file_groups), index)
        for index, group in enumerate(groups)
    )


_FileGroups = tuple[tuple[int, ...], dict[int, dict[str, DimensionValue]]]
"""What all frames of a file have in common: its Dimension Index Pointers, and the values of its shared groups."""


class _Groups:
    """The functional groups of a frame: looks up attributes in its own group, then in the shared one."""

    def __init__(self, own: Dataset, shared: Dataset | None, dataset: Dataset, file_groups: _FileGroups) -> None:
        self._own, self._shared, self.dataset = own, shared, dataset
        self.pointers, self._shared_values = file_groups

    def macro(self, sequence: str) -> Dataset | None:
        """Return the first item of a functional group."""
        for group in (self._own, self._shared):
            if group is not None and (items := group.get(sequence)):
                item: Dataset = items[0]
                return item
        return None

    def items(self, sequence: str) -> tuple[Dataset, ...]:
        """Return all items of a functional group."""
        for group in (self._own, self._shared):
            if group is not None and (items := group.get(sequence)):
                return tuple(items)
        return ()

    def get(self, sequence: str, keyword: str) -> Any:
        """Return a value of a functional group, None when absent or empty."""
        item = self.macro(sequence)
        value = None if item is None else item.get(keyword)
        return None if value is None or value == "" else value

    def dimension_values(self) -> dict[str, DimensionValue]:
        """Return the dimension values of the frame's own groups, and of shared ones that it lacks."""
        own = _values_by_group(self._own)
        found: dict[str, DimensionValue] = {}
        for values in {**self._shared_values, **own}.values():
            found |= values
        return found

    def floats(self, sequence: str, keyword: str, count: int) -> tuple[float, ...] | None:
        """Return a value of a given count of numbers; None when it has another count."""
        value = self.get(sequence, keyword)
        floats = tuple(float(v) for v in all_values(value))
        return floats if len(floats) == count and all(abs(v) <= LARGEST for v in floats) else None

    def all_floats(self, sequence: str, keyword: str) -> tuple[float, ...]:
        """Return a value of any count of numbers."""
        value = self.get(sequence, keyword)
        return tuple(float(v) for v in all_values(value))

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
    frame = Frame(
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
        lossy_ratio=lossy_ratio(attributes),
        not_drawn=not_drawn(attributes),
    )
    if frame.sop_class != PARAMETRIC_MAP:
        return frame
    return mapped(frame, groups.items("RealWorldValueMappingSequence"))


_DIMENSIONS: Final = {
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
"""Functional group to its attributes that may distinguish frames at one position (PS3.3 C.7.6.16.2, C.8.13.5 and
C.8.15.3), and the keys of their values: the keywords that classic files have."""

_TEXTS: Final = ("FrameAcquisitionDateTime", "FrameReferenceDateTime", "StackID")
"""Attributes that are text although they may look like numbers."""


def _dimension_values(groups: _Groups) -> dict[str, DimensionValue]:
    """Return the values that may distinguish frames at one position, Dimension Index Values too."""
    found = groups.dimension_values()
    if found.get("DiffusionDirectionality") == ISOTROPIC:
        found.setdefault("DiffusionGradientOrientation", ISOTROPIC.lower())
    values = groups.get("FrameContentSequence", "DimensionIndexValues")
    pairs = zip(groups.pointers, all_values(values), strict=False)
    for number, (pointer, value) in enumerate(pairs, 1):
        found[dimension(number, pointer)] = float(value)
    return found


@lru_cache(maxsize=1)
def _tags() -> dict[int, dict[int, tuple[str, str]]]:
    """Return :data:`_DIMENSIONS` by tags, by which a dataset finds its elements far sooner."""
    from pydicom.datadict import tag_for_keyword  # noqa: PLC0415 (it has been imported to read the file)

    return {
        tag_for_keyword(sequence) or 0: {tag_for_keyword(name) or 0: (name, keyword) for name, keyword in names.items()}
        for sequence, names in _DIMENSIONS.items()
    }


def _values_by_group(groups: Dataset) -> dict[int, dict[str, DimensionValue]]:
    """Return the dimension values of each functional group, by the tag of its sequence."""
    found: dict[int, dict[str, DimensionValue]] = {}
    tags = _tags()
    for sequence in groups.keys() & tags.keys():
        if items := groups[sequence].value:
            item, names = items[0], tags[sequence]
            values = found[sequence] = {}
            for tag in item.keys() & names.keys():
                name, keyword = names[tag]
                value = item[tag].value
                if value is not None and value != "" and (found_value := _dimension_value(name, value)) != "":
                    values[keyword] = found_value
    return found


def _dimension_value(name: str, value: Any) -> DimensionValue:
    """Return the value of an attribute that may distinguish frames, as a number or text."""
    if name in _TEXTS:
        return one_line(str(value))
    if name == "VelocityEncodingDirection":
        return direction(value)
    if name == "DiffusionGradientDirectionSequence":
        return direction(value[0].get("DiffusionGradientOrientation") or ()) if len(value) else ""
    parts = all_values(value)
    if len(parts) > 1:
        return listed(parts)
    return float(parts[0]) if isinstance(parts[0], int | float) else one_line(str(parts[0]))


def _pointers(dataset: Dataset) -> tuple[int, ...]:
    """Return the Dimension Index Pointers of a file (PS3.3 C.7.6.17)."""
    items = dataset.get("DimensionIndexSequence") or ()
    return tuple(int(item.get("DimensionIndexPointer") or 0) for item in items)
