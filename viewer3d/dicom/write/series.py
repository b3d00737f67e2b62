"""Make a derived series of images of a volume or a set, with the headers of the series it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np

from viewer3d.core.geometry import Geometry
from viewer3d.core.members import TIME_DIMENSIONS, as_members, varying_dimensions
from viewer3d.core.notes.note import Note
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.series.scan import Scan, Series
from viewer3d.dicom.series.stack import Stack
from viewer3d.dicom.write.kept import attributes_of_images, kept_header, read_headers
from viewer3d.dicom.write.pet import describe_pet, describe_pet_times
from viewer3d.dicom.write.series_attributes import (
    PT,
    SINGLE_FRAME_CLASSES,
    add_required,
    check_unit,
    decimal_string,
    describe_image_type,
    describe_pixels,
    describe_series,
    describe_unit,
    describe_windows,
)
from viewer3d.dicom.write.set_members import describe_members, direction_notes
from viewer3d.dicom.write.single_frames import single_frame_headers
from viewer3d.dicom.write.sources import find_source_stacks, nearest_frames, source_items
from viewer3d.dicom.write.stored import StoredScale, stored_scale
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pydicom import Dataset

_OF_PET_IMAGES: Final = ("DecayFactor", "FrameReferenceTime", "ActualFrameDuration")
"""Attributes of PET that belong to each image: a slice has those of the image nearest to it."""

_OF_MOMENTS: Final = ("AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime")
"""When each image was acquired: of slices along the source's own those of the image nearest to each."""

_OF_ONE_KIND: Final = frozenset(
    {*TIME_DIMENSIONS, "b_value", "direction", "directionality", "echo", "flip_angle", "inversion_time"}
)
"""Dimensions along which values stay of one kind, so that one slope is for all; those of a phase and a magnitude, say,
are not."""

_PARALLEL: Final = 0.999
"""Cosine between the normals of slices that count as parallel."""

_ACQUISITION_GROUPS: Final = (0x0018, 0x0054)
_ACQUISITION_WORDS: Final = (*_OF_MOMENTS, "AcquisitionNumber", "ComplexImageComponent")
"""What the images of one volume of a set may share and those of another not; all else is of the whole series."""


@dataclass(frozen=True, eq=False)
class DerivedSeries:
    """The files of a derived series, in the order of their volumes and slices.

    Attributes
    ----------
    files : tuple of (str, callable)
        The name of each, and what writes it into an open file.
    notes : tuple of Note
        What was decided, and what the files do not hold.
    """

    files: tuple[tuple[str, Callable[[BinaryIO], object]], ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, eq=False)
class _Member:
    """One volume of what is written.

    Attributes
    ----------
    volume : Volume
    stack : Stack
        Its source.
    headers : list of Dataset
        Of each frame of the source, as a single-frame image has it.
    """

    volume: Volume
    stack: Stack
    headers: list[Dataset]


def plan_derived_series(
    volumes: Volume | Sequence[Volume],
    source: DicomInput | Scan | Series,
    name: str,
    *,
    identify: bool = True,
    description: str | None = None,
    number: int | None = None,
    progress: Progress | None = None,
) -> DerivedSeries:
    """Plan the single-frame images (PS3.3 A.3, A.4, A.21) of a volume or a set as a new, derived series.

    Parameters
    ----------
    volumes : Volume or sequence of Volume
        On one grid.
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that they are of: what all of its images share of patient, study, equipment and acquisition is taken
        over.
    name : str
        Of what is written, in messages.
    identify : bool
        Whether patient, study and references to the source are taken over. Without them all UIDs are new.
    description : str, optional
        Series Description (0008,103E).
    number : int, optional
        Series Number (0020,0011).
    progress : callable, optional

    Raises
    ------
    OutputError
        When the source is no CT, MR or PET, values or their unit cannot be held, or no attribute can say what tells the
        volumes of a set apart.
    NotFoundError, ChoiceError, GeometryError, BadFileError
        As :func:`viewer3d.dicom.write.sources.find_source_stacks`, and when a file cannot be read.
    ViewError
        When the volumes make no set.
    """
    volumes = as_members(volumes)
    stacks, is_own = find_source_stacks(volumes, source)
    sop_class = _class_of(stacks, name)
    scales = _scales(volumes, name)
    members = _members(volumes, stacks)
    every = [header for one in members for header in one.headers]
    first = volumes[0]
    common = kept_header(every, identify=identify)
    add_required(common, sop_class)
    describe_series(common, first, stacks[0], description, number, identify=identify)
    check_unit(first, sop_class, name)
    bases = [_base(one, common, scales[n], sop_class, identify=identify) for n, one in enumerate(members)]
    if sop_class == PT:
        for base, one in zip(bases, members, strict=True):
            describe_pet(base, one.headers, (first.shape[2], len(volumes)), identify=identify)
    has_images = len({id(one) for one in stacks}) == len(volumes)
    describe_members(bases, volumes, sop_class, name, is_own=has_images)
    words = _OF_PET_IMAGES if sop_class == PT else _OF_MOMENTS if identify else ()
    own = [_own_attributes(one, words if has_images else (), identify=identify) for one in members]
    if sop_class == PT and len(volumes) > 1:
        describe_pet_times(own, volumes, name)
    notes = (
        *_notes(volumes, scales, is_own=is_own),
        *direction_notes(bases),
        *_identity_notes(common, identify=identify),
    )
    slices, told = first.shape[2], stage_progress(progress, "writing")
    total = slices * len(volumes)

    def writer(n: int) -> Callable[[BinaryIO], object]:
        v, k = divmod(n, slices)

        def write(file: BinaryIO) -> None:
            _image(bases[v], own[v][k], volumes[v], scales[v], n).save_as(file, enforce_file_format=True)
            if told is not None:
                told(n + 1, total)

        return write

    return DerivedSeries(tuple((f"IM{n + 1:04d}.dcm", writer(n)) for n in range(total)), notes)


