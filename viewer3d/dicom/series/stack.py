"""Make stacks of the frames of a series: split, sorted along the normal, with their problems."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from viewer3d.core.series_info import Which
from viewer3d.core.vectors import vector
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.part import Part, group_by_position
from viewer3d.dicom.series.slice_layout import SliceLayout
from viewer3d.dicom.series.slice_steps import ORIENTATION_TOLERANCE, PIXEL_SPACING_TOLERANCE
from viewer3d.dicom.series.split_by_kind import ORTHONORMAL_TOLERANCE, by_spacing, missing_geometry, spacing_text
from viewer3d.dicom.series.split_series import label, split_series, without_copies

AXIAL: Final = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""The orientation given to images that have none, when their spacing is given by hand."""


GIVE_SPACING: Final = "where they are is not known; spacing=(x, y, z) in mm lays them out in the order of their numbers"


@dataclass(frozen=True)
class Stack:
    """Frames that belong together, in order along their normal.

    Attributes
    ----------
    frames : tuple of Frame
    which : dict
        By what this stack differs from the others of its series: ``{"echo": 2, "time": 0}``; empty when it is the
        only one.
    layout : SliceLayout or None
        None when the positions are not known well enough; then ``problem`` says why.
    problem : str
        Why this is no volume; empty when it is one.
    doubles : tuple of pairs
        (kept, other): frames at one position that nothing distinguishes. They are copies if their pixels agree.
    assumed : tuple of str
        What was given by hand, see :func:`assume_spacing`: ``"position"``, ``"orientation"``, ``"pixel_spacing"``.
    odd : tuple of (Frame, str)
        Single frames that may be slices of it but cannot be placed, and what they lack.
    by : dict
        The names in ``which`` by which frames at one position were distinguished, and the attribute of each in words.
    guess : str
        What the order of frames at one position was taken from, where no attribute says which belong together.
    left_over : bool
        Whether it is what there is of a volume that was not finished: it is loaded only if it is asked for.
    """

    frames: Frames
    which: Which
    layout: SliceLayout | None
    problem: str = ""
    doubles: tuple[tuple[Frame, Frame], ...] = ()
    assumed: tuple[str, ...] = ()
    odd: tuple[tuple[Frame, str], ...] = ()
    by: dict[str, str] = field(default_factory=dict)
    guess: str = ""
    left_over: bool = False

    @property
    def label(self) -> str:
        """The names and values of ``which``, in words: "echo 2, time 0"."""
        return label(self.which)

    @property
    def is_volume(self) -> bool:
        """Whether it can be loaded without being asked for by stack or name."""
        return not self.problem

    @property
    def shape(self) -> tuple[int, int, int]:
        """Columns, rows and frames."""
        return self.frames[0].columns, self.frames[0].rows, len(self.frames)


def make_stacks(frames: Iterable[Frame]) -> tuple[Stack, ...]:
    """Split the frames of one series into stacks, the largest first."""
    unique, copies = without_copies(frames)
    parts = sorted(split_series(unique), key=lambda part: -len(part.frames))
    largest = {_family(part): len(part.frames) for part in reversed(parts)}
    return tuple(_of_part(part, copies, largest[_family(part)]) for part in parts)


def _family(part: Part) -> Hashable:
    """Return the names and values that a part shares with its other times, echoes and the like."""
    return tuple((name, value) for name, value in part.which.items() if name not in part.by)


def _of_part(part: Part, copies: dict[Frame, list[Frame]], whole: int) -> Stack:
    if part.problem:
        return Stack(part.frames, part.which, None, part.problem, by=part.by)
    stack = replace(_stack(part.which, part.frames, copies), by=part.by, guess=part.guess, left_over=part.left_over)
    if part.left_over and stack.layout is not None:
        count = len(stack.frames)
        return replace(stack, problem=f"left over: {count} of {whole} images of a volume that was not finished")
    return stack


def without_frames(stack: Stack, bad: Sequence[Frame]) -> Stack:
    """Return a stack without some of its frames; the others keep their positions."""
    doubles = {kept: [other for first, other in stack.doubles if first is kept] for kept, _ in stack.doubles}
    rest = _stack(stack.which, tuple(frame for frame in stack.frames if frame not in bad), doubles)
    return replace(_with_split_of(rest, stack), assumed=stack.assumed, odd=stack.odd)


def _with_split_of(stack: Stack, before: Stack) -> Stack:
    problem = stack.problem or (before.problem if before.left_over else "")
    return replace(stack, problem=problem, by=before.by, guess=before.guess, left_over=before.left_over)


