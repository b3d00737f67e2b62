"""B-values and directions beside NIfTI, read in FSL's convention."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import viewer3d
from viewer3d import Volume, load_all

nibabel = pytest.importorskip("nibabel")

FSL = np.array([[0, 1, 0, 0.6], [0, 0, 1, 0], [0, 0, 0, 0.8]])


def write(path: Path, affine: np.ndarray, bvec: str, bval: str = "0 1000 1000 2000\n") -> list[Volume]:
    values = np.arange(4, dtype=np.int16)[None, None, None] * np.ones((4, 3, 2, 1), np.int16)
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    (path.parent / f"{stem}.bvec").write_text(bvec)
    (path.parent / f"{stem}.bval").write_text(bval)
    return load_all(path)


def text(rows: np.ndarray) -> str:
    return "\n".join(" ".join(f"{number:g}" for number in row) for row in rows) + "\n"


def test_x_is_reversed_where_the_determinant_is_positive(tmp_path: Path) -> None:
    left, right = np.diag([-2.0, 2, 3, 1]), np.diag([2.0, 2, 3, 1])  # RAS: det < 0, det > 0
    volumes = write(tmp_path / "a.nii", left, text(FSL))
    assert [one.which["b_value"] for one in volumes] == [0, 1000, 1000, 2000]
    # Voxel x leads to the left (LPS +x), voxel y to the front (LPS -y).
    assert [one.gradient for one in volumes] == [None, (1, 0, 0), (0, -1, 0), pytest.approx((0.6, 0, 0.8))]
    volumes = write(tmp_path / "b.nii.gz", right, text(FSL))
    # Voxel x leads to the right, and is reversed: left again.
    assert [one.gradient for one in volumes] == [None, (1, 0, 0), (0, -1, 0), pytest.approx((0.6, 0, 0.8))]
    assert str(tmp_path / "b.bvec") in viewer3d.scan(tmp_path / "b.nii.gz").grids[0].files


def test_an_oblique_grid_turns_them_and_a_round_trip_keeps_them(tmp_path: Path) -> None:
    a = np.radians(30)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) * (2, 2, 3)
    volumes = write(tmp_path / "a.nii", affine, text(FSL.T))  # a line a volume is read as well
    wanted = np.diag([-1, -1, 1]) @ (affine[:3, :3] / (2, 2, 3)) @ (-1, 0, 0)
    assert volumes[1].gradient == pytest.approx(tuple(wanted))
    viewer3d.save(volumes, tmp_path / "b.nii.gz", sidecar=False)
    assert np.allclose(np.loadtxt(tmp_path / "b.bvec"), FSL, atol=1e-6)
    assert (tmp_path / "b.bval").read_text() == "0 1000 1000 2000\n"
    for one, other in zip(volumes, load_all(tmp_path / "b.nii.gz"), strict=True):
        assert one.gradient == (None if other.gradient is None else pytest.approx(other.gradient))
        assert one.which == other.which


def test_what_does_not_fit_is_told_and_not_taken(tmp_path: Path) -> None:
    volumes = write(tmp_path / "a.nii", np.eye(4), text(FSL[:, :3]), "0 1000\n")
    assert [one.gradient for one in volumes] == [None] * 4
    assert all("b_value" not in one.which for one in volumes)
    assert any("The .bval beside the file has 2 numbers for 4 volumes" in note for note in volumes[0].notes)
    assert any("The .bvec beside the file has 3 x 3 numbers for 4 volumes" in note for note in volumes[0].notes)
    for words in ("no numbers", "1 2\n3\n", "nan nan nan nan\n", ""):
        volumes = write(tmp_path / "b.nii", np.eye(4), words, words)
        assert [one.gradient for one in volumes] == [None] * 4
