"""Objects that lie over images and are none, as scanning finds them: what they are and hold."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from viewer3d.dicom.files.sources import Source
from viewer3d.dicom.headers.attributes import Attributes
from viewer3d.dicom.headers.frame import SeriesTags
from viewer3d.dicom.headers.values import text

if TYPE_CHECKING:
    from pydicom import Dataset

SEGMENTATION: Final = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP: Final = "1.2.840.10008.5.1.4.1.1.66.7"
SEGMENTATION_CLASSES: Final = frozenset({SEGMENTATION, LABEL_MAP})
"""SOP Classes: Segmentation Storage and Label Map Segmentation Storage."""

PRESENTATION_STATE: Final = "1.2.840.10008.5.1.4.1.1.11.1"
"""SOP Class: Grayscale Softcopy Presentation State Storage."""

PRESENTATIONS: Final = "presentation state"
"""What objects of that class are called."""

STRUCTURE_SET: Final = "1.2.840.10008.5.1.4.1.1.481.3"
"""SOP Class: RT Structure Set Storage."""

SPATIAL_REGISTRATION: Final = "1.2.840.10008.5.1.4.1.1.66.1"
"""SOP Class: Spatial Registration Storage."""

REGISTRATION_KIND: Final = "spatial registration"
"""What objects of that class are called."""

PLAN_CLASSES: Final = frozenset({"1.2.840.10008.5.1.4.1.1.481.5", "1.2.840.10008.5.1.4.1.1.481.8"})
"""SOP Classes: RT Plan Storage and RT Ion Plan Storage."""


@dataclass(frozen=True)
class DicomObject:
    """An object that lies over images, a plan, a state that images are shown by, or what registers them.

    Attributes
    ----------
    kind : str
        What it is called: ``"segmentation"``, ``"structure set"``, ``"plan"``, ``"presentation state"``,
        ``"spatial registration"``.
    source : FileSource, MemberSource or DatasetSource
        Where it is.
    tags : SeriesTags
        Those of its series.
    sop_uid : str
        SOP Instance UID (0008,0018).
    frames_of_reference : tuple of str
        Those that its places are in; none of a presentation state, which refers to images. Of a registration the one
        that it leads to, and then of each transform the one that it leads from, empty where it names images alone.
    contents : tuple of (int, str)
        Number and name of what is in it, in their order: of segments, ROIs, prescribed doses, graphic layers or
        transforms.
    part : str
        What one of these is called: ``"segment"``, ``"ROI"``, ``"prescription"``, ``"graphic layer"``,
        ``"transform"``.
    read_by : str
        The function that reads it: ``"viewer3d.load_segmentation"``.
    label : str
        What a presentation state is called and chosen by: its Content Label (0070,0080).
    of_series : tuple of str
        Series Instance UIDs of the images that a presentation state refers to.
    """

    kind: str
    source: Source = field(repr=False)
    tags: SeriesTags
    sop_uid: str
    frames_of_reference: tuple[str, ...] = field(repr=False)
    contents: tuple[tuple[int, str], ...]
    part: str
    read_by: str
    label: str = ""
    of_series: tuple[str, ...] = field(default=(), repr=False)

    @property
    def file(self) -> str:
        """Name of the file, member or dataset in messages."""
        return self.source.name

    def __str__(self) -> str:
        number = "series without a number" if self.tags.number is None else f"series {self.tags.number}"
        return " ".join(part for part in (number, self.tags.modality, self.tags.description) if part)

    @property
    def size(self) -> str:
        """How much is in it, as ``"3 segments"``."""
        return f"{len(self.contents)} {self.part}{'' if len(self.contents) == 1 else 's'}"

    def listed(self, most: int) -> str:
        """Return the names of what is in it, at most so many."""
        more = len(self.contents) - most
        return ", ".join(name for _, name in self.contents[:most]) + (f" and {more} more" if more > 0 else "")


def describe_object(
    source: Source, series: SeriesTags, attributes: Attributes, dataset: Dataset | None
) -> DicomObject | None:
    """Return what an object is, by its header; None where it is none that this package reads over images."""
    describe = _DESCRIBE.get(text(attributes, "SOPClassUID"))
    if describe is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            whole = _by_pydicom(source, dataset) if describe in _READ_WHOLE else dataset
            return describe(source, series, attributes, whole)
        except Exception:  # what pydicom raises at damaged elements; reading says what is wrong
            return describe(source, series, attributes, None)


def _segmentation(source: Source, series: SeriesTags, attributes: Attributes, dataset: Dataset | None) -> DicomObject:
    from viewer3d.dicom.objects.segment_table import read_segments  # noqa: PLC0415 (few files are segmentations)

    segments = {} if dataset is None else read_segments(dataset)[0]
    frames = (series.frame_of_reference,) if series.frame_of_reference else ()
    names = tuple((one.number, one.name) for one in segments.values())
    uid = text(attributes, "SOPInstanceUID")
    return DicomObject("segmentation", source, series, uid, frames, names, "segment", "viewer3d.load_segmentation")


def _structures(source: Source, series: SeriesTags, attributes: Attributes, dataset: Dataset | None) -> DicomObject:
    from viewer3d.dicom.objects.roi_table import read_rois  # noqa: PLC0415 (few files are structure sets)

    rois = {} if dataset is None else read_rois(dataset, [])
    frames = dict.fromkeys(one.frame_of_reference for one in rois.values() if one.frame_of_reference)
    names = tuple((one.number, one.name) for one in rois.values())
    uid = text(attributes, "SOPInstanceUID")
    return DicomObject("structure set", source, series, uid, tuple(frames), names, "ROI", "viewer3d.load_structures")


def _plan(source: Source, series: SeriesTags, attributes: Attributes, dataset: Dataset | None) -> DicomObject:
    from viewer3d.dicom.objects.plan import read_prescriptions  # noqa: PLC0415 (few files are plans)

    doses = () if dataset is None else read_prescriptions(dataset, [])
    frames = (series.frame_of_reference,) if series.frame_of_reference else ()
    names = tuple((turn, str(one)) for turn, one in enumerate(doses, 1))
    uid = text(attributes, "SOPInstanceUID")
    return DicomObject("plan", source, series, uid, frames, names, "prescription", "viewer3d.load_plan")


def _presentation(source: Source, series: SeriesTags, attributes: Attributes, dataset: Dataset | None) -> DicomObject:
    from viewer3d.dicom.objects.graphic_annotations import read_graphic_layers  # noqa: PLC0415 (few files are such)
    from viewer3d.dicom.objects.presentation import presentation_name, referenced_images  # noqa: PLC0415

    layers = {} if dataset is None else read_graphic_layers(dataset)
    of_series = () if dataset is None else referenced_images(dataset)[1]
    names = tuple((one.order, one.name) for one in sorted(layers.values(), key=lambda one: one.order))
    uid, label = text(attributes, "SOPInstanceUID"), presentation_name(dataset, "")
    return DicomObject(
        PRESENTATIONS, source, series, uid, (), names, "graphic layer", "viewer3d.load", label, of_series
    )


def _registration(source: Source, series: SeriesTags, attributes: Attributes, dataset: Dataset | None) -> DicomObject:
    from viewer3d.dicom.objects.registration import transform_kinds  # noqa: PLC0415 (few files are registrations)

    transforms = () if dataset is None else transform_kinds(dataset)
    names = tuple((number, kind) for number, (_, kind) in enumerate(transforms, 1))
    frames = (series.frame_of_reference, *(frame for frame, _ in transforms))
    uid = text(attributes, "SOPInstanceUID")
    return DicomObject(REGISTRATION_KIND, source, series, uid, frames, names, "transform", "viewer3d.load_transform")


def _by_pydicom(source: Source, dataset: Dataset | None) -> Dataset | None:
    """Return all of a header, where the fast reader has read what images have."""
    if dataset is not None:
        return dataset
    from viewer3d.dicom.headers.by_pydicom import read_with_pydicom  # noqa: PLC0415 (as above)

    read = read_with_pydicom(source)
    return read[1] if isinstance(read, tuple) else None


_READ_WHOLE: Final = (_presentation, _registration)
"""What describes objects in which nothing is that the fast reader leaves to pydicom."""

_Describe = Callable[[Source, SeriesTags, Attributes, "Dataset | None"], DicomObject]

_DESCRIBE: Final[dict[str, _Describe]] = {
    **dict.fromkeys(SEGMENTATION_CLASSES, _segmentation),
    STRUCTURE_SET: _structures,
    PRESENTATION_STATE: _presentation,
    SPATIAL_REGISTRATION: _registration,
    **dict.fromkeys(PLAN_CLASSES, _plan),
}
"""SOP Class to what describes an object of it."""
