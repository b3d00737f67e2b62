"""Find the data of a recipe among files, and load each volume as it was read then.

What has regions is found by :mod:`viewer3d.recipes.find_regions`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from viewer3d.core.digest import digest_of_text
from viewer3d.core.files import check_not_read
from viewer3d.core.geometry import on_one_grid
from viewer3d.core.images.image2d import flat_volume
from viewer3d.core.placing.regions import AnyRegions
from viewer3d.core.progress import Progress, stage_progress
from viewer3d.core.provenance import OWN, Provenance
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.objects.dicom_object import PRESENTATIONS, DicomObject
from viewer3d.dicom.read_options import ReadOptions
from viewer3d.dicom.series.choose import choose
from viewer3d.dicom.series.identity import series_digest, stacks_of_digest
from viewer3d.dicom.series.scan import Scan, Series, input_paths, join_series, scan, with_spacing
from viewer3d.errors import ChoiceError, RecipeError, StackError, Viewer3DError
from viewer3d.formats.grid_files import choose_members
from viewer3d.formats.load import load
from viewer3d.formats.meshes.parts import mesh_files
from viewer3d.recipes.data_record import OverlayRecord, VolumeRecord
from viewer3d.recipes.find_regions import Place, Places, find_regions, is_name_table
from viewer3d.recipes.record import Recipe

WISHES: Final = frozenset({"", "HU", "Bq/ml", "counts", "g/ml"})
"""Units that :func:`viewer3d.load` gives when asked to, whatever it would choose: a picture's own is asked for."""

_Wish = tuple[int | str | None, int | None]
"""A series and a stack that a caller asks for instead of those of the recipe."""

_NO_WISH: Final[_Wish] = (None, None)


@dataclass(frozen=True, eq=False)
class RecipeData:
    """The data of a recipe.

    Attributes
    ----------
    volumes : tuple of Volume
        One for each of its volumes.
    overlays : tuple of tuples of Volume, Segmentation or StructureSet
        For each overlay its volume, or all of a 4-D set, or its regions, where the files have them.
    """

    volumes: tuple[Volume, ...]
    overlays: tuple[tuple[Volume, ...] | AnyRegions, ...] = ()


