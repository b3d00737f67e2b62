"""A recipe goes to JSON and back, and says what differs between two."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from viewer3d.core.digest import digest_of_text
from viewer3d.core.provenance import Provenance
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.state import state_of_geometry
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import RecipeError
from viewer3d.recipes.record import RECIPE_VERSION, Recipe, VolumeRecord, placed_record

AFFINE = np.array([[0.7, 0, 0, -10.1], [0, 1.1, 0, 20], [0, 0, 1 / 3, 5e-7], [0, 0, 0, 1]])
MADE = Provenance("ab" * 32, "keep", skip_bad=True, spacing=(0.7, 1.1, 1 / 3))


def volume(**about: object) -> Volume:
    return Volume.from_array(np.arange(60).reshape(3, 4, 5).astype(np.int16), AFFINE, **{"unit": "HU", **about})


def recipe() -> Recipe:
    one = volume(provenance=MADE)
    state = state_of_geometry(one.geometry, Window(40.5, 400), "mpr")
    return Recipe(
        "shot",
        (VolumeRecord.of(one), VolumeRecord.of(volume())),
        (300, 200),
        arguments={"n": 3, "titles": ["ä", None], "at": 0.1},
        state=replace(state, measurements=(Measurement("probe", ((0.1, 0.2, 0.3),), (1, 0, 0), (0, 1, 0), "Läsion"),)),
        versions={"numpy": "2.0"},
    )


def test_it_comes_back_from_json() -> None:
    text = recipe().to_json()
    assert "\n" not in text
    assert Recipe.from_json(text) == recipe()
    assert Recipe.from_json(text).to_json() == text


def test_a_volume_alone_is_recorded_without_its_frame_of_reference() -> None:
    one = volume(frame_of_reference="1.2.8.52")
    assert VolumeRecord.of(one) == VolumeRecord.of(volume())
    alone = replace(recipe(), volumes=(VolumeRecord.of(one),))
    assert "frame_of_reference" not in alone.to_json()
    assert placed_record(volume()) == VolumeRecord.of(volume())


def test_volumes_that_lie_together_are_recorded_with_a_digest_of_it() -> None:
    one, other = volume(frame_of_reference="1.2.8.52"), volume(frame_of_reference="1.2.8.53")
    placed = replace(recipe(), volumes=(placed_record(one), placed_record(volume())))
    text = placed.to_json()
    assert json.loads(text)["volumes"][0]["frame_of_reference"] == digest_of_text("1.2.8.52")
    assert "frame_of_reference" not in json.loads(text)["volumes"][1]
    assert "1.2.8.52" not in text
    assert Recipe.from_json(text) == placed
    assert Recipe.from_json(text).to_json() == text
    assert placed_record(one).differences(placed_record(other)) == ("frame of reference",)
    assert placed_record(one).differences(VolumeRecord.of(other)) == ()
    assert VolumeRecord.of(one).differences(placed_record(other)) == ()


def test_its_view_may_hold_numbers_of_numpy() -> None:
    state = recipe().state
    assert state is not None
    state = replace(state, cursor=tuple(np.float32(n) for n in (1, 2, 0.5)))
    assert Recipe.from_json(replace(recipe(), state=state).to_json()).state == state


def test_it_names_the_same_voxels_and_place_as_the_volume() -> None:
    record = VolumeRecord.of(volume(provenance=MADE))
    assert record.shape == (3, 4, 5)
    np.testing.assert_array_equal(record.affine, AFFINE)
    assert (record.voxels, record.unit, record.provenance) == (volume().digest, "HU", MADE)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": RECIPE_VERSION + 1}, f"version {RECIPE_VERSION + 1}, this viewer3d reads up to"),
        ({"version": "x"}, "not a recipe"),
        ({"figure": None}, "not a recipe"),
        ({"cook": 1}, "unknown fields cook"),
        ({"size": [1]}, "not a recipe"),
        ({"volumes": [{"voxels": ""}]}, "not a recipe"),
        ({"state": {"version": 99}}, "holds no view that can be read: state has version 99"),
        ({"state": {"version": 3}}, "holds no view that can be read"),
    ],
)
def test_what_is_no_recipe_is_one_clear_line(change: dict[str, object], says: str) -> None:
    values = {**json.loads(recipe().to_json()), **change}
    with pytest.raises(RecipeError, match=says) as raised:
        Recipe.from_json(json.dumps(values))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "{}", b"\xff"])
def test_other_texts_are_refused(text: str | bytes) -> None:
    with pytest.raises(RecipeError):
        Recipe.from_json(text)


def test_a_volume_with_an_impossible_affine_is_refused() -> None:
    values = json.loads(recipe().to_json())
    values["volumes"][0]["affine"][0] = [0, 0, 0, 0]
    with pytest.raises(RecipeError, match="not a recipe"):
        Recipe.from_json(json.dumps(values))


def test_differences_are_named() -> None:
    record = VolumeRecord.of(volume(provenance=MADE))
    moved, nudged = AFFINE.copy(), AFFINE.copy()
    moved[2, 3] += 0.01
    nudged[2, 3] += 1e-9
    other = Volume.from_array(volume().voxels + 1, AFFINE, unit="HU", provenance=MADE)
    assert record.differences(record) == ()
    assert record.differences(VolumeRecord.of(other)) == ("voxels",)
    assert record.differences(VolumeRecord.of(Volume.from_array(volume().voxels, moved, unit="HU"))) == ("geometry",)
    assert record.differences(VolumeRecord.of(Volume.from_array(volume().voxels, nudged, unit="HU"))) == ()
    assert record.differences(VolumeRecord.of(volume(provenance=Provenance("cd" * 32)))) == ("series",)
    assert record.differences(VolumeRecord.of(volume(unit="g"))) == ("unit",)
    assert record.differences(VolumeRecord.of(volume())) == ()


def test_other_tools_are_named() -> None:
    here = replace(recipe(), versions={"numpy": "2.1", "vtk": "9"}, renderer="llvmpipe")
    assert recipe().other_tools(here) == (
        "numpy was 2.0, is 2.1", "vtk was none, is 9", "OpenGL was none, is llvmpipe",
    )  # fmt: skip
    assert here.other_tools(here) == ()


@pytest.mark.parametrize("text", ['{"figure": ' * 10_000 + "1" + "}" * 10_000, '{"version": 1, "figure": "\ud800"}'])
def test_a_recipe_nested_without_end_or_with_half_a_letter_is_none(text: str) -> None:
    with pytest.raises(RecipeError, match="not a recipe"):
        Recipe.from_json(text)
