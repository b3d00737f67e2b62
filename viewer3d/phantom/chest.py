"""Lungs with their airways and vessels, and the heart, in the arterial phase of a contrast injection."""

from __future__ import annotations

import numpy as np

from viewer3d.phantom.shapes import (
    Array,
    BodyPart,
    Node,
    Profile,
    SamplePoints,
    blend_tissue,
    ellipsoid,
    intersection,
    rotated_points,
    solid,
    tube,
    union,
)
from viewer3d.phantom.trunk import FAT, cavity, texture

LUNG_HU = -850.0
LUNG_BLOOD = 60.0
MYOCARDIUM = 105.0
LEFT_BLOOD = 330.0
RIGHT_BLOOD = 260.0
"""HU of the chambers: contrast of 250 to 350 HU is what a CT angiography aims at."""
LUMEN = -990.0
AIRWAY_WALL = 20.0

_SIDE = 12.0  # mm over which the right dome passes into the left one


def diaphragm(w: SamplePoints) -> Array:
    """Return the height of the diaphragm at each point's x and y: float32, LPS mm, shape of the points."""
    right = 1 / (1 + np.exp(w.x / np.float32(_SIDE)))
    r2 = np.square(w.x / np.float32(124)) + np.square((w.y - 2) / np.float32(90))
    saddle = np.float32(14) * np.exp(-np.square(w.x / np.float32(30)))
    height = np.float32(108) + 13 * right - saddle - 34 * r2 - 22 * np.square(r2)
    d: Array = height - np.float32(0.24) * np.maximum(w.y, 0)
    return d


_MEDIASTINUM = Profile((30, 10), (110, 14), (180, 24), (225, 21), (260, 24), (316, 30))


def _lungs(w: SamplePoints, hu: Array) -> None:
    between = 4 + _MEDIASTINUM(w.z) * np.exp(-np.square((w.y - 4) / np.float32(40)))
    d = np.maximum(cavity(w) + 8, between - np.abs(w.x - 2))
    if w.z.min() < 125:
        d = np.maximum(d, (diaphragm(w) - w.z) * np.float32(0.7))
    # The lung is denser towards the back: the patient lies on it.
    air = np.float32(LUNG_HU) + np.float32(0.35) * w.y + texture(w, 13, 14)
    blend_tissue(hu, d, air)
    fissure = np.abs(w.y * np.float32(0.72) + (w.z - 165) * np.float32(0.69) + np.float32(0.06) * w.x - 8)
    blend_tissue(hu, np.maximum(fissure - np.float32(0.1), d + 2), -640.0)


LUNGS = (BodyPart((-135, -105, 10), (135, 105, 310), _lungs),)

# --- airways ----------------------------------------------------------------------------------------------------

_AIRWAYS: tuple[tuple[Node, ...], ...] = (
    ((0, -14, 400, 9.5), (0, -10, 340, 9.5), (1, 0, 290, 9.5), (2, 8, 240, 9.5), (2, 10, 219, 9.5)),
    ((1, 10, 220, 8.5), (-14, 12, 205, 7.8), (-34, 14, 188, 6.5), (-46, 12, 172, 5.2)),
    ((3, 10, 220, 8), (18, 12, 207, 7), (40, 17, 194, 6), (54, 18, 182, 5)),
    ((-27, 14, 194, 4.5), (-44, 4, 206, 3.8), (-58, -8, 226, 2.6), (-66, -14, 246, 1.6)),
    ((-46, 12, 172, 4.5), (-58, 24, 148, 3.6), (-72, 36, 118, 2.5), (-82, 44, 90, 1.6)),
    ((-46, 12, 174, 4), (-62, -10, 160, 3), (-76, -36, 146, 1.8)),
    ((50, 18, 185, 4.2), (58, 0, 204, 3.4), (66, -14, 226, 2.4), (70, -20, 246, 1.6)),
    ((54, 18, 182, 4.5), (66, 30, 154, 3.4), (78, 42, 120, 2.4), (86, 48, 86, 1.6)),
    ((56, 14, 186, 3.4), (70, -16, 172, 2.6), (82, -42, 158, 1.6)),
)


def _airways() -> list[BodyPart]:
    walls = [part for nodes in _AIRWAYS for part in tube(_grown(nodes), (0.0, AIRWAY_WALL))]
    return [*walls, *(part for nodes in _AIRWAYS for part in tube(nodes, (0.0, LUMEN)))]


def _grown(nodes: tuple[Node, ...]) -> list[Node]:
    return [(x, y, z, r + 0.9 + 0.06 * r) for x, y, z, r in nodes]


# --- vessels of the lungs ---------------------------------------------------------------------------------------

