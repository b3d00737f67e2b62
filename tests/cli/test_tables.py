"""The verbs measure and compare-segmentations."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.cli.region_files import Regions, write_regions
from viewer3d import Layer, load, measure_regions
from viewer3d.cli import main, tables
from viewer3d.figures.figure import SUFFIXES
from viewer3d.measurements.region_table import statistics_csv
from viewer3d.measurements.uncertainty.intervals import with_uncertainty

nibabel = pytest.importorskip("nibabel")


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["compare-segmentations", *map(str, words)])


def measured(*words: object) -> Result:
    return CliRunner().invoke(main, ["measure", *map(str, words)])


@pytest.fixture
def over(ct: Path, tmp_path: Path) -> Regions:
    return write_regions(tmp_path / "over", ct)


def test_measure_prints_what_python_measures(ct: Path, over: Regions) -> None:
    words = ("--overlay", over.seg, "--look", "segments=Liver:2,name=Organs", "--overlay", over.structures)
    done = measured(ct, *words)
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.splitlines()[0].split("  ")[0] == "overlay"
    assert [line[1] for line in lines[1:]] == ["1", "2", "1", "4"]
    printed = json.loads(measured(ct, *words, "--json").stdout)
    layers = [Layer(over.seg, "Organs", look={"segments": ["Liver", 2]}), over.structures]
    found = measure_regions(load(ct), layers)
    assert [row["mean"] for row in printed["segments"]] == [one.mean for one in found]
    assert [row["overlay"] for row in printed["segments"]] == ["Organs", "Organs", "structures", "structures"]
    for line, one in zip(done.stdout.splitlines()[1:], found, strict=True):
        if one.ml_uncertainty:
            assert f"  {with_uncertainty(one.ml, one.ml_uncertainty)}  " in line
    assert "±" in lines[1]
    assert "note: Isocentre: no volume: has no closed contour." in done.stderr


def test_measure_tells_places_in_ras_by_name(ct: Path, over: Regions, tmp_path: Path) -> None:
    words = (ct, "--overlay", over.seg, "--space", "ras")
    found = measure_regions(load(ct), over.seg)
    printed = json.loads(measured(*words, "--json").stdout)
    assert printed["coordinates"] == "RAS mm"
    assert measured(*words, "-o", tmp_path / "a.csv").exit_code == 0
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    for row, line, one in zip(printed["segments"], rows, found, strict=True):
        if one.centroid is None:
            assert row["centroid"] is None
            continue
        x, y, z = one.centroid
        assert row["centroid"] == [-x, -y, z] == [float(line[f"centroid_{axis}_RAS_mm"]) for axis in "xyz"]
    refused = measured(*words)
    assert "--space RAS: what is printed has no places: give --json as well, or -o table.csv" in refused.stderr


def test_measure_means_what_has_segments_beside_images(ct: Path, over: Regions) -> None:
    shutil.copy(over.seg, ct)
    done = measured(ct, "--overlay", ct, "--json")
    assert done.exit_code == 0, done.output
    assert [row["name"] for row in json.loads(done.stdout)["segments"]] == ["Liver", "Lung, left", "Cyst"]
    assert (
        "--look window is of images" in measured(over.seg.parent, "--overlay", over.seg, "--look", "window=bone").stderr
    )


def test_measure_writes_a_table_whole_or_not_at_all(ct: Path, over: Regions, tmp_path: Path) -> None:
    out = tmp_path / "table.csv"
    done = measured(ct, "--overlay", over.labels, "-o", out)
    assert (done.exit_code, done.stdout) == (0, f"{out}\n")
    assert out.read_bytes().decode() == statistics_csv(measure_regions(load(ct), over.labels))
    for words in (("--look", "segments=9"), ("--series", "77"), ("--look", "window=bone")):
        refused = measured(ct, "--overlay", over.seg, *words, "-o", tmp_path / "no.csv")
        assert (refused.exit_code, refused.stdout) == (2, ""), words
        assert not (tmp_path / "no.csv").exists()


MEASURE_REFUSED = [
    ([], "measure: give what is to be measured, as in --overlay seg.dcm"),
    (["--overlay", "{other}"], "--overlay {other}: there is no segmentation and no structure set"),
    (["--overlay", "{seg}", "-o", "{out}.txt"], "give .json or .csv"),
    (["--overlay", "{seg}", "-o", "{out}.csv", "--json"], "--json: prints, and --output writes"),
    (["--overlay", "{seg}", "-o", "{none}/a.csv"], "none"),
    (["--overlay", "{none}"], "--overlay {none}: no such file or folder"),
]


@pytest.mark.parametrize(("words", "says"), MEASURE_REFUSED, ids=[" ".join(words) for words, _ in MEASURE_REFUSED])
def test_what_measure_refuses_is_one_line(
    words: list[str], says: str, ct: Path, other: Path, over: Regions, tmp_path: Path
) -> None:
    places = {"other": other, "seg": over.seg, "out": tmp_path / "table", "none": tmp_path / "none"}
    result = measured(ct, *(word.format(**places) for word in words))
    assert (result.exit_code, result.stdout) == (2, "")
    assert says.format(**places) in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_measure_replaces_none_of_its_inputs(ct: Path, over: Regions) -> None:
    table = over.seg.rename(over.seg.with_suffix(".csv"))
    before = table.read_bytes()
    result = measured(ct, "--overlay", table, "-o", table)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert table.read_bytes() == before


def test_real_segments_measure_what_is_expected(real: Callable[[str], Path]) -> None:
    expected = json.loads((real(".") / "expected-overlays.json").read_text())
    done = measured(real("pet_ac_bqml"), "--overlay", real("pet_seg"), "--json")
    assert done.exit_code == 0, done.output
    known = {one["voxels"]: one for one in _dicts(expected) if {"image_mean", "voxels"} <= set(one)}
    rows = json.loads(done.stdout)["segments"]
    assert len(rows) == 2
    for row in rows:
        one = known[row["voxels"]]
        assert row["ml"] == pytest.approx(one["volume_ml"], abs=1e-4)
        assert row["mean"] == pytest.approx(one["image_mean"], abs=1e-3)


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _dicts(one)


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


def test_a_figure_is_written_with_the_volume_below_and_made_again(ct: Path, over: Regions, tmp_path: Path) -> None:
    out = tmp_path / "fig.svg"
    done = run(over.labels, over.labels, "-o", out, "--volume", ct, "--same-frame", "--tolerance", 2, "--pair", "3=3")
    assert (done.exit_code, done.stdout) == (0, f"{out}\n"), done.output
    words = [one.text for one in ElementTree.parse(out).iter() if one.tag.endswith("text")]
    assert {"Surface Dice 2 mm", "1.000"} <= set(words)
    again = CliRunner().invoke(main, ["replay", *map(str, (out, ct, over.labels, over.labels))])
    assert again.stdout == "identical: to the byte\n", again.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-o", "fig.pdf", "--cases"), "a figure compares one case at one tolerance"),
        (("-o", "fig.pdf", "--tolerance", 1, "--tolerance", 2), "a figure compares one case at one tolerance"),
        (("-o", "table.csv", "--volume", "ct"), "--volume is for a figure: give a file for it"),
        (("--volume", "ct"), "--volume is for a figure: give a file for it"),
    ],
)
def test_what_no_figure_can_be_is_refused(over: Regions, words: tuple[object, ...], says: str) -> None:
    done = run(over.labels, over.labels, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr


def test_figures_of_the_verb_are_those_of_all_figures() -> None:
    assert set(tables.FIGURE_SUFFIXES) == set(SUFFIXES)
