"""Volumes whose every marker's place is known from the affine alone."""

from __future__ import annotations

import numpy as np

from viewer3d.core.volume import Volume

SPACING = (0.8, 1.1, 2.3)
SHAPE = (50, 44, 30)
MARKER = (33, 12, 19)


def rotation(about: int, degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    R = np.eye(3)
    a, b = [n for n in range(3) if n != about]
    R[a, a], R[a, b], R[b, a], R[b, b] = c, -s, s, c
    return R


DIRECTIONS = {
    "identity": np.eye(3),
    "oblique": rotation(0, 25) @ rotation(2, -35),
    "flipped": np.diag([-1.0, -1.0, 1.0]),
    "sagittal": np.array([[0.0, 0, -1], [1, 0, 0], [0, -1, 0]]),
}


def marker_volume(direction: np.ndarray, dtype: type = np.int16) -> Volume:
    """A bright blob of 3 x 3 x 3 voxels around MARKER in a dim block."""
    voxels = np.full(SHAPE, -1000, dtype)
    voxels[tuple(slice(m - 1, m + 2) for m in MARKER)] = 1500
    affine = np.eye(4)
    affine[:3, :3] = direction * SPACING
    affine[:3, 3] = (-31.0, 17.0, 240.0)
    return Volume.from_array(voxels, affine, unit="HU", modality="CT")


def centroid(picture: np.ndarray, least: int) -> np.ndarray:
    """Middle (column, row) of what is at least so bright."""
    rows, columns = np.nonzero(picture >= least)
    assert len(rows), "nothing bright in the picture"
    return np.array([columns.mean(), rows.mean()])


def project(camera, world, size):
    """Return the pixels that a camera sees world points at, from the definition of a camera alone."""
    ahead = np.subtract(camera.focal_point, camera.position)
    ahead = ahead / np.linalg.norm(ahead)
    right = np.cross(ahead, camera.up)
    right /= np.linalg.norm(right)
    up = np.cross(right, ahead)
    away = np.subtract(world, camera.position)
    scale = min(size) / 2 / np.tan(np.radians(camera.angle / 2)) / (away @ ahead)
    return np.stack([(size[0] - 1) / 2 + scale * (away @ right), (size[1] - 1) / 2 - scale * (away @ up)], -1)


def long_plate(at, value=1000, background=-1000):
    """Return a volume of one bright slice across its longest axis."""
    voxels = np.full((12, 10, 81), background, np.int16)
    voxels[:, :, at] = value
    return Volume.from_array(voxels, np.eye(4), unit="HU")
