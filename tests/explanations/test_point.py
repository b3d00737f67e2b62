"""A point of a volume: its voxels, what files store for them, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import Explanation, LayerShare, Slab, StoredValue, Volume, phantom
from viewer3d.errors import ViewError

SMALL = {"shape": (34, 30, 12), "spacing": (9.0, 8.0, 6.0)}


def recomputed(layer: LayerShare) -> float:
    """The value of a layer of a plane, from what files store and nothing else."""
    (sample,) = layer.samples
    value = 0.0
    for voxel in sample.voxels:
        made = sum(one.weight * modality(one) for one in voxel.stored)
        value += voxel.weight * (np.rint(made) if layer.dtype == "int16" else np.float64(np.float32(made)))
    return float(np.floor(value + 0.5)) if layer.dtype == "int16" else float(np.float32(value))


def modality(one: StoredValue) -> float:
    value = one.table if one.table is not None else one.stored * one.slope + one.intercept
    return value * one.factor + one.offset


def points(volume: Volume, count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [volume.geometry.index_to_world([rng.uniform(-0.4, n - 0.6) for n in volume.shape]) for _ in range(count)]


def test_a_value_is_that_of_its_voxels_and_these_are_those_of_the_files(tmp_path: Path) -> None:
    write_phantom(tmp_path, **SMALL)
    volume = viewer3d.load(tmp_path)
    for world in points(volume, 20):
        (layer,) = viewer3d.explain(volume, world, files=tmp_path).layers
        assert recomputed(layer) == layer.value == volume.value_at(world)
        assert layer.why_unit == "declared as HU"
        assert sum(voxel.weight for voxel in layer.samples[0].voxels) == pytest.approx(1)


def test_the_word_of_the_file_is_told_before_bits_are_cleared(tmp_path: Path) -> None:
    (path, *_) = write_phantom(tmp_path, **SMALL)
    dataset = pydicom.dcmread(path)
    word = np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns)[4, 7]
    with_overlay = np.frombuffer(dataset.PixelData, "<u2") | 0x8000  # bits above Bits Stored (PS3.5 8.1.1)
    dataset.PixelData = with_overlay.tobytes()
    dataset.save_as(path)
    volume = viewer3d.load(tmp_path)
    k = round(float(volume.geometry.world_to_index(dataset.ImagePositionPatient)[2]))
    found = viewer3d.explain(volume, volume.geometry.index_to_world((7, 4, k)), files=tmp_path)
    ((voxel,),) = (sample.voxels for sample in found.layers[0].samples)
    (one,) = voxel.stored
    assert one.bits == f"0x{int(word) | 0x8000:04X}"
    assert one.stored == word
    assert (one.column, one.row, one.frame, voxel.index) == (7, 4, 1, (7, 4, k))
    assert one.file == str(path)


@pytest.mark.parametrize(
    "name", ["ct_head_tilt_philips12", "pet_ac_bqml", "mr_mosaic", "mr_enh_philips", "mr_phase_slope2", "ct_gap_5_10"]
)
def test_real_series_are_followed_to_their_bits(real: Callable[[str], Path], name: str) -> None:
    volume = viewer3d.load_all(real(name))[0]
    found = viewer3d.scan(real(name))
    followed = 0
    for world in points(volume, 6):
        (layer,) = viewer3d.explain(volume, world, files=found).layers
        if all(voxel.is_measured for voxel in layer.samples[0].voxels):
            # float32 is what resampling and scaling are rounded to
            assert recomputed(layer) == pytest.approx(layer.value, rel=2e-6, abs=1.001 if layer.dtype == "int16" else 0)
            followed += 1
    assert followed > 1


def test_resampled_voxels_name_all_slices_that_they_come_from(tmp_path: Path) -> None:
    write_phantom(tmp_path, **SMALL, faults=phantom.Faults(tilt=12))
    volume = viewer3d.load(tmp_path)
    found = viewer3d.scan(tmp_path)
    shares = set()
    for world in points(volume, 30):
        (layer,) = viewer3d.explain(volume, world, files=found).layers
        for voxel in layer.samples[0].voxels:
            assert bool(voxel.stored) == voxel.is_measured
            if voxel.stored:
                made = sum(one.weight * modality(one) for one in voxel.stored)
                assert abs(made - voxel.value) <= 0.501
                shares.add(len(voxel.stored))
    assert max(shares) > 1


def test_a_file_that_is_not_dicom_is_followed_too(tmp_path: Path) -> None:
    volume = Volume.from_array(np.arange(4 * 5 * 6).reshape(4, 5, 6), np.diag([-1, -2, 3, 1]), unit="HU")
    path = viewer3d.save(volume, tmp_path / "a.nii.gz").path
    loaded = viewer3d.load(path, unit="HU")
    (layer,) = viewer3d.explain(loaded, loaded.geometry.index_to_world((1.25, 2, 3)), files=path).layers
    assert recomputed(layer) == layer.value == loaded.value_at(loaded.geometry.index_to_world((1.25, 2, 3)))
    assert {one.file for sample in layer.samples for voxel in sample.voxels for one in voxel.stored} == {str(path)}


def test_changed_files_are_refused(tmp_path: Path) -> None:
    write_phantom(tmp_path, **SMALL)
    volume = viewer3d.load(tmp_path)
    changed = replace(volume, voxels=volume.voxels + np.int16(1))
    with pytest.raises(ViewError, match="do not have the values of its voxels: they were changed"):
        viewer3d.explain(changed, volume.geometry.center, files=tmp_path)


def test_what_cannot_be_followed_says_so(tmp_path: Path) -> None:
    write_phantom(tmp_path, **SMALL)
    volume = viewer3d.load(tmp_path)
    cropped = volume.crop([volume.geometry.bounds[0] + 20, volume.geometry.bounds[1] - 20])
    (layer,) = viewer3d.explain(cropped, volume.geometry.center, files=tmp_path).layers
    assert layer.notes == ("the volume was changed in Python (cropped): its voxels cannot be followed to files",)
    made = Volume.from_array(np.zeros((3, 3, 3)), np.eye(4))
    (layer,) = viewer3d.explain(made, (1, 1, 1), files=tmp_path).layers
    assert "never in files" in layer.notes[0]


def test_a_slab_says_where_its_maximum_lies() -> None:
    voxels = np.zeros((5, 5, 9), np.int16)
    voxels[2, 3, 6] = 100
    volume = Volume.from_array(voxels, np.diag([1, 1, 2, 1]), unit="HU")
    state = replace(viewer3d.first_state(volume, "axial"), slab=Slab(18, "maximum"))
    (layer,) = viewer3d.explain(volume, (2, 3, 8), state=state).layers
    assert (layer.value, layer.slab, layer.samples[0].world) == (100, "maximum", (2, 3, 12))
    assert layer.samples[0].voxels[0].index == (2, 3, 6)


def test_the_text_has_the_numbers_and_points_are_checked(tmp_path: Path) -> None:
    write_phantom(tmp_path, **SMALL)
    volume = viewer3d.load(tmp_path)
    found = viewer3d.explain(volume, volume.geometry.center, files=tmp_path)
    text = str(found)
    for voxel in found.layers[0].samples[0].voxels:
        assert f"voxel {' '.join(map(str, voxel.index))}" in text
        assert voxel.stored[0].bits in text
    assert "value = stored * 1 - 1024 (Rescale Slope (0028,1053), Rescale Intercept (0028,1052))" in text
    with pytest.raises(ViewError, match="three finite numbers"):
        viewer3d.explain(volume, (1, 2))
    with pytest.raises(ViewError, match="no plane is named 'oblique'"):
        viewer3d.explain(volume, (1, 2, 3), "oblique")  # type: ignore[arg-type]
    assert isinstance(found, Explanation)
    outside = viewer3d.explain(volume, (1e4, 0, 0))
    assert outside.color == (0, 0, 0)
    assert outside.layers[0].why_unseen == "outside of the volume"
