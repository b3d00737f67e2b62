"""Volumes as images of other packages, and back: voxels equal, places equal, mirrored never."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.core.grids.test_change import GRIDS, volume_of
from viewer3d import Volume, load
from viewer3d.core.geometry import Geometry, to_ras
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.errors import DecoderError, GeometryError, OutputError, ViewError

nibabel = pytest.importorskip("nibabel")


def assert_same(one: Volume, other: Volume) -> None:
    assert np.array_equal(one.voxels, other.voxels)
    assert one.voxels.dtype == other.voxels.dtype
    assert np.abs(one.geometry.corners - other.geometry.corners).max() < 1e-9
    assert (one.unit, one.modality) == (other.unit, other.modality)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("grid", GRIDS)
def test_nibabel_has_the_same_voxels_in_ras(grid: str, dtype: type, tmp_path: Path) -> None:
    volume = volume_of(grid, dtype)
    image = volume.to_nibabel()
    assert np.shares_memory(np.asanyarray(image.dataobj), volume.voxels)
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)
    assert image.header.get_xyzt_units() == ("mm", "sec")
    assert_same(Volume.from_nibabel(image), volume)
    nibabel.save(image, tmp_path / "a.nii")
    again = nibabel.load(tmp_path / "a.nii")
    for index in [(0, 0, 0), (13, 10, 8), (3, 7, 2)]:
        x, y, z = volume.geometry.index_to_world(index)
        for affine in (again.affine, again.get_qform()):
            assert nibabel.affines.apply_affine(affine, index) == pytest.approx((-x, -y, z), abs=1e-3)
    back = Volume.from_nibabel(again, unit=volume.unit, modality=volume.modality)
    assert np.array_equal(back.voxels, volume.voxels)
    assert np.abs(back.geometry.corners - volume.geometry.corners).max() < 1e-3


def test_a_left_handed_image_is_reversed_without_moving_a_voxel() -> None:
    values = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    affine = np.diag([-2.0, 2, 3, 1])
    affine[:3, 3] = (5, -7, 9)
    image = nibabel.Nifti1Image(values, affine)
    volume = Volume.from_nibabel(image, unit="HU", modality="CT", notes=("Mine.",))
    for index in [(0, 0, 0), (2, 3, 4), (1, 0, 3)]:
        assert volume.value_at(to_ras(nibabel.affines.apply_affine(affine, index))) == values[index]
    assert np.linalg.det(volume.affine) > 0
    assert (volume.unit, volume.modality, volume.notes) == ("HU", "CT", ("Mine.",))
    flipped = nibabel.Nifti1Image(values[::-1].copy(), affine @ np.array(
        [[-1, 0, 0, 2], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))  # fmt: skip
    other = Volume.from_nibabel(flipped)
    for index in [(0, 0, 0), (2, 3, 4), (1, 0, 3)]:
        assert other.value_at(to_ras(nibabel.affines.apply_affine(affine, index))) == values[index]


def test_units_and_lacks_of_a_nifti_header_are_honoured() -> None:
    image = nibabel.Nifti1Image(np.zeros((2, 3, 4, 1, 1), np.uint8), np.diag([0.002, 0.002, 0.002, 1]))
    image.header.set_xyzt_units("meter", "sec")
    assert Volume.from_nibabel(image).spacing == pytest.approx((2, 2, 2))
    unplaced = nibabel.Nifti1Image(np.zeros((2, 3, 4), np.float32), np.eye(4))
    unplaced.set_sform(None, code=0)
    unplaced.set_qform(None, code=0)
    assert "neither sform nor qform" in Volume.from_nibabel(unplaced).notes[0]


def without_place() -> object:
    image = nibabel.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4))
    image.affine[0, 0] = np.nan
    return image


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: nibabel.Nifti1Image(np.zeros((2, 3, 4, 5), np.int16), np.eye(4)), r"slicer\[\.\.\., 0\]"),
        (lambda: nibabel.Nifti1Image(np.zeros((2, 3), np.int16), np.eye(4)), "three dimensions"),
        (lambda: nibabel.Nifti1Image(np.zeros((2, 3, 4), np.complex64), np.eye(4)), "real numbers"),
        (lambda: nibabel.Nifti1Image(np.zeros((2, 3, 4), [(c, "u1") for c in "RGB"]), np.eye(4)), "one color"),
        (lambda: nibabel.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4) + np.eye(4, k=1)), "sheared"),
        (without_place, "finite"),
        (lambda: "brain.nii", "no image of nibabel"),
    ],
)
def test_an_image_that_no_volume_holds_is_refused_in_words(make: object, says: str) -> None:
    image = make()  # type: ignore[operator]
    with pytest.raises(GeometryError, match=says):
        Volume.from_nibabel(image)


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(ViewError, match="modality"):
        Volume.from_nibabel(volume_of("axial").to_nibabel(), modalty="CT")


@pytest.mark.parametrize("name", ["nibabel", "SimpleITK", "itk", "xarray"])
def test_a_package_that_is_not_there_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    volume = volume_of("axial")
    call = {"nibabel": volume.to_nibabel, "SimpleITK": volume.to_sitk, "itk": volume.to_itk, "xarray": volume.to_xarray}
    with pytest.raises(DecoderError, match=f"{name} is not installed, which this needs: pip install {name}"):
        call[name]()


def test_none_of_them_is_imported_before() -> None:
    script = (
        "import sys, numpy, viewer3d, viewer3d.formats.exchange\n"
        "viewer3d.Volume.from_array(numpy.ones((2, 2, 2)), numpy.eye(4)).resample(2)\n"
        "names = 'nibabel', 'SimpleITK', 'itk', 'xarray', 'pydicom', 'vtkmodules'\n"
        "print([one for one in names if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("grid", GRIDS)
def test_simpleitk_has_the_same_voxels_in_lps(grid: str, dtype: type) -> None:
    sitk = pytest.importorskip("SimpleITK")
    volume = volume_of(grid, dtype)
    image = volume.to_sitk()
    for index in [(0, 0, 0), (13, 10, 8), (3, 7, 2)]:
        assert image.TransformIndexToPhysicalPoint(index) == pytest.approx(
            tuple(volume.geometry.index_to_world(index)), abs=1e-9
        )
        assert image[index] == volume[index]
    assert_same(Volume.from_sitk(image), volume)
    flipped = Volume.from_sitk(sitk.Flip(image, [False, True, False]))  # voxels and origin, the direction left-handed
    assert flipped.value_at(volume.geometry.index_to_world((3, 7, 2))) == volume[3, 7, 2]


@pytest.mark.slow
def test_an_image_of_simpleitk_that_no_volume_holds_is_refused() -> None:
    sitk = pytest.importorskip("SimpleITK")
    for image, says in [
        (sitk.Image([2, 3], sitk.sitkInt16), "2 dimensions"),
        (sitk.Image([2, 3, 4], sitk.sitkVectorUInt8, 3), "3 values a voxel"),
        (sitk.Image([2, 3, 4], sitk.sitkComplexFloat32), "real numbers"),
        (3, "no image of SimpleITK"),
    ]:
        with pytest.raises(GeometryError, match=says):
            Volume.from_sitk(image)


def check_itk(grid: str) -> None:
    import itk

    volume = volume_of(grid)
    image = volume.to_itk()
    for index in [(0, 0, 0), (13, 10, 8), (3, 7, 2)]:
        place = [*image.TransformIndexToPhysicalPoint(index)]
        assert place == pytest.approx([*volume.geometry.index_to_world(index)], abs=1e-9)
        assert image.GetPixel(index) == volume[index]
    back = Volume.from_itk(image, unit="HU", modality="CT")
    assert_same(back, volume)
    with pytest.raises(GeometryError, match="2 dimensions"):
        Volume.from_itk(itk.image_from_array(np.zeros((2, 3), np.int16)))


@pytest.mark.slow
@pytest.mark.parametrize("grid", GRIDS)
def test_itk_has_the_same_voxels_in_lps(grid: str) -> None:
    """In a process of its own: itk 5.4.7 dies at import where SimpleITK and other decoders of JPEG 2000 were loaded."""
    if find_spec("itk") is None:
        pytest.skip("no itk here: pip install itk-core")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
        other.submit(check_itk, grid).result()


@pytest.mark.slow
@pytest.mark.parametrize("grid", GRIDS)
def test_xarray_has_the_places_of_axes_along_the_patient(grid: str) -> None:
    pytest.importorskip("xarray")
    volume = volume_of(grid)
    array = volume.to_xarray()
    assert array.dims == ("i", "j", "k")
    assert np.shares_memory(array.values, volume.voxels)
    assert (array.attrs["units"], array.attrs["space"], array.attrs["modality"]) == ("HU", "LPS", "CT")
    assert np.array_equal(array.attrs["affine"], volume.affine)
    if grid == "oblique":
        assert not {"x", "y", "z"} & set(array.coords)
        return
    x, y, z = volume.geometry.index_to_world((3, 7, 2))
    one = array.isel(i=3, j=7, k=2)
    assert (float(one.x), float(one.y), float(one.z)) == pytest.approx((x, y, z))
    assert int(one) == volume[3, 7, 2]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ct_torso_acrin", "mr_sag_hfs", "pet_ac_bqml", "ct_head_tilt_philips12"])
def test_real_series_come_back(name: str, real: object) -> None:
    pytest.importorskip("SimpleITK")
    volume = load(real(name))  # type: ignore[operator]
    assert_same(Volume.from_sitk(volume.to_sitk()), volume)
    assert_same(Volume.from_nibabel(volume.to_nibabel()), volume)


@pytest.mark.slow
def test_a_segmentation_is_a_label_map_elsewhere() -> None:
    sitk = pytest.importorskip("SimpleITK")
    volume = volume_of(next(iter(GRIDS)), np.int16)
    labels = np.zeros(volume.shape, np.uint8)
    labels[1:4, 2:5, 1:3], labels[5:7, 2:5, 4:6] = 3, 7
    found = Segmentation.from_array(labels, volume.affine, names={3: "Liver", 7: "Spleen"})
    image = found.to_nibabel()
    assert np.array_equal(np.asanyarray(image.dataobj), labels)
    np.testing.assert_allclose(image.affine, to_ras(volume.affine))
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)
    assert image.extra["names"] == {"3": "Liver", "7": "Spleen"}
    other = found.to_sitk()
    assert np.array_equal(sitk.GetArrayFromImage(other).T, labels)
    np.testing.assert_allclose(
        other.TransformIndexToPhysicalPoint((2, 3, 1)), volume.geometry.index_to_world((2, 3, 1)), atol=1e-9
    )


def test_labels_that_no_image_holds_are_refused() -> None:
    full = np.ones((2, 2, 2), np.uint8)
    both = Segmentation(
        (full, full * 2),
        Geometry(np.eye(4), (2, 2, 2)),
        (Segment(1, "A", (1, 2, 3)), Segment(2, "B", (4, 5, 6), layer=1)),
    )
    with pytest.raises(OutputError, match="overlap"):
        both.to_nibabel()
    sheared = np.eye(4)
    sheared[0, 1] = 0.3
    with pytest.raises(GeometryError, match="sheared"):
        replace(both, labels=(full,), segments=both.segments[:1], geometry=Geometry(sheared, (2, 2, 2))).to_nibabel()
