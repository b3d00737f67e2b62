"""What is said of values: their unit and why, loss, and what is not drawn; from files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.dicom.headers import read as headers
from viewer3d.dicom.meaning.explain import decisions
from viewer3d.errors import StackError

SHAPE = (10, 8, 3)


def ct(folder: Path, edit: Callable[[Dataset, int], None] | None = None, **changes: Any) -> Path:
    """Write a CT without a Rescale Type, changed; None takes an attribute away."""
    for n, path in enumerate(write_phantom(folder, shape=SHAPE, spacing=(9, 8, 7), noise=0.0)):
        dataset = dcmread(path)
        for key, value in {"RescaleType": None, **changes}.items():
            if value is not None:
                setattr(dataset, key, value)
            elif key in dataset:
                del dataset[key]
        if edit is not None:
            edit(dataset, n)
        dataset.save_as(path)
    return folder


def rows(folder: Path) -> dict[str, tuple[str, str]]:
    series = viewer3d.scan(folder)[0]
    return {row.topic: (row.value, row.reason) for row in decisions(series, series.stacks[0])}


@pytest.fixture(params=["short path", "pydicom"], autouse=True)
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pydicom":
        monkeypatch.setattr(headers.fast, "read_attributes", lambda _path: None)


@pytest.mark.parametrize(
    ("changes", "unit", "reason"),
    [
        ({}, "HU", "PS3.3 C.8.2.1"),
        ({"RescaleIntercept": 0}, "HU", "PS3.3 C.8.2.1"),  # as NLST has it
        ({"RescaleType": "HU"}, "HU", "declared as HU"),
        ({"RescaleType": "US"}, "", "declared as US"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "", "a localizer"),
        ({"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]}, "HU", "DERIVED images with intercept -1024"),
        ({"ImageType": ["DERIVED", "SECONDARY"], "RescaleIntercept": 0}, "", "intercept 0 does not speak for HU"),
        ({"ImageType": None, "RescaleIntercept": 0}, "", "images without an Image Type, and intercept 0"),
        ({"MultienergyCTAcquisition": "YES"}, "", "Multi-energy CT Acquisition (0018,9361) is YES"),
        ({"MultienergyCTAcquisition": "YES", "RescaleType": "HU"}, "HU", "declared as HU"),
        ({"MultienergyCTAcquisition": "NO"}, "HU", "PS3.3 C.8.2.1"),
        ({"RescaleSlope": None, "RescaleIntercept": None}, "", "no Rescale Slope and Intercept"),
        ({"RescaleIntercept": None}, "", "Rescale Intercept (0028,1052) is missing"),
    ],
)
def test_hu_by_the_ct_image_module(changes: dict[str, Any], unit: str, reason: str, tmp_path: Path) -> None:
    folder = ct(tmp_path, **changes)
    volume = viewer3d.load(folder)
    assert volume.unit == unit
    assert reason in rows(folder)["unit"][1]
    assert any("no unit" in note and reason in note for note in volume.notes) == (not unit)


def test_hu_of_some_slices_is_that_of_all_when_the_others_earn_it(tmp_path: Path) -> None:
    def edit(dataset: Dataset, n: int) -> None:
        if n == 1:
            dataset.RescaleType = "HU"

    assert viewer3d.load(ct(tmp_path, edit)).unit == "HU"

    def part(dataset: Dataset, n: int) -> None:
        if n == 1:
            dataset.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]

    mixed = ct(tmp_path, part, RescaleIntercept=0)
    assert viewer3d.load(mixed).unit == ""
    assert "the images have different units: HU, none" in rows(mixed)["unit"][1]


def test_hu_given_by_hand_is_noted(tmp_path: Path) -> None:
    folder = ct(tmp_path, RescaleSlope=None, RescaleIntercept=None)
    plain, given = viewer3d.load(folder), viewer3d.load(folder, unit="HU")
    assert (plain.unit, given.unit) == ("", "HU")
    assert (plain.voxels == given.voxels).all()
    (note,) = [note for note in given.notes if "given by hand" in note]
    assert note.startswith('The values are HU: unit="HU" was given by hand; the files do not say so: no Rescale Slope')
    earned = viewer3d.load(ct(tmp_path), unit="HU")
    assert not any("by hand" in note for note in earned.notes)


def test_a_unit_can_be_left_out(tmp_path: Path) -> None:
    volume = viewer3d.load(ct(tmp_path), unit="")
    assert volume.unit == ""
    assert any('unit="" was given by hand; by the files: HU, by the CT Image Module' in note for note in volume.notes)


@pytest.mark.parametrize("changes", [{"Modality": "MR"}, {"Modality": "PT", "Units": "BQML"}, {"RescaleType": "MGML"}])
def test_hu_cannot_be_given_to_what_is_something_else(changes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(StackError, match="cannot be had in HU"):
        viewer3d.load(ct(tmp_path, **changes), unit="HU")


def test_a_real_ct_without_a_unit_offers_what_ct_has(real: Callable[[str], Path]) -> None:
    volume = viewer3d.load(real("ct_head_64_slicer"))  # Rescale Type US: the standard's rule is not for it
    (note,) = [note for note in volume.notes if "no unit" in note]
    assert "declared as US" in note
    assert 'offered as if they were HU; unit="HU"' in note
    assert viewer3d.load(real("ct_head_64_slicer"), unit="HU").unit == "HU"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"LossyImageCompression": "01"}, "no ratio is given"),
        ({"LossyImageCompression": "01", "LossyImageCompressionRatio": 9.5}, "9.5:1"),
        (
            {
                "LossyImageCompression": "01", "LossyImageCompressionRatio": [4, 2],
                "LossyImageCompressionMethod": ["ISO_10918_1", "ISO_15444_1"],
            },
            "4:1 and 2:1, ISO_10918_1 and ISO_15444_1",
        ),
        ({"LossyImageCompression": "00", "LossyImageCompressionRatio": 1}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_lossy_compression_of_the_source_is_told(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    folder = ct(tmp_path, **changes)
    notes = [note for note in viewer3d.load(folder).notes if "compressed with loss" in note]
    assert len(notes) == bool(says)
    assert ("compression" in rows(folder)) == bool(says)
    if says:
        assert f"The pixels of all images were compressed with loss ({says})" in notes[0]
        assert rows(folder)["compression"][0] == f"with loss, {says}"


def test_loss_in_some_images_is_counted(tmp_path: Path) -> None:
    def edit(dataset: Dataset, n: int) -> None:
        dataset.LossyImageCompression = "01" if n == 2 else "00"

    assert any("The pixels of 1 of 3 images were" in note for note in viewer3d.load(ct(tmp_path, edit)).notes)


def test_overlays_and_shutters_are_named(tmp_path: Path) -> None:
    def edit(dataset: Dataset, n: int) -> None:
        for group in (0x6000, 0x601E) if n else (0x6000,):
            dataset.add_new((group, 0x0010), "US", SHAPE[1])
            dataset.add_new((group, 0x0011), "US", SHAPE[0])
            dataset.add_new((group, 0x3000), "OW", bytes(10))

    folder = ct(tmp_path, edit, ShutterShape=["CIRCULAR", "RECTANGULAR"])
    (note,) = [note for note in viewer3d.load(folder).notes if "do not show" in note]
    assert note == (
        "All images have overlay planes (60xx,3000) and a circular and rectangular shutter (0018,1600), which pictures "
        'here do not show: presentation="own" (--presentation own) draws them.'
    )
    assert rows(folder)["not drawn"][1].startswith("all images: pictures show the pixels alone, unless presentation=")
    assert not any("do not show" in note for note in viewer3d.load(ct(tmp_path / "plain")).notes)
