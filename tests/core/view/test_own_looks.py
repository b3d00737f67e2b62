"""Colour maps and transfer functions that are not built in, as text that says all that they are."""

from __future__ import annotations

import pytest

from viewer3d.core.view import own_looks
from viewer3d.errors import ViewError


def test_colors_survive_their_text() -> None:
    colors = own_looks.OwnColors("fire", ((0, "#000000"), (127, "#ff0000"), (255, "#ffffff")))
    assert colors.text == "fire: 0#000000 127#ff0000 255#ffffff"
    assert own_looks.parse_colors(colors.text) == colors
    assert own_looks.short_name(colors.text) == "fire"
    assert own_looks.is_in_full(colors.text)
    assert not own_looks.is_in_full("viridis")


def test_a_transfer_function_survives_its_text() -> None:
    points = ((-100.5, "#000000", 0.0), (0.1, "#ff0000", 1 / 3), (3000.0, "#ffffff", 1.0))
    own = own_looks.OwnTransfer("my-bone", "HU", "maximum", points, step=0.5, specular_power=20)
    again = own_looks.parse_transfer(own.text)
    assert own_looks.parse_transfer(again.text) == again
    assert again.points[1][2] == pytest.approx(1 / 3, abs=1e-12)
    assert (again.step, again.specular_power, again.blend) == (0.5, 20, "maximum")


@pytest.mark.parametrize(
    "text",
    [
        "fire: ",
        "fire: 0#000000",
        "fire: red",
        "fire: 0#00 255#ffffff",
        "Fire: 0#000000 255#ffffff",
        ": 0#0 1#0",
        "a: b:c",
    ],
)
def test_what_is_no_colour_map(text: str) -> None:
    with pytest.raises(ViewError, match="give"):
        own_looks.parse_colors(text)


@pytest.mark.parametrize(
    "text",
    [
        "x: ",
        "x: HU",
        "x: HU composite",
        "x: HU composite step 150#000000/0 200#000000/1 300#ffffff/1",
        "x: HU composite shine 1 150#000000/0 200#000000/1 300#ffffff/1",
        "x: HU composite 150#000000 200#000000 300#ffffff",
        "x: HU composite 150#000000/nan 200#000000/1 300#ffffff/1",
        "x: HU composite step inf 150#000000/0 200#000000/1 300#ffffff/1",
        "x: PT composite 150#000000/0 200#000000/1 300#ffffff/1",
    ],
)
def test_what_is_no_transfer_function(text: str) -> None:
    with pytest.raises(ViewError, match="give"):
        own_looks.parse_transfer(text)
