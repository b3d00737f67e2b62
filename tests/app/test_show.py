"""A saved view comes back from every form it was ever saved in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from viewer3d.app.show import read_state
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.recipes.drawn import shot_recipe
from viewer3d.render.first_state import first_state
from viewer3d.render.output import write_picture

PIXELS = np.zeros((20, 30, 3), np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_from_the_recipe_of_a_picture(suffix: str, box: Volume, tmp_path: Path) -> None:
    state = first_state(box, "mpr").with_cursor((3.25, 4, 5))
    write_picture(PIXELS, tmp_path / f"a{suffix}", shot_recipe(box, state, (30, 20)).texts)
    assert read_state(tmp_path / f"a{suffix}") == state


def test_from_a_picture_that_holds_a_state_alone_as_older_ones_do(box: Volume, tmp_path: Path) -> None:
    state = first_state(box, "mpr")
    info = PngImagePlugin.PngInfo()
    info.add_text("viewer3d", state.to_json())
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=info)
    assert read_state(tmp_path / "a.png") == state


def test_from_json_of_either_kind(box: Volume, tmp_path: Path) -> None:
    state = first_state(box, "mpr")
    (tmp_path / "state.json").write_text(state.to_json(), encoding="utf-8")
    (tmp_path / "recipe.json").write_text(shot_recipe(box, state, (30, 20)).to_json(), encoding="utf-8")
    assert read_state(tmp_path / "state.json") == read_state(tmp_path / "recipe.json") == state


def test_a_figure_of_many_views_has_none_to_open(box: Volume, tmp_path: Path) -> None:
    recipe = replace(shot_recipe(box, first_state(box, "mpr"), (30, 20)), figure="lightbox", state=None)
    write_picture(PIXELS, tmp_path / "a.png", recipe.texts)
    with pytest.raises(ViewError, match="a lightbox shows more than one view: viewer3d replay"):
        read_state(tmp_path / "a.png")
