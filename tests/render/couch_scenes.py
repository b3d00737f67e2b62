"""What lies on a couch, and what lies beside it: of each voxel it is known what it is of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np

from viewer3d.core.volume import Volume

AIR, FAT, MUSCLE, BONE, METAL, FOAM, SHELL = -1000, -100, 50, 700, 3000, -940, -150
SHAPE, SPACING = (168, 148, 64), (2.5, 2.5, 5.0)


@lru_cache(maxsize=8)
def normal(shape):
    """Standard normal noise, float64, which each scene of a shape has the same of."""
    return np.random.default_rng(0).normal(0, 1, shape)


@dataclass
class Scene:
    """Voxels that are painted one part after another, and the parts they are of.

    World x is 0 in the middle, y is 0 in the middle of the trunk and grows to the back, z grows from 0. Where the grid
    lies along the world's axes, each of them is as long as the grid along its own axis and 1 along the others: what is
    made of them takes a fraction of the time.
    """

    shape: tuple = SHAPE
    spacing: tuple = SPACING
    direction: np.ndarray = field(default_factory=lambda: np.eye(3))

    def __post_init__(self):
        size = np.multiply(self.shape, self.spacing)
        self.affine = np.eye(4)
        self.affine[:3, :3] = self.direction * self.spacing
        middle = np.array([0.0, 20 * size[1] / 370, size[2] / 2])
        self.affine[:3, 3] = middle - self.affine[:3, :3] @ (np.array(self.shape) - 1) / 2
        index = np.indices(self.shape, np.float32, sparse=True)
        self.x, self.y, self.z = (
            sum(self.affine[n, a] * index[a] for a in range(3) if self.affine[n, a]) + self.affine[n, 3]
            for n in range(3)
        )
        self.hu = np.full(self.shape, AIR, np.float32)
        self.body, self.couch = np.zeros(self.shape, bool), np.zeros(self.shape, bool)

    def tissue(self, where, hu=MUSCLE):
        where = np.broadcast_to(where, self.shape)
        self.hu[where] = hu
        self.body |= where
        self.couch &= ~where

    def thing(self, where, hu=SHELL):
        where = where & ~self.body  # of the whole shape
        self.hu[where] = hu
        self.couch |= where & (hu > -500)

    def rod(self, x, y, radius, low=-np.inf, high=np.inf, lean=0.0, bone=0.3):
        """A limb along z, with a bone, that leans aside by so much a mm."""
        away = np.hypot(self.x - x - lean * self.z, self.y - y)
        swell = radius * (1 + 0.06 * np.sin(self.z / 27))
        there = (self.z > low) & (self.z < high)
        self.tissue((away < swell) & there)
        self.tissue((away < swell) & (away > 0.85 * swell) & there, FAT)
        self.tissue((away < bone * radius) & there, BONE)

    def ball(self, x, y, z, radii, hu=MUSCLE):
        rx, ry, rz = np.broadcast_to(radii, 3)
        where = ((self.x - x) / rx) ** 2 + ((self.y - y) / ry) ** 2 + ((self.z - z) / rz) ** 2 < 1
        self.tissue(where, hu)
        return where

    def trunk(self, rx=140.0, ry=95.0):
        wide, deep = rx + 9 * np.sin(self.z / 45), ry + 6 * np.cos(self.z / 33)
        r = np.hypot(self.x / wide, self.y / deep)
        self.tissue(r < 1, FAT)
        self.tissue(r < 0.85)
        lung = np.hypot((np.abs(self.x) - 60) / 45, self.y / 55) < 1
        self.tissue(lung & (self.z > 150), -850)
        self.tissue(np.hypot(self.x, self.y - 55) < 18, BONE)

    def slab(self, top=106.0, sag=26.0, half=190.0, thick=30.0, shell=5.0):
        """A hollowed couch of shells around foam."""
        upper = top - sag * np.square(self.x / half)
        depth = self.y - upper
        inside = (depth > 0) & (depth < thick) & (np.abs(self.x) < half)
        core = (depth > shell) & (depth < thick - shell) & (np.abs(self.x) < half - shell)
        self.thing(inside & ~core)
        self.thing(core, FOAM)

    def holder(self, radius, wall=6.0, high=80.0, hu=150):
        """A U around a head: a half pipe that is open to the front, with straight walls."""
        pipe = (np.abs(np.hypot(self.x, self.y) - radius - wall / 2) < wall / 2) & (self.y > 0)
        walls = (np.abs(np.abs(self.x) - radius - wall / 2) < wall / 2) & (self.y <= 0) & (self.y > -high)
        self.thing(pipe | walls, hu)

    def volume(self, position="", noise=15.0, **about):
        hu = self.hu + noise * normal(self.shape)
        about = {"unit": "HU", "modality": "CT", **about}
        return Volume.from_array(np.rint(hu).astype(np.int16), self.affine, patient_position=position, **about)


def trunk_on_couch(**couch):
    scene = Scene()
    scene.trunk()
    scene.slab(**couch)
    return scene


@cache
def forearms_beside_the_trunk():
    scene = Scene()
    scene.trunk(rx=110)
    for side in (-1, 1):
        scene.rod(side * 165, 30, 22, high=230, lean=side * 0.02)
        scene.ball(side * 172, 34, 255, (14, 40, 45))
    scene.slab()
    return scene


@cache
def arm_on_the_couch():
    scene = Scene()
    scene.trunk(rx=110)
    scene.rod(160, 59, 24, lean=0.02)  # it touches where it is thickest
    scene.ball(-160, 72, 150, (30, 9, 90))  # and a hand lies flat
    scene.slab()
    return scene


@cache
def flat_hand_on_the_couch():
    """A hand no thicker than a couch's board lies flat on it."""
    scene = Scene()
    scene.trunk(rx=110)
    for x, high in ((-172, 150), (-158, 165), (-144, 160), (-130, 145)):  # fingers, and a palm
        scene.tissue((np.abs(scene.x - x) < 5) & (np.abs(scene.y - 100) < 6) & (scene.z > 100) & (scene.z < high))
    palm = (np.abs(scene.x + 151) < 30) & (np.abs(scene.y - 98) < 8) & (scene.z > 40) & (scene.z <= 100)
    scene.tissue(palm)
    scene.slab(sag=0.0)
    return scene


