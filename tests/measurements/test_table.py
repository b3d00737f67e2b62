"""Measurements as JSON and CSV, read back by what others read them with."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from tests.render.markers import MARKER, marker_volume
from viewer3d.core.files import free_paths, write_whole
from viewer3d.core.geometry import to_ras
from viewer3d.core.text import printable
from viewer3d.core.view.measurement import Measurement
from viewer3d.errors import OutputError, ViewError
from viewer3d.measurements.results import measure
from viewer3d.measurements.table import TABLE_COLUMNS, save_measurements, table_row, to_csv

VOLUME = marker_volume(np.eye(3))
X, Y, Z = (float(v) for v in VOLUME.geometry.index_to_world(MARKER))
WAYS = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
ALL = (
    Measurement("distance", ((X, Y, Z), (X + 1 / 3, Y, Z)), *WAYS, 'a "name", with\ttrouble; ä'),
    Measurement("angle", ((X, Y, Z), (X + 1, Y, Z), (X, Y + 1, Z)), *WAYS),
    Measurement("ellipse", ((X - 3, Y - 3, Z), (X + 3, Y + 3, Z)), *WAYS),
    Measurement("rectangle", ((X - 300, Y - 3, Z), (X - 290, Y + 3, Z)), *WAYS, "outside"),
    Measurement("probe", ((X, Y, Z),), *WAYS),
)
HEADS = [*TABLE_COLUMNS[:-3], "points_LPS_mm", "right_LPS", "down_LPS"]
OUTLINE = ((X - 2, Y - 2, Z), (X + 2, Y - 2, Z), (X + 2, Y + 2, Z))
NEW = (
    Measurement("polygon", OUTLINE, *WAYS),
    Measurement("bidirectional", ((X, Y, Z), (X + 9, Y, Z), (X + 3, Y - 2, Z), (X + 3, Y + 1, Z)), *WAYS, "lesion 1"),
    Measurement("arrow", ((X, Y, Z), (X + 5, Y + 5, Z)), *WAYS, "here"),
    Measurement("text", ((X, Y, Z - 900),), *WAYS, "=1+1"),
)


def test_json_has_everything_and_makes_the_measurements_again(tmp_path):
    path = save_measurements(VOLUME, ALL, tmp_path / "a.json")
    table = json.loads(path.read_text(encoding="utf-8"))
    assert (table["version"], table["coordinates"]) == (1, "LPS mm")
    again = tuple(
        Measurement(
            row["kind"], tuple(map(tuple, row["points_mm"])), tuple(row["right"]), tuple(row["down"]), row["name"]
        )
        for row in table["measurements"]
    )
    assert again == ALL
    distance, angle, ellipse, outside, probe = table["measurements"]
    assert distance["length_mm"] == measure(VOLUME, ALL[0]).length
    assert distance["length_uncertainty_mm"] == measure(VOLUME, ALL[0]).uncertainty > 0
    assert angle["angle_uncertainty_degrees"] == measure(VOLUME, ALL[1]).uncertainty > 0
    assert angle["angle_degrees"] == pytest.approx(45)
    truth = measure(VOLUME, ALL[2])
    assert [ellipse[name] for name in ("area_mm2", "count", "mean", "sd", "min", "max", "unit")] == [
        *(truth.area, truth.count, truth.mean, truth.sd, truth.minimum, truth.maximum, "HU")
    ]
    assert (ellipse["area_uncertainty_mm2"], ellipse["mean_uncertainty"]) == (
        truth.area_uncertainty,
        truth.mean_uncertainty,
    )
    assert (outside["count"], outside["mean"], outside["area_mm2"]) == (0, None, 60)
    assert (probe["value"], probe["unit"]) == (1500, "HU")
    assert [row.get("outside") for row in table["measurements"]] == [None, None, None, True, None]
    assert all(set(row) <= {*TABLE_COLUMNS, "outside"} for row in table["measurements"])


def test_csv_has_the_same(tmp_path):
    path = save_measurements(VOLUME, ALL, tmp_path / "a.csv")
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert list(rows[0]) == [*HEADS, "outside"]
    assert [row["outside"] for row in rows] == ["", "", "", "true", ""]
    inside = save_measurements(VOLUME, ALL[:3], tmp_path / "b.csv")
    assert next(csv.reader(io.StringIO(inside.read_text()))) == HEADS
    for row, one in zip(rows, ALL, strict=True):
        full = table_row(one, measure(VOLUME, one))
        assert (row["name"], row["kind"]) == (printable(one.name), one.kind)
        points = [tuple(float(v) for v in point.split()) for point in row["points_LPS_mm"].split(";")]
        assert tuple(points) == one.points
        for name in TABLE_COLUMNS[2:11] + TABLE_COLUMNS[12:-3]:
            number = full.get(name)
            assert (float(row[name]) if row[name] else None) == number


def test_places_are_told_in_ras_by_name(tmp_path):
    save_measurements(VOLUME, ALL, tmp_path / "a.json", space="RAS")
    table = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert table["coordinates"] == "RAS mm"
    for row, one in zip(table["measurements"], ALL, strict=True):
        assert row["points_mm"] == to_ras(one.points).tolist()
        assert (row["right"], row["down"]) == ([-1, 0, 0], [0, -1, 0])
    save_measurements(VOLUME, ALL, tmp_path / "a.csv", space="RAS")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_bytes().decode(), newline="")))
    assert list(rows[0])[-4:] == ["points_RAS_mm", "right_RAS", "down_RAS", "outside"]
    for row, one in zip(rows, ALL, strict=True):
        points = [[float(v) for v in point.split()] for point in row["points_RAS_mm"].split(";")]
        assert points == to_ras(one.points).tolist()
        assert "-0.0 " not in f"{row['right_RAS']} {row['down_RAS']} "
    with pytest.raises(ViewError, match="space 'ras ': places are told in LPS or RAS"):
        save_measurements(VOLUME, ALL, tmp_path / "b.csv", space="ras ")
    assert not (tmp_path / "b.csv").exists()


def test_new_kinds_have_columns_of_their_own_where_they_are(tmp_path):
    table = json.loads(save_measurements(VOLUME, NEW, tmp_path / "a.json").read_text(encoding="utf-8"))
    polygon, two, arrow, text = table["measurements"]
    assert polygon["perimeter_mm"] == pytest.approx(8 + 32**0.5)
    assert (polygon["area_mm2"], polygon["count"]) == (8, measure(VOLUME, NEW[0]).count)
    assert (two["long_mm"], two["short_mm"], two["product_mm2"]) == (9, 3, 27)
    assert two["long_uncertainty_mm"] == measure(VOLUME, NEW[1]).long_uncertainty > 0
    assert "value" not in two
    assert set(arrow) == {"name", "kind", "points_mm", "right", "down"}
    assert (text["name"], text["outside"]) == ("=1+1", True)
    written = save_measurements(VOLUME, NEW, tmp_path / "a.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    assert list(rows[0])[len(HEADS) :] == [
        *(
            "perimeter_mm",
            "long_mm",
            "short_mm",
            "long_uncertainty_mm",
            "short_uncertainty_mm",
            "product_mm2",
            "outside",
        )
    ]
    assert [row["long_mm"] for row in rows] == ["", "9.0", "", ""]
    assert [row["name"] for row in rows] == ["", "lesion 1", "here", "'=1+1"]  # no formula
    for row, one in zip(rows, NEW, strict=True):
        assert tuple(tuple(map(float, point.split())) for point in row["points_LPS_mm"].split(";")) == one.points


def test_the_clipboard_has_a_line_each():
    lines = to_csv((table_row(one, measure(VOLUME, one)) for one in ALL[1:]), "\t").splitlines()
    assert [line.split("\t")[1] for line in lines] == ["kind", "angle", "ellipse", "rectangle", "probe"]


def test_none_at_all_is_an_empty_table(tmp_path):
    assert json.loads(save_measurements(VOLUME, (), tmp_path / "a.json").read_text())["measurements"] == []
    assert save_measurements(VOLUME, (), tmp_path / "a.csv").read_text().strip() == ",".join(HEADS)


def test_other_suffixes_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "a.xlsx", tmp_path / "no" / "a.csv", tmp_path):
        with pytest.raises(OutputError, match="give") as raised:
            save_measurements(VOLUME, ALL, path)
        assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("earlier")

    def fail(file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="no space left"):
        write_whole(path, fail)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("a.csv", "earlier")]


def test_names_are_free_with_every_suffix(tmp_path):
    (tmp_path / "m-1.csv").touch()
    (tmp_path / "m-2.json").touch()
    assert [path.name for path in free_paths(tmp_path, "m", (".json", ".csv"))] == ["m-3.json", "m-3.csv"]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", " =", "\uff1d"])
def test_a_formula_in_a_name_is_text_in_a_spreadsheet(sign, tmp_path):
    evil = f'{sign}HYPERLINK("http://a","b")'
    one = replace(ALL[0], name=evil)
    path = save_measurements(VOLUME, [one], tmp_path / "a.csv")
    (row,) = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    assert row["name"] == f"'{evil}"
    assert row["length_mm"] == str(measure(VOLUME, one).length)  # numbers are as they are, below 0 too
    assert (
        json.loads(save_measurements(VOLUME, [one], tmp_path / "a.json").read_text(encoding="utf-8"))["measurements"][
            0
        ]["name"]
        == evil
    )


def test_no_control_character_reaches_a_table(tmp_path):
    one = replace(ALL[0], name="a\x1b[31m\n\u202eb\x9b")
    text = save_measurements(VOLUME, [one], tmp_path / "a.csv").read_text(encoding="utf-8")
    assert "a\\x1b[31m\\n\\u202eb\\x9b" in text
    assert len(text.splitlines()) == 2
