"""Directions of diffusion gradients: in the patient as the vendors write them, and as dcm2niix has them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

import viewer3d
from tests.dicom.made import image
from viewer3d import Volume, load_all

nibabel = pytest.importorskip("nibabel")

B_VALUES = (0.0, 1000.0, 1000.0, 1000.0)
DIRECTIONS = ((0.0, 0.0, 0.0), (0.36, 0.48, 0.8), (0.8, -0.36, 0.48), (-0.48, 0.8, 0.36))
PLANES = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "turned": ((-1, 0, 0), (0, 1, 0)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "oblique": ((0.955336, 0.29552, 0), (-0.289629, 0.936293, 0.198669)),
}


def ge(one: Dataset, b_value: float, direction: tuple[float, ...]) -> None:
    one.Manufacturer = "GE MEDICAL SYSTEMS"
    block = one.private_block(0x19, "GEMS_ACQU_01", create=True)
    for element, part in zip((0xBB, 0xBC, 0xBD), direction, strict=True):
        block.add_new(element, "DS", f"{part:.6g}")
    flagged = int(b_value) + 1_000_000_000 if b_value else 0
    one.private_block(0x43, "GEMS_PARM_01", create=True).add_new(0x39, "IS", [flagged, 8, 0, 0])


def ge_row(one: Dataset, b_value: float, direction: tuple[float, ...]) -> None:
    ge(one, b_value, direction)
    one.InPlanePhaseEncodingDirection = "ROW"


def united_imaging(one: Dataset, b_value: float, direction: tuple[float, ...]) -> None:
    one.Manufacturer = "UIH"
    block = one.private_block(0x65, "Image Private Header", create=True)
    block.add_new(0x09, "FD", b_value)
    block.add_new(0x37, "FD", list(direction))


def siemens(one: Dataset, b_value: float, direction: tuple[float, ...]) -> None:
    one.Manufacturer = "SIEMENS"
    block = one.private_block(0x19, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", int(b_value))
    if b_value:
        block.add_new(0x0E, "FD", list(direction))


def philips(one: Dataset, b_value: float, direction: tuple[float, ...]) -> None:
    one.Manufacturer = "Philips Medical Systems"
    one.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", b_value)
    block = one.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    for element, part in zip((0xB0, 0xB1, 0xB2), direction, strict=True):
        block.add_new(element, "FL", part)


VENDORS = (ge, ge_row, united_imaging, siemens, philips)


def diffusion(
    vendor: Callable[[Dataset, float, tuple[float, ...]], None],
    plane: str,
    directions: tuple[tuple[float, ...], ...] = DIRECTIONS,
) -> list[Dataset]:
    row, column = (np.array(one, float) for one in PLANES[plane])
    made = []
    for v, (b_value, direction) in enumerate(zip(B_VALUES, directions, strict=True)):
        for k in range(3):
            own: dict[str, Any] = {"AcquisitionTime": f"10{v:02d}00", "PatientPosition": "HFS"}
            one = image(1 + v * 3 + k, k, 100 * v + k, InPlanePhaseEncodingDirection="COL", **own)
            one.ImageOrientationPatient = [*row, *column]
            one.ImagePositionPatient = list(np.cross(row, column) * 3 * k)
            one.SliceThickness = 3
            vendor(one, b_value, direction)
            made.append(one)
    return made


def gradients(volumes: list[Volume]) -> np.ndarray[Any, Any]:
    """Directions in the order of the values of the volumes."""
    ordered = sorted(volumes, key=lambda one: float(one.voxels.mean()))
    return np.array([one.gradient or (0, 0, 0) for one in ordered])


def assert_parallel(found: Any, wanted: Any) -> None:
    """Both signs of a direction are one."""
    apart = np.minimum(np.abs(found - wanted).max(1), np.abs(found + wanted).max(1))
    assert apart.max() < 2e-3, (found, wanted)


def test_directions_of_ge_are_along_frequency_phase_and_slice() -> None:
    x, y, z = np.array(DIRECTIONS).T
    assert_parallel(gradients(load_all(diffusion(ge, "axial"))), np.column_stack([x, y, -z]))
    assert_parallel(gradients(load_all(diffusion(ge_row, "axial"))), np.column_stack([y, -x, -z]))
    # Columns lead down and rows to the back: the normal is towards the right.
    assert_parallel(gradients(load_all(diffusion(ge, "sagittal"))), np.column_stack([z, x, -y]))
    for one in load_all([without_phase(one) for one in diffusion(ge, "axial")]):
        assert one.gradient is None


def without_phase(one: Dataset) -> Dataset:
    del one.InPlanePhaseEncodingDirection
    return one


def test_directions_of_united_imaging_are_along_the_image() -> None:
    x, y, z = np.array(DIRECTIONS).T
    found = gradients(load_all(diffusion(united_imaging, "coronal")))
    assert_parallel(found, np.column_stack([x, z, -y]))


def test_a_note_tells_where_dcm2niix_reads_other_directions(tmp_path: Path) -> None:
    for vendor, is_told in ((ge, False), (united_imaging, True), (siemens, False)):
        source = diffusion(vendor, "axial")
        volumes = load_all(source)
        saved = viewer3d.save(volumes, f"{tmp_path / vendor.__name__}/", source=source)
        assert any("dcm2niix expects" in note for note in saved.notes) == is_told
    turned = [one.reoriented("PIR") for one in load_all(diffusion(ge, "axial"))]
    saved = viewer3d.save(turned, f"{tmp_path / 'turned'}/", source=diffusion(ge, "axial"))
    assert any("dcm2niix expects" in note for note in saved.notes)


def test_a_short_direction_of_ge_says_a_lower_b_value() -> None:
    shorter = (*DIRECTIONS[:3], (0.25, 0.3, -0.2))
    volumes = load_all(diffusion(ge, "axial", shorter))
    assert sorted(float(one.which["b_value"]) for one in volumes) == [0, 195, 1000, 1000]  # 192.5, rounded to 5
    wanted = np.array([0.25, 0.3, 0.2]) / np.linalg.norm([0.25, 0.3, 0.2])
    assert_parallel(gradients(volumes)[3:], wanted[None])


@pytest.mark.slow
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("plane", PLANES)
def test_dcm2niix_has_the_same_b_values_and_directions(
    vendor: Callable[[Dataset, float, tuple[float, ...]], None], plane: str, tmp_path: Path
) -> None:
    if shutil.which("dcm2niix") is None:
        pytest.skip("no dcm2niix here: pip install dcm2niix")
    (tmp_path / "in").mkdir()
    for one in diffusion(vendor, plane):
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.save_as(tmp_path / "in" / f"{one.InstanceNumber}.dcm", enforce_file_format=True)
    own = load_all(tmp_path / "in")
    words = ["dcm2niix", "-f", "a", "-z", "n", "-o", tmp_path, tmp_path / "in"]
    subprocess.run(words, check=True, capture_output=True)
    peer = load_all(tmp_path / "a.nii")
    assert_parallel(gradients(own), gradients(peer))
    for volumes in (own, peer):
        volumes.sort(key=lambda one: float(one.voxels.mean()))
    assert [one.which["b_value"] for one in own] == [one.which["b_value"] for one in peer]
    if vendor is not united_imaging:  # of which dcm2niix reads private attributes alone
        viewer3d.save(own, f"{tmp_path / 'derived'}/", source=tmp_path / "in")
        words = ["dcm2niix", "-f", "b", "-z", "n", "-o", tmp_path, tmp_path / "derived"]
        subprocess.run(words, check=True, capture_output=True)
        assert_parallel(gradients(load_all(tmp_path / "b.nii")), gradients(own))
    # And what is written of them is read again as it was.
    viewer3d.save(own, tmp_path / "own.nii")
    again = load_all(tmp_path / "own.nii")
    assert np.allclose(gradients(again), gradients(own), atol=1e-5)
