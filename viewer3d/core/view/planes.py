"""Slice planes, how each lies on the screen, and the panes of each view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.vectors import Axes, Vector, least_rotation, vector

PlaneName = Literal["axial", "coronal", "sagittal"]
PaneName = Literal["axial", "coronal", "sagittal", "3d"]
View = Literal["axial", "coronal", "sagittal", "3d", "mpr", "quad"]


@dataclass(frozen=True)
class Plane:
    """How a slice plane lies in the patient and on the screen.

    Attributes
    ----------
    name : str
    right, down : tuple of float
        World (LPS) directions of the screen's right and down.
    axis : int
        The axis the plane is perpendicular to: 0 for x, 1 for y, 2 for z.
    normal : tuple of float
        That axis as a world direction, to the patient's left, back or head.
    turned : int
        Quarter turns clockwise that right and down are on the screen from what is usual, 0 to 3.
    mirrored : bool
        Whether the screen has left and right exchanged after that.
    """

    name: PlaneName
    right: Vector
    down: Vector
    axis: int
    normal: Vector
    turned: int = 0
    mirrored: bool = False

    def on_screen(self, turned: int, *, mirrored: bool) -> Plane:
        """Return the plane as it is seen turned by quarters clockwise, and then in a mirror.

        Examples
        --------
        >>> PLANES["axial"].on_screen(1, mirrored=False).right  # what was above, the front, is at the right
        (0.0, -1.0, 0.0)
        >>> PLANES["axial"].on_screen(0, mirrored=True).right
        (-1.0, 0.0, 0.0)
        """
        if not turned and not mirrored:
            return self
        right, down = np.array(self.right, np.float64), np.array(self.down, np.float64)
        for _ in range(turned):
            right, down = -down, right
        right = -right if mirrored else right
        # 0.0 is added for -0.0, which says as much and is written otherwise.
        return replace(self, right=vector(right + 0.0), down=vector(down + 0.0), turned=turned, mirrored=mirrored)

    def seen_sides(self, sides: ArrayLike) -> NDArray[np.float64]:
        """Return two lengths along right and down, shape (2,), as width and height on the screen."""
        pair = np.asarray(sides, np.float64)
        return pair[::-1] if self.turned % 2 else pair

    def rotated(self, axes: Axes) -> Plane:
        """Return the plane as it lies when x, y and z are rotated to three other world directions.

        Its normal becomes one of them, and right and down go along by the least turn that takes the one normal to the
        other: a plane whose normal stays is seen as before.
        """
        before, after = np.array(self.normal, np.float64), np.array(axes[self.axis], np.float64)
        if before @ after > 0:
            R = least_rotation(before, after)
        else:  # more than half a turn over: first about what is down, as one turns a page
            R = least_rotation(-before, after) @ (2 * np.outer(self.down, self.down) - np.eye(3))
        right, down = (tuple((R @ way).tolist()) for way in np.array([self.right, self.down], np.float64))
        return Plane(self.name, right, down, self.axis, axes[self.axis])


PLANES: dict[PlaneName, Plane] = {
    # The radiological convention: axial seen from the feet, coronal from the front, sagittal from the left.
    "axial": Plane("axial", (1, 0, 0), (0, 1, 0), 2, (0, 0, 1)),
    "coronal": Plane("coronal", (1, 0, 0), (0, 0, -1), 1, (0, 1, 0)),
    "sagittal": Plane("sagittal", (0, 1, 0), (0, 0, -1), 0, (1, 0, 0)),
}

PANES: dict[View, tuple[PaneName, ...]] = {
    "axial": ("axial",),
    "coronal": ("coronal",),
    "sagittal": ("sagittal",),
    "3d": ("3d",),
    "mpr": ("axial", "coronal", "sagittal"),
    "quad": ("axial", "3d", "coronal", "sagittal"),
}
"""The panes of each view, in reading order."""
