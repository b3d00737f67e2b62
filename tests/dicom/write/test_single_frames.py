"""Enhanced sources: what their functional groups say is in the single-frame images that are derived."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import ExplicitVRLittleEndian

import viewer3d
from tests.dicom.made import CLASSES, enhanced, group, item
from viewer3d import load, load_all, phantom

MR_TOP: dict[str, Any] = {
    "EchoPulseSequence": "GRADIENT", "EchoPlanarPulseSequence": "YES", "SegmentedKSpaceTraversal": "SINGLE",
    "SteadyStatePulseSequence": "NONE", "MRAcquisitionType": "2D", "ResonantNucleus": "1H", "PulseSequenceName": "EPI",
    "MagneticFieldStrength": 3, "FrameOfReferenceUID": "1.2.9", "PatientName": "Doe", "ReferringPhysicianName": "",
}  # fmt: skip


def saved(dataset: pydicom.Dataset, path: Path) -> Path:
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    return path


def mr(tmp_path: Path, groups: list[pydicom.Dataset], values: list[int], **top: Any) -> Path:
    dataset = enhanced(groups, values)
    for keyword, value in (MR_TOP | top).items():
        setattr(dataset, keyword, value)
    return saved(dataset, tmp_path / "in.dcm")


def derived(volume: Any, source: Path, out: Path, **options: Any) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in viewer3d.save(volume, f"{out}/", source=source, **options).files]


def test_groups_of_mr_become_attributes_of_mr_images(tmp_path: Path) -> None:
    timing = item(RepetitionTime=2000, FlipAngle=77, EchoTrainLength=1)
    modifier = item(InversionRecovery="NO", PartialFourier="YES", PartialFourierDirection="PHASE", Spoiling="RF")
    groups = [
        group(
            k, content=[("FrameAcquisitionDateTime", f"2024010509300{k}.5"), ("FrameAcquisitionNumber", 4)],
            MRTimingAndRelatedParametersSequence=timing, MREchoSequence=item(EffectiveEchoTime=30.5 if k else 30.25),
            MRModifierSequence=modifier, MRAveragesSequence=item(NumberOfAverages=2),
            MRImagingModifierSequence=item(PixelBandwidth=1500, TransmitterFrequency=123.2),
            MRReceiveCoilSequence=item(ReceiveCoilName="Head"),
            MRFOVGeometrySequence=item(InPlanePhaseEncodingDirection="COLUMN"),
            MRImageFrameTypeSequence=item(FrameType=["ORIGINAL", "PRIMARY", "M", "NONE"]),
        )
        for k in range(3)
    ]  # fmt: skip
    source = mr(tmp_path, groups, [1, 2, 3], InversionTime=0)
    before = pydicom.dcmread(source)
    images = derived(load(source), source, tmp_path / "out")
    for k, one in enumerate(images):
        assert one.SOPClassUID == CLASSES["MR"]
        assert (one.RepetitionTime, one.FlipAngle, one.EchoTrainLength, one.AcquisitionNumber) == (2000, 77, 1, 4)
        assert (one.NumberOfAverages, one.PixelBandwidth, one.ImagingFrequency) == (2, 1500, 123.2)
        assert (one.ScanningSequence, one.SequenceVariant, one.ScanOptions) == (["GR", "EP"], "SP", "PFP")
        assert (one.ImagedNucleus, one.SequenceName, one.ReceiveCoilName) == ("1H", "EPI", "Head")
        assert (one.AcquisitionDate, one.AcquisitionTime) == ("20240105", f"09300{k}.5")
        assert one.ImageType == ["DERIVED", "SECONDARY", "M", "NONE"]
        assert one.InPlanePhaseEncodingDirection == "COL"
        assert one.EchoTime is None  # which images do not share
        assert "InversionTime" not in one
        assert not [element for element in one if element.keyword in ("EchoPulseSequence", "PartialFourier")]
    assert pydicom.dcmread(source) == before
    turned = derived(load(source).reoriented("PIR"), source, tmp_path / "turned")
    assert "InPlanePhaseEncodingDirection" not in turned[0]  # slices go through what was a row
    assert "AcquisitionTime" not in turned[0]
    (first, *_) = derived(load(source), source, tmp_path / "nobody", identify=False)
    assert (first.RepetitionTime, first.FlipAngle) == (2000, 77)
    assert "AcquisitionTime" not in first


def test_inversion_recovery_has_its_time(tmp_path: Path) -> None:
    groups = [
        group(k, MRModifierSequence=item(InversionRecovery="YES", InversionTimes=[150.0]))
        for k in range(3)
    ]  # fmt: skip
    source = mr(tmp_path, groups, [1, 2, 3], EchoPulseSequence="SPIN", EchoPlanarPulseSequence="NO")
    (one, *_) = derived(load(source), source, tmp_path / "out")
    assert (one.ScanningSequence, one.SequenceVariant, one.InversionTime) == (["SE", "IR"], "NONE", 150)


def test_datasets_that_are_given_are_not_changed(tmp_path: Path) -> None:
    groups = [group(k, MREchoSequence=item(EffectiveEchoTime=30.0)) for k in range(3)]
    source = pydicom.dcmread(mr(tmp_path, groups, [1, 2, 3], EchoTime=7, SeriesDate="20200101"))
    before = copy.deepcopy(source)
    (one, *_) = derived(load([source]), [source], tmp_path / "out")  # type: ignore[arg-type]
    assert one.EchoTime == 30
    assert source == before


def test_groups_of_ct_become_attributes_of_ct_images(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(phantom.write_enhanced(tmp_path / "in.dcm", shape=(8, 7, 3), spacing=(40, 40, 60)))
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.CTExposureSequence = [
        item(ExposureTimeInms=499.6, XRayTubeCurrentInmA=212.4, ExposureInmAs=106.0, CTDIvol=7.5)
    ]  # fmt: skip
    shared.CTXRayDetailsSequence = [item(KVP=100, FocalSpots=[1.2], FilterType="NONE")]
    shared.CTReconstructionSequence = [item(ConvolutionKernel="B30f")]
    shared.CTTableDynamicsSequence = [item(SpiralPitchFactor=0.9)]
    shared.CTAcquisitionDetailsSequence = [item(RotationDirection="CW", RevolutionTime=0.5)]
    dataset.save_as(tmp_path / "in.dcm")
    for one in derived(load(tmp_path / "in.dcm"), tmp_path / "in.dcm", tmp_path / "out"):
        assert (one.KVP, one.ExposureTime, one.XRayTubeCurrent, one.Exposure) == (100, 500, 212, 106)
        assert (one.ConvolutionKernel, one.CTDIvol, one.SpiralPitchFactor, one.RevolutionTime) == (
            "B30f",
            7.5,
            0.9,
            0.5,
        )
        assert one.ImageType[0] == "DERIVED"
        assert "SharedFunctionalGroupsSequence" not in one


def test_a_legacy_converted_source_has_its_attributes_back(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(phantom.write_enhanced(tmp_path / "in.dcm", shape=(8, 7, 3), spacing=(40, 40, 60)))
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.2"
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.UnassignedSharedConvertedAttributesSequence = [item(DataCollectionDiameter=500, ConvolutionKernel="H31s")]
    for k, one in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        one.UnassignedPerFrameConvertedAttributesSequence = [item(XRayTubeCurrent=100, AcquisitionTime=f"10000{k}")]
    dataset.save_as(tmp_path / "in.dcm")
    images = derived(load(tmp_path / "in.dcm"), tmp_path / "in.dcm", tmp_path / "out")
    assert [(one.DataCollectionDiameter, one.ConvolutionKernel, one.XRayTubeCurrent) for one in images] == [
        (500, "H31s", 100)
    ] * 3


def pet(tmp_path: Path, to: str, frames: int = 3, **top: Any) -> Path:
    groups = [
        group(
            k, content=[("FrameAcquisitionDateTime", "20240105100000"), ("FrameAcquisitionDuration", 120_000.0),
                        ("FrameReferenceDateTime", "20240105100100")],
            PETFrameTypeSequence=item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]),
            PixelValueTransformationSequence=item(RescaleSlope=2.5, RescaleIntercept=0, RescaleType="BQML"),
            PETReconstructionSequence=item(ReconstructionAlgorithm="OSEM"),
            PETFrameCorrectionFactorsSequence=item(DecayFactor=1.25),
        )
        for k in range(frames)
    ]  # fmt: skip
    dataset = enhanced(groups, [10 * (k + 1) for k in range(frames)])
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.130"
    dataset.Modality, dataset.PatientWeight = "PT", 70
    dataset.AcquisitionDateTime, dataset.DecayCorrectionDateTime = "20240105100000", to
    dataset.SeriesDate, dataset.SeriesTime = "20240105", "110000"
    dataset.CountsSource, dataset.CollimatorType, dataset.FrameOfReferenceUID = "EMISSION", "NONE", "1.2.9"
    for word in ("DecayCorrected", "AttenuationCorrected", "ScatterCorrected", "RandomsCorrected"):
        setattr(dataset, word, "YES")
    dataset.DeadTimeCorrected = "NO"
    dataset.RadiopharmaceuticalInformationSequence = [
        item(
            RadiopharmaceuticalStartDateTime="20240105090000", RadionuclideTotalDose=3.7e8, RadionuclideHalfLife=6586.2
        )
    ]
    for keyword, value in top.items():
        setattr(dataset, keyword, value)
    return saved(dataset, tmp_path / "pet.dcm")


@pytest.mark.parametrize(
    ("to", "decay", "clock", "offset"),
    [("20240105100000", "START", "100000", 60_000), ("20240105095900", "START", "095900", 120_000),
     ("20240105090000", "ADMIN", "100000", 60_000)],
)  # fmt: skip
def test_an_enhanced_pet_becomes_pet_images(to: str, decay: str, clock: str, offset: int, tmp_path: Path) -> None:
    source = pet(tmp_path, to)
    volume = load(source, unit="Bq/ml")
    images = derived(volume, source, tmp_path / "out")
    for one in images:
        assert one.SOPClassUID == CLASSES["PT"]
        assert one.CorrectedImage == ["DECY", "ATTN", "SCAT", "RAN"]
        assert (one.DecayCorrection, one.SeriesDate, one.SeriesTime) == (decay, "20240105", clock)
        assert (one.AcquisitionDate, one.AcquisitionTime) == ("20240105", "100000")
        assert (one.FrameReferenceTime, one.ActualFrameDuration, one.DecayFactor) == (offset, 120_000, 1.25)
        assert (one.ReconstructionMethod, one.Units) == ("OSEM", "BQML")
        assert one.ImageType == ["DERIVED", "PRIMARY"]
        assert one.RadiopharmaceuticalInformationSequence[0].RadionuclideTotalDose == 3.7e8
    found = load(tmp_path / "out", unit="Bq/ml")
    assert np.allclose(found.voxels, volume.voxels)
    # SUV counts the decay of the dose to what the values were corrected to.
    elapsed = {"START": 3600 - (60 if clock == "095900" else 0), "ADMIN": 0}[decay]
    suv = load(tmp_path / "out")
    assert suv.unit == "SUVbw"
    factor = 70_000 / (3.7e8 * 2 ** (-elapsed / 6586.2))
    assert np.allclose(suv.voxels, volume.voxels * factor, rtol=1e-5)


def test_an_enhanced_pet_of_several_times_becomes_one_series(tmp_path: Path) -> None:
    source = pet(tmp_path, "20240105100000", frames=6)
    dataset = pydicom.dcmread(source)
    for n, one in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        turn, k = divmod(n, 3)
        one.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 2.5 * k]
        content = one.FrameContentSequence[0]
        content.TemporalPositionIndex = turn + 1
        content.FrameAcquisitionDateTime = f"2024010510{2 * turn:02d}00"
        content.FrameReferenceDateTime = f"2024010510{2 * turn + 1:02d}00"
    dataset.save_as(source)
    volumes = load_all(source, unit="Bq/ml")
    assert len(volumes) == 2
    images = derived(volumes, source, tmp_path / "out")
    assert [one.SeriesType for one in images] == [["DYNAMIC", "IMAGE"]] * 6
    assert [one.ImageIndex for one in images] == [1, 2, 3, 4, 5, 6]
    assert {(one.NumberOfSlices, one.NumberOfTimeSlices) for one in images} == {(3, 2)}
    assert [one.FrameReferenceTime for one in images] == [60_000] * 3 + [180_000] * 3
    found = load_all(tmp_path / "out", unit="Bq/ml")
    assert [one.seconds for one in found] == [0, 120]
    assert all(np.allclose(a.voxels, b.voxels, atol=1e-2) for a, b in zip(found, volumes, strict=True))
