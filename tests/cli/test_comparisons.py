"""The verb compare-segmentations."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from viewer3d.cli import main

nibabel = pytest.importorskip("nibabel")


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["compare-segmentations", *map(str, words)])


def write(path: Path, start: int, label: int = 1) -> Path:
    path.parent.mkdir(exist_ok=True)
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[start : start + 10, 5:15, 5:15] = label
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([1, 1, 2, 1])), path)
    return path


def test_it_prints_the_numbers(tmp_path: Path) -> None:
    result = run(write(tmp_path / "a.nii.gz", 4), write(tmp_path / "b.nii", 6), "--tolerance", 2)
    assert result.exit_code == 0, result.output
    head, row = result.stdout.splitlines()
    assert head.split("  ")[0] == "segment"
    assert "within 2 mm" in head
    assert row.split()[2:6] == ["0.800", "1.000", "2.00", "mm"]
    assert "matched by their names" in result.stderr


def test_it_writes_a_row_a_case(tmp_path: Path) -> None:
    for case, start in (("one", 6), ("two", 5)):
        write(tmp_path / "true" / f"{case}.nii", 6)
        write(tmp_path / "model" / f"{case}.nii.gz", start, 3)
    words = (tmp_path / "model", tmp_path / "true", "--cases", "--pair", "3=1", "-o", tmp_path / "a.csv")
    result = run(*words)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["case"], row["prediction"], row["truth"], row["dice"]) for row in rows] == [
        ("one", "3", "1", "1.0"),
        ("two", "3", "1", "0.9"),
    ]
    (tmp_path / "true" / "two.nii").unlink()
    assert "1 cases are in one of both folders alone: two; give" in run(*words).stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{a}", "{a}", "--cases"], "no folder of cases; give one"),
        (["{a}", "{a}", "--pair", "1"], "--pair 1: give a segment of the prediction and its true one"),
        (["{a}", "{a}", "--pair", "7=1"], "no segment 7"),
        (["{a}", "{a}", "--tolerance", "-2"], "are no lengths"),
        (["{a}", "{a}", "-o", "{a}"], "a.nii"),
        (["{a}", "{a}", "-o", "{a}.txt"], "give .csv"),
        (["{a}", "{none}"], "none"),
    ],
)
def test_what_is_refused_is_said_in_one_line(tmp_path: Path, words: list[str], message: str) -> None:
    places = {"a": write(tmp_path / "a.nii", 4), "none": tmp_path / "none"}
    before = places["a"].read_bytes()
    result = run(*(word.format(**places) for word in words))
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
    assert places["a"].read_bytes() == before
