"""The verb that writes volumes or a segmentation to files of other formats."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from viewer3d.cli.files.grid_options import GridChanger, grid_choice, grid_options
from viewer3d.cli.inputs import path_argument, scan_inputs
from viewer3d.cli.reading_options import reading_arguments, reading_options
from viewer3d.cli.report import Meter, print_notes
from viewer3d.cli.terminal import print_aside, print_lines
from viewer3d.core.files import check_folder, check_not_read, write_error
from viewer3d.core.notes.note import refuse_marked
from viewer3d.errors import ChoiceError, OutputError, Viewer3DError, ViewError

if TYPE_CHECKING:
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.series.scan import Scan, Series

_FORMATS: Final = ("nii.gz", "nii", "nrrd", "mha", "vti", "npz")
"""Of volumes in a folder, the usual one first."""


@click.command("convert")
@path_argument
@click.option(
    "-o", "--output", required=True, type=click.Path(),
    help="File to write: .nii, .nii.gz, .nrrd, .nhdr, .mha, .mhd, .vti or .npz; of segmentations .nii, .nii.gz, "
    ".seg.nrrd or .dcm. Or a new folder, NAME/, for a derived DICOM series, which holds patient and study.",
)  # fmt: skip
@click.option("--format", "form", type=click.Choice(_FORMATS), help="All volumes at PATH, a file each in folder NAME/.")
@click.option("--all", "is_set", is_flag=True, help="All volumes of the series in one file: times, echoes, b-values.")
@click.option("--time-step", type=float, metavar="S", help="Seconds between them, where it is not known or uneven.")
@click.option(
    "--compress/--no-compress", default=None,
    help="Deflate values or not: MetaImage is not, NRRD is, where neither is given.",
)  # fmt: skip
@click.option("--no-sidecar", is_flag=True, help="Leave out the .json beside NIfTI.")
@click.option(
    "--source", metavar="PATH", type=click.Path(),
    help="Of DICOM: the series whose patient and study are taken over.  [default: that at PATH]",
)  # fmt: skip
@click.option("--empty-frames", is_flag=True, help="Of DICOM segmentations: write slices without a voxel as well.")
@click.option("--no-identity", is_flag=True, help="Of DICOM: leave out patient and study, under new UIDs.")
@grid_options
@reading_options
def convert_command(*, path: str | list[str], output: str, form: str | None, is_set: bool, **choices: Any) -> None:
    """Write the volume or segmentation at PATH to a file of another format, by its suffix; no voxel moves.

    Of diffusion (--all) .bval and .bvec are written beside NIfTI, of a segmentation a table of names. Nothing in the
    files names the patient, but in DICOM (a folder, NAME/, and .dcm), which has headers of the series at PATH.

    With --format all volumes are written into the folder, named by numbers alone: series-5-stack-2.nii.gz is stack 2
    of series 5, as `viewer3d list` numbers them.

    A volume is cropped, turned (--orientation), resampled and masked first where it is asked for, in this order.
    """
    from viewer3d.formats.save import (  # noqa: PLC0415 (each verb imports what it needs)
        FOLDER,
        SEGMENTATIONS,
        VOLUMES,
        check_target,
        is_folder,
        kinds_of_suffix,
    )

    reading, change, options = reading_arguments(choices), grid_choice(choices), _save_options(choices)
    if form is not None:
        if not is_folder(output):
            raise ViewError(f"--format: is of the files in a folder, as in -o NAME/, and {output} is one: leave it out")
        if choices["source"] is not None:
            raise ViewError("--source: is of DICOM, which is written one by one: leave out --format")
        with Meter() as meter:
            found = scan_inputs("-", path, meter)
            changer = GridChanger(change, reading["max_memory"])
            folder = _Folder(Path(output), f".{form}", options, is_set=is_set)
            _write_folder(found, folder, reading, changer, meter)
        return
    kinds = kinds_of_suffix(output) & {SEGMENTATIONS, VOLUMES}
    target, suffix = check_target(output, SEGMENTATIONS if kinds == {SEGMENTATIONS} else VOLUMES)
    with Meter() as meter:
        found = scan_inputs(target, path, meter)
        thing: Segmentation | None = None
        if SEGMENTATIONS in kinds and not is_set and (found.objects or found.grids or VOLUMES not in kinds):
            thing = _segmentation(found, path, reading, is_meant=VOLUMES not in kinds)
        if thing is not None and change.flag:
            raise ViewError(
                f"{change.flag}: changes volumes, and {found.name} holds a segmentation: give one of volumes, or "
                "--unit '' and --interpolation nearest to take the numbers of a label map for values"
            )
        if thing is not None and reading["strict"]:
            refuse_marked(found.name, thing.notes)
        changer = GridChanger(change, reading["max_memory"])
        volumes = [] if thing is not None else _volumes(found, reading, meter, is_set=is_set)
        if suffix in (FOLDER, ".dcm") or choices["source"] is not None:
            options["source"] = _source(choices["source"], found, target, meter)
        if suffix == ".dcm":
            options["same_frame"] = choices["same_frame"]
        changed = [changer.changed(one) for one in volumes]
        _save(changed if thing is None else thing, output, options, changer, meter)


def _save_options(choices: dict[str, Any]) -> dict[str, Any]:
    """Return options of ``viewer3d.save`` that were given."""
    if choices["identify"]:
        raise ViewError("--identify: names the patient in pictures, and none is made here: leave it out")
    options: dict[str, Any] = {name: choices[name] for name in ("time_step", "compress") if choices[name] is not None}
    options |= {name: False for name, flag in (("sidecar", "no_sidecar"), ("identify", "no_identity")) if choices[flag]}
    if choices["empty_frames"]:
        options["empty_frames"] = True
    return options


def _source(path: str | None, found: Scan, target: Path, meter: Meter) -> Scan | None:
    """Return the images whose patient and study DICOM takes over; None where there are none.

    Parameters
    ----------
    path : str or None
        As it was given.
    found : Scan
        What is at the place that is converted, which is taken where none was given.
    target : Path
        What is written, which may be none of the files.
    """
    if path is not None:
        return scan_inputs(target, path, meter)
    return found if found.series else None


def _save(
    thing: Segmentation | list[Volume], target: str | Path, options: dict[str, Any], changer: GridChanger, meter: Meter
) -> None:
    """Save one file and what lies beside it, and print their names and all notes."""
    from viewer3d.formats.save import save  # noqa: PLC0415 (each verb imports what it needs)

    saved = save(thing, target, progress=meter, **options)
    print_lines("\n".join(map(str, saved.files)))
    loaded = thing if isinstance(thing, list) else [thing]
    print_notes([], [*(note for one in loaded for note in one.notes), *changer.notes, *saved.notes])


def _segmentation(
    found: Scan, path: str | list[str], reading: dict[str, Any], *, is_meant: bool
) -> Segmentation | None:
    """Return the segmentation at a place; None where images are meant."""
    from viewer3d.core.segmentation import Segmentation  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.formats.load_overlay import (  # noqa: PLC0415
        holds_labels_at,
        objects_with_regions,
        read_regions,
        regions_meant,
    )
    from viewer3d.formats.load_segmentation import is_label_map, load_segmentation  # noqa: PLC0415

    if isinstance(path, str) and is_label_map(path):
        is_said = reading["which"] is not None or reading["unit"] is not None
        if is_meant or (not is_said and holds_labels_at(path, reading["max_memory"])):
            return load_segmentation(path, max_memory=reading["max_memory"])
        return None
    if is_meant and not objects_with_regions(found):
        raise OutputError(
            f"{found.name}: holds no segmentation, and the suffix of the output is for one: give "
            ".nrrd, or another place"
        )
    one = regions_meant(found, reading["series"], regions=is_meant)
    if one is None:
        return None
    regions = read_regions(one, reading["max_memory"])
    if not isinstance(regions, Segmentation):
        raise OutputError(f"{found.name}: holds a {one.kind}, of which no label map is written: give a segmentation")
    return regions


def _volumes(found: Scan, reading: dict[str, Any], meter: Meter, *, is_set: bool) -> list[Volume]:
    from viewer3d.formats.load import load, load_all  # noqa: PLC0415 (each verb imports what it needs)

    if not is_set:
        try:
            return [load(found, **reading, progress=meter)]
        except ChoiceError as error:
            raise ChoiceError(f"{error}{_offer_of_sets(found, reading)}") from error
    volumes = load_all(found, **_reading_of_all(reading, "--all"), progress=meter)
    return _in_order(volumes)


def _in_order(volumes: list[Volume]) -> list[Volume]:
    from viewer3d.core.members import ordered_members  # noqa: PLC0415 (as above)

    return [volumes[turn] for turn in ordered_members([one.which for one in volumes])]


def _reading_of_all(reading: dict[str, Any], flag: str, *alone: str) -> dict[str, Any]:
    """Return arguments of ``viewer3d.load_all``: those that choose one volume are refused."""
    names = alone or ("stack", "which", "spacing")
    if given := [name for name in names if reading[name] is not None]:
        raise ViewError(f"{flag}: is all volumes of the series, and --{given[0]} one of them: leave one out")
    return {name: value for name, value in reading.items() if name not in names}


def _offer_of_sets(found: Scan, reading: dict[str, Any]) -> str:
    """Return a line on how several volumes of one series are written, where there are such."""
    from viewer3d.formats.grid_files import grids_meant  # noqa: PLC0415 (as above)

    if reading["stack"] is not None or reading["which"] is not None:
        return ""
    wanted = reading["series"]
    meant = [one for one in found if wanted is None or str(wanted) in (one.uid, str(one.number))]
    counts = [len(one.volumes) for one in meant] or [len(one.which) for one in grids_meant(found)]
    if max(counts, default=0) < 2:
        return ""
    return "\n  --all  all volumes of a series in one file;  --format nii.gz -o NAME/  one file each"


class _Folder(NamedTuple):
    """Where all volumes of a place go, and how."""

    path: Path
    suffix: str
    options: dict[str, Any]
    is_set: bool


class _Part(NamedTuple):
    """What goes into one file of a folder: its name without the suffix, what it is, and how it is loaded."""

    name: str
    what: str
    place: Scan | str
    choice: dict[str, Any]


def _write_folder(found: Scan, folder: _Folder, reading: dict[str, Any], changer: GridChanger, meter: Meter) -> None:
    """Write all volumes of a place, and tell which cannot be written.

    Raises
    ------
    OutputError
        After all others were written, when one was not.
    """
    from viewer3d.dicom.series.scan import input_paths  # noqa: PLC0415 (each verb imports what it needs)

    parts = list(_parts(found, folder, reading))
    _make_folder(folder.path)
    failed = 0
    for part in parts:
        print_aside(f"{part.name}{folder.suffix}: {part.what}")
        try:
            volumes = _volumes_of(part, meter, is_set=folder.is_set)
            for number, members in enumerate(_sets(volumes) if folder.is_set else [volumes], 1):
                name = part.name if number == 1 else f"{part.name}-{number}"
                target = folder.path / f"{name}{folder.suffix}"
                check_not_read(target, input_paths(found))
                changer.notes.clear()
                _save([changer.changed(one) for one in members], target, folder.options, changer, meter)
        except Viewer3DError as error:
            failed += 1
            print_aside(f"viewer3d: {part.name}{folder.suffix}: not written: {error}")
    left = sum(len(one.stacks) - len(one.volumes) for one in found) if reading["series"] is None else 0
    if left or found.objects:
        print_aside(
            f"note: {left} stacks that are no volumes and {len(found.objects)} other objects were not written; "
            "segmentations are one by one, as PATH"
        )
    if failed:
        raise OutputError(f"{folder.path}: {failed} of {len(parts)} were not written, for the reasons said above")


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        check_folder(folder)
        try:
            folder.mkdir()
        except OSError as error:
            raise write_error(str(folder), error) from error


def _parts(found: Scan, folder: _Folder, reading: dict[str, Any]) -> Iterator[_Part]:
    """Yield what goes into files of its own: volumes, or of sets series and files."""
    from viewer3d.dicom.series.choose import every_volume  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.formats.grid_files import grids_meant  # noqa: PLC0415

    one_alone = ("stack", "which", "spacing") if folder.is_set else ("stack", "which")
    how = _reading_of_all(reading, f"-o {folder.path}{os.sep}", *one_alone)
    del how["series"]
    if grids := grids_meant(found):
        if reading["series"] is not None:
            raise ViewError(f"--series {reading['series']}: {found.name} holds files of volumes, which have none")
        for turn, grid in enumerate(grids, 1):
            stacks = [None] if folder.is_set or len(grid.which) == 1 else range(1, len(grid.which) + 1)
            for turn_in_file in stacks:
                name = f"file-{turn}" if turn_in_file is None else f"file-{turn}-volume-{turn_in_file}"
                choice = how if turn_in_file is None else {**how, "stack": turn_in_file}
                yield _Part(name, str(grid), grid.path, choice)
        return
    series: Series | None = None
    taken: Counter[str] = Counter()
    for one, stack in every_volume(found, reading["series"]):
        if folder.is_set and one is series:
            continue
        series = one
        name = "series" if one.number is None else f"series-{one.number}"
        taken[name] += stack is one.volumes[0]
        if taken[name] > 1:  # another has this number, or none as well
            name += f"-again-{taken[name]}"
        if folder.is_set:
            yield _Part(name, str(one), found, {**how, "series": one})
            continue
        number = one.stacks.index(stack) + 1
        what = ", ".join(filter(None, (str(one), stack.label)))
        name += f"-stack-{number}" if len(one.stacks) > 1 else ""
        yield _Part(name, what, found, {**how, "series": one, "stack": number})


def _volumes_of(part: _Part, meter: Meter, *, is_set: bool) -> list[Volume]:
    from viewer3d.formats.load import load, load_all  # noqa: PLC0415 (as above)

    if is_set:
        return load_all(part.place, **part.choice, progress=meter)
    return [load(part.place, **part.choice, progress=meter)]


def _sets(volumes: list[Volume]) -> list[list[Volume]]:
    """Return volumes parted into sets, each on one grid and in one unit, in their order."""
    from viewer3d.core.geometry import on_one_grid  # noqa: PLC0415 (as above)

    sets: list[list[Volume]] = []
    for one in volumes:
        own = (each for each in sets if on_one_grid(each[0].geometry, one.geometry) and each[0].unit == one.unit)
        if (fitting := next(own, None)) is None:
            sets.append([one])
        else:
            fitting.append(one)
    return [_in_order(one) for one in sets]
