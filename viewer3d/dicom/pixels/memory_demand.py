"""Estimate the memory for reading stacks from their headers, before anything is allocated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from viewer3d.dicom.files.archive_members import MemberSource
from viewer3d.dicom.files.sources import DatasetSource
from viewer3d.dicom.memory import check_memory
from viewer3d.dicom.pixels.decode import seconds_a_pixel
from viewer3d.dicom.pixels.modality_values import bytes_a_voxel
from viewer3d.dicom.pixels.workers import cores
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.planned_grid import grid_if_any
from viewer3d.dicom.series.stack import Stack

WORKING: Final = 16
"""Bytes per pixel while a frame becomes modality values: as decoded (4 at most), float64 and a mask."""


def check_demand(name: str, stacks: Sequence[Stack], options: ReadOptions) -> None:
    """Check that stacks that are in memory together need no more than is allowed.

    Parameters
    ----------
    name : str
        Their name in messages.
    stacks : sequence of Stack
    options : ReadOptions
        Its ``max_memory`` is the limit; without one :data:`viewer3d.dicom.memory.MEMORY_SHARE` of what is left.

    Raises
    ------
    LimitError
        When they need more.
    """
    kept, besides = zip(*(demand(stack, options) for stack in stacks), strict=True) if stacks else ((0,), (0,))
    needed = sum(kept) + max(besides)
    check_bytes(name, needed, options.max_memory)


def check_bytes(name: str, needed: int, max_memory: int | str | None) -> None:
    """Check that reading needs no more bytes than a limit; without one, than a share of what is left.

    Raises
    ------
    LimitError
        When it needs more.
    """
    check_memory(name, needed, max_memory, "loading", "load fewer slices")


def demand(stack: Stack, options: ReadOptions) -> tuple[int, int]:
    """Return the bytes of the voxels of a stack, and the bytes that reading needs besides for a while."""
    frames = stack.frames
    if not frames:
        return 0, 0
    first = frames[0]
    itemsize = 4 if first.series.modality == "PT" else bytes_a_voxel(frames)  # activity becomes uptake
    read = len(frames) * first.rows * first.columns * itemsize
    working = max(frame.stored.rows * frame.stored.columns for frame in frames) * WORKING
    compressed = any(seconds_a_pixel(frame.stored) > 0 for frame in frames)
    # A codestream and its pixels are in this process, and again in the worker that decodes it.
    copies = 2 * cores() if compressed else 1
    in_flight = copies * (working + _largest_object(stack))
    grid = _grid_voxels(stack) if options.irregular == "resample" else 0
    if not grid:
        return read, in_flight
    # The slices stay in memory until all are interpolated, and a mask marks the measured voxels.
    kept = grid * (itemsize + 1)
    return kept, max(in_flight, read) + 2 * working


def _largest_object(stack: Stack) -> int:
    """Return the bytes of the largest file or member that is read into memory as a whole."""
    largest = 0
    for source, stored in {frame.stored.source: frame.stored for frame in stack.frames}.items():
        in_memory = isinstance(source, MemberSource) or stored.length is None  # native files are read into the voxels
        if in_memory and not isinstance(source, DatasetSource):
            try:
                largest = max(largest, source.size)
            except OSError:
                continue  # it has vanished, which is reported when it is read
    return largest


def _grid_voxels(stack: Stack) -> int:
    grid = grid_if_any(stack)
    if grid is None or not grid.resampled:
        return 0
    columns, rows, slices = grid.shape
    return columns * rows * slices
