"""The key in the first slice pane of a scene: names of the regions that are seen, where there is room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.figures.regions.bodies import COLORS, FRAME, affine, body, segments, structures
from viewer3d import Layer, Segmentation, first_state
from viewer3d.core.layers import place_layers
from viewer3d.core.view.state import ViewState
from viewer3d.render.first_state import with_first_looks
from viewer3d.render.layer_stack import LayerStack
from viewer3d.render.marks.boxes import mark_box
from viewer3d.render.marks.display_list import OFF_WHITE, DisplayList, Text
from viewer3d.render.marks.metrics import MarkMetrics
from viewer3d.render.marks.region_key import KeyEntry, pane_key, pane_key_rows
from viewer3d.render.panes import PaneGeometry
from viewer3d.render.scene import Scene
from viewer3d.render.slices.pixels import PanePixels


def drawn(
    overlays: object, monkeypatch: pytest.MonkeyPatch, view: str = "mpr", at: float = 160.0
) -> dict[str, DisplayList]:
    """What is drawn over each pane."""
    found: dict[str, DisplayList] = {}
    finish = Scene._finish

    def spy(scene, name, pixels, key, marks, notes):
        found[name] = marks
        finish(scene, name, pixels, key, marks, notes)

    monkeypatch.setattr(Scene, "_finish", spy)
    with Scene(body(), (1200, 900), overlays=overlays) as scene:
        scene.apply(with_first_looks(first_state(body(), view, at=(0, 0, at)), scene.placed))
    return found


def named(marks: DisplayList, names: set[str]) -> list[str]:
    return [mark.text for mark in marks if isinstance(mark, Text) and mark.text in names and mark.color == OFF_WHITE]


def test_the_first_slice_pane_names_all_that_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"Liver", "Spleen", "Node"}
    marks = drawn(segments(), monkeypatch)
    assert named(marks["axial"], names) == ["Liver", "Spleen", "Node"]
    assert named(marks["coronal"], names) == named(marks["sagittal"], names) == []
    two = drawn(Layer(segments(), look={"segments": ["Liver", "Node"]}), monkeypatch)
    assert named(two["axial"], names) == ["Liver", "Node"]
    hidden = drawn(Layer(segments(), look={"shown": False}), monkeypatch)
    assert named(hidden["axial"], names) == []


def test_of_many_it_names_those_of_the_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.zeros((40, 30, 24), int)
    for k in range(24):
        labels[5 : 5 + k + 1, 5:25, k] = k + 1
    many = Segmentation.from_array(
        labels, affine(), names={k + 1: f"level {k}" for k in range(24)}, frame_of_reference=FRAME
    )
    marks = drawn(many, monkeypatch, at=100 + 5 * 7)
    assert named(marks["axial"], {f"level {k}" for k in range(24)}) == ["level 7"]


def test_the_regions_of_pixels_are_those_whose_colours_are_there() -> None:
    stack = LayerStack(body(), [segments(), structures()], keeps_values=True)
    state: ViewState = with_first_looks(first_state(body(), "axial"), stack.placed)
    for z, expected in ((110.0, [{3}, set()]), (155.0, [{1, 2}, {4}]), (180.0, [{1, 2}, {9}])):
        pane = PaneGeometry(state.plane("axial"), (-78.0, -58.0, z), 1.0, (156, 116))
        assert [set(one) for one in stack.regions_present(state, PanePixels(pane, state.slab))] == expected
    alone = replace(state, regions=(replace(state.regions[0], segments=(2,)), replace(state.regions[1], shown=False)))
    pane = PaneGeometry(state.plane("axial"), (-78.0, -58.0, 155.0), 1.0, (156, 116))
    assert [set(one) for one in stack.regions_present(alone, PanePixels(pane, state.slab))] == [{2}, set()]


def test_it_stands_between_what_is_written_above_and_the_letter_in_the_middle() -> None:
    page = MarkMetrics(600, 450)
    title = (Text(page.pad, page.pad + page.cap, "Axial", page.size),)
    entries = tuple(KeyEntry(f"organ {n}", COLORS[1]) for n in range(40))
    top, rows = pane_key_rows(page, title)
    marks = pane_key(page, entries, title)
    assert sum(isinstance(mark, Text) for mark in marks) == rows
    assert [mark.text for mark in marks if isinstance(mark, Text)][-1] == f"and {40 - rows + 1} more"
    letter = page.height / 2 - page.cap
    for mark in marks:
        box = mark_box(mark)
        assert box.top >= mark_box(title[0]).bottom
        assert box.bottom <= letter
        assert box.right <= page.width / 2
    assert top < letter
    small = MarkMetrics(200, 200)
    assert pane_key(small, entries, ()) == ()


def test_overlays_placed_before_are_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    placed = place_layers(body(), [segments(), structures()])
    marks = drawn(placed.overlays, monkeypatch, "axial")
    assert named(marks["axial"], {"Liver", "PTV", "Iso"}) == ["Liver", "PTV", "Iso"]
