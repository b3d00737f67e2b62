"""A picture is made again from its file and the data, and what came of it is said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from pydicom import dcmread
from pydicom.uid import generate_uid

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import Window, first_state, load, screenshot
from viewer3d.cli import main
from viewer3d.errors import ChoiceError, OutputError, RecipeError
from viewer3d.phantom import Faults
from viewer3d.recipes import compare as comparison
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.record import RECIPE_VERSION, Recipe
from viewer3d.recipes.replay import replay
from viewer3d.render.output import FORMATS, write_picture

Real = Callable[[str], Path]
SMALL: dict[str, Any] = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}
SIZE = (302, 100)


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two series of CT in one folder, and a file that is none."""
    folder = tmp_path_factory.mktemp("data") / "ct"
    write_phantom(folder, faults=Faults(second_series=True, text_file=True), **SMALL)
    return folder


@pytest.fixture
def picture(ct: Path, tmp_path: Path) -> Path:
    screenshot(load(ct, 2), tmp_path / "fig.png", view="mpr", window=viewer3d.Window(40, 400), size=SIZE)
    return tmp_path / "fig.png"


def changed(source: Path, target: Path, change: Callable[[Any], None]) -> Path:
    """Copy DICOM files, each changed."""
    target.mkdir()
    for path in sorted(source.glob("*.dcm")):
        dataset = dcmread(path)
        change(dataset)
        dataset.save_as(target / path.name)
    return target


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    write_phantom(tmp_path / "alone", **SMALL)
    return tmp_path / "alone"


def test_the_right_series_is_found_and_the_bytes_are_the_same(ct: Path, picture: Path, tmp_path: Path) -> None:
    made = replay(picture, ct, tmp_path / "again.png")
    assert (made.verdict, made.reason, made.notes, made.is_same) == ("identical", "to the byte", (), True)
    assert (tmp_path / "again.png").read_bytes() == picture.read_bytes()


