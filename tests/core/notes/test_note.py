"""Notes: text in every use of text, and a value with a kind and measures."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.notes.note import Note, as_notes, facts_text, marked, refuse_marked
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.errors import MarkedError, ViewError

SENTENCE = "The gantry was tilted."
TILTED = Note(SENTENCE, "slices.tilted", files=("/home/doe/scan/IM1", "c:\\doe\\IM2 frame 3"), frames=40, moved_mm=12.5)


def fields(note: Note) -> tuple[object, ...]:
    return (str(note), note.id, note.files, note.frames, note.moved_mm, note.moved_values, note.ratio)


def test_it_is_its_sentence() -> None:
    assert TILTED == SENTENCE
    assert hash(TILTED) == hash(SENTENCE)
    assert repr(TILTED) == repr(SENTENCE)
    assert {SENTENCE: 1}[TILTED] == 1
    assert " ".join([TILTED, TILTED]) == f"{SENTENCE} {TILTED}"
    assert type(str(TILTED)) is str
    assert json.dumps([TILTED]) == json.dumps([SENTENCE])


def test_it_knows_its_kind_and_measures() -> None:
    assert (TILTED.id, TILTED.severity, TILTED.clause) == ("slices.tilted", "serious", "C.7.6.2.1.1")
    assert (TILTED.frames, TILTED.moved_mm, TILTED.moved_values) == (40, 12.5, None)
    assert TILTED.is_marked is True
    assert TILTED.is_seen is True


def test_names_of_files_have_no_folder_and_facts_have_no_names() -> None:
    assert TILTED.files == ("IM1", "IM2 frame 3")
    assert TILTED.facts() == {"id": "slices.tilted", "files": 2, "frames": 40, "moved_mm": 12.5}
    assert Note("a").facts() == {"id": "other.given"}
    assert TILTED.as_dict() == {
        "text": SENTENCE,
        "id": "slices.tilted",
        "severity": "serious",
        "clause": "C.7.6.2.1.1",
        "is_marked": True,
        "is_seen": True,
        "is_loss": False,
        "frames": 40,
        "moved_mm": 12.5,
        "moved_values": None,
        "ratio": None,
        "files": ["IM1", "IM2 frame 3"],
    }


def test_it_survives_pickle_copies_and_printable() -> None:
    for made in (pickle.loads(pickle.dumps(TILTED)), copy.deepcopy(TILTED), copy.copy(TILTED), printable(TILTED)):
        assert isinstance(made, Note)
        assert fields(made) == fields(TILTED)
    spaced = Note("40\u00a0mm", "slices.single")  # a space that str.isprintable does not take for one
    assert printable(spaced) is spaced


def test_what_steers_a_terminal_is_written_out() -> None:
    note = Note("skull\x1b[31m", "slices.single", files=["a\x1b"])
    assert note == "skull\\x1b[31m"
    assert note.files == ("a\\x1b",)
    assert printable(note) is note


def test_it_does_not_change() -> None:
    with pytest.raises(AttributeError, match="does not change"):
        TILTED.id = "slices.kept"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        TILTED.more = 1  # type: ignore[attr-defined]


def test_other_words_leave_the_rest() -> None:
    other = TILTED.with_text(f"CT: {TILTED}")
    assert fields(other) == (f"CT: {SENTENCE}", *fields(TILTED)[1:])


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(ViewError, match=r"'slices\.titled' is no kind of note: give one of those in docs/notes\.md"):
        Note("a", "slices.titled")


def test_text_that_is_given_becomes_a_note() -> None:
    volume = Volume.from_array(np.zeros((2, 3, 4)), np.eye(4), notes=("A sentence.", TILTED))
    assert [one.id for one in volume.notes] == ["other.given", "slices.tilted"]
    assert volume.notes == ("A sentence.", SENTENCE)
    assert volume.with_info(notes=["b"]).notes[0].id == "other.given"
    again = pickle.loads(pickle.dumps(volume))
    assert [fields(one) for one in again.notes] == [fields(one) for one in volume.notes]
    assert SeriesInfo(notes=as_notes(["a"])) == SeriesInfo(notes=as_notes(["a"]))


def test_those_that_are_marked() -> None:
    assert marked(as_notes(["a", TILTED, TILTED])) == (SENTENCE,)


def test_a_scene_has_the_notes_of_all_its_layers() -> None:
    base = Volume.from_array(np.zeros((9, 9, 9)), np.eye(4), modality="CT", notes=(TILTED,))
    over = Volume.from_array(np.zeros((9, 9, 9)), np.eye(4), modality="PT", notes=("Of the overlay.",))
    placed = place_layers(base, Layer(over, same_frame=True))
    ids = [one.id for one in placed.notes]
    assert ids == ["slices.tilted", "other.given", "placing.same_frame"]
    assert set(placed.layers[1].notes) < set(placed.notes)


def test_facts_are_one_line_without_names() -> None:
    rounded = Note("Doe", "values.rounded", moved_values=1234567.0)
    assert facts_text([TILTED, rounded, TILTED]) == (
        "slices.tilted files=2 frames=40 moved_mm=12.5; values.rounded moved_values=1.23457e+06"
    )
    assert facts_text([]) == ""


def test_what_is_marked_is_refused_in_lines() -> None:
    refuse_marked("head", as_notes(["a"]))
    kept = Note("Slices were kept.", "slices.kept")
    with pytest.raises(MarkedError) as told:
        refuse_marked("head", [Note("a"), TILTED, kept])
    assert str(told.value).splitlines() == [
        "head: strict refuses 2 changes of where things are or what they mean:",
        f"  slices.tilted: {SENTENCE}",
        "  slices.kept: Slices were kept.",
        "mend the data, or leave strict out (--strict)",
    ]


def test_a_volume_says_how_many_are_marked() -> None:
    volume = Volume.from_array(np.zeros((2, 3, 4)), np.eye(4), notes=("A <b>.", TILTED))
    assert repr(volume).endswith("2 notes, 1 marked)")
    assert repr(volume.with_info(notes=())).endswith("0 notes)")
    page = volume._repr_html_()
    assert f'<strong title="slices.tilted">{SENTENCE}</strong>' in page
    assert '<span title="other.given">A &lt;b&gt;.</span>' in page
