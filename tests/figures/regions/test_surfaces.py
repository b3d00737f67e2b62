"""Surfaces of regions in the 3D panels of figures, and what is said of those that are not there."""

from __future__ import annotations

import numpy as np

from tests.figures.regions.bodies import COLORS, body, segments
from viewer3d import Layer, figures
from viewer3d.render.marks.display_list import Text
from viewer3d.render.volume.request import NO_SURFACES


def hue(pixels: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    """Which pixels have a colour, whatever its brightness."""
    unit = np.array(color) / np.linalg.norm(color)
    found: np.ndarray = (pixels @ unit > 60) & (pixels @ unit > 0.99 * np.linalg.norm(pixels, axis=-1))
    return found


def test_directions_show_segments_from_each_side(opengl: object) -> None:
    seen = Layer(segments(), look={"segments": (1, 2)})
    made = figures.directions(body(), overlays=[seen], rendering="ct-bone", size=(800, 400))
    anterior, left, posterior, right = (panel.pixels.astype(float) for panel in made.page.panels)
    # The liver is on the patient's right: from the front on the left, from the back on the right.
    for pixels, sign in ((anterior, 1), (posterior, -1)):
        middles = [np.argwhere(hue(pixels, COLORS[number]))[:, 1].mean() for number in (1, 2)]
        assert sign * (middles[1] - middles[0]) > 20
    assert hue(left, COLORS[2]).sum() > hue(left, COLORS[1]).sum()
    assert hue(right, COLORS[1]).sum() > hue(right, COLORS[2]).sum()


def test_a_panel_says_what_is_not_there(opengl: object) -> None:
    made = figures.directions(body(), overlays=[segments()], rendering="ct-mip", size=(800, 400))
    texts = [mark.text for panel in made.page.panels for mark in panel.marks if isinstance(mark, Text)]
    assert texts.count(NO_SURFACES) == 1
    assert not hue(made.page.panels[0].pixels.astype(float), COLORS[1]).any()
