from __future__ import annotations

from tests.archive.index.rows import column_uses, row
from viewer3d.archive.index.rows import ColumnUse, kind_of_sentence


def test_columns_depend_on_names_alone_and_quality_comes_first() -> None:
    rows = [
        row(0, numbers={"statistics.p25": 1.0, "own.b": "x", "info.tilt": 2.0}),
        row(1, numbers={"statistics.p5": None, "info.gaps": 3, "own.b": 4}),
    ]
    expected = (
        ColumnUse("info.slices", 0, numeric=True),
        ColumnUse("info.tilt", 1, numeric=True),
        ColumnUse("info.gaps", 1, numeric=True),
        ColumnUse("own.b", 2, numeric=False),
        ColumnUse("statistics.p5", 0, numeric=True),
        ColumnUse("statistics.p25", 1, numeric=True),
    )
    for some in (rows, rows[::-1]):
        assert column_uses(some, ("info.slices", "info.tilt")) == expected


def test_sentences_of_one_kind_are_one_kind() -> None:
    kinds = {
        kind_of_sentence(text)
        for text in (
            "IM0001.dcm: Rescale Slope (0028,1053) is 'abc': no number",
            "/data/x/y z.dcm: Rescale Slope (0028,1053) is '': no number",
            'ab.ima: Rescale Slope (0028,1053) is "1e": no number',
        )
    }
    assert kinds == {"Rescale Slope (0028,1053) is …: no number"}
    same = {kind_of_sentence(f"spacing of {n} x {n}.5 x 3 mm, T1 image") for n in (1, 22)}
    assert same == {"spacing of … mm, T1 image"}
    assert kind_of_sentence("it isn't 'so', and wasn't") == "it isn't …, and wasn't"


def test_notes_are_lines() -> None:
    assert row(0, numbers={"info.notes": "one | two"}).notes == ("one", "two")
    assert row(0, numbers={}).notes == row(0, numbers={"info.notes": None}).notes == ()
