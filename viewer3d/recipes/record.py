"""The recipe of a picture, what it was made of and how, as JSON or a frozen value.

Nothing in it names a patient: series are hashed, and of the files' own words there is only the unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import msgspec
import numpy as np

from viewer3d.core.geometry import Geometry, on_one_grid
from viewer3d.core.provenance import Provenance
from viewer3d.core.view.state import ViewState, encode_json, version_of
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError, RecipeError, Viewer3DError

RECIPE_VERSION: Final = 1

TEXT_KEY: Final = "viewer3d"
"""What the text of a recipe is called in a picture's file."""

NO_RENDERER: Final = "none"
"""The renderer of a picture in which no OpenGL drew anything."""

_AffineRow = tuple[float, float, float, float]


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
    affine: tuple[_AffineRow, _AffineRow, _AffineRow, _AffineRow]
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
        Whether the picture names the patient; the recipe never does.
    versions : dict
        Package to version, of those that drew.
    renderer : str
        The OpenGL that drew in 3D, as its driver names it; ``"none"`` where nothing was.
    version : int
        Of this record's form.
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

    def to_json(self) -> str:
        """Write the recipe as JSON on one line; every float comes back the same to the bit."""
        plain = msgspec.json.decode(encode_json(self))
        for record in plain["volumes"]:
            if not record.get("frame_of_reference"):
                record.pop("frame_of_reference", None)
        return msgspec.json.encode(plain).decode()

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
            made = msgspec.convert(values, cls)
        except (msgspec.MsgspecError, GeometryError, RecursionError, UnicodeError, OverflowError) as error:
            raise RecipeError(f"not a recipe: {error}; give a picture that viewer3d made") from error
        try:
            return made if state is None else replace(made, state=ViewState.from_json(msgspec.json.encode(state)))
        except Viewer3DError as error:
            raise RecipeError(f"its recipe holds no view that can be read: {error}") from error
