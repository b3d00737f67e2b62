"""Files that are truncated or cannot be read: an error that names them, or a note when one may go on without."""

from __future__ import annotations

import os
from dataclasses import replace

from viewer3d.dicom.frame import Frame
from viewer3d.dicom.pixels import read_voxels
from viewer3d.dicom.reading import Reading
from viewer3d.dicom.scaling import flaws_of
from viewer3d.dicom.scan import Scan
from viewer3d.dicom.sources import BAD_FILE
from viewer3d.dicom.stack import Stack, without
from viewer3d.errors import BadFileError


def damage_notes(found: Scan, stack: Stack, how: Reading) -> list[str]:
    """Look for frames of a stack without a place, and files beside its own that cannot be read: any may be its slice.

    Returns
    -------
    list of str
        A sentence on those that are gone on without.

    Raises
    ------
    BadFileError
        When there is one, and it is not to be skipped.
    """
    beside = {_folder(frame.stored.source.name) for frame in stack.frames}
    if stack.odd and not how.skip_bad:
        frame, reason = stack.odd[0]
        raise BadFileError(f"{frame.name}: {reason}, unlike the {len(stack.frames)} others of its stack; {BAD_FILE}")
    odd = _odd_notes(stack)
    damaged = [one for one in found.all_refused if one.damaged and _folder(one.name) in beside]
    if not damaged:
        return odd
    if not how.skip_bad:
        raise BadFileError(f"{damaged[0].name}: {damaged[0].reason}; {BAD_FILE}")
    left_out = f"{len(damaged)} files that cannot be read were left out: {damaged[0].name} ({damaged[0].reason})."
    return [*odd, left_out]


def without_bad(stack: Stack) -> tuple[Stack, list[str]]:
    """Return a stack without the frames whose pixels cannot be read, and a sentence on them.

    Every frame is read by itself to find out: this is for when reading them all has failed.

    Raises
    ------
    BadFileError
        When no frame can be read.
    """
    frames = (*stack.frames, *(other for _, other in stack.doubles))
    told = {frame: f"{frame.name}: {flaw}" for frame, flaw in flaws_of(frames).items()}
    bad = [(frame, reason) for frame in frames if (reason := told.get(frame) or _reason(frame))]
    if len(bad) == len(frames):
        raise BadFileError(f"none of {len(bad)} images can be read; the first: {bad[0][1]}")
    if not bad:
        return stack, []  # each is well by itself: reading them together will say again what is wrong
    left_out = [frame for frame, _ in bad]
    # Of two images at one position the other one steps in.
    sound = [(kept, other) for kept, other in stack.doubles if other not in left_out]
    instead = tuple(dict.fromkeys(other for kept, other in sound if kept in left_out))
    rest = without(replace(stack, frames=(*stack.frames, *instead), doubles=tuple(sound)), left_out)
    return rest, [f"{len(bad)} images were left out because they cannot be read; the first: {bad[0][1]}."]


def _odd_notes(stack: Stack) -> list[str]:
    if not stack.odd:
        return []
    (first, reason), count = stack.odd[0], len(stack.odd)
    what = "1 image without a place was" if count == 1 else f"{count} images without a place were"
    return [f"{what} left out: {first.name} ({reason})."]


def _reason(frame: Frame) -> str:
    try:
        read_voxels([frame])
    except BadFileError as error:
        return str(error)
    return ""


def _folder(name: str) -> str:
    return os.path.dirname(name)  # noqa: PTH120 (once a slice, and a Path takes ten times as long)
