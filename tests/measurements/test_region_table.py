"""What segments and structures over a volume measure, as values and as tables."""

from __future__ import annotations

import csv
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viewer3d import Layer, Segmentation, SegmentStatistics, Volume, measure_regions, save_statistics
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.errors import OutputError, ViewError
from viewer3d.measurements.region_table import statistics_csv, statistics_json

FRAME = "1.2.3.4"
AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


def base(**about: Any) -> Volume:
    voxels = np.arange(20 * 20 * 10).reshape(20, 20, 10).astype(np.int16)
    return Volume.from_array(voxels, AFFINE, **{"unit": "HU", "frame_of_reference": FRAME, **about})


def segmentation(**about: Any) -> Segmentation:
    labels = np.zeros((20, 20, 10), np.uint8)
    labels[2:6, 2:6, 1:3] = 1
    labels[10:14, 3:5, 4] = 4
    names = {1: "Liver", 4: "=Cyst", 9: "Nothing"}
    return Segmentation.from_array(labels, AFFINE, names=names, **{"frame_of_reference": FRAME, **about})


def structures() -> StructureSet:
    def square(z: float, low: float, high: float) -> Contour:
        return Contour(np.array([(low, low, z), (high, low, z), (high, high, z), (low, high, z)]))

    rois = (
        Roi(0, "PTV", (200, 0, 0), contours=tuple(square(z, 6.5, 15.5) for z in (6.0, 9.0, 12.0))),
        Roi(3, "Point", (0, 200, 0), contours=(Contour(np.zeros((1, 3)), "POINT"),)),
        Roi(7, "Twisted", (0, 0, 200), contours=(square(6, 2, 9), Contour(square(6, 2, 9).points[:, [0, 2, 1]]))),
    )
    return StructureSet(rois).with_info(frame_of_reference=FRAME)


def test_segments_measure_what_each_does_alone() -> None:
    found = measure_regions(base(), [segmentation(), Layer(segmentation(), "Model", look={"segments": "Liver"})])
    assert [(one.overlay, one.number) for one in found] == [
        *(("segments", 1), ("segments", 4), ("segments", 9), ("Model", 1)),
    ]
    for one in found:
        alone = segmentation().measure(one.number, base())
        for field in fields(SegmentStatistics):
            if field.name != "overlay":
                assert getattr(one, field.name) == getattr(alone, field.name), field.name
        assert one.polygon_ml is None
    assert found[2].voxels == 0


def test_places_are_those_of_the_volume_where_a_matrix_placed_the_segments() -> None:
    matrix = np.eye(4)
    matrix[:3, 3] = (4, 0, 3)
    (own, *_) = measure_regions(base(), segmentation())
    (moved, *_) = measure_regions(base(), Layer(segmentation(frame_of_reference="9"), transform=matrix))
    assert moved.centroid is not None
    assert own.centroid is not None
    np.testing.assert_allclose(np.subtract(moved.centroid, own.centroid), (4, 0, 3))
    assert moved.mean == pytest.approx(base().voxels[4:8, 2:6, 2:4].mean())
    assert moved.notes == ()
    (trusted, *_) = measure_regions(base(frame_of_reference=""), Layer(segmentation(), same_frame=True))
    assert (trusted.mean, trusted.notes) == (own.mean, ())


def test_contours_have_the_volume_of_their_polygons_too() -> None:
    ptv, point, twisted = measure_regions(base(), structures())
    assert (ptv.number, ptv.name, ptv.voxels) == (0, "PTV", 4 * 4 * 3)
    assert ptv.ml == pytest.approx(4 * 4 * 3 * 12 / 1000)
    assert ptv.polygon_ml == pytest.approx(9 * 9 * 9 / 1000)
    assert ptv.mean == pytest.approx(base().voxels[4:8, 4:8, 2:5].mean())
    assert (point.voxels, point.ml, point.polygon_ml, point.mean) == (0, 0.0, None, None)
    assert twisted.voxels == 0
    assert np.isnan(twisted.ml)  # there is no mask, which is not 0 ml
    assert any("Twisted has no mask" in note for note in twisted.notes)


