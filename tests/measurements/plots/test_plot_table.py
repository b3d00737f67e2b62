"""Tables of curves, profiles and histograms come back from CSV to the bit."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from viewer3d import Measurement, Volume
from viewer3d.errors import OutputError
from viewer3d.measurements.plots.plot_table import plot_csv, save_plot
from viewer3d.measurements.plots.profile import profile
from viewer3d.measurements.plots.time_curve import time_curve
from viewer3d.measurements.plots.value_histogram import value_histogram

BOX = Measurement("rectangle", ((0, 0, 1), (2, 2, 1)), (1, 0, 0), (0, 1, 0), "=lesion")


def _members() -> list[Volume]:
    random = np.random.default_rng(7)
    return [
        Volume.from_array(
            random.random((3, 4, 5), np.float32), np.eye(4), unit="SUVbw", which={"time": n}, seconds=n / 3
        )
        for n in range(3)
    ]


def test_a_curve_comes_back_to_the_bit(tmp_path: Path) -> None:
    curve = time_curve(_members(), (0.3, 1.2, 2.1))
    rows = list(csv.DictReader(save_plot(curve, tmp_path / "curve.csv").read_text().splitlines()))
    assert [float(row["value_SUVbw"]) for row in rows] == curve.values.tolist()
    assert [float(row["time_s"]) for row in rows] == curve.axis.places.tolist()
    assert [row["member"] for row in rows] == ["1", "2", "3"]


def test_several_curves_stand_side_by_side_and_no_name_is_a_formula() -> None:
    members = _members()
    curves = [time_curve(members, (0.3, 1.2, 2.1)), time_curve(members, BOX), time_curve(members, BOX)]
    head = plot_csv(curves).splitlines()[0].split(",")
    assert head[:4] == ["member", "time_s", "point_value_SUVbw", "'=lesion_mean_SUVbw"]
    assert "'=lesion_mean_SUVbw_3" in head


def test_what_has_no_value_is_empty() -> None:
    found = profile(_members()[0], [(-3, 1, 1), (1, 1, 1)], step=1)
    rows = plot_csv(found, "\t").splitlines()
    assert rows[1].endswith("\t")
    assert rows[0].split("\t") == ["distance_mm", "x_LPS_mm", "y_LPS_mm", "z_LPS_mm", "value_SUVbw"]


def test_a_histogram_has_a_row_a_bin() -> None:
    rows = plot_csv(value_histogram([1, 2, 2], unit="HU")).splitlines()
    assert rows == ["from_HU,to_HU,count", "0.5,1.5,1", "1.5,2.5,2"]


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"give \.csv"):
        save_plot(value_histogram([1]), tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())
