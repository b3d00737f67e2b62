"""Find what files store for a voxel: series, frame, pixel and value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from viewer3d.core.provenance import Provenance
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.meaning.units import Meaning, meaning_of
from viewer3d.dicom.pixels.checks import FrameErrors
from viewer3d.dicom.pixels.damage import unreadable_frames, without_bad
from viewer3d.dicom.pixels.modality_values import read_voxels
from viewer3d.dicom.pixels.resample import RegularGrid, plan_grid
from viewer3d.dicom.pixels.stored_value import StoredPixelReader, encoding_text, modality_value
from viewer3d.dicom.series.identity import stacks_of_digest
from viewer3d.dicom.series.scan import Scan, Series, join_series, with_spacing
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import StackError, ViewError
from viewer3d.explanations.grid_values import GridSource, grid_sources
from viewer3d.explanations.values import LayerShare, StoredValue, VoxelIndex, VoxelShare

NEVER_IN_FILES: Final = "the volume was never in files: its voxels are where this ends"
CHANGED_IN_PYTHON: Final = "the volume was changed in Python ({}): its voxels cannot be followed to files"
NOT_AT_PLACES: Final = (
    "the series of {} is in none of the places that were given: give the folder that it was loaded from"
)
OTHER_VALUES: Final = "the files of {} do not have the values of its voxels: they were changed since it was loaded"


@dataclass(frozen=True, eq=False)
class StackSource:
    """The frames that a volume of DICOM was made of.

    Attributes
    ----------
    series : Series
    frames : tuple of Frame
        In the order of its slices.
    meaning : Meaning
        The unit, the reason for it, and the factor to come to it.
    grid : RegularGrid, optional
        Onto which slices were resampled; None where they are those of the volume.
    reader : StoredPixelReader
    """

    series: Series
    frames: Sequence[Frame]
    meaning: Meaning
    grid: RegularGrid | None
    reader: StoredPixelReader = field(default_factory=StoredPixelReader)

    @property
    def why_unit(self) -> str:
        """Why the values are in the unit of the volume."""
        return self.meaning.reason

    def stored(self, index: VoxelIndex) -> Iterator[StoredValue]:
        """Yield what was stored for a voxel, and the share of each."""
        for number, column, row, weight in self._pixels(index):
            frame, meaning = self.frames[number], self.meaning
            stored = self.reader.value(frame, column, row)
            value, entry = modality_value(frame, stored)
            yield StoredValue(
                series=printable(str(self.series)),
                file=frame.stored.source.name,
                frame=frame.index + 1,
                column=column + (frame.tile.left if frame.tile else 0),
                row=row + (frame.tile.top if frame.tile else 0),
                bits=self.reader.word(frame, column, row),
                encoding=encoding_text(frame.stored),
                stored=stored,
                slope=frame.slope,
                intercept=frame.intercept,
                table=entry,
                scaled_by=frame.scaled_by,
                factor=meaning.factor,
                offset=meaning.offset,
                value=value * meaning.factor + meaning.offset,
                weight=weight,
            )

    def _pixels(self, index: VoxelIndex) -> Iterator[tuple[int, int, int, float]]:
        """Yield frame, column, row and share of what a voxel was made of."""
        i, j, k = index
        if self.grid is None:
            yield k, i, j, 1.0
            return
        heights = self.grid.heights
        after = int(np.clip(np.searchsorted(heights, k), 1, len(heights) - 1))
        weight = float((k - heights[after - 1]) / (heights[after] - heights[after - 1]))
        weight = round(min(max(weight, 0.0), 1.0), 6)
        for number, share in ((after - 1, 1 - weight), (after, weight)):
            columns, rows = self.frames[number].columns, self.frames[number].rows
            across = shares_along(i - float(self.grid.shifts[number][0]), columns)
            down = shares_along(j - float(self.grid.shifts[number][1]), rows)
            for row, v in down:
                for column, u in across:
                    if share * u * v:
                        yield number, column, row, share * u * v


def shares_along(at: float, count: int) -> list[tuple[int, float]]:
    """Return the pixels on both sides of a place along an axis, and their shares; edges are repeated."""
    low = int(np.clip(np.floor(at), 0, count - 1))
    high = min(low + 1, count - 1)
    share = float(np.clip(at - low, 0, 1))
    return [(low, 1.0)] if low == high else [(low, 1 - share), (high, share)]


@dataclass(eq=False)
class Sources:
    """What volumes were read from, found among files when it is first asked for.

    Parameters
    ----------
    found : Scan
        Of the places that were given.
    """

    found: Sequence[Scan]
    _known: dict[int, tuple[Volume, StackSource | GridSource | str]] = field(default_factory=dict)

    def explained(self, volume: Volume, part: LayerShare) -> LayerShare:
        """Return a layer with what files store for each of its voxels.

        Raises
        ------
        ViewError
            When the files have other values than the voxels.
        BadFileError
            When a file cannot be read.
        """
        source = self._source(volume, part.name)
        if isinstance(source, str):
            return replace(part, notes=(*part.notes, source))
        samples = tuple(
            replace(one, voxels=tuple(self.voxel(volume, part.name, voxel) for voxel in one.voxels))
            for one in part.samples
        )
        return replace(part, samples=samples, why_unit=source.why_unit)

    def voxel(self, volume: Volume, name: str, voxel: VoxelShare) -> VoxelShare:
        """Return a voxel with what files store for it; one that was filled in has nothing."""
        source = self._source(volume, name)
        if isinstance(source, str) or not voxel.is_measured:
            return voxel
        stored = tuple(source.stored(voxel.index))
        if not _agrees(sum(one.value * one.weight for one in stored), voxel.value, volume):
            raise ViewError(OTHER_VALUES.format(name))
        return replace(voxel, stored=stored)

    def _source(self, volume: Volume, name: str) -> StackSource | GridSource | str:
        if id(volume) not in self._known:
            self._known[id(volume)] = volume, _find(volume, name, self.found)
        return self._known[id(volume)][1]


def _agrees(value: float, voxel: float, volume: Volume) -> bool:
    # Resampled slices are rounded to whole numbers; float32 has 24 bits.
    if np.isnan(voxel):
        return bool(np.isnan(value))
    allowed = 0.501 if volume.voxels.dtype == np.int16 else 1e-4
    return abs(value - voxel) <= max(allowed, 1e-5 * abs(voxel))


def _find(volume: Volume, name: str, places: Sequence[Scan]) -> StackSource | GridSource | str:
    how = volume.provenance
    if how is None:
        return NEVER_IN_FILES
    if how.changes:
        return CHANGED_IN_PYTHON.format(", ".join(how.changes))
    for found in places:
        placed = found
        if how.spacing is not None and found.series:
            try:
                placed = with_spacing(found, how.spacing)
            except StackError:  # another place, whose images say where they are
                placed = found
        joined = [join_series(placed)] if placed.series else []
        for series in (*placed.series, *joined):
            for stack in stacks_of_digest(series, how.series):
                if (source := _stack_source(volume, series, stack, how)) is not None:
                    return source
    for found in places:
        if (grid := grid_sources(volume, found.grids)) is not None:
            return grid
    return NOT_AT_PLACES.format(name)


def _stack_source(volume: Volume, series: Series, stack: Stack, how: Provenance) -> StackSource | None:
    """Return the frames of a stack as they were read then; None where they make no such volume."""
    part = _readable(stack) if how.skip_bad else stack
    if part.layout is None:
        return None
    try:
        usual = meaning_of(part.frames, None)
        meaning = usual if usual.unit == volume.unit else meaning_of(part.frames, volume.unit)
    except StackError:
        return None
    columns, rows, count = part.shape
    grid = None
    if not part.layout.regular and how.irregular == "resample":
        grid = plan_grid(part.layout, columns, rows)
    shape = (columns, rows, count) if grid is None else grid.shape
    return StackSource(series, part.frames, meaning, grid) if shape == volume.shape else None


def _readable(stack: Stack) -> Stack:
    """Return a stack without the frames that cannot be read, as loading leaves them out."""
    bad: dict[Frame, Any] = dict(unreadable_frames(stack))
    part = without_bad(stack, bad)
    errors: FrameErrors = {}
    if part.layout is not None:
        read_voxels(part.frames, errors=errors)
    return without_bad(stack, bad | {part.frames[k]: str(error) for k, error in errors.items()}) if errors else part
