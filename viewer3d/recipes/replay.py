"""Make a picture again from its own recipe, and compare the two."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from viewer3d.core.files import check_not_read, temporary_folder
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.provenance import Provenance
from viewer3d.core.volume import Volume
from viewer3d.core.window import find_row
from viewer3d.dicom.load import load
from viewer3d.dicom.series.choose import choose
from viewer3d.dicom.series.identity import series_digest, stacks_of_digest
from viewer3d.dicom.series.scan import Scan, Series, input_paths, join_series, scan, with_spacing
from viewer3d.errors import ChoiceError, RecipeError, StackError, ViewError
from viewer3d.recipes.compare import SAME_TOLERANCE, Comparison, compare_files
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.make import SHOT
from viewer3d.recipes.record import Recipe, VolumeRecord, placed_record
from viewer3d.render.output import FORMATS, check_path

if TYPE_CHECKING:
    from viewer3d.figures.figure import Figure
    from viewer3d.figures.movies.movie import Movie

WISHES: Final = frozenset({"", "HU", "Bq/ml", "counts", "g/ml"})
"""Units that :func:`viewer3d.load` gives when asked to, whatever it would choose: a picture's own is asked for."""

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
        A file that this package made.
    places : path-like, or sequence of them
        Where its data are: folders, files or zips. Series are found by their hashed identifiers, whatever else is
        there. For a picture of several volumes one place may hold them all, or there is one for each.
    output : path-like, optional
        Where to write the new picture; without it, it is compared and forgotten.
    series, stack
        As for :func:`viewer3d.load`: what to take instead of the series that the recipe names.
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
    if output is not None:
        check_not_read(output, [before])
    paths = [places] if isinstance(places, str | os.PathLike) else list(places)
    if output is not None:
        check_path(output, output_suffixes(recipe.figure))
    volumes = find_volumes(
        recipe, paths, series=series, stack=stack, max_memory=max_memory, output=output, progress=progress
    )
    with temporary_folder() as scratch, _following(before):
        after = Path(scratch, before.name)  # in the format of the other: what JPEG leaves out, it leaves out of both
        if output is not None:
            redraw(recipe, volumes, output)
        if output is not None and Path(output).suffix.lower() == before.suffix.lower():
            after = Path(output)
        else:
            redraw(recipe, volumes, after)
        return _judged(recipe, volumes, before, after, tolerance)


@contextmanager
def _following(picture: Path) -> Iterator[None]:
    """Raise RecipeError for what a recipe's arguments make go wrong: they are any JSON."""
    try:
        yield
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RecipeError(
            f"{picture}: its recipe cannot be followed ({reason}): it was changed; give a picture as viewer3d made it"
        ) from error


def output_suffixes(figure: str) -> Collection[str]:
    """Return the file suffixes that a figure, a movie or a shot may have."""
    from viewer3d.figures import by_name  # noqa: PLC0415 (as below)

    return FORMATS if figure == SHOT else by_name.file_suffixes(figure)


def redraw(recipe: Recipe, volumes: Sequence[Volume], path: str | os.PathLike[str]) -> None:
    """Draw the picture of a recipe from loaded volumes and write it.

    Raises
    ------
    RecipeError
        When it says nothing that can be drawn.
    """
    if recipe.figure != SHOT:
        remake(recipe, volumes).save(path)
        return
    from viewer3d.render.shot import screenshot  # noqa: PLC0415 (as above)

    if recipe.state is None or not volumes:
        raise RecipeError(f"recipe of {len(volumes)} volumes and no view: a shot has both; it was changed")
    screenshot(volumes, path, size=recipe.size, state=recipe.state)


def remake(recipe: Recipe, volumes: Sequence[Volume]) -> Figure | Movie:
    """Make the figure or movie of a recipe with the view that it records, not today's defaults.

    What the call left out is in the recipe's view: where it cuts, its window. So a later viewer3d with other defaults
    still makes the picture that was made. The figure's own recipe says the call as it was.
    """
    from viewer3d.figures import by_name  # noqa: PLC0415 (a picture of one view needs none of them)

    arguments = dict(recipe.arguments)
    if recipe.state is not None:
        left_to_state = [name for name in ("at", "window") if name in arguments]
        arguments.update(dict.fromkeys(left_to_state), state=recipe.state)
        if "couch_hidden" in arguments:
            arguments["couch_hidden"] = recipe.state.layers[0].couch_hidden
    if "windows" in arguments and not all(volume.is_like_hu for volume in volumes):
        arguments["windows"] = _in_numbers(arguments["windows"])
    return replace(by_name.make(recipe.figure, volumes, arguments), arguments=recipe.arguments)


def _in_numbers(window: Any) -> Any:
    """Return a window, or a list of them, with a name in HU replaced by its numbers."""
    if isinstance(window, list):
        return [_in_numbers(one) for one in window]
    row = find_row(window) if isinstance(window, str) else None
    named = row is not None and row.scale == "HU"
    return {"center": row.center, "width": row.width, "function": "LINEAR"} if row and named else window


