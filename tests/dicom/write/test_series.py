"""A volume as a derived series: where it was, of the same values, with the headers of its source or without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import Saved, Volume, load, phantom
from viewer3d.errors import ChoiceError, GeometryError, OutputError, ViewError
from viewer3d.phantom import Faults

SMALL: dict[str, Any] = {"shape": (14, 12, 6), "spacing": (20.0, 22.0, 40.0)}
MM = 1e-3


def headers(saved: Saved) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in saved.files]


def assert_is_where_it_was(volume: Volume, found: Volume, error: float = 0.0) -> None:
    assert found.shape == volume.shape
    assert np.abs(found.geometry.corners - volume.geometry.corners).max() < MM
    assert np.abs(found.voxels.astype(np.float64) - volume.voxels).max() <= error * (1 + 1e-5)
    assert found.unit == volume.unit
    assert found.modality == volume.modality
    assert found.frame_of_reference == volume.frame_of_reference


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    write_phantom(tmp_path / "ct", **SMALL)
    return tmp_path / "ct"


def test_a_cropped_volume_comes_back_with_the_headers_of_its_source(ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    cropped = volume.crop((slice(2, 10), slice(1, 9), slice(1, 5)))
    saved = viewer3d.save(cropped, f"{tmp_path / 'out'}/", source=ct)
    assert saved.path == tmp_path / "out"
    assert [path.name for path in saved.files] == [f"IM000{n}.dcm" for n in (1, 2, 3, 4)]
    found = load(tmp_path / "out")
    assert_is_where_it_was(cropped, found)
    assert found.window == volume.window
    assert found.patient_position == "HFS"
    assert found.notes == ()
    before = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, sorted(ct.iterdir()))}
    first = next(iter(before.values()))
    for n, one in enumerate(headers(saved), 1):
        assert one.ImageType == ["DERIVED", "SECONDARY", "AXIAL"]
        assert "cropped" in one.DerivationDescription
        assert "cropped" in one.SeriesDescription
        assert (one.RescaleSlope, one.RescaleIntercept, one.RescaleType) == (1, 0, "HU")
        assert (one.PatientName, one.PatientID, one.StudyInstanceUID) == (
            first.PatientName,
            first.PatientID,
            first.StudyInstanceUID,
        )
        assert (one.KVP, one.ConvolutionKernel, one.StudyDate) == (
            first.KVP,
            first.ConvolutionKernel,
            first.StudyDate,
        )
        assert one.SOPInstanceUID not in before
        assert one.SeriesInstanceUID != first.SeriesInstanceUID
        assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID
        assert one.InstanceNumber == n
        assert one.SeriesNumber == first.SeriesNumber + 1000
        (source,) = (before[item.ReferencedSOPInstanceUID] for item in one.SourceImageSequence)
        assert source.ImagePositionPatient[2] == pytest.approx(one.ImagePositionPatient[2])
        assert "GantryDetectorTilt" not in one
    assert len({one.SOPInstanceUID for one in headers(saved)}) == 4
    assert len({one.SeriesInstanceUID for one in headers(saved)}) == 1


@pytest.mark.parametrize("like", ["oblique", "sagittal", "coarse"])
def test_a_resampled_volume_is_where_it_was(ct: Path, tmp_path: Path, like: str) -> None:
    volume = load(ct)
    if like == "coarse":
        changed = volume.resample(spacing=(30, 31, 50))
    else:
        a = np.radians(25)
        turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        turn = turn if like == "oblique" else np.array([[0.0, 0, -1], [1, 0, 0], [0, -1, 0]])
        changed = volume.resample(like=phantom.volume(**SMALL, direction=turn).geometry)
    saved = viewer3d.save(changed, f"{tmp_path / 'out'}/", source=ct, description="Reformatted", series_number=77)
    found = load(tmp_path / "out")
    assert_is_where_it_was(changed, found)
    assert found.description == "Reformatted"
    one = headers(saved)[0]
    assert one.SeriesNumber == 77
    assert len(one.SourceImageSequence) == {"sagittal": 6}.get(like, len(one.SourceImageSequence))


def test_a_tilted_series_becomes_upright(tmp_path: Path) -> None:
    write_phantom(tmp_path / "in", **SMALL, faults=Faults(tilt=15))
    volume = load(tmp_path / "in")
    saved = viewer3d.save(volume, f"{tmp_path / 'out'}/", source=tmp_path / "in")
    assert_is_where_it_was(volume, load(tmp_path / "out"))
    assert any("which voxels were measured" in note for note in saved.notes)


def test_values_of_pet_differ_by_no_more_than_is_told(tmp_path: Path) -> None:
    phantom.write_pet(tmp_path / "in", shape=(12, 11, 5), spacing=(24, 26, 60))
    volume = load(tmp_path / "in").resample(spacing=(20, 20, 50))
    assert volume.voxels.dtype == np.float32
    saved = viewer3d.save(volume, f"{tmp_path / 'out'}/", source=tmp_path / "in")
    (told,) = (note for note in saved.notes if "differ by at most" in note)
    assert "SUVbw from those of the volume" in told
    assert_is_where_it_was(volume, load(tmp_path / "out"), float(told.split("at most ")[1].split()[0]) * 1.01)
    for n, one in enumerate(headers(saved), 1):
        assert (one.Units, one.SUVType, one.RescaleIntercept) == ("GML", "BW", 0)
        assert (one.NumberOfSlices, one.ImageIndex) == (volume.shape[2], n)
        assert one.ImageType == ["DERIVED", "PRIMARY"]
        assert (one.DecayCorrection, one.SeriesDate) == ("START", "20200102")
    odd = Volume(volume.voxels, volume.geometry, "mm", volume.info)
    with pytest.raises(OutputError, match="values in mm, for which PET has no word"):
        viewer3d.save(odd, f"{tmp_path / 'odd'}/", source=tmp_path / "in")


def test_an_enhanced_source_gives_single_frames(tmp_path: Path) -> None:
    phantom.write_enhanced(tmp_path / "in.dcm", **SMALL)
    volume = load(tmp_path / "in.dcm")
    saved = viewer3d.save(volume, f"{tmp_path / 'out'}/", source=tmp_path / "in.dcm")
    assert_is_where_it_was(volume, load(tmp_path / "out"))
    for n, one in enumerate(headers(saved), 1):
        assert one.SOPClassUID == pydicom.uid.CTImageStorage
        assert [item.ReferencedFrameNumber for item in one.SourceImageSequence] == [n]
        assert "SharedFunctionalGroupsSequence" not in one
        assert "DimensionIndexSequence" not in one


def test_without_identity_nothing_of_patient_and_study_is_left(ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    saved = viewer3d.save(volume, f"{tmp_path / 'out'}/", source=ct, identify=False)
    source = pydicom.dcmread(sorted(ct.iterdir())[0])
    texts = [str(source.PatientName), source.PatientID, source.StudyDate, source.StudyDescription, "Synthetic"]
    texts += [str(element.value) for element in source if element.VR == "UI" and element.keyword != "SOPClassUID"]
    for path in saved.files:
        content = path.read_bytes()
        for text in texts:
            assert text.encode() not in content, text
    one = headers(saved)[0]
    assert (one.PatientName, one.PatientID, one.StudyDate) == ("", "", "")
    assert one.PatientIdentityRemoved == "YES"
    assert "SourceImageSequence" not in one
    assert (one.KVP, one.ConvolutionKernel) == (120, "SOFT")
    assert any("all UIDs are new" in note for note in saved.notes)
    found = load(tmp_path / "out")
    assert np.array_equal(found.voxels, volume.voxels)
    assert found.frame_of_reference not in ("", volume.frame_of_reference)
    assert any(
        "hold patient and study" in note for note in viewer3d.save(volume, f"{tmp_path / 'b'}/", source=ct).notes
    )


def test_what_images_do_not_share_and_private_attributes_are_not_taken_over(ct: Path, tmp_path: Path) -> None:
    for n, path in enumerate(sorted(ct.iterdir())):
        one = pydicom.dcmread(path)
        one.XRayTubeCurrent = 100 + n
        one.PatientComments = "Größe"
        one.SpecificCharacterSet = "ISO_IR 100"
        one.BurnedInAnnotation = "YES" if n == 3 else "NO"
        one.private_block(0x0009, "SOMEBODY", create=True).add_new(1, "LO", "secret")
        one.save_as(path)
    saved = viewer3d.save(load(ct), f"{tmp_path / 'out'}/", source=ct)
    for one in headers(saved):
        assert "XRayTubeCurrent" not in one
        assert one.PatientComments == "Größe"
        assert one.SpecificCharacterSet == "ISO_IR 192"
        assert one.BurnedInAnnotation == "YES"
        assert not [element for element in one if element.tag.is_private]


def test_a_source_that_does_not_fit_is_refused(ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    out = f"{tmp_path / 'out'}/"
    with pytest.raises(OutputError, match="give source=PATH"):
        viewer3d.save(volume, out)
    with pytest.raises(OutputError, match="nothing tells its 2 volumes apart"):
        viewer3d.save([volume, volume], out, source=ct)
    with pytest.raises(ViewError, match="save to a folder has no option 'sidecar'"):
        viewer3d.save(volume, out, source=ct, sidecar=False)
    with pytest.raises(GeometryError, match="in another frame of reference than the volume"):
        viewer3d.save(volume.with_info(frame_of_reference="1.2.3"), out, source=ct)
    write_phantom(tmp_path / "two", **SMALL, faults=Faults(second_series=True))
    other = volume.with_info(provenance=None)
    with pytest.raises(ChoiceError, match="holds 2 series, and the volume was read from none of them"):
        viewer3d.save(other.resample(30), out, source=tmp_path / "two")
    assert not (tmp_path / "out").exists()
    saved = viewer3d.save(other, out, source=ct)
    assert any("was not read from its source" in note for note in saved.notes)
    saved = viewer3d.save(other, f"{tmp_path / 'on grid'}/", source=tmp_path / "two")
    items = {item.ReferencedSOPInstanceUID for one in headers(saved) for item in one.SourceImageSequence}
    (same,) = (one for one in viewer3d.scan(tmp_path / "two") if load(one).shape == volume.shape)
    assert items == {frame.sop_uid for frame in same.frames}
    thick = load(tmp_path / "two", series=3)
    saved = viewer3d.save(thick, f"{tmp_path / 'thick'}/", source=tmp_path / "two")
    assert load(saved.path).description == "Thick slices (derived)"


def test_a_folder_is_new_or_empty_and_whole_or_not_there(
    ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = load(ct)
    with pytest.raises(OutputError, match="the folder holds files already"):
        viewer3d.save(volume, ct, source=ct)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        viewer3d.save(volume, f"{tmp_path / 'file'}/", source=ct)
    with pytest.raises(OutputError, match="there is no folder"):
        viewer3d.save(volume, f"{tmp_path / 'no' / 'out'}/", source=ct)
    there = sorted(tmp_path.iterdir())
    calls: list[tuple[str, int, int]] = []

    def stop(stage: str, done: int, total: int) -> None:
        calls.append((stage, done, total))
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        viewer3d.save(volume, f"{tmp_path / 'out'}/", source=ct, progress=stop)
    assert calls == [("writing", n, 6) for n in (1, 2, 3)]
    assert sorted(tmp_path.iterdir()) == there
    (tmp_path / "empty").mkdir()
    assert len(viewer3d.save(volume, tmp_path / "empty", source=ct).files) == 6
    assert len(list((tmp_path / "empty").iterdir())) == 6
