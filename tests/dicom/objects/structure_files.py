"""Structure sets as Part 10 files, written with pydicom contour by contour, right or wrong as a test asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom import Dataset, config
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

from tests.dicom.made import item

FRAME_OF_REFERENCE: Final = "1.2.9.1"


def contour(points: Any, kind: str | None = "CLOSED_PLANAR", **values: Any) -> Dataset:
    """An item of the Contour Sequence; points are numbers or the bytes of Contour Data."""
    made = item()
    if kind is not None:
        made.ContourGeometricType = kind
    data = points if isinstance(points, bytes) else text_of(points)
    made.NumberOfContourPoints = (data.count(b"\\") + 1) // 3
    # Explicit VR has 16 bits for the length of a DS: writers take UN for longer ones (PS3.5 6.2.2).
    tag = Tag(0x30060050)
    data += b" " * (len(data) % 2)
    made[tag] = RawDataElement(tag, "DS" if len(data) < 1 << 16 else "UN", len(data), data, 0, False, True)
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def text_of(points: Any) -> bytes:
    """Contour Data of points, to a micrometre."""
    return b"\\".join(b"%.6f" % value for value in np.asarray(points, float).ravel())


def roi(number: int, contours: Sequence[Dataset] | None, **values: Any) -> dict[str, Any]:
    """A ROI; `values` are those of its item in Structure Set ROI Sequence, and `color` and `type`."""
    return {"number": number, "contours": contours, **values}


def structure_set(rois: Sequence[dict[str, Any]], **values: Any) -> Dataset:
    """A structure set of some ROIs; `values` are set on the dataset at last, None deletes."""
    dataset = item(
        SOPClassUID=RTStructureSetStorage, SOPInstanceUID="1.2.3.78", StudyInstanceUID="1.2.1",
        SeriesInstanceUID="1.2.8", SeriesNumber=8, Modality="RTSTRUCT", StructureSetLabel="Plan",
    )  # fmt: skip
    dataset.StructureSetROISequence, dataset.ROIContourSequence, dataset.RTROIObservationsSequence = [], [], []
    for one in rois:
        about = {
            "ROIName": f"Part {one['number']}",
            "ReferencedFrameOfReferenceUID": FRAME_OF_REFERENCE,
            "ROIGenerationAlgorithm": "MANUAL",
        } | {key: value for key, value in one.items() if key[:1].isupper()}
        listed = item(ROINumber=one["number"], **{key: value for key, value in about.items() if value is not None})
        dataset.StructureSetROISequence.append(listed)
        if one["contours"] is not None:
            made = item(ReferencedROINumber=one["number"], ContourSequence=list(one["contours"]))
            if color := one.get("color", [255, 128, 0]):
                made.ROIDisplayColor = color
            dataset.ROIContourSequence.append(made)
        dataset.RTROIObservationsSequence.append(
            item(ObservationNumber=1, ReferencedROINumber=one["number"], RTROIInterpretedType=one.get("type", "ORGAN"))
        )
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return dataset


def save(dataset: Dataset, folder: Path, name: str = "structures.dcm", syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write it as a Part 10 file; values that break their VR are written as they are."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = syntax
    before = config.settings.writing_validation_mode
    config.settings.writing_validation_mode = config.IGNORE
    try:
        dataset.save_as(folder / name, enforce_file_format=True)
    finally:
        config.settings.writing_validation_mode = before
    return folder / name


def circle(radius: float, points: int = 200, center: Sequence[float] = (0, 0), z: float = 0.0) -> Any:
    """Points on a circle in an axial plane, shape (points, 3)."""
    angle = 2 * np.pi * np.arange(points) / points
    x, y = center[0] + radius * np.cos(angle), center[1] + radius * np.sin(angle)
    return np.stack([x, y, np.full(points, z)], -1)
