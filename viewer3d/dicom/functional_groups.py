"""Frames of enhanced multi-frame files: each has its own position, orientation, slope and type.

PS3.3 C.7.6.16: an attribute stands in the Per-Frame Functional Groups item of its frame, or for all in the Shared ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from viewer3d.dicom.frame import Frame, SeriesTags, Stored
from viewer3d.dicom.scaling import grouped_scaling, is_rescaled
from viewer3d.dicom.values import (
    LARGEST,
    Attributes,
    is_multi_energy,
    lossy,
    modality_table,
    not_drawn,
    text,
    vector,
    windows,
)
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from pydicom import Dataset


def enhanced_frames(series: SeriesTags, stored: Stored, attributes: Attributes, dataset: Dataset) -> tuple[Frame, ...]:
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
    return tuple(
        _frame(series, stored, attributes, _Groups(group, shared, dataset), index) for index, group in enumerate(groups)
    )


class _Groups:
    """Looks an attribute up as the standard does: the frame's own group, then the shared one."""

    def __init__(self, own: Dataset, shared: Dataset | None, dataset: Dataset) -> None:
        self._own, self._shared, self.dataset = own, shared, dataset

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


def _frame(series: SeriesTags, stored: Stored, attributes: Attributes, groups: _Groups, index: int) -> Frame:
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
    own_windows, problems = windows(
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
        position=vector(groups.floats("PlanePositionSequence", "ImagePositionPatient", 3)),
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
        tells=_tells(groups),
        scaled_by=scaling.by,
        flaw=scaling.flaw,
        multi_energy=is_multi_energy(attributes),
        lossy=lossy(attributes),
        not_drawn=not_drawn(attributes),
    )


def _tells(groups: _Groups) -> dict[str, str | float]:
    """Return what may tell frames at one position apart, under the names the classic attributes have."""
    found = {
        "StackID": groups.get("FrameContentSequence", "StackID"),
        "EchoTime": groups.float("MREchoSequence", "EffectiveEchoTime"),
        "DiffusionBValue": groups.float("MRDiffusionSequence", "DiffusionBValue"),
        "TemporalPositionIdentifier": groups.float("FrameContentSequence", "TemporalPositionIndex"),
        "TriggerTime": groups.float("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
        "AcquisitionNumber": groups.float("FrameContentSequence", "FrameAcquisitionNumber"),
        "AcquisitionTime": groups.get("FrameContentSequence", "FrameAcquisitionDateTime"),
    }
    return {key: value if isinstance(value, float) else str(value) for key, value in found.items() if value is not None}
