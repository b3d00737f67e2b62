"""The recipe of a picture, what it was made of and how, as JSON or a frozen value.

Nothing in it names a patient: series are hashed, and of the files' own words there is only the unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import msgspec

from viewer3d.core.view.state import ViewState, encode_json
from viewer3d.core.view.versions import version_of
from viewer3d.errors import RecipeError, Viewer3DError, ViewError
from viewer3d.recipes.data_record import NoteRecord, OverlayRecord, VolumeRecord

RECIPE_VERSION: Final = 4
"""2 has overlays, and the frame of reference of volumes that lie with others; 3 has overlays with regions; 4 has what
is not shown."""

REGIONS_VERSION: Final = 3
"""The version of a recipe that shows all of its data, with regions, which is written as ever."""

OVERLAYS_VERSION: Final = 2
"""The version of a recipe with overlays that all have values, which is written as ever."""

FIRST_RECIPE_VERSION: Final = 1
"""The version of a recipe without overlays, which is written as ever."""

TEXT_KEY: Final = "viewer3d"
"""What the text of a recipe is called in a picture's file."""

TITLE_KEY: Final = "Title"
"""What the title of a picture is called in its file: a keyword of PNG (11.3.3.1)."""

CAPTION_KEY: Final = "Description"
"""What the caption of a picture is called in its file: a keyword of PNG (11.3.3.1)."""

ALT_KEY: Final = "AltText"
"""What the alternative text of a picture is called here; files have it as XMP, SVG and PDF name it."""

WORD_KEYS: Final = (TITLE_KEY, CAPTION_KEY, ALT_KEY)
"""The texts of a file that are made of its recipe."""

NO_RENDERER: Final = "none"
"""The renderer of a picture in which no OpenGL drew anything."""


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
    compared : tuple of NoteRecord
        What keeps the numbers of its volumes from being compared, see :func:`viewer3d.compare_acquisitions`: the ids.
        It follows from the data and has no part in comparisons.
    not_shown : tuple of NoteRecord
        What the picture does not show of the data, where its state does not say it.
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
    compared: tuple[NoteRecord, ...] = field(default=(), compare=False)
    not_shown: tuple[NoteRecord, ...] = ()

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
        overlays, compared = plain.pop("overlays"), plain.pop("compared")
        for record in (*plain["volumes"], *(record for overlay in overlays for record in overlay["volumes"])):
            made = record.get("provenance") or {}
            later = [
                ("frame_of_reference", record),
                ("modality", record),
                ("image", record),
                ("presentation", made),
                ("changes", made),
            ]
            for name, part in later:
                if not part.get(name):
                    part.pop(name, None)
            _write_notes(record)
        plain["version"] = OVERLAYS_VERSION if overlays else FIRST_RECIPE_VERSION
        if any(overlay.regions is not None for overlay in self.overlays):
            plain["version"] = REGIONS_VERSION
        if overlays:
            for overlay in overlays:
                if regions := overlay.get("regions"):
                    _write_notes(regions)
                    overlay["regions"] = {name: value for name, value in regions.items() if value not in (None, "")}
            plain["overlays"] = [
                {name: value for name, value in overlay.items() if name not in _UNSAID or value} for overlay in overlays
            ]
        if compared:
            plain["compared"] = [{"id": note["id"]} for note in compared]
        _write_notes(plain, "not_shown")
        if self.not_shown:
            plain["version"] = RECIPE_VERSION
        return msgspec.json.encode(plain).decode()

    @property
    def names_patient(self) -> bool:
        """Whether the picture names the patient."""
        return self.identified or any(overlay.identified for overlay in self.overlays)

    @property
    def texts(self) -> dict[str, str]:
        """The texts for a picture's file: this recipe as JSON, by the name ``viewer3d``."""
        return {TEXT_KEY: self.to_json()}

    @property
    def overlay_bases(self) -> tuple[int, ...]:
        """The number of the volume that each overlay lies over: 0, but where a figure says others."""
        over, count = self.arguments.get("over"), len(self.overlays)
        numbers = over if isinstance(over, list) and len(over) == count else [0] * count
        known = range(len(self.volumes))
        return tuple(one if isinstance(one, int) and one in known else 0 for one in numbers)

    def other_tools(self, other: Recipe) -> tuple[str, ...]:
        """Return which versions and OpenGL differ from those of another recipe, each with both."""
        names = {**self.versions, **other.versions}
        pairs = {name: (self.versions.get(name, "none"), other.versions.get(name, "none")) for name in names}
        pairs["OpenGL"] = self.renderer, other.renderer
        return tuple(f"{name} was {then}, is {now}" for name, (then, now) in pairs.items() if then != now)

    def other_notes(self, other: Recipe) -> tuple[str, ...]:
        """Return how marked notes and what is not shown differ from those of another recipe, by their ids."""
        found = []
        for what, pair in (
            ("marked notes on the data", (self._note_ids, other._note_ids)),
            ("kinds of what is not shown", tuple(tuple(note.id for note in one.not_shown) for one in (self, other))),
        ):
            then, now = (", ".join(dict.fromkeys(ids)) or "none" for ids in pair)
            if then != now:
                found.append(f"{what} were {then}, are {now}")
        return tuple(found)

    @property
    def _note_ids(self) -> tuple[str, ...]:
        records = (*self.volumes, *(one for overlay in self.overlays for one in overlay.volumes))
        notes = [note for one in records for note in one.notes]
        notes += [note for overlay in self.overlays if overlay.regions is not None for note in overlay.regions.notes]
        return tuple(dict.fromkeys(note.id for note in notes))

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
            made = replace(msgspec.convert(values, cls, str_keys=True), version=RECIPE_VERSION)
            _check_overlay_fields(values.get("overlays", ()))
        except RecipeError:
            raise
        except (msgspec.MsgspecError, Viewer3DError, RecursionError, UnicodeError, OverflowError) as error:
            raise RecipeError(f"not a recipe: {error}; give a picture that viewer3d made") from error
        try:
            return made if state is None else replace(made, state=ViewState.from_json(msgspec.json.encode(state)))
        except Viewer3DError as error:
            raise RecipeError(f"its recipe holds no view that can be read: {error}") from error


def _write_notes(record: dict[str, Any], field: str = "notes") -> None:
    """Leave out of a record what its notes do not say, and the notes where there are none."""
    if notes := record.pop(field, None):
        record[field] = [{name: value for name, value in note.items() if value is not None} for note in notes]


_UNSAID: Final = ("transform", "same_frame", "look", "identified", "regions")
"""Fields of an overlay that are left out where they are empty."""


def _check_overlay_fields(overlays: Sequence[Mapping[str, Any]]) -> None:
    """Refuse fields that no overlay has: of what a newer viewer3d or a hand put there nothing is drawn."""
    known = {one.name for one in fields(OverlayRecord)}
    if unknown := sorted({name for overlay in overlays for name in overlay} - known):
        raise RecipeError(f"an overlay of the recipe has unknown fields {', '.join(unknown)}: it was changed")
