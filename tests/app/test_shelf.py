"""What can be opened at a place, in words and as volumes."""

from __future__ import annotations

import numpy as np
import pytest

from viewer3d import phantom
from viewer3d.app.shelf import Wish, find_shelf
from viewer3d.errors import BadFileError, ChoiceError, LimitError
from viewer3d.phantom import Faults

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}


def nothing(*_):
    pass


@pytest.fixture
def two(tmp_path):
    phantom.write(tmp_path, faults=Faults(second_series=True), **SMALL)
    return tmp_path


def test_entries_say_what_they_are_and_load(two):
    told = []
    shelf = find_shelf(two, Wish(), lambda *step: told.append(step[0]))
    assert [(one.title, one.size) for one in shelf.entries] == [("2  CT", "34 x 30 x 12"), ("3  CT", "34 x 30 x 6")]
    assert shelf.first == 0
    (volume,) = shelf.entries[1].load(lambda *step: told.append(step[0]))
    assert volume.shape == (34, 30, 6)
    assert set(told) == {"headers", "slices"}


def test_what_is_wished_for_is_first(two):
    assert find_shelf(two, Wish(series=3), nothing).first == 1
    with pytest.raises(ChoiceError):
        find_shelf(two, Wish(series=7), nothing)


def test_a_4d_series_is_one_entry_and_one_time_of_it_another(real):
    path = real("mr_4d_ge")
    (entry,) = find_shelf(path, Wish(), nothing).entries
    assert entry.size == "64 x 64 x 4, 2 times"
    assert [volume.which for volume in entry.load(nothing)] == [{"time": 0.0}, {"time": 1.0}]
    shelf = find_shelf(path, Wish(which={"time": "1"}), nothing)
    assert (len(shelf.entries), shelf.first) == (2, 0)
    assert [volume.which for volume in shelf.entries[0].load(nothing)] == [{"time": 1.0}]


def test_what_tells_entries_of_one_series_is_in_their_description(real):
    shelf = find_shelf(real("mr_3plane_localizer"), Wish(), nothing)
    assert [entry.description.rpartition(", ")[2] for entry in shelf.entries] == ["coronal", "sagittal", "axial"]


def test_thumbnails_are_small_and_true_to_proportion(two):
    picture = find_shelf(two, Wish(), nothing).entries[0].thumbnail()
    assert picture.dtype == np.uint8
    assert picture.shape == (round(128 * 30 * 8 / (34 * 9)), 128)
    assert picture.max() > 100


def test_too_little_memory_is_told(two, monkeypatch):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("viewer3d.app.shelf.read_stacks", full)
    with pytest.raises(LimitError, match=r"series 2 CT.*not enough memory"):
        find_shelf(two, Wish(), nothing).entries[0].load(nothing)


def test_how_it_is_read_is_as_wished(tmp_path):
    phantom.write(tmp_path, faults=Faults(truncated=(4,)), **SMALL)
    with pytest.raises(BadFileError, match="truncated"):
        find_shelf(tmp_path, Wish(), nothing).entries[0].load(nothing)
    wish = Wish(how=type(Wish().how)(skip_bad=True))
    (volume,) = find_shelf(tmp_path, wish, nothing).entries[0].load(nothing)
    assert any("left out" in note or "truncated" in note for note in volume.notes)
