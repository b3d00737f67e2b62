"""What a few letters find, and in which order."""

from __future__ import annotations

import pytest

from viewer3d.app.input.binding import Action
from viewer3d.app.input.keys.key_names import key_label
from viewer3d.app.palette.entries import Entry
from viewer3d.app.palette.matching import matching

TITLES = (
    "next slice, to head", "window: soft tissue", "window: lung", "window: liver", "layout: 3D alone",
    "layout: three slices", "undo", "list of measurements", "measure a distance", "3D from front", "Lépine's nodule",
)  # fmt: skip
ENTRIES = tuple(Entry(title, (), "Heading", "", Action(command=title)) for title in TITLES)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("win lung", "window: lung"),
        ("lung win", "window: lung"),
        ("wl", "window: lung"),
        ("winlu", "window: lung"),
        ("3d", "3D from front"),
        ("lay 3d", "layout: 3D alone"),
        ("front 3d", "3D from front"),
        ("undo", "undo"),
        ("lom", "list of measurements"),
        ("UND", "undo"),
        ("lepine", "Lépine's nodule"),
        ("tissue", "window: soft tissue"),
        ("stance", "measure a distance"),
    ],
)
def test_letters_find(text, first):
    assert matching(ENTRIES, text)[0].title == first


def test_every_word_must_fit_and_nothing_else_is_found():
    assert [one.title for one in matching(ENTRIES, "win l")] == ["window: lung", "window: liver"]
    assert matching(ENTRIES, "window undo") == ()
    assert matching(ENTRIES, "xyzzy") == ()
    assert matching(ENTRIES, "   ") == ENTRIES


def test_whole_words_come_before_beginnings_and_these_before_initials_and_parts():
    titles = ("mapless", "measure a place", "tap", "map of all", "maps")
    found = matching([Entry(title, (), "", "", Action(command=title)) for title in titles], "map")
    assert [one.title for one in found] == ["map of all", "mapless", "maps", "measure a place"]


def test_keys_and_other_words_find_too():
    one = Entry("measure a distance", ("d",), "Measuring", "", Action(command="a"), "ruler length")
    other = Entry("window: dark", ("2",), "Window", "", Action(command="b"))
    assert matching((one, other), "2") == (other,)
    assert matching((one, other), "ruler") == (one,)
    assert matching((one, other), "d") == (one, other)


def test_the_labels_of_keys():
    assert [key_label(name) for name in ("ctrl+Z", "M", "ctrl+wheel up", "KP_Add", "F2", "wheel up")] == [
        "Ctrl + Shift + z", "Shift + m", "Ctrl + wheel up", "KP_Add", "F2", "wheel up",
    ]  # fmt: skip
