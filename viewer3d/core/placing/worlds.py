"""Which of several series share a world: a place of one is the same place in another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from viewer3d.core.geometry import on_one_grid
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.origin import series_of
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.volume import Volume


def first_plane(volume: Volume) -> PlaneName:
    """Return the plane of the slices that were acquired, or the nearest to it: the sharpest one."""
    along = np.abs(np.array(volume.geometry.direction, np.float64)[:, 2])
    axis = int(np.argmax(along))
    return next(name for name, plane in PLANES.items() if plane.axis == axis)


def is_one_world(one: Sequence[Volume], other: Sequence[Volume]) -> bool:
    """Return whether a place of one series is the same place in another, as their data say.

    Where a frame of reference is not told, that is so on one grid, and of one series.
    """
    first, second = one[0], other[0]
    if first.frame_of_reference and second.frame_of_reference:
        return first.frame_of_reference == second.frame_of_reference
    is_same = first is second or bool(set(series_of(one)) & set(series_of(other)))
    return is_same or on_one_grid(first.geometry, second.geometry)


def world_numbers(series: Sequence[Sequence[Volume]], placed: Sequence[bool]) -> tuple[int, ...]:
    """Return a number for the world of each series: those in one world have the same.

    Parameters
    ----------
    series : sequence of sequence of Volume
    placed : sequence of bool
        Whether each was placed in the world of the first by a transform.
    """
    found: list[int] = []
    for volumes, is_placed in zip(series, placed, strict=True):
        before = zip(found, series, strict=False)  # those that have a number
        same = (number for number, other in before if is_one_world(volumes, other))
        found.append(found[0] if is_placed else next(same, max(found, default=-1) + 1))
    return tuple(found)


def placed_in_world(base: Sequence[Volume], volumes: Sequence[Volume], transform: ArrayLike) -> tuple[Volume, ...]:
    """Return volumes moved into the world of a base, and of its frame of reference from now on.

    So what lies over them by their own frame of reference is refused there, where it would lie elsewhere.

    Parameters
    ----------
    base : sequence of Volume
    volumes : sequence of Volume
    transform : array_like of shape (4, 4)
        From their world to that of the base (LPS, mm), as of a :class:`viewer3d.Layer`.

    Raises
    ------
    ViewError
        As :func:`viewer3d.core.layers.place_layers`.
    """
    (_, placed) = place_layers(base, Layer(volumes, transform=transform)).layers
    return tuple(one.with_info(frame_of_reference=base[0].frame_of_reference) for one in placed.members)
