"""PET opens dark on white at SUV 0 to 5, in slices and in 3D, and says so in its state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from viewer3d import figures, screenshot
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.recipes.embed import read_recipe
from viewer3d.render import gl
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.display_list import EMPTY, OFF_WHITE, PLANE_COLORS, WHITE, Line, Ramp, Text, on_ground
from viewer3d.render.volume.volume_look import volume_look

SIZE = (120, 120)


def pet(unit: str = "SUVbw", **about: object) -> Volume:
    """A body of 1 with a cube of 2.5 and one of 20 in nothing; in Bq/ml a thousand times that."""
    voxels = np.zeros((30, 30, 30), np.float32)
    voxels[4:26, 4:26, 2:28] = 1
    voxels[8:12, 12:18, 12:18] = 2.5
    voxels[18:22, 12:18, 12:18] = 20
    factor = 1 if unit.startswith("SUV") else 1000
    return Volume.from_array(factor * voxels, np.diag([4.0, 4, 4, 1]), unit=unit, modality="PT", **about)


@pytest.fixture
def volume() -> Volume:
    return pet()


def place(volume: Volume, i: float) -> tuple[float, float, float]:
    x, y, z = volume.geometry.index_to_world((i, 15, 15))
    return float(x), float(y), float(z)


@pytest.mark.parametrize("inverted", [False, True])
def test_the_state_says_inverted_and_slices_are_dark_on_white(inverted: bool) -> None:
    """Also where the files are MONOCHROME1, whose low values are white as they come."""
    volume = pet(inverted=inverted)
    state = first_state(volume, "axial")
    assert state.look.inverted is not inverted
    assert '"inverted": true' in state.to_json() or inverted
    assert ViewState.from_json(state.to_json()) == state
    assert state.look.window.bounds == (0, 5)
    pixels = screenshot(volume, view="axial", at=place(volume, 10), size=(240, 240))
    greys = np.unique(pixels[(pixels == pixels[..., :1]).all(-1)])
    assert {0, 128, 204, 255} <= set(greys.tolist())  # beside it, and 2.5, 1 and 0 of 5


def test_figures_open_alike(volume: Volume) -> None:
    for made in (figures.plane(volume, size=SIZE), figures.mips(volume, size=(360, 120)), figures.mpr(volume)):
        assert made.state.look.inverted
        assert made.state.look.window.bounds == (0, 5)
    for draw in (figures.plane, figures.mips, figures.quad):
        assert not draw(volume, size=(360, 180), colors="hot-iron").state.look.inverted
    assert figures.quad(volume, size=(360, 180)).state.look.inverted


@pytest.mark.parametrize(
    ("inverted", "colors", "shown"),
    [
        (None, None, True),
        (None, "hot-iron", False),
        (None, "grey", True),
        (True, "hot-iron", True),
        (False, None, False),
    ],
)
def test_colours_are_not_turned_round(
    volume: Volume, tmp_path: Path, inverted: bool | None, colors: str | None, shown: bool
) -> None:
    screenshot(volume, tmp_path / "a.png", view="axial", size=SIZE, inverted=inverted, colors=colors)
    recipe = read_recipe(tmp_path / "a.png")
    assert recipe.state is not None
    assert recipe.state.look.inverted is shown
    assert figures.plane(volume, size=SIZE, inverted=inverted, colors=colors).state.look.inverted is shown


def test_a_window_of_ones_own_keeps_it_inverted_and_a_state_keeps_all(volume: Volume) -> None:
    assert first_state(volume, window="0-10").look.inverted
    state = first_state(volume, "axial").with_look(inverted=False, window=Window(1, 2, "LINEAR_EXACT"))
    assert figures.plane(volume, state=state, size=SIZE).state.look.inverted is False
    pixels = screenshot(volume, state=state, size=SIZE)
    ct = replace(volume.with_info(modality="CT"), unit="")
    assert np.array_equal(pixels, screenshot(ct, state=state, size=SIZE))


@pytest.mark.parametrize(("unit", "title"), [("SUVbw", "MIP, SUV 0 to 5"), ("Bq/ml", "MIP")])
def test_in_3d_it_is_a_film(unit: str, title: str) -> None:
    volume = pet(unit)
    state = first_state(volume, "3d")
    rendering = volume_look(volume, state)
    assert (rendering.preset, rendering.is_film, rendering.ground) == ("pet-mip", True, WHITE)
    assert rendering.title(volume) == title
    if unit == "SUVbw":
        assert rendering.transfer(volume).values[:2] == (0, 5)
        assert rendering.transfer(volume).opacities[:2] == (0, 1)
    light = volume_look(volume, state.with_look(inverted=False))
    assert (light.is_film, light.ground, light.title(volume)) == (False, EMPTY, "MIP")
    assert not volume_look(volume, state.with_look(rendering="mr-default")).is_film
    assert not volume_look(volume.with_info(modality="MR"), state.with_look(rendering="mr-mip")).is_film


def test_the_film_has_the_greys_of_the_slices(volume: Volume, opengl: gl.OpenGL) -> None:
    pixels = screenshot(volume, view="3d", size=(300, 300))
    middle = pixels[150]
    assert (pixels[30:60, :8] == 255).all()  # nothing is white
    assert middle[(middle == middle[:, :1]).all(1)].min() == 0  # 20 is black
    greys, counts = np.unique(middle[:, 0], return_counts=True)
    usual = greys[counts >= 8]
    assert any(abs(int(grey) - 204) <= 3 for grey in usual)  # 1 of 5
    assert any(abs(int(grey) - 128) <= 4 for grey in usual)  # 2.5 of 5


def test_inversion_turns_the_film(volume: Volume, opengl: gl.OpenGL, tmp_path: Path) -> None:
    dark = screenshot(volume, tmp_path / "a.png", view="quad", size=(300, 300))
    state = read_recipe(tmp_path / "a.png").state
    assert state is not None
    assert state.look.inverted
    light = screenshot(volume, state=state.with_look(inverted=False), size=(300, 300))
    corner = np.s_[20:40, 155:160]
    assert (dark[corner] == 255).all()
    assert (light[corner] == EMPTY).all()
    assert np.array_equal(screenshot(volume, state=state, size=(300, 300)), dark)


def test_marks_on_white_are_dark() -> None:
    text, line = Text(0, 0, "R", 12), Line(0, 0, 9, 0, 1, PLANE_COLORS["axial"])
    ramp = Ramp(0, 0, 2, 2, ((1, 2, 3),))
    assert on_ground((text, line, ramp), EMPTY) == (text, line, ramp)
    dark, same, bar = on_ground((text, line, ramp), WHITE)
    assert isinstance(dark, Text)
    assert dark.color == tuple(255 - part for part in OFF_WHITE)
    assert dark.outline == WHITE
    assert (same, bar) == (line, ramp)
