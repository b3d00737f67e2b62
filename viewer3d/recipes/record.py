"""The recipe of a picture, what it was made of and how, as JSON or a frozen value.

Nothing in it names a patient: series are hashed, and of the files' own words there is only the unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal

import msgspec
import numpy as np

from viewer3d.core.geometry import Geometry, on_one_grid
from viewer3d.core.layers import Layer, PlacedLayer, check_look_names
from viewer3d.core.placing.regions import AnyRegions, PlacedRegions
from viewer3d.core.provenance import Provenance
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.state import ViewState, encode_json
from viewer3d.core.view.versions import version_of, window_to_builtins
from viewer3d.core.volume import Volume
from viewer3d.core.window import AnyWindow, Window, as_window
from viewer3d.errors import RecipeError, Viewer3DError, ViewError

RECIPE_VERSION: Final = 3
"""2 has overlays, and the frame of reference of volumes that lie with others; 3 has overlays with regions."""

OVERLAYS_VERSION: Final = 2
"""The version of a recipe with overlays that all have values, which is written as ever."""

FIRST_RECIPE_VERSION: Final = 1
"""The version of a recipe without overlays, which is written as ever."""

TEXT_KEY: Final = "viewer3d"
"""What the text of a recipe is called in a picture's file."""

NO_RENDERER: Final = "none"
"""The renderer of a picture in which no OpenGL drew anything."""

