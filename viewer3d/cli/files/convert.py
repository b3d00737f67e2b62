"""The verb that writes a volume or a segmentation to a file of another format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.inputs import path_argument, scan_inputs
from viewer3d.cli.reading_options import reading_arguments, reading_options
from viewer3d.cli.report import Meter, print_notes
from viewer3d.cli.terminal import print_lines
from viewer3d.errors import OutputError, ViewError

if TYPE_CHECKING:
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.series.scan import Scan


@click.command("convert", short_help="Write the volume or segmentation at PATH to a file of another format.")
@path_argument
@click.option(
    "-o", "--output", required=True, type=click.Path(),
    help="File to write: .nii, .nii.gz, .nrrd, .mha, .vti or .npz; of segmentations .nii, .nii.gz or .seg.nrrd. Or a "
    "new folder, NAME/, for a derived DICOM series, which holds patient and study.",
)  # fmt: skip
@click.option("--all", "is_set", is_flag=True, help="All volumes of the series in one file: times, echoes, b-values.")
@click.option("--time-step", type=float, metavar="S", help="Seconds between them, where it is not known or uneven.")
@click.option("--no-sidecar", is_flag=True, help="Leave out the .json beside NIfTI.")
@click.option("--no-identity", is_flag=True, help="Of DICOM: leave out patient and study, under new UIDs.")
@reading_options
def convert_command(
    *,
    path: str | list[str],
    output: str,
    is_set: bool,
    time_step: float | None,
    no_sidecar: bool,
    no_identity: bool,
    **choices: Any,
) -> None:
    """Write the volume or segmentation at PATH to a file of another format, by its suffix; no voxel moves.

    Of diffusion (--all) .bval and .bvec are written beside NIfTI, of a segmentation a table of names. Nothing in the
    files names the patient, but in DICOM (a folder, NAME/), which has the headers of the series at PATH.
    """
    from viewer3d.formats.save import FOLDER, SEGMENTATIONS, VOLUMES, check_target, kinds_of_suffix, save  # noqa: PLC0415

    reading = reading_arguments(choices)
    if reading["identify"]:
        raise ViewError("--identify: names the patient in pictures, and none is made here: leave it out")
    kinds = kinds_of_suffix(output)
    target, suffix = check_target(output, SEGMENTATIONS if kinds == {SEGMENTATIONS} else VOLUMES)
    options: dict[str, Any] = {} if time_step is None else {"time_step": time_step}
    if no_sidecar:
        options["sidecar"] = False
    if no_identity:
        options["identify"] = False
    with Meter() as meter:
        found = scan_inputs(target, path, meter)
        thing: Segmentation | list[Volume] | None = None
        if SEGMENTATIONS in kinds and not is_set and (found.objects or found.grids or VOLUMES not in kinds):
            thing = _segmentation(found, path, reading, is_meant=VOLUMES not in kinds)
        if thing is None:
            thing = _volumes(found, reading, meter, is_set=is_set)
        if suffix == FOLDER:
            options["source"] = found
        saved = save(thing, output, progress=meter, **options)
    print_lines("\n".join(map(str, saved.files)))
    loaded = thing if isinstance(thing, list) else [thing]
    print_notes([], [*(note for one in loaded for note in one.notes), *saved.notes])


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
        return [load(found, **reading, progress=meter)]
    alone = {name: reading[name] for name in ("stack", "which", "spacing")}
    if given := [name for name, value in alone.items() if value is not None]:
        raise ViewError(f"--all: is all volumes of the series, and --{given[0]} one of them: leave one out")
    from viewer3d.core.members import ordered_members  # noqa: PLC0415

    volumes = load_all(found, **{name: value for name, value in reading.items() if name not in alone}, progress=meter)
    return [volumes[turn] for turn in ordered_members([one.which for one in volumes])]
