"""The figure dvh: curves where the histograms are, their numbers beside them, and lines that all eyes tell apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.figures.reading import texts
from viewer3d import Layer, Segmentation, StructureSet, Volume, figures, phantom
from viewer3d.core.graphics.srgb import legible_color
from viewer3d.errors import DoseError, ViewError
from viewer3d.figures.by_name import make_figure
from viewer3d.figures.contrast import LINE_CONTRAST, distinct_styles
from viewer3d.render.marks.display_list import Line, Text
from viewer3d.render.marks.display_list import Path as Curve

REGIONS = ["PTV", "Bladder"]


@pytest.fixture(scope="module")
def dose() -> Volume:
    return phantom.dose(shape=(67, 48, 27), spacing=(6, 6, 6))


@pytest.fixture(scope="module")
def structures() -> StructureSet:
    return phantom.structures(phantom.grid((4, 4, 142)))


@pytest.fixture(scope="module")
def made(dose: Volume, structures: StructureSet) -> figures.Figure:
    return figures.dvh(dose, structures, 60, regions=REGIONS, size=(1000, 800))


def axis(figure: figures.Figure) -> tuple[Any, Any]:
    """From pixels to dose and percent, by the ticks and their numbers."""
    marks = figure.page.marks
    labels = [mark for mark in marks if isinstance(mark, Text) and mark.text.isdigit()]
    below = sorted((m for m in labels if m.align == "middle" and m.y > 300), key=lambda m: m.x)
    beside = sorted((m for m in labels if m.align == "right"), key=lambda m: m.y)
    grid = sorted({m.y0 for m in marks if isinstance(m, Line) and m.y0 == m.y1 and m.x1 - m.x0 > 500})
    x = np.polyfit([m.x for m in below], [float(m.text) for m in below], 1)
    assert [m.text for m in beside[:6]] == ["100", "80", "60", "40", "20", "0"]
    return x, np.polyfit(grid, [100, 80, 60, 40, 20, 0], 1)


def test_curves_are_the_histograms(made: figures.Figure, dose: Volume, structures: StructureSet) -> None:
    found = viewer3d.dvh(dose, structures, 60, regions=REGIONS)
    x, y = axis(made)
    wide = [mark for mark in made.page.marks if isinstance(mark, Curve)]
    for region in found.regions:
        color = legible_color(region.color, (0, 0, 0), LINE_CONTRAST)
        points = np.array([p for mark in wide if mark.color == color for p in mark.points if p[1] < 500])
        assert len(points) > 50
        doses, percents = np.polyval(x, points[:, 0]), np.polyval(y, points[:, 1])
        true = np.array([region.volume_at(float(dose)) for dose in np.clip(doses, 0, region.max)])
        steep = np.abs(np.gradient(np.interp(doses, region.doses, region.percents))) > 2
        assert np.abs(percents - true)[~steep].max() < 1.0, region.name
        assert percents.max() == pytest.approx(100, abs=0.2)


def test_the_table_has_the_numbers_and_the_page_says_how_they_came(made: figures.Figure) -> None:
    said = texts(made.page)
    found = viewer3d.dvh(made.volumes[0], made.overlays[0], 60, regions=REGIONS)
    for region in found.regions:
        numbers = (region.mean, region.d2, region.d50, region.d95, region.d98)
        assert {region.name, *(f"{one:.2f}" for one in numbers), f"{region.v20gy:.1f} %"} <= set(said)
    assert {"% of 60 Gy (prescription)", "dose, Gy", "mean Gy", "D95%", "V95%"} <= set(said)
    assert any("linear between voxels" in line for line in said)


def test_without_a_legend_there_is_the_plot_alone(dose: Volume, structures: StructureSet) -> None:
    bare = figures.dvh(dose, structures, regions=REGIONS, legend=False, size=(1000, 800))
    said = texts(bare.page)
    assert not {"PTV", "D95%"} & set(said)
    assert not any("prescription" in line for line in said)


def test_it_is_made_again_from_its_recipe_without_the_plan(
    dose: Volume, structures: StructureSet, tmp_path: Path
) -> None:
    plan = phantom.write_plan(tmp_path / "plan.dcm")
    first = figures.dvh(dose, structures, plan, regions="PTV", width=90, dpi=150, background="white")
    assert first.arguments["plan"] == 60.0
    plan.unlink()
    arguments = json.loads(json.dumps(first.arguments))
    again = make_figure("dvh", [dose], arguments, [structures])
    np.testing.assert_array_equal(first.pixels, again.pixels)
    recipe = viewer3d.read_recipe(first.save(tmp_path / "a.png"))
    assert (recipe.figure, recipe.arguments["plan"]) == ("dvh", 60.0)
    assert str(tmp_path) not in recipe.to_json()
    for suffix in ("pdf", "svg"):
        assert first.save(tmp_path / f"a.{suffix}").stat().st_size > 1000


def test_segments_that_are_seen_have_a_curve(dose: Volume) -> None:
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[5:10, 5:15, 5:15], labels[10:15, 5:15, 5:15] = 1, 2
    affine = np.diag([4.0, 4, 4, 1])
    affine[:3, 3] = (-40, -64, -308)
    names = {1: "Right", 2: "Left"}
    both = Segmentation.from_array(labels, affine, names=names, frame_of_reference=dose.frame_of_reference)
    said = texts(figures.dvh(dose, Layer(both, look={"segments": "Left"}), size=(900, 700)).page)
    assert "Left" in said
    assert "Right" not in said


def test_what_it_cannot_show_is_refused(dose: Volume, structures: StructureSet) -> None:
    with pytest.raises(ViewError, match="of one structure set or segmentation"):
        figures.dvh(dose)
    with pytest.raises(ViewError, match="of one structure set or segmentation"):
        figures.dvh(dose, [structures, structures])
    with pytest.raises(ViewError, match="too small for the histograms of 2 regions"):
        figures.dvh(dose, structures, regions=REGIONS, size=(300, 120))
    with pytest.raises(DoseError, match="CT is no dose"):
        figures.dvh(phantom.volume(shape=(40, 30, 30)), structures)
    with pytest.raises(ViewError, match="leave slab out"):
        figures.dvh(dose, structures, slab=3)


def test_colours_that_look_alike_have_other_lines() -> None:
    red, green, blue, other = (200, 60, 40), (110, 120, 30), (40, 90, 230), (205, 65, 40)
    assert distinct_styles([red, blue]) == [0, 0]
    assert distinct_styles([red, green]) == [0, 1]  # one colour without the cones for red or green
    assert distinct_styles([red, other, red]) == [0, 1, 2]
    assert distinct_styles([]) == []
