"""What files hold and pictures do not show: in the pane, in Python, in the recipe and in `viewer3d info`."""

from __future__ import annotations

import json
import re

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner

import viewer3d
from tests.dicom.objects.presentation_files import SLICES, annotation, ct, graphic, state, write
from tests.phantom_files import write_phantom
from tests.render.test_not_shown import SMALL, with_plane
from viewer3d.cli import main
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.figures import histogram, lightbox
from viewer3d.figures.movies.ready import cine
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.record import RECIPE_VERSION, Recipe
from viewer3d.recipes.replay import replay
from viewer3d.render.marks.display_list import MUTED
from viewer3d.render.scene import Scene, signs_of

SIZE = (340, 320)


def changed(folder, change):
    """The phantom as files that a function changed."""
    for number, path in enumerate(write_phantom(folder, **SMALL)):
        ds = pydicom.dcmread(path)
        change(ds, number)
        ds.save_as(path)
    return folder


def lossy(ds, _number):
    ds.LossyImageCompression = "01"
    ds.LossyImageCompressionRatio = [10.0, 2.5]
    ds.LossyImageCompressionMethod = ["ISO_10918_1", "ISO_15444_1"]
    ds.PatientName = "Doe^Jane"


def shuttered(ds, _number):
    ds.ShutterShape = "RECTANGULAR"
    ds.ShutterLeftVerticalEdge, ds.ShutterRightVerticalEdge = 5, 30
    ds.ShutterUpperHorizontalEdge, ds.ShutterLowerHorizontalEdge = 5, 30


def presented(folder):
    images = [ct(number) for number in range(SLICES)]
    return write(folder, [*images, state(images, [annotation(graphic("CIRCLE", [[40, 30], [50, 30]]))])])


def cut_off(folder):
    paths = write_phantom(folder, **SMALL)
    paths[7].write_bytes(paths[7].read_bytes()[:-2000])
    return folder


