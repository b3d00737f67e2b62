from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.figures.reading import mm_per_pixel, texts
from tests.render.markers import MARKER, centroid
from viewer3d import figures, first_state
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab, ViewState
from viewer3d.errors import ViewError, WindowError
from viewer3d.figures import by_name
from viewer3d.render.marks.display_list import Line, Text

SHELL = {"axial": (124.8, 150.4), "coronal": (124.8, 116.0), "sagittal": (150.4, 116.0)}
"""mm, width and height of the head's shell in each plane through its middle."""


def shell(panel):
    """Width and height in pixels of what is white."""
    rows, columns = np.nonzero(panel.pixels[..., 0] > 250)
    return np.array([np.ptp(columns) + 1, np.ptp(rows) + 1])


@pytest.mark.parametrize("layout", ["row", "column"])
@pytest.mark.parametrize("scale", ["mm", "cm"])
def test_all_planes_have_the_one_scale_that_is_written(head, layout, scale):
    page = figures.mpr(head, layout=layout, size=(1400, 1200), scale=scale).page
    mm = mm_per_pixel(page.panels[2])
    for name, panel in zip(PLANES, page.panels, strict=True):
        assert np.abs(shell(panel) * mm - SHELL[name]).max() < 12  # two voxels
        assert name.capitalize() in texts(panel)


def test_a_marker_is_in_the_middle_of_the_crosshair_in_all_planes(marked):
    world = marked.geometry.index_to_world(MARKER)
    panels = figures.mpr(marked, world, "400/1800", size=(1500, 700)).page.panels
    for panel in panels:
        upright = [mark for mark in panel.marks if isinstance(mark, Line) and mark.x0 == mark.x1 and mark.opacity < 1]
        level = [mark for mark in panel.marks if isinstance(mark, Line) and mark.y0 == mark.y1 and mark.opacity < 1]
        assert np.abs(centroid(panel.pixels[..., 0], 200) - (upright[0].x0, level[0].y0)).max() < 1.5


def test_quad_puts_what_is_level_and_upright_of_each_other_so(marked, no_opengl):
    world = marked.geometry.index_to_world(MARKER)
    axial, volume, coronal, sagittal = figures.quad(marked, world, "400/1800", size=(1000, 1000)).page.panels
    places = [centroid(panel.pixels[..., 0], 200) for panel in (axial, coronal, sagittal)]
    assert abs(places[0][0] - places[1][0]) < 1
    assert abs(places[1][1] - places[2][1]) < 1
    assert axial.rect.width == coronal.rect.width
    assert "No 3D here" in " ".join(texts(volume))


def test_quad_in_3d(head, opengl):
    panel = figures.quad(head, size=(300, 300), panel_letters=True).page.panels[1]
    assert panel.pixels.max() > 100
    assert texts(panel)[-2:] == ["B", "Bone"]


def test_one_plane(head):
    page = figures.plane(head, "coronal", (0, 0, 350), "bone", size=(600, 500), value_bar=True).page
    (panel,) = page.panels
    assert {"Coronal", "P 0.0 mm", "W 1800   L 400 HU", "R", "L", "H", "F"} <= set(texts(panel))
    assert {"HU", "0", "1000"} <= {mark.text for mark in page.marks if isinstance(mark, Text)}


def test_panels_are_lettered(head):
    panels = figures.mpr(head, size=(1200, 500), panel_letters=True).page.panels
    large = [
        max((mark for mark in panel.marks if isinstance(mark, Text)), key=lambda one: one.size) for panel in panels
    ]
    assert [mark.text for mark in large] == ["A", "B", "C"]


def test_small_panes_show_no_more_than_the_sides(head):
    panels = figures.mpr(head, size=(256, 100), panel_letters=True).page.panels
    assert [set(texts(panel)) for panel in panels] == [set("RLAP"), set("RLHF"), set("APHF")]


def test_a_letter_that_would_seem_part_of_a_text_is_left_out(head):
    narrow = figures.plane(head, size=(150, 400)).page.panels[0]
    assert [text for text in texts(narrow) if len(text) == 1] == ["R", "L", "A"]  # P would stand beside the window


