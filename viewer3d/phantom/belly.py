"""Organs of the belly and pelvis, and the muscles along the spine and hips."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from viewer3d.phantom.chest import diaphragm
from viewer3d.phantom.shapes import (
    Array,
    BodyPart,
    Node,
    Profile,
    SamplePoints,
    ellipsoid,
    intersection,
    mirrored,
    rotated_points,
    round_cone,
    smooth_path,
    solid,
    tube,
    union,
)
from viewer3d.phantom.trunk import FAT, MUSCLE, cavity, texture

LIVER = 65.0
GALL = 8.0
SPLEEN = 110.0
CORTEX_OF_KIDNEY, MEDULLA = 180.0, 110.0
PANCREAS = 85.0
STOMACH_JUICE = 20.0
GAS = -970.0
BOWEL_WALL, CHYME, STOOL = 75.0, 22.0, 10.0
URINE = 6.0
PROSTATE = 50.0

# --- liver and spleen -------------------------------------------------------------------------------------------


def liver(w: SamplePoints) -> Array:
    """Return the distance to the liver: from the right dome to a slanting lower face, thinner leftwards."""
    under = np.maximum(cavity(w) + 8, (w.z - diaphragm(w) + 3) * np.float32(0.7))
    right = ellipsoid(w, (-66, 4, 56), (80, 96, 92))
    face = np.float32(-14) - w.z + np.float32(0.30) * (w.x + 90) - np.float32(0.10) * w.y
    right = intersection(right, face * np.float32(0.92), 22)
    left = ellipsoid(w, (8, -50, 66), (64, 36, 30))
    d = union(right, left, 16)
    d = intersection(d, -ellipsoid(w, (-22, 28, 10), (34, 38, 62)), 10)
    return intersection(under, d, 6)


def _liver_tissue(w: SamplePoints) -> Array:
    return np.float32(LIVER) + texture(w, 11, 4) + texture(w, 27, 3)


def spleen(w: SamplePoints) -> Array:
    """Return the distance to the spleen, in mm; float32, shape of the points."""
    body = ellipsoid(rotated_points(w, (90, 40, 40), (0.35, 0.35, -0.87)), (0, 0, 0), (25, 36, 56))
    body = np.maximum(body, (w.z - diaphragm(w) + 3) * np.float32(0.7))
    return intersection(intersection(body, cavity(w) + 9, 6), -ellipsoid(w, (54, 4, 44), (31, 34, 46)), 8)


def _spleen_tissue(w: SamplePoints) -> Array:
    return np.float32(SPLEEN) + texture(w, 6, 7)


# --- kidneys ----------------------------------------------------------------------------------------------------

LEFT_KIDNEY, RIGHT_KIDNEY = (62.0, 33.0, 6.0), (-63.0, 35.0, -14.0)


def kidney(centre: tuple[float, float, float]) -> list[BodyPart]:
    """Build a kidney around a point (LPS, mm): the whole of it, its sinus, and its pelvis with the ureter."""
    side = np.sign(centre[0])
    axis = (0.30 * side, 0.22, -0.93)

    def whole(w: SamplePoints) -> Array:
        d = ellipsoid(rotated_points(w, centre, axis), (0, 0, 0), (27, 23, 52))
        hilum = ellipsoid(w, (centre[0] - 25 * side, centre[1] - 8, centre[2]), (16, 13, 19))
        return intersection(d, -hilum, 6)

    def flesh(w: SamplePoints) -> Array:
        local = rotated_points(w, centre, axis)
        depth = -ellipsoid(local, (0, 0, 0), (27, 23, 52))
        angle = np.sin(local.z * np.float32(0.26)) * np.sin(np.arctan2(local.y, local.x) * 4)
        inner = np.clip((depth - 8 + 3 * angle) / 2, 0, 1)
        tissue: Array = np.float32(CORTEX_OF_KIDNEY) + np.float32(MEDULLA - CORTEX_OF_KIDNEY) * inner
        return tissue

    def sinus(w: SamplePoints) -> Array:
        middle = (centre[0] - 10 * side, centre[1] - 3, centre[2])
        return ellipsoid(rotated_points(w, middle, axis), (0, 0, 0), (12, 9, 27))

    low, high = np.subtract(centre, (42, 42, 62)), np.add(centre, (42, 42, 62))
    pelvis: list[Node] = [
        (centre[0] - 8 * side, centre[1] - 3, centre[2] + 10, 4.0),
        (centre[0] - 24 * side, centre[1] - 8, centre[2] - 10, 5.0),
        (centre[0] - 27 * side, centre[1] - 12, centre[2] - 40, 2.4),
        (38 * side, 6, -110, 2.2),
    ]
    return [solid(low, high, whole, (0, flesh)), solid(low, high, sinus, (0, FAT + 10)), *tube(pelvis, (0, URINE + 8))]


# --- stomach and bowel ------------------------------------------------------------------------------------------


def _filled(nodes: list[Node], wall: float, level: float, filling: float, gas_level: float) -> list[BodyPart]:
    """Build a piece of gut with a wall of some mm, filled, with gas in front of y = `gas_level`."""

    def inside(w: SamplePoints) -> Array:
        gas = np.clip((np.float32(gas_level) - w.y) / 2 + np.float32(0.5), 0, 1)
        food = np.float32(filling) + texture(w, 5, level)
        food += (np.float32(GAS) - food) * gas
        return food

    return tube(nodes, (0.0, BOWEL_WALL), (wall, inside), step=13)


STOMACH: list[Node] = [
    (44, 28, 66, 19), (56, 12, 58, 28), (58, -20, 40, 29), (46, -50, 16, 24), (20, -62, 4, 19), (-8, -56, 10, 14),
    (-24, -44, 18, 10),
]  # fmt: skip


def _haustra(nodes: list[Node], depth: float) -> list[Node]:
    points = smooth_path(nodes, 9)
    return [(x, y, z, r * (1 + depth * float(np.sin(1.9 * n)))) for n, (x, y, z, r) in enumerate(points)]


_RIGHT_COLON: list[Node] = [(-72, -20, -150, 24), (-88, -6, -110, 25), (-94, 0, -60, 22), (-92, -14, -28, 20)]
_MIDDLE_COLON: list[Node] = [
    (-92, -22, -26, 20), (-72, -60, -36, 19), (-30, -74, -52, 18), (20, -74, -48, 18), (64, -66, -14, 17),
    (94, -28, 22, 17),
]  # fmt: skip
_LEFT_COLON: list[Node] = [
    (98, -6, 26, 16), (100, 12, -10, 14), (98, 10, -70, 13), (88, 0, -120, 13), (66, 2, -158, 14), (30, -16, -160, 15),
    (4, 10, -172, 15), (-4, 44, -190, 15), (2, 49, -215, 17), (2, 47, -245, 18), (1, 42, -268, 11),
]  # fmt: skip


_COILS = ((0, 62, -70), (1, 70, -94), (0, 64, -118), (1, 60, -142), (0, 50, -166), (1, 38, -188))
"""Rows of small bowel: from which side they begin, half their width and their height, mm."""


def _coil(side: int, half: float, z: float) -> list[Node]:
    n = np.arange(11)
    x = np.linspace(-half, half, 11)[:: 1 - 2 * side] + 7 * np.sin(2.7 * n + z)
    y = -44 + 26 * np.sin(1.9 * n + z) - 10 * np.cos(x / 50)
    height = z + 13 * np.cos(2.3 * n + z / 9)
    radius = 10.5 + 1.8 * np.sin(n + z)
    return [tuple(float(c) for c in node) for node in zip(x, y, height, radius, strict=True)]  # type: ignore[misc]


_JEJUNUM: list[Node] = [
    (36, -6, -30, 11), (58, -22, -26, 13), (76, -38, -34, 12), (62, -52, -48, 12), (80, -36, -58, 13),
    (64, -14, -62, 12),
        (40, -34, -56, 12), (30, -56, -66, 11),
]  # fmt: skip
_DUODENUM: list[Node] = [
    (-24, -40, 18, 12), (-44, -14, 16, 13), (-46, 4, -20, 12), (-30, 4, -44, 12), (10, 2, -42, 11), (36, -6, -30, 11),
]  # fmt: skip

_BOWEL = [
    *_filled(_DUODENUM, 2.5, 4, CHYME, -30),
    *_filled(_JEJUNUM, 2.8, 4, CHYME, -60),
    *(part for row in _COILS for part in _filled(_coil(*row), 2.4, 5, CHYME, -62 + 0.06 * row[2])),
    *_filled(_haustra(_RIGHT_COLON, 0.10), 2.5, 45, STOOL, -20),
    *_filled(_haustra(_MIDDLE_COLON, 0.12), 2.2, 12, STOOL, -58),
    *_filled(_haustra(_LEFT_COLON, 0.10), 2.5, 40, STOOL - 20, -6),
    *_filled([(2, 48, -222, 13), (2, 46, -240, 13)], 6, 0, -600, 44),
]  # fmt: skip

_PANCREAS: list[Node] = [(-30, -18, 0, 14), (-8, -24, 14, 10), (18, -20, 26, 9), (44, 6, 40, 9), (66, 24, 48, 8)]

# --- muscles ----------------------------------------------------------------------------------------------------

_PSOAS: list[Node] = [
    (26, 34, 20, 8), (34, 30, -40, 16), (42, 22, -100, 20), (62, -8, -170, 18), (82, -34, -225, 15),
    (100, -10, -300, 11),
]  # fmt: skip
_ERECTOR_Y = Profile((-190, 84), (-120, 69), (-60, 67), (0, 73), (80, 85), (170, 85), (260, 74), (330, 60), (400, 54))
_ERECTOR_SIZE = Profile((-190, 6), (-120, 14), (-60, 16), (0, 15), (80, 11), (170, 9), (260, 9), (400, 9))


def _flesh(w: SamplePoints) -> Array:
    return np.float32(MUSCLE) + texture(w, 6, 5)


def _erector(w: SamplePoints) -> Array:
    """Return the distance to the long muscles beside the spine, for x >= 0."""
    high = _ERECTOR_SIZE(w.z)
    r2 = np.square((w.x - 30) / (high * np.float32(1.7))) + np.square((w.y - _ERECTOR_Y(w.z)) / high)
    d: Array = np.maximum((np.sqrt(r2) - 1) * high, np.abs(w.z - 110) - 310)
    return d


def _gluteal_planes(w: SamplePoints) -> Array:
    """Return the distance to the fat between the three gluteal muscles, for x >= 0."""
    s = np.sqrt(np.square((w.x - 40) / np.float32(105)) + np.square((w.y + 30) / np.float32(130)))
    first, second = np.abs(s - 1) * 100 - np.float32(0.7), np.abs(s - np.float32(0.87)) * 100 - np.float32(0.3)
    region = ellipsoid(w, (105, 60, -210), (58, 62, 85))
    d: Array = np.maximum(np.minimum(first, second), region)
    return d


def _sheath(nodes: list[Node]) -> list[BodyPart]:
    """Build a muscle on both sides, each in a thin sheath of fat."""
    wrapped = [(x, y, z, r + 1.2) for x, y, z, r in nodes]
    rods = (*tube(wrapped, (0.0, FAT + 30)), *tube(nodes, (0.0, _flesh)))
    return [part for rod in rods for part in mirrored(rod)]


def _pelvic_floor(w: SamplePoints) -> Array:
    return intersection(np.abs(cavity(w) + 7) - 4, w.z + 205, 8)


_MUSCLES = (
    *mirrored(solid((-60, 38, -201), (60, 102, 421), _erector, (-1, FAT + 40), (0, _flesh))),
    *_sheath(_PSOAS),
    *mirrored(solid((40, -5, -300), (170, 125, -120), _gluteal_planes, (0, FAT + 25))),
    solid((-90, -92, -290), (90, 92, -190), _pelvic_floor, (0, _flesh)),
)


def _gall_bladder(w: SamplePoints) -> Array:
    return ellipsoid(rotated_points(w, (-40, -58, 12), (0.2, -0.4, -0.9)), (0, 0, 0), (14, 15, 26))


def bladder(w: SamplePoints) -> Array:
    """Return the distance to the urinary bladder, in mm; float32, shape of the points."""
    return ellipsoid(w, (3, -34, -232), (40, 32, 27))


PROSTATE_CENTER, PROSTATE_RADII = (0.0, -24.0, -268.0), (22.0, 17.0, 18.0)
"""The prostate is an ellipsoid along x, y and z; mm."""


def _prostate(w: SamplePoints) -> Array:
    return ellipsoid(w, PROSTATE_CENTER, PROSTATE_RADII)


RECTUM: Final = tuple(node for node in _haustra(_LEFT_COLON, 0.10) if node[2] < -186)
"""Middle and radius of the rectum and of the lower end of the sigmoid colon, from above; mm."""


def rectum(w: SamplePoints) -> Array:
    """Return the distance to the outer wall of the rectum, in mm; float32, shape of the points."""
    rods = [round_cone(w, a[:3], b[:3], a[3], b[3]) for a, b in pairwise(smooth_path(RECTUM, 13))]
    nearest: Array = np.minimum.reduce(rods)
    return nearest


ORGANS = (
    *_MUSCLES,
    solid((-140, -104, -40), (76, 104, 125), liver, (0, _liver_tissue)),
    solid((-62, -84, -14), (-14, -34, 40), _gall_bladder, (0, 50.0), (2, GALL)),
    solid((45, -8, -25), (140, 104, 120), spleen, (0, _spleen_tissue)),
    *kidney(LEFT_KIDNEY),
    *kidney(RIGHT_KIDNEY),
    *tube(_PANCREAS, (0.0, PANCREAS), step=10),
    *_filled(STOMACH, 3.5, 6, STOMACH_JUICE, -34),
    *_BOWEL,
    solid((-45, -76, -262), (50, 10, -200), bladder, (0, 45.0), (2.5, URINE)),
    solid((-26, -50, -290), (26, 0, -250), _prostate, (0, PROSTATE)),
)  # fmt: skip
