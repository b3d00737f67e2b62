from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.dicom.images.made_images import RADIOGRAPH, ULTRASOUND, dataset, picture, write

GREY = np.arange(24 * 32, dtype=np.uint16).reshape(1, 24, 32)


@pytest.mark.parametrize(
    ("modality", "elements", "spacing", "why"),
    [
        ("CR", {"ImagerPixelSpacing": [0.2, 0.1]}, None, "that of the detector"),
        ("DX", {"ImagerPixelSpacing": [0.2, 0.1], "PixelSpacing": [0.2, 0.1]}, None, "that of the detector"),
        ("DX", {"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.15, 0.1]}, (0.1, 0.15), "Pixel Spacing"),
        ("XA", {"PixelSpacing": [0.3, 0.2], "PixelSpacingCalibrationType": "FIDUCIAL"}, (0.2, 0.3), "FIDUCIAL"),
        ("CR", {"PixelSpacing": [0.3, 0.2]}, None, "of the detector or of the patient"),
        ("MG", {}, None, "the files have no spacing"),
        ("NM", {"PixelSpacing": [4.0, 3.0]}, (3.0, 4.0), "Pixel Spacing (0028,0030)"),
        ("US", {"PixelSpacing": [0.3, 0.2]}, None, "region by region"),
        ("OT", {"NominalScannedPixelSpacing": [0.3, 0.2]}, None, "a film or page"),
        ("OT", {}, None, "no Pixel Spacing"),
    ],
)
def test_mm_are_said_as_the_standard_allows(
    modality: str, elements: dict[str, Any], spacing: tuple[float, float] | None, why: str, tmp_path: Path
) -> None:
    image = viewer3d.load_image(write(dataset(GREY, modality, RADIOGRAPH, **elements), tmp_path / "a.dcm"))
    assert image.spacing == spacing
    assert image.length_unit == ("px" if spacing is None else "mm")
    assert why in image.spacing_from
    said = [note for note in image.notes if note.id == "images.no_mm"]
    assert [why in note for note in said] == ([] if spacing else [True])


@pytest.mark.parametrize(
    ("elements", "aspect"),
    [({"PixelAspectRatio": [2, 1]}, 2.0), ({"ImagerPixelSpacing": [0.2, 0.1]}, 2.0), ({}, 1.0)],
)
def test_pixels_are_as_high_as_the_files_say(elements: dict[str, Any], aspect: float, tmp_path: Path) -> None:
    assert viewer3d.load_image(write(dataset(GREY, "CR", **elements), tmp_path / "a.dcm")).aspect == aspect


def test_sides_are_those_of_patient_orientation_and_no_others(tmp_path: Path) -> None:
    known = dataset(GREY, "DX", PatientOrientation=["L", "FP"])
    assert viewer3d.load_image(write(known, tmp_path / "a.dcm")).sides == (("L", "FP"),)
    for value in (["X", "F"], ["L"], "LF", None):
        other = dataset(GREY, "DX", PatientOrientation=value)
        assert viewer3d.load_image(write(other, tmp_path / "a.dcm")).sides == ()


def test_grey_frames_are_in_their_unit_with_their_windows(tmp_path: Path) -> None:
    frames = np.stack([GREY[0], GREY[0] + 7])
    elements = {"RescaleSlope": 2, "RescaleIntercept": -100, "WindowCenter": 50, "WindowWidth": 400}
    made = dataset(frames, "XA", ULTRASOUND, PhotometricInterpretation="MONOCHROME1", **elements)
    image = viewer3d.load_image(write(made, tmp_path / "a.dcm"))
    np.testing.assert_array_equal(image.pixels, 2 * frames.astype(int) - 100)
    assert image.inverted
    assert [(one.center, one.width) for one in image.windows] == [(50, 400)]
    assert repr(image) == "Image2D(XA 32 x 24, 2 frames, no spacing, no unit)"


def test_images_whose_black_is_not_that_of_the_first_are_told(tmp_path: Path) -> None:
    for number, kind in ((1, "MONOCHROME1"), (2, "MONOCHROME2"), (3, "MONOCHROME2")):
        write(dataset(GREY, "CR", PhotometricInterpretation=kind, InstanceNumber=number), tmp_path / f"{number}.dcm")
    image = viewer3d.load_image(tmp_path)
    (note,) = (one for one in image.notes if one.id == "images.inverted_in_part")
    assert (image.inverted, note.frames, note.is_marked) == (True, 2, True)
    assert note.startswith("2 of 3 images are MONOCHROME2 and shown as MONOCHROME1")
    with pytest.raises(viewer3d.errors.MarkedError):
        viewer3d.load_image(tmp_path, strict=True)


def test_nothing_that_takes_a_volume_gets_an_image(tmp_path: Path) -> None:
    path = write(dataset(picture()[None]), tmp_path / "a.dcm")
    with pytest.raises(viewer3d.errors.NoVolumeError, match=r"colour \(RGB\).*viewer3d.load_image"):
        viewer3d.load(path)
    image = viewer3d.load_image(path)
    with pytest.raises(viewer3d.errors.ViewError, match="lies in no space"):
        viewer3d.figures.lightbox(image)
    with pytest.raises(viewer3d.errors.ViewError, match="nothing that is saved"):
        viewer3d.save(image, tmp_path / "a.nii")
