"""Outlines and lines of levels are as wide on a page of many pixels as they look on a screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.figures.regions.bodies import COLORS, affine, body, segments, structures
from viewer3d import Layer, Volume, figures
from viewer3d.core.view.state import Slab
from viewer3d.figures.sections import Section, SliceDrawer, box_around, sections_of
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.slices.compose import compose
from viewer3d.render.slices.level_lines import LEVEL_WIDTH
from viewer3d.render.slices.pixels import PanePixels

AT = (-40, 0, 150)


def run_lengths(line: np.ndarray) -> list[int]:
    ends = np.flatnonzero(np.diff(np.pad(line.astype(int), 1)))
    return (ends[1::2] - ends[::2]).tolist()


def test_the_scale_is_that_of_drawn_lines_and_never_thinner_than_on_a_screen() -> None:
    assert [MarkMetrics(900, 900, text).line_scale for text in (10, 14, 28, 70)] == [1, 1, 2, 5]


@pytest.mark.parametrize(("size", "outline", "width"), [((420, 300), 2, 2), ((1300, 950), 2, 4), ((1300, 950), 5, 11)])
def test_outlines_grow_with_the_lines_of_the_page(size: tuple[int, int], outline: int, width: int) -> None:
    overlays = [Layer(segments(), look={"outline": outline, "fill": 0.0, "segments": 1})]
    made = figures.plane(body(), at=AT, overlays=overlays, size=size, legend=False)
    (panel,) = made.page.panels
    found = (panel.pixels == COLORS[1]).all(-1)
    row = found[int(np.argwhere(found).mean(0)[0])]
    assert run_lengths(row) == [width, width]


def test_lines_of_contours_do_too() -> None:
    def share(size: tuple[int, int]) -> float:
        overlays = [Layer(structures(), look={"segments": "PTV"})]
        (panel,) = figures.plane(body(), at=(0, 0, 155), overlays=overlays, size=size, legend=False).page.panels
        found = panel.pixels[..., 0] > panel.pixels[..., 2] + 60
        row = found[int(np.argwhere(found).mean(0)[0])]
        return max(run_lengths(row))

    small, large = share((420, 300)), share((1300, 950))
    assert small in (2, 3)
    assert large == pytest.approx(small * 2.2, abs=1.2)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_lines_of_levels_do_too(scale: float) -> None:
    values = np.broadcast_to(np.arange(40, dtype=np.float32)[:, None, None], (40, 30, 24))
    dose = Volume.from_array(values, affine(), unit="Gy", modality="RTDOSE", frame_of_reference="1.2.3")
    drawer = SliceDrawer(body(), [Layer(dose, look={"levels": (20.0,), "opacity": 0.0})])
    state = drawer.layered(figures.plane(body(), at=AT, size=(64, 64)).state)
    (section,) = sections_of(state, ["axial"], body().geometry)
    pane = Section(section.plane, section.point, box_around(body().geometry)).pane(0.5, (320, 240))
    plain = drawer.pixels(pane, state.with_look(1, levels=()))
    drawn = compose(drawer.slice_layers(state), PanePixels(pane, Slab(), scale))
    changed = (drawn != plain).any(-1)
    assert abs(max(run_lengths(changed[120])) - LEVEL_WIDTH * scale) <= 1
    assert np.array_equal(drawn, drawer.pixels(pane, state, scale))


def test_axes_of_matplotlib_have_pixels_for_outlines() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    axes = pyplot.figure().subplots()
    plain = figures.imshow(body(), at=AT, ax=axes)
    drawn = figures.imshow(body(), at=AT, ax=axes, overlays=[Layer(segments(), look={"fill": 0.0, "segments": 1})])
    pyplot.close("all")
    assert plain.get_array().shape == (30, 40, 3)
    picture = np.asarray(drawn.get_array())
    assert picture.shape == (600, 800, 3)
    assert drawn.get_extent() == pytest.approx(plain.get_extent())
    found = np.argwhere((picture == COLORS[1]).all(-1))
    left, right, bottom, top = drawn.get_extent()
    (y0, x0), (y1, x1) = found.min(0), found.max(0) + 1
    ends = left + (right - left) * np.array([x0, x1]) / 800, top + (bottom - top) * np.array([y0, y1]) / 600
    assert np.abs(ends[0] - (-78 + 4 * np.array([6.5, 16.5]))).max() < 0.2
    assert np.abs(ends[1] - (-58 + 4 * np.array([7.5, 21.5]))).max() < 0.2


def test_a_state_in_a_slab_draws_what_is_within_it() -> None:
    state = figures.plane(body(), at=(0, 0, 118), overlays=segments(), size=(300, 300)).state
    thick = replace(state, slab=Slab(12.0, "maximum"))
    made = figures.plane(body(), overlays=[Layer(segments(), look={"fill": 1.0})], state=thick, size=(300, 300))
    assert (made.page.panels[0].pixels == COLORS[3]).all(-1).any()
