"""A saved view knows the series it was made on: it comes back to that one, and elsewhere it says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.phantom_files import write_phantom
from viewer3d import figures, load, load_all, read_recipe, screenshot
from viewer3d.app.show import read_state
from viewer3d.app.viewer import Viewer
from viewer3d.cli import main
from viewer3d.core.layers import Layer, PlacedLayers, place_layers
from viewer3d.core.origin import OTHER_OVERLAY, OTHER_SERIES, other_series_note, series_of
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.catalog import CatalogRequest, build_catalog
from viewer3d.phantom import Faults
from viewer3d.render.first_state import first_state, with_first_looks

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Series 2 and 3 of one patient, in one frame of reference."""
    write_phantom(tmp_path / "two", faults=Faults(second_series=True), **SMALL)
    return tmp_path / "two"


def test_a_state_has_the_digests_of_its_series_and_they_go_through_json(two: Path) -> None:
    second, third = load(two, 2), load(two, 3)
    state = first_state(second, "axial")
    assert second.provenance is not None
    assert state.series == (second.provenance.series,) == series_of([second])
    assert ViewState.from_json(state.to_json()).series == state.series
    assert other_series_note([second], state) == ""
    assert other_series_note([third], state) == OTHER_SERIES
    assert other_series_note([third, second], state) == ""


def test_a_state_of_layers_has_the_digests_of_all_and_says_where_one_is_another(two: Path) -> None:
    base, over = load(two, 2), load(two, 3)
    layers = place_layers(base, Layer(over, "second look")).layers
    state = with_first_looks(first_state(base, "axial"), PlacedLayers(layers))
    assert state.series == series_of([base, over])
    assert other_series_note([base], state, layers[1:]) == ""
    swapped = place_layers(over, base).layers
    assert other_series_note([over], state, swapped[1:]) == OTHER_SERIES
    alone = first_state(base, "axial")
    assert other_series_note([base], alone, layers[1:]) == OTHER_OVERLAY.format("second look")
    assert other_series_note([over], alone, swapped[1:]) == OTHER_SERIES
    bare = place_layers(base, Layer(over.with_info(provenance=None))).layers
    assert other_series_note([base], alone, bare[1:]) == ""
    assert other_series_note([base], replace(alone, series=()), layers[1:]) == ""


def test_a_picture_of_layers_gives_the_digests_of_all(two: Path, tmp_path: Path) -> None:
    base, over = load(two, 2), load(two, 3)
    screenshot(base, tmp_path / "a.png", "axial", size=(60, 40), overlays=[over])
    state = read_state(tmp_path / "a.png")
    assert len(state.layers) == 2
    assert state.series == series_of([base, over])


def test_where_a_series_is_not_known_nothing_is_said(two: Path) -> None:
    second = load(two, 2)
    array = Volume.from_array(np.zeros((4, 4, 4), np.int16), np.eye(4))
    state = first_state(second, "axial")
    assert series_of([array]) == first_state(array, "axial").series == ()
    assert other_series_note([array], state) == other_series_note([second], replace(state, series=())) == ""


def test_a_state_names_nobody(two: Path) -> None:
    volume = load(two, 2, identify=True)
    assert volume.identity
    text = first_state(volume, "axial").to_json()
    assert all(len(one) == 64 and set(one) <= set("0123456789abcdef") for one in json.loads(text)["series"])
    assert not any(word in text for line in volume.identity for word in line.replace(",", " ").split() if word != "ID")


def test_a_state_without_digests_is_read_as_before(two: Path) -> None:
    state = first_state(load(two, 2), "axial")
    old = {name: value for name, value in json.loads(state.to_json()).items() if name != "series"}
    read = ViewState.from_json(json.dumps({**old, "version": 3}))
    assert (read, read.series) == (state, ())


