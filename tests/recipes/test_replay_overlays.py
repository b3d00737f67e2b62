"""A picture of layers is made again from its file and the data of each, and what is other is said by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import viewer3d
from tests.phantom_files import write_phantom
from tests.recipes.layered import SMALL, changed, write_pair
from viewer3d import Layer, Volume, Window, figures, load, screenshot
from viewer3d.cli import main
from viewer3d.errors import ChoiceError, RecipeError, ViewError
from viewer3d.recipes.compare import read_pictures
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.replay import replay
from viewer3d.render.first_state import FIRST_COLORS, FIRST_OPACITY, FIRST_RAMP
from viewer3d.render.output import FORMATS, write_picture

Real = Callable[[str], Path]
SIZE = (903, 300)  # large enough for all that is written into panes
SHIFT = np.array([[0, -1, 0, 7], [1, 0, 0, -9], [0, 0, 1, 1 / 3], [0, 0, 0, 1]])
LOOK = {"window": "500/900", "opacity": 0.5, "colors": "hot-iron"}


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a CT and a PET."""
    folder = tmp_path_factory.mktemp("pair")
    write_pair(folder)
    return folder


@pytest.fixture
def picture(pair: Path, tmp_path: Path) -> Path:
    return fused(pair, tmp_path / "fig.png")


def fused(pair: Path, path: Path, **about: Any) -> Path:
    screenshot(
        load(pair / "ct"), path, "mpr", size=SIZE, overlays=[Layer(load(pair / "pet"), **{"look": LOOK, **about})]
    )
    return path


def test_the_data_of_all_layers_are_found_and_the_bytes_are_the_same(pair: Path, picture: Path, tmp_path: Path) -> None:
    alone = screenshot(load(pair / "ct"), view="mpr", size=SIZE)
    assert (read_pictures(picture)[0][..., :3] != alone).any(-1).mean() > 0.2  # the PET is seen
    for places in (pair, [pair], [pair / "ct", pair / "pet"], [pair / "pet", pair / "ct"]):
        made = replay(picture, places, tmp_path / "again.png")
        assert (made.verdict, made.reason, made.notes) == ("identical", "to the byte", ())
        assert (tmp_path / "again.png").read_bytes() == picture.read_bytes()


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_every_format_is_made_again(suffix: str, pair: Path, tmp_path: Path) -> None:
    assert replay(fused(pair, tmp_path / f"fig{suffix}"), pair).verdict == "identical"


@pytest.mark.parametrize(
    "about",
    [
        {"transform": SHIFT},
        {"transform": SHIFT + 0.04 * np.eye(4, k=1) * [[1], [1], [0], [0]]},  # which shears: it is resampled
        {"transform": SHIFT.round(1).tolist(), "name": "turned <&>"},
        {"same_frame": True},
        {"look": {"window": (500, 900), "blend": "checkerboard"}},
        {"look": {"window": viewer3d.Window(500.5, 900), "blend": "split", "split": np.float32(0.3)}},
        {"look": {"shown": False}},
        {"look": {}},
    ],
)
def test_each_way_of_placing_and_looking_is_made_again(about: dict[str, Any], pair: Path, tmp_path: Path) -> None:
    picture = fused(pair, tmp_path / "fig.png", **about)
    (record,) = read_recipe(picture).overlays
    assert record.same_frame is about.get("same_frame", False)
    np.testing.assert_array_equal(np.array(record.transform), np.array(about.get("transform")))
    made = replay(picture, pair)
    assert (made.verdict, made.notes) == ("identical", ())


