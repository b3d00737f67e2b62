"""Derived series as SimpleITK and dcm2niix read them, and what dciodvfy says of them and of their source."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from tests.dicom.write.dciodvfy import errors_of
from viewer3d import Saved, Volume, load, phantom
from viewer3d.core.geometry import to_ras

pytestmark = pytest.mark.slow

MM = 1e-3
REAL = (
    *("ct_seg_liver", "ct_torso_acrin", "ct_head_tilt_philips12", "ct_enh_2frame", "mr_sag_hfs", "mr_enh_philips"),
    *("pet_ac_bqml", "mr_phase_slope2"),
)
INHERITED = "Laterality"
"""What dciodvfy asks for on account of a body part that the source has as well."""


def dciodvfy(path: Path) -> set[str]:
    """Return the errors in a file, without the numbers of items."""
    return {re.sub(r"\[\d+\]", "", line) for line in errors_of(path)}


def derived(volume: Volume, source: Path, out: Path, **options: Any) -> Saved:
    return viewer3d.save(volume, f"{out}/", source=source, **options)


def steps(folder: Path) -> dict[str, Volume]:
    options: dict[str, Any] = {} if folder.name != "mr_enh_philips" else {"stack": 1}
    volume = load(folder, **options)
    middle = tuple(slice(n // 4, max(n // 4 + 1, n - n // 4)) for n in volume.shape)
    return {"as it is": volume, "cropped": volume.crop(middle), "coarse": volume.resample(np.array(volume.spacing) * 2)}


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("identify", [True, False])
def test_no_error_is_there_that_the_source_does_not_have(
    real: Callable[[str], Path], name: str, identify: bool, tmp_path: Path
) -> None:
    source = next(path for path in sorted(real(name).rglob("*")) if path.is_file())
    before = dciodvfy(source)
    for turn, (what, volume) in enumerate(steps(real(name)).items()):
        saved = derived(volume, real(name), tmp_path / str(turn), identify=identify)
        for path in (saved.files[0], saved.files[-1]):
            new = {one for one in dciodvfy(path) - before if INHERITED not in one}
            assert new == set(), f"{name}, {what}: {sorted(new)}"


@pytest.mark.parametrize("name", REAL)
def test_real_series_come_back(real: Callable[[str], Path], name: str, tmp_path: Path) -> None:
    for turn, (what, volume) in enumerate(steps(real(name)).items()):
        if volume.shape[2] < 2:
            continue
        saved = derived(volume, real(name), tmp_path / str(turn))
        told = next((note for note in saved.notes if "differ by at most" in note), "")
        error = float(told.split("at most ")[1].split()[0]) * 1.01 if told else 0.0
        found = load(saved.path, unit=volume.unit)
        assert np.abs(found.geometry.corners - volume.geometry.corners).max() < MM, what
        assert np.abs(found.voxels.astype(np.float64) - volume.voxels).max() <= error, what
        assert (found.modality, found.frame_of_reference) == (volume.modality, volume.frame_of_reference)


def turned(folder: Path) -> Volume:
    a = np.radians(25)
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    grid = phantom.volume(shape=(24, 20, 9), spacing=(14.0, 15.0, 30.0), direction=turn).geometry
    return load(folder).resample(like=grid)


def sagittal(folder: Path) -> Volume:
    return load(folder).reoriented("PIR")


@pytest.mark.parametrize("change", [load, turned, sagittal])
def test_simpleitk_and_dcm2niix_read_the_same_voxels_at_the_same_places(
    change: Callable[[Path], Volume], tmp_path: Path
) -> None:
    phantom.write(tmp_path / "in", shape=(24, 20, 12), spacing=(14.0, 15.0, 20.0))
    volume = change(tmp_path / "in")
    saved = derived(volume, tmp_path / "in", tmp_path / "out")
    sitk = pytest.importorskip("SimpleITK")
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(saved.path))
    image = sitk.ReadImage(names)
    assert np.array_equal(sitk.GetArrayFromImage(image).transpose(2, 1, 0), volume.voxels)
    assert image.GetOrigin() == pytest.approx(volume.geometry.origin, abs=MM)
    assert image.GetSpacing() == pytest.approx(volume.spacing, abs=MM)
    assert image.GetDirection() == pytest.approx(volume.geometry.direction.ravel(), abs=1e-6)
    program = shutil.which("dcm2niix")
    if program is None:
        pytest.skip("no dcm2niix here: pip install dcm2niix")
    (tmp_path / "nii").mkdir()
    words = [program, "-f", "a", "-b", "n", "-z", "n", "-o", str(tmp_path / "nii"), str(saved.path)]
    subprocess.run(words, check=True, capture_output=True)
    nibabel: Any = pytest.importorskip("nibabel")
    found = nibabel.load(tmp_path / "nii" / "a.nii")
    assert_same_places(volume, np.asarray(found.dataobj), to_ras(found.affine))


def assert_same_places(volume: Volume, values: Any, affine: Any) -> None:
    """Each voxel lies where one of the volume lies, and has its value, whatever order the axes have."""
    index = np.stack(np.meshgrid(*map(np.arange, values.shape), indexing="ij"), -1).reshape(-1, 3)
    own = volume.geometry.world_to_index(index @ affine[:3, :3].T + affine[:3, 3])
    near = np.rint(own).astype(int)
    assert np.abs((own - near) * volume.spacing).max() < 0.02  # its qform is of float32
    assert np.array_equal(volume.voxels[tuple(near.T)], values.reshape(-1))
