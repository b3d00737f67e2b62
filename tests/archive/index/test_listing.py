from __future__ import annotations

import json

import pytest

from tests.archive.index.rows import column_uses, row
from viewer3d.archive.index import listing
from viewer3d.archive.index.listing import Listing, picture_of, summary_of
from viewer3d.archive.outcome import MadeFile
from viewer3d.core.pages.inline import to_script_json


def test_a_summary_has_what_is_known() -> None:
    size = {"info.columns": 512, "info.rows": 256, "info.slices": 30}
    spacing = {"info.spacing_columns_mm": 0.69999, "info.spacing_rows_mm": 1.0, "info.spacing_slices_mm": 2.5}
    assert summary_of({**size, **spacing, "info.unit": "HU"}) == "512 x 256 x 30 · 0.7 x 1 x 2.5 mm · HU"
    assert summary_of({**size, "info.rows": None, "info.unit": "a\x1b"}) == "a\\x1b"
    assert summary_of({"info.date": "2020-01-02", "info.patient": "A"}) == "2020-01-02 · A"
    assert summary_of({}) == ""


def test_the_picture_of_an_item_is_the_smallest_that_tells_most() -> None:
    made = [MadeFile(job, f"ab/{job}{suffix}", "", 1) for job, suffix in (("own:a", ".png"), ("quad", ".png"))]
    assert picture_of(row(0, files=tuple(made))) == "ab/quad.png"
    assert picture_of(row(0, files=(*made, MadeFile("thumbnail", "ab/t.WEBP", "", 1)))) == "ab/t.WEBP"
    assert picture_of(row(0, files=(MadeFile("nifti", "ab/a.nii.gz", "", 1),))) is None


@pytest.mark.parametrize("text", ["</script><!--", "é\u80f8\U0001f600", '"\\\n\x7f', "&amp;\u2028"])
def test_json_in_a_script_is_ascii_without_markup_and_comes_back(text: str) -> None:
    told = to_script_json({text: [text, None, 1.5, True]})
    assert told.isascii()
    assert not set(told) & set("<>&")
    assert json.loads(told) == {text: [text, None, 1.5, True]}


def test_numbers_that_are_none_come_as_json_has_them() -> None:
    rows = [row(0, numbers={"own.a": float("inf"), "own.b": float("nan"), "own.c": 0.1})]
    found = Listing(column_uses(rows))
    _, numbers, _, _ = found.add(rows[0])
    assert numbers == [[0, "inf"], [1, None], [2, 0.1]]


def test_a_path_with_letters_that_stand_for_the_key_is_kept_whole() -> None:
    made = (MadeFile("a:b", "own/*?.png", "0", 1), MadeFile("a:b", f"own/{row(0).key}.png", "0", 1))
    files, *_ = Listing(()).add(row(0, files=made, numbers={}))
    assert [one[1] for one in files] == ["=own/*?.png", "own/*.png"]


def test_the_columns_with_most_values_are_offered_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_COLUMNS", 2)
    rows = [row(0, numbers={"a.x": 1, "b.x": 1, "c.x": 1}), row(1, numbers={"c.x": 1, "a.x": 2, "d.x": None})]
    assert [one.name for one in Listing(column_uses(rows)).columns] == ["a.x", "c.x"]


def test_the_number_of_a_stack_is_said_where_a_series_has_several() -> None:
    rows = [row(n, series_uid=uid, stack=stack) for n, (uid, stack) in enumerate([("1", 1), ("2", 1), ("2", 2)])]
    found = Listing(column_uses(rows))
    for one in rows:
        found.add(one)
    assert found.data()["items"]["stack"] == [None, 1, 2]