@pytest.mark.parametrize("name", ["shot", "plane", "lightbox", "mips", "cine"])
def test_later_defaults_of_overlays_do_not_change_what_is_made_again(
    name: str, pair: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ct, pet = load(pair / "ct"), load(pair / "pet")

    def save(path: Path) -> bytes:
        if name == "shot":
            screenshot(ct, path, "axial", size=(200, 160), overlays=[pet])
        else:
            few = {"lightbox": {"n": 4}, "cine": {"frames": 4}}.get(name, {})
            getattr(figures, name)(ct, size=(200, 160), overlays=[pet], **few).save(path)
        return path.read_bytes()

    then = save(tmp_path / "then.png")
    for values, other in ((FIRST_OPACITY, 0.2), (FIRST_RAMP, 0.9), (FIRST_COLORS, "viridis")):
        monkeypatch.setitem(values, "PT", other)
    monkeypatch.setattr(Volume, "default_window", Window(1, 2))
    assert save(tmp_path / "now.png") != then
    made = replay(tmp_path / "then.png", pair)
    assert (made.verdict, made.notes) == ("identical", ())


def test_a_layer_over_itself_and_arrays_that_were_never_files(pair: Path, tmp_path: Path) -> None:
    ct, pet = load(pair / "ct"), load(pair / "pet")
    screenshot(ct, tmp_path / "self.png", "mpr", size=SIZE, overlays=[Layer(ct, "moved", SHIFT), pet, pet])
    recipe = read_recipe(tmp_path / "self.png")
    assert [one.name for one in recipe.overlays] == ["moved", "PET", "PET 3"]
    assert replay(tmp_path / "self.png", pair).verdict == "identical"
    bare = pet.with_info(provenance=None)
    screenshot(ct, tmp_path / "bare.png", "mpr", size=SIZE, overlays=[bare])
    assert replay(tmp_path / "bare.png", pair).verdict == "same"


def test_times_over_a_volume_are_one_layer(tmp_path: Path) -> None:
    ct, pet = write_pair(tmp_path)
    late = changed(pet, tmp_path / "late", lambda one: brighter(one, series="1.2.8.78"))
    layer = Layer([load(pet), load(late)], look={**LOOK, "member": 1})
    screenshot(load(ct), tmp_path / "fig.png", "mpr", size=SIZE, overlays=[layer])
    (record,) = read_recipe(tmp_path / "fig.png").overlays
    assert [one.voxels for one in record.volumes] == [load(pet).digest, load(late).digest]
    assert replay(tmp_path / "fig.png", tmp_path).verdict == "identical"
    with pytest.raises(ChoiceError, match="pet holds no series of PET"):  # not of the late one
        replay(tmp_path / "fig.png", [ct, pet])


def brighter(dataset: Any, series: str = "") -> None:
    dataset.PixelData = (dataset.pixel_array + 5).tobytes()
    if series:
        dataset.SeriesInstanceUID = series
        dataset.SOPInstanceUID = f"{series}.{dataset.InstanceNumber}"


def moved(dataset: Any) -> None:
    x, y, z = dataset.ImagePositionPatient
    dataset.ImagePositionPatient = [x, y, float(z) + 1]


@pytest.mark.usefixtures("opengl")
def test_a_still_in_3d_of_two_volumes_is_made_again(pair: Path, tmp_path: Path) -> None:
    shown = {"rendering": "ct-bone", "opacity": 0.5}
    layer = Layer(load(pair / "ct"), "turned", SHIFT, look=shown)
    screenshot(load(pair / "ct"), tmp_path / "a.png", "3d", size=(120, 100), overlays=[layer])
    assert read_recipe(tmp_path / "a.png").renderer != "none"
    assert replay(tmp_path / "a.png", pair).verdict == "identical"


def test_other_voxels_and_places_are_said_by_layer(pair: Path, picture: Path, tmp_path: Path) -> None:
    bright = changed(pair / "pet", tmp_path / "bright", brighter)
    made = replay(picture, [pair / "ct", bright])
    assert (made.verdict, made.reason) == ("other data", "other voxels of PET than those of the picture")
    assert made.notes == ()
    shifted = changed(pair / "ct", tmp_path / "shifted", moved)
    made = replay(picture, [shifted, bright])
    assert made.reason == "other geometry of the base, other voxels of PET than those of the picture"


def test_what_cannot_be_placed_any_more_is_other_data_and_nothing_is_drawn(
    pair: Path, picture: Path, tmp_path: Path
) -> None:
    def away(dataset: Any) -> None:
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x, y, float(z) + 5000]

    made = replay(picture, [pair / "ct", changed(pair / "pet", tmp_path / "away", away)], tmp_path / "again.png")
    assert (made.verdict, made.reason) == ("other data", "other geometry of PET than those of the picture")
    assert "nothing was drawn: PET does not overlap the base" in made.notes[-1]
    assert not (tmp_path / "again.png").exists()


