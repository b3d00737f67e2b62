"""Frames of one series to stacks: split, sort by position along the normal, measure, and say what is irregular."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.dicom.frame import Frame
from viewer3d.geometry import SHEAR_TOLERANCE, letters

Frames = tuple[Frame, ...]

ORIENTATION_TOLERANCE: Final = 1e-3
"""Cosines within a stack differ by less: scanners write 4 to 6 digits, and 1e-3 is 0.25 mm over 250 mm."""

ORIENTATION_APART: Final = 5e-2
"""Cosines that differ by more (3 degrees) are another plane on purpose; between the two limits something is wrong."""

ORTHONORMAL_TOLERANCE: Final = 1e-3
"""Row and column cosines have length 1 and are perpendicular to this; beyond it they are no directions."""

SAME_POSITION: Final = 0.01
"""mm: nearer frames are at one position. No scanner steps so little, and decimal text is good to 1e-4."""

EVEN_TOLERANCE: Final = 1e-2
"""Of the step: positions that stray less from even steps are even (a real PET strays by 0.4 %)."""

PIXEL_SPACING_TOLERANCE: Final = 1e-4
"""Relative: 0.05 mm over a row of 500 mm."""

LONE_STEP: Final = 1.0
"""mm along the normal given to a single image, which has no second position to tell."""

SPLITTERS: Final = {
    "EchoTime": "echo time {} ms",
    "EchoNumbers": "echo {}",
    "DiffusionBValue": "b-value {}",
    "TemporalPositionIdentifier": "time {}",
    "TriggerTime": "trigger time {} ms",
    "AcquisitionNumber": "acquisition {}",
    "AcquisitionTime": "acquisition time {}",
    "ContentTime": "content time {}",
}
"""Attributes that may tell frames at one position apart, the most telling first, and how a part is then called."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the frames of a stack are, measured.

    Attributes
    ----------
    row, column, normal : ndarray, shape (3,)
        Unit vectors along a row, along a column and across the frames (row x column), in LPS.
    spacing : tuple of float
        Between columns and between rows, in mm.
    positions : ndarray, shape (n, 3)
        Of the first pixel of each frame, in mm, ascending along the normal.
    """

    row: NDArray[np.float64]
    column: NDArray[np.float64]
    normal: NDArray[np.float64]
    spacing: tuple[float, float]
    positions: NDArray[np.float64]

    @property
    def along(self) -> NDArray[np.float64]:
        """Distance of each frame from the first along the normal, in mm, shape (n,)."""
        along: NDArray[np.float64] = (self.positions - self.positions[0]) @ self.normal
        return along

    @property
    def gaps(self) -> NDArray[np.float64]:
        """Distances between neighbours along the normal, in mm, shape (n - 1,)."""
        gaps: NDArray[np.float64] = np.diff(self.along)
        return gaps

    @property
    def step(self) -> NDArray[np.float64]:
        """The mean vector from frame to frame in mm, shape (3,): straight across, or leaning where they are tilted."""
        if len(self.positions) == 1:
            return self.normal * LONE_STEP
        mean: NDArray[np.float64] = (self.positions[-1] - self.positions[0]) / (len(self.positions) - 1)
        return mean

    @property
    def residual(self) -> float:
        """The farthest any frame is from even steps, in mm."""
        even = self.positions[0] + np.arange(len(self.positions))[:, None] * self.step
        return float(np.linalg.norm(self.positions - even, axis=1).max())

    @property
    def even(self) -> bool:
        """Whether the frames stand at even steps, within :data:`EVEN_TOLERANCE`."""
        return self.residual <= EVEN_TOLERANCE * float(np.linalg.norm(self.step))

    @property
    def lean(self) -> float:
        """The angle between the step and the normal in degrees: the gantry tilt."""
        step = self.step
        across = np.linalg.norm(step - (step @ self.normal) * self.normal)
        return float(np.degrees(np.arctan2(across, step @ self.normal)))

    @property
    def upright(self) -> bool:
        """Whether the step goes straight across the frames, within :data:`~viewer3d.geometry.SHEAR_TOLERANCE`."""
        return bool(np.sin(np.radians(self.lean)) <= SHEAR_TOLERANCE)

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel index to LPS mm with even steps, (4, 4): what fits the frames best; sheared where they are tilted."""
        affine = np.eye(4)
        affine[:3, 0] = self.row * self.spacing[0]
        affine[:3, 1] = self.column * self.spacing[1]
        affine[:3, 2] = self.step
        affine[:3, 3] = self.positions[0]
        return affine


