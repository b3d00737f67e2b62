"""Refuse truncated and unreadable files, or leave them out with a note."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from viewer3d.core.notes.note import Note
from viewer3d.dicom.files.sources import FILE_REMEDY
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.scaling import scaling_flaws
from viewer3d.dicom.pixels.modality_values import read_voxels
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.scan import Scan
from viewer3d.dicom.series.stack import Stack, without_frames
from viewer3d.errors import BadFileError


def damage_notes(found: Scan, stack: Stack, options: ReadOptions) -> list[Note]:
    """Return notes on frames without a position and unreadable files next to those of a stack.

    Each of them may be a missing slice of the stack.

    Returns
    -------
    list of Note
        One for each kind that is left out.

    Raises
    ------
    BadFileError
        When there are any, and ``skip_bad`` is not set.
    """
    beside = {_folder(frame.stored.source.name) for frame in stack.frames}
    if stack.odd and not options.skip_bad:
        frame, reason = stack.odd[0]
        raise BadFileError(f"{frame.name}: {reason}, unlike the {len(stack.frames)} others of its stack; {FILE_REMEDY}")
    odd = _odd_notes(stack)
    unseen = [one for one in found.all_refused if one.unseen and _folder(one.name) in beside]
    if unseen:
        places = "1 place" if len(unseen) == 1 else f"{len(unseen)} places"
        text = f"{places} beside the files could not be searched: {unseen[0].name} ({unseen[0].reason})."
        odd = [*odd, Note(text, "files.unsearched", files=[one.name for one in unseen])]
    damaged = [one for one in found.all_refused if one.damaged and _folder(one.name) in beside]
    if not damaged:
        return odd
    if not options.skip_bad:
        raise BadFileError(f"{damaged[0].name}: {damaged[0].reason}; {FILE_REMEDY}")
    text = f"{len(damaged)} files that cannot be read were left out: {damaged[0].name} ({damaged[0].reason})."
    left_out = Note(text, "files.unreadable", files=[one.name for one in damaged])
    return [*odd, left_out]


def unreadable_frames(stack: Stack) -> dict[Frame, str]:
    """Return the frames that cannot be read with the others of their stack, and why.

    They have no scaling, or are one of two at a position and cannot be read.
    """
    frames = (*stack.frames, *(other for _, other in stack.doubles))
    bad = {frame: f"{frame.name}: {flaw}" for frame, flaw in scaling_flaws(frames).items()}
    twice = dict.fromkeys(frame for pair in stack.doubles for frame in pair)
    return bad | {frame: reason for frame in twice if frame not in bad and (reason := _reason(frame))}


def without_bad(stack: Stack, bad: Mapping[Frame, str]) -> Stack:
    """Return a stack without the frames that cannot be read.

    Raises
    ------
    BadFileError
        When no frame can be read.
    """
    if not bad:
        return stack
    if len(bad) == len(stack.frames) + len(stack.doubles):
        raise BadFileError(f"none of {len(bad)} images can be read; the first: {next(iter(bad.values()))}")
    # Of two images at one position the other one is used.
    sound = [(kept, other) for kept, other in stack.doubles if other not in bad]
    instead = tuple(dict.fromkeys(other for kept, other in sound if kept in bad))
    return without_frames(replace(stack, frames=(*stack.frames, *instead), doubles=tuple(sound)), tuple(bad))


def left_out_notes(bad: Mapping[Frame, str]) -> list[Note]:
    """Return a note on frames that are left out."""
    if not bad:
        return []
    first = next(iter(bad.values()))
    text = f"{len(bad)} images were left out because they cannot be read; the first: {first}."
    return [Note(text, "images.unreadable", files=[one.name for one in bad], frames=len(bad))]


def _odd_notes(stack: Stack) -> list[Note]:
    if not stack.odd:
        return []
    (first, reason), count = stack.odd[0], len(stack.odd)
    what = "1 image without a place was" if count == 1 else f"{count} images without a place were"
    text = f"{what} left out: {first.name} ({reason})."
    return [Note(text, "images.without_place", files=[one.name for one, _ in stack.odd], frames=count)]


def _reason(frame: Frame) -> str:
    try:
        read_voxels([frame])
    except BadFileError as error:
        return str(error)
    return ""


def _folder(name: str) -> str:
    return os.path.dirname(name)  # noqa: PTH120 (called for each slice, and a Path takes ten times as long)
