"""Put the frames of segments into label layers: as few as hold all without an overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.segmentation import Segment
from viewer3d.core.voxels import MOST_LABELS
from viewer3d.errors import LimitError

_BYTE: Final = 8
_MOST_UINT8: Final = 255
_WORD: Final = 8
"""Bytes that are compared at once where a frame has a multiple of them."""


@dataclass(frozen=True, eq=False)
class PackedSegment:
    """The frames of one segment.

    Attributes
    ----------
    segment : Segment
    slices : sequence of int
        The slice of each frame.
    frames : sequence of ndarray of uint8, shape (bytes,)
        Their pixels as bits, see :func:`viewer3d.dicom.objects.frame_pixels.packed_frames`.
    """

    segment: Segment
    slices: Sequence[int]
    frames: Sequence[NDArray[np.uint8]]


def label_values(numbers: Iterable[int]) -> tuple[dict[int, int], type[np.uint8 | np.int16]]:
    """Return the label of each segment number, and the dtype that holds them.

    The label is the number itself where that fits, else segments are numbered from 1.

    Raises
    ------
    LimitError
        When there are more segments than labels.
    """
    ordered = sorted(numbers)
    most = ordered[-1] if ordered else 0
    if len(ordered) > MOST_LABELS:
        raise LimitError(f"{len(ordered):,} segments are more than the {MOST_LABELS:,} that one segmentation can have")
    kind = np.uint8 if min(most, len(ordered)) <= _MOST_UINT8 else np.int16
    if most <= np.iinfo(kind).max:
        return {number: number for number in ordered}, kind
    return {number: turn for turn, number in enumerate(ordered, 1)}, kind


def pack_layers(
    segments: Iterable[PackedSegment],
    values: Mapping[int, int],
    dtype: type[np.uint8 | np.int16],
    shape: tuple[int, int, int],
    check_layers: Callable[[int], None],
) -> tuple[tuple[NDArray[Any], ...], list[Segment]]:
    """Put each segment into the first layer where it overlaps none before.

    Parameters
    ----------
    segments : iterable of PackedSegment
        In the order of their table.
    values : mapping of int to int
        Segment number to label, from :func:`label_values`.
    dtype : type
    shape : tuple of int
        Columns, rows and slices of the grid.
    check_layers : callable
        Called with how many layers there will be before another is allocated; raises where that is too many.

    Returns
    -------
    tuple of ndarray, shape (columns, rows, slices), Fortran order, and list of Segment
        At least one layer; the segments with their layers and values.
    """
    columns, rows, slices = shape
    pixels = columns * rows
    size = -(-pixels // _BYTE)
    taken: list[NDArray[np.uint8]] = []
    layers: list[NDArray[Any]] = []
    placed = []
    for one in segments:
        parts = [(k, *trimmed) for k, frame in zip(one.slices, one.frames, strict=True) if (trimmed := _trimmed(frame))]
        layer = next((n for n, used in enumerate(taken) if not _overlaps(parts, used)), len(taken))
        if layer == len(taken):
            check_layers(layer + 1)
            taken.append(np.zeros((slices, size), np.uint8))
            layers.append(np.zeros((slices, pixels), dtype))
        value = values[one.segment.number]
        for k, start, bits in parts:
            taken[layer][k, start : start + len(bits)] |= bits
            first = start * _BYTE
            count = min(len(bits) * _BYTE, pixels - first)
            inside = np.unpackbits(bits, count=count, bitorder="little")
            layers[layer][k, first : first + count] |= inside * dtype(value)
        placed.append(replace(one.segment, layer=layer, value=value))
    if not layers:
        check_layers(1)
        layers.append(np.zeros((slices, pixels), dtype))
    return tuple(one.reshape(slices, rows, columns).transpose(2, 1, 0) for one in layers), placed


def _trimmed(frame: NDArray[np.uint8]) -> tuple[int, NDArray[np.uint8]] | None:
    """Return where the labelled part of packed bits begins, and the part; None where there is none."""
    step = _WORD if len(frame) % _WORD == 0 and frame.flags.c_contiguous and frame.ctypes.data % _WORD == 0 else 1
    labelled = np.flatnonzero(frame.view(np.uint64) if step == _WORD else frame)
    if not labelled.size:
        return None
    first, end = int(labelled[0]) * step, (int(labelled[-1]) + 1) * step
    return first, frame[first:end]


def _overlaps(parts: Sequence[tuple[int, int, NDArray[np.uint8]]], used: NDArray[np.uint8]) -> bool:
    return any(bool(np.bitwise_and(used[k, start : start + len(bits)], bits).any()) for k, start, bits in parts)
