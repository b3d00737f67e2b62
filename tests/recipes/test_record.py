"""A recipe goes to JSON and back, and says what differs between two."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from viewer3d.core.digest import digest_of_text
from viewer3d.core.layers import Layer, PlacedLayers, place_layers
from viewer3d.core.notes.note import Note
from viewer3d.core.provenance import Provenance
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.state import state_of_geometry
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import RecipeError
from viewer3d.recipes.data_record import OverlayRecord, VolumeRecord, note_records, placed_record, plain_look
from viewer3d.recipes.record import FIRST_RECIPE_VERSION, OVERLAYS_VERSION, RECIPE_VERSION, Recipe
from viewer3d.render.first_state import with_first_looks

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


# Overlays.

TURNED = np.array([[0, -1, 0, 12], [1, 0, 0, 30], [0, 0, 1, 1 / 3], [0, 0, 0, 1]])
LOOK = {"window": (np.float32(5), 10), "opacity": 1, "colors": "hot-iron", "member": np.int64(0), "value_bar": True}


def over(**about: object) -> Layer:
    data = Volume.from_array(volume().voxels + 1, AFFINE, unit="SUVbw", modality="PT", **about)
    return Layer(data, transform=np.eye(4), look=LOOK)


def layered(*overlays: Layer) -> Recipe:
    base = volume(provenance=MADE, frame_of_reference="1.2.8.52")
    placed = place_layers(base, overlays or (over(frame_of_reference="1.2.8.53"),)).layers
    state = with_first_looks(state_of_geometry(base.geometry, Window(40, 400), "mpr"), PlacedLayers(placed))
    records = tuple(map(OverlayRecord.of, placed[1:]))
    return Recipe("shot", (placed_record(base),), (300, 200), state=state, overlays=records)


def test_overlays_come_back_from_json_with_all_that_decides_them() -> None:
    made = layered(
        over(frame_of_reference="1.2.8.53"), Layer(volume(), "late", TURNED), Layer(volume(), same_frame=True)
    )
    text = made.to_json()
    assert Recipe.from_json(text) == made
    assert Recipe.from_json(text).to_json() == text
    plain = json.loads(text)
    pet, late, trusted = plain["overlays"]
    assert plain["version"] == OVERLAYS_VERSION == 2
    assert (pet["name"], late["name"]) == ("PET", "late")
    assert pet["volumes"][0]["frame_of_reference"] == digest_of_text("1.2.8.53")
    assert plain["volumes"][0]["frame_of_reference"] == digest_of_text("1.2.8.52")
    assert "1.2.8.5" not in text
    assert pet["look"] == {
        "window": [5.0, 10.0], "opacity": 1.0, "colors": "hot-iron", "member": 0, "value_bar": True,
    }  # fmt: skip
    assert late["transform"] == TURNED.tolist()
    assert set(late) == {"name", "volumes", "transform"}
    assert (trusted["same_frame"], set(trusted)) == (True, {"name", "volumes", "same_frame"})
    np.testing.assert_array_equal(late["volumes"][0]["affine"], AFFINE)  # as it was given, before it was placed


def test_without_overlays_a_recipe_is_written_as_before_there_were_any() -> None:
    plain = json.loads(recipe().to_json())
    assert plain["version"] == FIRST_RECIPE_VERSION == 1
    assert "overlays" not in plain


def test_equal_looks_are_written_alike() -> None:
    window = {"center": 5, "width": 10, "function": "LINEAR"}
    kept = [plain_look({"window": one})["window"] for one in (Window(5, 10), Window(np.float32(5), 10.0), window)]
    assert [json.dumps(one) for one in kept] == [json.dumps({**window, "center": 5.0, "width": 10.0})] * 3
    assert plain_look({"window": "0-10", "split": np.float64(0.5)}) == {"window": "0-10", "split": 0.5}
    assert plain_look({"window": None, "ramp": 0}) == {"ramp": 0.0}
    table = Window(1.0, 2.0, "TABLE", ((0.0, 0), (2.0, 255)))
    record = replace(layered().overlays[0], look={"window": table})
    text = replace(layered(), overlays=(record,)).to_json()
    assert Recipe.from_json(text).overlays[0].layer([volume()]).look == {"window": table}


def test_a_layer_is_made_again_from_its_record() -> None:
    given = over()
    (record,) = layered(given).overlays
    again = record.layer(given.data)  # type: ignore[arg-type]
    assert (again.name, again.same_frame) == ("PET", False)
    assert again.look == {**LOOK, "window": [5.0, 10.0]}
    np.testing.assert_array_equal(again.transform, np.eye(4))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        *(("PET", True), ("CT 2001", True), ("before", True), ("id", True), ("Jo", True)),
        *(("Quibble", False), ("QUIBBLE pet", False), ("X-90125", False), ("2001-02-03", False), ("ID 7", True)),
    ],
)
def test_a_name_of_a_layer_that_names_the_patient_is_left_out(name: str, kept: bool) -> None:
    (_, placed) = place_layers(volume(), Layer(volume(), name, np.eye(4))).layers
    record = OverlayRecord.of(placed, ("Quibble, Zara Jo", "ID X-90125", "2001-02-03"))
    assert record.name == (name if kept else "")


BAD_OVERLAYS: dict[str, tuple[dict[str, object], str]] = {
    "no volume": ({"volumes": []}, "has neither volumes nor regions"),
    "volumes missing": ({"volumes": None}, "Expected `array`"),
    "no name": ({"name": 3}, "Expected `str`"),
    "a transform of 3 rows": ({"transform": np.eye(4)[:3].tolist()}, "length 4"),
    "a transform of words": ({"transform": "turned"}, "not a recipe"),
    "a mirror": ({"transform": np.diag([-1.0, 1, 1, 1]).tolist()}, "transform mirrors"),
    "a flat transform": ({"transform": np.diag([0.0, 1, 1, 1]).tolist()}, "singular"),
    "a perspective": ({"transform": np.ones((4, 4)).tolist()}, "last row 0 0 0 1"),
    "both ways of placing": ({"same_frame": True}, "both a transform and same_frame"),
    "an unknown look": ({"look": {"glow": 1}}, "look has no glow"),
    "a look of another kind": ({"look": {"opacity": "much"}}, "look of a layer"),
    "an opacity of 2": ({"look": {"opacity": 2}}, "opacity 2.0 of a layer: give 0 to 1"),
    "a blend that there is not": ({"look": {"blend": "melt"}}, "look of a layer"),
    "a window of one number": ({"look": {"window": [3]}}, "not a recipe"),
    "a window of words": ({"look": {"window": {"center": "x", "width": 1}}}, "window of a layer"),
    "a window without width": ({"look": {"window": {"center": 1, "width": -1}}}, "not a recipe"),
    "a window that is a number": ({"look": {"window": 7}}, "not a recipe"),
    "a look that is a list": ({"look": [1]}, "not a recipe"),
    "unknown fields": ({"where": "there"}, "unknown fields where"),
}


@pytest.mark.parametrize("case", BAD_OVERLAYS)
def test_an_overlay_changed_by_hand_is_one_clear_line(case: str) -> None:
    change, says = BAD_OVERLAYS[case]
    values = json.loads(layered().to_json())
    values["overlays"][0] |= change
    with pytest.raises(RecipeError, match=says) as raised:
        Recipe.from_json(json.dumps(values))
    assert "\n" not in str(raised.value)


def test_more_looks_than_layers_are_one_clear_line() -> None:
    values = json.loads(layered().to_json())
    del values["overlays"]
    with pytest.raises(RecipeError, match="its view has looks of 2 layers and 0 regions, and there") as raised:
        Recipe.from_json(json.dumps(values))
    assert "\n" not in str(raised.value)
    for overlays in (7, None, {"a": 1}, [3], [[]]):
        with pytest.raises(RecipeError, match="not a recipe"):
            Recipe.from_json(json.dumps({**values, "overlays": overlays}))


def test_marked_notes_are_recorded_by_id_and_numbers_and_name_nobody() -> None:
    notes = (
        Note("Doe was tilted.", "slices.tilted", frames=40, moved_mm=12.3456789),
        Note("doe.dcm is the same as jane.dcm.", "images.duplicates", files=("doe.dcm", "jane.dcm"), frames=2),
        Note("Doe, again.", "slices.tilted", frames=40, moved_mm=12.3456789),
        Note("In doe.dcm is no intercept.", "values.rescale_assumed", files=("doe.dcm",)),
    )
    one = volume(notes=notes)
    text = replace(recipe(), volumes=(VolumeRecord.of(one),)).to_json()
    (record,) = msgspec.json.decode(text)["volumes"]
    tilted = {"id": "slices.tilted", "frames": 40, "moved_mm": 12.3457}
    assert record["notes"] == [tilted, {"id": "values.rescale_assumed", "files": 1}]
    assert "doe" not in text.casefold()
    assert Recipe.from_json(text).to_json() == text
    assert Recipe.from_json(text).volumes[0].notes == note_records(notes)
    assert VolumeRecord.of(one) == VolumeRecord.of(volume()), "they do not identify it"
    assert VolumeRecord.of(one).differences(VolumeRecord.of(volume())) == ()
    assert "notes" not in recipe().to_json(), "of a volume without any it is the recipe that it always was"


def test_marked_notes_of_overlays_are_with_their_data() -> None:
    base = volume(frame_of_reference="1.2.8")
    told = [Note("a", "segments.empty"), Note("b", "segments.off_grid", moved_mm=0.5)]
    labels = Segmentation.from_array(np.ones(base.shape, int), base.affine, notes=told)
    over = volume(notes=[Note("c", "file.no_place")])
    layers = place_layers(base, (Layer(over, same_frame=True), Layer(labels, same_frame=True)))
    of_values, of_regions = (OverlayRecord.of(one) for one in layers.overlays)
    assert [one.id for one in of_values.volumes[0].notes] == ["file.no_place"]
    assert of_regions.regions is not None
    assert [(one.id, one.moved_mm) for one in of_regions.regions.notes] == [("segments.off_grid", 0.5)]
    text = replace(recipe(), overlays=(of_values, of_regions), state=None).to_json()
    again = Recipe.from_json(text)
    assert again.overlays[1].regions is not None
    assert again.overlays[1].regions.notes == of_regions.regions.notes
    assert again.to_json() == text


def test_what_is_marked_now_and_was_not_then_is_said() -> None:
    then = replace(recipe(), volumes=(VolumeRecord.of(volume()),))
    now = replace(then, volumes=(VolumeRecord.of(volume(notes=[Note("a", "slices.kept")])),))
    assert then.other_notes(then) == ()
    assert then.other_notes(now) == ("marked notes on the data were none, are slices.kept",)
