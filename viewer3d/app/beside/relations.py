"""How series side by side relate: which share a world, how far apart they are, what numbers allow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viewer3d.core.geometry import on_one_grid
from viewer3d.core.origin import series_of
from viewer3d.core.view.planes import PLANES, PlaneName
from viewer3d.core.view.side_by_side import SideBySide
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


def offset_text(value: SideBySide, volumes: Sequence[Volume]) -> str:
    """Return how far the others are from the active cell along its normal, in mm and in slices."""
    assert value.offsets is not None
    plane: PlaneName = next((pane for pane in value.state.panes if pane != "3d"), "axial")
    normal = np.array(value.state.plane(plane).normal, np.float64)
    texts = []
    for number, volume in enumerate(volumes):
        if number != value.active:
            mm = float(np.subtract(value.offsets[number], value.offsets[value.active]) @ normal)
            texts.append(f"{mm:+.1f} mm ({mm / volume.geometry.step(normal):+.1f} slices)")
    return f"{', '.join(texts)} along the {plane} normal stay; F4 links by place again"


def comparability_note(one: Volume, other: Volume) -> str:
    """Return what keeps the numbers of two volumes from being compared; empty where nothing does.

    Of two modalities nobody compares numbers, and nothing is said.
    """
    from viewer3d.measurements.comparability.acquisitions import (  # noqa: PLC0415 (one series alone needs none)
        compare_acquisitions,
    )

    if one is other or (one.modality and other.modality and one.modality != other.modality):
        return ""
    found = compare_acquisitions(one, other)
    if not found:
        return ""
    told = ", ".join(f"{difference.name} {difference.before} against {difference.after}" for difference in found[:2])
    more = f" and {len(found) - 2} more" if len(found) > 2 else ""
    return f"Numbers differ by acquisition: {told}{more}"