def test_without_an_output_nothing_is_left(ct: Path, picture: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert replay(picture, ct).verdict == "identical"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_every_format_is_made_again(suffix: str, ct: Path, tmp_path: Path) -> None:
    screenshot(load(ct, 3), tmp_path / f"fig{suffix}", view="axial", size=(100, 90))
    assert replay(tmp_path / f"fig{suffix}", ct).verdict == "identical"


def test_another_format_is_compared_as_the_first(ct: Path, picture: Path, tmp_path: Path) -> None:
    made = replay(picture, ct, tmp_path / "again.jpg")
    assert made.verdict == "identical"
    assert (tmp_path / "again.jpg").read_bytes().startswith(b"\xff\xd8")


@pytest.mark.slow
def test_a_real_time_point_is_found_in_a_folder_of_many(real: Real, tmp_path: Path) -> None:
    screenshot(load(real("mr_4d_ge"), which={"time": 1}), tmp_path / "fig.png", view="mpr", size=SIZE)
    assert replay(tmp_path / "fig.png", real("mr_4d_ge").parent).verdict == "identical"


@pytest.mark.parametrize(
    ("faults", "reading"),
    [
        (Faults(tilt=10), {"irregular": "keep"}),
        (Faults(truncated=(4,)), {"skip_bad": True}),
        (Faults(without=("ImagePositionPatient",)), {"spacing": (1.0, 2.0, 3.0)}),
    ],
)
def test_it_is_read_as_it_was(faults: Faults, reading: dict[str, Any], tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", faults=faults, **SMALL)
    screenshot(load(tmp_path / "ct", **reading), tmp_path / "fig.png", view="mpr", size=SIZE)
    assert replay(tmp_path / "fig.png", tmp_path / "ct").verdict == "identical"


@pytest.mark.slow
def test_pet_is_in_the_unit_it_was_in(real: Real, tmp_path: Path) -> None:
    screenshot(load(real("pet_ac_bqml"), unit="Bq/ml"), tmp_path / "fig.png", view="mpr", size=SIZE)
    assert replay(tmp_path / "fig.png", real("pet_ac_bqml")).verdict == "identical"


@pytest.mark.parametrize("unit", ["", "HU"])
def test_a_unit_that_was_given_is_given_again(unit: str, tmp_path: Path) -> None:
    for path in write_phantom(tmp_path / "ct", shape=(32, 32, 5), spacing=(9, 9, 9)):
        dataset = dcmread(path)
        dataset.RescaleType = "HU" if unit == "" else "US"
        dataset.save_as(path)
    volume = load(tmp_path / "ct", unit=unit)
    assert volume.unit == unit
    screenshot(volume, tmp_path / "fig.png", view="mpr", size=SIZE)
    assert replay(tmp_path / "fig.png", tmp_path / "ct", tmp_path / "again.png").verdict == "identical"
    (tmp_path / "mr").mkdir()
    for path in (tmp_path / "ct").iterdir():  # what cannot be had in that unit is other data, and no error
        dataset = dcmread(path)
        dataset.Modality = "MR"
        dataset.RescaleType = "US"
        dataset.save_as(tmp_path / "mr" / path.name)
    verdict = replay(tmp_path / "fig.png", tmp_path / "mr", tmp_path / "other.png").verdict
    assert verdict == ("other data" if unit == "HU" else "same")  # the words of the picture tell the modality


def test_other_voxels_are_said(alone: Path, tmp_path: Path) -> None:
    screenshot(load(alone), tmp_path / "fig.png", view="mpr", size=SIZE)

    def brighter(dataset: Any) -> None:
        values = dataset.pixel_array.copy()
        values[3, 4] += 1
        dataset.PixelData = values.tobytes()

    made = replay(tmp_path / "fig.png", changed(alone, tmp_path / "other", brighter))
    assert (made.verdict, made.is_same) == ("other data", False)
    assert made.reason == "other voxels than those of the picture"
    assert made.notes == ()


def test_another_geometry_is_said(alone: Path, tmp_path: Path) -> None:
    screenshot(load(alone), tmp_path / "fig.png", view="mpr", size=SIZE)

    def moved(dataset: Any) -> None:
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x, y, float(z) + 1]

    made = replay(tmp_path / "fig.png", changed(alone, tmp_path / "other", moved))
    assert made.reason == "other geometry than those of the picture"


def test_another_series_alone_is_taken_and_said(ct: Path, picture: Path, tmp_path: Path) -> None:
    write_phantom(tmp_path / "other", shape=(20, 18, 10), spacing=(15.0, 13.0, 6.0))
    changed(tmp_path / "other", tmp_path / "new", lambda one: setattr(one, "SeriesInstanceUID", "1.2.3"))
    made = replay(picture, tmp_path / "new")
    assert (made.verdict, made.reason) == ("other data", "other voxels, geometry than those of the picture")
    assert made.notes == ("the series' identifiers are others",)


def test_anonymised_files_make_the_same_picture(alone: Path, tmp_path: Path) -> None:
    screenshot(load(alone), tmp_path / "fig.png", view="mpr", size=SIZE)
    series = generate_uid()

    def anonymise(dataset: Any) -> None:
        dataset.SeriesInstanceUID, dataset.SOPInstanceUID = series, generate_uid()
        dataset.PatientName = "Nobody"

    made = replay(tmp_path / "fig.png", changed(alone, tmp_path / "other", anonymise))
    assert (made.verdict, made.is_same) == ("same", True)
    assert made.notes == ("the series' identifiers are others, though voxels and geometry are the same",)


def rewritten(picture: Path, change: Callable[[np.ndarray], None], **about: object) -> None:
    """Write a picture anew, with other pixels or another recipe."""
    pixels = comparison.read_pictures(picture)[0][..., :3].copy()
    change(pixels)
    write_picture(pixels, picture, replace(read_recipe(picture), **about).texts)  # type: ignore[arg-type]


def test_other_versions_are_noted(ct: Path, picture: Path) -> None:
    rewritten(picture, lambda _pixels: None, versions={"numpy": "1.0"}, renderer="llvmpipe")
    made = replay(picture, ct)
    assert (made.verdict, made.reason) == ("same", "in every pixel; the rest of the file differs")
    assert f"numpy was 1.0, is {np.__version__}" in made.notes
    assert "OpenGL was llvmpipe, is none" in made.notes


def test_another_frame_of_reference_is_noted(ct: Path, picture: Path) -> None:
    """As anonymizers give new identifiers: the voxels and their places are the same."""
    recipe = read_recipe(picture)
    (record,) = recipe.volumes
    told = {}
    for digest in (load(ct, 2).frame_of_reference_digest, "0f" * 32):
        placed = replace(recipe, volumes=(replace(record, frame_of_reference=digest),))
        with Image.open(picture) as image:
            write_picture(np.asarray(image), picture, texts=placed.texts)
        assert f"  frame of reference  SHA-256 {digest}" in run("recipe", picture).output
        told[digest] = replay(picture, ct)
    (same, other) = told.values()
    assert (same.verdict, same.notes) == ("same", ())
    assert (other.verdict, other.notes) == ("same", ("the frames of reference have other identifiers",))


def test_a_few_grey_levels_are_measured(ct: Path, picture: Path) -> None:
    def noise(pixels: np.ndarray) -> None:
        pixels[:, ::2] = np.clip(pixels[:, ::2].astype(int) + 3, 0, 255)

    rewritten(picture, noise)
    made = replay(picture, ct)
    assert made.verdict == "same"
    assert made.reason.startswith("within a tolerance of 4: 1.50 grey levels on average over the 8 x 8 pixels")
    assert replay(picture, ct, tolerance=1).verdict == "different"


def test_a_spot_is_found(ct: Path, picture: Path) -> None:
    def spot(pixels: np.ndarray) -> None:
        pixels[50:54, 20:24] = 255 - pixels[50:54, 20:24]

    rewritten(picture, spot)
    made = replay(picture, ct)
    assert (made.verdict, made.is_same) == ("different", False)
    assert "beyond a tolerance of 4" in made.reason


def test_several_strangers_are_listed(ct: Path, tmp_path: Path, alone: Path) -> None:
    changed(alone, tmp_path / "other", lambda one: setattr(one, "SeriesInstanceUID", "1.2.3"))
    screenshot(load(tmp_path / "other"), tmp_path / "fig.png", view="mpr", size=SIZE)
    with pytest.raises(ChoiceError, match=r"none is the series of the picture, and .* holds 2 volumes; choose one"):
        replay(tmp_path / "fig.png", ct)
    assert replay(tmp_path / "fig.png", ct, series=2).notes[0].startswith("the series' identifiers are others")


def test_places_are_one_or_as_many_as_volumes(ct: Path, picture: Path) -> None:
    with pytest.raises(RecipeError, match="shows 1 volumes: give one place for all, or one for each"):
        replay(picture, [ct, ct])
    assert replay(picture, [ct]).is_same


def test_the_picture_itself_is_not_written_over(ct: Path, picture: Path) -> None:
    with pytest.raises(OutputError, match="give another name"):
        replay(picture, ct, picture)


def test_a_recipe_alone_has_nothing_to_be_compared_with(ct: Path, picture: Path, tmp_path: Path) -> None:
    (tmp_path / "fig.json").write_text(read_recipe(picture).to_json())
    with pytest.raises(RecipeError, match="give the picture that holds it"):
        replay(tmp_path / "fig.json", ct)


def test_a_shot_without_a_view_cannot_be_made(ct: Path, picture: Path) -> None:
    rewritten(picture, lambda _pixels: None, state=None)
    with pytest.raises(RecipeError, match="no view"):
        replay(picture, ct)


def test_volumes_that_were_never_files_are_taken_from_the_only_one_there(alone: Path, tmp_path: Path) -> None:
    volume = load(alone).with_info(provenance=None)
    screenshot(volume, tmp_path / "fig.png", view="mpr", size=SIZE)
    assert replay(tmp_path / "fig.png", alone).verdict == "same"


# The program.


def test_replay_says_what_came_of_it(ct: Path, picture: Path, tmp_path: Path) -> None:
    result = run("replay", picture, ct, "-o", tmp_path / "again.png")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "identical: to the byte\n", "")
    rewritten(picture, lambda pixels: pixels.fill(9), versions={})
    result = run("replay", picture, ct)
    assert result.exit_code == 1
    assert result.stdout.startswith("different: beyond a tolerance of 4")
    assert "note: numpy was none" in result.stderr
    assert run("replay", picture, ct, "--tolerance", "255").exit_code == 0


