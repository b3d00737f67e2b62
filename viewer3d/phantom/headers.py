"""The headers of the synthetic patient's DICOM files: CT (PS3.3 A.3) and Enhanced CT (A.38)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.valuerep import DSfloat

from viewer3d.core.vectors import Points
from viewer3d.phantom.body import FRAME_OF_REFERENCE, SOFT_TISSUE
from viewer3d.phantom.series import Faults, Slice, SyntheticSeries

UNSIGNED_INTERCEPT = -1024
"""Rescale Intercept (0028,1052) of unsigned values: 12 bits then hold -1024 to 3071 HU, as most scanners do."""

DATE, TIME = "20200102", "030405"
"""When it all happened: a fixed moment, so that the same call writes the same bytes."""

KVP, MILLIAMPERE, MILLISECONDS = 120, 200, 500


def intercept(faults: Faults) -> int:
    """Return the Rescale Intercept (0028,1052), in HU."""
    return 0 if faults.signed else UNSIGNED_INTERCEPT


def series_uid(series: SyntheticSeries) -> str:
    """Return the Series Instance UID (0020,000E)."""
    return make_uid(*series.words, "series")


def image(series: SyntheticSeries, s: Slice) -> Dataset:
    """Return the header of one slice as a CT Image (PS3.3 A.3), without pixels."""
    ds = _common(series, uid.CTImageStorage, make_uid(*series.words, s.number, s.copy))
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.InstanceNumber = s.instance
    ds.AcquisitionNumber = 1
    columns, rows = _in_plane(s)
    ds.ImagePositionPatient = decimals(s.position)
    ds.ImageOrientationPatient = decimals([*columns[0], *rows[0]])
    ds.PixelSpacing = decimals([rows[1], columns[1]])
    ds.SliceThickness = decimal(_thickness(series))
    ds.SliceLocation = decimal(s.position[2])
    ds.GantryDetectorTilt = decimal(series.faults.tilt)
    ds.KVP = decimal(KVP)
    ds.XRayTubeCurrent = MILLIAMPERE
    ds.ExposureTime = MILLISECONDS
    ds.ConvolutionKernel = "SOFT"
    for keyword, value in _rescale(series, s).items():
        setattr(ds, keyword, value)
    ds.WindowCenter, ds.WindowWidth = decimal(SOFT_TISSUE.center), decimal(SOFT_TISSUE.width)
    return ds


def pet_image(series: SyntheticSeries, s: Slice) -> Dataset:
    """Return the header of one slice as a Positron Emission Tomography Image (PS3.3 A.21), without pixels."""
    ds = _common(series, uid.PositronEmissionTomographyImageStorage, make_uid(*series.words, s.number, "pet"))
    ds.Modality = "PT"
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.InstanceNumber = ds.ImageIndex = s.instance
    ds.NumberOfSlices = series.geometry.shape[2]
    columns, rows = _in_plane(s)
    ds.ImagePositionPatient = decimals(s.position)
    ds.ImageOrientationPatient = decimals([*columns[0], *rows[0]])
    ds.PixelSpacing = decimals([rows[1], columns[1]])
    ds.SliceThickness = decimal(_thickness(series))
    ds.SeriesType = ["WHOLE BODY", "IMAGE"]
    ds.Units, ds.SUVType, ds.CountsSource = "GML", "BW", "EMISSION"
    ds.CorrectedImage = ["DECY", "ATTN", "SCAT", "DTIM", "RAN"]
    ds.DecayCorrection, ds.CollimatorType = "START", ""
    ds.FrameReferenceTime, ds.ActualFrameDuration = decimal(0), 120_000
    ds.RadiopharmaceuticalInformationSequence = []
    ds.RescaleIntercept, ds.RescaleSlope = decimal(0), decimal(s.slope)
    return ds


def enhanced(series: SyntheticSeries, frames: Sequence[Slice]) -> Dataset:
    """Return the header of all slices as one Enhanced CT (PS3.3 A.38), without pixels."""
    ds = _common(series, uid.EnhancedCTImageStorage, make_uid(*series.words, "enhanced"))
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.InstanceNumber = 1
    ds.NumberOfFrames = len(frames)
    ds.AcquisitionDateTime = DATE + TIME
    ds.AcquisitionDuration = 10.0
    ds.ContentQualification = "RESEARCH"
    ds.PixelPresentation = "MONOCHROME"
    ds.VolumetricProperties = "VOLUME"
    ds.VolumeBasedCalculationTechnique = "NONE"
    ds.MultienergyCTAcquisition = "NO"
    ds.PresentationLUTShape = "INVERSE" if series.faults.inverted else "IDENTITY"
    ds.LossyImageCompression = "00"
    ds.BurnedInAnnotation = "NO"
    organization = item(DimensionOrganizationUID=make_uid(*series.words, "dimensions"))
    ds.DimensionOrganizationSequence = [organization]
    ds.DimensionIndexSequence = [
        item(
            DimensionOrganizationUID=organization.DimensionOrganizationUID,
            DimensionIndexPointer=0x00200032,  # Image Position (Patient)
            FunctionalGroupPointer=0x00209113,  # Plane Position Sequence
        )
    ]
    ds.AcquisitionContextSequence = []
    ds.SharedFunctionalGroupsSequence = [_shared(series, frames[0])]
    rank = {s.instance: n for n, s in enumerate(sorted(frames, key=lambda s: (s.number, s.copy)), 1)}
    ds.PerFrameFunctionalGroupsSequence = [_frame(series, s, rank[s.instance]) for s in frames]
    return ds


def _shared(series: SyntheticSeries, first: Slice) -> Dataset:
    columns, rows = _in_plane(first)
    return item(
        PixelMeasuresSequence=[
            item(PixelSpacing=decimals([rows[1], columns[1]]), SliceThickness=decimal(_thickness(series)))
        ],
        PlaneOrientationSequence=[item(ImageOrientationPatient=decimals([*columns[0], *rows[0]]))],
        FrameVOILUTSequence=[item(WindowCenter=decimal(SOFT_TISSUE.center), WindowWidth=decimal(SOFT_TISSUE.width))],
        FrameAnatomySequence=[
            item(FrameLaterality="U", AnatomicRegionSequence=[_code("22943007", "SCT", "Trunk structure")])
        ],
        CTImageFrameTypeSequence=[
            item(
                FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
                PixelPresentation="MONOCHROME",
                VolumetricProperties="VOLUME",
                VolumeBasedCalculationTechnique="NONE",
            )
        ],
        CTXRayDetailsSequence=[item(KVP=decimal(KVP), FocalSpots=decimals([1.0]), FilterType="NONE")],
        CTAcquisitionDetailsSequence=[item(RotationDirection="CW", GantryDetectorTilt=decimal(series.faults.tilt))],
    )


def _frame(series: SyntheticSeries, s: Slice, rank: int) -> Dataset:
    return item(
        FrameContentSequence=[
            item(
                FrameAcquisitionDateTime=DATE + TIME,
                FrameReferenceDateTime=DATE + TIME,
                FrameAcquisitionDuration=float(MILLISECONDS),
                DimensionIndexValues=[rank],
                StackID="1",
                InStackPositionNumber=rank,
            )
        ],
        PlanePositionSequence=[item(ImagePositionPatient=decimals(s.position))],
        PixelValueTransformationSequence=[item(**_rescale(series, s))],
    )


def _common(series: SyntheticSeries, sop_class: str, instance: str) -> Dataset:
    """Return what the headers of all images share: patient, study, series, equipment, form of the pixels."""
    ds = common_header(sop_class, instance, series.description, series.number, series_uid(series))
    ds.AcquisitionDate = ds.ContentDate = DATE
    ds.AcquisitionTime = ds.ContentTime = TIME
    ds.Modality, ds.PatientPosition, ds.BodyPartExamined = "CT", "HFS", "TRUNK"
    _describe_pixels(ds, series)
    return ds


def common_header(sop_class: str, instance: str, description: str, number: int, series: str) -> Dataset:
    """Return what the headers of all objects share: patient, study, series, frame of reference, equipment.

    Parameters
    ----------
    sop_class, instance : str
        SOP Class UID and SOP Instance UID.
    description : str
        Series Description (0008,103E).
    number : int
        Series Number (0020,0011).
    series : str
        Series Instance UID (0020,000E).
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = uid.UID(sop_class)
    meta.MediaStorageSOPInstanceUID = uid.UID(instance)
    ds = Dataset()
    ds.file_meta = meta
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName, ds.PatientID = "Phantom^Viewer3D", "PHANTOM"
    ds.PatientBirthDate, ds.PatientSex = "", "O"
    ds.StudyInstanceUID, ds.StudyID, ds.AccessionNumber = make_uid("study"), "1", ""
    ds.StudyDate = ds.SeriesDate = DATE
    ds.StudyTime = ds.SeriesTime = TIME
    ds.ReferringPhysicianName = ""
    ds.StudyDescription, ds.SeriesDescription = "Synthetic patient", description
    ds.SeriesInstanceUID, ds.SeriesNumber = series, number
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = FRAME_OF_REFERENCE, ""
    ds.Manufacturer, ds.ManufacturerModelName = "viewer3d", "Phantom"
    ds.DeviceSerialNumber, ds.SoftwareVersions = "0", "1"
    return ds


