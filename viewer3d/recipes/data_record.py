"""What identifies the data that a picture was made of: volumes, and what lies over them.

Nothing in it names a patient: series, frames of reference and names of regions are hashed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import msgspec
import numpy as np

from viewer3d.core.digest import digest_of_text
from viewer3d.core.geometry import Geometry, on_one_grid
from viewer3d.core.layers import Layer, PlacedLayer, check_look_names
from viewer3d.core.mesh import MeshSet
from viewer3d.core.notes.note import Note, marked
from viewer3d.core.placing.regions import AnyRegions, PlacedRegions, named_regions, region_numbers, regions_of
from viewer3d.core.provenance import Provenance
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.series_info import MODALITIES
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.versions import window_to_builtins
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window, as_window
from viewer3d.errors import ViewError

_AffineRow = tuple[float, float, float, float]
_Matrix = tuple[_AffineRow, _AffineRow, _AffineRow, _AffineRow]


@dataclass(frozen=True)
class NoteRecord:
    """What a recipe holds of a note: its id and numbers, no sentence and no name.

    Attributes
    ----------
    id : str
        Its kind: ``"slices.tilted"``.
    frames, files : int, optional
        How many frames and files it is of.
    moved_mm, moved_values : float, optional
        By how much places (mm) or values (in their unit) were changed at most, to six digits.
    ratio : float, optional
        How many times less is shown than there was, to six digits.
    """

    id: str
    frames: int | None = None
    files: int | None = None
    moved_mm: float | None = None
    moved_values: float | None = None
    ratio: float | None = None

    @classmethod
    def of(cls, note: Note) -> NoteRecord:
        """Make the record of a note."""
        # Six digits: two processors may round the last ones otherwise.
        numbers = (note.moved_mm, note.moved_values, note.ratio)
        rounded = (None if one is None else float(f"{one:.6g}") for one in numbers)
        return cls(note.id, note.frames, len(note.files) or None, *rounded)


def note_records(notes: Iterable[Note]) -> tuple[NoteRecord, ...]:
    """Make the records of those notes that are marked, in their order, each once.

    They follow from the data and from how they were read, which a recipe says too; others tell also of what lay beside
    the data, and a picture of the same data would have another recipe.
    """
    return tuple(dict.fromkeys(map(NoteRecord.of, marked(notes))))


@dataclass(frozen=True)
class VolumeRecord:
    """What identifies a volume: a digest of its voxels, its grid, unit and files.

    Attributes
    ----------
    voxels : str
        SHA-256 of its voxels, see :func:`viewer3d.core.digest.begin_digest`.
    shape : tuple of int
        Voxels along i, j and k.
    affine : tuple of 4 tuples of 4 floats
        Voxel index to LPS mm. In full and not hashed: two processors may round its last digits otherwise.
    unit : str
    provenance : Provenance, optional
        None for what was never in files.
    frame_of_reference : str
        SHA-256 of its Frame of Reference UID, of a volume that lies with others, see :func:`placed_record`. Empty where
        that is not known, and of a volume alone.
    notes : tuple of NoteRecord
        What was done when it was read that changes where things are or what they mean. They do not identify it: in
        comparisons they have no part.
    modality : str
        Modality (0008,0060), where it is one of :data:`viewer3d.core.series_info.MODALITIES`; else empty. It is for
        words and has no part in comparisons: data that were written in another format may have lost it.
    image : str
        Of an image in no space its unit of lengths, ``"px"`` or ``"mm"``, and ``", colour"``; empty of a volume.
    """

    voxels: str
    shape: tuple[int, int, int]
    affine: _Matrix
    unit: str = ""
    provenance: Provenance | None = None
    frame_of_reference: str = ""
    notes: tuple[NoteRecord, ...] = field(default=(), compare=False)
    modality: str = field(default="", compare=False)
    image: str = ""

    def __post_init__(self) -> None:
        _ = self.geometry  # refuses what is no affine

    @property
    def geometry(self) -> Geometry:
        """Where its grid is."""
        return Geometry(np.array(self.affine, np.float64), self.shape)

    @classmethod
    def of(cls, volume: Volume) -> VolumeRecord:
        """Make the record of a volume; its voxels are hashed once."""
        affine: Any = tuple(map(tuple, volume.affine.tolist()))
        modality = volume.modality if volume.modality in MODALITIES else ""
        same = volume.digest, volume.shape, affine, volume.unit, volume.provenance
        kind = getattr(volume, "image_kind", "")
        return cls(*same, notes=note_records(volume.notes), modality=modality, image=kind)

    def differences(self, other: VolumeRecord) -> tuple[str, ...]:
        """Return what differs from another volume: series, frame of reference, voxels, geometry, unit.

        A volume without files has no series to differ in, and one whose frame of reference is not told none of those.
        """
        both = self.provenance, other.provenance
        found = ["series"] if both[0] and both[1] and both[0].series != both[1].series else []
        if self.frame_of_reference and other.frame_of_reference not in ("", self.frame_of_reference):
            found.append("frame of reference")
        if self.voxels != other.voxels:
            found.append("voxels")
        if not on_one_grid(self.geometry, other.geometry):
            found.append("geometry")
        if self.unit != other.unit:
            found.append("unit")
        return tuple(found)


def placed_record(volume: Volume) -> VolumeRecord:
    """Make the record of a volume that lies with others in one world: it says the frame of reference.

    What is shown alone needs none, and its recipe is the one that it always was.
    """
    return replace(VolumeRecord.of(volume), frame_of_reference=volume.frame_of_reference_digest)


@dataclass(frozen=True)
class RegionsRecord:
    """What identifies a segmentation, a structure set or meshes.

    Attributes
    ----------
    kind : {"segmentation", "structure set", "mesh"}
    digest : str
        SHA-256 of its labels, contours or points and triangles, see :attr:`viewer3d.Segmentation.digest`,
        :attr:`viewer3d.StructureSet.digest` and :attr:`viewer3d.core.mesh.MeshSet.digest`.
    colors : dict of int to str
        Number of each segment or region of interest, in their order, to its colour, as ``"#dd8265"``: they are drawn
        again in these, whatever the file says by then.
    names : str
        SHA-256 of what they are called, by number.
    shape : tuple of int
        Voxels along i, j and k, of a segmentation.
    affine : tuple of 4 tuples of 4 floats, optional
        Voxel index to LPS mm, of a segmentation.
    source : str
        SHA-256 of its Series and SOP Instance UID; empty of what is no DICOM.
    frame_of_reference : str
        SHA-256 of its Frame of Reference UID; empty where it does not say one.
    notes : tuple of NoteRecord
        As of :class:`VolumeRecord`.
    """

    kind: Literal["segmentation", "structure set", "mesh"]
    digest: str
    colors: dict[int, str]
    names: str = ""
    shape: tuple[int, int, int] | None = None
    affine: _Matrix | None = None
    source: str = ""
    frame_of_reference: str = ""
    notes: tuple[NoteRecord, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        _ = self.geometry  # refuses what is no affine
        for color in self.colors.values():
            if not re.fullmatch(r"#[0-9a-f]{6}", color):
                raise ViewError(f"color {color!r:.20} of a region: it is one as #dd8265")

    @property
    def geometry(self) -> Geometry | None:
        """Where the grid of a segmentation is; None of a structure set."""
        if self.affine is None or self.shape is None:
            return None
        return Geometry(np.array(self.affine, np.float64), self.shape)

    @classmethod
    def of(cls, regions: AnyRegions) -> RegionsRecord:
        """Make the record of regions; they are hashed once."""
        parts = regions_of(regions)
        grid = regions.geometry if isinstance(regions, Segmentation) else None
        affine: Any = None if grid is None else tuple(map(tuple, grid.affine.tolist()))
        return cls(
            "mesh" if isinstance(regions, MeshSet) else "structure set" if grid is None else "segmentation",
            regions.digest,
            {one.number: "#{:02x}{:02x}{:02x}".format(*one.color) for one in parts},
            digest_of_text(*(f"{one.number} {one.name}" for one in parts)),
            None if grid is None else grid.shape,
            affine,
            "" if regions.provenance is None else regions.provenance.series,
            regions.frame_of_reference_digest,
            note_records(regions.notes),
        )

    def differences(self, other: RegionsRecord) -> tuple[str, ...]:
        """Return what differs from other regions: labels or contours, geometry, names, colours, ...

        One that is no DICOM has no source to differ in, and of what does not say its frame of reference none differs.
        """
        one, two = self.geometry, other.geometry
        found = {
            "source": self.source and other.source not in ("", self.source),
            "frame of reference": self.frame_of_reference
            and other.frame_of_reference not in ("", self.frame_of_reference),
            _CONTENT[self.kind]: self.digest != other.digest or self.kind != other.kind,
            "geometry": one is not None and two is not None and not on_one_grid(one, two),
            "names": self.names != other.names,
            "colors": self.colors != other.colors,
        }
        return tuple(name for name, differs in found.items() if differs)

    def colored(self, regions: AnyRegions) -> AnyRegions:
        """Return regions in the colours of the record, where they had others."""

        def color(part: Any) -> Any:
            return replace(part, color=own(part))

        def own(part: Any) -> Any:
            text = self.colors.get(part.number, "")
            return tuple(bytes.fromhex(text[1:])) if text else part.color

        if isinstance(regions, Segmentation):
            return replace(regions, segments=tuple(map(color, regions.segments)))
        if isinstance(regions, MeshSet):
            return regions.colored([own(one) for one in regions.regions])
        return replace(regions, rois=tuple(map(color, regions.rois)))


_CONTENT: Final = {"segmentation": "labels", "structure set": "contours", "mesh": "triangles"}
"""What is hashed, by the kind of what has regions."""


@dataclass(frozen=True)
class OverlayRecord:
    """What identifies an overlay: its data as given, how they were placed, and its first look.

    Attributes
    ----------
    name : str
        As pictures have it. Empty where the recipe leaves it out, because it named the patient.
    volumes : tuple of VolumeRecord
        Its volume, or all of a 4-D set, where they lay before they were placed; none of regions.
    transform : tuple of 4 tuples of 4 floats, optional
        From the overlay's LPS mm to those of the base, where it was given.
    same_frame : bool
        Whether the overlay was taken to be in the base's frame of reference, whatever its data say.
    look : dict
        Those fields of :class:`~viewer3d.core.view.look.ImageLook` that were given, as plain values; a window is text,
        ``[center, width]``, or center, width, function and table by name. Of regions those of
        :class:`~viewer3d.core.view.look.RegionLook`.
    identified : bool
        Whether its data name the patient in the picture; the recipe never does.
    regions : RegionsRecord, optional
        Its segmentation or structure set, where it is one.
    """

    name: str
    volumes: tuple[VolumeRecord, ...]
    transform: _Matrix | None = None
    same_frame: bool = False
    look: dict[str, Any] = field(default_factory=dict)
    identified: bool = False
    regions: RegionsRecord | None = None

    def __post_init__(self) -> None:
        if (not self.volumes) == (self.regions is None):
            raise ViewError(f"overlay {self.name!r} has neither volumes nor regions, or both: it has one of them")
        plain = plain_look(self.look, has_regions=self.regions is not None)
        look = {name: value for name, value in plain.items() if name in self.look}
        object.__setattr__(self, "look", look)
        self.layer(())  # refuses what is no transform and no look

    @classmethod
    def of(cls, layer: PlacedLayer | PlacedRegions, identity: Sequence[str] = ()) -> OverlayRecord:
        """Make the record of an overlay; its voxels are hashed once.

        Parameters
        ----------
        layer : PlacedLayer or PlacedRegions
        identity : sequence of str
            Lines that name the patient: a name of the layer that does so too is left out.
        """
        name = "" if _names_patient(layer.name, identity) else layer.name
        matrix: Any = None if layer.transform is None else tuple(map(tuple, layer.transform.tolist()))
        if isinstance(layer, PlacedRegions):
            look = dict(layer.look)
            if look.get("segments") is not None:  # numbers, as names may name a patient
                look["segments"] = region_numbers(layer, look["segments"])
            return cls(name, (), matrix, layer.same_frame, look, regions=RegionsRecord.of(layer.given))
        records = tuple(map(placed_record, layer.data))
        identified = any(volume.identity for volume in layer.data)
        return cls(name, records, matrix, layer.same_frame, dict(layer.look), identified)

    def layer(self, data: Sequence[Volume] | AnyRegions) -> Layer:
        """Return the layer that was given, of its data.

        Raises
        ------
        ViewError
            When the record has no transform or look that a layer can have.
        """
        look = dict(self.look)
        if isinstance(window := look.get("window"), dict):
            look["window"] = msgspec.convert(window, Window)
        return Layer(data, self.name, self.transform, self.same_frame, look)


def _names_patient(name: str, identity: Sequence[str]) -> bool:
    """Return whether a name holds a line of identity, or a word of one that is no date."""
    given = name.casefold()
    lines = [line.casefold() for line in identity if line]
    words = {word for line in lines if not _DATE.fullmatch(line) for word in _WORD.findall(line)}
    return any(line in given for line in lines) or not words.isdisjoint(_WORD.findall(given))


_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_WORD: Final = re.compile(r"\w{3,}")
"""Shorter words, as "ID" and "of", name nobody."""


def plain_look(look: Mapping[str, Any], *, has_regions: bool = False) -> dict[str, Any]:
    """Return fields of a look as plain values, equal ones alike: a window as words or numbers.

    Parameters
    ----------
    look : mapping
        Fields of :class:`~viewer3d.core.view.look.ImageLook`, of which ``window`` may be any that a person gives.
    has_regions : bool
        Whether they are those of :class:`~viewer3d.core.view.look.RegionLook`, of which ``segments`` may be names.

    Raises
    ------
    ViewError
        When there is no such field, or none of such a value.
    """
    kind = RegionLook if has_regions else ImageLook
    check_look_names(look, kind)
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in look.items()}
    window, named = plain.pop("window", None), plain.pop("segments", None)
    if named is not None:
        named = {"segments": named_regions(named)}
    try:
        windows = {} if has_regions else {"window": {"center": 0, "width": 1}}
        whole = msgspec.to_builtins(msgspec.convert({**plain, **windows}, kind))
    except msgspec.ValidationError as error:
        raise ViewError(f"look of a layer: {error}") from None
    first = {} if window is None else {"window": plain_window(window)}
    return {**first, **(named or {}), **{name: value for name, value in whole.items() if name in plain}}


def plain_window(window: AnyWindow | Mapping[str, Any]) -> Any:
    """Return a window as plain values: text as it is, ``[center, width]``, or its fields by name.

    Raises
    ------
    ViewError, WindowError
        When it is none.
    """
    if isinstance(window, str):
        return window
    try:
        if isinstance(window, Mapping):
            window = msgspec.convert(window, Window)
        found = as_window(window)
    except msgspec.ValidationError as error:
        raise ViewError(f"window of a layer: {error}") from None
    if not isinstance(window, Window):
        return [float(one) for one in window]
    numbers: dict[str, Any] = {"center": float(found.center), "width": float(found.width), "function": found.function}
    return window_to_builtins({**numbers, "table": [[float(value), int(grey)] for value, grey in found.table]})
