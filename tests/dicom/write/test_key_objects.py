"""Key images as a Key Object Selection: which images it refers to, as pydicom and highdicom read it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

import viewer3d
from tests.dicom.write.dciodvfy import errors_of
from tests.phantom_files import write_phantom
from viewer3d import KeyImage, Slab, Window, load
from viewer3d.errors import OutputError

pytestmark = pytest.mark.slow
highdicom = pytest.importorskip("highdicom")

SMALL: dict[str, Any] = {"shape": (14, 12, 6), "spacing": (20.0, 22.0, 40.0)}
AXES = ((0.8, 0.0, 0.6), (0.0, 1.0, 0.0), (-0.6, 0.0, 0.8))


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "ct"
    write_phantom(folder, **SMALL)
    return folder


def axial(folder: Path, k: int, **changes: Any) -> KeyImage:
    """The slice through voxels of an index along z, a third of a step off."""
    x, y, z = load(folder).geometry.index_to_world((3.0, 3.0, k + 1 / 3))
    return replace(KeyImage("axial", (float(x), float(y), float(z)), Window(40, 400)), **changes)


def by_height(folder: Path) -> list[pydicom.Dataset]:
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in folder.rglob("*") if path.is_file()]
    return sorted(headers, key=lambda one: float(one.ImagePositionPatient[2]))


def test_it_refers_to_the_images_that_were_marked_in_their_order(ct: Path, tmp_path: Path) -> None:
    marked = (axial(ct, 4), axial(ct, 1, name="Zyste"))
    saved = viewer3d.save(marked, tmp_path / "key.dcm", volume=load(ct), source=ct)
    assert [note.id for note in saved.notes] == ["written.identified"]
    made = pydicom.dcmread(saved.path)
    images = by_height(ct)
    assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.88.59"
    assert (made.Modality, made.SeriesDescription, made.PatientID) == ("KO", "Key images", images[0].PatientID)
    assert made.StudyInstanceUID == images[0].StudyInstanceUID
    referred = [
        (one.ReferencedSOPSequence[0].ReferencedSOPClassUID, one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
        for one in made.ContentSequence
        if one.ValueType == "IMAGE"
    ]
    assert referred == [(images[k].SOPClassUID, images[k].SOPInstanceUID) for k in (4, 1)]
    (told,) = [one.TextValue for one in made.ContentSequence if one.ValueType == "TEXT"]
    assert told == "2: Zyste"
    assert made.ConceptNameCodeSequence[0].CodeValue == "113000"
    (study,) = made.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == images[0].SeriesInstanceUID
    assert {one.ReferencedSOPInstanceUID for one in series.ReferencedSOPSequence} == {uid for _, uid in referred}
    read = highdicom.ko.KeyObjectSelectionDocument.from_dataset(made)
    assert len(read.content.get_references(value_type=highdicom.sr.ValueTypeValues.IMAGE)) == 2
    assert errors_of(saved.path) == set()


def test_what_is_no_image_of_the_series_is_left_out_with_a_note(ct: Path, tmp_path: Path) -> None:
    marked = (
        axial(ct, 2, slab=Slab(80, "mean")),
        axial(ct, 2, plane="coronal"),
        axial(ct, 3),
        axial(ct, 2, axes=AXES),
    )
    saved = viewer3d.save(marked, tmp_path / "key.dcm", volume=load(ct), source=ct)
    told = [str(note) for note in saved.notes if note.id == "written.no_image"]
    assert [text.split(":")[0] for text in told] == ["Key image 1", "Key image 2", "Key image 4"]
    made = pydicom.dcmread(saved.path)
    (image,) = [one for one in made.ContentSequence if one.ValueType == "IMAGE"]
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == by_height(ct)[3].SOPInstanceUID
    with pytest.raises(OutputError, match="none of 1 key images is an image of the series"):
        viewer3d.save([marked[1]], tmp_path / "no.dcm", volume=load(ct), source=ct)
    assert not (tmp_path / "no.dcm").exists()


def test_names_stand_beside_the_numbers_that_the_window_tells(ct: Path, tmp_path: Path) -> None:
    marked = (axial(ct, 2, slab=Slab(80, "mean")), axial(ct, 2, axes=AXES), axial(ct, 1, name="Zyste"))
    made = pydicom.dcmread(viewer3d.save(marked, tmp_path / "key.dcm", volume=load(ct), source=ct).path)
    assert [one.TextValue for one in made.ContentSequence if one.ValueType == "TEXT"] == ["3: Zyste"]


def test_a_slice_that_leans_a_little_is_no_image(ct: Path, tmp_path: Path) -> None:
    s, c = np.sin(np.radians(1.5)), np.cos(np.radians(1.5))
    leaning = ((float(c), 0.0, float(s)), (0.0, 1.0, 0.0), (-float(s), 0.0, float(c)))
    with pytest.raises(OutputError, match="none of 1 key images is an image of the series"):
        viewer3d.save([axial(ct, 2, axes=leaning)], tmp_path / "key.dcm", volume=load(ct), source=ct)
    # Cosines of six digits lean by less.
    s = 1e-6
    close = ((1.0, 0.0, s), (0.0, 1.0, 0.0), (-s, 0.0, 1.0))
    assert viewer3d.save([axial(ct, 2, axes=close)], tmp_path / "key.dcm", volume=load(ct), source=ct).path.exists()


def test_of_a_multi_frame_image_it_names_the_frames(tmp_path: Path) -> None:
    from viewer3d import phantom

    folder = tmp_path / "enhanced.dcm"
    phantom.write_enhanced(folder, **SMALL)
    volume = load(folder)
    x, y, z = volume.geometry.index_to_world((3.0, 3.0, 2.0))
    one = KeyImage("axial", (float(x), float(y), float(z)), Window(40, 400))
    saved = viewer3d.save([one], tmp_path / "key.dcm", volume=volume, source=folder)
    (image,) = [item for item in pydicom.dcmread(saved.path).ContentSequence if item.ValueType == "IMAGE"]
    source = pydicom.dcmread(folder)
    reference = image.ReferencedSOPSequence[0]
    number = int(reference.ReferencedFrameNumber) - 1
    place = source.PerFrameFunctionalGroupsSequence[number].PlanePositionSequence[0].ImagePositionPatient
    assert float(place[2]) == pytest.approx(float(z))


def test_what_is_missing_is_said(ct: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"give volume=.*source=PATH"):
        viewer3d.save([axial(ct, 1)], tmp_path / "key.dcm")
    with pytest.raises(OutputError, match="of volume 3 of a set, and 1 were given"):
        viewer3d.save([axial(ct, 1, member=2)], tmp_path / "key.dcm", volume=load(ct), source=ct)
