"""Read DICOM segmentations: binary, fractional and label maps (PS3.3 A.51 and A.89)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast, get_args

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.digest import digest_of_text
from viewer3d.core.notes.note import Note
from viewer3d.core.provenance import Provenance
from viewer3d.core.segmentation import LABEL_AT, FractionKind, Fractions, Segment, Segmentation
from viewer3d.core.series_info import SeriesInfo
from viewer3d.dicom.files.sources import FILE_REMEDY, DicomInput, Source
from viewer3d.dicom.headers.attributes import Attributes
from viewer3d.dicom.headers.frame import StoredPixels
from viewer3d.dicom.headers.read import series_tags, stored_pixels
from viewer3d.dicom.headers.values import integer, text
from viewer3d.dicom.objects.dicom_object import LABEL_MAP, SEGMENTATION_CLASSES, DicomObject
from viewer3d.dicom.objects.find_objects import FoundObject, find_object, reading
from viewer3d.dicom.objects.frame_grid import FrameGrid, frame_grid
from viewer3d.dicom.objects.frame_groups import SEGMENT_NUMBER, frame_groups
from viewer3d.dicom.objects.frame_pixels import frame_values, pack_bits, packed_frames
from viewer3d.dicom.objects.label_packing import PackedSegment, label_values, pack_layers
from viewer3d.dicom.objects.segment_table import read_segments, unlisted_segment
from viewer3d.dicom.pixels.memory_demand import check_bytes
from viewer3d.errors import BadFileError, LimitError

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_FRAMES: Final = 100_000
"""Frames of a segmentation: 100 segments of 1,000 slices."""

_DEFAULT_MAXIMUM: Final = 255
"""Maximum Fractional Value (0062,000E) where it is absent, which it may not be."""


def read_segmentation(
    where: DicomInput | DicomObject, series: int | str | None = None, *, max_memory: int | str | None = None
) -> Segmentation:
    """Read a DICOM segmentation.

    Binary and fractional segmentations and label maps, compressed or not. The grid is that of the frames that are
    there, of all segments together; a slice without a frame is empty.

    Parameters
    ----------
    where : path, pydicom.Dataset, or sequence of them, or DicomObject
        The file, or a folder or archive in which it lies beside others.
    series : int or str, optional
        Series Number, Series Instance UID or SOP Instance UID; needed when there are several.
    max_memory : int or str, optional
        Bytes that loading may take, or ``"4G"``; see :func:`viewer3d.load`.

    Returns
    -------
    Segmentation

    Raises
    ------
    NotFoundError, NoVolumeError
        When there is no path, no DICOM or no segmentation there.
    ChoiceError
        When there are several; lists each with the call to choose it.
    BadFileError
        When the file is truncated, cannot be decoded or contradicts itself.
    StackError
        When its frames lie on no even grid.
    LimitError
        When its header asks for more memory or frames than allowed.
    """
    found = find_object(where, SEGMENTATION_CLASSES, "segmentation", "load_segmentation", series)
    with reading(found, "damaged: its header"):
        return _read(found, max_memory)


@dataclass(frozen=True, eq=False)
class _Header:
    """What reading pixels needs of a header."""

    name: str
    stored: StoredPixels
    dataset: Dataset
    grid: FrameGrid
    numbers: Sequence[tuple[float, ...] | None]
    segments: dict[int, Segment]
    notes: tuple[Note, ...]
    max_memory: int | str | None

    def check_layers(self, layers: int) -> None:
        """Check that label layers fit into memory, with the pixels they are made of."""
        voxels = int(np.prod(self.grid.geometry.shape, dtype=object))
        pixels = self.stored.rows * self.stored.columns * self.stored.frames
        values = -(-pixels * self.stored.bits_allocated // 8)
        check_bytes(self.name, layers * (voxels + voxels // 8) + 2 * values, self.max_memory)


def _read(found: FoundObject, max_memory: int | str | None) -> Segmentation:
    header = _header(found.source, found.attributes, found.dataset, max_memory)
    header.check_layers(1)
    kind = str(header.dataset.get("SegmentationType") or "")
    fractions: dict[int, Fractions] = {}
    if text(found.attributes, "SOPClassUID") == LABEL_MAP or kind == "LABELMAP":
        layers, segments, notes = _label_map(header)
    elif kind == "FRACTIONAL":
        layers, segments, fractions, notes = _fractional(header)
    else:
        layers, segments, notes = _binary(header)
    info = _info(found, (*header.notes, *notes))
    return Segmentation(layers, header.grid.geometry, tuple(segments), info, fractions)


def _header(source: Source, attributes: Attributes, dataset: Dataset, max_memory: int | str | None) -> _Header:
    name = source.name
    if "offset" not in attributes:
        raise BadFileError(f"{name}: a segmentation without pixels; {FILE_REMEDY}")
    stored = stored_pixels(source, attributes)
    if stored.bits_allocated not in (1, 8, 16) or stored.samples != 1:
        raise BadFileError(
            f"{name}: {stored.samples} samples of {stored.bits_allocated} bits a pixel: a segmentation has one of 1, 8 "
            "or 16"
        )
    if "PerFrameFunctionalGroupsSequence" not in dataset:
        raise BadFileError(f"{name}: no Per-Frame Functional Groups (5200,9230): nothing says where its frames are")
    groups, shared = frame_groups(dataset)
    declared = integer(attributes, "NumberOfFrames")
    if declared != len(groups):
        raise BadFileError(f"{name}: Number of Frames is {declared} but there are {len(groups)} per-frame groups")
    if not 0 < len(groups) <= MOST_FRAMES:
        raise LimitError(f"{name}: {len(groups):,} frames: give a segmentation of 1 to {MOST_FRAMES:,}")
    if "TotalPixelMatrixColumns" in dataset:
        raise BadFileError(f"{name}: a segmentation of tiles of a slide: only those of slices of a patient are read")
    grid = frame_grid(name, groups, shared, stored.columns, stored.rows)
    segments, notes = read_segments(dataset)
    numbers = [group.get(SEGMENT_NUMBER, shared.get(SEGMENT_NUMBER)) for group in groups]
    return _Header(name, stored, dataset, grid, numbers, segments, (*notes, *grid.notes), max_memory)


def _info(found: FoundObject, notes: tuple[Note, ...]) -> SeriesInfo:
    tags = series_tags(found.attributes)
    referenced = found.dataset.get("ReferencedSeriesSequence") or ()
    return SeriesInfo(
        notes=notes,
        modality="SEG",
        description=tags.description,
        provenance=Provenance(digest_of_text(tags.uid, text(found.attributes, "SOPInstanceUID"))),
        frame_of_reference=tags.frame_of_reference,
        of_series=tuple(dict.fromkeys(uid for one in referenced if (uid := str(one.get("SeriesInstanceUID") or "")))),
    )


def _numbers_of_frames(header: _Header) -> list[int]:
    """Return the number of the segment that each frame is of (PS3.3 C.8.20.3.1)."""
    for index, values in enumerate(header.numbers, 1):
        if not values:
            raise BadFileError(f"{header.name}: frame {index} does not say which segment it is of (0062,000B)")
    return [int(values[0]) for values in header.numbers if values]


def _frames_by_segment(header: _Header) -> tuple[dict[int, list[int]], dict[int, Segment], tuple[Note, ...]]:
    """Return the frames of each segment, all segments, and what is to be said of them."""
    frames: dict[int, list[int]] = defaultdict(list)
    for index, number in enumerate(_numbers_of_frames(header)):
        frames[number].append(index)
    segments = dict(header.segments)
    notes = _add_unlisted(segments, sorted(frames.keys() - segments.keys()))
    twice = sum(len(of) - len(set(header.grid.slices[of].tolist())) for of in frames.values())
    if twice:
        sentence = f"{twice} frames are of a slice and segment that another frame is of: they were united."
        notes.append(Note(sentence, "segments.united", frames=twice))
    if empty := [one.name for number, one in segments.items() if number not in frames]:
        what = "segment has no frame and is" if len(empty) == 1 else "segments have no frame and are"
        notes.append(Note(f"{len(empty)} {what} empty: {_listed(empty)}.", "segments.empty"))
    return frames, segments, tuple(notes)


def _add_unlisted(segments: dict[int, Segment], numbers: Sequence[int]) -> list[Note]:
    for number in numbers:
        segments[number] = unlisted_segment(number, len(segments))
    if not numbers:
        return []
    sentence = f"Segment Sequence does not list {_listed([str(one) for one in numbers])}, which are in the pixels."
    return [Note(sentence, "segments.unlisted")]


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _binary(header: _Header) -> tuple[tuple[NDArray[Any], ...], list[Segment], tuple[Note, ...]]:
    frames, segments, notes = _frames_by_segment(header)
    if header.stored.bits_allocated == 1:
        packed: Sequence[NDArray[np.uint8]] = list(packed_frames(header.stored))
    else:
        packed = [pack_bits(one != 0) for one in frame_values(header.stored)]
    layers, placed = _packed_layers(header, frames, segments, packed)
    return layers, placed, notes


def _packed_layers(
    header: _Header, frames: dict[int, list[int]], segments: dict[int, Segment], packed: Sequence[NDArray[np.uint8]]
) -> tuple[tuple[NDArray[Any], ...], list[Segment]]:
    def packed_segments() -> Iterator[PackedSegment]:
        for number, segment in segments.items():
            of = frames.get(number, [])
            yield PackedSegment(segment, header.grid.slices[of].tolist(), [packed[index] for index in of])

    values, dtype = label_values(segments)
    return pack_layers(packed_segments(), values, dtype, header.grid.geometry.shape, header.check_layers)


def _fractional(
    header: _Header,
) -> tuple[tuple[NDArray[Any], ...], list[Segment], dict[int, Fractions], tuple[Note, ...]]:
    if header.stored.bits_allocated != 8:
        raise BadFileError(f"{header.name}: fractions of {header.stored.bits_allocated} bits: they have 8 (C.8.20.2)")
    maximum = integer_of(header.dataset, "MaximumFractionalValue") or _DEFAULT_MAXIMUM
    declared = str(header.dataset.get("SegmentationFractionalType") or "")
    kind = cast("FractionKind", declared if declared in get_args(FractionKind) else "PROBABILITY")
    frames, segments, notes = _frames_by_segment(header)
    values = frame_values(header.stored)
    packed = [pack_bits(one >= LABEL_AT * maximum) for one in values]
    layers, placed = _packed_layers(header, frames, segments, packed)
    fractions = {}
    for number, of in frames.items():
        slices = header.grid.slices[of]
        first, count = int(slices.min()), int(np.ptp(slices)) + 1
        part = np.zeros((count, header.stored.rows, header.stored.columns), np.uint8)
        for index, k in zip(of, (slices - first).tolist(), strict=True):
            np.maximum(part[k], values[index], out=part[k])
        fractions[number] = Fractions(part.transpose(2, 1, 0), first, maximum, kind)
    told = Note(f"Fractions of {kind.lower()}: a voxel is in a segment from {LABEL_AT:g} on.", "segments.fractions")
    doubt = (
        ()
        if declared == kind
        else (
            Note(
                f"Segmentation Fractional Type is {declared or 'absent'}; {kind} is assumed.", "segments.fraction_kind"
            ),
        )
    )
    return layers, placed, fractions, (*notes, told, *doubt)


def integer_of(dataset: Dataset, keyword: str) -> int | None:
    """Return an attribute of a dataset as a whole number; None where it is absent or none."""
    value = dataset.get(keyword)
    return None if value is None or value == "" else int(value)


def _label_map(header: _Header) -> tuple[tuple[NDArray[Any], ...], list[Segment], tuple[Note, ...]]:
    """Read a label map, in which each pixel has the number of its segment (PS3.3 C.8.20.2.7)."""
    if header.stored.bits_allocated == 1:
        raise BadFileError(f"{header.name}: a label map of single bits: it has 8 or 16 a pixel")
    columns, rows, slices = header.grid.geometry.shape
    frames = frame_values(header.stored)
    most = np.iinfo(frames.dtype).max
    seen = np.zeros(int(most) + 1, np.bool_)
    for frame in frames:
        seen[frame.reshape(-1)] = True
    padding = integer_of(header.dataset, "PixelPaddingValue")
    nothing = {0} if padding is None else {0, padding}
    segments = {number: one for number, one in header.segments.items() if number not in nothing}
    labelled = set(np.flatnonzero(seen).tolist()) - nothing
    notes = _add_unlisted(segments, sorted(labelled - segments.keys()))
    values, dtype = label_values(segments)
    table = np.zeros(int(most) + 1, dtype)
    for number, value in values.items():
        if number <= most:
            table[number] = value
    same = all(number == value for number, value in values.items()) and not (nothing - {0}) and frames.dtype == dtype
    labels = np.zeros((slices, rows, columns), dtype)
    of_slices = header.grid.slices.tolist()
    if twice := len(of_slices) - len(set(of_slices)):
        sentence = f"{twice} frames are of a slice that another frame is of: the later lie over the earlier."
        notes.append(Note(sentence, "segments.overlaid", frames=twice))
    for frame, k in zip(frames, of_slices, strict=True):
        own = frame if same else table[frame]
        np.copyto(labels[k], own, where=own != 0 if twice else True)
    placed = [replace(one, layer=0, value=values[number]) for number, one in segments.items()]
    return (labels.transpose(2, 1, 0),), placed, tuple(notes)
