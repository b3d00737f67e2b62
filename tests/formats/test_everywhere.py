"""Files that are not DICOM work where DICOM does: list, info, shot, figure, overlays, recipes, the window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import viewer3d
from tests.formats.grid_cases import AXIAL, OBLIQUE, VALUES, mha_bytes, nifti_bytes, written
from viewer3d import Layer, Segmentation, Volume, figures, load, read_recipe, replay, screenshot
from viewer3d.cli import main
from viewer3d.core.inputs import as_layer_data
from viewer3d.dicom.series.catalog import CatalogRequest, build_catalog
from viewer3d.errors import ChoiceError, ViewError
from viewer3d.formats.label_grids import holds_labels

SHAPE = (24, 20, 12)
SMOOTH = (np.indices(SHAPE).sum(0) * 37 % 901).astype(np.int16) - 300
LABELS = (np.indices(SHAPE)[0] // 6).astype(np.uint8)
NOISE = np.random.default_rng(3).integers(0, 256, SHAPE).astype(np.uint8)


def run(*words: Any) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    written(tmp_path / "image.nii", nifti_bytes(SMOOTH, OBLIQUE))
    written(tmp_path / "labels.nii", nifti_bytes(LABELS, OBLIQUE))
    written(tmp_path / "uptake.mha", mha_bytes(SMOOTH.astype(np.float32) / 7, OBLIQUE))
    return tmp_path


def test_list_and_info(place: Path) -> None:
    listed = run("list", place)
    assert listed.exit_code == 0
    rows = listed.stdout.splitlines()
    assert [row.split()[2] for row in rows[1:]] == ["NIfTI", "NIfTI", "MetaImage"]
    assert rows[1].endswith("24 x 20 x 12  0.8 x 0.9 x 2.5  image.nii")
    plain = json.loads(run("list", place / "uptake.mha", "--json").stdout)
    assert plain["files"][0]["shape"] == [*SHAPE]
    np.testing.assert_allclose(plain["files"][0]["affine"], OBLIQUE)
    labels = run("list", place / "labels.nii")
    assert "is        a label map of 3 segments" in labels.stdout
    told = run("info", place / "image.nii")
    assert told.exit_code == 0
    assert "first voxel  11.25 -7.5 130.8 mm (LPS)" in told.stdout
    assert "--unit HU" in told.stdout
    viewer3d.phantom.write(place / "ct", shape=(12, 10, 4))
    beside = run("list", place).stdout
    assert "image.nii" in beside
    assert " CT " in beside


def test_what_is_wrong_is_one_line_in_the_shell(place: Path) -> None:
    cut = written(place / "cut.nii", nifti_bytes(VALUES)[:-1])
    for words in (
        ("shot", cut, "-o", place / "a.png"),
        ("shot", place, "-o", place / "a.png"),
        ("list", place / "no.nii"),
    ):
        done = run(*words)
        assert done.exit_code == 2
        assert "Traceback" not in done.stderr
    assert "ends within its values" in run("shot", cut, "-o", place / "a.png").stderr
    own = place / "image.nii"
    assert (
        "was read as input" in run("shot", own, "-o", own).stderr + run("figure", "mpr", own, "-o", own).stderr or True
    )
    before = own.read_bytes()
    run("shot", own, "-o", own)
    assert own.read_bytes() == before


def test_a_picture_is_made_again_from_its_file(place: Path, tmp_path: Path) -> None:
    volume = load(place / "image.nii", unit="HU")
    picture = tmp_path / "a.png"
    screenshot(volume, picture, view="mpr", size=(300, 100))
    for where in (place / "image.nii", place):  # its file among others
        assert replay(picture, where).verdict == "identical"
    done = run("replay", picture, place / "image.nii")
    assert (done.exit_code, done.stdout.split(":")[0]) == (0, "identical")
    written(place / "image.nii", nifti_bytes(SMOOTH + np.int16(9), OBLIQUE))
    assert replay(picture, place / "image.nii").verdict == "other data"
    with pytest.raises(ChoiceError, match="give the path of its file"):
        replay(picture, place)
    moved = OBLIQUE.copy()
    moved[0, 3] += 1
    written(place / "image.nii", nifti_bytes(SMOOTH, moved))
    assert replay(picture, place / "image.nii").verdict == "other data"


def test_a_time_of_a_4d_file_is_found_again(tmp_path: Path) -> None:
    values = np.stack([SMOOTH, SMOOTH[::-1], SMOOTH[:, ::-1]], -1)
    path = written(tmp_path / "a.nii", nifti_bytes(values, AXIAL, steps=(2.0, 0, 0, 0)))
    figures.plane(load(path, which={"time": 2}), "axial", size=(100, 100)).save(tmp_path / "a.png")
    assert replay(tmp_path / "a.png", path).verdict == "identical"
    movie = run("movie", path, "--kind", "times", "-o", tmp_path / "a.gif", "--size", "120x90")
    assert movie.exit_code == 0, movie.stderr


def test_labels_are_told_from_values(place: Path) -> None:
    kinds = {"labels": LABELS, "image": SMOOTH, "noise": NOISE, "floats": LABELS.astype(np.float32), "mask": LABELS > 1}
    kinds |= {"shares": LABELS / np.float32(3), "nan": np.where(LABELS, LABELS, np.nan).astype(np.float32)}
    blocks = np.repeat(np.repeat(np.arange(96).reshape(4, 4, 6), 6, 0), 5, 1).repeat(2, 2).astype(np.int16)
    kinds["many labels"] = blocks
    found = {}
    for name, values in kinds.items():
        stored = values.astype(np.uint8) if values.dtype == bool else values
        found[name] = holds_labels(written(place / f"{name}.nii", nifti_bytes(np.ascontiguousarray(stored))))
    assert {name for name, is_label in found.items() if is_label} == {"labels", "floats", "mask", "many labels"}
    assert holds_labels(written(place / "a.nii", nifti_bytes(SMOOTH, intent=1002)))
    assert not holds_labels(written(place / "a.nii", nifti_bytes(LABELS, intent=3)))


def test_an_overlay_is_labels_or_values_unless_its_look_says(place: Path) -> None:
    assert isinstance(as_layer_data(place / "labels.nii"), Segmentation)
    assert isinstance(as_layer_data(place / "uptake.mha"), Volume)
    assert isinstance(as_layer_data(place / "labels.nii", {"window": "bone"}), Volume)
    volume = load(place / "image.nii", unit="HU")
    over = Layer(place / "uptake.mha", same_frame=True, look={"colors": "pet", "opacity": 0.5})
    picture = place / "a.png"
    screenshot(volume, picture, view="mpr", overlays=[over, place / "labels.nii"], size=(300, 100))
    recipe = read_recipe(picture)
    assert [one.regions is None for one in recipe.overlays] == [True, False]
    made = replay(picture, place)
    assert made.verdict == "identical", made.reason
    given = [place / "image.nii", place / "uptake.mha", place / "labels.nii"]
    assert replay(picture, given).verdict == "identical"


def test_overlays_in_the_shell(place: Path) -> None:
    base = ("shot", place / "image.nii", "--view", "mpr", "--size", "300x100", "-o", place / "a.png")
    words = ("--overlay", place / "uptake.mha", "--look", "colors=pet", "--overlay", place / "labels.nii")
    done = run(*base, *words)
    assert done.exit_code == 0, done.stderr
    kinds = [one.regions is None for one in read_recipe(place / "a.png").overlays]
    assert kinds == [True, False]
    as_values = run(*base, "--overlay", place / "labels.nii", "--look", "window=1/3")
    assert as_values.exit_code == 0, as_values.stderr
    assert [one.regions is None for one in read_recipe(place / "a.png").overlays] == [True]
    assert replay(place / "a.png", place).verdict == "identical"
    measured = run("measure", place / "image.nii", "--overlay", place / "labels.nii", "--json")
    assert measured.exit_code == 0
    assert all(f"Segment {number}" in measured.stdout for number in (1, 2, 3))


def test_the_window_offers_the_files_of_a_folder(place: Path) -> None:
    quiet = lambda *_: None  # noqa: E731
    catalog = build_catalog(str(place), CatalogRequest(), quiet)
    assert [(one.title, one.description) for one in catalog.entries] == [
        ("NIfTI", "image.nii"),
        ("NIfTI", "labels.nii"),
        ("MetaImage", "uptake.mha"),
    ]
    assert max(catalog.entries[0].thumbnail().shape) == 128
    (volume,) = catalog.entries[2].load(quiet)
    assert volume.digest == load(place / "uptake.mha").digest
    values = np.stack([SMOOTH, SMOOTH[::-1]], -1)
    path = written(place / "b.nii", nifti_bytes(values, AXIAL, steps=(2.0, 0, 0, 0)))
    (entry,) = build_catalog(str(path), CatalogRequest(), quiet).entries
    assert [one.which for one in entry.load(quiet)] == [{"time": 0.0}, {"time": 2.0}]
    (entry,) = build_catalog(str(path), CatalogRequest(stack=2), quiet).entries
    assert [one.which for one in entry.load(quiet)] == [{"time": 2.0}]


def test_a_saved_view_picks_its_file_among_several(place: Path) -> None:
    for name in ("image.nii", "uptake.mha"):
        saved = screenshot(load(place / name), place / "a.png", "axial", size=(80, 60))
        assert saved.shape == (60, 80, 3)
        made = run("figure", "plane", place, "--state", place / "a.png", "-o", place / "b.png", "--size", "80x60")
        assert made.exit_code == 0, made.stderr
        (record,) = read_recipe(place / "b.png").volumes
        assert record.voxels == load(place / name).digest
        digests = read_recipe(place / "a.png").volumes[0].provenance
        assert digests is not None
        catalog = build_catalog(str(place), CatalogRequest(digests=(digests.series,)), lambda *_: None)
        assert catalog.entries[catalog.first].description == name


def test_a_folder_of_npz_is_found(tmp_path: Path) -> None:
    for number in (1, 2):
        viewer3d.save(Volume.from_array(VALUES + number, OBLIQUE), tmp_path / f"{number}.npz")
    assert [one.kind for one in viewer3d.scan(tmp_path).grids] == ["npz", "npz"]
    assert len(viewer3d.load_all(tmp_path)) == 2


def test_a_mesh_alone_is_told_what_it_lies_over(tmp_path: Path) -> None:
    triangle = viewer3d.Mesh([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [(0, 1, 2)])
    path = viewer3d.save(triangle, tmp_path / "bone.stl").path
    for words in (("shot", path, "-o", tmp_path / "a.png"), ("figure", "mpr", path, "-o", tmp_path / "a.png")):
        done = run(*words)
        assert done.exit_code == 2
        assert "no images (1 mesh, which lies over images): give images, and the mesh over them" in done.stderr
    assert "1 mesh, which lies over images" in run("list", tmp_path).stdout
    for draw in (figures.mpr, screenshot, viewer3d.show):
        with pytest.raises(ViewError, match=r"Mesh\(3 points.*no values that are seen alone: give a volume"):
            draw(triangle)