def test_the_default_tolerance_is_the_one_that_help_names() -> None:
    assert f"default {comparison.SAME_TOLERANCE:g}." in " ".join(run("replay", "--help").output.split())


def test_recipe_prints_a_table_and_json(ct: Path, picture: Path) -> None:
    table = run("recipe", picture).output
    for words in ("figure    shot", "302 x 100", "window    40/400", "34 x 30 x 12, HU", "not named", "OpenGL    none"):
        assert words in table
    printed = run("recipe", picture, "--json").output
    assert Recipe.from_json(printed) == read_recipe(picture)
    assert json.loads(printed)["volumes"][0]["voxels"] in table


def bad_pictures(picture: Path, tmp_path: Path) -> Iterator[tuple[str, Path, str]]:
    later = json.loads(read_recipe(picture).to_json())
    (tmp_path / "later.json").write_text(json.dumps({**later, "version": 99}))
    yield "later", tmp_path / "later.json", f"version 99, this viewer3d reads up to {RECIPE_VERSION}: update it"
    write_picture(np.zeros((20, 20, 3), np.uint8), tmp_path / "bare.png")
    yield "bare", tmp_path / "bare.png", "holds no recipe"
    yield "missing", tmp_path / "none.png", "cannot be read (no such file or directory)"


def test_a_users_error_is_one_clear_line(ct: Path, picture: Path, tmp_path: Path) -> None:
    for name, path, says in bad_pictures(picture, tmp_path):
        for words in (("recipe", path), ("replay", path, ct, "-o", tmp_path / "again.png")):
            result = run(*words)
            assert (result.exit_code, result.stdout) == (2, ""), name
            assert says in result.stderr
            assert len(result.stderr.splitlines()) == 1
    for place, says in ((tmp_path / "nowhere", "no such file or folder"), (picture, "no DICOM here")):
        result = run("replay", picture, place, "-o", tmp_path / "again.png")
        assert result.exit_code == 2
        assert says in result.stderr
        assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "again.png").exists()