def test_recipes_hold_them_with_the_volumes_and_pictures_are_the_same_bytes(two: Path, tmp_path: Path) -> None:
    volume, out = load(two, 2), tmp_path / "a.png"
    state = first_state(volume, "axial")
    written = []
    for one in (state, replace(state, series=()), replace(state, series=("0" * 64,))):
        screenshot(volume, out, size=(60, 40), state=one)
        written.append(out.read_bytes())
    assert len(set(written)) == 1
    assert b'"state":{' in written[0]
    recipe = read_recipe(out)
    assert recipe.state is not None
    assert recipe.state.series == ()
    assert read_state(out).series == state.series
    pages = {figures.plane(volume, state=one).texts["viewer3d"] for one in (state, replace(state, series=()))}
    assert len(pages) == 1


def test_a_viewer_says_so_and_what_it_saves_is_of_its_own_series(
    two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    second, third = load(two, 2), load(two, 3)
    state = first_state(third, "axial")
    with Viewer(third, size=(90, 60), off_screen=True, state=state) as viewer:
        assert viewer.note == ""
    with Viewer(second, size=(90, 60), off_screen=True, state=state) as viewer:
        assert viewer.note == OTHER_SERIES
        assert viewer.state == state
        assert viewer.state.series == series_of([second])
        viewer.state = state.with_view("coronal")
        viewer.interactor.key("ctrl+s")
        assert read_state(tmp_path / "viewer3d-1.json").series == viewer.state.series == series_of([second])
        viewer.exchange(third)
        assert viewer.state.series == series_of([third])


def test_of_a_folder_the_series_of_the_state_is_opened(two: Path) -> None:
    digests = {number: series_of([load(two, number)]) for number in (2, 3)}

    def first(**wish: object) -> int:
        return build_catalog(two, CatalogRequest(**wish), lambda *_: None).first  # type: ignore[arg-type]

    assert [first(digests=digests[number]) for number in (2, 3)] == [0, 1]
    assert first(digests=(*digests[3], *digests[2])) == 1  # of layers that of the base, which is named first
    assert first(digests=("0" * 64, *digests[2], *digests[3])) == 0
    assert first(digests=digests[3], series=2) == 0  # what is named goes before
    assert first(digests=("0" * 64,)) == first() == 0


def test_one_time_or_all_times_are_opened_as_they_were(real) -> None:
    path = real("mr_4d_ge")
    volumes = load_all(path)
    for members in (volumes, volumes[1:]):
        shelf = build_catalog(path, CatalogRequest(digests=series_of(members)), lambda *_: None)
        opened = shelf.entries[shelf.first].load(lambda *_: None)
        assert [volume.which for volume in opened] == [volume.which for volume in members]


def test_of_all_images_as_one_series(two: Path) -> None:
    joined = load(two, "*", stack=1)
    shelf = build_catalog(two, CatalogRequest(digests=series_of([joined])), lambda *_: None)
    (opened,) = shelf.entries[shelf.first].load(lambda *_: None)
    assert series_of([opened]) == series_of([joined])


def test_figures_and_movies_take_the_series_of_the_state_and_say_when_it_is_another(two: Path, tmp_path: Path) -> None:
    third = load(two, 3)
    (tmp_path / "view.json").write_text(first_state(third, "axial").to_json())
    screenshot(third, tmp_path / "view.png", "axial", size=(60, 40))
    verbs = (
        ("figure", "mpr", two, "--size", "90x60", "-o", tmp_path / "out.png"),
        ("movie", two, "--kind", "cine", "--size", "90x60", "--frames", 2, "-o", tmp_path / "out.webp"),
    )
    for words in verbs:
        for saved in ("view.json", "view.png"):
            view = ("--state", tmp_path / saved)
            assert run(*words).exit_code == 2  # which of the two?
            own = run(*words, *view)
            assert (own.exit_code, own.output) == (0, "")
            (record,) = read_recipe(words[-1]).volumes  # type: ignore[arg-type]
            assert record.provenance == third.provenance
            other = run(*words, *view, "--series", 2)
            assert (other.exit_code, other.output) == (0, f"note: {OTHER_SERIES}\n")
