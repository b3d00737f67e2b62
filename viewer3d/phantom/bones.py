"""The skeleton: a bright shell of cortical bone round duller marrow.

All 20 vertebrae from C5 to L5 are one shape of a continuous vertebra number, and all 24 ribs are one of a continuous
rib number: a point is first asked which vertebra or rib it is nearest to.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise

import numpy as np

from viewer3d.phantom.shapes import (
    Array,
    BodyPart,
    Node,
    Profile,
    SamplePoints,
    blend_tissue,
    intersection,
    mirrored,
    round_cone,
    smooth_path,
    solid,
    sphere,
    union,
)
from viewer3d.phantom.trunk import cavity, texture

CORTEX = 950.0
MARROW = 190.0
DISC = 85.0
CARTILAGE = 110.0
SPINAL_CORD = 30.0

_C7, _FIRST, _GROWTH = 330.0, 18.0, 0.5
"""z of the middle of C7, mm; vertebra n below it (T1 is 1, L1 is 13) lies 18 n + n^2 / 2 mm lower."""

SPINE_Y = Profile(
    (-150, 40), (-130, 31), (-100, 24), (-60, 22), (-20, 27), (30, 35), (90, 44), (150, 50), (210, 50), (260, 44),
    (300, 36), (330, 29), (365, 24),
)  # fmt: skip
"""Middle of the vertebral bodies, mm from y = 0, by height."""

_BODY_WIDTH = Profile((-140, 26), (-60, 24), (30, 20), (150, 16), (260, 14), (320, 14), (365, 12))
_BODY_DEPTH = Profile((-140, 17), (-60, 17), (30, 16), (150, 15), (260, 12), (320, 9.5), (365, 9))


def vertebra_z(n: float) -> float:
    """Return the height of the middle of vertebra n in mm: C7 is 0, T1 to T12 1 to 12, L1 to L5 13 to 17."""
    return _C7 - _FIRST * n - _GROWTH * n * n


def _vertebra(z: Array) -> tuple[Array, Array]:
    """Return the number of the nearest vertebra, and the height above its middle as a part of its pitch."""
    z = np.minimum(z, np.float32(_SPINE_HIGH + 20))
    root = np.sqrt(np.float32(_FIRST**2 + 4 * _GROWTH * _C7) - np.float32(4 * _GROWTH) * z)
    n = (root - np.float32(_FIRST)) / np.float32(2 * _GROWTH)
    whole = np.rint(n)
    return whole, whole - n


def _pitch(n: Array) -> Array:
    return np.float32(_FIRST) + np.float32(2 * _GROWTH) * n


_SPINE_LOW, _SPINE_HIGH = vertebra_z(17.5), 430.0
"""The lower face of L5, and far up in the neck, where nobody scans any more; mm."""


def _in_spine(w: SamplePoints, d: Array) -> Array:
    ended: Array = np.maximum(d, np.maximum(np.float32(_SPINE_LOW) - w.z, w.z - np.float32(_SPINE_HIGH)))
    return ended


def _disc_column(w: SamplePoints) -> Array:
    wide, deep = _BODY_WIDTH(w.z), _BODY_DEPTH(w.z)
    y = w.y - SPINE_Y(w.z)
    r = np.sqrt(np.square(w.x / wide) + np.square(y / deep))
    return _in_spine(w, (r - 1) * np.minimum(wide, deep))


def _bodies(w: SamplePoints) -> Array:
    n, t = _vertebra(w.z)
    pitch = _pitch(n)
    # Vertebral bodies are narrower in the middle than at their end plates.
    column = _disc_column(w) + np.float32(2.2) * (1 - np.square(2.4 * t))
    ends = np.abs(t) * pitch - pitch * np.float32(0.38)
    return _in_spine(w, intersection(column, ends, 5))


def _arches(w: SamplePoints) -> Array:
    """Return the distance to pedicles, laminae, transverse and spinous processes, for x >= 0."""
    n, t = _vertebra(w.z)
    pitch = _pitch(n)
    h = t * pitch
    size = np.float32(0.72) + n * np.float32(0.022)  # of L1
    y = w.y - SPINE_Y(w.z) - _BODY_DEPTH(w.z)
    ring = np.sqrt(np.square(w.x / np.float32(1.1)) + np.square(y - 8 * size)) - 11 * size
    up = h - np.float32(1)
    lamina = intersection(np.abs(ring) - np.float32(3.2) * size, np.abs(up) - pitch * np.float32(0.34), 4)
    lamina = np.maximum(lamina, -(y + 3))
    thoracic = ((n > 0.5) & (n < 12.5)).astype(np.float32)
    reach = (np.float32(26) + 3 * size) * (1 - np.float32(0.12) * thoracic)
    back = w.x * (np.float32(0.15) + np.float32(0.35) * thoracic)
    side = np.sqrt(np.square(y - 8 - back + 8 * thoracic) + np.square((h - 2) / np.float32(1.3))) - 4 * size
    reach = np.where(n < 0.5, np.float32(21), reach)
    transverse = intersection(side, np.abs(w.x - 8) - (reach - 8), 4)
    drop = h + (y - 16) * (np.float32(0.25) + np.float32(0.55) * thoracic)
    half = np.float32(4) + np.float32(5.5) * size
    blade = intersection(w.x - 3 * size, np.abs(drop) - (np.float32(6) + 3 * size), 4)
    spinous = intersection(blade, np.abs(y - 14 - half) - half, 5)
    return _in_spine(w, union(union(lamina, transverse, 5), spinous, 5))


def _canal(w: SamplePoints) -> Array:
    n, _ = _vertebra(w.z)
    size = np.float32(0.72) + n * np.float32(0.022)
    y = w.y - SPINE_Y(w.z) - _BODY_DEPTH(w.z) - 8 * size
    return _in_spine(w, np.sqrt(np.square(w.x / np.float32(1.15)) + np.square(y)) - 7.5 * size)


def _spongy(w: SamplePoints) -> Array:
    return np.float32(MARROW) + texture(w, 4.5, 35)


SPINE = (
    solid((-28, 0, _SPINE_LOW), (28, 75, _SPINE_HIGH), _disc_column, (1, DISC)),
    *mirrored(solid((-48, 15, _SPINE_LOW), (48, 125, _SPINE_HIGH), _arches, (0, 800.0), (2, _spongy))),
    solid((-28, 0, _SPINE_LOW), (28, 75, _SPINE_HIGH), _bodies, (0, 700.0), (1.8, _spongy)),
    solid((-14, 20, _SPINE_LOW), (14, 90, _SPINE_HIGH), _canal, (0, SPINAL_CORD)),
)

# --- ribs and breastbone ----------------------------------------------------------------------------------------

_STERNAL_DROP = 50.0
"""A true rib's cartilage meets the breastbone about so far below its vertebra, mm."""

