"""Find out whether images at one position that headers do not distinguish are copies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import Viewer3DError


def find_difference(stack: Stack) -> str:
    """Return which two images at one position have other pixels; an empty text when all are copies.

    Raises
    ------
    BadFileError, LimitError
        When one cannot be read.
    """
    from viewer3d.dicom.pixels.modality_values import read_voxels  # noqa: PLC0415 (few stacks have two images at one position)

    for kept, other in stack.doubles:
        a, b = (read_voxels([frame]) for frame in (kept, other))
        if not np.array_equal(a, b):
            return (
                f"two different images at position {_mm(kept)} mm, and nothing tells which belongs here: "
                f"{kept.name} and {other.name}; move one away"
            )
    return ""


def check_duplicates(stack: Stack) -> Stack:
    """Return a stack, with a problem if it has two different images at one position.

    Copies of one instance are not read; images that cannot be read are reported when the stack is loaded.
    """
    others = tuple((kept, other) for kept, other in stack.doubles if kept.sop_uid != other.sop_uid or not kept.sop_uid)
    if not others or stack.problem:
        return stack
    try:
        return replace(stack, problem=find_difference(replace(stack, doubles=others)))
    except Viewer3DError:
        return stack


def _mm(frame: Frame) -> str:
    return "(" + ", ".join(f"{v:g}" for v in frame.position or ()) + ")"