def test_data_in_another_frame_of_reference_are_drawn_as_they_were_and_it_is_said(
    pair: Path, picture: Path, tmp_path: Path
) -> None:
    """As anonymizers make it that give each series new identifiers; the same for both keeps them together."""
    apart = changed(pair / "pet", tmp_path / "apart", lambda one: setattr(one, "FrameOfReferenceUID", "1.2.3"))
    with pytest.raises(ViewError, match="PET: its frame of reference is another"):
        screenshot(load(pair / "ct"), overlays=[load(apart)])
    made = replay(picture, [pair / "ct", apart])
    assert made.verdict == "identical"
    assert made.notes == (
        "the frames of reference of PET have other identifiers",
        "PET is no more said to be in the frame of reference of the base; it lies where it lay",
    )
    both = [
        changed(pair / name, tmp_path / "both" / name, lambda one: setattr(one, "FrameOfReferenceUID", "1.2.3"))
        for name in ("ct", "pet")
    ]
    made = replay(picture, both)
    assert (made.verdict, made.notes) == (
        "same",
        ("the frames of reference of the base and PET have other identifiers",),
    )


def test_where_no_frame_of_reference_is_left_they_are_drawn_as_they_were_and_it_is_said(
    pair: Path, picture: Path, tmp_path: Path
) -> None:
    both = [
        changed(pair / name, tmp_path / "none" / name, lambda one: delattr(one, "FrameOfReferenceUID"))
        for name in ("ct", "pet")
    ]
    made = replay(picture, both)  # on one grid, so they can be placed; the picture says that nothing is known
    assert made.verdict == "different"
    assert made.notes == ("the frames of reference of the base and PET are not known any more",)


def test_anonymised_series_are_said_by_layer(pair: Path, picture: Path, tmp_path: Path) -> None:
    other = changed(pair / "pet", tmp_path / "other", lambda one: setattr(one, "SeriesInstanceUID", "1.2.3"))
    made = replay(picture, [pair / "ct", other])
    assert made.verdict == "same"
    assert made.notes == ("the series' identifiers of PET are others, though voxels and geometry are the same",)


def test_layers_of_one_name_are_told_by_number(pair: Path, tmp_path: Path) -> None:
    ct, pet = load(pair / "ct"), load(pair / "pet")
    screenshot(ct, tmp_path / "a.png", "mpr", size=SIZE, overlays=[Layer(pet, "a"), Layer(ct, "a", SHIFT)])
    bright = changed(pair / "pet", tmp_path / "bright", brighter)
    made = replay(tmp_path / "a.png", [pair / "ct", bright, pair / "ct"])
    assert made.reason == "other voxels of a (layer 2) than those of the picture"


def test_a_name_that_names_the_patient_is_not_in_the_recipe_and_it_is_said(tmp_path: Path) -> None:
    ct, pet = write_pair(tmp_path / "named")

    def name(dataset: Any) -> None:
        dataset.PatientName = "Quibble^Zara"

    for folder in (ct, pet):
        changed(folder, tmp_path / folder.name, name)
    base, over = load(tmp_path / "ct", identify=True), load(tmp_path / "pet", identify=True)
    screenshot(base, tmp_path / "fig.png", "mpr", size=SIZE, overlays=[Layer(over, "Zara's PET", look=LOOK)])
    content = (tmp_path / "fig.png").read_bytes()
    assert b"Zara" not in content
    assert b"Quibble" not in content
    made = replay(tmp_path / "fig.png", [tmp_path / "ct", tmp_path / "pet"])
    assert made.verdict != "other data"
    assert made.notes == ("the name of overlay (layer 2) is not in the recipe, as it named the patient",)


def test_a_recipe_of_a_base_that_its_own_overlay_cannot_lie_on_is_one_clear_line(picture: Path, pair: Path) -> None:
    recipe = read_recipe(picture)
    (record,) = recipe.overlays
    far = replace(record, transform=((1, 0, 0, 9000), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)))
    write_picture(np.zeros((100, 302, 3), np.uint8), picture, replace(recipe, overlays=(far,)).texts)
    with pytest.raises(ViewError, match="PET does not overlap the base") as raised:
        replay(picture, pair)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("named", [(True, True), (True, False), (False, True)])
