"""Masks of known shapes, what is true of the meshes around them, and a volume with much air."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viewer3d import phantom
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.vectors import Points
from viewer3d.core.volume import Volume
from viewer3d.render.volume.mesh_shape import volume_gradients

TILTED = np.array([[0.7, 0, 0.3, -40], [0, 0.7, 1.2, 30], [0, 0, 4, 110], [0, 0, 0, 1]])
"""Of slices that are sheared, as a tilted gantry leaves them."""


def ball(radius: float, sides=(1.0, 1.0, 1.0)) -> Segmentation:
    """A ball about the world's origin, which lies between voxel centres."""
    counts = [int(2 * radius / side) + 5 for side in sides]
    affine = np.diag([*sides, 1.0])
    affine[:3, 3] = [
        -(count / 2 - part) * side for count, side, part in zip(counts, sides, (0.2, 0.3, 0.1), strict=True)
    ]
    index = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), -1)
    inside = ((index @ affine[:3, :3] + affine[:3, 3]) ** 2).sum(-1) < radius**2
    return Segmentation.from_array(inside, affine, names=["Ball"], frame_of_reference="1.2.3")


def enclosed(points: Points, triangles) -> float:
    """The volume within a closed mesh in mm3, by the divergence theorem."""
    own = points - points.mean(0)
    first, second, third = (own[triangles[:, n]] for n in range(3))
    return float(np.einsum("ij,ij->", first, np.cross(second, third)) / 6)


def is_closed(triangles) -> bool:
    """Whether each edge of a triangle is that of one other, the other way round: closed, and of one orientation."""
    edges = np.concatenate([triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]).astype(np.int64)
    there, back = (np.sort(edges[:, a] << 32 | edges[:, 1 - a]) for a in (0, 1))
    return bool(np.array_equal(there, back) and (np.diff(there) > 0).all())


def normals(mesh):
    gradients = volume_gradients(mesh.points, mesh.triangles)
    return gradients / np.linalg.norm(gradients, axis=1, keepdims=True)


def phantom_in_air() -> Volume:
    """The phantom, small, off the middle of much air; bone fills less of it than skin, which is beside it, too."""
    small = phantom.volume(shape=(70, 60, 50))
    voxels = np.full((150, 170, 160), -1000, np.int16, order="F")
    voxels[60:130, 55:115, 60:110] = small.voxels
    voxels[5:10, 60:70, 60:70] = 0
    return Volume(voxels, replace(small.geometry, shape=voxels.shape), "HU")
