"""What the palette offers: every action of the table that can be done, and the same that its key does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from viewer3d import Viewer
from viewer3d.app.input import conditions
from viewer3d.app.input.binding import Binding
from viewer3d.app.input.bindings import BINDINGS, GROUPS
from viewer3d.app.input.find_binding import can_be_done
from viewer3d.app.palette.entries import Entry, entries
from viewer3d.core.view.key_image import key_image_of
from viewer3d.core.view.measurement import Measurement

SIZE = (640, 480)


@pytest.fixture
def everything(ct, pet, organs):
    """All can be done here that needs no times: fused, with segments, measurements, a key image, oblique."""
    with Viewer(ct, "quad", SIZE, off_screen=True, overlays=[pet, organs]) as one:
        probe = Measurement("probe", (one.state.cursor,), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), label=(5.0, 5.0))
        polygon = replace(probe, kind="polygon", points=probe.points * 3)
        grown = replace(probe, kind="isocontour", points=probe.points * 2)
        measured = one.state.with_measurement(grown).with_measurement(polygon).with_measurement(probe)
        marked = replace(measured, key_images=(key_image_of(measured, "axial"),))
        one.state = replace(marked, axes=((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0), (0, 0, 1)))
        yield one


@pytest.fixture
def times(box):
    volumes = [box.with_info(which={"time": float(n), "echo": float(e)}) for n in range(3) for e in range(2)]
    with Viewer(volumes, "quad", SIZE, off_screen=True) as one:
        yield one


def offered(viewer: Viewer) -> tuple[Entry, ...]:
    return entries(viewer.state, viewer.interactor.context)


def titles(viewer: Viewer) -> set[str]:
    return {one.title for one in offered(viewer)}


def test_every_action_is_offered_once_with_a_title_of_its_own(everything, times):
    for viewer in (everything, times):
        listed = offered(viewer)
        assert len({one.action for one in listed}) == len(listed)
        assert len({one.title for one in listed}) == len(listed)
    there = {one.action for viewer in (everything, times) for one in offered(viewer)}
    graphics = {action for one in BINDINGS if one.when is conditions.has_graphics for action in one.actions}
    wanted = {action for one in BINDINGS if one.choices is None for action in one.actions} - graphics
    assert wanted <= there


@pytest.mark.parametrize("binding", [one for one in BINDINGS if one.gestures and one.inputs], ids=lambda one: one.label)
def test_a_gesture_of_the_palette_does_what_its_key_does(binding: Binding, everything, times):
    for viewer in (everything, times):
        state, context = viewer.state, viewer.interactor.context
        if not can_be_done(binding, state, context):
            continue
        pane = "3d" if binding.scope == "3d" else "coronal"
        rect = context.rect(state, pane)
        viewer.interactor.move(rect.left + 40, rect.top + 50)
        begin = viewer.state
        by_action = {one.action: one for one in offered(viewer)}
        for name, action in zip(binding.inputs, binding.input_actions, strict=True):
            if action not in by_action:
                assert binding.choices is not None  # a digit that has no window
                continue
            viewer.interactor._apply(name, context.locate(begin, rect.left + 40, rect.top + 50))
            by_key, viewer.state = viewer.state, begin
            viewer.interactor.perform(action)
            assert viewer.state == by_key, name
            viewer.state = begin


def test_a_tool_and_a_command_of_the_palette_are_those_of_their_keys(everything, monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(everything.interactor, "_command", asked.append)
    for binding in BINDINGS:
        for name, action in zip(binding.inputs, binding.input_actions, strict=False):
            if action.command is not None:
                everything.interactor.key(name)
                everything.interactor.perform(action)
                assert asked[-2:] == [action.command] * 2
            elif action.tool_starter is not None:
                everything.interactor.key(name)
                by_key = everything.interactor._tool
                everything.interactor.cancel()
                everything.interactor.perform(action)
                assert everything.interactor._tool == by_key
                everything.interactor.cancel()


def test_away_from_its_panes_a_gesture_is_done_at_the_crosshair(everything):
    by_title = {one.title: one.action for one in offered(everything)}
    everything.interactor.leave()
    everything.interactor.perform(by_title["zoom in"])
    assert everything.state.slice_pane("axial").zoom > 1
    everything.interactor.perform(by_title["probe: the value pointed at"])
    assert everything.state.measurements[-1].points[0] == pytest.approx(everything.state.cursor, abs=0.5)
    rect = everything.interactor.context.rect(everything.state, "sagittal")
    everything.interactor.move(rect.left + 50, rect.top + 60)
    before = everything.state.camera
    everything.interactor.perform(by_title["zoom in, in 3D"])
    assert everything.state.camera != before


def test_it_is_filtered_for_what_is_seen(viewer, fused, times, everything):
    plain, over = titles(viewer), titles(fused)
    assert "window: lung" not in plain or viewer.volume.unit == "HU"
    for title in ("next layer takes window, digits, colours", "overlay 10 % less opaque"):
        assert title not in plain
        assert title in over
    assert {"previous time", "next echo, or what else parts it"} <= titles(times)
    assert not {"previous time", "cine through times, or stops it"} & plain
    assert "3D from front" not in plain
    assert {"3D from front", "couch and head-holder hidden (HU)", "crosshair to Liver"} <= titles(everything)
    assert "delete the measurement pointed at, or the last" not in plain
    everything.state = everything.state.with_view("3d")
    assert "next slice, to head, front, right" not in titles(everything)
    assert "zoom in, in 3D" in titles(everything)


def test_of_an_image_that_lies_in_no_space_no_layout_is_offered(viewer):
    context = replace(viewer.interactor.context, is_flat=True)
    assert any(one.title.startswith("layout: ") for one in offered(viewer))
    assert not any(one.title.startswith("layout: ") for one in entries(viewer.state, context))


def test_windows_colours_and_transfer_functions_are_there_by_name(everything):
    by_title = {one.title: one for one in offered(everything)}
    assert by_title["window: lung"].keys == ("2",)
    assert by_title["window: temporal bone"].keys == ()
    for title, look in (("window: lung", {"window"}), ("colours: viridis", {"colors"})):
        before = everything.state
        everything.interactor.perform(by_title[title].action)
        changed = {name for name in look if getattr(before.look, name) != getattr(everything.state.look, name)}
        assert changed == look
    named = [title for title in by_title if title.startswith("transfer function: ")]
    everything.interactor.perform(by_title[named[-1]].action)
    assert len(named) == len(everything.interactor.context.renderings)
    assert everything.state.layers[0].rendering == everything.interactor.context.renderings[-1]
    everything.interactor.perform(by_title["crosshair to Tumour"].action)
    assert everything.state.cursor == pytest.approx((11, 14, 13.5), abs=2)


def test_the_conditions_are_pure_and_every_group_has_a_heading(everything):
    state, context = everything.state, everything.interactor.context
    for binding in BINDINGS:
        assert binding.when(state, context) in (True, False)
    assert {one.heading for one in offered(everything)} <= set(GROUPS)
