"""The treatment of the synthetic patient as DICOM files: structures, plan, dose.

PS3.3 A.18 to A.20. Nothing in a file depends on the clock or on chance: the same call writes the same bytes.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from pydicom import uid
from pydicom.dataset import Dataset

from viewer3d.core.files import write_error
from viewer3d.core.geometry import Geometry
from viewer3d.core.structures import Roi
from viewer3d.core.vectors import Vector
from viewer3d.phantom.belly import PROSTATE_CENTER
from viewer3d.phantom.body import FRAME_OF_REFERENCE, grid
from viewer3d.phantom.headers import DATE, TIME, common_header, decimal, decimals, item, make_uid
from viewer3d.phantom.radiotherapy import (
    BEAM_ANGLES,
    DOSE_DESCRIPTION,
    DOSE_SHAPE,
    DOSE_SPACING,
    DOSE_STEP,
    FRACTIONS,
    PRESCRIBED,
    STRUCTURES_DESCRIPTION,
    stored_dose,
    structures,
)

_PLAN: Final = make_uid("plan")
_STRUCTURES: Final = make_uid("structures")
"""SOP Instance UIDs, by which the objects refer to each other."""

_PTV: Final = 3
"""ROI Number of the PTV."""


def write_structures(path: str | os.PathLike[str], geometry: Geometry | None = None) -> Path:
    """Write the structures of the patient's treatment as a DICOM file (RTSTRUCT, PS3.3 A.19).

    Parameters
    ----------
    path : path
        The file; its folder must be there.
    geometry : Geometry, optional
        As in :func:`viewer3d.phantom.structures`, whose contours the file holds.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    rois = structures(geometry).rois
    series = make_uid("structures", "series")
    ds = common_header(uid.RTStructureSetStorage, _STRUCTURES, STRUCTURES_DESCRIPTION, 5, series)
    del ds.FrameOfReferenceUID, ds.PositionReferenceIndicator
    ds.Modality, ds.StructureSetLabel = "RTSTRUCT", "Prostate"
    ds.StructureSetDate, ds.StructureSetTime = DATE, TIME
    ds.ReferencedFrameOfReferenceSequence = [item(FrameOfReferenceUID=FRAME_OF_REFERENCE)]
    ds.StructureSetROISequence = [
        item(
            ROINumber=roi.number,
            ReferencedFrameOfReferenceUID=roi.frame_of_reference,
            ROIName=roi.name,
            ROIGenerationAlgorithm=roi.algorithm,
        )
        for roi in rois
    ]
    ds.ROIContourSequence = [_contours(roi) for roi in rois]
    ds.RTROIObservationsSequence = [
        item(
            ObservationNumber=roi.number,
            ReferencedROINumber=roi.number,
            RTROIInterpretedType=roi.type,
            ROIInterpreter="",
        )
        for roi in rois
    ]
    ds.ApprovalStatus = "UNAPPROVED"
    return save_object(ds, Path(path))


def _contours(roi: Roi) -> Dataset:
    contours = [
        item(
            ContourGeometricType=one.type,
            NumberOfContourPoints=len(one.points),
            ContourData=[f"{value:.3f}" for value in one.points.ravel()],
        )
        for one in roi.contours
    ]
    return item(ROIDisplayColor=list(roi.color), ContourSequence=contours, ReferencedROINumber=roi.number)


def write_plan(path: str | os.PathLike[str]) -> Path:
    """Write the plan of the patient's treatment as a DICOM file (RTPLAN, PS3.3 A.20).

    Parameters
    ----------
    path : path
        The file; its folder must be there.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    ds = common_header(uid.RTPlanStorage, _PLAN, "Synthetic plan", 6, make_uid("plan", "series"))
    ds.Modality, ds.RTPlanLabel, ds.RTPlanGeometry = "RTPLAN", "Prostate", "PATIENT"
    ds.RTPlanDate, ds.RTPlanTime = DATE, TIME
    ds.DoseReferenceSequence = [
        item(
            DoseReferenceNumber=1,
            DoseReferenceStructureType="VOLUME",
            DoseReferenceType="TARGET",
            DoseReferenceDescription="PTV",
            ReferencedROINumber=_PTV,
            TargetPrescriptionDose=decimal(PRESCRIBED),
        )
    ]
    ds.FractionGroupSequence = [
        item(
            FractionGroupNumber=1,
            NumberOfFractionsPlanned=FRACTIONS,
            NumberOfBeams=len(BEAM_ANGLES),
            NumberOfBrachyApplicationSetups=0,
            ReferencedBeamSequence=[
                item(ReferencedBeamNumber=n, BeamDose=decimal(round(PRESCRIBED / FRACTIONS / len(BEAM_ANGLES), 4)))
                for n in range(1, len(BEAM_ANGLES) + 1)
            ],
        )
    ]
    ds.ReferencedStructureSetSequence = [
        item(ReferencedSOPClassUID=uid.RTStructureSetStorage, ReferencedSOPInstanceUID=_STRUCTURES)
    ]
    ds.ApprovalStatus = "UNAPPROVED"
    return save_object(ds, Path(path))


def write_dose(
    path: str | os.PathLike[str],
    *,
    shape: tuple[int, int, int] = DOSE_SHAPE,
    spacing: tuple[float, float, float] | None = DOSE_SPACING,
    direction: ArrayLike | None = None,
    center: Vector | None = PROSTATE_CENTER,
) -> Path:
    """Write the dose of the patient's plan as a DICOM file (RTDOSE, PS3.3 A.18), in Gy.

    Parameters
    ----------
    path : path
        The file; its folder must be there.
    shape, spacing, direction, center
        As in :func:`viewer3d.phantom.dose`; the file holds the very voxels it returns.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    geometry = grid(shape, spacing, direction, center)
    ds = common_header(uid.RTDoseStorage, make_uid("dose"), DOSE_DESCRIPTION, 7, make_uid("dose", "series"))
    ds.Modality, ds.InstanceNumber = "RTDOSE", 1
    ds.ContentDate, ds.ContentTime = DATE, TIME
    ds.ImagePositionPatient = decimals(geometry.affine[:3, 3])
    columns, rows, slices = geometry.spacing
    ds.ImageOrientationPatient = decimals([*geometry.affine[:3, 0] / columns, *geometry.affine[:3, 1] / rows])
    ds.PixelSpacing, ds.SliceThickness = decimals([rows, columns]), decimal(slices)
    ds.Columns, ds.Rows, ds.NumberOfFrames = shape
    ds.FrameIncrementPointer = 0x3004000C  # Grid Frame Offset Vector
    ds.GridFrameOffsetVector = decimals(slices * np.arange(shape[2]))
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.DoseUnits, ds.DoseType, ds.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    ds.DoseGridScaling = decimal(DOSE_STEP)
    ds.ReferencedRTPlanSequence = [item(ReferencedSOPClassUID=uid.RTPlanStorage, ReferencedSOPInstanceUID=_PLAN)]
    ds.PixelData = stored_dose(geometry.affine, shape).astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    return save_object(ds, Path(path))


def save_object(ds: Dataset, path: Path) -> Path:
    """Write a dataset as a Part 10 file, at once."""
    ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    content = io.BytesIO()  # written at once below: pydicom would wrap the error of a disk that is full
    ds.save_as(content, enforce_file_format=True)
    try:
        path.write_bytes(content.getbuffer())
    except OSError as error:
        raise write_error(str(path), error) from None
    return path