KINDS = {
    "lossy": (lambda folder: changed(folder, lossy), "values.lossy"),
    "planes": (with_plane, "not_shown.planes"),
    "shutter": (lambda folder: changed(folder, shuttered), "not_shown.planes"),
    "presentation": (presented, "not_shown.presentations"),
    "cut off": (cut_off, "images.unreadable"),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_in_the_pane_in_python_in_the_recipe_and_in_info(name, tmp_path):
    make, kind = KINDS[name]
    folder = make(tmp_path / "s")
    volume = viewer3d.load(folder, skip_bad=name == "cut off")
    with Scene(volume, SIZE) as scene:
        scene.apply(viewer3d.first_state(volume, "axial"))
        assert [note.id for note in scene.not_shown] == [kind]
        assert [note.id for note in signs_of(scene)["axial"].notes.not_shown] == [kind]
        assert (scene.screenshot()[:30, :90] == MUTED).all(-1).any()
    viewer3d.screenshot(volume, tmp_path / "a.png", "axial", size=SIZE)
    recipe = read_recipe(tmp_path / "a.png")
    assert [note.id for note in recipe.not_shown] == [kind]
    assert Recipe.from_json(recipe.to_json()) == recipe
    said = CliRunner().invoke(main, ["recipe", str(tmp_path / "a.png")]).output
    assert re.search(rf"^not shown +{kind}", said, re.MULTILINE)
    if name != "cut off":  # what cannot be read is found when it is
        info = CliRunner().invoke(main, ["info", str(folder)]).output
        assert [line.split()[:2] for line in info.splitlines()].count(["not", "shown"]) == 1


def test_the_ratio_of_lossy_compression_is_that_of_all_of_it_and_names_nobody(tmp_path):
    folder = changed(tmp_path / "s", lossy)
    volume = viewer3d.load(folder)
    (note,) = [one for one in volume.notes if one.is_loss]
    assert (note.ratio, note.frames) == (25.0, SMALL["shape"][2])
    viewer3d.screenshot(volume, tmp_path / "a.png", "axial", size=SIZE)
    text = read_recipe(tmp_path / "a.png").to_json()
    plain = json.loads(text)
    assert plain["not_shown"] == [{"id": "values.lossy", "frames": SMALL["shape"][2], "ratio": 25.0}]
    assert plain["version"] == RECIPE_VERSION
    assert "Doe" not in text
    assert "IM" not in json.dumps(plain["not_shown"])
    printed = CliRunner().invoke(main, ["recipe", str(tmp_path / "a.png")]).output
    assert "values.lossy, frames 20, ratio 25" in printed
    facts = json.loads(CliRunner().invoke(main, ["info", str(folder), "--json"]).output)["volumes"][0]["notes_data"]
    assert [one["ratio"] for one in facts if one["is_loss"]] == [25.0]


@pytest.mark.parametrize(
    ("said", "ratios", "expected"),
    [("00", [10], None), ("01", [], None), ("01", [10], 10.0), ("01", [0], None), ("01", [4, 3], 12.0)],
)
def test_a_ratio_counts_where_the_header_says_that_there_was_loss(tmp_path, said, ratios, expected):
    def change(ds, _number):
        ds.LossyImageCompression, ds.LossyImageCompressionRatio = said, ratios

    volume = viewer3d.load(changed(tmp_path / "s", change))
    found = [note.ratio for note in volume.notes if note.id == "values.lossy"]
    assert found == ([expected] if said == "01" else [])


def test_figures_and_movies_have_it_too(tmp_path):
    volume = viewer3d.load(changed(tmp_path / "s", lossy))
    figure = lightbox(volume, n=3)
    assert [note.id for note in figure.not_shown] == ["values.lossy"]
    figure.save(tmp_path / "a.png")
    assert [note.id for note in histogram(volume).not_shown] == ["values.lossy"]
    movie = cine(volume, frames=4, size=(120, 100))
    assert [note.id for note in movie.not_shown] == ["values.lossy"]
    movie.save(tmp_path / "a.webp")
    for name in ("a.png", "a.webp"):
        assert [note.id for note in read_recipe(tmp_path / name).not_shown] == ["values.lossy"]


def test_a_viewer_has_it_and_saves_it(tmp_path):
    volume = viewer3d.load(changed(tmp_path / "s", lossy))
    with viewer3d.Viewer(volume, "axial", SIZE, off_screen=True) as viewer:
        viewer.render()
        assert [note.id for note in viewer.not_shown] == ["values.lossy"]
        viewer.screenshot(tmp_path / "a.png")
    assert [note.id for note in read_recipe(tmp_path / "a.png").not_shown] == ["values.lossy"]


def test_what_a_picture_shows_all_of_has_a_recipe_as_ever(tmp_path):
    volume = viewer3d.load(write_phantom(tmp_path / "s", **SMALL))
    viewer3d.screenshot(volume, tmp_path / "a.png", "axial", size=SIZE)
    plain = json.loads(read_recipe(tmp_path / "a.png").to_json())
    assert "not_shown" not in plain
    assert plain["version"] == 1


def test_a_picture_with_signs_is_made_again_to_the_byte_and_what_is_not_shown_any_more_is_told(tmp_path):
    folder = presented(tmp_path / "s")
    viewer3d.screenshot(viewer3d.load(folder), tmp_path / "a.png", "axial", size=SIZE)
    assert replay(tmp_path / "a.png", folder).verdict == "identical"
    (state_file,) = folder.glob("PR*")
    state_file.unlink()
    again = replay(tmp_path / "a.png", folder)
    assert again.verdict != "identical"
    assert "kinds of what is not shown were not_shown.presentations, are none" in again.notes


def test_regions_of_another_frame_of_reference_are_told(tmp_path):
    volume = viewer3d.load(write_phantom(tmp_path / "s", **SMALL))
    x, y, z = volume.geometry.center
    square = Contour(np.array([[x, y, z], [x + 20, y, z], [x + 20, y + 20, z], [x, y + 20, z]]))
    own = volume.frame_of_reference
    rois = (Roi(1, "Here", (255, 0, 0), "", (square,), own), Roi(2, "There", (0, 255, 0), "", (square,), "1.2.3"))
    structures = StructureSet(rois)
    viewer3d.screenshot(volume, tmp_path / "a.png", "axial", size=SIZE, overlays=[structures])
    assert [note.id for note in read_recipe(tmp_path / "a.png").not_shown] == ["placing.left_out"]
    assert "There" not in read_recipe(tmp_path / "a.png").to_json()
