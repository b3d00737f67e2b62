"""Slope, intercept and dose scaling: absent, there, and there but no number; one file or one slice of many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import phantom
from viewer3d.dicom.headers import fast
from viewer3d.dicom.headers import read as headers
from viewer3d.dicom.meaning.explain import decisions
from viewer3d.errors import BadFileError

SHAPE = (10, 8, 3)
TAGS = {"RescaleSlope": 0x00281053, "RescaleIntercept": 0x00281052, "DoseGridScaling": 0x3004000E}
SLOPE, INTERCEPT = "Rescale Slope (0028,1053)", "Rescale Intercept (0028,1052)"
WRITTEN = ("", "-1O24", "0,5", "nan", "inf", "1E400", "a", "1\\2", "12 000")


def write(folder: Path, edit: Callable[[Dataset, int], None]) -> Path:
    for n, path in enumerate(write_phantom(folder, shape=SHAPE, spacing=(9, 8, 7), noise=0.0)):
        dataset = dcmread(path)
        edit(dataset, n)
        dataset.save_as(path)
    return folder


def put(dataset: Dataset, keyword: str, raw: str) -> None:
    """Put a value as bytes, which pydicom would refuse to write otherwise."""
    value = raw.encode() + b" " * (len(raw) % 2)
    tag = Tag(TAGS[keyword])
    dataset.__dict__["_dict"][tag] = RawDataElement(tag, "DS", len(value), value, 0, False, True)


@pytest.fixture(params=["short path", "pydicom", "datasets"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Any]:
    """Return what a folder is read as: by either way to a header, or as datasets in memory."""
    if request.param == "pydicom":
        monkeypatch.setattr(headers.fast, "read_attributes", lambda _path: None)
    if request.param == "datasets":
        return lambda folder: [dcmread(path) for path in sorted(folder.iterdir())]
    return lambda folder: folder


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
@pytest.mark.parametrize("raw", WRITTEN)
def test_what_is_no_number_is_told_with_file_and_value(
    raw: str, keyword: str, place: Callable[[Path], Any], tmp_path: Path
) -> None:
    folder = write(tmp_path, lambda dataset, n: put(dataset, keyword, raw) if n == 1 else None)
    name = {"RescaleSlope": SLOPE, "RescaleIntercept": INTERCEPT}[keyword]
    with pytest.raises(BadFileError) as told:
        viewer3d.load(place(folder))
    assert name in str(told.value)
    assert ("IM0002.dcm" in str(told.value)) or ("dataset 2" in str(told.value))
    assert ("missing" if raw == "" else "1.0 and 2.0" if "\\" in raw else repr(raw)) in str(told.value)
    volume = viewer3d.load(place(folder), skip_bad=True, irregular="keep")
    assert volume.shape == (10, 8, 2)
    assert any("1 images were left out" in note and name in note for note in volume.notes)


def test_a_slope_of_zero_is_an_error(case: Callable[[str], Path]) -> None:
    with pytest.raises(BadFileError, match=r"0\.dcm: Rescale Slope \(0028,1053\) is 0, which is no scale"):
        viewer3d.load(case("slope_zero"))
    with pytest.raises(BadFileError, match="none of 3 images can be read"):
        viewer3d.load(case("slope_zero"), skip_bad=True)
    (series,) = viewer3d.scan(case("slope_zero"))  # it is listed all the same, and says what is wrong
    rows = {row.topic: row for row in decisions(series, series.stacks[0])}
    assert rows["values"].value == "cannot be told"
    assert "is 0" in rows["values"].reason
    assert rows["unit"].value == "none"


@pytest.mark.parametrize("broken", ["a", "b"])
def test_the_sound_one_of_two_images_at_a_place_steps_in(broken: str, tmp_path: Path) -> None:
    folder = write(tmp_path, lambda _dataset, _n: None)
    path = sorted(folder.iterdir())[1]
    for name in ("a", "b"):
        dataset = dcmread(path)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.{ord(name)}"
        if name == broken:
            put(dataset, "RescaleSlope", "0,5")
        dataset.save_as(folder / f"{name}.dcm")
    truth = viewer3d.load([dcmread(one) for one in sorted(folder.glob("IM*"))])
    path.unlink()
    with pytest.raises(BadFileError, match=rf"{broken}\.dcm: Rescale Slope"):
        viewer3d.load(folder)
    volume = viewer3d.load(folder, skip_bad=True)
    assert np.array_equal(volume.voxels, truth.voxels)
    assert any("1 images were left out" in note for note in volume.notes)


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_an_attribute_that_some_slices_lack_is_an_error(
    keyword: str, place: Callable[[Path], Any], tmp_path: Path
) -> None:
    folder = write(tmp_path, lambda dataset, n: delattr(dataset, keyword) if n == 2 else None)
    with pytest.raises(BadFileError, match=r"(IM0003\.dcm|dataset 3): Rescale .* is missing, which other images"):
        viewer3d.load(place(folder))
    assert viewer3d.load(place(folder), skip_bad=True).shape == (10, 8, 2)


@pytest.mark.parametrize(("lacks", "neutral"), [("RescaleSlope", 1), ("RescaleIntercept", 0)])
def test_an_attribute_that_all_slices_lack_is_noted(lacks: str, neutral: int, tmp_path: Path) -> None:
    def edit(dataset: Dataset, _n: int) -> None:
        delattr(dataset, lacks)
        del dataset.RescaleType

    volume = viewer3d.load(write(tmp_path, edit))
    assert any(f"is missing in all images and was taken as {neutral}." in note for note in volume.notes)
    assert volume.unit == ""


def test_no_scaling_at_all_is_as_stored(place: Callable[[Path], Any], tmp_path: Path) -> None:
    def edit(dataset: Dataset, _n: int) -> None:
        del dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType

    folder = write(tmp_path, edit)
    volume = viewer3d.load(place(folder))
    stored = dcmread(sorted(folder.iterdir())[1]).pixel_array
    assert np.array_equal(volume.voxels[:, :, 1].T, stored)
    assert not any("taken as" in note for note in volume.notes)


def test_the_short_path_leaves_what_is_no_number_to_pydicom(tmp_path: Path) -> None:
    folder = write(tmp_path, lambda dataset, _n: put(dataset, "RescaleSlope", "1,0"))
    assert fast.read_attributes(str(sorted(folder.iterdir())[0])) is None


def dose(folder: Path, scaling: str | None) -> Path:
    def edit(dataset: Dataset, _n: int) -> None:
        dataset.Modality, dataset.SOPClassUID, dataset.DoseUnits = "RTDOSE", "1.2.840.10008.5.1.4.1.1.481.2", "GY"
        del dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType
        if scaling is not None:
            put(dataset, "DoseGridScaling", scaling)

    return write(folder, edit)


@pytest.mark.parametrize(
    ("scaling", "says"),
    [
        (None, "is missing, so its values are no dose"), ("", "is missing"), ("0", "is 0, which is no scale"),
        ("-1", "is -1, which is no scale"), ("1,5E-4", "is '1,5E-4', not a number"),
    ],
)  # fmt: skip
def test_a_dose_without_its_scaling_is_refused(scaling: str | None, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match=r"IM0001\.dcm: Dose Grid Scaling \(3004,000E\) ") as told:
        viewer3d.load(dose(tmp_path, scaling))
    assert says in str(told.value)


def test_a_dose_is_scaled(tmp_path: Path) -> None:
    volume = viewer3d.load(dose(tmp_path, "2.5E-4"))
    stored = dcmread(sorted(tmp_path.iterdir())[2]).pixel_array
    assert np.allclose(volume.voxels[:, :, 2].T, stored * 2.5e-4, rtol=1e-6)
    assert volume.unit == "Gy"


def enhanced(path: Path, edit: Callable[[Dataset], None]) -> Path:
    dataset = dcmread(phantom.write_enhanced(path, shape=SHAPE, spacing=(9, 8, 7), noise=0.0))
    edit(dataset)
    dataset.save_as(path)
    return path


def transformation(dataset: Dataset, frame: int) -> Dataset:
    groups = [dataset.PerFrameFunctionalGroupsSequence[frame], dataset.SharedFunctionalGroupsSequence[0]]
    item: Dataset = next(g for g in groups if "PixelValueTransformationSequence" in g)
    transformed: Dataset = item.PixelValueTransformationSequence[0]
    return transformed


def test_the_top_of_an_enhanced_file_is_asked_where_its_groups_say_nothing(
    case: Callable[[str], Path], tmp_path: Path
) -> None:
    volume = viewer3d.load(case("enhanced_rescale_at_top"))
    assert volume.voxels[0, 0].tolist() == [-1000, -800, -600]
    assert volume.unit == "HU"

    def top(dataset: Dataset) -> None:  # the groups are right where both speak
        dataset.RescaleSlope, dataset.RescaleIntercept = 7, 70

    plain = viewer3d.load(enhanced(tmp_path / "a.dcm", lambda _dataset: None))
    assert np.array_equal(viewer3d.load(enhanced(tmp_path / "b.dcm", top)).voxels, plain.voxels)


@pytest.mark.parametrize(
    ("raw", "says"), [("0,5", "'0,5', not a number"), ("0", "is 0, which is no scale"), ("nan", "'nan', not a number")]
)
def test_a_frame_of_an_enhanced_file_is_named(raw: str, says: str, tmp_path: Path) -> None:
    def edit(dataset: Dataset) -> None:
        for n, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            item = Dataset()
            item.update(transformation(dataset, n))
            group.PixelValueTransformationSequence = [item]
            if n == 1:
                put(item, "RescaleSlope", raw)

    path = enhanced(tmp_path / "a.dcm", edit)
    with pytest.raises(BadFileError, match=r"a\.dcm frame 2: Rescale Slope ") as told:
        viewer3d.load(path)
    assert says in str(told.value)
    assert viewer3d.load(path, skip_bad=True).shape == (10, 8, 2)
