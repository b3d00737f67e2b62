"""Spatial Registrations as Part 10 files, written with pydicom, right or wrong as a test asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import DSfloat

from tests.dicom.made import item

REGISTRATION: Final = "1.2.840.10008.5.1.4.1.1.66.1"


def registration_item(frame: str, *matrices: Any, kind: str | None = "AFFINE", **more: Any) -> Dataset:
    """An item of the Registration Sequence: where a frame of reference lies."""
    parts = []
    for matrix in matrices:
        part = item(
            FrameOfReferenceTransformationMatrix=[
                DSfloat(float(one), auto_format=True) for one in np.asarray(matrix).ravel()
            ]
        )
        if kind is not None:
            part.FrameOfReferenceTransformationMatrixType = kind
        parts.append(part)
    made = item(MatrixRegistrationSequence=[item(MatrixSequence=parts)], **more)
    if frame:
        made.FrameOfReferenceUID = frame
    return made


def write_registration(path: Path, frame: str, items: Sequence[Dataset], **header: Any) -> Path:
    """Write a Spatial Registration whose own frame of reference is the first argument after the path."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = REGISTRATION, f"1.2.9.{abs(hash(path.name)) % 10**9}"
    made.Modality, made.SeriesNumber, made.SeriesInstanceUID = "REG", 9, "1.2.9.77"
    made.StudyInstanceUID, made.PatientID = "1.2.9.78", ""
    if frame:
        made.FrameOfReferenceUID = frame
    made.RegistrationSequence = list(items)
    for keyword, value in header.items():
        setattr(made, keyword, value)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.save_as(path, enforce_file_format=True)
    return path