_BONE_ENDS = (0.88, 0.83, 0.80, 0.77, 0.74, 0.70, 0.66, 0.60, 0.52, 0.43, -0.05, -0.45)
_CARTILAGE_ENDS = (1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 1.1, 0.90, 0.80, 0.68, -0.05, -0.45)
"""Where the bone and the cartilage of ribs 1 to 12 end: minus the cosine of the angle round the chest, -1 at the
spine, 0 at the side, 1 at the breastbone. The cartilages of 8 to 10 join the one above; 11 and 12 float."""


def _ribs(w: SamplePoints, hu: Array) -> None:
    shell = cavity(w)
    near = np.abs(shell, out=shell) < 9
    if not near.any():
        return
    p, under = w.pick(near), hu[near]
    inward = cavity(p)
    dent = 26 * np.exp(-np.square(p.x / 32))
    y = p.y + dent * (p.y > 0)
    front = -y / np.sqrt(np.square(p.x * np.float32(0.76)) + np.square(y))
    along = np.clip((front + 1) / 1.72, 0, 1)
    sink = along * along * (3 - 2 * along)
    hump = np.clip(1 - np.square((front - np.float32(0.52)) / np.float32(1.25)), 0, 1)
    hump = np.square(hump) * np.clip((1 - front) / np.float32(0.45), 0, 1)
    # Rib n lies at vertebra_z(n) - 50 sink - (13 n - 12 - 0.62 n^2) hump; solve for the n at this height.
    qa, qb = _GROWTH - np.float32(0.62) * hump, _FIRST + 13 * hump
    qc = p.z - _C7 + np.float32(_STERNAL_DROP) * sink - 12 * hump
    n = np.clip(np.rint(2 * -qc / (qb + np.sqrt(np.maximum(qb * qb - 4 * qa * qc, 1)))), 1, 12)
    height = qa * n * n + qb * n + qc
    height *= np.float32(0.86)  # the ribs slope: what is measured upright is longer than across
    thick = np.float32(3.6) + (n < 1.5)
    tall = np.float32(6.2) - 2 * np.clip(-front - np.float32(0.75), 0, 1)
    across = np.sqrt(np.square(inward / thick) + np.square(height / tall))
    d = (across - 1) * thick
    index = n.astype(np.intp) - 1
    for ends, layers in (
        (np.array(_CARTILAGE_ENDS, np.float32), ((0.0, CARTILAGE),)),
        (np.array(_BONE_ENDS, np.float32), ((0.0, 820.0), (1.6, 230.0))),
    ):
        end = np.maximum((front - ends[index]) * 90, 15 - np.abs(p.x))  # from the side of the vertebra
        shape = intersection(d, end, 4)
        for depth, tissue in layers:
            blend_tissue(under, shape + np.float32(depth), tissue)
    hu[near] = under


