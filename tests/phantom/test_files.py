"""The files say what was asked of them, faults included, and other readers see the same patient in them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom import uid
from pydicom.pixels import get_decoder

from viewer3d import phantom
from viewer3d.errors import DecoderError, DicomError, OutputError
from viewer3d.phantom import Faults
from viewer3d.phantom.series import Syntax

SHAPE = (24, 20, 10)
SPACING = (16.5, 13.5, 60.0)


def write(folder: Path, faults: Faults | None = None, **options: Any) -> list[Path]:
    return phantom.write(folder, shape=SHAPE, spacing=SPACING, faults=faults, **options)


def read(paths: Sequence[Path]) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in paths if path.suffix == ".dcm"]


def modality(ds: pydicom.Dataset) -> NDArray[np.float64]:
    """Values of one file by the definition: slope times stored plus intercept; shape (rows, columns)."""
    values: NDArray[np.float64] = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
    return values


def truth(ds: pydicom.Dataset) -> NDArray[np.float32]:
    """What is at the places a header states (PS3.3 C.7.6.2.1.1); shape (rows, columns)."""
    right, down = np.array(ds.ImageOrientationPatient, float).reshape(2, 3)
    row, column = (float(s) for s in ds.PixelSpacing)
    r, c = np.indices((ds.Rows, ds.Columns))
    place = np.array(ds.ImagePositionPatient, float)
    return phantom.hu_at(place + c[..., None] * column * right + r[..., None] * row * down)


def digest(paths: Sequence[Path]) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def test_files_hold_the_voxels_of_the_volume(tmp_path: Path) -> None:
    volume = phantom.volume(shape=SHAPE, spacing=SPACING)
    files = read(write(tmp_path))
    assert len(files) == SHAPE[2]
    for k, ds in enumerate(files):
        assert np.array_equal(modality(ds).T, volume.voxels[:, :, k])
        assert ds.ImagePositionPatient == pytest.approx(volume.geometry.index_to_world((0, 0, k)))
        assert [float(s) for s in ds.PixelSpacing] == [13.5, 16.5]  # between rows, then between columns
        assert ds.InstanceNumber == k + 1


def test_the_same_call_writes_the_same_bytes(tmp_path: Path) -> None:
    faults = Faults(order="shuffled", localizer=True, second_series=True, duplicated=(2,))
    first, again = write(tmp_path / "a", faults), write(tmp_path / "b", faults)
    assert [p.name for p in first] == [p.name for p in again]
    assert digest(first) == digest(again)
    assert digest(write(tmp_path / "c", faults, seed=1)) != digest(first)


def test_uids_tell_instances_and_series_apart(tmp_path: Path) -> None:
    files = read(write(tmp_path / "a", Faults(duplicated=(2,), second_series=True)))
    assert len({ds.SOPInstanceUID for ds in files}) == len(files)
    assert {ds.SOPInstanceUID for ds in files} == {ds.file_meta.MediaStorageSOPInstanceUID for ds in files}
    assert len({ds.SeriesInstanceUID for ds in files}) == 2
    assert len({(ds.StudyInstanceUID, ds.FrameOfReferenceUID) for ds in files}) == 1
    other = read(write(tmp_path / "b", seed=1))
    assert not {ds.SeriesInstanceUID for ds in other} & {ds.SeriesInstanceUID for ds in files}


def test_nobody_is_in_the_person_tags(tmp_path: Path) -> None:
    ds = read(write(tmp_path))[0]
    assert (str(ds.PatientName), ds.PatientID, ds.PatientBirthDate) == ("Phantom^Viewer3D", "PHANTOM", "")


# Types 1 and 2 of the modules of a CT Image, PS3.3 A.3: they must be there, and these must have a value.
TYPE_1 = """
    SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID Modality PatientPosition FrameOfReferenceUID
    ImageType PixelSpacing ImageOrientationPatient ImagePositionPatient SamplesPerPixel PhotometricInterpretation Rows
    Columns BitsAllocated BitsStored HighBit PixelRepresentation RescaleIntercept RescaleSlope PixelData
"""
TYPE_2 = """
    PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID
    AccessionNumber SeriesNumber PositionReferenceIndicator Manufacturer InstanceNumber SliceThickness KVP
    AcquisitionNumber