_AffineRow = tuple[float, float, float, float]
_Matrix = tuple[_AffineRow, _AffineRow, _AffineRow, _AffineRow]


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
    """

    voxels: str
    shape: tuple[int, int, int]
    affine: _Matrix
    unit: str = ""
    provenance: Provenance | None = None
    frame_of_reference: str = ""

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
        return cls(volume.digest, volume.shape, affine, volume.unit, volume.provenance)

    def differences(self, other: VolumeRecord) -> tuple[str, ...]:
        """Return what differs from another volume: series, frame of reference, voxels, geometry, unit.

        A volume without files has no series to differ in, and one whose frame of reference is not told none of those.
        """
        found = []
        if self.provenance and other.provenance and self.provenance.series != other.provenance.series:
            found.append("series")
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
    """What identifies a segmentation or a structure set.

    Attributes
    ----------
    kind : {"segmentation", "structure set"}
    digest : str
        SHA-256, see :attr:`viewer3d.Segmentation.digest` and :attr:`viewer3d.StructureSet.digest`.
    frame_of_reference : str
        SHA-256 of its Frame of Reference UID; empty where it does not say one.
    """

    kind: Literal["segmentation", "structure set"]
    digest: str
    frame_of_reference: str = ""

    @classmethod
    def of(cls, regions: AnyRegions) -> RegionsRecord:
        """Make the record of regions; they are hashed once."""
        is_segmentation = isinstance(regions, Segmentation)
        return cls(
            "segmentation" if is_segmentation else "structure set", regions.digest, regions.frame_of_reference_digest
        )


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
            regions = RegionsRecord.of(layer.given)
            return cls(name, (), matrix, layer.same_frame, dict(layer.look), regions=regions)
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
        named = {"segments": named if isinstance(named, int | str) else [*named]}
    try:
        windows = {} if has_regions else {"window": {"center": 0, "width": 1}}
        whole = msgspec.to_builtins(msgspec.convert({**plain, **windows}, kind))
    except msgspec.ValidationError as error:
        raise ViewError(f"look of a layer: {error}") from None
    first = {} if window is None else {"window": plain_window(window)}
    return {**first, **(named or {}), **{name: whole[name] for name in plain}}


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


@dataclass(frozen=True)
class Recipe:
    """Everything that decided a picture.

    Attributes
    ----------
    figure : str
        The function that made it: ``"shot"`` for :func:`viewer3d.screenshot`, else a name in ``viewer3d.figures``.
    volumes : tuple of VolumeRecord
        What it shows, in the order the function takes them.
    size : tuple of int
        Width and height in pixels.
    arguments : dict
        The function's other arguments, as plain values.
    state : ViewState, optional
        The view, for figures that show a single one.
    identified : bool
        Whether its volumes name the patient in the picture, as each overlay says for itself; the recipe never does.
    versions : dict
        Package to version, of those that drew.
    renderer : str
        The OpenGL that drew in 3D, as its driver names it; ``"none"`` where nothing was.
    version : int
        Of this record's form.
    overlays : tuple of OverlayRecord
        What is drawn over the first of the volumes, from the lowest to the highest; regions come last.
    """

    figure: str
    volumes: tuple[VolumeRecord, ...]
    size: tuple[int, int]
    arguments: dict[str, Any] = field(default_factory=dict)
    state: ViewState | None = None
    identified: bool = False
    versions: dict[str, str] = field(default_factory=dict)
    renderer: str = NO_RENDERER
    version: int = RECIPE_VERSION
    overlays: tuple[OverlayRecord, ...] = ()

    def __post_init__(self) -> None:
        values = 1 + sum(overlay.regions is None for overlay in self.overlays)
        regions = 1 + len(self.overlays) - values
        if self.state is not None and (len(self.state.layers) > values or len(self.state.regions) > regions):
            raise ViewError(
                f"its view has looks of {len(self.state.layers)} layers and {len(self.state.regions)} regions, and "
                f"there are data of {values} and {regions}"
            )

    def to_json(self) -> str:
        """Write the recipe as JSON on one line; every float comes back the same to the bit."""
        plain = msgspec.json.decode(encode_json(self))
        overlays = plain.pop("overlays")
        for record in (*plain["volumes"], *(record for overlay in overlays for record in overlay["volumes"])):
            if not record.get("frame_of_reference"):
                record.pop("frame_of_reference", None)
        plain["version"] = OVERLAYS_VERSION if overlays else FIRST_RECIPE_VERSION
        if any(overlay.regions is not None for overlay in self.overlays):
            plain["version"] = RECIPE_VERSION
        if overlays:
            plain["overlays"] = [
                {name: value for name, value in overlay.items() if name not in _UNSAID or value} for overlay in overlays
            ]
        return msgspec.json.encode(plain).decode()

    @property
    def names_patient(self) -> bool:
        """Whether the picture names the patient."""
        return self.identified or any(overlay.identified for overlay in self.overlays)

    @property
    def texts(self) -> dict[str, str]:
        """The texts for a picture's file: this recipe as JSON, by the name ``viewer3d``."""
        return {TEXT_KEY: self.to_json()}

    def other_tools(self, other: Recipe) -> tuple[str, ...]:
        """Return which versions and OpenGL differ from those of another recipe, each with both."""
        names = {**self.versions, **other.versions}
        pairs = {name: (self.versions.get(name, "none"), other.versions.get(name, "none")) for name in names}
        pairs["OpenGL"] = self.renderer, other.renderer
        return tuple(f"{name} was {then}, is {now}" for name, (then, now) in pairs.items() if then != now)

    @classmethod
    def from_json(cls, text: str | bytes) -> Recipe:
        """Read a recipe that :meth:`to_json` wrote.

        Raises
        ------
        RecipeError
            When the text is not JSON, not a recipe, or of a later version; the message says where.
        """
        try:
            values = msgspec.json.decode(text)
            version = version_of(text)
            if version > RECIPE_VERSION:
                raise RecipeError(
                    f"recipe has version {version}, this viewer3d reads up to {RECIPE_VERSION}: update it"
                )
            if unknown := sorted(set(values) - {f.name for f in fields(cls)}):
                raise RecipeError(f"recipe has unknown fields {', '.join(unknown)}: it was not made by viewer3d")
            state = values.pop("state", None)
            made = replace(msgspec.convert(values, cls), version=RECIPE_VERSION)
            _check_overlay_fields(values.get("overlays", ()))
        except RecipeError:
            raise
        except (msgspec.MsgspecError, Viewer3DError, RecursionError, UnicodeError, OverflowError) as error:
            raise RecipeError(f"not a recipe: {error}; give a picture that viewer3d made") from error
        try:
            return made if state is None else replace(made, state=ViewState.from_json(msgspec.json.encode(state)))
        except Viewer3DError as error:
            raise RecipeError(f"its recipe holds no view that can be read: {error}") from error


_UNSAID: Final = ("transform", "same_frame", "look", "identified", "regions")
"""Fields of an overlay that are left out where they are empty."""


def _check_overlay_fields(overlays: Sequence[Mapping[str, Any]]) -> None:
    """Refuse fields that no overlay has: of what a newer viewer3d or a hand put there nothing is drawn."""
    known = {one.name for one in fields(OverlayRecord)}
    if unknown := sorted({name for overlay in overlays for name in overlay} - known):
        raise RecipeError(f"an overlay of the recipe has unknown fields {', '.join(unknown)}: it was changed")