_FRONT = Profile((100, -96), (150, -94), (190, -88), (230, -77), (260, -63), (285, -47))
_STERNUM_WIDTH = Profile((100, 5), (118, 9), (135, 17), (175, 19), (215, 15), (242, 17), (265, 27), (282, 24))


def _sternum(w: SamplePoints) -> Array:
    y = w.y - _FRONT(w.z)
    d = intersection(np.abs(w.x) - _STERNUM_WIDTH(w.z), np.abs(y) - 5, 5)
    joint = 2 - np.abs(w.z - 240)  # manubrium and body
    return intersection(intersection(d, np.abs(w.z - 194) - 88, 6), joint, 2)


RIBS = (
    BodyPart((-145, -110, -20), (145, 105, 318), _ribs),
    solid((-30, -108, 104), (30, -38, 284), _sternum, (0, 600.0), (2, _spongy)),
)

# --- shoulders --------------------------------------------------------------------------------------------------


def _rods(w: SamplePoints, nodes: Sequence[Node], k: float) -> Array:
    """Return the distance to a chain of rods whose bends are rounded over about `k` mm."""
    rods = [round_cone(w, a[:3], b[:3], a[3], b[3]) for a, b in pairwise(nodes)]
    return reduce(lambda d, rod: union(d, rod, k), rods)


_CLAVICLE = smooth_path(
    [(20, -50, 284, 9), (52, -54, 291, 6), (92, -33, 302, 5.5), (124, 0, 312, 6.5), (138, 24, 311, 6)]
)
_SPINE_OF_SCAPULA = smooth_path([(70, 84, 256, 4), (98, 82, 274, 5), (126, 64, 300, 6), (143, 36, 311, 8)])
_CORACOID = [(124.0, 24.0, 288.0, 8.0), (121.0, 0.0, 296.0, 6.0), (128.0, -16.0, 288.0, 5.0)]


