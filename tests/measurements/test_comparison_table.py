"""Tables of compared segmentations."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from viewer3d import Segmentation, compare_segmentations, save_comparisons
from viewer3d.errors import OutputError

NAMES = {1: "=Liver", 2: "Spleen", 3: "Kidney"}


def segmentation(*labels: int) -> Segmentation:
    array = np.zeros((20, 20, 20), np.uint8)
    for number, label in enumerate(labels):
        array[4 * number + 1 : 4 * number + 5, 3:9, 3:9] = label
    return Segmentation.from_array(array, np.diag([1, 2, 3, 1]), names=NAMES)


def test_a_row_a_case_and_segment_with_numbers_in_full(tmp_path: Path) -> None:
    one = compare_segmentations(segmentation(1, 1), segmentation(1, 2), tolerances=(0.5, 2))
    two = compare_segmentations(segmentation(1, 2), segmentation(1, 2), tolerances=(0.5, 2))
    path = save_comparisons({"first": one, "second": two}, tmp_path / "a.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert [(row["case"], row["segment"]) for row in rows] == [
        (case, name) for case in ("first", "second") for name in ("'=Liver", "Spleen", "Kidney")
    ]
    liver, spleen, kidney = rows[:3]
    assert list(liver)[4:8] == ["dice", "jaccard", "surface_dice_0.5mm", "surface_dice_2mm"]
    found = one.segments[0]
    assert float(liver["dice"]) == found.dice == pytest.approx(2 / 3)
    assert float(liver["mean_distance_mm"]) == found.mean_distance
    assert float(liver["surface_dice_2mm"]) == found.surface_dice[2.0]
    assert float(liver["difference_percent"]) == pytest.approx(100)
    assert (spleen["dice"], spleen["hausdorff_95_mm"], math.inf) == ("0.0", "inf", float(spleen["hausdorff_95_mm"]))
    assert (kidney["dice"], kidney["hausdorff_mm"], kidney["truth_ml"]) == ("", "", "0.0")
    assert {row["dice"] for row in rows[3:5]} == {"1.0"}


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    one = segmentation(1)
    found = compare_segmentations(one, one)
    with pytest.raises(OutputError, match=r"'\.xlsx': give \.csv"):
        save_comparisons({"a": found}, tmp_path / "a.xlsx")
    with pytest.raises(OutputError, match="b was compared at other tolerances than a"):
        save_comparisons({"a": found, "b": compare_segmentations(one, one, tolerances=9)}, tmp_path / "a.csv")
    assert not list(tmp_path.iterdir())
    assert save_comparisons({}, tmp_path / "none.csv").read_text().strip() == "case,segment"
