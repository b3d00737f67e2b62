"""Make a picture again from its own recipe, and compare the two."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from viewer3d.core.files import check_not_read, temporary_folder
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.placing.regions import AnyRegions
from viewer3d.core.progress import Progress
from viewer3d.core.volume import Volume
from viewer3d.dicom.objects.capture import is_dicom_file, read_capture
from viewer3d.errors import RecipeError, ViewError
from viewer3d.recipes.compare import SAME_TOLERANCE, Comparison, compare_files, compare_frames, read_pictures
from viewer3d.recipes.data_record import OverlayRecord, RegionsRecord, VolumeRecord, placed_record
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.find_data import RecipeData, find_data
from viewer3d.recipes.make import PAGE
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.redraw import output_suffixes, redraw, remake
from viewer3d.recipes.xmp import texts_in
from viewer3d.render.output import check_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


Verdict = Literal["identical", "same", "different", "other data"]


@dataclass(frozen=True)
class Replay:
    """The result of making a picture again.

    Attributes
    ----------
    verdict : {"identical", "same", "different", "other data"}
        To the byte; within the tolerance; not; or made of other voxels or another geometry.
    reason : str
        Why, in a sentence.
    notes : tuple of str
        What is not as it was and may be why.
    """

    verdict: Verdict
    reason: str
    notes: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """True when the picture looks as it did."""
        return self.verdict in ("identical", "same")


def replay(
    picture: str | os.PathLike[str],
    places: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str] | None = None,
    *,
    series: int | str | None = None,
    stack: int | None = None,
    tolerance: float = SAME_TOLERANCE,
    max_memory: int | str | None = None,
    progress: Progress | None = None,
) -> Replay:
    """Make a picture again from the recipe in it, and compare the two.

    Parameters
    ----------
    picture : path-like
        A file that this package made. One in DICOM is made again as PNG, and its pixels are compared.
    places : path-like, or sequence of them
        Where its data are: folders, files or zips. Series are found by their hashed identifiers, whatever else is
        there. For a picture of several volumes one place may hold them all, or there is one for each, those of its
        overlays last. A table of names that a label map was given with may be among them; it counts for none.
    output : path-like, optional
        Where to write the new picture; without it, it is compared and forgotten.
    series, stack
        As for :func:`viewer3d.load`: what to take instead of the series that the recipe names; not for overlays.
    tolerance : float
        Grey levels, see :mod:`viewer3d.recipes.compare`.
    max_memory, progress
        As for :func:`viewer3d.load`.

    Raises
    ------
    RecipeError
        When the file holds no recipe, or none that can be followed here.
    NotFoundError, NoVolumeError, ChoiceError, BadFileError, StackError, LimitError
        When the data cannot be found or read.
    OutputError, RenderError
        When the picture cannot be written or drawn.
    """
    before = Path(picture)
    recipe = read_recipe(before)
    if before.suffix.lower() == ".json":
        raise RecipeError(f"{before}: is a recipe alone, with nothing to compare: give the picture that holds it")
    held = read_capture(before) if is_dicom_file(before) else None
    if output is not None:
        check_not_read(output, [before])
    paths = [places] if isinstance(places, str | os.PathLike) else list(places)
    if output is not None:
        check_path(output, output_suffixes(recipe.figure))
    data = find_data(recipe, paths, series=series, stack=stack, max_memory=max_memory, output=output, progress=progress)
    changes = data_of_picture(recipe, data)
    overlays, notes = changes.overlays, changes.notes
    with temporary_folder() as scratch, recipe_errors(before):
        # In the format of the other: what JPEG leaves out, it leaves out of both. DICOM holds all pixels, as PNG does.
        form = ".png" if held is not None else before.suffix.lower()
        after = Path(scratch, before.name if held is None else f"picture{form}")
        try:
            if output is not None:
                redraw(recipe, data.volumes, output, overlays)
            if output is not None and Path(output).suffix.lower() == form:
                after = Path(output)
            else:
                redraw(recipe, data.volumes, after, overlays)
        except ViewError as error:  # other data may lie where they cannot be seen so
            if not changes.reason:
                raise
            return Replay("other data", changes.reason, (*changes.notes, f"nothing was drawn: {error}"))
        now = read_recipe(after)
        notes = (*notes, *recipe.other_tools(now), *recipe.other_notes(now))
        if changes.reason:
            return Replay("other data", changes.reason, notes)
        if held is None and before.read_bytes() == after.read_bytes():
            return Replay("identical", "to the byte", notes)
        if before.suffix.lower() in (".pdf", ".svg"):
            return _vectors_judged(recipe, data.volumes, overlays, before, notes)
        try:
            comparison = _compared(recipe, before, after, held)
        except ViewError as error:
            return Replay("different", str(error), notes)
        return _measured(comparison, tolerance, notes)


def _compared(recipe: Recipe, before: Path, after: Path, held: Sequence[NDArray[np.uint8]] | None) -> Comparison:
    """Return how a picture that was made again differs from the one before."""
    if recipe.figure == PAGE:
        from viewer3d.web.page.remake_page import compare_pages  # noqa: PLC0415 (few pictures are pages)

        return compare_pages(before, after)
    return compare_files(before, after) if held is None else compare_frames(held, read_pictures(after))


@contextmanager
def recipe_errors(picture: Path) -> Iterator[None]:
    """Raise RecipeError for what a recipe's arguments make go wrong: they are any JSON."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RecipeError(
            f"{picture}: its recipe cannot be followed ({reason}): it was changed; give a picture as viewer3d made it"
        ) from error


