"""Find what belongs over the volumes of an archive, and lay it over them: ``--overlay auto``.

What belongs over a volume is of its study and its frame of reference: segmentations and structure sets over any, a PET
or SPECT and a dose over a CT or an MR. It is found among the headers that scanning has read; no file is opened for it.
"""

from __future__ import annotations

import pickle
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from viewer3d.archive.folder_names import folders_of, folders_of_series, without_folders
from viewer3d.core.layers import AnyPlaced, Layer, place_layers
from viewer3d.core.notes.note import Note
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import StructureSet
from viewer3d.core.volume import Volume
from viewer3d.dicom.headers.frame import SeriesTags
from viewer3d.dicom.load import read_stack
from viewer3d.dicom.meaning.units import meaning_of
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.identity import frame_of_reference_of, series_digest
from viewer3d.dicom.series.scan import Scan, Series
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import Viewer3DError
from viewer3d.formats.load_overlay import WITH_REGIONS, read_regions

MOST_REGIONS: Final = 4
"""Segmentations and structure sets over one volume: each is read again with every volume that it lies over."""

UPTAKE: Final = ("PT", "NM")
"""Modalities of which one volume, in colour, is laid over a CT or an MR."""

DOSE_MODALITY: Final = "RTDOSE"

BENEATH: Final = ("CT", "MR")
"""Modalities over which volumes are laid, and not only regions."""

_REGIONS: Final = "regions"

_VALUE_BYTES: Final = 4
"""Bytes a voxel of what lies over a volume, at most: float32."""


@dataclass(frozen=True, eq=False)
class OverlaySource:
    """What belongs over a volume, by its header: an object with regions, or a volume of another series.

    Attributes
    ----------
    object : DicomObject, optional
        A segmentation or structure set.
    packed : bytes
        Else the series with its one stack, compressed: an archive has thousands.
    tags : SeriesTags
        Of its series.
    uid : str
        What identifies it in the key of an item: SOP Instance UID, or a digest of the series and its stack.
    needed : int
        Bytes of memory for its values, by its header; 0 where the header does not say it.
    """

    tags: SeriesTags
    uid: str
    object: DicomObject | None = None
    packed: bytes = field(default=b"", repr=False)
    needed: int = 0

    @property
    def title(self) -> str:
        """What it is in messages: "series 100 SEG Lungs"."""
        number = "series without a number" if self.tags.number is None else f"series {self.tags.number}"
        return " ".join(part for part in (number, self.tags.modality, self.tags.description) if part)

    @property
    def folders(self) -> set[str]:
        """The folders that its files lie in, as messages write them."""
        return folders_of_series(self.series) if self.object is None else folders_of([self.object.source])

    @property
    def name(self) -> str:
        """Series Description of an object, by which several over one volume are told apart."""
        return "" if self.object is None else self.tags.description

    @property
    def series(self) -> Series:
        """The series with its one stack, of what is a volume."""
        found: Series = pickle.loads(zlib.decompress(self.packed))
        return found


@dataclass(frozen=True, eq=False)
class _Candidate:
    # Of a volume the kind is its modality, and of those of one kind the one of the lowest rank is taken.
    source: OverlaySource
    study: str
    series: str
    kind: str
    rank: tuple[int, ...]

    @property
    def order(self) -> tuple[tuple[int, ...], str]:
        # The same whatever was scanned first.
        return self.rank, self.source.uid

    def is_of(self, series: Series) -> bool:
        study = series.tags.study_uid
        return self.series != series.uid and (not self.study or not study or self.study == study)


