"""What lies over images is told by what is at the path."""

import nibabel
import numpy as np
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d.core.layers import Layer, place_layers
from viewer3d.errors import Viewer3DError
from viewer3d.formats.load_overlay import load_overlay


def test_a_label_map_and_a_series_are_told_apart(tmp_path):
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[1:3, 1:3, 1:3] = 5
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([-1.0, -1, 1, 1])), tmp_path / "organs.nii.gz")
    assert isinstance(load_overlay(tmp_path / "organs.nii.gz"), viewer3d.Segmentation)
    write_phantom(tmp_path / "ct", shape=(12, 10, 4), spacing=(30, 28, 180))
    base = load_overlay(tmp_path / "ct")
    assert isinstance(base, viewer3d.Volume)
    (regions,) = place_layers(base, Layer(tmp_path / "organs.nii.gz", same_frame=True)).regions
    assert [one.number for one in regions.regions] == [5]


def test_objects_of_dicom_are_told_by_what_they_are(real):
    assert isinstance(load_overlay(real("seg_liver")), viewer3d.Segmentation)
    place = real("ct_rtstruct")
    assert isinstance(load_overlay(place / "rt.dcm"), viewer3d.StructureSet)
    assert isinstance(load_overlay(place), viewer3d.Volume)  # where there are images, they are meant
    (first, *_) = viewer3d.scan(place).objects
    assert isinstance(load_overlay(place, first.sop_uid), viewer3d.StructureSet)


def test_nothing_at_a_place_is_one_clear_line(tmp_path):
    (tmp_path / "note.txt").write_text("none")
    with pytest.raises(Viewer3DError) as raised:
        load_overlay(tmp_path)
    assert "\n" not in str(raised.value)
