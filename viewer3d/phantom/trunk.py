"""The patient's outline, fat, muscle and body cavity, and the couch.

Heights: z = 0 is the disc between T12 and L1, the chin would be at +400 and the knees far below. x = 0 is the
spine, y = 0 about the middle of the body. Sizes are those of a slim adult of 170 cm.
"""

from __future__ import annotations

import numpy as np

from viewer3d.phantom.shapes import (
    Array,
    BodyPart,
    Profile,
    SamplePoints,
    blend_tissue,
    intersection,
    round_cone,
    solid,
    union,
)

LOW = (-203.0, -140.0, -345.0)
HIGH = (203.0, 150.0, 365.0)
"""The box that is worth scanning, mm. The patient goes on beyond its upper and lower end, and so does the couch."""

AIR_HU = -1000.0
SKIN = 35.0
FAT = -100.0
VISCERAL_FAT = -95.0
MUSCLE = 55.0
"""HU at 120 kV, here and in the other files: Hofer, CT Teaching Manual, "Density levels of tissues"; air and water
by definition (PS3.3 C.11.1.1.2)."""

_HALF_WIDTH = Profile(
    (-345, 164), (-300, 170), (-265, 175), (-220, 176), (-160, 169), (-100, 160), (-40, 149), (20, 147), (80, 153),
    (150, 160), (200, 163), (250, 162), (285, 152), (305, 124), (325, 86), (345, 66), (365, 61),
)  # fmt: skip
_FRONT = Profile(
    (-345, -76), (-300, -82), (-270, -90), (-220, -101), (-180, -108), (-120, -114), (-60, -115), (0, -112),
    (60, -112), (130, -116), (200, -113), (250, -99), (285, -79), (305, -66), (325, -54), (345, -49), (365, -47),
)  # fmt: skip
_BACK = Profile(
    (-345, 98), (-300, 106), (-260, 114), (-220, 116), (-180, 112), (-120, 104), (-60, 100), (0, 103), (60, 109),
    (130, 113), (200, 113), (250, 111), (285, 102), (305, 95), (325, 86), (345, 80), (365, 79),
)  # fmt: skip
_FURROW = Profile((-345, 0), (-300, 19), (-250, 17), (-200, 9), (-160, 4), (0, 8), (150, 6), (280, 3), (340, 0))
_CHEST = Profile((80, 0), (150, 3), (205, 7), (250, 3), (290, 0))
_FAT_DEPTH = Profile((-345, 13), (-260, 20), (-180, 21), (-100, 17), (0, 12), (150, 9), (260, 8), (330, 5))

_CAVITY_WIDTH = Profile(
    (-290, 12), (-270, 38), (-240, 56), (-200, 72), (-160, 100), (-110, 118), (-40, 122), (30, 127), (90, 131),
    (150, 130), (200, 121), (240, 104), (270, 82), (290, 58), (305, 36), (316, 8),
)  # fmt: skip
_CAVITY_FRONT = Profile(
    (-290, -10), (-270, -48), (-240, -74), (-200, -88), (-120, -96), (-60, -95), (0, -93), (60, -94), (120, -96),
    (180, -89), (230, -76), (270, -57), (290, -42), (305, -20), (316, 10),
)  # fmt: skip
_CAVITY_BACK = Profile(
    (-290, 22), (-270, 58), (-240, 80), (-200, 84), (-150, 72), (-100, 62), (-40, 66), (10, 76), (60, 84), (120, 92),
    (200, 91), (250, 80), (280, 64), (305, 40), (316, 22),
)  # fmt: skip
_BULGE = Profile((-250, 12), (-120, 30), (20, 32), (90, 28), (316, 22))
_BULGE_WIDTH = Profile((-250, 30), (-120, 46), (10, 44), (90, 33), (316, 26))
_WALL = Profile((-290, 4), (-200, 9), (-60, 13), (20, 12), (120, 12), (250, 13), (316, 13))

CAVITY_TOP, CAVITY_BOTTOM = 316.0, -290.0
_CAVITY_REACH = 25.0
"""How far beyond the cavity its wall can change a tissue, mm."""

_ARMS_FROM, _LEGS_FROM = 190.0, -180.0
"""Below and above these heights the shoulders and the gap between the legs leave the skin where it is."""


_SHOULDERS_FROM, _HIPS_FROM = 215.0, -150.0
"""Between these heights the trunk has no layers of fat but those of its wall."""


def _rounded(w: SamplePoints, half: Array, front: Array, back: Array, squareness: float) -> Array:
    """Return the distance to upright walls whose outline is an oval, squarer than an ellipse."""
    middle, depth = (front + back) / 2, (back - front) / 2
    y = w.y - middle
    x2, y2 = np.square(w.x), np.square(y)
    X, Y = x2 / np.square(half), y2 / np.square(depth)
    # r^4 = X^2 + 2 s X Y + Y^2: the ellipse for s = 1.
    r = Y * np.float32(2 * squareness) + X
    r *= X
    r += np.square(Y)
    np.sqrt(r, out=r)
    np.sqrt(r, out=r)
    r += np.float32(1e-6)
    d = x2 + y2
    np.sqrt(d, out=d)
    d -= d / r
    return d


