"""Parts of a series to stacks: placed in the patient, sorted by position along the normal; problems said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from viewer3d.dicom.frame import Frame
from viewer3d.dicom.layout import Layout
from viewer3d.dicom.split import Frames, by_position, label, split, without_copies
from viewer3d.planes import vector
from viewer3d.volume import Which

ORIENTATION_TOLERANCE: Final = 1e-3
"""Cosines within a stack differ by less: scanners write 4 to 6 digits, and 1e-3 is 0.25 mm over 250 mm."""

ORTHONORMAL_TOLERANCE: Final = 1e-3
"""Row and column cosines have length 1 and are perpendicular to this; beyond it they are no directions."""

PIXEL_SPACING_TOLERANCE: Final = 1e-4
"""Relative: 0.05 mm over a row of 500 mm."""

AXIAL: Final = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""The orientation given to images that have none, when their spacing is given by hand."""


REMEDY: Final = "where they are is not known; spacing=(x, y, z) in mm lays them out in the order of their numbers"


@dataclass(frozen=True)
class Stack:
    """Frames that belong together, in order along their normal.

    Attributes
    ----------
    frames : tuple of Frame
    which : dict
        What tells this stack from the others of its series: ``{"echo": 2, "time": 0}``; empty when it is the only one.
    layout : Layout or None
        None when the positions are not known well enough; then ``problem`` says why.
    problem : str
        Why this is no volume; empty when it is one.
    doubles : tuple of pairs
        (kept, other): frames at one position that nothing tells apart. They are one frame if their pixels agree.
    assumed : bool
        Whether positions and spacing were given by hand, see :func:`assume_spacing`.
    """

    frames: Frames
    which: Which
    layout: Layout | None
    problem: str = ""
    doubles: tuple[tuple[Frame, Frame], ...] = ()
    assumed: bool = False

    @property
    def label(self) -> str:
        """What tells this stack, in words."""
        return label(self.which)

    @property
    def is_volume(self) -> bool:
        """Whether it can be loaded without being asked for by name."""
        return not self.problem

    @property
    def shape(self) -> tuple[int, int, int]:
        """Columns, rows and frames."""
        return self.frames[0].columns, self.frames[0].rows, len(self.frames)


def make_stacks(frames: Iterable[Frame]) -> tuple[Stack, ...]:
    """Split the frames of one series into stacks (see :func:`~viewer3d.dicom.split.split`), the largest first."""
    once, copies = without_copies(frames)
    parts = sorted(split(once), key=lambda part: -len(part.frames))
    return tuple(_stack(part.which, part.frames, copies) for part in parts)


def without(stack: Stack, bad: Sequence[Frame]) -> Stack:
    """Return a stack as it is without some of its frames, the others where they were."""
    doubles = {kept: [other for first, other in stack.doubles if first is kept] for kept, _ in stack.doubles}
    return _stack(stack.which, tuple(frame for frame in stack.frames if frame not in bad), doubles)


def assume_spacing(stack: Stack, spacing: tuple[float, float, float]) -> Stack:
    """Place frames whose headers do not say where they are, in the order of their numbers, at a spacing given by hand.

    Parameters
    ----------
    stack : Stack
        One without a layout.
    spacing : tuple of float
        Between columns, between rows and between slices, in mm.

    Returns
    -------
    Stack
        The first frame at the origin; axial where the headers give no orientation.
    """
    ordered = sorted(stack.frames, key=lambda f: (float(f.tells.get("InstanceNumber", 0)), f.index, f.name))
    orientation = ordered[0].orientation or AXIAL
    normal = np.cross(orientation[:3], orientation[3:])
    placed = []
    for number, frame in enumerate(ordered):
        position, pixel_spacing = vector(normal * spacing[2] * number), (spacing[1], spacing[0])
        placed.append(replace(frame, position=position, orientation=orientation, pixel_spacing=pixel_spacing))
    return replace(_stack(stack.which, tuple(placed), {}), assumed=True)


def _stack(which: Which, frames: Frames, copies: dict[Frame, list[Frame]]) -> Stack:
    """Order frames that belong together, and measure them; whatever forbids that becomes the stack's problem."""
    if problem := _unplaceable(frames):
        return Stack(frames, which, None, problem)
    kept, doubles = [], []
    for members in by_position(frames).values():
        first = min(members, key=lambda frame: (frame.sop_uid, frame.index))
        kept.append(first)
        doubles += [(first, other) for frame in members for other in (frame, *copies.get(frame, ())) if other != first]
    layout = _layout(kept)
    order = np.argsort(layout.positions @ layout.normal, kind="stable")
    layout = replace(layout, positions=layout.positions[order])
    ordered = tuple(kept[n] for n in order)
    problem = "" if len(ordered) > 1 else "a single image, no second position to make a volume"
    return Stack(ordered, which, layout, problem, tuple(doubles))


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
            return f"{count} of {len(frames)} images have no {what} (Patient): {REMEDY}"
    spacings = {frame.pixel_spacing for frame in frames}
    if None in spacings or any(min(spacing) <= 0 for spacing in spacings if spacing):
        return f"no Pixel Spacing above 0: {REMEDY}"
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