@dataclass(frozen=True, eq=False)
class DataOfPicture:
    """The data of a picture's recipe, loaded again and laid where they lay.

    Attributes
    ----------
    volumes : tuple of Volume
    overlays : tuple of Layer
        What is drawn over the first of them.
    reason : str
        Why they are not the data of the picture; empty where they are.
    notes : tuple of str
        What is not as it was.
    """

    volumes: tuple[Volume, ...]
    overlays: tuple[Layer, ...]
    reason: str
    notes: tuple[str, ...]


def data_of_picture(recipe: Recipe, data: RecipeData) -> DataOfPicture:
    """Return what a recipe is made again of, and whether it is what the picture was made of."""
    changes = _changes(recipe, data)
    overlays, notes = _overlays(recipe, data, changes)
    return DataOfPicture(data.volumes, tuple(overlays), changes.reason, (*changes.notes, *notes))


@dataclass(frozen=True)
class _Changes:
    """What of the data is not as the recipe has it.

    Attributes
    ----------
    reason : str
        Whose voxels, geometry or unit are others; empty where all are the same.
    notes : tuple of str
        Whose identifiers are others.
    """

    reason: str
    notes: tuple[str, ...]


def _changes(recipe: Recipe, data: RecipeData) -> _Changes:
    apart = _differences(recipe, data)
    kinds = ("voxels", "labels", "contours", "triangles", "geometry", "unit")
    changed = {name: kept for name, found in apart.items() if (kept := [kind for kind in kinds if kind in found])}
    reason = ", ".join(f"other {', '.join(found)}{name and f' of {name}'}" for name, found in changed.items())
    notes = [_CHANGED.format(_of([name]), ", ".join(done)) for name, done in _changes_of_volumes(recipe)]
    if named := [name for name, found in apart.items() if "series" in found]:
        alike = "" if set(named) & set(changed) else ", though voxels and geometry are the same"
        notes.append(f"the series' identifiers{_of(named)} are others{alike}")
    for kind, what in _SAID.items():
        if named := [name for name, found in apart.items() if kind in found]:
            notes.append(what.format(_of(named)))
    return _Changes(reason and f"{reason} than those of the picture", tuple(notes))


_CHANGED: Final = "the picture was made of a volume{} that was changed in Python ({}): files alone do not make it again"


def _changes_of_volumes(recipe: Recipe) -> list[tuple[str, tuple[str, ...]]]:
    """Return the name of each base or overlay that was changed in Python, and what was done to it."""
    held = [("the base" if recipe.overlays else "", recipe.volumes)]
    held += [(name, overlay.volumes) for name, overlay in zip(_names(recipe), recipe.overlays, strict=True)]
    made = [(name, one.provenance) for name, volumes in held for one in volumes]
    return list(dict.fromkeys((name, how.changes) for name, how in made if how is not None and how.changes))


_SAID: Final = {
    "frame of reference": "the frames of reference{} have other identifiers",
    "frame not known then": "the frames of reference{} were not known, and are now",
    "frame not known now": "the frames of reference{} are not known any more",
    "source": "the identifiers{} are others",
    "names": "the names of the regions{} are others",
    "names of a table": "the names of the regions{} are others: give the table of names as well, if there was one",
    "colors": "the colours of the regions{} are others now, and were drawn as they were",
}
"""What is said of what differs and is not of the data: pictures of layers say what these were placed by."""


def _of(names: Sequence[str]) -> str:
    return f" of {' and '.join(names)}" if any(names) else ""


