"""The table of a measurement's voxels: its numbers are those of the measurement."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import Measurement, Volume
from viewer3d.dicom.series.scan import scan
from viewer3d.errors import ViewError
from viewer3d.explanations.stored import Sources
from viewer3d.explanations.table import VOXEL_COLUMNS, measured_samples, save_voxels

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}
FLAT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
LEANING = ((0.8, 0.6, 0.0), (-0.576, 0.768, 0.28))


@pytest.fixture
def volume() -> Volume:
    rng = np.random.default_rng(3)
    return Volume.from_array(rng.integers(-1000, 1000, (20, 18, 9)).astype(np.int16), np.diag([2, 3, 4, 1]), unit="HU")


@pytest.mark.parametrize("kind", ["ellipse", "rectangle", "polygon", "freehand"])
@pytest.mark.parametrize("axes", [FLAT, LEANING], ids=["along the grid", "oblique"])
def test_values_are_those_that_are_measured(volume: Volume, kind: str, axes: tuple[tuple[float, ...], ...]) -> None:
    right, down = (np.array(one) for one in axes)
    middle = np.add(volume.geometry.center, (0.3, 0.2, 0.1))
    corners = (middle - 9 * right - 7 * down, middle + 9 * right + 7 * down)
    if kind not in ("ellipse", "rectangle"):  # one that crosses itself
        corners = (*corners, middle - 9 * right + 7 * down, middle + 8 * right - 6 * down)
    shape = Measurement(kind, tuple(tuple(one.tolist()) for one in corners), *axes)  # type: ignore[arg-type]
    measured = viewer3d.measure(volume, shape)
    values = [one.value for one in measured_samples(volume, shape)]
    assert isinstance(measured, viewer3d.Region)
    assert len(values) == measured.count > 5
    assert np.mean(values) == pytest.approx(measured.mean, abs=0.05)
    assert np.std(values) == pytest.approx(measured.sd, rel=1e-3)


def test_a_probe_has_its_voxel_and_a_distance_none(volume: Volume) -> None:
    ((sample),) = measured_samples(volume, Measurement("probe", ((4.1, 6.2, 8.1),), *FLAT))
    assert [voxel.index for voxel in sample.voxels] == [(2, 2, 2)]
    assert sample.value == volume.voxels[2, 2, 2]
    with pytest.raises(ViewError, match="is of points and not of voxels"):
        measured_samples(volume, Measurement("distance", ((0, 0, 0), (1, 0, 0)), *FLAT))
    assert measured_samples(volume, Measurement("probe", ((999, 0, 0),), *FLAT)) == []


def test_what_was_not_measured_has_no_part(volume: Volume) -> None:
    box = np.array([[0, 20, 0, 18]] * 9)
    box[4] = (0, 10, 0, 18)
    part = Volume(volume.voxels, volume.geometry, "HU", measured=box)
    shape = Measurement("rectangle", ((0, 0, 16), (38, 51, 16)), *FLAT)
    measured = viewer3d.measure(part, shape)
    assert isinstance(measured, viewer3d.Region)
    assert len(measured_samples(part, shape)) == measured.count == 10 * 18


def test_the_table_leads_to_the_bits(tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", **SMALL)
    volume = viewer3d.load(tmp_path / "ct")
    x, y, z = volume.geometry.center
    shape = Measurement("ellipse", ((x - 30, y - 30, z), (x + 30, y + 30, z)), *FLAT)
    path = save_voxels(volume, shape, tmp_path / "voxels.csv", Sources([scan(tmp_path / "ct")]))
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    measured = viewer3d.measure(volume, shape)
    assert isinstance(measured, viewer3d.Region)
    assert len(rows) == measured.count
    assert tuple(rows[0]) == VOXEL_COLUMNS
    values = [float(row["stored"]) * float(row["slope"]) + float(row["intercept"]) for row in rows]
    assert np.mean(values) == pytest.approx(measured.mean)
    assert [float(row["voxel"]) for row in rows] == values
    assert {Path(row["file"]).parent for row in rows} == {tmp_path / "ct"}
    assert all(row["bits"].startswith("0x") for row in rows)