def test_the_layers_that_named_the_patient_do_so_again(named: tuple[bool, bool], pair: Path, tmp_path: Path) -> None:
    base, over = (load(pair / name, identify=one) for name, one in zip(("ct", "pet"), named, strict=True))
    screenshot(base, tmp_path / "a.png", "mpr", size=SIZE, overlays=[over])
    recipe = read_recipe(tmp_path / "a.png")
    assert (recipe.identified, recipe.overlays[0].identified) == named
    assert recipe.names_patient
    assert "named in the picture" in run("recipe", tmp_path / "a.png").output
    for line in (*base.identity, *over.identity):
        assert line not in recipe.to_json()
    assert replay(tmp_path / "a.png", pair).verdict == "identical"


def test_the_number_of_places_is_said(pair: Path, picture: Path) -> None:
    with pytest.raises(RecipeError, match="shows 1 volumes and 1 over the first: give one place for all, or one for"):
        replay(picture, [pair] * 3)


@pytest.mark.slow
def test_a_real_fusion_is_made_again(real: Real, tmp_path: Path) -> None:
    ct, pet = real("ct_torso_acrin"), real("pet_ac_bqml")
    screenshot(load(ct), tmp_path / "fig.png", "mpr", size=SIZE, overlays=[load(pet)])
    assert replay(tmp_path / "fig.png", [ct, pet]).verdict == "identical"
    assert replay(tmp_path / "fig.png", [pet, ct]).verdict == "identical"


# The program.


def test_recipe_lists_the_layers(pair: Path, tmp_path: Path) -> None:
    ct, pet = load(pair / "ct"), load(pair / "pet")
    layers = [
        Layer(pet, look=LOOK),
        Layer(ct, "turned", SHIFT),
        Layer(pet, "trusted", same_frame=True),
        Layer(ct.with_info(frame_of_reference=""), "bare", same_frame=True),
    ]
    screenshot(ct, tmp_path / "a.png", "mpr", size=SIZE, overlays=layers)
    lines = [" ".join(line.split()) for line in run("recipe", tmp_path / "a.png").output.splitlines()]
    number = lines.index("layer 2 PET")
    assert lines[number + 1] == "volume 34 x 30 x 12, Bq/ml"
    assert lines[number + 2] == f"voxels SHA-256 {pet.digest}"
    assert lines[number + 3] == f"frame of reference SHA-256 {pet.frame_of_reference_digest}"
    assert lines[number + 5] == "placed in the frame of reference of the base"
    assert lines[number + 6] == "look given window 500/900, colors hot-iron, opacity 0.5"
    assert lines[number + 7].startswith('look window 500/900, colors "hot-iron", value_bar true')
    text = "\n".join(lines)
    assert "from its LPS mm to those of the base: 0 -1 0 7 / 1 0 0 -9 / 0 0 1 0.3333333333 / 0 0 0 1" in text
    assert "placed taken to be in the frame of reference of the base, as was asked for" in text
    assert f"frame of reference SHA-256 {ct.frame_of_reference_digest}" in text
    printed = run("recipe", tmp_path / "a.png", "--json").output
    assert Recipe.from_json(printed) == read_recipe(tmp_path / "a.png")
    assert [one["name"] for one in json.loads(printed)["overlays"]] == ["PET", "turned", "trusted", "bare"]


def test_recipe_says_where_no_frame_of_reference_is_known(tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", **SMALL)
    ct = load(tmp_path / "ct").with_info(frame_of_reference="")
    screenshot(ct, tmp_path / "a.png", "mpr", size=SIZE, overlays=[ct])
    assert "on the grid of the base: no frame of reference is known" in run("recipe", tmp_path / "a.png").output
    made = replay(tmp_path / "a.png", tmp_path / "ct")  # where it is known, which the picture says otherwise
    assert made.verdict == "different"
    assert made.notes == ("the frames of reference of the base and CT 1 were not known, and are now",)


def test_replay_says_what_came_of_it(pair: Path, picture: Path, tmp_path: Path) -> None:
    result = run("replay", picture, pair / "ct", pair / "pet", "-o", tmp_path / "again.png")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "identical: to the byte\n", "")


def test_a_place_that_lacks_a_layer_is_one_clear_line(pair: Path, picture: Path, tmp_path: Path) -> None:
    for folder, lacking in (("ct", "PET"), ("pet", "the base")):
        result = run("replay", picture, pair / folder)
        says = f"viewer3d: {pair / folder} holds no series of {lacking}: give the place of its files as well\n"
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", says)
    (tmp_path / "empty").mkdir()
    result = run("replay", picture, tmp_path / "empty")
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert "holds no series of" not in result.stderr
