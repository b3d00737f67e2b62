"""Views that are kept: what they hold, which are offered, in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import numpy as np
import pytest

from tests.app.sessions.conftest import DISTANCE, as_if_from_files
from viewer3d.app.opening import begin_view
from viewer3d.app.sessions.kept_view import (
    MOST_VIEWS,
    KeptView,
    key_of,
    offer_words,
    offered_views,
    state_of,
    view_of,
    when_words,
    with_view,
)
from viewer3d.core.layers import place_layers
from viewer3d.core.provenance import Provenance
from viewer3d.core.view.look import ImageLook
from viewer3d.errors import ViewError


def kept(window, at=0, *, measured=0, edited=False, grid="g", follows=()):
    when = (datetime(2026, 11, 26, 12).astimezone() + timedelta(minutes=at)).isoformat()
    return KeptView(window, when, grid, msgspec.Raw(b"{}"), measured, edited, follows=follows)


@pytest.fixture
def fused_placed(ct, pet, organs):
    organs = organs.with_info(provenance=Provenance("e" * 64))
    return place_layers(as_if_from_files(ct, 1), [as_if_from_files(pet, 2), organs])


def test_series_of_other_files_or_another_grid_have_other_keys(box):
    def key(volume):
        return key_of(place_layers(volume, ()))

    assert key(box) is None
    one = key(as_if_from_files(box))
    assert one == key(as_if_from_files(box)) != key(as_if_from_files(box, 2))
    assert len(one.series) == 64
    cropped = as_if_from_files(type(box).from_array(box.voxels[:-1], box.geometry.affine, unit="HU"))
    assert key(cropped).series == one.series
    assert key(cropped).grid != one.grid


def test_a_view_comes_back_as_it_was_without_the_pointer(fused_placed):
    first = begin_view(fused_placed, "mpr")
    state = replace(
        first.with_look(1, opacity=0.3, colors="viridis").with_region(0, outline=5).with_measurement(DISTANCE),
        active=1,
        view="axial",
    )
    assert state_of(view_of(state, first, fused_placed, window="w"), fused_placed, first) == state


def test_looks_go_to_the_same_overlays_wherever_they_lie_now(ct, pet, fused_placed):
    first = begin_view(fused_placed, "mpr")
    state = replace(first.with_look(1, opacity=0.3).with_region(0, outline=5), active=1)
    view = view_of(state, first, fused_placed, window="w")
    base, twin, same = as_if_from_files(ct, 1), as_if_from_files(pet, 3), as_if_from_files(pet, 2)
    now = place_layers(base, [twin, same])
    back = state_of(view, now, begin_view(now, "mpr"))
    assert [look.opacity for look in back.layers] == [1.0, begin_view(now, "mpr").layers[1].opacity, 0.3]
    assert (back.active, back.regions) == (2, ())
    alone = place_layers(base, ())
    back = state_of(view, alone, begin_view(alone, "mpr"))
    assert (len(back.layers), back.active) == (1, 0)


def test_a_face_that_this_window_hides_stays_hidden(box):
    placed = place_layers(as_if_from_files(box), ())
    first = begin_view(placed, "mpr")
    view = view_of(first, first, placed, window="w")
    assert state_of(view, placed, first.with_look(0, face_hidden=True)).look.face_hidden


def test_a_view_that_was_tampered_with_is_an_error(fused_placed):
    first = begin_view(fused_placed, "mpr")
    view = view_of(first, first, fused_placed, window="w")
    with pytest.raises(ViewError, match="damaged"):
        state_of(msgspec.structs.replace(view, layers=("x", view.layers[0])), fused_placed, first)
    with pytest.raises(ViewError):
        state_of(msgspec.structs.replace(view, state=msgspec.Raw(b'{"version": 99}')), fused_placed, first)


def test_what_is_worth_a_line_is_known_without_reading_the_state(box):
    placed = place_layers(as_if_from_files(box), ())
    first = begin_view(placed, "mpr")
    moved = first.with_cursor((1, 2, 3))
    edited = replace(moved, layers=(replace(first.look, inverted=True),)).with_measurement(DISTANCE)
    views = [view_of(one, first, placed, window="w") for one in (first, moved, edited)]
    assert [(one.edited, one.measured) for one in views] == [(False, 0), (False, 0), (True, 1)]
    assert isinstance(edited.look, ImageLook)


def test_each_window_keeps_one_view_and_glances_one_together():
    views = with_view(with_view((), kept("a", 0)), kept("b", 1))
    assert [one.window for one in views] == ["b"]
    views = with_view(with_view(views, kept("c", 2, measured=3)), kept("d", 3))
    assert [one.window for one in views] == ["d", "c"]
    views = with_view(views, kept("c", 4, measured=4))
    assert [(one.window, one.measured) for one in views] == [("c", 4)]
    assert [one.grid for one in with_view(views, kept("c", 5, grid="h"))] == ["h", "g"]


def test_of_too_many_those_that_are_in_others_go_first_then_those_of_least_weight():
    views = ()
    for number in range(MOST_VIEWS):
        views = with_view(views, kept(f"m{number}", number, measured=1))
    first = views[-1]
    views = with_view(views, kept("e", 20, edited=True))
    assert first not in views
    assert len(views) == MOST_VIEWS
    views = with_view(views, kept("n", 21, measured=1, follows=(views[1].name,)))
    assert "e" in [one.window for one in views]
    assert f"m{MOST_VIEWS - 1}" not in [one.window for one in views]
    views = with_view(views, kept("o", 22, measured=1))
    assert "e" not in [one.window for one in views]


def test_measurements_are_offered_before_glances_and_nothing_that_is_in_another():
    glance, edited, measured = kept("a", 9), kept("b", 5, edited=True), kept("c", 1, measured=2)
    elsewhere, older = kept("d", 7, grid="h"), kept("e", 0, measured=7)
    newer = kept("f", 3, measured=1, follows=(older.name,))
    views = (glance, edited, measured, elsewhere, older, newer)
    assert offered_views(views, "g") == (newer, measured, edited, glance)
    went_on = msgspec.structs.replace(older, at=kept("e", 30).at)
    assert offered_views((newer, went_on), "g") == (went_on, newer)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-27T09:05:00", "today at 09:05"),
        ("2026-11-26T09:05:00", "on 26 Nov"),
        ("2025-03-01T09:05:00", "on 1 Mar 2025"),
        ("nonsense", "at some time"),
    ],
)
def test_when(at, words):
    view = msgspec.structs.replace(kept("a"), at=at)
    assert when_words(view, datetime(2026, 11, 27, 18).astimezone()) == words


@pytest.mark.parametrize(
    ("measured", "begin"),
    [(0, "a view was kept "), (1, "a measurement and a view were kept "), (4, "4 measurements and a view were kept ")],
)
def test_the_offer(measured, begin):
    words = offer_words(kept("a", measured=measured))
    assert words.startswith(begin)
    assert words.endswith("Ctrl+r takes them" if measured else "Ctrl+r takes it")


def test_keys_do_not_depend_on_signs_of_zero(box):
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    affine[0, 1] = -0.0
    other = type(box).from_array(box.voxels, affine, unit="HU")
    keys = [key_of(place_layers(as_if_from_files(one), ())) for one in (box, other)]
    assert keys[0] == keys[1]