def test_a_state_decides_what_is_not_chosen(head):
    first = figures.mpr(head).state
    state = replace(first, slab=Slab(30, "maximum")).with_look(colors="hot-iron", inverted=True)
    plain, drawn = (figures.mpr(head, "index:8,9,10", "bone", state=one, size=(600, 300)) for one in (first, state))
    assert drawn.state.look.colors == "hot-iron"
    assert drawn.state.cursor == plain.state.cursor == tuple(head.geometry.index_to_world((8, 9, 10)))
    red, _, blue = np.moveaxis(drawn.page.panels[0].pixels.astype(int), -1, 0)
    assert (red - blue).max() > 100
    assert figures.mpr(head, state=state, colors="grey", size=(600, 300)).state.look.colors == "grey"


def test_an_oblique_state_is_cut_obliquely(head):
    c, s = float(np.cos(0.3)), float(np.sin(0.3))
    axes = ((1.0, 0.0, 0.0), (0.0, c, s), (0.0, -s, c))
    at = head.geometry.index_to_world((20, 24, 25))
    state = replace(figures.mpr(head, at).state, axes=axes)
    panel = figures.plane(head, "axial", state=state, size=(500, 500)).page.panels[0]
    assert not np.array_equal(panel.pixels, figures.plane(head, "axial", at, size=(500, 500)).page.panels[0].pixels)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda v: figures.mpr(v, (0, 0, 5000)), ViewError, "outside of the volume"),
        (lambda v: figures.mpr(v, "nowhere"), ViewError, "expected x,y,z"),
        (lambda v: figures.mpr(v, layout="circle"), ViewError, "no layout is named 'circle': give one of row, column"),
        (lambda v: figures.plane(v, "oblique"), ViewError, "no plane is named 'oblique'"),
        (lambda v: figures.mpr(v, window="bones"), WindowError, "no window is named"),
        (lambda v: figures.mpr(v, colors="pink"), ViewError, "no colour map is named 'pink'"),
        (lambda v: figures.mpr(v, zoom=2), ViewError, "mpr has no option 'zoom': give one of at, window, layout"),
        (lambda v: figures.quad(v, rendering="x"), ViewError, "no transfer function is named"),
        (lambda v: figures.plane(v, state=far(v)), ViewError, "outside of the volume"),
    ],
)
def test_what_cannot_be_drawn_is_one_clear_line(head, call, error, says):
    with pytest.raises(error, match=says) as raised:
        call(head)
    assert "\n" not in str(raised.value)


def far(volume) -> ViewState:
    return figures.plane(volume).state.with_cursor((0, 0, 9000))


CALLS_OF_SLICES = {
    "plane": {"plane": "coronal"}, "mpr": {}, "lightbox": {"n": 3}, "windows": {"windows": ["bone"]}, "compare": {},
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS_OF_SLICES)
def test_what_is_no_plain_slice_says_so(head, name):
    volumes = [head, head] if name == "compare" else [head]
    turned = ((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0), (0.0, 0.0, 1.0))
    state = replace(first_state(head), axes=turned, slab=Slab(12.0, "minimum"), interpolation="nearest")
    options = {"size": (1500, 1000), **CALLS_OF_SLICES[name]}
    first = by_name.make(name, volumes, {**options, "state": state}).page.panels[0]
    said = "   ".join(texts(first))
    assert "MinIP 12 mm   nearest" in said
    assert ("oblique" in said) == (name != "lightbox")  # its planes are those of the patient
    plain = "   ".join(texts(by_name.make(name, volumes, options).page.panels[0]))
    assert not any(word in plain for word in ("oblique", "mm   nearest", "MinIP"))


def test_what_is_said_is_below_title_and_letter(head):
    panel = figures.plane(head, slab=10, size=(800, 800), panel_letters=True).page.panels[0]
    letter, title, how = (next(one for one in panel.marks if isinstance(one, Text) and one.text == text)
                          for text in ("A", "Axial", "MIP 10 mm"))  # fmt: skip
    assert how.y - 0.8 * how.size > max(letter.y, title.y)
