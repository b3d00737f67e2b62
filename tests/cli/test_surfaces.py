"""The verb surface: of a value and of segments, as files of meshes, with a line on each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.cli.conftest import pixels, run


def test_it_writes_the_surface_at_a_value(ct: Path, tmp_path: Path) -> None:
    target = tmp_path / "bone.stl"
    result = run("surface", ct, "--at", 300, "-o", target)
    assert result.exit_code == 0, result.output
    exact = viewer3d.surface(viewer3d.load(ct), 300)
    mesh = viewer3d.load_mesh(target)
    assert mesh.is_closed
    assert mesh.ml == pytest.approx(exact.ml, rel=5e-4)
    np.testing.assert_allclose(mesh.bounds, exact.bounds, atol=1e-3)
    first, second = result.stdout.splitlines()
    assert first.startswith(f"300 HU: {len(exact.triangles):,} triangles, closed, {exact.ml:.2f} ml, ")
    assert first.endswith(" mm")
    assert second == str(target)


def test_it_says_what_smoothing_and_reduction_changed(ct: Path, tmp_path: Path) -> None:
    words = ("--smoothing", 0.3, "--reduction", 0.5, "-o", tmp_path / "bone.ply")
    result = run("surface", ct, "--at", 300, *words)
    assert result.exit_code == 0, result.output
    assert "note: 300 HU: Smoothed by 0.3 and reduced from" in result.stderr


def test_it_writes_segments_by_name_and_colour(ct: Path, tmp_path: Path) -> None:
    volume = viewer3d.load(ct)
    labels = np.zeros(volume.shape, np.uint8)
    labels[5:20, 5:20, 2:9] = 1
    labels[22:30, 5:20, 2:9] = 2
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.Nifti1Image(labels, np.diag([-1, -1, 1, 1]) @ volume.affine)
    nibabel.save(image, tmp_path / "seg.nii.gz")
    words = ("--overlay", tmp_path / "seg.nii.gz")
    result = run("surface", ct, *words, "-o", tmp_path / "a.glb")
    assert result.exit_code == 0, result.output
    meshes = viewer3d.load_meshes(tmp_path / "a.glb")
    assert len(meshes) == 2
    voxel = float(np.prod(volume.spacing)) / 1000
    for mesh, count in zip(meshes, ((labels == 1).sum(), (labels == 2).sum()), strict=True):
        assert mesh.is_closed
        assert mesh.ml == pytest.approx(count * voxel, rel=1e-3)
    result = run("surface", ct, *words, "--look", "segments=2", "-o", tmp_path / "b.glb")
    assert result.exit_code == 0, result.output
    (mesh,) = viewer3d.load_meshes(tmp_path / "b.glb")
    assert mesh.ml == pytest.approx(meshes[1].ml)
    assert mesh.color is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "give the value that it is at"),
        (("--at", 30000), "nothing of the volume has at least 30000 HU"),
        (("--at", 300, "--smoothing", 2), "smoothing 2.0: give a number from 0"),
        (("--at", 300, "--reduction", 1), "reduction 1.0: give the share"),
        (("--at", "nan"), "value nan: of a volume give a number"),
    ],
)
def test_what_means_nothing_writes_nothing(ct: Path, tmp_path: Path, words: tuple[object, ...], message: str) -> None:
    result = run("surface", ct, *words, "-o", tmp_path / "a.stl")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "a.stl").exists()


def test_other_suffixes_and_folders_are_refused_first(tmp_path: Path) -> None:
    result = run("surface", tmp_path / "none", "--at", 300, "-o", tmp_path / "a.png")
    assert "no mesh format has the suffix '.png'" in result.stderr
    result = run("surface", tmp_path / "none", "--at", 300, "-o", tmp_path / "none" / "a.stl")
    assert "there is no folder" in result.stderr


def test_the_largest_part_is_kept_and_meshes_are_refused(ct: Path, tmp_path: Path) -> None:
    result = run("surface", ct, "--at", 300, "--largest", "-o", tmp_path / "one.stl")
    assert result.exit_code == 0, result.output
    one, whole = viewer3d.load_mesh(tmp_path / "one.stl"), viewer3d.surface(viewer3d.load(ct), 300)
    assert one.is_closed
    assert 0 < one.ml <= whole.ml
    assert "part" in result.stderr
    assert run("surface", ct, "--at", 300, "--largest", "--space", "ras", "-o", tmp_path / "ras.stl").exit_code == 0
    assert b"SPACE=RAS" in (tmp_path / "ras.stl").read_bytes()[:80]
    np.testing.assert_allclose(viewer3d.load_mesh(tmp_path / "ras.stl").bounds, one.bounds, atol=1e-4)
    words = ("--overlay", tmp_path / "one.stl", "--look", "same_frame", "-o", tmp_path / "b.stl")
    result = run("surface", ct, *words)
    assert result.exit_code == 2
    assert "is a mesh already" in result.stderr
    result = run("surface", ct, *words, "--hide-couch")
    assert "--hide-couch is of the surface at a value" in result.stderr


def test_a_mesh_is_drawn_over_slices(ct: Path, tmp_path: Path) -> None:
    run("surface", ct, "--at", 300, "-o", tmp_path / "bone.stl")
    shot = ("shot", ct, "--view", "axial", "--size", "200x160", "-o", tmp_path / "a.png")
    assert run(*shot).exit_code == 0
    alone = pixels(tmp_path / "a.png")
    laid = (*shot, "--overlay", tmp_path / "bone.stl")
    result = run(*laid)
    assert result.exit_code == 2
    assert "mesh: its frame of reference is not said" in result.stderr
    assert "--look same_frame" in result.stderr
    result = run(*laid, "--look", "same_frame,outline=3,fill=0.5")
    assert result.exit_code == 0, result.output
    assert "frame of reference of the base, as was asked for" in result.stderr
    assert (pixels(tmp_path / "a.png") != alone).any()
    folder = tmp_path / "parts"
    folder.mkdir()
    (tmp_path / "bone.stl").rename(folder / "bone.stl")
    assert run("surface", ct, "--at", 1000, "-o", folder / "teeth.ply").exit_code == 0
    of_folder = (*shot[:-1], tmp_path / "c.png", "--overlay", folder, "--look")
    result = run(*of_folder, "same_frame,segments=bone,outline=3,fill=0.5")
    assert result.exit_code == 0, result.output
    assert (pixels(tmp_path / "c.png") != alone).any()
    result = run(*of_folder, "same_frame,segments=liver")
    assert "1 'bone', 2 'teeth'" in result.stderr or "teeth" in result.stderr
    (folder / "bone.stl").rename(tmp_path / "bone.stl")
    for look, said in (
        ("window=bone", "is of images"),
        ("series=3", "is of DICOM"),
    ):
        result = run(*laid, "--look", f"same_frame,{look}")
        assert result.exit_code == 2
        assert f"is a mesh, and --look {look.split('=')[0]} {said}" in result.stderr