def test_a_picture_that_names_the_patient_is_made_again_so_but_its_recipe_is_silent(ct: Path, tmp_path: Path) -> None:
    words = ["shot", ct, "--series", 2, "--view", "mpr", "--size", "906x302"]
    assert run(*words, "-o", tmp_path / "plain.png").exit_code == 0
    assert run(*words, "-o", tmp_path / "named.png", "--identify").exit_code == 0
    plain, named = (comparison.read_pictures(tmp_path / f"{name}.png")[0] for name in ("plain", "named"))
    rows, columns = np.nonzero((plain != named).any(-1))
    assert len(rows) > 200  # letters, in the upper left of the first pane alone
    assert rows.max() < 100
    assert columns.max() < 150
    assert run("replay", tmp_path / "named.png", ct).output == "identical: to the byte\n"
    assert "named in the picture" in run("recipe", tmp_path / "named.png").output


def test_nothing_names_the_patient_unless_asked(tmp_path: Path, alone: Path) -> None:
    secrets = {"PatientName": "Quibble^Zara", "PatientID": "X-90125", "PatientBirthDate": "19610512"}
    uids = {"StudyInstanceUID": "1.2.826.0.1.3680043.77", "SeriesInstanceUID": "1.2.826.0.1.3680043.78"}
    folder = changed(
        alone, tmp_path / "patient", lambda one: [setattr(one, *pair) for pair in {**secrets, **uids}.items()]
    )
    shutil.rmtree(alone)
    for suffix in FORMATS:
        assert run("shot", folder, "-o", tmp_path / f"a{suffix}", "--view", "mpr", "--size", "302x100").exit_code == 0
    said = [run("recipe", tmp_path / "a.png", "--json").output, run("replay", tmp_path / "a.png", folder).output]
    volume = load(folder, identify=True)
    said += [repr(volume), volume._repr_html_()]
    screenshot(volume, tmp_path / "named.png", view="mpr", size=SIZE)
    content = [text.encode() for text in said] + [path.read_bytes() for path in tmp_path.glob("*.*")]
    assert len(content) == 4 + len(FORMATS) + 1
    for secret in ("Quibble", "Zara", "90125", "19610512", *uids.values()):
        assert not any(secret.encode() in text for text in content), secret


def test_a_picture_whose_slice_moved_in_smooth_data_is_different(ct: Path, tmp_path: Path) -> None:
    volume = load(ct, series=2)
    state = first_state(volume, "axial", Window(0, 60_000))  # so wide that all is nearly one grey
    picture = tmp_path / "moved.png"
    screenshot(volume, picture, size=(160, 160), state=state)
    other = state.with_cursor(np.add(state.cursor, (0, 0, volume.spacing[2])))
    pixels = screenshot(volume, size=(160, 160), state=other)
    rewritten(picture, lambda drawn: np.copyto(drawn, pixels))
    made = replay(picture, ct)
    assert made.verdict == "different"
    assert "together: something moved or changed" in made.reason
    assert replay(picture, ct, tolerance=10).verdict == "same"