@dataclass(frozen=True)
class Stack:
    """Frames that belong together, in order along their normal.

    Attributes
    ----------
    frames : tuple of Frame
    label : str
        What tells this stack from the others of its series; empty when it is the only one.
    layout : Layout or None
        None when the positions are not known well enough; then ``problem`` says why.
    problem : str
        Why this is no volume; empty when it is one.
    doubles : tuple of pairs
        (kept, other): frames at one position that nothing tells apart. They are one frame if their pixels agree.
    """

    frames: Frames
    label: str
    layout: Layout | None
    problem: str = ""
    doubles: tuple[tuple[Frame, Frame], ...] = ()

    @property
    def is_volume(self) -> bool:
        """Whether it can be loaded without being asked for by name."""
        return not self.problem

    @property
    def shape(self) -> tuple[int, int, int]:
        """Columns, rows and frames."""
        stored = self.frames[0].stored
        return stored.columns, stored.rows, len(self.frames)


def make_stacks(frames: Iterable[Frame]) -> tuple[Stack, ...]:
    """Split the frames of one series into stacks, the largest first.

    Frames of another size, kind (Image Type), orientation or Stack ID are another stack. Frames at one position are
    told apart by the first attribute of :data:`SPLITTERS` that can.
    """
    frames, copies = _without_copies(frames)
    groups = _group(frames, _kind)
    names = _kind_names([kind for kind in groups if isinstance(kind, _Kind)])
    parts: list[tuple[list[str], Frames]] = []
    for kind, group in groups.items():
        planes = _split_by_plane(group)
        for plane in planes:
            words = [names[kind]] if len(groups) > 1 else []
            if len(planes) > 1:
                words.append(_plane_name(plane))
            parts += [(words + told, part) for told, part in _split_by_tells(plane, tuple(SPLITTERS))]
    parts.sort(key=lambda part: -len(part[1]))
    return tuple(_stack(", ".join(words), part, copies) for words, part in parts)


def _without_copies(frames: Iterable[Frame]) -> tuple[Frames, dict[Frame, list[Frame]]]:
    """Set copies of a file apart, so that none passes for another time: the same instance at the same position."""
    first: dict[Hashable, Frame] = {}
    copies: dict[Frame, list[Frame]] = defaultdict(list)
    for number, frame in enumerate(frames):
        key = (frame.sop_uid, frame.index, frame.position) if frame.sop_uid else number
        kept = first.setdefault(key, frame)
        if kept is not frame:
            copies[kept].append(frame)
    return tuple(first.values()), copies


@dataclass(frozen=True)
class _Kind:
    columns: int
    rows: int
    image_type: tuple[str, ...]
    stack_id: str


def _kind_names(kinds: list[_Kind]) -> dict[Hashable, str]:
    """Name kinds by what is not the same in all of them."""
    told: tuple[Callable[[_Kind], str], ...] = (
        lambda kind: " ".join(kind.image_type) or "no image type",
        lambda kind: f"{kind.columns} x {kind.rows}",
        lambda kind: f"stack {kind.stack_id or '-'}",
    )
    differ = [tell for tell in told if len({tell(kind) for kind in kinds}) > 1]
    return {kind: " ".join(tell(kind) for tell in differ) for kind in kinds}


def _kind(frame: Frame) -> _Kind:
    # Values 1 and 2 of Image Type (ORIGINAL, PRIMARY) say how a frame was made, not what it shows.
    stored = frame.stored
    return _Kind(stored.columns, stored.rows, frame.image_type[2:], str(frame.tells.get("StackID", "")))


def _group(frames: Iterable[Frame], key: Callable[[Frame], Hashable]) -> dict[Hashable, Frames]:
    groups: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[key(frame)].append(frame)
    return {value: tuple(members) for value, members in groups.items()}


def _split_by_plane(frames: Frames) -> list[Frames]:
    """Split frames into those of one orientation each; frames without one are a part of their own."""
    leaders: list[NDArray[np.float64]] = []

    def plane(frame: Frame) -> int:
        if frame.orientation is None:
            return -1
        own = np.array(frame.orientation)
        for number, leader in enumerate(leaders):
            if np.abs(own - leader).max() < ORIENTATION_APART:
                return number
        leaders.append(own)
        return len(leaders) - 1

    return list(_group(frames, plane).values())


def _plane_name(frames: Frames) -> str:
    orientation = frames[0].orientation
    if orientation is None:
        return "no orientation"
    normal = letters(np.cross(orientation[:3], orientation[3:]))
    return {"H": "axial", "F": "axial", "A": "coronal", "P": "coronal", "L": "sagittal", "R": "sagittal"}[normal[0]] + (
        " oblique" if len(normal) > 1 else ""
    )


def _split_by_tells(frames: Frames, splitters: tuple[str, ...]) -> list[tuple[list[str], Frames]]:
    """Split frames until no two of a part are at one position, as far as attributes tell them apart."""
    repeats = _most_at_one_position(frames)
    if repeats < 2:
        return [([], frames)]
    for number, keyword in enumerate(splitters):
        parts = _group(frames, partial(_tell, keyword))
        # Times that differ from slice to slice make too many parts: those tell nothing.
        if 2 <= len(parts) <= repeats and all(_most_at_one_position(part) < repeats for part in parts.values()):
            return [
                ([SPLITTERS[keyword].format(_short(value)), *told], part)
                for value, group in sorted(parts.items(), key=lambda item: (str(type(item[0])), item[0]))
                for told, part in _split_by_tells(group, splitters[number + 1 :])
            ]
    return _split_by_turn(frames, repeats)


