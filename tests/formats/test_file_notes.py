"""Notes on files that do not say where they lie, or say it badly: their kinds, and what is marked."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import viewer3d
from viewer3d import Note, Segmentation, Volume

VALUES = np.arange(24, dtype="<i2").reshape(2, 3, 4)


def nrrd(path: Path, *fields: str) -> Path:
    lines = ("NRRD0004", "type: int16", "dimension: 3", "sizes: 2 3 4", "encoding: raw", "endian: little", *fields)
    path.write_bytes("\n".join((*lines, "", "")).encode() + VALUES.tobytes(order="F"))
    return path


def metaimage(path: Path, *fields: str) -> Path:
    lines = ("ObjectType = Image", "NDims = 3", "DimSize = 2 3 4", "ElementType = MET_SHORT", *fields)
    path.write_bytes("\n".join((*lines, "ElementDataFile = LOCAL", "")).encode() + VALUES.tobytes(order="F"))
    return path


def ids(notes: tuple[Note, ...]) -> list[str]:
    return [one.id for one in notes if one.is_marked]


AXES = "space directions: (1,0,0) (0,1,0) (0,0,1)"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (("space dimension: 3", AXES), ["file.no_origin", "file.space_assumed"]),
        (("space: left-posterior-superior", AXES), ["file.no_origin"]),
        (("spacings: 1 1 1",), ["file.no_place"]),
        (("space: left-posterior-superior", AXES, "space origin: (0,0,0)"), []),
    ],
)
def test_nrrd(fields: tuple[str, ...], wanted: list[str], tmp_path: Path) -> None:
    volume = viewer3d.load(nrrd(tmp_path / "a.nrrd", *fields))
    assert ids(volume.notes) == wanted
    assert all(one.severity == "serious" for one in volume.notes if one.is_marked)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (("TransformMatrix = 1 0 0 0 1 0 0 0 1",), ["file.no_spacing"]),
        (("ElementSpacing = 1 1 1",), ["file.no_place"]),
        (("TransformMatrix = 1 0 0 0 1 0 0 0 1", "ElementSpacing = 1 1 1"), []),
        (
            ("TransformMatrix = 1 0 0 0 1 0 0 0 1", "ElementSpacing = 1 1 1", "AnatomicalOrientation = LPS"),
            ["file.orientation_conflict"],
        ),
    ],
)
def test_metaimage(fields: tuple[str, ...], wanted: list[str], tmp_path: Path) -> None:
    assert ids(viewer3d.load(metaimage(tmp_path / "a.mha", *fields)).notes) == wanted


def test_nifti_of_two_places_of_which_one_is_none(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(VALUES, np.eye(4))
    image.header.set_qform(np.eye(4), 1)
    image.header["sform_code"] = 1
    for row in "xyz":
        image.header[f"srow_{row}"] = 0
    image = nibabel.Nifti1Image(VALUES, None, image.header)
    nibabel.save(image, tmp_path / "a.nii")
    notes = viewer3d.load(tmp_path / "a.nii").notes
    assert ids(notes) == ["file.bad_place"]
    assert notes[0] == "The sform of the file is no grid; its qform was taken."


def test_what_nifti_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "a.bval").write_text("0 1000\n")
    volume = Volume.from_array(VALUES, np.eye(4))
    saved = viewer3d.save(volume, tmp_path / "a.nii")
    assert [one.id for one in saved.notes] == ["written.stale"]
    weighted = [volume.with_info(which={"b_value": b}) for b in (0.0, 1000.0)]
    saved = viewer3d.save(weighted, tmp_path / "b.nii")
    assert [one.id for one in saved.notes] == ["written.no_directions"]


def test_labels_lose_fractions(tmp_path: Path) -> None:
    labels = Segmentation.from_array(np.ones((2, 3, 4), int), np.eye(4))
    part = viewer3d.Fractions(np.full((2, 3, 4), 200, np.uint8), 0, 255, "PROBABILITY")
    with_fractions = Segmentation(labels.labels, labels.geometry, labels.segments, labels.info, {1: part})
    for name in ("a.nii", "a.seg.nrrd"):
        saved = viewer3d.save(with_fractions, tmp_path / name)
        assert "written.fractions_lost" in [one.id for one in saved.notes]
