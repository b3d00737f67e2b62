"""The verb dvh: a table, a figure or CSV of files; and levels of a dose in --look."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import viewer3d
from tests.cli.conftest import run
from viewer3d import phantom
from viewer3d.errors import OutputError
from viewer3d.measurements.dose_table import save_dvh


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("treatment")
    phantom.write_dose(folder / "dose.dcm", shape=(67, 48, 27), spacing=(6, 6, 6))
    phantom.write_structures(folder / "structures.dcm", phantom.grid((4, 4, 142)))
    phantom.write_plan(folder / "plan.dcm")
    return folder


def test_it_prints_the_numbers_of_each_structure(files: Path) -> None:
    words = ("--structures", files / "structures.dcm", "--plan", files / "plan.dcm", "--roi", "PTV", "--roi", 4)
    result = run("dvh", files / "dose.dcm", *words)
    assert result.exit_code == 0, result.output
    head, ptv, bladder, said = result.stdout.splitlines()
    assert head.split() == ["ROI", "volume", "mean", "D2%", "D50%", "D95%", "D98%", "V20Gy", "V95%"]
    found = viewer3d.dvh(files / "dose.dcm", files / "structures.dcm", 60, regions=["PTV", "Bladder"])
    for row, region in zip((ptv, bladder), found.regions, strict=True):
        assert row.split()[0] == region.name
        assert f"{region.d95:.2f} Gy" in row
        assert row.endswith(f"{region.volume_at('95%'):.1f} %")
    assert said == "V95% is of 60 Gy (prescription)"
    assert "note: Dose is linear between voxels" in result.stderr


def test_it_writes_a_figure_or_a_table_from_one_folder(files: Path, tmp_path: Path) -> None:
    words = ("dvh", files, "--structures", files, "--plan", "60Gy", "--roi", "Rectum", "-o")
    assert run(*words, tmp_path / "a.svg").exit_code == 0
    assert viewer3d.read_recipe(tmp_path / "a.svg").arguments["plan"] == 60.0
    assert run(*words, tmp_path / "a.csv").exit_code == 0
    with (tmp_path / "a.csv").open() as file:
        (row,) = csv.DictReader(file)
    (region,) = viewer3d.dvh(files / "dose.dcm", files / "structures.dcm", 60, regions="Rectum").regions
    assert (row["name"], float(row["d98"]), float(row["v20gy_percent"])) == ("Rectum", region.d98, region.v20gy)
    assert (float(row["prescribed_gy"]), float(row["covered_percent"])) == (60, 100)


def test_it_is_a_figure_like_the_others(files: Path, tmp_path: Path) -> None:
    words = ("--overlay", files / "structures.dcm", "--look", "segments=PTV", "--plan", files / "plan.dcm")
    result = run("figure", "dvh", files / "dose.dcm", *words, "--width", 80, "--dpi", 150, "-o", tmp_path / "a.svg")
    assert result.exit_code == 0, result.output
    recipe = viewer3d.read_recipe(tmp_path / "a.svg")
    assert (recipe.figure, recipe.arguments["plan"]) == ("dvh", 60.0)
    drawn = (tmp_path / "a.svg").read_text()
    assert "Femoral" not in drawn
    again = run("replay", tmp_path / "a.svg", files / "dose.dcm", files / "structures.dcm")
    assert "identical" in again.output


def test_what_cannot_be_is_told_in_one_line(files: Path, tmp_path: Path) -> None:
    structures = ("--structures", files / "structures.dcm")
    for words, why in (
        ((files / "dose.dcm", *structures, "--roi", "Liver"), "no ROI 'Liver'"),
        ((files / "dose.dcm", *structures, "--plan", files / "dose.dcm"), "no plan among what is there"),
        ((files / "dose.dcm", *structures, "--plan", "6000"), "no prescribed dose"),
        ((files / "dose.dcm", "--structures", files / "dose.dcm"), "no segmentation and no structure set"),
        ((files / "dose.dcm", *structures, "-o", tmp_path / "a.txt"), "suffix"),
        ((files / "dose.dcm", *structures, "-o", files / "structures.dcm"), "structures.dcm"),
    ):
        result = run("dvh", *words)
        assert result.exit_code == 2, result.output
        assert why in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_a_table_is_csv_and_nothing_else(files: Path, tmp_path: Path) -> None:
    found = viewer3d.dvh(files / "dose.dcm", files / "structures.dcm", regions="PTV")
    with pytest.raises(OutputError, match=r"give \.csv"):
        save_dvh(found, tmp_path / "a.xlsx")
    with (viewer3d.save_dvh(found, tmp_path / "a.csv")).open() as file:
        (row,) = csv.DictReader(file)
    assert (row["prescribed_gy"], row["v95_percent"]) == ("", "")


def test_levels_are_a_look_of_an_overlay(files: Path, tmp_path: Path) -> None:
    phantom.write(tmp_path / "ct", shape=(40, 30, 8), spacing=(9, 9, 9), center=(0, 5, -268))
    dose = ("--overlay", files / "dose.dcm", "--look")
    shot = ("shot", tmp_path / "ct", "--view", "axial", "--size", "400x300", "-o", tmp_path / "a.png")
    result = run(*shot, *dose, f"plan={files / 'plan.dcm'},levels=50%:95%")
    assert result.exit_code == 0, result.output
    recipe = viewer3d.read_recipe(tmp_path / "a.png")
    look = recipe.state.layers[1] if recipe.state else None
    assert look is not None
    assert (look.levels, look.level_base, look.level_base_name, look.opacity) == ((30, 57), 60, "prescription", 0)
    assert str(files) not in recipe.to_json()
    assert run(*shot, *dose, "levels=20,40", "--look", "opacity=0.3").exit_code == 0
    for wrong, why in (
        ("levels=20SUV", "the values are in Gy"),
        ("levels=20Gy:x", "is no level"),
        ("plan=60", "give levels too"),
        ("plan=nothing.dcm,levels=95%", "nothing.dcm"),
    ):
        result = run(*shot, *dose, wrong)
        assert result.exit_code == 2
        assert why in result.stderr
