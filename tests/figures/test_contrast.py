"""Figures on white: panes are white, 3D included, and what is written over them is legible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.figures.reading import texts
from viewer3d import figures
from viewer3d.core.volume import Volume
from viewer3d.figures.contrast import ON_WHITE, legible_on
from viewer3d.figures.difference import HATCH, HATCH_ON_WHITE
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.display_list import MUTED, OFF_WHITE, PLANE_COLORS, SHADE, Line, Text


def luminance(color):
    share = np.array(color) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)


@pytest.mark.parametrize("color", [color for color in ON_WHITE if color != SHADE])
def test_every_colour_of_marks_has_a_contrast_of_4_5_on_white(color):
    assert 1.05 / (luminance(ON_WHITE[color]) + 0.05) >= 4.5


def test_marks_are_dark_on_what_is_light_and_light_on_what_is_dark():
    pixels = np.full((100, 200, 3), 255, np.uint8)
    pixels[:, 100:] = 0
    marks = (Text(5, 50, "left", 12), Text(195, 50, "right", 12, align="right"), Line(20, 80, 80, 80),
             Line(120, 80, 180, 80, color=PLANE_COLORS["axial"]), Text(5, 300, "below", 12, MUTED))  # fmt: skip
    left, right, line, crossing, below = legible_on(pixels, marks)
    assert (left.color, left.outline) == (ON_WHITE[OFF_WHITE], (255, 255, 255))
    assert (right, crossing) == (marks[1], marks[3])
    assert line == replace(marks[2], color=ON_WHITE[OFF_WHITE])
    assert below.color == ON_WHITE[MUTED]


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("colors", ["grey", "hot-iron"])
def test_nothing_of_the_volume_is_white(head, inverted, colors):
    options = {"size": (600, 500), "inverted": inverted, "colors": colors}
    white, black = (figures.plane(head, background=name, **options).page.panels[0] for name in ("white", "black"))
    outside = (black.pixels != white.pixels).any(-1)
    assert (white.pixels[outside] == 255).all()
    assert (black.pixels[outside] == 0).all()
    assert white.pixels[:, :10].min() == white.pixels[:10].min() == 255  # the margins
    assert 0.1 < outside.mean() < 0.6


def test_transparent_and_black_pages_are_as_ever(head):
    panel = figures.plane(head, background="transparent", size=(600, 500)).page.panels[0]
    assert panel.pixels[:, :5].max() == 0
    assert {mark.color for mark in panel.marks if isinstance(mark, Text)} == {OFF_WHITE}


def test_3d_stands_on_white(head, opengl):
    page = figures.directions(head, "A", background="white", size=(300, 300)).page
    pixels = page.panels[0].pixels
    assert (pixels[:20] == 255).all()
    assert (pixels == 255).all(-1).mean() < 0.9
    on_black = figures.directions(head, "A", size=(300, 300)).page.panels[0].pixels
    solid = pixels.min(-1) < 200
    assert np.abs(pixels[solid].astype(int) - on_black[solid]).mean() < 40  # matter looks as on black


def test_a_projection_on_white_is_dark_where_values_are_high(opengl):
    voxels = np.zeros((40, 40, 40), np.float32)
    voxels[10:30, 10:30, 10:30] = np.linspace(10, 20, 20, dtype=np.float32)
    voxels[18:22, 18:22, 18:22] = 100
    volume = Volume.from_array(voxels, np.diag([2.0, 2, 2, 1]), unit="SUVbw", modality="PT")
    state = first_state(volume, "3d").with_look(rendering="mr-mip")
    picture = figures.directions(volume, "A", state=state, background="white", size=(200, 200)).page.panels[0].pixels
    assert (picture[0] == 255).all()
    assert picture[100, 100].max() < 60
    assert picture[60, 60].min() > picture[100, 100].max() + 60


def test_a_pane_with_nothing_to_see_says_so_on_white(opengl):
    empty = Volume.from_array(np.full((9, 9, 9), -1000, np.int16), np.eye(4), unit="HU")
    panel = figures.directions(empty, "A", "ct-bone", background="white", size=(400, 300)).page.panels[0]
    assert any("Nothing is visible" in text for text in texts(panel))
    assert (panel.pixels == 255).all()


def test_differences_on_white_are_white_where_equal_and_hatched_where_one_does_not_reach(head):
    part = Volume.from_array(head.voxels[20:], head.affine @ shifted(20), unit="HU")
    for background, equal in (("white", 255), ("black", 0)):
        options = {"planes": "axial", "difference": True, "size": (1500, 500), "background": background}
        panel = figures.compare(head, part, **options).page.panels[2]
        found, counts = np.unique(panel.pixels.reshape(-1, 3), axis=0, return_counts=True)
        assert (found[np.argmax(counts)] == equal).all()
        assert "hatched: in one volume only" in texts(panel)
        stripes = {tuple(one) for one in found.tolist()} & {*HATCH, *HATCH_ON_WHITE}
        assert stripes == set(HATCH_ON_WHITE if background == "white" else HATCH)


def shifted(i):
    matrix = np.eye(4)
    matrix[0, 3] = i
    return matrix
