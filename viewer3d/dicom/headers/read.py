"""Read the frames of a file from its header, by the fast reader or by pydicom."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from viewer3d.core.vectors import Vector
from viewer3d.dicom.files.archive_members import MEMBER_REMEDY, MemberSource
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import FILE_REMEDY, DatasetSource, FileSource, Source
from viewer3d.dicom.headers import fast
from viewer3d.dicom.headers.activity import activity_tags
from viewer3d.dicom.headers.attributes import (
    PIXEL_DATA,
    TILED,
    Attributes,
    AttributeValue,
)
from viewer3d.dicom.headers.by_pydicom import PIXEL_TAGS, read_with_pydicom
from viewer3d.dicom.headers.dataset_checks import class_name
from viewer3d.dicom.headers.frame import Frame, SeriesTags, StoredPixels
from viewer3d.dicom.headers.scaling import classic_scaling, is_rescaled
from viewer3d.dicom.headers.values import (
    integer,
    is_multi_energy,
    lossy_compression,
    lossy_ratio,
    modality_table,
    not_drawn,
    number,
    numbers,
    optional_vector,
    text,
    voi_tables,
    voi_windows,
)
from viewer3d.dicom.objects.dicom_object import DicomObject, describe_object
from viewer3d.dicom.pixels.transfer_syntaxes import ENCAPSULATED, VIDEO
from viewer3d.dicom.series.dimensions import classic_dimension_values
from viewer3d.errors import BadFileError

if TYPE_CHECKING:
    from pydicom import Dataset

SLIDE: Final = "1.2.840.10008.5.1.4.1.1.77.1.6"
"""SOP Class: VL Whole Slide Microscopy Image Storage."""

LEAST_FRAME: Final = 8
"""Least bytes of a compressed frame: the tag and length of its item (PS3.5 A.4)."""


def read_frames(source: Source) -> tuple[Frame, ...] | RefusedFile | DicomObject:
    """Read the frames of one file from its header, without its pixels.

    Returns
    -------
    tuple of Frame, DicomObject or RefusedFile
        DicomObject for what lies over images, as a segmentation does.
        RefusedFile when the file is not DICOM, holds no pixels or colour, or cannot be read.
    """
    try:
        if isinstance(source, FileSource) and (attributes := fast.read_attributes(source.path)) is not None:
            return _frames(source, attributes, None)
        if isinstance(source, MemberSource) and (attributes := _member_attributes(source)) is not None:
            return _frames(source, attributes, None)
        return _frames_by_pydicom(source)
    except BadFileError as error:
        reason = (
            str(error).removeprefix(f"{source.name}: ").removesuffix(MEMBER_REMEDY).removesuffix(f"; {FILE_REMEDY}")
        )
        return RefusedFile(source.name, reason, damaged=True)
    except OSError as error:
        return RefusedFile(source.name, f"cannot be read ({error.strerror})", damaged=True)


def _member_attributes(source: MemberSource) -> Attributes | None:
    with source.open_header() as file:
        stamp = source.stamp

        def beginning(size: int) -> bytes:
            file.seek(0)
            return file.read(size)

        found = fast.attributes_in(beginning)
        return found if found is None or stamp is None else found | {"stamp": stamp}


def _frames_by_pydicom(source: Source) -> tuple[Frame, ...] | RefusedFile | DicomObject:
    with warnings.catch_warnings():
        # pydicom warns of values that break their VR; such values count as absent, which messages report.
        warnings.simplefilter("ignore")
        found = read_with_pydicom(source)
        if isinstance(found, RefusedFile):
            return found
        try:
            return _frames(source, *found)
        except (BadFileError, OSError):
            raise
        except Exception as error:  # pydicom decodes values when they are accessed, and raises any kind of error
            reason = f"damaged: its header cannot be read ({error or type(error).__name__})"
            return RefusedFile(source.name, reason, damaged=True)


def _frames(
    source: Source, attributes: Attributes, dataset: Dataset | None
) -> tuple[Frame, ...] | RefusedFile | DicomObject:
    series = series_tags(attributes)
    if found := describe_object(source, series, attributes, dataset):
        return found
    if "offset" not in attributes:
        what = class_name(text(attributes, "SOPClassUID"))
        # An image without pixels was cut in its header, and may be a missing slice of its series.
        cut = what.endswith("Image Storage")
        reason = f"truncated: a {what} without pixels" if cut else f"no pixels ({what})"
        if cut and (odd := text(attributes, "odd_element")):
            reason = f"damaged: element {odd} of its header has an unknown VR, and the rest cannot be read"
        if cut and isinstance(source, DatasetSource):
            reason = f"a {what} without pixels: read the file again without stop_before_pixels"
        return RefusedFile(source.name, reason, series if series.uid else None, damaged=cut)
    stored = stored_pixels(source, attributes)
    if why := _not_decoded(stored, attributes):
        return RefusedFile(source.name, why, series)
    if stored.frames > 1:
        _check_frames(stored)
    if stored.samples != 1 or not stored.photometric.startswith("MONOCHROME"):
        # Each frame is an image alone, whatever functional groups say of it.
        only = _classic_frame(series, stored, attributes, dataset)
        frames = tuple(replace(only, index=index) for index in range(stored.frames))
        reason = f"colour ({stored.photometric}): its numbers are no measurement"
        return RefusedFile(source.name, reason, series, frames=frames)
    if dataset is not None and "PerFrameFunctionalGroupsSequence" in dataset:
        from viewer3d.dicom.headers.functional_groups import enhanced_frames  # noqa: PLC0415 (rare, and needs pydicom)

        return enhanced_frames(series, stored, attributes, dataset)
    first = _classic_frame(series, stored, attributes, dataset)
    if dataset is not None and not TILED.isdisjoint(first.image_type):
        from viewer3d.dicom.headers.mosaic import mosaic_frames  # noqa: PLC0415 (rare)

        return mosaic_frames(first, dataset)
    if stored.frames == 1 and series.modality != "NM":
        return (first,)
    return _classic_multiframe(first, dataset)


def _not_decoded(stored: StoredPixels, attributes: Attributes) -> str:
    """Return what an image is that no frame can be read of, in words; empty for all others."""
    if stored.transfer_syntax in VIDEO and stored.samples != 1:
        return f"video ({class_name(stored.transfer_syntax)}): no decoder here"
    if text(attributes, "SOPClassUID") == SLIDE:
        return "a microscope slide in tiles, which are not put together here"
    return ""


_series_tags = lru_cache(maxsize=1 << 8)(SeriesTags)  # one object for all files of a series, which have the same tags


def series_tags(attributes: Attributes) -> SeriesTags:
    """Return the tags that a file shares with its series; one object for equal ones."""
    return _series_tags(
        text(attributes, "StudyInstanceUID"),
        text(attributes, "SeriesInstanceUID"),
        integer(attributes, "SeriesNumber"),
        text(attributes, "SeriesDescription"),
        text(attributes, "Modality"),
        text(attributes, "FrameOfReferenceUID"),
        (text(attributes, "PatientID"), text(attributes, "PatientName")),
    )


def stored_pixels(source: Source, attributes: Attributes) -> StoredPixels:
    """Return how a file stores its pixels.

    Raises
    ------
    BadFileError
        When Rows, Columns or Bits Allocated is missing.
    """
    rows, columns = integer(attributes, "Rows"), integer(attributes, "Columns")
    allocated = integer(attributes, "BitsAllocated")
    if not rows or not columns or not allocated:
        raise BadFileError(f"{source.name}: Rows, Columns or Bits Allocated is missing or 0; the header is damaged")
    frames = integer(attributes, "NumberOfFrames")
    bits = integer(attributes, "BitsStored") or allocated
    high = integer(attributes, "HighBit")
    return StoredPixels(
        source=source,
        transfer_syntax=text(attributes, "TransferSyntaxUID"),
        rows=rows,
        columns=columns,
        frames=max(1, frames or 1),
        samples=integer(attributes, "SamplesPerPixel") or 1,
        photometric=text(attributes, "PhotometricInterpretation"),
        bits_allocated=allocated,
        bits_stored=bits,
        high_bit=bits - 1 if high is None else high,
        signed=integer(attributes, "PixelRepresentation") == 1,
        keyword=PIXEL_TAGS[integer(attributes, "pixel_tag") or PIXEL_DATA],
        offset=_offset(source, attributes),
        length=integer(attributes, "length"),
        stamp=attributes.get("stamp"),  # type: ignore[arg-type]  # two whole numbers, or none
    )


def _offset(source: Source, attributes: Attributes) -> int | None:
    # For a deflated file pydicom gives an offset in the inflated bytes, and for a dataset none.
    native = integer(attributes, "length") is not None
    encapsulated = text(attributes, "TransferSyntaxUID") in ENCAPSULATED and not isinstance(source, DatasetSource)
    return integer(attributes, "offset") if native or encapsulated else None


def _check_frames(stored: StoredPixels) -> None:
    """Refuse a Number of Frames that the bytes cannot hold, before frames are made."""
    name, count = stored.source.name, f"Number of Frames is {stored.frames}"
    if stored.length is not None:
        needed = stored.frames * stored.rows * stored.columns * stored.bits_allocated // 8
        if stored.length < needed:
            raise BadFileError(f"{name}: {count}, which need {needed:,} bytes of pixels; there are {stored.length:,}")
    elif not isinstance(stored.source, DatasetSource):
        held = stored.source.size
        if held < stored.frames * LEAST_FRAME:
            raise BadFileError(f"{name}: {count}, more than a file of {held:,} bytes can hold")


def _classic_frame(series: SeriesTags, stored: StoredPixels, attributes: Attributes, dataset: Dataset | None) -> Frame:
    scaling = classic_scaling(attributes, dataset)
    spacing = numbers(attributes, "PixelSpacing", 2)
    plain, problems = voi_windows(
        attributes.get("WindowCenter"), attributes.get("WindowWidth"), text(attributes, "VOILUTFunction")
    )
    tables, unread = ((), ()) if dataset is None else voi_tables(dataset)
    return Frame(
        series=series,
        stored=stored,
        index=0,
        sop_uid=text(attributes, "SOPInstanceUID"),
        sop_class=text(attributes, "SOPClassUID"),
        position=optional_vector(numbers(attributes, "ImagePositionPatient", 3)),
        orientation=numbers(attributes, "ImageOrientationPatient", 6),
        pixel_spacing=None if spacing is None else (spacing[0], spacing[1]),
        spacing_tag="Pixel Spacing (0028,0030)",
        thickness=number(attributes, "SliceThickness"),
        between=number(attributes, "SpacingBetweenSlices"),
        slope=scaling.slope,
        intercept=scaling.intercept,
        rescaled=is_rescaled(scaling.by),
        table=modality_table(dataset) if dataset is not None else None,
        activity=activity_tags(dataset) if dataset is not None and series.modality == "PT" else None,
        declared_unit=text(attributes, "Units") or text(attributes, "DoseUnits") or text(attributes, "RescaleType"),
        windows=tables + plain,
        image_type=_texts(attributes.get("ImageType", ())),
        padding=_padding(attributes, stored),
        burned_in=text(attributes, "BurnedInAnnotation") == "YES",
        patient_position=text(attributes, "PatientPosition"),
        dimension_values=classic_dimension_values(attributes),
        scaled_by=scaling.by,
        flaw=scaling.flaw,
        multi_energy=is_multi_energy(attributes),
        lossy=lossy_compression(attributes),
        lossy_ratio=lossy_ratio(attributes),
        not_drawn=not_drawn(attributes),
        window_problems=unread + problems,
        dose=_dose(attributes) if series.modality == "RTDOSE" else (),
    )


def _dose(attributes: Attributes) -> tuple[str, str]:
    return text(attributes, "DoseType").upper(), text(attributes, "DoseSummationType").upper()


@lru_cache(maxsize=1 << 6)  # a series has few
def _texts(values: AttributeValue) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _classic_multiframe(first: Frame, dataset: Dataset | None) -> tuple[Frame, ...]:
    """Make the frames of a classic multi-frame file; only RT Dose and NM have a position for each."""
    if dataset is not None and first.series.modality == "NM":
        from viewer3d.dicom.headers.nuclear import nuclear_frames  # noqa: PLC0415 (rare)

        return nuclear_frames(first, dataset)
    offsets = dataset.get("GridFrameOffsetVector") if dataset is not None else None
    positions: list[Vector | None] = [None] * first.stored.frames
    if offsets is not None and len(offsets) == first.stored.frames and first.position and first.orientation:
        along = np.array([float(v) for v in offsets])
        if along[0] == 0:  # PS3.3 C.8.8.3.2 a: distances along the normal
            normal = np.cross(first.orientation[:3], first.orientation[3:])
            points = np.array(first.position) + along[:, None] * normal
        else:  # b: patient z
            points = np.array([(*first.position[:2], z) for z in along])
        positions = [optional_vector(point) for point in points]
    return tuple(replace(first, index=index, position=position) for index, position in enumerate(positions))


def _padding(attributes: Attributes, stored: StoredPixels) -> int | None:
    value = integer(attributes, "PixelPaddingValue")
    return value - (1 << 16) if value is not None and stored.signed and value >= 1 << 15 else value