def _blade(w: SamplePoints) -> Array:
    """Return the distance to the body of the shoulder blade: a bent triangle behind the ribs, for x >= 0."""
    u = (w.x - 62) / np.float32(70)  # 0 at the inner border, 1 at the socket
    y = np.float32(88) - 36 * np.square(np.maximum(u, 0)) - 10 * u - np.square((w.z - 225) / np.float32(28))
    plate = (np.abs(w.y - y) - np.float32(2.2) - np.float32(1.5) * np.clip(u, 0, 1)) * np.float32(0.8)
    lower = (np.float32(150) - w.z + 105 * np.maximum(u - np.float32(0.25), 0)) * np.float32(0.6)
    upper = (w.z - 291 + 30 * np.maximum(u - np.float32(0.1), 0)) * np.float32(0.9)
    inner = 60 + np.square((w.z - 215) / np.float32(24)) - w.x
    edge = intersection(intersection(inner, lower, 20), intersection(upper, w.x - 128, 10), 18)
    return intersection(plate, edge, 3)


def _scapula(w: SamplePoints) -> Array:
    d = union(_blade(w), _rods(w, _SPINE_OF_SCAPULA, 3), 5)
    d = union(d, _rods(w, _CORACOID, 3), 6)
    return union(d, round_cone(w, (118, 38, 282), (131, 28, 285), 9, 13), 8)


_SOCKET_GAP = 2.5


def _humerus(w: SamplePoints) -> Array:
    head = sphere(w, (152, 20, 287), 23)
    shaft = round_cone(w, (156, 16, 300), (154, 8, 420), 17, 12)
    return union(head, shaft, 14)


SHOULDERS = tuple(
    part
    for one in (
        solid((50, -25, 142), (165, 106, 322), _scapula, (0, 750.0), (2.2, _spongy)),
        solid((118, -20, 255), (185, 50, 435), _humerus, (-_SOCKET_GAP, CARTILAGE - 50), (0, CORTEX), (2.5, _spongy)),
        solid((8, -70, 270), (150, 35, 324), lambda w: _rods(w, _CLAVICLE, 2), (0, CORTEX), (2.2, _spongy)),
    )
    for part in mirrored(one)
)

# --- pelvis and thighs ------------------------------------------------------------------------------------------

_WING_WIDTH = Profile((-250, 74), (-225, 78), (-200, 84), (-160, 98), (-120, 109), (-95, 112))
_WING_DEPTH = Profile((-250, 100), (-200, 112), (-160, 128), (-120, 133), (-95, 134))
_WING_FRONT = Profile((-250, -8), (-225, -26), (-195, -40), (-175, -44), (-150, -60), (-135, -66), (-110, -50))
_WING_BACK = Profile((-250, 30), (-225, 34), (-205, 44), (-190, 62), (-172, 80), (-150, 86), (-120, 74), (-95, 50))

HIP = (88.0, -2.0, -232.0)
"""Middle of the left femoral head, mm; the right one is its mirror image."""


