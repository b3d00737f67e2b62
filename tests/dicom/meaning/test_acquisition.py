"""How volumes were acquired, in the words and units of BIDS: of classic, enhanced and PET headers, and in side cars."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

import viewer3d
from tests.dicom.made import enhanced, group, image, item
from viewer3d import load, load_all
from viewer3d.dicom.meaning.acquisition import OWN_WORDS

CLASSIC: dict[str, Any] = {
    "Manufacturer": "SIEMENS", "ManufacturerModelName": "Prisma", "SoftwareVersions": ["E11", "B"],
    "MagneticFieldStrength": 3, "ImagingFrequency": "123.25", "ScanningSequence": ["EP", "SE"],
    "SequenceVariant": "SK", "MRAcquisitionType": "2D", "SequenceName": "ep2d",
    "EchoTime": "30", "RepetitionTime": "2000",
    "InversionTime": "0", "FlipAngle": "77.5", "EchoTrainLength": 12, "PixelBandwidth": "1500.5",
    "InPlanePhaseEncodingDirection": "COL", "SliceThickness": "2.5", "PatientName": "Doe^Jane", "PatientID": "4711",
    "InstitutionName": "Doe Hospital", "ProtocolName": "Doe", "OperatorsName": "Doe", "StationName": "Doe",
}  # fmt: skip
WANTED: dict[str, Any] = {
    "Manufacturer": "SIEMENS", "ManufacturersModelName": "Prisma", "SoftwareVersions": "E11\\B",
    "MagneticFieldStrength": 3,
    "ImagingFrequency": 123.25, "ScanningSequence": "EP\\SE", "SequenceVariant": "SK", "MRAcquisitionType": "2D",
    "SequenceName": "ep2d", "EchoTime": 0.03, "RepetitionTime": 2, "FlipAngle": 77.5, "EchoTrainLength": 12,
    "PixelBandwidth": 1500.5, "InPlanePhaseEncodingDirectionDICOM": "COL", "SliceThickness": 2.5,
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
}  # fmt: skip


TIMES = ("100000.5", "100001.5", "100000.0", "100001.0")


def classic(folder: Path, syntax: str = ExplicitVRLittleEndian, **other: Any) -> Path:
    folder.mkdir()
    for k in range(4):
        one = image(1 + k, k, k, AcquisitionTime=TIMES[k], **(CLASSIC | other))
        one.file_meta.TransferSyntaxUID = syntax
        one.save_as(folder / f"{k}.dcm", enforce_file_format=True)
    return folder


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_classic_header_is_told_in_the_words_of_bids(syntax: str, tmp_path: Path) -> None:
    source = classic(tmp_path / "in", syntax)
    found = load(source).acquisition
    assert found == {**WANTED, "SliceTiming": [0.5, 1.5, 0, 1], "ContrastGiven": False}
    # The same of datasets, which pydicom reads.
    assert load([dcmread(path) for path in sorted(source.iterdir())]).acquisition == found


def test_slice_timing_is_that_of_acquisition_times_within_a_repetition(tmp_path: Path) -> None:
    made = [image(1 + k, k, k, AcquisitionTime=TIMES[k], **CLASSIC) for k in range(4)]
    assert load(made).acquisition["SliceTiming"] == [0.5, 1.5, 0, 1]
    for other in ({"RepetitionTime": "900"}, {"MRAcquisitionType": "3D"}, {"Manufacturer": "GE MEDICAL SYSTEMS"}):
        made = [image(1 + k, k, k, AcquisitionTime=TIMES[k], **(CLASSIC | other)) for k in range(4)]
        assert "SliceTiming" not in load(made).acquisition


def test_an_enhanced_header_is_told_by_its_functional_groups(tmp_path: Path) -> None:
    groups = [
        group(
            k, MRTimingAndRelatedParametersSequence=item(RepetitionTime=2000, FlipAngle=77),
            MREchoSequence=item(EffectiveEchoTime=30.5), MRImagingModifierSequence=item(PixelBandwidth=1500),
        )
        for k in range(3)
    ]  # fmt: skip
    dataset = enhanced(groups, [1, 2, 3])
    dataset.EchoPulseSequence, dataset.MagneticFieldStrength = "GRADIENT", 3
    found = load([dataset]).acquisition
    assert {word: found[word] for word in ("RepetitionTime", "FlipAngle", "EchoTime", "PixelBandwidth")} == {
        "RepetitionTime": 2.0, "FlipAngle": 77, "EchoTime": 0.0305, "PixelBandwidth": 1500,
    }  # fmt: skip
    assert (found["ScanningSequence"], found["MagneticFieldStrength"], found["SliceThickness"]) == ("GR", 3, 2.5)


def test_ct_and_pet_have_their_own_words(tmp_path: Path) -> None:
    made = [
        image(
            1 + k, k, k, "CT", KVP="120", ExposureTime="500", XRayTubeCurrent="210", Exposure="105",
            ConvolutionKernel="B30f",
        )
        for k in range(3)
    ]  # fmt: skip
    found = load(made).acquisition
    words = ("KVP", "ExposureTime", "XRayTubeCurrent", "XRayExposure", "ConvolutionKernel")
    assert [found[word] for word in words] == [120, 0.5, 210, 105, "B30f"]
    tracer = item(
        RadionuclideTotalDose="370000000", RadionuclideHalfLife="6586.2", Radiopharmaceutical="FDG",
        RadionuclideCodeSequence=[item(CodeValue="C-111A1", CodingSchemeDesignator="SRT", CodeMeaning="18F")],
    )  # fmt: skip
    made = [
        image(
            1 + k, k, k, "PT", Units="BQML", DecayCorrection="START", ActualFrameDuration="120000",
            ReconstructionMethod="OSEM", RadiopharmaceuticalInformationSequence=[tracer],
        )
        for k in range(3)
    ]  # fmt: skip
    volume = load(made)
    assert volume.acquisition == {
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"], "FrameDuration": 120, "DecayCorrection": "START",
        "ImageDecayCorrected": True, "ReconMethodName": "OSEM", "InjectedRadioactivity": 370,
        "InjectedRadioactivityUnits": "MBq", "RadionuclideHalfLife": 6586.2, "TracerName": "FDG",
        "TracerRadionuclide": "18F",
    }  # fmt: skip
    viewer3d.save(volume, tmp_path / "pet.nii.gz")
    told = json.loads((tmp_path / "pet.json").read_text())
    assert (told["FrameDuration"], told["InjectedRadioactivity"]) == ([120], 370)
    assert load(tmp_path / "pet.nii.gz").acquisition == volume.acquisition


def test_a_side_car_has_them_and_a_round_trip_keeps_them(tmp_path: Path) -> None:
    source = classic(tmp_path / "in")
    volume = load(source)
    viewer3d.save(volume, tmp_path / "a.nii.gz")
    text = (tmp_path / "a.json").read_text()
    told = json.loads(text)
    assert {word: told[word] for word in WANTED} == WANTED
    assert "Doe" not in text
    assert "4711" not in text
    assert not OWN_WORDS & told.keys()
    of_bids = {word: value for word, value in volume.acquisition.items() if word not in OWN_WORDS}
    assert load(tmp_path / "a.nii.gz").acquisition == of_bids
    # What is of the slices as they were acquired is not of others.
    viewer3d.save(volume.resample(2.0), tmp_path / "b.nii.gz")
    told = json.loads((tmp_path / "b.json").read_text())
    assert told["EchoTime"] == 0.03
    assert not {"SliceThickness", "SliceTiming", "InPlanePhaseEncodingDirectionDICOM"} & told.keys()


def test_what_volumes_of_a_set_do_not_share_is_a_list_or_left_out(tmp_path: Path) -> None:
    made: list[Dataset] = []
    for v, (echo, coil) in enumerate((("10", "A"), ("30", "B"))):
        made += [image(1 + 3 * v + k, k, v, **{**CLASSIC, "EchoTime": echo, "ReceiveCoilName": coil}) for k in range(3)]
    volumes = load_all(made)
    viewer3d.save(volumes, tmp_path / "a.nii")
    told = json.loads((tmp_path / "a.json").read_text())
    assert (told["EchoTime"], told["FlipAngle"]) == ([0.01, 0.03], 77.5)
    assert "ReceiveCoilName" not in told
    assert [one.acquisition["EchoTime"] for one in load_all(tmp_path / "a.nii")] == [0.01, 0.03]


def test_the_time_between_volumes_is_the_repetition_time(tmp_path: Path) -> None:
    clock = ("100000", "100002.5", "100005")
    made = [image(1 + 3 * v + k, k, v, AcquisitionTime=clock[v], **CLASSIC) for v in range(3) for k in range(3)]
    viewer3d.save(load_all(made), tmp_path / "a.nii")
    told = json.loads((tmp_path / "a.json").read_text())
    assert (told["RepetitionTime"], told["RepetitionTimeExcitation"]) == (2.5, 2.0)


def test_a_side_car_of_another_program_is_read_as_far_as_it_is_plain(tmp_path: Path) -> None:
    viewer3d.save(load(classic(tmp_path / "in")), tmp_path / "a.nii", sidecar=False)
    held = {"Modality": "MR", "EchoTime": 0.03, "FlipAngle": [[1]], "PatientName": "Doe", "SliceTiming": [0, 1, 2, 3],
            "Manufacturer": "x" * 500, "ScanningSequence": "EP\n", "RepetitionTime": float("nan")}  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(held))
    assert load(tmp_path / "a.nii").acquisition == {"EchoTime": 0.03}


ALIKE = ("EchoTime", "RepetitionTime", "FlipAngle", "MagneticFieldStrength", "ImagingFrequency", "PixelBandwidth",
         "PercentSampling", "PercentPhaseFOV", "PhaseEncodingSteps", "ScanOptions", "MRAcquisitionType", "SequenceName",
         "PatientPosition", "SliceThickness", "SpacingBetweenSlices", "ExposureTime", "XRayTubeCurrent", "XRayExposure",
         "ConvolutionKernel", "InjectedRadioactivity", "RadionuclideHalfLife", "FrameDuration",
         "InPlanePhaseEncodingDirectionDICOM", "BodyPart", "SoftwareVersions", "ManufacturersModelName")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["mr_sag_hfs", "mr_enh_philips", "mr_4d_ge", "mr_mosaic", "ct_torso_acrin", "pet_ac_bqml"]
)
def test_dcm2niix_has_the_same_numbers(real: Callable[[str], Path], name: str, tmp_path: Path) -> None:
    if shutil.which("dcm2niix") is None:
        pytest.skip("no dcm2niix here: pip install dcm2niix")
    words = ["dcm2niix", "-f", "%s", "-b", "o", "-ba", "y", "-o", tmp_path, real(name)]
    subprocess.run(words, check=True, capture_output=True)
    peer = json.loads(sorted(tmp_path.glob("*.json"))[0].read_text())
    viewer3d.save(load_all(real(name))[:1], tmp_path / "own.nii")
    own = json.loads((tmp_path / "own.json").read_text())
    alike = [word for word in ALIKE if word in own and word in peer]
    assert len(alike) > 3
    for word in alike:
        wanted = peer[word] if isinstance(peer[word], str | list) else pytest.approx(peer[word], rel=1e-5)
        assert own[word] == wanted, word
    if name == "mr_sag_hfs":  # dcm2niix has times of day in 32 bits, so in steps of 0.016 s
        assert own["SliceTiming"] == pytest.approx(peer["SliceTiming"], abs=0.016)
