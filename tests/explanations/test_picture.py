"""Pixels of pictures: the colour that is computed again is the picture's, in every kind of picture."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import viewer3d
from tests.explanations.kinds import KINDS, Data
from viewer3d import Explanation, LayerShare, figures
from viewer3d.errors import RecipeError, ViewError
from viewer3d.explanations.picture import drawn_again, explain_pixel, loaded_as_then
from viewer3d.render.colors import palette
from viewer3d.render.output import write_picture

QUICK = {"nearest": 6, "mip": 6, "oblique mip": 8, "fused": 12, "mpr white": 10, "compare": 8, "mips": 6, "windows": 6}
"""Of some kinds how many pixels: 62 in all. The other kinds are looked at by the slow test."""

MANY = 62
"""Pixels of each kind: more than 1,000 in all."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return Data(tmp_path_factory.mktemp("data"))


def check_layer(layer: LayerShare) -> None:
    """Compute a layer again from the numbers that are told: voxels, weights, window, colours."""
    if layer.value is None:
        return
    sampled = []
    for sample in layer.samples:
        value = sum(voxel.weight * voxel.value for voxel in sample.voxels)
        whole = layer.dtype == "int16"
        assert sample.value == pytest.approx(np.floor(value + 0.5) if whole else value, rel=1e-6, abs=1e-9)
        assert sum(voxel.weight for voxel in sample.voxels) == pytest.approx(1)
        sampled.append((sample.weight, sample.value))
    mean = sum(weight * value for weight, value in sampled) / sum(weight for weight, _ in sampled)
    assert layer.value == pytest.approx(np.rint(mean) if layer.dtype == "int16" else mean, rel=1e-6)
    if layer.grey is not None and layer.window is not None:
        share = float(layer.window.apply(layer.value))  # the window of all else, not that of the explanation
        assert layer.grey == np.rint(255 * (1 - share if layer.inverted else share))
    if layer.color is not None and layer.grey is not None:
        assert layer.color == tuple(palette(layer.colors)[layer.grey].tolist())


def check_pixels(data: Data, kind: str, path: Path, count: int) -> None:
    places = KINDS[kind](data, path)
    recipe, loaded, sources = loaded_as_then(path, places)
    made = drawn_again(recipe, loaded)
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    rng = np.random.default_rng(len(kind))
    left = count
    for row, column in rng.integers(pixels.shape[:2], size=(20 * count, 2)).tolist():
        found = made.explained((column, row), sources.explained)
        assert found.color == tuple(pixels[row, column].tolist()), (kind, column, row, str(found))
        for layer in found.layers:
            check_layer(layer)
        left -= any(layer.value is not None for layer in found.layers)
        if not left:
            return
    pytest.fail(f"{kind}: {left} of {count} pixels of a volume were not found")


@pytest.mark.parametrize("kind", QUICK)
def test_a_pixel_is_computed_again_from_the_numbers(data: Data, tmp_path: Path, kind: str) -> None:
    check_pixels(data, kind, tmp_path / "picture.png", QUICK[kind])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_pixels_are_computed_again_from_the_numbers(data: Data, tmp_path: Path, kind: str) -> None:
    check_pixels(data, kind, tmp_path / "picture.png", MANY)


def explained(data: Data, path: Path, pixel: tuple[int, int], kind: str = "shot") -> Explanation:
    return explain_pixel(path, pixel, KINDS[kind](data, path))


def test_a_pixel_leads_to_the_files(data: Data, tmp_path: Path) -> None:
    found = explained(data, tmp_path / "a.png", (60, 80))
    (layer,) = found.layers
    stored = [one for voxel in layer.samples[0].voxels for one in voxel.stored]
    assert stored
    assert {Path(one.file).parent for one in stored} == {data.ct}
    assert found.place.pane == "axial pane"
    assert found.picture == found.color
    json.dumps(found.to_dict())


def test_marks_are_named_and_what_they_cover_is_told(data: Data, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    viewer3d.screenshot(data.volume, path, "axial", size=(420, 400))
    state = viewer3d.read_recipe(path).state
    assert state is not None
    with viewer3d.Scene(data.volume, (420, 400)) as scene:
        scene.apply(state)
        at = scene.pane("axial").to_pixel(state.cursor)
    recipe, loaded, _ = loaded_as_then(path, [data.ct])
    made = drawn_again(recipe, loaded)
    wanted = "a line in the colour of the sagittal plane"
    column = [made.explained((round(at[0]), row)) for row in range(20, 380, 9)]
    found = next(one for one in column if [cover.name for cover in one.covers] == [wanted])
    assert "a mark covers the values here" in str(found)
    assert found.layers[0].samples


def test_a_changed_picture_and_other_data_are_refused(data: Data, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    places = KINDS["shot"](data, path)
    recipe = viewer3d.read_recipe(path)
    with Image.open(path) as picture:
        pixels = np.array(picture)
    pixels[80, 60] ^= 255
    write_picture(pixels, path, recipe.texts)
    with pytest.raises(RecipeError, match=r"its pixel 60,80 is .* it was changed"):
        explain_pixel(path, (60, 80), places)
    assert explain_pixel(path, (61, 80), places).picture is not None
    shutil.copytree(data.ct, tmp_path / "other")
    one = next((tmp_path / "other").iterdir())
    content = bytearray(one.read_bytes())
    content[-2] ^= 1  # of the last pixel
    one.write_bytes(content)
    with pytest.raises(RecipeError, match="other voxels than those of the picture"):
        explain_pixel(path, (60, 80), [tmp_path / "other"])


def test_what_has_no_such_pixel_or_frame_says_so(data: Data, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    places = KINDS["shot"](data, path)
    with pytest.raises(ViewError, match="a column from 0 to 329, a row to 149"):
        explain_pixel(path, (330, 0), places)
    with pytest.raises(ViewError, match="frame 2: the picture has 1"):
        explain_pixel(path, (0, 0), places, frame=2)


def test_a_frame_of_a_movie_is_explained(data: Data, tmp_path: Path) -> None:
    path = tmp_path / "movie.webp"
    figures.cine(data.volume, size=(120, 100)).save(path)
    first, last = (explain_pixel(path, (60, 50), [data.ct], frame=frame) for frame in (1, 3))
    assert first.place.world[2] != last.place.world[2]
    assert first.picture == first.color


def test_what_is_drawn_with_loss_or_in_vectors_says_so(data: Data, tmp_path: Path) -> None:
    viewer3d.screenshot(data.volume, tmp_path / "a.jpg", "axial", size=(100, 100))
    notes = explain_pixel(tmp_path / "a.jpg", (50, 50), data.ct).notes
    assert any("does not keep every pixel (JPEG)" in note for note in notes)
    figures.plane(data.volume, width=60.0).save(tmp_path / "a.pdf")
    notes = explain_pixel(tmp_path / "a.pdf", (50, 50), data.ct).notes
    assert any("drawn in vectors" in note for note in notes)
