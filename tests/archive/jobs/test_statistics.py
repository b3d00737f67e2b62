"""Statistics of whole volumes and inside of what lies over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.archive.items import KEY, context_of, made_item
from viewer3d.archive.jobs import statistics
from viewer3d.archive.jobs.statistics import OF_UPTAKE, OF_VALUES, measure_item, whole_volume
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.volume import Volume

RNG = np.random.default_rng(5)


def made(voxels: np.ndarray, **about: object) -> Volume:
    return Volume.from_array(voxels, np.diag([2.0, 1.0, 3.0, 1.0]), **about)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_those_of_a_whole_volume_are_exact(dtype: type) -> None:
    volume = made((RNG.normal(0, 500, (9, 8, 7))).astype(dtype))
    found, values = whole_volume(volume), volume.voxels.astype(np.float64)
    assert list(found) == list(OF_VALUES)
    expected = [values.size, values.size * 0.006, values.mean(), values.std(), values.min(), values.max()]
    expected += np.percentile(values, (5, 25, 50, 75, 95)).tolist()
    np.testing.assert_allclose([float(found[name] or 0) for name in OF_VALUES], expected, rtol=1e-12)


def test_what_was_not_measured_has_no_part() -> None:
    voxels = np.arange(60, dtype=np.float32).reshape(5, 4, 3)
    voxels[2, 2, 2] = np.nan
    measured = [[0, 5, 0, 4], [1, 3, 1, 2], [0, 5, 0, 4]]
    volume = made(voxels, measured=measured)
    kept = np.concatenate([voxels[:, :, 0].ravel(), voxels[1:3, 1:2, 1].ravel(), voxels[:, :, 2].ravel()])
    assert whole_volume(volume)["mean"] == pytest.approx(float(np.nanmean(kept)))
    padded = np.full((4, 4, 4), -2000, np.int16)
    padded[1] = 40
    found = whole_volume(made(padded, unit="HU", background=-2000.0))
    assert (found["voxels"], found["mean"], found["min"]) == (16, 40, 40)
    nothing = whole_volume(made(np.full((2, 2, 2), np.nan, np.float32)))
    assert (nothing["voxels"], nothing["mean"], list(nothing)) == (0, None, list(OF_VALUES))


def test_segments_have_columns_by_their_names_and_a_table(tmp_path: Path) -> None:
    volume = made(np.arange(120, dtype=np.int16).reshape(6, 5, 4), unit="HU")
    first = Segmentation.from_array(
        (volume.voxels > 99) * 1 + (volume.voxels < 10) * 2, volume.affine, names=["Liver", "Spleen"]
    )
    second = Segmentation.from_array(volume.voxels == 50, volume.affine, names=["Liver"])
    over = [viewer3d.Layer(first, "a", same_frame=True), viewer3d.Layer(second, "b", same_frame=True)]
    context = context_of(made_item(tmp_path), tmp_path, "statistics", volume=volume, over=over)
    result = measure_item(volume, context)
    assert [one.name for one in result.files] == [f"{KEY}-statistics.csv"]
    assert len(result.files[0].read_text().splitlines()) == 4
    numbers = result.numbers
    assert {name.partition(".")[0] for name in numbers if "." in name} == {"a: Liver", "Spleen", "b: Liver"}
    assert [name.partition(".")[2] for name in numbers if name.startswith("Spleen.")] == list(OF_VALUES)
    assert (numbers["Spleen.mean"], numbers["Spleen.voxels"], numbers["Spleen.ml"]) == (4.5, 10, pytest.approx(0.06))
    assert numbers["a: Liver.min"] == 100
    assert (numbers["b: Liver.p50"], numbers["unit"], numbers["segments"], numbers["mean"]) == (50, "HU", 3, 59.5)


def test_uptake_has_its_columns(tmp_path: Path) -> None:
    volume = Volume.from_array(
        RNG.random((12, 12, 12)).astype(np.float32) * 8, np.diag([4.0, 4, 4, 1]), unit="SUVbw", modality="PT"
    )
    mask = np.zeros(volume.shape, bool)
    mask[3:7, 3:7, 3:7] = True
    over = viewer3d.Layer(Segmentation.from_array(mask, volume.affine, names=["Lesion"]), same_frame=True)
    context = context_of(made_item(tmp_path), tmp_path, "statistics", volume=volume, over=over)
    numbers = measure_item(volume, context).numbers
    assert [name.partition(".")[2] for name in numbers if name.startswith("Lesion.")] == [*OF_VALUES, *OF_UPTAKE]
    (one,) = viewer3d.measure_regions(volume, over)
    found = [numbers[f"Lesion.{name}"] for name in ("suv_max", "suv_peak", "mtv_ml", "tlg")]
    assert found == [one.max, one.suv_peak, one.ml, one.tlg]
    assert one.suv_peak is not None


def test_without_segments_there_is_no_file(tmp_path: Path) -> None:
    volume = made(np.zeros((3, 3, 3), np.int16))
    result = measure_item(volume, context_of(made_item(tmp_path), tmp_path))
    assert (result.files, list(result.numbers)) == ((), ["unit", *OF_VALUES])


def test_segments_that_are_too_many_for_columns_are_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "MOST_MEASURED", 2)
    volume = made(np.arange(120, dtype=np.int16).reshape(6, 5, 4))
    over = viewer3d.Layer(Segmentation.from_array(volume.voxels // 30 + 1, volume.affine), same_frame=True)
    context = context_of(made_item(tmp_path), tmp_path, "statistics", volume=volume, over=over)
    result = measure_item(volume, context)
    assert len({name.partition(".")[0] for name in result.numbers if "." in name}) == 2
    assert len(result.files[0].read_text().splitlines()) == 5
    assert "4 segments are too many for columns" in str(result.numbers["notes"])