def _class_of(stacks: Sequence[Stack], name: str) -> str:
    """Return the class of the images that are written."""
    found = {SINGLE_FRAME_CLASSES.get(frame.sop_class) for stack in stacks for frame in stack.frames[:1]}
    sop_class = found.pop()
    if sop_class is None or found:
        modality = stacks[0].frames[0].series.modality or "images"
        raise OutputError(
            f"{name}: its source holds {modality} that are no CT, MR or PET images: only of these a derived series is "
            "written; save it as .nii.gz or .nrrd"
        )
    return sop_class


def _scales(volumes: Sequence[Volume], name: str) -> list[StoredScale]:
    """Return how the values of each volume are stored: alike where all are of one kind."""
    if len(volumes) == 1 or _OF_ONE_KIND.issuperset(varying_dimensions([one.which for one in volumes])):
        return [stored_scale(volumes, name)] * len(volumes)
    return [stored_scale(one, name) for one in volumes]


def _members(volumes: Sequence[Volume], stacks: Sequence[Stack]) -> list[_Member]:
    """Return each volume with the headers of its source; each file is read once."""
    each = list({id(stack): stack for stack in stacks}.values())
    frames: list[Frame] = [frame for stack in each for frame in stack.frames]
    found = iter(single_frame_headers(read_headers(frames), frames))
    headers = {id(stack): [next(found) for _ in stack.frames] for stack in each}
    return [_Member(one, stack, headers[id(stack)]) for one, stack in zip(volumes, stacks, strict=True)]


def _base(one: _Member, common: Dataset, scale: StoredScale, sop_class: str, *, identify: bool) -> Dataset:
    """Return what all images of a volume have."""
    from pydicom import Dataset  # noqa: PLC0415 (0.3 s, and only who writes DICOM needs it)

    base = Dataset()
    for element in common:
        base[element.tag] = copy(element)  # so that setting a value changes that of no other volume
    for element in kept_header(one.headers, identify=identify):
        is_acquisition = element.tag.group in _ACQUISITION_GROUPS or element.keyword in _ACQUISITION_WORDS
        if is_acquisition and common.get(element.keyword) in (None, ""):
            base[element.tag] = element
    describe_image_type(base, one.headers[0], sop_class)
    describe_unit(base, one.volume, scale, sop_class)
    describe_pixels(base, one.volume, scale, sop_class)
    describe_windows(base, one.volume)
    if (encoding := _phase_encoding(one)) is not None:
        base.InPlanePhaseEncodingDirection = encoding
    return base


