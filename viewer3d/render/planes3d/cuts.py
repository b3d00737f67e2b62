"""Compute where the three planes cut the volume, and the open corner between them, in world mm.

What is looked at is a convex body: the volume's box, and the crop box where there is one. It is given as half spaces,
shape (N, 4): a point p is within when ``half_space @ (*p, 1) >= 0`` for all of them, and that is its distance in mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import Points, Vector
from viewer3d.core.view.planes import PLANES, Plane
from viewer3d.core.view.state import Box, ViewState

Polygon = tuple[Vector, ...]
"""World points (LPS, mm) around a flat convex polygon: at least three."""

HalfSpaces = NDArray[np.float64]

CORNER_GAP = 0.05
"""mm: faces of the open corner stand so far before the body and reach twice as far beyond their edges, so that no ray
slips in between two of them."""


@dataclass(frozen=True)
class Cut:
    """Where a plane cuts a volume.

    Attributes
    ----------
    plane : Plane
    corners : tuple of tuple of float
        World points (LPS, mm) around it: a rectangle, unless the plane lies aslant in the grid.
    """

    plane: Plane
    corners: Polygon


def cuts_of(geometry: Geometry, state: ViewState) -> tuple[Cut, ...]:
    """Find where a state's planes cut what the 3D pane shows of a volume, in the order of the planes.

    Parameters
    ----------
    geometry : Geometry
        Of the volume; its outer voxels count whole.
    state : ViewState
        Its cursor and axes say where the planes are, its crop what is left of the volume.
    """
    half_spaces = _half_spaces(geometry, state.crop)
    cuts = []
    for name in PLANES:
        plane = state.plane(name)
        normal = np.array(plane.normal, np.float64)
        # From the volume's middle, so that the corners stay what they are while the cursor moves along the plane.
        middle = geometry.center + normal * (normal @ np.subtract(state.cursor, geometry.center))
        corners = _clipped(_square(geometry, middle, normal), half_spaces)
        if len(corners) >= 3:
            cuts.append(Cut(plane, _polygon(corners)))
    return tuple(cuts)


def open_corner(geometry: Geometry, crop: Box | None, cuts: tuple[Cut, ...], eye: ArrayLike) -> tuple[Polygon, ...]:
    """Find the faces through which an eye looks into the corner between three cuts that lies on its side.

    A ray from the eye begins on that side of all three planes. So one that enters through these faces sees a cut or
    nothing, and any other enters behind the corner: what they cover is all that is to be left out of the volume.

    Parameters
    ----------
    geometry : Geometry
        Of the volume.
    crop : Box, optional
    cuts : tuple of Cut
    eye : array_like, shape (3,)
        World point in mm.

    Returns
    -------
    tuple of Polygon
        None when there are not three cuts, the corner lies elsewhere, or the eye is in the body.
    """
    if len(cuts) < 3:
        return ()
    eye_h = np.append(np.asarray(eye, np.float64), 1.0)
    half_spaces = _half_spaces(geometry, crop)
    corner = np.array([[*cut.plane.normal, -np.dot(cut.plane.normal, cut.corners[0])] for cut in cuts])
    corner[corner @ eye_h < 0] *= -1
    faces = []
    for n in np.flatnonzero(half_spaces @ eye_h < 0):
        face = np.add(half_spaces[n], (0, 0, 0, CORNER_GAP))
        others = np.add(np.delete(half_spaces, n, axis=0), (0, 0, 0, 2 * CORNER_GAP))
        middle = geometry.center - face[:3] * float(face @ (*geometry.center, 1))
        corners = _clipped(_square(geometry, middle, face[:3]), np.concatenate([others, corner]))
        if len(corners) >= 3:
            faces.append(_polygon(corners))
    return tuple(faces)


def is_in_corner(geometry: Geometry, crop: Box | None, cuts: tuple[Cut, ...], eye: ArrayLike) -> bool:
    """Return whether an eye, shape (3,) in mm, is in the body and sees the open corner and cuts alone."""
    eye_h = np.append(np.asarray(eye, np.float64), 1.0)
    return len(cuts) == 3 and bool((_half_spaces(geometry, crop) @ eye_h >= 0).all())


def _half_spaces(geometry: Geometry, crop: Box | None) -> HalfSpaces:
    half_spaces = []
    for axis, (count, spacing) in enumerate(zip(geometry.shape, geometry.spacing, strict=True)):
        for sign, end in ((1, -0.5), (-1, count - 0.5)):
            # Distance along the grid's axis: that in voxels times their spacing.
            row = geometry.inverse[axis] - (0, 0, 0, end)
            half_spaces.append(sign * spacing * row)
    if crop is not None:
        for axis in range(3):
            direction = np.eye(3)[axis]
            half_spaces += [np.append(direction, -crop.low[axis]), np.append(-direction, crop.high[axis])]
    return np.array(half_spaces)


def _square(geometry: Geometry, middle: Points, normal: NDArray[np.float64]) -> Points:
    # A square about a point, wider than the volume from any point of its bounds.
    right = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    right /= np.linalg.norm(right)
    wide = 2 * float(np.linalg.norm(geometry.bounds[1] - geometry.bounds[0]))
    down = np.cross(normal, right)
    return np.array([middle + wide * (a * right + b * down) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])


def _clipped(corners: Points, half_spaces: HalfSpaces) -> Points:
    # I. Sutherland, G. Hodgman, Comm. ACM 17 (1974) 32-42: what of a convex polygon is within each space in turn.
    for half_space in half_spaces:
        distances = corners @ half_space[:3] + half_space[3]
        kept = []
        for n, (here, before) in enumerate(zip(distances, np.roll(distances, 1), strict=True)):
            if here * before < 0:  # a corner on the edge itself is kept below, or was
                kept.append(corners[n - 1] + (corners[n] - corners[n - 1]) * (before / (before - here)))
            if here >= 0:
                kept.append(corners[n])
        corners = np.array(kept).reshape(-1, 3)
    return corners


def _polygon(corners: Points) -> Polygon:
    return tuple((float(x), float(y), float(z)) for x, y, z in corners)


def in_front(corners: Points, position: ArrayLike, direction: ArrayLike, least: float) -> Points:
    """Return what of a convex polygon, shape (N, 3), lies at least so many mm along a direction."""
    normal = np.asarray(direction, np.float64)
    return _clipped(corners, np.array([[*normal, -least - float(normal @ np.asarray(position))]]))