def test_a_csv_has_units_in_its_heads_and_no_formulas(tmp_path: Path) -> None:
    found = measure_regions(base(), [segmentation(), structures()])
    path = save_statistics(found, tmp_path / "a.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert [row["name"] for row in rows] == ["Liver", "'=Cyst", "Nothing", "PTV", "Point", "Twisted"]
    assert [*rows[0]][:10] == [
        *("overlay", "number", "name", "voxels", "ml", "polygon_ml", "centroid_x_LPS_mm"),
        *("centroid_y_LPS_mm", "centroid_z_LPS_mm", "count"),
    ]
    assert {"mean_HU", "sd_HU", "min_HU", "max_HU", "p50_HU"} <= set(rows[0])
    assert float(rows[0]["mean_HU"]) == found[0].mean
    assert (rows[2]["mean_HU"], rows[2]["centroid_x_LPS_mm"], rows[5]["ml"]) == ("", "", "")
    assert not any("suv" in name.lower() for name in rows[0])


def test_of_pet_it_has_what_uptake_has(tmp_path: Path) -> None:
    pet = base(unit="SUVbw", modality="PT")
    (liver, *_) = found = measure_regions(pet, segmentation())
    (row, *_) = csv.DictReader(statistics_csv(found).splitlines())
    assert (float(row["suv_peak_SUVbw"]), float(row["tlg_SUVbw_ml"])) == (liver.suv_peak, liver.tlg)
    assert (float(row["mtv_ml"]), float(row["max_SUVbw"])) == (liver.ml, liver.max)
    values = json.loads(save_statistics(found, tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (values["version"], values["coordinates"], values["unit"]) == (1, "LPS mm", "SUVbw")
    assert values["segments"][0]["suv_peak_at"] == list(liver.suv_peak_at or ())
    assert values["segments"][2]["mean"] is None


def test_places_are_told_in_ras_by_name(tmp_path: Path) -> None:
    found = measure_regions(base(unit="SUVbw", modality="PT"), segmentation())
    (row, *_) = csv.DictReader(save_statistics(found, tmp_path / "a.csv", space="RAS").read_text().splitlines())
    values = json.loads(save_statistics(found, tmp_path / "a.json", space="RAS").read_text(encoding="utf-8"))
    assert values["coordinates"] == "RAS mm"
    for name, key, lps in (("centroid",) * 2 + (found[0].centroid,), ("suv_peak", "suv_peak_at", found[0].suv_peak_at)):
        assert lps is not None
        ras = [-lps[0], -lps[1], lps[2]]
        assert [float(row[f"{name}_{axis}_RAS_mm"]) for axis in "xyz"] == ras == values["segments"][0][key]
    assert not any("LPS" in name for name in row)
    assert values["segments"][2]["centroid"] is None
    with pytest.raises(ViewError, match="space 'LAS': places are told in LPS or RAS"):
        save_statistics(found, tmp_path / "b.csv", space="LAS")  # type: ignore[arg-type]


def test_a_value_without_a_unit_has_a_plain_head() -> None:
    head = statistics_csv(measure_regions(base(unit=""), segmentation())).splitlines()[0].split(",")
    assert "mean" in head
    assert "p95" in head


def test_what_makes_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ViewError, match="give segmentations and structure sets alone"):
        measure_regions(base(), base())
    with pytest.raises(ViewError, match="no segment 'Spleen': give numbers or names of"):
        measure_regions(base(), Layer(segmentation(), look={"segments": ["Spleen"]}))
    found = measure_regions(base(), segmentation())
    with pytest.raises(OutputError, match=r"the suffix '.txt': give .json or .csv"):
        save_statistics(found, tmp_path / "a.txt")
    both = [*found, *measure_regions(base(unit="SUVbw"), segmentation())]
    with pytest.raises(OutputError, match="in 'HU' and 'SUVbw' make no table"):
        save_statistics(both, tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []
    assert statistics_csv([]).startswith("overlay,number,name")
    assert json.loads(statistics_json([]))["segments"] == []