def _split_by_turn(frames: Frames, repeats: int) -> list[tuple[list[str], Frames]]:
    """Split frames whose every position was taken equally often into first, second, ... turn, by time and number."""
    turns: list[list[Frame]] = [[] for _ in range(repeats)]
    for members in _by_position(frames).values():
        # A copy of a file is no new turn, and where positions differ in number there are no turns to speak of.
        if len(members) != repeats or any("InstanceNumber" not in frame.tells for frame in members):
            return [([], frames)]
        for turn, frame in zip(turns, sorted(members, key=_turn_key), strict=True):
            turn.append(frame)
    return [([f"time {number}"], tuple(turn)) for number, turn in enumerate(turns, 1)]


def _turn_key(frame: Frame) -> tuple[str, float]:
    return str(frame.tells.get("AcquisitionTime", "")), float(frame.tells["InstanceNumber"])


def _tell(keyword: str, frame: Frame) -> str | float:
    return frame.tells.get(keyword, "")


def _short(value: Hashable) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _by_position(frames: Frames) -> dict[Hashable, Frames]:
    """Group frames at one position; those without a position are each alone."""
    placed = [frame for frame in frames if frame.position is not None and frame.orientation is not None]
    if not placed:
        return {}
    orientation = np.array(placed[0].orientation)
    along = np.array([frame.position for frame in placed]) @ np.cross(orientation[:3], orientation[3:])
    order = np.argsort(along, kind="stable")
    number = np.empty(len(placed), int)
    number[order] = np.concatenate([[0], np.cumsum(np.diff(along[order]) > SAME_POSITION)])
    numbers = iter(number.tolist())
    return _group(placed, lambda _frame: next(numbers))


def _most_at_one_position(frames: Frames) -> int:
    return max((len(members) for members in _by_position(frames).values()), default=1)


def _stack(label: str, frames: Frames, copies: dict[Frame, list[Frame]]) -> Stack:
    """Order frames that belong together, and measure them; whatever forbids that becomes the stack's problem."""
    if problem := _unplaceable(frames):
        return Stack(frames, label, None, problem)
    kept, doubles = [], []
    for members in _by_position(frames).values():
        first = min(members, key=lambda frame: (frame.sop_uid, frame.index))
        kept.append(first)
        doubles += [(first, other) for frame in members for other in (frame, *copies.get(frame, ())) if other != first]
    layout = _layout(kept)
    order = np.argsort(layout.positions @ layout.normal, kind="stable")
    layout = replace(layout, positions=layout.positions[order])
    ordered = tuple(kept[n] for n in order)
    problem = "" if len(ordered) > 1 else "a single image, no second position to make a volume"
    return Stack(ordered, label, layout, problem, tuple(doubles))


def _layout(frames: Sequence[Frame]) -> Layout:
    orientation = np.mean([frame.orientation or () for frame in frames], axis=0)
    row = orientation[:3] / np.linalg.norm(orientation[:3])
    normal = np.cross(row, orientation[3:])
    normal /= np.linalg.norm(normal)
    spacing = frames[0].pixel_spacing
    assert spacing is not None
    positions = np.array([frame.position for frame in frames], np.float64)
    return Layout(row, np.cross(normal, row), normal, (spacing[1], spacing[0]), positions)


def _unplaceable(frames: Frames) -> str:
    """Return why frames cannot be placed in the patient, or an empty text."""
    for missing, what in (("position", "Image Position"), ("orientation", "Image Orientation")):
        if count := sum(getattr(frame, missing) is None for frame in frames):
            return f"{count} of {len(frames)} images have no {what} (Patient): where they are is not known"
    spacings = {frame.pixel_spacing for frame in frames}
    if None in spacings or any(min(spacing) <= 0 for spacing in spacings if spacing):
        return "no Pixel Spacing above 0: how large the pixels are is not known"
    low, high = np.min([s for s in spacings if s], axis=0), np.max([s for s in spacings if s], axis=0)
    if (high > low * (1 + PIXEL_SPACING_TOLERANCE)).any():
        return f"Pixel Spacing differs between images, from {low.tolist()} to {high.tolist()} mm"
    cosines = np.array([frame.orientation for frame in frames])
    rows, columns = cosines[:, :3], cosines[:, 3:]
    errors = np.abs([(rows**2).sum(1) - 1, (columns**2).sum(1) - 1, (rows * columns).sum(1)]).max()
    if errors > 2 * ORTHONORMAL_TOLERANCE:
        return "Image Orientation (Patient) is not two perpendicular unit vectors"
    spread = float(np.ptp(cosines, axis=0).max())
    if spread > ORIENTATION_TOLERANCE:
        return f"Image Orientation (Patient) differs by up to {spread:.3g} between images: they are not parallel"
    if "MOSAIC" in frames[0].image_type:
        return "a Siemens mosaic: each image is many slices tiled side by side, which are not taken apart"
    return ""
