"""Keys of segments and structures: what is seen, how, and where the crosshair goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.app.conftest import SIZE
from viewer3d.app.viewer import Viewer
from viewer3d.core.layers import Layer
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.view.link import Link, followed
from viewer3d.core.view.look import NOT_RENDERED

KEYS = ("S", "O", "V", "G", "J")


def keys(viewer, *names):
    for name in names:
        assert viewer.interactor.key(name)


def test_keys_of_regions_do_nothing_where_there_are_none(fused):
    before = fused.state
    keys(fused, *KEYS)
    assert fused.state == before


def test_all_are_hidden_and_shown_again(outlined):
    first = outlined.state
    keys(outlined, "S")
    assert [look.shown for look in outlined.state.regions] == [False, False]
    assert outlined.note == "segments and structures: hidden"
    keys(outlined, "S")
    assert outlined.state == first
    assert outlined.note.endswith("shown")
    outlined.state = first.with_region(0, shown=False)
    keys(outlined, "S")  # one is still seen
    assert not any(look.shown for look in outlined.state.regions)


def test_outline_and_fill_go_round_and_come_back_as_they_were(ct, organs, plan):
    overlays = [Layer(organs, look={"outline": 5, "fill": 0.7}), plan]
    with Viewer(ct, "mpr", SIZE, off_screen=True, overlays=overlays) as viewer:
        first, found = viewer.state, []
        for _ in range(3):
            keys(viewer, "O")
            found.append([(look.outline, look.fill) for look in viewer.state.regions])
        assert found == [[(0, 0.7), (0, 0.3)], [(5, 0.0), (2, 0.0)], [(5, 0.7), (2, 0.3)]]
        assert viewer.note == "segments and structures: outlines and fill"
        viewer.state = first.with_region(0, outline=0, fill=0)  # nothing of it is drawn
        keys(viewer, "O")
        assert viewer.state.regions[0].outline == 5


def test_surfaces_in_3d_come_and_go(outlined):
    first = outlined.state
    keys(outlined, "V")
    assert [look.rendering for look in outlined.state.regions] == [NOT_RENDERED] * 2
    assert outlined.note == "segments and structures: not in 3D"
    keys(outlined, "V")
    assert outlined.state == first


def test_the_keys_of_overlays_mean_regions_where_nothing_else_lies_over_the_base(outlined, fused):
    keys(outlined, "ampersand", "ampersand", "ampersand")
    assert [look.opacity for look in outlined.state.regions] == [0.7, 0.7]
    assert outlined.note == "segments and structures: opacity 70 %"
    keys(outlined, "asterisk", "space")
    assert [(look.opacity, look.shown) for look in outlined.state.regions] == [(0.8, False)] * 2
    keys(fused, "space")
    assert not fused.state.layers[1].shown


def test_the_crosshair_goes_from_one_to_the_next(outlined, ct, organs):
    places = []
    for name in ("Liver, 1 of 3 segments", "Tumour, 2 of 3 segments", "PTV, 1 of 2 structures"):
        keys(outlined, "J")
        assert outlined.note == name
        places.append(outlined.state.cursor)
    assert [one.name for one in organs.segments_at(places[0])] == ["Liver"]
    # The largest slice of the liver is the first of five alike, of which the middle is between two voxels.
    assert places[0] == (9.0, 16.0, 9.0)
    assert places[1] == (11.0, 14.0, 12.0)
    keys(outlined, "J")
    assert outlined.note == "Isocentre, 2 of 2 structures"  # a point has no voxel
    assert outlined.state.cursor == (9.0, 14.0, 15.0)
    keys(outlined, "J")
    assert outlined.state.cursor == places[0]  # the spleen has no place
    keys(outlined, "G", "G")
    assert outlined.state.cursor == places[2]
    outlined.state = outlined.state.with_region(0, segments=(2,)).with_cursor((1, 2, 3))
    keys(outlined, "J")
    assert outlined.state.cursor == places[1]
    outlined.state = outlined.state.with_cursor((1, 2, 3)).with_region(1, shown=False)
    keys(outlined, "G")
    assert outlined.state.cursor == places[1]
    assert outlined.state.measurements == ()


def test_several_in_one_place_do_not_hold_the_crosshair(ct, organs):
    with Viewer(ct, "mpr", SIZE, off_screen=True, overlays=[organs, Layer(organs, "again")]) as viewer:
        found = []
        for _ in range(4):
            keys(viewer, "J")
            found.append(viewer.state.cursor)
        assert found == [(9.0, 16.0, 9.0), (11.0, 14.0, 12.0)] * 2


def test_the_crosshair_lies_in_the_region_whatever_its_shape(ct):
    ring = np.zeros((24, 20, 12), np.uint8)
    ring[2:20, 2:18, 5] = 1
    ring[4:18, 4:16, 5] = 0
    rings = Segmentation.from_array(ring, ct.affine, frame_of_reference="1.2.3")
    with Viewer(ct, "mpr", SIZE, off_screen=True, overlays=[rings]) as viewer:
        keys(viewer, "J")
        assert [one.number for one in rings.segments_at(viewer.state.cursor)] == [1]


def test_reset_keeps_what_is_seen_and_takes_back_how(outlined):
    first = outlined.state
    changed = first.with_region(0, segments=(1,), fill=0.9, opacity=0.4, outline=7, rendering=NOT_RENDERED)
    outlined.state = changed.with_region(1, shown=False)
    keys(outlined, "r")
    assert outlined.state == first.with_region(0, segments=(1,), rendering=NOT_RENDERED).with_region(1, shown=False)


def test_a_linked_view_keeps_its_regions(outlined):
    before = outlined.state
    after = before.with_region(0, segments=(2,)).with_cursor((9, 16, 9))
    other = replace(before, regions=())
    assert followed(other, before, after, Link(window=True, time=True)) == other.with_cursor((9, 16, 9))


@pytest.mark.parametrize("key", ["1", "a", "i", "k", "N"])
def test_windows_and_colours_are_those_of_images(outlined, key):
    before = outlined.state
    keys(outlined, key)
    assert (outlined.state.regions, outlined.state.active) == (before.regions, 0)