def _differences(recipe: Recipe, data: RecipeData) -> dict[str, set[str]]:
    """Return what differs, by the name of what it differs in; what is shown alone has none."""
    pairs: list[tuple[str, VolumeRecord, Volume]] = []
    for old, new in zip(recipe.volumes, data.volumes, strict=True):
        pairs.append(("the base" if recipe.overlays else "", old, new))
    for name, overlay, members in zip(_names(recipe), recipe.overlays, data.overlays, strict=True):
        if isinstance(members, tuple):
            pairs += [(name, old, new) for old, new in zip(overlay.volumes, members, strict=True)]
    found: dict[str, set[str]] = {}
    for name, old, new in pairs:
        now = placed_record(new)
        found.setdefault(name, set()).update(old.differences(now))
        known = bool(old.frame_of_reference), bool(now.frame_of_reference)
        if name and known[0] != known[1]:
            found[name].add("frame not known now" if known[0] else "frame not known then")
    for name, overlay, regions in zip(_names(recipe), recipe.overlays, data.overlays, strict=True):
        if overlay.regions is not None and not isinstance(regions, tuple):
            apart = set(overlay.regions.differences(RegionsRecord.of(regions)))
            if "names" in apart and not overlay.regions.source:
                apart = apart - {"names"} | {"names of a table"}
            found[name] = apart
    return found


def _names(recipe: Recipe) -> list[str]:
    """Return what messages call the overlays: by name, and those that share one or have none by number."""
    names = [overlay.name for overlay in recipe.overlays]
    return [
        name if name and names.count(name) == 1 else f"{name or 'overlay'} (layer {number})"
        for number, name in enumerate(names, 2)
    ]


def _overlays(recipe: Recipe, data: RecipeData, changes: _Changes) -> tuple[list[Layer], tuple[str, ...]]:
    """Return the overlays to be drawn, and notes on what of them is not as it was."""
    layers, notes = [], []
    bases = recipe.overlay_bases
    for name, overlay, members, base in zip(_names(recipe), recipe.overlays, data.overlays, bases, strict=True):
        regions, shown = overlay.regions, members
        if regions is not None and not isinstance(members, tuple):
            shown = regions.colored(members)
        layer = overlay.layer(shown)
        if not overlay.name:
            notes.append(f"the name of {name} is not in the recipe, as it named the patient")
        if data.volumes and not changes.reason and not _is_placed(data.volumes[base], layer):
            layer = _placed_as_then(recipe, data.volumes[base], overlay, shown)
            if overlay.regions is None or overlay.regions.source:  # a label map never said it: it was said by hand
                notes.append(
                    f"{name} is no more said to be in the frame of reference of the base; it lies where it lay"
                )
        layers.append(layer)
    return layers, tuple(notes)


def _is_placed(base: Volume, layer: Layer) -> bool:
    if layer.transform is not None:
        return True
    try:
        place_layers(base, layer)
    except ViewError:
        return False
    return True


def _placed_as_then(
    recipe: Recipe, base: Volume, overlay: OverlayRecord, data: tuple[Volume, ...] | AnyRegions
) -> Layer:
    """Return an overlay where it lay, of data that are the same but for their frame of reference.

    Anonymizers may give each series one of its own. All voxels are where the recipe has them, and it says that they
    were in one frame of reference; where it does not, it is trusted that they lie as they lay.
    """
    records = overlay.volumes if overlay.regions is None else (overlay.regions,)
    then = {record.frame_of_reference for record in (recipe.volumes[0], *records)}
    if base.frame_of_reference and len(then) == 1 and "" not in then:
        frame = base.frame_of_reference
        if isinstance(data, tuple):
            return overlay.layer([one.with_info(frame_of_reference=frame) for one in data])
        return overlay.layer(data.with_info(frame_of_reference=frame))
    return replace(overlay.layer(data), same_frame=True)


def _vectors_judged(
    recipe: Recipe, volumes: Sequence[Volume], overlays: Sequence[Layer], before: Path, notes: tuple[str, ...]
) -> Replay:
    from viewer3d.figures.figure import VECTORS, Figure  # noqa: PLC0415 (as above)

    again = remake(recipe, volumes, overlays)
    assert isinstance(again, Figure)  # a movie has no vectors
    # With the words that it has: a picture from before there were any has none, and a later viewer3d may say it better.
    content = before.read_bytes()
    texts = {**texts_in(content), **recipe.texts}
    if VECTORS[before.suffix.lower()](again.page, texts) == content:
        return Replay("same", "in every byte but those of the recipe", notes)
    return Replay("different", "in its bytes, and vectors have no tolerance: compare a PNG", notes)


def _measured(comparison: Comparison, tolerance: float, notes: tuple[str, ...]) -> Replay:
    if not comparison.pixels:
        return Replay("same", "in every pixel; the rest of the file differs", notes)
    if comparison.is_within(tolerance):
        return Replay("same", f"within a tolerance of {tolerance:g}: {comparison}", notes)
    return Replay("different", f"beyond a tolerance of {tolerance:g}: {comparison}", notes)
