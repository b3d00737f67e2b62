from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.figures.reading import mm_per_pixel, texts
from tests.render.markers import DIRECTIONS, MARKER, centroid, marker_volume
from viewer3d import figures, first_state
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import Slab
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window, named_windows
from viewer3d.errors import ViewError, WindowError
from viewer3d.figures import by_name
from viewer3d.figures.difference import HATCH, subtract
from viewer3d.figures.sections import Section, SliceDrawer, box_around
from viewer3d.render.marks.display_list import Ramp, Text


def test_each_pane_has_its_window(head):
    given = ["brain", "-600/1500", Window(300, 2000, "SIGMOID")]
    page = figures.windows(head, given, size=(1200, 420)).page
    windows = [named_windows()["brain"], Window(-600, 1500), given[2]]
    for panel, window in zip(page.panels, windows, strict=True):
        middle = panel.pixels[panel.rect.height // 2, panel.rect.width // 2, 0]
        assert middle == np.rint(255 * window.apply(40))
    assert "Brain" in texts(page.panels[0])
    assert "W 80   L 40 HU" in texts(page.panels[0])
    assert "W 2000   L 300 HU sigmoid" in texts(page.panels[2])


@pytest.mark.parametrize("function", [figures.windows, figures.histogram, figures.sweep])
def test_more_windows_than_anyone_means_are_refused(head, function):
    with pytest.raises(WindowError, match="1,001 windows: give 1,000 at most"):
        function(head, ["0-99%"] * 1001)


def test_one_window_may_be_given_alone_and_none_are_not(head):
    assert len(figures.windows(head, "bone").page.panels) == 1
    with pytest.raises(WindowError, match="no windows were given"):
        figures.windows(head, [])


def test_without_windows_those_that_suit_the_unit(head):
    page = figures.windows(head).page
    assert [texts(panel)[-2] for panel in page.panels[1:2]] == ["Lung"]
    assert len(page.panels) == 3
    mr = Volume.from_array(head.voxels, head.affine, windows=(Window(100, 900),))
    page = figures.windows(mr, size=(1200, 600)).page
    assert {"W 900   L 100", "File"} <= set(texts(page.panels[0]))
    assert len(page.panels) == 2


def test_value_bars_are_those_of_each_pane(head):
    page = figures.windows(head, ["bone", "lung"], size=(1200, 600), value_bar=True).page
    assert all(any(isinstance(mark, Ramp) for mark in panel.marks) for panel in page.panels)
    assert {"1299 HU", "-500"} <= set(texts(page.panels[0]))


@pytest.mark.parametrize("direction", list(DIRECTIONS))
def test_a_place_of_the_world_is_at_one_pixel_of_both(direction):
    before = marker_volume(DIRECTIONS[direction])
    world = before.geometry.index_to_world(MARKER)
    low, high = before.geometry.bounds
    # Another grid over the same world, upright and finer, with a marker of its own at that place.
    affine = np.diag([0.7, 0.9, 1.3, 1.0])
    affine[:3, 3] = low
    shape = tuple(int(n) for n in np.ceil((high - low) / (0.7, 0.9, 1.3)))
    voxels = np.full(shape, -1000, np.int16)
    i, j, k = np.rint((world - low) / (0.7, 0.9, 1.3)).astype(int)
    voxels[i - 1 : i + 2, j - 1 : j + 2, k - 1 : k + 2] = 1500
    after = Volume.from_array(voxels, affine, unit="HU")
    page = figures.compare(before, after, world, "400/1800", size=(1000, 1400)).page
    assert len(page.panels) == 6
    mm = mm_per_pixel(page.panels[-1])
    for left, right in zip(page.panels[::2], page.panels[1::2], strict=True):
        assert np.abs(np.subtract(left.rect.size, right.rect.size)).max() <= 1
        apart = centroid(left.pixels[..., 0], 200) - centroid(right.pixels[..., 0], 200)
        assert np.abs(apart).max() * mm < (2.3 + 1.3) / 2  # half a voxel of either


def changed(head, by):
    voxels = np.array(head.voxels)
    voxels[10:20, 10:20, 10:20] += np.int16(by)
    return Volume.from_array(voxels, head.affine, unit="HU")


@pytest.mark.parametrize(("by", "color"), [(60, (213, 94, 0)), (-60, (0, 114, 178))])
def test_differences_have_their_colour_and_its_value(head, by, color):
    page = figures.compare(
        head, changed(head, by), head.geometry.index_to_world((15, 15, 15)), planes="axial", difference=True,
        size=(1500, 500), value_bar=True,
    ).page  # fmt: skip
    pixels = page.panels[2].pixels.reshape(-1, 3)
    found, counts = np.unique(pixels, axis=0, return_counts=True)
    lit = found[np.argsort(counts)[-2:]]
    assert (lit[np.argmin(lit.sum(1))] == 0).all()  # what is equal
    limit = 100
    share = abs(by) / limit  # between the middle colour at a half and the last at one
    last = {213: (255, 231, 160), 0: (196, 232, 255)}[color[0]]
    expected = np.array(color) + (np.array(last) - color) * (share - 0.5) * 2
    assert np.abs(lit[np.argmax(lit.sum(1))] - expected).max() <= 3
    said = {mark.text for mark in page.marks if isinstance(mark, Text)}
    assert {"-100", "0", "100"} <= said


def test_equal_volumes_have_a_black_difference(head):
    page = figures.compare(head, head, difference=True, size=(900, 900)).page
    assert all(panel.pixels.max() <= 3 for panel in page.panels[2::3])


def test_units_that_differ_have_windows_of_their_own(head):
    pet = Volume.from_array(head.voxels.astype(np.float32) / 100, head.affine, unit="SUVbw", modality="PT")
    page = figures.compare(head, pet, names=("CT", "PET"), value_bar=True, size=(1200, 1200)).page
    assert any("HU" in text for text in texts(page.panels[0]))
    assert any("SUVbw" in text for text in texts(page.panels[1]))
    assert {"HU", "SUVbw"} <= {mark.text for mark in page.marks if isinstance(mark, Text)}
    with pytest.raises(ViewError, match="values in HU and SUVbw have no difference"):
        figures.compare(head, pet, difference=True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"planes": []}, "one plane or more"),
        ({"planes": ["axial", "x"]}, "no plane is named 'x'"),
        ({"names": "AB"}, "give two names"),
        ({"names": ["a"]}, "give two names"),
    ],
)
def test_what_cannot_be_compared(head, options, says):
    with pytest.raises(ViewError, match=says):
        figures.compare(head, head, **options)