def _phase_encoding(one: _Member) -> str | None:
    """Return In-plane Phase Encoding Direction (0018,1312) where axes are those of the source."""
    orientation = one.stack.frames[0].orientation
    said = {str(header.get("InPlanePhaseEncodingDirection") or "") for header in one.headers}
    encoding = {"ROW": "ROW", "COL": "COL", "COLUMN": "COL"}.get(said.pop()) if len(said) == 1 else None
    if encoding is None or orientation is None:
        return None
    axes = np.array(orientation).reshape(2, 3) @ one.volume.geometry.direction[:, :2]
    is_along, is_across = np.abs(np.diag(axes)).min() > _PARALLEL, np.abs(np.diag(axes[::-1])).min() > _PARALLEL
    return encoding if is_along else {"ROW": "COL", "COL": "ROW"}[encoding] if is_across else None


def _own_attributes(one: _Member, words: Sequence[str], *, identify: bool) -> list[Dataset]:
    """Return for each slice references to the images it lies in, and attributes of the nearest.

    Moments are those of the nearest image only where slices are parallel to it.
    """
    from pydicom import Dataset  # noqa: PLC0415 (as above)

    frames, geometry = one.stack.frames, one.volume.geometry
    own = [Dataset() for _ in range(geometry.shape[2])]
    if identify:
        for each, items in zip(own, source_items(frames, geometry), strict=True):
            if items:
                each.SourceImageSequence = items
    is_along = _is_along(frames, geometry)
    of_images = attributes_of_images(one.headers, [word for word in words if is_along or word not in _OF_MOMENTS])
    for each, nearest in zip(own, nearest_frames(frames, geometry), strict=True):
        each.update(of_images[nearest])
    return own


def _is_along(frames: Sequence[Frame], geometry: Geometry) -> bool:
    """Return whether the slices of a grid are parallel to the images of the source."""
    orientation = frames[0].orientation
    if orientation is None:
        return False
    return bool(abs(np.cross(orientation[:3], orientation[3:]) @ geometry.direction[:, 2]) > _PARALLEL)


def _image(base: Dataset, own: Dataset, volume: Volume, scale: StoredScale, n: int) -> Dataset:
    """Return the n-th image of a series: what all of its volume have, what is its own, and its pixels."""
    from pydicom import Dataset  # noqa: PLC0415 (as above)
    from pydicom.dataset import FileMetaDataset  # noqa: PLC0415
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid  # noqa: PLC0415

    k = n % volume.shape[2]
    image = Dataset()
    image.update(base)
    image.update(own)
    image.SOPInstanceUID = generate_uid(prefix=None)
    image.InstanceNumber = n + 1
    position = volume.affine[:3, 3] + k * volume.affine[:3, 2]
    image.ImagePositionPatient = [decimal_string(part) for part in position]
    if image.Modality == "PT":
        image.ImageIndex = n + 1
    stored = scale.stored(volume.voxels[:, :, k].T)
    image.add_new("PixelData", "OW", np.ascontiguousarray(stored).tobytes())
    image.file_meta = FileMetaDataset()
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def _notes(volumes: Sequence[Volume], scales: Sequence[StoredScale], *, is_own: bool) -> Iterator[Note]:
    first, error = volumes[0], max(one.error for one in scales)
    if error:
        unit = f" {printable(first.unit)}" if first.unit else ""
        text = f"Values are stored in 16 bits: they differ by at most {error:.3g}{unit} from those of the volume."
        yield Note(text, "written.values_rounded", moved_values=error)
    if not is_own:
        text = "The volume was not read from its source: patient, study and frame of reference are taken to be its."
        yield Note(text, "written.source_assumed")
    if any(one.measured is not None for one in volumes):
        text = "DICOM has no place for which voxels were measured: those that were filled in are as the others."
        yield Note(text, "written.measured_lost")
    if any(one.graphics is not None for one in volumes):
        text = "What is drawn over the images (overlay planes, shutters, a presentation state) is not written."
        yield Note(text, "written.graphics_lost")


def _identity_notes(base: Dataset, *, identify: bool) -> Iterator[Note]:
    if identify:
        text = "The files hold patient and study of their source: identify=False (--no-identity) leaves them out."
        yield Note(text, "written.identified")
        return
    text = (
        "Patient, study, dates and references to the source are left out and all UIDs are new: the files fit no other "
        "series any more. What the pixels show is as it was."
    )
    yield Note(text, "written.unidentified")
    if base.get("BurnedInAnnotation") == "YES":
        text = "Burned In Annotation (0028,0301) of the source is YES: its pixels may hold who the patient is."
        yield Note(text, "written.burned_in")
    if base.Modality == "PT":
        text = "A PET image needs a Series Date (0008,0021): it is 1900-01-01, and SUV cannot be computed of it."
        yield Note(text, "written.pet_date")
