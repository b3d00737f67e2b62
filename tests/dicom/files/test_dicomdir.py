"""DICOMDIRs: names in small letters, references that leave their folder, and damage."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from pydicom import DataElement, Dataset, dcmwrite, uid
from pydicom.config import IGNORE
from pydicom.dataset import FileMetaDataset

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.errors import BadFileError

SHAPE = (16, 14, 6)


def write_dicomdir(place: Path, references: list[list[str] | str]) -> Path:
    """Write a DICOMDIR by hand: what files of others say need not be what pydicom would write."""
    records = []
    for reference in references:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.add(DataElement(0x00041500, "CS", reference, validation_mode=IGNORE))
        records.append(record)
    patient = Dataset()
    patient.DirectoryRecordType = "PATIENT"
    dataset = Dataset()
    dataset.DirectoryRecordSequence = [patient, *records]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = uid.MediaStorageDirectoryStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    dcmwrite(place / "DICOMDIR", dataset, enforce_file_format=True)
    return place / "DICOMDIR"


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """Return a folder with a series below it whose names have small letters."""
    place = tmp_path / "disc"
    paths = write_phantom(place / "images" / "ser1", shape=SHAPE, spacing=(20, 20, 20))
    for number, path in enumerate(paths):
        path.rename(path.with_name(f"im{number}"))
    return place


IDS: list[list[str] | str] = [["IMAGES", "SER1", f"IM{number}"] for number in range(SHAPE[2])]


@pytest.mark.parametrize("called", ["DICOMDIR", "dicomdir"])
def test_files_whose_names_have_small_letters_are_found(
    called: str, disc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_dicomdir(disc, [*IDS, IDS[0]]).rename(disc / called)
    truth = viewer3d.load(disc / "images")
    volume = viewer3d.load(path)
    assert np.array_equal(volume.voxels, truth.voxels)
    assert volume.notes == truth.notes  # a file that is named twice is one
    monkeypatch.chdir(disc)
    assert viewer3d.load(called).shape == SHAPE
    # What has exactly the name goes first.
    (disc / "IMAGES").mkdir(exist_ok=True)
    (disc / "IMAGES" / "SER1").mkdir(exist_ok=True)
    (disc / "IMAGES" / "SER1" / "IM0").write_bytes(b"no")
    assert viewer3d.scan(path).refused_reasons == {"not DICOM": 1}


def test_references_that_leave_the_folder_are_refused(disc: Path, tmp_path: Path) -> None:
    (outside,) = write_phantom(tmp_path / "outside", shape=(*SHAPE[:2], 2), spacing=(20, 20, 20))[:1]
    leaving: list[list[str] | str] = [
        ["..", "outside", outside.name],
        str(outside),
        ["IMAGES", "..", "..", "outside", outside.name],
        ["C:", "x"],
        f"../outside/{outside.name}",
        ["."],
    ]
    path = write_dicomdir(disc, [*leaving[:3], *IDS, *leaving[3:]])
    found = viewer3d.scan(path)
    assert found.refused_reasons == {"a DICOMDIR's reference to a place outside of its folder": len(leaving)}
    assert found.refused[0].name == f"{path}: ../outside/{outside.name}"
    assert [series.files for series in found] == [SHAPE[2]]
    assert np.array_equal(viewer3d.load(path).voxels, viewer3d.load(disc / "images").voxels)


def test_a_file_that_is_named_and_not_there_may_be_a_slice(disc: Path) -> None:
    path = write_dicomdir(disc, [*IDS, ["IMAGES", "SER1", "IM9"], ["OTHER", "IM1"]])
    reason = "the DICOMDIR names it, and it is not there"
    assert viewer3d.scan(path).refused_reasons == {reason: 2}
    (disc / "images").rename(disc / "IMAGES")
    (disc / "IMAGES" / "ser1").rename(disc / "IMAGES" / "SER1")
    with pytest.raises(BadFileError, match=rf"IMAGES/SER1/IM9: {reason}; .*skip_bad"):
        viewer3d.load(path)
    assert viewer3d.load(path, skip_bad=True).shape == SHAPE


@pytest.mark.parametrize(
    "content", [b"no", b"", bytes(128) + b"DICM" + bytes(8 << 20), bytes(128) + b"DICM" + b"\xff" * 5000]
)
def test_a_dicomdir_that_is_damaged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_bytes(content)
    begun = time.process_time()
    with pytest.raises(
        BadFileError, match=r"DICOMDIR: not a DICOMDIR that can be read \(.*\); give its folder instead"
    ):
        viewer3d.scan(tmp_path / "DICOMDIR")
    assert time.process_time() - begun < 5


def test_every_cut_of_a_dicomdir_is_read_or_told(disc: Path) -> None:
    path = write_dicomdir(disc, IDS)
    whole = path.read_bytes()
    ends = range(130, len(whole), 7)
    read, told = 0, []
    for end in ends:
        path.write_bytes(whole[:end])
        try:
            found = viewer3d.scan(path)
        except BadFileError as error:
            told.append(str(error))
        else:
            read += 1
            assert sum(series.files for series in found) <= SHAPE[2]
    assert all(one.startswith(f"{path}: not a DICOMDIR that can be read") for one in told)
    assert read + len(told) == len(ends)
    assert told
