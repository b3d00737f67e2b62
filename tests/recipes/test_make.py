"""A screenshot's file says what made it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL
import pytest
import vtkmodules

import viewer3d
from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d import figures
from viewer3d.core.layers import Layer, PlacedLayers, place_layers
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.recipes.data_record import OverlayRecord, placed_record
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.make import recipe_of, shot_recipe
from viewer3d.recipes.record import Recipe
from viewer3d.render import gl
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.marks.fonts import Font
from viewer3d.render.shot import screenshot


def test_a_screenshot_carries_its_recipe(tmp_path: Path) -> None:
    volume = marker_volume(DIRECTIONS["oblique"])
    state = first_state(volume, "mpr").with_cursor((-20, 20, 250))
    screenshot(volume, tmp_path / "a.png", state=state, size=(300, 100))
    recipe = read_recipe(tmp_path / "a.png")
    assert recipe == shot_recipe(volume, state, (300, 100))
    assert (recipe.figure, recipe.size, recipe.state, recipe.identified) == ("shot", (300, 100), state, False)
    assert recipe.volumes[0].voxels == volume.digest
    np.testing.assert_array_equal(recipe.volumes[0].affine, volume.affine)
    assert recipe.volumes[0].provenance is None


def test_it_names_what_drew(tmp_path: Path) -> None:
    volume = marker_volume(DIRECTIONS["identity"])
    recipe = shot_recipe(volume, first_state(volume, "mpr"), (300, 100))
    assert recipe.versions == {
        "viewer3d": viewer3d.__version__,
        "numpy": np.__version__,
        "vtk": vtkmodules.__version__,
        "pillow": PIL.__version__,
    }
    assert recipe.renderer == "none"


def test_in_3d_it_names_the_opengl(opengl: gl.OpenGL) -> None:
    volume = marker_volume(DIRECTIONS["identity"])
    renderer = shot_recipe(volume, first_state(volume), (300, 100)).renderer
    assert renderer.startswith(opengl.renderer)
    assert opengl.version in renderer


@pytest.mark.usefixtures("no_opengl")
def test_without_opengl_there_is_none_to_name() -> None:
    volume = marker_volume(DIRECTIONS["identity"])
    assert shot_recipe(volume, first_state(volume), (300, 100)).renderer == "none"


def test_a_figure_of_two_volumes_has_both_in_order() -> None:
    one, other = (Volume.from_array(np.full((3, 3, 3), n, np.int16), np.eye(4)) for n in (1, 2))
    recipe = recipe_of("before_after", (other, one), (30, 20), arguments={"n": 2})
    assert [record.voxels for record in recipe.volumes] == [other.digest, one.digest]
    assert (recipe.arguments, recipe.state, recipe.renderer) == ({"n": 2}, None, "none")
    assert recipe_of("a", (Volume.from_array(np.zeros((2, 2, 2)), np.eye(4), identity=("Doe",)),), (9, 9)).identified


def test_it_names_a_font_that_does_not_come_along_and_no_letter_of_a_name(east_asian: Font, tmp_path: Path) -> None:
    volume = marker_volume(DIRECTIONS["identity"]).with_info(identity=("Müller 山田太郎", "ID 7"))
    state = first_state(volume, "mpr")
    screenshot(volume, tmp_path / "a.png", state=state, size=(600, 300))
    recipe = read_recipe(tmp_path / "a.png")
    assert recipe.versions["font"] == east_asian.label
    assert not set("山田太郎") & set(recipe.to_json())
    assert "Müller" not in recipe.to_json()
    named = volume.with_info(identity=("Müller Žofie Щукина",))
    assert "font" not in shot_recipe(named, state, (600, 300)).versions


def test_it_names_such_a_font_of_a_layer_and_of_its_patient(east_asian: Font) -> None:
    volume = marker_volume(DIRECTIONS["identity"])
    asked = {"name": Layer(volume, "山田", same_frame=True)}
    asked["patient"] = Layer(volume.with_info(identity=("山田太郎",)), "late", same_frame=True)
    for layer in asked.values():
        layers = place_layers(volume, layer).layers
        state = with_first_looks(first_state(volume, "mpr"), PlacedLayers(layers))
        recipe = shot_recipe(volume, state, (600, 300), layers[1:])
        assert recipe.versions["font"] == east_asian.label
        assert "太" not in recipe.to_json()


def test_what_lies_over_a_volume_is_recorded_as_it_was_given() -> None:
    volume = marker_volume(DIRECTIONS["oblique"]).with_info(frame_of_reference="1.2.8.1")
    matrix = np.eye(4)
    matrix[0, 3] = 3
    layers = place_layers(volume, Layer(volume, "moved", matrix, look={"opacity": 0.25})).layers
    state = with_first_looks(first_state(volume, "mpr"), PlacedLayers(layers))
    recipe = shot_recipe(volume, state, (300, 100), layers[1:])
    assert recipe.overlays == (OverlayRecord.of(layers[1]),)
    (record,) = recipe.overlays
    assert record.volumes == recipe.volumes == (placed_record(volume),)
    assert record.look == {"opacity": 0.25}
    np.testing.assert_array_equal(record.transform, matrix)
    assert recipe_of("mpr", (volume,), (300, 100), overlays=layers[1:]).overlays == recipe.overlays


def test_figures_name_such_a_font_as_well(east_asian: Font) -> None:
    volume = marker_volume(DIRECTIONS["identity"])
    assert "font" not in Recipe.from_json(figures.compare(volume, volume).texts["viewer3d"]).versions
    asked = figures.compare(volume, volume, names=("山田", "Nach"))
    assert Recipe.from_json(asked.texts["viewer3d"]).versions["font"] == east_asian.label


def test_a_name_that_is_no_text_is_refused_where_a_recipe_would_hold_it(tmp_path: Path) -> None:
    volume = marker_volume(DIRECTIONS["identity"])
    figure = figures.compare(volume, volume, names=("\udcff", "b"))
    assert figure.pixels.any()
    with pytest.raises(ViewError, match=r"'\\udcff' is no text"):
        figure.save(tmp_path / "a.png")
