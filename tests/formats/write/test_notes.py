"""What files that are written hold of the notes of a volume: ids and numbers, and no name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import Note, Volume
from viewer3d.phantom import Faults

NOTES = (
    Note("Doe was tilted.", "slices.tilted", frames=40, moved_mm=12.5),
    Note("Doe's a.dcm is that of b.dcm.", "images.duplicates", files=("a.dcm", "b.dcm"), frames=2),
)
TEXT = "slices.tilted frames=40 moved_mm=12.5; images.duplicates files=2 frames=2"


@pytest.fixture
def volume() -> Volume:
    return Volume.from_array(np.zeros((4, 5, 6), np.int16), np.eye(4), modality="CT", unit="HU", notes=NOTES)


def test_a_side_car_has_a_value_of_each(volume: Volume, tmp_path: Path) -> None:
    viewer3d.save(volume, tmp_path / "a.nii")
    assert json.loads((tmp_path / "a.json").read_text())["ConversionNotes"] == [
        {"id": "slices.tilted", "frames": 40, "moved_mm": 12.5},
        {"id": "images.duplicates", "files": 2, "frames": 2},
    ]
    viewer3d.save(volume.with_info(notes=()), tmp_path / "b.nii")
    assert "ConversionNotes" not in (tmp_path / "b.json").read_text()


def test_nrrd_has_a_key(volume: Volume, tmp_path: Path) -> None:
    viewer3d.save(volume, tmp_path / "a.nrrd")
    head = (tmp_path / "a.nrrd").read_bytes().partition(b"\n\n")[0].decode()
    assert f"\nviewer3d_notes:={TEXT}" in head
    assert "Doe" not in head
    assert "a.dcm" not in head
    assert viewer3d.load(tmp_path / "a.nrrd").digest == volume.digest
    viewer3d.save(volume.with_info(notes=()), tmp_path / "b.nrrd")
    assert b"viewer3d_notes" not in (tmp_path / "b.nrrd").read_bytes()


def test_a_derived_series_has_image_comments(tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", shape=(14, 12, 6), spacing=(20.0, 22.0, 40.0), faults=Faults(tilt=10.0))
    tilted = viewer3d.load(tmp_path / "ct")
    saved = viewer3d.save(tilted, f"{tmp_path / 'out'}/", source=tmp_path / "ct")
    comments = pydicom.dcmread(saved.files[0]).ImageComments
    mm = next(one.moved_mm for one in tilted.notes if one.id == "slices.tilted")
    assert comments == f"viewer3d notes: slices.tilted frames=6 moved_mm={mm:.6g}; slices.filled frames=6"
    bare = viewer3d.save(tilted.with_info(notes=()), f"{tmp_path / 'bare'}/", source=tmp_path / "ct")
    assert "ImageComments" not in pydicom.dcmread(bare.files[0])
