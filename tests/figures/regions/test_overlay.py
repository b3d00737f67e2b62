"""The figure of something over a volume: which slices, what of the patient, which bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.figures.reading import mm_per_pixel, texts
from tests.figures.regions.bodies import COLORS, FRAME, affine, body, labels, segments, structures
from viewer3d import Layer, Segmentation, Volume, figures
from viewer3d.core.geometry import Geometry
from viewer3d.errors import ViewError
from viewer3d.figures.figure import Figure
from viewer3d.figures.regions.extent import overlay_extents
from viewer3d.figures.sections import SliceDrawer
from viewer3d.render.marks.display_list import Ramp, Text

SIZE = (900, 500)


def hot(unit: str = "SUVbw") -> Volume:
    """Uptake in slices 6 to 9."""
    voxels = np.zeros((40, 30, 24), np.float32)
    voxels[10:14, 10:14, 6:10] = 9
    return Volume.from_array(voxels, affine(), unit=unit, modality="PT", frame_of_reference=FRAME)


def places(made: Figure) -> list[float]:
    written = [
        next(one for one in texts(panel) if one.endswith(" mm") and one[0] in "HAPLR") for panel in made.page.panels
    ]
    return [float(one.split()[1]) * (-1 if one[0] in "RA" else 1) for one in written]


def test_each_region_is_seen_however_small_from_head_to_feet() -> None:
    made = figures.overlay(body(), segments(), n=4, size=SIZE)
    z = places(made)
    assert z == sorted(z, reverse=True)
    assert (z[0], z[-1]) == (205.0, 110.0)
    shown = np.concatenate([panel.pixels.reshape(-1, 3) for panel in made.page.panels])
    assert all((shown == color).all(1).any() for color in COLORS.values())


def test_slices_lie_where_the_overlay_is_and_less_are_shown_where_there_are_less() -> None:
    made = figures.overlay(body(), Layer(segments(), look={"segments": "Liver"}), n=5, size=SIZE)
    assert all(120 <= z <= 185 for z in places(made))
    assert np.diff(places(made)).max() <= -5
    assert len(figures.overlay(body(), Layer(segments(), look={"segments": "Node"}), n=5, size=SIZE).page.panels) == 2
    assert places(figures.overlay(body(), hot(), n=2, size=SIZE)) == [140.0, 130.0]
    assert places(figures.overlay(body(), structures(), n=9, size=SIZE)) == [160.0, 155.0, 150.0]


@pytest.mark.parametrize(("plane", "ends"), [("coronal", (-26, 26)), ("sagittal", (-50, 50))])
def test_other_planes_go_from_front_to_back_and_right_to_left(plane: Any, ends: tuple[float, float]) -> None:
    found = places(figures.overlay(body(), segments(), 3, plane, size=SIZE))
    assert found == sorted(found)
    assert ends[0] <= found[0] < found[-1] <= ends[1]


def test_given_positions_are_shown_in_their_order() -> None:
    assert places(figures.overlay(body(), segments(), positions=[150, 205, 125], size=SIZE)) == [150, 205, 125]


def test_a_margin_shows_the_overlays_and_no_more() -> None:
    wide, near = (
        figures.overlay(body(), Layer(segments(), look={"segments": "Liver"}), n=1, margin=margin, size=(500, 500))
        for margin in (None, 6.0)
    )
    assert mm_per_pixel(near.page.panels[0]) < 0.6 * mm_per_pixel(wide.page.panels[0])
    panel = near.page.panels[0]
    found = np.argwhere((panel.pixels == COLORS[1]).all(-1))
    middle = (found.min(0) + found.max(0)) / 2
    assert np.abs(middle - (np.array(panel.pixels.shape[:2]) - 1) / 2).max() < 3
    assert np.ptp(found, axis=0) * mm_per_pixel(panel) == pytest.approx((14 * 4, 10 * 4), abs=2)


def test_bars_are_of_overlays_in_colours_and_of_the_volume_where_wanted() -> None:
    def bars(**options: Any) -> list[str]:
        page = figures.overlay(body(), [hot(), segments()], n=2, size=SIZE, **options).page
        names = [mark.text for mark in page.marks if isinstance(mark, Text) and mark.text in ("CT", "PET")]
        assert len(names) == sum(isinstance(mark, Ramp) for mark in page.marks)
        return names

    assert bars() == ["PET"]
    assert bars(value_bar=True) == ["PET", "CT"]
    page = figures.overlay(body(), segments(), n=2, size=SIZE).page
    assert not any(isinstance(mark, Ramp) for mark in page.marks)


def test_what_lies_oblique_is_found_where_it_is() -> None:
    turned = np.eye(4)
    turned[1:3, 1:3] = np.array([[0.8, -0.6], [0.6, 0.8]])
    turned[:3, 3] = (0, 110, 30)
    node = Segmentation.from_array(labels() * (labels() == 1), affine(), frame_of_reference=FRAME)
    oblique = Segmentation(node.labels, Geometry(turned @ affine(), node.geometry.shape), node.segments, node.info)
    drawer = SliceDrawer(body(), oblique)
    state = drawer.layered(figures.plane(body(), size=(64, 64)).state)
    (extent,) = overlay_extents(drawer.layers, drawer.regions, state, 2)
    index = np.argwhere(labels() == 1)
    z = oblique.geometry.index_to_world(index)[:, 2]
    assert extent.places[[0, -1]] == pytest.approx((z.min(), z.max()), abs=5)
    middle = float((extent.places * extent.amounts).sum() / extent.amounts.sum())
    assert middle == pytest.approx(float(z.mean()), abs=2)
    corners = oblique.geometry.index_to_world(index)
    assert np.abs(np.array(extent.box) - (corners.min(0), corners.max(0))).max() < 5


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"overlays": ()}, "overlay shows something over a volume: give overlays"),
        ({"overlays": Layer(segments(), look={"shown": False})}, "the overlays show nothing in the slices"),
        ({"n": 0}, "n 0: give how many slices are to be shown"),
        ({"margin": -1}, "margin -1: give the mm around the overlays"),
        ({"positions": [9999]}, "positions .9999.: give mm from"),
        ({"plane": "oblique"}, "no plane is named 'oblique'"),
    ],
)
def test_what_cannot_be_is_one_clear_line(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ViewError, match=says):
        figures.overlay(body(), **{"overlays": segments(), **options}, size=SIZE)