class OverlayIndex:
    """Finds what belongs over volumes among all that was scanned; scans are added as they are made."""

    def __init__(self) -> None:
        self._of_frame: dict[str, list[_Candidate]] = defaultdict(list)
        self._objects: set[str] = set()

    def add(self, found: Scan) -> None:
        """Add what a scan found; an object that is there twice counts once."""
        for one in found.objects:
            if one.kind not in WITH_REGIONS or one.sop_uid in self._objects:
                continue
            self._objects.add(one.sop_uid)
            rank = (int(one.tags.number is None), one.tags.number or 0)
            source = OverlaySource(one.tags, one.sop_uid, one)
            candidate = _Candidate(source, one.tags.study_uid, one.tags.uid, _REGIONS, rank)
            for frame in one.frames_of_reference:
                self._of_frame[frame].append(candidate)
        for series in found:
            if series.modality not in (*UPTAKE, DOSE_MODALITY):
                continue
            for stack in series.volumes:
                if frame := frame_of_reference_of(stack):
                    self._of_frame[frame].append(_volume_candidate(series, stack))

    def over(self, series: Series, stack: Stack) -> tuple[OverlaySource, ...]:
        """Return what belongs over a stack of a series, from the lowest to the highest.

        Of several PET series that with uptake values (SUV) and then the one with most slices is taken, of several doses
        that of the whole plan.
        """
        there = [one for one in self._of_frame.get(frame_of_reference_of(stack), ()) if one.is_of(series)]
        there.sort(key=lambda one: one.order)
        chosen = []
        if series.modality in BENEATH:
            for kinds in (UPTAKE, (DOSE_MODALITY,)):
                chosen += [one for one in there if one.kind in kinds][:1]
        chosen += [one for one in there if one.kind == _REGIONS][:MOST_REGIONS]
        return tuple(one.source for one in chosen)


def _volume_candidate(series: Series, stack: Stack) -> _Candidate:
    alone = Series(series.tags, (stack,), (), len(stack.frames))
    packed = zlib.compress(pickle.dumps(alone), 1)
    columns, rows, slices = stack.shape
    first = stack.frames[0]
    rank: tuple[int, ...]
    if series.modality == DOSE_MODALITY:
        rank = (int("PLAN" not in first.dose),)
    else:
        rank = (int(not meaning_of(stack.frames).unit.startswith("SUV")), -slices)
    needed = columns * rows * slices * _VALUE_BYTES
    source = OverlaySource(series.tags, series_digest(series, stack), packed=packed, needed=needed)
    return _Candidate(source, series.tags.study_uid, series.uid, series.modality, rank)


def lay_over(
    volume: Volume, sources: Sequence[OverlaySource], options: ReadOptions, tags: SeriesTags | None = None
) -> tuple[tuple[AnyPlaced, ...], tuple[Note, ...]]:
    """Load what belongs over a volume and place it in its world.

    Parameters
    ----------
    volume : Volume
    sources : sequence of OverlaySource
        From the lowest to the highest.
    options : ReadOptions
        How the volume was read.
    tags : SeriesTags, optional
        Of the volume's series: a note tells where something over it names another patient.

    Returns
    -------
    overlays : tuple of PlacedLayer or PlacedRegions
        What figures and pictures take as overlays.
    notes : tuple of Note
        Why something could not be read or placed, and the volume is shown without it; and what else is to be said.
    """
    placed: tuple[AnyPlaced, ...] = ()
    notes: list[Note] = []
    names = Counter(one.name for one in sources if one.object is not None)
    told_apart = [name for name, count in names.items() if count == 1 and len(names) > 1]
    for source in sources:
        try:
            data = _read(source, options)
            layers = place_layers(volume, (*placed, Layer(data, source.name if source.name in told_apart else "")))
        except Viewer3DError as error:
            why = without_folders(" ".join(str(error).split()), source.folders)
            notes.append(Note(f"{source.title} is not laid over it: {why}", "placing.refused"))
            continue
        placed = layers.overlays
        notes += [note for one in placed[-1:] for note in one.notes]
        if tags is not None and _is_of_another(tags.patient, source.tags.patient):
            notes.append(
                Note(
                    f"{source.title} names another patient than the volume, in the same study and frame of reference.",
                    "placing.other_patient",
                )
            )
    return placed, tuple(notes)


def _is_of_another(patient: tuple[str, str], other: tuple[str, str]) -> bool:
    """Return whether two pairs of ID and name are of two patients: by the first that both have."""
    return next((one != another for one, another in zip(patient, other, strict=True) if one and another), False)


def _read(source: OverlaySource, options: ReadOptions) -> Volume | Segmentation | StructureSet:
    if source.object is not None:
        return read_regions(source.object, options.max_memory)
    series = source.series
    found = Scan(source.title, (series,), (), lone_file=False)
    # Whose they are is told by the volume itself.
    how = ReadOptions(skip_bad=options.skip_bad, max_memory=options.max_memory, strict=options.strict)
    return read_stack(found, series, series.stacks[0], how)