def test_volumes_without_a_common_place(head):
    affine = head.affine.copy()
    affine[0, 3] += 500
    with pytest.raises(ViewError, match="no place in common: one reaches from -80 -92 298 to 80 100 448 mm"):
        figures.compare(head, Volume.from_array(head.voxels, affine, unit="HU"))


def test_two_volumes_are_named_by_what_tells_them_apart(head):
    def check(first, second, expected, **options):
        page = figures.compare(first, second, size=(600, 400), **options).page
        for panel, name in zip(page.panels[:2], expected, strict=True):
            assert name in texts(panel)

    echoes = [head.with_info(which={"echo": 1.0, "time": 0.0}), head.with_info(which={"echo": 2.0, "time": 0.0})]
    check(*echoes, ("Echo 1", "Echo 2"))
    check(head.with_info(modality="CT"), replace(head.with_info(modality="MR"), unit=""), ("CT", "MR"))
    described = [head.with_info(description=name) for name in ("Doe John", "Doe Jane")]
    check(*described, ("First", "Second"))  # descriptions may name a patient
    check(*echoes, ("Old", "New"), names=("Old", "New"))


def test_inversion_and_slab_of_all_figures(head):
    plain = figures.plane(head, "axial", size=(300, 300), window="brain")
    inverted = figures.plane(head, "axial", size=(300, 300), window="brain", inverted=True)
    slab = figures.plane(head, "axial", size=(300, 300), window="brain", slab=40)
    assert inverted.state.look.inverted
    assert slab.state.slab == Slab(40, "maximum")
    middle = plain.page.panels[0].pixels[150, 150, 0]
    assert inverted.page.panels[0].pixels[150, 150, 0] == 255 - middle
    assert by_name.make(slab.name, slab.volumes, slab.arguments).pixels.tobytes() == slab.pixels.tobytes()
    for name in ("mips", "histogram"):
        with pytest.raises(ViewError, match="has no slices that slab could change"):
            by_name.FIGURES[name](head, slab=5)


@pytest.mark.parametrize("blend", ["maximum", "minimum", "mean"])
def test_a_difference_is_that_of_what_is_shown(head, blend):
    # A bright slice four below the plane is in the slab, and in the difference, but not in the plane.
    voxels = np.array(head.voxels)
    voxels[15:25, 15:25, 11] = {"maximum": 500, "minimum": -500, "mean": 540}[blend]
    after = Volume.from_array(voxels, head.affine, unit="HU")
    options = {"planes": "axial", "difference": True, "size": (1500, 500), "at": "index:20,24,15"}
    thin = figures.compare(head, after, **options).page.panels[2].pixels
    assert thin.max() <= 3
    page = figures.compare(head, after, **options, slab=f"45,{blend}", value_bar=True).page  # nine slices
    lit = (page.panels[2].pixels.max(-1) > 60).sum() * mm_per_pixel(page.panels[1]) ** 2
    assert lit == pytest.approx(40 * 40, rel=0.2)
    by = {"maximum": 460, "minimum": -540, "mean": 500 / 9}[blend]
    middle = page.panels[2].pixels[page.panels[2].rect.height // 2]
    color = middle[np.argmax(middle.max(-1))].astype(int)
    assert (color[0] > color[2]) == (by > 0)
    state = first_state(head).with_cursor(head.geometry.index_to_world((20, 24, 15)))
    slab = replace(state, slab=Slab(45.0, blend))
    section = Section(PLANES["axial"], slab.cursor, box_around(head.geometry))
    found = subtract(SliceDrawer(head), SliceDrawer(after), section.pane(4.0, (40, 48)), slab)
    assert float(np.nanmax(np.abs(found.values))) == pytest.approx(abs(by), abs=1)


def test_where_one_volume_does_not_reach_is_marked_and_is_not_equal(head):
    affine = head.affine.copy()
    affine[0, 3] += 20 * 4.0
    part = Volume.from_array(head.voxels[20:], affine, unit="HU")
    panel = figures.compare(head, part, planes="axial", difference=True, size=(1500, 500)).page.panels[2]
    assert "hatched: in one volume only" in texts(panel)
    hatched = np.isin(panel.pixels, np.unique(HATCH)).all(-1) & (panel.pixels.max(-1) > 3)
    columns = np.nonzero(hatched)[1]
    height, width = panel.pixels.shape[:2]
    assert columns.max() < width / 2 + 2  # the patient's right half, which the second lacks
    assert (panel.pixels[height // 2, width // 2 + 5 : width // 2 + 60] <= 3).all()  # equal
    assert len(np.unique(panel.pixels[hatched], axis=0)) == 2
    whole = figures.compare(head, head, planes="axial", difference=True, size=(1500, 500)).page.panels[2]
    assert "hatched: in one volume only" not in texts(whole)
