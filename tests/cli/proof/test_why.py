"""The verb why: what it prints, in words and as JSON, the table of a measurement, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import viewer3d
from tests.cli.conftest import run
from viewer3d import Measurement


@pytest.fixture
def picture(ct: Path, tmp_path: Path) -> Path:
    volume = viewer3d.load(ct)
    x, y, z = volume.geometry.center
    shapes = (
        Measurement("ellipse", ((x - 30, y - 30, z), (x + 30, y + 30, z)), (1, 0, 0), (0, 1, 0)),
        Measurement("distance", ((x, y, z), (x + 30, y, z)), (1, 0, 0), (0, 1, 0)),
    )
    state = replace(viewer3d.first_state(volume, "axial", at=(x, y, z)), measurements=shapes)
    viewer3d.screenshot(volume, tmp_path / "fig.png", size=(200, 180), state=state)
    return tmp_path / "fig.png"


def test_a_pixel_is_explained_in_words_and_as_json(picture: Path, ct: Path) -> None:
    words = run("why", picture, "90,70", ct)
    assert words.exit_code == 0, words.output
    for told in ("axial pane: ", "layer   CT, int16, HU (declared as HU)", "frame 1, column", "as in the picture"):
        assert told in words.stdout
    found = json.loads(run("why", picture, "90,70", ct, "--json").stdout)
    assert found["picture"] == found["color"]
    assert found["layers"][0]["samples"][0]["voxels"][0]["stored"][0]["bits"].startswith("0x")


def test_the_voxels_of_a_measurement_are_written(picture: Path, ct: Path, tmp_path: Path) -> None:
    made = run("why", picture, ct, "--measurement", 1, "-o", tmp_path / "voxels.csv")
    assert made.exit_code == 0, made.output
    lines = (tmp_path / "voxels.csv").read_text().splitlines()
    recipe = viewer3d.read_recipe(picture)
    assert recipe.state is not None
    measured = viewer3d.measure(viewer3d.load(ct), recipe.state.measurements[0])
    assert isinstance(measured, viewer3d.Region)
    assert len(lines) == measured.count + 1
    for number, why in ((2, "is of points and not of voxels"), (3, "has 2 measurements: there is no number 3")):
        refused = run("why", picture, ct, "--measurement", number, "-o", tmp_path / "other.csv")
        assert (refused.exit_code, why in refused.stderr) == (2, True), refused.output
    assert not (tmp_path / "other.csv").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("here",), "give the pixel first, as 312,140"),
        (("5,5",), "give the pixel first, as 312,140"),
        (("900,5", "CT"), "give a column from 0 to 199, a row to 179"),
        (("5,5", "CT", "-o", "a.csv"), "-o is for the voxels of a measurement"),
        (("CT", "--measurement", "1"), "give a file for it, as in -o voxels.csv"),
    ],
)
def test_what_cannot_be_asked_says_what_to_give(picture: Path, ct: Path, words: tuple[str, ...], why: str) -> None:
    refused = run("why", picture, *(str(ct) if word == "CT" else word for word in words))
    assert refused.exit_code == 2
    assert why in refused.stderr


def test_a_picture_of_others_has_no_recipe(ct: Path, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (20, 20)).save(tmp_path / "other.png")
    refused = run("why", tmp_path / "other.png", "5,5", ct)
    assert refused.exit_code == 2
    assert "holds no recipe" in refused.stderr
