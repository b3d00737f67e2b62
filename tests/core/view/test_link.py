from dataclasses import replace

import numpy as np

from viewer3d.core.geometry import Geometry
from viewer3d.core.view.link import Link, followed
from viewer3d.core.view.slab import Slab
from viewer3d.core.view.state import SlicePane, state_of_geometry
from viewer3d.core.window import Window
from viewer3d.render.panes import pane_geometry

LARGE = Geometry(np.diag([1.0, 1, 2, 1]), (200, 200, 100))
SMALL = Geometry(np.array([[2.0, 0, 0, 40], [0, 2, 0, 60], [0, 0, 2, 50], [0, 0, 0, 1]]), (40, 30, 20))
ONE, OTHER = (state_of_geometry(geometry, Window(40, 400), "mpr") for geometry in (LARGE, SMALL))
ALL = Link(window=True, time=True)


def test_only_what_was_changed_goes_over():
    assert followed(OTHER, ONE, ONE, ALL) == OTHER
    changed = ONE.with_cursor((50.0, 70, 60))
    assert followed(OTHER, ONE, changed, ALL) == OTHER.with_cursor((50.0, 70, 60))
    assert followed(OTHER, ONE, changed, Link(place=False)) == OTHER
    thick = replace(ONE, slab=Slab(10))
    assert followed(OTHER, ONE, thick, ALL).slab == Slab(10)
    turned = ONE.with_camera(ONE.camera.around(30))
    assert followed(OTHER, ONE, turned, ALL) == OTHER.with_camera(turned.camera)
    assert followed(OTHER, ONE, turned, Link(zoom=False)) == OTHER


def test_zoom_and_pan_change_alike_in_millimetres():
    after = ONE.with_pane("axial", SlicePane(3.0, (12.0, -7.0)))
    there = followed(OTHER, ONE, after, ALL)
    size = (300, 200)
    for geometry, before, now in ((LARGE, ONE, after), (SMALL, OTHER, there)):
        was, is_now = (pane_geometry(geometry, state, "axial", size) for state in (before, now))
        np.testing.assert_allclose(was.mm_per_pixel / is_now.mm_per_pixel, 3)
        middle = [np.array(pane.origin) + pane.mm_per_pixel * np.array([149.5, 99.5, 0]) for pane in (was, is_now)]
        np.testing.assert_allclose(middle[1] - middle[0], (12, -7, 0), atol=1e-9)
    assert followed(OTHER.with_pane("axial", SlicePane(9000.0)), ONE, after, ALL).axial.zoom == 10_000
    assert there.coronal == OTHER.coronal


def test_window_and_time_go_over_where_they_are_linked():
    after = ONE.with_look(0, window=Window(1, 2), member=4)
    assert followed(OTHER, ONE, after, Link()) == OTHER
    assert followed(OTHER, ONE, after, ALL, members=9) == OTHER.with_look(0, window=Window(1, 2), member=4)
    assert followed(OTHER, ONE, after, ALL, members=3).layers[0].member == 2
