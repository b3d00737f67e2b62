"""Key images in a state: written, read, checked, found again, shown."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from viewer3d import KeyImage, Slab, ViewState, Window
from viewer3d.core.geometry import Geometry
from viewer3d.core.view.key_image import MOST_KEY_IMAGES, find_key_image, key_image_of
from viewer3d.core.view.state import state_of_geometry
from viewer3d.errors import ViewError

STATE = state_of_geometry(Geometry(np.diag([1.0, 1.0, 2.0, 1.0]), (20, 20, 10)), Window(40, 400))
AXES = ((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0), (0.0, 0.0, 1.0))
TURNED = KeyImage("coronal", (1.5, 2.5, 1 / 3), Window(1, 2), AXES, Slab(10, "mean"), 2, 3, mirrored=True, name="山 a")


def test_a_state_without_any_is_written_as_before() -> None:
    assert "key_images" not in STATE.to_json()
    assert json.loads(STATE.to_json())["version"] == 3


def test_they_come_back_to_the_bit_and_say_no_more_than_they_use() -> None:
    table = Window(40, 400, "TABLE", ((0.0, 0), (1.0, 255)))
    marked = replace(STATE, key_images=(key_image_of(STATE, "axial"), TURNED, replace(TURNED, window=table)))
    written = json.loads(marked.to_json())
    assert written["version"] == 9
    assert list(written["key_images"][0]) == ["plane", "cursor", "window"]
    assert list(written["key_images"][0]["window"]) == ["center", "width", "function"]
    assert set(written["key_images"][1]) == {
        *("plane", "cursor", "window", "axes", "slab", "member", "turned", "mirrored", "name"),
    }
    read = ViewState.from_json(marked.to_json())
    assert read == marked
    assert read.to_json() == marked.to_json()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"plane": "3d"}, "key image of plane '3d': give one of axial, coronal, sagittal"),
        ({"cursor": (0, 0, float("nan"))}, "key image at .* give three finite numbers"),
        ({"cursor": (0, 0)}, "key image at"),
        ({"axes": ((1, 0, 0), (1, 0, 0), (0, 0, 1))}, "key image with axes"),
        ({"member": -1}, "key image of volume -1 of a set"),
        ({"turned": 4}, "pane turned 4"),
        ({"name": "a" * 61}, "name .* of a key image: give text of 60 letters at most"),
    ],
)
def test_what_cannot_be_is_refused(change: dict, says: str) -> None:
    with pytest.raises(ViewError, match=says):
        replace(TURNED, **change)


def test_there_are_no_more_than_a_page_can_show() -> None:
    with pytest.raises(ViewError, match="201 key images: a view holds 200 at most"):
        replace(STATE, key_images=(TURNED,) * (MOST_KEY_IMAGES + 1))


def test_a_record_that_is_none_is_a_clear_error() -> None:
    text = replace(STATE, key_images=(TURNED,)).to_json()
    for wrong in (text.replace('"coronal", "cursor"', "7"), text.replace('"turned": 3', '"turned": "much"')):
        if wrong != text:
            with pytest.raises(ViewError):
                ViewState.from_json(wrong)
    with pytest.raises(ViewError):
        ViewState.from_json(text.replace('"turned": 3', '"turned": 9'))


def test_a_slice_is_the_same_half_a_step_around_it() -> None:
    marked = replace(STATE, key_images=(key_image_of(STATE, "axial"),))
    for mm, found in ((0.0, 0), (0.99, 0), (-0.99, 0), (1.01, None), (-2.0, None)):
        x, y, z = STATE.cursor
        assert find_key_image(marked.with_cursor((x + 5, y - 3, z + mm)), "axial", 2.0) == found, mm
    assert find_key_image(marked, "coronal", 1.0) is None
    assert find_key_image(replace(marked, axes=AXES), "axial", 2.0) is None
    assert find_key_image(replace(marked, slab=Slab(5)), "axial", 2.0) is None
    assert find_key_image(marked.with_look(0, member=1), "axial", 2.0) is None
    assert find_key_image(marked.with_window(Window(1, 2)), "axial", 2.0) == 0


def test_it_is_shown_as_it_was_marked() -> None:
    shown = TURNED.shown_in(STATE)
    assert (shown.cursor, shown.axes, shown.slab) == (TURNED.cursor, AXES, Slab(10, "mean"))
    assert (shown.layers[0].window, shown.layers[0].member) == (Window(1, 2), 2)
    assert (shown.coronal.turned, shown.coronal.mirrored, shown.axial) == (3, True, STATE.axial)
    assert replace(key_image_of(shown, "coronal"), name=TURNED.name) == TURNED
    assert (shown.view, shown.enlarged) == ("quad", None)
    assert TURNED.shown_in(STATE.with_view("axial")).shown == "coronal"
    assert TURNED.shown_in(replace(STATE, enlarged="3d")).enlarged == "coronal"
    assert TURNED.shown_in(replace(STATE, enlarged="coronal")).enlarged == "coronal"
