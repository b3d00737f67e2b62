"""Write a fractional segmentation of the synthetic patient as a DICOM file (PS3.3 A.51)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from pydicom import uid

from viewer3d.core.geometry import Geometry
from viewer3d.phantom.headers import DATE, TIME, common_header, decimal, decimals, item, make_uid
from viewer3d.phantom.organs import probabilities
from viewer3d.phantom.plan_files import save_object


def write_probabilities(path: str | os.PathLike[str], geometry: Geometry | None = None) -> Path:
    """Write how probable the liver is as a DICOM file: a segmentation of one fractional segment.

    Parameters
    ----------
    path : path
        The file; its folder must be there.
    geometry : Geometry, optional
        As in :func:`viewer3d.phantom.probabilities`, whose fractions the file holds; a frame for each slice with any.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    found = probabilities(geometry)
    fractions, grid = found.fractions[1], found.geometry
    series = make_uid("probabilities", "series")
    ds = common_header(uid.SegmentationStorage, make_uid("probabilities"), found.info.description, 8, series)
    ds.Modality, ds.InstanceNumber, ds.ContentLabel = "SEG", 1, "LIVER"
    ds.ContentDate, ds.ContentTime = DATE, TIME
    ds.SegmentationType, ds.SegmentationFractionalType = "FRACTIONAL", fractions.kind
    ds.MaximumFractionalValue = fractions.maximum
    ds.Columns, ds.Rows, ds.NumberOfFrames = fractions.values.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    organ = item(CodeValue="10200004", CodingSchemeDesignator="SCT", CodeMeaning="Liver")
    anatomy = item(CodeValue="123037004", CodingSchemeDesignator="SCT", CodeMeaning="Anatomical Structure")
    ds.SegmentSequence = [
        item(
            SegmentNumber=1,
            SegmentLabel=found.segments[0].name,
            SegmentAlgorithmType="AUTOMATIC",
            SegmentAlgorithmName="viewer3d.phantom",
            RecommendedDisplayCIELabValue=[41661, 41167, 40792],
            SegmentedPropertyCategoryCodeSequence=[anatomy],
            SegmentedPropertyTypeCodeSequence=[organ],
        )
    ]
    columns, rows, slices = grid.spacing
    measures = item(
        PixelSpacing=decimals([rows, columns]), SliceThickness=decimal(slices), SpacingBetweenSlices=decimal(slices)
    )
    axes = decimals([*grid.affine[:3, 0] / columns, *grid.affine[:3, 1] / rows])
    ds.SharedFunctionalGroupsSequence = [
        item(PixelMeasuresSequence=[measures], PlaneOrientationSequence=[item(ImageOrientationPatient=axes)])
    ]
    ds.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[
                item(ImagePositionPatient=decimals(grid.index_to_world((0, 0, fractions.first + number))))
            ],
            SegmentIdentificationSequence=[item(ReferencedSegmentNumber=1)],
        )
        for number in range(fractions.values.shape[2])
    ]
    content = np.ascontiguousarray(fractions.values.T).tobytes()
    ds.PixelData = content + bytes(len(content) % 2)
    ds["PixelData"].VR = "OB"
    return save_object(ds, Path(path))
