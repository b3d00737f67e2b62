"""What files are one series, and what parts them: patients, frames of reference, studies, Series UIDs that differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pydicom import Dataset

import viewer3d
from tests.dicom.small import firsts, image, save
from viewer3d.cli import main
from viewer3d.dicom.headers.attributes import decode
from viewer3d.errors import ChoiceError, NoVolumeError


def pair(**tags: tuple[object, object]) -> list[Dataset]:
    """Two stacks of four slices, 4 mm apart, the second 2 mm higher and of values from 1000 on."""
    return [
        image(
            1000 * half + 10 * k, (10, -20, 4 * k + 2 * half), **{name: values[half] for name, values in tags.items()}
        )
        for half in (0, 1)
        for k in range(4)
    ]


def assert_two(folder: Path, name: str) -> None:
    volumes = viewer3d.load_all(folder)
    assert [firsts(volume) for volume in volumes] == [[0, 10, 20, 30], [1000, 1010, 1020, 1030]]
    assert [volume.affine[2, 3] for volume in volumes] == [0, 2]
    assert [volume.spacing[2] for volume in volumes] == [4, 4]
    assert [volume.which for volume in volumes] == [{name: 1.0}, {name: 2.0}]
    with pytest.raises(ChoiceError, match=name.replace("_", "-")):
        viewer3d.load(folder)
    assert firsts(viewer3d.load(folder, stack=2))[0] == 1000


def test_two_frames_of_reference_are_two_volumes(tmp_path: Path) -> None:
    assert_two(save(tmp_path, pair(FrameOfReferenceUID=("1.2.8.1", "1.2.8.2"))), "frame_of_reference")


def test_two_patients_are_two_volumes_without_any_uid(tmp_path: Path) -> None:
    images = pair(PatientID=("a", "b"), StudyInstanceUID=(None, None), SeriesInstanceUID=(None, None))
    assert_two(save(tmp_path, images), "patient")


def test_two_patients_are_two_volumes_within_one_series_uid(tmp_path: Path) -> None:
    assert_two(save(tmp_path, pair(PatientID=("a", "b"))), "patient")


def test_a_name_tells_patients_apart_where_there_is_no_id(tmp_path: Path) -> None:
    assert_two(save(tmp_path, pair(PatientName=("A^B", "C^D"))), "patient")


@pytest.mark.parametrize(
    "tags",
    [
        {"PatientID": ("7", "7"), "PatientName": ("Doe^Jane", "DOE^JANE")},
        {"PatientID": ("7", None), "PatientName": ("Doe^Jane", "Doe^Jane")},
        {"PatientID": ("7", "7 "), "PatientName": ("A", None)},
        {"PatientID": ("7", None)},
        {"FrameOfReferenceUID": ("1.2.8", None)},
    ],
)
def test_one_patient_written_in_two_ways_is_one(tags: dict[str, tuple[object, object]], tmp_path: Path) -> None:
    volume = viewer3d.load(save(tmp_path, pair(**tags)))
    assert firsts(volume) == [0, 1000, 10, 1010, 20, 1020, 30, 1030]
    assert volume.spacing[2] == 2


def test_who_the_patient_is_is_nowhere(tmp_path: Path) -> None:
    folder = save(tmp_path, pair(PatientID=("secret1", "secret2"), PatientName=("Hidden^One", "Hidden^Two")))
    found = viewer3d.scan(folder)
    said = repr(found) + repr(found[0].stacks[0].frames[0]) + str(found[0].tags.patient)
    said += repr(viewer3d.load_all(found)) + " ".join(viewer3d.load_all(found)[0].notes)
    assert not any(word in said for word in ("secret", "Hidden"))


def test_names_in_any_letters_are_one_however_they_are_read(tmp_path: Path) -> None:
    """The short path, pydicom, and a dataset whose name was asked for before make the same token."""
    tags = {"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller^Änne", "PatientID": "ü1"}
    images = [image(k, (0, 0, 3 * k), **tags) for k in range(4)]
    big = [image(k, (0, 0, 3 * k), **tags) for k in range(4, 6)]
    for one in big:
        one.add_new(0x00283000, "SQ", [])  # what only pydicom reads
    folder = save(tmp_path, [*images, *big])
    assert viewer3d.load(folder).shape == (8, 6, 6)
    asked = [(one.PatientName, one.PatientID) for one in images[:2]]
    assert len(asked) == 2
    from pydicom import dcmread

    read = [dcmread(path) for path in sorted(folder.iterdir())]
    assert str(read[0].PatientName) == "Müller^Änne"
    assert read[1].PatientID == "ü1"
    assert viewer3d.load(read).shape == (8, 6, 6)


def test_a_token_is_no_word_and_no_hash_that_could_be_looked_up() -> None:
    import hashlib

    (token,) = decode(b"7-42 ", "token") or ()
    assert decode(b"7-42", "token") == (token,)
    assert token != hashlib.blake2b(b"7-42", digest_size=16).hexdigest()
    assert decode(b"  ", "token") is None


def test_a_frame_of_reference_for_each_slice_of_an_even_stack_parts_nothing(tmp_path: Path) -> None:
    images = [image(10 * k, (0, 0, 3 * k), FrameOfReferenceUID=f"1.2.8.{k}") for k in range(5)]
    volume = viewer3d.load(save(tmp_path / "even", images))
    assert firsts(volume) == [0, 10, 20, 30, 40]
    assert any("5 frames of reference" in note for note in volume.notes)
    missing = viewer3d.load(save(tmp_path / "missing", [*images[:3], *images[4:]]))
    assert missing.shape == (8, 6, 5)
    images[3].ImagePositionPatient = [0, 0, 10.3]
    with pytest.raises(NoVolumeError, match="single image"):
        viewer3d.load(save(tmp_path / "uneven", images))


def test_one_series_uid_in_several_studies_is_one_series_and_noted(tmp_path: Path) -> None:
    images = [image(10 * k, (0, 0, 3 * k), StudyInstanceUID=f"1.2.7.{k}") for k in range(5)]
    found = viewer3d.scan(save(tmp_path, images))
    assert len(found) == 1
    volume = viewer3d.load(found)
    assert firsts(volume) == [0, 10, 20, 30, 40]
    assert "The 5 images name 5 studies; they are one series by their Series Instance UID." in volume.notes


def test_studies_that_collide_are_two_volumes(tmp_path: Path) -> None:
    images = pair(StudyInstanceUID=("1.2.7.1", "1.2.7.2"))
    for one in images[4:]:
        one.ImagePositionPatient[2] -= 2
    volumes = viewer3d.load_all(save(tmp_path, images))
    assert [firsts(volume) for volume in volumes] == [[0, 10, 20, 30], [1000, 1010, 1020, 1030]]
    assert [volume.which for volume in volumes] == [{"study": 1.0}, {"study": 2.0}]


def test_files_without_uids_belong_together_by_number_and_modality(tmp_path: Path) -> None:
    images = pair(SeriesInstanceUID=(None, None), StudyInstanceUID=(None, None), SeriesNumber=(1, 2))
    found = viewer3d.scan(save(tmp_path, images))
    assert [series.number for series in found] == [1, 2]


@pytest.fixture
def scattered(tmp_path: Path) -> Path:
    """Five slices of one stack, each of a series of its own."""
    images = [image(10 * k, (0, 0, 3 * k), SeriesInstanceUID=f"1.2.9.{k}", SeriesNumber=k + 1) for k in range(5)]
    return save(tmp_path / "scattered", images)


def test_series_uids_that_differ_in_each_slice_are_offered_and_loaded_as_one(scattered: Path, tmp_path: Path) -> None:
    says = r"5 images of 5 series follow on in even steps of 3 mm.*series='\*' \(--series '\*'\)"
    with pytest.raises(NoVolumeError, match=says):
        viewer3d.load(scattered)
    with pytest.raises(NoVolumeError, match=says):
        viewer3d.load_all(scattered)
    volume = viewer3d.load(scattered, series="*")
    assert firsts(volume) == [0, 10, 20, 30, 40]
    assert volume.spacing == (0.75, 1.5, 3)
    assert '5 images of 5 series were loaded as one, as series="*" asks.' in volume.notes
    assert len(viewer3d.load_all(scattered, series="*")) == 1
    told = CliRunner().invoke(main, ["info", str(scattered), "--series", "*"])
    assert told.exit_code == 0
    assert "5" in told.output


def test_what_is_not_one_even_stack_is_not_offered(scattered: Path) -> None:
    from pydicom import dcmread

    path = scattered / "002.dcm"
    odd = dcmread(path)
    odd.ImagePositionPatient = [0, 0, 7.2]
    odd.save_as(path)
    with pytest.raises(NoVolumeError, match="single image") as error:
        viewer3d.load(scattered)
    assert "series='*'" not in str(error.value)


def test_all_images_as_one_series_still_part_patients_and_planes(tmp_path: Path) -> None:
    images = pair(PatientID=("a", "b"), SeriesInstanceUID=("1.2.9.1", "1.2.9.2"))
    with pytest.raises(ChoiceError, match=r"--series '\*' --stack 1.*patient 1"):
        viewer3d.load(save(tmp_path, images), series="*")


def test_a_picture_of_joined_series_is_made_again(scattered: Path, tmp_path: Path) -> None:
    volume = viewer3d.load(scattered, series="*")
    viewer3d.screenshot(volume, tmp_path / "a.png", view="axial", size=(120, 100))
    assert viewer3d.replay(tmp_path / "a.png", scattered).verdict == "identical"
    assert np.isfinite(volume.voxels).all()
