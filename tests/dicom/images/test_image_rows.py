"""Rows of images and of what cannot be shown: in the catalog, and as the program lists them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from pydicom import Dataset

import viewer3d
from tests.dicom.images.made_images import RADIOGRAPH, dataset, picture, write
from tests.phantom_files import write_phantom
from viewer3d.cli.program import main
from viewer3d.core.images.image2d import FlatVolume
from viewer3d.dicom.series.catalog import Catalog, CatalogRequest, build_catalog

GREY = np.arange(24 * 32, dtype=np.uint16).reshape(1, 24, 32)


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def built(folder: Path, **asked: object) -> Catalog:
    return build_catalog(folder, CatalogRequest(**asked), lambda *_: None)  # type: ignore[arg-type]


def without_pixels(name: str, modality: str, number: int) -> Dataset:
    made = dataset(GREY, modality, sop_class=name, SeriesNumber=number, SeriesInstanceUID=f"1.2.9.{number}")
    del made.PixelData
    return made


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A CT, and beside it a radiograph, a localizer, pages in colour, and what cannot be shown."""
    write_phantom(tmp_path / "ct", shape=(16, 12, 4), spacing=(9.0, 8.0, 6.0))
    placed = {"ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 0, -1], "PixelSpacing": [1, 1]}
    files = {
        "scout": dataset(GREY, "CT", SeriesNumber=90, SeriesInstanceUID="1.2.90", **placed),
        "radiograph": dataset(GREY, "CR", RADIOGRAPH, SeriesNumber=91, SeriesInstanceUID="1.2.91"),
        "pages": dataset(np.stack([picture(), picture()]), SeriesNumber=92, SeriesInstanceUID="1.2.92"),
        "ecg": without_pixels("1.2.840.10008.5.1.4.1.1.9.1.1", "ECG", 93),
        "report": without_pixels("1.2.840.10008.5.1.4.1.1.104.1", "DOC", 94),
    }
    files["scout"].ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    for name, made in files.items():
        write(made, tmp_path / f"{name}.dcm")
    (tmp_path / "notes.txt").write_text("none of it is DICOM")
    return tmp_path


def test_images_have_rows_of_their_own_called_what_they_are(study: Path) -> None:
    catalog = built(study)
    images = [one for one in catalog.entries if one.is_image]
    assert [(one.title, one.description, one.size) for one in images] == [
        ("90  CT", "localizer", "32 x 24 x 1"),
        ("91  CR", "radiograph", "32 x 24"),
        ("92  OT", "secondary capture in colour", "32 x 24, 2 frames"),
    ]
    assert not catalog.entries[catalog.first].is_image
    localizer, radiograph, pages = (one.load(lambda *_: None)[0] for one in images)
    assert localizer.spacing[:2] == (1, 1)
    assert not isinstance(localizer, FlatVolume)
    assert [one.image_kind for one in (radiograph, pages) if isinstance(one, FlatVolume)] == ["px", "px, colour"]
    assert [one.thumbnail().shape for one in images] == [(96, 128)] * 3


def test_what_cannot_be_shown_is_listed_with_the_reason(study: Path) -> None:
    rows = [(one.title, one.description, one.size) for one in built(study).refused]
    assert rows == [
        ("93  ECG", "12-lead ECG Waveform: no image", "1 file"),
        ("94  DOC", "Encapsulated PDF: no image", "1 file"),
        ("-", "not DICOM", "1 file"),
    ]


def test_images_are_opened_first_where_they_are_asked_for_or_alone(study: Path) -> None:
    def first(**asked: object) -> str:
        catalog = built(study, **asked)
        return catalog.entries[catalog.first].title

    assert first(series=92) == "92  OT"
    assert first(series=90) == "90  CT"
    (made,) = built(study / "radiograph.dcm").entries
    assert made.is_image
    image = viewer3d.load_image(study, series=92)
    state = viewer3d.first_state(made.load(lambda *_: None)[0])
    assert image.provenance is not None
    assert first(digests=(image.provenance.series,)) == "92  OT"
    assert first(digests=state.series) == "91  CR"


def test_list_and_info_say_what_images_are(study: Path) -> None:
    lines = run("list", study).stdout.splitlines()
    assert any(
        line.split()[:6] == ["91", "-", "CR", "32", "x", "24"] and "radiograph, 1 of 1" in line for line in lines
    )
    assert any("92" in line and "secondary capture in colour" in line for line in lines)
    assert not any("left out: 1 colour" in line for line in lines)
    told = run("info", study, "--series", 92).stdout
    assert "lengths  in pixels: the files have no Pixel Spacing (0028,0030)" in told
    assert "viewer3d.load_image(..., series=92, stack=1)" in told
    (listed,) = json.loads(run("list", study, "--json").stdout)["images"]
    assert (listed["kind"], listed["frames"]) == ("secondary capture in colour", 2)


@pytest.mark.parametrize("series", [91, 92])
def test_a_picture_of_an_image_is_made_again_to_the_byte(series: int, study: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.png"
    done = run("shot", study, "--series", series, "-o", made, "--size", "300x200")
    assert (done.exit_code, done.stderr.count("Lengths are in pixels")) == (0, 1), done.stderr
    again = run("replay", made, study)
    assert (again.exit_code, again.stdout) == (0, "identical: to the byte\n")
    why = run("why", made, "150,100", study)
    assert (why.exit_code, "an image lies in no space" in why.stderr) == (2, True), why.stdout
    told = run("recipe", made).stdout
    assert ("frame" in told, "LPS" in told, "window" in told) == (True, False, series == 91)
    recipe = viewer3d.read_recipe(made)
    assert recipe.volumes[0].image == ("px" if series == 91 else "px, colour")
    state = recipe.state
    assert state is not None
    assert state.view == "axial"
    saved = run("shot", study, "-o", tmp_path / "saved.png", "--size", "300x200", "--state", made)
    assert (saved.exit_code, (tmp_path / "saved.png").read_bytes()) == (0, made.read_bytes()), saved.stderr


def test_other_planes_and_3d_are_refused_with_a_word(study: Path, tmp_path: Path) -> None:
    for words in (["--view", "3d"], ["--view", "mpr"], ["--slab", "5"]):
        done = run("shot", study, "--series", 92, "-o", tmp_path / "a.png", *words)
        assert (done.exit_code, "images lie in no space" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("words", [["--window", "10/20"], ["--colors", "viridis"]])
def test_what_colours_cannot_have_is_refused_with_a_word(words: list[str], study: Path, tmp_path: Path) -> None:
    done = run("shot", study, "--series", 92, "-o", tmp_path / "a.png", *words)
    assert (done.exit_code, "an image in colour is shown in its own colours; leave the" in done.stderr) == (2, True)
    assert not (tmp_path / "a.png").exists()


def test_series_of_one_number_are_chosen_among_by_their_uids(tmp_path: Path) -> None:
    for n in (1, 2):
        write(dataset(picture()[None], StudyInstanceUID=f"1.2.{n}", SeriesInstanceUID=f"1.2.{n}.1"), tmp_path / f"{n}")
    listed = r"--series 1.2.1.1 --stack 1  or  .*series='1.2.1.1', stack=1.*\n.*--series 1.2.2.1 --stack 1"
    for asked in ({}, {"series": 7, "stack": 1}, {"series": 8}):
        with pytest.raises(viewer3d.errors.ChoiceError, match=listed):
            viewer3d.load_image(tmp_path, **asked)
        done = run("shot", tmp_path, *(word for name, n in asked.items() for word in (f"--{name}", n)), "-o", "a.png")
        assert (done.exit_code, "--series 1.2.2.1 --stack 1" in done.stderr) == (2, True), done.stderr
    assert run("info", tmp_path).stdout.count("viewer3d.load_image(..., series='1.2.") == 2
    out = tmp_path / "a.png"
    assert run("shot", tmp_path, "--series", "1.2.2.1", "--stack", 1, "-o", out, "--size", "100x80").exit_code == 0
    assert out.exists()


def test_several_images_are_chosen_among_by_their_flags(study: Path) -> None:
    with pytest.raises(viewer3d.errors.ChoiceError, match=r"--series 91 --stack 1 .*\n.*--series 92 --stack 1"):
        viewer3d.load_image(study)
    with pytest.raises(viewer3d.errors.NoVolumeError, match="all images are slices of volumes"):
        viewer3d.load_image(study / "ct")