def pet_folder(folder: Path) -> Path:
    """A PET in SUVbw, of the phantom's CT."""

    def change(dataset: Any) -> None:
        dataset.Modality, dataset.Units, dataset.RescaleIntercept = "PT", "BQML", 0
        del dataset.WindowCenter, dataset.WindowWidth, dataset.RescaleType

    write_phantom(folder / "ct", **SMALL)
    return changed(folder / "ct", folder / "pet", change)


@pytest.mark.parametrize("window", [viewer3d.Window(900, 1800), "40/4000"])
def test_a_figure_of_pet_from_before_it_opened_inverted_is_made_again_as_it_was(
    tmp_path: Path, window: viewer3d.Window | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pet_folder(tmp_path)
    volume = load(folder)
    assert (volume.modality, volume.unit) == ("PT", "Bq/ml")
    with monkeypatch.context() as before:
        before.setattr("viewer3d.render.first_state.is_inverted_first", lambda *_: False)
        old = viewer3d.figures.plane(volume, window=window, size=(120, 100))
        old.save(tmp_path / "old.png")
    assert old.state.look.inverted is False
    assert replay(tmp_path / "old.png", folder).verdict == "identical"
    viewer3d.figures.plane(volume, window=window, size=(120, 100)).save(tmp_path / "new.png")
    assert replay(tmp_path / "new.png", folder).verdict == "identical"


@pytest.mark.parametrize("name", ["plane", "windows"])
def test_a_figure_with_a_ct_window_on_another_unit_is_made_again(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such windows are refused now."""
    volume = load(pet_folder(tmp_path))
    chosen: Any = {"window": "bone"} if name == "plane" else {"windows": ["bone", "900/1000"]}
    state = viewer3d.figures.plane(volume, size=SIZE).state.with_look(inverted=False)
    with monkeypatch.context() as before:
        before.setattr("viewer3d.core.volume.Volume.is_like_hu", property(lambda _: True))
        getattr(viewer3d.figures, name)(volume, **chosen, state=state, size=SIZE).save(tmp_path / "old.png")
    assert replay(tmp_path / "old.png", tmp_path / "pet").verdict == "identical"


@pytest.mark.parametrize("argument", [{"rate": "x"}, {"rate": None}, {"size": [1]}, {"frames": {}}, {"plane": [3]}])
def test_a_recipe_with_arguments_of_another_kind_is_a_clear_error(argument: dict[str, Any], tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", shape=(8, 8, 4))
    path = viewer3d.figures.cine(load(tmp_path / "ct"), size=(60, 40)).save(tmp_path / "cine.gif")
    recipe = read_recipe(path)
    other = replace(recipe, arguments={**recipe.arguments, **argument})
    with Image.open(path) as movie:
        movie.save(path, save_all=True, comment=other.to_json().encode())
    with pytest.raises(viewer3d.Viewer3DError) as found:
        replay(path, tmp_path / "ct")
    assert len(str(found.value).splitlines()) == 1


def test_a_picture_of_a_volume_changed_in_python_says_so(ct: Path, tmp_path: Path) -> None:
    volume = load(ct, 2)
    part = volume.crop((slice(4, 30), slice(2, 28), slice(1, 11))).resample(5)
    screenshot(part, tmp_path / "part.png", view="mpr", size=SIZE)
    made = replay(tmp_path / "part.png", ct)
    assert (made.verdict, made.reason) == ("other data", "other voxels, geometry than those of the picture")
    assert made.notes[0] == (
        "the picture was made of a volume that was changed in Python (cropped, resampled): files alone do not make it "
        "again"
    )
    screenshot(volume, tmp_path / "over.png", view="mpr", size=SIZE, overlays=[part])
    made = replay(tmp_path / "over.png", [ct, ct])
    assert "a volume of CT 1 that was changed in Python" in made.notes[0]
    assert "cropped, resampled, in Python" in run("recipe", tmp_path / "part.png").output
    screenshot(volume, tmp_path / "whole.png", view="mpr", size=SIZE)
    assert "changes" not in read_recipe(tmp_path / "whole.png").to_json()
