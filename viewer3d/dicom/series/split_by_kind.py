"""Split frames by what they show and how they lie: size, Image Type, plane, pixel spacing, region."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import letters
from viewer3d.core.series_info import Which
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.slice_steps import (
    ORIENTATION_TOLERANCE,
    PIXEL_SPACING_TOLERANCE,
    distinct,
    heights,
    is_continued_by,
    is_even,
    is_one_stack,
    normal_of,
)
from viewer3d.dicom.series.split_by_region import split_by_region

Parts = list[tuple[Which, Frames]]
Key = TypeVar("Key", bound=Hashable)
Placed = list[tuple[Which, Frames, Frames]]

SAME_PLANE: Final = 5e-2
"""Cosines that differ by more (3 degrees) are another plane; less is jitter or an error."""

ORTHONORMAL_TOLERANCE: Final = 1e-3
"""Row and column cosines have length 1 and are perpendicular within this; else they are no directions."""

LOCALIZER: Final = "LOCALIZER"
"""The Image Type of images that are never a slice of another stack (PS3.3 C.8.2.1.1.1)."""

MOST_TYPES: Final = 12
"""If there are more, they are not compared in pairs, only all together: one of the values may number the slices."""

PLANE_NAMES: Final = {"H": "axial", "F": "axial", "A": "coronal", "P": "coronal", "L": "sagittal", "R": "sagittal"}


class _Kind(NamedTuple):  # made for every file there is, and a tuple costs a fifth of a dataclass
    columns: int
    rows: int
    image_type: tuple[str, ...]
    stack_id: str

    @property
    def cell(self) -> tuple[int, int, str]:
        return self.columns, self.rows, self.stack_id


def split_by_kind(frames: Frames) -> Placed:
    """Split the frames of one patient by what they show and how they lie.

    Frames of another size, Image Type (PS3.3 C.7.6.1.1.2, from its third value), Stack ID, orientation or pixel
    spacing are another part, and so are those of a region far away. Image Types that differ within one stack separate
    nothing: two are one stack if no position is in both and the positions of one continue those of the other.

    Returns
    -------
    list of (dict, tuple of Frame, tuple of Frame)
        The names and values by which each part differs from the others, its frames, and single frames without a
        position, orientation or pixel spacing that may be slices of it.
    """
    groups = _merged(_group(frames, _kind))
    names = _kind_names(list(groups))
    return [({**names[kind], **part[0]}, *part[1:]) for kind, group in groups.items() for part in _by_geometry(group)]


def missing_geometry(frame: Frame) -> str:
    """Return what a frame lacks to be placed in the patient, or an empty text."""
    if frame.position is None:
        return "no Image Position (Patient) (0020,0032)"
    return _missing(frame.orientation, frame.pixel_spacing)


@lru_cache(maxsize=1 << 10)  # nearly all frames of a series have the same
def _missing(orientation: tuple[float, ...] | None, pixel_spacing: tuple[float, float] | None) -> str:
    if orientation is None:
        return "no Image Orientation (Patient) (0020,0037)"
    cosines = np.array(orientation).reshape(2, 3)
    if np.abs(cosines @ cosines.T - np.eye(2)).max() > 2 * ORTHONORMAL_TOLERANCE:
        return "an Image Orientation (Patient) (0020,0037) that is not two perpendicular unit vectors"
    if pixel_spacing is None or min(pixel_spacing) <= 0:
        return "no Pixel Spacing (0028,0030) above 0"
    return ""


def _group(frames: Iterable[Frame], key: Callable[[Frame], Key]) -> dict[Key, Frames]:
    groups: dict[Key, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[key(frame)].append(frame)
    return {value: tuple(members) for value, members in groups.items()}


def _kind(frame: Frame) -> _Kind:
    # Values 1 and 2 of Image Type (ORIGINAL, PRIMARY) say how a frame was made, not what it shows.
    return _Kind(frame.columns, frame.rows, frame.image_type[2:], str(frame.dimension_values.get("StackID", "")))


def _merged(groups: dict[_Kind, Frames]) -> dict[_Kind, Frames]:
    """Join kinds that are one stack but differ in Image Type, under the type of most frames."""
    types = dict.fromkeys(kind.image_type for kind in groups)
    cells = dict.fromkeys(kind.cell for kind in groups)
    if len(types) == 1:
        return groups
    planes = {kind: _by_orientation(group) for kind, group in groups.items()}
    joined = {one: {one} for one in types}
    slices = {one for one in types if LOCALIZER not in one}
    if all(_is_one_stack(cell, slices, planes) for cell in cells):
        joined.update(dict.fromkeys(slices, slices))
    for one, other in combinations(types if len(types) <= MOST_TYPES else (), 2):
        pairs = [
            (ours, theirs)
            for cell in cells
            for ours in planes.get(_Kind(*cell[:2], one, cell[2]), [])
            for theirs in planes.get(_Kind(*cell[:2], other, cell[2]), [])
            if _is_near(ours[0], theirs[0])
        ]
        if LOCALIZER not in (*one, *other) and pairs and all(_are_one(*pair) for pair in pairs):
            both = joined[one] | joined[other]
            joined.update(dict.fromkeys(both, both))
    counts = {one: sum(len(group) for kind, group in groups.items() if kind.image_type == one) for one in types}
    merged: dict[_Kind, list[Frame]] = defaultdict(list)
    for kind, group in groups.items():
        name = max(joined[kind.image_type], key=lambda one: (counts[one], one))
        merged[_Kind(kind.columns, kind.rows, name, kind.stack_id)].extend(group)
    return {kind: tuple(members) for kind, members in merged.items()}


def _is_one_stack(cell: tuple[int, int, str], types: set[tuple[str, ...]], planes: dict[_Kind, list[Frames]]) -> bool:
    """Return whether frames of several Image Types are one even stack, with one type at each position."""
    groups = [group for one in types for group in planes.get(_Kind(*cell[:2], one, cell[2]), [])]
    frames = [frame for group in groups for frame in group]
    if len(types) < 2 or not frames or any(map(missing_geometry, frames)) or not is_one_stack(frames):
        return False
    return len(distinct(heights(frames))) == sum(len(distinct(heights(group))) for group in groups)


def _are_one(ours: Frames, theirs: Frames) -> bool:
    return not any(map(missing_geometry, (*ours, *theirs))) and is_continued_by(ours, theirs)


def _is_near(one: Frame, other: Frame) -> bool:
    if one.orientation is None or other.orientation is None:
        return one.orientation is other.orientation
    return bool(np.abs(np.subtract(one.orientation, other.orientation)).max() < SAME_PLANE)


def _kind_names(kinds: list[_Kind]) -> dict[_Kind, Which]:
    """Return the names and values of each kind that are not the same in all kinds."""
    describe: dict[str, Callable[[_Kind], str]] = {
        "kind": lambda kind: " ".join(kind.image_type) or "no image type",
        "size": lambda kind: f"{kind.columns} x {kind.rows}",
        "stack_id": lambda kind: kind.stack_id or "none",
    }
    differ = {name: text for name, text in describe.items() if len({text(kind) for kind in kinds}) > 1}
    return {kind: {name: text(kind) for name, text in differ.items()} for kind in kinds}


def _by_geometry(frames: Frames) -> Placed:
    """Split frames of one kind; those without a position or the like may be slices of the largest part.

    If they are of another SOP Class, they are a part of their own.
    """
    incomplete = [frame for frame in frames if missing_geometry(frame)]
    if not incomplete:
        return [(*part, ()) for part in _split_by_geometry(frames)]
    left_out = set(map(id, incomplete))  # frames are many, and comparing two takes long
    good = [frame for frame in frames if id(frame) not in left_out]
    classes = {frame.sop_class for frame in good}
    odd = [frame for frame in incomplete if frame.sop_class in classes]
    if len(odd) >= len(good):
        odd = []
    unplaced = [f for f in incomplete if good and f.orientation is not None and f.sop_class not in classes]
    separate = {id(frame) for frame in (*odd, *unplaced)}
    parts = _split_by_geometry(tuple(frame for frame in frames if id(frame) not in separate))
    most = max(range(len(parts)), key=lambda number: len(parts[number][1]))
    placed: Placed = [(*part, tuple(odd) if number == most else ()) for number, part in enumerate(parts)]
    return [*placed, ({"position": "none"}, tuple(unplaced), ())] if unplaced else placed


def _split_by_geometry(frames: Frames) -> Parts:
    return [
        ({**plane, **spacing, **region}, part)
        for plane, parallel in _planes(frames)
        for spacing, alike in _spacings(parallel)
        for region, part in split_by_region(alike)
    ]


def _planes(frames: Frames) -> Parts:
    """Split frames by orientation and name the planes; frames without an orientation are one part."""
    planes = [fine for coarse in _by_orientation(frames) for fine in _by_angle(coarse)]
    if len(planes) == 1:
        return [({}, frames)]
    names = [_plane_name(plane) for plane in planes]
    angles = [f"{_angle(plane):.1f}" for plane in planes]
    full = list(zip(names, angles, strict=True))
    named: Parts = []
    for number, plane in enumerate(planes):
        which: Which = {"plane": names[number]}
        if names.count(names[number]) > 1:
            which["angle"] = float(angles[number])
        if full.count(full[number]) > 1:
            which["part"] = float(1 + full[:number].count(full[number]))
        named.append((which, plane))
    return named


def _by_orientation(frames: Frames, tolerance: float = SAME_PLANE) -> list[Frames]:
    """Group frames whose cosines differ by less than a tolerance from those of the first of the group."""
    return _clustered(frames, lambda frame: frame.orientation, tolerance, np.asarray)


def _clustered(
    frames: Frames,
    numbers_of: Callable[[Frame], tuple[float, ...] | None],
    tolerance: float,
    measure: Callable[[tuple[float, ...]], NDArray[np.float64]],
) -> list[Frames]:
    """Group frames whose numbers differ by less than a tolerance from those of the first of the group.

    Parameters
    ----------
    frames : tuple of Frame
    numbers_of : callable
        Returns the numbers of a frame, None where it has none.
    tolerance : float
    measure : callable
        What is done to the numbers before they are compared, as taking their logarithms.
    """
    leaders: list[NDArray[np.float64]] = []
    numbers: dict[tuple[float, ...] | None, int] = {None: -1}

    def number(frame: Frame) -> int:
        own = numbers_of(frame)
        if own is not None and own not in numbers:  # nearly all frames of a series have the same
            numbers[own] = nearest(measure(own))
        return numbers[own]

    def nearest(own: NDArray[np.float64]) -> int:
        if leaders and (away := np.abs(np.array(leaders) - own).max(1)).min() < tolerance:
            return int(np.argmax(away < tolerance))
        leaders.append(own)
        return len(leaders) - 1

    return list(_group(frames, number).values())


def _by_angle(frames: Frames) -> list[Frames]:
    """Split nearly parallel frames into stacks that differ by a few degrees.

    Jitter is no reason to split: then most frames have an orientation of their own, or all are at even steps.
    """
    if frames[0].orientation is None or len({frame.orientation for frame in frames}) == 1:
        return [frames]
    stacks = _by_orientation(frames, ORIENTATION_TOLERANCE)
    alone = sum(len(stack) == 1 for stack in stacks)
    if len(stacks) == 1 or 2 * alone >= len(frames) or any(frame.position is None for frame in frames):
        return [frames]
    along = distinct(heights(frames))
    return [frames] if len(along) > 1 and is_even(np.diff(along)) else stacks


def _plane_name(frames: Frames) -> str:
    orientation = frames[0].orientation
    across = None if orientation is None else np.cross(orientation[:3], orientation[3:])
    if across is None or not across.any():
        return "no orientation"
    normal = letters(across)
    return PLANE_NAMES[normal[0]] + (" oblique" if len(normal) > 1 else "")


def _angle(frames: Frames) -> float:
    """Return the angle in degrees between frames and the plane by which they are named."""
    if frames[0].orientation is None:
        return 0.0
    normal = normal_of(frames[0])
    return float(np.degrees(np.arccos(min(1.0, np.abs(normal).max())))) if normal.any() else 0.0


def _spacings(frames: Frames) -> Parts:
    """Split frames by pixel spacing."""
    if len({frame.pixel_spacing for frame in frames}) == 1:
        return [({}, frames)]
    groups = by_spacing(frames)
    if len(groups) == 1 or any(frame.position is None for frame in frames):
        return [({}, frames)]
    most = max(groups, key=len)
    # A single frame at a position that continues a stack is a slice of it, with a damaged pixel spacing.
    kept = [group for group in groups if group is not most and len(group) == 1 and _is_slice_of(most, group[0])]
    if _alternate(groups):
        return [({}, frames)]
    parts = [group for group in groups if group not in kept]
    parts[parts.index(most)] = (*most, *(group[0] for group in kept))
    if len(parts) == 1:
        return [({}, frames)]
    return [({"pixel_spacing": spacing_text(part[0])}, part) for part in parts]


def by_spacing(frames: Frames) -> list[Frames]:
    """Group frames of one pixel spacing; all are one group where some have none."""
    if any(frame.pixel_spacing is None or min(frame.pixel_spacing) <= 0 for frame in frames):
        return [frames]
    return _clustered(frames, lambda frame: frame.pixel_spacing, PIXEL_SPACING_TOLERANCE, np.log)


def _alternate(groups: list[Frames]) -> bool:
    """Return whether frames of several pixel spacings alternate in one even stack.

    Then the spacing jitters; two stacks do not alternate.
    """
    along = heights([frame for group in groups for frame in group])
    ordered = distinct(along)
    if len(ordered) < len(along) or not is_even(np.diff(ordered)):
        return False
    group_number = np.repeat(np.arange(len(groups)), [len(group) for group in groups])[np.argsort(along)]
    return int(np.count_nonzero(np.diff(group_number))) >= len(groups)


def _is_slice_of(stack: Frames, frame: Frame) -> bool:
    along = distinct(heights((*stack, frame)))
    return len(along) > len(distinct(heights(stack))) > 1 and is_even(np.diff(along))


def spacing_text(frame: Frame) -> str:
    """Write the pixel spacing of a frame, between columns and between rows: "0.75 x 1.5 mm"."""
    between_rows, between_columns = frame.pixel_spacing or (0.0, 0.0)
    return f"{between_columns:g} x {between_rows:g} mm"
