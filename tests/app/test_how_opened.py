"""What opens how: in which view, over which other series, and what the window says of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.app.conftest import BROWSER_SIZE
from viewer3d import phantom
from viewer3d.app.how_opened import opening_view, plane_of_images, row_below
from viewer3d.dicom.series.catalog import CatalogRequest, build_catalog


def silent(stage, done, total):
    """Take what is told of progress."""


@pytest.fixture(scope="module")
def pet_ct(tmp_path_factory):
    """A folder of a CT and the PET of the same frame of reference."""
    folder = tmp_path_factory.mktemp("pet-ct")
    phantom.write(folder / "ct", shape=(24, 20, 12), spacing=(18, 18, 30))
    phantom.write_pet(folder / "pet", shape=(20, 16, 10), spacing=(22, 22, 36))
    return folder


@pytest.fixture
def browse(desktop):
    from viewer3d.app.browser import Browser

    made = []

    def begin(source, view=None, **how):
        one = Browser(source, view, BROWSER_SIZE, **how)
        one.open()
        made.append(one)
        settle(one)
        return one

    yield begin
    for one in made:
        one.close()


def settle(browser):
    while browser.is_loading or browser.viewer is None:
        browser.process_events()
    browser.process_events()


def choose(browser, row):
    browser.choose(row)
    settle(browser)


def shown(browser):
    viewer = browser.viewer
    return [layer.volume.modality for layer in viewer.placed.layers], viewer.state.view


def test_pet_is_laid_over_the_ct_that_is_shown_and_is_alone_when_it_is_chosen_again(browse, pet_ct):
    browser = browse(pet_ct)
    assert shown(browser) == (["CT"], "quad")
    cursor = browser.viewer.state.cursor
    choose(browser, 1)
    assert shown(browser) == (["CT", "PT"], "quad")
    assert browser.viewer.note.startswith("PET over its CT: Space hides it")
    assert (browser.panel.opened, browser.panel.lying) == (0, {1})
    assert browser.viewer.state.cursor == cursor
    assert browser.viewer.state.layers[1].colors == "hot-iron"
    choose(browser, 1)
    assert shown(browser) == (["PT"], "quad")
    assert browser.panel.opened == 1


def test_pet_that_is_asked_for_opens_over_its_ct(browse, pet_ct):
    browser = browse(pet_ct, request=CatalogRequest(series=4))
    assert shown(browser) == (["CT", "PT"], "quad")
    assert browser.viewer.note.startswith("PET over its CT: Space hides it")
    assert (browser.panel.opened, browser.panel.lying) == (0, {1})
    choose(browser, 0)
    assert [layer.volume.modality for layer in browser.viewer.placed.layers] == ["CT", "PT"]  # as it was laid


def test_a_view_that_is_asked_for_wins(browse, pet_ct):
    browser = browse(pet_ct, "axial", request=CatalogRequest(series=4))
    assert shown(browser) == (["PT"], "axial")
    choose(browser, 0)
    assert shown(browser) == (["CT"], "axial")


def test_overlays_that_are_asked_for_win(browse, pet_ct):
    pet = viewer3d.load(pet_ct / "pet")
    browser = browse(pet_ct, request=CatalogRequest(series=4), overlays=[pet.with_info(description="again")])
    assert shown(browser)[0] == ["PT", "PT"]


def test_pet_without_its_ct_is_alone(browse, pet_ct, tmp_path):
    phantom.write_pet(tmp_path / "pet", shape=(20, 16, 10))
    assert shown(browse(tmp_path)) == (["PT"], "quad")


def test_pet_that_cannot_lie_over_its_ct_is_alone_and_says_why(browse, tmp_path):
    phantom.write(tmp_path / "ct", shape=(12, 10, 6), spacing=(9, 9, 9))
    phantom.write_pet(tmp_path / "pet", shape=(12, 10, 6), spacing=(4, 4, 4), center=(900.0, 900.0, 900.0))
    browser = browse(tmp_path, request=CatalogRequest(series=4))
    assert shown(browser)[0] == ["PT"]
    assert browser.viewer.note.startswith("PET alone, not over its CT: ")


def test_the_persons_file_says_how(browse, pet_ct, own_file):
    own_file('[open]\nCT = "mpr"\nPT = "coronal"\n')
    browser = browse(pet_ct)
    assert shown(browser) == (["CT"], "mpr")
    choose(browser, 1)
    assert shown(browser) == (["PT"], "coronal")
    choose(browser, 0)
    assert shown(browser) == (["CT"], "mpr")


def test_a_layout_that_was_chosen_by_hand_stays(browse, pet_ct, own_file):
    own_file('[open]\nPT = "coronal"\n')
    browser = browse(pet_ct)
    browser.viewer.state = browser.viewer.state.with_view("sagittal")
    choose(browser, 1)
    assert shown(browser) == (["PT"], "sagittal")


def of(modality, shape=(6, 5, 4), affine=None):
    return viewer3d.Volume.from_array(
        np.arange(np.prod(shape), dtype=np.int16).reshape(shape),
        np.eye(4) if affine is None else affine,
        modality=modality,
    )


def test_views_by_modality():
    assert [opening_view([of(one)]) for one in ("CT", "MR", "PT", "NM", "", "XA")] == [
        *("quad", "mpr", "quad", "quad", "quad", "quad"),
    ]
    assert opening_view([of("CT", (6, 5, 1))]) == "axial"
    sagittal = np.array([[0, 0, 1, 0], [1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]], float)
    coronal = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]], float)
    assert plane_of_images(of("MR", affine=sagittal)) == "sagittal"
    assert plane_of_images(of("MR", affine=coronal)) == "coronal"
    assert opening_view([of("MR", (6, 5, 1), coronal)]) == "coronal"


def test_a_localizer_is_no_base_and_opens_in_its_plane(pet_ct):
    rows = build_catalog(pet_ct, CatalogRequest(), silent).rows
    assert [(one.modality, one.slices, one.is_localizer) for one in rows] == [("CT", 12, False), ("PT", 10, False)]
    assert (row_below(rows, 0), row_below(rows, 1)) == (None, 0)
    scout = replace(rows[0], is_localizer=True)
    assert row_below((scout, rows[1]), 1) is None
    assert row_below((rows[0], rows[1], replace(rows[0], slices=40)), 1) == 2
    assert row_below((rows[0], rows[1], replace(rows[0], slices=40)), 1, shown=0) == 0
    assert row_below((replace(rows[0], frame_of_reference="1.2.3"), rows[1]), 1) is None
    assert row_below((replace(rows[0], frame_of_reference=""), replace(rows[1], frame_of_reference="")), 1) is None
    assert opening_view([of("CT")], scout) == "axial"


def test_real_pet_finds_its_ct_and_a_localizer_its_plane(real):
    rows = build_catalog([real("ct_torso_acrin"), real("pet_ac_bqml")], CatalogRequest(), silent).rows
    assert [one.modality for one in rows] == ["PT", "CT"]
    assert (row_below(rows, 0), row_below(rows, 1)) == (1, None)
    rows = build_catalog(real("mr_3plane_localizer"), CatalogRequest(), silent).rows
    assert [opening_view(one.load(silent), one) for one in rows] == ["coronal", "sagittal", "axial"]
