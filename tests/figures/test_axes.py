from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.render.fused import BASE_MARKER, OVERLAY_MARKER, PARTNERS, WITHIN, base_place, fused_pair, overlay_place
from tests.render.markers import MARKER, centroid
from viewer3d import figures
from viewer3d.errors import OutputError

figure = pytest.importorskip("matplotlib.figure", reason="matplotlib is not installed")


@pytest.mark.parametrize(("plane", "sides"), [("axial", (0, 1)), ("coronal", (0, 2)), ("sagittal", (1, 2))])
def test_world_points_are_plotted_where_they_are_seen(marked, plane, sides):
    world = marked.geometry.index_to_world(MARKER)
    axes = figure.Figure().subplots()
    image = figures.imshow(marked, plane, world, "400/1800", ax=axes)
    left, right, bottom, top = image.get_extent()
    picture = np.asarray(image.get_array())
    column, row = centroid(picture[..., 0], 200)
    height, width = picture.shape[:2]
    x = left + (column + 0.5) / width * (right - left)
    y = top + (row + 0.5) / height * (bottom - top)
    assert np.abs(np.array([x, y]) - world[list(sides)]).max() < 1
    assert axes.get_aspect() == 1
    assert (right - left) / width == pytest.approx(abs(top - bottom) / height)


def test_the_picture_is_as_radiologists_look_at_it(head):
    axes = figure.Figure().subplots(1, 2)
    figures.imshow(head, "axial", ax=axes[0])
    figures.imshow(head, "sagittal", ax=axes[1])
    assert axes[0].get_xlim() == pytest.approx((-80, 80))  # the patient's right on the left
    assert axes[0].get_ylim() == pytest.approx((100, -92))  # and the front up
    assert axes[1].get_ylim() == pytest.approx((297.5, 447.5), abs=2)  # 37.5 voxels of 4 mm
    assert [one.get_xlabel() for one in axes] == ["L (mm)", "P (mm)"]
    assert [one.get_ylabel() for one in axes] == ["P (mm)", "H (mm)"]


def test_colours_and_window_are_ours(head):
    image = figures.imshow(head, window="bone", colors="hot-iron", ax=figure.Figure().subplots())
    red, _, blue = np.moveaxis(np.asarray(image.get_array()).astype(int), -1, 0)
    assert (red - blue).max() > 100


def test_without_matplotlib_there_is_one_clear_line(head, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(OutputError, match="pip install matplotlib"):
        figures.imshow(head)


@pytest.mark.parametrize("partner", PARTNERS)
@pytest.mark.parametrize(("plane", "sides"), [("axial", (0, 1)), ("coronal", (0, 2)), ("sagittal", (1, 2))])
def test_markers_of_layers_are_plotted_where_they_are_seen(partner, plane, sides):
    pair = fused_pair(partner, by_matrix=partner == "tilted")
    for world, place in ((OVERLAY_MARKER, overlay_place), (BASE_MARKER, base_place)):
        axes = figure.Figure().subplots()
        image = figures.imshow(pair.base, plane, world, (400, 1800), overlays=pair.overlay, ax=axes)
        left, right, bottom, top = image.get_extent()
        picture = np.asarray(image.get_array())
        height, width = picture.shape[:2]
        column = (world[sides[0]] - left) / (right - left) * width - 0.5
        row = (world[sides[1]] - top) / (bottom - top) * height - 0.5
        assert np.abs(place(picture) - (column, row)).max() < WITHIN