def trunk_outline(w: SamplePoints) -> Array:
    """Return the distance to the skin of the trunk, as if it had neither arms nor a gap between the legs.

    Float32, mm, shape of the points; negative inside.
    """
    furrow = _FURROW(w.z) * np.exp(-np.square(w.x / np.float32(22)))
    breast = _CHEST(w.z) * np.exp(-np.square((np.abs(w.x) - 68) / np.float32(42)))
    back = _BACK(w.z) - furrow
    return _rounded(w, _HALF_WIDTH(w.z), _FRONT(w.z) - breast, back, 0.62)


def skin(w: SamplePoints) -> Array:
    """Return the distance to the skin: float32, mm, shape of the points, negative in the patient."""
    d = trunk_outline(w)
    if w.z.max() > _ARMS_FROM:
        x = np.abs(w.x)
        d = union(d, round_cone(SamplePoints(x, w.y, w.z), (146, 26, 278), (153, 8, 420), 46, 40), 34)
    if w.z.min() < _LEGS_FROM:
        gap = (np.float32(-292) - w.z) * np.float32(0.6) - np.abs(w.x)
        d = intersection(d, gap, 30)
    return d


def cavity(w: SamplePoints) -> Array:
    """Return the distance to the middle of the ribs and to the inner wall of belly and pelvis.

    Float32, mm, shape of the points; negative inside.
    """
    # The spine and the muscles beside it bulge into the cavity; at the loins more than in the chest.
    dent = _BULGE(w.z) * np.exp(-np.square(w.x / _BULGE_WIDTH(w.z)))
    d = _rounded(w, _CAVITY_WIDTH(w.z), _CAVITY_FRONT(w.z), _CAVITY_BACK(w.z) - dent, 0.78)
    ends = np.maximum(w.z - np.float32(CAVITY_TOP), np.float32(CAVITY_BOTTOM) - w.z)
    np.maximum(d, ends, out=d)
    return d


def texture(w: SamplePoints, size: float, depth: float) -> Array:
    """Return a texture: float32, HU about 0, +-`depth`, shape of the points, in blobs of `size` mm."""
    s = np.float32(np.pi / size)
    x, y, z = s * w.x, s * w.y, s * w.z
    # Sines of bent coordinates: rows of blobs are not straight, and only one product is computed for every voxel.
    across = np.sin(x + np.float32(1.7) * np.sin(np.float32(0.53) * y + 1))
    along = np.sin(np.float32(0.91) * z + np.float32(1.9) * np.sin(np.float32(0.37) * x))
    level = np.sin(np.float32(1.07) * y + np.float32(1.6) * np.sin(np.float32(0.43) * z + 2))
    texture: Array = np.float32(depth) * (across * (along + level))
    return texture


def _trunk(w: SamplePoints, hu: Array) -> None:
    outside = skin(w)
    blend_tissue(hu, outside, SKIN)
    blend_tissue(hu, outside + 2, FAT)
    depth = _FAT_DEPTH(w.z) + np.float32(3) * np.sin(w.x / np.float32(41)) * np.sin(w.z / np.float32(53) + 1)
    outside += depth
    flesh = np.float32(MUSCLE) + texture(w, 9, 4)
    if w.z.max() < CAVITY_BOTTOM - _CAVITY_REACH or w.z.min() > CAVITY_TOP + _CAVITY_REACH:
        blend_tissue(hu, outside, flesh)
        blend_tissue(hu, np.maximum(outside + 3, _septa(w)), FAT)
        return
    inside = cavity(w)
    wall = inside - _WALL(w.z)
    blend_tissue(hu, union(outside, wall, 8), flesh)
    if w.z.max() > _SHOULDERS_FROM or w.z.min() < _HIPS_FROM:
        blend_tissue(hu, np.maximum(np.maximum(outside + 3, 1 - wall), _septa(w)), FAT)
    # Thin fat between the layers of the wall, as between the oblique muscles and under the pectorals.
    sheet = np.abs(inside - (_WALL(w.z) - np.float32(5)))
    sheet -= np.float32(0.3)
    blend_tissue(hu, sheet, FAT)
    blend_tissue(hu, inside + 6, VISCERAL_FAT)


def _septa(w: SamplePoints) -> Array:
    """Return the distance to the sheets of fat between muscles, which are about 50 mm apart."""
    x = np.abs(w.x)
    bend = np.float32(0.9) * np.sin(w.z / np.float32(55))
    f = np.sin((x + 11 * np.sin(w.y / np.float32(29))) / np.float32(17) + bend)
    f = f * np.sin((w.y + 12 * np.sin(x / np.float32(26))) / np.float32(15) - bend)
    d: Array = np.abs(f, out=f)
    d *= 14
    d -= np.float32(0.2)
    fade = np.maximum(np.float32(_SHOULDERS_FROM) - w.z, np.float32(0)) * np.maximum(w.z - np.float32(_HIPS_FROM), 0)
    d += np.minimum(fade, 10)
    return d


def _couch(w: SamplePoints) -> Array:
    """Return the distance to the couch: 30 mm thick, hollowed, 390 mm wide."""
    top = np.float32(119) - np.square(w.x) * np.float32(26 / 195**2)
    d: Array = np.maximum(np.abs(w.y - (top + 15)) - 15, np.abs(w.x) - 195)
    return d


ENDLESS = 1e4
"""Half the length of what has no end, mm."""

TRUNK = (
    solid((-195, 92, -ENDLESS), (195, 150, ENDLESS), _couch, (0, -150.0), (3.5, -940.0)),
    BodyPart((-205, -130, -ENDLESS), (205, 125, ENDLESS), _trunk),
)