"""


def test_a_ct_image_has_all_it_must_have(tmp_path: Path) -> None:
    ds = read(write(tmp_path))[0]
    assert [keyword for keyword in TYPE_1.split() if not str(ds.get(keyword, ""))] == []
    assert [keyword for keyword in TYPE_2.split() if keyword not in ds] == []
    assert (ds.BitsStored, ds.HighBit, ds.PixelRepresentation, ds.RescaleIntercept) == (12, 11, 0, -1024)
    assert ds.pixel_array.max() < 4096


def test_a_tilted_gantry_shears_the_slices_and_the_body_stays(tmp_path: Path) -> None:
    files = read(write(tmp_path, Faults(tilt=18), noise=0))
    right, down = np.array(files[0].ImageOrientationPatient, float).reshape(2, 3)
    steps = np.diff([np.array(ds.ImagePositionPatient, float) for ds in files], axis=0)
    assert steps == pytest.approx(np.tile([0, 0, 60.0], (SHAPE[2] - 1, 1)))  # along the table
    assert np.rad2deg(np.arccos(np.cross(right, down)[2])) == pytest.approx(18)
    assert float(files[0].GantryDetectorTilt) == 18
    for ds in files:
        assert np.abs(modality(ds) - truth(ds)).max() < 1.1


def test_oblique_files_lie_where_they_say(tmp_path: Path) -> None:
    a, b = np.deg2rad(25), np.deg2rad(-15)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    files = read(write(tmp_path, direction=about_z @ about_x, center=(10, 5, 0), noise=0))
    steps = np.diff([np.array(ds.ImagePositionPatient, float) for ds in files], axis=0)
    assert steps == pytest.approx(np.tile((about_z @ about_x)[:, 2] * 60, (SHAPE[2] - 1, 1)))
    for ds in files:
        assert np.abs(modality(ds) - truth(ds)).max() < 1.1


def test_moved_slices_are_sampled_where_they_have_moved(tmp_path: Path) -> None:
    files = read(write(tmp_path, Faults(moved=((3, 12.5), (4, -7.0))), noise=0))
    z = np.array([float(ds.ImagePositionPatient[2]) for ds in files])
    places = z[0] + 60.0 * np.arange(SHAPE[2])
    places[3] += 12.5
    places[4] -= 7
    assert z == pytest.approx(places)
    for ds in files:
        assert np.abs(modality(ds) - truth(ds)).max() < 1.1


def test_missing_slices_leave_a_gap(tmp_path: Path) -> None:
    whole, gap = read(write(tmp_path / "a")), read(write(tmp_path / "b", Faults(missing=(4, 5))))
    assert len(gap) == SHAPE[2] - 2
    kept = [ds.pixel_array for n, ds in enumerate(whole) if n not in (4, 5)]
    assert np.array_equal([ds.pixel_array for ds in gap], kept)


def test_a_duplicate_differs_in_its_uid_alone(tmp_path: Path) -> None:
    files = read(write(tmp_path, Faults(duplicated=(6,))))
    one, two = files[6], files[7]
    assert len(files) == SHAPE[2] + 1
    assert one.ImagePositionPatient == two.ImagePositionPatient
    assert one.PixelData == two.PixelData
    assert one.SOPInstanceUID != two.SOPInstanceUID


@pytest.mark.parametrize("order", ["falling", "shuffled"])
def test_order_of_files_and_instance_numbers(tmp_path: Path, order: Any) -> None:
    paths = write(tmp_path, Faults(order=order))
    assert paths == sorted(paths)
    files = read(paths)
    assert [ds.InstanceNumber for ds in files] == list(range(1, SHAPE[2] + 1))
    z = [float(ds.ImagePositionPatient[2]) for ds in files]
    assert (z == sorted(z, reverse=True)) == (order == "falling")
    assert z != sorted(z)


def test_attributes_are_left_out(tmp_path: Path) -> None:
    for ds in read(write(tmp_path, Faults(without=("InstanceNumber", "ImagePositionPatient", "PatientAge")))):
        assert "InstanceNumber" not in ds
        assert "ImagePositionPatient" not in ds


def test_thickness_is_not_the_increment(tmp_path: Path) -> None:
    assert {float(ds.SliceThickness) for ds in read(write(tmp_path, Faults(thickness=1.25)))} == {1.25}
    assert {float(ds.SliceThickness) for ds in read(write(tmp_path))} == {60.0}


def test_a_slope_for_each_slice(tmp_path: Path) -> None:
    files = read(write(tmp_path, Faults(slopes=(1.0, 0.5, 2.0)), noise=0))
    assert [float(ds.RescaleSlope) for ds in files[:4]] == [1, 0.5, 2, 1]
    assert files[1].BitsStored == 16
    for ds in files:
        assert np.abs(modality(ds) - truth(ds)).max() < 1.6  # half a step of slope 2 more than rounding


def test_signed_values(tmp_path: Path) -> None:
    for ds in read(write(tmp_path, Faults(signed=True), noise=0)):
        assert (ds.PixelRepresentation, ds.RescaleIntercept, ds.pixel_array.dtype.str) == (1, 0, "<i2")
        assert np.abs(modality(ds) - truth(ds)).max() < 1.1


@pytest.mark.parametrize(("signed", "padding", "vr"), [(True, -2000, "SS"), (False, 0, "US")])
def test_padding_outside_the_round_field(tmp_path: Path, signed: bool, padding: int, vr: str) -> None:
    ds = read(write(tmp_path, Faults(signed=signed, padding=padding)))[4]
    assert (ds.PixelPaddingValue, ds["PixelPaddingValue"].VR) == (padding, vr)
    corners = ds.pixel_array[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == padding).all()
    assert not (ds.pixel_array[5:15, 6:18] == padding).any()


def test_monochrome1_keeps_the_values(tmp_path: Path) -> None:
    plain, inverted = read(write(tmp_path / "a"))[3], read(write(tmp_path / "b", Faults(inverted=True)))[3]
    assert inverted.PhotometricInterpretation == "MONOCHROME1"
    assert np.array_equal(inverted.pixel_array, plain.pixel_array)


# Of pydicom's decoders only one of the extra bench reads HTJ2K, which only the long tests have.
@pytest.mark.parametrize(
    "syntax", [pytest.param(one, marks=pytest.mark.slow if "HTJ2K" in one else ()) for one in get_args(Syntax)]
)
def test_transfer_syntaxes_hold_the_same_values(tmp_path: Path, syntax: Any) -> None:
    if not get_decoder(getattr(uid, syntax)).is_available:
        pytest.skip(f"no decoder of pydicom's here reads {syntax}")
    packed = phantom.write(tmp_path / "a", shape=(40, 36, 3), faults=Faults(syntax=syntax))
    for ds, plain in zip(read(packed), read(phantom.write(tmp_path / "b", shape=(40, 36, 3))), strict=True):
        assert ds.file_meta.TransferSyntaxUID.keyword == syntax
        assert np.array_equal(ds.pixel_array, plain.pixel_array)


def test_too_few_pixels_for_jpeg2000(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="32 or more"):
        write(tmp_path, Faults(syntax="JPEG2000Lossless"))


def test_a_missing_encoder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(DecoderError, match="pip install imagecodecs"):
        write(tmp_path, Faults(syntax="JPEGLSLossless"))


def test_a_localizer_in_the_same_series(tmp_path: Path) -> None:
    *slices, scout = read(write(tmp_path, Faults(localizer=True), noise=0))
    assert scout.ImageType[2] == "LOCALIZER"
    assert {ds.SeriesInstanceUID for ds in slices} == {scout.SeriesInstanceUID}
    assert [float(c) for c in scout.ImageOrientationPatient] == [1, 0, 0, 0, 0, -1]
    assert np.abs(modality(scout) - truth(scout)).max() < 1.1


def test_a_second_series_and_a_text_file(tmp_path: Path) -> None:
    paths = write(tmp_path, Faults(second_series=True, text_file=True, tilt=10))
    thick = read(paths)[SHAPE[2] :]
    assert len(thick) == SHAPE[2] // 2
    assert {ds.SeriesNumber for ds in thick} == {3}
    assert float(thick[1].ImagePositionPatient[2]) - float(thick[0].ImagePositionPatient[2]) == pytest.approx(120)
    assert "DICM" not in paths[-1].read_text()
    assert sorted(tmp_path.iterdir()) == sorted(paths)


@pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "RLELossless"])
def test_a_truncated_file_ends_in_its_pixels(tmp_path: Path, syntax: Any) -> None:
    whole = write(tmp_path / "a", Faults(syntax=syntax))
    paths = write(tmp_path / "b", Faults(truncated=(2,), syntax=syntax))
    left = []
    for path in (whole[2], paths[2], paths[3]):
        data = path.read_bytes()
        left.append(len(data) - data.index(b"\xe0\x7f\x10\x00"))  # from the tag of PixelData to the end
    assert 100 < left[1] < 0.6 * left[0]
    assert left[2] > 0.6 * left[0]


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"missing": (10,)}, "from 0 to 9"),
        ({"moved": ((-1, 2.0),)}, "from 0 to 9"),
        ({"missing": tuple(range(10))}, "leave at least one"),
    ],
)
def test_faults_of_slices_that_are_not_there(tmp_path: Path, faults: dict[str, Any], words: str) -> None:
    with pytest.raises(DicomError, match=words):
        write(tmp_path, Faults(**faults))


@pytest.mark.parametrize(
    "faults", [{"order": "up"}, {"syntax": "JPEG"}, {"slopes": ()}, {"slopes": (0,)}, {"tilt": 90}]
)
def test_faults_that_cannot_be_written(faults: dict[str, Any]) -> None:
    with pytest.raises(DicomError, match=r"give|at least"):
        Faults(**faults)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="give another"):
        write(tmp_path / "file")
    with pytest.raises(OutputError, match="make its folder writable, or give another folder"):
        phantom.write_enhanced(tmp_path / "none" / "a.dcm", shape=SHAPE)


def test_enhanced_frames_hold_position_orientation_and_slope(tmp_path: Path) -> None:
    faults = Faults(order="falling", slopes=(1.0, 0.5), missing=(3,), tilt=12)
    path = phantom.write_enhanced(tmp_path / "e.dcm", shape=SHAPE, spacing=SPACING, noise=0, faults=faults)
    ds = pydicom.dcmread(path)
    shared = ds.SharedFunctionalGroupsSequence[0]
    assert ds.NumberOfFrames == SHAPE[2] - 1 == len(ds.PerFrameFunctionalGroupsSequence)
    for stored, frame in zip(ds.pixel_array, ds.PerFrameFunctionalGroupsSequence, strict=True):
        one = pydicom.Dataset()
        one.Rows, one.Columns = stored.shape
        one.PixelSpacing = shared.PixelMeasuresSequence[0].PixelSpacing
        one.ImageOrientationPatient = shared.PlaneOrientationSequence[0].ImageOrientationPatient
        one.ImagePositionPatient = frame.PlanePositionSequence[0].ImagePositionPatient
        rescale = frame.PixelValueTransformationSequence[0]
        values = stored * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept)
        assert np.abs(values - truth(one)).max() < 1.1
    slopes = [f.PixelValueTransformationSequence[0].RescaleSlope for f in ds.PerFrameFunctionalGroupsSequence]
    assert set(slopes) == {1.0, 0.5}
    ranks = [f.FrameContentSequence[0].InStackPositionNumber for f in ds.PerFrameFunctionalGroupsSequence]
    assert ranks == list(range(SHAPE[2] - 1, 0, -1))


@pytest.mark.slow
@pytest.mark.parametrize("enhanced", [False, True])
def test_simpleitk_sees_the_same(tmp_path: Path, enhanced: bool) -> None:
    itk = pytest.importorskip("SimpleITK")
    volume = phantom.volume(shape=SHAPE, spacing=SPACING)
    if enhanced:
        picture = itk.ReadImage(str(phantom.write_enhanced(tmp_path / "e.dcm", shape=SHAPE, spacing=SPACING)))
    else:
        picture = itk.ReadImage([str(path) for path in write(tmp_path)])
    assert np.array_equal(itk.GetArrayFromImage(picture).T, volume.voxels)
    assert picture.GetSpacing() == pytest.approx(volume.spacing)
    last = tuple(n - 1 for n in SHAPE)
    for corner in ((0, 0, 0), (last[0], 0, 0), (0, last[1], 0), last):
        assert picture.TransformIndexToPhysicalPoint(corner) == pytest.approx(volume.geometry.index_to_world(corner))


@pytest.mark.slow
def test_dcm2niix_sees_the_same(tmp_path: Path) -> None:
    pytest.importorskip("dcm2niix")
    itk = pytest.importorskip("SimpleITK")
    volume = phantom.volume(shape=SHAPE, spacing=SPACING)
    write(tmp_path / "in")
    command = [sys.executable, "-m", "dcm2niix", "-f", "out", "-o", str(tmp_path), str(tmp_path / "in")]
    subprocess.run(command, check=True, capture_output=True)
    picture = itk.ReadImage(str(tmp_path / "out.nii"))  # in LPS, as SimpleITK has it
    for n in (0, 123, 4567):
        index = np.unravel_index(n, SHAPE)
        place = volume.geometry.index_to_world(index)
        assert picture[picture.TransformPhysicalPointToIndex(place.tolist())] == volume.voxels[index]
        back = picture.TransformIndexToPhysicalPoint(picture.TransformPhysicalPointToIndex(place.tolist()))
        assert back == pytest.approx(place, abs=1e-3)


def test_the_writer_is_imported_when_first_asked_for() -> None:
    code = (
        "import sys, viewer3d.phantom as p; print('pydicom' in sys.modules); p.write; print('pydicom' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.slow
def test_many_slices_of_jpeg_2000_are_written_one_by_one(tmp_path: Path) -> None:
    # In a child, because two threads in OpenJPEG's encoder end the process.
    make = "import sys; from viewer3d import phantom; f = phantom.Faults(syntax='JPEG2000Lossless'); "
    make += "phantom.write(sys.argv[1], shape=(128, 128, 40), faults=f)"
    subprocess.run([sys.executable, "-c", make, tmp_path], check=True)
    assert len(list(tmp_path.iterdir())) == 40