def _describe_pixels(ds: Dataset, series: SyntheticSeries) -> None:
    wide = series.faults.signed or min(series.faults.slopes) < 1
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME1" if series.faults.inverted else "MONOCHROME2"
    ds.Columns, ds.Rows, _ = series.geometry.shape
    ds.BitsAllocated = 16
    ds.BitsStored = 16 if wide else 12
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(series.faults.signed)
    if series.faults.padding is not None:
        ds.PixelPaddingValue = series.faults.padding


def _rescale(series: SyntheticSeries, s: Slice) -> dict[str, object]:
    return {
        "RescaleIntercept": decimal(intercept(series.faults)),
        "RescaleSlope": decimal(s.slope),
        "RescaleType": "HU",
    }


def _in_plane(s: Slice) -> tuple[tuple[Points, float], tuple[Points, float]]:
    """Return unit direction and step in mm from column to column, and from row to row."""
    steps = [float((s.affine[:3, a] @ s.affine[:3, a]) ** 0.5) for a in (0, 1)]
    return (s.affine[:3, 0] / steps[0], steps[0]), (s.affine[:3, 1] / steps[1], steps[1])


def _thickness(series: SyntheticSeries) -> float:
    return series.geometry.spacing[2] if series.faults.thickness is None else series.faults.thickness


def item(**values: object) -> Dataset:
    """Return an item of a sequence with values by their keywords."""
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def decimal(value: float) -> DSfloat:
    """Return a Decimal String of at most 16 characters, as exact as so many can be."""
    return DSfloat(float(value), auto_format=True)


def decimals(values: Iterable[float]) -> list[DSfloat]:
    """Return Decimal Strings, see :func:`decimal`."""
    return [decimal(v) for v in values]


def make_uid(*words: object) -> str:
    """Return a UID made of a hash (2.25.number): the same for the same words."""
    return str(uid.generate_uid(entropy_srcs=["viewer3d.phantom", *(str(word) for word in words)]))