def _hip_bone(w: SamplePoints) -> Array:
    """Return the distance to ilium, ischium and pubis, for x >= 0."""
    x, y = w.x - 18, w.y + 52
    wide, deep = _WING_WIDTH(w.z), _WING_DEPTH(w.z)
    r = np.sqrt(np.square(x / wide) + np.square(y / deep)) + np.float32(1e-6)
    wall = np.sqrt(np.square(x) + np.square(y)) * (1 - 1 / r)
    crest = np.float32(-108) - np.square((w.y - 18) / np.float32(15)) * np.float32(0.9)
    top = (w.z - crest) * np.float32(0.8)
    thick = 4 + np.float32(3.5) * np.clip(1 + top / 14, 0, 1) + 9 * np.clip((-178 - w.z) / np.float32(40), 0, 1)
    thick = thick + 5 * np.clip((w.y - 52) / np.float32(20), 0, 1)
    ends = np.maximum(_WING_FRONT(w.z) - w.y, w.y - _WING_BACK(w.z)) * np.float32(0.8)
    ends = np.maximum(ends, 36 - w.x)  # the sacroiliac joint is behind it
    wing = intersection(np.abs(wall) - thick, intersection(intersection(top, ends, 12), -240 - w.z, 8), 6)
    cup = intersection(sphere(w, HIP, 35), (w.x - HIP[0] - 10) * np.float32(0.9) - (w.z - HIP[2]) * np.float32(0.35), 6)
    d = union(wing, cup, 10)
    ischium = union(
        round_cone(w, (80, 22, -240), (60, 44, -292), 17, 15), round_cone(w, (60, 44, -292), (50, 30, -308), 15, 12), 8
    )
    pubis = union(
        round_cone(w, (70, -30, -236), (14, -62, -262), 12, 10),
        round_cone(w, (13, -62, -262), (10, -54, -284), 10, 8),
        6,
    )
    ramus = round_cone(w, (12, -52, -284), (48, 24, -308), 6.5, 8)
    return union(union(d, ischium, 10), union(pubis, ramus, 6), 9)


def _joint(w: SamplePoints) -> Array:
    return sphere(w, HIP, 26)


_NECK = (128.0, 6.0, -268.0)


def _femur(w: SamplePoints) -> Array:
    d = union(sphere(w, HIP, 23.5), round_cone(w, HIP, _NECK, 15, 17), 10)
    d = union(d, round_cone(w, (136, 14, -252), (130, 8, -285), 12, 17), 10)
    return union(d, round_cone(w, _NECK, (100, -4, -420), 19, 13), 14)


_SACRUM_WIDTH = Profile((-282, 6), (-255, 12), (-240, 22), (-220, 34), (-190, 46), (-160, 54), (-140, 52))
_SACRUM_Y = Profile((-282, 56), (-262, 69), (-235, 79), (-210, 79), (-180, 70), (-155, 54), (-138, 45))
_SACRUM_DEPTH = Profile((-282, 5), (-255, 6.5), (-235, 9), (-200, 15), (-165, 20), (-138, 20))


def _sacrum(w: SamplePoints) -> Array:
    wide, deep = _SACRUM_WIDTH(w.z), _SACRUM_DEPTH(w.z)
    y = w.y - _SACRUM_Y(w.z) + 7 * np.square(w.x / np.float32(50))
    q = np.square(w.x / wide) ** 2 + np.square(y / deep)
    d = (np.sqrt(q) - 1) * deep * np.float32(0.8)
    holes = [
        sphere(SamplePoints(np.abs(w.x), y, w.z), (f, 0.0, z), 5.5) for f, z in ((24, -166), (22, -188), (19, -208))
    ]
    for hole in holes:
        d = intersection(d, -hole, 4)
    crest = intersection(intersection(np.abs(w.x) - 4, np.abs(y - deep) - 8, 4), np.abs(w.z + 185) - 38, 8)
    return union(intersection(d, np.abs(w.z + 210) - 70, 5), crest, 6)


def _symphysis(w: SamplePoints) -> Array:
    return intersection(np.abs(w.x) - np.float32(2.5), sphere(w, (0, -60, -270), 15), 2)


PELVIS = (
    solid((-56, 20, -284), (56, 112, -136), _sacrum, (0, 650.0), (2, _spongy)),
    *mirrored(solid((2, -80, -326), (136, 104, -96), _hip_bone, (-2, 20.0), (0, CORTEX), (2.4, _spongy))),
    *mirrored(solid((60, -30, -260), (116, 26, -204), _joint, (0, 40.0))),
    *mirrored(solid((62, -30, -440), (158, 40, -206), _femur, (0, 1050.0), (3.5, _spongy))),
    solid((-6, -76, -288), (6, -44, -254), _symphysis, (0, CARTILAGE)),
)

BONES = (*SPINE, *RIBS, *SHOULDERS, *PELVIS)
