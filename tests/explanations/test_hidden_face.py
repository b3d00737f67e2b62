"""What explains maxima without a face names voxels that are in the picture."""

from __future__ import annotations

from pathlib import Path

import viewer3d
from viewer3d import figures, phantom
from viewer3d.explanations.picture import explain_pixel
from viewer3d.render.face.removal import face_to_hide

SIDE = (900, 400)


def test_voxels_behind_maxima_are_not_of_the_face(tmp_path: Path) -> None:
    data = viewer3d.save(phantom.head(shape=(64, 78, 91), spacing=(3, 3, 3)), tmp_path / "head.nii").path
    path = figures.mips(data, face_hidden=True, window=(0, 400), size=SIDE).save(tmp_path / "mips.png")
    cut = face_to_hide(viewer3d.load(data))
    for x in (340, 420):
        found = explain_pixel(path, (x, 230), data)
        (layer,) = found.layers
        for sample in layer.samples:
            for voxel in sample.voxels:
                world = viewer3d.load(data).geometry.index_to_world([voxel.index])
                assert not cut.contains(world).any()
            assert abs(sum(one.weight * one.value for one in sample.voxels) - layer.value) <= 0.501  # whole HU
