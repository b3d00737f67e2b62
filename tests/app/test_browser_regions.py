"""A window on a folder with segmentations and structure sets: offered, laid over their series, and taken off."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.app.conftest import MemoryDesktop
from tests.app.test_browser import SIZE, SMALL, handler, seen, turned
from tests.dicom.objects.reg_files import registration_item, write_registration
from tests.dicom.objects.seg_files import save, seg
from viewer3d import phantom
from viewer3d.app.window.panel import layers_height, panel_width, row_height
from viewer3d.core.layers import Layer
from viewer3d.core.origin import series_of
from viewer3d.core.structures import StructureSet
from viewer3d.dicom.objects.structures import load_structures
from viewer3d.dicom.series.catalog import CatalogRequest, build_catalog
from viewer3d.formats.load import load
from viewer3d.phantom import Faults
from viewer3d.render.shot import screenshot


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two series of one frame of reference, their structures, a segmentation of another, and what is not offered."""
    tmp_path = tmp_path_factory.mktemp("plan")
    phantom.write(tmp_path / "ct", faults=Faults(second_series=True), **SMALL)
    phantom.write_structures(tmp_path / "rs.dcm", load(tmp_path / "ct", 2).geometry)
    phantom.write_plan(tmp_path / "plan.dcm")
    save(seg([(1, 0, np.ones((4, 5), bool))]), tmp_path)
    write_registration(tmp_path / "reg.dcm", "1.2.9.1", [registration_item("1.2.9.2", np.eye(4))])
    return tmp_path


def click(browser, row, **how):
    y = layers_height(browser.panel, SIZE) + (row - browser.panel.first) * row_height(SIZE) + 5
    handler(browser).press("left", 20, y, **how)
    handler(browser).release("left")
    turned(browser, lambda: not browser.is_loading)
    for _ in range(3):
        browser.process_events()


def test_objects_stand_below_the_last_series_of_their_frame_of_reference(folder):
    catalog = build_catalog(folder, CatalogRequest(), lambda *_: None)
    modalities = [row.title.split()[-1] for row in catalog.rows]
    assert modalities == ["CT", "CT", "RTSTRUCT", "SEG"]  # neither plan nor registration
    assert sorted(one.under for one in catalog.objects) == [1, 2]
    assert catalog.rows[2].size == f"{len(phantom.structures().rois)} ROIs"
    assert isinstance(catalog.rows[2].load(lambda *_: None), StructureSet)
    assert catalog.rows[2].thumbnail().dtype == np.uint8


def test_a_click_lays_them_over_what_is_shown_and_another_takes_them_off(browse, folder):
    browser = seen(browse(folder))
    viewer = browser.viewer
    before = viewer.state.with_cursor(viewer.volume.geometry.index_to_world((17, 15, 5)))
    viewer.state = before = before.with_look(0, window=before.look.window, inverted=True)
    click(browser, 2)
    (placed,) = viewer.placed.regions
    assert (browser.panel.lying, browser.panel.opened, browser.message) == ({2}, browser._shown_entry, "")
    assert "masks" in placed._made  # made beside the window
    state = viewer.state
    assert (state.layers, state.cursor, len(state.regions)) == (before.layers, before.cursor, 1)
    expected = screenshot(viewer.volume, state=state, size=viewer.size, overlays=[load_structures(folder / "rs.dcm")])
    np.testing.assert_array_equal(MemoryDesktop.latest.pixels[:, panel_width(SIZE) :], expected)
    assert MemoryDesktop.latest.title.endswith("+ structures")
    viewer.interactor.key("r")
    assert len(viewer.state.regions) == 1
    click(browser, 2)
    assert (viewer.placed.regions, viewer.state.regions, browser.panel.lying) == ((), (), frozenset())
    assert MemoryDesktop.latest.title.endswith(viewer.volume.description)


def test_what_lies_elsewhere_is_refused_in_words(browse, folder):
    browser = seen(browse(folder))
    viewer, before = browser.viewer, browser.viewer.state
    click(browser, 3)
    assert "frame of reference" in browser.message
    assert (browser.panel.lying, browser.panel.opened) == (frozenset(), browser._shown_entry)
    assert (viewer.state, viewer.placed.overlays) == (before, ())
    assert browser.is_open


def test_regions_stay_as_they_look_over_another_series_of_their_frame(browse, folder):
    browser = seen(browse(folder))
    click(browser, 2)
    browser.viewer.state = browser.viewer.state.with_region(0, segments=(2,), fill=0.5)
    other = 1 - browser.panel.opened
    click(browser, other)
    assert browser._shown_entry == other
    (look,) = browser.viewer.state.regions
    assert (look.segments, look.fill, browser.panel.lying) == ((2,), 0.5, {2})
    click(browser, 2)
    click(browser, 1 - other)
    assert browser.viewer.state.regions == ()


def test_shift_lays_a_series_over_the_one_that_is_shown(browse, folder):
    browser = seen(browse(folder))
    viewer, opened = browser.viewer, browser.panel.opened
    click(browser, 2)
    click(browser, 1 - opened, shift=True)
    assert (browser.panel.opened, browser.panel.lying) == (opened, {2, 1 - opened})
    assert (len(viewer.layers), len(viewer.state.layers), len(viewer.state.regions)) == (2, 2, 1)
    viewer.interactor.key("N")
    assert viewer.state.active == 1
    click(browser, 1 - opened, shift=True)
    assert (len(viewer.layers), len(viewer.state.layers), viewer.state.active) == (1, 1, 0)
    assert viewer.state.series == series_of(viewer.volumes)
    click(browser, opened, shift=True)  # what is shown is opened again, not laid over itself
    assert len(browser.viewer.layers) == 1


def test_what_was_given_stays_when_more_is_laid_over_it(browse, folder):
    given = Layer(load_structures(folder / "rs.dcm"), "given", look={"segments": (1, 2)})
    browser = seen(browse(folder, overlays=[given]))
    assert browser.panel.is_shown
    click(browser, 2)
    assert [one.name for one in browser.viewer.placed.regions] == ["given", "structures"]
    assert [look.segments for look in browser.viewer.state.regions] == [(1, 2), None]
    click(browser, 2)
    assert [look.segments for look in browser.viewer.state.regions] == [(1, 2)]


def test_an_object_that_cannot_be_read_is_told(browse, folder, tmp_path):
    folder = shutil.copytree(folder, tmp_path / "copy")
    browser = seen(browse(folder))
    (folder / "rs.dcm").write_bytes(b"no more")
    click(browser, 2)
    assert browser.message
    assert browser.panel.lying == frozenset()
    click(browser, 1 - browser.panel.opened)
    assert browser.message == ""


def test_real_structures_of_the_same_frame_are_laid_over_and_others_refused(browse, real):
    browser = seen(browse(real("ct_rtstruct")))
    found = []
    for row in (1, 2, 3):
        click(browser, row)
        found.append((row in browser.panel.lying, "frame of reference" in browser.message))
    assert sorted(found) == [(False, True), (True, False), (True, False)]
