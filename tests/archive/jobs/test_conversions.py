"""Conversions of volumes and of what lies over them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import viewer3d
from tests.archive.items import KEY, context_of, made_item
from viewer3d import phantom
from viewer3d.archive.jobs.conversions import save_nifti


def test_a_volume_and_its_segments_are_saved(tmp_path: Path) -> None:
    volume = phantom.volume(shape=(12, 10, 8))
    over = [viewer3d.Layer(phantom.structures(volume.geometry), same_frame=True), phantom.organs(volume.geometry)]
    contexts = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        contexts.append(context_of(made_item(tmp_path), tmp_path / name, "nifti", volume=volume, over=over))
    made = save_nifti(volume, contexts[0])
    assert {one.name for one in made.files} == {one.name for one in (tmp_path / "a").iterdir()}
    assert [one.name for one in made.files][:2] == [f"{KEY}-nifti.nii.gz", f"{KEY}-nifti.json"]
    np.testing.assert_array_equal(viewer3d.load(made.files[0], unit="HU").voxels, volume.voxels)
    (overlapping,) = [one for one in made.files if one.name.endswith("-labels-1.seg.nrrd")]
    names = [one.name for one in viewer3d.load_segmentation(overlapping).segments]
    assert names == [one.name for one in phantom.structures(volume.geometry).rois]
    (labels,) = [one for one in made.files if one.name.endswith("-labels-2.nii.gz")]
    organs, found = phantom.organs(volume.geometry), viewer3d.load_segmentation(labels)
    assert [one.name for one in found.segments] == [one.name for one in organs.segments]
    np.testing.assert_array_equal(found.mask("Liver"), organs.mask("Liver"))
    again = save_nifti(volume, contexts[1])
    assert [one.read_bytes() for one in again.files] == [one.read_bytes() for one in made.files]
    assert made.numbers == again.numbers
