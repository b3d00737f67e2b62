"""What show returns; and a saved view comes back from every form it was ever saved in."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

import viewer3d
from tests.app.conftest import MemoryDesktop, Slow
from tests.phantom_files import write_phantom
from viewer3d import phantom
from viewer3d.app.show import read_state
from viewer3d.app.window.panel import row_height
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.catalog import Catalog, CatalogEntry
from viewer3d.errors import BadFileError, NotFoundError, ViewError
from viewer3d.recipes.make import shot_recipe
from viewer3d.render.first_state import first_state
from viewer3d.render.output import write_picture

PIXELS = np.zeros((20, 30, 3), np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_from_the_recipe_of_a_picture(suffix: str, box: Volume, tmp_path: Path) -> None:
    state = first_state(box, "mpr").with_cursor((3.25, 4, 5))
    write_picture(PIXELS, tmp_path / f"a{suffix}", shot_recipe(box, state, (30, 20)).texts)
    assert read_state(tmp_path / f"a{suffix}") == state


def test_from_a_picture_that_holds_a_state_alone_as_older_ones_do(box: Volume, tmp_path: Path) -> None:
    state = first_state(box, "mpr")
    info = PngImagePlugin.PngInfo()
    info.add_text("viewer3d", state.to_json())
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=info)
    assert read_state(tmp_path / "a.png") == state


def test_from_json_of_either_kind(box: Volume, tmp_path: Path) -> None:
    state = first_state(box, "mpr")
    (tmp_path / "state.json").write_text(state.to_json(), encoding="utf-8")
    (tmp_path / "recipe.json").write_text(shot_recipe(box, state, (30, 20)).to_json(), encoding="utf-8")
    assert read_state(tmp_path / "state.json") == read_state(tmp_path / "recipe.json") == state


def test_a_figure_of_many_views_has_none_to_open(box: Volume, tmp_path: Path) -> None:
    recipe = replace(shot_recipe(box, first_state(box, "mpr"), (30, 20)), figure="lightbox", state=None)
    write_picture(PIXELS, tmp_path / "a.png", recipe.texts)
    with pytest.raises(ViewError, match="a lightbox shows more than one view: viewer3d replay"):
        read_state(tmp_path / "a.png")


SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}


def is_loaded(window):
    return window.title != "viewer3d"


def measure_and_go_on(window):
    """Measure in the axial pane, point at something, begin another measurement, and leave it so."""
    window.handler.move(60, 100)
    window.handler.key("p")
    window.handler.key("d")
    window.handler.press("left", 60, 100)
    window.handler.move(90, 120)


def close(window):
    window.handler.key("q")


def check(viewer):
    assert isinstance(viewer, viewer3d.Viewer)
    assert not viewer.is_open
    assert viewer.state.pointer is None
    assert [one.kind for one in viewer.state.measurements] == ["probe"]
    (row,) = viewer.measurements
    assert row["value"] == viewer.volume.value_at(viewer.state.measurements[0].points[0], "nearest")


def test_show_of_a_volume_returns_the_viewer_with_what_was_seen_last(box: Volume, desktop: None) -> None:
    MemoryDesktop.script += [lambda window: window.handler.wheel(1, 60, 100), measure_and_go_on, close]
    viewer = viewer3d.show(box, "mpr", (500, 300))
    check(viewer)
    first = first_state(box, "mpr")
    assert viewer.state.cursor[2] == first.cursor[2] + 3
    MemoryDesktop.script.append(close)
    assert viewer3d.show(box, "mpr", (500, 300), state=viewer.state).state == viewer.state
    np.testing.assert_array_equal(viewer.screenshot(), viewer3d.screenshot(box, state=viewer.state, size=(500, 300)))


def test_show_of_a_folder_returns_the_viewer_of_what_was_seen_last(tmp_path: Path, desktop: None) -> None:
    write_phantom(tmp_path, faults=phantom.Faults(second_series=True), **SMALL)
    titles: list[str] = []
    MemoryDesktop.script += [
        is_loaded,
        lambda window: titles.append(window.title),
        lambda window: window.handler.press("left", 5, row_height((900, 400)) + 5),
        lambda window: window.title != titles[0],
        lambda window: window.handler.key("Tab"),
        measure_and_go_on,
        close,
    ]
    viewer = viewer3d.show(tmp_path, "mpr", (900, 400))
    check(viewer)
    assert viewer.volume.shape == (34, 30, 6)


def entries(monkeypatch: pytest.MonkeyPatch, *loads: Slow) -> None:
    catalog = Catalog(tuple(CatalogEntry(f"{n}", "", "", None, load) for n, load in enumerate(loads)), 0)
    monkeypatch.setattr("viewer3d.app.browser.build_catalog", lambda *_: catalog)


def test_closed_before_anything_is_loaded_there_is_no_viewer(desktop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()
    entries(monkeypatch, slow)
    MemoryDesktop.script += [lambda _: slow.begun.is_set(), close]
    with pytest.raises(ViewError, match="closed before anything was loaded"):
        viewer3d.show("folder")


def test_where_nothing_can_be_shown_the_reason_is_raised(desktop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(BadFileError("a.dcm: truncated; fetch it again"))
    slow.go.set()
    entries(monkeypatch, slow)
    MemoryDesktop.script += [lambda _: slow.ended.is_set(), *[lambda _: time.sleep(0.05)] * 3, close]
    with pytest.raises(BadFileError, match="truncated"):
        viewer3d.show("folder")


def test_a_folder_without_images_is_an_error(desktop: None, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        viewer3d.show(tmp_path / "none")
