"""Figures of time curves and profiles: what they show, their tables, and that they are made again to the byte."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.cli.conftest import run
from tests.phantom_files import write_phantom
from viewer3d import Layer, Measurement, Segmentation, Volume, figures, first_state, load, read_recipe, replay
from viewer3d.core.view.threshold import Threshold
from viewer3d.errors import ViewError
from viewer3d.figures.by_name import make_figure
from viewer3d.measurements.isocontours import grown_region
from viewer3d.render.marks.display_list import Area, Text
from viewer3d.render.marks.display_list import Path as Curve

ROW, COLUMN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
LESION = Measurement("ellipse", ((4, 4, 6), (16, 16, 6)), ROW, COLUMN, "lesion")
SIZE = (640, 400)


def _members(*, unit: str = "HU") -> list[Volume]:
    random = np.random.default_rng(2)
    affine = np.diag([2.0, 2.0, 3.0, 1.0])
    return [
        Volume.from_array(
            random.normal(50 * n, 9, (12, 12, 6)).astype(np.int16),
            affine,
            unit=unit,
            which={"time": n},
            seconds=4.0 * n,
        )
        for n in range(4)
    ]


def _texts(made: figures.Figure) -> list[str]:
    return [mark.text for mark in made.page.marks if isinstance(mark, Text)]


def _rows(made: figures.Figure) -> list[dict[str, str]]:
    return list(csv.DictReader(made.table.splitlines()))


def test_a_point_is_named_and_its_values_are_in_the_table() -> None:
    members = _members()
    made = figures.time_curve(members, (6, 8, 9), size=SIZE)
    assert "at 6.0, 8.0, 9.0 mm (LPS)" in _texts(made)
    assert "time, s" in _texts(made)
    assert [float(row["value_HU"]) for row in _rows(made)] == [float(one.voxels[3, 4, 3]) for one in members]
    assert [one.digest for one in made.volumes] == [one.digest for one in members]


def test_measured_regions_and_a_segment_have_bands_and_the_point_only_where_it_is_given() -> None:
    members = _members()
    labels = np.zeros((12, 12, 6), np.uint8)
    labels[2:6, 3:7, 1:4] = 1
    over = Layer(Segmentation.from_array(labels, np.eye(4) * [2, 2, 3, 1], names={1: "kidney"}), same_frame=True)
    state = first_state(members[0], "axial").with_measurement(LESION)
    made = figures.time_curve(members, overlays=over, segment="kidney", state=state, size=SIZE)
    assert [one for one in _texts(made) if "mean" in one] == ["lesion, mean ± SD", "kidney, mean ± SD"]
    assert not any(one.startswith("at ") for one in _texts(made))
    assert sum(isinstance(mark, Area) and len(mark.points) == 8 for mark in made.page.marks) == 2
    assert made.arguments["segment"] == 1  # the recipe names no segment
    found = [float(row["kidney_mean_HU"]) for row in _rows(made)]
    assert found == [float(one.voxels[2:6, 3:7, 1:4].mean(dtype=np.float64)) for one in members]
    assert "two regions" in made.alt_text()
    both = figures.time_curve(members, (6, 8, 9), state=state, size=SIZE)
    assert any(one.startswith("at ") for one in _texts(both))


def test_an_isocontour_has_the_voxels_of_the_member_that_the_state_shows() -> None:
    members = _members()
    grown = Measurement("isocontour", ((10, 10, 6), (17, 10, 6)), ROW, COLUMN, threshold=Threshold(100))
    state = first_state(members[0], "axial").with_measurement(grown).with_look(0, member=2)
    made = figures.time_curve(members, state=state, size=SIZE)
    region = grown_region(members[2], grown)
    found = [float(row["mean_HU"]) for row in _rows(made)]
    assert found == [float(one.voxels[region.box][region.mask].mean(dtype=np.float64)) for one in members]
    assert "one region" in made.alt_text()
    assert made.recipe.state is not None
    assert made.recipe.state.layers[0].member == 2


def test_a_profile_shows_two_units_on_two_axes() -> None:
    volume = _members()[0]
    pet = Layer(_members(unit="SUVbw")[1], name="PET", same_frame=True)
    made = figures.profile(volume, "0,0,3/20,10,6", overlays=pet, size=SIZE)
    assert {"HU", "SUVbw", "PET", "mm from 0.0, 0.0, 3.0 to 20.0, 10.0, 6.0 mm (LPS)"} <= set(_texts(made))
    rows = _rows(made)
    true = viewer3d.profile(volume, [(0, 0, 3), (20, 10, 6)])
    assert [float(row["distance_mm"]) for row in rows] == true.distances.tolist()
    assert [float(next(v for k, v in row.items() if k.endswith("_HU"))) for row in rows] == true.lines[
        0
    ].values.tolist()
    assert sum(isinstance(mark, Curve) for mark in made.page.marks) == 2


def test_the_profile_of_a_state_is_along_its_last_distance() -> None:
    volume = _members()[0]
    line = Measurement("distance", ((2, 4, 6), (18, 4, 6)), ROW, COLUMN)
    state = first_state(volume, "axial").with_measurement(LESION).with_measurement(line)
    made = figures.profile(volume, state=state, step=2, size=SIZE)
    assert [float(row["value_HU"]) for row in _rows(made)] == volume.voxels[1:10, 2, 2].tolist()


def test_what_cannot_be_shown_is_refused() -> None:
    members = _members()
    with pytest.raises(ViewError, match="one volume has no curve"):
        figures.time_curve(members[:1])
    with pytest.raises(ViewError, match="along a line"):
        figures.profile(members[0])
    with pytest.raises(ViewError, match="two places"):
        figures.profile(members[0], "0,0,3")
    with pytest.raises(ViewError, match="too small"):
        figures.profile(members[0], "0,0,3/8,8,3", size=(100, 60))
    with pytest.raises(ViewError, match="a segment of 0"):
        figures.time_curve(members, segment=1)
    six = first_state(members[0], "axial")
    for _ in range(6):
        six = six.with_measurement(LESION)
    with pytest.raises(ViewError, match="6 regions"):
        figures.time_curve(members, state=six)


def test_lines_are_dark_on_a_light_page() -> None:
    made = figures.time_curve(_members(), (6, 8, 9), size=SIZE, background="white")
    (curve,) = (mark for mark in made.page.marks if isinstance(mark, Curve))
    assert max(curve.color) < 100


def test_it_is_made_by_its_name_of_all_volumes() -> None:
    members = _members()
    made = make_figure("time_curve", members, {"at": [6, 8, 9], "size": SIZE})
    assert np.array_equal(made.pixels, figures.time_curve(members, (6, 8, 9), size=SIZE).pixels)


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_a_profile_is_made_again_to_the_byte(suffix: str, tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0))
    volume = load(tmp_path / "ct")
    ends = volume.geometry.index_to_world([(3, 15, 6), (30, 12, 6)])
    path = figures.profile(volume, ends, size=SIZE).save(tmp_path / f"a{suffix}")
    assert replay(path, tmp_path / "ct").verdict == "identical"


@pytest.mark.parametrize("with_region", [False, True])
def test_a_real_time_curve_is_made_again_to_the_byte(
    real: Callable[[str], Path], tmp_path: Path, *, with_region: bool
) -> None:
    folder = real("mr_4d_ge")
    members = viewer3d.load_all(folder)
    middle = np.array(members[0].geometry.middle)
    state = first_state(members[0], "axial").with_cursor(middle)
    if with_region:
        box = Measurement("rectangle", (tuple(middle), tuple(middle + np.array([20, 15, 0]))), ROW, COLUMN)
        state = state.with_measurement(box)
    path = figures.time_curve(members, state=state, size=SIZE).save(tmp_path / "a.png")
    assert replay(path, folder).verdict == "identical"
    assert read_recipe(path).figure == "time_curve"


def test_the_shell_makes_it_with_its_table(real: Callable[[str], Path], tmp_path: Path) -> None:
    folder, picture, table = real("mr_4d_ge"), tmp_path / "a.svg", tmp_path / "a.csv"
    words = ("--at", "index:20,30,2", "--size", "640x400")
    result = run("figure", "time-curve", folder, "-o", picture, "--csv", table, *words)
    assert result.exit_code == 0, result.output
    members = viewer3d.load_all(folder)
    values = [float(row["value"]) for row in csv.DictReader(table.read_text().splitlines())]
    assert values == [float(one.voxels[20, 30, 2]) for one in members]
    assert replay(picture, folder).verdict == "identical"
    line = run("recipe", picture, "--line", "shell").output.split()
    assert line[:4] == ["viewer3d", "figure", "time-curve", "PATH"]


def test_a_table_of_a_figure_without_values_is_refused(tmp_path: Path) -> None:
    for name, table, why in (
        ("mpr", "a.csv", "mpr has no table; time-curve and profile do: leave it out"),
        ("profile", "a.txt", "the values are written as CSV: give a file .csv"),
    ):
        result = run("figure", name, tmp_path, "-o", tmp_path / "a.png", "--csv", tmp_path / table)
        assert (result.exit_code, why in result.output) == (2, True), result.output
    assert not list(tmp_path.iterdir())
