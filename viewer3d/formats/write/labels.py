"""Label layers as files have them, with numbers of segments for labels, and tables of names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.notes.note import Note
from viewer3d.core.text import printable
from viewer3d.errors import OutputError
from viewer3d.formats.write.output import OutputFile

if TYPE_CHECKING:
    from viewer3d.core.segmentation import Segment, Segmentation

_MOST_OF: Final = {"|u1": 255, "<i2": 32_767, "<i4": (1 << 31) - 1}

TABLE_SUFFIX: Final = ".labels.txt"
"""Of a table of names beside a label map: ITK-SNAP's labels, which ``load_segmentation(names=...)`` reads."""


def label_dtype(segments: Sequence[Segment]) -> str:
    """Return the smallest dtype that holds the numbers of all segments."""
    most = max((one.number for one in segments), default=1)
    return next(dtype for dtype, limit in _MOST_OF.items() if most <= limit)


def numbered_layers(segmentation: Segmentation, dtype: str, target: Path) -> Iterator[NDArray[Any]]:
    """Return the layers one by one, with the numbers of segments for labels.

    Raises
    ------
    OutputError
        When a segment has the number 0, which is no label.
    """
    for layer, labels in enumerate(segmentation.labels):
        own = [one for one in segmentation.segments if one.layer == layer]
        if any(one.number < 1 for one in own):
            raise OutputError(
                f"{target}: the segment {own[0].name!r:.60} has the number {own[0].number}, and 0 is no label: number "
                "segments from 1"
            )
        if all(one.number == one.value for one in own):
            kept = {one.value for one in own}
            if not set(np.flatnonzero(segmentation._slice_counts(layer).sum(0))) - {0} - kept:
                yield labels.astype(dtype, copy=False)
                continue
        table = np.zeros(int(labels.max(initial=0)) + 1, dtype)
        for one in own:
            if one.value < len(table):
                table[one.value] = one.number
        yield np.asfortranarray(table[labels])


def merged_labels(segmentation: Segmentation, target: Path) -> tuple[NDArray[Any], str, tuple[Note, ...]]:
    """Return one label array of all layers, its dtype, and notes.

    Raises
    ------
    OutputError
        When segments overlap: one array has one label a voxel.
    """
    dtype = label_dtype(segmentation.segments)
    merged: NDArray[Any] | None = None
    for labels in numbered_layers(segmentation, dtype, target):
        if merged is None:
            merged = labels
            continue
        if (both := (merged != 0) & (labels != 0)).any():
            at = tuple(np.argwhere(both)[0])
            names = [segmentation.segment(int(one[at])).name for one in (merged, labels)]
            raise OutputError(
                f"{target}: segments overlap ({names[0]!r:.60} and {names[1]!r:.60} in {np.count_nonzero(both):,} "
                "voxels), and this format has one label a voxel: save it as .seg.nrrd"
            )
        merged = np.where(labels != 0, labels, merged)
    if merged is None:
        merged = np.zeros(segmentation.geometry.shape, dtype, order="F")
    notes = (
        (Note("The fractions of segments are not in the file, which has labels.", "written.fractions_lost"),)
        if segmentation.fractions
        else ()
    )
    return merged, dtype, notes


def label_table_file(segmentation: Segmentation, stem: Path) -> OutputFile:
    """Return the table of names and colours, a line a segment: number, red, green, blue, 1, 1, 1, name."""
    lines = ["# ITK-SNAP label description: number, red, green, blue, opacity, shown, mesh, name"]
    for one in segmentation.segments:
        name = printable(one.name).replace("\\", "/").replace('"', "'")
        lines.append(f'{one.number} {" ".join(map(str, one.color))} 1 1 1 "{name}"')
    text = "\n".join(lines) + "\n"
    return OutputFile(stem.with_name(stem.name + TABLE_SUFFIX), lambda file: file.write(text.encode()))
