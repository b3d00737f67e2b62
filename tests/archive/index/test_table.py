from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from tests.archive.index.rows import column_uses, key_of, row
from viewer3d.archive.index.rows import Row
from viewer3d.archive.index.table import RUN_COLUMNS, TABLE_FILE, write_table
from viewer3d.errors import OutputError

FIRST = ["key", "status", "why", "modality", "description", "place", "place_uri", "series_uid", "stack"]


def table_of(rows: list[Row], out: Path, first: tuple[str, ...] = ()) -> list[dict[str, str]]:
    path = write_table(rows, column_uses(rows, first), ["mpr", "thumbnail", "own:job"], out)
    assert path == out / TABLE_FILE
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_an_item_with_every_number(tmp_path: Path) -> None:
    rows = [row(number) for number in range(20)]
    table = table_of(rows, tmp_path, ("info.slices", "info.tilt"))
    assert list(table[0]) == [
        *FIRST,
        *("info.slices", "info.tilt", "info.columns", "info.notes", "info.residual_mm", "info.rows", "info.unit"),
        *("statistics.mean", "mpr_files", "thumbnail_files", "own:job_files"),
        *RUN_COLUMNS,
    ]
    assert [one["key"] for one in table] == [key_of(number) for number in range(20)]
    key = key_of(3)
    assert table[3] == {
        "key": key,
        "status": "done",
        "why": "",
        "modality": "CT",
        "description": "Series 3",
        "place": "/archive/case 0",
        "place_uri": "file:///archive/case%200",
        "series_uid": "1.2.1",
        "stack": "2",
        "info.slices": "13",
        "info.tilt": "",
        "info.columns": "512",
        "info.rows": "256",
        "info.unit": "HU",
        "info.notes": "3 of 120 slices are missing at z = -3.5 mm.",
        "info.residual_mm": "0.003",
        "statistics.mean": "-3.0",
        "mpr_files": f"{key[:2]}/{key}-mpr.png",
        "own:job_files": "",
        "thumbnail_files": f"{key[:2]}/{key}-thumbnail.png",
        "seconds": "0.25",
        "cpu_seconds": "0.2",
        "memory": "300000000",
        "deaths": "0",
        "worker": "a 1",
        "version": "1",
    }
    assert (table[4]["status"], table[4]["info.columns"]) == ("bad", "")
    assert table[4]["why"] == "IM4.dcm: the file ends within Pixel Data (4 bytes are missing): copy it again"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK(0)", "'=HYPERLINK(0)"),
        ("  -2+3", "'  -2+3"),
        ('a","b\r\n=1', 'a","b\\r\\n=1'),
        ("\t@SUM(A1)", "\\t@SUM(A1)"),
        ("a\u202eb\x00", "a\\u202eb\\x00"),
        ("胸部, é", "胸部, é"),
    ],
)
def test_no_cell_does_harm(text: str, cell: str, tmp_path: Path) -> None:
    described: dict[str, Any] = {"description": text, "why": text, "modality": text, "numbers": {f"own.{text}": text}}
    (one,) = table_of([row(0, **described)], tmp_path)
    assert (one["description"], one["why"], one["modality"]) == (cell, cell, cell)
    (head,) = (name for name in one if name.startswith("own.") and name != "own:job_files")
    assert one[head] == cell
    assert "\x00" not in (tmp_path / TABLE_FILE).read_text(encoding="utf-8")


def test_names_of_any_bytes_come_back(tmp_path: Path) -> None:
    places = [os.fsdecode(b"/archive/\xff\xfe, =1\n/\x1b[2J"), "/archive/\udcff", "C\u00e9line/\u80f8 50%#?"]
    table = table_of([row(n, place=place) for n, place in enumerate(places)], tmp_path)
    assert [one["place_uri"] for one in table] == [
        "file:///archive/%FF%FE%2C%20%3D1%0A/%1B%5B2J",
        "file:///archive/%FF",
        Path("C\u00e9line/\u80f8 50%#?").absolute().as_uri(),
    ]
    from urllib.parse import unquote_to_bytes

    for one, place in zip(table, places, strict=True):
        assert unquote_to_bytes(one["place_uri"].removeprefix("file://")) == os.fsencode(Path(place).absolute())
    assert table[1]["place"] == "/archive/\\udcff"


def test_it_is_whole_or_not_there(tmp_path: Path) -> None:
    before = write_table([row(0)], [], [], tmp_path).read_bytes()

    def breaking() -> Any:
        yield row(1)
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="make room there"):
        write_table(breaking(), [], [], tmp_path)
    assert (tmp_path / TABLE_FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [TABLE_FILE]


def test_a_file_of_csv_with_no_rows_has_its_heads(tmp_path: Path) -> None:
    assert table_of([], tmp_path, ("info.slices",)) == []
    assert (tmp_path / TABLE_FILE).read_text().startswith(",".join([*FIRST, "info.slices"]))
