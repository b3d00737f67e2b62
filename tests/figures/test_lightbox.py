from __future__ import annotations

import numpy as np
import pytest

from viewer3d import figures
from viewer3d.core.view.planes import PLANES
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.figures.lightbox import SCOUTS
from viewer3d.render.marks.display_list import Line, Text


@pytest.fixture
def stairs() -> Volume:
    """Each voxel's value says which slice it is in: 100 i + 10 j + k for 9 x 8 x 7 voxels."""
    i, j, k = np.meshgrid(np.arange(9), np.arange(8), np.arange(7), indexing="ij")
    affine = np.diag([20.0, 25.0, 30.0, 1.0])
    affine[:3, 3] = (-80, -90, 1000)
    return Volume.from_array((100 * i + 10 * j + k).astype(np.int16), affine, unit="HU")


def places(figure, axis):
    """mm along an axis, as the panes say it."""
    signs = {"L": 1, "P": 1, "H": 1, "R": -1, "A": -1, "F": -1}
    words = [mark.text.split() for panel in figure.page.panels for mark in panel.marks if isinstance(mark, Text)]
    return [signs[word[0]] * float(word[1]) for word in words if len(word) == 3 and word[0] in signs]


@pytest.mark.parametrize(("plane", "axis"), [("axial", 2), ("coronal", 1), ("sagittal", 0)])
@pytest.mark.parametrize("n", [1, 3, 7])
def test_slices_go_evenly_through_voxel_centres_from_head_front_and_right(stairs, plane, axis, n):
    found = places(figures.lightbox(stairs, n, plane, scout=False), axis)
    assert len(found) == n
    assert found == sorted(found, reverse=plane == "axial")
    index = (np.array(found) - stairs.geometry.origin[axis]) / stairs.spacing[axis]
    np.testing.assert_allclose(index, np.rint(index), atol=1e-9)
    assert n == 1 or np.ptp(np.diff(index)) <= 1 + 1e-9


def test_slices_without_anatomy_are_left_out_unless_all_are_wanted(stairs):
    voxels = np.array(stairs.voxels)
    voxels[:, :, :2] = -1000
    voxels[:, :, 6] = -1000
    body = Volume.from_array(voxels, stairs.affine, unit="HU")
    assert places(figures.lightbox(body, 2), 2) == [1120.0, 1060.0]  # of slices 2 to 5
    assert len(places(figures.lightbox(body, 7), 2)) == 7


def test_each_pane_shows_its_slice(stairs):
    page = figures.lightbox(stairs, 7, window="3.5/8", scout=False).page
    values = [panel.pixels[panel.rect.height // 2, panel.rect.width // 2, 0] for panel in page.panels]
    assert len(page.panels) == 7
    middle = figures.lightbox(stairs, positions=[1030.0], window="441/8", scout=False).page.panels[0]
    assert middle.pixels.shape[:2] == (middle.rect.height, middle.rect.width)
    assert values == sorted(values, reverse=True)


def test_given_positions_keep_their_order(stairs):
    assert places(figures.lightbox(stairs, positions=[1100.0, 1010.5, 1050.0]), 2) == [1100.0, 1010.5, 1050.0]


@pytest.mark.parametrize("plane", list(PLANES))
def test_the_scout_has_a_line_where_each_slice_is(stairs, plane):
    page = figures.lightbox(stairs, 4, plane, size=(1200, 900)).page
    scout = page.panels[-1]
    lines = [mark for mark in scout.marks if isinstance(mark, Line) and mark.opacity == 0.9]
    level = plane == "axial"
    found = np.array([line.y0 if level else line.x0 for line in lines])
    rows, columns = np.nonzero(scout.pixels.any(-1))
    axis = PLANES[plane].axis
    low, high = stairs.geometry.bounds[:, axis]
    # The volume's ends on the scout are where its picture begins and ends.
    begin, end = (rows.min() - 0.5, rows.max() + 0.5) if level else (columns.min() - 0.5, columns.max() + 0.5)
    share = (np.array(places(figures.lightbox(stairs, 4, plane), axis)) - low) / (high - low)
    expected = end - share * (end - begin) if level else begin + share * (end - begin)
    assert np.abs(found - expected).max() < 2
    assert PLANES[SCOUTS[plane]].axis != axis


def test_panes_are_numbered_or_lettered(stairs):
    def names(**options):
        marks = figures.lightbox(stairs, 3, size=(1200, 400), **options).page.panels[1].marks
        return [mark.text for mark in marks if isinstance(mark, Text)]

    assert "2" in names()
    assert "B" in names(panel_letters=True)
    assert "2" not in names(panel_letters=True)


def test_the_state_opens_in_the_middle_of_the_slices(stairs):
    figure = figures.lightbox(stairs, 3)
    assert (figure.state.view, figure.state.cursor[2]) == ("axial", places(figure, 2)[1])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"n": 8}, "n 8: give how many axial slices are to be shown, from 1 to 7"),
        ({"n": 0}, "n 0"),
        ({"n": "many"}, "n 'many'"),
        ({"positions": [9000.0]}, "give mm from 985.0 to 1195.0"),
        ({"positions": []}, "1 to 1,000 of them"),
        ({"positions": [0.0] * 1001}, "1 to 1,000 of them"),
        ({"positions": "here"}, "positions 'here'"),
        ({"plane": "x"}, "no plane is named 'x'"),
    ],
)
def test_slices_that_are_not_there(stairs, options, says):
    with pytest.raises(ViewError, match=says):
        figures.lightbox(stairs, **options)


def test_an_oblique_volume_is_cut_evenly(marked):
    found = places(figures.lightbox(marked, 5, scout=False), 2)
    assert np.ptp(np.diff(found)) <= 2.4
