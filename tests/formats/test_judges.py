"""What nibabel, pynrrd, SimpleITK and VTK write is read to where they read it themselves."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import nrrd
import numpy as np
import pytest

from tests.formats.grid_cases import AXIAL, LEFT_HANDED, OBLIQUE, PLACES, RAS, VALUES, assert_voxels_lie
from viewer3d import Volume, load, load_all


def as_nibabel(volume: Volume, path: Path) -> None:
    """The voxels of a volume are where nibabel has them, and of its values."""
    image: Any = nibabel.load(path)  # type: ignore[attr-defined,unused-ignore]
    assert_voxels_lie(volume, np.asarray(image.dataobj).astype(volume.voxels.dtype), RAS @ image.affine)


KINDS: dict[str, Callable[[Any, Any], Any]] = {
    "NIfTI-1": nibabel.Nifti1Image,
    "NIfTI-2": nibabel.Nifti2Image,
    "pair": nibabel.Nifti1Pair,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("forms", [(1, 0), (0, 1), (1, 1)], ids=["sform", "qform", "both"])
def test_what_nibabel_writes(tmp_path: Path, kind: str, place: str, forms: tuple[int, int]) -> None:
    image = KINDS[kind](VALUES, RAS @ PLACES[place])
    image.set_sform(RAS @ PLACES[place] if forms[0] else None, forms[0])
    image.set_qform(RAS @ PLACES[place] if forms[1] else None, forms[1])
    path = tmp_path / ("a.img" if kind == "pair" else "a.nii.gz")
    nibabel.save(image, path)
    volume = load(path)
    as_nibabel(volume, path)
    assert_voxels_lie(volume, VALUES, PLACES[place])
    assert volume.notes == ()


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint16, np.int32, np.float32, np.float64])
def test_values_that_nibabel_scales(tmp_path: Path, kind: Any) -> None:
    values = np.linspace(-90, 1500, 60).reshape(5, 4, 3)
    header = nibabel.Nifti1Header()
    header.set_data_dtype(kind)
    nibabel.save(nibabel.Nifti1Image(values, RAS @ OBLIQUE, header), tmp_path / "a.nii")
    volume = load(tmp_path / "a.nii")
    own = np.asarray(nibabel.load(tmp_path / "a.nii").dataobj)  # type: ignore[attr-defined,unused-ignore]
    np.testing.assert_allclose(volume.voxels, own, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("detached", [False, True])
def test_what_pynrrd_writes(tmp_path: Path, encoding: str, detached: bool) -> None:
    header = {
        "space": "right-anterior-superior",
        "space directions": (RAS @ OBLIQUE)[:3, :3].T,
        "space origin": (RAS @ OBLIQUE)[:3, 3],
        "encoding": encoding,
    }
    path = tmp_path / ("a.nhdr" if detached else "a.nrrd")
    nrrd.write(str(path), VALUES, header, index_order="F", detached_header=detached)
    assert_voxels_lie(load(path), VALUES, OBLIQUE)


def image_of(sitk: Any, lps: Any, values: Any = VALUES) -> Any:
    image = sitk.GetImageFromArray(values.transpose())
    spacing = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    return image


SUFFIXES = (".nii", ".nii.gz", ".hdr", ".nrrd", ".nhdr", ".mha", ".mhd")


@pytest.mark.slow
@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_simpleitk_writes(tmp_path: Path, suffix: str, place: str, deflated: bool) -> None:
    sitk = pytest.importorskip("SimpleITK")
    for values in (VALUES, VALUES.astype(np.float32) / 3, (VALUES % 200).astype(np.uint8)):
        path = tmp_path / f"a{suffix}"
        sitk.WriteImage(image_of(sitk, PLACES[place], values), str(path), deflated)
        volume = load(path)
        assert_voxels_lie(volume, values.astype(volume.voxels.dtype), PLACES[place])
        assert volume.notes == ()


@pytest.mark.slow
def test_a_4d_file_of_simpleitk(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    parts = [image_of(sitk, LEFT_HANDED, VALUES + np.int16(n)) for n in range(3)]
    image = sitk.JoinSeries(parts, 0.0, 2.5)
    for suffix in (".nii.gz", ".nrrd", ".mha"):
        sitk.WriteImage(image, str(tmp_path / f"a{suffix}"))
        for number, one in enumerate(load_all(tmp_path / f"a{suffix}")):
            assert_voxels_lie(one, VALUES + np.int16(number), LEFT_HANDED)


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_what_vtk_writes(tmp_path: Path, place: str) -> None:
    from vtkmodules.vtkIOXML import vtkXMLImageDataWriter

    from viewer3d.render.image_data import to_pyvista

    lps = PLACES[place]
    volume = Volume.from_array(VALUES, lps, unit="HU")
    grid = to_pyvista(volume)
    modes = {"raw": 2, "base64": 1, "text": 0}
    for name, mode in modes.items():
        for encoded in (False, True):
            for compress in (False, True):
                for wide in (False, True):
                    path = tmp_path / f"{name}{encoded}{compress}{wide}.vti"
                    writer = vtkXMLImageDataWriter()
                    writer.SetInputData(grid)
                    writer.SetFileName(os.fspath(path))
                    writer.SetDataMode(mode)
                    writer.SetEncodeAppendedData(encoded)
                    writer.SetBlockSize(64)
                    writer.SetCompressorTypeToZLib() if compress else writer.SetCompressorTypeToNone()
                    writer.SetHeaderTypeToUInt64() if wide else writer.SetHeaderTypeToUInt32()
                    assert writer.Write() == 1
                    read = load(path)
                    assert_voxels_lie(read, VALUES, lps)
                    assert read.notes == ()


def test_nothing_is_written_beside_a_file_that_is_read(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(VALUES, RAS @ AXIAL), tmp_path / "a.nii")
    load(tmp_path / "a.nii")
    assert [path.name for path in tmp_path.iterdir()] == ["a.nii"]
