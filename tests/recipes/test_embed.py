"""A recipe comes back from every format, and what holds none is said in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError, RecipeError
from viewer3d.recipes.data_record import VolumeRecord
from viewer3d.recipes.embed import embedded_text, holds_recipe, read_recipe, save_options
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.xmp import xmp_packet
from viewer3d.render.output import FORMATS, write_picture

PIXELS = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)


def recipe(**arguments: object) -> Recipe:
    volume = Volume.from_array(np.zeros((2, 3, 4), np.int16), np.eye(4), unit="HU")
    return Recipe("lightbox", (VolumeRecord.of(volume),), (30, 20), {"title": 'Läsion <"&"> 山 \n\\', **arguments})


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_every_format_brings_it_back(suffix: str, tmp_path: Path) -> None:
    path = write_picture(PIXELS, tmp_path / f"a{suffix}", recipe().texts)
    assert read_recipe(path) == recipe()
    assert [one.name for one in tmp_path.iterdir()] == [f"a{suffix}"]


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_moving_pictures_bring_it_back(form: str, tmp_path: Path) -> None:
    frames = [Image.fromarray(PIXELS), Image.fromarray(255 - PIXELS)]
    path = tmp_path / "a"
    frames[0].save(path, form, save_all=True, append_images=frames[1:], **save_options(form, recipe().texts))
    assert read_recipe(path) == recipe()


@pytest.mark.parametrize("around", ["%PDF-1.4\n{}\n%%EOF", '<?xml version="1.0"?><svg><metadata>{}</metadata></svg>'])
def test_vector_formats_bring_it_back(around: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(around.replace("{}", xmp_packet(recipe().texts)), encoding="utf-8")
    assert read_recipe(path) == recipe()


def test_json_is_a_recipe_too(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(recipe().to_json(), encoding="utf-8")
    assert read_recipe(tmp_path / "a.json") == recipe()


def test_png_has_it_as_international_text(tmp_path: Path) -> None:
    path = write_picture(PIXELS, tmp_path / "a.png", recipe().texts)
    assert b"iTXtviewer3d\0" in path.read_bytes()


def test_a_recipe_too_long_for_a_jpeg_is_said(tmp_path: Path) -> None:
    long = recipe(more="x" * 66_000).texts
    with pytest.raises(OutputError, match="more than a JPEG holds: give another format"):
        write_picture(PIXELS, tmp_path / "a.jpg", long)
    assert not list(tmp_path.iterdir())
    assert read_recipe(write_picture(PIXELS, tmp_path / "a.tif", long)).arguments["more"] == "x" * 66_000


def test_an_older_picture_holds_a_state_alone(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("viewer3d", json.dumps({"cursor": [0, 0, 0], "version": 1}))
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=info)
    assert not holds_recipe(embedded_text(tmp_path / "a.png"))
    with pytest.raises(RecipeError, match="holds a view state but no recipe"):
        read_recipe(tmp_path / "a.png")


def write_bare(path: Path) -> None:
    Image.fromarray(PIXELS).save(path, "PNG")


def write_described(path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = '{"mine": 1}'
    Image.fromarray(PIXELS).save(path, "JPEG", exif=exif)


def write_cut(path: Path) -> None:
    write_picture(PIXELS, path.with_suffix(".png"), recipe().texts)
    path.write_bytes(path.with_suffix(".png").read_bytes()[:300])


def write_changed(path: Path) -> None:
    path.write_text(recipe().to_json().replace('"shape":[2', '"shape":["2"'), encoding="utf-8")


BAD = {
    "no such file": (Path.exists, "cannot be read"),
    "a folder": (lambda path: path.mkdir(), "cannot be read"),
    "empty": (lambda path: path.write_bytes(b""), "holds no recipe"),
    "a PNG without": (write_bare, "holds no recipe"),
    "a JPEG with words of others": (write_described, "holds no recipe"),
    "a cut PNG": (write_cut, "cut or broken|holds no recipe"),
    "a text": (lambda path: path.write_text("hello"), "holds no recipe"),
    "JSON of others": (lambda path: path.write_text('{"a": 1}'), "holds no recipe"),
    "a changed recipe": (write_changed, "not a recipe"),
    "an XMP packet of others": (lambda path: path.write_text("%PDF <x:xmpmeta><</x:xmpmeta>"), "holds no recipe"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_holds_none_is_one_line(name: str, tmp_path: Path) -> None:
    make, says = BAD[name]
    make(tmp_path / "a")
    with pytest.raises(RecipeError, match=says) as raised:
        read_recipe(tmp_path / "a")
    assert str(tmp_path / "a") in str(raised.value)
    assert "\n" not in str(raised.value)
