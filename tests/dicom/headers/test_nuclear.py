"""Nuclear Medicine: where reconstructed slices are, and what parts them (PS3.3 C.8.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

import viewer3d
from tests.dicom.small import AXIAL, firsts, image, save, turned
from viewer3d.errors import StackError

FRAME = 48
"""Pixels of a frame, and so how much its first pixel is above that of the frame before."""


def tomo(frames: int = 5, between: float | None = 4.4, detectors: int = 1, **tags: Any) -> Dataset:
    items = []
    for number in range(detectors):
        item = Dataset()
        item.ImagePositionPatient = [-100.0 + 10 * number, -120.0, 200.0]
        item.ImageOrientationPatient = tags.pop("orientation", AXIAL)
        items.append(item)
    said = {
        "Modality": "NM",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.20",
        "ImageType": ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"],
        "ImageOrientationPatient": None,
        "NumberOfFrames": frames,
        "FrameIncrementPointer": 0x00540080,
        "SliceVector": list(range(1, frames + 1)),
        "NumberOfSlices": frames,
        "SpacingBetweenSlices": between,
        "DetectorInformationSequence": items,
    }
    return image(0, None, **{**said, **tags})


@pytest.mark.parametrize("between", [4.4, -4.4])
def test_frames_step_from_the_first_as_the_sign_of_the_spacing_says(between: float, tmp_path: Path) -> None:
    volume = viewer3d.load(save(tmp_path, [tomo(between=between)]))
    assert volume.shape == (8, 6, 5)
    for k in range(5):
        number = firsts(volume)[k] // FRAME
        assert volume.geometry.index_to_world((0, 0, k)) == pytest.approx((-100, -120, 200 + between * number))
    assert sorted(firsts(volume)) == [FRAME * k for k in range(5)]
    assert volume.spacing == pytest.approx((0.75, 1.5, 4.4))


def test_an_oblique_reconstruction_steps_along_its_own_normal(tmp_path: Path) -> None:
    volume = viewer3d.load(save(tmp_path, [tomo(orientation=turned(30))]))
    normal = np.array([0, -0.5, np.sqrt(0.75)])
    assert volume.affine[:3, 2] == pytest.approx(4.4 * normal)
    assert firsts(volume) == [FRAME * k for k in range(5)]


def test_the_slice_vector_says_which_slice_a_frame_is(tmp_path: Path) -> None:
    volume = viewer3d.load(save(tmp_path, [tomo(SliceVector=[3, 1, 2, 5, 4])]))
    assert firsts(volume) == [FRAME * k for k in (1, 2, 0, 4, 3)]
    assert volume.affine[:3, 3].tolist() == [-100, -120, 200]


def test_a_position_at_the_top_level_is_read_too(tmp_path: Path) -> None:
    made = tomo(DetectorInformationSequence=None, ImageOrientationPatient=AXIAL)
    made.ImagePositionPatient = [1.0, 2.0, 3.0]
    assert viewer3d.load(save(tmp_path, [made])).affine[:3, 3].tolist() == [1, 2, 3]


def test_gated_slices_are_a_volume_for_each_slot(tmp_path: Path) -> None:
    gated = tomo(
        6,
        ImageType=["ORIGINAL", "PRIMARY", "RECON GATED TOMO", "EMISSION"],
        SliceVector=[1, 2, 3, 1, 2, 3],
        TimeSlotVector=[1, 1, 1, 2, 2, 2],
        RRIntervalVector=[1] * 6,
    )
    volumes = viewer3d.load_all(save(tmp_path, [gated]))
    assert [firsts(volume) for volume in volumes] == [[0, 48, 96], [144, 192, 240]]
    assert [volume.which for volume in volumes] == [{"phase": 0.0}, {"phase": 1.0}]
    assert volumes[0].geometry is volumes[1].geometry


def test_energy_windows_are_volumes_of_their_own(tmp_path: Path) -> None:
    double = tomo(6, SliceVector=[1, 2, 3, 1, 2, 3], EnergyWindowVector=[2, 2, 2, 1, 1, 1])
    volumes = viewer3d.load_all(save(tmp_path, [double]))
    assert [firsts(volume) for volume in volumes] == [[144, 192, 240], [0, 48, 96]]
    assert [volume.which for volume in volumes] == [{"energy_window": 1.0}, {"energy_window": 2.0}]


def test_frames_of_two_detectors_are_where_each_says(tmp_path: Path) -> None:
    double = tomo(6, detectors=2, SliceVector=[1, 2, 3, 1, 2, 3], DetectorVector=[1, 1, 1, 2, 2, 2])
    volumes = viewer3d.load_all(save(tmp_path, [double]))
    assert sorted(volume.affine[0, 3] for volume in volumes) == [-100, -90]


def test_without_a_spacing_between_slices_one_by_hand_fills_it_in(tmp_path: Path) -> None:
    folder = save(tmp_path, [tomo(between=None)])
    with pytest.raises(StackError, match=r"4 of 5 images have no Image Position"):
        viewer3d.load(folder)
    volume = viewer3d.load(folder, spacing=(9, 9, 3))
    assert volume.affine[:3, 3].tolist() == [-100, -120, 200]  # the place of the first is true, and stays
    assert volume.spacing == (0.75, 1.5, 3)
    assert firsts(volume) == [FRAME * k for k in range(5)]


def test_projections_are_no_slices(tmp_path: Path) -> None:
    turning = tomo(ImageType=["ORIGINAL", "PRIMARY", "TOMO", "EMISSION"], AngularViewVector=[1, 2, 3, 4, 5])
    with pytest.raises(StackError, match="no Image"):
        viewer3d.load(save(tmp_path, [turning]))


def test_reconstructed_slices_in_files_of_one_frame(tmp_path: Path) -> None:
    images = []
    for k in range(4):
        one = tomo(1, SliceVector=None)
        one.DetectorInformationSequence[0].ImagePositionPatient = [0.0, 0.0, 4.4 * k]
        one.SOPInstanceUID = f"1.2.3.{k + 1}"
        one.PixelData = (np.arange(FRAME) + FRAME * k).astype("<i2").tobytes()
        images.append(one)
    volume = viewer3d.load(save(tmp_path, images))
    assert firsts(volume) == [FRAME * k for k in range(4)]
    assert volume.spacing[2] == pytest.approx(4.4)