_GOLDEN = np.pi * (3 - 5**0.5)


def _fan(count: int, start: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return `count` directions spread evenly over the sphere by the golden angle, shape (count, 3)."""
    z = 1 - 2 * (np.arange(count) + 0.5) / count
    angle = start + _GOLDEN * np.arange(count)
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], 1)


def _tree(hilum: tuple[float, float, float], centre: tuple[float, float, float], side: int) -> list[BodyPart]:
    """Build the vessels from a hilum into one lung: 19 branches that fork near their ends."""
    parts: list[BodyPart] = []
    root, middle = np.array(hilum), np.array(centre)
    reach = np.array([40.0, 62.0, 84.0])
    for n, direction in enumerate(_fan(19, 0.4 * side)):
        tip = middle + reach * direction * 0.62
        bend = 0.5 * (root + tip) + np.array([0, 0, 6.0 * np.sin(2.1 * n)])
        parts += tube([(*root, 4.4), (*bend, 3.2), (*tip, 2.0)], (0.0, LUNG_BLOOD), step=18)
        for m, twig in enumerate(_fan(5, 1.7 * n)):
            if twig @ direction < -0.2:
                continue
            end = tip + reach * (0.26 * twig + 0.13 * direction)
            knee = 0.5 * (tip + end) + 4.0 * np.array([np.sin(n + m), np.cos(n), np.sin(m)])
            parts += tube([(*tip, 1.9), (*knee, 1.4), (*end, 0.9)], (0.0, LUNG_BLOOD - 20), step=22)
    return parts


LUNG_TREES = (*_tree((-36, 6, 184), (-78, 6, 172), -1), *_tree((40, 8, 190), (80, 12, 180), 1))

# --- heart ------------------------------------------------------------------------------------------------------

APEX_WAY = (0.66, -0.60, -0.45)
"""Direction of the heart's axis from base to apex: left, front and down."""


def heart(w: SamplePoints) -> Array:
    """Return the distance to the sac around the heart, in mm; float32, shape of the points."""
    body = ellipsoid(rotated_points(w, (18, -40, 130), APEX_WAY), (0, 0, 0), (49, 47, 66))
    return intersection(union(body, ellipsoid(w, (-14, -24, 140), (36, 42, 46)), 14), cavity(w) + 9, 6)


def _left(w: SamplePoints) -> Array:
    return ellipsoid(rotated_points(w, (33, -38, 127), APEX_WAY), (0, 0, 0), (31, 31, 48))


def _left_chamber(w: SamplePoints) -> Array:
    local = rotated_points(w, (31, -36, 128.5), APEX_WAY)
    d = ellipsoid(local, (0, 0, 0), (20, 20, 38))
    # Papillary muscles: two ridges along the wall.
    ridges = ellipsoid(local, (13, 11, 6), (5, 5, 16)), ellipsoid(local, (-14, 10, 6), (5, 5, 16))
    return intersection(d, -np.minimum(*ridges), 3)


def _right_wall(w: SamplePoints) -> Array:
    return ellipsoid(rotated_points(w, (9, -55, 123), APEX_WAY), (0, 0, 0), (43, 27, 50))


def _right_chamber(w: SamplePoints) -> Array:
    d = ellipsoid(rotated_points(w, (8, -56, 123.5), APEX_WAY), (0, 0, 0), (39, 23, 46))
    return intersection(d, 1 - _left(w), 5)


def _muscle(w: SamplePoints) -> Array:
    return np.float32(MYOCARDIUM) + texture(w, 7, 6)


HEART_BOX = (-62, -104, 62), (88, 30, 200)

HEART = (
    solid(*HEART_BOX, heart, (0, 25.0), (1.5, FAT + 5)),
    solid(
        (-55, -65, 95),
        (0, 20, 190),
        lambda w: ellipsoid(w, (-26, -24, 138), (26, 33, 36)),
        (0, 80.0),
        (2.5, RIGHT_BLOOD),
    ),
    solid(
        (-30, -30, 120),
        (62, 35, 190),
        lambda w: ellipsoid(w, (16, 2, 154), (36, 22, 25)),
        (0, 70.0),
        (2.5, LEFT_BLOOD - 10),
    ),
    solid(*HEART_BOX, _right_wall, (0, 90.0)),
    solid(*HEART_BOX, _right_chamber, (0, RIGHT_BLOOD)),
    solid(*HEART_BOX, _left, (0, _muscle)),
    solid(*HEART_BOX, _left_chamber, (0, LEFT_BLOOD)),
)

CHEST = (*LUNGS, *LUNG_TREES, *_airways(), *HEART)