def assume_spacing(stack: Stack, spacing: tuple[float, float, float]) -> Stack:
    """Give frames the positions or pixel spacing that their headers lack, from a spacing given by hand.

    Parameters
    ----------
    stack : Stack
        One without a layout, or with odd frames.
    spacing : tuple of float
        Between columns, between rows and between slices, in mm.

    Returns
    -------
    Stack
        Nothing that headers have is replaced. Pixel spacing is filled in where there is none above 0. If no frame but
        the first (in the order of their numbers) has a position, they follow it in that order along the normal;
        without a position the first is at the origin. Frames without an orientation are axial. A stack in which some
        frames have a position and others have none is returned as it was.
    """
    if not stack.odd and not _unplaceable(stack.frames):
        return stack  # it is no volume for another reason: the images have positions
    frames = (*stack.frames, *(frame for frame, _ in stack.odd))
    ordered = _by_number(frames)
    orientation = ordered[0].orientation or AXIAL
    filled: dict[str, None] = {}
    placed = []
    lacking = _lack_positions(ordered)
    origin, normal = np.array(ordered[0].position or (0.0, 0.0, 0.0)), np.cross(orientation[:3], orientation[3:])
    for number, frame in enumerate(ordered):
        given: dict[str, Any] = {}
        if frame.position is None and lacking:
            given["position"] = vector(origin + normal * spacing[2] * number)
        if frame.orientation is None:
            given["orientation"] = orientation
        if frame.pixel_spacing is None or min(frame.pixel_spacing) <= 0:
            given |= {"pixel_spacing": (spacing[1], spacing[0]), "spacing_tag": "given by hand"}
        filled.update(dict.fromkeys(name for name in given if name != "spacing_tag"))
        placed.append(replace(frame, **given))
    made = replace(_with_split_of(_stack(stack.which, tuple(placed), {}), stack), assumed=tuple(filled))
    return made if made.layout is not None else stack


def _by_number(frames: Sequence[Frame]) -> list[Frame]:
    return sorted(frames, key=lambda f: (float(f.dimension_values.get("InstanceNumber", 0)), f.index, f.name))


def _lack_positions(ordered: Sequence[Frame]) -> bool:
    """Return whether no frame has a position but the first, which is enough to place the others."""
    return all(frame.position is None for frame in ordered[1:])


def _stack(which: Which, frames: Frames, copies: dict[Frame, list[Frame]]) -> Stack:
    """Make a stack of frames that belong together: sorted and measured, or with a problem."""
    frames, odd = _without_odd(frames)
    if problem := _unplaceable(frames):
        return Stack(frames, which, None, problem)
    kept, doubles = [], []
    for members in group_by_position(frames).values():
        first = min(members, key=lambda frame: (frame.sop_uid, frame.index))
        kept.append(first)
        doubles += [(first, other) for frame in members for other in (frame, *copies.get(frame, ())) if other != first]
    layout = _layout(kept)
    order = np.argsort(layout.positions @ layout.normal, kind="stable")
    layout = replace(layout, positions=layout.positions[order])
    ordered = tuple(kept[n] for n in order)
    problem = "" if len(ordered) > 1 else "a single image, no second position to make a volume"
    return Stack(ordered, which, layout, problem, tuple(doubles), odd=odd)


def _without_odd(frames: Frames) -> tuple[Frames, tuple[tuple[Frame, str], ...]]:
    """Separate frames that lack a position, orientation or pixel spacing or have another than most."""
    odd = [(frame, reason) for frame in frames if (reason := missing_geometry(frame))]
    if 2 * len(odd) >= len(frames):
        return frames, ()
    left_out = {id(frame) for frame, _ in odd}
    good = tuple(frame for frame in frames if id(frame) not in left_out) if odd else frames
    if len({frame.pixel_spacing for frame in good}) > 1:
        most, *others = sorted(by_spacing(good), key=len, reverse=True)
        if others and 2 * len(most) > len(frames):
            usual = spacing_text(most[0])
            odd += [(f, f"a Pixel Spacing of {spacing_text(f)}, not {usual}") for group in others for f in group]
            good = most
    return good, tuple(odd)


def _layout(frames: Sequence[Frame]) -> SliceLayout:
    orientation = np.mean([frame.orientation or () for frame in frames], axis=0)
    row = orientation[:3] / np.linalg.norm(orientation[:3])
    normal = np.cross(row, orientation[3:])
    normal /= np.linalg.norm(normal)
    spacing = frames[0].pixel_spacing
    assert spacing is not None
    positions = np.array([frame.position for frame in frames], np.float64)
    return SliceLayout(row, np.cross(normal, row), normal, (spacing[1], spacing[0]), positions)


def _unplaceable(frames: Frames) -> str:
    """Return why frames cannot be placed in the patient, or an empty text."""
    for missing, what in (("position", "Image Position"), ("orientation", "Image Orientation")):
        if count := sum(getattr(frame, missing) is None for frame in frames):
            remedy = (
                GIVE_SPACING if missing == "orientation" or _lack_positions(_by_number(frames)) else "move them away"
            )
            return f"{count} of {len(frames)} images have no {what} (Patient): {remedy}"
    spacings = {frame.pixel_spacing for frame in frames}
    if None in spacings or any(min(spacing) <= 0 for spacing in spacings if spacing):
        return f"no Pixel Spacing above 0: {GIVE_SPACING}"
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
    return ""