@cache
def stump():
    scene = Scene()
    scene.rod(-75, 30, 66, bone=0.2)
    scene.rod(75, 30, 62, low=170, bone=0.2)
    scene.ball(75, 30, 170, 62)
    scene.slab()
    return scene


@cache
def markers_on_the_skin():
    scene = trunk_on_couch()
    for x, y in ((0, -102), (146, 0), (-146, 0), (100, 72)):
        scene.ball(x, y, 160, 5, METAL)
    return scene


@cache
def lead_outside():
    scene = trunk_on_couch()
    scene.ball(70, -112, 220, (25, 8, 25), METAL)  # a pacemaker on the chest, and its lead along the couch's edge
    scene.tissue((np.hypot(scene.x - 165, scene.y - 70) < 3) & (scene.z > 40), METAL)
    return scene


@cache
def hand_beside_the_head():
    scene = Scene()
    scene.ball(0, 0, 170, (75, 92, 130))
    scene.ball(0, 0, 170, (68, 85, 122), BONE)
    scene.ball(0, 0, 170, (62, 79, 116))
    scene.ball(125, 10, 120, (13, 45, 90))
    for n in range(4):
        scene.tissue((np.hypot(scene.x - 125, scene.y + 25 - 20 * n) < 9) & (scene.z > 150) & (scene.z < 250 - 8 * n))
    scene.slab()
    return scene


@cache
def head_in_a_holder():
    scene = Scene((160, 160, 70), (1.45, 1.45, 2.5))
    scene.ball(0, 0, 85, (70, 84, 100))
    scene.ball(0, 0, 85, (64, 78, 94), BONE)
    scene.ball(0, 0, 85, (58, 72, 88), 35)
    scene.ball(76, 5, 80, (7, 14, 28))  # an ear
    scene.holder(96, high=40)
    return scene


@cache
def two_mice():
    scene = Scene((150, 132, 110), (0.3, 0.3, 0.6))
    for x, y, radius in ((-7.5, 3.0, 8.0), (8.5, 5.0, 5.0)):
        scene.rod(x, y, radius, 4, 58, bone=0.15)
        scene.ball(x, y, 58, radius)
    scene.holder(17.0, wall=1.0, high=4.0)
    return scene


@cache
def phantom_on_a_couch():
    scene = Scene()
    scene.tissue(np.hypot(scene.x, scene.y) < 100, 0)
    scene.slab()
    return scene