def find_data(
    recipe: Recipe,
    places: Sequence[str | os.PathLike[str]],
    *,
    series: int | str | None = None,
    stack: int | None = None,
    max_memory: int | str | None = None,
    output: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> RecipeData:
    """Load the data of a recipe, each volume as it was read then.

    Parameters
    ----------
    recipe : Recipe
    places, series, stack, max_memory, output, progress
        See :func:`viewer3d.replay`; nothing that is read may be the output.

    Raises
    ------
    RecipeError
        When there are neither one place nor as many as data, or a presentation state is in none of them.
    ChoiceError
        When it is not known which series is meant, or none of them is the overlay's.
    """
    tables = tuple(os.fspath(where) for where in places if is_name_table(where))
    found = [_place(where, progress) for where in places if os.fspath(where) not in tables]
    if output is not None:
        read = [path for one in found for path in (*input_paths(one.scan), *one.label_maps)]
        check_not_read(output, [*places, *read])
    scans = [one.scan for one in found]
    wanted: list[tuple[OverlayRecord | None, VolumeRecord]] = [(None, record) for record in recipe.volumes]
    wanted += [(overlay, record) for overlay in recipe.overlays for record in overlay.volumes]
    of_data = [one for one in found if not _holds_presentations_alone(one.scan)]
    own, own_over = _places_of(recipe, of_data or found)
    homes = [*own, *(place for place, overlay in zip(own_over, recipe.overlays, strict=True) for _ in overlay.volumes)]
    read_one = partial(_loaded, max_memory=max_memory, progress=progress)
    grids = _Grids(tuple(grid for one in scans for grid in one.grids), stack, max_memory)
    loaded: dict[tuple[VolumeRecord, bool], Volume] = {}
    for (overlay, record), home in zip(wanted, homes, strict=True):
        identify = recipe.identified if overlay is None else overlay.identified
        if (record, identify) in loaded:
            continue
        how, wish = record.provenance or Provenance(""), (series, stack)
        if record.image:
            options = ReadOptions(identify=identify, max_memory=max_memory)
            loaded[record, identify] = _load_images(how, scans, home.scan, wish, options)
            continue
        if grids.grids and not _known(how, scans) and (one := grids.find(record, home.scan)) is not None:
            loaded[record, identify] = one
            continue
        if recipe.overlays and (overlay is not None or wish == _NO_WISH):
            others = {other.provenance.series for _, other in wanted if other.provenance} - {how.series}
            name = "the base" if overlay is None else overlay.name or "an overlay"
            choices = _free_choices(how, scans, home.scan, name, others)
        else:
            choices = _choices(how, scans, home.scan, wish)
        presentation = _presentation(how.presentation, scans)
        loaded[record, identify] = read_one(record, how, choices, identify=identify, presentation=presentation)
    overlays = (
        tuple(loaded[record, one.identified] for record in one.volumes)
        if one.regions is None
        else find_regions(one.regions, one.name or "an overlay", Places(tuple(found), tables), place, max_memory)
        for one, place in zip(recipe.overlays, own_over, strict=True)
    )
    return RecipeData(tuple(loaded[record, recipe.identified] for record in recipe.volumes), tuple(overlays))


def _place(where: str | os.PathLike[str], progress: Progress | None) -> Place:
    """Read the headers at a place; files of meshes have none."""
    if mesh_files(where):
        return Place(Scan(os.fspath(where), (), (), lone_file=Path(where).is_file()), os.fspath(where))
    return Place(scan(where, progress=stage_progress(progress, "headers")), os.fspath(where))


@dataclass(frozen=True, eq=False)
class _Grids:
    """Reads volumes of a recipe from files that are not DICOM.

    Attributes
    ----------
    grids : tuple of GridFile
        At all places.
    stack : int, optional
        The volume that a caller asks for.
    max_memory : int or str, optional
    kept : dict
        The volumes of 4-D files that were read, by path and how.
    """

    grids: tuple[GridFile, ...]
    stack: int | None = None
    max_memory: int | str | None = None
    kept: dict[tuple[str, ReadOptions], list[Volume]] = field(default_factory=dict)

    def find(self, record: VolumeRecord, own: Scan) -> Volume | None:
        """Return the volume of a record; None where its own place has DICOM instead.

        It is the one with its voxels, of those on its grid; where there is none, the only one at its place.

        Raises
        ------
        ChoiceError
            When none has its voxels, and several are at its place.
        """
        how = record.provenance or Provenance("")
        for grid in self.grids:
            # Resampling leaves the slices, and makes the others no fewer.
            if grid.shape[2] == record.shape[2] and grid.shape[:2] <= record.shape[:2]:
                with suppress(Viewer3DError):  # a damaged one beside it is not the one that is looked for
                    for volume in self._read(grid, record.unit, how, range(len(grid.which))):
                        if volume.digest == record.voxels and on_one_grid(volume.geometry, record.geometry):
                            return volume
        if own.series or not own.grids:
            return None
        if len(own.grids) > 1 or (self.stack is None and len(own.grids[0].which) > 1):
            raise ChoiceError(f"none of the volumes in {own.name} is that of the picture: give the path of its file")
        return self._read(own.grids[0], record.unit, how, choose_members(own.grids[0], None, self.stack, None))[0]

    def _read(self, grid: GridFile, unit: str, how: Provenance, numbers: Sequence[int]) -> list[Volume]:
        options = ReadOptions(how.irregular, unit=unit, max_memory=self.max_memory)
        if len(numbers) == 1:
            return grid.load(numbers, options, how.spacing)
        if (grid.path, options) not in self.kept:
            self.kept[grid.path, options] = grid.load(numbers, options, how.spacing)
        return self.kept[grid.path, options]


def _holds_presentations_alone(found: Scan) -> bool:
    return not found.series and bool(found.objects) and all(one.kind == PRESENTATIONS for one in found.objects)


def _presentation(key: str, scans: Sequence[Scan]) -> DicomObject | str | None:
    """Return the presentation state of a recipe's volume, or the word for what its images have themselves."""
    if key in ("", OWN):
        return key or None
    for one in (one for found in scans for one in found.objects):
        if one.kind == PRESENTATIONS and digest_of_text(one.sop_uid) == key:
            return one
    raise RecipeError(
        "the picture was made with a presentation state, which is in none of the places: give the place of its file as "
        "well"
    )


def _places_of(recipe: Recipe, places: Sequence[Place]) -> tuple[list[Place], list[Place]]:
    """Return the place of each volume and of each overlay: one is for all, else there is one for each.

    The volumes of a 4-D set lie in one place: together they may have one.
    """
    volumes, overlays = len(recipe.volumes), len(recipe.overlays)
    if len(places) not in (1, volumes + overlays, *([1 + overlays] if overlays else [])):
        shown = f"{volumes} volumes" + (f" and {overlays} over the first" if overlays else "")
        raise RecipeError(f"the picture shows {shown}: give one place for all, or one for each")
    if len(places) == 1:
        return [places[0]] * volumes, [places[0]] * overlays
    first = list(places[:volumes]) if len(places) == volumes + overlays else [places[0]] * volumes
    return first, list(places[len(places) - overlays :])


_Candidate = tuple[Scan, Series, int, bool]
"""A scan, a series of it, the number of a stack from 1, and whether the recipe names it."""


def _loaded(
    record: VolumeRecord,
    how: Provenance,
    choices: Sequence[_Candidate],
    *,
    identify: bool,
    presentation: DicomObject | str | None,
    max_memory: int | str | None,
    progress: Progress | None,
) -> Volume:
    """Load the volume of a record: the first candidate that has its voxels, else the likeliest."""
    first: Volume | None = None
    for found, one, part, known in choices:
        read = partial(
            load,
            found,
            one,
            stack=part,
            irregular=how.irregular,
            skip_bad=how.skip_bad,
            identify=identify,
            presentation=presentation,
            max_memory=max_memory,
            progress=progress,
        )
        try:
            volume = read(unit=record.unit if record.unit in WISHES else None)
            if volume.unit != record.unit:  # of a parametric map, which has others than its first one
                volume = read(unit=record.unit)
        except StackError:  # other data, which is then told as such
            volume = read()
        first = first or volume
        if known and volume.digest == record.voxels:
            # What a stack is called may have changed since, and it is the same stack: so it is called as then.
            return _called(volume, how.series)
    assert first is not None  # there is a candidate, or an error was raised
    return first


def _load_images(how: Provenance, scans: Sequence[Scan], own: Scan, wish: _Wish, options: ReadOptions) -> Volume:
    """Load images that lie in no space: those of a recipe, or those that a caller asks for."""
    from viewer3d.dicom.images.find_images import choose_images, find_images, image_digest  # noqa: PLC0415 (few are)
    from viewer3d.dicom.images.read_images import read_images  # noqa: PLC0415 (as above)

    listed = (one for found in scans for one in find_images(found))
    named = next((one for one in listed if image_digest(one) == how.series), None) if wish == _NO_WISH else None
    return flat_volume(read_images(named or choose_images(own, *wish), options))


def _called(volume: Volume, digest: str) -> Volume:
    if volume.provenance is None or volume.provenance.series == digest:
        return volume
    return volume.with_info(provenance=replace(volume.provenance, series=digest))


def _choices(how: Provenance, scans: Sequence[Scan], own: Scan, wish: _Wish) -> list[_Candidate]:
    """Return the stacks that a volume may be loaded from, the likeliest first; mostly there is one."""
    if wish == _NO_WISH and (known := _known(how, scans)):
        return known
    found = _spaced(own, how)
    try:
        one, part = choose(found, *wish)
    except ChoiceError as error:
        if wish != _NO_WISH:
            raise
        raise ChoiceError(f"none is the series of the picture, and {error}") from error
    return [(found, one, one.stacks.index(part) + 1, False)]


def _free_choices(how: Provenance, scans: Sequence[Scan], own: Scan, name: str, others: set[str]) -> list[_Candidate]:
    """Return the stacks that a layer may be loaded from; those of the other layers are none."""
    if known := _known(how, scans):
        return known
    found = _spaced(own, how)
    free = [(one, part) for one in found for part in one.volumes if series_digest(one, part) not in others]
    if not any(one.volumes for one in found):
        choose(found)  # raises the error of a place without volumes
    if not free:
        raise ChoiceError(f"{found.name} holds no series of {name}: give the place of its files as well")
    if len(free) > 1:
        raise ChoiceError(
            f"none of {len(free)} volumes in {found.name} is the series of {name}: give one place for each, for {name} "
            "one of its series alone"
        )
    ((one, part),) = free
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
