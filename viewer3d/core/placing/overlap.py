"""Whether two grids share any point, and how much of one lies in the other."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np

from viewer3d.core.geometry import Geometry
from viewer3d.core.notes.note import Note
from viewer3d.core.vectors import Points
from viewer3d.errors import ViewError

LITTLE_OVERLAP: Final = 0.25
"""Where less of either of two grids lies in the other it is said: a whole-body PET holds all of a chest CT."""

_PROBES: Final = 12
"""Points along each axis of a grid that tell which share of it lies in another: to 1 %."""


def overlap_notes(base: Geometry, other: Geometry, name: str) -> tuple[Note, ...]:
    """Return what is to be said where little of two grids overlaps.

    Raises
    ------
    ViewError
        When nothing does.
    """
    if not overlap(base, other):
        raise ViewError(
            f"{name} does not overlap the base: it reaches {_extent_text(other)}, the base {_extent_text(base)}; "
            "check its transform and frame of reference"
        )
    share = max(share_within(other, base), share_within(base, other))
    if share >= LITTLE_OVERLAP:
        return ()
    text = f"Little of {name} lies in the base: {100 * share_within(other, base):.0f} % of its grid."
    return (Note(text, "placing.little_overlap"),)


def overlap(one: Geometry, other: Geometry) -> bool:
    """Return whether two grids share any point, outer half voxels included.

    Two convex bodies do not if a plane parts them, which then is one of their faces or contains an edge of each
    (separating axis theorem; S. Gottschalk, M. Lin, D. Manocha, OBBTree, SIGGRAPH 1996).
    """
    edges = [geometry.affine[:3, :3].T for geometry in (one, other)]
    faces = [np.cross(E[a], E[b]) for E in edges for a, b in ((0, 1), (1, 2), (2, 0))]
    crossed = [np.cross(first, second) for first, second in product(*edges)]
    for axis in (*faces, *crossed):
        length = np.linalg.norm(axis)
        if length < 1e-9 * np.linalg.norm(edges[0]):  # parallel edges part nothing that faces do not
            continue
        first, second = (geometry.corners @ (axis / length) for geometry in (one, other))
        if first.max() <= second.min() or second.max() <= first.min():
            return False
    return True


def share_within(one: Geometry, other: Geometry) -> float:
    """Return which share of a grid lies in another, 0 to 1, to about 1 %."""
    steps = [(np.arange(_PROBES) + 0.5) / _PROBES * n - 0.5 for n in one.shape]
    points = one.index_to_world(np.stack(np.meshgrid(*steps, indexing="ij"), -1).reshape(-1, 3))
    index = other.world_to_index(points)
    inside = np.all((index >= -0.5) & (index <= np.array(other.shape) - 0.5), axis=1)
    return float(np.mean(inside))


def check_points_overlap(base: Geometry, points: Points, name: str) -> None:
    """Check that the bounds of points have something in common with a grid; those of none always have.

    Parameters
    ----------
    base : Geometry
    points : ndarray of float64, shape (N, 3)
        LPS, in mm.
    name : str
        Of what they are points, in messages.

    Raises
    ------
    ViewError
        When they have not.
    """
    if not len(points):
        return
    low, high = points.min(0), points.max(0)
    box = Geometry(np.diag([*np.maximum(high - low, 1e-3), 1.0]), (1, 1, 1)).affine.copy()
    box[:3, 3] = (low + high) / 2
    overlap_notes(base, Geometry(box, (1, 1, 1)), name)


def _extent_text(geometry: Geometry) -> str:
    (x0, y0, z0), (x1, y1, z1) = geometry.bounds
    return f"x {x0:.0f} to {x1:.0f}, y {y0:.0f} to {y1:.0f}, z {z0:.0f} to {z1:.0f} mm (LPS)"