@cache
def bowl_on_the_belly():
    """Full of air."""
    scene = trunk_on_couch()
    shell = np.sqrt(scene.x**2 + (scene.y + 105) ** 2 + (scene.z - 160) ** 2)
    scene.tissue((shell > 70) & (shell < 76) & (scene.y < -100), 100)
    return scene


@cache
def mouse_in_a_narrow_bed():
    """One that reaches around it by more than a half."""
    scene = Scene((150, 132, 110), (0.3, 0.3, 0.6))
    scene.rod(0, 2, 9, 4, 58, bone=0.15)
    away = np.hypot(scene.x, scene.y)
    scene.thing((away > 17) & (away < 18) & (scene.y > -12), 150)
    return scene


@cache
def mouse_in_a_tube():
    scene = Scene((150, 132, 110), (0.3, 0.3, 0.6))
    scene.rod(0, 2, 9, 4, 58, bone=0.15)
    away = np.hypot(scene.x, scene.y)
    scene.thing((away > 17) & (away < 18), 150)
    return scene


@cache
def couch_after_a_holder():
    """A whole body: the trunk on a couch, the head in a holder."""
    scene = Scene((168, 148, 75), (2.5, 2.5, 10.0))
    scene.trunk()
    scene.tissue((scene.z > 400) & (np.hypot(scene.x / 120, scene.y / 80) < 1))  # shoulders, which meet the holder
    above = np.broadcast_to(scene.z > 520, scene.shape)
    scene.hu[above] = AIR
    scene.body &= ~above
    scene.ball(0, 0, 630, (70, 90, 100))
    scene.slab()
    scene.hu[above & ~scene.body] = AIR
    scene.couch &= ~above
    couch, hu = scene.couch.copy(), scene.hu.copy()
    scene.holder(100)
    low = np.broadcast_to(scene.z <= 540, scene.shape)
    scene.hu[low] = hu[low]
    scene.couch = np.where(low, couch, scene.couch)
    return scene


@cache
def arm_beside_and_below():
    """An arm that hangs beside a narrow couch, lower than that."""
    scene = Scene()
    scene.trunk(rx=110)
    scene.rod(190, 140, 22)
    scene.slab(half=150)
    return scene


@cache
def arm_under_the_couch():
    scene = Scene()
    scene.trunk(rx=110)
    scene.rod(120, 150, 22, high=100)
    scene.slab(half=150)
    return scene


@cache
def arms_of_a_short_scan():
    """90 mm of two arms, which are much the same in all slices."""
    scene = Scene((168, 148, 18))
    scene.trunk(rx=110)
    for side in (-1, 1):
        scene.rod(side * 165, 55, 22, lean=0.02)
    scene.slab()
    return scene


@cache
def short_scan():
    scene = Scene((168, 148, 10))
    scene.trunk()
    scene.slab()
    return scene


@cache
def couch_alone():
    scene = Scene()
    scene.slab()
    return scene


@cache
def body_alone():
    scene = Scene()
    scene.trunk()
    return scene


@cache
def hollow_cylinder_on_a_couch():
    """A wall with nothing in it: no body, for all that can be told."""
    scene = Scene()
    away = np.hypot(scene.x, scene.y)
    scene.tissue((away > 90) & (away < 98), 100)
    scene.slab()
    return scene


@cache
def legs_of_a_child():
    """Two legs so thin that no body is found."""
    scene = Scene()
    for side in (-1, 1):
        scene.rod(40 * side, 84, 12)
    scene.slab()
    return scene


@cache
def thin_chest(wall, shift):
    """A chest whose wall is as thin as a couch's shell, and which the picture cuts off on all sides but the back's."""
    scene = Scene((140, 120, 60), (1.6, 1.6, 3.0))
    y = scene.y - shift
    wide, deep = 150 + 2 * np.sin(scene.z / 40), 100 + 2 * np.cos(scene.z / 30)
    outer, inner = np.hypot(scene.x / wide, y / deep), np.hypot(scene.x / (wide - wall), y / (deep - wall))
    scene.tissue(outer < 1)
    scene.tissue(inner < 1, -850)
    scene.tissue((outer < 0.98) & (inner > 1.02) & (np.sin((scene.z + 0.3 * np.abs(scene.x)) / 6) > 0.4), 400)
    scene.tissue(np.hypot(scene.x - 20, y + 20) < 50)
    return scene


@cache
def sunk_elbow():
    """A limb that is pressed into a mattress with a dense cover."""
    scene = trunk_on_couch(sag=0.0)
    scene.ball(165, 85, 160, (20, 34, 30))
    return scene
