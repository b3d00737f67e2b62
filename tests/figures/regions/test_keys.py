"""The key of a page: it names the regions that the panes show, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.figures.regions.bodies import COLORS, body, segments, structures
from viewer3d import Layer, Segmentation, figures
from viewer3d.core.layers import place_layers
from viewer3d.core.view.planes import PLANES
from viewer3d.figures import by_name
from viewer3d.figures.figure import Figure
from viewer3d.figures.regions.present import regions_present
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.display_list import Path as MarkPath
from viewer3d.render.marks.display_list import Text

SIZE = (900, 420)


def key_of(made: Figure) -> list[str]:
    """The names in the key, and nothing else that stands beside the panes."""
    swatches = [mark_box(mark) for mark in made.page.marks if isinstance(mark, MarkPath) and mark.closed]
    texts = [mark for mark in made.page.marks if isinstance(mark, Text)]
    beside = [(box.right, box.bottom) for box in swatches]
    return [one.text for one in texts if any(abs(y - one.y) < 2 and 0 < one.x - x < one.size for x, y in beside)]


@pytest.mark.parametrize(("z", "names"), [(110.0, ["Node"]), (125.0, ["Liver"]), (160.0, ["Liver", "Spleen"])])
def test_it_names_what_a_plane_passes_in_the_order_of_the_file(z: float, names: list[str]) -> None:
    assert key_of(figures.plane(body(), at=(-40, 0, z), overlays=segments(), size=SIZE)) == names


def test_a_plane_between_two_parts_of_a_region_does_not_pass_it() -> None:
    (placed,) = place_layers(body(), segments()).regions
    plane = PLANES["axial"]
    assert regions_present(placed, [(plane, (0.0, 0.0, 202.0))]) == set()
    assert regions_present(placed, [(plane, (0.0, 0.0, 202.0))], 8.0) == {3}
    assert regions_present(placed, [(plane, (0.0, 0.0, 202.0)), (plane, (0.0, 0.0, 150.0))]) == {1, 2}
    assert regions_present(placed, [(PLANES["sagittal"], (-40.0, 0.0, 0.0))]) == {1}


def test_points_and_contours_are_present_in_their_planes() -> None:
    (placed,) = place_layers(body(), structures()).regions
    found = [regions_present(placed, [(PLANES["axial"], (0.0, 0.0, z))]) for z in (155.0, 181.0, 195.0)]
    assert found == [{4}, {9}, set()]


@pytest.mark.parametrize("name", ["plane", "mpr", "lightbox", "windows", "compare", "mips"])
def test_all_figures_of_slices_have_one_and_its_colours_are_theirs(name: str) -> None:
    options: dict[str, Any] = {"windows": {"windows": ["bone", "lung"]}, "lightbox": {"n": 3}}.get(name, {})
    if name not in {"mips", "lightbox"}:
        options["at"] = (10, 4, 165)
    volumes = [body()] * (2 if name == "compare" else 1)
    made = by_name.make_figure(name, volumes, {"size": SIZE, **options}, [Layer(segments(), look={"fill": 1.0})])
    assert key_of(made)[:2] == ["Liver", "Spleen"]
    panes = np.concatenate([panel.pixels.reshape(-1, 3) for panel in made.page.panels])
    for number in (1, 2):
        assert (panes == COLORS[number]).all(1).any(), name
        assert (made.pixels == COLORS[number]).all(-1)[-60:].any(), name


def test_none_is_there_where_none_is_wanted_or_nothing_is_seen() -> None:
    plain = figures.plane(body(), at=(10, 4, 160), size=SIZE)
    for options in (
        {"overlays": segments(), "legend": False},
        {"overlays": Layer(segments(), look={"shown": False})},
        {"overlays": Layer(segments(), look={"segments": "Node"})},
    ):
        made = figures.plane(body(), at=(10, 4, 160), size=SIZE, **options)
        assert key_of(made) == []
        assert [panel.rect for panel in made.page.panels] == [panel.rect for panel in plain.page.panels]
    assert "legend" not in plain.arguments


def test_a_page_without_a_size_is_higher_by_it_and_one_with_a_size_is_not() -> None:
    plain, keyed = (figures.mpr(body(), overlays=given, width=90) for given in ((), segments()))
    assert keyed.page.size[0] == plain.page.size[0]
    assert keyed.page.size[1] > plain.page.size[1]
    assert [one.rect for one in keyed.page.panels] == [one.rect for one in plain.page.panels]
    sized = figures.mpr(body(), overlays=segments(), size=SIZE)
    assert sized.page.size == SIZE
    end = max(panel.rect.top + panel.rect.height for panel in sized.page.panels)
    assert all(end <= mark_box(mark).top and mark_box(mark).bottom <= SIZE[1] for mark in sized.page.marks)


def test_of_many_those_that_fit_are_named_and_the_rest_counted() -> None:
    labels = np.zeros((26, 4, 4), int)
    labels[:, 1:3, 1:3] = np.arange(1, 27)[:, None, None] * 4
    affine = np.diag([6.0, 6.0, 8.0, 1.0])
    affine[:3, 3] = (-75, -9, 150)
    names = {int(n): f"organ of the number {n}" for n in np.unique(labels)[1:]}
    many = Segmentation.from_array(labels, affine, names=names, frame_of_reference="1.2.3")
    made = figures.plane(body(), at=(0, 0, 160), overlays=many, size=(300, 300))
    names_shown = key_of(made)
    assert 0 < len(names_shown) < 26
    more = [mark.text for mark in made.page.marks if isinstance(mark, Text) and "more" in mark.text]
    assert more == [f"and {26 - len(names_shown)} more"]


def test_names_are_text_in_svg(tmp_path: Path) -> None:
    path = figures.plane(body(), at=(10, 4, 160), overlays=segments(), size=SIZE).save(tmp_path / "a.svg")
    words = [one.text for one in ElementTree.parse(path).iter() if one.tag.endswith("text")]
    assert {"Liver", "Spleen"} <= set(words)
    assert "Node" not in words