def find_volumes(
    recipe: Recipe,
    places: Sequence[str | os.PathLike[str]],
    *,
    series: int | str | None = None,
    stack: int | None = None,
    max_memory: int | str | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> list[Volume]:
    """Load the volumes of a recipe, each as it was read then.

    Parameters
    ----------
    recipe : Recipe
    places, series, stack, max_memory, output, progress
        See :func:`replay`; nothing that is read may be the output.

    Raises
    ------
    RecipeError
        When there are neither one place nor as many as volumes.
    """
    scans = [scan(place, progress=stage_progress(progress, "headers")) for place in places]
    if output is not None:
        check_not_read(output, [*places, *(path for found in scans for path in input_paths(found))])
    if len(scans) not in (1, len(recipe.volumes)):
        raise RecipeError(f"the picture shows {len(recipe.volumes)} volumes: give one place for all, or one for each")
    loaded: dict[VolumeRecord, Volume] = {}
    for number, record in enumerate(recipe.volumes):
        if record not in loaded:
            how = record.provenance or Provenance("")
            choices = _choices(how, scans, scans[min(number, len(scans) - 1)], (series, stack))
            for found, one, part, known in choices:
                read = partial(
                    load,
                    found,
                    one,
                    stack=part,
                    irregular=how.irregular,
                    skip_bad=how.skip_bad,
                    identify=recipe.identified,
                    max_memory=max_memory,
                    progress=progress,
                )
                try:
                    volume = read(unit=record.unit if record.unit in WISHES else None)
                except StackError:  # other data, which is then told as such
                    volume = read()
                loaded.setdefault(record, volume)
                if known and volume.digest == record.voxels:
                    # What a stack is called may have changed since, and it is the same stack: so it is called as then.
                    loaded[record] = _called(volume, how.series)
                    break
    return [loaded[record] for record in recipe.volumes]


def _called(volume: Volume, digest: str) -> Volume:
    if volume.provenance is None or volume.provenance.series == digest:
        return volume
    return volume.with_info(provenance=replace(volume.provenance, series=digest))


_Candidate = tuple[Scan, Series, int, bool]
"""A scan, a series of it, the number of a stack from 1, and whether the recipe names it."""


def _choices(
    how: Provenance, scans: Sequence[Scan], own: Scan, wish: tuple[int | str | None, int | None]
) -> list[_Candidate]:
    """Return the stacks that a volume may be loaded from, the likeliest first; mostly there is one."""
    if wish == (None, None) and (known := _known(how, scans)):
        return known
    found = _spaced(own, how)
    try:
        one, part = choose(found, *wish)
    except ChoiceError as error:
        if wish != (None, None):
            raise
        raise ChoiceError(f"none is the series of the picture, and {error}") from error
    return [(found, one, one.stacks.index(part) + 1, False)]


def _known(how: Provenance, scans: Sequence[Scan]) -> list[_Candidate]:
    spaced = [_spaced(other, how) for other in scans]
    series = [(found, one) for found in spaced for one in found]
    named = [
        (found, one) for found, one in series if any(series_digest(one, part) == how.series for part in one.stacks)
    ]
    for found, one in named[:1] or series:
        if parts := stacks_of_digest(one, how.series):
            return [(found, one, one.stacks.index(part) + 1, True) for part in parts]
    for found in spaced:  # it may be of all images as one series, see viewer3d.dicom.series.scan.joined
        if len(found) > 1 and (parts := stacks_of_digest(one := join_series(found), how.series)):
            return [(found, one, one.stacks.index(parts[0]) + 1, True)]
    return []


def _spaced(found: Scan, how: Provenance) -> Scan:
    unplaced = any(part.layout is None or part.odd for one in found for part in one.stacks)
    return with_spacing(found, how.spacing) if how.spacing and unplaced else found


def _judged(recipe: Recipe, volumes: Sequence[Volume], before: Path, after: Path, tolerance: float) -> Replay:
    apart = [old.differences(placed_record(new)) for old, new in zip(recipe.volumes, volumes, strict=True)]
    notes = recipe.other_tools(read_recipe(after))
    changed = [name for name in ("voxels", "geometry", "unit") if any(name in names for names in apart)]
    if any("series" in names for names in apart):
        alike = "" if changed else ", though voxels and geometry are the same"
        notes = (f"the series' identifiers are others{alike}", *notes)
    if any("frame of reference" in names for names in apart):
        notes = ("the frames of reference have other identifiers", *notes)
    if changed:
        return Replay("other data", f"other {', '.join(changed)} than those of the picture", notes)
    if before.read_bytes() == after.read_bytes():
        return Replay("identical", "to the byte", notes)
    if before.suffix.lower() in (".pdf", ".svg"):
        return _vectors_judged(recipe, volumes, before, notes)
    try:
        comparison = compare_files(before, after)
    except ViewError as error:
        return Replay("different", str(error), notes)
    return _measured(comparison, tolerance, notes)


def _vectors_judged(recipe: Recipe, volumes: Sequence[Volume], before: Path, notes: tuple[str, ...]) -> Replay:
    from viewer3d.figures.figure import VECTORS, Figure  # noqa: PLC0415 (as above)

    again = remake(recipe, volumes)
    assert isinstance(again, Figure)  # a movie has no vectors
    if VECTORS[before.suffix.lower()](again.page, recipe.texts) == before.read_bytes():
        return Replay("same", "in every byte but those of the recipe", notes)
    return Replay("different", "in its bytes, and vectors have no tolerance: compare a PNG", notes)


def _measured(comparison: Comparison, tolerance: float, notes: tuple[str, ...]) -> Replay:
    if not comparison.pixels:
        return Replay("same", "in every pixel; the rest of the file differs", notes)
    if comparison.is_within(tolerance):
        return Replay("same", f"within a tolerance of {tolerance:g}: {comparison}", notes)
    return Replay("different", f"beyond a tolerance of {tolerance:g}: {comparison}", notes)
