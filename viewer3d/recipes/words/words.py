"""The words of a picture, each a pure function of its recipe: the same recipe gives the same words.

They say what is seen, where, and what was done to the data. No text of a file or of a person is in them: no name of a
series, a layer, a region, a measurement or a patient, and units only where they are known ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from viewer3d.recipes.record import ALT_KEY, CAPTION_KEY, TITLE_KEY
from viewer3d.recipes.words.english import an, counted, enumerated, first_upper
from viewer3d.recipes.words.looks import grid_words, kind_words, unit_words
from viewer3d.recipes.words.phrases import joined, loss_phrases, note_phrases
from viewer3d.recipes.words.pictures import PictureWords, picture_words
from viewer3d.recipes.words.views import titled

if TYPE_CHECKING:
    from viewer3d.recipes.record import Recipe

_SHORT: Final = 12
"""Digits of a recipe's SHA-256 in a caption: among a million recipes two share them by a chance of 1 in 500."""

_VERSION: Final = re.compile(r"\d[0-9a-z.+-]{0,40}")

_TOOLS: Final = {"viewer3d": "viewer3d", "numpy": "NumPy", "vtk": "VTK", "pillow": "Pillow"}


@dataclass(frozen=True)
class RecipeWords:
    """What is said of a picture.

    Attributes
    ----------
    title : str
        What it shows, in a few words: ``"Axial CT slice at z = 40.0 mm (LPS)"``.
    alt : str
        What is seen, for who does not see it.
    caption : str
        What is seen, what was done to the data, and what made it: for below the picture.
    methods : str
        How it was made, for the methods section of a paper.
    """

    title: str
    alt: str
    caption: str
    methods: str

    @property
    def texts(self) -> dict[str, str]:
        """Those that a picture's file carries, by key."""
        return {TITLE_KEY: self.title, CAPTION_KEY: self.caption, ALT_KEY: self.alt}


def words_of(recipe: Recipe) -> RecipeWords:
    """Return the words of a recipe's picture."""
    picture = picture_words(recipe)
    seen = picture.sentence
    made = f"{_program(recipe)}, recipe {recipe_digest(recipe)[:_SHORT]}"
    caption = joined([seen, *_done(recipe), *loss_phrases(recipe.not_shown), made])
    return RecipeWords(first_upper(picture.title), titled(seen), titled(caption), _methods(recipe, picture))


def recipe_digest(recipe: Recipe) -> str:
    """Return the SHA-256 of the JSON of a recipe, as its picture's file holds it."""
    return sha256(recipe.to_json().encode()).hexdigest()


def _program(recipe: Recipe) -> str:
    version = recipe.versions.get("viewer3d", "")
    return f"viewer3d {version}" if _VERSION.fullmatch(version) else "viewer3d"


def _done(recipe: Recipe) -> list[str]:
    """Return what was done to data that changes where things are or what they mean."""
    several = len(recipe.volumes) + len(recipe.overlays) > 1
    told = []
    for record in recipe.volumes:
        told += _of(kind_words(record) if several else "", note_phrases(record.notes, record))
        told += _of(kind_words(record) if several else "", _changes(record.provenance))
    for overlay in recipe.overlays:
        regions = overlay.regions
        what = kind_words(overlay.volumes[0]) if regions is None else regions.kind
        notes = [phrase for one in overlay.volumes for phrase in note_phrases(one.notes, one)]
        notes += [] if regions is None else note_phrases(regions.notes)
        notes += ["placed by a given transform"] if overlay.transform is not None else []
        notes += ["taken to lie in the frame of reference of the base"] if overlay.same_frame else []
        told += _of(what, tuple(dict.fromkeys(notes)))
    return told


def _of(what: str, phrases: tuple[str, ...]) -> list[str]:
    return [f"{what}: {phrase}" if what else phrase for phrase in phrases]


_CHANGES: Final = frozenset({"cropped", "resampled", "reoriented", "masked"})


def _changes(made: object) -> tuple[str, ...]:
    changes = [one for one in getattr(made, "changes", ()) if one in _CHANGES]
    return (f"{enumerated(list(dict.fromkeys(changes)))} in Python",) if changes else ()


def _methods(recipe: Recipe, picture: PictureWords) -> str:
    sentences = []
    for record in recipe.volumes[:1]:
        several = f"{counted(len(recipe.volumes), 'volume')}, the first of " if len(recipe.volumes) > 1 else ""
        unit = unit_words(record.unit)
        values = f", values in{unit}" if unit else ""
        sentences.append(f"the data are {several}{grid_words(record)} ({kind_words(record)}{values})")
    parts = []
    if picture.planes:
        how = "nearest-neighbour" if recipe.state is not None and recipe.state.interpolation == "nearest" else "linear"
        parts.append(f"slices were sampled at the pixels of the picture with {how} interpolation")
    if picture.in_3d:
        parts.append("the 3D rendering was made by ray casting")
    sentences += [enumerated(parts)] if parts else []
    sentences += [f"{what} was overlaid, each on its own grid" for what in _overlaid(recipe)]
    if done := _done(recipe):
        sentences.append(f"what was done to the data: {joined(done)}")
    sentences += loss_phrases(recipe.not_shown)
    tools = [
        f"{name} {recipe.versions[key]}"
        for key, name in _TOOLS.items()
        if _VERSION.fullmatch(recipe.versions.get(key, ""))
    ]
    sentences.append(f"made with {enumerated(tools or ['viewer3d'])}")
    sentences.append(
        f"the recipe in the file (SHA-256 {recipe_digest(recipe)}) makes the same picture again of the same data"
    )
    return " ".join(map(titled, sentences))


def _overlaid(recipe: Recipe) -> list[str]:
    kinds = [
        kind_words(one.volumes[0]) if one.regions is None else an(one.regions.kind) if one.regions else ""
        for one in recipe.overlays
    ]
    return [enumerated(dict.fromkeys(kinds))] if kinds else []
